"""Render the SQL that this package runs: Jinja under ``sql/``, for one engine, schema and mapping.

``sql/<command>.sql`` holds a command's statements, each a macro; a macro whose name begins with ``_`` is a part of
others. ``sql/tables`` and ``sql/views`` hold a file for each.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from sync.settings import PROJECT_ROOT

SQL_FOLDER = PROJECT_ROOT / "sql"

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
"""SQL types by engine. A ``key`` compares byte for byte, whatever the collation of the database."""

VALUE_TYPES = {"numbers": "decimal", "date": "date"}
"""SQL type (key of TYPES) of a staged value by its Monday type; everything else is text."""


NAME_LIMIT = 255
"""Characters of a name on the board."""


def _units(size: int) -> int:
    """Return the room for a text in nvarchar's units: a character of a name may take two of them."""
    return 2 * size if size == NAME_LIMIT else size


def quoted(name: str) -> str:
    """Return an identifier in ANSI double quotes."""
    return '"' + name.replace('"', '""') + '"'


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
        self._jinja.globals.update(
            dialect=dialect,
            duckdb=dialect == "duckdb",
            table=lambda name: f"{quoted(schema)}.{quoted(name)}",
            schema=schema,
            quoted=quoted,
            key=types["key"].format,
            short=lambda size: "varchar" if dialect == "duckdb" else f"nvarchar({_units(size)})",
            columns=[(quoted(name), types[VALUE_TYPES.get(kind, "text")], name) for name, kind in columns],
            written_once=frozenset(written_once),
            json_columns=[(name, types[VALUE_TYPES.get(kind, "text")]) for name, kind in columns],
            **{name: value for name, value in types.items() if name != "key"},
        )
        self._rendered = lru_cache(maxsize=256)(self._render)

    def _render(self, name: str, options: tuple[tuple[str, Any], ...]) -> str:
        if (SQL_FOLDER / f"{name}.sql").is_file():
            return self._jinja.get_template(f"{name}.sql").render(dict(options)).strip()
        command, _, statement = name.partition("/")
        macro = getattr(self._jinja.get_template(f"{command}.sql").module, statement)
        return str(macro(**dict(options))).strip()

    def get(self, name: str, /, **options: Any) -> str:
        """Return the text of ``<command>/<statement>``; ``options`` (hashable) are the macro's."""
        return self._rendered(name, tuple(sorted(options.items())))
