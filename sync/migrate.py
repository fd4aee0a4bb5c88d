"""Bring the tables that sync owns up to date: create what is missing, add columns, never drop a column or a row.

The wanted shape of a table is its file under ``sql/tables``. A table that exists already is compared with it column by
column and key by key; everything is planned before anything is changed, and carried out in one transaction, so that a
table that doesn't fit stops the command whole.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from sync import __version__
from sync.database import Database
from sync.errors import DatabaseError
from sync.output import Result
from sync.session import open_session, utc_now
from sync.settings import read_yaml
from sync.statements import SQL_FOLDER, Statements, quoted
from sync.words import counted, either

_SCRATCH = "__WANTED"
SHOWN = 3
"""Problems that the message names; the rest is counted there, and listed below it."""
IDS = {"MON_CustMasterSchedule": "MONDAY_ITEM_ID", "MON_CustMasterSchedule_Subitems": "MONDAY_SUBITEM_ID"}
"""Where a row is an order or a size on the board: such a row must have its key."""

ONCE_TEXT = {("MON_CustMasterSchedule", "FREIGHT")}
"""Columns of numbers that held texts in an earlier version: the only ones that are retyped."""

SIZES = {"MON_CustMasterSchedule_Subitems": True, "ERR_MON_CustMasterSchedule_Subitems": False}
"""Tables of sizes; whether an order has a label once. An earlier version took the names of columns as they were."""

_BLANK = re.compile("\r\n|[\t\n\r\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000\u2800\u3164\uffa0]")
_UNSEEN = re.compile(
    "[\x00-\x1f\x7f-\x9f\xad\u034f\u061c\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff\ufff9-\ufffb]"
)


def folded(label: str) -> str:
    """Return the label of a size as the models write it (macro ``fold_text``)."""
    return _UNSEEN.sub("", _BLANK.sub(" ", label)).strip(" ")


INTEGERS = {"TINYINT": 3, "SMALLINT": 5, "INT": 10, "INTEGER": 10, "BIGINT": 19, "HUGEINT": 38}
"""Digits that surely fit."""
TEXTS = {"VARCHAR", "NVARCHAR"}
_DECIMAL = re.compile(r"(?:DECIMAL|NUMERIC)\((\d+),\s*(\d+)\)")
_SHORT_TIME = 6
"""Digits of a second that our times have."""


@dataclass(frozen=True)
class Column:
    """A column of a table; ``length`` is None where the text is unlimited.

    ``required``: a row can't be added without a value for it. ``fills_itself``: identity, computed, row version.
    """

    name: str
    type: str
    length: int | None
    precision: int | None
    scale: int | None
    required: bool
    time_digits: int | None = None
    fills_itself: bool = False

    @property
    def declared(self) -> str:
        """Return the type as one would write it."""
        if self.type == "NVARCHAR" or (self.type == "VARCHAR" and self.length):
            return f"{self.type}({self.length or 'MAX'})"
        if self.type == "DECIMAL":
            return f"DECIMAL({self.precision}, {self.scale})"
        if self.type == "DATETIME2" and self.time_digits is not None:
            return f"DATETIME2({self.time_digits})"
        return self.type


def read_column(row: Mapping[str, Any]) -> Column:
    """Read a row of ``migrate/columns``."""
    values = {name.upper(): value for name, value in row.items()}
    length = values["CHARACTER_MAXIMUM_LENGTH"]
    kind = str(values["DATA_TYPE"]).upper()
    decimal = _DECIMAL.fullmatch(kind)
    fills_itself = bool(values.get("FILLS_ITSELF"))
    return Column(
        name=str(values["COLUMN_NAME"]),
        type="DECIMAL" if decimal or kind == "NUMERIC" else kind,
        length=None if length in (None, -1) else int(length),
        precision=int(decimal[1]) if decimal else values["NUMERIC_PRECISION"],
        scale=int(decimal[2]) if decimal else values["NUMERIC_SCALE"],
        required=values["IS_NULLABLE"] == "NO" and values["COLUMN_DEFAULT"] is None and not fills_itself,
        time_digits=values.get("DATETIME_PRECISION"),
        fills_itself=fills_itself,
    )


def holds(present: Column, wanted: Column) -> bool:
    """Return whether every value of the wanted column fits the present one unchanged."""
    if wanted.type in TEXTS:
        # On SQL Server VARCHAR knows one alphabet, CHAR pads with blanks, and NTEXT can't be compared.
        long_enough = present.length is None or (wanted.length is not None and present.length >= wanted.length)
        return present.type == wanted.type and long_enough
    if wanted.type in INTEGERS:
        return INTEGERS.get(present.type, 0) >= INTEGERS[wanted.type]
    if wanted.type == "DECIMAL":
        whole = (wanted.precision or 0) - (wanted.scale or 0)
        return (
            present.type == "DECIMAL"
            and (present.scale or 0) >= (wanted.scale or 0)
            and (present.precision or 0) - (present.scale or 0) >= whole
        )
    if wanted.type == "DATETIME2":
        digits = _SHORT_TIME if present.time_digits is None else present.time_digits
        return present.type == "DATETIME2" and digits >= (wanted.time_digits or _SHORT_TIME)
    return present.type == wanted.type


def compare(table: str, present: Sequence[Column], wanted: Sequence[Column]) -> tuple[list[Column], list[str]]:
    """Return the columns to add, and a sentence for each thing that can't be taken over."""
    here = {column.name.upper(): column for column in present}
    missing, problems = [], []
    for column in wanted:
        old = here.pop(column.name.upper(), None)
        if old is None:
            missing.append(column)
        elif old.fills_itself:
            problems.append(f'{table}."{column.name}" is filled by the database itself, and we have to write it.')
        elif not holds(old, column):
            problems.append(f'{table}."{column.name}" is {old.declared} and can\'t hold {column.declared}.')
        elif old.required and not column.required:
            problems.append(f'{table}."{column.name}" is NOT NULL, and we have to leave it empty at times.')
    problems += [
        f'{table}."{column.name}" is not ours, NOT NULL and without a default, so no row could be added.'
        for column in here.values()
        if column.required
    ]
    return missing, problems


