"""Odd rows: every value that the cleaning rules speak about, and what lies at their edges. For two engines to agree on.

`odd_orders(n)` gives each oddity on a row of its own first, then rows with two or three oddities at once.
"""

from __future__ import annotations

import random
import uuid
from collections.abc import Iterator
from functools import cache
from typing import NamedTuple

from samples.schema import Row, Value, columns, positions
from tests.samples.odd_values import (
    CUSTOMERS,
    DATES,
    LENGTHS,
    NOTHING,
    NUMBERS,
    ORDER_NUMBERS,
    ORDER_TYPES,
    PLAIN,
    QUANTITIES,
    SHARED,
    SOMETHING,
    TRUE_RATES,
)


class Oddity(NamedTuple):
    """One odd thing: its name, and the cells that it changes in a plain row."""

    name: str
    cells: dict[str, Value]


REQUIRED = ("AAG ORDER NUMBER", "CUSTOMER NAME", "CUSTOMER STYLE", "CUSTOMER COLOUR DESCRIPTION")
NUMBER_COLUMNS = ("CUSTOMER PRICE", "EX WORKS (USD)", "DISCOUNT", "US DUTY RATE", "DDP US (USD)")


@cache
def oddities() -> tuple[Oddity, ...]:
    """Every oddity but those that take several rows of one number."""
    return tuple(_oddities())


def _oddities() -> Iterator[Oddity]:
    for at, nothing in enumerate(NOTHING):
        yield Oddity(f"nothing {at} in texts", {"NOTES": nothing, "DESTINATION": nothing, "CUSTOMER PRICE": nothing})
        yield Oddity(f"nothing {at} in seasons", {"CUSTOMER SEASON": nothing, "HS CODE": nothing})
        yield Oddity(f"nothing {at} in a required column", {REQUIRED[at % 4]: nothing})
    for at, something in enumerate(SOMETHING):
        yield Oddity(f"text {at}", {"DESTINATION": something, "PO NUMBER": something, "HANDLING": something})
        yield Oddity(f"long text {at}", {"NOTES": something, "STYLE DESCRIPTION": something})
        yield Oddity(f"season {at}", {"CUSTOMER SEASON": something})
        yield Oddity(f"style {at}", {"CUSTOMER STYLE": something})
    for at, number in enumerate(NUMBERS):
        yield Oddity(f"number {at}", {NUMBER_COLUMNS[at % len(NUMBER_COLUMNS)]: number, "FX CHARGE": number})
    for rate in TRUE_RATES:
        yield Oddity(f"tariff rate {rate!r}", {"US TARIFF RATE": rate, "US TARIFF": rate, "US DUTY RATE": rate})
    for order_type in ORDER_TYPES:
        yield Oddity(f"order type {order_type!r}", {"ORDER TYPE": order_type})
    for at, customer in enumerate(CUSTOMERS):
        yield Oddity(f"customer {at}", {"CUSTOMER NAME": customer})
    for at, number in enumerate(ORDER_NUMBERS):
        yield Oddity(f"order number {at}", {"AAG ORDER NUMBER": number})
    for date in DATES:
        yield Oddity(f"date {date}", {"ORDER DATE PO RECEIVED": date, "EX FACTORY DATE": date})
    for at, cells in enumerate(QUANTITIES):
        yield Oddity(f"quantities {at}", cells)
    for at, cells in enumerate(LENGTHS):
        yield Oddity(f"length {at}", cells)
    yield Oddity("no season at all", {"AAG SEASON": None, "CUSTOMER SEASON": "null"})
    yield Oddity("nothing required", dict.fromkeys(REQUIRED))


def odd_orders(rows: int, seed: int = 1) -> list[Row]:
    """`rows` odd rows, no two alike but for the rows that are meant to be: the same for the same two numbers.

    The first ones are the oddities one by one, then the shared numbers, then combinations.
    """
    rng = random.Random(f"{seed}:odd")
    made = [_row(rng, f"ODD-{at:05d}", oddity.cells) for at, oddity in enumerate(oddities())]
    for number, variants in SHARED:
        made += [_row(rng, number, cells) for cells in variants]
    alone = [oddity for oddity in oddities() if "AAG ORDER NUMBER" not in oddity.cells]
    while len(made) < rows:
        cells: dict[str, Value] = {}
        for oddity in rng.sample(alone, rng.choice((2, 2, 3))):
            cells |= oddity.cells
        # A tenth of the combinations share their number with the one before.
        serial = len(made) - (len(made) % 10 == 0)
        made.append(_row(rng, f"ODC-{serial:05d}", cells))
    return made[:rows]


def _row(rng: random.Random, number: str, cells: dict[str, Value]) -> Row:
    place = positions()
    row: Row = [None] * len(columns())
    row[0] = str(uuid.UUID(int=rng.getrandbits(128), version=4))
    for column, value in ({"AAG ORDER NUMBER": number} | PLAIN | cells).items():
        row[place[column]] = value
    return row
