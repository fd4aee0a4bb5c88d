"""A database that knows less than the board: new, restored, or copied without its log. Nothing is made twice."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.builds import Dbt
from tests.conftest import new_project
from tests.e2e.strangers import Stranger
from tests.oracle.board import read_board
from tests.stores import DuckDBFile, Engine, Kept
from tests.support import ROOT, Project

BOARD = 9200517329


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory, engine: Engine, dbt_here: Dbt) -> Kept:
    """Tables with sample orders, built but never pushed."""
    folder = tmp_path_factory.mktemp("prepared")
    project = Project(folder, engine.target, place=engine.empty(folder))
    project.orders(80, seed=5)
    project.sync("migrate")
    assert dbt_here.build(project.environment(), {}, tests=False).success
    return engine.keep(project.store)


@pytest.fixture
def start(tmp_path: Path, engine: Engine, prepared: Kept, monday: Callable[..., Any]) -> Callable[..., Project]:
    """Makes a project that would push to an empty board."""

    def make(**config: Any) -> Project:
        server = monday(with_order_key=True, **config)
        project = new_project(tmp_path, engine.target, server, prepared.copy(tmp_path))
        project.env |= {"MONDAY_SETTLE_SECONDS": "0.5", "MONDAY_TIMEOUT_SECONDS": "5", "SYNC_ROWS_PER_REQUEST": "10"}
        return project

    return make


def restored(project: Project, folder: Path, kept: Kept) -> Project:
    """The same board, and tables as they were kept."""
    folder.mkdir()
    return new_project(folder, project.target, project.monday, kept.copy(folder))


def without_a_write(project: Project, *args: str) -> str:
    """The sentence of a push that must be refused as it is by its dry run, with nothing written anywhere."""
    written = len(project.monday.history)
    words = args or ("push", "--batch")
    said = project.sync(*words, exit_code=1)["message"]
    rehearsed = project.sync(*words, "--dry-run", exit_code=1)
    assert said in rehearsed["message"]
    assert rehearsed["refusal"] == said
    assert "python -m sync board adopt" in said
    assert len(project.monday.history) == written
    return str(said)


def keys_of(kept: Kept, folder: Path) -> set[str]:
    """The keys of all orders of the first build."""
    folder.mkdir()
    return {
        str(row["ORDER_KEY"]) for row in kept.copy(folder).sql("select ORDER_KEY from STG_MON_CustMasterSchedule", [])
    }


def take_over_and_push(project: Project, dbt_here: Dbt) -> None:
    """What the refusal says, to the end."""
    project.sync("board", "adopt", "--yes")
    assert dbt_here.build(project.environment(), {}, tests=False).success
    project.sync("push", "--batch")
    assert dbt_here.build(project.environment(), {}, tests=False).success
    assert project.staged() == 0


def once(project: Project, keys: set[str]) -> None:
    """Every order stands on the board once, each of its sizes, too, and the tables know the items."""
    board = read_board(project.monday.url, project.monday.token, BOARD)
    assert Counter(item.key for item in board.items) == Counter(keys)
    sizes = Counter((item.key, size.label) for item in board.items for size in item.subitems)
    assert max(sizes.values()) == 1
    ids = {int(row["MONDAY_ITEM_ID"]) for row in project.sql("select MONDAY_ITEM_ID from MON_CustMasterSchedule")}
    assert ids == {int(item.id) for item in board.items}


def test_a_new_database_against_a_filled_board(
    tmp_path: Path, dbt_here: Dbt, prepared: Kept, start: Callable[..., Project]
) -> None:
    keys = keys_of(prepared, tmp_path / "keys")
    first = start()
    first.sync("push", "--batch")
    new = restored(first, tmp_path / "new", prepared)
    said = without_a_write(new)
    assert f"{len(keys)} of {len(keys)} orders" in said
    row = new.sql(
        'select BATCH_CUSTOMER, "PO NUMBER" as PO from STG_MON_CustMasterSchedule where "PO NUMBER" is not null'
    )[0]
    without_a_write(new, "push", "--customer", row["BATCH_CUSTOMER"])
    without_a_write(new, "push", "--po", row["PO"])
    without_a_write(new, "push", "--batch", "--limit", "1")
    assert new.sql("select * from MON_BatchProcessing") == []
    take_over_and_push(new, dbt_here)
    once(new, keys)


def test_an_older_backup_lacks_the_newest(
    tmp_path: Path, dbt_here: Dbt, engine: Engine, prepared: Kept, start: Callable[..., Project]
) -> None:
    keys = keys_of(prepared, tmp_path / "keys")
    project = start()
    project.sync("push", "--batch", "--limit", str(len(keys) - 3))
    backup = engine.keep(project.store)
    restored(project, tmp_path / "on", backup).sync("push", "--batch")
    old = restored(project, tmp_path / "old", backup)
    assert "3 of 3 orders" in without_a_write(old)
    take_over_and_push(old, dbt_here)
    once(old, keys)


def test_an_older_backup_lacks_the_sizes(
    tmp_path: Path, dbt_here: Dbt, engine: Engine, prepared: Kept, start: Callable[..., Project]
) -> None:
    keys = keys_of(prepared, tmp_path / "keys")
    project = start()
    project.sync("push", "--batch", "--skip-subitems")
    backup = engine.keep(project.store)
    restored(project, tmp_path / "on", backup).sync("push", "--batch")
    old = restored(project, tmp_path / "old", backup)
    assert "sizes to create" in without_a_write(old)
    assert old.sync("push", "--batch", "--skip-subitems")["subitems_left"] == 0
    take_over_and_push(old, dbt_here)
    once(old, keys)


def test_a_size_that_a_person_made_hinders_nobody(start: Callable[..., Project]) -> None:
    project = start()
    project.sync("push", "--batch", "--skip-subitems")
    size = project.sql(
        "select m.MONDAY_ITEM_ID, s.SIZE_LABEL, s.ORDER_QTY from STG_MON_CustMasterSchedule_Subitems as s"
        " inner join MON_CustMasterSchedule as m on m.ORDER_KEY = s.ORDER_KEY where s.ORDER_QTY > 0"
    )[0]
    person = Stranger(project.monday.url, project.monday.token)
    person.add_size(int(size["MONDAY_ITEM_ID"]), "By hand", size["SIZE_LABEL"], str(int(size["ORDER_QTY"]) + 1))
    assert project.sync("push", "--batch", "--dry-run")["refusal"] is None
    person.add_size(int(size["MONDAY_ITEM_ID"]), "As ours", size["SIZE_LABEL"], str(int(size["ORDER_QTY"])))
    person.close()
    assert "1 size to create" in without_a_write(project)


@pytest.mark.files_only("only a DuckDB file has its log in a file beside it")
def test_a_file_copied_without_its_log(
    tmp_path: Path, dbt_here: Dbt, prepared: Kept, start: Callable[..., Project]
) -> None:
    keys = keys_of(prepared, tmp_path / "keys")
    project = start(write_ms=8)
    push = subprocess.Popen(
        [sys.executable, "-m", "sync", "push", "--batch"], cwd=ROOT, env=project.environment(),
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    deadline = time.monotonic() + 60
    while sum(done.operation == "create_item" for done in project.monday.history) < len(keys) // 2:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    os.kill(push.pid, signal.SIGKILL)
    push.wait()
    time.sleep(0.3)
    log = project.database.with_name(project.database.name + ".wal")
    assert log.is_file()

    (tmp_path / "whole").mkdir()
    shutil.copyfile(log, tmp_path / "whole" / "orders.duckdb.wal")
    with_log = restored_file(project, tmp_path / "whole")
    (tmp_path / "without").mkdir()
    without_log = restored_file(project, tmp_path / "without")
    project.sql("checkpoint")
    (tmp_path / "checkpoint").mkdir()
    after_checkpoint = restored_file(project, tmp_path / "checkpoint")
    sent = "select count(*) as n from MON_ApiRequests"
    assert after_checkpoint.sql(sent) == with_log.sql(sent) != without_log.sql(sent) == [{"n": 0}]

    without_a_write(without_log)
    with_log.sync("push", "--batch")
    once(with_log, keys)
    without_a_write(without_log)
    take_over_and_push(without_log, dbt_here)
    once(without_log, keys)


def restored_file(project: Project, folder: Path) -> Project:
    """The same board, and the database file alone, copied into this folder."""
    shutil.copyfile(project.database, folder / "orders.duckdb")
    return new_project(folder, project.target, project.monday, DuckDBFile(folder / "orders.duckdb"))


def test_what_the_tables_know_is_not_refused(tmp_path: Path, prepared: Kept, start: Callable[..., Project]) -> None:
    """An order that comes back from the archive is made anew, though a person took its old item out of the archive."""
    keys = keys_of(prepared, tmp_path / "keys")
    project = start()
    project.sync("push", "--batch")
    project.sql("update MON_CustMasterSchedule set ARCHIVED_AT = LAST_PUSHED_AT")
    plan = project.sync("push", "--batch", "--dry-run")
    assert (plan["items_to_create"], plan["refusal"]) == (len(keys), None)


def test_an_item_whose_key_a_person_typed_counts(tmp_path: Path, prepared: Kept, start: Callable[..., Project]) -> None:
    key = min(keys_of(prepared, tmp_path / "keys"))
    project = start()
    person = Stranger(project.monday.url, project.monday.token)
    group = next(iter(person.board.groups))
    made = person.ask(
        'mutation ($b: ID!, $g: String!) { create_item(board_id: $b, group_id: $g, item_name: "By hand") { id } }',
        {"b": str(BOARD), "g": group},
    )
    item = int(made["create_item"]["id"])
    person.write(item, "ORDER KEY", "nobody knows this key")
    plan = project.sync("push", "--batch", "--dry-run")
    assert plan["refusal"] is None
    assert any("The board has 1 item already" in notice for notice in plan["notices"])
    person.write(item, "ORDER KEY", key.lower())
    person.close()
    assert "1 of " in without_a_write(project)


def test_one_question_where_there_are_orders_to_create_and_none_else(start: Callable[..., Project]) -> None:
    project = start()

    def calls(*args: str) -> int:
        before = project.monday.service.calls
        project.sync("push", "--batch", *args)
        return int(project.monday.service.calls - before)

    assert calls("--dry-run") == 3, "the board, its subitems' board, and the keys"
    project.sync("push", "--batch")
    project.sql("update MON_CustMasterSchedule_Subitems set ORDER_QTY = ORDER_QTY + 1")
    assert calls("--dry-run") == 2


def test_a_new_database_against_a_board_that_lost_its_keys(
    tmp_path: Path, dbt_here: Dbt, prepared: Kept, start: Callable[..., Project]
) -> None:
    """Somebody deleted the key column; made anew, it is blank, and the items are found by their names."""
    first = start()
    first.sync("push", "--batch", "--limit", "20")
    first.monday.state.delete_column(BOARD, "order_key")
    new = restored(first, tmp_path / "new", prepared)
    assert "board create-columns" in new.sync("push", "--batch", exit_code=1)["message"]
    new.sync("board", "create-columns")
    said = without_a_write(new)
    assert "looked up by name" in said
    take_over_and_push(new, dbt_here)
    once(new, keys_of(prepared, tmp_path / "keys"))
