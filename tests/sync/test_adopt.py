"""What is written when items are taken over; which item stands for which order stands in the views' tests."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from sync.commands.adopt import VIEWS, Survey, Taken, survey, take_over
from sync.commands.pull import clean
from sync.errors import DatabaseError
from sync.push.plan import to_json
from sync.session import Session, open_session, utc_now
from tests.sync.audited import make_tables

BOARD = 9200517329
BUILT = {"BATCH_ID": "b", "MAPPING_HASH": "m", "ATTEMPTS": 0, "STAGED_AT": "2025-01-01"}
"""What a build gives every staged row."""


def hashed(values: Mapping[str, Any]) -> str:
    """A hash as staged orders have one: another for other values."""
    return hashlib.sha256(repr(sorted(values.items())).encode()).hexdigest()


@dataclass
class Desk:
    """Staged orders on the one side, board items on the other."""

    session: Session

    def stage(self, key: str, sizes: Mapping[str, int] | None = None, **values: Any) -> None:
        """A staged order without an item. `values` by column, underscores for blanks."""
        row: dict[str, Any] = {column.name: None for column in self.session.mapping.items} | {
            "ORDER_KEY": key, "ITEM_NAME": f"name of {key}", "GROUP_NAME": "GROUP", "AAG ORDER NUMBER": key,
            "STYLE": "S1", "COLOR": "RED",
        }  # fmt: skip
        row |= {name.replace("_", " ") if name not in row else name: value for name, value in values.items()}
        row |= {
            "CHANGE_TYPE": "CREATE", "BATCH_CUSTOMER": "CUSTOMER ONE", "SOURCE_CUSTOMER": "CUSTOMER ONE",
            "TOTAL QTY": sum((sizes or {}).values()), "ROW_HASH": hashed(row), **BUILT,
        }  # fmt: skip
        self._insert("STG_MON_CustMasterSchedule", row)
        for label, quantity in (sizes or {}).items():
            self._insert(
                "STG_MON_CustMasterSchedule_Subitems",
                {"ORDER_KEY": key, "SIZE_LABEL": label, "ORDER_QTY": quantity, "CHANGE_TYPE": "CREATE",
                 "SIZE_POSITION": 1, "SUBITEM_NAME": f"Size {label}", "BATCH_CUSTOMER": "CUSTOMER ONE",
                 "ROW_HASH": "h", **BUILT},
            )  # fmt: skip

    def _insert(self, table: str, row: Mapping[str, Any]) -> None:
        names = ", ".join('"' + name.replace('"', '""') + '"' for name in row)
        marks = ", ".join("?" * len(row))
        self.session.database.execute(f'insert into "{table}" ({names}) values ({marks})', list(row.values()))

    def confirmed(self, key: str, item_id: int, *, archived: bool = False) -> None:
        """An order that the tables know."""
        at = utc_now() if archived else None
        self._insert("MON_CustMasterSchedule", {"ORDER_KEY": key, "MONDAY_ITEM_ID": item_id, "ARCHIVED_AT": at})

    def claimed(self, key: str, level: str = "ITEM") -> None:
        """A row that a push has in hand."""
        row = {"LEVEL": level, "ROW_KEY": key, "REQUEST_ID": "a push", "WORKER": "w", "LEASE_UNTIL": utc_now()}
        self._insert("MON_RowClaims", row)

    def item(self, item_id: int, sizes: list[dict[str, Any]] | None = None, *, like: str | None = None,
             **texts: Any) -> None:  # fmt: skip
        """An item on the board; `like`: shows number, style, colour and name of the order that `stage` makes so."""
        cells: dict[str, Any] = {"ITEM_NAME": f"item {item_id}", "GROUP_NAME": "GROUP"}
        if like is not None:
            cells |= {"AAG ORDER NUMBER": like, "STYLE": "S1", "COLOR": "RED", "ITEM_NAME": f"name of {like}"}
        names = {column.name for column in self.session.mapping.items}
        cells |= {name if name in names else name.replace("_", " "): value for name, value in texts.items()}
        place = {"PULL_ID": "p", "BOARD_ID": BOARD, "STATE": "active"}
        if not self.rows("select * from MON_BoardPulls"):
            types = {column.name: column.type for column in self.session.mapping.items}
            self._insert(
                "MON_BoardPulls",
                {"PULL_ID": "p", "BOARD_ID": BOARD, "COLUMN_TYPES": to_json(types), "STARTED_AT": utc_now(),
                 "FINISHED_AT": utc_now()},
            )  # fmt: skip
        shown = {name: clean(text) for name, text in cells.items()}
        self._insert("MON_BoardItems", place | {"ITEM_ID": item_id, "GROUP_ID": "group_1"} | shown)
        for row in sizes or []:
            self._insert("MON_BoardSubitems", place | {"ITEM_ID": item_id, "OTHER_CELLS": "{}"} | row)

    def read(self) -> Session:
        """The session, after the views were read."""
        for row in self.rows("select table_name as NAME from duckdb_tables() where temporary"):
            self.session.database.execute(f'drop table "{row["NAME"]}"')
        self.session.take(*VIEWS)
        return self.session

    def look(self) -> Survey:
        """What would be taken over."""
        return survey(self.read())

    def pairs(self) -> dict[str, tuple[int, str]]:
        """Order to item and rule."""
        return {row["ORDER_KEY"]: (row["ITEM_ID"], row["MATCHED_BY"]) for row in self.look()["orders"]}

    def take_over(self) -> Taken:
        """Takes over what matches."""
        return self.write(self.read())

    def write(self, session: Session) -> Taken:
        """Takes over what was read."""
        lease = dt.timedelta(seconds=60)
        return take_over(session, utc_now, board_id=BOARD, worker="w", lease=lease, batch_id="ADOPT-1")

    def rows(self, statement: str) -> list[dict[str, Any]]:
        """Rows of a query."""
        return self.session.database.query(statement)


def size(subitem_id: int, label: str | None, quantity: float | None, *, labelled: bool = True) -> dict[str, Any]:
    """A subitem on the board; one without a label stands for no size."""
    return {
        "SUBITEM_ID": subitem_id,
        "BOARD_ID": 7,
        "SUBITEM_NAME": f"Size {label}" if label else "by hand",
        "SIZE_LABEL": label if labelled else None,
        "ORDER_QTY": None if quantity is None else str(quantity),
    }


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("desk") / "orders.duckdb"
    make_tables(path)
    return path


@pytest.fixture
def desk(tmp_path: Path, empty: Path) -> Iterator[Desk]:
    path = tmp_path / "orders.duckdb"
    path.write_bytes(empty.read_bytes())
    with open_session({"ORDERS_DUCKDB_PATH": str(path)}) as session:
        yield Desk(session)


def reasons(desk: Desk) -> dict[int, str]:
    """Why items match nothing."""
    return {row["ITEM_ID"]: row["REASON"] for row in desk.look()["unmatched"]}


# ---------- what the tables know already


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
