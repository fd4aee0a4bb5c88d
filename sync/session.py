"""Open what every command needs: the database, its statements, and the mapping.

The statements are Jinja under ``sql/``. ``sql/<command>.sql`` holds a command's, each behind a comment with its name
and options; one whose name begins with ``_`` is a part of others. ``sql/tables`` and ``sql/views`` hold a file each.
"""

import datetime as dt
import random
import re
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import lru_cache, partial
from typing import TYPE_CHECKING, Any, TypeVar

from jinja2 import Environment, FunctionLoader, StrictUndefined

from sync.database import Database, Row, connect
from sync.errors import BoardError, DatabaseError, DatabaseLocked, StopAsked
from sync.log import PROGRESS
from sync.monday.board import MappedColumn, load_mapping
from sync.monday.board import Mapping as ColumnMapping
from sync.monday.meter import Clock
from sync.settings import PROJECT_ROOT, TRANSACTION_TRIES

if TYPE_CHECKING:
    from sync.monday.http import Transport

T = TypeVar("T")
OWN_COLUMNS = {"ORDER_KEY", "ITEM_NAME", "GROUP_NAME"}
"""Mapped columns that the tables keep as columns of their own."""
SQL_FOLDER = PROJECT_ROOT / "sql"
SYNC_TABLES = [path.stem for path in sorted((SQL_FOLDER / "tables").glob("*.sql"))]

# SQL types by engine. A key compares byte for byte, whatever the collation of the database.
TYPES = {
    "duckdb": {
        "text": "varchar",
        "key": "varchar",
        "flag": "boolean",
        "time": "timestamp",
        "date": "date",
        "integer": "integer",
        "bigint": "bigint",
        "decimal": "decimal(18, 4)",
        "seconds": "double",
    },
    "sqlserver": {
        "text": "nvarchar(max)",
        "key": "nvarchar({0}) collate Latin1_General_100_BIN2",
        "flag": "bit",
        "time": "datetime2(6)",
        "date": "date",
        "integer": "int",
        "bigint": "bigint",
        "decimal": "decimal(18, 4)",
        "seconds": "float",
    },
}
# The tables that many statements read or write, by the names that they have there.
TABLES = {
    "_orders": "MON_CustMasterSchedule",
    "_sizes": "MON_CustMasterSchedule_Subitems",
    "_claims": "MON_RowClaims",
    "_requests": "MON_ApiRequests",
    "_rows": "MON_ApiRequestRows",
    "_batches": "MON_BatchProcessing",
    "_pulls": "MON_BoardPulls",
    "_items": "MON_BoardItems",
    "_subitems": "MON_BoardSubitems",
    "_groups": "MON_BoardGroups",
    "_staged": "STG_MON_CustMasterSchedule",
    "_staged_sizes": "STG_MON_CustMasterSchedule_Subitems",
}
# Where a statement begins: its name and its options, then what it does.
_NAMED = re.compile(r"^-- (\w+)\((.*?)\)(?::.*)?\n", re.MULTILINE)
_COMMENT = re.compile(r"^ *--.*\n", re.MULTILINE)


def quoted(name: str) -> str:
    """Return an identifier in ANSI double quotes."""
    return '"' + name.replace('"', '""') + '"'


@lru_cache
def _parts(file: str) -> tuple[str, dict[str, str]]:
    """Return what stands at the head of a file, and each of its statements as a Jinja macro, by their names."""
    head, *found = _NAMED.split((SQL_FOLDER / file).read_text(encoding="utf-8"))
    macros = {
        name: f"{{% macro {name}({options}) -%}}\n{_COMMENT.sub('', text).strip()}\n{{%- endmacro %}}\n"
        for name, options, text in zip(found[::3], found[1::3], found[2::3], strict=True)
    }
    return head, macros


