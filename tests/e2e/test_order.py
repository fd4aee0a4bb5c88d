"""`sync order`: one order from the source to the board, whatever became of it, found by whatever names it."""

from __future__ import annotations

from typing import Any

import pytest

from emulator.config import BOARD_ID
from emulator.faults import Fault
from tests.e2e.day_two import DayTwo, order


def shown(two: DayTwo, text: object, exit_code: int = 0) -> dict[str, Any]:
    return two.sync("order", str(text), exit_code=exit_code)


def test_an_order_on_the_board_is_found_by_all_of_its_names(two: DayTwo) -> None:
    two.build()
    two.sync("pull")
    known = two.sql("from MON_CustMasterSchedule where ORDER_KEY = 'GRE-01'")[0]
    size = two.sql("from MON_CustMasterSchedule_Subitems where ORDER_KEY = 'GRE-01' and SIZE_LABEL = 'S'")[0]
    found = shown(two, "GRE-01")
    assert found["message"] == "GRE-01: the board shows what the source says."
    for name in (" gre-01 ", known["MONDAY_ITEM_ID"], size["MONDAY_SUBITEM_ID"], known["ITEM_NAME"].lower()):
        assert shown(two, name)["order"] == found["order"]
    told = found["order"]
    assert (told["STATE"], told["MONDAY_ITEM_ID"]) == ("UNCHANGED", known["MONDAY_ITEM_ID"])
    assert told["PAIRED_BY"] == "the only row and the only order of the number"
    cleaned = {cell["COLUMN_NAME"]: (cell["WRITTEN_VALUE"], cell["CLEANED_VALUE"]) for cell in found["cells"]}
    assert cleaned["US DUTY RATE"] == ("12 %", "12")
    assert cleaned["CUSTOMER PRICE"] == ("$18.50", "18.5")
    assert "STYLE" not in cleaned
    assert found["pulled"]["ADDRESS"].endswith(f"/{BOARD_ID}/pulses/{known['MONDAY_ITEM_ID']}")
    sizes = {row["SIZE_LABEL"]: row for row in found["sizes"]}
    assert [sizes["S"][name] for name in ("IN_SOURCE", "CONFIRMED", "STAGED")] == [size["ORDER_QTY"]] * 2 + [None]
    assert (float(sizes["S"]["PULLED"]), sizes["S"]["MONDAY_SUBITEM_ID"]) == (
        size["ORDER_QTY"],
        size["MONDAY_SUBITEM_ID"],
    )
    ids = {request["MONDAY_REQUEST_ID"] for request in found["requests"]}
    assert None not in ids
    assert {request["LEVEL"] for request in found["requests"]} == {"ITEM", "SUBITEM"}
    screen = two.run("order", "GRE-01").stdout
    assert str(known["MONDAY_ITEM_ID"]) in screen
    assert all(str(ident) in screen for ident in ids)


def test_several_hits_are_listed_and_each_can_be_asked_for(two: DayTwo) -> None:
    found = shown(two, "GRE-SHARED")
    assert found["message"] == "3 orders may be meant: ask for one by its key or its item's id."
    asked = [row[0] for row in found["tables"][0]["rows"]]
    assert asked == ["GRE-SHARED#1", "GRE-SHARED#2", "GRE-SHARED#3"]
    keys = [shown(two, key)["order"]["ORDER_KEY"] for key in asked]
    assert keys == ["GRE-SHARED", "GRE-SHARED#2", "GRE-SHARED#3"]


def test_what_stands_in_an_orders_way_is_said(two: DayTwo) -> None:
    two.add(order("NEW-1", CUSTOMER_SEASON=None, AAG_SEASON="2027 FALL"), order("NO-CUSTOMER", customer=None))  # type: ignore[arg-type]
    two.sql("""update ORDERS_UNIFIED set "NOTES" = 'another' where "AAG ORDER NUMBER" = 'GRE-02'""")
    two.sql("""update ORDERS_UNIFIED set "CUSTOMER COLOUR DESCRIPTION" = 'GREEN'
        where "AAG ORDER NUMBER" = 'GRE-SHARED' and "CUSTOMER COLOUR DESCRIPTION" = 'NAVY'""")
    two.sql("delete from ORDERS_UNIFIED where \"AAG ORDER NUMBER\" = 'GRE-04'")
    two.build()

    new = shown(two, "NEW-1")
    assert new["message"] == "NEW-1: it is staged: the next push carries it to the board."
    assert (new["order"]["CHANGE_TYPE"], new["order"]["GROUP_NAME"][-9:]) == ("CREATE", "2027 FALL")
    assert "2027 FALL (AAG SEASON)" in two.run("order", "NEW-1").stdout
    edited = shown(two, "GRE-02")["order"]
    assert (edited["CHANGE_TYPE"], edited["CHANGED_COLUMNS"]) == ("UPDATE", '["NOTES"]')
    rejected = shown(two, "NO-CUSTOMER")
    assert rejected["order"]["STATE"] == "REJECTED"
    assert "CUSTOMER" in rejected["message"]
    assert shown(two, "GRE-SHARED#2")["order"]["PAIRED_BY"].startswith("equal ")
    left = shown(two, "GRE-04")
    assert (left["order"]["STATE"], left["order"]["SOURCE_ROW"]) == ("LEFT", None)


