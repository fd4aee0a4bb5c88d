"""From Monday's answer to what is written for each row. Pure: the decisions of a push stand here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from sync.errors import SyncError
from sync.monday.answers import Answer, ErrorEntry, RowOutcome, RowResult, is_denied, is_no_column
from sync.monday.board import ResolvedColumn
from sync.monday.values import ValueProblem, named_cell, refused_cell
from sync.push.plan import ARCHIVE, CREATE, ITEM, UPDATE, Key, Request, WorkRow
from sync.settings import MAX_ATTEMPTS, MAX_RUNS


@dataclass(frozen=True)
class Failure:
    """A failed attempt at a row, as the error table keeps it."""

    row: WorkRow
    error_class: str
    code: str
    message: str
    retryable: bool
    http_status: int | None = None
    stage: str = "PUSH"
    cell: ValueProblem | None = None
    """The cell that it is about, where it is about one only."""
    denied: bool = False
    """True where the token may not do it."""

    @property
    def attempt(self) -> int:
        """Number of the run in which it failed, of those at the same data and mapping."""
        return int(self.row.values.get("ATTEMPTS") or 0) + 1

    @property
    def dead_lettered(self) -> bool:
        """True where the runs are used up."""
        return self.retryable and self.attempt >= MAX_RUNS


@dataclass(frozen=True)
class Success:
    """A row that Monday confirmed, with the ids it gave."""

    row: WorkRow
    monday_id: int | str | None
    board_id: int | None = None
    adopted: bool = False
    unknown_quantity: bool = False


@dataclass
class Outcome:
    """What became of a request's rows; all of it is written in one transaction."""

    successes: list[Success] = field(default_factory=list)
    failures: list[Failure] = field(default_factory=list)
    gone_items: list[WorkRow] = field(default_factory=list)
    gone_sizes: list[WorkRow] = field(default_factory=list)
    released: list[WorkRow] = field(default_factory=list)
    carried: list[Request] = field(default_factory=list)
    """New requests that go on with what is left; claimed rows keep their claims."""
    name: str = "DONE"
    http_status: int | None = None
    monday_request_id: str | None = None


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
"""A row of two operations (change and move) is as far as its worst one."""


@dataclass
class Decisions:
    """The rows of an answered request, by what happens next."""

    outcome: Outcome
    again: list[WorkRow] = field(default_factory=list)
    """Surely not done: sent again in a new request."""
    unknown: list[WorkRow] = field(default_factory=list)
    """Nobody knows: looked up (creations) or repeated (changes)."""
    requeue_items: list[Key] = field(default_factory=list)
    """Orders whose item is gone: made again under their key."""
    requeue_sizes: list[Key] = field(default_factory=list)
    missing_groups: list[WorkRow] = field(default_factory=list)
    board_full: list[WorkRow] = field(default_factory=list)
    left_out: list[tuple[WorkRow, ValueProblem]] = field(default_factory=list)
    """Rows refused for one cell, which they are sent again without."""
    wait_seconds: float | None = None
    refused: bool = False
    """True where Monday told to wait: that counts as no try."""


def worst(results: list[RowResult]) -> RowResult:
    """The result that decides over a row of several operations; ids come from the first that has one."""
    return min(results, key=lambda result: _WEIGHT[result.outcome])


def transient_failure(row: WorkRow, error: ErrorEntry | None, http_status: int | None, what: str) -> Failure:
    """A row whose attempts in this run are used up; it comes back by itself at the next runs."""
    code = error.code if error else what
    message = error.message if error else f"Monday gave no usable answer ({what}); the row is tried again."
    return Failure(row, "TRANSIENT", code, message, retryable=True, http_status=http_status)


def unanswered(row: WorkRow, answer: Answer | None) -> Failure:
    """A row of which no answer of this run told what became of it; the reason is what the last one said."""
    if answer is None:
        return transient_failure(row, None, None, "NO_ANSWER")
    results = [answer.rows[alias] for alias in row.aliases if alias in answer.rows]
    error = (worst(results).error if results else None) or answer.error
    return transient_failure(row, error, answer.http_status, "NO_ANSWER")


