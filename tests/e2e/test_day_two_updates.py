"""Changed orders: exactly what changed is sent, once, and nothing that belongs to people."""

from __future__ import annotations

import datetime as dt
import time

import pytest

from tests.e2e.day_two import DayTwo, Write, order

CHANGE, MOVE = "change_multiple_column_values", "move_item_to_group"
QUANTITY = ("Order Qty",)


def briefs(writes: list[Write]) -> set[tuple[str, str | None, str | None, tuple[str, ...]]]:
    """What was written, each thing once."""
    found = [write.brief for write in writes]
    assert len(found) == len(set(found)), found
    return set(found)


def test_only_what_changed_is_sent(two: DayTwo) -> None:
    two.edit("GRE-01", NOTES="REVISED", CUSTOMER_PRICE="19")
    two.edit("GRE-02", CUSTOMER_COLOUR_DESCRIPTION="ONYX")
    two.edit("GRE-03", CUSTOMER_SEASON="RESORT 26")
    two.edit("GRE-04", CUSTOMER_SEASON="RESORT 26", CUSTOMER_STYLE="NEW1", EX_FACTORY_DATE=dt.date(2026, 1, 2))
    two.edit("GRE-05", {"M": 7, "L": None, "3XL": 5}, TOTAL_QTY=16)
    two.edit("GRE-06", {"S": 0}, HANDLING=None)
    two.edit("GRE-07", CUSTOMER_PRICE=" 18.5000 ", ORDER_TYPE="active", NOTES="ADDED 20.5.25 ")  # the same, respelt
    two.edit("GRE-NONE", {"S": 9}, TOTAL_QTY=9)
    two.edit("PEL-01", TOTAL_QTY=99)  # has no column on the board
    pushed = two.day(tests=True)
    assert briefs(two.written()) == {
        ("create_group", None, None, ()),
        (CHANGE, "GRE-01", None, ("CUSTOMER PRICE", "NOTES")),
        (CHANGE, "GRE-02", None, ("COLOR", "Name")),
        (CHANGE, "GRE-03", None, ("CUSTOMER SEASON",)),
        (MOVE, "GRE-03", None, ()),
        (CHANGE, "GRE-04", None, ("CUSTOMER EX FACTORY DATE", "CUSTOMER SEASON", "Name", "STYLE")),
        (MOVE, "GRE-04", None, ()),
        (CHANGE, "GRE-05", "M", QUANTITY),
        (CHANGE, "GRE-05", "L", QUANTITY),
        ("create_subitem", "GRE-05", "3XL", ("Order Qty", "Size")),
        (CHANGE, "GRE-06", None, ("HANDLING",)),
        (CHANGE, "GRE-06", "S", QUANTITY),
        ("create_subitem", "GRE-NONE", "S", ("Order Qty", "Size")),
    }
    assert two.differences() == []
    assert two.group_of("GRE-04") == "GREYSON CLOTHIERS RESORT 26"
    assert two.confirmed("GRE-04")["MONDAY_GROUP_ID"] == two.item("GRE-04").group_id
    assert (pushed["items_updated"], pushed["subitems_updated"], pushed["subitems_created"]) == (5, 3, 2)
    _quiet(two)


def _quiet(two: DayTwo) -> None:
    """A second build and push with nothing changed: nothing staged, nothing sent, quickly."""
    two.build()
    assert two.staged() == 0
    started = time.monotonic()
    again = two.push()
    assert time.monotonic() - started < 4  # 2 s alone on the machine; tests share it
    assert again["succeeded"] == again["failed"] == 0
    assert two.written() == []


def test_another_spelling_of_the_same_is_no_change(two: DayTwo) -> None:
    """Invisible characters and look-alike blanks in number, customer and values, and numbers typed another way."""
    two.edit("GRE-01", AAG_ORDER_NUMBER="\ufeffGRE\u200b-01\u00a0")
    two.edit("GRE-02", AAG_ORDER_NUMBER="GRE\u00ad-02\u3164", CUSTOMER_NAME="GREYSON\u00a0CLOTHIERS\u200f")
    two.edit("GRE-03", PO_NUMBER=f"\u200b{two.source()[2]['PO NUMBER']}\u2069")
    two.edit("GRE-04", ORDER_TYPE="\u2060active\u2003", CUSTOMER_PRICE="$\u00a018.50", FREIGHT="+0.85000")
    two.build()
    assert two.staged() == 0


