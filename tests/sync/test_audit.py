"""What repairs and adoptions leave to a push, and to others; what they find stands in the tests of the views."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from emulator.config import SUBITEM_BOARD_ID
from emulator.switches import Switches
from sync.commands.adopt import VIEWS, survey, take_over
from sync.database import Row
from sync.push.ledger import Run
from sync.session import Runtime, utc_now
from sync.settings import read_settings
from tests.sync.audited import CUSTOMER, QUANTITY, SIZE, Audited, make_tables, open_audited

TABLES = ("MON_CustMasterSchedule", "MON_CustMasterSchedule_Subitems")


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("audited") / "orders.duckdb"
    make_tables(path)
    return path


@pytest.fixture
def desk(tmp_path: Path, empty: Path, monday: Callable[..., Any], request: pytest.FixtureRequest) -> Iterator[Audited]:
    """The empty tables beside a local Monday, of other settings where the test names some."""
    path = tmp_path / "orders.duckdb"
    path.write_bytes(empty.read_bytes())
    with open_audited(path, monday(with_order_key=True, **getattr(request, "param", {}))) as opened:
        yield opened


@pytest.mark.parametrize(
    "desk", [{"search_lag_seconds": 600.0, "switches": Switches(items_page_lag="search")}], indirect=True
)
def test_a_page_that_lags_behind_hides_nothing(desk: Audited) -> None:
    item = desk.item("K-1")
    desk.confirm("K-1", item, {"XL": (desk.size(item, "XL", "12"), 12)})
    assert desk.look() == set()


def test_what_a_push_confirmed_while_the_board_was_read_is_pending(
    desk: Audited, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.confirm("K-1", desk.item("K-1"))
    desk.confirm("K-2", desk.item("K-2"))
    monkeypatch.setattr(desk.session.database, "sole_writer", False)

    def push(read: int, expected: int | None, note: str = "") -> None:
        desk.sql("update MON_CustMasterSchedule set \"PO NUMBER\" = 'new', LAST_PUSHED_AT = now()"
                 " where ORDER_KEY = 'K-1'")  # fmt: skip
        desk.confirm("K-4", 4711, LAST_PUSHED_AT=utc_now())

    desk.progress = push
    desk.sql("update MON_CustMasterSchedule set \"PO NUMBER\" = 'old' where ORDER_KEY = 'K-2'")
    assert desk.look() == {
        ("pending", "K-1", "PO NUMBER"), ("pending", "K-4", None), ("differing", "K-2", "PO NUMBER"),
    }  # fmt: skip


def test_a_row_claimed_after_the_look_is_left_to_the_push(desk: Audited) -> None:
    desk.confirm("K-1", desk.item("K-1", "other"))
    desk.confirm("K-2", desk.item("K-2", "other"))
    desk.look()
    desk.claim("K-1")
    assert desk.mend()["repaired_orders"] == 1
    names = desk.sql("select ORDER_KEY, ITEM_NAME from MON_CustMasterSchedule order by 1")
    assert [row["ITEM_NAME"] for row in names] == ["NAME", "other"]
    assert desk.sql("select REQUEST_ID from MON_RowClaims") == [{"REQUEST_ID": "a push"}]


def test_a_repair_that_fails_changes_nothing(desk: Audited, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.confirm("K-1", desk.item("K-1", "other"))
    desk.item("K-1")
    desk.look()
    run = desk.session.execute

    def broken(statement: str, *args: Any, **options: Any) -> int:
        if statement == "push/record_request":
            raise OSError("disk full")
        return run(statement, *args, **options)

    monkeypatch.setattr(desk.session, "execute", broken)
    before = desk.sql("select * from MON_CustMasterSchedule")
    with pytest.raises(OSError, match="disk full"):
        desk.mend()
    assert desk.sql("select * from MON_CustMasterSchedule") == before
    assert desk.sql("select * from MON_RowClaims") == []


def test_a_claim_made_at_the_same_moment_is_waited_out(desk: Audited, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.confirm("K-1", desk.item("K-1", "other"))
    desk.look()
    run = desk.session.execute
    refused: list[str] = []

    class Taken(Exception):
        pass

    def racing(statement: str, *args: Any, **options: Any) -> int:
        if statement == "audit/claim" and len(refused) < 2:
            refused.append(statement)
            raise Taken
        return run(statement, *args, **options)

    monkeypatch.setattr(desk.session, "execute", racing)
    monkeypatch.setattr(
        desk.session.database, "meaning", lambda error: "duplicate" if isinstance(error, Taken) else None
    )
    assert desk.mend()["repaired_orders"] == 1
    assert len(refused) == 2


def test_a_repair_keeps_to_its_customer(desk: Audited) -> None:
    for customer in ("ONE", "TWO"):
        gone, double, item = desk.item(f"{customer}-1"), desk.item(f"{customer}-2"), desk.item(f"{customer}-3")
        desk.item(f"{customer}-2")
        desk.item(f"{customer}-1")
        sizes = {label: (desk.size(item, label, "4"), 4) for label in ("S", "M", "L")}
        desk.size(item, "S", "4")
        desk.server.state.retire_item(gone, "deleted")
        desk.server.state.retire_item(sizes["M"][0], "deleted")
        desk.server.state.change_values(SUBITEM_BOARD_ID, sizes["L"][0], json.dumps({QUANTITY: "7", SIZE: None}))
        for number, id_ in enumerate((gone, double, item), start=1):
            desk.confirm(f"{customer}-{number}", id_, sizes if id_ == item else None, BATCH_CUSTOMER=customer)
    both = {kind: desk.sql(f"select * from \"{kind}\" where ORDER_KEY like 'TWO%'") for kind in TABLES}
    assert {key[:3] for _, key, _ in desk.look()} == {"ONE", "TWO"}
    assert {key[:3] for _, key, _ in desk.look("one")} == {"ONE"}
    done = desk.mend()
    assert tuple(done.values()) == (3, 2, 1, 0)
    for kind, rows in both.items():
        assert desk.sql(f"select * from \"{kind}\" where ORDER_KEY like 'TWO%'") == rows
    assert {finding[0] for finding in desk.look("one")} == {"pending"}
    assert {key[:3] for kind, key, _ in desk.look() if kind != "pending"} == {"TWO"}


@pytest.mark.parametrize(("orders", "percent", "held"), [(10, 0.0, 0), (11, 50.0, 0), (11, 49.0, 11), (11, 100.0, 0)])
def test_the_guard(desk: Audited, orders: int, percent: float, held: int) -> None:
    for number in range(22):
        name = "other" if number < orders else "NAME"
        desk.confirm(f"K-{number}", desk.item(f"K-{number}", name))
    desk.look()
    done = desk.mend(most_percent=percent)
    assert (done["held"], done["repaired_orders"]) == (held, 0 if held else orders)
    assert desk.sql("select * from MON_RowClaims") == []


# ---------- taking items over


BUILT = {"BATCH_ID": "b", "MAPPING_HASH": "m", "ATTEMPTS": 0, "STAGED_AT": "2025-01-01", "CHANGE_TYPE": "CREATE",
         "BATCH_CUSTOMER": CUSTOMER, "ROW_HASH": "h"}  # fmt: skip
"""What a build gives every staged row."""


def stage(desk: Audited, key: str, *sizes: str) -> None:
    """A staged order without an item, with a piece of each size."""
    row = {"ORDER_KEY": key, "ITEM_NAME": "NAME", "GROUP_NAME": "GROUP", "SOURCE_CUSTOMER": CUSTOMER, "TOTAL QTY": 1}
    desk.insert("STG_MON_CustMasterSchedule", row | BUILT)
    for label in sizes:
        size = {"ORDER_KEY": key, "SIZE_LABEL": label, "ORDER_QTY": 1, "SIZE_POSITION": 1, "SUBITEM_NAME": label}
        desk.insert("STG_MON_CustMasterSchedule_Subitems", size | BUILT)


def found(desk: Audited) -> dict[str, list[Row]]:
    """What would be taken over."""
    session = desk.pull()
    session.take(*VIEWS)
    return survey(session)


def taken(desk: Audited) -> tuple[int, ...]:
    """Items and subitems of an adoption of what was found."""
    run = Run(desk.session, read_settings({"MONDAY_API_TOKEN": "t"}), Runtime(), threading.Event())
    desk.session.transaction(lambda: take_over(desk.session, run))
    return tuple(survey(desk.session)["figures"][0][name] for name in ("ITEMS", "SUBITEMS"))


def test_an_item_back_from_the_archive_stands_for_its_order_again(desk: Audited) -> None:
    stage(desk, "A-1")
    back, other = desk.item(None), desk.item(None)
    desk.confirm("A-1", back, ARCHIVED_AT=utc_now())
    desk.confirm("A-2", other, ARCHIVED_AT=utc_now())
    assert [row["ORDER_KEY"] for row in found(desk)["orders"]] == ["A-1"]
    taken(desk)
    row = desk.sql("select * from MON_CustMasterSchedule where ORDER_KEY = 'A-1'")[0]
    assert (row["MONDAY_ITEM_ID"], row["ARCHIVED_AT"], row["BATCH_ID"][:6]) == (back, None, "ADOPT-")


def test_what_a_push_has_in_hand_is_left_to_it(desk: Audited) -> None:
    for key, labels in (("A-1", "S"), ("A-2", "SM")):
        stage(desk, key, "S", "M")
        item = desk.item(key)
        for label in labels:
            desk.size(item, label, "1")
    found(desk)
    desk.claim("A-1")
    desk.claim("A-2|M", "SUBITEM")
    assert taken(desk) == (1, 1)
    assert [row["ORDER_KEY"] for row in desk.sql("select * from MON_CustMasterSchedule")] == ["A-2"]
    assert [row["REQUEST_ID"] for row in desk.sql("select * from MON_RowClaims")] == ["a push", "a push"]


def test_what_was_confirmed_since_the_board_was_read_is_left_alone(desk: Audited) -> None:
    stage(desk, "A-1")
    desk.item("A-1")
    found(desk)
    desk.confirm("A-1", 99)
    assert taken(desk) == (0, 0)
    assert [row["MONDAY_ITEM_ID"] for row in desk.sql("select * from MON_CustMasterSchedule")] == [99]
