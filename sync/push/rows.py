"""Staged rows on their way: claimed, made requests of, and handed out again where their results ask for it."""

from __future__ import annotations

from collections.abc import Sequence

from sync.database import Row
from sync.monday.meter import Ticket
from sync.monday.values import ValueProblem
from sync.push.board import BoardContext
from sync.push.outcomes import Failure, Result, To, elsewhere, failed
from sync.push.plan import (
    ARCHIVE,
    CREATE,
    ITEM,
    SENT,
    SUBITEM,
    UPDATE,
    Key,
    Request,
    WorkRow,
    jsonable,
    make_request,
    plan_item,
    plan_size,
)
from sync.push.queue import WorkQueue
from sync.push.shared import Shared


class StagedRows:
    """Makes requests of staged rows, and follows up their results."""

    def __init__(self, shared: Shared, board: BoardContext, queue: WorkQueue) -> None:
        self._ledger, self._batches, self._totals = shared.ledger, shared.batches, shared.totals
        self._board, self._queue, self._meter = board, queue, shared.meter
        self._refused: dict[str, dict[str, ValueProblem]] = {}
        """By row key: cells that Monday refused, by staged name."""
        self._groups_gone: set[str] = set()
        """Titles of groups that a person deleted: they are made again, once."""

    def choose(self, idle: int, most: int) -> tuple[str, list[list[Key]], float | None]:
        """Return level and keys of the next requests, for so many idle workers and of so many rows at most.

        Without any, the seconds to wait for the budget (None: no rows).
        """
        chunks: list[list[Key]] = []
        level, wait_seconds = ITEM, None
        tickets: list[Ticket] = []
        while len(chunks) < idle:
            grant = self._meter.affordable(most)
            if grant.rows <= 0:
                wait_seconds = grant.wait_seconds
                break
            found = self._queue.next(min(grant.rows, most), level=level if chunks else None)
            if found is None:
                break
            level = found[0]
            chunks.append(found[1])
            tickets.append(self._meter.reserve(len(found[1])))
        for ticket in tickets:
            self._meter.cancel(ticket)  # what the requests really need is set aside when they leave
        return level, chunks, wait_seconds

    def claim(self, level: str, chunks: Sequence[Sequence[Key]]) -> list[Request]:
        """Claim rows, a request for each chunk, and record the requests; rows that need none are settled."""

        def work() -> tuple[list[Request], list[Result]]:
            claimed, claims = self._ledger.claim(level, chunks)
            requests: list[Request] = []
            results: list[Result] = []
            for id_, staged in claimed.items():
                if rows := self._plan(level, staged, results):
                    operation = f"{'CREATE' if rows[0].kind == CREATE else 'CHANGE'}_{level}"
                    requests.append(make_request(operation, rows, id_, state=SENT))
            settled = [result for result in results if result.to in (To.OK, To.FAILED)]
            self._ledger.record_claimed(claimed, claims, requests, settled)
            return requests, results

        requests, results = self._ledger.transaction(work)
        self.follow(results)
        self._queue.put_back([result.row.key for result in results if result.to is To.AGAIN])
        return requests

    def _plan(self, level: str, claimed: Sequence[Row], results: list[Result]) -> list[WorkRow]:
        """Return the rows of a request, and add to ``results`` those of which something else becomes."""
        rows: list[WorkRow] = []
        for staged in claimed:
            row, reason = self._row(level, staged)
            sentence = self._board.moved.get(row.item_id or 0) if level == SUBITEM or row.kind == ARCHIVE else None
            if level == ITEM and row.group_id is None and row.kind != ARCHIVE:
                reason = self._board.refused.get(row.values["GROUP_NAME"])
                if reason is None:
                    results.append(Result(row, To.NO_GROUP))
                    continue
            if sentence:
                results.append(elsewhere(row, sentence, None))
            elif reason is not None:
                results.append(failed(row, Failure("REJECTED", "VALUE", reason, stage="PREPARE")))
            elif not row.operations:
                results.append(Result(row, To.OK, row.monday_id))
            elif rows and (row.kind == CREATE) != (rows[0].kind == CREATE):
                results.append(Result(row, To.AGAIN))
            else:
                self._board.labels.hold(row.new_labels)
                rows.append(row)
        return rows

    def _row(self, level: str, staged: Row) -> tuple[WorkRow, str | None]:
        """Return what a claimed row needs on the board, and the reason why it can't be sent."""
        board, batch_id = self._board, self._batches.of(staged)
        refused = self._refused.get(Key(staged["ORDER_KEY"], staged.get("SIZE_LABEL")).row_key)
        if level == SUBITEM:
            size_board = board.board.subitem_board_id or 0
            return plan_size(
                staged, board.size_columns, board.labels, board_id=size_board, batch_id=batch_id, refused=refused
            )
        row, reason = plan_item(
            staged,
            board.columns,
            board.labels,
            board_id=board.board_id,
            group_id=board.group_id(staged["GROUP_NAME"] or ""),
            batch_id=batch_id,
            refused=refused,
        )
        # a cell that can't even be cleared shows what it showed
        stays = [cell.column for cell in row.left_out if not cell.clears and row.kind == UPDATE]
        for known in self._ledger.query("push/confirmed_values", [row.order_key]) if stays else ():
            row.values |= {name: jsonable(known[name]) for name in stays}
        return row, reason

    def follow(self, results: Sequence[Result]) -> None:
        """Act upon what was written of rows: count, and hand out what is due by it."""
        rows = {to: [result.row for result in results if result.to is to] for to in To}
        done = rows[To.OK] + rows[To.ADOPTED]
        self._totals.done += len(done)
        self._totals.failed += sum(result.failure is not None for result in results)
        self._queue.confirmed([row.order_key for row in done if row.level == ITEM and row.kind != ARCHIVE])
        self._queue.make_again(
            row.key if row.level == SUBITEM and row.kind != CREATE else Key(row.order_key, None, CREATE)
            for row in rows[To.GONE]
        )
        for row, cell in [(result.row, result.cell) for result in results if result.cell]:
            self._refused.setdefault(row.row_key, {})[cell.column] = cell
        self._queue.put_back([row.key for row in rows[To.BLANK]])
        if rows[To.NO_ROOM]:
            self._totals.board_full = True
            self._queue.skip_creations()
        if rows[To.NO_GROUP]:
            self._without_group(rows[To.NO_GROUP])

    def _without_group(self, rows: Sequence[WorkRow]) -> None:
        """Let rows wait for their group; one that a person deleted is made again, once."""
        board = self._board
        titles = {str(row.values["GROUP_NAME"]): row for row in rows}
        gone = {title for title, row in titles.items() if row.group_id and board.group_id(title) == row.group_id}
        lost = self._groups_gone & {title for title, row in titles.items() if title in gone or row.group_id is None}
        self._groups_gone |= gone
        board.forget_groups(gone)
        board.wanted |= {title: row.batch_id for title, row in titles.items() if title not in lost}
        self._queue.put_back([row.key for row in rows if row.values["GROUP_NAME"] not in lost])
