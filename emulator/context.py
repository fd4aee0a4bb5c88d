"""What one request carries through the resolvers: state, meter figures, the log, and the place where faults bite."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias

from graphql import GraphQLResolveInfo

from emulator.store import State

Info: TypeAlias = "GraphQLResolveInfo[Any]"


class AliasFaults(Protocol):
    """Faults that strike single aliases of a request (see faults.py)."""

    def before(self, position: int, alias: str, operation: str, args: Mapping[str, Any]) -> None:
        """Called before the alias at `position` (1 is the first) does its work; raises to refuse it or cut the line."""


@dataclass(slots=True)
class Done:
    """One mutation carried out: a line of the history."""

    number: int
    call: int
    request_id: str
    time: float
    alias: str
    operation: str
    args: dict[str, Any]
    ids: list[str]


@dataclass(slots=True)
class Context:
    """One request on its way through the executor."""

    state: State
    lock: threading.RLock
    call: int
    request_id: str
    history: list[Done] | None
    cursors: Cursors
    query_points: int = 0
    points_before: int = 0
    points_after: int = 0
    reset_seconds: int = 0
    faults: AliasFaults | None = None
    # Set when writes take time: called before each mutation, with its position, and returns when that may go on.
    pace: Callable[[int], None] | None = None
    position: int = 0


class Cursors:
    """Cursors of item pages: what is left to show, for an hour."""

    LIFE = 3_600.0

    def __init__(self, most: int = 1_000) -> None:
        self._kept: dict[str, tuple[float, list[int]]] = {}
        self._made = 0
        self._most = most

    def keep(self, ids: list[int], now: float) -> str:
        """A cursor for the ids that the next pages will show."""
        self._made += 1
        cursor = f"MSw{self._made:08d}"
        self._kept[cursor] = (now + self.LIFE, ids)
        if len(self._kept) > self._most:
            del self._kept[next(iter(self._kept))]
        return cursor

    def forget_all(self) -> None:
        """Every cursor has expired."""
        self._kept.clear()

    def take(self, cursor: str, now: float) -> list[int] | None:
        """The ids behind a cursor, or None when it is unknown or over an hour old. A cursor can be used again."""
        until, ids = self._kept.get(cursor, (0.0, []))
        return ids if now < until else None
