"""Orders that are cancelled, leave the source, come back, fall out of scope, or find no room on the board."""

from __future__ import annotations

import datetime as dt
from typing import Any

from emulator.config import BOARD_ID
from tests.e2e.day_two import GREYSON, RHYTHM, DayTwo, order
from tests.oracle.expected import Options

ARCHIVE: dict[str, Any] = {"on_source_removal": "archive"}


def test_a_cancelled_order_stays_with_its_sizes_at_0(two: DayTwo) -> None:
    two.edit("GRE-01", {"XL": 9}, ORDER_TYPE="Cancelled")
    two.edit("GRE-NONE", ORDER_TYPE="CANCELLED")
    two.add(order("GRE-97", ORDER_TYPE="CANCELLED"))  # never pushed: it is created, without sizes
    two.day(tests=True)
    writes = {write.brief: write.values for write in two.written()}
    changed = {brief[1:] for brief in writes if brief[0] == "change_multiple_column_values"}
    assert changed == {("GRE-01", size, ("Order Qty",)) for size in ("S", "M", "L")} | {
        (key, None, ("ORDER TYPE",)) for key in ("GRE-01", "GRE-NONE")
    }
    assert len(writes) == len(changed) + 1
    assert {values["Order Qty"] for brief, values in writes.items() if brief[2]} == {"0"}
    assert [brief[1] for brief in writes if brief[0] == "create_item"] == ["GRE-97"]
    assert two.differences() == []
    assert two.shown("GRE-97")["ORDER TYPE"] == "CANCELLED"
    # It is taken up again: the quantities of the source return under the same subitems, and the new size comes.
    below = two.subitem("GRE-01", "S").id
    two.edit("GRE-01", ORDER_TYPE="ACTIVE")
    two.day()
    assert two.differences() == []
    assert two.subitem("GRE-01", "S").id == below


def test_what_left_the_source_stays_unless_archiving_is_asked_for(two: DayTwo) -> None:
    two.remove(["GRE-01", "PEL-01"])
    two.sql("delete from ORDERS_UNIFIED where \"CUSTOMER COLOUR DESCRIPTION\" = 'NAVY'")  # one of a shared number
    two.build()
    assert two.staged() == 0  # those that share its number keep their items
    (navy,) = two.sql("select ORDER_KEY from MON_CustMasterSchedule where \"COLOR\" = 'NAVY'")
    two.options = Options(on_source_removal="archive")
    ids = {key: two.item(key).id for key in ("GRE-01", "PEL-01", navy["ORDER_KEY"])}
    plan = _plan(two, **ARCHIVE)
    assert plan["items_to_archive"] == 3
    pushed = two.push()
    assert pushed["items_archived"] == 3
    assert {(write.operation, int(write.args["item_id"])) for write in two.written()} == {
        ("archive_item", ident) for ident in ids.values()
    }
    assert two.differences() == []
    assert two.confirmed("GRE-01")["ARCHIVED_AT"] is not None
    two.build(**ARCHIVE)
    assert two.staged() == 0
    # Back again, with another size: a new item under the old key, with its sizes under that.
    two.add(order("GRE-01", sizes={"S": 3}))
    two.day(**ARCHIVE, tests=True)
    assert two.differences() == []
    assert two.item("GRE-01").id != ids["GRE-01"]
    again = two.confirmed("GRE-01")
    assert (again["MONDAY_ITEM_ID"], again["ARCHIVED_AT"]) == (two.item("GRE-01").id, None)
    assert two.state.items[ids["GRE-01"]].state == "archived"
    two.build(**ARCHIVE)
    assert two.staged() == 0


