"""A clock that only moves when told, a transport that answers from a list, and shortcuts to answers."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from sync.monday.answers import HttpReply, RawAnswer, TransportFailure
from sync.monday.board import Board, Column, Group, Label, MappedColumn, ResolvedColumn
from sync.monday.meter import Clock

START = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


class FakeClock(Clock):
    """Virtual time; sleeping moves it and is remembered."""

    def __init__(self) -> None:
        self.time = 1000.0
        self.slept: list[float] = []

    def now(self) -> datetime:
        return START + timedelta(seconds=self.time - 1000)

    def monotonic(self) -> float:
        return self.time

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.time += max(0.0, seconds)


class FakeTransport:
    """Gives what it was loaded with, and remembers the headers that it was asked with."""

    def __init__(self, *replies: HttpReply) -> None:
        self.replies = list(replies)
        self.headers: list[Mapping[str, str]] = []

    def post(
        self, url: str, body: bytes, headers: Mapping[str, str], *, connect_timeout: float, read_timeout: float
    ) -> HttpReply:
        self.headers.append(headers)
        return self.replies.pop(0)

    def close(self) -> None: ...


def raw(
    body: object = None,
    status: int | None = 200,
    headers: Mapping[str, str] | None = None,
    error: TransportFailure | None = None,
    elapsed: float = 0.5,
) -> RawAnswer:
    """An attempt's outcome; ``body`` is JSON unless it is text already."""
    text = body if isinstance(body, str) or body is None else json.dumps(body)
    lower = {name.lower(): value for name, value in (headers or {}).items()}
    times: dict[str, Any] = {"received_at": START, "elapsed": elapsed, "started": 0.0}
    return RawAnswer(None if error else status, lower, text, failure=error, about={"what": ""}, **times)


def failure(
    code: str = "", message: str = "", path: list[object] | None = None, **extensions: object
) -> dict[str, Any]:
    """One entry of ``errors``."""
    entry: dict[str, Any] = {"message": message, "extensions": {"code": code, **extensions}}
    if path is not None:
        entry["path"] = path
    return entry


class Script:
    """A ``send`` that answers from a list of raw answers (the last one for ever) and keeps the bodies it got."""

    def __init__(self, *answers: RawAnswer) -> None:
        self.answers = list(answers)
        self.bodies: list[dict[str, Any]] = []

    def __call__(self, body: str) -> RawAnswer:
        self.bodies.append(json.loads(body))
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


def mapped(
    name: str = "PO NUMBER",
    type: str = "text",  # noqa: A002 (the mapping's word)
    column_id: str | None = "text_1",
    *,
    title: str | None = None,
    write: str = "always",
    create_labels: bool = False,
) -> MappedColumn:
    return MappedColumn(name, title or name, column_id, type, write, create_labels)


def resolved(kind: str = "text", name: str = "COLOR", column_id: str = "c1", **more: Any) -> ResolvedColumn:
    column = mapped(name, kind, column_id, **more)
    return ResolvedColumn(**vars(column), mapped_type=kind)


def labels_of(*texts: str) -> tuple[Label, ...]:
    return tuple(Label(str(number), text) for number, text in enumerate(texts))


def board(
    *columns: Column,
    board_id: int = 7,
    groups: tuple[Group, ...] = (),
    items: int | None = 0,
    limit: int | None = 10_000,
    subitem_board_id: int | None = None,
) -> Board:
    return Board(board_id, "Orders", columns, groups, items, limit, subitem_board_id)
