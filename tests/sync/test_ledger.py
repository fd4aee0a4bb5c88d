"""Figures and statuses of batches, and what a confirmation writes."""

from __future__ import annotations

import datetime as dt
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from sync.database import Row
from sync.monday.meter import Clock
from sync.push.ledger import Batches, Ledger
from sync.push.plan import ITEM, Closing, Request, Result, To, WorkRow
from sync.push.staged import Selection
from sync.session import Runtime, Session, open_session
from sync.settings import Settings
from tests.support import Project

NOW = dt.datetime(2026, 3, 1, 12, 0)  # noqa: DTZ001 -- times in the database are naive UTC


@pytest.fixture(scope="module")
def staged(tmp_path_factory: pytest.TempPathFactory, dbt_target: Path) -> Project:
    project = Project(tmp_path_factory.mktemp("staged"), dbt_target)
    project.orders(120, seed=3)
    project.sync("migrate")
    project.dbt("build", "--selector", "without_tests")
    return project


@pytest.fixture
def session(staged: Project, tmp_path: Path) -> Iterator[Session]:
    path = tmp_path / "orders.duckdb"
    shutil.copy(staged.database, path)
    with open_session({"ORDERS_DUCKDB_PATH": str(path)}) as opened:
        yield opened


class Fixed(Clock):
    """A clock that stands still."""

    def now(self) -> dt.datetime:
        return NOW.replace(tzinfo=dt.UTC)


def ledger_of(session: Session, worker: str = "worker", run: str = "run") -> Ledger:
    return Ledger(session, Settings("token"), Runtime(Fixed()), run, worker)


def test_an_item_made_again_has_nothing_in_a_column_that_left_the_mapping(session: Session) -> None:
    db, table = session.database, "MON_CustMasterSchedule"
    for column in ("GONE", "NOT OURS"):
        db.execute(f'alter table {table} add column "{column}" varchar')
    for name in ("GONE", "COLOR", "ORDER_KEY", "ORDER_QTY"):
        db.execute(f"insert into MON_BoardColumns values (5, '{name}', '{name}', 'text', null, now())")
    rows = []
    for number, (key, kind) in enumerate((("A", "CREATE"), ("B", "UPDATE")), 1):
        db.execute(f"insert into {table} (ORDER_KEY, MONDAY_ITEM_ID, COLOR, GONE, \"NOT OURS\")"
                   f" values ('{key}', {number}, 'RED', 'old', 'theirs')")  # fmt: skip
        rows.append(WorkRow(ITEM, key, key, None, "b", kind, "h", {"COLOR": "BLUE"}, aliases=[f"a{number}"]))
    ledger = ledger_of(session)
    for row, item in zip(rows, (11, 2), strict=True):
        request = Request(f"r {row.row_key}", "CHANGE_ITEM", [row], "body")
        ledger.record([request])
        assert ledger.close([Closing(request, [Result(row, To.OK, item)])])
    kept = db.query(f'select MONDAY_ITEM_ID, COLOR, GONE, "NOT OURS" from {table} order by ORDER_KEY')
    assert [tuple(row.values()) for row in kept] == [(11, "BLUE", None, "theirs"), (2, "BLUE", "old", "theirs")]


def batches_of(ledger: Ledger) -> Batches:
    return Batches(ledger, Selection(), {})


