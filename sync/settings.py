"""Read a run's settings from the environment (their names are fixed: other programs set them), and hold every limit."""

import datetime as dt
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from decimal import Decimal
from pathlib import Path
from typing import Any

import yaml

from sync.errors import ConfigurationError

PROJECT_ROOT = Path(__file__).resolve().parent.parent

# Requests to Monday. Seconds, unless the name says otherwise.
SERVER_TIMEOUT_SECONDS = 60.0
"""Monday cuts a request after this long (rate-limit page of its documentation), and may work on it so long."""
SETTLE_SECONDS = 105.0
"""Rest of a creation whose answer was lost: server time-out plus the longest search lag seen (45 s)."""
COLUMN_SETTLE_SECONDS = 65.0
"""Rest of a column whose answer was lost: the server's time-out, for reading a board has no lag."""
REQUEST_TIMEOUT = 75.0
CONNECT_TIMEOUT = 10.0
IDLE_SECONDS = 30.0
"""Time between two pieces of an answer."""
MOST_SECONDS = 86_400.0
"""A day: no rest, lease or time-out that a variable sets is longer."""
MAX_ANSWER_BYTES = 64 * 1024 * 1024
SLOW_SHARE = 0.4
"""Part of the time-out that a request may take; beyond it the next ones carry half as many rows."""

# How much one request may carry.
MOST_ROWS = 100
"""Rows of one request, so that one question to the board can look all of them up."""
MAX_IDS = 100
MAX_KEYS = 100
MAX_PAGE = 500
"""Items of a page that Monday still gives."""
SMALLEST_PAGE = 25
"""Items a page below which the server's silence is no longer put down to the size of the page."""
GROUPS_PER_REQUEST = 25
OPERATIONS_PER_REQUEST = 20
"""Operations of a request that a repair records."""

# What an account may spend, until its answers tell better.
POINTS_A_WRITE = 30_000
POINTS_A_MINUTE = 10_000_000
CALLS_A_MINUTE = 1_000

# What is tried again, and how often.
BACKOFF = (2.0, 2.0, 60.0)
"""Where the server names no time: first pause, factor from pause to pause, longest pause."""
MAX_ATTEMPTS = 4
"""Sendings of a row within one run; a question is asked as often."""
MAX_RUNS = 3
"""Runs in which a transient failure may come back before it is dead-lettered."""
MAX_QUESTIONS = 8
"""Times that one question to the board may fail before the run ends; the creations stay open for the next run."""
GROUPS_HELD_SECONDS = 1.0
"""Pause between two looks whether another run has made its groups."""
MAX_WALKS = 5
"""Times that a walk through the pages is begun, where its cursor expires on the way."""
BELIEVED_WAITS = 3
"""Refusals in a row after each of which the wait that Monday names is believed to be enough."""
STALLED_SECONDS = 15 * 60.0
"""A run ends where Monday has refused every request for so long."""
STOP_CHECK_SECONDS = 0.5
"""Time after which a waiting run looks whether it is asked to stop."""
TRANSACTION_TRIES = 6
"""Runs of a transaction before its error travels on; pauses double from 0.05 s to 2 s."""
RECONNECT_PAUSES = (0.0, 1.0, 2.0, 4.0, 8.0, 15.0)
"""Pauses before each try to connect to SQL Server again: a restart or a failover takes some of them."""

# Rows read at a time, kept, and shown.
WINDOW_ROWS = 2000
KEY_LENGTH = 255
LABEL_LENGTH = 100
ERRORS_KEPT = dt.timedelta(days=30)
HISTORY_KEPT = dt.timedelta(days=90)
FEW = 10
"""Orders that a repair may always touch, whatever share of the board they are; refusals that say nothing of others."""
PROGRESS_EVERY = 30.0
"""Time between lines of progress where no terminal shows a bar."""
RATE_SAMPLES = 10
"""Lines of progress over which a rate is taken: the last five minutes."""
LONG_WAIT = 1.0
"""A wait that is worth a word."""
ADOPT_SAMPLE = 10
LISTED = 50
"""Lines of a list on a terminal; ``--json`` has up to LISTED_JSON."""
LISTED_JSON = 10_000
MOST_FAILURES = 200
"""Failed attempts listed for a batch; the reasons count all of them."""
MOST_UNUSUAL = 50
"""Requests listed for a batch because something was out of the ordinary."""


def _variable(name: str, default: Any, least: float = 0.0, most: float = MOST_SECONDS) -> Any:
    """Declare a setting that an environment variable may change; its type is that of the default."""
    return field(default=default, metadata={"name": name, "least": least, "most": most})


@dataclass(frozen=True)
class Settings:
    """What a push needs to know besides the database connection.

    ``settle_seconds``: how long a lost creation rests before the board is asked for it.
    ``lease_seconds``: how long a silent worker counts as alive.
    """

    token: str = field(repr=False)
    api_url: str = _variable("MONDAY_API_URL", "https://api.monday.com/v2")
    api_version: str = _variable("MONDAY_API_VERSION", "2026-10")
    board_id: int = _variable("MONDAY_BOARD_ID", 9200517329, least=1, most=2**63 - 1)
    settle_seconds: float = _variable("MONDAY_SETTLE_SECONDS", SETTLE_SECONDS)
    lease_seconds: float = _variable("SYNC_LEASE_SECONDS", 120.0, least=1)
    request_timeout: float = _variable("MONDAY_TIMEOUT_SECONDS", REQUEST_TIMEOUT, least=0.05)
    rows_per_request: int = _variable("SYNC_ROWS_PER_REQUEST", 40, least=1, most=MOST_ROWS)
    workers: int = 4

    @property
    def parent_settle_seconds(self) -> float:
        """Return the rest of a lost subitem or group: the server's time-out alone, for reading by parent has no lag."""
        return self.settle_seconds * SERVER_TIMEOUT_SECONDS / SETTLE_SECONDS


def read_settings(env: Mapping[str, str], *, token_required: bool = True) -> Settings:
    """Read the settings from environment variables; raises ConfigurationError naming the variable that is wrong."""
    token = env.get("MONDAY_API_TOKEN", "").strip()
    if token_required and not token:
        raise ConfigurationError(
            "MONDAY_API_TOKEN is not set: create a personal API token in Monday (Developers > API token) and set it."
        )
    given: dict[str, Any] = {
        each.name: text if isinstance(each.default, str) else _number(text, type(each.default), **each.metadata)
        for each in fields(Settings)
        if each.metadata and (text := env.get(each.metadata["name"], "").strip())
    }
    return Settings(token, **given)


def _number(text: str, kind: type, *, name: str, least: float, most: float) -> Any:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    for wrong, wanted in (
        (not math.isfinite(value) or value < least, f"a number of at least {least:g}"),
        (kind is int and value % 1, "a whole number"),
        (value > most, f"at most {most:g}"),
    ):
        if wrong:
            raise ConfigurationError(f"{name} must be {wanted}; correct the environment variable.")
    return int(Decimal(text)) if kind is int else value  # ids have more digits than a float


def read_word(env: Mapping[str, str], name: str, words: Sequence[str], default: str) -> str:
    """Return which of some words a variable says, in any case; raises ConfigurationError where it says another."""
    said = env.get(name, "").strip() or default
    for word in words:
        if word.upper() == said.upper():
            return word
    raise ConfigurationError(
        f"{name} must be {', '.join(words[:-1])} or {words[-1]}; correct the environment variable."
    )


def read_yaml(path: Path) -> Any:
    """Read a YAML file, by the parser in C where it is installed: it is seven times as fast as the one in Python."""
    return yaml.load(path.read_text(encoding="utf-8"), getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506
