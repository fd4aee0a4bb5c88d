"""What is written when items are taken over; which item stands for which order stands in the views' tests."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from emulator.config import BOARD_ID
from sync.commands.adopt import VIEWS, Survey, survey, take_over
from sync.push.run import Run
from sync.session import Runtime, utc_now
from sync.settings import read_settings
from tests.sync.audited import CUSTOMER, QUANTITY, Audited, make_tables, open_audited

BUILT = {"BATCH_ID": "b", "MAPPING_HASH": "m", "ATTEMPTS": 0, "STAGED_AT": "2025-01-01", "CHANGE_TYPE": "CREATE",
         "BATCH_CUSTOMER": CUSTOMER, "ROW_HASH": "h"}  # fmt: skip
"""What a build gives every staged row."""


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("desk") / "orders.duckdb"
    make_tables(path)
    return path


@pytest.fixture
def desk(tmp_path: Path, empty: Path, monday: Callable[..., Any]) -> Iterator[Audited]:
    path = tmp_path / "orders.duckdb"
    path.write_bytes(empty.read_bytes())
    with open_audited(path, monday(with_order_key=True)) as opened:
        yield opened


def stage(desk: Audited, key: str, *sizes: str) -> None:
    """A staged order without an item, with a piece of each size."""
    row = {"ORDER_KEY": key, "ITEM_NAME": "NAME", "GROUP_NAME": "GROUP", "SOURCE_CUSTOMER": CUSTOMER, "TOTAL QTY": 1}
    desk.insert("STG_MON_CustMasterSchedule", row | BUILT)
    for label in sizes:
        size = {"ORDER_KEY": key, "SIZE_LABEL": label, "ORDER_QTY": 1, "SIZE_POSITION": 1, "SUBITEM_NAME": label}
        desk.insert("STG_MON_CustMasterSchedule_Subitems", size | BUILT)


def found(desk: Audited) -> Survey:
    """What would be taken over."""
    session = desk.pull()
    session.take(*VIEWS)
    return survey(session)


def taken(desk: Audited) -> tuple[int, ...]:
    """Items, subitems, and orders left to others of an adoption of what was found."""
    settings = read_settings({"MONDAY_API_TOKEN": "t"})
    run = Run(desk.session, settings, Runtime(), threading.Event())
    return tuple(desk.session.transaction(lambda: take_over(desk.session, run)).values())


def test_a_second_item_of_a_known_order_is_named_as_such(desk: Audited) -> None:
    first, second = desk.item(None), desk.item("A-1")
    desk.confirm("A-1", first)
    would = found(desk)
    assert [(row["ITEM_ID"], row["REASON"]) for row in would["unmatched"]] == [(second, "SECOND")]
    assert [(row["MONDAY_ID"], row["IS_TAKEN"]) for row in would["missing_keys"]] == [(first, 1)]


def test_an_item_back_from_the_archive_stands_for_its_order_again(desk: Audited) -> None:
    stage(desk, "A-1")
    back, other = desk.item(None), desk.item(None)
    desk.confirm("A-1", back, ARCHIVED_AT=utc_now())
    desk.confirm("A-2", other, ARCHIVED_AT=utc_now())
    would = found(desk)
    assert [(row["ORDER_KEY"], row["ITEM_ID"], row["MATCHED_BY"]) for row in would["orders"]] == [("A-1", back, "ID")]
    assert [(row["ITEM_ID"], row["REASON"]) for row in would["unmatched"]] == [(other, "ARCHIVED")]
    taken(desk)
    row = desk.sql("select * from MON_CustMasterSchedule where ORDER_KEY = 'A-1'")[0]
    assert (row["MONDAY_ITEM_ID"], row["ARCHIVED_AT"], row["BATCH_ID"][:6]) == (back, None, "ADOPT-")


def test_labels_missing_on_subitems_are_asked_for_until_they_are_there(desk: Audited) -> None:
    stage(desk, "A-1", "S")
    size = desk.server.state.create_subitem(desk.item("A-1"), "Size S", f'{{"{QUANTITY}": "1"}}', True).id
    for _ in range(2):
        assert [str(row["MONDAY_ID"]) for row in found(desk)["missing_labels"]] == [str(size)]
        taken(desk)
    assert desk.sql("select MONDAY_BOARD_ID as ID from MON_CustMasterSchedule") == [{"ID": BOARD_ID}]


def test_what_a_push_has_in_hand_is_left_to_it(desk: Audited) -> None:
    for key, labels in (("A-1", "S"), ("A-2", "SM")):
        stage(desk, key, "S", "M")
        item = desk.item(key)
        for label in labels:
            desk.size(item, label, "1")
    found(desk)
    desk.claim("A-1")
    desk.claim("A-2|M", "SUBITEM")
    assert taken(desk) == (1, 1, 1)
    assert [row["ORDER_KEY"] for row in desk.sql("select * from MON_CustMasterSchedule")] == ["A-2"]
    assert [row["REQUEST_ID"] for row in desk.sql("select * from MON_RowClaims")] == ["a push", "a push"]


def test_what_was_confirmed_since_the_board_was_read_is_left_alone(desk: Audited) -> None:
    stage(desk, "A-1")
    desk.item("A-1")
    found(desk)
    desk.confirm("A-1", 99)
    assert taken(desk) == (0, 0, 1)
    assert [row["MONDAY_ITEM_ID"] for row in desk.sql("select * from MON_CustMasterSchedule")] == [99]
