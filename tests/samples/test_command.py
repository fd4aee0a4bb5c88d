"""`python -m samples`."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

from samples.__main__ import main

ROOT = Path(__file__).resolve().parents[2]


def test_it_fills_the_named_database(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    database = tmp_path / "here.duckdb"
    assert main(["--rows", "600", "--seed", "4", "--database", str(database)]) == 0
    assert "600 sample orders (seed 4)" in capsys.readouterr().out
    with duckdb.connect(str(database)) as connection:
        assert connection.execute("select count(*) from ORDERS_UNIFIED").fetchone() == (600,)


def test_the_database_of_the_environment_and_a_second_run_over_the_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    database = tmp_path / "env.duckdb"
    monkeypatch.setenv("ORDERS_DUCKDB_PATH", str(database))
    assert main(["--rows", "30"]) == 0
    assert main(["--rows", "20"]) == 0
    with duckdb.connect(str(database)) as connection:
        assert connection.execute("select count(*) from ORDERS_UNIFIED").fetchone() == (20,)


def test_a_database_that_cannot_be_opened_is_one_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--rows", "5", "--database", str(tmp_path / "no" / "such" / "folder.duckdb")]) == 1
    error = capsys.readouterr().err
    assert error.startswith("ORDERS_UNIFIED could not be written to ")
    assert error.count("\n") == 1


def test_fewer_than_no_rows_is_wrong_usage(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--rows", "-1"]) == 2
    assert "--rows" in capsys.readouterr().err


def test_ddl_is_printed_without_a_database(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "samples", "--ddl", "--target", "sqlserver", "--schema", "dbo"],
        cwd=ROOT, capture_output=True, text=True, timeout=60, check=True,
    )  # fmt: skip
    assert done.stdout.startswith('CREATE TABLE "dbo"."ORDERS_UNIFIED" (')
