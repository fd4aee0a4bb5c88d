"""The board as a push sees it: live columns, labels, groups, and what it says of requests whose end is unknown.

It is read once before the first write, checked against the mapping and the tables, and kept while the push runs. Items
are found by their key, sizes through their parents, groups by their titles.
"""

import uuid
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any

from sync.errors import BoardError
from sync.monday.board import Board, Group, ResolvedColumn, parse_board, resolve
from sync.monday.documents import board_query, find_items_query, items_query, mutation
from sync.monday.reading import BoardItem, MondayStopped, Reader, parse_items, sizes_of
from sync.monday.values import LabelBook, fold, unlisted
from sync.output import counted, either, told
from sync.push.ledger import Ledger
from sync.push.plan import (
    ASK,
    CREATE,
    DONE,
    GROUP,
    ITEM,
    SENT,
    SUBITEM,
    Closing,
    Request,
    Result,
    To,
    WorkRow,
    key_request,
    make_request,
    moved_sentence,
    to_json,
    unanswered,
)
from sync.push.staged import Selection
from sync.session import Session
from sync.settings import MAX_ATTEMPTS, MAX_IDS, MAX_KEYS


def placed(new: Sequence[str], existing: Sequence[Group]) -> list[tuple[str, str | None, str | None]]:
    """Return each new title with its neighbour and the side of it, in the order to make them: alphabetical among all.

    Those after the same neighbour are made last first, so that each lands directly behind it.
    """
    present = sorted(existing, key=lambda group: group.title.upper())
    behind: dict[str | None, list[str]] = {}
    for title in sorted(new):
        before = [group.id for group in present if group.title.upper() <= title.upper()]
        behind.setdefault(before[-1] if before else None, []).append(title)
    anchor = present[0].id if present else None
    above = [(title, anchor, "before_at" if anchor else None) for title in behind.pop(None, [])]
    return above + [(title, near, "after_at") for near, titles in behind.items() for title in reversed(titles)]


def title_of(row: WorkRow) -> str:
    """Return the title of a group to make; an earlier version recorded it as the row's key."""
    return str(row.values.get("GROUP_NAME", row.row_key))


def _folded(title: str) -> str:
    return title.strip().upper()


