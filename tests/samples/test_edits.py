"""Edits say exactly what they changed, and change nothing else."""

from __future__ import annotations

import duckdb
import pytest

from samples import Row, columns, size_columns, write_orders
from samples.schema import positions
from tests.samples.edits import KINDS, Kind, Manifest, edit_orders, is_blank

PLACE = positions()


def filled(rows: int = 1500) -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect()
    write_orders(connection, rows, 1)
    return connection


def rows_of(connection: duckdb.DuckDBPyConnection) -> dict[str, Row]:
    return {str(row[0]): list(row) for row in connection.execute("select * from ORDERS_UNIFIED").fetchall()}


def test_the_manifest_is_the_whole_difference() -> None:
    connection = filled()
    before = rows_of(connection)
    manifest = edit_orders(connection, seed=2, percent=10, kinds=(*KINDS, "remove"))
    after = rows_of(connection)
    assert len(manifest.edits) == 150
    edits = {edit.record_uuid: edit for edit in manifest.edits}
    removed = {edit.record_uuid for edit in manifest.of("remove")}
    assert removed
    assert after.keys() == before.keys() - removed
    for uuid, row in after.items():
        changed = {column.name for column in columns() if row[PLACE[column.name]] != before[uuid][PLACE[column.name]]}
        if uuid not in edits:
            assert not changed
            continue
        edit = edits[uuid]
        sizes = set() if edit.kind == "cancel" else set(edit.sizes)
        assert changed == set(edit.columns) | sizes
        for name, (old, new) in edit.columns.items():
            assert (before[uuid][PLACE[name]], row[PLACE[name]]) == (old, new)
        for size in sizes:
            old, new = edit.sizes[size]
            assert (before[uuid][PLACE[size]] or 0, row[PLACE[size]] or 0) == (old, new)


def test_every_kind_happens_and_does_what_it_says() -> None:
    connection = filled()
    manifest = edit_orders(connection, seed=3, percent=12)
    assert {edit.kind for edit in manifest.edits} == set(KINDS)
    after = rows_of(connection)
    for edit in manifest.of("cancel"):
        assert str(after[edit.record_uuid][PLACE["ORDER TYPE"]]).upper() == "CANCELLED"
        assert all(new == 0 < old for old, new in edit.sizes.values())
    for edit in manifest.of("season"):
        assert set(edit.columns) == {"CUSTOMER SEASON"}
    for edit in manifest.of("quantities"):
        assert edit.sizes
        row = after[edit.record_uuid]
        positive = [row[PLACE[size]] for size in size_columns()]
        assert row[PLACE["TOTAL QTY"]] == sum(cell for cell in positive if isinstance(cell, int) and cell > 0)


def test_the_same_seed_edits_the_same() -> None:
    def edited(seed: int) -> tuple[Manifest, dict[str, Row]]:
        connection = filled(300)
        return edit_orders(connection, seed=seed, count=30), rows_of(connection)

    assert edited(5) == edited(5)
    assert edited(5)[0] != edited(6)[0]


def test_only_orders_with_a_number_of_their_own_that_can_be_on_the_board() -> None:
    connection = filled()
    before = rows_of(connection)
    numbers = [str(row[PLACE["AAG ORDER NUMBER"]]).strip().upper() for row in before.values()]
    for edit in edit_orders(connection, seed=1, percent=20).edits:
        assert numbers.count(edit.order_number.strip().upper()) <= 1
        for required in ("AAG ORDER NUMBER", "CUSTOMER NAME", "CUSTOMER STYLE", "CUSTOMER COLOUR DESCRIPTION"):
            assert not is_blank(before[edit.record_uuid][PLACE[required]])


@pytest.mark.parametrize("kind", ["columns", "season", "name", "quantities"])
def test_a_second_round_still_changes_something(kind: Kind) -> None:
    connection = filled(600)
    edit_orders(connection, seed=1, count=150, kinds=(kind,))
    for edit in edit_orders(connection, seed=2, count=150, kinds=(kind,)).edits:
        assert edit.columns or edit.sizes


def test_wrong_calls_are_refused() -> None:
    connection = filled(100)
    with pytest.raises(ValueError, match="percent or count"):
        edit_orders(connection, seed=1)
    with pytest.raises(ValueError, match="larger sample"):
        edit_orders(connection, seed=1, count=5000)
    assert len(rows_of(connection)) == 100
