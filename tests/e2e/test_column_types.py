"""Columns of ORDERS_UNIFIED under other types: read as they are meant, or the build ends before its first model."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pytest

from tests.e2e.day_two import DayTwo

pytestmark = pytest.mark.files_only("the types are DuckDB's")

AMONG_THE_SIZES = "as a size between UNIT OF MEASURE and TOTAL QTY"
# What a load may make of columns, several in one build: column, type, and its values where they must be given.
NOTHING_CHANGES = [
    [
        ("S", "double", None),
        ("M", "double", "coalesce(\"M\", 'nan'::double)"),
        ("L", "float", None),
        ("XS", "decimal(18, 4)", None),
        ("OS", "hugeint", None),
        ("INFOR COLOUR CODE", "bigint", "100"),
        ("EX FACTORY DATE", "timestamp", None),
        ("record_uuid", "blob", "'x'"),
        ("TOTAL QTY", "double", None),
    ],
    [("S", "utinyint", None), ("INFOR COLOUR CODE", "double", "1.5"), ("TOTAL QTY", "decimal(18, 4)", None)],
    [("TOTAL QTY", "varchar", None)],
]
VALUES_ARE_GONE = [
    [("CUSTOMER ALT PO", "double", "null"), ("EX FACTORY DATE", "integer", "null")],
    [("CUSTOMER ALT PO", "boolean", "null"), ("EX FACTORY DATE", "double", "'nan'")],
]
# Column, type, values, what is said of it.
REFUSED = [
    (
        "S",
        "double",
        '"S" + 0.5',
        f"S is DOUBLE with fractions or figures too long, but must be whole numbers, {AMONG_THE_SIZES}",
    ),
    ("S", "double", "'inf'", "S is DOUBLE with fractions"),
    ("S", "decimal(10, 2)", '"S" + 0.01', "S is DECIMAL(10,2) with fractions or figures too long"),
    ("S", "varchar", None, f"S is VARCHAR, but must be whole numbers, {AMONG_THE_SIZES}"),
    ("S", "varchar", "'12 pcs'", "S is VARCHAR"),
    ("S", "boolean", None, "S is BOOLEAN"),
    ("S", "date", "'2025-01-01'", "S is DATE"),
    ("S", "integer[]", '["S"]', "S is INTEGER[]"),
    ("AAG ORDER NUMBER", "bigint", "4755", "AAG ORDER NUMBER is BIGINT, but must be text"),
    ("AAG ORDER NUMBER", "double", "4755", "AAG ORDER NUMBER is DOUBLE, but must be text"),
    ("AAG ORDER NUMBER", "uuid", "uuid()", "AAG ORDER NUMBER is UUID, but must be text"),
    ("AAG ORDER NUMBER", "blob", "'x'", "AAG ORDER NUMBER is BLOB, but must be text"),
    ("CUSTOMER STYLE", "varchar[]", "['a']", "CUSTOMER STYLE is VARCHAR[], but must be text"),
    ("CUSTOMER STYLE", "enum('a')[]", "['a']", "CUSTOMER STYLE is ENUM("),
    ("CUSTOMER STYLE", "struct(a integer)", "{'a': 1}", "CUSTOMER STYLE is STRUCT("),
    ("CUSTOMER STYLE", "date", "'2025-01-01'", "CUSTOMER STYLE is DATE, but must be text"),
    ("CUSTOMER PRICE", "boolean", "true", "CUSTOMER PRICE is BOOLEAN, but must be numbers or text"),
    ("CUSTOMER PRICE", "interval", "'1 day'", "CUSTOMER PRICE is INTERVAL, but must be numbers or text"),
    ("TOTAL QTY", "boolean", "true", "TOTAL QTY is BOOLEAN, but must be numbers or text"),
    ("TOTAL QTY", "integer[]", '["TOTAL QTY"]', "TOTAL QTY is INTEGER[], but must be numbers or text"),
    ("TOTAL QTY", "blob", "'5'", "TOTAL QTY is BLOB, but must be numbers or text"),
    ("TOTAL QTY", "date", "'2025-01-01'", "TOTAL QTY is DATE, but must be numbers or text"),
    ("EX FACTORY DATE", "integer", "45926", "EX FACTORY DATE is INTEGER, but must be dates or text"),
    ("EX FACTORY DATE", "time", "'10:00'", "EX FACTORY DATE is TIME, but must be dates or text"),
]


@pytest.fixture(scope="module")
def pushed_once(tmp_path_factory: pytest.TempPathFactory, pushed: Any) -> Any:
    """A pushed board, and its orders in a table beside."""
    with pushed.start(tmp_path_factory.mktemp("types")) as two:
        two.sql("create table KEPT as select * from ORDERS_UNIFIED")
        yield two


@pytest.fixture
def retype(pushed_once: DayTwo) -> Iterator[Callable[[str, str, str | None], DayTwo]]:
    """Gives a column another type, with these values or those that it has."""

    def change(column: str, kind: str, values: str | None) -> DayTwo:
        using = f" using {values}" if values else ""
        pushed_once.sql(f'alter table ORDERS_UNIFIED alter "{column}" type {kind}{using}')
        return pushed_once

    yield change
    pushed_once.sql("create or replace table ORDERS_UNIFIED as select * from KEPT")


def stopped(two: DayTwo) -> str:
    """The sentence with which a build ends before it writes anything."""
    before = two.sql("select BUILT_AT from STG_MON_Build")
    done = two.runner.build(two.environment(), {}, tests=False)
    assert not done.success
    assert two.sql("select BUILT_AT from STG_MON_Build") == before
    return done.stopped


@pytest.mark.parametrize("changes", [*NOTHING_CHANGES, *VALUES_ARE_GONE])
def test_types_that_are_read_as_meant(
    pushed_once: DayTwo, retype: Callable[..., DayTwo], changes: Sequence[tuple[str, str, str | None]]
) -> None:
    two = pushed_once
    quantities = "select SIZE_COLUMN, sum(ORDER_QTY) as QTY from int_order_sizes group by 1 order by 1"
    before = two.sql(quantities)
    for column, kind, values in changes:
        retype(column, kind, values)
    two.build()
    assert two.sql(quantities) == before
    staged = two.sql("select CHANGED_COLUMNS from STG_MON_CustMasterSchedule")
    changed = {name for row in staged for name in json.loads(row["CHANGED_COLUMNS"])}
    assert changed == ({"CUSTOMER ALT PO", "CUSTOMER EX FACTORY DATE"} if changes in VALUES_ARE_GONE else set())
    assert two.sql("from STG_MON_CustMasterSchedule_Subitems") == []


@pytest.mark.parametrize(("column", "kind", "values", "said"), REFUSED)
def test_types_that_are_refused(
    retype: Callable[[str, str, str | None], DayTwo], column: str, kind: str, values: str | None, said: str
) -> None:
    assert f"can't be read: {said}" in stopped(retype(column, kind, values))


def test_entries_of_seeds_are_looked_for_in_columns_of_any_type(
    retype: Callable[[str, str, str | None], DayTwo],
) -> None:
    retype("US TARIFF RATE", "double", "0.1")
    retype("ORDER TYPE", "integer", "1").build(tests=True)


def test_all_that_is_unfit_stands_in_one_sentence(retype: Callable[[str, str, str | None], DayTwo]) -> None:
    retype("FREIGHT", "boolean", "true")
    retype("M", "varchar", None)
    sentence = stopped(retype("AAG ORDER NUMBER", "integer", "1"))
    for part in ("M is VARCHAR", "FREIGHT is BOOLEAN", "AAG ORDER NUMBER is INTEGER"):
        assert part in sentence


def test_a_size_that_is_gone_stops_the_build(retype: Callable[[str, str, str | None], DayTwo]) -> None:
    two = retype("S", "varchar", "null")
    assert "at the last build (S)" in stopped(two)
    two.sql('alter table ORDERS_UNIFIED drop column "S"')
    assert "at the last build (S)" in stopped(two)
    two.sql('alter table ORDERS_UNIFIED rename column "M" to "MEDIUM"')
    assert "at the last build (M; S)" in stopped(two)


def test_a_table_without_sizes_is_told(retype: Callable[[str, str, str | None], DayTwo]) -> None:
    two = retype("S", "varchar", "null")
    two.sql("""create or replace table ORDERS_UNIFIED as
        select "UNIT OF MEASURE", "INFOR COLOUR CODE", "TOTAL QTY",
            * exclude ("UNIT OF MEASURE", "INFOR COLOUR CODE", "TOTAL QTY") from KEPT""")
    assert "no column of whole numbers between UNIT OF MEASURE and TOTAL QTY" in stopped(two)


def test_a_view_is_checked_like_a_table(retype: Callable[[str, str, str | None], DayTwo]) -> None:
    two = retype("S", "double", None)
    two.sql("alter table ORDERS_UNIFIED rename to LOADED")
    two.sql("create view ORDERS_UNIFIED as select * from LOADED")
    try:
        two.build()
        assert two.staged() == 0
        two.sql('create or replace view ORDERS_UNIFIED as select * replace ("S" + 0.5 as "S") from LOADED')
        assert "S is DOUBLE with fractions" in stopped(two)
    finally:
        two.sql("drop view ORDERS_UNIFIED")
        two.sql("drop table LOADED")


def test_a_text_column_among_the_sizes_is_none_of_them(retype: Callable[[str, str, str | None], DayTwo]) -> None:
    two = retype("S", "double", None)
    two.sql("""create or replace table ORDERS_UNIFIED as
        select * exclude ("TOTAL QTY"), 'call first' as "REMARK", "TOTAL QTY" from KEPT""")
    two.build()
    assert two.staged() == 0
    two.sql("update ORDERS_UNIFIED set \"REMARK\" = '12'")
    assert "REMARK is VARCHAR" in stopped(two)
