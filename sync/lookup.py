"""Questions to the board about creations whose answer was lost, and what the answers mean. Pure.

Items are found by their key, up to 100 keys a question; sizes through their parents, up to 100 parents a question.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sync.context import BoardContext
from sync.monday.items import size_in_name
from sync.monday.labels import fold
from sync.monday.queries import find_items_query, items_query
from sync.monday.reading import BoardItem, parse_items
from sync.settings import MAX_IDS, MAX_KEYS
from sync.work import ITEM, Request, WorkRow


@dataclass
class Lookup:
    """A question about the rows of some requests."""

    requests: list[Request]
    body: str
    failures: int = 0
    refusals: int = 0
    not_before: float = 0.0


@dataclass
class Hit:
    """What the board has of a lost creation."""

    id: int
    board_id: int | None
    differs: bool = False
    """True where a subitem shows another quantity than the one that was sent."""
    surplus: list[int] = field(default_factory=list)
    """Further items with the same key: the API made more than one."""


def _grouped(requests: Sequence[Request], most: int, count: Any) -> Iterator[list[Request]]:
    group: list[Request] = []
    for request in requests:
        if group and count([*group, request]) > most:
            yield group
            group = []
        group.append(request)
    if group:
        yield group


def items_lookup(requests: Sequence[Request], board: BoardContext) -> list[Lookup]:
    """Questions for lost items, by order key."""
    key = board.key_column_id

    def keys(group: Sequence[Request]) -> list[str]:
        return [row.order_key for request in group for row in request.rows]

    return [
        Lookup(group, find_items_query(board.board_id, key, keys(group)[:MAX_KEYS], [key]))
        for group in _grouped(requests, MAX_KEYS, lambda group: len(keys(group)))
    ]


def sizes_lookup(requests: Sequence[Request], board: BoardContext) -> list[Lookup]:
    """Questions for lost sizes, through their parents."""

    def parents(group: Sequence[Request]) -> list[int]:
        return sorted({row.parent_id for request in group for row in request.rows if row.parent_id is not None})

    columns = [column.column_id for column in board.size_columns if column.type != "name"]
    return [
        Lookup(group, items_query(parents(group)[:MAX_IDS], [], subitem_column_ids=columns))
        for group in _grouped(requests, MAX_IDS, lambda group: len(parents(group)))
    ]


def matched(lookup: Lookup, data: Mapping[str, Any], board: BoardContext) -> dict[str, Hit]:
    """Row key to what the board has of it."""
    items = parse_items(data).items
    rows = [row for request in lookup.requests for row in request.rows]
    if rows and rows[0].level == ITEM:
        return _matched_items(rows, items, board)
    return _matched_sizes(rows, items, board)


def _matched_items(rows: Sequence[WorkRow], items: Sequence[BoardItem], board: BoardContext) -> dict[str, Hit]:
    by_key: dict[str, list[int]] = {}
    for item in items:
        if item.state in (None, "active"):
            # the search ignores case, the key doesn't
            by_key.setdefault((item.values.get(board.key_column_id) or "").strip(), []).append(item.id)
    hits = {}
    for row in rows:
        ids = sorted(by_key.get(row.order_key, []))
        if ids:
            hits[row.row_key] = Hit(ids[0], board.board_id, surplus=ids[1:])
    return hits


def _matched_sizes(rows: Sequence[WorkRow], items: Sequence[BoardItem], board: BoardContext) -> dict[str, Hit]:
    size, quantity = board.size_column_ids
    found: dict[tuple[int, str], list[BoardItem]] = {}
    for parent in items:
        for subitem in parent.subitems:
            if subitem.state in (None, "active"):
                label = (
                    subitem.values.get(size) or size_in_name(subitem.name) or ""
                )  # the cell may have been left blank
                found.setdefault((parent.id, fold(label)), []).append(subitem)
    hits = {}
    for row in rows:
        same = sorted(found.get((row.parent_id or 0, fold(row.size_label or "")), []), key=lambda item: item.id)
        if same:
            text, sent = (same[0].values.get(quantity) or "").strip(), row.values["ORDER_QTY"]
            differs = bool(text) if sent is None else not text or float(text) != float(sent)
            hits[row.row_key] = Hit(
                same[0].id, same[0].board_id, differs=differs, surplus=[item.id for item in same[1:]]
            )
    return hits
