"""Small hand-made orders and boards for the tests of the oracle itself."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

from tests.oracle.board import Board, BoardColumn, BoardItem, BoardSubitem
from tests.oracle.expected import Expected
from tests.oracle.fields import FIELDS, KINDS

SIZES = ("S", "INFOR COLOUR CODE", "M", "2XL", "30/30")
TYPES = {"text": "text", "long_text": "long_text", "number": "numbers", "date": "date", "label": "dropdown"}


def order(**cells: object) -> dict[str, object]:
    """A row that qualifies, with these cells (underscores for blanks, or a dict of exact names as `cells`)."""
    row: dict[str, object] = dict.fromkeys(source for _, source, _ in FIELDS)
    row |= {
        "AAG ORDER NUMBER": "JOO-00505",
        "CUSTOMER NAME": "GREYSON CLOTHIERS",
        "CUSTOMER STYLE": "JWHD100120",
        "CUSTOMER COLOUR DESCRIPTION": "WHITE",
        "AAG SEASON": "2025 FALL",
        "ORDER DATE PO RECEIVED": dt.date(2025, 5, 20),
    }
    row["UNIT OF MEASURE"] = row.pop("UNIT OF MEASURE")
    row |= dict.fromkeys(SIZES)
    row["TOTAL QTY"] = None
    for name, value in cells.items():
        exact = name.replace("_", " ")
        assert exact in row, exact
        row[exact] = value
    return row


def board_of(expected: Expected) -> Board:
    """A board that shows exactly this."""
    columns = {title: BoardColumn(f"c{at}", title, TYPES[kind]) for at, (title, kind) in enumerate(KINDS.items())}
    board = Board(columns, {}, [], "77")
    for at, wanted in enumerate(expected.orders.values()):
        subitems = tuple(
            BoardSubitem(f"{at}-{label}", "77", f"Size {label}", label, str(quantity))
            for label, quantity in wanted.sizes.items()
        )
        board.items.append(BoardItem(str(at), wanted.name, wanted.group, wanted.key, dict(wanted.values), subitems))
        if wanted.group not in board.groups.values():
            board.groups[f"g{at}"] = wanted.group
    return board


def with_values(item: BoardItem, **values: str | None) -> BoardItem:
    """The item with other values (underscores for blanks)."""
    return replace(item, values=item.values | {name.replace("_", " "): value for name, value in values.items()})
