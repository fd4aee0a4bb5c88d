"""Day two: what stands on the board already decides, too."""

from __future__ import annotations

import datetime as dt

from tests.oracle.cases import order
from tests.oracle.expected import COPY, Expected, Options, expect

ARCHIVE = Options(on_source_removal="archive")


def numbered(count: int, **cells: object) -> list[dict[str, object]]:
    return [order(AAG_ORDER_NUMBER=f"N-{at:03d}", **cells) for at in range(count)]


def test_a_size_that_goes_becomes_0_and_a_new_one_comes() -> None:
    before = expect([order(S=4, M=6)])
    after = expect([order(S=5, **{"2XL": 1})], before=before)
    assert after.orders["JOO-00505"].sizes == {"S": 5, "M": 0, "2XL": 1}
    again = expect([order(S=5, M=-2)], before=after)
    assert again.orders["JOO-00505"].sizes == {"S": 5, "M": 0, "2XL": 0}


def test_cancelling_sets_every_size_that_is_there_to_0_and_makes_none() -> None:
    before = expect([order(S=4, M=6)])
    after = expect([order(S=4, **{"2XL": 9}, ORDER_TYPE="CANCELLED")], before=before)
    assert after.orders["JOO-00505"].sizes == {"S": 0, "M": 0}
    assert after.orders["JOO-00505"].values["ORDER TYPE"] == "CANCELLED"


def test_an_order_that_left_stays_unless_archiving_is_asked_for() -> None:
    before = expect(numbered(3, S=1))
    kept = expect(numbered(2, S=1), before=before)
    assert kept.orders == before.orders
    gone = expect(numbered(2, S=1), ARCHIVE, before=before)
    assert set(gone.orders) == {"N-000", "N-001"}
    assert gone.archived == {"N-002"}
    back = expect(numbered(3, S=0), ARCHIVE, before=gone)
    assert back.orders["N-002"].sizes == {}


def test_the_guard_takes_more_than_10_and_more_than_5_percent() -> None:
    def leaving(of: int, gone: int, percent: float = 5) -> Expected:
        options = Options(on_source_removal="archive", max_removal_percent=percent)
        return expect(numbered(of - gone), options, before=expect(numbered(of)))

    assert len(leaving(20, 10).archived) == 10
    assert leaving(20, 11).archived == set()
    assert leaving(20, 11).held == {("GREYSON", "REMOVALS"): 11, ("", "REMOVALS"): 11}
    assert len(leaving(20, 11).orders) == 20
    assert len(leaving(220, 11).archived) == 11
    assert leaving(219, 11).held == {("GREYSON", "REMOVALS"): 11, ("", "REMOVALS"): 11}
    assert len(leaving(20, 11, percent=55).archived) == 11


def test_the_guard_counts_each_customer_for_itself() -> None:
    many = [order(AAG_ORDER_NUMBER=f"T-{at}", CUSTOMER_NAME="TELFAR") for at in range(400)]
    before = expect([*numbered(20), *many])
    after = expect(many[:-1], ARCHIVE, before=before)
    assert after.held == {("GREYSON", "REMOVALS"): 20}
    assert after.archived == {"T-399"}


def test_the_guard_counts_all_customers_together() -> None:
    customers = ("TELFAR", "GREYSON", "ASRV", "RHYTHM")
    rows = [order(AAG_ORDER_NUMBER=f"{name}-{at}", CUSTOMER_NAME=name) for name in customers for at in range(8)]
    before = expect(rows)
    after = expect(rows[:20], ARCHIVE, before=before)
    assert after.held == {("", "REMOVALS"): 12}
    assert after.orders == before.orders
    assert len(expect(rows[:22], ARCHIVE, before=before).archived) == 10


def test_an_empty_source_archives_nothing() -> None:
    before = expect(numbered(2))
    off = Options(on_source_removal="archive", max_removal_percent=100)
    after = expect([order(AAG_ORDER_NUMBER=None)], off, before=before)
    assert after.held == {("", "REMOVALS"): 2}
    assert after.orders == before.orders


def test_sizes_that_fall_at_once_stay() -> None:
    before = expect(numbered(11, S=1, M=2))
    after = expect(numbered(11, M=2), before=before)
    assert after.held == {("GREYSON", "SIZES"): 11, ("", "SIZES"): 11}
    assert after.orders == before.orders
    assert expect(numbered(11, M=2), Options(max_removal_percent=50), before=before).held == {}
    cancelled = expect(numbered(11, ORDER_TYPE="CANCELLED"), before=before)
    assert cancelled.held == {}
    assert cancelled.orders["N-000"].sizes == {"S": 0, "M": 0}


