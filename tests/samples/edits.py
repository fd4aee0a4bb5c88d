"""Day two: deterministic edits of a share of the orders, with a manifest of what was changed.

An edit changes what the board shows, never only how a value is spelt. Only orders that can be on the board and that
have their number to themselves are edited, so that what a push has to do follows from the manifest alone.
"""

from __future__ import annotations

import datetime as dt
import random
import unicodedata
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from samples.orders import REQUIRED
from samples.schema import Row, Value, columns, positions, quoted, size_columns
from samples.write import append_rows, default_schema, dialect_of, table_name

Kind = Literal["columns", "quantities", "season", "name", "cancel", "remove"]
KINDS: tuple[Kind, ...] = ("columns", "columns", "columns", "quantities", "quantities", "season", "name", "cancel")
"""What `edit_orders` does unless told otherwise; a kind that stands there more often happens more often."""


@dataclass(frozen=True)
class Edit:
    """One edited order, by its number as the table holds it.

    `columns`: source column -> (value before, value after). `sizes`: size column -> (quantity before, after), positive
    or 0 (no subitem, or one that is to be 0). For a cancelled order, the sizes that fall to 0 on the board although
    the table keeps them; for a removed one, both are empty.
    """

    kind: Kind
    record_uuid: str
    order_number: str
    columns: dict[str, tuple[Value, Value]] = field(default_factory=dict)
    sizes: dict[str, tuple[int, int]] = field(default_factory=dict)


@dataclass(frozen=True)
class Manifest:
    """All edits of one call."""

    edits: tuple[Edit, ...]

    def of(self, *kinds: Kind) -> list[Edit]:
        """The edits of these kinds."""
        return [edit for edit in self.edits if edit.kind in kinds]


def edit_orders(
    connection: Any,
    *,
    seed: int,
    percent: float | None = None,
    count: int | None = None,
    kinds: Sequence[Kind] = KINDS,
    schema: str | None = None,
) -> Manifest:
    """Edit `percent` % of the rows of `ORDERS_UNIFIED` (or `count` rows) and say what was changed.

    The same table and seed give the same edits. Raises `ValueError` where fewer orders can be edited than asked for,
    or where neither or both of the two numbers are given.
    """
    if (percent is None) == (count is None):
        raise ValueError("Give edit_orders either percent or count.")
    table = table_name(schema or default_schema(dialect_of(connection)))
    numbers = _fetch(connection, f'SELECT record_uuid, "AAG ORDER NUMBER" FROM {table}')
    if count is None:
        count = round(len(numbers) * (percent or 0.0) / 100)
    rng = random.Random(f"{seed}:edits")
    shared = Counter(_key(number) for _, number in numbers)
    own = sorted(str(uuid) for uuid, number in numbers if _key(number) and shared[_key(number)] == 1)
    rng.shuffle(own)
    edits: list[Edit] = []
    after: list[Row] = []
    # Not every order with a number of its own can be edited in every way: take them in turn until enough are done.
    for start in range(0, len(own), 500):
        if len(edits) == count:
            break
        for row in _rows(connection, table, own[start : start + 500]):
            if len(edits) == count:
                break
            edited = edit_row(row, kinds[int(rng.random() * len(kinds))], rng)
            if edited is not None:
                edit, new_row = edited
                edits.append(edit)
                if edit.kind != "remove":
                    after.append(new_row)
    if len(edits) < count:
        raise ValueError(f"Only {len(edits)} of the orders to be edited ({count}) can be: make a larger sample.")
    _delete(connection, table, [edit.record_uuid for edit in edits])
    append_rows(connection, after, schema=schema)
    return Manifest(tuple(edits))