class BoardContext:
    """The board in use: its columns, labels and groups, what doesn't fit the mapping, and which groups are wanted.

    ``sizes``: subitems are to be read or written, too. False: their board is read all the same, for the places of its
    columns, and left out where those don't fit. None: it isn't read. ``reading``: the board is compared with the
    database, not written.
    """

    def __init__(
        self, session: Session, reader: Reader, board_id: int, *, sizes: bool | None, reading: bool = False
    ) -> None:
        self.reader, self.board_id, self.board = reader, board_id, reader.board(board_id)
        self.subitem_board: Board | None = None
        found = resolve(session.mapping.items, self.board, reading=reading)
        self.columns, self.problems, self.notices = found.columns, found.problems, found.notices
        # as mapped, for a board that has no subitems' board yet
        self.size_columns = [c.at(c.column_id or c.name, c.type) for c in session.mapping.subitems]
        if self.board.subitem_board_id is not None and sizes is not None:
            subitem_board = reader.board(self.board.subitem_board_id)
            below = resolve(session.mapping.subitems, subitem_board, reading=reading)
            if sizes or not below.problems:
                self.subitem_board, self.size_columns = subitem_board, below.columns
                self.problems += below.problems
                self.notices += below.notices
        self.labels = LabelBook([*self.board.columns, *(self.subitem_board.columns if self.subitem_board else ())])
        self.notices += unlisted(self.columns, self.labels)
        # items that live on another board, each with a sentence that says so: nothing is archived or made there
        self.moved: dict[int, str] = {}
        # titles of groups that staged orders need, each with the batch that it is made for
        self.wanted: dict[str, str] = {}
        # titles that Monday refused once: a neighbour may have gone meanwhile
        self.doubted: set[str] = set()
        # titles that Monday doesn't take, each with a sentence why: their orders are rejected, the others go on
        self.refused: dict[str, str] = {}
        # titles that could not be made in all tries of this run, each with what Monday said: their orders stay staged
        self.put_off: dict[str, str] = {}
        self.by_level: dict[str, Sequence[ResolvedColumn]] = {ITEM: self.columns, SUBITEM: self.size_columns}
        self.see_groups(self.board.groups)

    def column_id(self, name: str) -> str:
        """Return the live id of a staged column of orders or sizes."""
        return next(column.column_id for column in (*self.columns, *self.size_columns) if column.name == name)

    def see_groups(self, groups: Iterable[Group]) -> None:
        """Take these for the groups of the board."""
        self.groups = list(groups)
        # of two groups with one title the upper one serves
        self._by_title = {_folded(group.title): group.id for group in reversed(self.groups)}

    def group_id(self, title: str) -> str | None:
        """Return the live id of the group with this title (any case), None where the board has none."""
        return self._by_title.get(_folded(title))

    def group_key(self, title: str) -> str:
        """Return the key under which the making of a group is claimed and recorded."""
        return f"{self.board_id}|{_folded(title)}"

    @property
    def lacking(self) -> list[str]:
        """Return the wanted titles that the board lacks and takes, as far as known."""
        return [
            title for title in self.wanted if self.group_id(title) is None and title not in self.refused | self.put_off
        ]

    def group_request(self, titles: Sequence[str], request_id: str) -> Request:
        """Make the request that creates these groups, each at its place among those of the board."""
        rows = [
            WorkRow(
                GROUP,
                self.group_key(title),
                "",
                None,
                self.wanted[title],
                CREATE,
                "",
                {"GROUP_NAME": title},
                operations=[mutation("create_group", self.board_id, title, side, neighbour)],
            )
            for title, neighbour, side in placed(titles, self.groups)
        ]
        # it leaves with the transaction that records it: whoever finds it open must not take it for unsent
        return make_request("CREATE_GROUP", rows, request_id, state=SENT)

    def groups_answered(self, results: Sequence[Result]) -> BoardError | None:
        """Take note of groups that were made, found made, or refused; return why the run can't go on without one."""
        made = [Group(str(result.monday_id), title_of(result.row)) for result in results if result.to in DONE]
        self.see_groups([*self.groups, *(group for group in made if not self.group_id(group.title))])
        for title, failure in [(title_of(result.row), result.failure) for result in results if result.failure]:
            if failure.denied:
                return BoardError(
                    f"Groups can't be made ({failure.message}): give the token's user the right, then push again."
                )
            if failure.retryable:
                self.put_off[title] = failure.message
            elif title in self.doubted:
                self.refused[title] = (
                    f"The group can't be made on the board ({failure.message}): mend its name, or make room for groups."
                )
            self.doubted.add(title)
        return None


def question(requests: Sequence[Request], board: BoardContext) -> str:
    """Return the body of the question about requests of one operation, of 100 rows at most."""
    rows = [row for request in requests for row in request.rows]
    if requests[0].level == GROUP:
        return board_query(board.board_id)
    if requests[0].level == ITEM:
        key = board.column_id("ORDER_KEY")
        return find_items_query(board.board_id, key, [row.order_key for row in rows], [key])
    parents = sorted({row.parent_id for row in rows if row.parent_id is not None})
    columns = [column.column_id for column in board.size_columns if column.type != "name"]
    return items_query(parents, [], subitem_column_ids=columns)


