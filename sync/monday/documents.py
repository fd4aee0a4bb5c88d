"""The mutations and questions we send, as the exact JSON text that is recorded before it leaves.

Values travel as GraphQL variables, never inside the document, so no value can become syntax. Aliases are positional
(``a0``, ``a1`` …): the same sequence of operations always gives the same document text. The body is plain ASCII (JSON
escapes), so that it survives any database column unchanged and can be replayed to the byte.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

from sync.settings import MAX_IDS, MAX_KEYS, MAX_PAGE

_ALIAS = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,30}")
_COMPLEXITY = "complexity { before query after reset_in_x_seconds }"

Variables = dict[str, tuple[str, object]]
Side = Literal["before_at", "after_at"]
"""Where a new group stands beside its neighbour."""


def alias_at(position: int) -> str:
    """The alias of the row at ``position`` (from 0) of a request."""
    return f"a{position}"


def column_values_text(values: Mapping[str, object]) -> str:
    """Column values as the JSON *string* that the API takes, keyed by column id."""
    return json.dumps(values, ensure_ascii=False, separators=(",", ":"))


@dataclass(frozen=True)
class Operation:
    """One aliased mutation. Subclasses say which; ``alias`` is unique within a request."""

    alias: str
    field: ClassVar[str]
    selection: ClassVar[str]

    def arguments(self) -> Variables:
        """Argument name to (GraphQL type, value)."""
        raise NotImplementedError


@dataclass(frozen=True)
class CreateItem(Operation):
    """A new item in a group; ``values`` as built by ``values.column_values``."""

    board_id: int
    group_id: str
    name: str
    values: Mapping[str, object]
    create_labels: bool = False
    field: ClassVar[str] = "create_item"
    selection: ClassVar[str] = "id"

    def arguments(self) -> Variables:
        return {
            "board_id": ("ID!", str(self.board_id)),
            "group_id": ("String", self.group_id),
            "item_name": ("String!", self.name),
            "column_values": ("JSON", column_values_text(self.values)),
            "create_labels_if_missing": ("Boolean", self.create_labels),
        }


@dataclass(frozen=True)
class UpdateItem(Operation):
    """Columns of an item, or of a subitem on its own board, changed; the key ``name`` in ``values`` renames it."""

    board_id: int
    item_id: int
    values: Mapping[str, object]
    create_labels: bool = False
    field: ClassVar[str] = "change_multiple_column_values"
    selection: ClassVar[str] = "id"

    def arguments(self) -> Variables:
        return {
            "board_id": ("ID!", str(self.board_id)),
            "item_id": ("ID", str(self.item_id)),
            "column_values": ("JSON!", column_values_text(self.values)),
            "create_labels_if_missing": ("Boolean", self.create_labels),
        }


@dataclass(frozen=True)
class MoveItem(Operation):
    """An item into another group of its board, which the answer names; its subitems go with it."""

    item_id: int
    group_id: str
    field: ClassVar[str] = "move_item_to_group"
    selection: ClassVar[str] = "id board { id }"

    def arguments(self) -> Variables:
        return {"item_id": ("ID", str(self.item_id)), "group_id": ("String!", self.group_id)}


@dataclass(frozen=True)
class ArchiveItem(Operation):
    """An item, with its subitems, into the archive."""

    item_id: int
    field: ClassVar[str] = "archive_item"
    selection: ClassVar[str] = "id"

    def arguments(self) -> Variables:
        return {"item_id": ("ID", str(self.item_id))}


@dataclass(frozen=True)
class CreateSubitem(Operation):
    """A new subitem; the answer names the subitems' board."""

    parent_item_id: int
    name: str
    values: Mapping[str, object]
    create_labels: bool = False
    field: ClassVar[str] = "create_subitem"
    selection: ClassVar[str] = "id board { id }"

    def arguments(self) -> Variables:
        return {
            "parent_item_id": ("ID!", str(self.parent_item_id)),
            "item_name": ("String!", self.name),
            "column_values": ("JSON", column_values_text(self.values)),
            "create_labels_if_missing": ("Boolean", self.create_labels),
        }


@dataclass(frozen=True)
class CreateGroup(Operation):
    """A new group, at its place beside the group ``relative_to`` where one is given (else on top, as Monday does)."""

    board_id: int
    title: str
    relative_to: str | None = None
    method: Side | None = None
    field: ClassVar[str] = "create_group"
    selection: ClassVar[str] = "id title"

    def arguments(self) -> Variables:
        place: Variables = {}
        if self.relative_to is not None:
            place = {
                "position_relative_method": ("PositionRelative", self.method or "after_at"),
                "relative_to": ("String", self.relative_to),
            }
        return {"board_id": ("ID!", str(self.board_id)), "group_name": ("String!", self.title), **place}


@dataclass(frozen=True)
class CreateColumn(Operation):
    """A new column; without ``column_id`` Monday chooses one."""

    board_id: int
    title: str
    column_type: str
    column_id: str | None = None
    field: ClassVar[str] = "create_column"
    selection: ClassVar[str] = "id title type"

    def arguments(self) -> Variables:
        chosen: Variables = {} if self.column_id is None else {"id": ("String", self.column_id)}
        return {
            "board_id": ("ID!", str(self.board_id)),
            "title": ("String!", self.title),
            "column_type": ("ColumnType!", self.column_type),
            **chosen,
        }


def build_request(operations: Sequence[Operation]) -> str:
    """The JSON body of one mutation with all ``operations`` in order, and the points it cost.

    Raises ``ValueError`` for no operations, and for aliases that are not names or not unique.
    """
    aliases = [operation.alias for operation in operations]
    if not operations or len(set(aliases)) != len(aliases):
        raise ValueError("a request needs at least one operation, and each its own alias")
    declared, fields, variables = [], [], {}
    for operation in operations:
        if not _ALIAS.fullmatch(operation.alias) or operation.alias == "complexity":
            raise ValueError(f"{operation.alias!r} can't be an alias")
        given = []
        for name, (kind, value) in operation.arguments().items():
            variable = f"{operation.alias}_{name}"
            declared.append(f"${variable}: {kind}")
            given.append(f"{name}: ${variable}")
            variables[variable] = value
        call = f"{operation.field}({', '.join(given)})"
        fields.append(f"{operation.alias}: {call} {{ {operation.selection} }}")
    lines = "\n  ".join([_COMPLEXITY, *fields])
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
