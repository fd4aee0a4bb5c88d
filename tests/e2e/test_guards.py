"""A half-loaded, doubled or re-spelt source: what looks like mass changes is held back, and every command says so."""

from __future__ import annotations

import uuid
from typing import Any

from samples.schema import positions
from tests.e2e.day_two import GREYSON, PELOTON, RHYTHM, DayTwo, base_orders, order
from tests.oracle.expected import Options

ARCHIVE: dict[str, Any] = {"on_source_removal": "archive"}
GREYSON_NUMBERS = [f"GRE-{at:02d}" for at in range(1, 25)]
SMALL = ("TELFAR", "ASRV", "TAYLOR MADE", "JOHNNIE O", "SUMMER FRIDAYS", "MACK WELDON")


def held(two: DayTwo) -> set[tuple[str, str, int, int]]:
    """What the last build holds back: customer (blank: the whole source), kind, how many of how many."""
    rows = two.sql("select * from STG_MON_HeldChanges")
    return {(row["BATCH_CUSTOMER"], row["KIND"], row["HELD_COUNT"], row["WHOLE_COUNT"]) for row in rows}


def active(two: DayTwo) -> set[int]:
    """Items and subitems that stand on the board."""
    return {ident for ident, item in two.state.items.items() if item.state == "active"}


def test_removals_of_a_customer_are_held_until_the_variable_is_raised(two: DayTwo) -> None:
    two.add(*(order(f"BIG-{at}", "TELFAR", {}) for at in range(300)))
    two.day(**ARCHIVE)
    two.differences()
    two.remove(GREYSON_NUMBERS[:11])  # 11 of 28
    two.remove([f"RHY-{at:02d}" for at in range(1, 7)])  # all 6 of another customer: not more than 10
    two.edit("GRE-20", NOTES="REVISED")
    two.build(tests=True, **ARCHIVE)
    assert held(two) == {("GREYSON", "REMOVALS", 11, 28)}
    pushed = two.push(exit_code=3)
    assert (pushed["held_removals"], pushed["items_archived"], pushed["items_updated"]) == (11, 6, 1)
    assert pushed["held_changes"][0]["reason"] in pushed["message"]
    assert two.sql("select BATCH_CUSTOMER, LEAVING_ITEMS, CONFIRMED_ITEMS from STG_MON_HeldRemovals") == [
        {"BATCH_CUSTOMER": "GREYSON", "LEAVING_ITEMS": 11, "CONFIRMED_ITEMS": 28}
    ]
    two.options = Options(on_source_removal="archive")
    assert two.differences() == []
    # Nothing is staged, but the guard still speaks, until the source is whole or somebody allows it.
    two.build(**ARCHIVE)
    assert two.push(exit_code=3)["succeeded"] == 0
    told = two.sync("status")
    assert told["held_removals"] == 11
    assert told["held_changes"] == pushed["held_changes"]
    assert two.push("--batch", "--dry-run")["held_changes"] == pushed["held_changes"]
    two.build(**ARCHIVE, max_removal_percent=40)
    assert two.push()["items_archived"] == 11
    two.options = Options(on_source_removal="archive", max_removal_percent=40)
    assert two.differences() == []


def test_an_empty_load_archives_nothing(two: DayTwo) -> None:
    """Six small customers, none of more than 10 items; even one item would stay."""
    two.add(*(order(f"{name[:3]}-{at}", name) for name in SMALL for at in range(8)))
    two.day(**ARCHIVE)
    before = active(two)
    two.sql("delete from ORDERS_UNIFIED")
    for percent in (5, 100):
        done = two.runner.build(two.environment(), ARCHIVE | {"max_removal_percent": percent}, tests=True)
        failed = [node.name for node in done.nodes if node.status in ("error", "fail")]
        assert failed == ["source_is_whole"]
        assert ("", "REMOVALS", 94, 94) in held(two)
        assert two.attempt("push", "--batch").exit_code in (1, 3)
        assert active(two) == before
    two.build(**ARCHIVE)  # and without that test
    assert two.push(exit_code=3)["items_archived"] == 0
    assert active(two) == before


