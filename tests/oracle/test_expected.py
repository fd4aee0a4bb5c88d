"""What a set of rows asks for, against boards worked out by hand."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from samples import columns, orders
from tests.oracle.cases import order
from tests.oracle.expected import (
    KEY_TOO_LONG,
    NO_COLOUR,
    NO_CUSTOMER,
    NO_NUMBER,
    NO_STYLE,
    UNKNOWN_CUSTOMER,
    Options,
    Order,
    expect,
    split_key,
)
from tests.oracle.fields import FIELDS


def only(row: dict[str, object], options: Options | None = None) -> Order:
    (found,) = expect([row], options).orders.values()
    return found


def test_a_plain_order_field_by_field() -> None:
    row = order(
        S=4, M=6, TOTAL_QTY=10, ORDER_TYPE="active", CUSTOMER_PRICE="$28.860", US_TARIFF_RATE="True", NOTES=" a\nb ",
        DESTINATION="a\nb", EX_FACTORY_DATE=dt.date(2025, 9, 26), UNIT_OF_MEASURE="PCE", DROP="nan",
    )  # fmt: skip
    found = only(row)
    assert (found.key, found.name) == ("JOO-00505", "JWHD100120WHITEJOO-00505")
    assert found.group == "GREYSON CLOTHIERS 2025 FALL"
    assert (found.customer, found.source_customer) == ("GREYSON", "GREYSON CLOTHIERS")
    assert found.sizes == {"S": 4, "M": 6}
    assert found.total_quantity == 10
    assert {title: value for title, value in found.values.items() if value is not None} == {
        "AAG ORDER NUMBER": "JOO-00505",
        "CUSTOMER": "GREYSON",
        "STYLE": "JWHD100120",
        "COLOR": "WHITE",
        "AAG SEASON": "2025 FALL",
        "ORDER DATE PO RECEIVED": "2025-05-20",
        "CUSTOMER EX FACTORY DATE": "2025-09-26",
        "UNIT OF MEASURE": "PCE",
        "ORDER TYPE": "RECEIVED",
        "CUSTOMER PRICE": "28.86",
        "US TARIFF RATE": "0",
        "NOTES": "a\nb",
        "DESTINATION": "a b",
    }


def test_44_columns_of_the_51_fields() -> None:
    assert len(FIELDS) == len({field.title for field in FIELDS}) == 44
    assert set(only(order()).values) == {field.title for field in FIELDS}


@pytest.mark.parametrize(
    ("own", "ours", "season"),
    [
        ("SS26", "2025 FALL", "SS26"),
        (None, "2025 Fall", "2025 FALL"),
        ("nan", "2025 FALL", "2025 FALL"),
        ("\u00a0", "null", "UNKNOWN SEASON"),
    ],
)
def test_season_of_the_group(own: str | None, ours: str, season: str) -> None:
    assert only(order(CUSTOMER_SEASON=own, AAG_SEASON=ours)).group == f"GREYSON CLOTHIERS {season}"


@pytest.mark.parametrize(
    ("source", "canonical"),
    [
        (" greyson clothiers ", "GREYSON"),
        ("greyson", "GREYSON"),
        ("UNE PIECE", "UNE PIECE"),
        ("DAVID JONES(UNE PIECE)", "DAVID JONES(UNE PIECE)"),
        ("FARADAY LABS, INC (LAMBS)", "GET LAMBS"),
        ("get lambs", "GET LAMBS"),
        ("TITLE 9", "TITLE NINE"),
        ("AESTHETIC REVOLUTION LLC (US)", "ASRV"),
        ("UNE PIECE X", "UNE PIECE X"),
        ("New Customer", "NEW CUSTOMER"),
    ],
)
def test_customers(source: str, canonical: str) -> None:
    assert only(order(CUSTOMER_NAME=source)).values["CUSTOMER"] == canonical


def test_unknown_customers_are_listed_and_rejected_on_demand() -> None:
    row = order(CUSTOMER_NAME="New Customer")
    assert expect([row]).unknown_customers == {"NEW CUSTOMER"}
    refused = expect([row], Options(reject_unknown_customers=True))
    assert [each.reasons for each in refused.rejected] == [(UNKNOWN_CUSTOMER,)]
    assert expect([order()], Options(reject_unknown_customers=True)).rejected == []


def test_options_of_names() -> None:
    options = Options(group_customer="canonical", item_name_separator=" ")
    found = only(order(), options)
    assert found.group == "GREYSON 2025 FALL"
    assert found.name == "JWHD100120 WHITE JOO-00505"


def test_item_name_is_cut_before_the_order_number() -> None:
    found = only(order(CUSTOMER_STYLE="s" * 200, CUSTOMER_COLOUR_DESCRIPTION="c" * 200))
    assert len(found.name) == 255
    assert found.name == "s" * 200 + "c" * 46 + "JOO-00505"
    assert len(only(order(CUSTOMER_SEASON="s" * 300)).group) == 255


@pytest.mark.parametrize(
    ("cells", "reasons"),
    [
        ({"AAG_ORDER_NUMBER": "nan"}, (NO_NUMBER,)),
        ({"CUSTOMER_NAME": " "}, (NO_CUSTOMER,)),
        ({"CUSTOMER_STYLE": None}, (NO_STYLE,)),
        ({"CUSTOMER_COLOUR_DESCRIPTION": "NULL"}, (NO_COLOUR,)),
        ({"CUSTOMER_STYLE": "", "CUSTOMER_COLOUR_DESCRIPTION": "\t"}, (NO_STYLE, NO_COLOUR)),
        ({"AAG_ORDER_NUMBER": "x" * 256}, (KEY_TOO_LONG,)),
        ({"AAG_ORDER_NUMBER": "#" * 128}, (KEY_TOO_LONG,)),
    ],
)
def test_rejected_rows_stop_nobody_else(cells: dict[str, Any], reasons: tuple[str, ...]) -> None:
    found = expect([order(**cells), order(AAG_ORDER_NUMBER="other")])
    assert [each.reasons for each in found.rejected] == [reasons]
    assert found.rejected[0].row == 0
    assert list(found.orders) == ["OTHER"]


def test_keys_of_shared_numbers_whatever_the_order_of_rows() -> None:
    rows = [
        order(AAG_ORDER_NUMBER=" joo-1 ", CUSTOMER_STYLE="b"),
        order(AAG_ORDER_NUMBER="JOO-1", CUSTOMER_STYLE="A", PO_NUMBER="9"),
        order(AAG_ORDER_NUMBER="Joo-1", CUSTOMER_STYLE="A"),
        order(AAG_ORDER_NUMBER="JOO-1", CUSTOMER_STYLE=None),
        order(AAG_ORDER_NUMBER="JOO-1#2"),
    ]
    for given in (rows, rows[::-1]):
        found = expect(given).orders
        styles = {key: (each.values["STYLE"], each.values["PO NUMBER"]) for key, each in found.items()}
        assert styles == {
            "JOO-1": ("A", None),
            "JOO-1#2": ("A", "9"),
            "JOO-1#3": ("b", None),
            "JOO-1##2": ("JWHD100120", None),
        }


def test_the_key_of_the_second_row_can_be_too_long() -> None:
    found = expect([order(AAG_ORDER_NUMBER="k" * 254), order(AAG_ORDER_NUMBER="k" * 254, CUSTOMER_STYLE="Z")])
    assert list(found.orders) == ["K" * 254]
    assert [each.reasons for each in found.rejected] == [(KEY_TOO_LONG,)]


@pytest.mark.parametrize(
    ("key", "parts"),
    [
        ("A", ("A", 1)),
        ("A#2", ("A", 2)),
        ("A##2", ("A##2", 1)),
        ("A##2#3", ("A##2", 3)),
        ("A###2", ("A##", 2)),
        ("##", ("##", 1)),
    ],
)
def test_keys_can_be_taken_apart(key: str, parts: tuple[str, int]) -> None:
    assert split_key(key) == parts


def test_equal_rows_get_their_keys_by_what_they_hold() -> None:
    rows = [order(NOTES=note, S=size) for note, size in (("one", 1), ("two", 2), (None, 3), ("one", 4))]
    found = {key: (each.values["NOTES"], each.sizes) for key, each in expect(rows).orders.items()}
    assert len(found) == 4
    assert found == {key: (each.values["NOTES"], each.sizes) for key, each in expect(rows[::-1]).orders.items()}


def test_sizes_with_a_quantity_only() -> None:
    found = only(order(S=0, M=-3, INFOR_COLOUR_CODE="7", TOTAL_QTY=1, **{"2XL": 5, "30/30": 1}))
    assert found.sizes == {"2XL": 5, "30/30": 1}
    assert only(order()).sizes == {}


def test_size_labels_merge_when_the_seed_says_so() -> None:
    options = Options(size_labels={"S": "SMALL", "2XL": "SMALL"})
    assert only(order(S=2, M=1, **{"2XL": 3}), options).sizes == {"SMALL": 5, "M": 1}


def test_labels_that_differ_in_case_alone_are_one_size() -> None:
    rows = [order(S=2, M=1, **{"2XL": 3})]
    options = Options(size_labels={"2XL": "m"})
    assert only(rows[0], options).sizes == {"S": 2, "M": 4}
    before = expect([order(**{"2XL": 3})], Options(size_labels={"2XL": "m", "M": "m"}))
    assert expect(rows, options, before).orders["JOO-00505"].sizes == {"S": 2, "m": 4}


def test_cancelled_orders_are_created_without_sizes() -> None:
    found = only(order(ORDER_TYPE=" Cancelled", S=4))
    assert found.values["ORDER TYPE"] == "CANCELLED"
    assert found.sizes == {}
    assert only(order(ORDER_TYPE="void", S=4), Options(order_types={"VOID": "Cancelled"})).sizes == {}


@pytest.mark.parametrize(
    ("raw", "shown"), [("Active", "RECEIVED"), ("received", "received"), ("ON HOLD", "ON HOLD"), ("", None)]
)
def test_order_types(raw: str, shown: str | None) -> None:
    assert only(order(ORDER_TYPE=raw)).values["ORDER TYPE"] == shown


def test_what_is_reported() -> None:
    found = expect([order(), order(AAG_ORDER_NUMBER="b", DISCOUNT="TBC", US_DUTY="nan", NOTES="n" * 2001)])
    assert found.unparsable == {(1, "DISCOUNT")}
    assert found.cut == {(1, "NOTES")}
    assert found.orders["B"].values["DISCOUNT"] is None


def test_received_from_keeps_keys_as_they_were() -> None:
    rows = [
        order(CUSTOMER_STYLE="A", ORDER_DATE_PO_RECEIVED=dt.date(2024, 1, 1)),
        order(CUSTOMER_STYLE="B"),
        order(CUSTOMER_STYLE="C", ORDER_DATE_PO_RECEIVED=None),
    ]
    found = expect(rows, Options(received_from=dt.date(2025, 5, 20)))
    assert set(found.orders) == {"JOO-00505#2", "JOO-00505#3"}
    assert found.out_of_scope == {"JOO-00505"}


def test_the_greyson_case_of_the_sample() -> None:
    names = [column.name for column in columns()]
    found = expect([dict(zip(names, row, strict=True)) for row in orders(600, 2)])
    case = [each for each in found.orders.values() if each.group == "GREYSON CLOTHIERS 2025 FALL"]
    assert len(case) == 69
    assert sum(bool(each.sizes) for each in case) == 53
    assert sum(len(each.sizes) for each in case) == 264
    assert len(found.orders) + len(found.rejected) == 600
