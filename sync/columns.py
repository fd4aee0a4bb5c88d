"""Columns as a database describes them, and whether one can hold what is to stand in another. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

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
        """The type as one would write it."""
        if self.type == "NVARCHAR" or (self.type == "VARCHAR" and self.length):
            return f"{self.type}({self.length or 'MAX'})"
        if self.type == "DECIMAL":
            return f"DECIMAL({self.precision}, {self.scale})"
        if self.type == "DATETIME2" and self.time_digits is not None:
            return f"DATETIME2({self.time_digits})"
        return self.type


def read_column(row: Mapping[str, Any]) -> Column:
    """A row of ``migrate/columns``."""
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
    """True where every value of the wanted column fits the present one unchanged."""
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
    """Columns to add, and a sentence for each thing that can't be taken over."""
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