def looked_up(
    requests: Sequence[Request], data: Mapping[str, Any], board: BoardContext, ledger: Ledger
) -> dict[str, list[Result]]:
    """Return what the board has of the rows of some requests, by row key; its groups are taken over.

    The oldest stands first: the API may have made more than one. What the tables know as another row's isn't counted,
    whatever key a person wrote into it. An item that these requests didn't make may show anything.
    """
    rows = [row for request in requests for row in request.rows]
    if requests[0].level == GROUP:
        board.see_groups(parse_board(data, board.board_id).groups)
        made = [(row, board.group_id(title_of(row))) for row in rows]
        return {row.row_key: [Result(row, To.ADOPTED, id_)] for row, id_ in made if id_}
    found: dict[str, list[Result]] = {}
    for item in sorted((item for item in parse_items(data) if item.is_active), key=lambda item: item.id):
        if requests[0].level == ITEM:
            # the search ignores case, the key doesn't
            key = (item.values.get(board.column_id("ORDER_KEY")) or "").strip()
            hits = [Result(row, To.ADOPTED, item.id, board.board_id) for row in rows if row.order_key == key]
        else:
            hits = [
                Result(row, To.ADOPTED, size.id, size.board_id, differs=quantity != row.values["ORDER_QTY"])
                for size, label, quantity in sizes_of(item, board.size_columns)
                for row in rows
                if row.parent_id == item.id and fold(row.size_label or "") == fold(label or "")
            ]
        for hit in hits:
            found.setdefault(hit.row.row_key, []).append(hit)
    level = requests[0].level
    ids = to_json([{"ITEM_ID": hit.monday_id} for hits in found.values() for hit in hits])
    known = {row["ID"]: row["ROW_KEY"] for row in ledger.query("push/known_ids", [ids], level=level)}
    unsent = {row.row_key for request in requests if request.state == ASK for row in request.rows}
    return {
        key: [
            replace(hit, differs=hit.differs or (level == ITEM and (hit.monday_id in known or key in unsent)))
            for hit in ours
        ]
        for key, hits in found.items()
        if (ours := [hit for hit in hits if known.get(hit.monday_id, key) == key])
    }


def closing_found(request: Request, found: Mapping[str, Sequence[Result]]) -> Closing | None:
    """Return the end of a lost creation: what the board has is adopted, the rest sent again. None: it has nothing."""
    hits = [found[row.row_key] for row in request.rows if row.row_key in found]
    rest = [row for row in request.rows if row.row_key not in found]
    spent = request.failures >= MAX_ATTEMPTS
    if not hits and not spent:
        return None
    others = [unanswered(row, request.last_answer) if spent else Result(row, To.AGAIN) for row in rest]
    closing = Closing(request, [*(hit[0] for hit in hits), *others], "LOOKED_UP")
    if rest and not spent:
        closing.carried.append(
            make_request(request.operation, rest, failures=request.failures, last_answer=request.last_answer)
        )
    surplus = [mutation("archive_item", int(second.monday_id or 0)) for hit in hits for second in hit[1:]]
    if surplus and request.state != ASK:  # what the API made twice of one creation: the later ones carry our key
        closing.carried.append(key_request("ARCHIVE_SURPLUS", surplus, request.rows[0].batch_id))
    return closing


def check(
    session: Session, reader: Reader, board_id: int, *, sizes: bool | None, reading: bool = False
) -> BoardContext:
    """Read the board and its subitems' board; raise BoardError with all that doesn't fit."""
    board = BoardContext(session, reader, board_id, sizes=sizes, reading=reading)
    if board.problems:
        unfit = "can't be read by the mapping" if reading else "doesn't fit the mapping, nothing was written"
        raise BoardError(f"The board {unfit}: {' '.join(board.problems)}")
    return board


