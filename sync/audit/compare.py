"""Read the board into working tables and compare it there; look again, as the board counts it, only at what differs."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sync.audit import Tables
from sync.errors import BoardError
from sync.monday.board import Board, ResolvedColumn, resolve
from sync.monday.items import same_value, sizes_of, texts_of
from sync.monday.mapping import Mapping as ColumnMapping
from sync.monday.reading import BoardItem, Reader
from sync.monday.values import LabelBook
from sync.push.plan import to_json
from sync.settings import KEY_LENGTH, LABEL_LENGTH, MAX_IDS, WINDOW_ROWS
from sync.statements import quoted

IDS_A_CALL = MAX_IDS

Progress = Callable[[int, int | None], None]
"""Items read so far, and how many the board says it has."""


@dataclass(frozen=True)
class LiveBoard:
    """The board with the mapped columns at their places of today."""

    board: Board
    columns: tuple[ResolvedColumn, ...]
    size_columns: tuple[ResolvedColumn, ...]
    labels: LabelBook

    @property
    def column_ids(self) -> list[str]:
        """Return the ids of the item columns that are read."""
        return [column.column_id for column in self.columns if column.type not in ("name", "group")]

    @property
    def size_column_ids(self) -> list[str] | None:
        """Return the ids of the subitem columns that are read; None where the board has no subitems' board yet."""
        if not self.size_columns:
            return None
        return [column.column_id for column in self.size_columns if column.type not in ("name", "group")]


def live_board(reader: Reader, mapping: ColumnMapping, board_id: int) -> LiveBoard:
    """Read the board as it can be compared. Raises BoardError with all reasons why it can't."""
    board = reader.board(board_id)
    items = resolve(mapping.items, board, reading=True)
    problems = list(items.problems)
    boards = [board]
    size_columns: tuple[ResolvedColumn, ...] = ()
    if board.subitem_board_id is not None:
        subitem_board = reader.board(board.subitem_board_id)
        sizes = resolve(mapping.subitems, subitem_board, reading=True)
        problems += sizes.problems
        boards.append(subitem_board)
        size_columns = sizes.columns
    if problems:
        raise BoardError("The board can't be compared with the database: " + " ".join(problems))
    return LiveBoard(board, items.columns, size_columns, LabelBook.of(*boards))


def read_board(tables: Tables, reader: Reader, live: LiveBoard, progress: Progress) -> None:
    """Fill the working tables with every active item of the board and its subitems."""
    pages = reader.walk(live.board.id, live.column_ids, subitem_column_ids=live.size_column_ids)
    read = 0
    for page in pages:
        read += len(page)
        _load(tables, live, page)
        progress(read, live.board.items_count)


def _load(tables: Tables, live: LiveBoard, items: Sequence[BoardItem]) -> None:
    if not items:
        return
    tables.run("load_items", [to_json([_item(item, live.columns) for item in items])])
    sizes = [size for item in items for size in _sizes(item, live.size_columns)]
    if sizes:
        tables.run("load_sizes", [to_json(sizes)])


def _item(item: BoardItem, columns: Sequence[ResolvedColumn]) -> Mapping[str, Any]:
    texts = {name: _clean(text) for name, text in texts_of(item, columns).items()}
    return texts | {
        "ITEM_ID": item.id,
        "CELL_KEY": _cut(texts.get("ORDER_KEY"), KEY_LENGTH),
        "ITEM_NAME": _clean(item.name),
        "GROUP_ID": item.group_id,
        "GROUP_NAME": _clean(item.group_title),
    }


def _sizes(item: BoardItem, columns: Sequence[ResolvedColumn]) -> list[Mapping[str, Any]]:
    quantity_id = next((column.column_id for column in columns if column.name == "ORDER_QTY"), "")
    shown = {subitem.id: subitem.values.get(quantity_id) for subitem in item.subitems}
    return [
        {
            "SUBITEM_ID": size.id,
            "ITEM_ID": item.id,
            "SUBITEM_NAME": _clean(size.name),
            "CELL_LABEL": _cut(_clean(size.label), LABEL_LENGTH),
            "IS_LABELLED": int(size.labelled),
            "CELL_QTY": _clean(shown[size.id]),
            "QUANTITY": size.quantity if size.quantity is not None and abs(size.quantity) < Decimal(10) ** 14 else None,
        }
        for size in sizes_of(item, columns)
    ]


def _clean(text: str | None) -> str | None:
    """Return cell text as it is compared: trimmed, with one kind of line end; None where nothing is left."""
    if text is None:
        return None
    return text.replace("\r\n", "\n").replace("\r", "\n").replace("\x00", "").strip() or None


