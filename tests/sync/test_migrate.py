"""``migrate`` on nothing, on its own tables, and on older ones of the same names: it adds and never drops."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest

from sync.errors import DatabaseError
from sync.migrate import SHOWN, Migrator, migrate
from sync.output import Result
from sync.session import Statements, open_session
from sync.settings import PROJECT_ROOT

Old = Callable[..., None]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "orders.duckdb"


@pytest.fixture
def old(path: Path) -> Old:
    """Runs statements in the database before (or after) ``migrate``."""

    def run(*statements: str) -> None:
        with duckdb.connect(str(path)) as connection:
            for statement in statements:
                connection.execute(statement)

    return run


def up(path: Path) -> list[str]:
    """What ``migrate`` changed."""
    result = result_of(path)
    assert result.exit_code == 0, result.message
    changes: list[str] = result.data["changes"]
    return changes


def result_of(path: Path) -> Result:
    return migrate(os.environ | {"ORDERS_DUCKDB_PATH": str(path), "DBT_TARGET": "duckdb"})


def problems(path: Path) -> list[str]:
    """What stands against it; nothing may have been changed."""
    before = shape(path)
    result = result_of(path)
    assert result.exit_code == 1, result.message
    assert "nothing was changed" in result.message
    assert shape(path) == before
    assert result.lines == result.data["problems"]
    found: list[str] = result.data["problems"]
    return found


def rows(path: Path, statement: str) -> list[tuple[Any, ...]]:
    with duckdb.connect(str(path)) as connection:
        return connection.execute(statement).fetchall()


def shape(path: Path) -> list[tuple[Any, ...]]:
    """Every column and index there is."""
    return rows(
        path,
        "select table_name, column_name, data_type from information_schema.columns"
        " union all select table_name, index_name, 'index' from duckdb_indexes() order by all",
    )


# ---------- from nothing, and again


def test_from_nothing_and_then_nothing_more(path: Path) -> None:
    tables = {file.stem for file in (PROJECT_ROOT / "sql" / "tables").glob("*.sql")}
    assert {f"created {table}" for table in tables} <= set(up(path))
    before = shape(path)
    assert up(path) == []
    assert shape(path) == before
    assert len(rows(path, "select * from MON_Migrations")) == 1


def test_the_view_is_made_anew_each_time(path: Path, old: Old) -> None:
    up(path)
    old("create or replace view VW_MON_ActiveBatches as select 1 as WRONG")
    assert up(path) == []
    columns = rows(path, "select column_name from information_schema.columns where table_name = 'VW_MON_ActiveBatches'")
    assert ("BATCH_ID",) in columns
    assert ("WRONG",) not in columns


# ---------- older tables that can be taken over


def test_missing_columns_are_added_and_every_row_and_foreign_column_is_kept(path: Path, old: Old) -> None:
    old(
        "create table MON_CustMasterSchedule"
        ' (ORDER_KEY varchar, MONDAY_ITEM_ID bigint, STYLE varchar, "Item ID" bigint, note int not null default 0)',
        "insert into MON_CustMasterSchedule values ('A-1', 1, 'S', 5, 42), ('A-2', 2, null, null, 0)",
    )
    changes = up(path)
    assert "added MON_CustMasterSchedule.CUSTOMER PRICE" in changes
    assert not {"added MON_CustMasterSchedule.STYLE", "created MON_CustMasterSchedule"} & set(changes)
    kept = 'select ORDER_KEY, MONDAY_ITEM_ID, STYLE, "CUSTOMER PRICE", "Item ID", note from MON_CustMasterSchedule'
    assert sorted(rows(path, kept)) == [("A-1", 1, "S", None, 5, 42), ("A-2", 2, None, None, None, 0)]
    assert up(path) == []
    old("insert into MON_CustMasterSchedule (ORDER_KEY) values ('A-3')")


def test_names_match_in_any_case_and_wider_types_are_fine(path: Path, old: Old) -> None:
    old(
        "create table mon_custmasterschedule_subitems (order_key varchar, size_label varchar, order_qty hugeint,"
        " monday_subitem_id bigint)",
        'create table MON_CustMasterSchedule (ORDER_KEY varchar, "CUSTOMER PRICE" decimal(38, 10), "TOTAL QTY" bigint)',
        "insert into mon_custmasterschedule_subitems values ('A-1', 'S', 3, 7)",
    )
    changes = up(path)
    assert "added MON_CustMasterSchedule_Subitems.ORDER_QTY" not in changes
    assert "added MON_CustMasterSchedule.CUSTOMER PRICE" not in changes
    assert rows(path, "select ORDER_QTY from MON_CustMasterSchedule_Subitems") == [(3,)]


def test_a_table_without_its_primary_key_gets_a_unique_index_in_its_place(path: Path, old: Old) -> None:
    old(
        "create table MON_RowClaims (LEVEL varchar, ROW_KEY varchar, REQUEST_ID varchar)",
        "insert into MON_RowClaims values ('ITEM', 'A-1', 'r'), ('SUBITEM', 'A-1', 'r')",
    )
    assert "created index UX_MON_RowClaims_Key" in up(path)
    assert up(path) == []
    with pytest.raises(duckdb.ConstraintException):
        old("insert into MON_RowClaims (LEVEL, ROW_KEY) values ('ITEM', 'A-1')")


def test_a_table_of_times_before_keys_is_kept_and_its_rows_have_none(path: Path, old: Old) -> None:
    old(
        'create table MON_CustMasterSchedule (Title varchar, "Item ID" bigint)',
        "insert into MON_CustMasterSchedule values ('one', 1), ('two', 2)",
    )
    assert "created index UX_MON_CustMasterSchedule_Key" in up(path)
    assert up(path) == []
    assert rows(path, "select Title, ORDER_KEY from MON_CustMasterSchedule order by 1") == [
        ("one", None),
        ("two", None),
    ]


def test_freight_of_an_older_version_becomes_numbers(path: Path, old: Old) -> None:
    """The numbers that its push made of the texts, for those are what the board shows; ids, keys and indexes stay."""
    with open_session({"ORDERS_DUCKDB_PATH": str(path)}, create=True) as session:
        then = [replace(each, type="text") if each.name == "FREIGHT" else each for each in session.mapping.items]
        migrator = Migrator(replace(session, statements=Statements("duckdb", "main", then)))
        migrator.plan()
        migrator.apply()
    texts = {"0.85": "0.85", "$1,200.50": "1200.5", "12,50": "1250", "(5.00)": "-5", " 12 %": "12", "TBC": "0"}
    old(
        *(
            f"insert into MON_CustMasterSchedule (ORDER_KEY, MONDAY_ITEM_ID, FREIGHT) values ('{at}', {at}, '{text}')"
            for at, text in enumerate(texts)
        ),
        "insert into MON_CustMasterSchedule (ORDER_KEY, MONDAY_ITEM_ID) values ('none', 99)",
    )
    indexes = [row for row in shape(path) if row[2] == "index"]
    changes = ["made numbers of MON_CustMasterSchedule.FREIGHT", "created index UX_MON_CustMasterSchedule_Item"]
    assert up(path) == changes
    kept = rows(path, "select ORDER_KEY, MONDAY_ITEM_ID, FREIGHT from MON_CustMasterSchedule order by 2")
    assert kept == [(str(at), at, Decimal(value)) for at, value in enumerate(texts.values())] + [("none", 99, None)]
    assert [row for row in shape(path) if row[2] == "index"] == indexes
    assert up(path) == []


def test_size_labels_of_an_older_version_are_those_of_the_models(path: Path, old: Old) -> None:
    """A column named `"XXL "` was size `XXL `: its subitems stay those of XXL. Where an order has both, both stay."""
    up(path)
    labels = ["XXL ", "\u00a0'S'\u200b", "ONE\u00a0SIZE", "M", "L ", "L", " \u200b"]
    old(
        *(
            "insert into MON_CustMasterSchedule_Subitems (ORDER_KEY, SIZE_LABEL, ORDER_QTY, MONDAY_SUBITEM_ID)"
            " values ('A', '{}', {}, {})".format(label.replace("'", "''"), at, at)
            for at, label in enumerate(labels)
        ),
        "insert into MON_CustMasterSchedule_Subitems (ORDER_KEY, SIZE_LABEL, MONDAY_SUBITEM_ID)"
        " values ('B', ' XXL', 11), ('B', 'XXL ', 12), ('C', 'L ', 13)",
        "insert into ERR_MON_CustMasterSchedule_Subitems (ERR_ID, ORDER_KEY, SIZE_LABEL, RETRYABLE,"
        " MAX_RETRIES_REACHED, ATTEMPT, CREATED_AT) values ('e', 'A', 'XXL ', true, false, 1, now())",
    )
    assert sorted(up(path)) == [
        "trimmed the size labels of 1 row of ERR_MON_CustMasterSchedule_Subitems",
        "trimmed the size labels of 5 rows of MON_CustMasterSchedule_Subitems",
    ]
    kept = rows(path, "select MONDAY_SUBITEM_ID, SIZE_LABEL from MON_CustMasterSchedule_Subitems order by 1")
    assert kept == [
        (0, "XXL"), (1, "'S'"), (2, "ONE SIZE"), (3, "M"), (4, "L "), (5, "L"), (6, " \u200b"), (11, "XXL"),
        (12, "XXL "), (13, "L"),
    ]  # fmt: skip
    assert rows(path, "select SIZE_LABEL from ERR_MON_CustMasterSchedule_Subitems") == [("XXL",)]
    assert up(path) == []


# ---------- older tables that can't


ORDERS, SIZES = "create table MON_CustMasterSchedule", "create table MON_CustMasterSchedule_Subitems"
KEYLESS = "1 row with MONDAY_ITEM_ID and without ORDER_KEY"


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        (f"{ORDERS} (ORDER_KEY bigint)", '"ORDER_KEY" is BIGINT'),
        (f'{ORDERS} (ORDER_KEY varchar, "CUSTOMER PRICE" double)', '"CUSTOMER PRICE" is DOUBLE'),
        (f'{ORDERS} (ORDER_KEY varchar, "US DUTY" decimal(18, 2))', "DECIMAL(18, 2) and can't hold DECIMAL(18, 4)"),
        (f"{ORDERS} (ORDER_KEY varchar, MONDAY_ITEM_ID integer)", '"MONDAY_ITEM_ID" is INTEGER'),
        (f"{ORDERS} (ORDER_KEY varchar, FIRST_PUSHED_AT timestamptz)", '"FIRST_PUSHED_AT" is TIMESTAMP WITH TIME ZONE'),
        (f"{ORDERS} (ORDER_KEY varchar, LAST_PUSHED_AT date)", '"LAST_PUSHED_AT" is DATE'),
        (f"{ORDERS} (ORDER_KEY varchar, STYLE varchar not null)", '"STYLE" is NOT NULL'),
        (f"{ORDERS} (ORDER_KEY varchar, Item varchar not null)", '"Item" is not ours'),
        (
            f"{SIZES} as select 'A' as ORDER_KEY, unnest(['S', 'S', 'M', 'L', 'L']) as SIZE_LABEL",
            "Subitems has 2 values of ORDER_KEY, SIZE_LABEL in more than one row each: remove",
        ),
        (
            f"{ORDERS} as select unnest([1::bigint, 1, null, null]) as MONDAY_ITEM_ID, unnest(['A', 'B', 'C', 'D']) as"
            " ORDER_KEY",
            "1 value of MONDAY_ITEM_ID in more than one row:",
        ),
        (f"{ORDERS} as select unnest([1::bigint, null]) as MONDAY_ITEM_ID, null::varchar as ORDER_KEY", KEYLESS),
        (f"{ORDERS} as select unnest([1::bigint, null]) as MONDAY_ITEM_ID, null::varchar as X", KEYLESS),
        (f"{SIZES} (ORDER_KEY varchar primary key, SIZE_LABEL varchar)", "primary key ORDER_KEY"),
        ("create view MON_BoardGroups as select 1 as X", "MON_BoardGroups is to be a table, and a view has its name."),
        (
            "create table VW_MON_ActiveBatches (X int)",
            "VW_MON_ActiveBatches is to be a view, and a table has its name.",
        ),
    ],
)
def test_what_cannot_be_taken_over_stops_everything(path: Path, old: Old, statement: str, said: str) -> None:
    old(statement)
    found = problems(path)
    assert len(found) == 1
    assert said in found[0]


def test_many_problems_are_counted_in_the_message_and_all_listed(path: Path, old: Old) -> None:
    names = ("DESIGN FEE", "FX CHARGE", "DISCOUNT", "US DUTY", "US TARIFF")
    columns = ", ".join(f'"{name}" double' for name in names)
    old(f"create table MON_CustMasterSchedule (ORDER_KEY varchar, {columns})")
    assert len(problems(path)) == len(names)
    message = result_of(path).message
    assert message.count("is DOUBLE") == SHOWN
    assert f"and {len(names) - SHOWN} more" in message


def test_an_error_half_way_changes_nothing(path: Path, old: Old, monkeypatch: pytest.MonkeyPatch) -> None:
    old("create table ORDERS (x int)")
    before = shape(path)
    get = Statements.get

    def broken(self: Statements, name: str, /, **options: Any) -> str:
        return "select nonsense from nowhere" if name.startswith("views/") else get(self, name, **options)

    monkeypatch.setattr(Statements, "get", broken)
    with pytest.raises(DatabaseError):
        result_of(path)
    assert shape(path) == before


# ---------- types, for both engines


def catalogue_row(table: str, name: str, kind: str, *, nullable: bool = True) -> tuple[Any, ...]:
    """A column as INFORMATION_SCHEMA.COLUMNS of SQL Server has it."""
    base, *numbers = re.findall(r"\w+", kind)
    first, second = [int(each) for each in [*numbers, 0, 0][:2]] if numbers != ["max"] else (-1, 0)
    digits = {"int": 10, "bigint": 19, "float": 53}.get(base, first if base in ("decimal", "numeric") else None)
    text, time = base.endswith("char"), base.startswith("datetime")
    scale = None if base == "float" or digits is None else second
    return ("dbo", table, name, 1, base, first if text else None, digits, scale, first if time else None,
            "YES" if nullable else "NO", None)  # fmt: skip


def judged(*columns: tuple[Any, ...], own: str = "") -> list[dict[str, Any]]:
    """What `migrate/columns` of SQL Server says of a catalogue, asked of DuckDB: the statement needs nothing else."""
    text = Statements("sqlserver", "dbo", []).get("migrate/columns")
    text = text.replace("INFORMATION_SCHEMA.", "described.").replace("sys.columns", "described.own")
    with duckdb.connect() as connection:
        connection.execute(
            "create schema described; create macro object_id(name) as name; create macro quotename(name) as name;"
            "create table described.COLUMNS (TABLE_SCHEMA varchar, TABLE_NAME varchar, COLUMN_NAME varchar,"
            " ORDINAL_POSITION int, DATA_TYPE varchar, CHARACTER_MAXIMUM_LENGTH int, NUMERIC_PRECISION int,"
            " NUMERIC_SCALE int, DATETIME_PRECISION int, IS_NULLABLE varchar, COLUMN_DEFAULT varchar);"
            "create table described.TABLE_CONSTRAINTS (TABLE_SCHEMA varchar, TABLE_NAME varchar,"
            " CONSTRAINT_NAME varchar, CONSTRAINT_TYPE varchar);"
            "create table described.KEY_COLUMN_USAGE (TABLE_SCHEMA varchar, TABLE_NAME varchar,"
            " CONSTRAINT_NAME varchar, COLUMN_NAME varchar, ORDINAL_POSITION int);"
            "create table described.own (object_id varchar, name varchar, is_identity int, is_computed int,"
            " system_type_id int);"
        )
        connection.executemany(f"insert into described.COLUMNS values ({', '.join('?' * 11)})", columns)
        connection.execute("insert into described.own values ('dbo.T', ?, 1, 0, 127)", [own])
        found = connection.execute(text, ["DBO"])
        names = [each[0] for each in found.description or ()]
        return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


@pytest.mark.parametrize(
    ("present", "wanted", "fits"),
    [
        *(
            (kind, "nvarchar(255)", kind == "nvarchar(max)")
            for kind in ("nvarchar(max)", "nvarchar(200)", "nchar(255)")
        ),
        *(
            (kind, "decimal(18, 4)", kind == "numeric(38, 10)")
            for kind in ("numeric(38, 10)", "decimal(18, 2)", "float")
        ),
        *((kind, "datetime2(6)", kind == "datetime2(7)") for kind in ("datetime2(7)", "datetime2(3)", "datetime(3)")),
        ("decimal(15, 4)", "decimal(18, 4)", False),
        ("varchar(255)", "nvarchar(255)", False),
        ("timestamp", "datetime2(6)", False),
        ("varchar(max)", "varchar(max)", True),
        ("nvarchar(200)", "nvarchar(max)", False),
        ("nvarchar(max)", "bigint", False),
        ("int", "bigint", False),
        ("bigint", "int", True),
        ("int", "bit", False),
        ("uniqueidentifier", "nvarchar(64)", False),
    ],
)
def test_a_column_is_taken_over_only_where_it_holds_every_value(present: str, wanted: str, fits: bool) -> None:
    (row,) = judged(catalogue_row("T", "C", present), catalogue_row("T__WANTED", "C", wanted))
    assert row["WANTED"].lower() == wanted
    assert (row["PROBLEM"] is None) is fits
    assert fits or f"is {row['PRESENT']} and can't hold {row['WANTED']}." == row["PROBLEM"]


def test_an_identity_of_others_is_no_obstacle_and_one_in_our_place_is() -> None:
    ours, theirs = catalogue_row("T__WANTED", "ID", "bigint"), catalogue_row("T", "id", "bigint", nullable=False)
    others = [row["PROBLEM"] for row in judged(catalogue_row("T__WANTED", "C", "bit"), theirs, own="id")]
    assert others == [None, None]
    assert "filled by the database itself" in judged(ours, theirs, own="id")[0]["PROBLEM"]
    assert "NOT NULL" in judged(ours, theirs)[0]["PROBLEM"]
