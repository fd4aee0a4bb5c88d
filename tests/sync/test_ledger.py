"""Claims and write-back in the database: several requests in one transaction, and the fence around each."""

from __future__ import annotations

import datetime as dt
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest

from sync.database import Row
from sync.monday.documents import UpdateItem
from sync.push.ledger import Batches, Ledger
from sync.push.outcomes import Failure, Outcome, Success
from sync.push.plan import CREATE, ITEM, SUBITEM, Key, Request, WorkRow, key_request
from sync.push.staged import Selection
from sync.session import Session, open_session
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


def ledger_of(
    session: Session, worker: str = "worker", sleep: Callable[[float], None] = lambda _: None, run: str = "run"
) -> Ledger:
    return Ledger(session.database, session.statements, now=lambda: NOW, sleep=sleep, worker=worker, run_id=run,
                  lease=dt.timedelta(seconds=120))  # fmt: skip


def work_row(staged: Row, number: int) -> WorkRow:
    values = {name: staged[name] for name in ("ORDER_KEY", "ITEM_NAME", "MAPPING_HASH")}
    return WorkRow(
        level=ITEM, row_key=staged["ORDER_KEY"], order_key=staged["ORDER_KEY"], size_label=None, batch_id="b",
        kind=CREATE, row_hash=staged["ROW_HASH"], values=values, group_id="g", aliases=[f"a{number}"], known=False,
    )  # fmt: skip


def build(claimed: list[Row]) -> tuple[Request | None, Outcome]:
    rows = [work_row(row, number) for number, row in enumerate(claimed)]
    return Request("", "CREATE_ITEM", rows, "body") if rows else None, Outcome()


def keys(session: Session, count: int) -> list[Key]:
    rows = session.database.query(
        f"select ORDER_KEY from STG_MON_CustMasterSchedule where CHANGE_TYPE = 'CREATE' order by 1 limit {count}"
    )
    return [Key(row["ORDER_KEY"], None, CREATE) for row in rows]


def count(session: Session, table: str, where: str = "true") -> Any:
    return session.database.scalar(f"select count(*) from {table} where {where}")


def nothing() -> None:
    """There is nothing to undo."""


def test_each_chunk_becomes_a_request_with_claims_of_its_own(session: Session) -> None:
    wanted = keys(session, 6)
    requests, unsent = ledger_of(session).take(ITEM, [wanted[:4], wanted[4:]], build, nothing)

    assert [[row.row_key for row in request.rows] for request in requests] == [
        [key.row_key for key in wanted[:4]], [key.row_key for key in wanted[4:]]
    ]  # fmt: skip
    assert unsent == Outcome()
    for request in requests:
        assert count(session, "MON_RowClaims", f"REQUEST_ID = '{request.id}'") == len(request.rows)
        assert count(session, "MON_ApiRequestRows", f"REQUEST_ID = '{request.id}'") == len(request.rows)
    assert count(session, "MON_ApiRequests", "OUTCOME is null") == 2


def test_rows_that_are_claimed_unknown_or_unused_leave_no_claim_behind(session: Session) -> None:
    wanted = keys(session, 4)
    ledger = ledger_of(session)
    ledger.take(ITEM, [wanted[:1]], build, nothing)

    def only_the_last(claimed: list[Row]) -> tuple[Request | None, Outcome]:
        return build(claimed[-1:])

    requests, *_ = ledger.take(ITEM, [[*wanted, Key("NOT STAGED", None, CREATE)]], only_the_last, nothing)

    assert [row.row_key for row in requests[0].rows] == [wanted[3].row_key]
    assert count(session, "MON_RowClaims") == 2


def test_a_row_that_stands_in_the_chunks_twice_is_claimed_once(session: Session) -> None:
    wanted = keys(session, 3)
    update = Key(wanted[0].order_key, None, "UPDATE")
    chunks = [[wanted[0], wanted[0], wanted[1]], [update, wanted[2]], [update]]

    requests, *_ = ledger_of(session).take(ITEM, chunks, build, nothing)

    assert [[row.row_key for row in request.rows] for request in requests] == [
        [wanted[0].row_key, wanted[1].row_key], [wanted[2].row_key]
    ]  # fmt: skip
    assert count(session, "MON_RowClaims") == 3


