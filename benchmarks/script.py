"""``python -m benchmarks.script DATABASE``: stages by hand what ``dbt build`` stages (by_hand.sql), in one process.

The same three tables come out, in the schema ``by_hand``, at the project's default settings. With ``--compiled FOLDER``
the models' own SQL is run instead, as dbt compiled it into its target folder: the same process without dbt around it.
"""

from __future__ import annotations

import argparse
import hashlib
import json
from pathlib import Path
from typing import Any

import duckdb
import yaml

ROOT = Path(__file__).resolve().parent.parent
SCRIPT = Path(__file__).with_name("by_hand.sql")
TABLES = ("STG_MON_CustMasterSchedule", "STG_MON_CustMasterSchedule_Subitems", "STG_MON_RejectedOrders")
OF_THE_RUN = ("BATCH_ID", "STAGED_AT")
"""Columns that differ between any two builds."""


def mapping_hash(root: Path = ROOT) -> str:
    """The hash of the mapping as the macro of that name makes it, read from the models' YAML by other means."""
    mapping: list[list[Any]] = []
    for name in ("stg_mon_custmasterschedule", "stg_mon_custmasterschedule_subitems"):
        document = yaml.safe_load((root / "models" / "monday" / f"{name}.yml").read_text(encoding="utf-8"))
        for column in document["models"][0]["columns"]:
            monday = column.get("config", {}).get("meta", {}).get("monday")
            if monday is not None:
                mapping.append([name, column["name"], monday])
    text = json.dumps(mapping, sort_keys=True)
    sums = [hashlib.md5((part + text).encode(), usedforsecurity=False).hexdigest() for part in "12"]
    return "".join(sums)


def stage(connection: duckdb.DuckDBPyConnection, root: Path = ROOT) -> None:
    """Runs the script in the database of a connection; its errors are DuckDB's."""
    connection.execute("set variable mapping_hash = ?", [mapping_hash(root)])
    connection.execute("set variable batch = 'by-hand-'")
    connection.execute("set file_search_path = ?", [str(root)])
    connection.execute(SCRIPT.read_text(encoding="utf-8"))


def stage_as_compiled(connection: duckdb.DuckDBPyConnection, target: Path) -> None:
    """Runs what the last dbt run compiled, model by model in its order, each into its table."""
    results = json.loads((target / "run_results.json").read_text(encoding="utf-8"))["results"]
    for each in results:
        if each["unique_id"].startswith("model."):
            connection.execute(f"create or replace table {each['relation_name']} as {each['compiled_code']}")


def differences(connection: duckdb.DuckDBPyConnection) -> list[str]:
    """One sentence for each column or row in which dbt's staged tables and the script's differ; empty: they agree.

    Row texts are left out: key, or source row, and columns tell where to look.
    """
    found: list[str] = []
    for table in TABLES:
        ours, theirs = (_columns(connection, schema, table) for schema in ("main", "by_hand"))
        found += [f"{table}: only one side has the column {name}." for name in sorted(set(ours) ^ set(theirs))]
        shared = [name for name in ours if name in theirs]
        selected = ", ".join('"' + name.replace('"', '""') + '"' for name in shared)
        for left, right in (("main", "by_hand"), ("by_hand", "main")):
            rows = connection.execute(
                f'select {selected} from {left}."{table}" except all select {selected} from {right}."{table}"'
            ).fetchall()
            found += [f"{table}: {_place(shared, row)} as {left} has it is not in {right}." for row in rows]
    return found


def _columns(connection: duckdb.DuckDBPyConnection, schema: str, table: str) -> list[str]:
    names = connection.execute(
        "select column_name from duckdb_columns() where schema_name = ? and table_name = ? order by column_index",
        [schema, table],
    ).fetchall()
    return [name for (name,) in names if name not in OF_THE_RUN]


def _place(names: list[str], row: tuple[Any, ...]) -> str:
    cells = dict(zip(names, row, strict=True))
    return ", ".join(f"{name} {cells[name]!r}" for name in ("ORDER_KEY", "SIZE_LABEL", "SOURCE_ROW") if name in cells)


def main() -> None:
    """Stages one database."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.script", description=__doc__)
    parser.add_argument("database", type=Path, help="a DuckDB file with ORDERS_UNIFIED and the tables of the sync")
    parser.add_argument("--compiled", type=Path, metavar="FOLDER", help="dbt's target folder: run its models instead")
    words = parser.parse_args()
    # The limits that the profile gives dbt.
    limits: dict[str, str | bool | int | float | list[str]] = {"threads": 2, "memory_limit": "3GB"}
    with duckdb.connect(str(words.database), config=limits) as connection:
        if words.compiled:
            stage_as_compiled(connection, words.compiled)
        else:
            stage(connection)


if __name__ == "__main__":
    main()
