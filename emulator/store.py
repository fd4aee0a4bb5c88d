"""The state of the emulated account: boards, groups, items, and every change that the API or a person makes to them.

Methods raise FieldError in Monday's words. Nothing here knows of GraphQL, HTTP, limits or faults. What changed is
collected in `dirty_items` and `dirty_boards`, so that a state file is written item by item (see persist.py).
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from emulator import boards as packaged
from emulator.config import Config
from emulator.errors import FieldError, bad_value, not_found
from emulator.model import LABELLED, READ_ONLY, Board, Column, Group, Item
from emulator.search import SearchIndex
from emulator.settings import colour
from emulator.values import LabelMaker, parse

NAME_MAX = 255
GROUP_TITLE_MAX = 255
FIRST_ITEM_ID = 10_000_000_001


def _number(text: Any) -> int | None:
    digits = str(text)
    return int(digits) if digits.isascii() and digits.isdigit() and len(digits) < 19 else None


class State:
    """Boards and items of one account. Ids of items count up; nothing is ever given out twice."""

    def __init__(self, config: Config) -> None:
        self.config = config
        self.switches = config.switches
        self.boards: dict[int, Board] = packaged.build(config)
        self.items: dict[int, Item] = {}
        self.next_item_id = FIRST_ITEM_ID
        self.next_name = 1
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

    def _board_changed(self, board: Board) -> None:
        self.revision += 1
        self.dirty_boards.add(board.id)

    # ---------- finding

    def board(self, ident: Any) -> Board:
        """The board with this id; FieldError InvalidBoardIdException."""
        number = _number(ident)
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
        number = _number(ident)
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

    # ---------- items

    def _name(self, name: str) -> str:
        if self.switches.name_trims:
            name = name.strip()
        if not name:
            raise FieldError("InvalidItemNameException", "Item name cannot be blank", 200, {"item_name": name})
        if len(name) > NAME_MAX:
            message = f"Item name is too long: {len(name)} characters, the maximum is {NAME_MAX}"
            raise FieldError("ItemNameTooLongException", message, 200, {"length": len(name)})
        return name

    def _decode(self, column_values: Any) -> dict[str, Any]:
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

    def _values(self, board: Board, given: dict[str, Any], maker: LabelMaker) -> tuple[str | None, dict[str, Any]]:
        """The new name, if one is given, and the stored values of what a client sent; all of it fits, or FieldError."""
        name: str | None = None
        stored: dict[str, Any] = {}
        for ident, raw in given.items():
            if ident == "name":
                if raw is None and self.switches.name_column_null == "ignored":
                    continue
                if not isinstance(raw, str):
                    raise bad_value("name", "name", raw, "Item name must be a text", "invalidName")
                name = self._name(raw)
                continue
            column = board.columns.get(ident)
            if column is None and self.switches.unknown_column == "ignored":
                continue
            stored[ident] = parse(column or self.column(board, ident), raw, maker, self.switches)
        return name, stored

    def _write(self, board: Board, given: Any, create_labels: bool) -> tuple[str | None, dict[str, Any]]:
        maker = LabelMaker(create_labels)
        try:
            parsed = self._values(board, self._decode(given), maker)
        except FieldError:
            if not self.switches.labels_survive_failure:
                maker.undo()
            if maker.made:
                self._board_changed(board)
            raise
        if maker.touched:
            self._board_changed(board)
        return parsed

    def _insert(self, board: Board, group: Group, name: str, values: dict[str, Any], parent: Item | None) -> Item:
        now = self._now()
        item = Item(
            self.next_item_id,
            board.id,
            group.id,
            name,
            {ident: each for ident, each in values.items() if each is not None},
            now,
            now,
            "active",
            None if parent is None else parent.id,
        )
        self.next_item_id += 1
        self.items[item.id] = item
        group.item_ids[item.id] = None
        board.active_items += 1
        if parent is not None:
            parent.subitem_ids.append(item.id)
            self.dirty_items[parent.id] = None
        self._touched(item, now)
        return item

    def create_item(
        self, board_id: Any, name: str, group_id: str | None, column_values: Any, create_labels: bool = False
    ) -> Item:
        """A new item at the end of its group (the top group when none is named)."""
        board = self.board(board_id)
        if board.parent_board_id is not None:
            raise FieldError("InvalidBoardIdException", "Items cannot be created on a board of subitems", 200)
        name = self._name(name)
        group = board.top_group() if group_id is None else self.group(board, group_id)
        if group is None:
            raise not_found("Group", group_id, self.switches.missing_group_code)
        self._room(board)
        other_name, values = self._write(board, column_values, create_labels)
        return self._insert(board, group, other_name or name, values, None)

    def _room(self, board: Board) -> None:
        used = board.active_items
        if self.switches.archived_items_take_room:
            used += sum(item.state == "archived" for item in self._items_of(board.id))
        if self.switches.subitems_take_room and board.subitem_board_id is not None:
            used += self.boards[board.subitem_board_id].active_items
        if used >= board.items_limit:
            message = f"The board has reached its limit of {board.items_limit} items"
            data = {"board_id": str(board.id), "items_limit": board.items_limit}
            raise FieldError("ItemsLimitationException", message, 200, data)

    def create_subitem(self, parent_id: Any, name: str, column_values: Any, create_labels: bool = False) -> Item:
        """A new subitem under an active item, on the subitem board."""
        parent = self.item(parent_id)
        board_id = self.boards[parent.board_id].subitem_board_id
        if board_id is None:
            raise FieldError("InvalidItemIdException", "The parent item is a subitem itself", 200)
        board = self.boards[board_id]
        name = self._name(name)
        most = self.switches.subitems_limit_per_item
        if most and sum(self.items[each].state == "active" for each in parent.subitem_ids) >= most:
            raise FieldError("SubitemsLimitationException", f"The item has reached its limit of {most} subitems", 200)
        self._room(board)
        if self.switches.subitems_take_room:
            self._room(self.boards[parent.board_id])
        other_name, values = self._write(board, column_values, create_labels)
        group = board.top_group()
        assert group is not None
        return self._insert(board, group, other_name or name, values, parent)

    def change_values(self, board_id: Any, item_id: Any, column_values: Any, create_labels: bool = False) -> Item:
        """Sets the given columns of an item, all of them or none; key `name` renames it."""
        board = self.board(board_id)
        item = self.item(item_id)
        if item.board_id != board.id:
            data = {"item_id": str(item_id), "board_id": str(board.id)}
            raise FieldError(self.switches.wrong_board_code, "The item does not belong to the board", 200, data)
        name, values = self._write(board, column_values, create_labels)
        if name is not None:
            item.name = name
        for ident, stored in values.items():
            if stored is None:
                item.values.pop(ident, None)
            else:
                item.values[ident] = stored
        self._touched(item, self._now())
        return item

    def move_item(self, item_id: Any, group_id: str) -> Item:
        """Puts an item at the end of another group of its board; its subitems go with it."""
        item = self.item(item_id)
        board = self.boards[item.board_id]
        if item.parent_id is not None:
            raise FieldError("InvalidItemIdException", "A subitem cannot be moved to a group", 200)
        group = self.group(board, group_id)
        board.groups[item.group_id].item_ids.pop(item.id, None)
        item.group_id = group.id
        if item.state == "active":
            group.item_ids[item.id] = None
        self._touched(item, self._now())
        return item

    def retire_item(self, item_id: Any, state: str) -> Item:
        """Archives or deletes an item (`state` says which) and its subitems with it."""
        item = self.item(item_id, to_write=False)
        if item.state == "deleted" or (item.state != "active" and state == "archived"):
            if self.switches.archive_twice == "refused":
                data = {"item_id": str(item_id), "state": item.state}
                raise FieldError(self.switches.inactive_item_code, f"Item is {item.state}", 200, data)
            return item
        self._retire(item, state)
        return item

    def _retire(self, item: Item, state: str) -> None:
        board = self.boards[item.board_id]
        if item.state == "active":
            board.active_items -= 1
            board.groups[item.group_id].item_ids.pop(item.id, None)
        item.state = state
        self._touched(item, self._now())
        for each in item.subitem_ids:
            if self.items[each].state == "active":
                self._retire(self.items[each], state)

    def restore_item(self, item_id: Any) -> Item:
        """Brings an archived item back, as a person can on the board; its subitems stay archived."""
        item = self.item(item_id, to_write=False)
        board = self.boards[item.board_id]
        if item.state != "active":
            item.state = "active"
            board.active_items += 1
            board.groups[item.group_id].item_ids[item.id] = None
            self._touched(item, self._now())
        return item

    # ---------- groups

    def create_group(
        self,
        board_id: Any,
        title: str,
        color: str | None = None,
        relative_to: str | None = None,
        method: str | None = None,
    ) -> Group:
        """A new group: at the top of the board, or before or after (the default) the group `relative_to`."""
        board = self.board(board_id)
        title = self._group_title(title)
        if relative_to is not None:
            self.group(board, relative_to)
        ident = f"group_mk{self.next_name:05x}"
        self.next_name += 1
        group = Group(ident, board.id, title, color or colour(len(board.groups)))
        order = list(board.groups.values())
        place = 0 if self.switches.new_group_place == "top" else len(order)
        if relative_to is not None:
            place = next(n for n, each in enumerate(order) if each.id == relative_to)
            place += 0 if method == "before_at" else 1
        order.insert(place, group)
        board.groups = {each.id: each for each in order}
        self._board_changed(board)
        return group

    def _group_title(self, title: str) -> str:
        title = title.strip()
        if not title:
            raise FieldError("InvalidInputException", "Group name cannot be blank", 200)
        if len(title) > GROUP_TITLE_MAX:
            message = f"Group name is too long: {len(title)} characters, the maximum is {GROUP_TITLE_MAX}"
            raise FieldError("InvalidInputException", message, 200)
        return title

    def update_group(self, board_id: Any, group_id: str, attribute: str, value: str) -> Group:
        """Changes title, colour or place of a group."""
        board = self.board(board_id)
        group = self.group(board, group_id)
        if attribute == "title":
            group.title = self._group_title(value)
        elif attribute == "color":
            group.color = value
        else:
            order = [each for each in board.groups.values() if each is not group]
            if attribute == "position":
                place = _number(value) or 0
            else:
                other = self.group(board, value)
                place = order.index(other) + (1 if attribute.endswith("after") else 0) if other is not group else 0
            order.insert(place, group)
            board.groups = {each.id: each for each in order}
        self._board_changed(board)
        return group

    def retire_group(self, board_id: Any, group_id: str, state: str) -> Group:
        """Archives or deletes a group with its items. The last group of a board cannot go."""
        board = self.board(board_id)
        group = self.group(board, group_id)
        if sum(each.active for each in board.groups.values()) == 1:
            raise FieldError("DeleteLastGroupException", "The last group of a board cannot be deleted or archived", 200)
        for ident in list(group.item_ids):
            self._retire(self.items[ident], state)
        group.archived, group.deleted = state == "archived", state == "deleted"
        self._board_changed(board)
        return group

    # ---------- columns

    def create_column(
        self,
        board_id: Any,
        title: str,
        kind: str,
        ident: str | None = None,
        after: str | None = None,
        defaults: Any = None,
        description: str | None = None,
    ) -> Column:
        """A new column at the end or after another; `ident` must be free, 1-20 of a-z, 0-9 and _."""
        board = self.board(board_id)
        if not title.strip() or len(title) > NAME_MAX:
            raise FieldError("InvalidInputException", "Column title must have 1 to 255 characters", 200)
        if ident is None:
            prefix = {"numbers": "numeric", "status": "color", "mirror": "lookup"}.get(kind, kind)
            ident = f"{prefix}_mk{self.next_name:05x}"
            self.next_name += 1
        elif (
            not 1 <= len(ident) <= 20
            or not ident.isascii()
            or not ident.replace("_", "a").isalnum()
            or not ident.islower()
        ):
            message = "Column ID must have 1 to 20 characters, lowercase letters, digits and underscores only"
            raise FieldError("InvalidColumnIdException", message, 200, {"column_id": ident})
        if ident in board.columns:
            raise FieldError("InvalidColumnIdException", "This column ID is already taken", 200, {"column_id": ident})
        if kind in ("name", "subtasks"):
            raise FieldError("InvalidColumnTypeException", f"A column of type {kind} cannot be created", 200)
        if after is not None:
            self.column(board, after)
        column = packaged.make_column(ident, title, kind, self.config, _default_labels(self._decode(defaults)))
        column.description = description
        columns = list(board.columns.values())
        place = len(columns) if after is None else 1 + next(n for n, each in enumerate(columns) if each.id == after)
        columns.insert(place, column)
        board.columns = {each.id: each for each in columns}
        self._board_changed(board)
        return column

    def delete_column(self, board_id: Any, column_id: str) -> Column:
        """Removes a column and its values."""
        board = self.board(board_id)
        column = self.column(board, column_id)
        if column.type in ("name", "subtasks"):
            raise FieldError("InvalidColumnIdException", "This column cannot be deleted", 200, {"column_id": column_id})
        self._clear_column(board, column_id)
        del board.columns[column_id]
        column.archived = True
        self._board_changed(board)
        return column

    def _clear_column(self, board: Board, column_id: str) -> None:
        for item in self._items_of(board.id):
            if item.values.pop(column_id, None) is not None:
                self.dirty_items[item.id] = None
        self.search.forget_column(board.id, column_id)

    def retitle_column(self, board_id: Any, column_id: str, title: str) -> Column:
        """Changes the title of a column."""
        board = self.board(board_id)
        column = self.column(board, column_id)
        column.title = title
        self._board_changed(board)
        return column

    def retype_column(self, board_id: Any, column_id: str, kind: str) -> Column:
        """Gives a column another type and empties it: what a person does by replacing it (for rehearsals only)."""
        board = self.board(board_id)
        old = self.column(board, column_id)
        self._clear_column(board, column_id)
        board.columns[column_id] = packaged.make_column(column_id, old.title, kind, self.config)
        self._board_changed(board)
        return board.columns[column_id]

    def writable(self, column: Column) -> bool:
        """Whether the API takes values for this column."""
        return column.type not in READ_ONLY

    def add_label(self, board_id: Any, column_id: str, text: str) -> int:
        """Adds a label to a status or dropdown column, as a person can (for rehearsals only)."""
        board = self.board(board_id)
        column = self.column(board, column_id)
        if column.type not in LABELLED or column.labels is None:
            raise FieldError("InvalidColumnIdException", "This column has no labels", 200, {"column_id": column_id})
        self._board_changed(board)
        return column.labels.add(text)


def _default_labels(defaults: dict[str, Any]) -> list[str]:
    """Labels in the `defaults` of create_column, in either of Monday's shapes."""
    labels = defaults.get("labels") or (defaults.get("settings") or {}).get("labels") or []
    if isinstance(labels, dict):
        return [str(text) for text in labels.values()]
    return [str(each.get("label") or each.get("name")) if isinstance(each, dict) else str(each) for each in labels]
