"""Sample orders, row by row: `orders(rows, seed)` gives the same rows for the same two numbers, on any machine."""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Iterator

from samples import greyson, pools
from samples.catalogue import Catalogue, Lines
from samples.customers import allocate, customers
from samples.dirt import BLANKS, Draw, money, pick, rate, untidy
from samples.schema import Row, Value, columns, positions, size_columns

FIRST_DAY = dt.date(2024, 11, 4)
MONEY_TOPS = {
    "CUSTOMER PRICE": 90.0,
    "USA ONLY LSTP 75% EX WORKS": 40.0,
    "EX WORKS (USD)": 45.0,
    "ADMINISTRATION FEE": 1.0,
    "DESIGN FEE": 2.0,
    "FX CHARGE": 0.8,
    "PNP": 0.5,
    "SURCHARGE FEE": 3.0,
    "DISCOUNT": 4.0,
    "FINAL FOB (USD)": 60.0,
    "US DUTY": 9.0,
    "US TARIFF": 6.0,
    "DDP US (USD)": 80.0,
    "UK FREIGHT": 2.0,
    "UK DUTY": 6.0,
    "DDP UK (USD)": 85.0,
    "CAN DUTY": 6.0,
    "DDP CAN (USD)": 82.0,
    "SMS PRICE USD": 120.0,
}
REQUIRED = ("AAG ORDER NUMBER", "CUSTOMER NAME", "CUSTOMER STYLE", "CUSTOMER COLOUR DESCRIPTION")
RATES = ("US DUTY RATE", "UK DUTY RATE", "CAN DUTY RATE")
US_TARIFF_RATES = ("TRUE", "TRUE", "TRUE", "True", "true", " TRUE ", "10%", "0.1", "30 %", "0")
# Upstream leaves one text column among the sizes' neighbours and many columns of codes; a pool for each that is filled.
POOLS: tuple[tuple[str, float, tuple[str, ...]], ...] = (
    # column, share of rows left blank, what the others hold
    ("DROP", 0.4, pools.DROPS),
    ("MONTH", 0.3, pools.MONTHS),
    ("RANGE / COLLECTION", 0.6, pools.RANGES),
    ("PROMO GROUP / CAMPAIGN (HOT 30/GLOBAL EDIT", 0.8, pools.PROMOS),
    ("MAKE OR BUY", 0.5, ("MAKE", "BUY")),
    ("FACILITY CODE", 0.5, pools.CODES),
    ("ITEM TYPE CODE", 0.7, pools.CODES),
    ("PRODUCT GROUP CODE", 0.7, pools.CODES),
    ("GENDER GROUP CODE", 0.7, pools.CODES),
    ("INFOR COLOUR CODE", 0.6, pools.CODES),
    ("CATEGORY", 0.05, pools.CATEGORIES),
    ("UNIT OF MEASURE", 0.03, pools.UNITS),
    ("DESTINATION", 0.15, pools.DESTINATIONS),
    ("DESTINATION WAREHOUSE", 0.6, pools.WAREHOUSES),
    ("ALLOCATION (CHANNEL)", 0.6, pools.CHANNELS),
    ("DELIVERY TERMS", 0.1, pools.TERMS),
    ("PLANNED DELIVERY METHOD", 0.3, pools.METHODS),
    ("HS CODE", 0.25, pools.HS_CODES),
    ("FINAL PRICES Y/N", 0.5, pools.YES_NO),
    ("NOTES FOR PRICE", 0.85, pools.PRICE_NOTES),
    ("Warehouse", 0.8, pools.WAREHOUSES),
    ("US TARIFF RATE", 0.2, US_TARIFF_RATES),
    ("HANDLING", 0.5, ("0.15", "0.2", "incl.", "0")),
    # A number or nothing: on some boards this text column is a column of numbers.
    ("FREIGHT", 0.5, ("0.85", "1.2", "0", "2")),
    ("BUAR (BUSINESS AREA UNIT)", 0.7, pools.CODES),
)


