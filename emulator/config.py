"""What an emulator is started with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from emulator.clock import Clock, SystemClock
from emulator.faults import Fault
from emulator.switches import Switches

DEMO_TOKEN = "demo-token"  # noqa: S105 -- opens nothing but this emulator

BOARD_ID = 9200517329
SUBITEM_BOARD_ID = 9200771505


@dataclass(frozen=True)
class Limits:
    """The limits that Monday documents, per token (defaults: an Enterprise account). A limit of 0 is off.

    Points are complexity points; `minute_points` fill a sliding window of 60 seconds. With `split_budget` reads and
    writes have a budget of `minute_points` each, as an app token has.
    """

    write_points: int = 30_000
    query_points: int = 5_000_000
    minute_points: int = 10_000_000
    split_budget: bool = False
    minute_calls: int = 5_000
    concurrent_calls: int = 250
    daily_calls: int = 25_000
    ip_calls: int = 5_000

    @classmethod
    def none(cls) -> Limits:
        """No limit that anybody meets. Points are still counted, and a budget far beyond use is announced."""
        return cls(
            query_points=0, minute_points=100_000_000_000, minute_calls=0, concurrent_calls=0, daily_calls=0, ip_calls=0
        )


@dataclass(frozen=True)
class Config:
    """Everything that decides how an emulator behaves; times in the unit that the name says."""

    host: str = "127.0.0.1"
    port: int = 0
    token: str = field(default=DEMO_TOKEN, repr=False)
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
    keep_history: bool = True
    faults: Sequence[Fault] = ()
    random_faults: tuple[int, float] | None = None
    """Seed, and the share of requests that meet a random fault."""
    control: bool = True
    """Whether `/_control` answers (to the token only)."""
    clock: Clock = field(default_factory=SystemClock)

    def without_limits(self) -> Config:
        """The same, with no limit that anybody meets."""
        return replace(self, limits=Limits.none())
