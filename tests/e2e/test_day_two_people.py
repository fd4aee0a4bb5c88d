"""What people do on the board between two pushes: one policy each, carried out and logged, no endless errors."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace

import pytest

from emulator.config import BOARD_ID
from emulator.faults import Effect, Fault
from emulator.model import Item
from emulator.switches import Switches
from tests.e2e.day_two import DayTwo, order

GONE = "DELETED_ON_BOARD"
NOTHING_TO_MAKE = "expected '0', found None"
SHARED = "GREYSON CLOTHIERS FALL 25"


def test_an_item_that_a_person_took_away_is_made_again_at_its_next_change(two: DayTwo) -> None:
    keys = ("GRE-01", "GRE-05", "GRE-02", "GRE-03", "GRE-04")
    old = {key: two.item(key).id for key in keys}
    for at, ident in enumerate(old.values()):
        two.state.retire_item(ident, "archived" if at % 2 else "deleted")
    two.edit("GRE-05", CUSTOMER_SEASON="RESORT 26")  # it would be moved
    two.edit("GRE-01", NOTES="REVISED")
    two.edit("GRE-02", {"S": 9})  # only a size changes
    two.edit("GRE-03", {"XL": 1})  # only a new size
    # Where nothing but sizes was staged, the next build has what the item is made of.
    two.build()
    two.push("--batch", "--fail-under", "0")
    two.day()
    two.build(tests=True)
    assert two.staged() == 0
    made = [write.key for write in two.written() if write.operation == "create_item"]
    assert sorted(key or "" for key in made) == ["GRE-01", "GRE-02", "GRE-03", "GRE-05"]
    for key in keys[:4]:
        assert two.item(key).id != old[key]
        assert two.confirmed(key)["MONDAY_ITEM_ID"] == two.item(key).id
    # The one whose order didn't change stays away.
    assert [line for line in two.differences() if "GRE-04" not in line] == []
    for table in ("ERR_MON_CustMasterSchedule", "ERR_MON_CustMasterSchedule_Subitems"):
        assert all(row["RESOLVED_AT"] for row in two.errors(table=table))


def test_an_item_that_a_person_took_away_is_parked_where_that_is_the_policy(two: DayTwo) -> None:
    for key in ("GRE-01", "GRE-02", "GRE-03"):
        two.state.retire_item(two.item(key).id, "deleted")
    two.edit("GRE-01", NOTES="REVISED")
    two.edit("GRE-02", {"S": 9, "XL": 1})
    two.edit("GRE-04", NOTES="REVISED")
    two.build(on_board_deletion="park")
    pushed = two.push("--batch", "--fail-under", "0")
    assert (pushed["items_updated"], pushed["items_created"]) == (1, 0)
    assert [(row["ORDER_KEY"], row["ERROR_CLASS"], row["RETRYABLE"]) for row in two.errors()] == [
        ("GRE-01", GONE, False)
    ]
    sizes = two.errors(table="ERR_MON_CustMasterSchedule_Subitems")
    assert {(row["ORDER_KEY"], row["SIZE_LABEL"], row["ERROR_CLASS"]) for row in sizes} == {
        ("GRE-02", "S", GONE), ("GRE-02", "XL", GONE)
    }  # fmt: skip
    two.build(on_board_deletion="park")
    assert two.staged() == 0
    assert two.push()["failed"] == 0
    # A change of mind, and a word: they are made again, with all their sizes.
    resolved = two.sync("retry")
    assert (resolved["orders"], resolved["sizes"]) == (1, 2)
    two.build()
    two.push("--batch", "--fail-under", "0")
    two.day()
    assert [line for line in two.differences() if "GRE-03" not in line] == []


def test_a_deleted_group_is_made_again_once(two: DayTwo) -> None:
    group = two.item("GRE-01").group_id
    two.state.retire_group(BOARD_ID, group, "deleted")  # its 28 items go with it
    two.edit("GRE-01", NOTES="REVISED")
    two.edit("GRE-02", NOTES="REVISED")
    two.add(order("NEW-1", sizes={"S": 1}), order("NEW-2", sizes={"S": 1}))
    pushed = two.day()
    two.day()
    made = [write for write in two.written() if write.operation == "create_group"]
    assert [write.args["group_name"] for write in made] == [SHARED]
    assert pushed["failed"] == 0
    assert {two.group_of(key) for key in ("GRE-01", "GRE-02", "NEW-1", "NEW-2")} == {SHARED}
    two.build()
    assert two.staged() == 0


def test_a_group_deleted_while_the_push_runs_is_made_again(two: DayTwo) -> None:
    """The preflight has seen the group; it is gone when the first row comes."""
    two.env["SYNC_ROWS_PER_REQUEST"] = "2"
    two.add(*(order(f"NEW-{at}", sizes={"S": 1}) for at in range(5)))
    two.build()
    group, create = two.item("GRE-01").group_id, two.state.create_item

    def delete_first(*args: object) -> object:
        if two.state.boards[BOARD_ID].groups[group].active:
            two.state.retire_group(BOARD_ID, group, "deleted")
        return create(*args)

    two.state.create_item = delete_first
    pushed = two.push()
    assert (pushed["items_created"], pushed["subitems_created"], pushed["failed"]) == (5, 5, 0)
    assert sum(write.operation == "create_group" for write in two.written()) == 1
    assert {two.group_of(f"NEW-{at}") for at in range(5)} == {SHARED}


def test_a_neighbour_of_new_groups_that_is_deleted_while_the_push_runs_stops_nothing(two: DayTwo) -> None:
    """The new groups are to stand beside it; it is gone when they are made."""
    neighbour = two.state.create_group(BOARD_ID, "SUMMERA").id
    two.add(*(order(f"SUM-{at}", "SUMMIT GOODS", sizes={"S": 1}, CUSTOMER_SEASON=f"SPRING {at}") for at in (24, 25)))
    two.build()
    create = two.state.create_group

    def delete_first(*args: object, **options: object) -> object:
        if two.state.boards[BOARD_ID].groups[neighbour].active:
            two.state.retire_group(BOARD_ID, neighbour, "deleted")
        return create(*args, **options)

    two.state.create_group = delete_first
    pushed = two.push()
    assert (pushed["items_created"], pushed["subitems_created"], pushed["failed"]) == (2, 2, 0)
    assert len({two.group_of(f"SUM-{at}") for at in (24, 25)}) == 2
    two.build()
    assert two.staged() == 0


def test_a_renamed_group_keeps_its_items_and_new_ones_get_one_of_the_right_name(two: DayTwo) -> None:
    group = two.item("GRE-01").group_id
    two.state.update_group(BOARD_ID, group, "title", "MY ORDERS")
    two.edit("GRE-01", NOTES="REVISED")
    two.add(order("NEW-1", sizes={}))
    two.day()
    operations = [write.operation for write in two.written()]
    assert sorted(operations) == ["change_multiple_column_values", "create_group", "create_item"]
    assert (two.group_of("GRE-01"), two.group_of("NEW-1")) == ("MY ORDERS", SHARED)
    two.build()
    assert two.staged() == 0


def test_a_label_that_may_not_be_made_leaves_its_cell_blank(two: DayTwo) -> None:
    two.edit("GRE-01", ORDER_TYPE="SAMPLE", NOTES="REVISED")
    two.edit("GRE-02", ORDER_TYPE="on hold")  # the board's spelling is used
    two.edit("GRE-03", DROP="A NEW DROP", UNIT_OF_MEASURE="DOZEN")  # may be made
    pushed = two.day()
    assert (pushed["items_updated"], pushed["items_failed"], pushed["cells_left_out"]) == (3, 0, 1)
    (error,) = two.errors()
    assert "ORDER TYPE" in error["ERROR_MESSAGE"]
    assert "SAMPLE" in error["ERROR_MESSAGE"]
    assert two.shown("GRE-02")["ORDER TYPE"] == "ON HOLD"
    assert two.shown("GRE-03")["DROP"] == "A NEW DROP"
    assert not two.shown("GRE-01").get("ORDER TYPE")
    assert two.shown("GRE-01")["NOTES"] == "REVISED"  # all else of its order went up
    # Somebody adds the label and says so.
    two.state.add_label(BOARD_ID, two.column("ORDER TYPE"), "SAMPLE")
    two.sync("retry")
    two.day()
    assert two.differences() == []


def test_a_deleted_subitem_is_made_again_at_its_next_change(two: DayTwo) -> None:
    for key in ("GRE-01", "GRE-02", "GRE-03"):
        two.state.retire_item(two.subitem(key, "S").id, "deleted")
    two.edit("GRE-01", {"S": 9})
    two.edit("GRE-03", {"S": 0})  # nothing is to be made
    pushed = two.day()
    assert (pushed["items_created"], pushed["subitems_created"], pushed["failed"]) == (0, 1, 0)
    assert str(two.cell("GRE-01", "Order Qty", "S")) == "9"
    assert two.sql("select MONDAY_SUBITEM_ID as n from MON_CustMasterSchedule_Subitems where ORDER_KEY = 'GRE-01'"
                   " and SIZE_LABEL = 'S'")[0]["n"] == two.subitem("GRE-01", "S").id  # fmt: skip
    two.build()
    assert two.staged() == 0
    assert [line for line in two.differences() if "GRE-02" not in line and NOTHING_TO_MAKE not in line] == []


def test_an_archived_item_takes_writes_on_some_accounts(start: Callable[..., DayTwo]) -> None:
    """Where Monday accepts a change of an archived item, the change is carried out there; nothing is doubled."""
    two = start(switches=Switches(write_to_archived_item="accepted"))
    two.state.retire_item(two.item("GRE-01").id, "archived")
    two.edit("GRE-01", NOTES="REVISED")
    assert two.day()["items_updated"] == 1
    two.build()
    assert two.staged() == 0


def test_a_late_answer_about_an_old_item_leaves_the_new_one_alone(start: Callable[..., DayTwo]) -> None:
    """An item is gone. Its change hears so at once, and it is made again; a size of it hears so a moment later."""
    two = start(faults=[Fault("slow", operation="create_subitem", seconds=1.0)])
    two.state.retire_item(two.item("GRE-01").id, "deleted")
    two.edit("GRE-01", {"XL": 3}, NOTES="REVISED")
    two.build()
    two.push("--batch", "--fail-under", "0")
    made = two.item("GRE-01").id
    confirmed = two.confirmed("GRE-01")
    assert (confirmed["MONDAY_ITEM_ID"], confirmed["ARCHIVED_AT"]) == (made, None)
    two.day()
    assert two.item("GRE-01").id == made
    assert two.differences() == []


def test_an_item_made_again_has_its_sizes_in_the_same_push(two: DayTwo) -> None:
    for at, key in enumerate(("GRE-01", "GRE-02", "GRE-03")):
        two.state.retire_item(two.item(key).id, "archived" if at % 2 else "deleted")
    two.edit("GRE-01", NOTES="REVISED")  # no size of it is staged
    two.edit("GRE-02", {"M": 9, "XL": 1}, NOTES="REVISED")  # some are
    two.edit("GRE-03", {"S": 0}, NOTES="REVISED")  # one falls away
    group = two.item("RHY-01").group_id
    two.state.retire_group(BOARD_ID, group, "deleted")
    two.edit("RHY-01", NOTES="REVISED")
    pushed = two.day()
    assert (pushed["items_created"], pushed["failed"]) == (4, 0)
    sizes = {key: [two.state.items[ident].name for ident in two.item(key).subitem_ids]
             for key in ("GRE-01", "GRE-02", "GRE-03", "RHY-01")}  # fmt: skip
    assert sizes["GRE-01"] == ["Size S", "Size M", "Size L"]
    assert sizes["GRE-02"] == ["Size S", "Size M", "Size L", "Size XL"]
    assert sizes["GRE-03"] == ["Size M", "Size L"]
    assert sizes["RHY-01"] == ["Size S"]
    assert str(two.cell("GRE-02", "Order Qty", "M")) == "9"
    two.build()
    assert two.staged() == 0
    assert two.sql("select count(*) as n from STG_MON_CustMasterSchedule_Subitems")[0]["n"] == 0


def test_an_item_of_which_sizes_alone_changed_is_made_again_in_the_same_push(two: DayTwo) -> None:
    keys = ("GRE-01", "GRE-02", "GRE-03", "GRE-04")
    for at, key in enumerate(keys):
        two.state.retire_item(two.item(key).id, "archived" if at % 2 else "deleted")
    two.edit("GRE-01", {"XL": 3})  # a size to make
    two.edit("GRE-02", {"M": 9})  # one to change
    two.edit("GRE-03", {"S": 0})  # one falls away
    two.edit("GRE-04", {"S": 0, "M": 0, "L": 0})
    pushed = two.day()
    assert (pushed["items_created"], pushed["failed"]) == (4, 0)
    sizes = {key: {two.state.items[ident].name for ident in two.item(key).subitem_ids} for key in keys}
    assert sizes == {
        "GRE-01": {"Size S", "Size M", "Size L", "Size XL"}, "GRE-02": {"Size S", "Size M", "Size L"},
        "GRE-03": {"Size M", "Size L"}, "GRE-04": set(),
    }  # fmt: skip
    assert str(two.cell("GRE-02", "Order Qty", "M")) == "9"
    two.build()
    assert two.staged() == 0
    assert [line for line in two.differences() if NOTHING_TO_MAKE not in line] == []


MOVED = "ON_OTHER_BOARD"


def moved_away(two: DayTwo, *keys: str, same_groups: bool = True) -> int:
    """A person moves these items to a board made like ours; its id."""
    archive: int = two.state.copy_board(BOARD_ID).id
    if not same_groups:
        groups = two.state.boards[archive].groups.values()
        two.state.boards[archive].groups = {f"own_{at}": replace(g, id=f"own_{at}") for at, g in enumerate(groups)}
    for key in keys:
        two.state.move_to_board(two.item(key).id, archive)
    return archive


def test_an_item_on_another_board_waits_for_a_person(two: DayTwo) -> None:
    ids = {key: two.item(key).id for key in ("GRE-01", "GRE-02", "GRE-03", "GRE-04", "GRE-05")}
    moved_to = moved_away(two, *ids)
    two.edit("GRE-01", {"XL": 5}, NOTES="REVISED")
    two.edit("GRE-02", {"S": 9})  # only a size changes
    two.edit("GRE-03", {"XL": 1})  # only a new size
    two.edit("GRE-04", CUSTOMER_SEASON="RESORT 26")  # it would change its group, too
    two.edit("GRE-06", NOTES="REVISED")
    pushed = two.day(exit_code=3)
    assert (pushed["items_created"], pushed["subitems_created"], pushed["items_updated"]) == (0, 0, 1)
    two.push("--batch", "--fail-under", "0")  # a size that waited for its order
    orders = {row["ORDER_KEY"]: row for row in two.errors()}
    sizes = {
        (row["ORDER_KEY"], row["SIZE_LABEL"]): row for row in two.errors(table="ERR_MON_CustMasterSchedule_Subitems")
    }
    assert set(orders) == {"GRE-01", "GRE-04"}
    assert set(sizes) == {("GRE-01", "XL"), ("GRE-02", "S"), ("GRE-03", "XL")}
    for row in [*orders.values(), *sizes.values()]:
        assert (row["ERROR_CLASS"], row["RETRYABLE"]) == (MOVED, False)
        item = ids[row["ORDER_KEY"]]
        assert row["ERROR_MESSAGE"] == (
            f"Item {item} is on board {moved_to}: move it back, then run `python -m sync retry`."
        )
    # It waits until somebody says so, and is looked at again where the order changes, with the same end.
    two.build()
    assert (two.staged(), two.push()["failed"]) == (0, 0)
    two.edit("GRE-01", NOTES="AGAIN")
    assert two.day(exit_code=3)["items_failed"] == 1
    assert {write.operation for write in two.written()} == {"change_multiple_column_values", "create_group"}
    for ident in ids.values():
        two.state.move_to_board(ident, BOARD_ID)
    two.sync("retry")
    assert two.day()["failed"] == 0
    assert {key: two.item(key).id for key in ids} == ids
    two.day()
    assert [line for line in two.differences() if "group" not in line.lower()] == []


@pytest.mark.parametrize("same_groups", [True, False])
def test_only_a_group_changes_of_an_item_on_another_board(two: DayTwo, same_groups: bool) -> None:
    """A copy of our board has groups of the same ids, another one hasn't: our own groups stay as they are."""
    two.day(group_customer="canonical")  # other groups
    moved_away(two, "GRE-05", same_groups=same_groups)
    pushed = two.day()
    assert (pushed["items_created"], pushed["groups_created"]) == (0, 0)
    assert [row["ERROR_CLASS"] for row in two.errors("GRE-05")] == [MOVED]


