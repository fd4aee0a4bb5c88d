"""The state in a SQLite file: read when an emulator starts on it, and kept up item by item as requests change it."""

from __future__ import annotations

import json
import sqlite3
from dataclasses import asdict
from pathlib import Path
from typing import Any

from emulator.model import Board, Column, Group, Item, Labels
from emulator.store import State

_FORMAT = "2"
_BOARD_FIELDS = ("id", "name", "items_limit", "subitem_board_id", "parent_board_id")
_TABLES = """
create table if not exists kept (kind text, id integer, body text, primary key (kind, id));
create table if not exists about (name text primary key, body text);
"""


class StateFile:
    """One file. Opening fills `state` from it, or the file from `state` when it is new; ValueError for no such file."""

    def __init__(self, path: Path, state: State) -> None:
        self._state = state
        self._connection = sqlite3.connect(path, check_same_thread=False)
        try:
            self._connection.execute("pragma journal_mode = wal")
            self._connection.execute("pragma synchronous = normal")
            self._connection.executescript(_TABLES)
            self._load()
        except sqlite3.DatabaseError:
            self._connection.close()
            raise ValueError(f"The state file {path} is no state file of the emulator: name another one.") from None
        self.save()

    def _load(self) -> None:
        about = dict(self._connection.execute("select name, body from about"))
        if not about:
            return
        if about.get("format") != _FORMAT:
            raise sqlite3.DatabaseError("other format")
        state = self._state
        rows = self._connection.execute("select body from kept where kind = 'board' order by id")
        for board in (read_board(json.loads(body)) for (body,) in rows):
            state.boards[board.id] = board
        for (body,) in self._connection.execute("select body from kept where kind = 'item' order by id"):
            item = Item(**json.loads(body))
            state.items[item.id] = item
            state.search.loaded(item)
        # The order within a group is kept with the items, so that a new item does not write its whole board again.
        for item in sorted(state.items.values(), key=lambda each: each.place):
            if item.state == "active":
                state.boards[item.board_id].groups[item.group_id].item_ids[item.id] = None
                state.boards[item.board_id].active_items += 1
        state.next_place = 1 + max((each.place for each in state.items.values()), default=0)
        state.next_item_id = int(about["next_item_id"])
        state.next_name = int(about["next_name"])
        state.dirty_boards.clear()

    def save(self) -> None:
        """Writes what changed since the last time, in one transaction."""
        state = self._state
        if not state.dirty_items and not state.dirty_boards:
            return
        rows: list[tuple[str, int, str]] = [
            ("item", each, json.dumps(_item(state.items[each]), ensure_ascii=False)) for each in state.dirty_items
        ]
        rows += [("board", each, _board(state.boards[each])) for each in state.dirty_boards]
        about = {"format": _FORMAT, "next_item_id": str(state.next_item_id), "next_name": str(state.next_name)}
        with self._connection:
            self._connection.executemany("insert or replace into kept values (?, ?, ?)", rows)
            self._connection.executemany("insert or replace into about values (?, ?)", about.items())
        state.dirty_items.clear()
        state.dirty_boards.clear()

    def close(self) -> None:
        """Closes the file."""
        self._connection.close()


def _item(item: Item) -> dict[str, Any]:
    return {name: getattr(item, name) for name in Item.__slots__ if name != "found"}


def _board(board: Board) -> str:
    columns = {ident: asdict(column) for ident, column in board.columns.items()}
    groups = [(each.id, each.title, each.color, each.archived, each.deleted) for each in board.groups.values()]
    kept = {name: getattr(board, name) for name in _BOARD_FIELDS} | {"columns": columns, "groups": groups}
    # The only thing that JSON does not know is the set of labels that are switched off.
    return json.dumps(kept, ensure_ascii=False, default=sorted)


def read_board(given: dict[str, Any]) -> Board:
    """A board from its JSON form, whose keys of objects are texts where they were numbers."""
    board = Board(**{name: given[name] for name in _BOARD_FIELDS})
    for ident, column in given["columns"].items():
        labels = column["labels"]
        found = Column(**{**column, "labels": None})
        if labels is not None:
            found.labels = Labels(labels["limit"], labels["first_id"])
            for number, text in labels["texts"].items():
                found.labels.put(int(number), text, int(number) in labels["inactive"])
        board.columns[ident] = found
    for ident, title, color, archived, deleted in given["groups"]:
        board.groups[ident] = Group(ident, board.id, title, color, archived, deleted)
    return board
