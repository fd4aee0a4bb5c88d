"""A bad cell never hides its order: it stays blank, is written down by column, and comes when it is mended."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any

import pytest

from emulator.config import BOARD_ID
from emulator.faults import Fault
from sync.errors import DatabaseError
from sync.session import Session
from tests.e2e.day_two import DayTwo, order

SIZES = "ERR_MON_CustMasterSchedule_Subitems"


def cells(two: DayTwo, table: str = "ERR_MON_CustMasterSchedule") -> dict[tuple[str, str], str]:
    """Order and column of every open cell, with its value."""
    return {
        (row["ORDER_KEY"], row["COLUMN_NAME"]): row["COLUMN_VALUE"]
        for row in two.errors(table=table)
        if row["RESOLVED_AT"] is None and row["ERROR_CLASS"] == "CELL"
    }


def staged(two: DayTwo) -> dict[str, list[str] | None]:
    """What is staged: key and changed columns."""
    rows = two.sql("select ORDER_KEY, CHANGED_COLUMNS from STG_MON_CustMasterSchedule order by ORDER_KEY")
    return {row["ORDER_KEY"]: row["CHANGED_COLUMNS"] and json.loads(row["CHANGED_COLUMNS"]) for row in rows}


def refuses(two: DayTwo, title: str, *, code: str = "ColumnValueException", **more: Any) -> Fault:
    """From now on Monday takes nothing for a column of items."""
    column = two.column(title)
    told: dict[str, Any] = {"data": {"column_id": column}, "message": "not so"}
    fault = Fault("refuse_row", times=0, code=code, holds=f'"{column}"', **(told | more))
    two.monday.service.faults.add([fault])
    return fault


def unknown_label(two: DayTwo) -> str:
    two.edit("GRE-01", ORDER_TYPE="SAMPLE")
    two.add(order("NEW-1", ORDER_TYPE="SAMPLE"))
    return "ORDER TYPE"


def retyped_to_numbers(two: DayTwo) -> str:
    two.state.retype_column(BOARD_ID, two.column("PO NUMBER"), "numbers")
    two.edit("GRE-01", PO_NUMBER="TBC")
    two.add(order("NEW-1", PO_NUMBER="TBC"))
    return "PO NUMBER"


def full_dropdown(two: DayTwo) -> str:
    column = two.column("DROP")
    labels = two.state.boards[BOARD_ID].columns[column].labels
    while not labels.full:
        two.state.add_label(BOARD_ID, column, f"L{len(labels.texts)}")
    two.edit("GRE-01", DROP="ONE MORE")
    two.add(order("NEW-1", DROP="ONE MORE"))
    return "DROP"


KINDS = [unknown_label, retyped_to_numbers, full_dropdown]


@pytest.mark.parametrize("kind", KINDS)
def test_a_value_that_its_column_cannot_take_stays_blank_and_all_else_goes_up(
    two: DayTwo, kind: Callable[[DayTwo], str]
) -> None:
    title = kind(two)
    two.edit("GRE-01", {"S": 9}, NOTES="REVISED")
    pushed = two.day()
    assert (pushed["items_created"], pushed["items_updated"], pushed["failed"]) == (1, 1, 0)
    assert (pushed["cells_left_out"], pushed["cells_by_column"]) == (2, {title: 2})
    assert f"{title} 2" in pushed["message"]
    assert "python -m sync retry" in pushed["message"]
    (batch,) = [batch for batch in pushed["batches"] if batch["customer"] == "GREYSON"]
    assert (batch["status"], batch["cells_left_out"]) == ("COMPLETED", 2)
    for key in ("GRE-01", "NEW-1"):
        assert two.shown(key)[title] is None
        assert two.confirmed(key)[title] is None
    assert (two.shown("GRE-01")["NOTES"], str(two.cell("GRE-01", "Order Qty", "S"))) == ("REVISED", "9")
    assert len(two.item("NEW-1").subitem_ids) == 3
    assert set(cells(two)) == {("GRE-01", title), ("NEW-1", title)}
    for row in two.errors():
        assert (row["RETRYABLE"], row["MAX_RETRIES_REACHED"], row["NEXT_RETRY_AT"]) == (False, False, None)
        assert title in row["ERROR_MESSAGE"]
        assert row["COLUMN_VALUE"] in row["ERROR_MESSAGE"]
    status = two.sync("status")
    assert (status["held_rows"], status["cells_left_out"]) == (0, 2)
    assert [(row["COLUMN_NAME"], row["CELLS"]) for row in status["cells_by_column"]] == [(title, 2)]
    # It holds nothing back and is staged by nothing. A column that was retyped may have lost the values of all others.
    two.build(tests=True)
    assert two.staged() == (45 if kind is retyped_to_numbers else 0)
    assert two.push()["cells_left_out"] == 0
    assert two.attempt("audit").exit_code == 0
    assert two.differences() == []
    # Another change of the order takes it along, in vain; said again, not twice.
    two.edit("GRE-01", NOTES="REVISED AGAIN")
    assert two.day()["cells_left_out"] == 1
    assert set(cells(two)) == {("GRE-01", title), ("NEW-1", title)}
    # Retry in vain: nothing is written, and nothing is lost.
    two.written()
    assert two.sync("retry")["cells"] == 2
    two.build()
    assert staged(two) == {"GRE-01": [title], "NEW-1": [title]}
    assert two.push()["cells_left_out"] == 2
    assert two.written() == []
    two.build()
    assert two.staged() == 0


def test_a_label_that_was_added_comes_through_after_retry(two: DayTwo) -> None:
    unknown_label(two)
    two.day()
    assert "run `python -m sync retry`" in two.errors("NEW-1")[0]["ERROR_MESSAGE"]
    two.state.add_label(BOARD_ID, two.column("ORDER TYPE"), "SAMPLE")
    assert two.sync("retry", "--customer", "peloton")["cells"] == 0
    assert two.sync("retry", "--customer", "greyson")["cells"] == 2
    two.written()
    two.build()
    assert staged(two) == {"GRE-01": ["ORDER TYPE"], "NEW-1": ["ORDER TYPE"]}
    pushed = two.push()
    assert (pushed["items_updated"], pushed["cells_left_out"]) == (2, 0)
    assert {tuple(write.values) for write in two.written()} == {("ORDER TYPE",)}
    assert cells(two) == {}
    assert all(row["RESOLVED_BY"].startswith("push ") for row in two.errors())
    assert two.sync("status")["cells_left_out"] == 0
    assert two.differences() == []


def test_a_column_that_was_retyped_brings_its_cells_by_itself(two: DayTwo) -> None:
    full_dropdown(two)
    two.day()
    two.state.retype_column(BOARD_ID, two.column("DROP"), "text")
    two.build()
    assert two.staged() == 0
    pushed = two.push()
    assert any("DROP" in notice and "2 cells" in notice for notice in pushed["notices"])
    two.build()
    assert staged(two).items() >= {"GRE-01": ["DROP"], "NEW-1": ["DROP"]}.items()
    two.push()
    assert cells(two) == {}
    assert two.shown("NEW-1")["DROP"] == "ONE MORE"


def test_a_run_that_dies_while_it_notes_a_retyped_column_loses_no_cell(
    two: DayTwo, monkeypatch: pytest.MonkeyPatch
) -> None:
    full_dropdown(two)
    two.day()
    two.state.retype_column(BOARD_ID, two.column("DROP"), "text")
    whole = Session.execute

    def dies(self: Session, name: str, params: Sequence[Any] = (), /, **options: Any) -> int:
        if name == "push/cells_due":
            raise DatabaseError("The disk is full.")
        return whole(self, name, params, **options)

    with monkeypatch.context() as patch:
        patch.setattr(Session, "execute", dies)
        assert two.attempt("push", "--batch").message == "The disk is full."
    assert any("2 cells" in notice for notice in two.push()["notices"])
    two.build()
    assert staged(two).items() >= {"GRE-01": ["DROP"], "NEW-1": ["DROP"]}.items()


def test_a_cell_comes_with_its_data_and_with_the_mapping(two: DayTwo) -> None:
    unknown_label(two)
    two.day()
    two.edit("GRE-01", ORDER_TYPE="ACTIVE")
    two.day()
    assert set(cells(two)) == {("NEW-1", "ORDER TYPE")}
    two.sql("update ERR_MON_CustMasterSchedule set MAPPING_HASH = 'another' where ORDER_KEY = 'NEW-1'")
    two.state.add_label(BOARD_ID, two.column("ORDER TYPE"), "SAMPLE")
    two.build()
    assert staged(two) == {"NEW-1": ["ORDER TYPE"]}
    assert two.push()["items_updated"] == 1
    assert cells(two) == {}
    assert two.differences() == []


COLUMN = "FREIGHT"
TOLD: list[dict[str, Any]] = [
    {},
    {"code": "InvalidColumnIdException", "message": "This column ID doesn't exist for the board"},
    {"code": "InvalidInputException", "data": {}, "message": 'Column "FREIGHT" can not take this value'},
    {"code": "UserUnauthorizedException", "message": "no right on the column", "status": 403},
    {"code": "USER_ACCESS_DENIED", "data": {}, "message": "You don't have permission to edit column FREIGHT"},
]


@pytest.mark.parametrize("told", TOLD, ids=[str(number) for number in range(len(TOLD))])
def test_a_column_that_monday_refuses_by_name_is_left_out_once_more(two: DayTwo, told: dict[str, Any]) -> None:
    refuses(two, COLUMN, **told)
    two.edit("GRE-01", FREIGHT="7.77", NOTES="REVISED")
    for number in (2, 3, 4):
        two.edit(f"GRE-0{number}", NOTES="REVISED")
    two.add(order("NEW-1"), order("NEW-2", FREIGHT=None))
    before = two.shown("GRE-01")[COLUMN]
    pushed = two.day()
    assert (pushed["items_created"], pushed["items_updated"], pushed["failed"]) == (2, 4, 0)
    assert pushed["subitems_created"] == 6
    assert pushed["cells_by_column"] == {COLUMN: 2}
    assert set(cells(two)) == {("GRE-01", COLUMN), ("NEW-1", COLUMN)}
    done = [write.key or "" for write in two.written() if write.operation != "create_subitem"]
    assert sorted(done) == ["GRE-01", "GRE-02", "GRE-03", "GRE-04", "NEW-1", "NEW-2"]  # each once
    assert two.shown("NEW-1")[COLUMN] is None
    # What can't be cleared either stays as it was, and the tables say so.
    assert two.shown("GRE-01")[COLUMN] == before
    assert two.attempt("audit").exit_code == 0
    two.build()
    assert two.staged() == 0
    two.monday.service.faults.clear()
    two.sync("retry")
    two.build()
    assert staged(two) == {"GRE-01": [COLUMN], "NEW-1": [COLUMN]}
    two.push()
    assert cells(two) == {}
    assert two.differences() == []


def test_several_refused_cells_of_a_row_still_end_with_the_order_on_the_board(two: DayTwo) -> None:
    titles = ["FREIGHT", "CATEGORY", "NOTES", "STYLE"]
    for title in titles:
        refuses(two, title)
    two.add(*(order(f"NEW-{at}") for at in range(4)))
    pushed = two.day()
    assert (pushed["items_created"], pushed["failed"], pushed["subitems_created"]) == (4, 0, 12)
    assert pushed["cells_by_column"] == dict.fromkeys(sorted(titles), 4)
    two.build()
    assert two.staged() == 0


def test_a_value_that_is_refused_clears_what_stood_there(two: DayTwo) -> None:
    two.monday.service.faults.add(
        [Fault("refuse_row", times=0, code="ColumnValueException", message="not so", holds="7.77",
               data={"column_id": two.column(COLUMN)})]
    )  # fmt: skip
    two.edit("GRE-01", FREIGHT="7.77")
    assert two.day()["cells_left_out"] == 1
    assert two.shown("GRE-01")[COLUMN] is None
    assert two.confirmed("GRE-01")[COLUMN] is None
    two.build()
    assert two.staged() == 0


def test_without_a_named_cell_the_row_is_rejected(two: DayTwo) -> None:
    fault = Fault("refuse_row", times=0, code="ColumnValueException", message="not so", holds="REVISED")
    two.monday.service.faults.add([fault])
    two.edit("GRE-01", NOTES="REVISED")
    assert two.day(exit_code=3)["items_failed"] == 1
    key = Fault("refuse_row", times=0, code="ColumnValueException", data={"column_id": "order_key"}, holds="NEW-1")
    two.monday.service.faults.add([key])
    two.add(order("NEW-1"))
    assert two.day(exit_code=3)["items_failed"] == 1
    assert {row["ERROR_CLASS"] for row in two.errors()} == {"REJECTED"}


def test_a_size_whose_label_cannot_be_made_goes_up_by_its_name(two: DayTwo) -> None:
    below = two.item("GRE-01").subitem_ids[0]
    board_id = two.state.items[below].board_id
    column = two.column("Size", board_id)
    labels = two.state.boards[board_id].columns[column].labels
    while not labels.full:
        two.state.add_label(board_id, column, f"L{len(labels.texts)}")
    two.edit("GRE-01", {"4XL": 3})
    pushed = two.day()
    assert (pushed["subitems_created"], pushed["failed"], pushed["cells_left_out"]) == (1, 0, 1)
    assert cells(two, SIZES) == {("GRE-01", "SIZE_LABEL"): "4XL"}
    assert str(two.cell("GRE-01", "Order Qty", "4XL")) == "3"
    assert two.cell("GRE-01", "Size", "4XL") is None
    two.build(tests=True)
    assert two.staged() == 0
    assert two.attempt("audit").exit_code == 0
    two.edit("GRE-01", {"4XL": 5})
    two.day()
    assert str(two.cell("GRE-01", "Order Qty", "4XL")) == "5"
    # One label less, and a word.
    labels.drop(max(labels.texts))
    assert two.sync("retry")["cells"] == 1
    two.day()
    assert two.cell("GRE-01", "Size", "4XL") is not None
    assert cells(two, SIZES) == {}
    assert two.differences() == []


def test_a_quantity_that_is_refused_holds_nothing_back(two: DayTwo) -> None:
    board_id = two.state.items[two.item("GRE-01").subitem_ids[0]].board_id
    column = two.column("Order Qty", board_id)
    fault = Fault("refuse_row", times=0, code="ColumnValueException", data={"column_id": column}, holds='"77"')
    two.monday.service.faults.add([fault])
    two.edit("GRE-01", {"S": 77, "XL": 77})
    pushed = two.day()
    assert (pushed["subitems_created"], pushed["subitems_updated"], pushed["failed"]) == (1, 1, 0)
    assert two.cell("GRE-01", "Order Qty", "S") is None
    two.build()
    assert two.staged() == 0
    assert two.sql("select count(*) as n from STG_MON_CustMasterSchedule_Subitems")[0]["n"] == 0
    two.monday.service.faults.clear()
    two.sync("retry")
    assert two.day()["subitems_updated"] == 2
    assert two.differences() == []


def test_a_lost_answer_keeps_what_was_left_out(start: Callable[..., DayTwo]) -> None:
    two = start(faults=[Fault("drop_after", operation="create_item"), Fault("forget_keys", operation="query", times=0)])
    unknown_label(two)
    pushed = two.day()
    assert (pushed["items_created"], pushed["failed"], pushed["cells_left_out"]) == (1, 0, 2)
    assert set(cells(two)) == {("GRE-01", "ORDER TYPE"), ("NEW-1", "ORDER TYPE")}
    two.build()
    assert two.staged() == 0
    assert two.differences() == []