def test_an_audit_names_the_board_that_an_item_was_moved_to(two: DayTwo) -> None:
    moved_to = moved_away(two, "GRE-01")
    found = two.attempt("audit", "--repair")
    assert (found.exit_code, found.data["missing_items"], found.data["repaired_orders"]) == (3, 1, 0)
    shown = [row for _, _, rows in found.tables for row in rows]
    assert any(f"on board {moved_to}" in map(str, row) for row in shown), shown
    two.build()
    assert two.staged() == 0


def test_an_item_that_is_there_after_all_is_not_made_again(start: Callable[..., DayTwo]) -> None:
    """Monday says that it doesn't find an item, and yet shows it: nobody makes a second one."""
    two = start(faults=[Fault("refuse_row", operation="change_multiple_column_values", times=0,
                              code="ItemNotFoundInBoard", message="Item not found in board")])  # fmt: skip
    ident = two.item("GRE-01").id
    two.edit("GRE-01", NOTES="REVISED")
    pushed = two.day(exit_code=3)
    assert (pushed["items_created"], pushed["items_failed"]) == (0, 1)
    two.monday.service.faults.clear()
    assert two.day()["items_updated"] == 1
    assert two.item("GRE-01").id == ident
    assert two.differences() == []


def test_an_item_on_another_board_is_not_archived_there(two: DayTwo) -> None:
    ident, other = two.item("GRE-01").id, two.item("GRE-02").id
    moved_away(two, "GRE-01")
    two.remove(["GRE-01", "GRE-02"])
    pushed = two.day(exit_code=3, on_source_removal="archive")
    assert (pushed["items_archived"], pushed["items_failed"]) == (1, 1)
    assert (two.state.items[ident].state, two.state.items[other].state) == ("active", "archived")
    assert [row["ERROR_CLASS"] for row in two.errors("GRE-01")] == [MOVED]
    two.build(on_source_removal="archive")
    assert (two.staged(), two.push()["failed"]) == (0, 0)
    two.state.move_to_board(ident, BOARD_ID)
    two.sync("retry")
    assert two.day(on_source_removal="archive")["items_archived"] == 1


