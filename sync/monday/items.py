"""Every item of a board as an order of ours: its cells by staged column, typed as staged values are, and its sizes.

Reading changes nothing and is repeatable; who wants to compare a board with the database (``audit``, ``board adopt``)
walks it with :func:`live_orders`, one page in memory at a time.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from sync.monday.board import ResolvedColumn
from sync.monday.reading import BoardItem, Reader
from sync.monday.values import canonical, parse_number, read_value

Value = str | Decimal | date | None
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


@dataclass(frozen=True)
class LiveOrder:
    """An active item: ``texts`` are cell texts by staged column (ITEM_NAME and GROUP_NAME too), None where empty."""

    item: BoardItem
    texts: Mapping[str, str | None]
    sizes: tuple[LiveSize, ...]

    @property
    def id(self) -> int:
        """The item's id."""
        return self.item.id

    @property
    def key(self) -> str | None:
        """What stands in the ORDER KEY column, trimmed; None where it is empty or the board has no such column."""
        return (self.texts.get("ORDER_KEY") or "").strip() or None


def live_orders(
    reader: Reader, board_id: int, columns: Sequence[ResolvedColumn], size_columns: Sequence[ResolvedColumn]
) -> Iterator[LiveOrder]:
    """Every active item of the board, page by page; ``columns`` as resolved on the board of today.

    ``size_columns`` empty: items without their subitems, at a fraction of the cost. Raises what ``Reader`` raises.
    """
    wanted = [column.column_id for column in columns if column.type not in ("name", "group")]
    below = [column.column_id for column in size_columns if column.type not in ("name", "group")]
    for page in reader.walk(board_id, wanted, subitem_column_ids=below if size_columns else None):
        for item in page:
            yield LiveOrder(item, texts_of(item, columns), sizes_of(item, size_columns))


def texts_of(item: BoardItem, columns: Sequence[ResolvedColumn]) -> dict[str, str | None]:
    """Cell texts by staged column; the name and the group's title stand under the columns mapped to them."""
    special = {"name": item.name or None, "group": item.group_title}
    return {
        column.name: special[column.type] if column.type in special else item.values.get(column.column_id)
        for column in columns
    }


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


def same_value(column: ResolvedColumn, staged: object, text: str | None) -> bool:
    """Whether the cell shows the staged value: labels and groups in any case, numbers as numbers, text trimmed."""
    if column.type == "group":
        return (text or "").strip().upper() == str(staged or "").strip().upper()
    return canonical(column, staged) == read_value(column, text)


def typed_value(column: ResolvedColumn, text: str | None) -> Value:
    """What a cell shows, as the tables keep the mapped column: number, date or text; None for an empty cell.

    Raises ``ValueError`` where the cell of a retyped column holds what the mapped type can't.
    """
    if text is None or not text.strip():
        return None
    if column.mapped_type == "numbers":
        number = parse_number(text)
        if number is None:
            raise ValueError("not a number")
        return number
    if column.mapped_type == "date":
        return date.fromisoformat(text.strip()[:10])
    return text.replace("\r\n", "\n").replace("\r", "\n").strip()
