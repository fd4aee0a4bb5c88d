"""A board that shows its orders already, and what is needed to edit, build, push and look what was sent.

The first push is made once a session. Every test starts from copies of its tables and of the board's state file,
with a history of its own; builds run inside this process, on a manifest that is parsed once.
"""

from __future__ import annotations

import datetime as dt
import json
import shutil
import uuid
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from emulator.config import BOARD_ID, Config
from emulator.errors import FieldError
from emulator.model import Item
from emulator.server import running
from samples.schema import Row as SourceRow
from samples.schema import Value, columns, positions, quoted
from tests.builds import Dbt, here
from tests.oracle.board import read_board
from tests.oracle.compare import compare
from tests.oracle.expected import Expected, Options, expect
from tests.stores import Engine, Kept, Row, Store
from tests.support import Project

KEY_COLUMN = "order_key"
_CONFIRMED = "select * from MON_CustMasterSchedule where ORDER_KEY = ?"
SIZES = {"S": 4, "M": 6, "L": 2}
GREYSON, PELOTON, RHYTHM = "GREYSON CLOTHIERS", "PELOTON", "RHYTHM"

# One value for each mapped source column, so that any of them can be edited or cleared.
_CELLS: dict[str, Value] = {
    "AAG SEASON": "2025 FALL",
    "CUSTOMER ALT PO": "ALT-1",
    "CUSTOMER SEASON": "FALL 25",
    "ORDER DATE PO RECEIVED": dt.date(2025, 5, 20),
    "DROP": "DROP 1",
    "PO NUMBER": "4755",
    "CATEGORY": "MENS",
    "PATTERN ID": "P-1",
    "CUSTOMER STYLE": "JWHD100120",
    "STYLE DESCRIPTION": "NALLA POLO",
    "CUSTOMER COLOUR DESCRIPTION": "WHITE",
    "UNIT OF MEASURE": "PCE",
    "ORDER TYPE": "ACTIVE",
    "DESTINATION": "MISSISSIPPI",
    "DESTINATION WAREHOUSE": "WH 1",
    "EX FACTORY DATE": dt.date(2025, 9, 26),
    "ETA CUSTOMER WAREHOUSE DATE": dt.date(2025, 10, 26),
    "DELIVERY TERMS": "FOB",
    "PLANNED DELIVERY METHOD": "SEA",
    "NOTES": "ADDED 20.5.25",
    "CUSTOMER PRICE": "$18.50",
    "USA ONLY LSTP 75% EX WORKS": "1",
    "EX WORKS (USD)": "12.25",
    "ADMINISTRATION FEE": "0.5",
    "DESIGN FEE": "0.5",
    "FX CHARGE": "0.1",
    "HANDLING": "0.15",
    "SURCHARGE FEE": "1",
    "DISCOUNT": "2",
    "FINAL FOB (USD)": "14",
    "HS CODE": "6109.90.10.50",
    "US DUTY RATE": "12 %",
    "US DUTY": "3",
    "FREIGHT": "0.85",
    "US TARIFF RATE": "TRUE",
    "US TARIFF": "1",
    "DDP US (USD)": "20",
    "SMS PRICE USD": "40",
    "FINAL PRICES Y/N": "Y",
    "NOTES FOR PRICE": "AGREED",
    "RANGE / COLLECTION": "CORE",
}


def order(number: str, customer: str = GREYSON, sizes: Mapping[str, int] | None = None, **cells: Value) -> SourceRow:
    """A row with a value in every mapped column; `cells` by column name with underscores for blanks."""
    quantities = SIZES if sizes is None else sizes
    row: SourceRow = [None] * len(columns())
    place = positions()
    row[0] = str(uuid.uuid5(uuid.NAMESPACE_OID, number + str(cells)))
    exact = {name.replace("_", " "): value for name, value in cells.items()}
    values = _CELLS | {"AAG ORDER NUMBER": number, "CUSTOMER NAME": customer} | exact | dict(quantities)
    values["TOTAL QTY"] = sum(quantities.values())
    for name, value in values.items():
        if name in place:
            row[place[name]] = value
    return row


def base_orders() -> Iterator[SourceRow]:
    """The orders of the first push: three customers, two seasons, one shared number, one without quantities."""
    for at in range(1, 25):
        yield order(f"GRE-{at:02d}")
    for at in range(1, 13):
        yield order(f"PEL-{at:02d}", PELOTON, {"XS": 1, "OS": 3}, CUSTOMER_SEASON=None, PO_NUMBER=f"77{at:02d}")
    for at in range(1, 7):
        yield order(f"RHY-{at:02d}", RHYTHM, {"S": 1}, ORDER_DATE_PO_RECEIVED=dt.date(2024, 1, at))
    yield order("GRE-NONE", sizes={})
    for colour in ("ARCTIC", "NAVY", "WHITE"):
        yield order("GRE-SHARED", sizes={"S": 1}, CUSTOMER_COLOUR_DESCRIPTION=colour)


