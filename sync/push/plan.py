"""The unit of work: staged rows, the requests that carry them, and what becomes of each by Monday's answer. Pure."""

import datetime as dt
import itertools
import json
import re
import uuid
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from decimal import Decimal
from enum import StrEnum
from typing import Any

from sync.database import Row
from sync.monday.answers import Answer, ErrorEntry, RowOutcome, RowResult, is_denied, normal_code
from sync.monday.board import ResolvedColumn
from sync.monday.documents import Operation, alias_at, build_request
from sync.monday.values import ValueProblem, named_cell, refused_cell
from sync.settings import Settings

# Levels of a request's rows. KEY: a cell to write, or a surplus item to archive, by its id on the board.
ITEM, SUBITEM, GROUP, KEY = "ITEM", "SUBITEM", "GROUP", "KEY"
CREATE, UPDATE, ARCHIVE, MOVE, UPDATE_AND_MOVE = "CREATE", "UPDATE", "ARCHIVE", "MOVE", "UPDATE_AND_MOVE"
SETTLE = "SETTLE"  # kind of a staged row that a run has in hand: its outcome comes first
# States of an open request. SEND: surely not done, sent once it is due. SENT: nobody knows its end yet; once it is due,
# the board is asked for a creation, and anything else is sent again. ASK: never sent; the board is asked before it is,
# for what is made again may stand there under its key.
SEND, SENT, ASK = "SEND", "SENT", "ASK"
# Operation of a request without a body: its rows were settled when they were claimed.
UNSENT = "UNSENT"
WRITE_KEYS = "WRITE_KEYS"


def jsonable(value: Any) -> Any:
    """Return a database value as JSON keeps it without loss: decimals and dates as text."""
    if isinstance(value, dt.date):  # or a datetime
        return value.isoformat()
    return format(value, "f") if isinstance(value, Decimal) else value


