"""Everything that is checked before the first write: the board, its columns against the mapping, keys to create."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from sync.errors import BoardError
from sync.monday.board import Board, ResolvedColumn, resolve
from sync.monday.documents import find_items_query
from sync.monday.items import sizes_of
from sync.monday.mapping import MappedColumn
from sync.monday.reading import BoardItem, MondayStopped, Reader, parse_items
from sync.monday.values import LabelBook, fold, unlisted
from sync.push.ledger import Ledger, Move
from sync.push.outcomes import moved_sentence
from sync.push.plan import ITEM, SUBITEM, to_json
from sync.push.staged import Selection
from sync.session import Session
from sync.settings import MAX_IDS, MAX_KEYS
from sync.words import counted


@dataclass(frozen=True)
class Preflight:
    """What the preflight found: the board is fit for the mapping."""

    board: Board
    subitem_board: Board | None
    columns: tuple[ResolvedColumn, ...]
    size_columns: tuple[ResolvedColumn, ...]
    labels: LabelBook
    notices: tuple[str, ...]
    moved: Mapping[int, str] = field(default_factory=dict)
    """Items looked up that live on another board, each with a sentence that says so."""


def _as_mapped(columns: tuple[MappedColumn, ...]) -> tuple[ResolvedColumn, ...]:
    """Subitem columns as mapped, for a board that has no subitems' board yet."""
    return tuple(
        ResolvedColumn(c.name, c.title, c.column_id or c.name, c.type, c.type, c.write, c.create_labels)
        for c in columns
    )


def check(session: Session, reader: Reader, board_id: int, *, sizes: bool, reading: bool = False) -> Preflight:
    """Reads the board and its subitems' board; raises BoardError with all that doesn't fit.

    ``reading``: the board is to be compared with the database, not written.
    """
    board = reader.board(board_id)
    items = resolve(session.mapping.items, board, reading=reading)
    problems = list(items.problems)
    notices = list(items.notices)
    subitem_board = None
    size_columns = _as_mapped(session.mapping.subitems)
    if board.subitem_board_id is not None and sizes:
        subitem_board = reader.board(board.subitem_board_id)
        subitems = resolve(session.mapping.subitems, subitem_board, reading=reading)
        problems += subitems.problems
        notices += subitems.notices
        size_columns = subitems.columns
    if problems:
        unfit = "can't be compared with the database" if reading else "doesn't fit the mapping, nothing was written"
        raise BoardError(f"The board {unfit}: {' '.join(problems)}")
    labels = LabelBook.of(*[board, *([subitem_board] if subitem_board else [])])
    notices += unlisted(items.columns, labels)
    return Preflight(board, subitem_board, items.columns, size_columns, labels, tuple(notices))


def look_up_new(
    session: Session, reader: Reader, preflight: Preflight, selection: Selection, *, sizes: bool
) -> Preflight:
    """Looks a sample of what is to be created up on the board: one call for orders, one for sizes of known orders.

    Raises BoardError where the board has items or subitems of them that the tables don't know. Where the tables know
    none of a board's items, the orders are looked up by name, too, for the items may lack their keys; where no name is
    found either, the preflight comes back with a notice.
    """
    orders = session.query("push/sample_creations", selection.params, selection=selection.names, rows=MAX_KEYS)
    unknown = _unknown_orders(session, reader, preflight, orders)
    if not unknown and sizes and preflight.subitem_board is not None:
        unknown, moved = _unknown_sizes(session, reader, preflight, selection)
    else:
        moved = {}
    # the tables know an item, on whatever board
    stranger = bool(preflight.board.items_count) and not session.query("push/other_board", [0])
    if not unknown and stranger:
        unknown = _unknown_names(reader, preflight, orders)
    if unknown:
        raise BoardError(
            f"{unknown} on the board already, but the tables don't know them, as after a restored backup or with a new"
            " database, so nothing was written; run `python -m sync board adopt`, which takes such items over, and"
            " `dbt build` before the push."
        )
    leaving = [
        int(row["MONDAY_ITEM_ID"])
        for row in session.query("push/leaving_items", selection.params, selection=selection.names)
    ]
    moved |= _moved(reader.items(leaving, []), preflight)
    preflight = replace(preflight, moved=moved)
    if not stranger:
        return preflight
    notice = (
        f"The board has {counted(preflight.board.items_count or 0, 'item')} already, and the tables know none of them;"
        " `python -m sync board adopt` says whether some stand for orders."
    )
    return replace(preflight, notices=(*preflight.notices, notice))


def _unknown_orders(
    session: Session, reader: Reader, preflight: Preflight, orders: Sequence[Mapping[str, Any]]
) -> str | None:
    keys = [row["ORDER_KEY"] for row in orders]
    if not keys:
        return None
    column = _key_column(preflight)
    # one page is enough: a single item tells
    question = find_items_query(preflight.board.id, column, keys, [column], limit=MAX_KEYS)
    found = [
        {"ITEM_ID": item.id, "KEY_TEXT": (item.values.get(column) or "").strip()}
        for item in parse_items(reader.ask(question)).items
        if item.is_active
    ]
    unknown = int(session.query("push/unknown_on_board", [to_json(found)])[0]["ORDERS"]) if found else 0
    return f"{unknown} of {counted(len(keys), 'order')} to create that were looked up are" if unknown else None


