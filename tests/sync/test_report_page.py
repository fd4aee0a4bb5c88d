"""The page of the report, and the command that writes it."""

from __future__ import annotations

import datetime as dt
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import duckdb
import pytest

from sync.commands.report import report
from sync.errors import ConfigurationError, DatabaseError, UsageError
from sync.report.reading import Report, read_report
from sync.session import open_session
from tests.support import ROOT
from tests.sync.report_ledger import (
    BATCH,
    RUN,
    SECOND,
    Ledger,
    made,
)


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The known ledger, which no test changes."""
    file = tmp_path_factory.mktemp("ledger") / "orders.duckdb"
    made(file)
    return file


def read(file: Path, batch: str | None = BATCH, *, whole_run: bool = False) -> Report:
    with open_session({"ORDERS_DUCKDB_PATH": str(file)}, read_only=True) as session:
        found = read_report(session, batch, whole_run=whole_run)
    assert found is not None
    return found


def page_of(file: Path, folder: Path, batch: str | None = BATCH, **options: Any) -> str:
    result = report({"ORDERS_DUCKDB_PATH": str(file)}, batch, folder / "page.html", **options)
    return Path(result.data["path"]).read_text(encoding="utf-8")


# ---------- the page


def test_a_failure_names_mondays_request_and_leads_to_the_item(tmp_path: Path) -> None:
    file = tmp_path / "orders.duckdb"
    made(file)
    with duckdb.connect(str(file)) as database:
        database.execute("update MON_ApiRequests set MONDAY_REQUEST_ID = '<r-77>' where OPERATION = 'CREATE_SUBITEM'")
        database.execute("""update ERR_MON_CustMasterSchedule_Subitems
            set REQUEST_ID = (select REQUEST_ID from MON_ApiRequests where MONDAY_REQUEST_ID is not null)""")
        for item, address in ((1, "https://shop.monday.com/boards/1/pulses/1"), (2, "javascript:alert(1)")):
            database.execute(
                "insert into MON_BoardItems (PULL_ID, ITEM_ID, STATE, ADDRESS) values ('p', ?, 'active', ?)",
                [item, address],
            )
        database.execute("""insert into MON_CustMasterSchedule (ORDER_KEY, MONDAY_ITEM_ID) values ('A-9', 2)""")
    page = page_of(file, tmp_path)
    assert "request <bdi>&lt;r-77&gt;</bdi>" in page
    assert '<a href="https://shop.monday.com/boards/1/pulses/1" rel="noreferrer"><bdi>A-1</bdi></a>' in page
    assert "javascript:alert" not in page
    assert "item 2" in page


def test_page_bears_its_time_and_the_same_ledger_gives_the_same_page(path: Path, tmp_path: Path) -> None:
    now = dt.datetime(2026, 3, 3, 8, 0, tzinfo=dt.UTC)
    first, second = (page_of(path, tmp_path, now=lambda: now) for _ in range(2))
    assert first == second
    assert "Written 2026-03-03 08:00:00 UTC" in first


# ---------- the command


def command(file: Path, folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    env = os.environ | {"ORDERS_DUCKDB_PATH": str(file), "PYTHONPATH": str(ROOT), "DBT_PROFILES_DIR": str(ROOT)}
    return subprocess.run(
        [sys.executable, "-m", "sync", "report", *words],
        cwd=folder,
        env=env,
        capture_output=True,
        text=True,
        timeout=60,
    )


def test_command_writes_the_page_and_says_where(path: Path, tmp_path: Path) -> None:
    done = command(path, tmp_path, "--json")
    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout)
    assert answer["path"] == f"reports/{BATCH}.html"
    assert (tmp_path / answer["path"]).read_text(encoding="utf-8").lstrip().startswith("<!doctype html>")
    figures = ("batch_id", "run_id", "items_created", "items_moved", "items_failed", "subitems_created", "adopted",
               "api_calls", "complexity_used", "seconds")  # fmt: skip
    assert [answer[name] for name in figures] == [BATCH, RUN, 2, 2, 1, 3, 1, 6, 390_000, 60]
    assert [each.name for each in (tmp_path / "reports").iterdir()] == [f"{BATCH}.html"]


def test_command_prints_no_row_text_raw(path: Path, tmp_path: Path) -> None:
    done = command(path, tmp_path, "--kestra")
    assert done.returncode == 0
    assert [line for line in done.stdout.splitlines() if line.startswith("::")] == [done.stdout.splitlines()[-1]]
    assert "\x1b[31m" not in done.stdout + done.stderr


def test_command_puts_a_run_or_a_chosen_file(path: Path, tmp_path: Path) -> None:
    assert json.loads(command(path, tmp_path, "--run", "--json").stdout)["path"] == f"reports/run-{RUN}.html"
    done = command(path, tmp_path, "--batch", SECOND, "--output", "deep/er/page.html", "--json")
    assert json.loads(done.stdout)["path"] == "deep/er/page.html"
    assert SECOND in (tmp_path / "deep/er/page.html").read_text(encoding="utf-8")


def test_unknown_batch_is_wrong_usage(path: Path, tmp_path: Path) -> None:
    done = command(path, tmp_path, "--batch", "nope")
    assert done.returncode == 2
    assert "No batch of that id" in done.stdout
    assert not (tmp_path / "reports").exists()
    with pytest.raises(UsageError):
        read(path, "nope")


def test_no_batch_yet_is_one_sentence(tmp_path: Path) -> None:
    Ledger(tmp_path / "orders.duckdb").connection.close()
    result = report({"ORDERS_DUCKDB_PATH": str(tmp_path / "orders.duckdb")}, None, tmp_path / "page.html")
    assert (result.exit_code, result.data) == (0, {"path": None})
    assert result.message.startswith("No batch was pushed yet")
    assert not (tmp_path / "page.html").exists()


def test_tables_that_are_not_there_are_named(tmp_path: Path) -> None:
    duckdb.connect(str(tmp_path / "orders.duckdb")).close()
    with pytest.raises(DatabaseError, match="migrate"):
        report({"ORDERS_DUCKDB_PATH": str(tmp_path / "orders.duckdb")}, None, None)


def test_a_place_that_cannot_be_written_is_one_sentence(path: Path, tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").write_text("x", encoding="utf-8")
    for target in (tmp_path / "folder", tmp_path / "file" / "page.html"):
        with pytest.raises(ConfigurationError, match="can't be written"):
            report({"ORDERS_DUCKDB_PATH": str(path)}, None, target)
    assert list(tmp_path.glob("**/.report-*")) == []


def test_an_odd_batch_id_stays_in_the_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ledger = Ledger(tmp_path / "orders.duckdb")
    ledger.batch("../../<odd>/x", "ODD", items="0/0/0/0", sizes="0/0/0/0")
    ledger.connection.close()
    monkeypatch.chdir(tmp_path)
    result = report({"ORDERS_DUCKDB_PATH": str(tmp_path / "orders.duckdb")}, None, None)
    assert Path(result.data["path"]).parent == Path("reports")
    assert (tmp_path / result.data["path"]).is_file()


def test_reading_changes_nothing(path: Path, tmp_path: Path) -> None:
    before = path.read_bytes()
    page_of(path, tmp_path)
    assert path.read_bytes() == before