def test_a_chunk_without_a_request_gives_everything_back(session: Session) -> None:
    requests, *_ = ledger_of(session).take(ITEM, [keys(session, 3)], lambda claimed: (None, Outcome()), nothing)

    assert requests == []
    assert count(session, "MON_RowClaims") == count(session, "MON_ApiRequests") == 0


def test_rows_that_cannot_be_sent_are_errors_at_once(session: Session) -> None:
    def refuse(claimed: list[Row]) -> tuple[Request | None, Outcome]:
        row = work_row(claimed[0], 0)
        failure = Failure(row, "REJECTED", "VALUE", "Too long.", retryable=False, stage="PREPARE")
        return build(claimed[1:])[0], Outcome(failures=[failure])

    requests, unsent = ledger_of(session).take(ITEM, [keys(session, 2)], refuse, nothing)

    assert len(requests[0].rows) == len(unsent.failures) == 1
    errors = session.database.query(
        "select e.ERROR_CODE, e.STAGE, r.OPERATION, r.ATTEMPTS, r.SENT_AT, w.OUTCOME"
        " from ERR_MON_CustMasterSchedule as e join MON_ApiRequests as r using (REQUEST_ID)"
        " join MON_ApiRequestRows as w using (REQUEST_ID)"
    )
    assert [tuple(row.values()) for row in errors] == [("VALUE", "PREPARE", "UNSENT", 0, None, "REJECTED")]
    assert count(session, "MON_RowClaims") == 1


def test_rows_that_need_no_sending_are_confirmed_and_stand_in_the_ledger(session: Session) -> None:
    def show(claimed: list[Row]) -> tuple[Request | None, Outcome]:
        return None, Outcome([Success(work_row(row, 0), 7 + at) for at, row in enumerate(claimed)])

    requests, unsent = ledger_of(session).take(ITEM, [keys(session, 2)], show, nothing)

    assert (requests, len(unsent.successes)) == ([], 2)
    assert count(session, "MON_CustMasterSchedule", "MONDAY_ITEM_ID in (7, 8)") == 2
    assert count(session, "MON_ApiRequestRows", "OUTCOME = 'OK'") == 2
    assert count(session, "MON_ApiRequests", "OUTCOME is null") == count(session, "MON_RowClaims") == 0


