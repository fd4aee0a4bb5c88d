"""What can be wrong before the first write: one clear sentence, exit 1 (2 for wrong words), nothing written."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pytest

from emulator.faults import Fault
from sync.database.duckdb import DuckDBDatabase
from sync.errors import ConfigurationError
from sync.settings import Settings, read_settings
from tests.conftest import new_project
from tests.stores import Engine, Kept
from tests.support import BUILD, ROOT, Project


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory, engine: Engine) -> Kept:
    """Tables with sample orders, built but never pushed."""
    folder = tmp_path_factory.mktemp("prepared")
    project = Project(folder, engine.target, place=engine.empty(folder))
    project.orders(60)
    project.sync("migrate")
    project.dbt(*BUILD)
    return engine.keep(project.store)


@pytest.fixture
def ready(tmp_path: Path, engine: Engine, prepared: Kept, monday: Callable[..., Any]) -> Project:
    """A project that would push: everything is in place."""
    return new_project(tmp_path, engine.target, monday(with_order_key=True), prepared.copy(tmp_path))


@pytest.fixture
def bare(tmp_path: Path, engine: Engine, monday: Callable[..., Any]) -> Project:
    """A project that has orders, and nothing else."""
    project = new_project(tmp_path, engine.target, monday(with_order_key=True), engine.empty(tmp_path))
    project.orders(60)
    return project


def refused(project: Project, *args: str, exit_code: int = 1) -> str:
    """The sentence of a command that must fail, with nothing written to the board."""
    words = args or ("push", "--batch")
    done = project.run(*words)
    assert done.returncode == exit_code, done.stdout + done.stderr
    assert "Traceback" not in done.stdout + done.stderr
    assert not project.monday.history
    lines = [line for line in done.stdout.splitlines() if line.strip()]
    assert len(lines) == 1, done.stdout
    return lines[0]


def rehearsed(project: Project, exit_code: int, *args: str) -> dict[str, Any]:
    """The answer of a dry run, which must end as told and write nothing."""
    answer = project.sync("push", "--batch", "--dry-run", *args, exit_code=exit_code)
    assert not project.monday.history
    return answer


def test_a_dry_run_ends_as_the_push_would_begin(
    tmp_path: Path, engine: Engine, prepared: Kept, ready: Project, monday: Callable[..., Any]
) -> None:
    fit = rehearsed(ready, 0)
    assert (fit["board_checked"], fit["refusal"]) == (True, None)

    unfit = new_project(tmp_path, engine.target, monday(), prepared.copy(tmp_path))
    said = rehearsed(unfit, 1)
    assert said["items_to_create"] == fit["items_to_create"] > 0
    assert said["refusal"] in refused(unfit)
    assert "ORDER KEY" in said["message"]

    ready.env["MONDAY_API_TOKEN"] = "canary-wrong-token"
    assert (said := rehearsed(ready, 1))["refusal"] in refused(ready)
    assert said["board_checked"] is False
    ready.env["MONDAY_BOARD_ID"] = "4711"
    ready.env["MONDAY_API_TOKEN"] = ready.monday.token
    assert "4711" in rehearsed(ready, 1)["message"]

    del ready.env["MONDAY_API_TOKEN"]
    said = rehearsed(ready, 0)
    assert (said["board_checked"], said["items_to_create"]) == (False, fit["items_to_create"])
    assert "MONDAY_API_TOKEN" in said["notices"][0]


def test_a_day_without_calls_checks_no_board_and_tries_no_row(ready: Project) -> None:
    ready.monday.service.faults.add([Fault("refuse", times=0, status=429, code="DAILY_LIMIT_EXCEEDED")])
    assert rehearsed(ready, 3)["board_checked"] is False
    pushed = ready.sync("push", "--batch", exit_code=3)
    assert (pushed["succeeded"], pushed["failed"], pushed["success_percent"]) == (0, 0, None)
    done = ready.run("push", "--batch", "--kestra")
    assert "success" not in done.stdout
    assert '"succeeded": 0' in done.stdout


@pytest.mark.files_only("the words are DuckDB's")
@pytest.mark.parametrize("command", ["push --batch", "pull", "audit"])
@pytest.mark.parametrize("full", [True, False])
def test_what_the_database_refuses(ready: Project, command: str, full: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    words = 'Could not write file "orders.duckdb.wal": No space left on device' if full else "Not implemented: this"

    def refuse(*_: object) -> int:
        raise duckdb.Error(words)

    monkeypatch.setattr(DuckDBDatabase, "execute", refuse)
    sentence = ready.sync(*command.split(), exit_code=1)["message"]
    said = (
        f"{ready.database} has no room left on its disk; make room there" if full else f"a statement (Error: {words})"
    )
    assert said in sentence
    assert "again" in sentence
    assert "next push" not in sentence


def test_a_dry_run_says_what_has_no_room(
    tmp_path: Path, engine: Engine, prepared: Kept, monday: Callable[..., Any]
) -> None:
    project = new_project(tmp_path, engine.target, monday(with_order_key=True, items_limit=5), prepared.copy(tmp_path))
    said = rehearsed(project, 0)
    (staged,) = project.sql("select count(*) as n from STG_MON_CustMasterSchedule")
    assert (said["items_to_create"], said["items_without_room"]) == (5, staged["n"] - 5)
    assert "no room" in said["message"]


def test_no_token(ready: Project) -> None:
    del ready.env["MONDAY_API_TOKEN"]
    assert "MONDAY_API_TOKEN is not set" in refused(ready)


def test_wrong_token(ready: Project) -> None:
    ready.env["MONDAY_API_TOKEN"] = "canary-wrong-token"
    sentence = refused(ready)
    assert "token" in sentence.lower()
    assert "canary-wrong-token" not in sentence


@pytest.mark.parametrize("version", ["2026-10\nX: y", "2026 10"])
def test_a_version_that_cannot_be_sent(ready: Project, version: str) -> None:
    ready.env["MONDAY_API_VERSION"] = version
    assert "MONDAY_API_VERSION is empty or holds blanks" in refused(ready)


@pytest.mark.files_only("the path of a file")
@pytest.mark.parametrize("command", ["status", "push --batch"])
def test_a_path_that_is_too_long(ready: Project, command: str) -> None:
    environment = ready.environment
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ready, "environment", lambda: environment() | {"ORDERS_DUCKDB_PATH": "x" * 5000})
        assert "(File name too long); correct ORDERS_DUCKDB_PATH" in refused(ready, *command.split())


@pytest.mark.files_only("the words are DuckDB's")
def test_ctrl_c_while_duckdb_is_at_a_statement(ready: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object) -> list[Any]:
        raise RuntimeError("Query interrupted")

    monkeypatch.setattr(DuckDBDatabase, "query", interrupted)
    assert "Interrupted; what Monday confirmed is kept" in refused(ready, "status")


def test_ctrl_c_while_modules_are_imported(tmp_path: Path) -> None:
    (tmp_path / "click.py").write_text("raise KeyboardInterrupt", encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "sync", "status"], env=os.environ | {"PYTHONPATH": str(tmp_path)}, cwd=ROOT,
        capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "")


def test_board_missing(ready: Project) -> None:
    ready.env["MONDAY_BOARD_ID"] = "4711"
    assert "4711" in refused(ready)


def test_column_gone(tmp_path: Path, engine: Engine, prepared: Kept, monday: Callable[..., Any]) -> None:
    project = new_project(tmp_path, engine.target, monday(), prepared.copy(tmp_path))
    sentence = refused(project)
    assert "ORDER KEY" in sentence
    assert "board create-columns" in sentence


def test_api_unreachable(ready: Project) -> None:
    ready.env["MONDAY_API_URL"] = "http://127.0.0.1:9/v2"
    assert "reach" in refused(ready)


@pytest.mark.files_only("a server that is not there: tests/sqlserver/test_server.py")
def test_database_missing(ready: Project) -> None:
    ready.database.unlink()
    assert "does not exist" in refused(ready)
    assert not ready.database.exists()


@pytest.mark.files_only("only a DuckDB file is held by one process")
def test_database_locked(ready: Project) -> None:
    holder = subprocess.Popen(
        [sys.executable, "-c", "import duckdb, sys; c = duckdb.connect(sys.argv[1]); print(1, flush=True); input()",
         str(ready.database)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        assert holder.stdout is not None
        holder.stdout.readline()
        sentence = refused(ready)
        assert str(holder.pid) in sentence
    finally:
        holder.communicate("\n", timeout=20)


def test_migrate_not_run(bare: Project) -> None:
    assert "python -m sync migrate" in refused(bare)
    assert "python -m sync migrate" in bare.dbt(ok=False)


def test_nothing_built(bare: Project) -> None:
    bare.sync("migrate")
    assert "dbt build" in refused(bare)


def test_orders_missing(ready: Project) -> None:
    ready.sql("drop table ORDERS_UNIFIED")
    assert "ORDERS_UNIFIED doesn't exist in the database" in ready.dbt(ok=False)


def test_orders_without_markers(ready: Project) -> None:
    ready.sql('alter table ORDERS_UNIFIED drop column "UNIT OF MEASURE"')
    assert "UNIT OF MEASURE" in ready.dbt(ok=False)


def test_nobody_pushes_everything_by_accident(ready: Project) -> None:
    assert "--batch" in refused(ready, "push", exit_code=2)


def test_unknown_batch(ready: Project) -> None:
    assert "No batch of that id" in refused(ready, "push", "--batch", "nonsense", exit_code=2)


def test_rows_that_cannot_qualify_are_counted_and_stop_nobody(project: Project) -> None:
    push = project.first_push(500, seed=3)
    rejected = project.sql("select * from STG_MON_RejectedOrders")
    assert push["rejected_rows"] == len(rejected) > 0
    assert all(row["REASONS"] for row in rejected)
    assert push["failed"] == 0


FIGURES: dict[str, dict[str, int | float | str]] = {
    "MONDAY_BOARD_ID": {
        "1": 1,
        " 9123456789012345678 ": 9123456789012345678,
        "9223372036854775808": "at most 9.22337e",
        "1e3": 1000,
        "0": "at least 1",
        "1.5": "whole",
        "-1": "at least 1",
        "five": "at least 1",
        "inf": "at least 1",
    },
    "MONDAY_TIMEOUT_SECONDS": {"0.05": 0.05, "75": 75.0, "0.04": "at least 0.05", "nan": "at", "1e309": "at"},
    "MONDAY_SETTLE_SECONDS": {"86400": 86400.0, "1e300": "at most 86400"},
    "SYNC_LEASE_SECONDS": {"1e12": "at most 86400"},
    "SYNC_ROWS_PER_REQUEST": {"100": 100, "101": "at most 100", "1e30": "at most 100", "1e400": "at least 1"},
}
"""Variables with figures: what is read of them, or what they must be."""


@pytest.mark.parametrize(("name", "text"), [(name, text) for name, texts in FIGURES.items() for text in texts])
def test_a_setting_is_a_figure_within_its_limits(name: str, text: str) -> None:
    wanted = FIGURES[name][text]
    (field,) = [each for each in Settings.__dataclass_fields__.values() if each.metadata.get("name") == name]
    if not isinstance(wanted, str):
        assert getattr(read_settings({name: text}, token_required=False), field.name) == wanted
        return
    with pytest.raises(ConfigurationError, match=f"{name} must be .*{wanted}"):
        read_settings({name: text}, token_required=False)


@pytest.mark.parametrize(
    ("shell", "said"),
    [
        ("2>/dev/full", "does not exist"),  # what is left of a log at the end of the process fails once more
        ("2>&-", "does not exist"),
        (">&- 2>&-", ""),
    ],
)
def test_a_log_that_cant_be_written_changes_neither_result_nor_exit_code(shell: str, said: str, tmp_path: Path) -> None:
    env = os.environ | {"ORDERS_DUCKDB_PATH": str(tmp_path / "S\xd8REN.duckdb"), "PYTHONIOENCODING": "ascii"}
    command = f'exec "$0" -m sync push --batch {shell}'
    env |= {"MONDAY_API_TOKEN": "t", "DBT_TARGET": "duckdb"}
    done = subprocess.run(["sh", "-c", command, sys.executable], env=env, capture_output=True, check=False, timeout=60)
    assert (done.returncode, said in done.stdout.decode("ascii")) == (1, True), done
    assert b"unexpected" not in done.stdout
    assert (b"S\\xd8REN" in done.stdout) is bool(said)
