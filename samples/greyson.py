"""The case that has to work: GREYSON CLOTHIERS, PO 4755. The same 69 rows whatever the seed."""

from __future__ import annotations

import datetime as dt
import random
import uuid
from collections.abc import Iterator

from samples.schema import Row, Value, columns, positions

FROM_ROWS = 500
"""The case is part of every sample of at least so many rows."""
ROWS = 69
ROWS_WITH_QUANTITIES = 53
CUSTOMER = "GREYSON CLOTHIERS"
PURCHASE_ORDER = "4755"
SEASON = "2025 FALL"
PREFIX = "GRE"

_COLOURS = ("WHITE", "ARCTIC", "417 - MALTESE BLUE", "SHEPHERD", "LIGHT GREY HEATHER")
_SIZES = ("XS", "S", "M", "L", "XL", "2XL", "3XL")
# 53 rows with quantities: 5 sizes each, but for one with 4, one with 3 and one with 6: 264 cells in all.
_COUNTS = (4, 3, 6, 6) + (5,) * (ROWS_WITH_QUANTITIES - 4)


def rows() -> Iterator[Row]:
    """The 69 rows, clean as they came: a real season, a null customer season, order numbers of their own."""
    rng = random.Random("GREYSON CLOTHIERS PO 4755")
    place = positions()
    for number in range(ROWS):
        row: Row = [None] * len(columns())
        row[0] = str(uuid.UUID(int=rng.getrandbits(128), version=4))
        colour = _COLOURS[number % len(_COLOURS)]
        style = f"JWHD{100120 + 10 * (number // len(_COLOURS))}"
        fields: dict[str, Value] = {
            "AAG ORDER NUMBER": f"{PREFIX}-P{PURCHASE_ORDER}-{number + 1:02d}",
            "CUSTOMER NAME": CUSTOMER,
            "ORDER DATE PO RECEIVED": dt.date(2025, 5, 20),
            "AAG SEASON": SEASON,
            "PO NUMBER": PURCHASE_ORDER,
            "CATEGORY": "MENS",
            "CUSTOMER STYLE": style,
            "STYLE DESCRIPTION": "NALLA POLO",
            "CUSTOMER COLOUR DESCRIPTION": colour,
            "UNIT OF MEASURE": "PCE",
            "ORDER TYPE": "ACTIVE",
            "DESTINATION": "MISSISSIPPI",
            "EX FACTORY DATE": dt.date(2025, 9, 26),
            "DELIVERY TERMS": "FOB" if number % 3 else "DDP",
            "NOTES": "ADDED 20.5.25" if number % 4 == 0 else None,
            "CUSTOMER PRICE": f"{18 + rng.randrange(2000) / 100:.2f}",
            "USA ONLY LSTP 75% EX WORKS": "0",
            "FINAL FOB (USD)": "0",
            "HS CODE": "6109.90.10.50",
            "US DUTY": "0",
            "US TARIFF RATE": "TRUE",
        }
        for column, value in fields.items():
            row[place[column]] = value
        # The rows without quantities lie among the others, every fourth until all 16 are placed.
        without = (number + 1) // 4 if number < 4 * (ROWS - ROWS_WITH_QUANTITIES) else ROWS - ROWS_WITH_QUANTITIES
        if number % 4 != 3 or number >= 4 * (ROWS - ROWS_WITH_QUANTITIES):
            wanted = _COUNTS[number - without]
            start = rng.randrange(len(_SIZES) - wanted + 1)
            total = 0
            for size in _SIZES[start : start + wanted]:
                quantity = 2 + rng.randrange(180)
                row[place[size]] = quantity
                total += quantity
            row[place["TOTAL QTY"]] = total
        yield row