def test_a_question_that_the_quota_refuses_makes_nothing_again(two: DayTwo) -> None:
    two.state.retire_item(two.item("GRE-01").id, "deleted")
    two.edit("GRE-01", NOTES="REVISED")
    two.build()
    two.monday.service.faults.add(
        [Fault("refuse", operation="items", status=429, code="DAILY_LIMIT_EXCEEDED", times=0)]
    )
    pushed = two.push(exit_code=3)
    assert (pushed["items_created"], pushed["failed"], pushed["items_left"]) == (0, 0, 1)
    assert [batch["status"] for batch in pushed["batches"]] == ["STOPPED"]
    two.monday.service.faults.clear()
    assert two.push()["items_created"] == 1


def copied(two: DayTwo, key: str) -> int:
    """A person duplicates an item, its key and its subitems with it."""
    with two.monday.lock:
        state, item = two.state, two.item(key)
        board = state.boards[item.board_id]
        copy = state._insert(board, board.groups[item.group_id], f"{item.name} (copy)", dict(item.values), None)
        for size in [state.items[each] for each in item.subitem_ids]:
            below = state.boards[size.board_id]
            state._insert(below, below.groups[size.group_id], size.name, dict(size.values), copy)
        return int(copy.id)


def restored(two: DayTwo, item: Item) -> None:
    """A person restores an archived item, and with it its subitems."""
    with two.monday.lock:
        board = two.state.boards[item.board_id]
        item.state, board.active_items = "active", board.active_items + 1
        two.state._put(item, board.groups[item.group_id])
    for each in item.subitem_ids:
        restored(two, two.state.items[each])


