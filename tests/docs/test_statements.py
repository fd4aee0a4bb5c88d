"""The SQL that the documents show runs on a database that the documented commands made."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from tests.docs.reading import ROOT, Snippet, statements

STATEMENTS = statements()


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Iterator[duckdb.DuckDBPyConnection]:
    """A database after `samples`, `migrate` and `dbt build`."""
    folder: Path = tmp_path_factory.mktemp("statements")
    env = os.environ | {
        "DBT_TARGET": "duckdb",
        "DBT_PROFILES_DIR": str(ROOT),
        "DBT_LOG_PATH": str(folder / "logs"),
        "DBT_TARGET_PATH": str(folder / "target"),
        "ORDERS_DUCKDB_PATH": str(folder / "orders.duckdb"),
    }
    for command in (
        ["-m", "samples", "--rows", "80", "--database", str(folder / "orders.duckdb")],
        ["-m", "sync", "migrate"],
        ["-m", "dbt.cli.main", "--quiet", "build", "--exclude-resource-type", "test", "unit_test"],
    ):
        done = subprocess.run([sys.executable, *command], cwd=ROOT, env=env, capture_output=True, text=True)
        assert done.returncode == 0, f"{' '.join(command)}: {done.stdout[-500:]}{done.stderr[-500:]}"
    with duckdb.connect(str(folder / "orders.duckdb"), read_only=True) as connection:
        yield connection


@pytest.mark.slow
@pytest.mark.parametrize("statement", STATEMENTS, ids=lambda snippet: snippet.text.splitlines()[0][:60])
def test_a_documented_statement_runs(built: duckdb.DuckDBPyConnection, statement: Snippet) -> None:
    built.execute(statement.text).fetchall()


def test_there_are_statements_to_run() -> None:
    assert len(STATEMENTS) >= 5
