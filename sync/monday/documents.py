"""The mutations and questions we send, as the exact JSON text that is recorded before it leaves.

Values travel as GraphQL variables, never inside the document, so no value can become syntax. Aliases are positional
(``a0``, ``a1`` …): the same sequence of operations always gives the same document text. The body is plain ASCII (JSON
escapes), so that it survives any database column unchanged and can be replayed to the byte.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from sync.settings import MAX_IDS, MAX_KEYS, MAX_PAGE

_COMPLEXITY = "complexity { before query after reset_in_x_seconds }"

Side = Literal["before_at", "after_at"]
"""Where a new group stands beside its neighbour."""

_CELLS = {"column_values": "JSON", "create_labels_if_missing": "Boolean"}
MUTATIONS: dict[str, tuple[dict[str, str], str]] = {
    "create_item": ({"board_id": "ID!", "group_id": "String", "item_name": "String!"} | _CELLS, "id"),
    "create_subitem": ({"parent_item_id": "ID!", "item_name": "String!"} | _CELLS, "id board { id }"),
    "change_multiple_column_values": (
        {"board_id": "ID!", "item_id": "ID"} | _CELLS | {"column_values": "JSON!"},
        "id",
    ),
    "move_item_to_group": ({"item_id": "ID", "group_id": "String!"}, "id board { id }"),
    "archive_item": ({"item_id": "ID"}, "id"),
    "create_group": (
        {
            "board_id": "ID!",
            "group_name": "String!",
            "position_relative_method": "PositionRelative",
            "relative_to": "String",
        },
        "id title",
    ),
    "create_column": (
        {"board_id": "ID!", "title": "String!", "column_type": "ColumnType!", "id": "String"},
        "id title type",
    ),
}
"""The mutations that we send: their arguments with their types, and what is asked back."""


def alias_at(position: int) -> str:
    """The alias of the row at ``position`` (from 0) of a request."""
    return f"a{position}"


def column_values_text(values: Mapping[str, object]) -> str:
    """Column values as the JSON *string* that the API takes, keyed by column id."""
    return json.dumps(values, ensure_ascii=False, separators=(",", ":"))


@dataclass(frozen=True)
class Operation:
    """One mutation: its field and arguments. ``column_values`` are a mapping; a null argument is left out."""

    field: str
    arguments: Mapping[str, Any]


def create_item(
    board_id: int, group_id: str, name: str, values: Mapping[str, object], create_labels: bool = False
) -> Operation:
    """Make a new item in a group; ``values`` as built by ``values.column_values``."""
    place = {"board_id": str(board_id), "group_id": group_id, "item_name": name}
    return Operation("create_item", place | _cells(values, create_labels))


def create_subitem(parent_id: int, name: str, values: Mapping[str, object], create_labels: bool = False) -> Operation:
    """Make a new subitem; the answer names the subitems' board."""
    place = {"parent_item_id": str(parent_id), "item_name": name}
    return Operation("create_subitem", place | _cells(values, create_labels))


def update_item(board_id: int, item_id: int, values: Mapping[str, object], create_labels: bool = False) -> Operation:
    """Change columns of an item, or of a subitem on its own board; the key ``name`` in ``values`` renames it."""
    place = {"board_id": str(board_id), "item_id": str(item_id)}
    return Operation("change_multiple_column_values", place | _cells(values, create_labels))


def _cells(values: Mapping[str, object], create_labels: bool) -> dict[str, Any]:
    return {"column_values": values, "create_labels_if_missing": create_labels}


def move_item(item_id: int, group_id: str) -> Operation:
    """Move an item into another group of its board, which the answer names; its subitems go with it."""
    return Operation("move_item_to_group", {"item_id": str(item_id), "group_id": group_id})


def archive_item(item_id: int) -> Operation:
    """Archive an item, with its subitems."""
    return Operation("archive_item", {"item_id": str(item_id)})


def create_group(board_id: int, title: str, neighbour: str | None = None, side: Side | None = None) -> Operation:
    """Make a new group at its place beside a neighbour where one is given (else on top, as Monday does)."""
    place = {"position_relative_method": side, "relative_to": neighbour}
    return Operation("create_group", {"board_id": str(board_id), "group_name": title} | place)