class Unfit(DatabaseError):
    """Older tables can't be taken over; nothing was changed. ``problems``: a sentence each."""

    def __init__(self, problems: Sequence[str]) -> None:
        more = f" … and {len(problems) - SHOWN} more." if len(problems) > SHOWN else ""
        super().__init__(
            f"The tables can't be brought up to date, nothing was changed: {' '.join(problems[:SHOWN])}{more} Mend that"
            " by hand, or rename the old table or view, so that a new one is made beside it (`board adopt` finds its"
            " items on the board again)."
        )
        self.problems = tuple(problems)


@dataclass
class Plan:
    """What ``migrate`` will do."""

    statements: list[str] = field(default_factory=list)
    changes: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Shape:
    """A table as its file describes it."""

    columns: tuple[Column, ...]
    key: tuple[str, ...]


class Migrator:
    """Plans and applies the DDL on one database."""

    def __init__(
        self, database: Database, statements: Statements, column_ids: Mapping[str, str | None] | None = None
    ) -> None:
        """``column_ids``: of each item column of the mapping, the id on the board."""
        self._db = database
        self._sql = statements
        self._ids = column_ids or {}

    # -- looking ----------------------------------------------------------------------------------------------------

    def _columns(self, table: str) -> list[Column]:
        rows = self._db.query(self._sql.get("migrate/columns"), [self._db.schema, table])
        return [read_column(row) for row in rows]

    def _primary_key(self, table: str) -> tuple[str, ...]:
        rows = self._db.query(self._sql.get("migrate/primary_key"), [self._db.schema, table])
        return tuple(str(next(iter(row.values()))).upper() for row in rows)

    def _kind(self, name: str) -> str | None:
        """Return what has this name: BASE TABLE, VIEW or something else; None where nothing has."""
        kind = self._db.scalar(self._sql.get("migrate/object"), [self._db.schema, name])
        return None if kind is None else str(kind)

    def _has_index(self, table: str, name: str) -> bool:
        return bool(self._db.scalar(self._sql.get("migrate/index"), [self._db.schema, table, name]))

    def _target(self, name: str) -> str:
        return f"{quoted(self._db.schema)}.{quoted(name)}"

    def _create(self, table: str, name: str) -> str:
        return self._sql.get(f"tables/{table}", target=self._target(name), name=name)

    def _wanted(self, table: str) -> Shape:
        """Return what the table's file describes, read from an empty table that is rolled back again."""
        scratch = table + _SCRATCH
        self._db.begin()
        try:
            self._db.execute(self._create(table, scratch))
            return Shape(tuple(self._columns(scratch)), self._primary_key(scratch))
        finally:
            self._db.rollback()

    # -- planning ---------------------------------------------------------------------------------------------------

    def plan(self) -> Plan:
        """Plan what has to be done; nothing is changed."""
        plan = Plan()
        new = {path.stem for path in sorted((SQL_FOLDER / "tables").glob("*.sql")) if self._plan_table(plan, path.stem)}
        self._plan_indexes(plan, new)
        for path in sorted((SQL_FOLDER / "views").glob("*.sql")):
            kind = self._kind(path.stem)
            if kind is not None and kind != "VIEW":
                plan.problems.append(f"{path.stem} is to be a view, and a {_words(kind)} has its name.")
        return plan

    def _plan_table(self, plan: Plan, table: str) -> bool:
        """Add the table to the plan; return whether it is new."""
        kind = self._kind(table)
        if kind is None:
            plan.statements.append(self._create(table, table))
            plan.changes.append(f"created {table}")
            return True
        if kind != "BASE TABLE":
            plan.problems.append(f"{table} is to be a table, and a {_words(kind)} has its name.")
            return False
        wanted, present = self._wanted(table), self._columns(table)
        present = [
            self._plan_number(plan, table, column)
            if (table, column.name.upper()) in ONCE_TEXT and column.type in TEXTS
            else column
            for column in present
        ]
        missing, problems = compare(table, present, wanted.columns)
        plan.problems += problems
        for column in missing:
            plan.statements.append(
                self._sql.get(
                    "migrate/add_column",
                    target=self._target(table),
                    column=quoted(column.name),
                    type=column.declared.lower(),
                    key=self._is_exact(column, wanted),
                )
            )
            plan.changes.append(f"added {table}.{column.name}")
            if table == "MON_CustMasterSchedule":
                self._plan_renamed(plan, column, present)
        names = {column.name.upper() for column in present}
        if table in SIZES and not problems and names >= {"ORDER_KEY", "SIZE_LABEL"}:
            self._plan_sizes(plan, table, once=SIZES[table])
        if not problems:
            self._plan_key(plan, table, wanted.key, names)
        return False

    def _plan_number(self, plan: Plan, table: str, column: Column) -> Column:
        """Plan to make a column of texts one of numbers; return it as it will be."""
        target = self._target(table)
        plan.statements.append(self._sql.get("migrate/read_numbers", target=target, column=quoted(column.name)))
        indexes = [index for index in _indexes() if index["table"] == table and self._db.dialect == "duckdb"]
        again = [index for index in indexes if self._has_index(table, index["name"])]
        for index in again:
            name = f"{quoted(self._db.schema)}.{quoted(index['name'])}"
            plan.statements.append(self._sql.get("migrate/drop_index", name=name))
        plan.statements.append(self._sql.get("migrate/make_number", target=target, column=quoted(column.name)))
        plan.changes.append(f"made numbers of {table}.{column.name}")
        for index in again:
            names = tuple(quoted(name) for name in index["columns"])
            plan.statements.append(self._index(table, index["name"], names, unique=index["unique"]))
        return replace(column, type="DECIMAL", length=None, precision=18, scale=4)

    def _plan_renamed(self, plan: Plan, column: Column, present: Sequence[Column]) -> None:
        """Plan to copy the values of a renamed field: its column on the board tells the old name."""
        id_ = self._ids.get(column.name)
        if id_ is None or self._kind("MON_BoardColumns") != "BASE TABLE":
            return
        before = {each.name for each in present if each.declared == column.declared} - set(self._ids)
        names = [str(row["NAME"]) for row in self._db.query(self._sql.get("migrate/renamed"), [id_])]
        old = next((name for name in names if name in before), None)
        if old is not None:
            target = self._target("MON_CustMasterSchedule")
            plan.statements.append(
                self._sql.get("migrate/carry_over", target=target, column=quoted(column.name), before=quoted(old))
            )
            plan.changes.append(f"copied {old} into {column.name}")

    def _plan_sizes(self, plan: Plan, table: str, *, once: bool) -> None:
        """Plan to rename labels that the models write otherwise now; else each such size would be made twice."""
        target = self._target(table)
        changed = 0
        for row in self._db.query(self._sql.get("migrate/size_labels", target=target)):
            old = str(row["LABEL"])
            new = folded(old)
            if new in ("", old):
                continue
            names = {"target": target, "old": self._literal(old), "new": self._literal(new), "once": once}
            found = int(self._db.scalar(self._sql.get("migrate/fold_size", count=True, **names)))
            if found:
                changed += found
                plan.statements.append(self._sql.get("migrate/fold_size", count=False, **names))
        if changed:
            plan.changes.append(f"trimmed the size labels of {counted(changed, 'row')} of {table}")

    def _literal(self, text: str) -> str:
        return ("" if self._db.dialect == "duckdb" else "N") + "'" + text.replace("'", "''") + "'"

    def _is_exact(self, column: Column, wanted: Shape) -> bool:
        """Return whether the column compares byte for byte on SQL Server: keys do, and what keys are joined to."""
        return column.type == "NVARCHAR" and (column.name.upper() in wanted.key or column.name == "ORDER_KEY")

    def _plan_key(self, plan: Plan, table: str, key: Sequence[str], present: set[str]) -> None:
        """Plan the primary key of an older table, or a unique index in its place: a row must exist once."""
        id_ = IDS.get(table)
        if id_ is not None and id_ in present:
            # without the key column, every row with an id lacks its key
            known = [quoted(column) for column in key if column in present]
            orphans = self._orphans(table, id_, known, whole=len(known) == len(key))
            if orphans:
                plan.problems.append(
                    f"{table} has {counted(orphans, 'row')} with {id_} and without {' and '.join(key)}: fill the"
                    f" key, or empty {id_}."
                )
                return
        primary = set(self._primary_key(table))
        if primary and primary < set(key):
            plan.problems.append(
                f"{table} has the primary key {', '.join(sorted(primary))}, and we have several rows for one value of"
                " it."
            )
            return
        if primary == set(key) or not key:
            return
        name = f"UX_{table}_Key"
        if not self._has_index(table, name):
            self._plan_unique(plan, table, name, key, present)

    def _orphans(self, table: str, id_: str, known: Sequence[str], *, whole: bool) -> int:
        sql = self._sql.get(
            "migrate/without_key", target=self._target(table), id=quoted(id_), columns=tuple(known) if whole else ()
        )
        return int(self._db.scalar(sql))

    def _plan_unique(self, plan: Plan, table: str, name: str, columns: Sequence[str], present: set[str]) -> None:
        """Plan a unique index, unless existing rows forbid it. A column yet to be added is null in all of them."""
        names = tuple(quoted(column) for column in columns)
        if present.issuperset(columns):
            repeated = int(
                self._db.scalar(self._sql.get("migrate/repeated", target=self._target(table), columns=names))
            )
            if repeated:
                plan.problems.append(
                    f"{table} has {counted(repeated, 'value')} of {', '.join(columns)} in more than one row"
                    f"{either(repeated, '', ' each')}: remove the double rows."
                )
                return
        self._plan_index(plan, table, name, names, unique=True)

    def _plan_index(self, plan: Plan, table: str, name: str, columns: tuple[str, ...], *, unique: bool) -> None:
        plan.statements.append(self._index(table, name, columns, unique=unique))
        plan.changes.append(f"created index {name}")

    def _index(self, table: str, name: str, columns: tuple[str, ...], *, unique: bool) -> str:
        return self._sql.get(
            "migrate/create_index", target=self._target(table), name=quoted(name), columns=columns, unique=unique
        )

    def _plan_indexes(self, plan: Plan, new: set[str]) -> None:
        for index in _indexes():
            table, name, columns = index["table"], index["name"], index["columns"]
            if self._db.dialect not in index.get("engines", ["duckdb", "sqlserver"]):
                continue
            if table not in new and (self._kind(table) != "BASE TABLE" or self._has_index(table, name)):
                continue
            if index["unique"] and table not in new:
                present = {column.name.upper() for column in self._columns(table)}
                self._plan_unique(plan, table, name, columns, present)
            else:
                names = tuple(quoted(column) for column in columns)
                self._plan_index(plan, table, name, names, unique=index["unique"])

    # -- applying ---------------------------------------------------------------------------------------------------

    def apply(self, now: Callable[[], dt.datetime]) -> list[str]:
        """Carry the plan out in one transaction; return what was changed (empty: everything was in place).

        Raises :class:`Unfit`, with nothing changed, where an existing table or view can't be taken over.
        """
        plan = self.plan()
        if plan.problems:
            raise Unfit(plan.problems)
        with self._db.transaction():
            for statement in plan.statements:
                self._db.execute(statement)
            for path in sorted((SQL_FOLDER / "views").glob("*.sql")):
                target = self._target(path.stem)
                if self._db.dialect == "sqlserver":
                    self._db.execute(self._sql.get("migrate/drop_view", target=target))
                self._db.execute(self._sql.get(f"views/{path.stem}", target=target))
            if plan.changes:
                self._db.execute(self._sql.get("migrate/log"), [now(), __version__, "; ".join(plan.changes)])
        return plan.changes


def _indexes() -> list[dict[str, Any]]:
    """Read every index that isn't a table's key."""
    found: list[dict[str, Any]] = read_yaml(SQL_FOLDER / "indexes.yml")
    return found


def _words(kind: str) -> str:
    """Say ``SQL_STORED_PROCEDURE`` as people do; a base table is just a table."""
    return {"BASE TABLE": "table", "LOCAL TEMPORARY": "temporary table"}.get(kind, kind.replace("_", " ").lower())


def migrate(env: Mapping[str, str]) -> Result:
    """Create what is missing; report what was changed, or every reason why it can't be."""
    with open_session(env, create=True) as session:
        try:
            ids = {column.name: column.column_id for column in session.mapping.items}
            changes = Migrator(session.database, session.statements, ids).apply(utc_now)
        except Unfit as unfit:
            return Result(
                "migrate", str(unfit), unfit.exit_code, {"problems": list(unfit.problems)}, lines=list(unfit.problems)
            )
    message = (
        f"{counted(len(changes), 'change')} made; the tables are up to date."
        if changes
        else "The tables are up to date."
    )
    return Result("migrate", message, 0, {"changes": changes}, lines=list(changes))
