"""Log through Python's ``logging`` to stderr: a line a record, as text or as one JSON object, all times in UTC.

A record says what happened, never what a row holds. Nothing that it says can be read as a command by Kestra.
"""

from __future__ import annotations

import datetime as dt
import json
import logging
import sys
import threading
import time
from collections import deque
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any

from sync.errors import ConfigurationError
from sync.output import safe
from sync.settings import LONG_WAIT, PROGRESS_EVERY, RATE_SAMPLES
from sync.words import counted

LOGGER = logging.getLogger("sync")
FORMATS = ("text", "json")
LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR")
QUIET = logging.CRITICAL + 1
"""A level that no record has."""
PLACES = ("run", "batch", "request", "monday_request_id")
"""What a record is about; each stands in every JSON object, null where it doesn't apply."""


def say(event: str, text: str, level: int = logging.INFO, **fields: object) -> None:
    """Log one record. ``fields`` stand in the JSON object beside the text."""
    LOGGER.log(level, "%s", text, extra={"event": event, "fields": fields})


def json_wanted(env: Mapping[str, str]) -> bool:
    """Return whether the log is JSON. Raise ConfigurationError where the variable has another word."""
    form = env.get("SYNC_LOG_FORMAT", "").strip().lower() or "text"
    if form not in FORMATS:
        raise ConfigurationError("SYNC_LOG_FORMAT must be text or json; correct the environment variable.")
    return form == "json"


def _level(env: Mapping[str, str]) -> int:
    name = env.get("SYNC_LOG_LEVEL", "").strip().upper() or "INFO"
    if name not in LEVELS:
        raise ConfigurationError(
            f"SYNC_LOG_LEVEL must be {', '.join(LEVELS[:-1])} or {LEVELS[-1]}; correct the environment variable."
        )
    return logging.getLevelNamesMapping()[name]


class _Lines(logging.Handler):
    """Print records as lines, in the form asked for; a warning that was printed before is left out."""

    def __init__(self) -> None:
        super().__init__()
        self.begin(as_json=False)

    def begin(self, *, as_json: bool) -> None:
        """Start the log of a command."""
        self.as_json = as_json
        self.run: str | None = None
        self.warnings: list[str] = []
        """What Monday's answers warned of, each once."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Keep a warning of Monday's for the result; let through what is new."""
        if record.name != "sync.monday":
            return True
        text = safe(record.getMessage(), 400)
        fresh = text not in self.warnings
        self.warnings += [text] * fresh
        return fresh and record.levelno >= LOGGER.level

    def emit(self, record: logging.LogRecord) -> None:
        """Print to what stderr is now; a terminal that is gone disturbs nobody."""
        with suppress(OSError, ValueError):
            print(self.format(record), file=sys.stderr, flush=True)

    def format(self, record: logging.LogRecord) -> str:
        """Return the line. A sentence for people stands without time and level."""
        at = dt.datetime.fromtimestamp(record.created, dt.UTC)
        event = str(getattr(record, "event", "warning"))
        text = safe(record.getMessage(), 2000)
        if not self.as_json:
            if event in ("warning", "failed"):
                return f"warning: {text}" if event == "warning" else text
            return f"{at:%Y-%m-%dT%H:%M:%SZ} {record.levelname:<7} {text}"
        fields: dict[str, object] = getattr(record, "fields", {})
        head: dict[str, object] = {
            "time": f"{at:%Y-%m-%dT%H:%M:%S}.{at.microsecond // 1000:03}Z", "level": record.levelname, "event": event,
        }  # fmt: skip
        places = dict.fromkeys(PLACES) | {"run": self.run} | fields
        shown = {name: safe(value) if isinstance(value, str) else value for name, value in places.items()}
        return json.dumps(head | shown | {"message": text}, default=str)


_LINES = _Lines()


def request(
    what: str, outcome: str, *, seconds: float, rows: int, points: int | None, level: int, **places: str | None
) -> None:
    """Log a request to Monday and what became of it."""
    ms = round(seconds * 1000)
    parts = [what, counted(rows, "row") if rows else "", "" if points is None else counted(points, "point", form=",")]
    named = [f"{name.replace('_', ' ')} {value}" for name, value in places.items() if value]
    said = ", ".join(filter(None, [*parts, f"{ms:,} ms", outcome, *named]))
    say("request", said, level, what=what, rows=rows, points=points, ms=ms, outcome=outcome, **places)


def of_run(run: str) -> None:
    """Name the run that all further records belong to."""
    _LINES.run = run


def warnings() -> list[str]:
    """Return what Monday's answers warned of since the log was set up, each once."""
    return _LINES.warnings


def verbose() -> bool:
    """Return whether everything is to be said."""
    return LOGGER.isEnabledFor(logging.DEBUG)


def set_up(env: Mapping[str, str], *, verbose: bool = False, quiet: bool = False) -> None:
    """Send the records of ``sync`` to stderr as the environment and the options say."""
    _LINES.begin(as_json=json_wanted(env))
    LOGGER.addHandler(_LINES)
    LOGGER.propagate = False
    LOGGER.setLevel(QUIET if quiet else logging.DEBUG if verbose else _level(env))
    logging.getLogger("sync.monday").setLevel(logging.WARNING)  # its warnings belong to the result at any level


