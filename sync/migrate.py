"""Bring the tables that sync owns up to date: create what is missing, add columns, never drop a column or a row.

The wanted shape of a table is its file under ``sql/tables``. A table that exists already is compared with an empty
twin, column by column and key by key; everything is planned before anything is changed, and carried out in one
transaction, so that a table that doesn't fit stops the command whole.
"""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from sync import __version__
from sync.database import Row
from sync.output import Result, counted, either
from sync.session import SQL_FOLDER, SYNC_TABLES, Session, open_session, quoted, utc_now
from sync.settings import read_yaml

SHOWN = 3  # problems that the message names; the rest is counted there, and listed below it
VIEW = "VW_MON_ActiveBatches"
ORDERS = "MON_CustMasterSchedule"
# Where a row is an order or a size on the board: such a row must have its key.
IDS = {ORDERS: "MONDAY_ITEM_ID", f"{ORDERS}_Subitems": "MONDAY_SUBITEM_ID"}
# Tables of sizes; whether an order has a label once. An earlier version took the names of columns as they were.
SIZES = {f"{ORDERS}_Subitems": True, f"ERR_{ORDERS}_Subitems": False}

_BLANK = re.compile("\r\n|[\t\n\r\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000\u2800\u3164\uffa0]")
_UNSEEN = re.compile(
    "[\x00-\x1f\x7f-\x9f\xad\u034f\u061c\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff\ufff9-\ufffb]"
)


