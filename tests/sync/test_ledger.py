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
from sync.ledger import Ledger
from sync.results import Failure, Outcome, Success
from sync.session import Session, open_session
from sync.work import CREATE, ITEM, Key, Request, WorkRow
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


def ledger_of(session: Session, worker: str = "worker", sleep: Callable[[float], None] = lambda _: None) -> Ledger:
    return Ledger(session.database, session.statements, now=lambda: NOW, sleep=sleep, worker=worker, run_id="run",
                  lease=dt.timedelta(seconds=120), board_id=5)  # fmt: skip


def work_row(staged: Row, number: int) -> WorkRow:
    values = {name: staged[name] for name in ("ORDER_KEY", "ITEM_NAME", "MAPPING_HASH")}
    return WorkRow(
        level=ITEM, row_key=staged["ORDER_KEY"], order_key=staged["ORDER_KEY"], size_label=None, batch_id="b",
        kind=CREATE, row_hash=staged["ROW_HASH"], values=values, group_id="g", aliases=[f"a{number}"], known=False,
    )  # fmt: skip


def build(claimed: list[Row]) -> tuple[Request | None, list[Failure], list[WorkRow]]:
    rows = [work_row(row, number) for number, row in enumerate(claimed)]
    return (Request("", "CREATE_ITEM", rows, "body"), [], []) if rows else (None, [], [])


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
    requests, failures, _ = ledger_of(session).take(ITEM, [wanted[:4], wanted[4:]], build, nothing)

    assert [[row.row_key for row in request.rows] for request in requests] == [
        [key.row_key for key in wanted[:4]], [key.row_key for key in wanted[4:]]
    ]  # fmt: skip
    assert failures == []
    for request in requests:
        assert count(session, "MON_RowClaims", f"REQUEST_ID = '{request.id}'") == len(request.rows)
        assert count(session, "MON_ApiRequestRows", f"REQUEST_ID = '{request.id}'") == len(request.rows)
    assert count(session, "MON_ApiRequests", "OUTCOME is null") == 2


def test_rows_that_are_claimed_unknown_or_unused_leave_no_claim_behind(session: Session) -> None:
    wanted = keys(session, 4)
    ledger = ledger_of(session)
    ledger.take(ITEM, [wanted[:1]], build, nothing)

    def only_the_last(claimed: list[Row]) -> tuple[Request | None, list[Failure], list[WorkRow]]:
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
    requests, *_ = ledger_of(session).take(ITEM, [keys(session, 3)], lambda claimed: (None, [], []), nothing)

    assert requests == []
    assert count(session, "MON_RowClaims") == count(session, "MON_ApiRequests") == 0


def test_rows_that_cannot_be_sent_are_errors_at_once(session: Session) -> None:
    def refuse(claimed: list[Row]) -> tuple[Request | None, list[Failure], list[WorkRow]]:
        row = work_row(claimed[0], 0)
        failure = Failure(row, "REJECTED", "VALUE", "Too long.", retryable=False, stage="PREPARE")
        return build(claimed[1:])[0], [failure], []

    requests, failures, _ = ledger_of(session).take(ITEM, [keys(session, 2)], refuse, nothing)

    assert len(requests[0].rows) == len(failures) == 1
    errors = session.database.query("select * from ERR_MON_CustMasterSchedule")
    assert [(row["ERROR_CODE"], row["REQUEST_ID"], row["STAGE"]) for row in errors] == [("VALUE", None, "PREPARE")]
    assert count(session, "MON_RowClaims") == 1


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


@pytest.mark.parametrize(
    ("planned", "failing", "expected"),
    [(3, 0, ("COMPLETED", 3, 3, 0, 0)), (8, 0, ("ABANDONED", 8, 3, 0, 5)), (3, 1, ("FAILED", 3, 2, 1, 0))],
)
def test_a_dead_runs_batch_ends_with_what_the_ledger_says(
    session: Session, planned: int, failing: int, expected: tuple[Any, ...]
) -> None:
    dead = ledger_of(session)
    start = [None, "FULL", None, NOW, "me", "{}"]
    counters = [planned, 0, 0, planned, 0, 0, 0, 0, 0, 0, 0, 0, 0]  # as saved before the first answer
    run = ["dead", NOW, "dead", NOW - dt.timedelta(1), *[None] * 7]
    dead.save_batch("b", start=start, state=["STARTED", *counters, None], run=run)
    (request,), *_ = dead.take(ITEM, [keys(session, 3)], build, nothing)
    outcome = Outcome(successes=[Success(row, 100 + at) for at, row in enumerate(request.rows[failing:])])
    outcome.failures = [Failure(row, "REJECTED", "X", "No.", retryable=False) for row in request.rows[:failing]]
    dead.close(request, outcome)
    (before,) = session.database.query(session.statements.get("push/earlier_runs"), ["b", "b", "b"])
    assert (before["ITEMS_SUCCEEDED"], before["ITEMS_FAILED"]) == (3 - failing, failing)

    ledger_of(session).end_abandoned_batches()

    (batch,) = session.database.query("select * from MON_BatchProcessing")
    names = ("STATUS", "ITEMS_PLANNED", "ITEMS_SUCCEEDED", "ITEMS_FAILED", "ITEMS_LEFT")
    assert tuple(batch[name] for name in names) == expected
    assert (batch["ERROR_SUMMARY"] is None) == (batch["STATUS"] == "COMPLETED")
    assert batch["FINISHED_AT"] is not None