def _cut(text: str | None, length: int) -> str | None:
    """Cut a text that is too long to be a key of ours to one that no order can have."""
    return text if text is None or len(text) <= length else text[: length - 1] + "…"


def ask_again(tables: Tables, reader: Reader, live: LiveBoard) -> None:
    """Ask by id for what no page showed: pages can lag behind, and an item that was moved may be on none.

    What is there after all is loaded; for the rest it is noted what became of it. The tables must be matched before,
    and again afterwards.
    """
    after = 0
    while found := tables.rows("absent", [after], rows=IDS_A_CALL):
        ids = [int(row["ITEM_ID"]) for row in found]
        after = ids[-1]
        items = {item.id: item for item in reader.items(ids, live.column_ids, subitem_column_ids=live.size_column_ids)}
        here = [item for item in items.values() if item.is_active and item.board_id == live.board.id]
        for name in ("Items", "Sizes"):
            tables.run("forget_read", [to_json([{"ITEM_ID": item.id} for item in here])], name=name)
        _load(tables, live, here)
        present = {item.id for item in here}
        gone = [{"ITEM_ID": id_, "STATE": _what_became(items.get(id_))} for id_ in ids if id_ not in present]
        if gone:
            tables.run("load_gone", [to_json(gone)])


def _what_became(item: BoardItem | None) -> str:
    if item is None:
        return "no such item"
    return f"on board {item.board_id}" if item.is_active else item.state


@dataclass(frozen=True)
class Scope:
    """What is compared. ``staged``: whether staging tables are there to say which orders wait for their creation."""

    customer: str | None
    staged: bool


def compare(tables: Tables, reader: Reader, live: LiveBoard, scope: Scope, progress: Progress) -> None:
    """Read the board and leave the findings in the working table ``Found``."""
    alone = tables.session.database.sole_writer
    find_pending(tables)
    if not alone:
        tables.run("marks", into="Before")
    read_board(tables, reader, live, progress)
    _match(tables, scope)
    ask_again(tables, reader, live)
    _match(tables, scope)
    _differences(tables, live)
    tables.run("find_items")
    tables.run("find_sizes")
    tables.run("set_customer")
    if scope.customer:
        tables.run("keep_customer", [scope.customer, scope.customer])
    if not alone:
        tables.run("marks", into="Pending")
        find_pending(tables)
    tables.run("mark_pending")


def find_pending(tables: Tables, *, owner: str | None = None) -> None:
    """Note what a push has claimed, or sent without an outcome. Claims of the request ``owner`` don't count."""
    tables.run("pending", [owner] if owner else [], owner=owner is not None)


def _match(tables: Tables, scope: Scope) -> None:
    for name in ("Matched", "MatchedSizes"):
        tables.run("clear", name=name)
    tables.run("match_items", staged=scope.staged)
    tables.run("match_sizes", staged=scope.staged)


def kind_of(column: ResolvedColumn) -> str:
    """Return how SQL compares a column: as the tables keep it, labels in any case, other text to the letter."""
    if column.mapped_type in ("numbers", "date"):
        return column.mapped_type
    return column.type if column.type in ("dropdown", "status", "group", "name") else "text"


def kinds(columns: Sequence[ResolvedColumn]) -> tuple[tuple[str, str], ...]:
    """Return quoted name and kind of the columns that the tables keep beside key, name and group."""
    own = {"ORDER_KEY", "ITEM_NAME", "GROUP_NAME"}
    return tuple((quoted(column.name), kind_of(column)) for column in columns if column.name not in own)


def _differences(tables: Tables, live: LiveBoard) -> None:
    for column in live.columns:
        # the key is written once too, but an item is found by it: no person may change it
        edit = int(column.write == "create_only" and column.name != "ORDER_KEY")
        if tables.run("differences", column=column.name, kind=kind_of(column), edit=edit):
            _look_again(tables, column)
    if live.size_columns:
        tables.run("size_differences")


def _look_again(tables: Tables, column: ResolvedColumn) -> None:
    """Remove differences that are another spelling of the same value: another case, a number in a text column."""
    after = ""
    while found := tables.rows("compare_window", [column.name, after], rows=WINDOW_ROWS):
        after = str(found[-1]["ORDER_KEY"])
        same = [
            {"ORDER_KEY": row["ORDER_KEY"]}
            for row in found
            if same_value(column, _kept(column, row["CONFIRMED"]), row["ON_BOARD"])
        ]
        if same:
            tables.run("equal_after_all", [column.name, to_json(same)])


def _kept(column: ResolvedColumn, text: str | None) -> object:
    """Return a confirmed value as the tables keep it, from its text."""
    return Decimal(text) if text is not None and column.mapped_type == "numbers" else text