def test_a_transaction_that_is_run_again_begins_afresh(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    ledger = ledger_of(session)
    starts: list[int] = []
    execute = session.database.execute

    def conflict_once(sql: str, params: Any = ()) -> int:
        if "MON_ApiRequestRows" in sql and len(starts) == 1:
            raise duckdb.TransactionException("conflict")
        return execute(sql, params)

    monkeypatch.setattr(session.database, "execute", conflict_once)
    requests, *_ = ledger.take(ITEM, [keys(session, 3)], build, lambda: starts.append(1))

    assert len(starts) == 2
    assert [row["REQUEST_ID"] for row in session.database.query("select REQUEST_ID from MON_ApiRequests")] == [
        requests[0].id
    ]
    assert count(session, "MON_RowClaims") == 3


def test_outcomes_are_written_together_but_not_those_of_a_request_that_was_taken_over(session: Session) -> None:
    wanted = keys(session, 4)
    slow = ledger_of(session)
    mine, lost = slow.take(ITEM, [wanted[:2], wanted[2:]], build, nothing)[0]
    found = next(row for row in slow.open_requests() if row["REQUEST_ID"] == lost.id)
    assert ledger_of(session, worker="heir").take_over(found) is not None

    held = slow.close_all(
        [(request, Outcome([Success(row, 100 * n + m) for m, row in enumerate(request.rows)]))
         for n, request in enumerate((mine, lost), start=1)]
    )  # fmt: skip

    assert held == [True, False]
    confirmed = session.database.query("select ORDER_KEY, MONDAY_ITEM_ID from MON_CustMasterSchedule order by 1")
    assert [(row["ORDER_KEY"], row["MONDAY_ITEM_ID"]) for row in confirmed] == [
        (wanted[0].order_key, 100), (wanted[1].order_key, 101)
    ]  # fmt: skip
    assert count(session, "MON_RowClaims", f"REQUEST_ID = '{lost.id}'") == 2
    assert count(session, "MON_RowClaims", f"REQUEST_ID = '{mine.id}'") == 0


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
        ledger.record(request)
        assert ledger.close(request, Outcome([Success(row, item)]))
    kept = db.query(f'select MONDAY_ITEM_ID, COLOR, GONE, "NOT OURS" from {table} order by ORDER_KEY')
    assert [tuple(row.values()) for row in kept] == [(11, "BLUE", None, "theirs"), (2, "BLUE", "old", "theirs")]


def test_what_was_recorded_before_sending_is_what_is_confirmed(session: Session) -> None:
    ledger = ledger_of(session)
    row = WorkRow(SUBITEM, "A|XL", "A", "XL", "b", CREATE, "h", {"ORDER_QTY": 7, "MAPPING_HASH": "m"}, parent_id=5,
                  board_id=6, aliases=["a0"], known=False)  # fmt: skip
    other = WorkRow(SUBITEM, "A|S", "A", "S", "b", CREATE, "h", {"ORDER_QTY": 3}, parent_id=5, board_id=6,
                    aliases=["a1"], known=False)  # fmt: skip
    request = Request("r", "CREATE_SUBITEM", [row, other], "body")
    ledger.record(request)
    row.values["ORDER_QTY"] = 99
    outcome = Outcome([Success(row, 50, board_id=8), Success(other, 51, adopted=True, unknown_quantity=True)])
    assert ledger.close(request, outcome)
    sizes = session.database.query(
        "select SIZE_LABEL, ORDER_QTY, MONDAY_SUBITEM_ID, MONDAY_PARENT_ITEM_ID, MONDAY_SUBITEM_BOARD_ID, BATCH_ID"
        " from MON_CustMasterSchedule_Subitems order by 1"
    )
    assert [tuple(size.values()) for size in sizes] == [("S", None, 51, 5, 6, "b"), ("XL", 7, 50, 5, 8, "b")]


def test_a_remainder_keeps_its_claims_under_its_own_request(session: Session) -> None:
    ledger = ledger_of(session)
    request = ledger.take(ITEM, [keys(session, 3)], build, nothing)[0][0]
    rest = Request("rest", "CREATE_ITEM", request.rows[1:], "", attempts=1)

    assert ledger.close(request, Outcome([Success(request.rows[0], 7)], carried=rest))

    assert count(session, "MON_RowClaims", "REQUEST_ID = 'rest'") == count(session, "MON_RowClaims") == 2
    assert [row["REQUEST_ID"] for row in ledger.open_requests()] == ["rest"]


def test_a_request_is_noted_again_before_it_is_sent_again_and_not_by_one_that_lost_it(session: Session) -> None:
    ledger = ledger_of(session)
    request = ledger.take(ITEM, [keys(session, 2)], build, nothing)[0][0]
    session.database.execute("update MON_ApiRequests set SENT_AT = timestamp '2026-01-01', ATTEMPTS = 1")
    request.attempts = 1

    assert ledger.send_again(request)
    noted = session.database.query("select SENT_AT, ATTEMPTS from MON_ApiRequests")
    assert noted == [{"SENT_AT": NOW, "ATTEMPTS": 2}]
    assert ledger_of(session, worker="heir").take_over(ledger.open_requests()[0]) is not None
    assert not ledger.send_again(request)


def test_what_stays_open_at_the_end_of_a_run_is_let_go(session: Session) -> None:
    ledger = ledger_of(session)
    ledger.take(ITEM, [keys(session, 2)], build, nothing)
    assert {row["LEASE_UNTIL"] for row in ledger.open_requests()} == {NOW + dt.timedelta(seconds=120)}
    ledger.let_go()
    assert {row["LEASE_UNTIL"] for row in ledger.open_requests()} == {NOW}
    assert count(session, "MON_RowClaims") == 2


def batches_of(ledger: Ledger) -> Batches:
    return Batches(ledger, Selection(), now=lambda: NOW, started_by="me", config={})


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
    dead, request = ledger_of(session, worker="dead"), key_request("RESTORE_KEY", [UpdateItem("", 5, 7, {"key": "K"})])
    dead.record(request)
    heir = ledger_of(session, worker="heir")
    found = heir.take_over(heir.open_requests()[0])
    assert found is not None
    assert (found.repairs, found.aliases, found.rows[0].monday_id) == (True, ["a0"], 7)
    batches = batches_of(heir)
    batches.revive(found.rows)
    assert batches.finish(summary=None) == []
