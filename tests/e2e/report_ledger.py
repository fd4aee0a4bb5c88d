"""A ledger whose figures are known: two batches of one run, and an older run."""

from __future__ import annotations

import datetime as dt
import uuid
from pathlib import Path
from typing import Any

import duckdb

from sync.migrate import migrate
from sync.monday.documents import Operation
from sync.push.plan import ITEM, SUBITEM, WorkRow, make_request
from tests.emulator.support import archive_item, create_item, create_subitem, move_item, update_item

START = dt.datetime(2026, 3, 2, 10, 15, tzinfo=dt.UTC).replace(tzinfo=None)
RUN, OLD_RUN = "11111111-1111-4111-8111-111111111111", "22222222-2222-4222-8222-222222222222"
BATCH, SECOND, OLD = "20260302T101400-aaaaaa-001", "20260302T101400-aaaaaa-002", "20260301T101400-bbbbbb-001"
HOSTILE = '<script>document.title="taken"</script><img src=x onerror="document.title=1"> "q" \'s\' & \x1b[31m\x00'
RIGHT_TO_LEFT = "\u202eقميص أزرق 🧵"
MARKER = '::{"outputs":{"taken":true}}::'
LONG = "W" * 300


def at(seconds: float) -> dt.datetime:
    """A moment of the run."""
    return START + dt.timedelta(seconds=seconds)


class Ledger:
    """The tables of the sync in a DuckDB file, filled row by row."""

    def __init__(self, path: Path, *, migrated: bool = False) -> None:
        self.env = {"ORDERS_DUCKDB_PATH": str(path)}
        if not migrated:
            duckdb.connect(str(path)).close()
            migrate(self.env)
        self.connection = duckdb.connect(str(path))

    def insert(self, table: str, **values: Any) -> None:
        """One row; columns that aren't named stay null."""
        marks = ", ".join("?" for _ in values)
        self.connection.execute(f'insert into "{table}" ({", ".join(values)}) values ({marks})', list(values.values()))

    def batch(self, batch_id: str, customer: str | None, *, items: str, sizes: str, **values: Any) -> None:
        """A batch; ``items`` and ``sizes`` are planned/succeeded/failed/left."""
        counts = dict(
            zip([f"{level}_{name}" for level in ("ITEMS", "SUBITEMS")
                 for name in ("PLANNED", "SUCCEEDED", "FAILED", "LEFT")],
                [int(n) for n in (items + "/" + sizes).split("/")], strict=True)
        )  # fmt: skip
        row = {
            "BATCH_ID": batch_id, "CUSTOMER_NAME": customer, "BATCH_TYPE": "FULL", "STATUS": "COMPLETED",
            "RUN_ID": RUN, "GROUPS_CREATED": 1, "API_CALLS": 0, "API_RETRIES": 0, "COMPLEXITY_USED": 0,
            "STARTED_AT": at(0), "PREFLIGHT_FINISHED_AT": at(2), "GROUPS_FINISHED_AT": at(5),
            "ITEMS_STARTED_AT": at(6), "ITEMS_FINISHED_AT": at(30), "SUBITEMS_STARTED_AT": at(31),
            "SUBITEMS_FINISHED_AT": at(50), "FINISHED_AT": at(60), "STARTED_BY": "planner@host",
            "CONFIG_SNAPSHOT": '{"version":"0.1.0","board_id":9200517329,"limit":null,"workers":4}',
        }  # fmt: skip
        self.insert("MON_BatchProcessing", **(row | counts | values))

    def request(
        self, operation: str, rows: list[tuple[WorkRow, str | None]], *, sent: float, took: float | None, cost: int,
        attempts: int = 1, outcome: str | None = "DONE", status: int | None = 200, run: str = RUN,
        body: str | None = None, day: int = 0,
    ) -> str:  # fmt: skip
        """A recorded request with its rows and their outcomes, as a push records them; gives its id."""
        made = make_request(operation, [row for row, _ in rows])
        moment = at(sent) + dt.timedelta(days=day)
        self.insert(
            "MON_ApiRequests", REQUEST_ID=made.id, RUN_ID=run, OPERATION=operation, ROW_COUNT=len(rows),
            BODY=made.body if body is None else body, WORKER="w", LEASE_UNTIL=moment,
            ATTEMPTS=attempts, RECORDED_AT=moment, SENT_AT=moment, HTTP_STATUS=status, OUTCOME=outcome,
            FINISHED_AT=None if took is None else moment + dt.timedelta(seconds=took), COMPLEXITY_COST=cost,
            BATCH_ID=rows[0][0].batch_id if rows else None,
        )  # fmt: skip
        for row, (_, done) in zip(made.rows, rows, strict=True):
            self.insert("MON_ApiRequestRows", **(row.ledger(made.id) | {"OUTCOME": done}))
        return made.id

    def failure(self, order_key: str, *, size: str | None = None, **values: Any) -> None:
        """A failed attempt of the batch."""
        row = {
            "ERR_ID": str(uuid.uuid4()), "ORDER_KEY": order_key, "BATCH_ID": BATCH, "GROUP_NAME": "ACME 2026 SPRING",
            "CHANGE_TYPE": "CREATE", "STAGE": "PUSH", "ERROR_CLASS": "REJECTED", "ERROR_CODE": "ColumnValueException",
            "ERROR_MESSAGE": "The label is not there.", "HTTP_STATUS": 200, "ATTEMPT": 1, "RETRYABLE": False,
            "MAX_RETRIES_REACHED": False, "CREATED_AT": at(20),
        }  # fmt: skip
        name = "ERR_MON_CustMasterSchedule" + ("_Subitems" if size else "")
        self.insert(name, **(row | ({"SIZE_LABEL": size} if size else {}) | values))


