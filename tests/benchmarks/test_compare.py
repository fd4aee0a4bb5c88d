"""The comparison counts what there is to count: tried on a tool as simple as can be, which asks nobody and repeats."""

from __future__ import annotations

import sys
from pathlib import Path

import duckdb
import pytest

from benchmarks.compare.accidents import ACCIDENTS, BOARD, Accident, happen
from benchmarks.compare.orders import Order, staged_orders
from benchmarks.compare.tools import PEERS, TOOLS, Before, Tool
from benchmarks.script import mapped_columns, stage
from emulator.config import BOARD_ID
from emulator.faults import Fault
from emulator.server import running
from tests.support import BUILD, Project

# Ten orders a request from the first to the last, each request up to twice; any answer is a good answer.
PROGRAM = """
import json, os, sys, time
sys.path.insert(0, sys.argv[1])
import requests
from request import body, headers
orders = [json.loads(line) for line in open("orders.jsonl", encoding="utf-8")]
for at in range(0, len(orders), 10):
    part = orders[at : at + 10]
    for _ in range(2):
        try:
            requests.post(os.environ["MONDAY_API_URL"], json=body(part), headers=headers(part), timeout=30)
            break
        except requests.ConnectionError:
            pass
    time.sleep(0.05)
print(len(orders))
"""


class Simple(Tool):
    label = "simple"
    settings = "none"

    def prepare(self, folder: Path, database: Path) -> dict[str, str]:
        return {}

    def command(self, folder: Path, before: Before) -> list[str]:
        return [sys.executable, "-c", PROGRAM, str(PEERS)]

    def done(self, folder: Path, printed: list[str]) -> int:
        return int(printed[-1])


ORDERS = [Order(f"K-{at}", f"Item {at}", "ALL", {"order_key": f"K-{at}"}) for at in range(60)]


@pytest.mark.parametrize(
    ("accident", "double", "missing", "wrongly_done"),
    [
        (Accident("nothing"), 0, 0, 0),
        (Accident("lost", "kept", (Fault("drop_after", "create_item", call=2),)), 0, 0, 0),
        (Accident("lost", "not_kept", (Fault("drop_after", "create_item", call=2),)), 10, 0, 0),
        (Accident("refused", "kept", (Fault("refuse_row", "create_item", call=2, code="X"),)), 0, 1, 1),
        (Accident("killed", "kept", kill=True), 0, 0, 0),
    ],
    ids=lambda value: f"{value.name} {value.keys}" if isinstance(value, Accident) else "",
)
def test_what_an_accident_left_is_counted(
    tmp_path: Path, accident: Accident, double: int, missing: int, wrongly_done: int
) -> None:
    counts = happen(Simple(), accident, ORDERS, tmp_path / "none.duckdb")
    assert (counts.double, counts.missing, counts.wrongly_done) == (double, missing, wrongly_done)
    assert counts.finished
    assert counts.runs == (2 if accident.kill else 1)
    assert counts.calls >= 6


def test_a_kill_without_memory_leaves_the_first_half_twice(tmp_path: Path) -> None:
    counts = happen(Simple(), Accident("killed", "not_kept", kill=True), ORDERS, tmp_path / "none.duckdb")
    assert 30 <= counts.double < 60
    assert counts.missing == 0


def test_an_accident_that_never_happens_is_no_result(tmp_path: Path) -> None:
    late = Accident("late", "kept", (Fault("drop_after", "create_item", call=99),))
    with pytest.raises(SystemExit, match="never happened"):
        happen(Simple(), late, ORDERS, tmp_path / "none.duckdb")


def test_every_tool_goes_through_every_accident_under_both_readings() -> None:
    assert {accident.name for accident in ACCIDENTS} == {"nothing", "lost answer", "killed", "refused row"}
    for name in ("lost answer", "killed", "refused row"):
        assert [each.keys for each in ACCIDENTS if each.name == name] == ["kept", "not_kept"]
    assert list(TOOLS)[-1] == "ours"


def test_the_orders_for_the_others_are_what_was_staged(project: Project) -> None:
    project.orders(40)
    project.sync("migrate")
    project.dbt(*BUILD)
    with duckdb.connect(str(project.database)) as connection:
        first = connection.execute(
            'select ORDER_KEY, ITEM_NAME, GROUP_NAME, "ORDER TYPE", "EX FACTORY DATE" from STG_MON_CustMasterSchedule'
            ' inner join (select "AAG ORDER NUMBER", "EX FACTORY DATE" from ORDERS_UNIFIED) as source'
            ' using ("AAG ORDER NUMBER") where "ORDER TYPE" is not null and "EX FACTORY DATE" is not null'
            " order by ORDER_KEY limit 1"
        ).fetchone()
    assert first
    with running(BOARD) as monday:
        board = monday.state.boards[BOARD_ID].columns
        orders = {order.key: order for order in staged_orders(project.database, board)}
    assert all(set(order.values) <= set(board) for order in orders.values())
    order = orders[first[0]]
    assert order[:3] == first[:3]
    assert order.values["order_key"] == first[0]
    assert order.values["dropdown_mkr518fc"] == {"labels": [first[3]]}
    assert order.values["date_mkr57811"] == {"date": first[4].isoformat()}


def test_the_floor_reads_the_mapped_columns_and_every_quantity(project: Project) -> None:
    project.orders(40)
    project.sync("migrate")
    with duckdb.connect(str(project.database)) as connection:
        stage(connection)
        names = {row[0] for row in connection.execute("select column_name from (describe floor.orders)").fetchall()}
        assert names == {"SOURCE_ROW", "ROW_HASH", *mapped_columns()}
        sizes = connection.execute("select count(*), count(distinct SIZE_LABEL) from floor.sizes").fetchone()
        stated = connection.execute('select sum("TOTAL QTY") from ORDERS_UNIFIED').fetchone()
        found = connection.execute("select sum(ORDER_QTY) from floor.sizes").fetchone()
    assert sizes is not None
    assert sizes[0] > sizes[1] > 1
    assert stated == found