def create_column(board_id: int, title: str, column_type: str, column_id: str | None = None) -> Operation:
    """Make a new column; without ``column_id`` Monday chooses one."""
    kind = {"title": title, "column_type": column_type, "id": column_id}
    return Operation("create_column", {"board_id": str(board_id)} | kind)


def build_request(operations: Sequence[Operation]) -> str:
    """The JSON body of one mutation with all ``operations``, the n-th under the n-th alias, and the points it cost."""
    if not operations:
        raise ValueError("a request needs at least one operation")
    declared, fields, variables = [], [_COMPLEXITY], {}
    for alias, operation in ((alias_at(n), operation) for n, operation in enumerate(operations)):
        types, selection = MUTATIONS[operation.field]
        given = {name: value for name, value in operation.arguments.items() if value is not None}
        declared += [f"${alias}_{name}: {types[name]}" for name in given]
        for name, value in given.items():
            variables[f"{alias}_{name}"] = column_values_text(value) if name == "column_values" else value
        call = ", ".join(f"{name}: ${alias}_{name}" for name in given)
        fields.append(f"{alias}: {operation.field}({call}) {{ {selection} }}")
    lines = "\n  ".join(fields)
    return _body(f"mutation ({', '.join(declared)}) {{\n  {lines}\n}}", variables)


def _body(query: str, variables: Mapping[str, Any]) -> str:
    body = {"query": query, "variables": variables}
    text = json.dumps(body, separators=(",", ":"), ensure_ascii=False)
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        # Half a surrogate pair, as UTF-16 databases may hold it, is no text elsewhere: it becomes the replacement mark.
        body = json.loads(text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace"))
    return json.dumps(body, separators=(",", ":"))


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
    ids: Sequence[int],
    column_ids: Sequence[str],
    *,
    subitem_column_ids: Sequence[str] | None = None,
    whole: bool = False,
) -> str:
    """Items by id, archived and deleted ones too; with subitems where ``subitem_column_ids`` is given.

    At most 100 ids; the limit is always stated, for Monday's default would silently leave out all but 25. ``whole``:
    with address and times.
    """
    if not 0 < len(ids) <= MAX_IDS:
        raise ValueError(f"from 1 to {MAX_IDS} ids a call")
    declared, fields, variables = _item_fields(column_ids, subitem_column_ids, whole=whole)
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
    whole: bool = False,
) -> str:
    """Active items whose ``column_id`` holds one of ``keys`` (at most 100), in any case: the caller compares exactly.

    A search can lag up to 45 s behind writes: no hit right after a time-out proves nothing.
    """
    if not 0 < len(keys) <= MAX_KEYS:
        raise ValueError(f"from 1 to {MAX_KEYS} keys a call")
    declared, fields, variables = _item_fields(column_ids, subitem_column_ids, whole=whole)
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
    limit: int = MAX_PAGE,
) -> str:
    """The first page of all active items of a board, which don't tell it; go on with :func:`next_page_query`."""
    declared, fields, variables = _item_fields(column_ids, subitem_column_ids, whole=True, placed=False)
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
    limit: int = MAX_PAGE,
) -> str:
    """The page after the one that gave ``cursor`` (which lives 60 minutes)."""
    declared, fields, variables = _item_fields(column_ids, subitem_column_ids, whole=True, placed=False)
    return _query(
        f"$cursor: String!, $limit: Int!, {declared}",
        f"{_COMPLEXITY} next_items_page(cursor: $cursor, limit: $limit) {{ cursor items {{ {fields} }} }}",
        {"cursor": cursor, "limit": limit, **variables},
    )


def _item_fields(
    column_ids: Sequence[str],
    subitem_column_ids: Sequence[str] | None,
    *,
    whole: bool = False,
    placed: bool = True,
) -> tuple[str, str, dict[str, object]]:
    """Variable declarations, selected fields and variables for items as :mod:`reading` parses them.

    ``whole``: with address and times; ``placed``: with the board.
    """
    declared = "$read: [String!]"
    cell = "id text"
    board = ("board { id } " if placed else "") + ("url created_at updated_at " if whole else "")
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
