"""Odd rows: many, distinct, reproducible, and stored unharmed."""

from __future__ import annotations

import duckdb

from samples import write_rows
from samples.schema import positions
from tests.samples.odd import odd_orders, oddities
from tests.samples.odd_values import SHARED

PLACE = positions()


def test_at_least_200_distinct_oddities() -> None:
    assert len(oddities()) >= 200
    assert len({oddity.name for oddity in oddities()}) == len(oddities())
    made = odd_orders(len(oddities()))
    assert len({tuple(map(str, row[1:])) for row in made}) == len(oddities())


def test_5000_rows_the_same_each_time_and_all_but_the_meant_ones_distinct() -> None:
    made = odd_orders(5000)
    assert made == odd_orders(5000)
    assert len(made) == 5000
    alike = sum(cells == {} for _, variants in SHARED for cells in variants[1:])
    assert len({tuple(map(str, row[1:])) for row in made}) >= 5000 - alike - 1


def test_duckdb_gives_every_odd_value_back() -> None:
    connection = duckdb.connect()
    made = odd_orders(1500)
    assert write_rows(connection, made) == 1500
    stored = [[str(row[0]), *row[1:]] for row in connection.execute("select * from ORDERS_UNIFIED").fetchall()]
    assert stored == made


def test_labels_of_5000_odd_rows_fit_on_a_board() -> None:
    made = odd_orders(5000)
    for column in ("CUSTOMER NAME", "CUSTOMER STYLE", "CUSTOMER SEASON", "HS CODE", "ORDER TYPE"):
        assert len({row[PLACE[column]] for row in made}) < 450, column
    assert {str(row[PLACE["UNIT OF MEASURE"]]) for row in made} == {"PCE"}
