"""``python -m benchmarks.script DATABASE``: the least that a build has to do (floor.sql), in one process.

With ``--compiled FOLDER`` the models' own SQL is run instead, as dbt compiled it into its target folder.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import duckdb
import yaml

ROOT = Path(__file__).resolve().parent.parent
SCRIPT = Path(__file__).with_name("floor.sql")
FIRST, LAST = "UNIT OF MEASURE", "TOTAL QTY"
"""The columns between which the sizes stand."""


def mapped_columns(root: Path = ROOT) -> list[str]:
    """Return the source columns that the mapping names, read from the YAML of the staged model."""
    path = root / "models" / "monday" / "stg_mon_custmasterschedule.yml"
    columns = yaml.safe_load(path.read_text(encoding="utf-8"))["models"][0]["columns"]
    meta = [column.get("config", {}).get("meta", {}).get("monday") or {} for column in columns]
    return [each["source"] for each in meta if each.get("source")]


def stage(connection: duckdb.DuckDBPyConnection, root: Path = ROOT) -> None:
    """Run floor.sql in the database of a connection.

    Raises:
        duckdb.Error: the orders or the tables of the sync are not there.
    """
    names = [(row[1], row[2]) for row in connection.execute("pragma table_info('ORDERS_UNIFIED')").fetchall()]
    order = [name for name, _ in names]
    between = names[order.index(FIRST) + 1 : order.index(LAST)]
    sizes = [name for name, kind in between if kind != "VARCHAR"]
    connection.execute("set variable sizes = ?", [sizes])
    connection.execute("set variable fields = ?", [mapped_columns(root)])
    connection.execute(SCRIPT.read_text(encoding="utf-8"))


def stage_as_compiled(connection: duckdb.DuckDBPyConnection, target: Path) -> None:
    """Run what the last dbt run compiled, model by model in its order, each into its table or view."""
    manifest = json.loads((target / "manifest.json").read_text(encoding="utf-8"))["nodes"]
    for each in json.loads((target / "run_results.json").read_text(encoding="utf-8"))["results"]:
        if each["unique_id"].startswith("model."):
            kind = "view" if manifest[each["unique_id"]]["config"]["materialized"] == "view" else "table"
            connection.execute(f"create or replace {kind} {each['relation_name']} as {each['compiled_code']}")


def main() -> None:
    """Run one of the two on one database."""
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
