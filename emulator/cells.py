"""Cells as the API reads them: one view per value, resolved for every ColumnValue type of the schema."""

from __future__ import annotations

import json
from typing import Any

from graphql import GraphQLInterfaceType, GraphQLObjectType, GraphQLSchema

from emulator.clock import iso
from emulator.context import Context, Info
from emulator.model import Column, Item
from emulator.settings import settings, settings_str
from emulator.store import State
from emulator.values import canonical_number, label_texts, text_of, value_of

_TYPES = {
    "board_relation": "BoardRelationValue",
    "checkbox": "CheckboxValue",
    "date": "DateValue",
    "dropdown": "DropdownValue",
    "formula": "FormulaValue",
    "item_id": "ItemIdValue",
    "last_updated": "LastUpdatedValue",
    "link": "LinkValue",
    "long_text": "LongTextValue",
    "mirror": "MirrorValue",
    "numbers": "NumbersValue",
    "status": "StatusValue",
    "subtasks": "SubtasksValue",
    "text": "TextValue",
}


class Cell:
    """One column of one item, worked out when a field is read."""

    __slots__ = ("column", "item", "state", "stored")

    def __init__(self, state: State, item: Item, column: Column) -> None:
        self.state = state
        self.item = item
        self.column = column
        self.stored = item.values.get(column.id)

    def subitems(self) -> list[Item]:
        """Active subitems of the item."""
        items = self.state.items
        return [items[each] for each in self.item.subitem_ids if items[each].state == "active"]

    def text(self) -> str | None:
        """What `text` reads."""
        kind = self.column.type
        if kind == "item_id":
            return str(self.item.id)
        if kind == "last_updated":
            return iso(self.item.updated)
        if kind == "subtasks":
            return ", ".join(each.name for each in self.subitems())
        return text_of(self.column, self.stored, self.state.switches)

    def value(self) -> str | None:
        """What `value` reads: a JSON text."""
        if self.column.type == "subtasks":
            linked = [{"linkedPulseId": each.id} for each in self.subitems()]
            return json.dumps({"linkedPulseIds": linked}) if linked else None
        return value_of(self.column, self.stored, self.item.updated)


def shown_settings(column: Column, info: Info) -> Any:
    """`settings` of a column, as the switch `column_settings` has it."""
    match info.context.state.switches.column_settings:
        case "object":
            return settings(column)
        case "text":
            return json.dumps(settings(column))
    return None


def shown_settings_str(column: Column, info: Info) -> str:
    """`settings_str` of a column, as the switch `column_settings` has it."""
    return "{}" if info.context.state.switches.column_settings == "nothing" else settings_str(column)


def cells(item: Item, info: Info, ids: list[str] | None = None, types: list[str] | None = None) -> list[Cell]:
    """`column_values` of an item: all columns in board order but the name, or the asked ones."""
    context: Context = info.context
    columns = context.state.boards[item.board_id].columns
    chosen = columns.values() if ids is None else [columns[each] for each in dict.fromkeys(ids) if each in columns]
    return [
        Cell(context.state, item, each)
        for each in chosen
        if each.type != "name" and (types is None or each.type in types)
    ]


def _type_name(cell: Cell, info: Info, abstract: Any) -> str:
    return _TYPES.get(cell.column.type, "UnsupportedValue")


def _number(cell: Cell, info: Info) -> float | None:
    return None if cell.stored is None else float(canonical_number(cell.stored))


def _options(cell: Cell, info: Info) -> list[dict[str, Any]]:
    return (
        []
        if cell.stored is None
        else [
            {"id": ident, "label": text}
            for ident, text in zip(cell.stored, label_texts(cell.column, cell.stored), strict=True)
        ]
    )


def bind(schema: GraphQLSchema) -> None:
    """Puts the resolvers of columns and cells into the schema."""
    types: dict[str, Any] = dict(schema.type_map)
    abstract = types["ColumnValue"]
    assert isinstance(abstract, GraphQLInterfaceType)
    abstract.resolve_type = _type_name
    common: dict[str, Any] = {
        "id": lambda cell, info: cell.column.id,
        "column": lambda cell, info: cell.column,
        "type": lambda cell, info: cell.column.type,
        "text": lambda cell, info: cell.text(),
        "value": lambda cell, info: cell.value(),
    }
    special: dict[str, dict[str, Any]] = {
        "BoardRelationValue": {"display_value": lambda cell, info: "", "linked_item_ids": lambda cell, info: []},
        "CheckboxValue": {"checked": lambda cell, info: cell.stored is True},
        "DateValue": {
            "date": lambda cell, info: cell.stored.partition(" ")[0] if cell.stored else "",
            "time": lambda cell, info: cell.stored.partition(" ")[2] if cell.stored else "",
        },
        "DropdownValue": {"values": _options},
        "FormulaValue": {"display_value": lambda cell, info: ""},
        "ItemIdValue": {"item_id": lambda cell, info: cell.item.id},
        "LastUpdatedValue": {"updated_at": lambda cell, info: iso(cell.item.updated)},
        "LinkValue": {
            "url": lambda cell, info: cell.stored[0] if cell.stored else None,
            "url_text": lambda cell, info: cell.stored[1] if cell.stored else None,
        },
        "MirrorValue": {"display_value": lambda cell, info: ""},
        "NumbersValue": {"number": _number},
        "StatusValue": {
            "index": lambda cell, info: cell.stored,
            "label": lambda cell, info: next(iter(label_texts(cell.column, cell.stored)), None),
        },
        "SubtasksValue": {
            "display_value": lambda cell, info: cell.text() or "",
            "subitems_ids": lambda cell, info: [each.id for each in cell.subitems()],
        },
    }
    for name in {*_TYPES.values(), "UnsupportedValue"}:
        bound = types[name]
        assert isinstance(bound, GraphQLObjectType)
        for field, resolve in {**common, **special.get(name, {})}.items():
            bound.fields[field].resolve = resolve
    types["Item"].fields["column_values"].resolve = cells
    column = types["Column"].fields
    column["settings"].resolve = shown_settings
    column["settings_str"].resolve = shown_settings_str
