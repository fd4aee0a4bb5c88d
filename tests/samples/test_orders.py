"""The sample orders: exact columns, the same rows for the same seed, and what a real table looks like."""

from __future__ import annotations

import datetime as dt
import itertools
from collections import Counter
from typing import Any

import duckdb
import pytest

from samples import Row, columns, create_table, orders, size_columns, write_orders
from samples.customers import allocate, customers
from samples.schema import positions

PLACE = positions()
LABELS = {
    "CUSTOMER NAME": 100,
    "CUSTOMER STYLE": 400,
    "CUSTOMER COLOUR DESCRIPTION": 300,
    "AAG SEASON": 60,
    "CUSTOMER SEASON": 100,
    "DROP": 60,
    "CATEGORY": 60,
    "DELIVERY TERMS": 60,
    "HS CODE": 100,
    "UNIT OF MEASURE": 40,
}


def tidy(value: object) -> str:
    return "".join(letter for letter in str(value or "") if letter.isprintable()).strip().upper()


@pytest.fixture(scope="module")
def sample() -> list[Row]:
    return list(orders(6000, 3))


@pytest.fixture(scope="module")
def table(sample: list[Row]) -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect()
    write_orders(connection, 6000, 3)
    return connection


def test_268_columns_of_which_161_are_sizes() -> None:
    assert len(columns()) == len({column.name for column in columns()}) == 268
    assert len(size_columns()) == 161
    assert Counter(column.sql_type for column in columns()) == {
        "INT": 163, "NVARCHAR(MAX)": 101, "DATE": 3, "UNIQUEIDENTIFIER": 1,
    }  # fmt: skip
    assert "INFOR COLOUR CODE" not in size_columns()
    assert (columns()[0].name, columns()[-1].name) == ("record_uuid", "ADID")


def test_the_table_has_them_in_order_with_their_types(table: duckdb.DuckDBPyConnection) -> None:
    described = table.execute("describe ORDERS_UNIFIED").fetchall()
    engine = {"NVARCHAR(MAX)": "VARCHAR", "UNIQUEIDENTIFIER": "UUID", "DATE": "DATE", "INT": "INTEGER"}
    assert [(name, kind) for name, kind, *_ in described] == [(each.name, engine[each.sql_type]) for each in columns()]


def test_ddl_of_sql_server_names_its_own_types() -> None:
    ddl = create_table("sqlserver", "sales")
    assert ddl.startswith('CREATE TABLE "sales"."ORDERS_UNIFIED" (\n    "record_uuid" UNIQUEIDENTIFIER NOT NULL')
    assert '"PROMO GROUP / CAMPAIGN (HOT 30/GLOBAL EDIT" NVARCHAR(MAX),' in ddl
    assert '"30-30L" INT,' in ddl
    assert ddl.count("\n    ") == 268


def test_every_cell_arrives_as_it_was_made(table: duckdb.DuckDBPyConnection, sample: list[Row]) -> None:
    stored = [[str(row[0]), *row[1:]] for row in table.execute("select * from ORDERS_UNIFIED").fetchall()]
    assert stored == sample


@pytest.mark.parametrize("rows", [0, 1, 43, 499, 500, 777])
def test_any_number_of_rows(rows: int) -> None:
    made = list(orders(rows, 1))
    assert len(made) == rows
    assert len({row[0] for row in made}) == rows


def test_the_seed_decides_all() -> None:
    assert list(orders(800, 5)) == list(orders(800, 5))
    assert list(orders(800, 5)) != list(orders(800, 6))


def test_values_are_of_the_columns_types(sample: list[Row]) -> None:
    kinds: dict[str, type] = {"INT": int, "DATE": dt.date}
    for row in sample[::20]:
        for column, value in zip(columns(), row, strict=True):
            assert value is None or isinstance(value, kinds.get(column.sql_type, str)), column.name


def test_customers_are_very_unequal() -> None:
    weights = [customer.rows_per_100000 for customer in customers()]
    assert 40 <= len(weights) <= 45
    assert allocate(100_000, weights) == weights
    assert (max(weights), min(weights)) == (16_000, 28)
    assert sum(allocate(777, weights)) == 777
    assert min(allocate(777, weights)) == 1


def test_sizes_are_columns_of_the_table_and_6_to_64_a_customer() -> None:
    for customer in customers():
        assert set(customer.sizes) <= set(size_columns())
        assert 6 <= len(customer.sizes) <= 64


def test_quantities_as_in_the_real_table(sample: list[Row]) -> None:
    cells = [[row[PLACE[size]] for size in size_columns()] for row in sample]
    filled = [[cell for cell in row if isinstance(cell, int) and cell > 0] for row in cells]
    with_any = [row for row in filled if row]
    assert 0.62 < len(with_any) / len(sample) < 0.72
    assert 4.3 < sum(map(len, with_any)) / len(with_any) < 5.7
    assert any(isinstance(cell, int) and cell < 0 for row in cells for cell in row)
    totals = [(row[PLACE["TOTAL QTY"]], sum(cell for cell in row_cells if isinstance(cell, int)))
              for row, row_cells in zip(sample, cells, strict=True) if any(row_cells)]  # fmt: skip
    assert 0.97 < sum(total == summed for total, summed in totals) / len(totals) < 1


