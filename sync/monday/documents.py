"""The requests we send, as the exact JSON text that is recorded before it leaves.

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

_ALIAS = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,30}")
_COMPLEXITY = "complexity { before query after reset_in_x_seconds }"

Variables = dict[str, tuple[str, object]]


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
    method: Literal["before_at", "after_at"] | None = None
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
