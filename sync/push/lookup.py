"""Questions to the board about requests whose end is unknown, and what the answers mean. Pure.

Items are found by their key, sizes through their parents, groups by their titles.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sync.monday.board import parse_board
from sync.monday.documents import board_query, find_items_query, items_query
from sync.monday.items import size_in_name
from sync.monday.reading import BoardItem, parse_items
from sync.monday.values import fold
from sync.push.groups import BoardContext, title_of
from sync.push.plan import GROUP, ITEM, Request, WorkRow


@dataclass
class Hit:
    """What the board has of a lost creation."""

    id: int | str
    board_id: int | None = None
    differs: bool = False
    """True where a subitem shows another quantity than the one that was sent."""
    surplus: list[int] = field(default_factory=list)
    """Further items with the same key: the API made more than one."""


def question(requests: Sequence[Request], board: BoardContext) -> str:
    """The body of the question about requests of one operation, of 100 rows at most."""
    rows = [row for request in requests for row in request.rows]
    if requests[0].level == GROUP:
        return board_query(board.board_id)
    if requests[0].level == ITEM:
        key = board.column_id("ORDER_KEY")
        return find_items_query(board.board_id, key, [row.order_key for row in rows], [key])
    parents = sorted({row.parent_id for row in rows if row.parent_id is not None})
    columns = [column.column_id for column in board.size_columns if column.type != "name"]
    return items_query(parents, [], subitem_column_ids=columns)


def looked_up(
    requests: Sequence[Request], data: Mapping[str, Any], board: BoardContext
) -> list[tuple[Request, dict[str, Hit]]]:
    """Each request with what the board has of its rows, by row key; the groups of the board are taken over."""
    rows = [row for request in requests for row in request.rows]
    if requests[0].level == GROUP:
        board.see_groups(parse_board(data, board.board_id).groups)
        found = {row.row_key: Hit(id_) for row in rows if (id_ := board.group_id(title_of(row)))}
    else:
        active = [item for item in parse_items(data).items if item.state in (None, "active")]
        found = (_items if requests[0].level == ITEM else _sizes)(rows, active, board)
    return [
        (request, {row.row_key: found[row.row_key] for row in request.rows if row.row_key in found})
        for request in requests
    ]


def _items(rows: Sequence[WorkRow], items: Sequence[BoardItem], board: BoardContext) -> dict[str, Hit]:
    column = board.column_id("ORDER_KEY")
    hits = {}
    for row in rows:
        # the search ignores case, the key doesn't
        ids = sorted(item.id for item in items if (item.values.get(column) or "").strip() == row.order_key)
        if ids:
            hits[row.row_key] = Hit(ids[0], board.board_id, surplus=ids[1:])
    return hits


def _sizes(rows: Sequence[WorkRow], items: Sequence[BoardItem], board: BoardContext) -> dict[str, Hit]:
    size, quantity = board.column_id("SIZE_LABEL"), board.column_id("ORDER_QTY")
    found: dict[tuple[int, str], list[BoardItem]] = {}
    for parent in items:
        for subitem in parent.subitems:
            if subitem.state in (None, "active"):
                # the cell may have been left blank
                label = subitem.values.get(size) or size_in_name(subitem.name) or ""
                found.setdefault((parent.id, fold(label)), []).append(subitem)
    hits = {}
    for row in rows:
        same = sorted(found.get((row.parent_id or 0, fold(row.size_label or "")), []), key=lambda item: item.id)
        if same:
            text, sent = (same[0].values.get(quantity) or "").strip(), row.values["ORDER_QTY"]
            differs = bool(text) if sent is None else not text or float(text) != float(sent)
            surplus = [item.id for item in same[1:]]
            hits[row.row_key] = Hit(same[0].id, same[0].board_id, differs=differs, surplus=surplus)
    return hits
