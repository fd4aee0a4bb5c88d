"""dbt run without a database: compiling for SQL Server, and a small copy of the project to lint."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[2]
BIN = Path(sys.executable).parent
PACKAGE = "order_sync"

# One mapped column of each type, and what the models name themselves, is enough to see every form of their SQL.
KEPT_COLUMNS = ("AAG ORDER NUMBER", "CUSTOMER", "ORDER TYPE", "NOTES", "US TARIFF RATE", "CUSTOMER EX FACTORY DATE")
KEPT_SIZES = ("XS", "30/30")
_FIRST_MARKER, _LAST_MARKER = "UNIT OF MEASURE", "TOTAL QTY"


@dataclass(frozen=True)
class Compiled:
    """The target folder of a compilation, and what dbt printed."""

    target: Path
    output: str

    def statements(self) -> Iterator[Path]:
        """The compiled files: models, tests and snapshots."""
        yield from sorted((self.target / "compiled" / PACKAGE).rglob("*.sql"))


def environment(folder: Path, target: str) -> Mapping[str, str]:
    """This process's environment, without what would lead to another project or database."""
    strange = ("MONDAY_", "DB_ORDERS_", "SYNC_", "DBT_", "KESTRA_", "ORDERS_")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(strange)}
    return kept | {
        "DBT_TARGET": target,
        "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
        "ORDERS_DUCKDB_PATH": str(folder / "orders.duckdb"),
    }


def compile_for_sqlserver(folder: Path) -> tuple[int, str]:
    """Compile everything in T-SQL without a server; a warning counts as an error. Exit code and output."""
    command = [
        *(str(BIN / "dbt"), "--warn-error-options", "{error: all}", "compile", "--selector", "everything"),
        *("--target", "sqlserver"),
        *("--no-introspect", "--no-populate-cache", "--show-all-deprecations", "--no-use-colors"),
        *("--target-path", str(folder / "target"), "--log-path", str(folder / "logs")),
    ]
    done = subprocess.run(
        command,
        cwd=ROOT,
        env=environment(folder, "sqlserver"),
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


def small_copy(folder: Path) -> None:
    """A copy of the dbt project whose mapping and source have few columns: the same SQL, linted in seconds."""
    for name in ("models", "macros", "seeds", "dbt_project", "tests/dbt"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("*_unit_tests.yml"))
    for name in ("dbt_project.yml", "profiles.yml", ".sqlfluff", ".sqlfluffignore"):
        shutil.copy(ROOT / name, folder / name)
    _rewrite(folder / "models/monday/stg_mon_custmasterschedule.yml", "models", _is_kept)
    _rewrite_sizes(folder / "models/staging/_erp__sources.yml")


def _is_kept(column: Mapping[str, Any]) -> bool:
    mapped = column.get("config", {}).get("meta", {}).get("monday", {})
    return "source" not in mapped or column["name"] in KEPT_COLUMNS


def _rewrite(path: Path, key: str, keep: Any) -> None:
    content = yaml.safe_load(path.read_text(encoding="utf-8"))
    for node in content[key]:
        node["columns"] = [column for column in node["columns"] if keep(column)]
    path.write_text(yaml.safe_dump(content, sort_keys=False, allow_unicode=True), encoding="utf-8")


def _rewrite_sizes(path: Path) -> None:
    content = yaml.safe_load(path.read_text(encoding="utf-8"))
    for table in content["sources"][0]["tables"]:
        names = [column["name"] for column in table["columns"]]
        between = set(names[names.index(_FIRST_MARKER) + 1 : names.index(_LAST_MARKER)])
        dropped = between - set(KEPT_SIZES)
        table["columns"] = [column for column in table["columns"] if column["name"] not in dropped]
    path.write_text(yaml.safe_dump(content, sort_keys=False, allow_unicode=True), encoding="utf-8")