@pytest.mark.parametrize("effect", ["drop_before", "drop_after"])
def test_an_item_whose_key_a_person_changed_is_not_taken_for_another_orders(
    start: Callable[..., DayTwo], effect: Effect
) -> None:
    two = start(faults=[Fault(effect, operation="create_item")])
    other = two.item("GRE-01").id
    two.hand("GRE-01", {"ORDER KEY": "NEW-1"})
    two.add(order("NEW-1", sizes={"S": 3}), order("NEW-2", sizes={"M": 2}))
    two.day()
    assert two.sql("select count(*) as N from MON_ApiRequests where OUTCOME is null")[0]["N"] == 0
    assert two.confirmed("GRE-01")["MONDAY_ITEM_ID"] == other != two.confirmed("NEW-1")["MONDAY_ITEM_ID"]
    two.state.change_values(BOARD_ID, other, json.dumps({two.column("ORDER KEY"): "GRE-01"}))
    assert two.differences() == []


def test_a_subitem_whose_size_a_person_changed_is_not_taken_for_another_size(start: Callable[..., DayTwo]) -> None:
    two = start(faults=[Fault("drop_before", operation="create_subitem")])
    two.hand("GRE-01", {"Size": {"labels": ["L"]}}, "S")
    two.state.retire_item(two.subitem("GRE-01", "L").id, "deleted")
    two.edit("GRE-01", {"L": 4})
    assert two.day()["subitems_created"] == 1
    two.hand("GRE-01", {"Size": {"labels": ["S"]}}, "S")
    assert two.differences() == []


