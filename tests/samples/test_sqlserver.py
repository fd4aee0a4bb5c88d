"""The same rows on SQL Server, where `DB_ORDERS_HOST` names one."""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator
from typing import Any

import duckdb
import pytest

from samples import write_orders, write_rows
from samples.__main__ import _sqlserver
from tests.samples.edits import edit_orders
from tests.samples.odd import odd_orders

pytestmark = [
    pytest.mark.sqlserver,
    pytest.mark.skipif(not os.environ.get("DB_ORDERS_HOST"), reason="DB_ORDERS_HOST names no SQL Server"),
]


@pytest.fixture
def server() -> Iterator[tuple[Any, str]]:
    """A connection and a schema of its own."""
    connection = _sqlserver()
    schema = f"samples_{uuid.uuid4().hex[:10]}"
    connection.cursor().execute(f"create schema {schema}")
    connection.commit()
    yield connection, schema
    connection.rollback()
    connection.cursor().execute(f"drop table if exists {schema}.ORDERS_UNIFIED")
    connection.cursor().execute(f"drop schema {schema}")
    connection.commit()
    connection.close()


def test_every_odd_value_arrives(server: tuple[Any, str]) -> None:
    connection, schema = server
    made = odd_orders(700)
    assert write_rows(connection, made, schema=schema) == 700
    cursor = connection.cursor()
    cursor.execute(f"select * from {schema}.ORDERS_UNIFIED")
    stored = {str(row[0]).lower(): [str(row[0]).lower(), *row[1:]] for row in cursor.fetchall()}
    assert [stored[str(row[0])] for row in made] == made


def test_the_same_edits_as_on_duckdb(server: tuple[Any, str]) -> None:
    connection, schema = server
    write_orders(connection, 300, 1, schema=schema)
    local = duckdb.connect()
    write_orders(local, 300, 1)
    there = edit_orders(connection, seed=1, count=20, schema=schema)
    here = edit_orders(local, seed=1, count=20)
    assert [(e.record_uuid.lower(), e.columns, e.sizes) for e in there.edits] == [
        (e.record_uuid, e.columns, e.sizes) for e in here.edits
    ]
