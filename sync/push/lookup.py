"""Questions to the board about requests whose end is unknown, and what the answers mean. Pure.

Items are found by their key, sizes through their parents, groups by their titles.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sync.monday.board import parse_board
from sync.monday.documents import archive_item, board_query, find_items_query, items_query
from sync.monday.items import sizes_of
from sync.monday.reading import parse_items
from sync.monday.values import fold
from sync.push.groups import BoardContext, title_of
from sync.push.outcomes import Closing, Result, To, unanswered
from sync.push.plan import GROUP, ITEM, SEND, Request, key_request
from sync.settings import MAX_ATTEMPTS

Found = dict[str, list[Result]]
"""What the board has of lost creations by row key, the oldest first: the API may have made more than one."""


def question(requests: Sequence[Request], board: BoardContext) -> str:
    """Return the body of the question about requests of one operation, of 100 rows at most."""
    rows = [row for request in requests for row in request.rows]
    if requests[0].level == GROUP:
        return board_query(board.board_id)
    if requests[0].level == ITEM:
        key = board.column_id("ORDER_KEY")
        return find_items_query(board.board_id, key, [row.order_key for row in rows], [key])
    parents = sorted({row.parent_id for row in rows if row.parent_id is not None})
    columns = [column.column_id for column in board.size_columns if column.type != "name"]
    return items_query(parents, [], subitem_column_ids=columns)


def looked_up(requests: Sequence[Request], data: Mapping[str, Any], board: BoardContext) -> Found:
    """Return what the board has of the rows of some requests; its groups are taken over."""
    rows = [row for request in requests for row in request.rows]
    if requests[0].level == GROUP:
        board.see_groups(parse_board(data, board.board_id).groups)
        made = [(row, board.group_id(title_of(row))) for row in rows]
        return {row.row_key: [Result(row, To.ADOPTED, id_)] for row, id_ in made if id_}
    found: Found = {}
    for item in sorted((item for item in parse_items(data) if item.is_active), key=lambda item: item.id):
        if requests[0].level == ITEM:
            # the search ignores case, the key doesn't
            key = (item.values.get(board.column_id("ORDER_KEY")) or "").strip()
            hits = [Result(row, To.ADOPTED, item.id, board.board_id) for row in rows if row.order_key == key]
        else:
            hits = [
                Result(row, To.ADOPTED, size.id, size.board_id, differs=size.quantity != row.values["ORDER_QTY"])
                for size in sizes_of(item, board.size_columns)
                for row in rows
                if row.parent_id == item.id and fold(row.size_label or "") == fold(size.label or "")
            ]
        for hit in hits:
            found.setdefault(hit.row.row_key, []).append(hit)
    return found


def closing_found(request: Request, found: Found) -> Closing | None:
    """Return the end of a lost creation: what the board has is adopted, the rest sent again. None: it has nothing."""
    hits = [found[row.row_key] for row in request.rows if row.row_key in found]
    rest = [row for row in request.rows if row.row_key not in found]
    spent = request.failures >= MAX_ATTEMPTS
    if not hits and not spent:
        return None
    results = [hit[0] for hit in hits]
    results += [unanswered(row, request.last_answer) if spent else Result(row, To.AGAIN) for row in rest]
    closing = Closing(request, results, "LOOKED_UP")
    if rest and not spent:
        closing.carried.append(request.remainder(rest, SEND, request.failures, request.last_answer))
    surplus = [archive_item(int(second.monday_id or 0)) for hit in hits for second in hit[1:]]
    if surplus:  # what the API made twice of one creation: the later ones carry our key
        closing.carried.append(key_request("ARCHIVE_SURPLUS", surplus, request.rows[0].batch_id))
    return closing