def test_a_size_that_is_gone_after_an_empty_load_stops_the_build(two: DayTwo) -> None:
    """What is confirmed stands for the last build, which found no size; of an archived order nothing is asked."""
    two.add(order("ONE-1", sizes={"S": 1, "60": 3}), order("ONE-2", sizes={"58": 1}))
    two.day(**ARCHIVE)
    two.remove(["ONE-2"])
    two.day(**ARCHIVE)
    kept = [list(row.values()) for row in two.source()]
    two.sql("delete from ORDERS_UNIFIED")
    two.build()
    two.append(kept)
    for column in ("58", "60"):
        two.sql(f'alter table ORDERS_UNIFIED drop column "{column}"')
    done = two.runner.build(two.environment(), {}, tests=False)
    assert not done.success
    assert "for sizes that orders had at the last build (60): load it with these columns" in done.stopped


def test_a_source_that_shrinks_is_not_green(two: DayTwo) -> None:
    """It warns, and goes on."""

    def warned() -> set[str]:
        done = two.runner.build(two.environment(), {}, tests=True)
        assert done.success
        return {node.name for node in done.nodes if node.status == "warn"} & {"source_is_whole"}

    assert warned() == set()
    two.remove(["GRE-01", "GRE-02"])  # 2 of 46
    assert warned() == set()
    two.remove(["GRE-03", "GRE-04", "GRE-05"])  # 3 of 44
    assert warned() == {"source_is_whole"}
    assert warned() == set()
    assert two.sql("select SOURCE_ROWS, PREVIOUS_SOURCE_ROWS from STG_MON_Build") == [
        {"SOURCE_ROWS": 41, "PREVIOUS_SOURCE_ROWS": 41}
    ]


def test_removals_of_many_small_customers_are_held_together(two: DayTwo) -> None:
    """No customer loses more than 10 items, all of them together do."""
    two.remove([*GREYSON_NUMBERS[:6], *(f"PEL-{at:02d}" for at in range(1, 7))])
    before = active(two)
    two.build(tests=True, **ARCHIVE)
    assert held(two) == {("", "REMOVALS", 12, 46)}
    pushed = two.push(exit_code=3)
    assert (pushed["held_removals"], pushed["items_archived"]) == (12, 0)
    assert active(two) == before
    two.remove(["PEL-12"])
    two.build(**ARCHIVE, max_removal_percent=100)
    assert held(two) == set()
    assert two.push()["items_archived"] == 13


def test_sizes_that_fall_together_are_held(two: DayTwo) -> None:
    """A sheet whose columns of sizes are half empty: the board keeps its quantities, all else goes up."""
    for at in range(1, 13):
        two.edit(f"GRE-{at:02d}", {"M": None}, NOTES="REVISED")
    two.edit("PEL-01", {"XS": 0})
    two.build(tests=True)
    # 28 items with 24 * 3 + 3 sizes, 12 with 2 each, 6 with one.
    assert held(two) == {("GREYSON", "SIZES", 12, 75), ("", "SIZES", 13, 105)}
    pushed = two.push(exit_code=3)
    assert (pushed["items_updated"], pushed["subitems_updated"]) == (12, 0)
    assert two.cell("GRE-01", "Order Qty", "M") == "6"
    assert two.differences() == []
    # A cancellation is meant; the rest is held as before.
    two.edit("PEL-02", ORDER_TYPE="CANCELLED")
    two.build()
    assert two.push(exit_code=3)["subitems_updated"] == 2
    two.build(max_removal_percent=17)
    assert held(two) == set()
    assert two.push()["subitems_updated"] == 13
    two.options = Options(max_removal_percent=17)
    assert two.differences() == []