class Counted:
    """Batch `b`: so many of its orders are staged; then some get through and some fail."""

    def __init__(self, session: Session, planned: int) -> None:
        self.session = session
        self.sql("update STG_MON_CustMasterSchedule_Subitems set BATCH_ID = 'other'")
        self.stage(planned)
        self.batches = batches_of(ledger_of(session))
        self.batches.start([{"BATCH_ID": "b", "BATCH_CUSTOMER": "C", "ROWS_STAGED": planned, "RETRIES": 0}])

    def sql(self, statement: str) -> None:
        self.session.database.execute(statement)

    def stage(self, left: int) -> None:
        self.sql("update STG_MON_CustMasterSchedule set BATCH_ID = 'other'")
        self.sql("update STG_MON_CustMasterSchedule set BATCH_ID = 'b' where ORDER_KEY in"
                 f" (select ORDER_KEY from STG_MON_CustMasterSchedule order by 1 limit {left})")  # fmt: skip

    def write(self, planned: int, done: int, failed: int) -> None:
        """What a push writes with its answers."""
        self.sql("insert into MON_ApiRequests (REQUEST_ID, RUN_ID, OPERATION, BODY, ROW_COUNT, WORKER, LEASE_UNTIL,"
                 " ATTEMPTS, RECORDED_AT, SENT_AT, FINISHED_AT, OUTCOME) select 'q', 'run', 'CREATE_ITEM', '',"
                 f" {max(done + failed, 1)}, 'w', t, 1, t, t, t, 'DONE'"
                 f" from (select timestamp '{NOW}' as t)")  # fmt: skip
        for outcome, prefix, rows in (("OK", "D", done), ("REJECTED", "F", failed)):
            self.sql("insert into MON_ApiRequestRows (REQUEST_ID, ALIAS, LEVEL, ROW_KEY, ORDER_KEY, BATCH_ID,"
                     " CHANGE_TYPE, OUTCOME)"
                     f" select 'q', k, 'ITEM', k, k, 'b', 'CREATE', '{outcome}'"
                     f" from (select '{prefix}' || n as k from range({rows}) as t(n))")  # fmt: skip
        self.sql("insert into ERR_MON_CustMasterSchedule (ERR_ID, ORDER_KEY, BATCH_ID, REQUEST_ID, ERROR_CLASS,"
                 " ATTEMPT, RETRYABLE, MAX_RETRIES_REACHED, CREATED_AT)"
                 f" select 'e' || n, 'F' || n, 'b', 'q', 'X', 1, true, false, timestamp '{NOW}'"
                 f" from range({failed}) as t(n)")  # fmt: skip
        self.stage(planned - done - failed)

    @property
    def row(self) -> Row:
        return self.session.database.query("select * from MON_BatchProcessing where BATCH_ID = 'b'")[0]


STATUSES = [
    ((10, 10, 0), "COMPLETED"), ((100, 8, 2), "COMPLETED_WITH_ERRORS"), ((100, 7, 3), "FAILED"), ((9, 0, 1), "FAILED"),
    ((100, 1, 0), "PARTIAL"), ((0, 0, 0), "NO_RECORDS"),
]  # fmt: skip
"""Orders planned, done and failed; how a batch ends that was stopped, or whose run died, stands in the tests of e2e."""


@pytest.mark.parametrize(("counts", "status"), STATUSES)
def test_a_batch_ends_with_a_status_from_its_counts(
    session: Session, counts: tuple[int, int, int], status: str
) -> None:
    planned, done, failed = counts
    counted = Counted(session, planned)
    counted.write(*counts)
    (ended,) = counted.batches.finish(summary=None)
    numbers = [ended[f"ITEMS_{name}"] for name in ("PLANNED", "SUCCEEDED", "FAILED", "LEFT")]
    assert (ended["STATUS"], *numbers) == (status, planned, done, failed, planned - done - failed)
    assert (counted.row["ERROR_SUMMARY"] or "").startswith(f"{failed} record") == bool(failed)


def test_a_failure_that_comes_back_is_left_to_a_run_that_does_not_reach_it(session: Session) -> None:
    first = Counted(session, 5)
    first.write(5, 3, 1)
    first.stage(2)  # the failed one is staged as before
    session.database.execute(
        "update ERR_MON_CustMasterSchedule set ORDER_KEY = (select min(ORDER_KEY) from STG_MON_CustMasterSchedule"
        " where BATCH_ID = 'b')"
    )
    (ended,) = first.batches.finish(summary=None)
    assert (ended["ITEMS_FAILED"], ended["ITEMS_LEFT"]) == (1, 1)
    second = batches_of(ledger_of(session, run="second"))
    second.start([{"BATCH_ID": "b", "BATCH_CUSTOMER": "C", "ROWS_STAGED": 2, "RETRIES": 0}])
    (ended,) = second.finish(summary=None)
    assert (ended["ITEMS_SUCCEEDED"], ended["ITEMS_FAILED"], ended["ITEMS_LEFT"]) == (0, 0, 2)
    assert (first.row["ITEMS_SUCCEEDED"], first.row["ITEMS_FAILED"], first.row["ITEMS_LEFT"]) == (3, 0, 2)


def test_what_an_earlier_version_counted_stays_counted(session: Session) -> None:
    counted = Counted(session, 3)
    session.database.execute("update MON_BatchProcessing set ITEMS_SUCCEEDED = 2, GROUPS_CREATED = 4, API_CALLS = 9")
    counted.write(2, 1, 0)
    counted.batches.finish(summary=None)
    row = counted.row
    assert (row["ITEMS_SUCCEEDED"], row["GROUPS_CREATED"], row["API_CALLS"], row["ITEMS_LEFT"]) == (2, 4, 9, 1)