def look_up_new(session: Session, board: BoardContext, selection: Selection, *, sizes: bool) -> None:
    """Look a sample of what is to be created up on the board: one call for orders, one for sizes of known orders.

    Raises BoardError where the board has items or subitems of them that the tables don't know. Where the tables know
    none of a board's items, the orders are looked up by name, too, for the items may lack their keys; where no name is
    found, a notice counts them, but for those of open requests. Items that live on another board are noted: nothing is
    archived or made there.
    """
    orders = session.query("push/sample_creations", selection.params, selection=selection.names, rows=MAX_KEYS)
    # the tables know an item, on whatever board
    stranger = bool(board.board.items_count) and not session.query("push/other_board", [0])
    unknown = (
        _unknown_orders(session, board, [row["ORDER_KEY"] for row in orders])
        or (sizes and board.subitem_board and _unknown_sizes(session, board, selection))
        or (stranger and _unknown_names(board, [row["ITEM_NAME"] for row in orders]))
    )
    if unknown:
        raise BoardError(
            f"{unknown} on the board already, but the tables don't know them, as after a restored backup or with a new"
            " database, so nothing was written; run `python -m sync board adopt`, which takes such items over, and"
            " `dbt build` before the push."
        )
    leaving = session.query("push/leaving_items", selection.params, selection=selection.names)
    _note_moved(board, board.reader.items([int(row["MONDAY_ITEM_ID"]) for row in leaving], []))
    made = [int(row["ROWS_HELD"]) for row in session.query("push/open_requests") if row["OPERATION"] == "CREATE_ITEM"]
    if stranger and (strange := (board.board.items_count or 0) - sum(made)) > 0:
        board.notices.append(
            f"The board has {counted(strange, 'item')} already, and the tables know none of them;"
            " `python -m sync board adopt` says whether some stand for orders."
        )


def take_back(ledger: Ledger, board: BoardContext, selection: Selection) -> None:
    """Take archived items that a person restored for those of their orders again, instead of making a second one."""
    rows = ledger.query("push/returning_items", selection.params, selection=selection.names)
    restored = [
        item
        for item in board.reader.items([int(row["MONDAY_ITEM_ID"]) for row in rows], [], subitem_column_ids=[])
        if item.is_active and item.board_id == board.board_id
    ]
    ids = to_json([{"ITEM_ID": item.id} for item in restored])
    sizes = to_json([{"ITEM_ID": size.id} for item in restored for size in item.subitems if size.is_active])
    if restored:
        ledger.transaction(
            lambda: ledger.run("push/restore_items", [ids]) + ledger.run("push/restore_sizes", [ids, sizes])
        )


def _found(board: BoardContext, column: str, values: Sequence[str]) -> list[tuple[BoardItem, str]]:
    """Return active items by the values of a column, each with its key. One page is enough: a single item tells."""
    key = board.column_id("ORDER_KEY")
    data = board.reader.ask(find_items_query(board.board_id, column, values, [key], limit=MAX_KEYS))
    return [(item, (item.values.get(key) or "").strip()) for item in parse_items(data) if item.is_active]


def _unknown_orders(session: Session, board: BoardContext, keys: Sequence[str]) -> str:
    hits = _found(board, board.column_id("ORDER_KEY"), keys) if keys else []
    found = to_json([{"ITEM_ID": item.id, "KEY_TEXT": key} for item, key in hits])
    number = int(session.query("push/unknown_on_board", [found])[0]["ORDERS"]) if hits else 0
    return f"{number} of {counted(len(keys), 'order')} to create that were looked up are" if number else ""


def _unknown_names(board: BoardContext, names: Sequence[str]) -> str:
    """An item with a key is what its key says; one without may be what its name says."""
    wanted, items = {fold(name): name for name in names}, list[tuple[BoardItem, str]]()
    with suppress(MondayStopped):  # a Monday that doesn't search for names: the notice has to do
        items = _found(board, "name", list(wanted.values())) if wanted else []
    found = len(wanted.keys() & {fold(item.name) for item, key in items if not key})
    return f"{found} of {counted(len(names), 'order')} to create that were looked up by name are" if found else ""


