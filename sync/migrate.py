"""Brings the tables that sync owns up to date: creates what is missing, adds columns, never drops or retypes.

The wanted shape of a table is its file under ``sql/tables``. A table that exists already is compared with it column by
column; everything is planned before anything is changed, so that a table that doesn't fit stops the command whole.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import yaml

from sync import __version__
from sync.database import Database, Row
from sync.errors import DatabaseError
from sync.statements import SQL_FOLDER, Statements, quoted

_SCRATCH = "__WANTED"
_INTEGERS = {"TINYINT": 3, "SMALLINT": 5, "INT": 10, "INTEGER": 10, "BIGINT": 19, "HUGEINT": 38}
_DECIMAL = re.compile(r"(?:DECIMAL|NUMERIC)\((\d+),\s*(\d+)\)")
_TEXTS = {"VARCHAR", "NVARCHAR", "CHAR", "NCHAR", "TEXT", "NTEXT"}
_TIMES = {"TIMESTAMP", "DATETIME2", "DATETIME", "TIMESTAMP_NS"}
_FLAGS = {"BOOLEAN", "BIT"}


@dataclass
class Plan:
    """What ``migrate`` will do."""

    statements: list[str] = field(default_factory=list)
    changes: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Column:
    """A column as information_schema tells it; ``length`` is None where the text is unlimited."""

    name: str
    type: str
    length: int | None
    precision: int | None
    scale: int | None
    required: bool

    @property
    def declared(self) -> str:
        """The type as one would write it."""
        if self.type in _TEXTS and "(" not in self.type:
            return f"{self.type}({self.length or 'MAX'})" if self.type != "VARCHAR" or self.length else self.type
        if self.type in {"DECIMAL", "NUMERIC"}:
            return f"{self.type}({self.precision}, {self.scale})"
        return self.type


def _column(row: Row) -> Column:
    values = {name.upper(): value for name, value in row.items()}
    length = values["CHARACTER_MAXIMUM_LENGTH"]
    kind = str(values["DATA_TYPE"]).upper()
    decimal = _DECIMAL.fullmatch(kind)
    return Column(
        name=str(values["COLUMN_NAME"]),
        type="DECIMAL" if decimal else kind,
        length=None if length in (None, -1) else int(length),
        precision=int(decimal[1]) if decimal else values["NUMERIC_PRECISION"],
        scale=int(decimal[2]) if decimal else values["NUMERIC_SCALE"],
        required=values["IS_NULLABLE"] == "NO" and values["COLUMN_DEFAULT"] is None,
    )


def holds(present: Column, wanted: Column) -> bool:
    """True where every value of the wanted column fits the present one unchanged."""
    if wanted.type in _TEXTS:
        fits = present.length is None or (wanted.length is not None and present.length >= wanted.length)
        return present.type in _TEXTS and fits
    if wanted.type in _INTEGERS:
        return _INTEGERS.get(present.type, 0) >= _INTEGERS[wanted.type]
    if wanted.type == "DECIMAL":
        whole = (wanted.precision or 0) - (wanted.scale or 0)
        return (
            present.type == "DECIMAL"
            and (present.scale or 0) >= (wanted.scale or 0)
            and (present.precision or 0) - (present.scale or 0) >= whole
        )
    if wanted.type in _TIMES:
        return present.type in _TIMES
    if wanted.type in _FLAGS:
        return present.type in _FLAGS
    return present.type == wanted.type


def compare(table: str, present: Sequence[Column], wanted: Sequence[Column]) -> tuple[list[Column], list[str]]:
    """Columns to add, and sentences on what can't be taken over."""
    here = {column.name.upper(): column for column in present}
    missing, problems = [], []
    for column in wanted:
        old = here.pop(column.name.upper(), None)
        if old is None:
            missing.append(column)
        elif not holds(old, column):
            problems.append(
                f'{table}."{column.name}" is {old.declared} and can\'t hold {column.declared}; change it by hand:'
                f" ALTER TABLE {table} ALTER COLUMN {quoted(column.name)} {column.declared}."
            )
    problems += [
        f'{table}."{column.name}" is not ours, NOT NULL and without a default, so no row could be added; give it a'
        " default or allow NULL."
        for column in here.values()
        if column.required
    ]
    return missing, problems


