"""The state of the emulated account: its boards and items, and every change that the API or a person makes to them."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

from emulator.account import NAME_MAX, decode
from emulator.errors import FieldError, bad_value, not_found
from emulator.model import Board, Group, Item
from emulator.structure import Structure
from emulator.values import LabelMaker, parse


class State(Structure):
    """Boards and items of one account, and the acts on items."""

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
            parsed = self._values(board, decode(given), maker)
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
            parent_id=None if parent is None else parent.id,
        )
        self.next_item_id += 1
        self.items[item.id] = item
        self._put(item, group)
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
        if item.state == "active":
            self._put(item, group)
        else:
            item.group_id = group.id
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

    def copy_board(self, board_id: Any) -> Board:
        """A copy of a board, and of its subitems' board, without items, as a person makes it."""
        board = self.board(board_id)
        below = self.copy_board(board.subitem_board_id) if board.subitem_board_id is not None else None
        copy = deepcopy(board)
        copy.id, copy.active_items = max(self.boards) + 1, 0
        for group in copy.groups.values():
            group.board_id = copy.id
            group.item_ids.clear()
        if below is not None:
            copy.subitem_board_id, below.parent_board_id = below.id, copy.id
            for column in copy.columns.values():
                if column.type == "subtasks":
                    column.settings = {"boardIds": [below.id]}
        self.boards[copy.id] = copy
        self._board_changed(copy)
        return copy

    def move_to_board(self, item_id: Any, board_id: Any) -> Item:
        """Puts an item into the top group of another board, as a person can; its subitems go with it."""
        item, board = self.item(item_id), self.board(board_id)
        self._settle(item, board)
        for each in item.subitem_ids:
            if self.items[each].state == "active" and board.subitem_board_id is not None:
                self._settle(self.items[each], self.boards[board.subitem_board_id])
        return item

    def _settle(self, item: Item, board: Board) -> None:
        old, group = self.boards[item.board_id], board.top_group()
        assert group is not None
        old.groups[item.group_id].item_ids.pop(item.id, None)
        old.active_items -= 1
        self.search.forget_item(item)
        item.board_id = board.id
        self._put(item, group)
        board.active_items += 1
        self._touched(item, self._now())

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
