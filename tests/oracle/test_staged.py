"""Staged rows against the expected board: every difference is seen."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest

from tests.oracle.cases import order
from tests.oracle.expected import expect, row_hash
from tests.oracle.fields import KINDS
from tests.oracle.staged import staged_differences

EXPECTED = expect([order(S=4, CUSTOMER_PRICE="1.50", TOTAL_QTY=4), order(CUSTOMER_STYLE=None)])


def staged() -> tuple[list[dict[str, Any]], list[dict[str, Any]], list[dict[str, Any]]]:
    items = []
    for each in EXPECTED.orders.values():
        row: dict[str, Any] = {
            "ORDER_KEY": each.key, "ITEM_NAME": each.name, "GROUP_NAME": each.group, "BATCH_CUSTOMER": each.customer,
            "SOURCE_CUSTOMER": each.source_customer, "CHANGE_TYPE": "CREATE", "TOTAL QTY": each.total_quantity,
            "ROW_HASH": row_hash(each.name, each.group, each.values),
        }  # fmt: skip
        for title, value in each.values.items():
            row[title] = value
            if value is not None and KINDS[title] == "number":
                row[title] = Decimal(value).quantize(Decimal("0.0001"))
            if value is not None and KINDS[title] == "date":
                row[title] = dt.date.fromisoformat(value)
        items.append(row)
    sizes = [{"ORDER_KEY": "JOO-00505", "SIZE_LABEL": "S", "ORDER_QTY": 4}]
    return items, sizes, [{"REASONS": "The order has no CUSTOMER STYLE."}]


def test_the_right_rows_have_no_difference() -> None:
    assert staged_differences(EXPECTED, *staged()) == []


@pytest.mark.parametrize("column", ["ITEM_NAME", "GROUP_NAME", "BATCH_CUSTOMER", "ROW_HASH", "TOTAL QTY", *KINDS])
def test_each_column_is_compared(column: str) -> None:
    items, sizes, rejected = staged()
    items[0][column] = "other"
    assert [each.field for each in staged_differences(EXPECTED, items, sizes, rejected)] == [column]


def test_rows_too_many_or_too_few() -> None:
    items, sizes, rejected = staged()
    assert [each.what for each in staged_differences(EXPECTED, [], sizes, rejected)] == ["missing item"]
    double = [*items, items[0] | {"ORDER_KEY": "X"}]
    assert [each.what for each in staged_differences(EXPECTED, double, sizes, rejected)] == ["unknown item"]
    assert [each.what for each in staged_differences(EXPECTED, items, [], rejected)] == ["subitem field"]
    assert len(staged_differences(EXPECTED, items, [*sizes, sizes[0] | {"SIZE_LABEL": "M"}], rejected)) == 1
    assert len(staged_differences(EXPECTED, items, sizes, [])) == 1
