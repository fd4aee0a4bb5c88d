"""The customers of the sample: how many rows each has, how its name is spelt, which sizes it orders in."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cache
from importlib import resources


@dataclass(frozen=True)
class Customer:
    """One customer: prefix of its order numbers, its share, its spellings (commonest first), its size columns."""

    prefix: str
    rows_per_100000: int
    spellings: tuple[str, ...]
    sizes: tuple[str, ...]


@cache
def customers() -> tuple[Customer, ...]:
    """All customers, the largest first, as `data/customers.csv` lists them."""
    text = resources.files("samples").joinpath("data/customers.csv").read_text(encoding="utf-8")
    return tuple(
        Customer(
            record["prefix"],
            int(record["rows_per_100000"]),
            tuple(record["spellings"].split("|")),
            tuple(record["size_columns"].split("|")),
        )
        for record in csv.DictReader(text.splitlines())
    )


def allocate(rows: int, weights: list[int]) -> list[int]:
    """`rows` shared out in proportion to `weights` (largest remainder), so that the sum is exact.

    Nobody is left without a row as long as there are ten rows a customer: the largest gives one.
    """
    total = sum(weights)
    if rows <= 0 or total == 0:
        return [0] * len(weights)
    shares = [rows * weight // total for weight in weights]
    remainders = sorted(range(len(weights)), key=lambda place: (-(rows * weights[place] % total), place))
    for place in remainders[: rows - sum(shares)]:
        shares[place] += 1
    if rows >= 10 * len(weights):
        for place, share in enumerate(shares):
            if share == 0 and weights[place] > 0:
                shares[shares.index(max(shares))] -= 1
                shares[place] = 1
    return shares