class Progress:
    """How far the running command is, at what rate, what it waits for, and when it will be done."""

    def __init__(self) -> None:
        self.begin("", "")

    def begin(self, title: str, thing: str) -> None:
        """Start to count for a command; ``thing`` is what it counts."""
        self.title, self.thing, self.done, self.note = title, thing, 0, ""
        self.of: int | None = None
        self._samples: deque[tuple[float, int]] = deque([(time.time(), 0)], RATE_SAMPLES)
        self._wait = ("", 0.0)

    def count(self, done: int, of: int | None, note: str = "") -> None:
        """Take note of what is done, of how many (None where nobody knows)."""
        if self.of is None and not self.done:  # what came before is no part of the rate
            self._samples = deque([(time.time(), 0)], RATE_SAMPLES)
        self.done, self.of, self.note = done, of, note

    def waits(self, what: str, seconds: float) -> None:
        """Take note of what the command waits for, and how long; a short wait changes nothing."""
        if what and seconds >= LONG_WAIT:
            self._wait = (what, time.time() + seconds)

    def fields(self) -> dict[str, Any]:
        """Return the figures of this moment; the rate is that of the last minutes."""
        now, (what, until) = time.time(), self._wait
        waits = until > now
        goes_on = max(now, until)
        at, before = self._samples[0]
        # A wait of up to a minute belongs to the rows before it: Monday's budget lets a minute's rows through at once.
        span = min(goes_on, now + 60) - at
        rate = (self.done - before) * 60 / span if self.done > before and span > 0 else 0.0
        left = (self.of or 0) - self.done
        return {
            "done": self.done, "of": self.of, "per_minute": round(rate, 1), "note": self.note or None,
            "waits_for": what if waits else None, "waits_until": _utc(until) if waits else None,
            "done_at": _utc(goes_on + left * 60 / rate) if rate and left > 0 else None,
        }  # fmt: skip

    def sentence(self, fields: Mapping[str, Any]) -> str:
        """Say the figures in one line."""
        of = fields["of"]
        counts = f"{fields['done']:,} of {counted(of, self.thing, form=',')}" if of else "at work"
        if not of and fields["done"]:
            counts = counted(fields["done"], self.thing, form=",")
        parts = [counts, f"{fields['per_minute']:,.0f} a minute" if fields["per_minute"] else "", fields["note"] or ""]
        said = [", ".join(filter(None, parts))]
        if fields["waits_for"]:
            said.append(f"waits for {fields['waits_for']} until {_clock(fields['waits_until'])}")
        if fields["done_at"]:
            said.append(f"done at about {_clock(fields['done_at'])}")
        return "; ".join(said)

    def log(self) -> None:
        """Log the figures, and let the rate forget the oldest of them."""
        fields = self.fields()
        say("progress", f"{self.title}: {self.sentence(fields)}", **fields)
        self._samples.append((time.time(), self.done))


PROGRESS = Progress()
"""That of the command that runs in this process."""


def _utc(moment: float) -> str:
    return f"{dt.datetime.fromtimestamp(moment, dt.UTC):%Y-%m-%dT%H:%M:%SZ}"


def _clock(moment: str) -> str:
    """Return the time of day of an ISO time; with the date where that is another one."""
    day, _, at = moment.rstrip("Z").partition("T")
    today = _utc(time.time()).startswith(day)
    return f"{at} UTC" if today else f"{day} {at} UTC"


@contextmanager
def progress(title: str, thing: str, *, bar: bool, every: float = PROGRESS_EVERY) -> Iterator[None]:
    """Tell how far a command is: in a bar where stderr is a terminal and ``bar`` says so, else by lines."""
    PROGRESS.begin(title, thing)
    ended = threading.Event()
    shown = _Bar(title) if bar and sys.stderr.isatty() and not _LINES.as_json else None

    def tell() -> None:
        while not ended.wait(0.5 if shown else every):
            with suppress(OSError, ValueError):
                if shown:
                    shown.update(PROGRESS)
                else:
                    PROGRESS.log()

    teller = threading.Thread(target=tell, name="progress", daemon=True)
    teller.start()
    try:
        yield
    finally:
        ended.set()
        teller.join(2.0)
        if shown:
            with suppress(OSError, ValueError):
                shown.stop()


class _Bar:
    """A bar in the terminal, from the moment at which it is known how much there is to do."""

    def __init__(self, title: str) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
        from rich.progress import Progress as RichProgress

        columns = (TextColumn(title), BarColumn(20), MofNCompleteColumn(), TextColumn("{task.fields[note]}"))
        self._shown = RichProgress(*columns, TimeElapsedColumn(), console=Console(stderr=True), transient=True)
        self._task = self._shown.add_task("", total=None, note="")

    def update(self, now: Progress) -> None:
        """Show the figures of this moment."""
        if now.of is None and not now.done:
            return
        self._shown.start()
        fields = now.fields()
        said = now.sentence(fields).partition(", ")[2]
        self._shown.update(self._task, completed=now.done, total=max(now.of or 0, now.done), note=said)

    def stop(self) -> None:
        """Take the bar away."""
        self._shown.stop()