def to_json(value: Any) -> str:
    """Compact JSON; text in any script stays readable."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=jsonable)


@dataclass
class WorkRow:
    """One row of a request.

    ``values`` are the staged values as JSON keeps them, from which the confirmed row is written; ``kind`` is what the
    board needs (CREATE, UPDATE, ARCHIVE), which may differ from what was staged when the board moved on since.
    ``has_errors``: false where the error tables surely hold nothing open of it. ``left_out``: cells that stay blank.
    """

    level: str
    row_key: str
    order_key: str
    size_label: str | None
    batch_id: str
    kind: str
    row_hash: str
    values: dict[str, Any]
    monday_id: int | None = None
    parent_id: int | None = None
    board_id: int | None = None
    group_id: str | None = None
    operations: list[Operation] = field(default_factory=list)
    aliases: list[str] = field(default_factory=list)
    new_labels: dict[str, str] = field(default_factory=dict)
    has_errors: bool = True
    left_out: tuple[ValueProblem, ...] = ()

    @property
    def key(self) -> Row:
        """Return what the staged row is handed out by again; KIND says what it waits in."""
        return {
            "ROW_KEY": self.row_key,
            "ORDER_KEY": self.order_key,
            "SIZE_LABEL": self.size_label,
            "KIND": SUBITEM if self.level == SUBITEM else CREATE if self.kind == CREATE else UPDATE,
        }

    @property
    def staged(self) -> bool:
        """Return whether a staged row stands for it."""
        return self.level in (ITEM, SUBITEM)

    @property
    def item_id(self) -> int | None:
        """Return the item of its order."""
        return self.monday_id if self.level == ITEM else self.parent_id

    def ledger(self, request_id: str) -> dict[str, Any]:
        """Return the row as ``MON_ApiRequestRows`` keeps it, moves told apart; ids travel inside the values."""
        moves = [operation.field == "move_item_to_group" for operation in self.operations]
        kept = self.values | {
            "_monday_id": self.monday_id,
            "_parent_id": self.parent_id,
            "_board_id": self.board_id,
            "_group_id": self.group_id,
            "_aliases": self.aliases,
            "_left_out": [asdict(cell) for cell in self.left_out],
        }
        return {
            "REQUEST_ID": request_id,
            "ALIAS": self.aliases[0],
            "LEVEL": self.level,
            "ROW_KEY": self.row_key,
            "ORDER_KEY": self.order_key or None,
            "SIZE_LABEL": self.size_label,
            "BATCH_ID": self.batch_id or None,
            "CHANGE_TYPE": self.kind if not any(moves) else MOVE if all(moves) else UPDATE_AND_MOVE,
            "ROW_HASH": self.row_hash,
            "ROW_VALUES": to_json(kept),
        }


@dataclass
class Request:
    """A request and its life: recorded, sent, perhaps postponed, closed.

    ``due``: monotonic second from which something is to be done about it, by its ``state``. ``failures``: times that
    its rows were sent in vain, in earlier requests, too. ``refusals``: times that Monday said "later", which is no
    failure. ``last_answer``: what came back when its outcome stayed unknown, for the reason in the error table.
    """

    id: str
    operation: str
    rows: list[WorkRow]
    body: str
    state: str = SEND
    due: float = 0.0
    attempts: int = 0
    failures: int = 0
    refusals: int = 0
    cost: int = 0
    last_answer: Answer | None = None

    @property
    def aliases(self) -> list[str]:
        """Return every alias of the document, in order."""
        return [alias for row in self.rows for alias in row.aliases]

    @property
    def level(self) -> str:
        """Return the level of its rows."""
        return self.rows[0].level

    @property
    def creates(self) -> bool:
        """Return whether sending it twice could make two."""
        return self.operation.startswith("CREATE")

    @property
    def to_ask(self) -> bool:
        """Return whether the board is to be asked what it has of it, before it is sent or sent again."""
        return self.creates and self.state != SEND

    @property
    def stays(self) -> bool:
        """Return whether it is left to the next run where this one fails: nobody would record it anew."""
        return self.level == KEY and self.operation != WRITE_KEYS

    def rest(self, settings: Settings) -> float:
        """Return for how long after a sending Monday may still be at work on it, and a search may not show it.

        Sizes and groups are found by reading, which has no search lag; a key may be written twice.
        """
        if self.operation == "CREATE_ITEM":
            return settings.settle_seconds
        return settings.parent_settle_seconds if self.operation.startswith(("CREATE", "CHANGE")) else 0.0


def make_request(
    operation: str,
    rows: Sequence[WorkRow],
    request_id: str = "",
    *,
    state: str = SEND,
    failures: int = 0,
    last_answer: Answer | None = None,
) -> Request:
    """Make a request of rows; ``failures`` and ``last_answer`` are those of the request that they were in before.

    There they keep their aliases, by which what became of them is recorded.
    """
    aliases = map(alias_at, itertools.count())
    own = [replace(row, aliases=list(itertools.islice(aliases, len(row.operations)))) for row in rows]
    return Request(
        request_id or str(uuid.uuid4()),
        operation,
        own,
        build_request([each for row in own for each in row.operations]),
        state,
        failures=failures,
        last_answer=last_answer,
    )


def key_request(operation: str, operations: Sequence[Operation], batch_id: str = "") -> Request:
    """Make a request that writes keys or archives surplus items; its rows are known by their ids on the board."""
    return make_request(operation, [_plain_row(each, batch_id) for each in operations])


def _plain_row(operation: Operation, batch_id: str) -> WorkRow:
    if operation.field == "create_group":
        title = operation.arguments["group_name"]
        return WorkRow(GROUP, title, "", None, batch_id, CREATE, "", {"GROUP_NAME": title}, operations=[operation])
    item = operation.arguments["item_id"]
    kind = ARCHIVE if operation.field == "archive_item" else UPDATE
    return WorkRow(KEY, item, "", None, batch_id, kind, "", {}, monday_id=int(item), operations=[operation])


def recovered(found: Mapping[str, Any], recorded: Sequence[Mapping[str, Any]]) -> Request:
    """Return the request of a dead run as the ledger has it; an earlier version recorded some without rows."""
    document = json.loads(found["BODY"] or '{"query": "", "variables": {}}')
    given: dict[str, dict[str, Any]] = defaultdict(dict)
    for variable, value in document["variables"].items():
        alias, _, name = variable.partition("_")
        given[alias][name] = json.loads(value) if name == "column_values" else value
    operations = {
        alias: Operation(name, given[alias])
        for alias, name in re.findall(r"^ *(a[0-9]+): (\w+)\(", document["query"], re.MULTILINE)
    }
    rows = [_from_ledger(row, operations) for row in recorded] or [
        replace(_plain_row(each, found["BATCH_ID"] or ""), aliases=[at]) for at, each in operations.items()
    ]
    return Request(
        found["REQUEST_ID"],
        found["OPERATION"],
        rows,
        found["BODY"],
        found["STATE"] or SENT,
        attempts=found["ATTEMPTS"],
    )


def _from_ledger(row: Mapping[str, Any], operations: Mapping[str, Operation]) -> WorkRow:
    values = json.loads(row["ROW_VALUES"])
    aliases = values.pop("_aliases")
    return WorkRow(
        level=row["LEVEL"],
        row_key=row["ROW_KEY"],
        order_key=row["ORDER_KEY"] or "",
        size_label=row["SIZE_LABEL"],
        batch_id=row["BATCH_ID"] or "",
        kind=UPDATE if row["CHANGE_TYPE"] in (MOVE, UPDATE_AND_MOVE) else row["CHANGE_TYPE"],
        row_hash=row["ROW_HASH"],
        monday_id=values.pop("_monday_id"),
        parent_id=values.pop("_parent_id"),
        board_id=values.pop("_board_id"),
        group_id=values.pop("_group_id"),
        operations=[operations[alias] for alias in aliases if alias in operations],
        aliases=aliases,
        left_out=tuple(ValueProblem(**cell) for cell in values.pop("_left_out", ())),
        values=values,
    )


# ---------- what becomes of rows


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
    """A failed attempt at a row, or a cell that was left blank, as the error table keeps it.

    ``denied``: the token may not do it.
    """

    error_class: str
    code: str
    message: str
    retryable: bool = False
    http_status: int | None = None
    stage: str = "PUSH"
    cell: ValueProblem | None = None
    denied: bool = False


@dataclass(frozen=True)
class Result:
    """What becomes of one row, with the ids that Monday gave or the reason that it told.

    ``monday_id``: of a row that is GONE, the item or subitem that isn't there any more. ``differs``: what was adopted
    shows another quantity than the one that was sent, or is an item that this request didn't make. ``cell``: the one
    refused.
    """

    row: WorkRow
    to: To
    monday_id: int | str | None = None
    board_id: int | None = None
    differs: bool = False
    failure: Failure | None = None
    cell: ValueProblem | None = None


@dataclass
class Closing:
    """The end of a request: what becomes of its rows, and the requests ``carried`` on, sent after ``delay`` seconds."""

    request: Request
    results: list[Result]
    name: str = "DONE"
    http_status: int | None = None
    monday_request_id: str | None = None
    carried: list[Request] = field(default_factory=list)
    delay: float = 0.0


ON_OTHER_BOARD = "ON_OTHER_BOARD"

_TO = {
    RowOutcome.UNKNOWN: To.UNKNOWN,
    RowOutcome.RETRY: To.AGAIN,
    RowOutcome.NOT_RUN: To.AGAIN,
    RowOutcome.BOARD_FULL: To.NO_ROOM,
    RowOutcome.MISSING_GROUP: To.NO_GROUP,
}


def worst(row: WorkRow, answer: Answer) -> RowResult:
    """Return the result that decides over a row of several operations."""
    gravity = list(RowOutcome).index
    return min((answer.rows[alias] for alias in row.aliases), key=lambda result: gravity(result.outcome))


def unanswered(row: WorkRow, answer: Answer | None) -> Result:
    """Return a row whose attempts in this run are used up, with what the last answer said; the next run tries it."""
    said = ErrorEntry("NO_ANSWER", "Monday gave no usable answer (NO_ANSWER).")
    if answer:
        own = worst(row, answer).error if all(alias in answer.rows for alias in row.aliases) else None
        said = own or answer.error or said
    return Result(
        row,
        To.FAILED,
        failure=Failure("TRANSIENT", said.code, said.message, True, answer.raw.status if answer else None),
    )


def elsewhere(row: WorkRow, message: str, http_status: int | None) -> Result:
    """Return a row whose item is on another board: it waits for a person."""
    return Result(row, To.FAILED, failure=Failure(ON_OTHER_BOARD, ON_OTHER_BOARD, message, http_status=http_status))


def moved_sentence(item: int | None, board: int | None) -> str:
    """Say that an item was moved to another board."""
    return f"Item {item} is on board {board}: move it back, then run `python -m sync retry`."


def not_found(request: Request, answer: Answer) -> list[int]:
    """Return items and subitems that Monday doesn't find where we had them: they are asked for before one is made."""
    missing = {CREATE: (RowOutcome.MISSING_ITEM,), UPDATE: (RowOutcome.MISSING_ITEM, RowOutcome.MISSING_GROUP)}
    rows = [row for row in request.rows if row.staged and worst(row, answer).outcome in missing.get(row.kind, ())]
    return list(dict.fromkeys(id_ for row in rows for id_ in (row.item_id, row.monday_id) if id_ is not None))


