"""Rows that no push takes up as things are: how many, why, and what helps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sync.session import Session
from sync.words import counted, either


@dataclass(frozen=True)
class Aside:
    """What is set aside; of one customer where a push asks for one."""

    orders: int = 0
    sizes: int = 0
    cells: int = 0
    rejected: int = 0
    out_of_scope: int = 0

    @property
    def data(self) -> dict[str, int]:
        """The figures for programs."""
        return {
            "held_orders": self.orders, "held_sizes": self.sizes, "blank_cells": self.cells,
            "rejected_rows": self.rejected, "out_of_scope_rows": self.out_of_scope,
        }  # fmt: skip

    @property
    def sentences(self) -> list[str]:
        """A sentence for each reason."""
        said = []
        if held := self.orders + self.sizes:
            orders = [counted(self.orders, "order")] if self.orders else []
            sizes = [counted(self.sizes, "size")] if self.sizes else []
            said.append(
                f"{' and '.join(orders + sizes)} {either(held, 'is', 'are')} held back by errors: `python -m sync"
                f" status` lists {either(held, 'it', 'them')}; mend the source or the board, or run `python -m sync"
                " retry` and `dbt build`."
            )
        if self.cells:
            said.append(
                f"{counted(self.cells, 'cell')} {either(self.cells, 'stays', 'stay')} blank, for the board can't take"
                f" {either(self.cells, 'its value', 'their values')}: mend the source or the board, or run `python -m"
                " sync retry` and `dbt build`."
            )
        if self.rejected:
            said.append(
                f"{counted(self.rejected, 'source row')} {either(self.rejected, 'is', 'are')} rejected:"
                " STG_MON_RejectedOrders says why; mend the source."
            )
        if self.out_of_scope:
            said.append(
                f"{counted(self.out_of_scope, 'source row')} {either(self.out_of_scope, 'is', 'are')} out of scope,"
                " older than dbt's variable received_from."
            )
        return said


NOTHING_ASIDE = Aside()


def set_aside(session: Session, build: Mapping[str, Any], customers: Sequence[str] = ()) -> Aside:
    """Counts what is set aside, of these customers (canonical names) or of all."""
    params = [*customers] * 3
    rows = {row["KIND"]: row for row in session.query("push/set_aside", params, customers=len(customers))}
    return Aside(
        orders=int(rows["ITEM"]["ROWS_HELD"]), sizes=int(rows["SUBITEM"]["ROWS_HELD"]),
        cells=int(rows["ITEM"]["CELLS_BLANK"]) + int(rows["SUBITEM"]["CELLS_BLANK"]),
        rejected=int(rows["REJECTED"]["ROWS_HELD"]),
        out_of_scope=0 if customers else int(build.get("OUT_OF_SCOPE_ROWS") or 0),
    )  # fmt: skip
