"""Compare what an adopted item shows with the staged order, and keep it as the tables do.

The models compare the confirmed row with the desired one value by value, to the letter. So a cell that shows the staged
value in the board's way (a label in another case, a number with other zeros) is kept in the staged spelling, and only
what truly differs is staged again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sync.monday.items import same_value, typed_value
from sync.monday.resolve import ResolvedColumn

OF_NO_ORDER = "0" * 64
"""A hash that no order has: the next build compares value by value, and stages what differs."""
TEXT_LENGTH = {"name": 255, "group": 255}
"""What the tables hold of the texts that aren't unlimited there."""


@dataclass(frozen=True)
class Present:
    """An order as its item shows it: ``values`` by staged column, ``differing`` the pushed ones that aren't as staged.

    ``row_hash`` is the staged one where they are all as staged, else one that no order has. It is None where a cell
    holds what its mapped type can't keep, so that the next build stages the order whole.
    """

    values: Mapping[str, Any]
    row_hash: str | None
    differing: tuple[str, ...]


def present_order(
    staged: Mapping[str, Any], texts: Mapping[str, str | None], columns: Sequence[ResolvedColumn]
) -> Present:
    """Compare. ``texts``: the item's cells by staged column; ``columns``: all mapped ones, in the mapping's order."""
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
    return Present(values, OF_NO_ORDER if differing else staged["ROW_HASH"], tuple(differing))
