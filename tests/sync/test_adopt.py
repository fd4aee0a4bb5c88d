"""Which item stands for which order; what is ambiguous; and what is written when they are taken over."""

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


def doubts(desk: Desk) -> list[tuple[str, str | None, int | None]]:
    """Rule, order, item of everything ambiguous."""
    return [(row["MATCHED_BY"], row["ORDER_KEY"], row["ITEM_ID"]) for row in desk.look()["doubts"]]


def reasons(desk: Desk) -> dict[int, str]:
    """Why items match nothing."""
    return {row["ITEM_ID"]: row["REASON"] for row in desk.look()["unmatched"]}


# ---------- the rules, from the surest to the weakest


def test_each_rule_finds_its_order(desk: Desk) -> None:
    for key in ("A-1", "A-2", "A-3", "A-4", "A-5"):
        desk.stage(key)
    desk.item(1, ORDER_KEY="A-1")
    desk.item(2, AAG_ORDER_NUMBER="A-2", STYLE="S1", COLOR="RED")
    desk.item(3, ITEM_NAME="name of A-3")
    desk.item(4, ITEM_NAME="name of A-4", AAG_ORDER_NUMBER="A-4", STYLE="other")
    assert desk.pairs() == {"A-1": (1, "KEY"), "A-2": (2, "NUMBER"), "A-3": (3, "NAME"), "A-4": (4, "NAME_AND_NUMBER")}


def test_blanks_around_and_case_do_not_count(desk: Desk) -> None:
    desk.stage("A-1")
    desk.stage("A-2", STYLE="Été", COLOR="Weiß")
    desk.stage("A-3", ITEM_NAME="Name Of All")
    desk.item(1, ORDER_KEY="  a-1 ")
    desk.item(2, AAG_ORDER_NUMBER="\u00a0a-2 ", STYLE=" éTé", COLOR="weiß ")
    desk.item(3, ITEM_NAME="  NAME of all\t")
    assert {key: item for key, (item, _) in desk.pairs().items()} == {"A-1": 1, "A-2": 2, "A-3": 3}


@pytest.mark.parametrize("cells", [{"STYLE": "S2"}, {"COLOR": "BLUE"}, {"STYLE": None}, {"AAG_ORDER_NUMBER": "A-9"}])
def test_number_style_and_colour_must_all_fit(desk: Desk, cells: dict[str, Any]) -> None:
    desk.stage("A-1")
    desk.item(1, **({"AAG_ORDER_NUMBER": "A-1", "STYLE": "S1", "COLOR": "RED"} | cells))
    assert desk.pairs() == {}
    assert reasons(desk) == {1: "NOTHING" if "AAG_ORDER_NUMBER" in cells else "SAME_NUMBER"}


def test_a_name_does_not_speak_against_the_number(desk: Desk) -> None:
    desk.stage("A-1")
    desk.item(1, ITEM_NAME="name of A-1", AAG_ORDER_NUMBER="B-7")
    assert desk.pairs() == {}


def test_a_key_wins_over_weaker_rules(desk: Desk) -> None:
    desk.stage("A-1")
    desk.item(1, like="A-1")
    desk.item(2, ORDER_KEY="A-1")
    assert desk.pairs() == {"A-1": (2, "KEY")}
    assert doubts(desk) == []
    assert reasons(desk) == {1: "SAME_NUMBER"}


def test_an_item_with_a_key_is_what_its_key_says_and_nothing_else(desk: Desk) -> None:
    desk.stage("A-1")
    desk.item(1, like="A-1", ORDER_KEY="A-1#2")
    assert desk.pairs() == {}
    assert reasons(desk) == {1: "OTHER_KEY"}


# ---------- what is ambiguous


def test_two_items_with_one_key_are_ambiguous_and_no_weaker_rule_decides(desk: Desk) -> None:
    desk.stage("A-1")
    desk.item(1, ORDER_KEY="A-1")
    desk.item(2, ORDER_KEY="a-1")
    desk.item(3, like="A-1")
    assert desk.pairs() == {}
    assert sorted(doubts(desk), key=str) == sorted([("KEY", "A-1", None), ("KEY", None, 1), ("KEY", None, 2)], key=str)
    assert reasons(desk) == {3: "SAME_NUMBER"}


