"""Acts on groups and columns: by the API, or by a person on the board."""

from __future__ import annotations

from typing import Any

from emulator import boards as packaged
from emulator.account import NAME_MAX, Account, decode, whole_number
from emulator.errors import FieldError
from emulator.model import LABELLED, Board, Column, Group
from emulator.settings import colour

GROUP_TITLE_MAX = 255


class Structure(Account):
    """Groups and columns of the account's boards."""

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
                place = whole_number(value) or 0
            else:
                other = self.group(board, value)
                place = order.index(other) + (1 if attribute.endswith("after") else 0) if other is not group else 0
            order.insert(place, group)
            board.groups = {each.id: each for each in order}
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
        column = packaged.make_column(ident, title, kind, self.config, _default_labels(decode(defaults)))
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