@pytest.mark.parametrize("rows", [2000, 12_000])
def test_labels_stay_within_what_a_board_can_hold(rows: int) -> None:
    seen: dict[str, set[str]] = {column: set() for column in LABELS}
    for row in orders(rows, 1):
        for column, labels in seen.items():
            labels.add(tidy(row[PLACE[column]]))
    for column, limit in LABELS.items():
        assert len(seen[column]) < limit, column
        if column == "UNIT OF MEASURE":
            assert max(map(len, seen[column])) <= 30


def test_many_labels_only_when_asked_for() -> None:
    styles = {tidy(row[PLACE["CUSTOMER STYLE"]]) for row in orders(20_000, 1, many_labels=True)}
    assert len(styles) > 500


def test_order_types_need_no_label_that_may_not_be_made(sample: list[Row]) -> None:
    found = Counter(tidy(row[PLACE["ORDER TYPE"]]) for row in sample)
    assert {"ACTIVE", "CANCELLED", "RECEIVED"} <= set(found)
    assert set(found) <= {"ACTIVE", "CANCELLED", "RECEIVED", "", "NAN", "NONE", "NULL"}
    assert 0.04 < found["CANCELLED"] / len(sample) < 0.08


def test_everything_that_is_odd_in_the_real_table_is_there(sample: list[Row]) -> None:
    texts = [value for row in sample for value in row if isinstance(value, str)]
    for odd in ("nan", "None", "NULL", "\u00a0", "\t", "", "TRUE", "TBC"):
        assert odd in texts, repr(odd)
    joined = "\n".join(set(texts))
    for part in ("$1,", "%", '"', "👕", "客", "Отгрузка", "هام", "\x07", "\r\n"):
        assert part in joined, repr(part)
    assert any(text.startswith("(") and text.endswith(")") and text[1:-1].replace(".", "").isdigit() for text in texts)
    assert any(len(text) > 2000 for text in texts)


def test_numbers_are_shared_rows_repeated_and_fields_missing(sample: list[Row]) -> None:
    numbers = Counter(tidy(row[PLACE["AAG ORDER NUMBER"]]) for row in sample)
    assert 0.02 < sum(count - 1 for count in numbers.values()) / len(sample) < 0.08
    repeated = Counter(tuple(map(str, row[1:])) for row in sample)
    assert any(count > 1 for count in repeated.values())
    for required in ("AAG ORDER NUMBER", "CUSTOMER NAME", "CUSTOMER STYLE", "CUSTOMER COLOUR DESCRIPTION"):
        missing = sum(tidy(row[PLACE[required]]) in ("", "NAN", "NONE", "NULL") for row in sample)
        assert 1 <= missing <= 20, required
    assert any("#" in str(number) for number in itertools.chain(numbers))


@pytest.mark.parametrize(("rows", "seed"), [(500, 1), (500, 9), (6000, 3)])
def test_the_greyson_case(rows: int, seed: int) -> None:
    made = list(orders(rows, seed))
    case = [row for row in made if "4755" in str(row[PLACE["PO NUMBER"]])]
    assert len(case) == 69
    assert {row[PLACE["CUSTOMER NAME"]] for row in case} == {"GREYSON CLOTHIERS"}
    assert {row[PLACE["PO NUMBER"]] for row in case} == {"4755"}
    assert {(row[PLACE["AAG SEASON"]], row[PLACE["CUSTOMER SEASON"]]) for row in case} == {("2025 FALL", None)}
    cells = [[row[PLACE[size]] for size in size_columns() if row[PLACE[size]] is not None] for row in case]
    assert sum(bool(row) for row in cells) == 53
    assert sum(map(len, cells)) == 264
    assert all(isinstance(cell, int) and cell > 0 for row in cells for cell in row)
    own = {tidy(row[PLACE["AAG ORDER NUMBER"]]) for row in case}
    others = {tidy(row[PLACE["AAG ORDER NUMBER"]]) for row in made if row not in case}
    assert len(own) == 69
    assert not own & others


@pytest.mark.parametrize("rows", [500, 6000])
def test_nobody_else_is_in_the_greyson_group(rows: int) -> None:
    def season(row: Row) -> str:
        own = tidy(row[PLACE["CUSTOMER SEASON"]])
        return own if own not in ("", "NAN", "NONE", "NULL") else tidy(row[PLACE["AAG SEASON"]])

    group = [row for row in orders(rows, 4)
             if tidy(row[PLACE["CUSTOMER NAME"]]) == "GREYSON CLOTHIERS" and season(row) == "2025 FALL"]  # fmt: skip
    assert len(group) == 69


def test_a_failed_write_leaves_the_old_table(table: duckdb.DuckDBPyConnection) -> None:
    def broken() -> Any:
        yield from orders(10, 1)
        raise RuntimeError("the source broke off")

    from samples import write_rows

    connection = duckdb.connect()
    write_orders(connection, 25, 1)
    with pytest.raises(RuntimeError, match="broke off"):
        write_rows(connection, broken())
    assert connection.execute("select count(*) from ORDERS_UNIFIED").fetchone() == (25,)