@dataclass(frozen=True)
class Write:
    """One mutation as Monday carried it out: at which order (and size), and the value of each column by its title."""

    operation: str
    key: str | None
    size: str | None
    values: dict[str, Any]
    args: dict[str, Any]
    call: int

    @property
    def brief(self) -> tuple[str, str | None, str | None, tuple[str, ...]]:
        """Operation, order, size, titles of the columns sent."""
        return self.operation, self.key, self.size, tuple(sorted(self.values))


@dataclass
class DayTwo(Project):
    """A pushed project: `edit` the orders, `build`, `push`, and see what was `written`."""

    runner: Dbt = field(default_factory=here)
    before: Expected | None = None
    options: Options = field(default_factory=Options)
    _seen: int = 0

    # ---------- the source

    def edit(
        self, number: str, sizes: Mapping[str, int | None] | None = None, where: str = "", /, **cells: Value
    ) -> None:
        """Changes the rows of one order number, as it was spelt when it was made."""
        changed: dict[str, Any] = {name.replace("_", " "): value for name, value in cells.items()} | dict(sizes or {})
        setting = ", ".join(f"{quoted(name)} = ?" for name in changed)
        self.sql(
            f'update ORDERS_UNIFIED set {setting} where "AAG ORDER NUMBER" = ? {where}', [*changed.values(), number]
        )

    def add(self, *rows: SourceRow) -> None:
        """More orders."""
        self.append(rows)

    def remove(self, numbers: Iterable[str]) -> None:
        """Orders leave the source."""
        for number in numbers:
            self.sql('delete from ORDERS_UNIFIED where "AAG ORDER NUMBER" = ?', [number])

    def source(self) -> list[Row]:
        """All rows of ORDERS_UNIFIED."""
        return self.sql("select * from ORDERS_UNIFIED")

    # ---------- build and push

    def build(self, *, tests: bool = False, **variables: Any) -> None:
        """`dbt build` with these variables, with or without the data tests; it must succeed (warnings may come)."""
        done = self.runner.build(self.environment(), variables, tests=tests)
        assert done.success, done.said

    def push(self, *args: str, exit_code: int = 0) -> Row:
        """`sync push` with these words (`--batch` where none are given); its answer."""
        return self.sync("push", *(args or ("--batch",)), exit_code=exit_code)

    def day(self, *, tests: bool = False, exit_code: int = 0, **variables: Any) -> Row:
        """A build and a push of everything."""
        self.build(tests=tests, **variables)
        return self.push(exit_code=exit_code)

    # ---------- the board

    @property
    def state(self) -> Any:
        """The emulator's state; its methods act as a person on the board."""
        return self.monday.state

    def item(self, key: str) -> Item:
        """The active item of an order."""
        found = [
            item
            for item in self.state.items.values()
            if item.board_id == BOARD_ID and item.state == "active" and item.values.get(KEY_COLUMN) == key
        ]
        assert len(found) == 1, (key, found)
        only: Item = found[0]
        return only

    def subitem(self, key: str, size: str) -> Item:
        """The active subitem of a size."""
        below = [self.state.items[ident] for ident in self.item(key).subitem_ids]
        found = [item for item in below if item.state == "active" and item.name == f"Size {size}"]
        assert len(found) == 1, (key, size, found)
        only: Item = found[0]
        return only

    def hand(self, key: str, values: Mapping[str, Any], size: str | None = None) -> None:
        """A person writes into cells of an order (or of a size of it), by title."""
        item = self.item(key) if size is None else self.subitem(key, size)
        cells = {self.column(title, item.board_id): value for title, value in values.items()}
        self.state.change_values(item.board_id, item.id, json.dumps(cells))

    def cell(self, key: str, title: str, size: str | None = None) -> Any:
        """What the emulator keeps in a cell."""
        item = self.item(key) if size is None else self.subitem(key, size)
        return item.values.get(self.column(title, item.board_id))

    def group_of(self, key: str) -> str:
        """Title of the group that an order's item stands in."""
        return str(self.state.boards[BOARD_ID].groups[self.item(key).group_id].title)

    def column(self, title: str, board_id: int = BOARD_ID) -> str:
        """Id of the column with this title."""
        ids = [column.id for column in self.state.boards[board_id].columns.values() if column.title == title]
        assert len(ids) == 1, (title, ids)
        return str(ids[0])

    def shown(self, key: str) -> dict[str, str | None]:
        """What the board shows of an order, as the API tells it: texts by title."""
        board = read_board(self.monday.url, self.monday.token, BOARD_ID)
        return next(item.values for item in board.items if item.key == key)

    def fails(self, method: str, *keys: str, error: FieldError) -> None:
        """From now on this act fails on the board for these orders, on the board already or still to be made."""
        whole = getattr(type(self.state), method)
        rows = [row for key in keys for row in self.sql(_CONFIRMED, [key])]
        marks = [json.dumps(str(row["MONDAY_ITEM_ID"])) for row in rows] + [f'{key}\\"' for key in keys]

        def act(*args: Any, **options: Any) -> Any:
            told = json.dumps([str(arg) for arg in args])
            if any(mark in told for mark in marks):
                raise error
            return whole(self.state, *args, **options)

        setattr(self.state, method, act)

    def mends(self, method: str) -> None:
        """The act works again."""
        delattr(self.state, method)

    def written(self) -> list[Write]:
        """The mutations since the last time this was asked."""
        with self.monday.lock:
            done = self.monday.history[self._seen :]
            self._seen += len(done)
            return [self._write(each) for each in done]

    def _write(self, done: Any) -> Write:
        args = dict(done.args)
        ident = int(args.get("item_id") or done.ids[0]) if done.operation != "create_group" else 0
        item = self.state.items.get(ident)
        values: dict[str, Any] = {}
        if args.get("column_values"):
            titles = {c.id: c.title for c in self.state.boards[item.board_id].columns.values()}
            values = {titles.get(name, name): value for name, value in json.loads(args["column_values"]).items()}
        size = None
        if item is not None and item.parent_id is not None:
            size = item.name.removeprefix("Size ")
            item = self.state.items[item.parent_id]
        key = item.values.get(KEY_COLUMN) if item is not None else None
        return Write(done.operation, key, size, values, args, done.call)

    def differences(self) -> list[str]:
        """What the board shows otherwise than the source asks for, by the oracle; what it asked for is kept."""
        rows = self.source()
        self.before = expect(rows, self.options, self.before)
        board = read_board(self.monday.url, self.monday.token, BOARD_ID)
        return [str(each) for each in compare(self.before, board)]

    # ---------- tables

    def confirmed(self, key: str) -> Row:
        """The confirmed row of an order."""
        return self.sql(_CONFIRMED, [key])[0]

    def errors(self, key: str | None = None, table: str = "ERR_MON_CustMasterSchedule") -> list[Row]:
        """Error rows in the order of their making."""
        rows = self.sql(f"select * from {table} order by CREATED_AT, ATTEMPT")
        return [row for row in rows if key in (None, row["ORDER_KEY"])]