@dataclass(frozen=True)
class Whereabouts:
    """Where items are that Monday doesn't find: by id the board of each that is neither archived nor deleted.

    ``problem``: why the board could not be asked, so that nobody knows.
    """

    board_id: int
    boards: Mapping[int, int | None] = field(default_factory=dict)
    problem: SyncError | None = None

    def moved(self, row: WorkRow, results: Sequence[RowResult]) -> str | None:
        """A sentence where the row's item lives on another board; None where it doesn't, as far as is known.

        A move into a group says itself on which board it was done: a copy of our board has groups of the same ids.
        """
        item = item_of(row)
        board = self.boards.get(item) if item is not None else None
        if row.kind == UPDATE and row.level == ITEM:
            board = board or next((told for result in results if (told := _board_of(result))), None)
        return moved_sentence(item, board) if board not in (None, self.board_id) else None

    def is_gone(self, row: WorkRow) -> bool:
        """False where the board was not asked, or shows what Monday doesn't find: then nothing is made again."""
        found = item_of(row) if row.kind == CREATE else row.monday_id
        return found is None or row.kind == ARCHIVE or (self.problem is None and found not in self.boards)


def item_of(row: WorkRow) -> int | None:
    """The item of a row's order."""
    return row.monday_id if row.level == ITEM else row.parent_id


def moved_sentence(item: int | None, board: int | None) -> str:
    """What is said of an item that was moved to another board."""
    return f"Item {item} is on board {board}: move it back, then run `python -m sync retry`."


def not_found(request: Request, answer: Answer) -> list[int]:
    """Items and subitems that Monday doesn't find where we had them: they are asked for before one is made again."""
    ids: list[int | None] = []
    for row in request.rows:
        outcome = worst([answer.rows[alias] for alias in row.aliases]).outcome
        gone = outcome is RowOutcome.MISSING_ITEM or (outcome is RowOutcome.MISSING_GROUP and row.kind == UPDATE)
        if gone and row.kind != ARCHIVE:
            ids += [item_of(row), row.monday_id]
    return list(dict.fromkeys(id_ for id_ in ids if id_ is not None))


def decide_rows(
    request: Request,
    answer: Answer,
    *,
    recreate: bool,
    columns: Mapping[str, Sequence[ResolvedColumn]],
    where: Whereabouts,
) -> Decisions:
    """Decides about every row of an answered request.

    ``recreate``: policy for an item that a person deleted or archived (dbt variable on_board_deletion). ``columns``:
    those of the board, by level. ``where``: about the items that ``not_found`` named.
    """
    decisions = Decisions(Outcome())
    decisions.outcome.http_status = answer.http_status
    decisions.outcome.monday_request_id = answer.request_id
    for row in request.rows:
        results = [answer.rows[alias] for alias in row.aliases]
        result = worst(results)
        if result.outcome is RowOutcome.REJECTED and result.error:
            cell = refused_value(row, result.error, columns[row.level])
            if cell is not None:
                decisions.left_out.append((row, cell))
                decisions.outcome.released.append(row)
                continue
        if message := where.moved(row, results):
            decisions.outcome.failures.append(elsewhere(row, message, answer.http_status))
            continue
        if result.outcome is RowOutcome.MISSING_ITEM and not where.is_gone(row):
            result = replace(result, outcome=RowOutcome.RETRY)
        _place(decisions, request, row, result, results, answer, recreate=recreate)
    return decisions


def elsewhere(row: WorkRow, message: str, http_status: int | None) -> Failure:
    """A row whose item is on another board: it waits for a person."""
    return Failure(row, ON_OTHER_BOARD, ON_OTHER_BOARD, message, retryable=False, http_status=http_status)


def refused_value(row: WorkRow, error: ErrorEntry, columns: Sequence[ResolvedColumn]) -> ValueProblem | None:
    """The cell that a refusal of a row is about, unless the row can't do without it; None: no cell can be named.

    A column is cleared where its value is refused, and left as it is where clearing is refused, too, or it can't be
    written at all.
    """
    sent: dict[str, object] | None = None
    for operation in row.operations:
        if "column_values" in operation.arguments:
            sent = (sent or {}) | dict(operation.arguments["column_values"])
    column = named_cell(error, columns, sent)
    if column is None or column.name == "ORDER_KEY":
        return None
    may_not = is_denied(error)
    before = next((cell for cell in row.left_out if cell.column == column.name), None)
    clears = before is None and not may_not and not is_no_column(error)
    value = before.value if before else row.values.get(column.name)
    return refused_cell(column, value, error, clears=clears, may_not=may_not)


