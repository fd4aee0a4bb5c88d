"""What a board shows otherwise than it should, order by order, field by field, size by size.

Readings:

* Labels are equal in any case. Numbers are compared as numbers, whatever their digits. Everything else is exact.
* The board's present column type decides how a value is compared, so a retyped column is still compared by its value.
* An item without our key is unknown, unless the caller knows of items that people made (`ours_only`).
* Group titles are compared in capitals: two groups that differ in case only are one to people.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Literal

from tests.oracle import rules
from tests.oracle.board import Board, BoardColumn, BoardItem, BoardSubitem
from tests.oracle.expected import Expected, Order
from tests.oracle.fields import FIELDS, KINDS, Kind

What = Literal[
    "missing item",
    "double item",
    "unknown item",
    "double group",
    "column missing",
    "field",
    "missing subitem",
    "double subitem",
    "unknown subitem",
    "subitem field",
]
_NUMBER_TYPES = frozenset({"numbers", "numeric"})
_LABEL_TYPES = frozenset({"dropdown", "status", "color"})


@dataclass(frozen=True)
class Difference:
    """One difference: at which key, in what, how it should be and how it is."""

    what: What
    key: str
    field: str = ""
    expected: str | None = None
    actual: str | None = None

    def __str__(self) -> str:
        place = f"{self.key!r}" + (f" {self.field}" if self.field else "")
        return f"{self.what}: {place}: expected {self.expected!r}, found {self.actual!r}"


def compare(expected: Expected, board: Board, *, ours_only: bool = False) -> list[Difference]:
    """Every difference; an empty list where the board shows exactly what it should.

    `ours_only`: leave items without an order key out of account (planners make items of their own).
    """
    found: list[Difference] = []
    found += [Difference("column missing", "", title) for title in KINDS if title not in board.columns]
    found += _double_groups(board)
    items: defaultdict[str, list[BoardItem]] = defaultdict(list)
    for item in board.items:
        if item.key is not None:
            items[item.key].append(item)
        elif not ours_only:
            found.append(Difference("unknown item", item.name, actual=item.id))
    for key in items.keys() - expected.orders.keys():
        found.append(Difference("unknown item", key, actual=", ".join(each.id for each in items[key])))
    kinds = {title: _kind(title, board) for title in KINDS if title in board.columns}
    for key, order in expected.orders.items():
        present = items.get(key, [])
        if not present:
            found.append(Difference("missing item", key, expected=order.name))
            continue
        if len(present) > 1:
            found.append(Difference("double item", key, "", "1", ", ".join(each.id for each in present)))
        found += _fields(order, present[0], kinds, board)
        found += _subitems(order, present[0].subitems, board.subitem_board)
    return found


def _double_groups(board: Board) -> Iterable[Difference]:
    titles: defaultdict[str, list[str]] = defaultdict(list)
    for group_id, title in board.groups.items():
        titles[rules.upper(title)].append(group_id)
    return [Difference("double group", title, "", "1", ", ".join(ids)) for title, ids in titles.items() if len(ids) > 1]


def _kind(title: str, board: Board) -> Kind:
    """How a field is compared on this board."""
    actual = board.columns[title].type
    if actual in _NUMBER_TYPES or KINDS[title] == "number":
        return "number"
    if actual in _LABEL_TYPES:
        return "label"
    return KINDS[title] if KINDS[title] == "date" else "text"


def takes(column: BoardColumn, value: str | None) -> bool:
    """Whether a column can show a value; the cell of one that it can't is left blank, and its order goes up."""
    if value is None:
        return True
    if column.type in _NUMBER_TYPES:
        return rules.number(value) is not None
    if column.labels is None or rules.upper(value.strip()) in column.labels:
        return True
    # New labels are made for every column but ORDER TYPE, as long as there is room.
    too_long = column.type == "status" and len(value) > 30
    return column.title != "ORDER TYPE" and not column.is_full and not too_long


def _fields(order: Order, item: BoardItem, kinds: dict[str, Kind], board: Board) -> list[Difference]:
    found = []
    if item.name != order.name:
        found.append(Difference("field", order.key, "Name", order.name, item.name))
    if item.group != order.group and rules.upper(item.group) != order.group:
        found.append(Difference("field", order.key, "Group", order.group, item.group))
    for title, _, _ in FIELDS:
        expected, actual = order.values[title], item.values.get(title)
        if title in board.columns and not takes(board.columns[title], expected):
            expected = None
        if expected != actual and title in kinds and not same(kinds[title], expected, actual):
            found.append(Difference("field", order.key, title, expected, actual))
    return found


def same(kind: Kind, expected: str | None, actual: str | None) -> bool:
    """Whether the board's text shows the expected value."""
    if expected is None or actual is None:
        return expected is actual
    if kind == "label":
        return rules.upper(expected) == rules.upper(actual)
    if kind == "number":
        wanted = rules.number(expected)
        return expected == actual if wanted is None else wanted == _decimal(actual)
    return expected == actual


def _decimal(text: str | None) -> Decimal | None:
    try:
        return None if text is None else Decimal(text)
    except InvalidOperation:
        return None


def _subitems(order: Order, subitems: tuple[BoardSubitem, ...], board_id: str | None) -> list[Difference]:
    found = []
    by_label: defaultdict[str, list[BoardSubitem]] = defaultdict(list)
    for subitem in subitems:
        by_label[rules.upper(subitem.label or "")].append(subitem)
    wanted = {rules.upper(label) for label in order.sizes}
    for label in by_label.keys() - wanted:
        for extra in by_label[label]:
            found.append(Difference("unknown subitem", order.key, extra.name, None, extra.quantity))
    for label, quantity in order.sizes.items():
        present = by_label.get(rules.upper(label), [])
        if not present:
            found.append(Difference("missing subitem", order.key, label, str(quantity)))
            continue
        if len(present) > 1:
            ids = ", ".join(each.id for each in present)
            found.append(Difference("double subitem", order.key, label, "1", ids))
        first = present[0]
        if first.name != f"Size {label}":
            found.append(Difference("subitem field", order.key, f"{label}: Name", f"Size {label}", first.name))
        if _decimal(first.quantity) != quantity:
            found.append(Difference("subitem field", order.key, f"{label}: Order Qty", str(quantity), first.quantity))
        if board_id is not None and first.board_id != board_id:
            found.append(Difference("subitem field", order.key, f"{label}: board", board_id, first.board_id))
    return found
