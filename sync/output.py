"""Print what a command reports: lines or a table for people, one JSON object for programs, one marker line for Kestra.

Text that comes from rows is never printed raw: Kestra reads lines that look like ``::{…}::`` as commands.
"""

import datetime as dt
import json
import re
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from operator import itemgetter
from typing import Any

from rich.console import Console
from rich.table import Table as RichTable
from rich.text import Text

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
Table = tuple[str, Sequence[str], Sequence[Sequence[object]]]
"""Title, header, rows."""


def counted(number: int, one: str, many: str = "", *, form: str = "") -> str:
    """Return ``1 order``, ``2 orders``; ``many`` where an s isn't enough, ``form`` as in a format (``,``: 41,015)."""
    return f"{number:{form}} {either(number, one, many or f'{one}s')}"


def either(number: int, one: str, many: str) -> str:
    """Return the word for one, or for none and several: ``either(held, "is", "are")``."""
    return one if number == 1 else many


def told(*sentences: tuple[object, str]) -> list[str]:
    """Return the sentences whose number, or other reason, there is."""
    return [sentence for reason, sentence in sentences if reason]


def safe(text: object, length: int = 120) -> str:
    """Make row text fit for a terminal or a log: one line, no control characters, no marker, cut to ``length``."""
    line = re.sub(":(?=:)", ": ", _CONTROL.sub(" ", str(text)))
    return line if len(line) <= length else line[: length - 1] + "…"


def plain(value: object) -> object:
    """Return a value of a table as JSON and people get it: times with their zone, numbers as such."""
    if isinstance(value, dt.datetime):
        return (value if value.tzinfo else value.replace(tzinfo=dt.UTC)).isoformat()
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    return str(value)


def to_second(value: object) -> object:
    """Return what a table shows of a value: times to the second."""
    return value.replace(microsecond=0) if isinstance(value, dt.datetime) else value


def tabled(title: str, columns: Mapping[str, str], rows: Sequence[Mapping[str, Any]]) -> Table:
    """Return rows as a table of some of their columns, by the names in the header."""
    return title, tuple(columns), [[SAID.get((at, row[at]), row[at]) for at in columns.values()] for row in rows]


SEVERAL = "several"
"""Stands for the customer of a selection that names none."""
SAID = {
    ("CUSTOMER_NAME", None): SEVERAL,
    ("COMES_AGAIN", 1): "yes",
    ("COMES_AGAIN", 0): "no",
    ("OUTCOME", None): "open",
}
"""Values of columns that people are told in other words."""
EXITS = {0: ("done", "green"), 1: ("failed", "red"), 2: ("usage", "red"), 3: ("attention", "yellow")}
"""Name and colour of each exit code."""


@dataclass
class Result:
    """What a command reports at its end."""

    command: str
    message: str
    exit_code: int = 0
    data: dict[str, Any] = field(default_factory=dict)
    tables: list[Table] = field(default_factory=list)
    """Those without rows are shown to nobody."""
    lines: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    """What Monday's answers warned of; they were shown when they came."""

    @property
    def status(self) -> str:
        """Name the exit code: done, failed, usage, or attention."""
        return EXITS[self.exit_code][0]

    def to_dict(self) -> dict[str, Any]:
        """Return the machine-readable result: the figures, and whatever people are shown."""
        return {
            "command": self.command,
            "status": self.status,
            "exit_code": self.exit_code,
            "message": self.message,
            **self.data,
            "tables": [
                {"title": title, "columns": list(header), "rows": [list(map(to_second, row)) for row in rows]}
                for title, header, rows in self.tables
                if rows
            ],
            "lines": self.lines,
            "warnings": self.warnings,
        }


def show(result: Result, *, as_json: bool = False, kestra: bool = False) -> None:
    """Print the result; with ``as_json`` the object alone stands on stdout (beside Kestra's line)."""
    if as_json:
        print(json.dumps(result.to_dict(), ensure_ascii=True, default=plain), flush=True)
    else:
        console = Console(file=sys.stdout, highlight=False, soft_wrap=True)
        for table in filter(itemgetter(2), result.tables):
            _table(console, *table)
        named = [
            f"{name.replace('_', ' ')} {value}"
            for name, value in result.data.items()
            if isinstance(value, str | int | float) and value not in ("", 0, result.message)
        ]
        # a figure that isn't named is 0 or not there
        for text, length, style in [
            *[(line, 400, "") for line in result.lines],
            (f"Figures: {', '.join(named)}." if named else "", 2000, "dim"),
            (result.message, 2000, EXITS[result.exit_code][1]),
        ]:
            if text:
                console.print(Text(safe(text, length), style=style))
    if kestra:
        outputs = {name: each for name, each in result.to_dict().items() if isinstance(each, str | int | float)}
        metrics = [
            {"name": f"sync.{name}", "type": "counter", "value": value}
            for name, value in outputs.items()
            if not isinstance(value, str | bool) and name != "exit_code"
        ]
        print(f"::{json.dumps({'outputs': outputs, 'metrics': metrics}, ensure_ascii=True)}::", flush=True)


def _table(console: Console, title: str, header: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """Print a table: with rules in a terminal, else in columns that are as wide as their texts."""
    numbers = [all(isinstance(row[at], int | float | Decimal) for row in rows) for at in range(len(header))]
    texts = [["" if each is None else safe(plain(to_second(each))) for each in row] for row in rows]
    if console.is_terminal:
        table = RichTable(title=title, title_justify="left", title_style="bold")
        for name, right in zip(header, numbers, strict=True):
            table.add_column(name, justify="right" if right else "left")
        for line in texts:
            table.add_row(*map(Text, line))
        console.print(table)
        return
    console.print(Text(title))
    widths = [max(map(len, column)) for column in zip(header, *texts, strict=True)]
    for line in ([*header], *texts):
        places = zip(line, widths, numbers, strict=True)
        padded = (text.rjust(width) if right else text.ljust(width) for text, width, right in places)
        console.print(Text(f"  {' | '.join(padded)}".rstrip()))
