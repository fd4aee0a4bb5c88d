"""Builds the boards of a fresh emulator from the packaged definition (boards.json)."""

from __future__ import annotations

import json
from importlib import resources
from typing import Any

from emulator.config import Config
from emulator.model import LABELLED, Board, Column, Group, Labels
from emulator.settings import colour


def make_column(ident: str, title: str, kind: str, config: Config, labels: list[str] | None = None) -> Column:
    """A column of a type, with its labels (status labels count from 0, dropdown labels from 1)."""
    column = Column(ident, title, kind)
    if kind in LABELLED:
        status = kind == "status"
        column.labels = Labels(config.status_limit if status else config.dropdown_limit, 0 if status else 1)
        for text in labels or ():
            column.labels.add(text)
    return column


def definition() -> list[dict[str, Any]]:
    """The packaged boards: id, name, groups, columns."""
    text = resources.files("emulator").joinpath("boards.json").read_text(encoding="utf-8")
    boards: list[dict[str, Any]] = json.loads(text)["boards"]
    return boards


def build(config: Config) -> dict[int, Board]:
    """The production board and its subitem board, empty; ValueError names a column of `config` that is unknown."""
    boards: dict[int, Board] = {}
    retyped = dict(config.column_types)
    for described in definition():
        board = Board(described["id"], described["name"], config.items_limit)
        for each in described["columns"]:
            kind = retyped.pop(each["id"], each["type"])
            board.columns[each["id"]] = make_column(each["id"], each["title"], kind, config, each.get("labels"))
        for number, title in enumerate(described["groups"]):
            ident = "topics" if number == 0 else f"group_{number}"
            board.groups[ident] = Group(ident, board.id, title, colour(number))
        board.subitem_board_id = described.get("subitems_board")
        boards[board.id] = board
    for board in boards.values():
        if board.subitem_board_id is not None:
            boards[board.subitem_board_id].parent_board_id = board.id
            # The subitem board has a limit of its own: switch subitem_board_limit.
            boards[board.subitem_board_id].items_limit = config.switches.subitem_board_limit or 1_000_000
            for column in board.columns.values():
                if column.type == "subtasks":
                    column.settings = {"boardIds": [board.subitem_board_id]}
            if config.with_order_key:
                board.columns["order_key"] = Column("order_key", "ORDER KEY", "text")
    if retyped:
        unknown = ", ".join(sorted(retyped))
        raise ValueError(f"The board has no column {unknown}: give --column-type a column id of the board.")
    return boards
