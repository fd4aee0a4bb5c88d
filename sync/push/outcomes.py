"""From Monday's answer to what becomes of each row. Pure: the decisions of a push stand here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from sync.errors import SyncError
from sync.monday.answers import Answer, ErrorEntry, RowOutcome, RowResult, is_denied, is_no_column
from sync.monday.board import ResolvedColumn
from sync.monday.values import ValueProblem, named_cell, refused_cell
from sync.push.plan import ARCHIVE, CREATE, ITEM, SENT, SUBITEM, UPDATE, Request, WorkRow, make_request
from sync.settings import MAX_ATTEMPTS


class To(StrEnum):
    """What becomes of a row."""

    OK = "OK"  # confirmed
    ADOPTED = "ADOPTED"  # confirmed, for the board has it already
    FAILED = "FAILED"
    GONE = "GONE"  # its item is gone: it is made again under its key
    BLANK = "BLANK"  # refused for one cell: planned again without it
    NO_GROUP = "NO_GROUP"  # waits for its group to be made
    NO_ROOM = "NO_ROOM"  # the board is full
    AGAIN = "AGAIN"  # surely not done: sent again in a new request
    UNKNOWN = "UNKNOWN"  # nobody knows: looked up (a creation) or sent again (a change)
    RELEASED = "RELEASED"  # surely not done, and left to the next run


DONE = (To.OK, To.ADOPTED)


@dataclass(frozen=True)
class Failure:
    """A failed attempt at a row, or a cell that was left blank, as the error table keeps it."""

    error_class: str
    code: str
    message: str
    retryable: bool = False
    http_status: int | None = None
    stage: str = "PUSH"
    cell: ValueProblem | None = None
    denied: bool = False
    """True where the token may not do it."""


@dataclass(frozen=True)
class Result:
    """What becomes of one row, with the ids that Monday gave or the reason that it told."""

    row: WorkRow
    to: To
    monday_id: int | str | None = None
    board_id: int | None = None
    differs: bool = False
    """True where an adopted subitem shows another quantity than the one that was sent."""
    failure: Failure | None = None
    cell: ValueProblem | None = None
    """The cell that was refused."""

    @property
    def attempt(self) -> int:
        """Return the number of the run in which it failed, of those at the same data and mapping."""
        return int(self.row.values.get("ATTEMPTS") or 0) + 1


@dataclass
class Closing:
    """The end of a request: what becomes of its rows, and the requests that go on with some of them."""

    request: Request
    results: list[Result]
    name: str = "DONE"
    http_status: int | None = None
    monday_request_id: str | None = None
    carried: list[Request] = field(default_factory=list)
    delay: float = 0.0
    """Seconds after which these are sent."""

    def rows(self, *to: To) -> list[WorkRow]:
        """Return the rows of which this becomes."""
        return [result.row for result in self.results if result.to in to]


ON_OTHER_BOARD = "ON_OTHER_BOARD"
MAY_NOT = "The token may not touch it: give its user the right, then run `python -m sync retry`."

_WEIGHT = {
    RowOutcome.REJECTED: 0,
    RowOutcome.BOARD_FULL: 1,
    RowOutcome.MISSING_ITEM: 2,
    RowOutcome.MISSING_GROUP: 3,
    RowOutcome.UNKNOWN: 4,
    RowOutcome.RETRY: 5,
    RowOutcome.NOT_RUN: 6,
    RowOutcome.DONE: 7,
}
"""If a row needs two operations (change and move), the worse result decides."""
_TO = {
    RowOutcome.UNKNOWN: To.UNKNOWN,
    RowOutcome.RETRY: To.AGAIN,
    RowOutcome.NOT_RUN: To.AGAIN,
    RowOutcome.BOARD_FULL: To.NO_ROOM,
    RowOutcome.MISSING_GROUP: To.NO_GROUP,
}


def worst(row: WorkRow, answer: Answer) -> RowResult:
    """Return the result that decides over a row of several operations."""
    return min((answer.rows[alias] for alias in row.aliases), key=lambda result: _WEIGHT[result.outcome])


def failed(row: WorkRow, failure: Failure) -> Result:
    """Return a row that failed."""
    return Result(row, To.FAILED, failure=failure)


def unanswered(row: WorkRow, answer: Answer | None) -> Result:
    """Return a row whose attempts in this run are used up, with what the last answer said; the next run tries it."""
    error = None
    if answer is not None:
        known = all(alias in answer.rows for alias in row.aliases)
        error = (worst(row, answer).error if known else None) or answer.error
    code = error.code if error else "NO_ANSWER"
    message = error.message if error else "Monday gave no usable answer (NO_ANSWER); the row is tried again."
    status = answer.http_status if answer else None
    return failed(row, Failure("TRANSIENT", code, message, retryable=True, http_status=status))


def elsewhere(row: WorkRow, message: str, http_status: int | None) -> Result:
    """Return a row whose item is on another board: it waits for a person."""
    return failed(row, Failure(ON_OTHER_BOARD, ON_OTHER_BOARD, message, http_status=http_status))


def moved_sentence(item: int | None, board: int | None) -> str:
    """Say that an item was moved to another board."""
    return f"Item {item} is on board {board}: move it back, then run `python -m sync retry`."


def closing_of(
    request: Request, results: Sequence[Result], answer: Answer, *, failures: int, size: int, delay: float
) -> Closing:
    """Return the end of an answered request: what isn't settled goes on, in requests of at most ``size`` rows.

    ``failures``: the times that its rows have been sent in vain. A change of which nobody knows is sent again, for it
    does no harm.
    """
    again = (To.AGAIN,) if request.creates else (To.AGAIN, To.UNKNOWN)
    spent = failures >= MAX_ATTEMPTS and failures > request.failures and not request.stays
    results = [
        result if result.to not in again else unanswered(result.row, answer) if spent else Result(result.row, To.AGAIN)
        for result in results
    ]
    closing = Closing(request, results, "DONE", answer.http_status, answer.request_id, delay=delay)
    undone, lost = closing.rows(To.AGAIN), closing.rows(To.UNKNOWN)
    for at in range(0, len(undone), size):
        closing.carried.append(
            make_request(request.operation, undone[at : at + size], failures=failures, last_answer=answer)
        )
    if lost:
        closing.carried.append(make_request(request.operation, lost, state=SENT, failures=failures, last_answer=answer))
    return closing


@dataclass(frozen=True)
class Whereabouts:
    """Where items are that Monday doesn't find: by id the board of each that is neither archived nor deleted.

    ``problem``: why the board could not be asked, so that nobody knows.
    """

    board_id: int
    boards: Mapping[int, int | None] = field(default_factory=dict)
    problem: SyncError | None = None

    def moved(self, row: WorkRow, results: Sequence[RowResult]) -> str | None:
        """Return a sentence where the row's item lives on another board; None where it doesn't, as far as is known.

        A move into a group says itself on which board it was done: a copy of our board has groups of the same ids.
        """
        item = row.item_id
        board = self.boards.get(item) if item is not None else None
        if row.kind == UPDATE and row.level == ITEM:
            board = board or next((told for result in results if (told := _board_of(result))), None)
        return moved_sentence(item, board) if board not in (None, self.board_id) else None

    def is_gone(self, row: WorkRow) -> bool:
        """Return False where the board was not asked, or shows what Monday doesn't find: nothing is made again."""
        found = row.item_id if row.kind == CREATE else row.monday_id
        return found is None or row.kind == ARCHIVE or (self.problem is None and found not in self.boards)


