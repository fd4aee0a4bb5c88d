"""Fill the page. Text of rows is escaped, made visible where it is a control character, and isolated."""

from __future__ import annotations

import datetime as dt
import re
from functools import partial
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from sync import __version__
from sync.report.reading import BINS, DAILY_QUOTAS, MOST_DRAWN, Report
from sync.settings import MOST_FAILURES
from sync.words import counted

_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_INVISIBLE = re.compile(r"[\x80-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]")


def visible(text: str) -> str:
    """Return text for one line: white space is a blank, control characters show as their pictures (␀, ␛ …)."""
    line = re.sub(r"[\t\n\r\f\v\x85\u2028\u2029]+", " ", text)
    line = _CONTROL.sub(lambda found: "\u2421" if found[0] == "\x7f" else chr(0x2400 + ord(found[0])), line)
    return _INVISIBLE.sub("\ufffd", line)


def _finalize(value: object) -> object:
    return visible(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def number(value: float) -> str:
    """Return 1234567 as 1,234,567."""
    return f"{value:,.0f}"


def percent(value: float) -> str:
    """Return a share in percent; never rounded to 0 or to 100 where it isn't."""
    if 99.9 < value < 100:
        return "99.9 %"
    return f"{value:.1f} %" if 0 < value < 100 else f"{value:.0f} %"


def duration(seconds: float | None) -> str:
    """Return seconds as people say them."""
    if seconds is None:
        return "not over"
    if seconds < 0.0995:
        return f"{seconds * 1000:.0f} ms"
    if seconds < 9.95:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02d} s"
    return f"{whole // 3600} h {whole % 3600 // 60:02d} min"


def minutes(value: float) -> str:
    """Return minutes, with as many decimals as say something."""
    if 0 < value < 0.01:
        return "under 0.01"
    return f"{value:.2f}" if value < 1 else f"{value:.1f}" if value < 100 else f"{value:,.0f}"


def moment(value: dt.datetime | None) -> str:
    """Return a time of the database to the second, with its zone."""
    return value.strftime("%Y-%m-%d %H:%M:%S UTC") if value else "–"


def tick(seconds: float) -> str:
    """Return a label of the time axis."""
    if seconds < 60:
        return f"{seconds:g} s"
    if seconds < 3600:
        return f"{int(seconds // 60)}:{int(seconds % 60):02d}"
    return f"{int(seconds // 3600)}:{int(seconds % 3600 // 60):02d} h"


def words(name: str | None) -> str:
    """Return COMPLETED_WITH_ERRORS as completed with errors."""
    return (name or "").replace("_", " ").lower()


def render(report: Report, *, now: dt.datetime) -> str:
    """Return the page as text; ``now`` (UTC) is the time it bears."""
    jinja = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_finalize,
    )
    jinja.filters.update(
        number=number,
        counted=partial(counted, form=","),
        percent=percent,
        duration=duration,
        minutes=minutes,
        moment=moment,
        tick=tick,
        words=words,
    )
    jinja.globals.update(quotas=DAILY_QUOTAS, bins=BINS, most_failures=MOST_FAILURES, most_drawn=MOST_DRAWN)
    return jinja.get_template("page.html").render(report=report, now=now, version=__version__)