def test_two_items_for_one_order_are_ambiguous(desk: Desk) -> None:
    desk.stage("A-1")
    desk.item(1, like="A-1")
    desk.item(2, like="A-1")
    assert desk.pairs() == {}
    assert len(doubts(desk)) == 3


def test_twins_are_told_apart_by_more_columns(desk: Desk) -> None:
    twins: list[dict[str, Any]] = [{"PO_NUMBER": "1"}, {"PO_NUMBER": "2"}, {"PO_NUMBER": "2", "DESTINATION": "X"}]
    for number, cells in enumerate(twins, 1):
        desk.stage(f"A-1#{number}", ITEM_NAME="same", AAG_ORDER_NUMBER="A-1", **cells)
        desk.item(number, ITEM_NAME="same", AAG_ORDER_NUMBER="a-1", STYLE="S1", COLOR="RED", **cells)
    assert {key: item for key, (item, _) in desk.pairs().items()} == {"A-1#1": 1, "A-1#2": 2, "A-1#3": 3}


def test_twins_are_told_apart_by_their_quantities(desk: Desk) -> None:
    desk.stage("A-1", {"S": 1, "M": 2}, ITEM_NAME="same")
    desk.stage("A-1#2", {"S": 5}, ITEM_NAME="same", AAG_ORDER_NUMBER="A-1")
    desk.item(1, [size(11, "S", 5)], like="A-1")
    desk.item(2, [size(21, "S", 1), size(22, "M", 2)], like="A-1")
    assert desk.pairs() == {"A-1": (2, "NUMBER"), "A-1#2": (1, "NUMBER")}


def test_twins_that_nothing_tells_apart_are_ambiguous_in_every_rule(desk: Desk) -> None:
    desk.stage("A-1", ITEM_NAME="same")
    desk.stage("A-1#2", ITEM_NAME="same", AAG_ORDER_NUMBER="A-1")
    desk.item(1, like="A-1", ITEM_NAME="same")
    desk.item(2, like="A-1", ITEM_NAME="same")
    assert desk.pairs() == {}
    assert {rule for rule, _, _ in doubts(desk)} == {"NUMBER"}
    figures = desk.look()["figures"][0]
    assert (figures["DOUBTFUL_ORDERS"], figures["DOUBTFUL_ITEMS"]) == (2, 2)


def test_what_is_left_of_twins_that_differ_is_ambiguous_not_guessed(desk: Desk) -> None:
    desk.stage("A-1", PO_NUMBER="1")
    desk.stage("A-1#2", AAG_ORDER_NUMBER="A-1", PO_NUMBER="2")
    desk.item(1, like="A-1", PO_NUMBER="1")
    desk.item(2, like="A-1", PO_NUMBER="3")
    assert desk.pairs() == {"A-1": (1, "NUMBER")}
    assert sorted(doubts(desk), key=str) == sorted([("NUMBER", "A-1#2", None), ("NUMBER", None, 2)], key=str)


def test_a_twin_without_any_item_is_not_ambiguous(desk: Desk) -> None:
    desk.stage("A-1", PO_NUMBER="1")
    desk.stage("A-1#2", AAG_ORDER_NUMBER="A-1", PO_NUMBER="2")
    desk.item(1, like="A-1", PO_NUMBER="2")
    assert desk.pairs() == {"A-1#2": (1, "NUMBER")}
    assert doubts(desk) == []


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


def test_many_orders_are_taken_over_at_once(desk: Desk) -> None:
    for number in range(14):
        desk.stage(f"N-{number}", {"S": 1})
        desk.item(number + 1, [size(100 + number, "S", 1)], like=f"N-{number}")
    taken = desk.take_over()
    assert (taken.orders, taken.sizes) == (14, 14)
    assert desk.rows("select count(distinct MONDAY_ITEM_ID) as n from MON_CustMasterSchedule")[0]["n"] == 14


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