def not_found(request: Request, answer: Answer) -> list[int]:
    """Return items and subitems that Monday doesn't find where we had them: they are asked for before one is made."""
    ids: list[int | None] = []
    for row in request.rows:
        outcome = worst(row, answer).outcome
        gone = outcome is RowOutcome.MISSING_ITEM or (outcome is RowOutcome.MISSING_GROUP and row.kind == UPDATE)
        if gone and row.staged and row.kind != ARCHIVE:
            ids += [row.item_id, row.monday_id]
    return list(dict.fromkeys(id_ for id_ in ids if id_ is not None))


def decide(
    request: Request,
    answer: Answer,
    *,
    recreate: bool,
    columns: Mapping[str, Sequence[ResolvedColumn]],
    where: Whereabouts,
) -> list[Result]:
    """Decide about every row of an answered request.

    ``recreate``: policy for an item that a person deleted or archived (dbt variable on_board_deletion). ``columns``:
    those of the board, by level. ``where``: about the items that ``not_found`` named.
    """
    results = []
    for row in request.rows:
        result, parts, staged = worst(row, answer), [answer.rows[alias] for alias in row.aliases], row.staged
        refused = staged and result.outcome is RowOutcome.REJECTED
        if refused and (cell := _refused_cell(row, result.error, columns[row.level])):
            results.append(Result(row, To.BLANK, cell=cell))
        elif staged and (message := where.moved(row, parts)):
            results.append(elsewhere(row, message, answer.http_status))
        elif staged and result.outcome is RowOutcome.MISSING_ITEM:
            results.append(_missing(row, result, answer, where, recreate=recreate))
        else:
            results.append(_plain(row, result, parts, answer.http_status))
    return results


