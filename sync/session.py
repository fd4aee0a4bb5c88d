"""Open what every command needs: the database, its statements, and the mapping."""

from __future__ import annotations

import datetime as dt
import random
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

from sync.database import Database, Row, connect
from sync.errors import BoardError, DatabaseError, DatabaseLocked
from sync.log import PROGRESS
from sync.monday.board import Mapping as ColumnMapping
from sync.monday.board import load_mapping
from sync.monday.retry import Clock, StopAsked, SystemClock
from sync.settings import PROJECT_ROOT, TRANSACTION_TRIES
from sync.statements import Statements

if TYPE_CHECKING:
    from sync.monday.http import Transport

T = TypeVar("T")
OWN_COLUMNS = {"ORDER_KEY", "ITEM_NAME", "GROUP_NAME"}
"""Mapped columns that the tables keep as columns of their own."""
SYNC_TABLES = (
    "MON_CustMasterSchedule",
    "MON_CustMasterSchedule_Subitems",
    "ERR_MON_CustMasterSchedule",
    "ERR_MON_CustMasterSchedule_Subitems",
    "MON_BatchProcessing",
    "MON_ApiRequests",
    "MON_ApiRequestRows",
    "MON_RowClaims",
    "MON_BoardGroups",
    "MON_BoardColumns",
    "MON_BoardPulls",
    "MON_BoardItems",
    "MON_BoardSubitems",
)
BUILD_TABLE = "STG_MON_Build"
BOARD_VIEW = "STG_MON_BoardFindings"


def utc_now() -> dt.datetime:
    """Return now as the database keeps it: naive UTC."""
    return dt.datetime.now(dt.UTC).replace(tzinfo=None)


@dataclass(frozen=True)
class Runtime:
    """What a push takes from the world around it: time, chance, the network, the database."""

    clock: Clock = field(default_factory=SystemClock)
    random: Callable[[], float] = random.random
    transport: Transport | None = None
    """None: HTTP of its own."""
    connect: Callable[..., Database] = connect

    def now(self) -> dt.datetime:
        """Return the moment as the database keeps it: naive UTC."""
        return self.clock.now().replace(tzinfo=None)


@dataclass
class Session:
    """An open database with what is needed to talk to it."""

    database: Database
    statements: Statements
    mapping: ColumnMapping

    def query(self, name: str, params: Any = (), /, **options: Any) -> list[Row]:
        """Return the rows of a statement under ``sql/``."""
        return self.database.query(self.statements.get(name, **options), params)

    def execute(self, name: str, params: Sequence[Any] = (), /, **options: Any) -> int:
        """Run a statement under ``sql/``; return the number of rows it changed."""
        return self.database.execute(self.statements.get(name, **options), params)

    def transaction(
        self, work: Callable[[], T], sleep: Callable[[float], object] = time.sleep, *, reconnect: bool = False
    ) -> T:
        """Run work as one transaction, again where another run took its rows or the engine chose it to give way.

        ``reconnect``: what work needs is in no working table, so that a lost connection may be replaced.
        """
        for attempt in range(TRANSACTION_TRIES):
            try:
                with self.database.transaction():
                    return work()
            except Exception as error:
                duplicate = self.database.is_duplicate(error)
                if not (duplicate or self.database.is_transient(error)) or attempt == TRANSACTION_TRIES - 1:
                    raise
                sleep(min(0.05 * 2**attempt, 2.0))
                if reconnect and not duplicate:
                    self.database.reconnect()
        raise DatabaseError("The database did not take a transaction; see its log.")  # pragma: no cover

    def take(self, *views: str) -> None:
        """Read what dbt's views say of the board as last pulled into working tables: what is written changes it."""
        for name in views:
            self.execute("pull/take", name=name)

    def tables(self) -> dict[str, set[str]]:
        """Return the columns of each table and view; all names in upper case."""
        rows = self.database.query(
            "select TABLE_NAME as T, COLUMN_NAME as C from INFORMATION_SCHEMA.COLUMNS"
            " where lower(TABLE_SCHEMA) = lower(?)",
            [self.database.schema],
        )
        present: dict[str, set[str]] = {}
        for row in rows:
            present.setdefault(str(row["T"]).upper(), set()).add(str(row["C"]).upper())
        return present

    def require(self, *, staged: bool, board: bool = False) -> None:
        """Raise DatabaseError where a table is missing, or a staged one isn't as this version makes it.

        ``board``: the views over the pulled board are wanted, too.
        """
        present = self.tables()
        wanted = {f"table {name}": "; run `python -m sync migrate` first." for name in SYNC_TABLES}
        if staged:
            wanted[f"table {BUILD_TABLE}"] = ", so nothing is staged yet: run `dbt build`."
        if board:
            wanted[f"view {BOARD_VIEW}"] = ": run `dbt build`."
        for name, remedy in wanted.items():
            if name.partition(" ")[2].upper() not in present:
                raise DatabaseError(f"The {name} is missing{remedy}")
        for table, columns in self.mapping.staged.items() if staged else ():
            wrong = {name.upper() for name in columns} ^ present.get(table.upper(), set())
            if wrong:
                raise DatabaseError(
                    f"The table {table} was made by another version or with another mapping (it differs in"
                    f" {sorted(wrong)[0]}): run `dbt build`."
                )


@contextmanager
def open_session(
    env: Mapping[str, str],
    *,
    create: bool = False,
    read_only: bool = False,
    wait: float = 0.0,
    sleep: Callable[[float], object] = time.sleep,
    stopped: Callable[[], bool] = bool,
    connect: Callable[..., Database] = connect,
) -> Iterator[Session]:
    """Open the database of dbt's target. ``wait``: seconds to wait for a DuckDB file that another process holds.

    ``stopped`` is asked during that wait: a run that is to stop doesn't go on waiting.
    Engine errors that reach the end of the block become one sentence; SyncErrors travel as they are.
    """
    mapping = load_mapping(PROJECT_ROOT / "models" / "monday")
    columns = [(column.name, column.type) for column in mapping.items if column.name not in OWN_COLUMNS]
    written_once = [column.name for column in mapping.items if column.write == "create_only"]
    deadline, database = time.monotonic() + wait, None
    while database is None:
        try:
            database = connect(env, create=create, read_only=read_only)
        except DatabaseLocked as locked:
            if stopped():
                said = f"The run was asked to stop while it waited, and sent nothing; push again. {locked}"
                raise StopAsked(said) from None
            if time.monotonic() >= deadline:
                raise
            PROGRESS.waits("the database file, which another process holds, at most", deadline - time.monotonic())
            sleep(0.5)
    try:
        yield Session(
            database, Statements(database.dialect, database.schema, columns=columns, written_once=written_once), mapping
        )
    except Exception as error:
        if database.is_error(error):
            raise DatabaseError(database.sentence(error)) from error
        raise
    finally:
        database.close()


def refuse_other_board(session: Session, board_id: int) -> None:
    """Raise BoardError where the tables hold ids of another board: one board per set of tables."""
    rows = session.query("push/other_board", [board_id])
    if rows:
        raise BoardError(
            f"The tables hold ids of board {rows[0]['MONDAY_BOARD_ID']}, but MONDAY_BOARD_ID says {board_id}; use the"
            " same board, or another database for another board."
        )
