"""What `--dry-run` says is what a push then does and costs; and many small edits are sent one by one, none twice."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from benchmarks.edits import differences
from samples import orders
from tests.builds import Dbt
from tests.e2e.day_two import DayTwo, Pushed, first_push, order
from tests.samples.edits import edit_orders
from tests.stores import Engine

ARCHIVE: dict[str, Any] = {"on_source_removal": "archive"}
WRITE_POINTS = 30_000


def a_busy_day(two: DayTwo) -> None:
    """Something of everything."""
    two.add(*(order(f"NEW-{at:02d}", sizes={"S": 1, "M": 2}) for at in range(30)))
    two.add(*(order(f"TEL-{at:02d}", "TELFAR", {"S": 1}) for at in range(5)))
    for at in range(1, 11):
        two.edit(f"GRE-{at:02d}", {"S": 7, "XL": 1}, NOTES="REVISED")
    two.edit("GRE-11", CUSTOMER_SEASON="RESORT 26")
    two.edit("PEL-01", AAG_SEASON="2026 FALL")  # moves as well: the group is named by it
    two.edit("RHY-01", CUSTOMER_NAME="RHYTHM (AU)")  # nothing but the group: the canonical name is the same
    two.remove(["GRE-12", "GRE-13", "PEL-02"])


def test_a_dry_run_says_what_the_push_does(two: DayTwo) -> None:
    two.env["SYNC_ROWS_PER_REQUEST"] = "10"
    a_busy_day(two)
    two.build(**ARCHIVE, tests=True)
    two.env.pop("MONDAY_API_TOKEN")  # from the database alone
    calls = two.monday.service.calls
    plan = two.push("--batch", "--dry-run")
    parts = [two.push("--customer", customer, "--dry-run") for customer in ("GREYSON", "PELOTON", "RHYTHM", "TELFAR")]
    assert two.monday.service.calls == calls
    two.env["MONDAY_API_TOKEN"] = two.monday.token
    assert plan | {"items_to_create": 35, "items_to_update": 12, "items_to_move": 3, "items_to_archive": 3,
                   "subitems_to_create": 75, "subitems_to_update": 10, "groups_to_create": 4} == plan  # fmt: skip
    assert plan["writes"] == 35 + 12 + 3 + 3 + 75 + 10 + 4
    for name in ("items_to_create", "items_to_update", "items_to_archive", "subitems_to_create", "writes"):
        assert sum(part[name] for part in parts) == plan[name], name
    rows = {(row["customer"], row["group"], row["kind"]): row["orders"] for row in plan["by_group"]}
    assert rows == {
        ("GREYSON", "GREYSON CLOTHIERS FALL 25", "CREATE"): 30,
        ("GREYSON", "GREYSON CLOTHIERS FALL 25", "UPDATE"): 10,
        ("GREYSON", "GREYSON CLOTHIERS FALL 25", "ARCHIVE"): 2,
        ("GREYSON", "GREYSON CLOTHIERS RESORT 26", "UPDATE_AND_MOVE"): 1,
        ("PELOTON", "PELOTON 2026 FALL", "UPDATE_AND_MOVE"): 1,
        ("PELOTON", "PELOTON 2025 FALL", "ARCHIVE"): 1,
        ("RHYTHM", "RHYTHM (AU) FALL 25", "MOVE"): 1,
        ("TELFAR", "TELFAR FALL 25", "CREATE"): 5,
    }
    points = two.monday.service.meter.points_total
    pushed = two.push()
    written = Counter(write.operation for write in two.written())
    assert sum(written.values()) == plan["writes"]
    assert written == {
        "create_item": 35, "change_multiple_column_values": 22, "move_item_to_group": 3, "archive_item": 3,
        "create_subitem": 75, "create_group": 4,
    }  # fmt: skip
    assert plan["complexity_points"] == plan["writes"] * WRITE_POINTS
    # The groups are made before the batches begin, so their points may not be among the run's.
    assert plan["complexity_points"] - pushed["complexity_used"] in (0, 4 * WRITE_POINTS)
    spent = two.monday.service.meter.points_total - points
    assert plan["complexity_points"] <= spent <= 1.05 * plan["complexity_points"]  # the reads before cost a little
    assert plan["api_calls"] <= pushed["api_calls"] <= 1.25 * plan["api_calls"] + 2
    assert two.push("--batch", "--dry-run")["writes"] == 0
    assert plan["minutes"] == pytest.approx(plan["complexity_points"] / 10_000_000, abs=0.01)


def test_a_dry_run_counts_the_groups_that_the_board_lacks_now(two: DayTwo) -> None:
    """People make and delete groups between pushes; without a token the tables tell what was there."""
    two.sql("delete from MON_BoardGroups")
    two.add(order("NEW-1"), order("TEL-1", "TELFAR"))
    two.build()
    assert two.push("--batch", "--dry-run")["groups_to_create"] == 1
    two.env.pop("MONDAY_API_TOKEN")
    assert two.push("--batch", "--dry-run")["groups_to_create"] == 2


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory, engine: Engine, dbt_here: Dbt) -> Pushed:
    """600 sample orders, pushed."""
    return first_push(engine, tmp_path_factory.mktemp("sample"), dbt_here, orders(600, 11))


def test_edits_of_a_share_of_the_orders_are_written_once_each(sample: Pushed, tmp_path: Path) -> None:
    """Exactly the edited orders and sizes, each with its changed columns only, at the cost that was told before."""
    with sample.start(tmp_path) as two:
        with two.orders_table() as (connection, schema):
            manifest = edit_orders(connection, seed=4, percent=5, schema=schema)
        two.build()
        plan = two.push("--batch", "--dry-run")
        two.push()
        assert differences(manifest, two.monday, two.monday.history) == []
        assert len(two.monday.history) == plan["writes"]
        assert two.differences() == []