@dataclass(frozen=True)
class Pushed:
    """A project whose first push is done: its board in a file, its tables, and what the board showed then."""

    folder: Path
    dbt: Dbt
    kept: Kept
    expected: Expected

    @property
    def board(self) -> Path:
        """The board's state file."""
        return self.folder / "board.json"

    @contextmanager
    def start(self, folder: Path, **config: Any) -> Iterator[DayTwo]:
        """A project of its own on copies of both; `config` for the emulator."""
        shutil.copy(self.board, folder / "board.json")
        options = {"items_limit": 100_000} | config
        with running(Config(state_file=folder / "board.json", **options).without_limits()) as monday:
            yield _project(folder, self.dbt, monday, self.kept.copy(folder), self.expected)


def _project(folder: Path, dbt: Dbt, monday: Any, store: Store, expected: Expected | None) -> DayTwo:
    env = {"MONDAY_API_URL": monday.url, "MONDAY_API_TOKEN": monday.token, "MONDAY_SETTLE_SECONDS": "0.5"}
    return DayTwo(folder, folder / "target", env, monday, store, runner=dbt, before=expected)


def first_push(engine: Engine, folder: Path, dbt: Dbt, rows: Iterable[SourceRow]) -> Pushed:
    """Migrates, builds and pushes these orders, and keeps the board in `folder`."""
    config = Config(state_file=folder / "board.json", items_limit=100_000, with_order_key=True).without_limits()
    with running(config) as monday:
        project = _project(folder, dbt, monday, engine.empty(folder), None)
        project.fill(rows)
        project.sync("migrate")
        pushed = project.day(tests=True)
        assert pushed["failed"] == 0
        assert project.differences() == []
    assert project.before is not None
    return Pushed(folder, dbt, engine.keep(project.store), project.before)
