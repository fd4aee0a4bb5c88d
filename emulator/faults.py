"""What goes wrong on purpose: scripted rules, and random faults from a seed. README.md here lists every effect."""

from __future__ import annotations

import random
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any, Literal, get_args

from emulator.errors import FieldError, LineCut

Effect = Literal[
    "drop_before", "drop_after", "status_before", "status_after", "refuse", "garbage", "hollow", "truncate", "slow",
    "cut_after", "refuse_row", "quota", "revoke_token", "forget_key", "forget_keys", "forget_cursors",
]  # fmt: skip
EFFECTS: tuple[str, ...] = get_args(Effect)


@dataclass(frozen=True)
class Fault:
    """One rule: where it strikes (`operation`, `call`, `times`) and what happens there (`effect` and the rest).

    `operation`: a field such as `create_item` that the request holds, `mutation`, `query`, or None for any request.
    `call`: the n-th request that fits (1 is the first). `times`: how many fitting requests in a row; 0 is for ever.
    `alias`: position of a row in its request, 0 the first; for `cut_after`, how many rows are still done.
    `holds`: for `refuse_row`, any row one of whose arguments holds this text (an id, a value), at whatever position.
    """

    effect: Effect
    operation: str | None = None
    call: int = 1
    times: int = 1
    alias: int = 0
    status: int = 0
    """HTTP status, or status code inside a row's error; 0: 200 for `refuse_row`, 429 for `refuse`, else 502."""
    code: str = ""
    message: str = ""
    retry_in_seconds: int | None = None
    retry_after: int | None = None
    seconds: float = 0.0
    work: Literal["before", "after"] = "before"
    """For `slow`: whether the wait comes before the work or after it. The work is done either way."""
    goes_on: bool = False
    """For `cut_after`: the line is cut, and the remaining rows are done all the same."""
    holds: str = ""
    data: Mapping[str, Any] = field(default_factory=dict)
    """`error_data` of a refusal."""
    bare: bool = False
    """For `refuse` and `refuse_row`: the refusal is told in words, without a code."""

    @classmethod
    def read(cls, given: Mapping[str, Any]) -> Fault:
        """A rule from JSON; ValueError with one sentence for what is none."""
        known = {each.name: each for each in fields(cls)}
        unknown = sorted(set(given) - set(known))
        if unknown:
            raise ValueError(f"A fault has no {', '.join(unknown)}: it takes {', '.join(known)}.")
        if given.get("effect") not in EFFECTS:
            raise ValueError(f"A fault needs an effect, one of {', '.join(EFFECTS)}.")
        for name, value in given.items():
            whole = isinstance(value, int) and not isinstance(value, bool)
            if name in ("call", "times", "alias", "status") and (not whole or value < 0):
                raise ValueError(f"{name} of a fault is a whole number from 0: {value!r} is none.")
            if name in ("retry_in_seconds", "retry_after") and value is not None and (not whole or value < 0):
                raise ValueError(f"{name} of a fault is a number of seconds or null: {value!r} is none.")
            if name == "seconds" and (isinstance(value, bool) or not isinstance(value, (int, float)) or value < 0):
                raise ValueError(f"seconds of a fault is a number from 0: {value!r} is none.")
            if name == "work" and value not in ("before", "after"):
                raise ValueError(f'work of a fault is "before" or "after": {value!r} is neither.')
            if name in ("code", "message", "holds") and not isinstance(value, str):
                raise ValueError(f"{name} of a fault is a text: {value!r} is none.")
            if name in ("goes_on", "bare") and not isinstance(value, bool):
                raise ValueError(f"{name} of a fault is true or false: {value!r} is neither.")
            if name == "data" and not isinstance(value, Mapping):
                raise ValueError(f"data of a fault is an object: {value!r} is none.")
        return cls(**given)

    def fits(self, names: Collection[str], kind: str) -> bool:
        """Whether the rule is about a request of these fields."""
        return self.operation is None or self.operation == kind or self.operation in names

    def meets(self, position: int, operation: str, args: Mapping[str, Any]) -> bool:
        """Whether the rule is about this row of a request that it fits."""
        if not self.holds:
            return self.alias == position - 1
        named = self.operation in (None, "mutation", operation)
        return named and any(self.holds in str(value) for value in args.values())