class Migrator:
    """Plans and applies the DDL on one database."""

    def __init__(self, database: Database, statements: Statements) -> None:
        self._db = database
        self._sql = statements

    def _columns(self, table: str) -> list[Column]:
        rows = self._db.query(
            "select COLUMN_NAME, DATA_TYPE, CHARACTER_MAXIMUM_LENGTH, NUMERIC_PRECISION, NUMERIC_SCALE, IS_NULLABLE,"
            " COLUMN_DEFAULT from INFORMATION_SCHEMA.COLUMNS where lower(TABLE_SCHEMA) = lower(?)"
            " and lower(TABLE_NAME) = lower(?) order by ORDINAL_POSITION",
            [self._db.schema, table],
        )
        return [_column(row) for row in rows]

    def _has_primary_key(self, table: str) -> bool:
        return bool(
            self._db.scalar(
                "select count(*) from INFORMATION_SCHEMA.TABLE_CONSTRAINTS where lower(TABLE_SCHEMA) = lower(?)"
                " and lower(TABLE_NAME) = lower(?) and CONSTRAINT_TYPE = 'PRIMARY KEY'",
                [self._db.schema, table],
            )
        )

    def _has_index(self, table: str, name: str) -> bool:
        if self._db.dialect == "duckdb":
            sql = (
                "select count(*) from duckdb_indexes() where lower(table_name) = lower(?)"
                " and lower(index_name) = lower(?)"
            )
        else:
            sql = "select count(*) from sys.indexes where object_id = object_id(?) and lower(name) = lower(?)"
            table = f"{quoted(self._db.schema)}.{quoted(table)}"
        return bool(self._db.scalar(sql, [table, name]))

    def _target(self, name: str) -> str:
        return f"{quoted(self._db.schema)}.{quoted(name)}"

    def _create(self, table: str, name: str) -> str:
        return self._sql.get(f"tables/{table}", target=self._target(name), name=name)

    def _wanted(self, table: str) -> list[Column]:
        """The columns that the table's file describes, read from an empty table that is rolled back again."""
        scratch = table + _SCRATCH
        self._db.begin()
        try:
            self._db.execute(self._create(table, scratch))
            return self._columns(scratch)
        finally:
            self._db.rollback()

    def _plan_table(self, plan: Plan, table: str) -> bool:
        """Adds the table to the plan; True where it is new."""
        present = self._columns(table)
        if not present:
            plan.statements.append(self._create(table, table))
            plan.changes.append(f"created {table}")
            return True
        missing, problems = compare(table, present, self._wanted(table))
        plan.problems += problems
        verb = "add column" if self._db.dialect == "duckdb" else "add"
        for column in missing:
            collate = self._collation(column)
            plan.statements.append(
                f"alter table {self._target(table)} {verb} {quoted(column.name)} {column.declared.lower()}{collate}"
                + (" null" if self._db.dialect == "sqlserver" else "")
            )
            plan.changes.append(f"added {table}.{column.name}")
        return False

    def _collation(self, column: Column) -> str:
        keys = {"ORDER_KEY", "SIZE_LABEL", "ROW_KEY", "REQUEST_ID", "BATCH_ID", "LEVEL", "ALIAS", "GROUP_ID", "ERR_ID"}
        sqlserver_key = self._db.dialect == "sqlserver" and column.name in keys
        return " collate Latin1_General_100_BIN2" if sqlserver_key else ""

    def _plan_indexes(self, plan: Plan, new: set[str]) -> None:
        for index in yaml.safe_load((SQL_FOLDER / "indexes.yml").read_text(encoding="utf-8")):
            table, name = index["table"], index["name"]
            if self._db.dialect not in index.get("engines", ["duckdb", "sqlserver"]):
                continue
            if index.get("only_without_primary_key") and (table in new or self._has_primary_key(table)):
                continue
            if table not in new and self._has_index(table, name):
                continue
            unique = "unique " if index["unique"] else ""
            where = f" where {index['where']}" if "where" in index and self._db.dialect == "sqlserver" else ""
            columns = ", ".join(quoted(column) for column in index["columns"])
            plan.statements.append(f"create {unique}index {name} on {self._target(table)} ({columns}){where}")
            plan.changes.append(f"created index {name}")

    def plan(self) -> Plan:
        """What has to be done; nothing is changed."""
        plan = Plan()
        tables = sorted(path.stem for path in (SQL_FOLDER / "tables").glob("*.sql"))
        new = {table for table in tables if self._plan_table(plan, table)}
        self._plan_indexes(plan, new)
        return plan

    def apply(self, now: Callable[[], dt.datetime]) -> list[str]:
        """Carries the plan out in one transaction; gives what was changed (empty: everything was in place).

        Raises DatabaseError, with nothing changed, where an existing table can't be taken over.
        """
        plan = self.plan()
        if plan.problems:
            problems = " ".join(plan.problems)
            raise DatabaseError(f"The tables can't be brought up to date, nothing was changed: {problems}")
        with self._db.transaction():
            for statement in plan.statements:
                try:
                    self._db.execute(statement)
                except Exception as error:
                    if self._db.is_duplicate(error):
                        raise DatabaseError(
                            "A unique index can't be made because existing rows repeat a value, nothing was changed:"
                            f" {statement.split(' (')[0]}; remove the double rows first."
                        ) from None
                    raise
            for path in sorted((SQL_FOLDER / "views").glob("*.sql")):
                if self._db.dialect == "sqlserver":
                    self._db.execute(f"drop view if exists {self._target(path.stem)}")
                self._db.execute(self._sql.get(f"views/{path.stem}", target=self._target(path.stem)))
            if plan.changes:
                self._db.execute(
                    f"insert into {self._target('MON_Migrations')} (APPLIED_AT, VERSION, CHANGES) values (?, ?, ?)",
                    [now(), __version__, "; ".join(plan.changes)],
                )
        return plan.changes