def test_orders_whose_sizes_stay_get_no_others() -> None:
    """A size that is spelt anew would stand twice; quantities of other sizes change."""
    before = expect([*numbered(11, S=1, M=2), order(AAG_ORDER_NUMBER="X", M=2)])
    after = expect([*numbered(11, M=3, **{"2XL": 1}), order(AAG_ORDER_NUMBER="X", M=2, **{"2XL": 3})], before=before)
    assert after.held == {("GREYSON", "SIZES"): 11, ("", "SIZES"): 11}
    assert after.orders["N-000"].sizes == {"S": 1, "M": 3}
    assert after.orders["X"].sizes == {"M": 2, "2XL": 3}
    free = expect(numbered(11, M=3, **{"2XL": 1}), Options(max_removal_percent=100), before=before)
    assert free.orders["N-000"].sizes == {"S": 0, "M": 3, "2XL": 1}


def test_renumbered_orders_are_left_on_both_sides() -> None:
    before = expect(numbered(30))
    others = numbered(30)[11:]
    came = [order(AAG_ORDER_NUMBER=f"X-{at}") for at in range(12)]
    for options in (ARCHIVE, Options()):
        after = expect([*others, *came], options, before=before)
        assert after.held[("GREYSON", "RENUMBERED")] == 11
        assert after.orders.keys() == before.orders.keys()
    other_style = [order(AAG_ORDER_NUMBER=f"X-{at}", CUSTOMER_STYLE="Z") for at in range(12)]
    assert ("GREYSON", "RENUMBERED") not in expect([*others, *other_style], before=before).held
    assert len(expect([*others, *came], Options(max_removal_percent=100), before=before).orders) == 42


def test_a_row_that_is_rejected_now_has_not_left() -> None:
    before = expect([order(CUSTOMER_STYLE="A"), order(CUSTOMER_STYLE="B")])
    after = expect([order(CUSTOMER_STYLE="A"), order(CUSTOMER_STYLE=None)], ARCHIVE, before=before)
    assert set(after.orders) == {"JOO-00505", "JOO-00505#2"}
    assert after.orders["JOO-00505#2"].values["STYLE"] == "B"
    assert after.archived == set()


def test_a_rejected_row_takes_nothing_from_one_that_qualifies() -> None:
    subtotal, changed = order(CUSTOMER_STYLE=None), order(CUSTOMER_STYLE="Z", CUSTOMER_COLOUR_DESCRIPTION="PINK")
    for other in (subtotal, order(CUSTOMER_COLOUR_DESCRIPTION=None)):
        before = expect([order(), other])
        for row in (changed, order(CUSTOMER_NAME="A NEW ONE")):
            assert set(expect([row, other], before=before).orders) == {"JOO-00505"}
        alone = expect([other], ARCHIVE, before=before)
        assert (alone.archived, set(alone.present)) == (set(), {"JOO-00505"})
    before = expect([order(), order(CUSTOMER_STYLE="B"), subtotal])
    after = expect([order(), changed, subtotal], ARCHIVE, before=before)
    assert {key: each.values["STYLE"] for key, each in after.orders.items()} == {
        "JOO-00505": "Z", "JOO-00505#2": "JWHD100120",
    }  # fmt: skip
    more = expect([order(), changed, order(CUSTOMER_STYLE="Y"), subtotal], ARCHIVE, before=before)
    assert set(more.orders) == {"JOO-00505#2", "JOO-00505#3", "JOO-00505#4"}
    assert more.archived == {"JOO-00505"}


def test_an_order_out_of_scope_stays_as_it_was() -> None:
    old = dt.date(2020, 1, 1)
    before = expect([order(ORDER_DATE_PO_RECEIVED=old, NOTES="first", S=1)])
    options = Options(on_source_removal="archive", received_from=dt.date(2024, 1, 1))
    after = expect([order(ORDER_DATE_PO_RECEIVED=old, NOTES="second")], options, before=before)
    assert after.orders["JOO-00505"] == before.orders["JOO-00505"]


def test_of_two_rows_with_one_number_the_one_that_went_leaves() -> None:
    before = expect([order(CUSTOMER_STYLE="A", S=1), order(CUSTOMER_STYLE="B", M=2)])
    after = expect([order(CUSTOMER_STYLE="B", M=2)], ARCHIVE, before=before)
    assert after.orders["JOO-00505#2"].values["STYLE"] == "B"
    assert after.orders["JOO-00505#2"].sizes == {"M": 2}
    assert after.archived == {"JOO-00505"}
    back = expect([order(CUSTOMER_STYLE="B", M=2), order(CUSTOMER_STYLE="A", S=1)], ARCHIVE, before=after)
    assert {key: each.values["STYLE"] for key, each in back.orders.items()} == {"JOO-00505": "A", "JOO-00505#2": "B"}


def colours(*names: str, **cells: object) -> list[dict[str, object]]:
    return [order(CUSTOMER_COLOUR_DESCRIPTION=name, **cells) for name in names]


def by_colour(found: Expected) -> dict[str | None, str]:
    return {each.values["COLOR"]: key for key, each in found.orders.items()}


