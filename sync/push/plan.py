"""The unit of work: staged rows, what they need on the board, and the request that carries them. Pure."""

from __future__ import annotations

import datetime as dt
import json
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from decimal import Decimal
from typing import Any

from sync.monday.answers import Answer
from sync.monday.board import ResolvedColumn
from sync.monday.documents import (
    Operation,
    alias_at,
    archive_item,
    build_request,
    create_item,
    create_subitem,
    move_item,
    update_item,
)
from sync.monday.values import Built, LabelBook, NewLabel, ValueProblem, column_values

ITEM, SUBITEM, GROUP, KEY = "ITEM", "SUBITEM", "GROUP", "KEY"
"""Levels of a request's rows. KEY: a cell to write, or a surplus item to archive, by its id on the board."""
CREATE, UPDATE, ARCHIVE, MOVE, UPDATE_AND_MOVE = "CREATE", "UPDATE", "ARCHIVE", "MOVE", "UPDATE_AND_MOVE"
SEND, SENT = "SEND", "SENT"
"""States of an open request. SEND: surely not done, sent once it is due. SENT: nobody knows its end yet; once it is
due, the board is asked for a creation, and anything else is sent again."""
UNSENT = "UNSENT"
"""Operation of a request without a body: its rows were settled when they were claimed."""


def jsonable(value: Any) -> Any:
    """A database value as JSON keeps it without loss: decimals and dates as text."""
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, dt.datetime | dt.date):
        return value.isoformat()
    return value


def to_json(value: Any) -> str:
    """Compact JSON; text in any script stays readable."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=jsonable)


@dataclass(frozen=True)
class Key:
    """A staged row by its key: an order, or a size of it."""

    order_key: str
    size_label: str | None = None
    kind: str = ""
    """Kind of change as far as known: rows of one request share whether they create."""

    @property
    def row_key(self) -> str:
        """The key as claims and ledger keep it."""
        return self.order_key if self.size_label is None else f"{self.order_key}|{self.size_label}"


@dataclass
class WorkRow:
    """One staged row in a request.

    ``values`` are the staged values as JSON keeps them, from which the confirmed row is written; ``kind`` is what the
    board needs (CREATE, UPDATE, ARCHIVE), which may differ from what was staged when the board moved on since.
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
    new_labels: tuple[NewLabel, ...] = ()
    has_errors: bool = True
    """False where the error tables surely hold nothing open of it."""
    left_out: tuple[ValueProblem, ...] = ()
    """Cells that stay blank, each with the reason."""

    @property
    def key(self) -> Key:
        """The staged row's key."""
        return Key(self.order_key, self.size_label, self.kind)

    @property
    def change(self) -> str:
        """Return what is done to the row, moves told apart."""
        moves = [operation.field == "move_item_to_group" for operation in self.operations]
        return self.kind if not any(moves) else MOVE if all(moves) else UPDATE_AND_MOVE

    def ledger(self, request_id: str) -> dict[str, Any]:
        """The row as ``MON_ApiRequestRows`` keeps it; ids travel inside the values for a recovery after a crash."""
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
            "CHANGE_TYPE": self.change,
            "ROW_HASH": self.row_hash,
            "ROW_VALUES": to_json(kept),
        }


def from_ledger(row: Mapping[str, Any]) -> WorkRow:
    """The work row of a recorded request, for recovery."""
    values = json.loads(row["ROW_VALUES"])
    return WorkRow(
        level=row["LEVEL"],
        row_key=row["ROW_KEY"],
        order_key=row["ORDER_KEY"],
        size_label=row["SIZE_LABEL"],
        batch_id=row["BATCH_ID"] or "",
        kind=UPDATE if row["CHANGE_TYPE"] in (MOVE, UPDATE_AND_MOVE) else row["CHANGE_TYPE"],
        row_hash=row["ROW_HASH"],
        monday_id=values.pop("_monday_id"),
        parent_id=values.pop("_parent_id"),
        board_id=values.pop("_board_id"),
        group_id=values.pop("_group_id"),
        aliases=values.pop("_aliases"),
        left_out=tuple(ValueProblem(**cell) for cell in values.pop("_left_out", ())),
        values=values,
    )


