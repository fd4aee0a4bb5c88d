"""Everything that is checked before the first write: the board, its columns against the mapping, keys to create."""

from __future__ import annotations

import uuid
from collections.abc import Sequence

from sync.errors import BoardError
from sync.monday.board import ResolvedColumn, resolve
from sync.monday.documents import find_items_query
from sync.monday.items import sizes_of
from sync.monday.reading import BoardItem, MondayStopped, Reader, parse_items
from sync.monday.values import LabelBook, fold, unlisted
from sync.output import counted
from sync.push.board import BoardContext
from sync.push.ledger import Ledger
from sync.push.outcomes import moved_sentence
from sync.push.plan import ITEM, SUBITEM, to_json
from sync.push.staged import Selection
from sync.session import Session
from sync.settings import MAX_IDS, MAX_KEYS


def check(session: Session, reader: Reader, board_id: int, *, sizes: bool, reading: bool = False) -> BoardContext:
    """Read the board and its subitems' board; raise BoardError with all that doesn't fit.

    ``reading``: the board is to be compared with the database, not written.
    """
    board, subitem_board = reader.board(board_id), None
    found = resolve(session.mapping.items, board, reading=reading)
    problems, notices = list(found.problems), list(found.notices)
    size_columns = tuple(  # as mapped, for a board that has no subitems' board yet
        ResolvedColumn(c.name, c.title, c.column_id or c.name, c.type, c.type, c.write, c.create_labels)
        for c in session.mapping.subitems
    )
    if board.subitem_board_id is not None and sizes:
        subitem_board = reader.board(board.subitem_board_id)
        below = resolve(session.mapping.subitems, subitem_board, reading=reading)
        problems += below.problems
        notices += below.notices
        size_columns = below.columns
    if problems:
        unfit = "can't be compared with the database" if reading else "doesn't fit the mapping, nothing was written"
        raise BoardError(f"The board {unfit}: {' '.join(problems)}")
    labels = LabelBook.of(*[board, *([subitem_board] if subitem_board else [])])
    notices += unlisted(found.columns, labels)
    return BoardContext(reader, board, subitem_board, found.columns, size_columns, labels, notices)


def look_up_new(session: Session, reader: Reader, board: BoardContext, selection: Selection, *, sizes: bool) -> None:
    """Look a sample of what is to be created up on the board: one call for orders, one for sizes of known orders.

    Raises BoardError where the board has items or subitems of them that the tables don't know. Where the tables know
    none of a board's items, the orders are looked up by name, too, for the items may lack their keys; where no name is
    found, a notice says so. Items that live on another board are noted: nothing is archived or made there.
    """
    orders = session.query("push/sample_creations", selection.params, selection=selection.names, rows=MAX_KEYS)
    names = {row["ORDER_KEY"]: row["ITEM_NAME"] for row in orders}
    unknown = _unknown_orders(session, reader, board, list(names)) if names else None
    if not unknown and sizes and board.subitem_board is not None:
        unknown = _unknown_sizes(session, reader, board, selection)
    # the tables know an item, on whatever board
    stranger = bool(board.board.items_count) and not session.query("push/other_board", [0])
    if not unknown and stranger and names:
        unknown = _unknown_names(reader, board, list(names.values()))
    if unknown:
        raise BoardError(
            f"{unknown} on the board already, but the tables don't know them, as after a restored backup or with a new"
            " database, so nothing was written; run `python -m sync board adopt`, which takes such items over, and"
            " `dbt build` before the push."
        )
    leaving = session.query("push/leaving_items", selection.params, selection=selection.names)
    _note_moved(board, reader.items([int(row["MONDAY_ITEM_ID"]) for row in leaving], []))
    if stranger:
        board.notices.append(
            f"The board has {counted(board.board.items_count or 0, 'item')} already, and the tables know none of them;"
            " `python -m sync board adopt` says whether some stand for orders."
        )


def _found(reader: Reader, board: BoardContext, column: str, values: Sequence[str]) -> list[tuple[BoardItem, str]]:
    """Return active items by the values of a column, each with its key. One page is enough: a single item tells."""
    key = board.column_id("ORDER_KEY")
    question = find_items_query(board.board_id, column, values, [key], limit=MAX_KEYS)
    items = parse_items(reader.ask(question))
    return [(item, (item.values.get(key) or "").strip()) for item in items if item.is_active]