def _plain(row: WorkRow, result: RowResult, parts: Sequence[RowResult], http_status: int | None) -> Result:
    if result.outcome is RowOutcome.DONE:
        ids = (part.monday_id for part in parts if part.monday_id is not None)
        return Result(row, To.OK, next(ids, None) or row.monday_id, _board_of(result))
    if result.outcome in (RowOutcome.REJECTED, RowOutcome.MISSING_ITEM):
        error = result.error or ErrorEntry("REJECTED", "Monday refused it and gave no reason.")
        denied = is_denied(error)
        message = f"{error.message.rstrip('.')}. {MAY_NOT}" if denied and row.staged else error.message
        return failed(row, Failure("REJECTED", error.code, message, http_status=http_status, denied=denied))
    to = _TO[result.outcome]
    return Result(row, to if row.staged or to is To.UNKNOWN else To.AGAIN)


def _missing(row: WorkRow, result: RowResult, answer: Answer, where: Whereabouts, *, recreate: bool) -> Result:
    """Decide about an item or subitem that isn't there any more: one policy, carried out and logged."""
    message = result.error.message if result.error else "The item is no longer on the board."
    status = answer.http_status
    if not where.is_gone(row):
        return Result(row, To.AGAIN)
    if row.level == ITEM and row.kind == CREATE:
        return Result(row, To.NO_GROUP)  # a creation names nothing else that could be missing
    if row.level == ITEM and row.kind == ARCHIVE:
        return Result(row, To.OK, row.monday_id)  # it is off the board: that's what was wanted
    if not recreate:
        return failed(row, Failure("DELETED_ON_BOARD", "DELETED_ON_BOARD", message, http_status=status))
    if row.level == SUBITEM and row.kind == CREATE:  # the parent is gone: its order is made again
        return Result(row, To.GONE, failure=Failure("TRANSIENT", "PARENT_NOT_FOUND", message, True, status))
    return Result(row, To.GONE)


def _refused_cell(row: WorkRow, error: ErrorEntry | None, columns: Sequence[ResolvedColumn]) -> ValueProblem | None:
    """Return the cell that a refusal is about, unless the row can't do without it; None: no cell can be named.

    A column is cleared where its value is refused, and left as it is where clearing is refused, too, or it can't be
    written at all.
    """
    sent: dict[str, object] | None = None
    for operation in row.operations:
        if "column_values" in operation.arguments:
            sent = (sent or {}) | dict(operation.arguments["column_values"])
    column = named_cell(error, columns, sent) if error else None
    if error is None or column is None or column.name == "ORDER_KEY":
        return None
    may_not = is_denied(error)
    before = next((cell for cell in row.left_out if cell.column == column.name), None)
    clears = before is None and not may_not and not is_no_column(error)
    value = before.value if before else row.values.get(column.name)
    return refused_cell(column, value, error, clears=clears, may_not=may_not)


def _board_of(result: RowResult) -> int | None:
    board = (result.payload or {}).get("board")
    return int(board["id"]) if isinstance(board, dict) and board.get("id") else None
