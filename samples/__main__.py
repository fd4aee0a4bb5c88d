"""`python -m samples --rows N --seed S [--database PATH]`: replace `ORDERS_UNIFIED` by sample orders."""

from __future__ import annotations

import argparse
import os
import sys
import time
from typing import Any

import duckdb

from samples.schema import create_table
from samples.write import write_orders


def main(arguments: list[str] | None = None) -> int:
    """Run the command; return its exit code: 0 done, 1 the table could not be written, 2 wrong usage."""
    options = _parser().parse_args(arguments)
    if options.rows < 0:
        print("The number of rows is negative: give --rows a number from 0 up.", file=sys.stderr)
        return 2
    usual = os.environ.get("DB_ORDERS_SCHEMA", "dbo") if options.target == "sqlserver" else "main"
    schema = options.schema or os.environ.get("DB_ORDERS_SOURCE_SCHEMA") or usual
    if options.ddl:
        print(create_table(options.target, schema))
        return 0
    started = time.monotonic()
    try:
        connection = _sqlserver() if options.target == "sqlserver" else duckdb.connect(options.database)
        written = write_orders(connection, options.rows, options.seed, schema=schema, many_labels=options.many_labels)
        connection.close()
    except Exception as error:  # whatever the driver raises becomes one sentence
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        where = "SQL Server" if options.target == "sqlserver" else options.database
        print(f"ORDERS_UNIFIED could not be written to {where}: {reason}", file=sys.stderr)
        return 1
    where = "SQL Server" if options.target == "sqlserver" else options.database
    print(f"{written:,} sample orders (seed {options.seed}) in {where}, {time.monotonic() - started:.1f} s")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m samples", description="Replace ORDERS_UNIFIED, whatever it holds, by sample orders."
    )
    parser.add_argument("--rows", type=int, default=2000, help="how many rows (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=1, help="the same seed makes the same rows (default: %(default)s)")
    parser.add_argument(
        "--database",
        default=os.environ.get("ORDERS_SOURCE") or os.environ.get("ORDERS_DUCKDB_PATH") or "orders.duckdb",
        help="DuckDB file (default: ORDERS_SOURCE, else ORDERS_DUCKDB_PATH, else orders.duckdb)",
    )
    parser.add_argument(
        "--target",
        choices=("duckdb", "sqlserver"),
        default="duckdb",
        help="sqlserver: the server that the DB_ORDERS_ variables name",
    )
    parser.add_argument(
        "--schema",
        help="schema of the table (default: DB_ORDERS_SOURCE_SCHEMA, else main; DB_ORDERS_SCHEMA on SQL Server)",
    )
    parser.add_argument("--many-labels", action="store_true", help="more styles and colours than a dropdown can hold")
    parser.add_argument("--ddl", action="store_true", help="print the CREATE TABLE statement and write nothing")
    return parser


def _sqlserver() -> Any:
    from sync.database import read_profile
    from sync.database.sqlserver import open_driver  # only here: DuckDB users need no driver

    connection = open_driver(read_profile(os.environ | {"DBT_TARGET": "sqlserver"})).connect(15)
    connection.autocommit = False
    return connection


if __name__ == "__main__":
    sys.exit(main())