def test_a_colour_keeps_its_key_whatever_becomes_of_the_others() -> None:
    first = expect(colours("BLACK", "NAVY", "WHITE"))
    keys = by_colour(first)
    assert by_colour(expect(colours("WHITE", "NAVY"), before=first)) == keys
    assert by_colour(expect(colours("AMBER", "BLACK", "NAVY", "WHITE"), before=first)) == keys | {
        "AMBER": "JOO-00505#4"
    }
    respelt = by_colour(expect(colours("BLACK", "MIDNIGHT", "WHITE"), before=first))
    assert respelt["MIDNIGHT"] == keys["NAVY"]
    left = expect(colours("BLACK", "WHITE"), before=first)
    came = by_colour(expect(colours("BLACK", "WHITE", "AMBER"), before=left))
    assert came == keys | {"AMBER": "JOO-00505#4"}


def test_quantities_customers_and_pos_change_and_keys_do_not() -> None:
    first = expect([order(TOTAL_QTY=5, S=5), order(TOTAL_QTY=7, S=7)])
    moved = expect([order(TOTAL_QTY=9, S=9), order(TOTAL_QTY=7, S=7)], before=first)
    assert {key: each.total_quantity for key, each in moved.orders.items()} == {"JOO-00505": 9, "JOO-00505#2": 7}
    again = expect([order(TOTAL_QTY=5, S=5), order(TOTAL_QTY=9, S=9)], before=moved)
    assert {key: each.total_quantity for key, each in again.orders.items()} == {"JOO-00505": 9, "JOO-00505#2": 5}
    first = expect(colours("BLACK", "NAVY", PO_NUMBER="1"))
    second = [*colours("BLACK", CUSTOMER_NAME="A NEW ONE"), *colours("BLACK", "NAVY", PO_NUMBER="2")]
    after = expect(second, before=first)
    assert {each.source_customer: key for key, each in after.orders.items()}["A NEW ONE"] == "JOO-00505#3"
    assert {key: each.values["COLOR"] for key, each in after.orders.items()}["JOO-00505"] == "BLACK"


def test_rows_that_differ_in_their_sizes_only_keep_their_keys() -> None:
    first = expect([order(TOTAL_QTY=3, S=3), order(TOTAL_QTY=3, M=3)])
    keys = {next(iter(each.sizes)): key for key, each in first.orders.items()}
    after = expect([order(TOTAL_QTY=3, S=3), order(TOTAL_QTY=3, **{"2XL": 3})], before=first)
    assert after.orders[keys["S"]].sizes == {"S": 3}
    assert after.orders[keys["M"]].sizes == {"M": 0, "2XL": 3}


def test_a_sheet_that_was_loaded_twice_makes_every_order_once() -> None:
    rows = numbered(3, S=1)
    again = expect([*rows, *rows])
    assert set(again.orders) == {"N-000", "N-001", "N-002"}
    assert {each.reasons for each in again.rejected} == {(COPY,)}
    assert again.held == {("GREYSON", "COPIES"): 3}
    assert expect([*rows, *rows], Options(max_removal_percent=50)).held == {}


def test_a_few_rows_alike_are_orders_of_their_own() -> None:
    rows = numbered(12, S=1)
    assert set(expect([*rows, *rows[:10]]).orders) >= {"N-000", "N-000#2", "N-009#2"}
    assert expect([*rows, *rows[:11]]).held == {("GREYSON", "COPIES"): 11, ("", "COPIES"): 11}
    blank = order(AAG_ORDER_NUMBER=None)
    assert expect([*rows, *[blank] * 40]).held == {}


def test_an_order_of_its_own_stays_when_its_sheet_is_loaded_twice() -> None:
    rows = [*numbered(3, S=1), *numbered(1, S=1)]
    before = expect(rows)
    assert "N-000#2" in before.orders
    after = expect([*rows, *rows], ARCHIVE, before=before)
    assert after.orders.keys() == before.orders.keys()
    assert after.archived == set()


def test_copies_take_no_key_and_leave_nothing_behind() -> None:
    rows = [*numbered(3, S=1), order(AAG_ORDER_NUMBER="N-000", S=1)]
    before = expect(rows)
    restyled = {"CUSTOMER STYLE": "Z", "CUSTOMER COLOUR DESCRIPTION": "PINK"}
    edited = [rows[0], rows[3] | {"S": None, "M": 2}, rows[1] | restyled]
    after = expect([*edited, *edited], ARCHIVE, before=before)
    assert {key: each.sizes for key, each in after.orders.items()} == {
        "N-000": {"S": 1}, "N-000#2": {"S": 0, "M": 2}, "N-001": {"S": 1},
    }  # fmt: skip
    assert after.archived == {"N-002"}
    assert set(after.present) == {"N-000", "N-000#2", "N-001"}
