"""Figures and statuses of batches, and what a confirmation writes."""

from __future__ import annotations

import datetime as dt
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from sync.database import Row
from sync.monday.documents import create_item, update_item
from sync.monday.retry import SystemClock
from sync.push.ledger import Ledger
from sync.push.outcomes import Closing, Result, To
from sync.push.plan import ITEM, KEY, Request, WorkRow, key_request, make_request
from sync.push.run import Batches
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


class Fixed(SystemClock):
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


def test_a_row_that_goes_on_in_another_request_keeps_its_place_in_the_first(session: Session) -> None:
    rows = [
        WorkRow(ITEM, key, key, None, "b", "CREATE", "h", {}, operations=[create_item(1, "g", key, {})]) for key in "AB"
    ]
    request = make_request("CREATE_ITEM", rows, "first")
    done, again = request.rows
    ledger = ledger_of(session)
    ledger.record([request])
    rest = make_request("CREATE_ITEM", [again])
    results = [Result(done, To.OK, 11), Result(again, To.AGAIN)]
    ledger.close([Closing(request, results, carried=[rest])])
    found = session.query("push/request_rows", ["first"])
    assert [(row["ROW_KEY"], row["OUTCOME"]) for row in found] == [("A", "OK"), ("B", "RELEASED")]
    (open_row,) = session.query("push/request_rows", [rest.id])
    assert (open_row["ROW_KEY"], open_row["OUTCOME"]) == ("B", None)


def batches_of(ledger: Ledger) -> Batches:
    return Batches(ledger, Selection(), {})


class Counted:
    """Batch `b`: so many of its orders are staged; then some get through and some fail."""

    def __init__(self, session: Session, planned: int, run: str) -> None:
        self.session, self.run, db = session, run, session.database
        db.execute("update STG_MON_CustMasterSchedule set BATCH_ID = 'other'")
        db.execute("update STG_MON_CustMasterSchedule_Subitems set BATCH_ID = 'other'")
        self._stage(planned)
        self.batches = batches_of(ledger_of(session, run=run))
        self.batches.start([{"BATCH_ID": "b", "BATCH_CUSTOMER": "C", "ROWS_STAGED": planned, "RETRIES": 0}])

    def _stage(self, left: int) -> None:
        self.session.database.execute("update STG_MON_CustMasterSchedule set BATCH_ID = 'other'")
        self.session.database.execute(
            "update STG_MON_CustMasterSchedule set BATCH_ID = 'b' where ORDER_KEY in"
            f" (select ORDER_KEY from STG_MON_CustMasterSchedule order by 1 limit {left})"
        )

    def write(self, planned: int, done: int, failed: int, *, retryable: bool = False) -> None:
        """What a push writes with its answers."""
        db = self.session.database
        db.execute(
            "insert into MON_ApiRequests (REQUEST_ID, RUN_ID, OPERATION, BODY, ROW_COUNT, WORKER, LEASE_UNTIL,"
            " ATTEMPTS, RECORDED_AT, SENT_AT, FINISHED_AT, OUTCOME)"
            " values ('q', ?, 'CREATE_ITEM', '', ?, 'w', ?, 1, ?, ?, ?, 'DONE')",
            [self.run, max(done + failed, 1), NOW, NOW, NOW, NOW],
        )
        for outcome, prefix, rows in (("OK", "D", done), ("REJECTED", "F", failed)):
            db.execute(
                "insert into MON_ApiRequestRows"
                " (REQUEST_ID, ALIAS, LEVEL, ROW_KEY, ORDER_KEY, BATCH_ID, CHANGE_TYPE, OUTCOME)"
                f" select 'q', '{prefix}' || n, 'ITEM', '{prefix}' || n, '{prefix}' || n, 'b', 'CREATE', '{outcome}'"
                f" from range({rows}) as t(n)"
            )
        db.execute(
            "insert into ERR_MON_CustMasterSchedule"
            " (ERR_ID, ORDER_KEY, BATCH_ID, REQUEST_ID, ERROR_CLASS, ATTEMPT, RETRYABLE,"
            f" MAX_RETRIES_REACHED, CREATED_AT) select 'e' || n, 'F' || n, 'b', 'q', 'X', 1, {retryable}, false, ?"
            f" from range({failed}) as t(n)",
            [NOW],
        )
        self._stage(planned - done - failed)

    @property
    def row(self) -> Row:
        return self.session.database.query("select * from MON_BatchProcessing where BATCH_ID = 'b'")[0]


