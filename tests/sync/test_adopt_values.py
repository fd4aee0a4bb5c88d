"""What a cell counts as beside the staged value, and the hash of what an item shows."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest

from sync.adopt import present_order
from sync.monday.board import ResolvedColumn


def column(name: str, kind: str, *, mapped: str | None = None, write: str = "always") -> ResolvedColumn:
    return ResolvedColumn(name, name, f"id_{name}", kind, mapped or kind, write, False)


COLUMNS = [
    column("ITEM_NAME", "name"), column("GROUP_NAME", "group"), column("PRICE", "numbers"), column("DAY", "date"),
    column("STYLE", "dropdown"), column("UNIT", "status"), column("NOTE", "long_text"), column("PO", "text"),
    column("KEY", "text", write="create_only"),
]  # fmt: skip
STAGED: dict[str, Any] = {
    "ITEM_NAME": "A|B", "GROUP_NAME": "GREYSON 2025 FALL", "PRICE": Decimal("12.5000"), "DAY": dt.date(2025, 9, 26),
    "STYLE": "JWHD100", "UNIT": "PCE", "NOTE": "one\ntwo", "PO": None, "KEY": "K-1", "ROW_HASH": "h" * 64,
}  # fmt: skip
SHOWN: dict[str, str | None] = {
    "ITEM_NAME": "A|B", "GROUP_NAME": "Greyson 2025 Fall ", "PRICE": "12.50", "DAY": "2025-09-26", "STYLE": "jwhd100",
    "UNIT": "Pce", "NOTE": "one\r\ntwo ", "PO": " ", "KEY": None,
}  # fmt: skip


def test_what_the_board_counts_as_equal_is_kept_in_the_staged_spelling() -> None:
    present = present_order(STAGED, SHOWN, COLUMNS)
    assert present.differing == ()
    assert present.row_hash == STAGED["ROW_HASH"]
    assert {name: value for name, value in present.values.items() if name != "KEY"} == {
        name: value for name, value in STAGED.items() if name not in ("KEY", "ROW_HASH")
    }


@pytest.mark.parametrize(
    ("name", "text", "kept"),
    [
        ("ITEM_NAME", "another", "another"),
        ("GROUP_NAME", "Elsewhere", "Elsewhere"),
        ("PRICE", "1,234.56789", Decimal("1234.5679")),
        ("PRICE", None, None),
        ("DAY", "2024-02-29", dt.date(2024, 2, 29)),
        ("DAY", None, None),
        ("STYLE", "X, Y", "X, Y"),
        ("UNIT", "SET", "SET"),
        ("NOTE", "ONE\ntwo", "ONE\ntwo"),
        ("PO", " 4755", "4755"),
    ],
)
def test_what_differs_is_kept_as_it_shows(name: str, text: str | None, kept: object) -> None:
    present = present_order(STAGED, SHOWN | {name: text}, COLUMNS)
    assert present.differing == (name,)
    assert present.values[name] == kept
    assert present.row_hash not in (None, STAGED["ROW_HASH"])


def test_a_column_written_at_creation_only_never_counts_as_differing() -> None:
    present = present_order(STAGED, SHOWN | {"KEY": "something"}, COLUMNS)
    assert present.differing == ()
    assert present.values["KEY"] == "something"


@pytest.mark.parametrize(("kind", "text"), [("numbers", "about 12"), ("date", "soon")])
def test_what_the_tables_cannot_keep_leaves_the_state_unknown(kind: str, text: str) -> None:
    retyped = [column("CELL", "text", mapped=kind)]
    present = present_order({"CELL": None, "ROW_HASH": "h"}, {"CELL": text}, retyped)
    assert present.values == {"CELL": None}
    assert present.row_hash is None


def test_a_number_in_a_text_column_is_a_number() -> None:
    retyped = [column("CELL", "text", mapped="numbers")]
    staged = {"CELL": Decimal("12.5"), "ROW_HASH": "h"}
    assert present_order(staged, {"CELL": "12.500"}, retyped).values == {"CELL": Decimal("12.5")}