def test_an_old_item_that_is_found_for_a_lost_creation_is_changed_to_what_was_sent(
    start: Callable[..., DayTwo],
) -> None:
    two = start(faults=[Fault("drop_before", operation="create_item")])
    old = two.item("GRE-01")
    two.state.retire_item(old.id, "archived")
    two.edit("GRE-01", {"S": 9}, NOTES="REVISED")
    two.build()
    # the first question is whether it may be made, the second what became of it
    two.monday.service.faults.add(
        [Fault("refuse", operation="items_page_by_column_values", call=2, status=429, code="DAILY_LIMIT_EXCEEDED")]
    )
    two.push(exit_code=3)
    restored(two, old)
    assert two.day()["adopted"] == 1
    assert (two.item("GRE-01").id, two.differences()) == (old.id, [])


def test_an_item_made_again_is_the_copy_that_a_person_made_of_it(two: DayTwo) -> None:
    old, copy = two.item("GRE-01").id, copied(two, "GRE-01")
    two.state.retire_item(old, "deleted")
    two.hand("GRE-01", {"Cut Qty": "7"}, "S")
    two.edit("GRE-01", {"S": 9}, NOTES="REVISED")
    pushed = two.day()
    assert (pushed["adopted"], two.item("GRE-01").id, two.cell("GRE-01", "Cut Qty", "S")) == (4, copy, "7")
    assert two.differences() == []
    two.build()
    assert two.staged() == 0
