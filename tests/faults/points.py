"""Every place where a push can be hit: each statement and commit of its transactions, each request before and after.

A place is named by what it is, by the function of the push that stands there, and by how often that came before. The
names come from the running program, so a new transaction is a new place without anybody listing it.
"""

from __future__ import annotations

import sys
import threading
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import Any, Literal

from sync.database import Database, Meaning, Row
from sync.monday.answers import HttpReply, TransportFailure
from sync.monday.http import Transport

What = Literal["begin", "statement", "query", "commit", "committed", "send", "answer", "lost"]
_TRANSACTION: dict[str, What] = {"begin transaction": "begin", "commit": "commit"}
"""Statements that are places of their own."""
_PLUMBING = {
    "work", "run", "<lambda>", "<listcomp>", "<dictcomp>", "<genexpr>", "execute", "query", "transaction",
    "__enter__", "__exit__",
}  # fmt: skip


class Killed(BaseException):
    """The process is dead from here on: nothing of it reaches the database or the network any more."""


@dataclass(frozen=True)
class Point:
    """A place in a run; ``nth`` counts from 1."""

    what: What
    where: str
    nth: int

    def __str__(self) -> str:
        return f"{self.what} {self.where} #{self.nth}"


def ignore(point: Point) -> None:
    """Nothing happens at any point."""


@dataclass
class Points:
    """Notes every place that is passed, and does there what it was told to."""

    act: Callable[[Point], None] = ignore
    passed: list[Point] = field(default_factory=list)
    dead: bool = False
    _counts: Counter[tuple[str, str]] = field(default_factory=Counter)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def reach(self, what: What, where: str) -> None:
        """Called at each place, after it for ``committed``, ``answer`` and ``lost``; raises what ``act`` raises."""
        if self.dead:
            raise Killed
        with self._lock:
            self._counts[what, where] += 1
            point = Point(what, where, self._counts[what, where])
            if self.act is ignore:
                self.passed.append(point)
        try:
            self.act(point)
        except Killed:
            self.dead = True
            raise


def standing() -> str:
    """The function of the push that is being carried out: the innermost one that isn't plumbing."""
    frame: FrameType | None = sys._getframe(2)
    while frame is not None:
        file, name = Path(frame.f_code.co_filename), frame.f_code.co_name
        if "sync" in file.parts and not {"faults", "database"} & set(file.parts) and name not in _PLUMBING:
            return name
        frame = frame.f_back
    return "?"


class Instrumented(Database):
    """A database whose every step is a place. What comes after the death of its process is refused."""

    def __init__(self, inner: Database, points: Points) -> None:
        self._inner, self._points = inner, points
        self.dialect, self.schema, self.sole_writer = inner.dialect, inner.schema, inner.sole_writer
        self._open = False

    def execute(self, sql: str, params: Sequence[Any] = ()) -> int:
        what = _TRANSACTION.get(sql, "statement")
        try:
            self._points.reach(what, standing())
        except BaseException:
            if what == "commit":
                self._inner.rollback()  # a commit that fails leaves nothing behind
            raise
        changed = self._inner.execute(sql, params)
        if what == "commit":
            self._points.reach("committed", standing())
        return changed

    def query(self, sql: str, params: Sequence[Any] = ()) -> list[Row]:
        self._points.reach("query", standing())
        return self._inner.query(sql, params)

    def rollback(self) -> None:
        self._inner.rollback()

    def reconnect(self) -> None:
        self._inner.reconnect()

    def meaning(self, error: BaseException) -> Meaning | None:
        return self._inner.meaning(error)

    def close(self) -> None:
        self._inner.close()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)  # what an engine has besides


class Watched:
    """A transport whose every request is a place."""

    def __init__(self, inner: Transport, points: Points) -> None:
        self._inner, self._points = inner, points

    def post(
        self, url: str, body: bytes, headers: Mapping[str, str], *, connect_timeout: float, read_timeout: float
    ) -> HttpReply:
        """Sends it on, if the process lives."""
        where = operation_of(body)
        self._points.reach("send", where)
        try:
            reply = self._inner.post(url, body, headers, connect_timeout=connect_timeout, read_timeout=read_timeout)
        except TransportFailure:
            self._points.reach("lost", where)
            raise
        self._points.reach("answer", where)
        return reply

    def close(self) -> None:
        """Closes what is below."""
        self._inner.close()


OPERATIONS = (
    "create_group", "create_item", "create_subitem", "change_multiple_column_values", "move_item_to_group",
    "archive_item", "items_page_by_column_values", "items(", "boards(",
)  # fmt: skip


def operation_of(body: bytes) -> str:
    """The field that a request is about, as the emulator names it in its rules."""
    text = body.decode("utf-8", "replace")
    return next((name.rstrip("(") for name in OPERATIONS if f"{name.rstrip('(')}(" in text), "other")