def test_a_decimal_comma_is_never_a_larger_number(two: DayTwo) -> None:
    two.edit("GRE-01", FREIGHT="0,85", CUSTOMER_PRICE="12,50")
    two.edit("GRE-02", FREIGHT="1,085.5", CUSTOMER_PRICE="(12.50)")
    two.day()
    sent = {write.key: write.values for write in two.written()}
    assert sent == {
        "GRE-01": {"FREIGHT": None, "CUSTOMER PRICE": None},
        "GRE-02": {"FREIGHT": "1085.5", "CUSTOMER PRICE": "-12.5"},
    }


@pytest.mark.files_only("FREIGHT becomes text again by DuckDB's own statement")
def test_freight_that_was_confirmed_as_text_stages_nothing(two: DayTwo) -> None:
    """Tables of an earlier version: text in FREIGHT, and the hashes that went with it."""
    two.sql('drop index "UX_MON_CustMasterSchedule_Item"')
    two.sql('alter table "MON_CustMasterSchedule" alter column FREIGHT set data type varchar')
    two.sql("update \"MON_CustMasterSchedule\" set FREIGHT = '$0.850', ROW_HASH = repeat('0', 64)")
    before = two.sql('select ORDER_KEY, MONDAY_ITEM_ID from "MON_CustMasterSchedule" order by 1')
    two.sync("migrate")
    two.build()
    assert two.staged() == 0
    assert two.sql('select ORDER_KEY, MONDAY_ITEM_ID from "MON_CustMasterSchedule" order by 1') == before
    two.edit("GRE-01", FREIGHT="0.86")
    two.day()
    assert [write.values for write in two.written()] == [{"FREIGHT": "0.86"}]


def test_clearing_a_value_clears_the_cell(two: DayTwo) -> None:
    cleared = ("NOTES", "HANDLING", "CUSTOMER_PRICE", "EX_FACTORY_DATE", "DROP", "UNIT_OF_MEASURE", "HS_CODE",
               "US_TARIFF_RATE", "RANGE_/_COLLECTION", "ORDER_TYPE", "PO_NUMBER")  # fmt: skip
    two.edit("GRE-01", **dict.fromkeys(cleared))
    two.edit("GRE-02", CUSTOMER_PRICE="n/a", NOTES="  ", UNIT_OF_MEASURE="None", DESTINATION="")
    two.edit("GRE-03", CUSTOMER_PRICE="0", US_TARIFF_RATE="TRUE")
    two.day()
    sent = {write.key: write.values for write in two.written()}
    titles = {"CUSTOMER EX FACTORY DATE" if name == "EX_FACTORY_DATE" else name.replace("_", " ") for name in cleared}
    assert sent["GRE-01"] == dict.fromkeys(titles)
    assert sent["GRE-02"] == dict.fromkeys(("CUSTOMER PRICE", "NOTES", "UNIT OF MEASURE", "DESTINATION"))
    assert sent["GRE-03"] == {"CUSTOMER PRICE": "0"}
    shown = two.shown("GRE-01")
    assert {title: shown[title] for title in titles} == dict.fromkeys(titles)
    assert two.shown("GRE-03")["CUSTOMER PRICE"] == "0"
    assert two.differences() == []


PEOPLE = (("ORDER STATUS", None), ("ADD TO PLANNING", None), ("Cut Qty", "S"), ("ORDER LINE STATUS", "S"))
"""Columns of planners and factory, of an item and of its subitem."""


