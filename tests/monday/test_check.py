from __future__ import annotations

import json
from typing import Any

import pytest

from sync.commands.board import check_board, judge, make_columns
from sync.errors import SyncError
from sync.monday.answers import NotSent, RawAnswer, TransportFailure
from sync.monday.board import Board, Column, Mapping
from sync.monday.reading import Reader
from tests.monday.fakes import FakeClock, board, failure, labels_of, mapped, never, raw

KEY = mapped("ORDER_KEY", "text", "order_key", title="ORDER KEY", write="create_only")
PO = mapped("PO NUMBER", "text", "text_1")
COLOR = mapped("COLOR", "dropdown", "dropdown_1", create_labels=True)
SIZE = mapped("SIZE_LABEL", "dropdown", "dropdown_2", title="Size", create_labels=True)
MAPPING = Mapping((PO, KEY, COLOR), (SIZE,))
FULL = [Column("order_key", "ORDER KEY", "text"), Column("text_1", "PO NUMBER", "text")]
DROPDOWN = Column("dropdown_1", "COLOR", "dropdown")
SIZES = board(Column("dropdown_2", "Size", "dropdown"), board_id=77)


@pytest.mark.parametrize(
    ("items", "sizes", "wanted"),
    [
        (board(Column("new", "PO NUMBER", "long_text"), DROPDOWN), SIZES, ["error", "warning", "warning"]),
        (board(*FULL, DROPDOWN), None, ["error"]),
        (board(*FULL, DROPDOWN, items=9_400), SIZES, ["ok"]),
        (board(*FULL, DROPDOWN, items=9_600), SIZES, ["warning"]),
        (board(*FULL, DROPDOWN, items=5, limit=None), SIZES, ["ok"]),
    ],
)
def test_what_is_missing_is_an_error_and_drift_or_little_room_a_warning(
    items: Board, sizes: Board | None, wanted: list[str]
) -> None:
    assert [level for level, _ in judge(items, sizes, MAPPING)] == wanted


@pytest.mark.parametrize(
    ("known", "level", "said"), [(474, "ok", ""), (475, "warning", "only 25"), (500, "warning", "no room")]
)
def test_room_for_labels(known: int, level: str, said: str) -> None:
    color = Column("dropdown_1", "COLOR", "dropdown", labels_of(*(f"l{n}" for n in range(known))))
    ((found, text),) = judge(board(*FULL, color), SIZES, MAPPING)
    assert found == level
    assert said in text
    assert level == "ok" or "cells that need a new one stay blank: make it a text column" in text


class FakeMonday:
    """Two boards that take new columns; ``faults`` are answers given instead, before (or after) the work."""

    def __init__(self, *columns: tuple[str, str, str], faults: list[tuple[str, RawAnswer]] | None = None) -> None:
        self.columns: dict[int, list[tuple[str, str, str]]] = {7: list(columns), 77: []}
        self.faults = list(faults or [])
        self.keys: list[str | None] = []
        self.clock = FakeClock()

    def ask(self, body: str) -> RawAnswer:
        number = int(json.loads(body)["variables"]["ids"][0])
        columns: list[dict[str, Any]] = [{"id": i, "title": t, "type": k} for i, t, k in self.columns[number]]
        if number == 7:
            columns.append({"id": "s", "title": "Subitems", "type": "subtasks", "settings": {"boardIds": [77]}})
        return raw({"data": {"boards": [{"id": str(number), "name": "B", "state": "active", "columns": columns}]}})

    def send(self, body: str, *, idempotency_key: str | None = None) -> RawAnswer:
        self.keys.append(idempotency_key)
        when, answer = self.faults.pop(0) if self.faults else ("", None)
        if when == "before" and answer is not None:
            return answer
        given = json.loads(body)["variables"]
        made = given.get("a0_id") or f"made_{len(self.keys)}"
        self.columns[int(given["a0_board_id"])].append((made, given["a0_title"], given["a0_column_type"]))
        return answer if answer is not None else raw({"data": {"a0": {"id": made}}})

    def create(self) -> list[tuple[int, str, str]]:
        reader = Reader(self.ask, clock=self.clock, random=never())
        made = make_columns(reader, self.send, MAPPING, 7)
        return [(column["board_id"], column["title"], column["column_id"]) for column in made]


def test_missing_columns_are_made_the_key_first_and_only_once() -> None:
    monday = FakeMonday()
    made = monday.create()
    assert made == [
        (7, "ORDER KEY", "order_key"), (7, "PO NUMBER", "made_2"), (7, "COLOR", "made_3"), (77, "Size", "made_4")
    ]  # fmt: skip
    assert monday.create() == []
    reader = Reader(monday.ask, clock=monday.clock)
    assert "error" not in [level for level, _ in check_board(reader, MAPPING, 7)]


@pytest.mark.parametrize("lost", [raw(error=TransportFailure("cut")), raw("<html>", 504)])
@pytest.mark.parametrize("when", ["before", "after"])
def test_a_lost_answer_is_read_back_before_it_is_made_again(lost: RawAnswer, when: str) -> None:
    monday = FakeMonday(faults=[(when, lost)])
    made = monday.create()
    assert [title for _, title, _ in made] == ["ORDER KEY", "PO NUMBER", "COLOR", "Size"]
    titles = [title for columns in monday.columns.values() for _, title, _ in columns]
    assert len(titles) == len(set(titles)) == 4
    assert monday.clock.time - 1000 >= 65
    assert (monday.keys[0] == monday.keys[1]) == (when == "before")


def test_a_key_id_that_was_used_before_is_left_to_monday() -> None:
    taken = raw({"data": {"a0": None}, "errors": [failure("InvalidInput", "id taken", ["a0"])]})
    monday = FakeMonday(faults=[("before", taken)])
    assert monday.create()[0] == (7, "ORDER KEY", "made_2")


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (raw({"errors": [failure("UserUnauthorizedException", "no right")]}), "no right"),
        (raw({"errors": [failure("DAILY_LIMIT_EXCEEDED", "x")]}, 429), "midnight"),
        (raw({"errors": [failure("", "bad", status_code=500)]}), "bad"),
        (raw(error=NotSent("refused")), "reached"),
    ],
)
def test_a_refusal_ends_in_one_sentence(answer: RawAnswer, said: str) -> None:
    monday = FakeMonday(("order_key", "ORDER KEY", "text"), faults=[("before", answer)] * 9)
    with pytest.raises(SyncError, match=said):
        monday.create()
