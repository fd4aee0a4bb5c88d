"""A small database for adoptions: migrated tables, staged orders, and board items that nobody had to send."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sync.commands.adopt import VIEWS, Survey, Taken, survey, take_over
from sync.commands.pull import clean
from sync.push.plan import to_json
from sync.session import Session, open_session, utc_now
from tests.sync.audited import make_tables

__all__ = ["make_tables"]
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


@contextmanager
def open_desk(path: Path) -> Iterator[Desk]:
    """A desk on a database that ``make_tables`` made."""
    with open_session({"ORDERS_DUCKDB_PATH": str(path)}) as session:
        yield Desk(session)
