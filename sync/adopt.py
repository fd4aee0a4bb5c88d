"""Take over items that are on the board already: find the staged order of each, and write its id down.

dbt's views say which item of the pulled board stands for which order. Taking over is a single transaction: killed
before its end, nothing has happened; afterwards every id is in the tables, so that no push makes a second item. Only
then keys are written to the board, which can be repeated at will (``push.keys``): a run that finds ids without keys
writes these.
"""

from __future__ import annotations

import datetime as dt
import json
import uuid
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sync.database import Row
from sync.errors import DatabaseError
from sync.session import Session


@dataclass
class Survey:
    """What an adoption would do, or did."""

    figures: Mapping[str, int]
    by_customer: list[Row]
    doubts: list[Row]
    unmatched: list[Row]
    missing_keys: list[Row]
    missing_labels: list[Row]
    orders: list[Row]
    """Orders to take over; ``DIFFERING`` lists the pushed columns that the item doesn't show as staged."""

    @property
    def equal(self) -> int:
        """Count the items that show what is staged."""
        return sum(not row["DIFFERING"] for row in self.orders)

    @property
    def differing(self) -> dict[str, int]:
        """Count by pushed column the items that show something else than is staged."""
        return dict(Counter(name for row in self.orders for name in row["DIFFERING"]))


@dataclass(frozen=True)
class Taken:
    """What was written to the tables; ``held`` orders and sizes are in the hands of another run."""

    orders: int
    sizes: int
    held: int


class Adoption:
    """One adoption of the board as last pulled, on one open database."""

    def __init__(self, session: Session) -> None:
        self._session = session
        for name in ("Items", "Orders", "Sizes"):
            self._execute("take", name=name)

    def _execute(self, name: str, params: Sequence[Any] = (), /, **options: Any) -> int:
        return self._session.database.execute(self._session.statements.get(f"adopt/{name}", **options), params)

    def _query(self, name: str) -> list[Row]:
        return self._session.query(f"adopt/{name}")

    def survey(self) -> Survey:
        """Return what was found."""
        return Survey(
            figures={name: int(value) for name, value in self._query("figures")[0].items()},
            by_customer=self._query("by_customer"),
            doubts=self._query("doubts"),
            unmatched=self._query("unmatched"),
            missing_keys=self._query("missing_keys"),
            missing_labels=self._query("missing_labels"),
            orders=[row | {"DIFFERING": json.loads(row["DIFFERING"])} for row in self._query("orders")],
        )

    def take_over(
        self, now: Callable[[], dt.datetime], *, board_id: int, worker: str, lease: dt.timedelta, batch_id: str
    ) -> Taken:
        """Write ids and present values to the ``MON_*`` tables, all in one transaction.

        The rows are claimed inside it, as a push would: what another run has in hand is left alone. Raises
        DatabaseError, with nothing written, where another run was quicker with the same rows.
        """
        database = self._session.database
        claim = str(uuid.uuid4())
        planned = int(self._query("figures")[0]["TAKEN_ITEMS"])
        try:
            with database.transaction():
                at = now()
                self._execute("claim", [claim, worker, at + lease])
                self._execute("leave_held_orders", [claim])
                self._execute("leave_held_items")
                self._execute("leave_held_sizes", [claim])
                for level, params in (("orders", [board_id, batch_id, at, at]), ("sizes", [batch_id, at, at])):
                    self._execute(f"update_{level}", params)
                    self._execute(f"insert_{level}", params)
                self._execute("release", [claim])
                taken = self._query("figures")[0]
        except Exception as error:
            if database.is_duplicate(error) or database.is_transient(error):
                raise DatabaseError(
                    "Another run wrote the same orders or sizes at the same moment, so nothing was taken over; run"
                    " `python -m sync board adopt --yes` again when it has ended."
                ) from error
            raise
        orders = int(taken["TAKEN_ITEMS"])
        return Taken(orders, int(taken["TAKEN_SIZES"]), held=planned - orders)
