"""Render the SQL that this package runs: Jinja under ``sql/``, for one engine, schema and mapping.

``sql/<command>.sql`` holds a command's statements, each a macro; a macro whose name begins with ``_`` is a part of
others. ``sql/tables`` and ``sql/views`` hold a file for each.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from sync.settings import PROJECT_ROOT

SQL_FOLDER = PROJECT_ROOT / "sql"

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
# A macro of a command's file: on one line, or to the line that ends it (one inside another stands on one line).
_MACRO = re.compile(
    r"^\{% macro (\w+)\((?:[^\n]*endmacro -?%\}\n|.*?^\{%-? endmacro -?%\}\n)", re.MULTILINE | re.DOTALL
)


def quoted(name: str) -> str:
    """Return an identifier in ANSI double quotes."""
    return '"' + name.replace('"', '""') + '"'


@lru_cache
def _parts(command: str) -> tuple[str, dict[str, str]]:
    """Return what stands before and between a file's macros, without comments, and the text of each macro."""
    text = (SQL_FOLDER / f"{command}.sql").read_text(encoding="utf-8")
    macros = {found[1]: found[0] for found in _MACRO.finditer(text)}
    return re.sub(r"\{#.*?#\}\n?", "", _MACRO.sub("", text), flags=re.DOTALL), macros


class Statements:
    """Renders the files under ``sql/`` for one engine, schema and mapping."""

    def __init__(
        self, dialect: str, schema: str, *, columns: Sequence[tuple[str, str]], written_once: Sequence[str] = ()
    ) -> None:
        """``columns``: (staged column name, Monday type) of the mapped board columns, in the mapping's order;
        ``written_once``: the names of those that are written at creation only."""
        self._dialect = dialect
        self._jinja = Environment(
            loader=FileSystemLoader(SQL_FOLDER), undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
        )
        types = TYPES[dialect]
        value_types = {"numbers": "decimal", "date": "date"}  # by the type of the board's column; else text
        typed = [(name, types[value_types.get(kind, "text")]) for name, kind in columns]
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
            written_once=frozenset(written_once),
            json_columns=typed,
            **{name: value for name, value in types.items() if name != "key"},
            **{name: f"{quoted(schema)}.{quoted(table)}" for name, table in TABLES.items()},
        )
        self._jinja.globals["q"] = self._jinja.get_template("_macros.sql").module
        self._rendered = lru_cache(maxsize=256)(self._render)
        self._macro = lru_cache(maxsize=None)(self._compile)

    def _render(self, name: str, options: tuple[tuple[str, Any], ...]) -> str:
        if (SQL_FOLDER / f"{name}.sql").is_file():
            return self._jinja.get_template(f"{name}.sql").render(dict(options)).strip()
        return str(self._macro(name)(**dict(options))).strip()

    def _compile(self, name: str) -> Any:
        """Compile a statement with the parts that it calls: a command needs few of its file's, and each costs time."""
        command, _, statement = name.partition("/")
        head, macros = _parts(command)
        wanted = [statement]
        for each in wanted:  # which grows meanwhile
            wanted += [part for part in macros if part not in wanted and f"{part}(" in macros[each]]
        kept = "".join(macros[each] for each in macros if each in wanted)
        return getattr(self._jinja.from_string(head + kept).module, statement)

    def get(self, name: str, /, **options: Any) -> str:
        """Return the text of ``<command>/<statement>``; ``options`` (hashable) are the macro's."""
        return self._rendered(name, tuple(sorted(options.items())))
