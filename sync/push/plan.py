"""The unit of work: staged rows, what they need on the board, and the request that carries them. Pure."""

from __future__ import annotations

import datetime as dt
import json
import re
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from decimal import Decimal
from typing import Any

from sync.monday.answers import Answer
from sync.monday.documents import (
    Operation,
    alias_at,
    build_request,
)
from sync.monday.values import ValueProblem
from sync.settings import Settings

ITEM, SUBITEM, GROUP, KEY = "ITEM", "SUBITEM", "GROUP", "KEY"
"""Levels of a request's rows. KEY: a cell to write, or a surplus item to archive, by its id on the board."""
CREATE, UPDATE, ARCHIVE, MOVE, UPDATE_AND_MOVE = "CREATE", "UPDATE", "ARCHIVE", "MOVE", "UPDATE_AND_MOVE"
SEND, SENT = "SEND", "SENT"
"""States of an open request. SEND: surely not done, sent once it is due. SENT: nobody knows its end yet; once it is
due, the board is asked for a creation, and anything else is sent again."""
UNSENT = "UNSENT"
"""Operation of a request without a body: its rows were settled when they were claimed."""
WRITE_KEYS = "WRITE_KEYS"


def jsonable(value: Any) -> Any:
    """Return a database value as JSON keeps it without loss: decimals and dates as text."""
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
    def queue(self) -> str:
        """Return the name of what it waits in: creations, changes, or sizes."""
        return SUBITEM if self.size_label is not None else CREATE if self.kind == CREATE else UPDATE

    @property
    def row_key(self) -> str:
        """The key as claims and ledger keep it."""
        return self.order_key if self.size_label is None else f"{self.order_key}|{self.size_label}"


@dataclass
class WorkRow:
    """One row of a request.

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
    new_labels: dict[str, str] = field(default_factory=dict)
    has_errors: bool = True
    """False where the error tables surely hold nothing open of it."""
    left_out: tuple[ValueProblem, ...] = ()
    """Cells that stay blank, each with the reason."""

    @property
    def key(self) -> Key:
        """Return the staged row's key."""
        return Key(self.order_key, self.size_label, self.kind)

    @property
    def staged(self) -> bool:
        """Return whether a staged row stands for it."""
        return self.level in (ITEM, SUBITEM)

    @property
    def item_id(self) -> int | None:
        """Return the item of its order."""
        return self.monday_id if self.level == ITEM else self.parent_id

    @property
    def change(self) -> str:
        """Return what is done to the row, moves told apart."""
        moves = [operation.field == "move_item_to_group" for operation in self.operations]
        return self.kind if not any(moves) else MOVE if all(moves) else UPDATE_AND_MOVE

    def ledger(self, request_id: str) -> dict[str, Any]:
        """Return the row as ``MON_ApiRequestRows`` keeps it; ids travel inside the values for a recovery."""
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


@dataclass
class Request:
    """A request and its life: recorded, sent, perhaps postponed, closed.

    ``due``: monotonic second from which something is to be done about it, by its ``state``.
    """

    id: str
    operation: str
    rows: list[WorkRow]
    body: str
    state: str = SEND
    due: float = 0.0
    attempts: int = 0
    failures: int = 0
    """Times that its rows were sent in vain, in earlier requests, too."""
    refusals: int = 0
    """Times that Monday said "later"; they count as no failure."""
    cost: int = 0
    last_answer: Answer | None = None
    """What came back when its outcome stayed unknown, for the reason in the error table."""

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
        """Return whether the board is to be asked what became of it before it is sent again."""
        return self.creates and self.state == SENT

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
    own = [replace(row) for row in rows]
    body, id_ = build_request(number_aliases(own)), request_id or str(uuid.uuid4())
    return Request(id_, operation, own, body, state, failures=failures, last_answer=last_answer)


def number_aliases(rows: Sequence[WorkRow]) -> list[Operation]:
    """Give every operation the alias of its place in the document."""
    operations: list[Operation] = []
    for row in rows:
        row.aliases = [alias_at(len(operations) + n) for n in range(len(row.operations))]
        operations += row.operations
    return operations


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
    operations = _operations_in(found["BODY"])
    rows = [_from_ledger(row, operations) for row in recorded]
    if not rows:
        rows = [_plain_row(operation, found["BATCH_ID"] or "") for operation in operations.values()]
        for row, alias in zip(rows, operations, strict=True):
            row.aliases = [alias]
    state = found["STATE"] or SENT
    return Request(found["REQUEST_ID"], found["OPERATION"], rows, found["BODY"], state, attempts=found["ATTEMPTS"])


def _operations_in(body: str) -> dict[str, Operation]:
    document = json.loads(body or '{"query": "", "variables": {}}')
    found = {}
    for alias, name in re.findall(r"^ *(a[0-9]+): (\w+)\(", document["query"], re.MULTILINE):
        start = f"{alias}_"
        given = {k.removeprefix(start): v for k, v in document["variables"].items() if k.startswith(start)}
        if "column_values" in given:
            given["column_values"] = json.loads(given["column_values"])
        found[alias] = Operation(name, given)
    return found


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