STATUSES = [
    ((10, 10, 0), "COMPLETED"), ((10, 9, 1), "COMPLETED_WITH_ERRORS"), ((10, 8, 2), "COMPLETED_WITH_ERRORS"),
    ((10, 7, 3), "FAILED"), ((100, 8, 2), "COMPLETED_WITH_ERRORS"), ((100, 7, 3), "FAILED"), ((100, 0, 1), "FAILED"),
    ((100, 1, 0), "PARTIAL"), ((100, 0, 0), "PARTIAL"), ((0, 0, 0), "NO_RECORDS"),
]  # fmt: skip


@pytest.mark.parametrize(("counts", "status"), STATUSES)
def test_a_batch_ends_with_a_status_from_its_counts(
    session: Session, counts: tuple[int, int, int], status: str
) -> None:
    planned, done, failed = counts
    counted = Counted(session, planned, "run")
    assert (counted.row["STATUS"], counted.row["ITEMS_PLANNED"], counted.row["FINISHED_AT"]) == (
        "STARTED",
        planned,
        None,
    )
    counted.write(*counts)
    (ended,) = counted.batches.finish(summary=None)
    assert ended["STATUS"] == status
    numbers = {"PLANNED": planned, "SUCCEEDED": done, "FAILED": failed, "LEFT": planned - done - failed}
    assert {name: (ended[f"ITEMS_{name}"], counted.row[f"ITEMS_{name}"]) for name in numbers} == {
        name: (number, number) for name, number in numbers.items()
    }
    assert (counted.row["API_CALLS"], ended["ITEMS_CREATED"]) == (int(done + failed > 0), done)
    assert (counted.row["ERROR_SUMMARY"] or "").startswith(f"{failed} record") == bool(failed)


@pytest.mark.parametrize("cause", ["STOPPED", "ABANDONED"])
@pytest.mark.parametrize(
    ("counts", "status"),
    [((9, 3, 0), None), ((9, 8, 1), "COMPLETED_WITH_ERRORS"), ((9, 9, 0), "COMPLETED"), ((9, 1, 1), "FAILED")],
)
def test_rows_that_were_not_reached_say_why(
    session: Session, counts: tuple[int, int, int], status: str | None, cause: str
) -> None:
    counted = Counted(session, counts[0], "run")
    counted.write(*counts, retryable=True)
    if cause == "STOPPED":
        counted.batches.finish(summary="Stop.", stopped=True)
    else:
        counted._stage(0)  # a build has come since
        batches_of(ledger_of(session, run="next")).end_dead()
    row = counted.row
    assert row["STATUS"] == (status or cause)
    names = ("ITEMS_PLANNED", "ITEMS_SUCCEEDED", "ITEMS_FAILED")
    assert tuple(row[name] for name in names) == counts
    assert (row["ERROR_SUMMARY"] is None) == (status == "COMPLETED")
    assert row["FINISHED_AT"] == NOW


def test_a_failure_that_comes_back_is_left_to_a_run_that_does_not_reach_it(session: Session) -> None:
    first = Counted(session, 5, "run")
    first.write(5, 3, 1, retryable=True)
    first._stage(2)  # the failed one is staged as before
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
    counted = Counted(session, 3, "run")
    session.database.execute("update MON_BatchProcessing set ITEMS_SUCCEEDED = 2, GROUPS_CREATED = 4, API_CALLS = 9")
    counted.write(2, 1, 0)
    counted.batches.finish(summary=None)
    row = counted.row
    assert (row["ITEMS_SUCCEEDED"], row["GROUPS_CREATED"], row["API_CALLS"], row["ITEMS_LEFT"]) == (2, 4, 9, 1)


def test_a_request_of_keys_that_a_dead_run_left_open_counts_in_no_batch(session: Session) -> None:
    dead, request = ledger_of(session, worker="dead"), key_request("RESTORE_KEY", [update_item(5, 7, {"key": "K"})])
    dead.record([request])
    heir = ledger_of(session, worker="heir")
    found = heir.recover(heir.query("push/open_requests")[0])
    assert found is not None
    assert (found.level, found.aliases, found.rows[0].monday_id) == (KEY, ["a0"], 7)
    batches = batches_of(heir)
    batches.revive(found.rows)
    assert batches.finish(summary=None) == []
