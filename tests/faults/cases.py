"""What a case is: a state to start from, what goes wrong and where. Drawn from a seed; the same seed, the same case."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from emulator.faults import Fault
from tests.faults.points import Point
from tests.faults.world import Setting
from tests.stores import Failure

Family = Literal["network", "kill", "database", "stop", "storm", "both", "unreachable", "process"]
DATABASE_ERRORS: tuple[Failure, ...] = (
    "busy", "lost", "lost after the commit", "disk full", "read-only", "broken",
)  # fmt: skip
SHARES: Mapping[Family, int] = {
    "network": 44, "kill": 24, "database": 12, "both": 8, "storm": 6, "stop": 3, "unreachable": 2, "process": 1,
}  # fmt: skip
"""Of a hundred cases."""
SLOW, PATIENCE = 50.0, 30.0
"""Seconds that slow work takes, and that a client waits then: less than a lost creation rests, more than it waits."""


@dataclass(frozen=True)
class Case:
    """One case. ``kind`` is its row in the table of figures; ``point`` is where it is hit, ``times`` how often."""

    number: int
    seed: int
    family: Family
    kind: str
    state: str
    setting: Setting
    faults: tuple[Fault, ...] = ()
    chance: tuple[int, float] | None = None
    point: Point | None = None
    times: int = 1
    error: Failure | None = None
    hit_run: int = 1
    """The run in which the point is hit: 2 is the one that recovers."""
    pause: float = 0.0
    """Seconds between two runs."""

    def __str__(self) -> str:
        parts = [self.kind, self.state, *(f"{f.effect} {f.operation} call {f.call}" for f in self.faults)]
        parts += [f"run {self.hit_run}: {self.point}"] if self.point else []
        parts += [f"lag {self.setting.search_lag:g}"] if self.setting.search_lag else []
        parts += [f"{name}={value}" for name, value in self.setting.switches.items()]
        return ", ".join(parts)


@dataclass(frozen=True)
class Terrain:
    """What an undisturbed push of a state passes: its points, and how many requests of each operation."""

    points: tuple[Point, ...]
    requests: Mapping[str, int] = field(default_factory=dict)

    @classmethod
    def of(cls, points: Sequence[Point]) -> Terrain:
        """From the points that were passed."""
        requests: dict[str, int] = defaultdict(int)
        for point in points:
            requests[point.where] += point.what == "send"
        return cls(tuple(points), {name: number for name, number in requests.items() if number})


Draw = Callable[[random.Random, int], Fault]


def _refuse(code: str, status: int = 429, *, within: bool = False, header: bool = False) -> Draw:
    def draw(source: random.Random, alias: int) -> Fault:
        wait = source.choice((1, 3, 20))
        return Fault(
            "refuse", status=status, code=code, retry_in_seconds=wait if within else None,
            retry_after=wait if header else None,
        )  # fmt: skip

    return draw


NETWORK: Mapping[str, Draw] = {
    "answer lost after the work": lambda source, alias: Fault("drop_after"),
    "answer lost before the work": lambda source, alias: Fault("drop_before"),
    "500 before the work": lambda source, alias: Fault("status_before", status=500),
    "502 after the work": lambda source, alias: Fault("status_after", status=502),
    "504 after the work": lambda source, alias: Fault("status_after", status=504),
    "garbage for an answer": lambda source, alias: Fault("garbage"),
    "half an answer": lambda source, alias: Fault("truncate"),
    "429, retry_in_seconds only": _refuse("COMPLEXITY_BUDGET_EXHAUSTED", within=True),
    "429, Retry-After only": _refuse("MINUTE_RATE_LIMIT_EXCEEDED", header=True),
    "429, both": _refuse("RATE_LIMIT_EXCEEDED", within=True, header=True),
    "429, neither": _refuse("maxConcurrencyExceeded"),
    "409 key in flight": _refuse("IDEMPOTENCY_CONFLICT", 409, header=True),
    "423 locked": _refuse("RESOURCE_LOCKED", 423),
    "line cut after k rows": lambda source, alias: Fault("cut_after", alias=alias),
    "line cut after k rows, work goes on": lambda source, alias: Fault("cut_after", alias=alias, goes_on=True),
    "row refused": lambda source, alias: Fault("refuse_row", alias=alias, code="ColumnValueException", status=200),
    "row failed with 500": lambda source, alias: Fault(
        "refuse_row", alias=alias, code="INTERNAL_SERVER_ERROR", status=500
    ),
    "slower than the client waits": lambda source, alias: Fault("slow", seconds=SLOW, work="before"),
    "done, but answered too late": lambda source, alias: Fault("slow", seconds=SLOW, work="after"),
    "504, and the work goes on": lambda source, alias: Fault("slow", seconds=SLOW, work="before"),
    "daily quota used up": lambda source, alias: Fault("quota"),
    "token revoked": lambda source, alias: Fault("revoke_token"),
}
_MUTATIONS_ONLY = {"409 key in flight", "line cut after k rows", "line cut after k rows, work goes on", "row refused",
                   "row failed with 500"}  # fmt: skip
_KEYS: tuple[dict[str, str], ...] = ({}, {}, {"idempotency_cache": "not_kept"})


class Dealer:
    """Draws cases: families by their shares, kinds within a family in turn, places at random."""

    def __init__(self, seed: int, terrains: Mapping[str, Terrain]) -> None:
        self._seed, self._terrains = seed, terrains
        order = random.Random(f"{seed}:order")
        self._hand = [family for family, share in SHARES.items() for _ in range(share)]
        order.shuffle(self._hand)
        self._points = {name: _by_place(terrain.points) for name, terrain in terrains.items()}

    def deal(self, number: int) -> Case:
        """The case of this number (0 is the first)."""
        family = self._hand[number % len(self._hand)]
        turn = sum(each is family for each in self._hand[: number % len(self._hand)])
        turn += (number // len(self._hand)) * SHARES[family]
        source = random.Random(f"{self._seed}:{number}")
        case = getattr(self, f"_{family}")(source, number, turn)
        assert isinstance(case, Case)
        return case

    # -- the families -------------------------------------------------------------------------------------------------

    def _case(self, source: random.Random, number: int, family: Family, kind: str, state: str, **more: object) -> Case:
        setting = more.pop("setting", None) or self._setting(source)
        pause = source.choice((0.0, 0.5, 30.0, 200.0))
        seed = source.randrange(2**31)
        return Case(number, seed, family, kind, state, setting, pause=pause, **more)  # type: ignore[arg-type]

    def _setting(
        self,
        source: random.Random,
        *,
        switches: Mapping[str, object] | None = None,
        timeout: float = 75.0,
        wire: bool = False,
    ) -> Setting:
        rows, workers = source.choice((3, 5, 8, 40)), source.choice((1, 2, 4))
        lag, keys = source.choice((0.0, 20.0, 45.0)), source.choice(_KEYS)
        return Setting(rows, workers, lag, {**keys, **(switches or {})}, timeout, wire=wire)

    def _state(self, source: random.Random) -> str:
        return source.choice(sorted(self._terrains))

    def _network(self, source: random.Random, number: int, turn: int) -> Case:
        kinds = list(NETWORK)
        kind, state = kinds[turn % len(kinds)], self._state(source)
        faults, setting = self._faults(source, kind, state)
        return self._case(source, number, "network", kind, state, faults=faults, setting=setting)

    def _faults(self, source: random.Random, kind: str, state: str) -> tuple[tuple[Fault, ...], Setting]:
        requests = self._terrains[state].requests
        fit = [name for name in sorted(requests) if name != "boards" or kind not in _MUTATIONS_ONLY]
        operation = source.choice(fit)
        call = 1 + source.randrange(requests[operation])
        times = source.choice((1, 1, 1, 2, 3))
        drawn = NETWORK[kind](source, source.randrange(4))
        if source.random() < 0.1:
            times = 0  # for ever, that is: until the run has ended
        fault = Fault(**(vars(drawn) | {"operation": operation, "call": call, "times": times}))
        faults = [fault]
        if operation != "boards" and source.random() < 0.25:
            forget = source.choice(("forget_key", "forget_keys"))
            later = call + (forget == "forget_keys")
            faults.insert(0, Fault(forget, operation=operation, call=later))  # type: ignore[arg-type]
        if kind == "504, and the work goes on":
            switches = {"server_timeout_seconds": PATIENCE}
            return tuple(faults), self._setting(source, switches=switches)
        if drawn.effect == "slow":
            return tuple(faults), self._setting(source, timeout=PATIENCE)
        return tuple(faults), self._setting(source, wire=source.random() < 0.2)

    def _point(self, source: random.Random, state: str, *whats: str, turn: int | None = None) -> Point:
        """One of these places; with a turn each of them has its own."""
        places = self._points[state]
        fit = sorted(place for place in places if not whats or place[0] in whats)
        place = fit[source.randrange(len(fit)) if turn is None else turn % len(fit)]
        return source.choice(places[place])

    def _kill(self, source: random.Random, number: int, turn: int) -> Case:
        state = sorted(self._terrains)[turn % 2]
        whats = ("begin", "statement", "query", "commit", "committed", "send", "answer")
        what = whats[turn // 2 % len(whats)]
        point = self._point(source, state, what, turn=turn // 2 // len(whats))
        kind = f"killed at {'a' if what[0] not in 'aeiou' else 'an'} {what}"
        kind = {"committed": "killed after a commit", "commit": "killed before a commit",
                "send": "killed before a request", "answer": "killed after an answer",
                "begin": "killed before a transaction", "statement": "killed within a transaction",
                "query": "killed before a query"}.get(what, kind)  # fmt: skip
        return self._case(source, number, "kill", kind, state, point=point)

    def _database(self, source: random.Random, number: int, turn: int) -> Case:
        error = DATABASE_ERRORS[turn % len(DATABASE_ERRORS)]
        state = self._state(source)
        what = "committed" if error == "lost after the commit" else source.choice(("begin", "statement", "commit"))
        times = source.choice((1, 2, 4, 1000)) if error in ("busy", "disk full") else 1
        point = self._point(source, state, what)
        return self._case(
            source, number, "database", f"database: {error}", state, point=point, times=times, error=error
        )

    def _stop(self, source: random.Random, number: int, turn: int) -> Case:
        state = self._state(source)
        return self._case(source, number, "stop", "asked to stop", state, point=self._point(source, state, "send"))

    def _storm(self, source: random.Random, number: int, turn: int) -> Case:
        share = (0.05, 0.15, 0.3)[turn % 3]
        chance = (source.randrange(2**31), share)
        return self._case(
            source, number, "storm", f"{share:.0%} of requests struck", self._state(source), chance=chance
        )

    def _both(self, source: random.Random, number: int, turn: int) -> Case:
        """A network fault and a kill: while the server works on, later in the run, or in the run that recovers."""
        state, run = self._state(source), 1 + turn % 2
        if turn % 4 == 0:
            operation = source.choice(sorted(set(self._terrains[state].requests) - {"boards"}))
            fault = Fault("slow", operation=operation, seconds=SLOW, work="before")
            setting, point = self._setting(source, timeout=PATIENCE), Point("lost", operation, 1)
            return self._case(source, number, "both", "killed while Monday works", state, faults=(fault,),
                              setting=setting, point=point)  # fmt: skip
        if turn % 8 == 6:
            return self._repetition(source, number, state)
        lost = ["answer lost after the work", "line cut after k rows", "slower than the client waits",
                "504, and the work goes on", "row refused", "502 after the work"]  # fmt: skip
        faults, setting = self._faults(source, lost[turn % len(lost)], state)
        return self._case(
            source, number, "both", "fault, then killed" if run == 1 else "killed twice", state, faults=faults,
            setting=setting, hit_run=run,
            point=self._point(source, state, "send", "answer", "commit", "committed", "statement"),
        )  # fmt: skip

    def _repetition(self, source: random.Random, number: int, state: str) -> Case:
        """A creation is lost for good, sent again once the board was asked, and the process dies over that."""
        operation = source.choice(("create_item", "create_subitem"))
        setting = self._setting(source, timeout=PATIENCE, switches={"idempotency_cache": "not_kept"})
        faults = (Fault("drop_before", operation=operation), Fault("slow", operation=operation, call=2, seconds=SLOW))
        return self._case(source, number, "both", "killed over a repetition", state, faults=faults,
                          setting=replace(setting, rows_per_request=40), point=Point("lost", operation, 2))  # fmt: skip

    def _unreachable(self, source: random.Random, number: int, turn: int) -> Case:
        state = self._state(source)
        point = self._point(source, state, "send")
        return self._case(source, number, "unreachable", "Monday can't be reached any more", state, point=point)

    def _process(self, source: random.Random, number: int, turn: int) -> Case:
        state = self._state(source)
        point = Point("send", "mutation", 1 + source.randrange(12))
        setting = Setting(rows_per_request=5, workers=2, switches={})
        return self._case(source, number, "process", "a real process, SIGKILL", state, point=point, setting=setting)


def _by_place(points: Sequence[Point]) -> dict[tuple[str, str], list[Point]]:
    places: dict[tuple[str, str], list[Point]] = defaultdict(list)
    for point in points:
        places[point.what, point.where].append(point)
    return places
