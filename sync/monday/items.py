"""The sizes of an item, as its subitems show them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from sync.monday.board import ResolvedColumn
from sync.monday.reading import BoardItem
from sync.monday.values import parse_number

_SIZE_NAME = re.compile(r"size\s+(\S.*)", re.IGNORECASE | re.DOTALL)


@dataclass(frozen=True)
class LiveSize:
    """A subitem. ``label`` is its size, None for one that stands for no size at all.

    ``quantity`` is None where the cell is empty or holds no number.
    """

    id: int
    board_id: int | None
    label: str | None
    quantity: Decimal | None


def sizes_of(item: BoardItem, size_columns: Sequence[ResolvedColumn]) -> list[LiveSize]:
    """The item's active subitems, oldest first; where the label's cell is empty, its name tells it (``Size M``: M)."""
    columns = {column.name: column.column_id for column in size_columns}
    found = []
    for subitem in sorted((each for each in item.subitems if each.is_active), key=lambda each: each.id):
        shown = (subitem.values.get(columns.get("SIZE_LABEL", "")) or "").strip()
        named = _SIZE_NAME.fullmatch(subitem.name.strip())
        quantity = subitem.values.get(columns.get("ORDER_QTY", ""))
        number = None if quantity is None else parse_number(quantity)
        found.append(LiveSize(subitem.id, subitem.board_id, shown or (named[1].strip() if named else None), number))
    return found
