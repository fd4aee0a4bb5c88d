"""sqlfluff over the SQL as written, in DuckDB's dialect, by the rules of .sqlfluff."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from tests.models.offline import BIN, environment, small_copy


def lint(folder: Path, *paths: str) -> list[str]:
    """Violations in a copy of the project: file, line, rule and what it says."""
    done = subprocess.run(
        [str(BIN / "sqlfluff"), "lint", "--format", "json", "--disable-progress-bar", *paths],
        cwd=folder, env=environment(folder, "duckdb"), capture_output=True, text=True, timeout=600, check=False,
    )  # fmt: skip
    assert done.stdout.lstrip()[:1] == "[" or "[{" in done.stdout, done.stdout[-2000:] + done.stderr[-2000:]
    files = json.loads(done.stdout[done.stdout.index("[{") :])
    assert files, "nothing was linted"
    return [
        f"{file['filepath']}:{v['start_line_no']} {v['code']} {v['description'][:160]}"
        for file in files
        for v in file["violations"]
    ]


BAD = "models/staging/bad.sql"


@pytest.fixture(scope="module")
def violations(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """What is said of all SQL, and of a file that breaks four rules."""
    folder = tmp_path_factory.mktemp("lint")
    small_copy(folder)
    (folder / BAD).write_text(
        "SELECT a::int AS a, ifnull(b, 0) as c from {{ ref('stg_erp__orders') }} where a != 1\n", encoding="utf-8"
    )
    return lint(folder, "models", "tests/dbt", "dbt_project")


@pytest.mark.slow
def test_the_sql_is_written_by_the_rules(violations: list[str]) -> None:
    assert [each for each in violations if not each.startswith(f"{BAD}:")] == []


@pytest.mark.slow
def test_the_linter_would_notice(violations: list[str]) -> None:
    codes = {each.split()[1] for each in violations if each.startswith(f"{BAD}:")}
    assert {"CP01", "CV11", "CV02", "CV01"} <= codes
