"""A small board beside small tables: orders that both agree on, to be pulled apart one way at a time."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from emulator.config import BOARD_ID, SUBITEM_BOARD_ID
from sync.commands.audit import look, mend
from sync.commands.pull import Pull
from sync.database import Row
from sync.monday.http import MondayClient
from sync.monday.reading import Reader
from sync.push.board import BoardContext, check
from sync.session import Session, open_session, utc_now
from tests.support import BUILD, Project

SIZE, QUANTITY, KEY = "dropdown_mkrak7qp", "numeric_mkra7j8e", "order_key"
CUSTOMER = "CUSTOMER ONE"


@dataclass
class Audited:
    """One emulator and one database."""

    session: Session
    server: Any
    reader: Reader
    live: BoardContext | None = None
    progress: Callable[..., None] = field(default=lambda read, of, note="": None)

    @property
    def group(self) -> str:
        """Id of a group that every order here stands in."""
        groups = self.server.state.boards[BOARD_ID].groups
        return next((id_ for id_, group in groups.items() if group.title == "GROUP"), None) or str(
            self.server.state.create_group(BOARD_ID, "GROUP").id
        )

    def item(self, key: str | None, name: str = "NAME", cells: Mapping[str, Any] | None = None) -> int:
        """An item on the board; cells by column id."""
        values = {**(cells or {}), **({KEY: key} if key else {})}
        return int(self.server.state.create_item(BOARD_ID, name, self.group, json.dumps(values), True).id)

    def size(self, item: int, label: str, quantity: str, name: str | None = None) -> int:
        """A subitem on the board."""
        values = {SIZE: {"labels": [label]}, QUANTITY: quantity}
        return int(self.server.state.create_subitem(item, name or f"Size {label}", json.dumps(values), True).id)

    def confirm(self, key: str, item: int | None, sizes: Mapping[str, tuple[int, int | None]] | None = None,
                **values: Any) -> None:  # fmt: skip
        """The same order in the tables; ``values`` by column name, ``sizes``: label to id and quantity."""
        row = {"ORDER_KEY": key, "ITEM_NAME": "NAME", "GROUP_NAME": "GROUP", "ROW_HASH": f"hash of {key}",
               "BATCH_CUSTOMER": CUSTOMER, "SOURCE_CUSTOMER": CUSTOMER, "MONDAY_ITEM_ID": item,
               "MONDAY_BOARD_ID": BOARD_ID}  # fmt: skip
        self.insert("MON_CustMasterSchedule", row | values)
        for label, (subitem, quantity) in (sizes or {}).items():
            self.insert(
                "MON_CustMasterSchedule_Subitems",
                {"ORDER_KEY": key, "SIZE_LABEL": label, "ORDER_QTY": quantity, "MONDAY_SUBITEM_ID": subitem,
                 "MONDAY_PARENT_ITEM_ID": item, "MONDAY_SUBITEM_BOARD_ID": SUBITEM_BOARD_ID},
            )  # fmt: skip

    def insert(self, table: str, row: Mapping[str, Any]) -> None:
        """A row in a table."""
        names = ", ".join(f'"{name}"' for name in row)
        marks = ", ".join("?" * len(row))
        self.session.database.execute(f'insert into "{table}" ({names}) values ({marks})', list(row.values()))

    def sql(self, statement: str) -> list[Row]:
        """Rows of a query."""
        return self.session.database.query(statement)

    def board(self) -> BoardContext:
        """The board as it stands."""
        return check(self.session, self.reader, BOARD_ID, sizes=True, reading=True)

    def pull(self) -> Session:
        """The session, with the board landed and no working table yet."""
        self.live = self.board()
        for row in self.sql("select table_name as NAME from duckdb_tables() where temporary"):
            self.session.database.execute(f'drop table "{row["NAME"]}"')
        Pull(self.session, self.reader, self.live).carry_out(self.progress)
        return self.session

    def look(self, customer: str | None = None) -> set[tuple[Any, ...]]:
        """The findings: class, key, size or column."""
        look(self.pull(), customer)
        return {
            (row["CLASS"], row["ORDER_KEY"], row["COLUMN_NAME"] or row["SIZE_LABEL"])
            for row in self.sql("select * from WORK_BoardFindings")
        }

    def mend(self, most_percent: float = 100.0) -> dict[str, int]:
        """The repair of what was found last."""
        assert self.live is not None
        return mend(self.session, self.live, most_percent=most_percent)

    def claim(self, key: str, level: str = "ITEM") -> None:
        """A row that a push has in hand."""
        row = {"LEVEL": level, "ROW_KEY": key, "REQUEST_ID": "a push", "WORKER": "w", "LEASE_UNTIL": utc_now()}
        self.insert("MON_RowClaims", row)


def make_tables(path: Path) -> None:
    """A database with our tables and dbt's views, in which nothing is staged."""
    project = Project(path.parent, path.parent / "target")
    project.orders(1, seed=1)
    project.sync("migrate")
    project.dbt(*BUILD)
    for name in ("STG_MON_CustMasterSchedule", "STG_MON_CustMasterSchedule_Subitems"):
        project.sql(f'delete from "{name}"')
    assert project.database == path


@contextmanager
def open_audited(path: Path, server: Any) -> Iterator[Audited]:
    """The database at ``path`` beside the board of ``server``."""
    client = MondayClient(server.url, server.token, "2026-10")
    with open_session({"ORDERS_DUCKDB_PATH": str(path)}) as session:
        yield Audited(session, server, Reader(partial(client.send, timeout=20)))
    client.close()