def test_an_error_and_a_refused_cell_are_shown_with_their_request(two: DayTwo) -> None:
    two.sql("""update ORDERS_UNIFIED set "FREIGHT" = 'TBC' where "AAG ORDER NUMBER" = 'GRE-03'""")
    two.build()
    two.sync("push", "--batch")
    found = shown(two, "GRE-03")
    assert found["order"]["STATE"] == "UNCHANGED"
    cells = {cell["COLUMN_NAME"]: (cell["WRITTEN_VALUE"], cell["CLEANED_VALUE"]) for cell in found["cells"]}
    assert cells["FREIGHT"] == ("TBC", None)


def test_an_order_is_as_the_source_says_only_with_its_sizes_and_cells(two: DayTwo) -> None:
    """A size alone is staged, cells stay blank, sizes are held by a guard or by an error: none is passed over."""
    for at in range(6, 18):  # of the confirmed sizes more than a guard lets fall
        two.edit(f"GRE-{at:02d}", {"M": None})
    two.edit("GRE-01", {"S": 9})
    two.edit("GRE-02", ORDER_TYPE="SAMPLE")
    two.edit("GRE-03", {"S": 7654321})
    two.edit("GRE-04", NOTES="REFUSED")
    two.edit("GRE-06", {"S": 9})
    two.build()
    staged = "it is staged: the next push carries it to the board."
    held = "The guard SIZES holds back 1 size (M): `python -m sync status` and STG_MON_HeldChanges say what to do."
    incomplete = "its item is on the board, which doesn't show all that the source says."
    refused = "An open error holds back 1 size (S): mend what it names, or `python -m sync retry`."
    blank = "1 cell (ORDER TYPE) stays blank: mend the value or the board, or `python -m sync retry`."

    def says(key: str, state: str, *sentences: str) -> dict[str, Any]:
        found = shown(two, key)
        assert (found["order"]["STATE"], found["message"]) == (state, f"{key}: {' '.join(sentences)}")
        return found

    for key in ("GRE-01", "GRE-02", "GRE-03"):
        says(key, "STAGED", staged)
    says("GRE-06", "STAGED", staged, held)
    found = says("GRE-07", "INCOMPLETE", incomplete, held)
    assert {row["SIZE_LABEL"]: row["WAITS"] for row in found["sizes"]} == {"S": None, "M": "HELD", "L": None}
    assert "SIZES" in {row["KIND"] for row in found["guards"]}
    for holds in ("7654321", "REFUSED"):
        fault = Fault("refuse_row", times=0, code="ColumnValueException", message="not so", holds=holds)
        two.monday.service.faults.add([fault])
    two.push(exit_code=3)
    for _ in range(2):  # after the push, and after the build that finds what it left
        says("GRE-01", "UNCHANGED", "the board shows what the source says.")
        says("GRE-02", "INCOMPLETE", incomplete, blank)
        says("GRE-03", "INCOMPLETE", incomplete, refused)
        assert shown(two, "GRE-04")["order"]["STATE"] == "BLOCKED"
        says("GRE-06", "INCOMPLETE", incomplete, held)
        two.build()
    two.edit("GRE-02", NOTES="REVISED")
    two.build()
    says("GRE-02", "STAGED", staged)


def test_a_quantity_that_stays_blank_is_a_cell(two: DayTwo) -> None:
    told = {"column_id": "numeric_mkra7j8e"}
    fault = Fault("refuse_row", times=0, code="ColumnValueException", message="not so", holds="7654321", data=told)
    two.monday.service.faults.add([fault])
    two.edit("GRE-01", {"S": 7654321})
    assert two.day()["cells_left_out"] == 1
    for _ in range(2):
        found = shown(two, "GRE-01")
        assert found["order"]["STATE"] == "INCOMPLETE"
        assert found["message"].split(". ")[1].startswith("1 cell (ORDER_QTY S) stays blank: mend")
        assert "open error" not in found["message"]
        two.build()


def test_nothing_found_names_what_is_near(two: DayTwo) -> None:
    refused = shown(two, "GRE-1", exit_code=2)
    assert refused["message"].startswith('No order is called "GRE-1": the nearest are GRE-1')
    assert two.run("order", "  ").returncode == 2


@pytest.mark.files_only("the file of a DuckDB database")
def test_before_the_first_build_it_says_what_to_do(two: DayTwo) -> None:
    two.sql("drop view stg_erp__cleaned_cells")
    assert "run `dbt build`" in shown(two, "GRE-01", exit_code=1)["message"]