def orders(rows: int, seed: int, *, many_labels: bool = False) -> Iterator[Row]:
    """Yield `rows` rows, customer after customer as a load of one spreadsheet after another leaves them.

    From 500 rows on, the case of GREYSON CLOTHIERS PO 4755 is among them. `many_labels` lets the number of styles and
    colours grow with `rows`, as the real table does, beyond what dropdown columns can hold.
    """
    people = customers()
    shares = allocate(rows, [customer.rows_per_100000 for customer in people])
    if rows >= greyson.FROM_ROWS:
        _make_room(shares, [customer.prefix for customer in people].index(greyson.PREFIX))
    catalogue = Catalogue(seed, rows if many_labels else 0)
    pool_of = _pools(random.Random(f"{seed}:pools").random)
    for customer, share in zip(people, shares, strict=True):
        block = catalogue.lines(customer)
        own = share
        if customer.prefix == greyson.PREFIX and rows >= greyson.FROM_ROWS:
            yield from greyson.rows()
            own -= greyson.ROWS
        writer = _Block(random.Random(f"{seed}:{customer.prefix}"), block, pool_of)
        yield from writer.rows(own, lacking=REQUIRED if rows >= greyson.FROM_ROWS and customer is people[0] else ())


def _pools(draw: Draw) -> dict[str, list[str | None]]:
    """What each pooled column is drawn from: its values and its blanks in the right proportion, drawn at once."""
    made: dict[str, list[str | None]] = {
        name: [pick(draw, pool) if draw() >= blank else pick(draw, BLANKS) for _ in range(600)]
        for name, blank, pool in POOLS
    }
    for name, top in MONEY_TOPS.items():
        made[name] = [money(draw, top) if draw() < 0.45 else None for _ in range(2000)]
    for name in RATES:
        made[name] = [rate(draw) if draw() < 0.5 else None for _ in range(600)]
    return made


def _make_room(shares: list[int], place: int) -> None:
    """Give the customer of the fixed case at least its rows, at the cost of the largest others."""
    while shares[place] < greyson.ROWS:
        others = [other for other in range(len(shares)) if other != place]
        largest = max(others, key=lambda other: shares[other])
        shares[largest] -= 1
        shares[place] += 1