@dataclass
class Request:
    """A request and its life: recorded, sent, perhaps postponed, closed.

    ``rest``: seconds after a sending within which Monday may still be at work on it. ``due``: monotonic second from
    which something is to be done about it, by its ``state``.
    """

    id: str
    operation: str
    rows: list[WorkRow]
    body: str
    rest: float = 0.0
    state: str = SENT
    due: float = 0.0
    attempts: int = 0
    failures: int = 0
    refusals: int = 0
    """Times that Monday said "later"; they count as no failure."""
    sent: float = 0.0
    """Monotonic second of the last sending."""
    cost: int = 0
    last_answer: Answer | None = None
    """What came back when its outcome stayed unknown, for the reason in the error table."""

    @property
    def aliases(self) -> list[str]:
        """Every alias of the document, in order."""
        return [alias for row in self.rows for alias in row.aliases]

    @property
    def level(self) -> str:
        """Return the level of its rows; what an earlier version recorded without rows made groups, or wrote keys."""
        if self.rows:
            return self.rows[0].level
        return GROUP if self.creates else KEY

    @property
    def tries(self) -> int:
        """Times that it was sent and not refused."""
        return self.attempts - self.refusals

    @property
    def creates(self) -> bool:
        """True where sending it twice could make two."""
        return self.operation.startswith("CREATE")

    @property
    def to_ask(self) -> bool:
        """True where the board is to be asked what became of it before it is sent again."""
        return self.creates and self.state == SENT


def changed_columns(staged: Mapping[str, Any], live_hash: str | None) -> set[str] | None:
    """Staged columns to send; None means all of them.

    The staged list was made against CONFIRMED_HASH: where the confirmed state has moved since, it proves nothing.
    """
    base = staged["CONFIRMED_HASH"]
    if not staged["CHANGED_COLUMNS"] or not base or base != live_hash:
        return None
    return set(json.loads(staged["CHANGED_COLUMNS"]))


def plan_item(
    staged: Mapping[str, Any],
    columns: Sequence[ResolvedColumn],
    labels: LabelBook,
    *,
    board_id: int,
    group_id: str | None,
    batch_id: str,
    refused: Mapping[str, ValueProblem] | None = None,
) -> tuple[WorkRow, str | None]:
    """What an order needs on the board, and the reason why it can't be sent (None: it can).

    ``staged`` is a row of ``claimed_items``. ``group_id`` is the live group of its GROUP_NAME. ``refused``: cells that
    Monday refused before. A row that comes out without operations shows already what it can show.
    """
    live_id = staged["LIVE_ITEM_ID"]
    kind = staged["CHANGE_TYPE"]
    if kind != ARCHIVE:
        kind = CREATE if live_id is None else UPDATE
    keep = {
        "ORDER_KEY",
        "ROW_HASH",
        "MAPPING_HASH",
        "ITEM_NAME",
        "GROUP_NAME",
        "BATCH_CUSTOMER",
        "SOURCE_CUSTOMER",
        "TOTAL QTY",
    } | {column.name for column in columns}
    row = WorkRow(
        level=ITEM,
        row_key=staged["ORDER_KEY"],
        order_key=staged["ORDER_KEY"],
        size_label=None,
        batch_id=batch_id,
        kind=kind,
        row_hash=staged["ROW_HASH"],
        monday_id=live_id,
        board_id=board_id,
        group_id=group_id if kind != ARCHIVE else staged["LIVE_GROUP_ID"],
        values={name: jsonable(value) for name, value in staged.items() if name in keep}
        | {"ATTEMPTS": staged["LIVE_ATTEMPTS"]},
        has_errors=bool(staged["HAS_ERRORS"]),
    )
    if kind == ARCHIVE:
        row.operations = [archive_item(live_id)]
        return row, None
    only = None if kind == CREATE else changed_columns(staged, staged["LIVE_HASH"])
    values_of = [column for column in columns if column.type not in {"name", "group"}]
    built = column_values(
        staged, values_of, labels, only=only, creating=kind == CREATE, refused=refused, blank=_blank(staged)
    )
    if reason := _leave_out(row, built):
        return row, reason
    if kind == CREATE:
        row.operations = [
            create_item(board_id, group_id or "", staged["ITEM_NAME"], dict(built.values), built.create_labels)
        ]
        return row, None
    values = dict(built.values)
    if only is None or "ITEM_NAME" in only:
        values["name"] = staged["ITEM_NAME"]
    if values:
        row.operations.append(update_item(board_id, live_id, values, built.create_labels))
    # Where the list proves nothing, the confirmed group still tells whether a move is needed.
    unsure = staged["LIVE_HASH"] is None or staged["LIVE_GROUP_ID"] != group_id
    if group_id is not None and (unsure if only is None else "GROUP_NAME" in only):
        row.operations.append(move_item(live_id, group_id))
    return row, None