def _unknown_sizes(session: Session, board: BoardContext, selection: Selection) -> str:
    rows = session.query("push/sample_parents", selection.params, selection=selection.names, rows=MAX_IDS)
    columns = [column.column_id for column in board.size_columns if column.type != "name"]
    items = board.reader.items([int(row["MONDAY_ITEM_ID"]) for row in rows], [], subitem_column_ids=columns)
    _note_moved(board, items)
    found = [
        {"SUBITEM_ID": size.id, "ITEM_ID": item.id, "LABEL": label, "QTY": int(quantity)}
        for item in items
        if item.is_active and item.id not in board.moved
        for size, label, quantity in sizes_of(item, board.size_columns)
        if quantity is not None
    ]
    unknown = int(session.query("push/unknown_sizes", [to_json(found)])[0]["SIZES"]) if found else 0
    return f"{counted(unknown, 'size')} to create of {counted(len(rows), 'order')} looked up are" if unknown else ""


def _note_moved(board: BoardContext, items: Sequence[BoardItem]) -> None:
    board.moved |= {
        item.id: moved_sentence(item.id, item.board_id)
        for item in items
        if item.is_active and item.board_id not in (None, board.board_id)
    }


def remember_columns(ledger: Ledger, board: BoardContext) -> list[str]:
    """Note where each column stands; say what the next build stages for columns that stand elsewhere than before."""
    ids = {ITEM: board.board_id} | ({SUBITEM: board.subitem_board.id} if board.subitem_board else {})
    return [said for level, id_ in ids.items() for said in _remember(ledger, level, id_, board.by_level[level])]


def _remember(ledger: Ledger, level: str, board_id: int, columns: Sequence[ResolvedColumn]) -> list[str]:
    """Note the columns of a level; forget the confirmed values of one that has another id or type: it may show others.

    Where the id was another field's, it shows that one's. Cells that were left blank are due where their column
    changed. Of several pushes at once, one notes a column.
    """
    seen = {row["STAGED_COLUMN"]: row for row in ledger.query("push/seen_columns", [board_id])}
    of_id = {row["COLUMN_ID"]: name for name, row in seen.items()}
    kinds = {c.name: c.mapped_type if c.mapped_type in ("numbers", "date") else "text" for c in columns}

    def save(new: Sequence[ResolvedColumn]) -> int:
        places = [
            {"STAGED_COLUMN": c.name, "COLUMN_ID": c.column_id, "COLUMN_TYPE": c.type, "COLUMN_TITLE": c.title}
            for c in new
        ]
        return ledger.run("push/save_columns", [board_id, ledger.now(), to_json(places), board_id]) if new else 0

    def note() -> list[str]:
        emptied, notices = [], list[str]()
        mapped = [column for column in columns if column.is_column]
        save([column for column in mapped if column.name not in seen])
        for column in mapped:
            was, is_now = seen.get(column.name), (column.column_id, column.type)
            if not was or (was["COLUMN_ID"], was["COLUMN_TYPE"]) == is_now:
                continue
            if not ledger.run("push/forget_column", [board_id, column.name, was["COLUMN_ID"], was["COLUMN_TYPE"]]):
                continue
            noted = save([column])
            if noted and column.write == "always":
                before = of_id.get(column.column_id, "") if was["COLUMN_ID"] != column.column_id else ""
                emptied.append((column.name, before if kinds.get(before) == kinds[column.name] else None))
            again = {"level": level, "filters": ("column",)}
            due = ledger.run("push/cells_due", [ledger.now(), column.name], **again)
            notices += told(
                (
                    noted and column.name in ("ORDER_KEY", "SIZE_LABEL"),
                    f"The column {column.title} has another id or type on the board than before. Where keys are"
                    " missing, run `python -m sync audit --repair --max-percent 100`, then push.",
                ),
                (
                    due,
                    f"The column {column.title} changed on the board: {counted(due, 'cell')} that"
                    f" {either(due, 'was', 'were')} left blank {either(due, 'is', 'are')} staged by the next build.",
                ),
            )
        if emptied and level == ITEM:
            ledger.run("push/column_emptied", [f"emptied {uuid.uuid4()}"], moves=tuple(emptied))
        elif emptied:
            ledger.run("push/quantities_emptied", [board_id])
        return [
            f"The column {name} has another id or type on the board than before; the next build stages what it should"
            " show."
            for name, _ in emptied
        ] + notices

    return ledger.transaction(note)
