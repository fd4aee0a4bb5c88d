"""Settings of a run, read from the environment. Names are fixed: other programs set them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from sync.errors import ConfigurationError

PROJECT_ROOT = Path(__file__).resolve().parent.parent
DEFAULT_API_URL = "https://api.monday.com/v2"
DEFAULT_API_VERSION = "2026-10"
DEFAULT_BOARD_ID = 9200517329
SERVER_TIMEOUT_SECONDS = 60.0
"""Monday cuts a request after this long (rate-limit page of its documentation)."""
MOST_ROWS = 100
"""Rows of one request, so that one question to the board can look all of them up."""
SETTLE_SECONDS = 105.0
"""Server time-out plus the longest search lag seen (45 s)."""


@dataclass(frozen=True)
class Settings:
    """What a push needs to know besides the database connection.

    ``settle_seconds``: how long a lost creation rests before the board is asked for it.
    ``lease_seconds``: how long a silent worker counts as alive.
    """

    token: str = field(repr=False)
    api_url: str = DEFAULT_API_URL
    api_version: str = DEFAULT_API_VERSION
    board_id: int = DEFAULT_BOARD_ID
    settle_seconds: float = SETTLE_SECONDS
    lease_seconds: float = 120.0
    request_timeout: float = SERVER_TIMEOUT_SECONDS + 15.0
    rows_per_request: int = 40
    workers: int = 4

    @property
    def parent_settle_seconds(self) -> float:
        """Rest of a lost subitem or group: reading by parent has no search lag, so only the server's time-out."""
        return self.settle_seconds * SERVER_TIMEOUT_SECONDS / SETTLE_SECONDS


def _number(env: Mapping[str, str], name: str, default: float, *, least: float) -> float:
    text = env.get(name, "").strip()
    if not text:
        return default
    try:
        value = float(text)
    except ValueError:
        value = float("nan")
    if not value >= least:
        raise ConfigurationError(f"{name} must be a number of at least {least:g}; correct the environment variable.")
    return value


def _whole(env: Mapping[str, str], name: str, default: int, *, least: int, most: int | None = None) -> int:
    value = _number(env, name, default, least=least)
    if value != int(value):
        raise ConfigurationError(f"{name} must be a whole number; correct the environment variable.")
    if most is not None and value > most:
        raise ConfigurationError(f"{name} must be at most {most}; correct the environment variable.")
    return int(value)


def read_settings(env: Mapping[str, str], *, token_required: bool = True) -> Settings:
    """Settings from environment variables; raises ConfigurationError naming the variable that is wrong."""
    token = env.get("MONDAY_API_TOKEN", "").strip()
    if token_required and not token:
        raise ConfigurationError(
            "MONDAY_API_TOKEN is not set: create a personal API token in Monday (Developers > API token) and set it."
        )
    return Settings(
        token=token,
        api_url=env.get("MONDAY_API_URL", "").strip() or DEFAULT_API_URL,
        api_version=env.get("MONDAY_API_VERSION", "").strip() or DEFAULT_API_VERSION,
        board_id=_whole(env, "MONDAY_BOARD_ID", DEFAULT_BOARD_ID, least=1),
        settle_seconds=_number(env, "MONDAY_SETTLE_SECONDS", SETTLE_SECONDS, least=0),
        lease_seconds=_number(env, "SYNC_LEASE_SECONDS", 120.0, least=1),
        request_timeout=_number(env, "MONDAY_TIMEOUT_SECONDS", SERVER_TIMEOUT_SECONDS + 15.0, least=0.05),
        rows_per_request=_whole(env, "SYNC_ROWS_PER_REQUEST", 40, least=1, most=MOST_ROWS),
    )
