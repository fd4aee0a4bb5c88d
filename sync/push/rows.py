"""Staged rows on their way: handed out, claimed, made requests of, and handed out again where their results ask for it.

Orders come first, then the sizes of those just confirmed, then the other sizes. They are read in windows, so that
memory doesn't grow with the number of staged rows.
"""

import json
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from sync.database import Row
from sync.monday.documents import CHANGE_VALUES, mutation
from sync.monday.meter import Ticket
from sync.monday.values import ValueProblem, column_values
from sync.push.board import BoardContext
from sync.push.ledger import Run
from sync.push.plan import (
    ARCHIVE,
    ASK,
    CREATE,
    ITEM,
    SENT,
    SUBITEM,
    UPDATE,
    Failure,
    Request,
    Result,
    To,
    WorkRow,
    elsewhere,
    jsonable,
    make_request,
    to_json,
)
from sync.push.staged import FULL, Selection
from sync.settings import WINDOW_ROWS


class StagedRows:
    """Hands out the rows of a selection (none: no rows) and makes requests of them.

    ``room``: how many items the board still takes, where that isn't all.
    """

    def __init__(
        self,
        run: Run,
        board: BoardContext,
        selection: Selection | None = None,
        *,
        limit: int | None = None,
        skip_subitems: bool = False,
        room: int | None = None,
    ) -> None:
        self._ledger, self._batches, self._totals, self._meter = run.ledger, run.batches, run.totals, run.meter
        self._board, self._limit, self._skip_subitems = board, limit, skip_subitems
        # staged values that the ledger keeps of a row, beside those of the mapped columns
        self._kept = set(
            "ORDER_KEY SIZE_LABEL ROW_HASH MAPPING_HASH BATCH_CUSTOMER SOURCE_CUSTOMER ITEM_NAME GROUP_NAME".split()
        ) | {"TOTAL QTY", "ORDER_QTY", *(column.name for column in board.columns)}
        self._admitted: set[str] = set()  # orders that ``limit`` counts
        # orders to create that the board has room for, the oldest; None: it has room for all
        self._fitting: set[str] | None = None
        # orders, and sizes, whose item was gone and is made again in this run, once
        self._made_again: set[tuple[str, str | None]] = set()
        self._refused: dict[str, dict[str, ValueProblem]] = {}
        self._groups_gone: set[str] = set()  # titles of groups that a person deleted: they are made again, once
        # by key and KIND, the name of what they wait in: creations, changes, or sizes
        self._keys: dict[str, deque[Row]] = {name: deque() for name in (CREATE, UPDATE, SUBITEM)}
        self._windows: dict[str, Iterator[list[Row]]] = {ITEM: iter(()), SUBITEM: iter(())}
        if selection is not None:
            levels = (ITEM,) if skip_subitems else (ITEM, SUBITEM)
            self._windows |= {level: self._read(level, selection) for level in levels}
        if selection is not None and room is not None:
            chosen = {"selection": selection.names, "rows": room}
            self._fitting = {
                row["ORDER_KEY"] for row in self._ledger.query("push/oldest_creations", selection.params, **chosen)
            }

    # -- which rows are next ----------------------------------------------------------------------------------------

    def _read(self, level: str, selection: Selection) -> Iterator[list[Row]]:
        """Yield the rows that need work, a window at a time, each after the last one's batch and key."""
        parts = ("BATCH_ID", "ORDER_KEY", "SIZE_LABEL")[: 2 if level == ITEM else 3]
        after = [""] * len(parts)
        while after:
            # a key of several parts is compared as a > ? or (a = ? and b > ?) …
            params = [*selection.params, *(part for end in range(len(after)) for part in after[: end + 1])]
            chosen = {"selection": selection.names, "rows": WINDOW_ROWS}
            found = self._ledger.query("push/window", params, level=level, **chosen)
            after = [found[-1][name] for name in parts] if len(found) == WINDOW_ROWS else []
            yield [key for key in found if self._admit(key)]

    def _admit(self, key: Row) -> bool:
        """Return False where the board has no room for it, or ``limit`` orders were handed out already."""
        order = key["ORDER_KEY"]
        fits = self._fitting is None or key["KIND"] != CREATE or order in self._fitting
        if fits and self._limit is not None and len(self._admitted) < self._limit:
            self._admitted.add(order)
        beyond = self._limit is not None and order not in self._admitted
        self._totals.limited |= fits and beyond
        return fits and not beyond

    def _put_back(self, keys: Iterable[Row]) -> None:
        """Hand rows out again, first."""
        for key in keys:
            self._keys[key["KIND"]].appendleft(key)

    def _filled(self, level: str) -> bool:
        """Return whether rows of a level wait; the next window is read where none does."""
        while not any(self._keys[name] for name in ((CREATE, UPDATE) if level == ITEM else (SUBITEM,))):
            window = next(self._windows[level], None)
            if window is None:
                return False
            for key in window:
                self._keys[key["KIND"]].append(key)
        return True

    def _next(self, rows: int, level: str | None) -> tuple[str, list[Row]]:
        """Return level and keys of up to ``rows`` rows, of ``level`` if one is named; no keys: nothing to hand out now.

        Orders of one hand-out are all created or all changed, so that a request that must never be sent twice doesn't
        hold back rows that may. Sizes wait until they fill a request, or no order is left.
        """
        ready = level != ITEM and len(self._keys[SUBITEM]) >= rows
        if not ready and level != SUBITEM and self._filled(ITEM):
            keys = self._keys[CREATE] or self._keys[UPDATE]
            return ITEM, [keys.popleft() for _ in range(min(rows, len(keys)))]
        if ready or (level != ITEM and self._filled(SUBITEM)):
            return SUBITEM, self._whole_orders(rows)
        return level or ITEM, []

    def _whole_orders(self, rows: int) -> list[Row]:
        """Take up to ``rows`` sizes, of whole orders: one that doesn't fit any more begins the next request.

        Requests run side by side; the sizes of one order stand on the board in their own order only if one carries
        them.
        """
        sizes, taken, later = self._keys[SUBITEM], list[Row](), list[Row]()
        while sizes and len(taken) < rows and len(later) < rows:
            order = [sizes.popleft()]
            while sizes and sizes[0]["ORDER_KEY"] == order[0]["ORDER_KEY"]:
                order.append(sizes.popleft())
            room = rows - len(taken) if not taken or len(order) <= rows - len(taken) else 0
            taken += order[:room]
            later += order[room:]
        sizes.extendleft(reversed(later))
        return taken

    def choose(self, idle: int, most: int) -> tuple[str, list[list[Row]], float]:
        """Return level and keys of the next requests, for so many idle workers and of so many rows at most.

        Without any, the seconds to wait for the budget (0: no rows).
        """
        chunks, tickets = list[list[Row]](), list[Ticket]()
        level, wait_seconds = ITEM, 0.0
        while len(chunks) < idle:
            granted, wait_seconds = self._meter.affordable(most)
            level, keys = self._next(granted, level if chunks else None) if granted else (level, [])
            if not keys:
                break
            chunks.append(keys)
            tickets.append(self._meter.reserve(len(keys)))
        for ticket in tickets:
            self._meter.cancel(ticket)  # what the requests really need is set aside when they leave
        return level, chunks, wait_seconds

    # -- what they need ---------------------------------------------------------------------------------------------

    def claim(self, level: str, chunks: Sequence[Sequence[Row]]) -> list[Request]:
        """Claim rows, a request for each chunk, and record the requests; rows that need none are settled."""
        made_again = any((key["ORDER_KEY"], None) in self._made_again for chunk in chunks for key in chunk)
        again = {key for key, _ in self._made_again}

        def work() -> tuple[list[Request], list[Result]]:
            claimed, claims = self._ledger.claim(level, chunks, made_again=made_again)
            requests, results = list[Request](), list[Result]()
            for id_, staged in claimed.items():
                if rows := self._plan(level, staged, results):
                    verb = CREATE if rows[0].kind == CREATE else "CHANGE"
                    # what had an item may have another by now: a person's copy, or one that a backup doesn't know
                    asks = verb == CREATE and any(row.get("HAD_ITEM") or row["ORDER_KEY"] in again for row in staged)
                    requests.append(make_request(f"{verb}_{level}", rows, id_, state=ASK if asks else SENT))
            settled = [result for result in results if result.to in (To.OK, To.FAILED)]
            self._ledger.record_claimed(claimed, claims, requests, settled)
            return requests, results

        requests, results = self._ledger.transaction(work)
        self.follow(results)
        self._put_back(result.row.key for result in results if result.to is To.AGAIN)
        return requests

    def _plan(self, level: str, claimed: Sequence[Row], results: list[Result]) -> list[WorkRow]:
        """Return the rows of a request, and add to ``results`` those of which something else becomes."""
        rows: list[WorkRow] = []
        for staged in claimed:
            row = self._row(level, staged)
            moved = self._board.moved.get(row.item_id or 0) if level == SUBITEM or row.kind == ARCHIVE else None
            groupless = level == ITEM and row.group_id is None and row.kind != ARCHIVE
            # without its key an item is not found again
            keyless = " ".join(cell.text for cell in row.left_out if cell.column == "ORDER_KEY")
            reason = self._board.refused.get(row.values["GROUP_NAME"]) if groupless else keyless
            if groupless and not reason:
                results.append(Result(row, To.NO_GROUP))
            elif moved:
                results.append(elsewhere(row, moved, None))
            elif reason:
                failure = Failure("REJECTED", "VALUE", reason, stage="PREPARE")
                results.append(Result(row, To.FAILED, failure=failure))
            elif not row.operations:
                results.append(Result(row, To.OK, row.monday_id))
            elif rows and (row.kind == CREATE) != (rows[0].kind == CREATE):
                results.append(Result(row, To.AGAIN))
            else:
                self._board.labels.hold(row.new_labels)
                rows.append(row)
        return rows

    def _row(self, level: str, staged: Row) -> WorkRow:
        """Return what a claimed row needs on the board.

        One that comes out without operations shows already what it can show. Cells with problems stay blank.
        """
        board, live_id = self._board, staged["LIVE_ID"]
        row = WorkRow(
            level,
            staged["ROW_KEY"],
            staged["ORDER_KEY"],
            staged.get("SIZE_LABEL"),
            self._batches.of(staged),
            CREATE if live_id is None else UPDATE,
            staged["ROW_HASH"],
            {name: jsonable(value) for name, value in staged.items() if name in self._kept}
            | {"ATTEMPTS": staged["LIVE_ATTEMPTS"]},
            monday_id=live_id,
            parent_id=staged.get("LIVE_PARENT_ID"),
            board_id=board.board_id if level == ITEM else staged["LIVE_BOARD_ID"] or board.board.subitem_board_id or 0,
            group_id=board.group_id(staged["GROUP_NAME"] or "") if level == ITEM else None,
            has_errors=bool(staged["HAS_ERRORS"]),
        )
        if level == ITEM and staged["CHANGE_TYPE"] == ARCHIVE:
            operations = [mutation("archive_item", live_id)]
            return replace(row, kind=ARCHIVE, group_id=staged["LIVE_GROUP_ID"], operations=operations)
        only, columns, blank = None, board.by_level[level], set(str(staged["BLANK_CELLS"] or "").split("\n"))
        changed, base = staged.get("CHANGED_COLUMNS"), staged.get("CONFIRMED_HASH")
        if level == SUBITEM and row.kind == UPDATE:
            # the label is written once, unless its cell was left blank
            only = {"ORDER_QTY"} | blank
            columns = [replace(column, write="always") if column.name in blank else column for column in columns]
        elif row.kind == UPDATE and changed and base and base == staged["LIVE_HASH"]:
            only = set(json.loads(changed))
        elif row.kind == UPDATE and base and staged["LIVE_HASH"]:
            # the list was made against another confirmed state: what differs from the one of now
            (known,) = self._ledger.query("push/confirmed_values", [row.order_key])
            only = {column.name for column in columns if staged[column.name] != known[column.name]}
        refused, creating = self._refused.get(row.row_key, {}), row.kind == CREATE
        built = column_values(staged, columns, board.labels, only=only, creating=creating, refused=refused, blank=blank)
        row.new_labels, row.left_out, makes = built.new_labels, built.problems, bool(built.new_labels)
        # the key of a size stays, whatever its cell shows
        row.values |= {problem.column: None for problem in built.problems if problem.column != "SIZE_LABEL"}
        if creating and level == ITEM:
            name, group = staged["ITEM_NAME"], row.group_id or ""
            row.operations = [mutation("create_item", board.board_id, group, name, built.values, makes)]
        elif creating:
            row.operations = [mutation("create_subitem", row.parent_id, staged["SUBITEM_NAME"], built.values, makes)]
        elif built.values:
            row.operations = [mutation(CHANGE_VALUES, row.board_id, live_id, built.values, makes)]
        if level == ITEM and not creating and row.group_id is not None:
            # where nobody knows what the board shows, the confirmed group still tells whether a move is needed
            unsure = staged["LIVE_HASH"] is None or staged["LIVE_GROUP_ID"] != row.group_id
            if unsure if only is None else "GROUP_NAME" in only:
                row.operations.append(mutation("move_item_to_group", live_id, row.group_id))
        # a cell that can't even be cleared shows what it showed
        stays = [cell.column for cell in row.left_out if level == ITEM and not creating and not cell.clears]
        for known in self._ledger.query("push/confirmed_values", [row.order_key]) if stays else ():
            row.values |= {name: jsonable(known[name]) for name in stays}
        return row

    # -- what becomes of them ---------------------------------------------------------------------------------------

    def follow(self, results: Sequence[Result]) -> None:
        """Act upon what was written of rows: count, and hand out what is due by it."""
        rows = {to: [result.row for result in results if result.to is to] for to in To}
        done = rows[To.OK] + rows[To.ADOPTED]
        self._totals.done += len(done)
        self._totals.failed += sum(result.failure is not None for result in results)
        self._made_again |= {(each.row.order_key, None) for each in results if each.differs and each.row.level == ITEM}
        for made_again in (False, True):  # the sizes of orders that are on the board now
            orders = [row.key for row in done if row.level == ITEM and row.kind != ARCHIVE]
            keys = [key for key in orders if ((key["ORDER_KEY"], None) in self._made_again) is made_again]
            if keys and not self._skip_subitems:
                self._keys[SUBITEM].extend(
                    self._ledger.query("push/sizes_of_orders", [to_json(keys)], made_again=made_again)
                )
        for row, gone in [(each.row, each.monday_id) for each in results if each.to is To.GONE]:  # made again
            order: Row = {"ROW_KEY": row.order_key, "ORDER_KEY": row.order_key, "SIZE_LABEL": None, "KIND": CREATE}
            key = order if gone == row.item_id else row.key
            if (key["ORDER_KEY"], key["SIZE_LABEL"]) not in self._made_again:
                self._made_again.add((key["ORDER_KEY"], key["SIZE_LABEL"]))
                self._put_back([key])
        for row, cell in [(result.row, result.cell) for result in results if result.cell]:
            self._refused.setdefault(row.row_key, {})[cell.column] = cell
        self._put_back(row.key for row in rows[To.BLANK])
        # what is there already, and not as it was sent, is changed now
        self._put_back(replace(result.row, kind=UPDATE).key for result in results if result.differs)
        if rows[To.NO_ROOM]:  # only changes go on
            self._totals.reasons, self._fitting = [FULL], set()
            self._keys[CREATE].clear()
        if rows[To.NO_GROUP]:
            self._without_group(rows[To.NO_GROUP])

    def _without_group(self, rows: Sequence[WorkRow]) -> None:
        """Let rows wait for their group; one that a person deleted is made again, once."""
        board = self._board
        titles = {str(row.values["GROUP_NAME"]): row for row in rows}
        gone = {title for title, row in titles.items() if row.group_id and board.group_id(title) == row.group_id}
        lost = board.put_off.keys() | (
            self._groups_gone & {title for title, row in titles.items() if title in gone or row.group_id is None}
        )
        self._groups_gone |= gone
        keys = {board.group_key(title) for title in gone}
        board.see_groups([group for group in board.groups if board.group_key(group.title) not in keys])
        board.wanted |= {title: row.batch_id for title, row in titles.items() if title not in lost}
        self._put_back(row.key for row in rows if row.values["GROUP_NAME"] not in lost)
