"""What a staged row needs on the board."""

from __future__ import annotations

import datetime as dt
import json
from decimal import Decimal
from typing import Any

from sync.monday.board import Column, ResolvedColumn
from sync.monday.documents import ArchiveItem, CreateItem, CreateSubitem, MoveItem, UpdateItem
from sync.monday.values import LabelBook
from sync.push.plan import changed_columns, from_ledger, jsonable, number_aliases, plan_item, plan_size

COLUMNS = (
    ResolvedColumn("ORDER_KEY", "ORDER KEY", "order_key", "text", "text", "create_only", False),
    ResolvedColumn("ITEM_NAME", "Name", "name", "name", "name", "always", False),
    ResolvedColumn("GROUP_NAME", "Group", "", "group", "group", "always", False),
    ResolvedColumn("NOTES", "NOTES", "long_1", "long_text", "long_text", "always", False),
    ResolvedColumn("CUSTOMER PRICE", "CUSTOMER PRICE", "num_1", "numbers", "numbers", "always", False),
)
SIZES = (
    ResolvedColumn("SUBITEM_NAME", "Name", "name", "name", "name", "create_only", False),
    ResolvedColumn("SIZE_LABEL", "Size", "size_1", "dropdown", "dropdown", "create_only", True),
    ResolvedColumn("ORDER_QTY", "Order Qty", "qty_1", "numbers", "numbers", "always", False),
)
LABELS = LabelBook([Column("size_1", "Size", "dropdown")])


def order(**changes: Any) -> dict[str, Any]:
    row = {
        "ORDER_KEY": "A-1", "BATCH_ID": "b", "BATCH_CUSTOMER": "C", "SOURCE_CUSTOMER": "C", "CHANGE_TYPE": "CREATE",
        "CHANGED_COLUMNS": None, "CONFIRMED_HASH": None, "ROW_HASH": "h2", "MAPPING_HASH": "m", "ITEM_NAME": "N",
        "GROUP_NAME": "G", "NOTES": "note", "CUSTOMER PRICE": Decimal("2.5000"), "TOTAL QTY": 3,
        "LIVE_ITEM_ID": None, "LIVE_HASH": None, "LIVE_GROUP_ID": None, "IS_KNOWN": 0, "LIVE_ATTEMPTS": 0,
    }  # fmt: skip
    return row | changes


def size(**changes: Any) -> dict[str, Any]:
    row = {
        "ORDER_KEY": "A-1", "SIZE_LABEL": "XL", "SUBITEM_NAME": "Size XL", "ORDER_QTY": 7, "BATCH_CUSTOMER": "C",
        "ROW_HASH": "s", "MAPPING_HASH": "m", "LIVE_PARENT_ID": 5, "LIVE_SUBITEM_ID": None, "IS_KNOWN": 0,
        "LIVE_BOARD_ID": None, "LIVE_ATTEMPTS": 0,
    }  # fmt: skip
    return row | changes


def plan(staged: dict[str, Any]) -> Any:
    row, reason = plan_item(staged, COLUMNS, LabelBook(), board_id=1, group_id="g1", batch_id="b")
    assert reason is None
    return row


def test_a_new_order_is_created_with_every_value() -> None:
    row = plan(order())
    [operation] = row.operations
    assert isinstance(operation, CreateItem)
    assert operation.name == "N"
    assert operation.group_id == "g1"
    assert set(operation.values) == {"order_key", "long_1", "num_1"}


def test_a_staged_creation_whose_key_has_an_id_by_now_is_an_update_of_everything() -> None:
    row = plan(order(LIVE_ITEM_ID=9, LIVE_HASH="h1"))
    update, move = row.operations
    assert isinstance(update, UpdateItem)
    assert isinstance(move, MoveItem)
    assert row.kind == "UPDATE"
    assert set(update.values) == {"name", "long_1", "num_1"}


def test_an_update_sends_its_changed_columns_only() -> None:
    row = plan(
        order(CHANGE_TYPE="UPDATE", CHANGED_COLUMNS='["NOTES"]', CONFIRMED_HASH="h1", LIVE_HASH="h1", LIVE_ITEM_ID=9)
    )
    [operation] = row.operations
    assert isinstance(operation, UpdateItem)
    assert set(operation.values) == {"long_1"}


def test_a_changed_group_moves_and_a_changed_name_renames() -> None:
    moved = plan(
        order(CHANGE_TYPE="UPDATE", CHANGED_COLUMNS='["GROUP_NAME"]', CONFIRMED_HASH="h", LIVE_HASH="h", LIVE_ITEM_ID=9)
    )
    assert [type(operation) for operation in moved.operations] == [MoveItem]
    renamed = plan(
        order(CHANGE_TYPE="UPDATE", CHANGED_COLUMNS='["ITEM_NAME"]', CONFIRMED_HASH="h", LIVE_HASH="h", LIVE_ITEM_ID=9)
    )
    assert [dict(operation.values) for operation in renamed.operations] == [{"name": "N"}]