def plan_size(
    staged: Mapping[str, Any],
    columns: Sequence[ResolvedColumn],
    labels: LabelBook,
    *,
    board_id: int,
    batch_id: str,
    refused: Mapping[str, ValueProblem] | None = None,
) -> tuple[WorkRow, str | None]:
    """What a size needs on the board, and the reason why it can't be sent. ``staged``: a row of ``claimed_sizes``."""
    subitem_id = staged["LIVE_SUBITEM_ID"]
    kind = CREATE if subitem_id is None else UPDATE
    keep = ("ORDER_KEY", "SIZE_LABEL", "ORDER_QTY", "BATCH_CUSTOMER", "ROW_HASH", "MAPPING_HASH")
    row = WorkRow(
        level=SUBITEM,
        row_key=f"{staged['ORDER_KEY']}|{staged['SIZE_LABEL']}",
        order_key=staged["ORDER_KEY"],
        size_label=staged["SIZE_LABEL"],
        batch_id=batch_id,
        kind=kind,
        row_hash=staged["ROW_HASH"],
        monday_id=subitem_id,
        parent_id=staged["LIVE_PARENT_ID"],
        board_id=staged["LIVE_BOARD_ID"] or board_id,
        values={name: jsonable(staged[name]) for name in keep} | {"ATTEMPTS": staged["LIVE_ATTEMPTS"]},
        has_errors=bool(staged["HAS_ERRORS"]),
    )
    values_of = [column for column in columns if column.type not in {"name", "group"}]
    blank = _blank(staged)
    only = None
    if kind == UPDATE:  # the label is written once, unless its cell was left blank
        only = {"ORDER_QTY"} | blank
        values_of = [replace(column, write="always") if column.name in blank else column for column in values_of]
    built = column_values(staged, values_of, labels, only=only, creating=kind == CREATE, refused=refused, blank=blank)
    if reason := _leave_out(row, built):
        return row, reason
    values = dict(built.values)
    if kind == CREATE:
        name = staged["SUBITEM_NAME"]
        row.operations = [create_subitem(staged["LIVE_PARENT_ID"], name, values, built.create_labels)]
    elif values:
        row.operations = [update_item(row.board_id, subitem_id, values, built.create_labels)]  # type: ignore[arg-type]
    return row, None


def _blank(staged: Mapping[str, Any]) -> set[str]:
    """Cells of a claimed row that an earlier push left blank."""
    names = staged.get("BLANK_CELLS")
    return set(str(names).split("\n")) if names else set()


def _leave_out(row: WorkRow, built: Built) -> str | None:
    """Takes over what was built: cells with problems stay blank. Gives the reason why the row can't be sent at all."""
    needed = [problem.text for problem in built.problems if problem.column == "ORDER_KEY"]
    if needed:
        return " ".join(needed)  # without its key an item is not found again
    row.new_labels = built.new_labels
    row.left_out = built.problems
    for problem in built.problems:
        if problem.column != "SIZE_LABEL":  # the key of a size, whatever its cell shows
            row.values[problem.column] = None
    return None


def number_aliases(rows: Sequence[WorkRow]) -> list[Operation]:
    """Gives every operation its positional alias (the same document text for the same shape of request)."""
    operations: list[Operation] = []
    for row in rows:
        row.aliases = [alias_at(len(operations) + n) for n in range(len(row.operations))]
        operations += row.operations
    return operations


def rebuilt(operation: str, rows: Sequence[WorkRow]) -> Request:
    """Make a request of rows that no staged row stands for, to be sent at once."""
    rows = list(rows)
    return Request(str(uuid.uuid4()), operation, rows, build_request(number_aliases(rows)), state=SEND)


def key_request(operation: str, operations: Sequence[Operation], batch_id: str = "") -> Request:
    """Make a request that writes keys or archives surplus items; its rows are known by their ids on the board."""
    rows = []
    for each in operations:
        item = each.arguments["item_id"]
        kind = ARCHIVE if each.field == "archive_item" else UPDATE
        row = WorkRow(KEY, item, "", None, batch_id, kind, "", {}, monday_id=int(item))
        row.operations = [each]
        rows.append(row)
    return rebuilt(operation, rows)