class _Block:
    """Writes the rows of one customer."""

    def __init__(self, rng: random.Random, lines: Lines, pool_of: dict[str, list[str | None]]) -> None:
        self.rng = rng
        self.draw: Draw = rng.random
        self.lines = lines
        self.place = positions()
        self.first_size = self.place[size_columns()[0]]
        self.sizes = [self.place[size] for size in lines.customer.sizes]
        self.pools = [(self.place[name], pool, len(pool)) for name, pool in pool_of.items()]
        self.serial = 0
        self.number = ""
        self.purchase_order = ""
        self.season: tuple[str | None, str | None] = (None, None)

    def rows(self, count: int, lacking: tuple[str, ...]) -> Iterator[Row]:
        """Yield `count` rows, of which the first ones lack the columns `lacking`, one each."""
        previous: Row | None = None
        for at, column in zip(range(count), lacking, strict=False):
            row = self._row(shares_number=False)
            self._set(row, column, BLANKS[-1 - at * 4])
            yield row
        for _ in range(count - len(lacking)):
            chance = self.draw()
            if previous is not None and chance < 0.003:
                row = [self._uuid(), *previous[1:]]
            else:
                row = self._row(shares_number=previous is not None and chance < 0.035)
            previous = row
            yield row

    def _uuid(self) -> str:
        digits = f"{self.rng.getrandbits(128):032x}"
        return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-a{digits[17:20]}-{digits[20:]}"

    def _row(self, *, shares_number: bool) -> Row:
        draw = self.draw
        row: Row = [None] * len(columns())
        row[0] = self._uuid()
        if draw() < 0.06 or not self.purchase_order:
            self.purchase_order = self.lines.purchase_order(draw)
            self.season = self.lines.seasons(draw)
        if not shares_number:
            self.serial += 1
            self.number = self.lines.order_number(self.serial)
            if draw() < 0.001:
                self.number += pick(draw, ("#A", "#2", "#"))
        style, colour, description = self.lines.style(draw)
        aag_season, customer_season = self.season
        self._set(row, "AAG ORDER NUMBER", untidy(draw, self.number))
        self._set(row, "CUSTOMER NAME", untidy(draw, self.lines.spelling(draw)))
        self._set(row, "CUSTOMER STYLE", untidy(draw, style))
        self._set(row, "CUSTOMER COLOUR DESCRIPTION", untidy(draw, colour))
        self._set(row, "STYLE DESCRIPTION", untidy(draw, description))
        self._set(row, "AAG SEASON", untidy(draw, aag_season) if aag_season else pick(draw, BLANKS))
        self._set(row, "CUSTOMER SEASON", untidy(draw, customer_season) if customer_season else pick(draw, BLANKS))
        self._set(row, "PO NUMBER", self.purchase_order if draw() < 0.97 else pick(draw, BLANKS))
        self._set(row, "CUSTOMER ALT PO", f"ALT-{int(draw() * 900)}" if draw() < 0.1 else pick(draw, BLANKS))
        self._set(row, "PATTERN ID", f"PT{int(draw() * 4000):04d}" if draw() < 0.3 else pick(draw, BLANKS))
        self._set(row, "ALIAS/RELATED ITEM", f"{style}-R" if draw() < 0.08 else pick(draw, BLANKS))
        for at, pool, size in self.pools:
            row[at] = pool[int(draw() * size)]
        self._set(row, "NOTES", self._note())
        self._dates(row)
        self._quantities(row)
        if draw() < 0.0015:
            row[self.place[pick(draw, REQUIRED)]] = pick(draw, BLANKS)
        return row

    def _set(self, row: Row, column: str, value: Value) -> None:
        row[self.place[column]] = value

    def _note(self) -> str | None:
        draw = self.draw
        chance = draw()
        if chance < 0.12:
            return pick(draw, pools.NOTES)
        if chance < 0.13:
            return pools.LONG_PHRASE * (2 + int(draw() * 30))
        return pick(draw, BLANKS) if chance < 0.5 else None

    def _dates(self, row: Row) -> None:
        draw = self.draw
        received = FIRST_DAY + dt.timedelta(days=int(draw() * 600))
        if draw() > 0.05:
            self._set(row, "ORDER DATE PO RECEIVED", received)
        if draw() > 0.15:
            self._set(row, "EX FACTORY DATE", received + dt.timedelta(days=60 + int(draw() * 120)))
        if draw() > 0.45:
            self._set(row, "ETA CUSTOMER WAREHOUSE DATE", received + dt.timedelta(days=120 + int(draw() * 120)))

    def _quantities(self, row: Row) -> None:
        """Order type, sizes and total: a third without a quantity, the others with about five neighbouring sizes."""
        draw = self.draw
        cancelled = draw() < 0.06
        order_types = pools.ORDER_TYPES_CANCELLED if cancelled else pools.ORDER_TYPES_OPEN
        self._set(row, "ORDER TYPE", pick(draw, order_types) if draw() > 0.01 else pick(draw, BLANKS))
        if draw() < 1 / 3:
            self._set(row, "TOTAL QTY", None if draw() < 0.6 else 0)
            return
        wanted = min(2 + int(draw() * 7), len(self.sizes))
        start = int(draw() * (len(self.sizes) - wanted + 1))
        total = 0
        for at in self.sizes[start : start + wanted]:
            quantity = 1 + int(draw() ** 3 * 400)
            if draw() < 0.002:
                quantity = -1 - int(draw() * 5)
            row[at] = quantity
            total += quantity
        if draw() < 0.1:
            outside = int(draw() * len(self.sizes))
            if row[self.sizes[outside]] is None:
                row[self.sizes[outside]] = 0
        self._set(row, "TOTAL QTY", total if draw() > 0.015 else total + 1 + int(draw() * 20))
        self._set(row, "Sum of TOTAL QTY", total)
