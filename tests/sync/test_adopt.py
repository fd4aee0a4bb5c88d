"""What is written when items are taken over; which item stands for which order stands in the views' tests."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sync.errors import DatabaseError
from tests.sync.adoption import BOARD, Desk, make_tables, open_desk, size


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("desk") / "orders.duckdb"
    make_tables(path)
    return path


@pytest.fixture
def desk(tmp_path: Path, empty: Path) -> Iterator[Desk]:
    path = tmp_path / "orders.duckdb"
    path.write_bytes(empty.read_bytes())
    with open_desk(path) as opened:
        yield opened


def reasons(desk: Desk) -> dict[int, str]:
    """Why items match nothing."""
    return {row["ITEM_ID"]: row["REASON"] for row in desk.look()["unmatched"]}


# ---------- what the tables know already


def test_known_items_and_orders_stay_out_of_it(desk: Desk) -> None:
    desk.stage("A-1")
    desk.confirmed("A-1", 1)
    desk.item(1, like="A-1", ORDER_KEY="A-1")
    desk.item(2, like="A-1")
    survey = desk.look()
    assert survey["orders"] == survey["doubts"] == survey["missing_keys"] == []
    assert survey["figures"][0]["KNOWN_ITEMS"] == 1
    assert reasons(desk) == {2: "NOTHING"}


def test_a_second_item_of_a_known_order_is_named_as_such(desk: Desk) -> None:
    desk.confirmed("A-1", 1)
    desk.item(1)
    desk.item(2, ORDER_KEY="A-1")
    survey = desk.look()
    assert [(row["ITEM_ID"], row["REASON"]) for row in survey["unmatched"]] == [(2, "SECOND")]
    assert [(row["MONDAY_ID"], row["IS_TAKEN"]) for row in survey["missing_keys"]] == [(1, 1)]


def test_an_item_back_from_the_archive_stands_for_its_order_again(desk: Desk) -> None:
    desk.stage("A-1")
    desk.confirmed("A-1", 1, archived=True)
    desk.confirmed("A-2", 2, archived=True)
    desk.item(1)
    desk.item(2, like="A-1")
    assert desk.pairs() == {"A-1": (1, "ID")}
    assert reasons(desk) == {2: "ARCHIVED"}
    desk.take_over()
    row = desk.rows("select * from MON_CustMasterSchedule where ORDER_KEY = 'A-1'")[0]
    assert (row["MONDAY_ITEM_ID"], row["ARCHIVED_AT"], row["BATCH_ID"]) == (1, None, "ADOPT-1")


# ---------- taking over


def test_ids_and_present_values_are_written_once(desk: Desk) -> None:
    desk.stage("A-1", {"S": 1}, CUSTOMER_PRICE=2)
    desk.item(1, [size(11, "s", 3)], like="A-1", CUSTOMER_PRICE="7.50")
    taken = desk.take_over()
    assert (taken.orders, taken.sizes, taken.held) == (1, 1, 0)
    row = desk.rows("select * from MON_CustMasterSchedule")[0]
    assert (row["ORDER_KEY"], row["MONDAY_ITEM_ID"], row["MONDAY_BOARD_ID"]) == ("A-1", 1, BOARD)
    assert str(row["CUSTOMER PRICE"]) == "7.5000"
    assert row["ROW_HASH"] != desk.rows("select ROW_HASH from STG_MON_CustMasterSchedule")[0]["ROW_HASH"]
    sizes = desk.rows("select * from MON_CustMasterSchedule_Subitems")
    assert [(x["SIZE_LABEL"], x["ORDER_QTY"], x["MONDAY_SUBITEM_ID"], x["MONDAY_PARENT_ITEM_ID"],
             x["MONDAY_SUBITEM_BOARD_ID"]) for x in sizes] == [("S", 3, 11, 1, 7)]  # fmt: skip
    again = desk.take_over()
    assert (again.orders, again.sizes) == (0, 0)
    assert len(desk.rows("select * from MON_CustMasterSchedule")) == 1
    assert desk.rows("select * from MON_RowClaims") == []


def test_sizes_the_order_no_longer_wants_come_along(desk: Desk) -> None:
    desk.stage("A-1", {"S": 1})
    sizes = [size(11, "S", None), size(12, "XL", 4), size(13, "XXL", None), size(14, None, 9), size(15, "M", 2.5)]
    desk.item(1, sizes, like="A-1")
    desk.take_over()
    found = {row["SIZE_LABEL"]: row["ORDER_QTY"] for row in desk.rows("select * from MON_CustMasterSchedule_Subitems")}
    # an empty cell is no quantity where one is wanted, and as good as 0 where none is
    assert found == {"S": None, "XL": 4, "XXL": 0, "M": 0}


def test_the_oldest_of_several_subitems_with_one_label_is_taken(desk: Desk) -> None:
    desk.stage("A-1", {"S": 1})
    desk.item(1, [size(12, "S", 1), size(11, "s", 5)], like="A-1")
    survey = desk.look()
    assert survey["figures"][0]["DOUBLE_SIZES"] == 1
    desk.take_over()
    assert [row["MONDAY_SUBITEM_ID"] for row in desk.rows("select * from MON_CustMasterSchedule_Subitems")] == [11]


def test_subitems_of_a_known_item_are_taken_over_where_they_would_be_made_again(desk: Desk) -> None:
    desk.stage("A-1", {"S": 1})
    desk.confirmed("A-1", 1)
    desk.item(1, [size(11, "S", 1), size(12, "XL", 1)], ORDER_KEY="A-1")
    assert desk.take_over().sizes == 1
    assert [row["MONDAY_SUBITEM_ID"] for row in desk.rows("select * from MON_CustMasterSchedule_Subitems")] == [11]


def test_labels_missing_on_subitems_are_asked_for_until_they_are_there(desk: Desk) -> None:
    desk.stage("A-1", {"S": 1})
    desk.item(1, [size(11, "S", 1, labelled=False)], like="A-1")
    assert [row["MONDAY_ID"] for row in desk.look()["missing_labels"]] == [11]
    desk.take_over()
    assert [row["MONDAY_ID"] for row in desk.look()["missing_labels"]] == [11]
    assert [row["ORDER_KEY"] for row in desk.look()["missing_keys"]] == ["A-1"]


def test_what_a_push_has_in_hand_is_left_to_it(desk: Desk) -> None:
    for key in ("A-1", "A-2"):
        desk.stage(key, {"S": 1, "M": 1})
    desk.item(1, [size(11, "S", 1)], like="A-1")
    desk.item(2, [size(21, "S", 1), size(22, "M", 1)], like="A-2")
    desk.claimed("A-1")
    desk.claimed("A-2|M", "SUBITEM")
    taken = desk.take_over()
    assert (taken.orders, taken.sizes, taken.held) == (1, 1, 1)
    assert [row["ORDER_KEY"] for row in desk.rows("select * from MON_CustMasterSchedule")] == ["A-2"]
    assert [row["REQUEST_ID"] for row in desk.rows("select * from MON_RowClaims")] == ["a push", "a push"]


def test_what_was_confirmed_since_the_board_was_read_is_left_alone(desk: Desk) -> None:
    desk.stage("A-1")
    desk.item(1, like="A-1")
    session = desk.read()
    desk.confirmed("A-1", 99)
    taken = desk.write(session)
    assert (taken.orders, taken.held) == (0, 1)
    assert [row["MONDAY_ITEM_ID"] for row in desk.rows("select * from MON_CustMasterSchedule")] == [99]


def test_a_conflict_writes_nothing_and_says_so(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.stage("A-1", {"S": 1})
    desk.item(1, [size(11, "S", 1)], like="A-1")
    session = desk.read()
    run = session.execute

    class Taken(Exception):
        pass

    def racing(name: str, *args: Any, **options: Any) -> int:
        if name == "adopt/insert_sizes":
            raise Taken
        return run(name, *args, **options)

    monkeypatch.setattr(session, "execute", racing)
    monkeypatch.setattr(session.database, "is_duplicate", lambda error: isinstance(error, Taken))
    with pytest.raises(DatabaseError, match="nothing was taken over"):
        desk.write(session)
    assert desk.rows("select * from MON_CustMasterSchedule") == []
    assert desk.rows("select * from MON_RowClaims") == []