@dataclass
class Strike:
    """The faults that meet one request. It is also what meets single rows of it (`before`, see context.AliasFaults)."""

    faults: list[Fault] = field(default_factory=list)

    def get(self, *effects: str) -> Fault | None:
        """The first fault of one of these effects."""
        return next((fault for fault in self.faults if fault.effect in effects), None)

    @property
    def on_rows(self) -> bool:
        """Whether single rows are struck."""
        return self.get("refuse_row", "cut_after") is not None

    def before(self, position: int, alias: str, operation: str, args: Mapping[str, Any]) -> None:
        """Called before the row at `position` (1 is the first) does its work; raises to refuse it or cut the line."""
        for fault in self.faults:
            if fault.effect == "refuse_row" and fault.meets(position, operation, args):
                code = "" if fault.bare else fault.code or "InvalidInputException"
                raise FieldError(code, fault.message or "The row was refused", fault.status or 200, dict(fault.data))
            if fault.effect == "cut_after" and not fault.goes_on and position > fault.alias:
                raise LineCut


class Faults:
    """The rules in force, and the random ones. Called under the service's lock."""

    def __init__(self, rules: Sequence[Fault], chance: tuple[int, float] | None = None) -> None:
        self.rules: list[Fault] = []
        self._seen: list[int] = []
        self.struck: list[tuple[int, Fault]] = []
        self._random = random.Random(chance[0]) if chance else None
        self._rate = chance[1] if chance else 0.0
        self.add(rules)

    def add(self, rules: Sequence[Fault]) -> None:
        """Put rules in force; each counts the fitting requests from now on."""
        self.rules.extend(rules)
        self._seen.extend(0 for _ in rules)

    def clear(self) -> None:
        """No more rules and no more random faults."""
        self.rules.clear()
        self._seen.clear()
        self._random = None

    def strike(self, call: int, names: Sequence[str], kind: str) -> Strike:
        """The faults for this request, `names` its root fields in order, `kind` query or mutation."""
        found: list[Fault] = []
        for number, rule in enumerate(self.rules):
            if not rule.fits(names, kind):
                continue
            self._seen[number] += 1
            seen, first = self._seen[number], max(rule.call, 1)
            if seen >= first and (rule.times == 0 or seen < first + rule.times):
                found.append(rule)
        if self._random is not None and self._random.random() < self._rate:
            found.append(random_fault(self._random, sum(name != "complexity" for name in names), kind))
        self.struck.extend((call, fault) for fault in found)
        return Strike(found)


def random_fault(source: random.Random, rows: int, kind: str) -> Fault:
    """A fault as any network or busy server may bring it; nothing that ends a run for good, such as a revoked token."""
    wait = source.choice((1, 2))
    choices: list[Fault] = [
        Fault("drop_before"),
        Fault("drop_after"),
        Fault("status_before", status=source.choice((500, 502, 503))),
        Fault("status_after", status=source.choice((500, 502, 504))),
        Fault("refuse", status=429, code="COMPLEXITY_BUDGET_EXHAUSTED", retry_in_seconds=wait),
        Fault("refuse", status=429, code="MINUTE_RATE_LIMIT_EXCEEDED", retry_after=wait),
        Fault("refuse", status=429, code="maxConcurrencyExceeded"),
        Fault("refuse", status=423, code="RESOURCE_LOCKED", retry_after=wait),
        Fault("garbage"),
        Fault("truncate"),
    ]
    if kind == "mutation":
        place = source.randrange(max(rows, 1))
        choices += [
            Fault("refuse", status=409, code="IDEMPOTENCY_CONFLICT", retry_after=wait),
            Fault("cut_after", alias=place),
            Fault("cut_after", alias=place, goes_on=True),
            Fault("refuse_row", alias=place, status=500, code="INTERNAL_SERVER_ERROR", message="Internal server error"),
        ]
    return source.choice(choices)