def _place(
    decisions: Decisions,
    request: Request,
    row: WorkRow,
    result: RowResult,
    results: list[RowResult],
    answer: Answer,
    *,
    recreate: bool,
) -> None:
    out = decisions.outcome
    match result.outcome:
        case RowOutcome.DONE:
            monday_id = next((r.monday_id for r in results if r.monday_id is not None), None) or row.monday_id
            out.successes.append(Success(row, monday_id, board_id=_board_of(result)))
        case RowOutcome.REJECTED:
            error = result.error or ErrorEntry("REJECTED", "Monday refused the row.", None, None, None)
            message = f"{error.message.rstrip('.')}. {MAY_NOT}" if is_denied(error) else error.message
            out.failures.append(
                Failure(row, "REJECTED", error.code, message, retryable=False, http_status=answer.http_status)
            )
        case RowOutcome.UNKNOWN:
            decisions.unknown.append(row)
        case RowOutcome.RETRY | RowOutcome.NOT_RUN:
            if result.outcome is RowOutcome.RETRY and request.failures + 1 >= MAX_ATTEMPTS:
                out.failures.append(transient_failure(row, result.error, answer.http_status, "RETRIES_USED_UP"))
                return
            decisions.again.append(row)
            if result.wait_seconds is not None:
                decisions.wait_seconds = max(decisions.wait_seconds or 0.0, result.wait_seconds)
        case RowOutcome.BOARD_FULL:
            decisions.board_full.append(row)
            out.released.append(row)
        case RowOutcome.MISSING_GROUP:
            decisions.missing_groups.append(row)
            out.released.append(row)
        case RowOutcome.MISSING_ITEM if row.level == ITEM and row.kind == CREATE:
            decisions.missing_groups.append(row)  # a creation names nothing else that could be missing
            out.released.append(row)
        case RowOutcome.MISSING_ITEM:
            _gone(decisions, row, result, answer, recreate=recreate)


def _gone(decisions: Decisions, row: WorkRow, result: RowResult, answer: Answer, *, recreate: bool) -> None:
    """An item or subitem that isn't there any more: one policy, carried out and logged."""
    out = decisions.outcome
    message = result.error.message if result.error else "The item is no longer on the board."
    if row.level == ITEM and row.kind == ARCHIVE:
        out.successes.append(Success(row, row.monday_id))  # it is off the board: that's what was wanted
        return
    if not recreate:
        status = answer.http_status
        out.failures.append(
            Failure(row, "DELETED_ON_BOARD", "DELETED_ON_BOARD", message, retryable=False, http_status=status)
        )
        return
    if row.level == ITEM:
        out.gone_items.append(row)
        decisions.requeue_items.append(Key(row.order_key, None, CREATE))
    elif row.kind == CREATE:
        out.gone_items.append(row)  # the parent is gone: its order is made again
        out.failures.append(
            Failure(row, "TRANSIENT", "PARENT_NOT_FOUND", message, retryable=True, http_status=answer.http_status)
        )
        decisions.requeue_items.append(Key(row.order_key, None, CREATE))
    else:
        out.gone_sizes.append(row)
        decisions.requeue_sizes.append(row.key)


def _board_of(result: RowResult) -> int | None:
    """Board of a created subitem, as the answer tells it."""
    board = (result.payload or {}).get("board")
    return int(board["id"]) if isinstance(board, dict) and board.get("id") else None


def decide_plain(request: Request, answer: Answer) -> Decisions:
    """Decide about rows that no staged row stands for: groups to make, keys to write, surplus items to archive."""
    decisions = Decisions(
        Outcome(name=answer.verdict.name[:20], http_status=answer.http_status, monday_request_id=answer.request_id)
    )
    out = decisions.outcome
    for row in request.rows:
        result = worst([answer.rows[alias] for alias in row.aliases])
        if result.outcome is RowOutcome.DONE:
            out.successes.append(Success(row, result.text_id or result.monday_id or row.monday_id))
        elif result.outcome in (RowOutcome.REJECTED, RowOutcome.MISSING_ITEM):
            error = result.error or ErrorEntry("REJECTED", "Monday refused it and gave no reason.", None, None, None)
            out.failures.append(
                Failure(row, "REJECTED", error.code, error.message, retryable=False, denied=is_denied(error))
            )
        elif result.outcome is RowOutcome.UNKNOWN:
            decisions.unknown.append(row)
        else:
            decisions.again.append(row)
            if result.wait_seconds is not None:
                decisions.wait_seconds = max(decisions.wait_seconds or 0.0, result.wait_seconds)
    return decisions
