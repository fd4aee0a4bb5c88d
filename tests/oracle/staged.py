"""What a first staging should hold: the staged rows of both tables and the rejected rows against the expected board.

For builds on empty `MON_*` tables, on either engine: the rows come as dicts, whatever driver fetched them.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal

from tests.oracle import rules
from tests.oracle.compare import Difference
from tests.oracle.expected import Expected, row_hash
from tests.oracle.fields import FIELDS

StagedRow = Mapping[str, object]


def staged_differences(
    expected: Expected, items: Iterable[StagedRow], subitems: Iterable[StagedRow], rejected: Sequence[StagedRow]
) -> list[Difference]:
    """Every difference between the expected board and what a first build stages for it; hashes are compared, too."""
    found: list[Difference] = []
    rows = {str(row["ORDER_KEY"]): row for row in items}
    for key in rows.keys() - expected.orders.keys():
        found.append(Difference("unknown item", key))
    for key in expected.orders.keys() - rows.keys():
        found.append(Difference("missing item", key))
    for key in expected.orders.keys() & rows.keys():
        order, row = expected.orders[key], rows[key]
        wanted: dict[str, str | None] = {
            "ITEM_NAME": order.name,
            "GROUP_NAME": order.group,
            "BATCH_CUSTOMER": order.customer,
            "SOURCE_CUSTOMER": order.source_customer[:255],
            "CHANGE_TYPE": "CREATE",
            "TOTAL QTY": None if order.total_quantity is None else str(order.total_quantity),
            "ROW_HASH": row_hash(order.name, order.group, order.values),
            **{title: order.values[title] for title, _, _ in FIELDS},
        }
        for column, value in wanted.items():
            actual = _text(row[column])
            if actual != value:
                found.append(Difference("field", key, column, value, actual))
    found += _sizes(expected, subitems)
    found += _rejected(expected, rejected)
    return found


def _sizes(expected: Expected, subitems: Iterable[StagedRow]) -> list[Difference]:
    staged = {(str(row["ORDER_KEY"]), str(row["SIZE_LABEL"])): _text(row["ORDER_QTY"]) for row in subitems}
    wanted = {(key, label): str(qty) for key, order in expected.orders.items() for label, qty in order.sizes.items()}
    return [
        Difference("subitem field", place[0], place[1], wanted.get(place), staged.get(place))
        for place in staged.keys() | wanted.keys()
        if wanted.get(place) != staged.get(place)
    ]


def _rejected(expected: Expected, rejected: Sequence[StagedRow]) -> list[Difference]:
    staged = Counter(str(row["REASONS"]) for row in rejected)
    wanted = Counter("; ".join(each.reasons) for each in expected.rejected)
    return [
        Difference("field", "rejected rows", reasons, str(wanted[reasons]), str(staged[reasons]))
        for reasons in staged.keys() | wanted.keys()
        if wanted[reasons] != staged[reasons]
    ]


def _text(value: object) -> str | None:
    if value is None:
        return None
    if isinstance(value, Decimal):
        return rules.number_text(value)
    if isinstance(value, dt.date):
        return value.isoformat()[:10]
    return str(value)
