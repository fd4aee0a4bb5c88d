"""Answers that get lost, refusals, and kills: pushed again until done, the board holds every order exactly once."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from emulator.faults import Fault
from tests.conftest import new_project
from tests.oracle.board import read_board
from tests.stores import Engine, Kept
from tests.support import BUILD, ROOT, Project

BOARD = 9200517329


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory, engine: Engine) -> Kept:
    """Tables with sample orders, built but never pushed."""
    folder = tmp_path_factory.mktemp("prepared")
    project = Project(folder, engine.target, place=engine.empty(folder))
    project.orders(80, seed=5)
    project.sync("migrate")
    project.dbt(*BUILD)
    return engine.keep(project.store)


@pytest.fixture
def start(tmp_path: Path, engine: Engine, prepared: Kept, monday: Callable[..., Any]) -> Callable[..., Project]:
    """Makes a project whose Monday meets the given faults."""

    def make(*faults: Fault, **config: Any) -> Project:
        server = monday(with_order_key=True, faults=list(faults), **config)
        project = new_project(tmp_path, engine.target, server, prepared.copy(tmp_path))
        project.env |= {"MONDAY_SETTLE_SECONDS": "0.5", "MONDAY_TIMEOUT_SECONDS": "5", "SYNC_ROWS_PER_REQUEST": "10"}
        return project

    return make


def whole(project: Project) -> None:
    """Every staged order once on the board, with all its sizes, and every id in the tables; nothing left open."""
    staged = {row["ORDER_KEY"] for row in project.sql("select ORDER_KEY from STG_MON_CustMasterSchedule")}
    sizes = {
        (row["ORDER_KEY"], row["SIZE_LABEL"])
        for row in project.sql("select ORDER_KEY, SIZE_LABEL from STG_MON_CustMasterSchedule_Subitems")
    }
    board = read_board(project.monday.url, project.monday.token, BOARD)
    on_board = Counter(item.key for item in board.items)
    assert on_board == Counter(staged)
    assert len(set(board.groups.values())) == len(board.groups), sorted(board.groups.values())
    found = Counter((item.key, sub.label) for item in board.items for sub in item.subitems)
    assert found == Counter(sizes)
    ids = {row["MONDAY_ITEM_ID"] for row in project.sql("select MONDAY_ITEM_ID from MON_CustMasterSchedule")}
    assert ids == {int(item.id) for item in board.items}
    rest = project.sql(
        "select (select count(*) from MON_RowClaims) as claims,"
        ' (select count(*) from MON_ApiRequests where OUTCOME is null) as "open"'
    )[0]
    assert rest == {"claims": 0, "open": 0}


FAULTS = {
    "items: answer lost after the work": Fault("drop_after", operation="create_item", call=2),
    "items: answer lost before the work": Fault("drop_before", operation="create_item", call=2),
    "items: 502 after the work": Fault("status_after", operation="create_item", call=1, status=502),
    "items: line cut after three aliases": Fault("cut_after", operation="create_item", call=2, alias=3),
    "items: garbage": Fault("garbage", operation="create_item", call=1),
    "items: told to wait": Fault("refuse", operation="create_item", call=1, status=429, retry_after=1,
                                 code="MINUTE_RATE_LIMIT_EXCEEDED", message="later"),
    "items: locked": Fault("refuse", operation="create_item", call=1, status=423, code="LOCKED", message="locked"),
    "sizes: answer lost after the work": Fault("drop_after", operation="create_subitem", call=2),
    "sizes: line cut after three aliases": Fault("cut_after", operation="create_subitem", call=1, alias=3),
    "sizes: 500": Fault("status_before", operation="create_subitem", call=1, status=500),
    "groups: answer lost after the work": Fault("drop_after", operation="create_group", call=1),
}  # fmt: skip


@pytest.mark.parametrize("name", FAULTS)
def test_nothing_is_double_or_missing_after(name: str, start: Callable[..., Project]) -> None:
    project = start(FAULTS[name])
    answer = project.sync("push", "--batch")
    assert answer["failed"] == 0
    whole(project)


def test_a_key_that_monday_forgot_doubles_nothing(start: Callable[..., Project]) -> None:
    project = start(
        Fault("forget_key", operation="create_item", call=2), Fault("drop_after", operation="create_item", call=2)
    )
    project.sync("push", "--batch")
    whole(project)


@pytest.mark.parametrize("operation", ["create_item", "create_subitem", "create_group"])
def test_a_refusal_that_came_after_the_work_doubles_nothing(operation: str, start: Callable[..., Project]) -> None:
    project = start(
        Fault("forget_key", operation=operation, call=1), Fault("status_after", operation=operation, call=1, status=429)
    )
    answer = project.sync("push", "--batch")
    assert answer["failed"] == 0
    whole(project)
    titles = [group["GROUP_TITLE"] for group in project.sql("select GROUP_TITLE from MON_BoardGroups")]
    assert len(titles) == len(set(titles))


@pytest.mark.parametrize(
    ("operation", "question", "call"),
    [("create_item", "items_page_by_column_values", 2), ("create_subitem", "items", 1), ("create_group", "boards", 3)],
)
def test_a_question_whose_answer_is_hollow_is_asked_again(
    operation: str, question: str, call: int, start: Callable[..., Project]
) -> None:
    project = start(
        Fault("forget_key", operation=operation),
        Fault("drop_after", operation=operation),
        Fault("hollow", operation=question, call=call),
    )
    answer = project.sync("push", "--batch")
    assert answer["failed"] == 0
    whole(project)


def test_tables_that_know_nothing_are_told_by_a_question_that_is_asked_again(start: Callable[..., Project]) -> None:
    project = start()
    project.sync("push", "--batch")
    for table in ("MON_CustMasterSchedule", "MON_CustMasterSchedule_Subitems"):
        project.sql(f"delete from {table}")
    project.monday.service.faults.add([Fault("hollow", operation="items_page_by_column_values")])
    assert "board adopt" in project.sync("push", "--batch", exit_code=1)["message"]


@pytest.mark.parametrize("status", [302, 401, 403, 404, 407])
def test_a_page_in_the_place_of_an_answer_doubles_nothing(status: int, start: Callable[..., Project]) -> None:
    project = start(Fault("status_after", operation="create_item", call=2, status=status))
    project.sync("push", "--batch", exit_code=1)
    project.sync("push", "--batch")
    whole(project)


def test_one_bad_row_takes_no_other_along(start: Callable[..., Project]) -> None:
    project = start(
        Fault(
            "refuse_row",
            operation="create_item",
            call=1,
            alias=4,
            code="ColumnValueException",
            message="no",
            status=200,
        )
    )
    answer = project.sync("push", "--batch", "--fail-under", "0")
    assert answer["items_failed"] == 1
    errors = project.sql("select * from ERR_MON_CustMasterSchedule")
    assert [row["ERROR_CLASS"] for row in errors] == ["REJECTED"]
    staged = project.sql("select count(*) as n from STG_MON_CustMasterSchedule")[0]["n"]
    assert answer["items_created"] == staged - 1
    again = project.sync("push", "--batch", "--fail-under", "0")
    assert again["succeeded"] == again["failed"] == 0


@pytest.mark.parametrize("after", [1, 3, 6])
def test_a_killed_push_is_finished_by_the_next(after: int, start: Callable[..., Project]) -> None:
    project = start(write_ms=8)
    push = subprocess.Popen(
        [sys.executable, "-m", "sync", "push", "--batch"], cwd=ROOT, env=project.environment(),
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    deadline = time.monotonic() + 60
    while sum(done.operation == "create_item" for done in project.monday.history) < 10 * after - 5:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    os.kill(push.pid, signal.SIGKILL)
    push.wait()
    time.sleep(0.3)
    project.leases_end()
    project.sync("push", "--batch")
    whole(project)
    batches = project.sql("select * from MON_BatchProcessing")
    assert {row["STATUS"] for row in batches} == {"COMPLETED"}
    staged = project.sql("select count(*) as n from STG_MON_CustMasterSchedule")[0]["n"]
    assert sum(row["ITEMS_SUCCEEDED"] for row in batches) == staged


def test_a_clock_that_was_set_back_makes_nobody_wait(start: Callable[..., Project]) -> None:
    """A dead run's clock was a day ahead: what it left rests as long as the settings say, and no longer."""
    project = start(Fault("drop_after", operation="create_item", call=2), write_ms=8)
    project.env["SYNC_LEASE_SECONDS"] = "2"
    push = subprocess.Popen(
        [sys.executable, "-m", "sync", "push", "--batch"], cwd=ROOT, env=project.environment(),
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    deadline = time.monotonic() + 60
    while sum(done.operation == "create_item" for done in project.monday.history) < 15:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    os.kill(push.pid, signal.SIGKILL)
    push.wait()
    time.sleep(0.3)
    ahead = "cast('2099-01-01 00:00:00' as timestamp)" if project.store.sole_writer else "'2099-01-01'"
    project.sql(
        f"update MON_ApiRequests set RECORDED_AT = {ahead}, SENT_AT = {ahead}, LEASE_UNTIL = {ahead}"
        " where OUTCOME is null"
    )
    project.sql(f"update MON_RowClaims set LEASE_UNTIL = {ahead}")
    project.sql(f"update MON_BatchProcessing set LEASE_UNTIL = {ahead} where FINISHED_AT is null")
    assert project.sql("select count(*) as n from MON_ApiRequests where OUTCOME is null")[0]["n"] > 0
    if not project.store.sole_writer:
        project.sync("push", "--batch")  # leaves to the living what may be theirs, for as long as a lease
        time.sleep(3)
    begun = time.monotonic()
    done = project.run("push", "--batch")
    assert done.returncode == 0, done.stdout + done.stderr
    assert time.monotonic() - begun < 90
    whole(project)
