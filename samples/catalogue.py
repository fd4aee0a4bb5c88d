"""What a customer orders: its styles with their colours, its seasons, purchase orders and order numbers."""

from __future__ import annotations

import random
from dataclasses import dataclass

from samples import pools
from samples.customers import Customer, customers
from samples.dirt import Draw, pick
from samples.greyson import PREFIX, PURCHASE_ORDER, SEASON


@dataclass(frozen=True)
class Lines:
    """One customer's range."""

    customer: Customer
    styles: tuple[tuple[str, tuple[str, ...], str], ...]
    aag_seasons: tuple[str, ...]
    customer_seasons: tuple[str, ...]
    spellings: tuple[str, ...]

    def style(self, draw: Draw) -> tuple[str, str, str]:
        """Style, colour and description; the first styles sell best."""
        style, colours, description = self.styles[int(draw() ** 1.6 * len(self.styles))]
        return style, pick(draw, colours), description

    def spelling(self, draw: Draw) -> str:
        """The customer's name as one of its spreadsheets has it."""
        return pick(draw, self.spellings)

    def seasons(self, draw: Draw) -> tuple[str | None, str | None]:
        """AAG season and customer season; either may be missing, both rarely."""
        aag = pick(draw, self.aag_seasons) if draw() > 0.08 else None
        own = pick(draw, self.customer_seasons) if draw() > 0.35 else None
        if own is None and self.customer.prefix == PREFIX and aag == SEASON:
            # That season without one of the customer's own belongs to the fixed case alone.
            own = self.customer_seasons[0]
        return aag, own

    def purchase_order(self, draw: Draw) -> str:
        """A purchase order number in one of the forms that customers use."""
        number = 1000 + int(draw() * 9000)
        if str(number) == PURCHASE_ORDER:
            number += 1
        return pick(draw, (f"{number}", f"{number}-00", f"AB{number}", f"PO {number}", f" {number} "))

    def order_number(self, serial: int) -> str:
        """The order number with this running number."""
        return f"{self.customer.prefix}-{serial:05d}"


class Catalogue:
    """The ranges of all customers, made from the seed. `rows` > 0: styles and colours in proportion to the rows."""

    def __init__(self, seed: int, rows: int) -> None:
        self.seed = seed
        self.rows = rows

    def lines(self, customer: Customer) -> Lines:
        """The range of one customer; independent of every other customer's."""
        rng = random.Random(f"{self.seed}:range:{customer.prefix}")
        draw = rng.random
        place = customers().index(customer)
        # Large customers have more styles. Unless many labels are asked for, all have fewer than 400 together and fewer
        # than 300 colours: a dropdown column takes 500.
        count = max(3, 40 - 3 * place) if not self.rows else max(6, self.rows * customer.rows_per_100000 // 400_000)
        styles = []
        for number in range(count):
            code = f"{customer.prefix[0]}{pick(draw, ('SP', 'WHD', 'WR', 'K', 'M0'))}{customer.prefix[1:]}{number:03d}"
            if draw() < 0.1:
                code += " P"
            description = f"{pick(draw, pools.STYLE_NAMES)} {pick(draw, pools.GARMENTS)}"
            styles.append((code, tuple(self._colour(draw) for _ in range(3 + int(draw() * 4))), description))
        early, late = pick(draw, pools.SEASON_STYLES)
        year = 2025 + int(draw() * 2)
        form = {"year": year, "short": year % 100}
        seasons = {early.format(**form), late.format(**form)}
        if draw() < 0.3:
            seasons.add(pick(draw, ("CORE", "CARRY OVER", "HOLIDAY 25", "PRE-FALL")))
        common = customer.spellings[0]
        return Lines(
            customer,
            tuple(styles),
            tuple(pick(draw, (*pools.AAG_SEASONS, *pools.AAG_QUARTERS)) for _ in range(4)),
            tuple(sorted(seasons)),
            (*(common,) * 4, *customer.spellings),
        )

    def _colour(self, draw: Draw) -> str:
        colour = pick(draw, pools.COLOURS)
        if self.rows:
            return f"{colour} {int(draw() * self.rows / 100):03d}"
        return colour