def test_an_item_that_is_confirmed_in_its_group_is_not_moved_there_again() -> None:
    stale = {"CHANGE_TYPE": "UPDATE", "CHANGED_COLUMNS": '["NOTES"]', "CONFIRMED_HASH": "h1", "LIVE_ITEM_ID": 9}
    kinds = {
        (hash_, group): [
            type(operation) for operation in plan(order(**stale, LIVE_HASH=hash_, LIVE_GROUP_ID=group)).operations
        ]
        for hash_ in ("h9", None)
        for group in ("g1", "g2")
    }
    assert kinds == {
        ("h9", "g1"): [UpdateItem], ("h9", "g2"): [UpdateItem, MoveItem],
        (None, "g1"): [UpdateItem, MoveItem], (None, "g2"): [UpdateItem, MoveItem],
    }  # fmt: skip


def test_a_list_made_against_another_confirmed_state_proves_nothing() -> None:
    staged = order(CHANGED_COLUMNS='["NOTES"]', CONFIRMED_HASH="h1")
    assert changed_columns(staged, "h1") == {"NOTES"}
    assert changed_columns(staged, "h9") is None
    assert changed_columns(staged, None) is None


def test_a_removed_order_is_archived() -> None:
    row = plan(order(CHANGE_TYPE="ARCHIVE", LIVE_ITEM_ID=9))
    assert [type(operation) for operation in row.operations] == [ArchiveItem]


TYPED = (*COLUMNS, ResolvedColumn("ORDER TYPE", "ORDER TYPE", "drop_1", "dropdown", "dropdown", "always", False))


def test_a_value_that_does_not_fit_leaves_its_cell_blank() -> None:
    staged = order(**{"ORDER TYPE": "NEW"})
    row, reason = plan_item(staged, TYPED, LabelBook(), board_id=1, group_id="g", batch_id="b")
    [create], [cell] = row.operations, row.left_out
    assert reason is None
    assert isinstance(create, CreateItem)
    assert set(create.values) == {"order_key", "long_1", "num_1"}
    assert (cell.column, cell.value, cell.code, cell.stage) == ("ORDER TYPE", "NEW", "UNKNOWN_LABEL", "PREPARE")
    assert "ORDER TYPE" in cell.text
    assert row.values["ORDER TYPE"] is None
    number_aliases([row])
    assert from_ledger(row.ledger("r")).left_out == (cell,)


def test_an_update_clears_a_cell_that_it_leaves_out_unless_it_is_blank() -> None:
    staged = order(
        CHANGED_COLUMNS='["ORDER TYPE"]', CONFIRMED_HASH="h", LIVE_HASH="h", LIVE_ITEM_ID=9, LIVE_GROUP_ID="g"
    )
    staged |= {"ORDER TYPE": "NEW"}
    row, _ = plan_item(staged, TYPED, LabelBook(), board_id=1, group_id="g", batch_id="b")
    [update] = row.operations
    assert isinstance(update, UpdateItem)
    assert dict(update.values) == {"drop_1": None}
    row, _ = plan_item(
        staged | {"BLANK_CELLS": "ORDER TYPE"}, TYPED, LabelBook(), board_id=1, group_id="g", batch_id="b"
    )
    assert (row.operations, len(row.left_out)) == ([], 1)


def test_an_order_is_rejected_whose_key_its_column_cannot_take() -> None:
    key = ResolvedColumn("ORDER_KEY", "ORDER KEY", "order_key", "numbers", "text", "create_only", False)
    _, reason = plan_item(order(), (key, *COLUMNS[1:]), LabelBook(), board_id=1, group_id="g", batch_id="b")
    assert reason is not None
    assert "ORDER KEY" in reason


def test_sizes_are_created_and_then_only_their_quantity_is_written() -> None:
    row, _ = plan_size(size(), SIZES, LABELS, board_id=2, batch_id="b")
    [create] = row.operations
    assert isinstance(create, CreateSubitem)
    assert create.parent_item_id == 5
    row, _ = plan_size(size(LIVE_SUBITEM_ID=8, LIVE_BOARD_ID=3), SIZES, LABELS, board_id=2, batch_id="b")
    [update] = row.operations
    assert isinstance(update, UpdateItem)
    assert (update.board_id, update.item_id, dict(update.values)) == (3, 8, {"qty_1": "7"})


def test_aliases_are_positional_over_all_rows() -> None:
    rows = [plan(order(LIVE_ITEM_ID=9, LIVE_HASH="x")), plan(order(LIVE_ITEM_ID=10, LIVE_HASH="x"))]
    operations = number_aliases(rows)
    assert [operation.alias for operation in operations] == ["a0", "a1", "a2", "a3"]
    assert [row.aliases for row in rows] == [["a0", "a1"], ["a2", "a3"]]


def test_a_recorded_row_comes_back_from_the_ledger_as_it_was() -> None:
    row = plan(order(LIVE_ITEM_ID=9, LIVE_HASH="x"))
    number_aliases([row])
    kept = row.ledger("r")
    again = from_ledger({**kept, "ROW_VALUES": kept["ROW_VALUES"]})
    assert (again.values, again.aliases, again.monday_id, again.group_id) == (row.values, row.aliases, 9, "g1")
    assert json.loads(kept["ROW_VALUES"])["NOTES"] == "note"


def test_values_keep_their_digits_in_json() -> None:
    assert jsonable(Decimal("1.2500")) == "1.2500"
    assert jsonable(dt.date(2026, 1, 2)) == "2026-01-02"
