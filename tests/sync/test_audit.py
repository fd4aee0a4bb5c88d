"""What an audit reads, and that a repair touches nothing else; what disagrees stands in the tests of the views."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from emulator.config import BOARD_ID, SUBITEM_BOARD_ID
from emulator.switches import Switches
from sync.errors import BoardError
from sync.session import utc_now
from tests.sync.audited import QUANTITY, SIZE, Audited, make_tables, open_audited

PO = "text_mkr5ej2x"
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


def column(desk: Audited, name: str) -> str:
    """Where a staged column stands on the board."""
    return next(each.column_id for each in desk.board().columns if each.name == name)


DIFFERENCES: list[tuple[str, Any, Any]] = [
    ("PO NUMBER", "4755", "4755a"), ("PO NUMBER", "a", "A"), ("PO NUMBER", None, "1"), ("PO NUMBER", "1", None),
    ("CUSTOMER PRICE", 12.5, "12.51"), ("CUSTOMER PRICE", None, "0"), ("CUSTOMER PRICE", 0, None),
    ("ORDER DATE PO RECEIVED", dt.date(2025, 3, 1), {"date": "2025-03-02"}),
    ("ORDER DATE PO RECEIVED", None, {"date": "2025-03-02"}),
    ("AAG SEASON", "2025 FALL", {"labels": ["2025 FALL", "2026"]}), ("AAG SEASON", "2025 FALL", None),
    ("FREIGHT", 1200.5, "1200.51"), ("FREIGHT", 3, None), ("ITEM_NAME", "NAME", "name"),
    ("GROUP_NAME", "ANOTHER", None),
]  # fmt: skip


def test_another_value_is_a_difference(desk: Audited) -> None:
    for number, (name, confirmed, shown) in enumerate(DIFFERENCES):
        own = name in ("ITEM_NAME", "GROUP_NAME")
        cells = {} if own or shown is None else {column(desk, name): shown}
        item = desk.item(f"K-{number}", shown if name == "ITEM_NAME" else "NAME", cells)
        desk.confirm(f"K-{number}", item, **{name: confirmed})
    desk.confirm("K-0#2", desk.item("K-0#2"))
    assert desk.look() == {("differing", f"K-{number}", name) for number, (name, _, _) in enumerate(DIFFERENCES)}
    assert desk.mend()["repaired_orders"] == len(DIFFERENCES)
    assert desk.look() == set(), "the tables say what the board shows"
    hashes = {row["ORDER_KEY"]: row["ROW_HASH"] for row in desk.sql("select * from MON_CustMasterSchedule")}
    assert [key for key, value in hashes.items() if value == f"hash of {key}"] == ["K-0#2"]


def test_another_quantity_is_a_difference(desk: Audited) -> None:
    shown = {"K-1": "5", "K-2": None, "K-3": "12.5"}
    for key, quantity in shown.items():
        item = desk.item(key)
        size, other = desk.size(item, "XL", "12"), desk.size(item, "M", "3")
        desk.server.state.change_values(SUBITEM_BOARD_ID, size, json.dumps({QUANTITY: quantity}))
        desk.confirm(key, item, {"XL": (size, 12), "M": (other, 3)})
    assert desk.look() == {("differing", key, "ORDER_QTY") for key in shown}
    desk.mend()
    kept = desk.sql("select ORDER_KEY, SIZE_LABEL, ORDER_QTY from MON_CustMasterSchedule_Subitems")
    assert {row["ORDER_KEY"]: row["ORDER_QTY"] for row in kept if row["SIZE_LABEL"] == "XL"} == {
        "K-1": 5, "K-2": None, "K-3": None,
    }  # fmt: skip
    assert {row["ORDER_QTY"] for row in kept if row["SIZE_LABEL"] == "M"} == {3}


# ---------- whose item it is


def test_what_nobody_knows_is_left_alone(desk: Audited) -> None:
    desk.item("K-9")
    desk.item("K-9")
    desk.item(None)
    desk.item("k-1")
    desk.item("x" * 300)
    desk.confirm("K-1", desk.item("K-1"))
    long = "x" * 254 + "…"
    assert desk.look() == {("double", "K-9", None), ("unknown", "K-9", None), ("unknown", None, None),
                           ("unknown", "k-1", None), ("unknown", long, None)}  # fmt: skip
    done = desk.mend()
    assert (done["repaired_orders"], done["surplus_recorded"]) == (0, 0)
    assert desk.sql("select * from MON_ApiRequests") == []


# ---------- reading


@pytest.mark.parametrize(
    "desk", [{"search_lag_seconds": 600.0, "switches": Switches(items_page_lag="search")}], indirect=True
)
def test_a_page_that_lags_behind_hides_nothing(desk: Audited) -> None:
    item = desk.item("K-1")
    desk.confirm("K-1", item, {"XL": (desk.size(item, "XL", "12"), 12)})
    assert desk.look() == set()


def test_retyped_beyond_comparing_is_said(desk: Audited) -> None:
    desk.server.state.boards[BOARD_ID].columns[PO].type = "mirror"
    with pytest.raises(BoardError, match="can't be read by the mapping"):
        desk.look()


# ---------- what is under way


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
    monkeypatch.setattr(desk.session.database, "is_duplicate", lambda error: isinstance(error, Taken))
    assert desk.mend()["repaired_orders"] == 1
    assert len(refused) == 2


# ---------- scope, guard, counts


def test_of_one_customer(desk: Audited) -> None:
    desk.confirm("K-1", desk.item("K-1", "other"), SOURCE_CUSTOMER="One Ltd")
    desk.confirm("K-2", desk.item("K-2", "other"), BATCH_CUSTOMER="TWO", SOURCE_CUSTOMER="Two Inc")
    desk.item(None, cells={column(desk, "CUSTOMER"): {"labels": ["Two"]}})
    desk.item(None)
    one = {("differing", "K-1", "ITEM_NAME")}
    assert desk.look("customer one") == desk.look("ONE LTD") == one
    assert desk.look("two") == {("differing", "K-2", "ITEM_NAME"), ("unknown", None, None)}
    assert desk.look("two inc") == {("differing", "K-2", "ITEM_NAME")}
    assert desk.mend()["repaired_orders"] == 1
    assert desk.look("ONE LTD") == one


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
