"""The questions we ask the board, as exact JSON bodies. Reading by id is immediate; searching lags behind writes."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from sync.settings import MAX_IDS, MAX_KEYS, MAX_PAGE

_COMPLEXITY = "complexity { before query after reset_in_x_seconds }"


def board_query(board_id: int) -> str:
    """A board's columns with their settings, groups in their order, and room."""
    wanted = "id name state items_count items_limit columns { id title type settings } groups { id title }"
    return _query("$ids: [ID!]", f"{_COMPLEXITY} boards(ids: $ids, limit: 1) {{ {wanted} }}", {"ids": [str(board_id)]})


def older_settings_query(board_id: int, column_ids: Sequence[str]) -> str:
    """The settings of some columns as the older field has them: deprecated, so it is asked for only where needed."""
    return _query(
        "$ids: [ID!], $columns: [String]",
        f"{_COMPLEXITY} boards(ids: $ids, limit: 1) {{ columns(ids: $columns) {{ id settings_str }} }}",
        {"ids": [str(board_id)], "columns": list(column_ids)},
    )


def items_query(
    ids: Sequence[int], column_ids: Sequence[str], *, subitem_column_ids: Sequence[str] | None = None
) -> str:
    """Items by id, archived and deleted ones too; with subitems where ``subitem_column_ids`` is given.

    At most 100 ids; the limit is always stated, for Monday's default would silently leave out all but 25.
    """
    if not 0 < len(ids) <= MAX_IDS:
        raise ValueError(f"from 1 to {MAX_IDS} ids a call")
    declared, fields, variables = _item_fields(column_ids, subitem_column_ids)
    return _query(
        f"$ids: [ID!], $limit: Int!, {declared}",
        f"{_COMPLEXITY} items(ids: $ids, limit: $limit) {{ {fields} }}",
        {"ids": [str(number) for number in ids], "limit": MAX_IDS, **variables},
    )


def find_items_query(
    board_id: int,
    column_id: str,
    keys: Sequence[str],
    column_ids: Sequence[str],
    *,
    subitem_column_ids: Sequence[str] | None = None,
    limit: int = MAX_PAGE,
) -> str:
    """Active items whose ``column_id`` holds one of ``keys`` (at most 100), in any case: the caller compares exactly.

    A search can lag up to 45 s behind writes: no hit right after a time-out proves nothing.
    """
    if not 0 < len(keys) <= MAX_KEYS:
        raise ValueError(f"from 1 to {MAX_KEYS} keys a call")
    declared, fields, variables = _item_fields(column_ids, subitem_column_ids)
    return _query(
        f"$board: ID!, $limit: Int!, $columns: [ItemsPageByColumnValuesQuery!], {declared}",
        f"{_COMPLEXITY} items_page_by_column_values(board_id: $board, limit: $limit, columns: $columns) "
        f"{{ cursor items {{ {fields} }} }}",
        {
            "board": str(board_id),
            "limit": limit,
            "columns": [{"column_id": column_id, "column_values": list(keys)}],
            **variables,
        },
    )


def board_items_query(
    board_id: int,
    column_ids: Sequence[str],
    *,
    subitem_column_ids: Sequence[str] | None = None,
    limit: int = 100,
    boards: bool = True,
) -> str:
    """The first page of all active items of a board; go on with :func:`next_page_query`.

    ``boards``: whether each item and subitem tells its board.
    """
    declared, fields, variables = _item_fields(column_ids, subitem_column_ids, boards=boards)
    return _query(
        f"$ids: [ID!], $limit: Int!, {declared}",
        f"{_COMPLEXITY} boards(ids: $ids, limit: 1) {{ items_page(limit: $limit) {{ cursor items {{ {fields} }} }} }}",
        {"ids": [str(board_id)], "limit": limit, **variables},
    )


def next_page_query(
    cursor: str,
    column_ids: Sequence[str],
    *,
    subitem_column_ids: Sequence[str] | None = None,
    limit: int = 100,
    boards: bool = True,
) -> str:
    """The page after the one that gave ``cursor`` (which lives 60 minutes)."""
    declared, fields, variables = _item_fields(column_ids, subitem_column_ids, boards=boards)
    return _query(
        f"$cursor: String!, $limit: Int!, {declared}",
        f"{_COMPLEXITY} next_items_page(cursor: $cursor, limit: $limit) {{ cursor items {{ {fields} }} }}",
        {"cursor": cursor, "limit": limit, **variables},
    )


def _item_fields(
    column_ids: Sequence[str], subitem_column_ids: Sequence[str] | None, *, boards: bool = True
) -> tuple[str, str, dict[str, object]]:
    """Variable declarations, selected fields and variables for items as :mod:`reading` parses them."""
    declared = "$read: [String!]"
    cell = "id text"
    board = "board { id } " if boards else ""
    fields = f"id name state {board}group {{ id title }} column_values(ids: $read) {{ {cell} }}"
    variables: dict[str, object] = {"read": list(column_ids)}
    if subitem_column_ids is not None:
        declared += ", $sub: [String!]"
        inner = f"id name state {board}column_values(ids: $sub) {{ {cell} }}"
        fields += f" subitems {{ {inner} }}"
        variables["sub"] = list(subitem_column_ids)
    return declared, fields, variables


def _query(declared: str, fields: str, variables: Mapping[str, object]) -> str:
    return json.dumps({"query": f"query ({declared}) {{ {fields} }}", "variables": variables}, separators=(",", ":"))
