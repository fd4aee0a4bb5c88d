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

    ``labelled``: the label stands in the Size column, else it is read from the name (``Size X``). ``quantity`` is None
    where the cell is empty or holds no number.
    """

    id: int
    board_id: int | None
    name: str
    label: str | None
    labelled: bool
    quantity: Decimal | None


def size_in_name(name: str) -> str | None:
    """The label that a subitem's name tells: ``Size M`` is M."""
    named = _SIZE_NAME.fullmatch(name.strip())
    return named[1].strip() if named else None


def sizes_of(item: BoardItem, size_columns: Sequence[ResolvedColumn]) -> tuple[LiveSize, ...]:
    """The item's active subitems, oldest first."""
    by_name = {column.name: column.column_id for column in size_columns}
    found = []
    for subitem in sorted(item.subitems, key=lambda subitem: subitem.id):
        if not subitem.is_active:
            continue
        shown = (subitem.values.get(by_name.get("SIZE_LABEL", "")) or "").strip()
        quantity = subitem.values.get(by_name.get("ORDER_QTY", ""))
        found.append(
            LiveSize(
                id=subitem.id,
                board_id=subitem.board_id,
                name=subitem.name,
                label=shown or size_in_name(subitem.name),
                labelled=bool(shown),
                quantity=None if quantity is None else parse_number(quantity),
            )
        )
    return tuple(found)
