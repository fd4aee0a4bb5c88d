"""A small database for adoptions: migrated tables, staged orders, and board items that nobody had to send."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cached_property
from pathlib import Path
from typing import Any

from sync.adopt import Adoption, Survey, Taken
from sync.migrate import Migrator
from sync.monday.board import ResolvedColumn
from sync.monday.items import LiveOrder, LiveSize
from sync.monday.reading import BoardItem
from sync.session import Session, open_session, utc_now

BOARD = 9200517329


def hashed(values: Mapping[str, Any]) -> str:
    """A hash as staged orders have one: another for other values."""
    return hashlib.sha256(repr(sorted(values.items())).encode()).hexdigest()


@dataclass
class Desk:
    """Staged orders on the one side, board items on the other."""

    session: Session
    items: list[LiveOrder] = field(default_factory=list)

    @cached_property
    def columns(self) -> list[ResolvedColumn]:
        """All mapped columns, where the mapping has them."""
        return [
            ResolvedColumn(c.name, c.title, c.column_id or c.name, c.type, c.type, c.write, c.create_labels)
            for c in self.session.mapping.items
        ]

    def stage(self, key: str, sizes: Mapping[str, int] | None = None, **values: Any) -> None:
        """A staged order without an item. `values` by column, underscores for blanks."""
        row: dict[str, Any] = {column.name: None for column in self.columns} | {
            "ORDER_KEY": key, "ITEM_NAME": f"name of {key}", "GROUP_NAME": "GROUP", "AAG ORDER NUMBER": key,
            "STYLE": "S1", "COLOR": "RED",
        }  # fmt: skip
        row |= {name.replace("_", " ") if name not in row else name: value for name, value in values.items()}
        row |= {
            "CHANGE_TYPE": "CREATE", "BATCH_CUSTOMER": "CUSTOMER ONE", "SOURCE_CUSTOMER": "CUSTOMER ONE",
            "TOTAL QTY": sum((sizes or {}).values()), "ROW_HASH": hashed(row),
        }  # fmt: skip
        self._insert("STG_MON_CustMasterSchedule", row)
        for label, quantity in (sizes or {}).items():
            self._insert(
                "STG_MON_CustMasterSchedule_Subitems",
                {"ORDER_KEY": key, "SIZE_LABEL": label, "ORDER_QTY": quantity, "CHANGE_TYPE": "CREATE"},
            )

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

    def item(self, item_id: int, sizes: list[LiveSize] | None = None, *, like: str | None = None, **texts: Any) -> None:
        """An item on the board; `like`: shows number, style, colour and name of the order that `stage` makes so."""
        cells = {column.name: None for column in self.columns} | {"ITEM_NAME": f"item {item_id}", "GROUP_NAME": "GROUP"}
        if like is not None:
            cells |= {"AAG ORDER NUMBER": like, "STYLE": "S1", "COLOR": "RED", "ITEM_NAME": f"name of {like}"}
        cells |= {name.replace("_", " ") if name not in cells else name: value for name, value in texts.items()}
        board_item = BoardItem(item_id, str(cells["ITEM_NAME"]), "active", BOARD, "group_1", cells["GROUP_NAME"], {})
        self.items.append(LiveOrder(board_item, cells, tuple(sizes or ())))

    def adoption(self) -> Adoption:
        """Loaded and matched."""
        adoption = Adoption(self.session, self.columns, board_id=BOARD)
        adoption.load(self.items)
        adoption.match()
        return adoption

    def look(self) -> Survey:
        """What would be taken over."""
        return self.adoption().survey(sample=1000)

    def pairs(self) -> dict[str, tuple[int, str]]:
        """Order to item and rule."""
        return {row["ORDER_KEY"]: (row["ITEM_ID"], row["MATCHED_BY"]) for row in self.look().sample}

    def take_over(self) -> Taken:
        """Takes over what matches."""
        return self.adoption().take_over(utc_now, worker="w", lease=dt.timedelta(seconds=60), batch_id="ADOPT-1")

    def rows(self, statement: str) -> list[dict[str, Any]]:
        """Rows of a query."""
        return self.session.database.query(statement)


def size(
    subitem_id: int, label: str | None, quantity: float | None, *, labelled: bool = True, board: int = 7
) -> LiveSize:
    """A subitem on the board."""
    number = None if quantity is None else Decimal(str(quantity))
    return LiveSize(subitem_id, board, f"Size {label}", label, labelled, number)


def make_tables(path: Path) -> None:
    """Our tables, and empty staged ones, in a new database file."""
    with open_session({"ORDERS_DUCKDB_PATH": str(path)}, create=True) as session:
        Migrator(session.database, session.statements).apply(utc_now)
        kinds = {"numbers": "decimal(18, 4)", "date": "date"}
        own = ", ".join(f'"{column.name}" {kinds.get(column.type, "varchar")}' for column in session.mapping.items)
        session.database.execute(
            f'create table "STG_MON_CustMasterSchedule" ({own}, CHANGE_TYPE varchar, BATCH_CUSTOMER varchar,'
            ' SOURCE_CUSTOMER varchar, ROW_HASH varchar, "TOTAL QTY" integer)'
        )
        session.database.execute(
            'create table "STG_MON_CustMasterSchedule_Subitems"'
            " (ORDER_KEY varchar, SIZE_LABEL varchar, ORDER_QTY bigint, CHANGE_TYPE varchar)"
        )


@contextmanager
def open_desk(path: Path) -> Iterator[Desk]:
    """A desk on a database that ``make_tables`` made."""
    with open_session({"ORDERS_DUCKDB_PATH": str(path)}) as session:
        yield Desk(session)
