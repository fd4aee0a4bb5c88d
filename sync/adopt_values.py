"""What an item taken over shows, as the tables keep it: beside the staged order, equal where the board counts it equal.

The models compare the confirmed row with the desired one value by value, to the letter. So a cell that shows the staged
value in the board's way (a label in another case, a number with other zeros) is kept in the staged spelling, and only
what truly differs is staged again.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sync.monday.items import same_value, typed_value
from sync.monday.numbers import plain_number
from sync.monday.resolve import ResolvedColumn

TEXT_LENGTH = {"name": 255, "group": 255}
"""What the tables hold of the texts that aren't unlimited there."""


@dataclass(frozen=True)
class Present:
    """An order as its item shows it: ``values`` by staged column, ``differing`` the pushed ones that aren't as staged.

    ``row_hash`` is that of the values; None where a cell holds what its mapped type can't keep, so that the next build
    stages the order whole.
    """

    values: Mapping[str, Any]
    row_hash: str | None
    differing: tuple[str, ...]


def present_order(
    staged: Mapping[str, Any], texts: Mapping[str, str | None], columns: Sequence[ResolvedColumn]
) -> Present:
    """``texts``: the item's cells by staged column; ``columns``: all mapped ones, in the mapping's order."""
    values: dict[str, Any] = {}
    differing: list[str] = []
    known = True
    for column in columns:
        desired, text = staged[column.name], texts.get(column.name)
        if same_value(column, desired, text):
            values[column.name] = desired
            continue
        if column.write == "always":
            differing.append(column.name)
        try:
            value = typed_value(column, text)
        except ValueError:
            value, known = None, False
        if isinstance(value, str) and column.type in TEXT_LENGTH:
            value = value[: TEXT_LENGTH[column.type]]
        values[column.name] = value
    if not known:
        return Present(values, None, tuple(differing))
    return Present(values, row_hash(values, columns) if differing else staged["ROW_HASH"], tuple(differing))


def row_hash(values: Mapping[str, Any], columns: Sequence[ResolvedColumn]) -> str:
    """The hash that the models make of these values (macros ``hash_text`` and ``sha256_hex``)."""
    hashed = [values[column.name] for column in columns if column.write == "always"]
    text = "".join("|-" if value is None else _canonical(value) + "|;" for value in hashed)
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()


def _canonical(value: Any) -> str:
    if isinstance(value, Decimal | int | float):
        return plain_number(value)
    if isinstance(value, datetime):
        return value.date().isoformat()
    if isinstance(value, date):
        return value.isoformat()
    return str(value).replace("|", "||")