def test_what_people_own_is_never_touched(two: DayTwo) -> None:
    keys = ("GRE-01", "GRE-02", "GRE-03")
    for key in keys:
        two.hand(key, {"ORDER STATUS": {"label": "01 CONFIRMED"}, "ADD TO PLANNING": {"label": "YES"}})
        two.hand(key, {"Cut Qty": "3", "ORDER LINE STATUS": {"label": "OPEN"}}, "S")
    before = {(key, *place): two.cell(key, *place) for key in keys for place in PEOPLE}
    assert None not in before.values()
    two.hand("GRE-01", {"DESTINATION": "BY HAND", "NOTES": {"text": "BY HAND"}})
    two.edit("GRE-01", {"S": 8}, NOTES="REVISED", TOTAL_QTY=16)
    two.edit("GRE-02", ORDER_TYPE="CANCELLED")
    two.edit("GRE-03", CUSTOMER_SEASON="RESORT 26")
    two.day()
    assert {(key, *place): two.cell(key, *place) for key in keys for place in PEOPLE} == before
    # A cell edited by hand stays until its own source value changes.
    assert (two.shown("GRE-01")["DESTINATION"], two.shown("GRE-01")["NOTES"]) == ("BY HAND", "REVISED")
    sent = {title for write in two.written() for title in write.values}
    assert sent == {"NOTES", "Order Qty", "ORDER TYPE", "CUSTOMER SEASON"}
    two.edit("GRE-01", DESTINATION="OHIO")
    two.day()
    assert two.shown("GRE-01")["DESTINATION"] == "OHIO"


def test_a_column_written_at_creation_only(two: DayTwo) -> None:
    """The order key is written once: neither an edit nor a person's slip brings it up again."""
    two.hand("GRE-01", {"ORDER KEY": "GRE-01X"})
    two.edit("GRE-01", NOTES="REVISED")
    two.edit("GRE-02", NOTES="REVISED")
    two.add(order("GRE-99"))
    two.day()
    sent = {write.key: set(write.values) for write in two.written() if write.operation != "create_subitem"}
    assert sent["GRE-01X"] == sent["GRE-02"] == {"NOTES"}
    assert "ORDER KEY" in sent["GRE-99"]


def test_an_order_with_its_own_number_keeps_its_item_whatever_is_edited(two: DayTwo) -> None:
    item, below = two.item("GRE-01").id, two.subitem("GRE-01", "S").id
    two.edit(
        "GRE-01", {"S": 8}, CUSTOMER_NAME="PELOTON", CUSTOMER_STYLE="X1", CUSTOMER_COLOUR_DESCRIPTION="ONYX",
        PO_NUMBER="1", CUSTOMER_ALT_PO="2", PLANNED_DELIVERY_METHOD="AIR", DESTINATION="OHIO", TOTAL_QTY=16,
        CUSTOMER_SEASON=None, AAG_SEASON="2026 FALL", ORDER_DATE_PO_RECEIVED=dt.date(2020, 1, 1),
    )  # fmt: skip
    two.edit("GRE-02", AAG_ORDER_NUMBER="gre-02")  # another spelling of the same number
    two.day()
    assert two.item("GRE-01").id == item
    assert two.subitem("GRE-01", "S").id == below
    assert (two.group_of("GRE-01"), two.item("GRE-01").name) == ("PELOTON 2026 FALL", "X1ONYXGRE-01")
    assert {write.operation for write in two.written()} == {"create_group", CHANGE, MOVE}
    assert two.confirmed("GRE-01")["MONDAY_ITEM_ID"] == item
    assert two.differences() == []


def test_orders_that_share_a_number_keep_distinct_items(two: DayTwo) -> None:
    ids = {key: two.item(key).id for key in ("GRE-SHARED", "GRE-SHARED#2", "GRE-SHARED#3")}
    # The first of three becomes the last: the keys are dealt out anew, the board still ends right, without new items.
    two.edit("GRE-SHARED", {"S": 5}, "and \"CUSTOMER COLOUR DESCRIPTION\" = 'ARCTIC'",
             CUSTOMER_COLOUR_DESCRIPTION="ZINC", TOTAL_QTY=5)  # fmt: skip
    two.add(order("gre-shared", sizes={"S": 2}, CUSTOMER_COLOUR_DESCRIPTION="AZURE"))
    two.add(order("GRE-01", sizes={"S": 2}, CUSTOMER_COLOUR_DESCRIPTION="AZURE"))
    two.day()
    assert two.differences() == []
    assert {key: two.item(key).id for key in ids} == ids
    made = sorted(write.key or "" for write in two.written() if write.operation == "create_item")
    assert made == ["GRE-01#2", "GRE-SHARED#4"]
    names = {key: two.item(key).name for key in (*ids, "GRE-SHARED#4")}
    assert len(set(names.values())) == 4
    # One of them leaves: the last key has no row any more, and stays on the board as it was.
    two.sql("delete from ORDERS_UNIFIED where \"CUSTOMER COLOUR DESCRIPTION\" = 'NAVY'")
    two.day()
    assert two.differences() == []
