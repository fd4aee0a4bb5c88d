"""Columns that drift on the board: followed where values can follow, else a stop before the first write."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest

from emulator.config import BOARD_ID, SUBITEM_BOARD_ID
from emulator.switches import Switches
from tests.e2e.day_two import DayTwo, order


def test_a_retitled_column_is_followed_by_its_id(two: DayTwo) -> None:
    two.state.retitle_column(BOARD_ID, two.column("DESTINATION"), "SHIP TO")
    two.edit("GRE-01", DESTINATION="OHIO")
    pushed = two.day()
    assert any("DESTINATION" in notice and "SHIP TO" in notice for notice in pushed["notices"])
    assert [write.values for write in two.written()] == [{"SHIP TO": "OHIO"}]
    two.build()
    assert two.staged() == 0


def test_a_column_made_anew_is_filled_again(two: DayTwo) -> None:
    """Under another id it is found by its title; it is empty, so the next build stages what it should hold, alone."""
    two.state.delete_column(BOARD_ID, two.column("DESTINATION"))
    two.state.create_column(BOARD_ID, "DESTINATION", "text")
    two.edit("GRE-01", NOTES="REVISED")
    two.edit("PEL-01", DESTINATION=None)
    first = two.day()
    assert any("DESTINATION" in notice for notice in first["notices"])
    two.written()
    second = two.day(tests=True)
    assert second["failed"] == 0
    sent = {write.key: set(write.values) for write in two.written()}
    assert two.differences() == []
    assert len(sent) >= 44
    assert set().union(*sent.values()) == {"DESTINATION"}
    two.build()
    assert two.staged() == 0


def test_what_people_edited_stays_on_the_day_of_a_new_column(two: DayTwo) -> None:
    """An order that is staged for another cell gets that one and the new one, also in a later run of the same build."""
    group = two.state.create_group(BOARD_ID, "MINE").id
    for key in ("GRE-01", "GRE-02"):
        two.hand(key, {"NOTES": {"text": "BY HAND"}, "Name": "BY HAND"})
        two.state.move_item(two.item(key).id, group)
        two.edit(key, DESTINATION="OHIO")
    two.state.delete_column(BOARD_ID, two.column("PO NUMBER"))
    two.state.create_column(BOARD_ID, "PO NUMBER", "text")
    two.build()
    two.push("--batch", "--limit", "1")
    two.push("--batch", "--limit", "1")
    sent = {(write.operation, write.key, *sorted(write.values)) for write in two.written()}
    change = "change_multiple_column_values"
    assert sent == {(change, key, "DESTINATION", "PO NUMBER") for key in ("GRE-01", "GRE-02")}


@pytest.mark.parametrize("size", [77, None], ids=["a size changes", "nothing else to do"])
def test_a_column_of_quantities_made_anew_is_filled_again(two: DayTwo, size: int | None) -> None:
    two.state.delete_column(SUBITEM_BOARD_ID, two.column("Order Qty", SUBITEM_BOARD_ID))
    two.state.create_column(SUBITEM_BOARD_ID, "Order Qty", "numbers")
    if size:
        two.edit("GRE-01", {"S": size})
    assert any("ORDER_QTY has another id" in notice for notice in two.day()["notices"])
    assert two.day(tests=True)["subitems_updated"] > 60
    assert two.differences() == []
    two.build()
    assert two.staged() == 0


def test_keys_whose_column_was_made_anew_are_written_back(two: DayTwo) -> None:
    two.state.delete_column(BOARD_ID, two.column("ORDER KEY"))
    two.state.create_column(BOARD_ID, "ORDER KEY", "text")
    two.edit("GRE-01", NOTES="REVISED")
    assert any("ORDER KEY has another id" in notice and "audit --repair" in notice for notice in two.day()["notices"])
    two.sync("audit", "--repair", "--max-percent", "100")
    two.day()
    assert two.differences() == []


def test_a_board_whose_freight_is_text_is_followed(two: DayTwo) -> None:
    two.state.delete_column(BOARD_ID, "numeric_mksfr0r2")
    two.state.create_column(BOARD_ID, "FREIGHT", "text")
    two.edit("GRE-01", FREIGHT="$1,234.50")
    two.edit("GRE-02", FREIGHT="12,50")
    pushed = two.day()
    assert any("FREIGHT" in notice and "is of type text instead" in notice for notice in pushed["notices"])
    assert (two.shown("GRE-01")["FREIGHT"], two.shown("GRE-02")["FREIGHT"]) == ("1234.5", None)


KINDS = ("text", "long_text", "numbers", "dropdown")


@pytest.mark.parametrize("kind", KINDS)
def test_a_column_that_changed_its_type_is_followed(two: DayTwo, kind: str) -> None:
    """A text, a long text, a column of numbers and one of labels become each of the others; values follow that fit."""
    changed = {"CUSTOMER PRICE": "numbers", "PATTERN ID": "text", "CATEGORY": "dropdown", "NOTES": "long_text"}
    for title, mapped in changed.items():
        if mapped != kind:
            two.state.retype_column(BOARD_ID, two.column(title), kind)
    numbers = {"CUSTOMER_PRICE": "21.50", "PATTERN_ID": "0021.50", "CATEGORY": "21.5", "NOTES": "21.5"}
    two.edit("GRE-01", None, "", **numbers)
    two.edit("GRE-02", None, "", **dict.fromkeys(numbers))
    two.edit("GRE-03", CUSTOMER_PRICE="3", NOTES="WORDS", CATEGORY="WORDS", PATTERN_ID="WORDS")
    two.build()
    pushed = two.push("--batch", "--fail-under", "0")
    followed = [notice for notice in pushed["notices"] if f"is of type {kind} instead" in notice]
    assert {title for title in changed for notice in followed if title in notice} == {
        title for title, mapped in changed.items() if mapped != kind
    }
    shown = two.shown("GRE-01")
    as_number = {"21.5", "21.50"} | ({"0021.50"} if kind != "numbers" else set())
    for title in changed:
        assert shown[title] in as_number, title
    assert {title: two.shown("GRE-02")[title] for title in changed} == dict.fromkeys(changed)
    assert pushed["items_failed"] == 0
    if kind == "numbers":  # words are no numbers: those cells alone stay blank, each with its column and value
        errors = two.errors()
        assert {error["ORDER_KEY"] for error in errors} == {"GRE-03"}
        assert pushed["cells_left_out"] == len(errors) > 0
        assert all("WORDS" in error["ERROR_MESSAGE"] and error["COLUMN_NAME"] in changed for error in errors)
    else:
        assert pushed["cells_left_out"] == 0
        assert two.shown("GRE-03")["NOTES"] == "WORDS"


def test_a_column_that_lost_its_values_to_a_type_is_filled_again(two: DayTwo) -> None:
    for kind in ("numbers", "text"):
        two.state.retype_column(BOARD_ID, two.column("PATTERN ID"), kind)
        pushed = two.day()
        assert any("PATTERN ID has another id or type" in notice for notice in pushed["notices"])
    two.day()
    assert two.differences() == []
    assert two.day()["succeeded"] == 0


def test_a_size_column_that_drifted_is_followed_too(two: DayTwo) -> None:
    two.state.retype_column(SUBITEM_BOARD_ID, two.column("Size", SUBITEM_BOARD_ID), "text")
    two.state.retitle_column(SUBITEM_BOARD_ID, two.column("Order Qty", SUBITEM_BOARD_ID), "QTY")
    two.add(order("NEW-1", sizes={"S": 3}))
    two.edit("GRE-01", {"S": 9})
    two.day()
    sent = {(write.key, write.size): write.values for write in two.written() if write.size}
    assert sent == {("NEW-1", "S"): {"Size": "S", "QTY": "3"}, ("GRE-01", "S"): {"QTY": "9"}}


@pytest.mark.parametrize("settings", ["older", "nothing"])
def test_orders_get_through_where_a_column_does_not_tell_its_labels(
    start: Callable[..., DayTwo], settings: str
) -> None:
    """In the older field they are found; where that has none either, Monday judges each of them."""
    two = start(switches=Switches(column_settings=settings))
    two.add(order("NEW-1"))
    two.edit("GRE-01", NOTES="REVISED")
    two.edit("GRE-02", ORDER_TYPE="NO SUCH TYPE")
    two.build()
    pushed = two.push("--batch", "--fail-under", "0")
    assert (pushed["items_created"], pushed["items_updated"], pushed["items_failed"]) == (1, 2, 0)
    assert pushed["cells_left_out"] == 1
    told = any("ORDER TYPE" in notice and "judges" in notice for notice in pushed["notices"])
    assert told == (settings == "nothing")
    (error,) = two.sql("select ERROR_CLASS, ERROR_MESSAGE from ERR_MON_CustMasterSchedule")
    assert error["ERROR_CLASS"] == "CELL"
    assert "NO SUCH TYPE" in error["ERROR_MESSAGE"]


UNFIT: dict[str, Callable[[DayTwo], Any]] = {
    "removed": lambda two: two.state.delete_column(BOARD_ID, two.column("DESTINATION")),
    "a mirror": lambda two: two.state.retype_column(BOARD_ID, two.column("DESTINATION"), "mirror"),
    "a date": lambda two: two.state.retype_column(BOARD_ID, two.column("DESTINATION"), "date"),
    "the key removed": lambda two: two.state.delete_column(BOARD_ID, "order_key"),
    "two of its title": lambda two: (
        two.state.delete_column(BOARD_ID, two.column("DESTINATION")),
        [two.state.create_column(BOARD_ID, "DESTINATION", "text") for _ in range(2)],
    ),
    "size removed": lambda two: two.state.delete_column(SUBITEM_BOARD_ID, two.column("Size", SUBITEM_BOARD_ID)),
}


def test_a_column_of_sizes_that_is_gone_stops_no_orders(two: DayTwo) -> None:
    UNFIT["size removed"](two)
    two.edit("GRE-01", NOTES="REVISED")
    assert two.day()["items_updated"] == 1


def test_anything_else_stops_the_push_before_the_first_write(two: DayTwo) -> None:
    two.edit("GRE-01", {"S": 9}, NOTES="REVISED")
    two.build()
    columns = {board.id: copy.deepcopy(board.columns) for board in two.state.boards.values()}
    values = {item.id: dict(item.values) for item in two.state.items.values()}
    for name, spoil in UNFIT.items():
        spoil(two)
        stopped = two.push(exit_code=1)
        title = {"the key removed": "ORDER KEY", "size removed": "Size"}.get(name, "DESTINATION")
        assert title in stopped["message"], name
        assert two.written() == [], name
        for board in two.state.boards.values():
            board.columns = copy.deepcopy(columns[board.id])
        for item in two.state.items.values():
            item.values = dict(values[item.id])
    assert two.push()["succeeded"] == 2
    assert two.differences() == []