def test_an_item_that_a_person_restored_is_the_orders_again_once_it_is_back(two: DayTwo) -> None:
    """Items that were archived stand on the board again, one of them without a size."""
    ids = {key: two.item(key).id for key in ("GRE-01", "GRE-02")}
    two.sql("update MON_CustMasterSchedule set ARCHIVED_AT = current_timestamp where ORDER_KEY in ('GRE-01', 'GRE-02')")
    two.state.retire_item(two.item("GRE-01").subitem_ids[0], "archived")
    two.edit("GRE-02", {"S": 77}, NOTES="REVISED")
    pushed = two.day()
    assert (pushed["items_created"], pushed["items_updated"], pushed["subitems_created"]) == (0, 1, 1)
    assert {key: two.item(key).id for key in ids} == ids
    assert two.differences() == []


def _plan(two: DayTwo, **variables: object) -> dict[str, object]:
    two.build(tests=True, **variables)
    return two.push("--batch", "--dry-run")


def test_the_guard_at_exactly_5_percent(two: DayTwo) -> None:
    """11 of 220 are 5 % and go; 11 of 219 are more and stay."""
    for prefix, customer, items in (("TEL", "TELFAR", 220), ("AME", "ASRV", 219)):
        rows = ", ".join(f"('{prefix}-{at}', 'h', '{customer}', {items}000 + {at})" for at in range(items))
        two.sql(
            f"insert into MON_CustMasterSchedule (ORDER_KEY, ROW_HASH, BATCH_CUSTOMER, MONDAY_ITEM_ID) values {rows}"
        )
        two.add(*(order(f"{prefix}-{at}", customer, {}) for at in range(items - 11)))
    two.build(tests=True, on_source_removal="archive")
    assert two.sql("select HELD_REMOVALS, STAGED_REMOVALS from STG_MON_Build") == [
        {"HELD_REMOVALS": 11, "STAGED_REMOVALS": 11}
    ]
    assert [row["BATCH_CUSTOMER"] for row in two.sql("select * from STG_MON_HeldChanges")] == ["ASRV"]


def test_orders_received_before_a_date_are_left_as_they_are(two: DayTwo) -> None:
    two.edit("RHY-01", NOTES="REVISED")
    two.edit("RHY-06", {"S": 2}, NOTES="REVISED")
    two.add(order("RHY-90", RHYTHM, ORDER_DATE_PO_RECEIVED=dt.date(2023, 12, 31)))
    two.add(order("RHY-91", RHYTHM, ORDER_DATE_PO_RECEIVED=None))
    two.remove(["RHY-02"])
    two.options = Options(received_from=dt.date(2024, 1, 6), on_source_removal="archive")
    two.day(received_from="2024-01-06", on_source_removal="archive", tests=True)
    assert {write.key for write in two.written()} == {"RHY-02", "RHY-06", "RHY-91"}
    assert two.differences() == []


def test_a_full_board_takes_the_oldest_orders_first(two: DayTwo) -> None:
    two.state.boards[BOARD_ID].items_limit = two.state.boards[BOARD_ID].active_items + 7
    for at in range(9):
        two.add(order(f"NEW-{at}", GREYSON, {"S": 1}, ORDER_DATE_PO_RECEIVED=dt.date(2025, 6, 30 - at)))
    two.add(order("NEW-X", GREYSON, {"S": 1}, ORDER_DATE_PO_RECEIVED=None))
    two.edit("GRE-01", {"S": 9}, NOTES="REVISED")
    two.build()
    pushed = two.push(exit_code=3)
    assert (pushed["items_created"], pushed["items_left"], pushed["items_updated"]) == (7, 3, 1)
    assert "full" in pushed["message"]
    made = {write.key for write in two.written() if write.operation == "create_item"}
    assert made == {f"NEW-{at}" for at in range(2, 9)}
    assert pushed["subitems_created"] == 7
    statuses = two.sql("select STATUS, ITEMS_LEFT from MON_BatchProcessing order by STARTED_AT desc limit 1")
    assert (statuses[0]["STATUS"], statuses[0]["ITEMS_LEFT"]) == ("PARTIAL", 3)
    # Room is made: the rest follows by itself, without another build.
    for at in range(1, 4):
        two.state.retire_item(two.item(f"PEL-{at:02d}").id, "archived")
    again = two.push()
    assert (again["items_created"], again["subitems_created"], again["items_left"]) == (3, 3, 0)
