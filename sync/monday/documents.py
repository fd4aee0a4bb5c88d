"""The mutations and questions we send, as the exact JSON text that is recorded before it leaves.

Values travel as GraphQL variables, never inside the document, so no value can become syntax. Aliases are positional
(``a0``, ``a1`` …): the same sequence of operations always gives the same document text. The body is plain ASCII (JSON
escapes), so that it survives any database column unchanged and can be replayed to the byte.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sync.settings import MAX_IDS, MAX_PAGE

_COMPLEXITY = "complexity { before query after reset_in_x_seconds }"

CHANGE_VALUES = "change_multiple_column_values"
# The mutations that we send: their arguments with their types, and what is asked back.
_CELLS = {"column_values": "JSON", "create_labels_if_missing": "Boolean"}
MUTATIONS: dict[str, tuple[dict[str, str], str]] = {
    "create_item": ({"board_id": "ID!", "group_id": "String", "item_name": "String!"} | _CELLS, "id"),
    # the answer names the subitems' board
    "create_subitem": ({"parent_item_id": "ID!", "item_name": "String!"} | _CELLS, "id board { id }"),
    # of an item, or of a subitem on its own board; the key "name" among the values renames it
    CHANGE_VALUES: ({"board_id": "ID!", "item_id": "ID"} | _CELLS | {"column_values": "JSON!"}, "id"),
    # into another group of its board, which the answer names; subitems go with their item
    "move_item_to_group": ({"item_id": "ID", "group_id": "String!"}, "id board { id }"),
    "archive_item": ({"item_id": "ID"}, "id"),
    # at its place beside a neighbour where one is given, else on top
    "create_group": (
        {
            "board_id": "ID!",
            "group_name": "String!",
            "position_relative_method": "PositionRelative",
            "relative_to": "String",
        },
        "id title",
    ),
    # without an id Monday chooses one
    "create_column": (
        {"board_id": "ID!", "title": "String!", "column_type": "ColumnType!", "id": "String"},
        "id title type",
    ),
}
# The variables of the questions that we ask, with their types.
_VARIABLES = {
    "ids": "[ID!]",
    "board": "ID!",
    "cursor": "String!",
    "limit": "Int!",
    "columns": "[ItemsPageByColumnValuesQuery!]",
    "read": "[String!]",
    "sub": "[String!]",
}
_PLACE, _TIMES = "board { id } ", "url created_at updated_at "


def alias_at(position: int) -> str:
    """The alias of the row at ``position`` (from 0) of a request."""
    return f"a{position}"


@dataclass(frozen=True)
class Operation:
    """One mutation: its field and arguments. ``column_values`` are a mapping; a null argument is left out."""

    field: str
    arguments: Mapping[str, Any]


def mutation(field: str, *values: object) -> Operation:
    """A mutation with its arguments in the order in which MUTATIONS has them; those behind the last value are left out.

    Ids are texts to Monday.
    """
    given = zip(MUTATIONS[field][0].items(), values, strict=False)
    return Operation(field, {name: str(value) if kind.startswith("ID") else value for (name, kind), value in given})


def build_request(operations: Sequence[Operation]) -> str:
    """The JSON body of one mutation with all ``operations``, the n-th under the n-th alias, and the points it cost."""
    declared, fields, variables = list[str](), [_COMPLEXITY], dict[str, Any]()
    for position, operation in enumerate(operations):
        alias, (types, selection) = alias_at(position), MUTATIONS[operation.field]
        given = {name: value for name, value in operation.arguments.items() if value is not None}
        declared += [f"${alias}_{name}: {types[name]}" for name in given]
        # column values are a JSON *string* to the API, keyed by column id
        variables |= {
            f"{alias}_{name}": json.dumps(value, ensure_ascii=False, separators=(",", ":"))
            if name == "column_values"
            else value
            for name, value in given.items()
        }
        call = ", ".join(f"{name}: ${alias}_{name}" for name in given)
        fields.append(f"{alias}: {operation.field}({call}) {{ {selection} }}")
    lines = "\n  ".join(fields)
    return _body(f"mutation ({', '.join(declared)}) {{\n  {lines}\n}}", variables)


def _body(query: str, variables: Mapping[str, Any]) -> str:
    encoded = json.dumps({"query": query, "variables": variables}, ensure_ascii=False).encode(
        "utf-16-le", "surrogatepass"
    )
    # Half a surrogate pair, as UTF-16 databases may hold it, is no text elsewhere: it becomes the replacement mark.
    return json.dumps(json.loads(encoded.decode("utf-16-le", "replace")), separators=(",", ":"))


def board_query(board_id: int) -> str:
    """A board's columns with their settings, groups in their order, and room."""
    return _query(
        "boards(ids: $ids, limit: 1) { id name state items_count items_limit columns { id title type settings }"
        " groups { id title } }",
        ids=[str(board_id)],
    )