def decide(
    row: WorkRow,
    answer: Answer,
    *,
    recreate: bool,
    columns: Sequence[ResolvedColumn],
    board_id: int,
    where: Mapping[int, int | None] | None,
) -> Result:
    """Decide about a row of an answered request.

    ``recreate``: policy for an item that a person deleted or archived (dbt variable on_board_deletion). ``columns``:
    those of the board. ``where``: the board of each item that ``not_found`` named and that is neither archived nor
    deleted; None where the board could not be asked, so that nobody knows.
    """
    result, parts, status = worst(row, answer), [answer.rows[alias] for alias in row.aliases], answer.raw.status
    if row.staged and result.outcome is RowOutcome.REJECTED and (cell := _refused_cell(row, result.error, columns)):
        return Result(row, To.BLANK, cell=cell)
    if row.staged and (message := _moved(row, parts, board_id, where)):
        return elsewhere(row, message, status)
    if row.staged and result.outcome is RowOutcome.MISSING_ITEM:
        return _missing(row, result, status, where, recreate=recreate)
    if result.outcome is RowOutcome.DONE:
        given = next((part.monday_id for part in parts if part.monday_id is not None), row.monday_id)
        known = row.level == GROUP or isinstance(given, int)  # an item's id is a number, or the board is asked for it
        return Result(row, To.OK, given, result.board_id) if known else Result(row, To.UNKNOWN)
    # a neighbour of groups to make is gone: they are planned anew, beside others
    refused = {RowOutcome.REJECTED, RowOutcome.MISSING_ITEM} | (
        {RowOutcome.MISSING_GROUP} if row.level == GROUP else set()
    )
    if result.outcome in refused:
        error = result.error or ErrorEntry("REJECTED", "Monday refused it and gave no reason.")
        denied = is_denied(error)
        message = (
            f"{error.message.rstrip('.')}. The token may not touch it: give its user the right; after three runs, run"
            " `python -m sync retry`."
            if denied and row.staged
            else error.message
        )
        # A right may come back, and the row goes up by itself: nothing is wrong with it.
        return Result(row, To.FAILED, failure=Failure("REJECTED", error.code, message, denied, status, denied=denied))
    to = _TO[result.outcome]
    return Result(row, to if row.staged or to is To.UNKNOWN else To.AGAIN)


