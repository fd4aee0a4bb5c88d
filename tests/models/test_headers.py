"""Names and types of columns as spreadsheets leave them: the build reads what is meant."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from pathlib import Path

import duckdb
import pytest

from samples.schema import create_table
from tests.support import Project

pytestmark = pytest.mark.slow
BUILD = ("--exclude-resource-type", "unit_test", "test", "--select")


@pytest.fixture(scope="module")
def target(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """dbt's target folder, so that it parses once."""
    return tmp_path_factory.mktemp("target")


def make(project: Project, changes: dict[str, str], *statements: str) -> Project:
    """ORDERS_UNIFIED with other columns (`changes`: words of the DDL), filled by `statements`."""
    ddl = create_table("duckdb", "main")
    for old, new in changes.items():
        assert ddl.count(old) == 1, old
        ddl = ddl.replace(old, new)
    with duckdb.connect(str(project.database)) as connection:
        for statement in (ddl, *statements):
            connection.execute(statement)
    project.sync("migrate")
    return project


def values(project: Project, statement: str) -> list[tuple[object, ...]]:
    return [tuple(row.values()) for row in project.sql(statement)]


def test_headers_are_folded(tmp_path: Path, target: Path) -> None:
    project = make(
        Project(tmp_path, target),
        {
            '"XXL" ': '"XXL\u200b " ',
            '"NOTES" ': '"\ufeffnotes" ',
            '"UNIT OF MEASURE" ': '" Unit\u00a0of MEASURE" ',
            '"TOTAL QTY" ': '"TOTAL\u2003QTY\u00ad" ',
        },
        'insert into ORDERS_UNIFIED ("AAG ORDER NUMBER", "\ufeffnotes", "XXL\u200b ", "XS", " Unit\u00a0of MEASURE",'
        " \"TOTAL\u2003QTY\u00ad\") values ('N-1', 'READ ME', 3, 2, 'PCS', 5)",
    )
    project.dbt("build", *BUILD, "+int_order_sizes")
    assert values(project, "select SIZE_LABEL, ORDER_QTY from int_order_sizes order by 1") == [("XS", 2), ("XXL", 3)]
    orders = values(project, 'select "NOTES", "UNIT OF MEASURE", "TOTAL QTY" from stg_erp__orders')
    assert orders == [("READ ME", "PCS", 5)]


def test_two_columns_of_one_size_stop_the_build_unless_the_seed_merges_them(tmp_path: Path, target: Path) -> None:
    project = make(
        Project(tmp_path, target),
        {'"XXL" ': '"XXL\u00a0" INTEGER, "XXL" '},
        'insert into ORDERS_UNIFIED ("AAG ORDER NUMBER", "XXL", "XXL\u00a0") values (\'N-1\', 2, 3)',
    )
    output = project.dbt("build", *BUILD, "+int_order_sizes", ok=False)
    assert "Several size columns of ORDERS_UNIFIED read XXL" in output
    assert "int_order_sizes" not in project.tables()
    project.sql("insert into size_labels values ('xxl ', 'XXL')")
    project.dbt("run", "--select", "int_sizes", "int_order_sizes")
    assert sorted(values(project, "select SIZE_LABEL, ORDER_QTY from int_order_sizes")) == [("XXL", 2), ("XXL", 3)]


@pytest.mark.parametrize(
    ("kind", "cells", "totals"),
    [
        (
            "VARCHAR",
            ["'5'", "' 1,000 '", "'5.0'", "'n/a'", "'nan'", "'5.5'", "'99999999999'"],
            [5, 1000, 5, *(None,) * 4],
        ),
        ("DOUBLE", ["5", "1e3", "'nan'", "2.5", "1e300", "'inf'"], [5, 1000, *(None,) * 4]),
        ("DECIMAL(18, 4)", ["5", "1000.0000", "2.5"], [5, 1000, None]),
        ("HUGEINT", ["5", "99999999999"], [5, None]),
    ],
)
def test_a_total_of_any_type_that_holds_numbers_is_read_or_reported(
    tmp_path: Path, target: Path, kind: str, cells: Sequence[str], totals: Sequence[int | None]
) -> None:
    rows = ", ".join(f"('N-{at}', {cell})" for at, cell in enumerate(cells))
    project = make(
        Project(tmp_path, target),
        {'"TOTAL QTY" INTEGER': f'"TOTAL QTY" {kind}'},
        f'insert into ORDERS_UNIFIED ("AAG ORDER NUMBER", "TOTAL QTY") values {rows}',
    )
    project.dbt("build", *BUILD, "+stg_erp__orders")
    found = values(project, 'select "TOTAL QTY", UNPARSABLE_NUMBERS from stg_erp__orders order by "AAG ORDER NUMBER"')
    assert [total for total, _ in found] == totals
    lost = [cell for cell, (_, reported) in zip(cells, found, strict=True) if reported == "TOTAL QTY"]
    assert lost == [cell for cell, total in zip(cells, totals, strict=True) if total is None and cell != "'nan'"]


def test_a_moment_is_the_day_that_is_written(tmp_path: Path, target: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "America/New_York")
    project = make(
        Project(tmp_path, target),
        {
            '"EX FACTORY DATE" DATE': '"EX FACTORY DATE" TIMESTAMPTZ',
            '"ETA CUSTOMER WAREHOUSE DATE" DATE': '"ETA CUSTOMER WAREHOUSE DATE" TIMESTAMP',
            '"ORDER DATE PO RECEIVED" DATE': '"ORDER DATE PO RECEIVED" VARCHAR',
        },
        'insert into ORDERS_UNIFIED ("AAG ORDER NUMBER", "EX FACTORY DATE", "ETA CUSTOMER WAREHOUSE DATE",'
        " \"ORDER DATE PO RECEIVED\") values ('N-1', '2025-09-26 00:30:00+00', '2025-09-26 23:59:59',"
        " '2025-09-26T23:30:00-12:00'), ('N-2', 'infinity', '10000-01-01', '26/09/2025')",
    )
    project.dbt("build", *BUILD, "+stg_erp__orders")
    found = values(
        project,
        'select "CUSTOMER EX FACTORY DATE", "CUSTOMER REQ IN DC DATE", "ORDER DATE PO RECEIVED", UNPARSABLE_DATES'
        ' from stg_erp__orders order by "AAG ORDER NUMBER"',
    )
    day = dt.date(2025, 9, 26)
    reported = "ORDER DATE PO RECEIVED; CUSTOMER REQ IN DC DATE; CUSTOMER EX FACTORY DATE"
    assert found == [(day, day, day, None), (None, None, None, reported)]
