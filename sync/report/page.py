"""Fill the page. Text of rows is escaped, made visible where it is a control character, and isolated."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from sync import __version__
from sync.output import counted
from sync.report.timeline import BINS, MOST_DRAWN
from sync.settings import MOST_FAILURES, MOST_UNUSUAL, POINTS_A_MINUTE

DAILY_QUOTAS = (("Basic and Standard", 1_000), ("Pro", 10_000), ("Enterprise", 25_000))
"""Calls a day by Monday's plans (rate-limit page of its documentation)."""
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_INVISIBLE = re.compile(r"[\x80-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]")


def visible(text: str) -> str:
    """Return text for one line: white space is a blank, control characters show as their pictures (␀, ␛ …)."""
    line = re.sub(r"[\t\n\r\f\v\x85\u2028\u2029]+", " ", text)
    line = _CONTROL.sub(lambda found: "\u2421" if found[0] == "\x7f" else chr(0x2400 + ord(found[0])), line)
    return _INVISIBLE.sub("\ufffd", line)


def _finalize(value: object) -> object:
    return visible(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def percent(value: float) -> str:
    """Return a share in percent; never rounded to 0 or to 100 where it isn't."""
    if 99.9 < value < 100:
        return "99.9 %"
    return f"{value:.1f} %" if 0 < value < 100 else f"{value:.0f} %"


def duration(seconds: float | None) -> str:
    """Return seconds as people say them."""
    if seconds is None:
        return "not over"
    if seconds < 9.95:
        return f"{seconds * 1000:.0f} ms" if seconds < 0.0995 else f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest:02d} s" if minutes else f"{rest} s"
    return f"{minutes // 60} h {minutes % 60:02d} min"


def minutes(points: float) -> str:
    """Return the minutes that Monday's complexity budget needs for points, with as many decimals as say something."""
    value = points / POINTS_A_MINUTE
    if 0 < value < 0.01:
        return "under 0.01"
    return f"{value:.2f}" if value < 1 else f"{value:.1f}" if value < 100 else f"{value:,.0f}"


def tick(seconds: float) -> str:
    """Return a label of the time axis."""
    if seconds < 60:
        return f"{seconds:g} s"
    minutes, rest = divmod(int(seconds), 60)
    return f"{minutes}:{rest:02d}" if minutes < 60 else f"{minutes // 60}:{minutes % 60:02d} h"


FILTERS = {
    "number": lambda value: f"{value:,.0f}",
    "counted": partial(counted, form=","),
    "percent": percent,
    "duration": duration,
    "minutes": minutes,
    "moment": lambda value: f"{value:%Y-%m-%d %H:%M:%S} UTC" if value else "–",
    "tick": tick,
    "words": lambda name: (name or "").replace("_", " ").lower(),
}
"""What formats the values of the page: 1,234,567; times to the second, with their zone; completed with errors."""


def render(report: Mapping[str, Any], *, now: dt.datetime) -> str:
    """Return the page as text; ``now`` (UTC) is the time it bears."""
    jinja = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_finalize,
    )
    jinja.filters |= FILTERS
    limits = {"bins": BINS, "most_failures": MOST_FAILURES, "most_drawn": MOST_DRAWN, "most_unusual": MOST_UNUSUAL}
    page = jinja.get_template("page.html", globals=limits | {"quotas": DAILY_QUOTAS})
    return page.render(report=report, now=now, version=__version__)