def _moved(
    row: WorkRow, parts: Sequence[RowResult], board_id: int, where: Mapping[int, int | None] | None
) -> str | None:
    """Return a sentence where the row's item lives on another board; None where it doesn't, as far as is known.

    A move into a group says itself on which board it was done: a copy of our board has groups of the same ids.
    """
    board = where.get(row.item_id) if where and row.item_id is not None else None
    if row.kind == UPDATE and row.level == ITEM:
        board = board or next((part.board_id for part in parts if part.board_id), None)
    return moved_sentence(row.item_id, board) if board not in (None, board_id) else None


def _missing(
    row: WorkRow, result: RowResult, status: int | None, where: Mapping[int, int | None] | None, *, recreate: bool
) -> Result:
    """Decide about an item or subitem that isn't there any more: one policy, carried out and logged."""
    found = row.item_id if row.kind == CREATE else row.monday_id
    if found is not None and row.kind != ARCHIVE and (where is None or found in where):
        return Result(row, To.AGAIN)  # nobody knows, or the board shows it: nothing is made again
    if row.level == ITEM and row.kind != UPDATE:
        # a creation names nothing but a group that could be missing; what was to be archived is off the board
        return Result(row, To.NO_GROUP) if row.kind == CREATE else Result(row, To.OK, row.monday_id)
    message = result.error.message if result.error else "The item is no longer on the board."
    if not recreate:
        message = (
            f"{message.rstrip('.')}. Restore the item on the board, or set on_board_deletion to recreate; then run"
            " `python -m sync retry` and `dbt build`."
        )
        why = "DELETED_ON_BOARD"
        return Result(row, To.FAILED, failure=Failure(why, why, message, http_status=status))
    # where the parent of a size is gone, its order is made again
    gone = row.monday_id if row.item_id in (where or {}) else row.item_id
    lost = Failure("TRANSIENT", "PARENT_NOT_FOUND", message, True, status) if row.kind == CREATE else None
    return Result(row, To.GONE, gone, failure=lost)


def _refused_cell(row: WorkRow, error: ErrorEntry | None, columns: Sequence[ResolvedColumn]) -> ValueProblem | None:
    """Return the cell that a refusal is about, unless the row can't do without it; None: no cell can be named.

    A column is cleared where its value is refused, and left as it is where clearing is refused, too, or it can't be
    written at all.
    """
    cells = [each.arguments["column_values"] for each in row.operations if "column_values" in each.arguments]
    sent = {id_: value for each in cells for id_, value in each.items()} if cells else None
    column = named_cell(error, columns, sent) if error else None
    if error is None or column is None or column.name == "ORDER_KEY":
        return None
    may_not = is_denied(error)
    before = next((cell for cell in row.left_out if cell.column == column.name), None)
    no_column = normal_code(error.code) in {"invalidcolumnid", "columnnotfound", "invalidcolumntype"}
    clears = before is None and not may_not and not no_column
    value = before.value if before else row.values.get(column.name)
    return refused_cell(column, value, error, clears=clears, may_not=may_not)
