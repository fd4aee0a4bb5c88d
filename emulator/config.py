"""What an emulator is started with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from emulator.clock import Clock, SystemClock
from emulator.switches import Switches

DEMO_TOKEN = "demo-token-for-the-local-emulator"
BOARD_ID = 9200517329
SUBITEM_BOARD_ID = 9200771505


@dataclass(frozen=True)
class Limits:
    """The limits that Monday documents, per token. A limit of 0 is off.

    Points are complexity points; `minute_points` fill a sliding window of 60 seconds. With `split_budget` reads and
    writes have a budget of `minute_points` each, as an app token has.
    """

    write_points: int = 30_000
    query_points: int = 5_000_000
    minute_points: int = 10_000_000
    split_budget: bool = False
    minute_calls: int = 1_000
    concurrent_calls: int = 40
    daily_calls: int = 1_000
    ip_calls: int = 5_000

    @classmethod
    def none(cls) -> Limits:
        """No limit at all; the cost of a write is still counted and reported."""
        return cls(query_points=0, minute_points=0, minute_calls=0, concurrent_calls=0, daily_calls=0, ip_calls=0)


@dataclass(frozen=True)
class Config:
    """Everything that decides how an emulator behaves; times in the unit that the name says."""

    host: str = "127.0.0.1"
    port: int = 0
    token: str = DEMO_TOKEN
    limits: Limits = field(default_factory=Limits)
    switches: Switches = field(default_factory=Switches)
    items_limit: int = 10_000
    dropdown_limit: int = 500
    status_limit: int = 40
    with_order_key: bool = False
    column_types: Mapping[str, str] = field(default_factory=dict)
    latency_ms: float = 0.0
    write_ms: float = 0.0
    search_lag_seconds: float = 0.0
    key_life_seconds: float = 1_800.0
    state_file: Path | None = None
    random_faults: tuple[int, float] | None = None
    clock: Clock = field(default_factory=SystemClock)