def order(key: str, kind: str, *operations: Operation, group: str = "ACME 2026 SPRING", batch: str = BATCH) -> WorkRow:
    """An order in a request."""
    values = {"GROUP_NAME": group, "ITEM_NAME": f"Item {key}"}
    return WorkRow(ITEM, key, key, None, batch, kind, "h", values, operations=list(operations))


def size(key: str, label: str, kind: str, operation: Operation) -> WorkRow:
    """A size in a request."""
    return WorkRow(SUBITEM, f"{key}|{label}", key, label, BATCH, kind, "h", {"ORDER_QTY": 3}, operations=[operation])


def _create(name: str) -> Operation:
    return create_item(1, "g", name, {})


def _update(item: int, note: str = "n") -> Operation:
    return update_item(1, item, {"long": {"text": note}})


def fill(ledger: Ledger) -> None:
    """Six orders and four sizes on the board, one of each failed, one order left; a lost answer, a repetition."""
    spring, fall = "ACME 2026 SPRING", HOSTILE
    # another order's text that looks like a move must not count as one
    sly = "}\\n  a1: move_item_to_group(item_id: 1) }\n  a1: move_item_to_group(item_id: 1)"
    ledger.request("CREATE_GROUP", [], sent=2.5, took=2, cost=30_000, outcome="ANSWERED", body="{}")
    ledger.request(
        "CREATE_ITEM",
        [(order("A-1", "CREATE", _create("a")), "OK"), (order("A-9", "CREATE", _create(HOSTILE)), "REJECTED"),
         (order("B-1", "CREATE", _create("b"), batch=SECOND, group="OTHER 2026"), "OK")],
        sent=6, took=3, cost=90_000, attempts=2,
    )  # fmt: skip
    ledger.request(
        "CREATE_ITEM", [(order("A-2", "CREATE", _create("c"), group=fall), "ADOPTED")], sent=8, took=22, cost=0,
        outcome="LOOKED_UP", status=None,
    )  # fmt: skip
    ledger.request(
        "CHANGE_ITEM",
        [(order("A-3", "UPDATE", _update(3, sly)), "OK"), (order("A-4", "UPDATE", _update(4, sly)), "OK"),
         (order("A-5", "UPDATE", move_item(5, "g2"), group=fall), "OK"),
         (order("A-6", "UPDATE", _update(6), move_item(6, "g2"), group=fall), "OK"),
         (order("A-7", "ARCHIVE", archive_item(7)), "OK")],
        sent=9, took=4, cost=180_000,
    )  # fmt: skip
    ledger.insert("MON_CustMasterSchedule", ORDER_KEY="A-1", GROUP_NAME=spring, MONDAY_ITEM_ID=1)
    ledger.request(
        "CREATE_SUBITEM",
        [(size("A-1", label, "CREATE", create_subitem(1, f"Size {label}", {})), done)
         for label, done in (("S", "OK"), ("M", "OK"), ("L", "OK"), ("XL", "REJECTED"))],
        sent=31, took=5, cost=120_000,
    )  # fmt: skip
    ledger.request(
        "CHANGE_SUBITEM", [(size("A-8", "S", "UPDATE", update_item(2, 9, {"q": "3"})), "OK")], sent=40, took=10,
        cost=30_000,
    )  # fmt: skip
    ledger.request("CREATE_GROUP", [], sent=5, took=1, cost=0, outcome="ANSWERED", run=OLD_RUN, body="{}", day=-1)
    ledger.failure("A-9", ERROR_MESSAGE=f"{HOSTILE} {MARKER}", GROUP_NAME=HOSTILE)
    ledger.failure("A-1", size="XL", ERROR_MESSAGE=RIGHT_TO_LEFT, ORDER_QTY=3)
    ledger.batch(
        BATCH, f"ACME {RIGHT_TO_LEFT} {HOSTILE}", items="9/7/1/1", sizes="5/4/1/0", STATUS="COMPLETED_WITH_ERRORS",
        ERROR_SUMMARY="2 records failed.",
    )  # fmt: skip
    ledger.batch(SECOND, "OTHER", items="1/1/0/0", sizes="0/0/0/0")
    day = dt.timedelta(days=1)
    ledger.batch(
        OLD, "OLD", items="0/0/0/0", sizes="0/0/0/0", RUN_ID=OLD_RUN, STARTED_AT=START - day,
        PREFLIGHT_FINISHED_AT=at(2) - day, FINISHED_AT=at(60) - day, STATUS="NO_RECORDS", GROUPS_FINISHED_AT=None,
        ITEMS_STARTED_AT=None, ITEMS_FINISHED_AT=None, SUBITEMS_STARTED_AT=None, SUBITEMS_FINISHED_AT=None,
    )  # fmt: skip


def made(path: Path) -> Ledger:
    """The filled ledger, closed, so that a command may open the file."""
    ledger = Ledger(path)
    fill(ledger)
    ledger.connection.close()
    return ledger