def edit_row(row: Row, kind: Kind, rng: random.Random) -> tuple[Edit, Row] | None:
    """One row edited in one way, or None where it cannot be (it is not on the board, cancelled, without quantities)."""
    place = positions()
    if any(is_blank(row[place[column]]) for column in REQUIRED):
        return None
    if kind != "remove" and _text(row[place["ORDER TYPE"]]).upper() == "CANCELLED":
        return None
    new_row = list(row)
    changed: dict[str, tuple[Value, Value]] = {}
    sizes: dict[str, tuple[int, int]] = {}
    if kind == "columns":
        changed = _new_values(rng)
    elif kind == "season":
        changed = {"CUSTOMER SEASON": (None, f"RESORT {2027 + rng.randrange(3)}")}
    elif kind == "name":
        changed = {"CUSTOMER COLOUR DESCRIPTION": (None, rng.choice(("NEW NAVY", "NEW SAND", "NEW ONYX")))}
    elif kind == "cancel":
        changed = {"ORDER TYPE": (None, rng.choice(("CANCELLED", "Cancelled")))}
        sizes = {size: (quantity, 0) for size, quantity in _positive(row).items()}
    elif kind == "quantities":
        sizes = _new_quantities(row, rng)
        if not sizes:
            return None
        for size, (_, quantity) in sizes.items():
            new_row[place[size]] = quantity or None
        changed = {"TOTAL QTY": (None, sum(_positive(new_row).values()))}
    for column, (_, value) in changed.items():
        changed[column] = (row[place[column]], value)
        new_row[place[column]] = value
    changed = {column: pair for column, pair in changed.items() if pair[0] != pair[1]}
    if kind != "remove" and not changed and not sizes:
        return None
    return Edit(kind, str(row[0]), str(row[place["AAG ORDER NUMBER"]]), changed, sizes), new_row


def is_blank(value: Value) -> bool:
    """Whether a spreadsheet cell holds nothing: null, white space, or one of the words that stand for nothing."""
    return _text(value).lower() in ("", "nan", "none", "null")


def _text(value: Value) -> str:
    if value is None:
        return ""
    return "".join(letter for letter in str(value) if unicodedata.category(letter) != "Cc").strip()


def _key(number: Value) -> str:
    return "" if is_blank(number) else _text(number).upper()


def _positive(row: Row) -> dict[str, int]:
    place = positions()
    found = {}
    for size in size_columns():
        quantity = row[place[size]]
        if isinstance(quantity, int) and quantity > 0:
            found[size] = quantity
    return found


def _new_values(rng: random.Random) -> dict[str, tuple[Value, Value]]:
    """One to three columns with values that no sample order has from the start."""
    serial = rng.randrange(10**9)
    values: dict[str, Value] = {
        "DESTINATION": f"DOCK {serial}",
        "NOTES": f"Revised, see revision {serial}",
        "CUSTOMER PRICE": f"{1000 + serial / 10**6:.4f}",
        "EX FACTORY DATE": dt.date(2030, 1, 1) + dt.timedelta(days=serial % 3000),
        "PO NUMBER": f"R-{serial}",
        "DELIVERY TERMS": "DAP REVISED",
    }
    return {column: (None, values[column]) for column in rng.sample(sorted(values), 1 + rng.randrange(3))}


def _new_quantities(row: Row, rng: random.Random) -> dict[str, tuple[int, int]]:
    """Of an order's sizes one changes, one goes, one is new: at least the first of these."""
    place = positions()
    present = _positive(row)
    if not present:
        return {}
    names = list(present)
    rng.shuffle(names)
    sizes = {names[0]: (present[names[0]], present[names[0]] + 1 + rng.randrange(50))}
    if len(names) > 1 and rng.random() < 0.5:
        sizes[names[1]] = (present[names[1]], 0)
    if rng.random() < 0.5:
        free = [size for size in size_columns() if row[place[size]] is None]
        if free:
            sizes[rng.choice(free)] = (0, 1 + rng.randrange(50))
    return sizes


def _fetch(connection: Any, statement: str) -> list[Any]:
    if dialect_of(connection) == "duckdb":
        return list(connection.execute(statement).fetchall())
    cursor = connection.cursor()
    cursor.execute(statement)
    return list(cursor.fetchall())


def _literals(uuids: Sequence[str]) -> str:
    # The ids come from the table itself and are of a type that holds nothing but hexadecimal digits and hyphens.
    return ", ".join(f"'{uuid}'" for uuid in uuids)


def _rows(connection: Any, table: str, uuids: Sequence[str]) -> list[Row]:
    names = ", ".join(quoted(column.name) for column in columns())
    found = _fetch(connection, f"SELECT {names} FROM {table} WHERE record_uuid IN ({_literals(uuids)})")
    by_uuid = {str(row[0]).lower(): [str(row[0]), *row[1:]] for row in found}
    return [by_uuid[uuid.lower()] for uuid in uuids]


def _delete(connection: Any, table: str, uuids: Sequence[str]) -> None:
    for start in range(0, len(uuids), 500):
        statement = f"DELETE FROM {table} WHERE record_uuid IN ({_literals(uuids[start : start + 500])})"
        if dialect_of(connection) == "duckdb":
            connection.execute(statement)
        else:
            connection.cursor().execute(statement)
