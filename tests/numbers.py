"""Texts and the numbers that they say (None: none), for everything that reads numbers: models, push and oracle."""

from __future__ import annotations

import csv
from pathlib import Path


def cases() -> list[tuple[str, str | None]]:
    """Each text with its number as a plain decimal."""
    with Path(__file__).with_suffix(".csv").open(encoding="utf-8", newline="") as file:
        return [(record["text"], record["number"] or None) for record in csv.DictReader(file)]
