"""Print what a command reports: lines or a table for people, one JSON object for programs, one marker line for Kestra.

Text that comes from rows is never printed raw: Kestra reads lines that look like ``::{…}::`` as commands.
"""

from __future__ import annotations

import datetime as dt
import json
import re
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from rich.console import Console
from rich.table import Table as RichTable
from rich.text import Text

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")


def safe(text: object, length: int = 120) -> str:
    """Make row text fit for a terminal or a log: one line, no control characters, no marker, cut to ``length``."""
    line = _CONTROL.sub(" ", str(text)).replace("::", ": :")
    return line if len(line) <= length else line[: length - 1] + "…"


def plain(value: object) -> object:
    """Return a value of a table as JSON and people get it: times with their zone, numbers as such."""
    if isinstance(value, dt.datetime):
        return (value if value.tzinfo else value.replace(tzinfo=dt.UTC)).isoformat()
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    return str(value)


def cell(value: object) -> str:
    """Return the text of a cell of a table; nothing for what isn't there."""
    return "" if value is None else safe(plain(value))


SEVERAL = "several"
"""Stands for the customer of a selection that names none."""
Table = tuple[str, Sequence[str], Sequence[Sequence[object]]]
"""Title, header, rows."""


@dataclass
class Result:
    """What a command reports at its end."""

    command: str
    message: str
    exit_code: int = 0
    data: dict[str, Any] = field(default_factory=dict)
    tables: list[Table] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    """What Monday's answers warned of; they were shown when they came."""

    @property
    def status(self) -> str:
        """Name the exit code: done, failed, usage, or attention."""
        return {0: "done", 1: "failed", 2: "usage", 3: "attention"}[self.exit_code]

    def to_dict(self) -> dict[str, Any]:
        """Return the machine-readable result: the figures, and whatever people are shown."""
        head = {"command": self.command, "status": self.status, "exit_code": self.exit_code, "message": self.message}
        tables = [
            {"title": title, "columns": list(header), "rows": [list(row) for row in rows]}
            for title, header, rows in self.tables
        ]
        return head | self.data | {"tables": tables, "lines": self.lines, "warnings": self.warnings}

    @property
    def figures(self) -> str:
        """Return the single figures of the result in one line; one that isn't named is 0 or not there."""
        named = [
            f"{name.replace('_', ' ')} {value}"
            for name, value in self.data.items()
            if isinstance(value, str | int | float) and value not in ("", 0, self.message)
        ]
        return f"Figures: {', '.join(named)}." if named else ""


class Printer:
    """Print to people or programs, as asked for."""

    def __init__(self, *, as_json: bool, kestra: bool) -> None:
        self._json, self._kestra = as_json, kestra
        self.console = Console(file=sys.stderr if as_json else sys.stdout, highlight=False, soft_wrap=True)

    def show(self, result: Result) -> None:
        """Print the result; with --json the object alone stands on stdout (beside Kestra's line)."""
        if self._json:
            print(json.dumps(result.to_dict(), ensure_ascii=True, default=plain), flush=True)
        else:
            for title, header, rows in result.tables:
                self._table(title, header, rows)
            for line in result.lines:
                self.console.print(Text(safe(line, 400)))
            if result.figures:
                self.console.print(Text(safe(result.figures, 2000), style="dim"))
            style = {0: "green", 1: "red", 2: "red", 3: "yellow"}[result.exit_code]
            self.console.print(Text(safe(result.message, 2000), style=style))
        if self._kestra:
            outputs = {
                name: value for name, value in result.to_dict().items() if isinstance(value, str | int | float | bool)
            }
            numbers = [
                {"name": f"sync.{name}", "type": "counter", "value": value}
                for name, value in outputs.items()
                if isinstance(value, int | float) and not isinstance(value, bool) and name != "exit_code"
            ]
            marker = json.dumps({"outputs": outputs, "metrics": numbers}, ensure_ascii=True)
            print(f"::{marker}::", flush=True)

    def _table(self, title: str, header: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
        if not self.console.is_terminal:
            lines = [[*header], *([cell(each) for each in row] for row in rows)]
            widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
            left = [not all(isinstance(row[at], int | float | Decimal) for row in rows) for at in range(len(header))]
            self.console.print(Text(title))
            for line in lines:
                places = zip(line, widths, left, strict=True)
                padded = (text.ljust(width) if to_left else text.rjust(width) for text, width, to_left in places)
                self.console.print(Text(f"  {' | '.join(padded)}".rstrip()))
            return
        table = RichTable(title=title, title_justify="left", title_style="bold")
        for at, name in enumerate(header):
            numbers = all(isinstance(row[at], int | float | Decimal) for row in rows)
            table.add_column(name, justify="right" if numbers else "left")
        for row in rows:
            table.add_row(*(Text(cell(each)) for each in row))
        self.console.print(table)