class Statements:
    """Renders the files under ``sql/`` for one engine, schema and mapping."""

    def __init__(self, dialect: str, schema: str, mapped: Sequence[MappedColumn]) -> None:
        """``mapped``: the mapped columns of items, in the mapping's order."""
        self._jinja = Environment(
            loader=FunctionLoader(lambda file: "".join([_parts(file)[0], *_parts(file)[1].values()])),
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        types, kinds = TYPES[dialect], {"numbers": "decimal", "date": "date"}  # by the type on the board; else text
        typed = [(each.name, types[kinds.get(each.type, "text")]) for each in mapped if each.name not in OWN_COLUMNS]
        self._jinja.globals.update(
            dialect=dialect,
            duckdb=dialect == "duckdb",
            table=lambda name: f"{quoted(schema)}.{quoted(name)}",
            work=lambda name: f"WORK_{name}" if dialect == "duckdb" else f"#WORK_{name}",
            schema=schema,
            quoted=quoted,
            key=types["key"].format,
            # A character of a name on the board may take two of nvarchar's units.
            short=lambda size: "varchar" if dialect == "duckdb" else f"nvarchar({510 if size == 255 else size})",
            columns=[(quoted(name), type_, name) for name, type_ in typed],
            written_once=frozenset(each.name for each in mapped if each.write == "create_only"),
            json_columns=typed,
            **{name: value for name, value in types.items() if name != "key"},
            **{name: f"{quoted(schema)}.{quoted(table)}" for name, table in TABLES.items()},
        )
        self._jinja.globals["q"] = self._jinja.get_template("_macros.sql").module
        self._rendered = lru_cache(maxsize=256)(self._render)

    def _render(self, name: str, options: tuple[tuple[str, Any], ...]) -> str:
        if (SQL_FOLDER / f"{name}.sql").is_file():
            return self._jinja.get_template(f"{name}.sql").render(dict(options)).strip()
        command, _, statement = name.partition("/")
        head, macros = _parts(f"{command}.sql")
        # A statement is compiled with the parts that it calls: a command needs few of its file's, and each costs time.
        wanted = [statement]
        for each in wanted:  # which grows meanwhile
            wanted += [part for part in macros if part not in wanted and f"{part}(" in macros[each]]
        compiled = self._jinja.from_string(head + "".join(macros[each] for each in macros if each in wanted)).module
        return str(getattr(compiled, statement)(**dict(options))).strip()

    def get(self, name: str, /, **options: Any) -> str:
        """Return the text of ``<command>/<statement>``; ``options`` (hashable) are the macro's."""
        return self._rendered(name, tuple(sorted(options.items())))


def utc_now() -> dt.datetime:
    """Return now as the database keeps it: naive UTC."""
    return dt.datetime.now(dt.UTC).replace(tzinfo=None)


@dataclass(frozen=True)
class Runtime:
    """What a push takes from the world around it: time, chance, the network, the database."""

    clock: Clock = field(default_factory=Clock)
    random: Callable[[], float] = random.random
    transport: "Transport | None" = None
    """None: HTTP of its own."""
    connect: Callable[..., Database] = connect

    def now(self) -> dt.datetime:
        """Return the moment as the database keeps it: naive UTC."""
        return self.clock.now().replace(tzinfo=None)


@dataclass
class Session:
    """An open database, and its statements under ``sql/``; executing one gives the number of rows it changed."""

    database: Database
    statements: Statements
    mapping: ColumnMapping

    @property
    def alone(self) -> bool:
        """Whether no other run can be at work: on a DuckDB file that is read or written itself."""
        return self.database.sole_writer and self.database.copied is None

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
                meaning = self.database.meaning(error)
                if meaning not in ("duplicate", "transient") or attempt == TRANSACTION_TRIES - 1:
                    raise
                sleep(min(0.05 * 2**attempt, 2.0))
                if reconnect and meaning == "transient":
                    self.database.reconnect()
        raise DatabaseError("The database did not take a transaction; see its log.")  # pragma: no cover

    def take(self, *views: str) -> None:
        """Read what dbt's views say of the board as last pulled into working tables: what is written changes it."""
        for name in views:
            self.execute("pull/take", name=name)

    def tables(self) -> dict[str, set[str]]:
        """Return the columns of each table and view; all names in upper case."""
        present: dict[str, set[str]] = {}
        # DuckDB lists the file of the orders, too, where that is attached; another board's tables may stand in it.
        ours = " and TABLE_CATALOG = current_database()" if self.database.dialect == "duckdb" else ""
        for row in self.database.query(
            "select TABLE_NAME as T, COLUMN_NAME as C from INFORMATION_SCHEMA.COLUMNS"
            f" where lower(TABLE_SCHEMA) = lower(?){ours}",
            [self.database.schema],
        ):
            present.setdefault(str(row["T"]).upper(), set()).add(str(row["C"]).upper())
        return present

    def require(self, *, staged: bool, board: bool = False) -> None:
        """Raise DatabaseError where a table is missing, or a staged one isn't as this version makes it.

        ``board``: the views over the pulled board are wanted, too.
        """
        present = self.tables()
        for needed, kind, name, remedy in [
            *((True, "table", name, "; run `python -m sync migrate` first.") for name in SYNC_TABLES),
            (staged, "table", "STG_MON_Build", ", so nothing is staged yet: run `dbt build`."),
            (board, "view", "STG_MON_BoardFindings", ": run `dbt build`."),
        ]:
            if needed and name.upper() not in present:
                raise DatabaseError(f"The {kind} {name} is missing{remedy}")
        for table, columns in self.mapping.staged.items() if staged else ():
            if wrong := {name.upper() for name in columns} ^ present.get(table.upper(), set()):
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

    deadline, database = time.monotonic() + wait, None
    while database is None:
        try:
            database = connect(env, create=create, read_only=read_only)
        except DatabaseLocked as locked:
            if stopped():
                raise StopAsked(
                    f"The run was asked to stop while it waited, and sent nothing; push again. {locked}"
                ) from None
            if time.monotonic() >= deadline:
                raise
            PROGRESS.waits("the database file, which another process holds, at most", deadline - time.monotonic())
            sleep(0.5)
    try:
        yield Session(database, Statements(database.dialect, database.schema, mapping.items), mapping)
    except Exception as error:
        if str(error) == "Query interrupted":  # what DuckDB makes of a Ctrl-C while it is at a statement
            raise KeyboardInterrupt from None
        if database.meaning(error):
            raise DatabaseError(database.sentence(error)) from error
        raise
    finally:
        database.close()


open_copy = partial(open_session, read_only=True, connect=partial(connect, copy=True))
"""Opens the database to read it; of a DuckDB file that another process holds, a copy."""


def refuse_other_board(session: Session, board_id: int) -> None:
    """Raise BoardError where the tables hold ids of another board: one board per set of tables."""
    if rows := session.query("push/other_board", [board_id]):
        raise BoardError(
            f"The tables hold ids of board {rows[0]['MONDAY_BOARD_ID']}, but MONDAY_BOARD_ID says {board_id}; correct"
            " it, or give the other board tables of its own (docs/boards.md)."
        )
