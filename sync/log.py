"""Log through Python's ``logging`` to stderr: a line a record, as text or as one JSON object, all times in UTC.

A record says what happened, never what a row holds. Nothing that it says can be read as a command by Kestra.
"""

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

from sync.output import Result, counted, safe, told
from sync.settings import LONG_WAIT, PROGRESS_EVERY, RATE_SAMPLES, read_word

LOGGER = logging.getLogger("sync")
PLACES = ("run", "batch", "request", "monday_request_id")
"""What a record is about; each stands in every JSON object, null where it doesn't apply."""


class _Lines(logging.Handler):
    """Print records as lines, in the form asked for."""

    as_json = False
    run: str | None = None
    warnings: tuple[str, ...] = ()
    """What Monday's answers warned of, each once."""

    def emit(self, record: logging.LogRecord) -> None:
        """Print to what stderr is now; a terminal that is gone disturbs nobody."""
        with suppress(OSError, ValueError):
            print(self.format(record), file=sys.stderr, flush=True)

    def format(self, record: logging.LogRecord) -> str:
        """Return the line. A sentence for people stands without time and level."""
        event, text = getattr(record, "event", None), safe(record.getMessage(), 2000)
        if not self.as_json and event in ("warning", "failed"):
            return f"warning: {text}" if event == "warning" else text
        at = dt.datetime.fromtimestamp(record.created, dt.UTC).isoformat(timespec="milliseconds")
        if not self.as_json:
            return f"{at[:19]}Z {record.levelname:<7} {text}"
        places = dict.fromkeys(PLACES) | {"run": self.run} | getattr(record, "fields", {})
        said = {
            "time": f"{at[:23]}Z",
            "level": record.levelname,
            "event": event,
            **{name: safe(value) if isinstance(value, str) else value for name, value in places.items()},
            "message": text,
        }
        return json.dumps(said, default=str)


LINES = _Lines()


def set_up(env: Mapping[str, str], *, verbose: bool = False, quiet: bool = False) -> None:
    """Send the records of ``sync`` to stderr as the environment and the options say."""
    LINES.as_json = read_word(env, "SYNC_LOG_FORMAT", ("text", "json"), "text") == "json"
    LINES.run, LINES.warnings = None, ()
    level = read_word(env, "SYNC_LOG_LEVEL", ("DEBUG", "INFO", "WARNING", "ERROR"), "INFO")
    LOGGER.addHandler(LINES)
    LOGGER.propagate = False
    LOGGER.setLevel(logging.CRITICAL + 1 if quiet else "DEBUG" if verbose else level)


def say(event: str, text: str, level: int = logging.INFO, **fields: object) -> None:
    """Log one record. ``fields`` stand in the JSON object beside the text."""
    LOGGER.log(level, "%s", text, extra={"event": event, "fields": fields})


def warn(text: str) -> None:
    """Log what Monday's answers warn of, each sentence once; at any level it belongs to the result."""
    if (said := safe(text, 400)) not in LINES.warnings:
        LINES.warnings += (said,)
        say("warning", text, logging.WARNING)


def failed(result: Result) -> None:
    """Log how a command failed."""
    say("failed", result.message, logging.ERROR, command=result.command, exit_code=result.exit_code)


def request(
    what: str, outcome: str, *, seconds: float, rows: int, points: int | None, level: int, **places: str | None
) -> None:
    """Log a request to Monday and what became of it."""
    ms = round(seconds * 1000)
    said = told(
        (True, what),
        (rows, counted(rows, "row")),
        (points is not None, counted(points or 0, "point", form=",")),
        (True, f"{ms:,} ms, {outcome}"),
        *((value, f"{name.replace('_', ' ')} {value}") for name, value in places.items()),
    )
    say("request", ", ".join(said), level, what=what, rows=rows, points=points, ms=ms, outcome=outcome, **places)


def of_run(run: str) -> None:
    """Name the run that all further records belong to."""
    LINES.run = run


def verbose() -> bool:
    """Return whether everything is to be said."""
    return LOGGER.isEnabledFor(logging.DEBUG)


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
        now, (what, until), (at, before) = time.time(), self._wait, self._samples[0]
        goes_on = max(now, until)
        # A wait of up to a minute belongs to the rows before it: Monday's budget lets a minute's rows through at once.
        span = min(goes_on, now + 60) - at
        rate = max(self.done - before, 0) * 60 / span if span > 0 else 0.0
        left = (self.of or 0) - self.done
        return {
            "done": self.done, "of": self.of, "per_minute": round(rate, 1), "note": self.note or None,
            "waits_for": what if until > now else None, "waits_until": _utc(until) if until > now else None,
            "done_at": _utc(goes_on + left * 60 / rate) if rate and left > 0 else None,
        }  # fmt: skip

    def sentence(self, fields: Mapping[str, Any]) -> str:
        """Say the figures in one line."""
        done, things = fields["done"], counted(fields["of"] or fields["done"], self.thing, form=",")
        figures = [
            f"{done:,} of {things}" if fields["of"] else things if done else "at work",
            f"{fields['per_minute']:,.0f} a minute" if fields["per_minute"] else "",
            fields["note"],
        ]
        moments = [
            f"waits for {fields['waits_for']} until {_clock(fields['waits_until'])}" if fields["waits_for"] else "",
            f"done at about {_clock(fields['done_at'])}" if fields["done_at"] else "",
        ]
        return "; ".join(filter(None, [", ".join(filter(None, figures)), *moments]))

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
    return f"{at} UTC" if _utc(time.time()).startswith(day) else f"{day} {at} UTC"


@contextmanager
def progress(title: str, thing: str, *, bar: bool, every: float = PROGRESS_EVERY) -> Iterator[None]:
    """Tell how far a command is: in a bar where stderr is a terminal and ``bar`` says so, else by lines."""
    PROGRESS.begin(title, thing)
    ended, shown = threading.Event(), None
    if bar and sys.stderr and sys.stderr.isatty() and not LINES.as_json:
        from rich import progress as rich
        from rich.console import Console

        # shown from the moment at which it is known how much there is to do
        shown = rich.Progress(
            rich.TextColumn(title),
            rich.BarColumn(20),
            rich.MofNCompleteColumn(),
            rich.TextColumn("{task.fields[note]}"),
            rich.TimeElapsedColumn(),
            console=Console(stderr=True),
            transient=True,
        )
        shown.add_task("", total=None, note="")
        every = 0.5

    def tell() -> None:
        while not ended.wait(every):
            with suppress(OSError, ValueError):
                if shown is None:
                    PROGRESS.log()
                elif PROGRESS.of is not None or PROGRESS.done:
                    done, note = PROGRESS.done, PROGRESS.sentence(PROGRESS.fields()).partition(", ")[2]
                    shown.start()
                    shown.update(shown.task_ids[0], completed=done, total=max(PROGRESS.of or 0, done), note=note)

    teller = threading.Thread(target=tell, name="progress", daemon=True)
    teller.start()
    try:
        yield
    finally:
        ended.set()
        teller.join(2.0)
        with suppress(OSError, ValueError):
            if shown:
                shown.stop()