def test_a_size_that_is_spelt_anew_stands_on_the_board_once(two: DayTwo) -> None:
    """The quantities of one column come in another, as a new size or as one that the board shows at 0."""
    for quantity in (3, None):
        two.edit("GRE-01", {"XL": quantity})
        two.day()
        assert two.differences() == []
    for at in range(1, 13):
        two.edit(f"GRE-{at:02d}", {"M": None, "XL": 6, "L": 5})
    two.edit("GRE-13", {"XL": 6})  # an order of which nothing falls
    two.build(tests=True)
    assert held(two) == {("GREYSON", "SIZES", 12, 75), ("", "SIZES", 12, 105)}
    pushed = two.push(exit_code=3)
    assert (pushed["subitems_created"], pushed["subitems_updated"]) == (1, 12)
    assert "none of this customer is set to 0, and no size is added to these orders" in pushed["message"]
    assert [two.cell("GRE-01", "Order Qty", size) for size in ("M", "XL", "L")] == ["6", "0", "5"]
    assert two.differences() == []
    # Nothing else is due: no batch is made for what is held.
    two.build()
    assert two.staged() == 0
    assert two.push(exit_code=3)["succeeded"] == 0
    # Meant: both sides go up.
    two.build(max_removal_percent=100)
    pushed = two.push()
    assert (pushed["subitems_created"], pushed["subitems_updated"]) == (11, 13)
    two.options = Options(max_removal_percent=100)
    assert two.differences() == []


def test_sizes_at_the_limits(two: DayTwo) -> None:
    """10 may fall whatever their share; 11 of 105 are more than 5 %."""
    numbers = [*GREYSON_NUMBERS[:5], *(f"PEL-{at:02d}" for at in range(1, 6))]
    for number in numbers:
        two.edit(number, {"M": 0, "XS": 0})
    two.build(tests=True)
    assert held(two) == set()
    two.edit("RHY-01", {"S": -4})
    two.build(tests=True)
    assert held(two) == {("", "SIZES", 11, 105)}
    two.edit("RHY-01", {"S": 1})
    two.day()
    assert two.differences() == []


def test_renumbered_orders_stand_on_the_board_once(two: DayTwo) -> None:
    """The sheet comes with new order numbers for the same orders."""
    before = active(two)
    two.sql("""update ORDERS_UNIFIED set "AAG ORDER NUMBER" = concat('NEW-', "AAG ORDER NUMBER")
        where "AAG ORDER NUMBER" like 'GRE-0%' or "AAG ORDER NUMBER" like 'GRE-1%'""")
    two.add(order("REALLY-NEW", PELOTON))
    for variables in ({}, ARCHIVE):
        two.build(tests=True, **variables)
        assert {row for row in held(two) if row[1] == "RENUMBERED"} == {("GREYSON", "RENUMBERED", 19, 28)}
        two.options = Options(**variables)
        pushed = two.push(exit_code=3)
        assert (pushed["items_archived"], pushed["items_failed"]) == (0, 0)
        assert two.differences() == []
    assert before <= active(two)
    assert len(two.sql("select * from MON_CustMasterSchedule where ARCHIVED_AT is null")) == 47
    assert "RENUMBERED" in {row["kind"] for row in two.sync("status")["held_changes"]}
    # The old numbers come back: nothing is held, and nothing was lost.
    two.sql("""update ORDERS_UNIFIED set "AAG ORDER NUMBER" = replace("AAG ORDER NUMBER", 'NEW-GRE', 'GRE')""")
    two.build(**ARCHIVE)
    assert (held(two), two.staged()) == (set(), 0)


def test_orders_of_a_customer_that_is_spelt_anew_stand_on_the_board_once(two: DayTwo) -> None:
    """Orders that share a number aren't known by it alone; what is new under the new name goes up."""
    colours = ("RED", "BLUE", "GREEN")
    two.add(
        *(order(f"SPELT-{at}", "FOO LTD", CUSTOMER_COLOUR_DESCRIPTION=colour) for at in range(4) for colour in colours)
    )
    two.day()
    assert two.differences() == []
    before = active(two)
    two.sql("""update ORDERS_UNIFIED set "CUSTOMER NAME" = 'Foo Limited' where "CUSTOMER NAME" = 'FOO LTD'""")
    two.add(order("SPELT-9", "FOO LIMITED"))
    two.build(tests=True)
    assert held(two) == {("FOO LTD", "RENUMBERED", 12, 12)}
    assert two.push(exit_code=3)["items_created"] == 1
    assert two.differences() == []
    two.sql("""update ORDERS_UNIFIED set "CUSTOMER NAME" = 'Foo Ltd' where "AAG ORDER NUMBER" <> 'SPELT-9'
        and "CUSTOMER NAME" = 'Foo Limited'""")
    two.build()
    assert (held(two), two.staged()) == (set(), 0)
    assert before <= active(two)
    assert two.differences() == []


