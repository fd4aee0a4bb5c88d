"""Select the staged rows that a push was asked for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Selection:
    """Filters of a push, joined by AND; compared exactly after trimming, in any case."""

    batch: str | None = None
    customer: str | None = None
    po: str | None = None
    aag_season: str | None = None
    customer_season: str | None = None

    @property
    def filters(self) -> dict[str, str]:
        """Return the filters given (the batch is no filter), trimmed."""
        given = {
            "customer": self.customer,
            "po": self.po,
            "aag_season": self.aag_season,
            "customer_season": self.customer_season,
        }
        return {name: value.strip() for name, value in given.items() if value is not None and value.strip()}

    @property
    def targeted(self) -> bool:
        """Return whether a filter was given: such a push is a batch of its own."""
        return bool(self.filters)

    @property
    def names(self) -> tuple[str, ...]:
        """Name the parts that the statements' ``chosen`` macro renders."""
        return (("batch",) if self.batch else ()) + tuple(self.filters)

    @property
    def params(self) -> list[Any]:
        """Return the parameters of ``chosen``, in its order; the customer comes twice (source name, canonical name)."""
        values: list[Any] = [self.batch] if self.batch else []
        for name, value in self.filters.items():
            values += [value, value] if name == "customer" else [value]
        return values