def older_settings_query(board_id: int, column_ids: Sequence[str]) -> str:
    """The settings of some columns as the older field has them: deprecated, so it is asked for only where needed."""
    return _query(
        "boards(ids: $ids, limit: 1) { columns(ids: $read) { id settings_str } }",
        ids=[str(board_id)],
        read=list(column_ids),
    )


def items_query(
    ids: Sequence[int],
    column_ids: Sequence[str],
    *,
    subitem_column_ids: Sequence[str] | None = None,
    whole: bool = False,
) -> str:
    """Items by id (at most 100), archived and deleted ones too; ``whole``: with address and times.

    The limit is always stated, for Monday's default would silently leave out all but 25.
    """
    return _items(
        "items(ids: $ids, limit: $limit) { %s }",
        _PLACE + _TIMES if whole else _PLACE,
        column_ids,
        subitem_column_ids,
        ids=list(map(str, ids)),
        limit=MAX_IDS,
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
    return _items(
        "items_page_by_column_values(board_id: $board, limit: $limit, columns: $columns) { cursor items { %s } }",
        _PLACE + _TIMES if whole else _PLACE,
        column_ids,
        subitem_column_ids,
        board=str(board_id),
        limit=limit,
        columns=[{"column_id": column_id, "column_values": list(keys)}],
    )


def page_query(
    board_id: int,
    cursor: str | None,
    column_ids: Sequence[str],
    *,
    subitem_column_ids: Sequence[str] | None = None,
    limit: int = MAX_PAGE,
) -> str:
    """The page of a board's active items, which don't tell it, after the one that gave ``cursor``, else the first.

    A cursor lives 60 minutes.
    """
    if cursor:
        root = "next_items_page(cursor: $cursor, limit: $limit) { cursor items { %s } }"
        return _items(root, _TIMES, column_ids, subitem_column_ids, cursor=cursor, limit=limit)
    root = "boards(ids: $ids, limit: 1) { items_page(limit: $limit) { cursor items { %s } } }"
    return _items(root, _TIMES, column_ids, subitem_column_ids, ids=[str(board_id)], limit=limit)


def _items(
    root: str, about: str, column_ids: Sequence[str], subitem_column_ids: Sequence[str] | None, **variables: object
) -> str:
    """A question whose ``root`` holds items as :mod:`reading` parses them, with what else is asked ``about`` each."""
    fields = f"id name state {about}group {{ id title }} column_values(ids: $read) {{ id text }}"
    variables["read"] = list(column_ids)
    if subitem_column_ids is not None:
        fields += f" subitems {{ id name state {about}column_values(ids: $sub) {{ id text }} }}"
        variables["sub"] = list(subitem_column_ids)
    return _query(root % fields, **variables)


def _query(fields: str, **variables: object) -> str:
    declared = ", ".join(f"${name}: {_VARIABLES[name]}" for name in variables)
    return _body(f"query ({declared}) {{ {_COMPLEXITY} {fields} }}", variables)