def _unknown_orders(session: Session, reader: Reader, board: BoardContext, keys: Sequence[str]) -> str | None:
    found = [
        {"ITEM_ID": item.id, "KEY_TEXT": key} for item, key in _found(reader, board, board.column_id("ORDER_KEY"), keys)
    ]
    unknown = int(session.query("push/unknown_on_board", [to_json(found)])[0]["ORDERS"]) if found else 0
    return f"{unknown} of {counted(len(keys), 'order')} to create that were looked up are" if unknown else None


def _unknown_names(reader: Reader, board: BoardContext, names: Sequence[str]) -> str | None:
    """An item with a key is what its key says; one without may be what its name says."""
    wanted = {fold(name): name for name in names}
    try:
        items = _found(reader, board, "name", list(wanted.values()))
    except MondayStopped:  # a Monday that doesn't search for names: the notice has to do
        return None
    found = len(wanted.keys() & {fold(item.name) for item, key in items if not key})
    return f"{found} of {counted(len(names), 'order')} to create that were looked up by name are" if found else None


def _unknown_sizes(session: Session, reader: Reader, board: BoardContext, selection: Selection) -> str | None:
    rows = session.query("push/sample_parents", selection.params, selection=selection.names, rows=MAX_IDS)
    columns = [column.column_id for column in board.size_columns if column.type != "name"]
    items = reader.items([int(row["MONDAY_ITEM_ID"]) for row in rows], [], subitem_column_ids=columns)
    _note_moved(board, items)
    found = [
        {"SUBITEM_ID": size.id, "ITEM_ID": item.id, "LABEL": size.label, "QTY": int(size.quantity)}
        for item in items
        if item.is_active and item.id not in board.moved
        for size in sizes_of(item, board.size_columns)
        if size.quantity is not None
    ]
    unknown = int(session.query("push/unknown_sizes", [to_json(found)])[0]["SIZES"]) if found else 0
    return f"{counted(unknown, 'size')} to create of {counted(len(rows), 'order')} looked up are" if unknown else None


def _note_moved(board: BoardContext, items: Sequence[BoardItem]) -> None:
    for item in items:
        if item.is_active and item.board_id not in (None, board.board_id):
            board.moved[item.id] = moved_sentence(item.id, item.board_id)


def remember_columns(
    ledger: Ledger, board_id: int, columns: Sequence[ResolvedColumn], *, sizes: bool = False
) -> tuple[list[str], dict[str, int]]:
    """Note where each column stands; of one under another id forget the confirmed values, which the board doesn't
    show there. Where the id was another field's, it shows that one's values.

    Gives the staged names of such columns, and by the title of every column that changed how many cells, left blank
    before, are due by that. Of several pushes at once, one notes a column. ``sizes``: they are those of subitems.
    """
    seen = {row["STAGED_COLUMN"]: row for row in ledger.query("push/seen_columns", [board_id])}
    of_id = {row["COLUMN_ID"]: name for name, row in seen.items()}
    kinds = {c.name: c.mapped_type if c.mapped_type in ("numbers", "date") else "text" for c in columns}
    changed: list[ResolvedColumn] = []

    def note() -> list[tuple[str, str | None]]:
        changed.clear()
        emptied = []
        for column in columns:
            was, is_now = seen.get(column.name), (column.column_id, column.type)
            if column.type in {"name", "group"} or (was and (was["COLUMN_ID"], was["COLUMN_TYPE"]) == is_now):
                continue
            key = [board_id, column.name]
            if was:
                if not ledger.run("push/forget_column", [*key, was["COLUMN_ID"], was["COLUMN_TYPE"]]):
                    continue
                changed.append(column)
            noted = ledger.run("push/save_column", [*key, *is_now, column.title, ledger.now(), *key])
            if was and noted and was["COLUMN_ID"] != column.column_id and column.write == "always" and not sizes:
                before = of_id.get(column.column_id, "")
                emptied.append((column.name, before if kinds.get(before) == kinds[column.name] else None))
        if emptied:
            ledger.run("push/column_emptied", [f"emptied {uuid.uuid4()}"], moves=tuple(emptied))
        return emptied

    emptied = ledger.transaction(note)
    level = SUBITEM if sizes else ITEM
    due = {
        column.title: ledger.execute("push/cells_due", [ledger.now(), column.name], level=level, filters=("column",))
        for column in changed
    }
    return [name for name, _ in emptied], {title: cells for title, cells in due.items() if cells}