def test_renumbering_that_is_meant_goes_through(two: DayTwo) -> None:
    two.sql("""update ORDERS_UNIFIED set "AAG ORDER NUMBER" = replace("AAG ORDER NUMBER", 'PEL', 'NEW')""")
    two.build(tests=True, **ARCHIVE)  # each PO of its own
    assert held(two) >= {("PELOTON", "RENUMBERED", 12, 12)}
    two.build(**ARCHIVE, max_removal_percent=100)
    pushed = two.push()
    assert (pushed["items_created"], pushed["items_archived"]) == (12, 12)
    two.options = Options(on_source_removal="archive", max_removal_percent=100)
    assert two.differences() == []


def test_new_orders_of_another_po_are_not_renumbered(two: DayTwo) -> None:
    two.sql("""update ORDERS_UNIFIED set "AAG ORDER NUMBER" = replace("AAG ORDER NUMBER", 'GRE-', 'NEW-'),
        "PO NUMBER" = '9999' where "AAG ORDER NUMBER" like 'GRE-%'""")
    two.add(*(order(f"TEN-{at}", GREYSON) for at in range(10)))  # 10 find a partner, which is not more than 10
    two.build(tests=True)
    assert held(two) == set()
    assert two.push()["items_created"] == 38
    assert two.differences() == []


def test_a_sheet_that_was_loaded_twice_makes_no_second_items(two: DayTwo) -> None:
    """The same rows again, spelt otherwise, under record ids of their own, while one changes; two were alike before."""
    two.add(order("TWIN", PELOTON), order("TWIN", PELOTON))
    two.day(**ARCHIVE)
    assert two.differences() == []
    before = active(two)
    again = [*base_orders(), order("TWIN", PELOTON), order("TWIN", PELOTON)]
    again = [[str(uuid.uuid4()), *row[1:]] for row in again if RHYTHM not in row]
    for row in again:
        for name, ends in (("AAG ORDER NUMBER", "\u200b"), ("CUSTOMER NAME", "\u00a0\ufeff"), ("PO NUMBER", " \t")):
            row[positions()[name]] = f"{str(row[positions()[name]]).lower()}{ends}"
    two.add(*again)
    for number in ("GRE-01", "gre-01\u200b"):
        two.edit(number, {"S": 9}, NOTES="REVISED")
    two.build(tests=True, **ARCHIVE)
    # 28 orders of one customer stand twice; of the other 12, and two that stand four times.
    assert held(two) == {("", "COPIES", 43, 90), ("GREYSON", "COPIES", 28, 56), ("PELOTON", "COPIES", 15, 28)}
    rejected = two.sql("select distinct REASONS from STG_MON_RejectedOrders")
    assert [row["REASONS"] for row in rejected] == [
        "The row is a copy of another one in every cell, as are too many: the sheet was loaded twice."
    ]
    pushed = two.push(exit_code=3)
    assert (pushed["items_created"], pushed["items_updated"], pushed["items_archived"]) == (0, 1, 0)
    assert pushed["subitems_updated"] == 1
    assert active(two) == before
    two.options = Options(on_source_removal="archive")
    assert two.differences() == []
    # Loaded once again: nothing is held, and nothing has to change.
    two.sql("delete from ORDERS_UNIFIED where record_uuid in ({})".format(", ".join(f"'{row[0]}'" for row in again)))
    two.build(**ARCHIVE)
    assert (held(two), two.staged()) == (set(), 0)


def test_a_few_rows_alike_are_orders_of_their_own(two: DayTwo) -> None:
    two.add(*(order(number) for number in GREYSON_NUMBERS[:10]))
    two.build(tests=True)
    assert held(two) == set()
    assert two.push()["items_created"] == 10
    assert two.differences() == []
    two.add(order(GREYSON_NUMBERS[10]))  # 11 of 39 rows
    two.build(tests=True)
    assert held(two) == {("GREYSON", "COPIES", 11, 39), ("", "COPIES", 11, 57)}
    assert two.push(exit_code=3)["items_created"] == 0
    two.build(max_removal_percent=29)
    assert two.push()["items_created"] == 1
    two.options = Options(max_removal_percent=29)
    assert two.differences() == []
