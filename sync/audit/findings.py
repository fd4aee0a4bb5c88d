"""Report what an audit found: counts, the first rows of each class, all of them as a CSV file."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO

from sync.audit import Tables
from sync.database import Row
from sync.errors import UsageError
from sync.output import Table
from sync.settings import WINDOW_ROWS

CLASSES = ("missing", "double", "differing", "archived", "unknown")
"""What board and database disagree in."""
OTHERS = ("pending", "edited")
"""What is told, and doesn't count: rows under way, and cells that are written once and belong to people then."""
COLUMNS = (
    "CLASS",
    "LEVEL",
    "ORDER_KEY",
    "SIZE_LABEL",
    "MONDAY_ID",
    "COLUMN_NAME",
    "CONFIRMED",
    "ON_BOARD",
    "NOTE",
    "CUSTOMER",
)
_TITLES = {
    "missing": "Missing on the board",
    "double": "Double on the board",
    "differing": "Differing",
    "archived": "On the board, though archived",
    "unknown": "Unknown to the database",
    "pending": "Pending",
    "edited": "Edited by people, which they may",
}


@dataclass(frozen=True)
class Counts:
    """Findings by class and level; ``ours`` counts those that concern an order of ours."""

    by_class: Mapping[str, Mapping[str, int]]
    ours: Mapping[str, int]

    def of(self, name: str) -> int:
        """Count the findings of a class, items and subitems together."""
        return sum(self.by_class.get(name, {}).values())

    def disagree(self, *, ignore_unknown: bool) -> int:
        """Count the findings in which board and database disagree; unknown items of others can be left out."""
        return sum(
            self.ours.get(name, 0) if name == "unknown" and ignore_unknown else self.of(name) for name in CLASSES
        )

    def to_dict(self) -> dict[str, int]:
        """Return flat figures: ``missing``, ``missing_items``, ``missing_subitems`` and so on."""
        flat: dict[str, int] = {}
        for name in (*CLASSES, *OTHERS):
            levels = self.by_class.get(name, {})
            flat |= {name: self.of(name), f"{name}_items": levels.get("ITEM", 0)}
            flat[f"{name}_subitems"] = levels.get("SUBITEM", 0)
        return flat


def count(tables: Tables) -> Counts:
    """Count the findings."""
    by_class: dict[str, dict[str, int]] = {}
    ours: dict[str, int] = {}
    for row in tables.rows("counts"):
        by_class.setdefault(row["CLASS"], {})[row["LEVEL"]] = int(row["FINDINGS"])
        ours[row["CLASS"]] = ours.get(row["CLASS"], 0) + int(row["OURS"])
    return Counts(by_class, ours)


def listed(tables: Tables, limit: int) -> dict[str, list[Row]]:
    """Return the first ``limit`` findings of each class."""
    tables.run("report")
    found = {}
    for name in (*CLASSES, *OTHERS):
        rows = tables.rows("listed", [0, name], rows=limit, one_class=True)
        found[name] = [{column: row[column] for column in COLUMNS} for row in rows]
    return found


def as_tables(rows: Mapping[str, Sequence[Row]], counts: Counts) -> list[Table]:
    """Return the findings as tables for people, the total in the title where not all are shown."""
    shown: list[Table] = []
    for name, found in rows.items():
        if not found:
            continue
        total = counts.of(name)
        title = f"{_TITLES[name]}: {total}" + (f", the first {len(found)}" if total > len(found) else "")
        if name in ("differing", "edited"):
            header: tuple[str, ...] = ("order", "size", "id", "column", "confirmed", "board")
            lines = [_line(row, "COLUMN_NAME", "CONFIRMED", "ON_BOARD") for row in found]
        else:
            header = ("order", "size", "id", "name", "what")
            lines = [(*_line(row), row["ON_BOARD"] or row["CONFIRMED"] or "", row["NOTE"] or "") for row in found]
        shown.append((title, header, lines))
    return shown


def _line(row: Row, *columns: str) -> tuple[Any, ...]:
    return (
        row["ORDER_KEY"] or "",
        row["SIZE_LABEL"] or "",
        row["MONDAY_ID"],
        *("" if row[column] is None else row[column] for column in columns),
    )


def open_csv(path: str | None) -> TextIO | None:
    """Open the file to write to, before the board is read. Raises UsageError where it can't be."""
    if path is None:
        return None
    try:
        return Path(path).open("w", encoding="utf-8", newline="")
    except OSError as error:
        raise UsageError(f"The file {Path(path).name} can't be written ({error.strerror}): name another.") from None


def write_csv(tables: Tables, file: TextIO) -> None:
    """Write all findings, window by window; what a spreadsheet would take for a formula gets an apostrophe in front."""
    with file:
        writer = csv.writer(file)
        writer.writerow(COLUMNS)
        for row in _all(tables):
            writer.writerow([_harmless(row[column]) for column in COLUMNS])


def _all(tables: Tables) -> Iterator[Row]:
    after = 0
    while rows := tables.rows("listed", [after], rows=WINDOW_ROWS, one_class=False):
        after = rows[-1]["N"]
        yield from rows


def _harmless(value: object) -> object:
    if isinstance(value, str) and value[:1] in ("=", "@", "+", "-", "\t", "\r"):
        return f"'{value}"
    return value