class Migrator:
    """Plans and applies the DDL on one database."""

    def __init__(self, session: Session) -> None:
        self._session, self._db = session, session.database
        self._ids = {column.name: column.column_id for column in session.mapping.items}  # on the board
        self._kinds = {row["NAME"]: row["KIND"] for row in session.query("migrate/objects", [session.database.schema])}
        self._indexes = {
            (row["TABLE_NAME"], row["INDEX_NAME"])
            for row in session.query("migrate/indexes", [session.database.schema])
        }
        self._noted: list[Row] = []  # the names under which columns of the board were staged, the latest first
        self._statements: list[tuple[str, str]] = []  # each with the table whose sizes it renames, or ""
        self.changes: list[str] = []
        self.problems: list[str] = []

    def plan(self) -> None:
        """Plan what has to be done; nothing is changed. ``problems``: why an older table can't be taken over."""
        present = [table for table in SYNC_TABLES if self._kinds.get(table.lower()) == "BASE TABLE"]
        self._db.execute("begin transaction")
        try:  # columns are compared with those of empty twins, which are rolled back again
            for table in present:
                twin = f"{table}__WANTED"
                self._session.execute(f"tables/{table}", target=self._target(twin), name=twin)
            found = self._session.query("migrate/columns", [self._db.schema])
        finally:
            self._db.rollback()
        columns = {table: [row for row in found if row["TABLE_NAME"] == table.lower()] for table in present}
        if (noted := columns.get("MON_BoardColumns")) and all(row["PRESENT"] for row in noted):
            self._noted = self._session.query("migrate/renamed")
        for table in SYNC_TABLES:
            if self._fits(table, "table", "BASE TABLE"):
                self._plan_table(table, columns[table])
            elif table.lower() not in self._kinds:
                self._do(f"created {table}", f"tables/{table}", target=self._target(table), name=table)
        for index in read_yaml(SQL_FOLDER / "indexes.yml"):
            if self._db.dialect in index.get("engines", [self._db.dialect]):
                self._plan_index(index, columns.get(index["table"]))
        self._fits(VIEW, "view", "VIEW")

    def apply(self) -> None:
        """Carry the plan out in one transaction; ``changes``: what was changed (empty: everything was in place)."""
        trimmed: Counter[str] = Counter()
        with self._db.transaction():
            for statement, table in self._statements:
                trimmed[table] += self._db.execute(statement)
            sized = [f"{counted(trimmed[table], 'row')} of {table}" for table in SIZES if trimmed[table]]
            self.changes += [f"trimmed the size labels of {each}" for each in sized]
            self._session.execute("migrate/drop", kind="view", target=self._target(VIEW))
            self._session.execute(f"views/{VIEW}", target=self._target(VIEW))
            if self.changes:
                self._session.execute("migrate/log", [utc_now(), __version__, "; ".join(self.changes)])

    def _target(self, name: str) -> str:
        return f"{quoted(self._db.schema)}.{quoted(name)}"

    def _count(self, name: str, table: str, columns: Sequence[str], **options: Any) -> int:
        options |= {"target": self._target(table), "columns": tuple(map(quoted, columns))}
        return int(*self._session.query(f"migrate/{name}", **options)[0].values())

    def _fits(self, name: str, wanted: str, kind: str) -> bool:
        """Return whether what has this name is what it should be; note it where it is something else."""
        found = self._kinds.get(name.lower(), kind)
        if found != kind:
            words = {"BASE TABLE": "table", "LOCAL TEMPORARY": "temporary table"}.get(found, found.replace("_", " "))
            self.problems.append(f"{name} is to be a {wanted}, and a {words.lower()} has its name.")
        return self._kinds.get(name.lower()) == kind

    def _do(self, change: str | None, statement: str, sizes_of: str = "", /, **options: Any) -> None:
        """Add a statement to the plan, and what is said of it."""
        self._statements.append((self._session.statements.get(statement, **options), sizes_of))
        self.changes += [change] if change else []

    def _plan_table(self, table: str, columns: Sequence[Row]) -> None:
        target, before = self._target(table), len(self.problems)
        for column in columns:
            name, problem = column["COLUMN_NAME"], column["PROBLEM"]
            if (table, name.upper()) == (ORDERS, "FREIGHT") and "VARCHAR" in str(column["PRESENT"]):
                # texts in an earlier version
                self._do(None, "migrate/read_numbers", target=target, column=quoted(name))
                # DuckDB alters no column of a table that has an index: each is made again.
                if self._db.dialect == "duckdb":
                    for index in sorted(each for each in self._indexes if each[0] == table.lower()):
                        self._do(None, "migrate/drop", kind="index", target=self._target(index[1]))
                        self._indexes.remove(index)
                self._do(f"made numbers of {table}.{name}", "migrate/make_number", target=target, column=quoted(name))
            elif problem:
                self.problems.append(f'{table}."{name}" {problem}')
            elif column["PRESENT"] is None:
                # On SQL Server keys compare byte for byte, and so does what is joined to them.
                exact = "NVARCHAR" in column["WANTED"] and (column["KEY_PLACE"] is not None or name == "ORDER_KEY")
                self._do(
                    f"added {table}.{name}",
                    "migrate/add_column",
                    target=target,
                    column=quoted(name),
                    type=column["WANTED"].lower(),
                    key=exact,
                )
            if table == ORDERS and not problem:
                self._plan_renamed(column, columns)
        if len(self.problems) > before:
            return
        names = {column["COLUMN_NAME"].upper() for column in columns if column["PRESENT"] is not None}
        if table in SIZES and names >= {"ORDER_KEY", "SIZE_LABEL"}:
            # Labels that the models write otherwise now (macro trim_text, folded): each such size would be made twice.
            for old in [row["LABEL"] for row in self._session.query("migrate/size_labels", target=target)]:
                new = _UNSEEN.sub("", _BLANK.sub(" ", old)).strip(" ")
                if new not in ("", old):
                    self._do(None, "migrate/fold_size", table, target=target, old=old, new=new, once=SIZES[table])
        self._plan_key(table, columns, names)

    def _plan_renamed(self, column: Row, columns: Sequence[Row]) -> None:
        """Plan to copy the values of a renamed field: the latest name of its column on the board has what that shows.

        A column that exists has had this name before, and what the field was then. Then the new name is the latest.
        """
        name, id_ = column["COLUMN_NAME"], self._ids.get(column["COLUMN_NAME"])
        names = [row["NAME"] for row in self._noted if row["COLUMN_ID"] == id_]
        former = next(iter(names), name)
        present = {each["COLUMN_NAME"] for each in columns if each["PRESENT"] is not None} - set(self._ids)
        if former == name or former not in present or not (column["PRESENT"] is None or name in names):
            return
        options = {"column": quoted(name), "before": quoted(former), "type": column["WANTED"].lower()}
        self._do(f"copied {former} into {name}", "migrate/carry_over", target=self._target(ORDERS), **options)
        self._do(None, "migrate/forget_name", name=name, id=id_)
        self._do(None, "migrate/note_name", name=name, id=id_, former=former)

    def _plan_key(self, table: str, columns: Sequence[Row], present: set[str]) -> None:
        """Plan the primary key of an older table, or a unique index in its place: a row must exist once."""
        places = {row["KEY_PLACE"]: row["COLUMN_NAME"].upper() for row in columns if row["KEY_PLACE"]}
        key = [places[place] for place in sorted(places)]
        primary = {each["COLUMN_NAME"].upper() for each in columns if each["PRESENT_KEY_PLACE"]}
        id_ = IDS.get(table)
        # Without the key column, every row with an id lacks its key.
        known = key if present.issuperset(key) else []
        if id_ in present and (orphans := self._count("without_key", table, known, id=quoted(id_))):
            self.problems.append(
                f"{table} has {counted(orphans, 'row')} with {id_} and without {' and '.join(key)}: fill the key, or"
                f" empty {id_}."
            )
        elif primary and primary < set(key):
            self.problems.append(
                f"{table} has the primary key {', '.join(sorted(primary))}, and we have several rows for one value of"
                " it."
            )
        elif primary != set(key):
            self._plan_index({"table": table, "name": f"UX_{table}_Key", "columns": key, "unique": True}, columns)

    def _plan_index(self, index: Mapping[str, Any], columns: Sequence[Row] | None) -> None:
        """Plan an index, unless the table has it, or existing rows forbid it; ``columns`` None: the table is new."""
        table, name, names = index["table"], index["name"], index["columns"]
        if (
            self._kinds.get(table.lower(), "BASE TABLE") != "BASE TABLE"
            or (table.lower(), name.lower()) in self._indexes
        ):
            return
        present = {each["COLUMN_NAME"].upper() for each in columns or () if each["PRESENT"] is not None}
        # A column yet to be added is null in all rows.
        if index["unique"] and present.issuperset(names) and (repeated := self._count("repeated", table, names)):
            self.problems.append(
                f"{table} has {counted(repeated, 'value')} of {', '.join(names)} in more than one row"
                f"{either(repeated, '', ' each')}: remove the double rows."
            )
        else:
            self._do(
                f"created index {name}",
                "migrate/create_index",
                target=self._target(table),
                name=quoted(name),
                columns=tuple(map(quoted, names)),
                unique=index["unique"],
            )


def migrate(env: Mapping[str, str]) -> Result:
    """Create what is missing; report what was changed, or every reason why it can't be."""
    with open_session(env, create=True) as session:
        migrator = Migrator(session)
        migrator.plan()
        if problems := migrator.problems:
            more = f" … and {len(problems) - SHOWN} more." if len(problems) > SHOWN else ""
            return Result(
                "migrate",
                f"The tables can't be brought up to date, nothing was changed: {' '.join(problems[:SHOWN])}{more} Mend"
                " that by hand, or rename the old table or view, so that a new one is made beside it (`board adopt`"
                " finds its items on the board again).",
                1,
                {"problems": problems},
                lines=problems,
            )
        migrator.apply()
    changes = migrator.changes
    made = f"{counted(len(changes), 'change')} made; the" if changes else "The"
    return Result("migrate", f"{made} tables are up to date.", 0, {"changes": changes}, lines=changes)
