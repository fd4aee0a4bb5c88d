from __future__ import annotations

import pytest

from sync.commands.board import judge
from sync.monday.board import Board, Column, Mapping
from tests.monday.fakes import board, labels_of, mapped

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