def _unknown_names(reader: Reader, preflight: Preflight, orders: Sequence[Mapping[str, Any]]) -> str | None:
    """An item with a key is what its key says; one without may be what its name says."""
    names = {fold(row["ITEM_NAME"]): row["ITEM_NAME"] for row in orders}
    if not names:
        return None
    column = _key_column(preflight)
    question = find_items_query(preflight.board.id, "name", list(names.values()), [column], limit=MAX_KEYS)
    try:
        items = parse_items(reader.ask(question)).items
    except MondayStopped:  # a Monday that doesn't search for names: the notice has to do
        return None
    keyless = [fold(item.name) for item in items if item.is_active and not (item.values.get(column) or "").strip()]
    found = len(names.keys() & set(keyless))
    return f"{found} of {counted(len(orders), 'order')} to create that were looked up by name are" if found else None


def _moved(items: Sequence[BoardItem], preflight: Preflight) -> dict[int, str]:
    """Those of the items that live on another board, each with a sentence that says so."""
    return {
        item.id: moved_sentence(item.id, item.board_id)
        for item in items
        if item.is_active and item.board_id not in (None, preflight.board.id)
    }


def _key_column(preflight: Preflight) -> str:
    return next(column.column_id for column in preflight.columns if column.name == "ORDER_KEY")


def _unknown_sizes(
    session: Session, reader: Reader, preflight: Preflight, selection: Selection
) -> tuple[str | None, dict[int, str]]:
    """What to say of sizes that the tables don't know, and the orders' items that live on another board."""
    rows = session.query("push/sample_parents", selection.params, selection=selection.names, rows=MAX_IDS)
    parents = [int(row["MONDAY_ITEM_ID"]) for row in rows]
    if not parents:
        return None, {}
    columns = [column.column_id for column in preflight.size_columns if column.type != "name"]
    items = [item for item in reader.items(parents, [], subitem_column_ids=columns) if item.is_active]
    moved = _moved(items, preflight)
    found = [
        {"SUBITEM_ID": size.id, "ITEM_ID": item.id, "LABEL": size.label, "QTY": int(size.quantity)}
        for item in items
        if item.id not in moved
        for size in sizes_of(item, preflight.size_columns)
        if size.quantity is not None
    ]
    unknown = int(session.query("push/unknown_sizes", [to_json(found)])[0]["SIZES"]) if found else 0
    told = f"{counted(unknown, 'size')} to create of {counted(len(parents), 'order')} looked up are"
    return told if unknown else None, moved


def remember_columns(
    session: Session,
    ledger: Ledger,
    board_id: int,
    columns: Sequence[ResolvedColumn],
    now: Callable[[], dt.datetime],
    *,
    sizes: bool = False,
) -> tuple[list[str], dict[str, int]]:
    """Notes where each column stands; of one under another id it forgets the confirmed values, which the board doesn't
    show there. Where the id was another field's, it shows that one's values.

    Gives the staged names of such columns, and by the name of every column that changed how many cells, left blank
    before, are due by that. Of several pushes at once, one notes a column. ``sizes``: they are those of subitems.
    """
    seen = {row["STAGED_COLUMN"]: row for row in session.query("push/seen_columns", [board_id])}
    of_id = {row["COLUMN_ID"]: name for name, row in seen.items()}
    types = {
        column.name: column.mapped_type if column.mapped_type in ("numbers", "date") else "text" for column in columns
    }
    moves: dict[str, Move] = {}
    titles: dict[str, str] = {}
    for column in columns:
        if column.type in {"name", "group"}:
            continue
        old = seen.get(column.name)
        if old and old["COLUMN_ID"] == column.column_id and old["COLUMN_TYPE"] == column.type:
            continue
        elsewhere = old is not None and old["COLUMN_ID"] != column.column_id and column.write == "always" and not sizes
        before = of_id.get(column.column_id)
        shows = before if before in types and types[before] == types[column.name] else None
        now_at = [board_id, column.name, column.column_id, column.type, column.title, now()]
        moves[column.name] = Move(old, now_at, elsewhere, shows)
        titles[column.name] = column.title
    level = SUBITEM if sizes else ITEM
    due: dict[str, int] = {}
    mine = ledger.move_columns(list(moves.values())) if moves else set()
    for name in (name for name in moves if name in mine and moves[name].was):
        cells = ledger.execute("push/cells_due", [now(), name], level=level, filters=("column",))
        due |= {titles[name]: cells} if cells else {}
    return [name for name in moves if name in mine and moves[name].elsewhere], due
