"""What every act on the account stands on: boards and items, how they are found, and what changed.

Acts raise FieldError in Monday's words. Nothing here knows of GraphQL, HTTP, limits or faults. What changed
is collected in `dirty_items` and `dirty_boards`, so that a state file is written item by item (see persist.py).
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from emulator import boards as packaged
from emulator.config import Config
from emulator.errors import FieldError, not_found
from emulator.model import Board, Column, Group, Item
from emulator.search import SearchIndex

NAME_MAX = 255
FIRST_ITEM_ID = 10_000_000_001


def whole_number(text: Any) -> int | None:
    """An id from what a client sent, or None."""
    digits = str(text)
    return int(digits) if digits.isascii() and digits.isdigit() and len(digits) < 20 else None


def decode(column_values: Any) -> dict[str, Any]:
    """The object in a JSON argument; FieldError for what is none."""
    if column_values is None:
        return {}
    if isinstance(column_values, dict):
        return column_values
    try:
        decoded = json.loads(column_values)
    except ValueError:
        raise FieldError(
            "JsonParseException", "Syntax error in JSON input", 400, {"json": str(column_values)[:200]}
        ) from None
    if decoded is None or decoded == "":
        return {}
    if not isinstance(decoded, dict):
        raise FieldError("InvalidInputException", "column_values must be a JSON object of columns and values", 200)
    return decoded


class Account:
    """Boards and items of one account. Ids of items count up; nothing is ever given out twice."""

    def __init__(self, config: Config) -> None:
        self.config = config
        self.switches = config.switches
        self.boards: dict[int, Board] = packaged.build(config)
        self.items: dict[int, Item] = {}
        self.next_item_id = FIRST_ITEM_ID
        self.next_name = 1
        self.next_place = 1
        self.revision = 0
        self.dirty_items: dict[int, None] = {}
        self.dirty_boards: set[int] = set(self.boards)
        self.search = SearchIndex(config.search_lag_seconds, config.switches, self._items_of)

    def _items_of(self, board_id: int) -> Iterable[Item]:
        return (item for item in self.items.values() if item.board_id == board_id)

    def _now(self) -> float:
        return self.config.clock.now()

    def _touched(self, item: Item, now: float) -> None:
        item.updated = now
        self.revision += 1
        self.dirty_items[item.id] = None
        self.search.wrote(item, now)

    def _put(self, item: Item, group: Group) -> None:
        """At the end of a group."""
        item.group_id = group.id
        item.place = self.next_place
        self.next_place += 1
        group.item_ids[item.id] = None

    def _board_changed(self, board: Board) -> None:
        self.revision += 1
        self.dirty_boards.add(board.id)

    # ---------- finding

    def board(self, ident: Any) -> Board:
        """The board with this id; FieldError InvalidBoardIdException."""
        number = whole_number(ident)
        board = self.boards.get(number) if number is not None else None
        if board is None:
            raise not_found("Board", ident, "InvalidBoardIdException")
        return board

    def group(self, board: Board, ident: str) -> Group:
        """The group of a board that people see; FieldError as the switch `missing_group_code` says."""
        group = board.groups.get(ident)
        if group is None or not group.active:
            raise not_found("Group", ident, self.switches.missing_group_code)
        return group

    def column(self, board: Board, ident: str) -> Column:
        """The column of a board; FieldError InvalidColumnIdException."""
        column = board.columns.get(ident)
        if column is None:
            message = "This column ID doesn't exist for the board"
            raise FieldError("InvalidColumnIdException", message, 200, {"column_id": ident, "board_id": str(board.id)})
        return column

    def item(self, ident: Any, to_write: bool = True) -> Item:
        """The item with this id, fit to be written if `to_write`; FieldError InvalidItemIdException."""
        number = whole_number(ident)
        item = self.items.get(number) if number is not None else None
        if item is None:
            raise not_found("Item", ident, self.switches.missing_item_code)
        if to_write and item.state != "active":
            switches = self.switches
            rule = switches.write_to_archived_item if item.state == "archived" else switches.write_to_deleted_item
            if rule == "refused":
                data = {"item_id": str(ident), "state": item.state}
                raise FieldError(self.switches.inactive_item_code, f"Item is {item.state}", 200, data)
        return item
