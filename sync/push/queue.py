"""Where the next rows come from: sizes of orders just confirmed first, then orders, then the other sizes.

Work is read in windows, so that memory doesn't grow with the number of staged rows.
"""

from __future__ import annotations

import datetime as dt
from collections import deque
from collections.abc import Iterable, Sequence

from sync.push.ledger import Ledger
from sync.push.plan import CREATE, ITEM, SUBITEM, Key
from sync.push.staged import Selection
from sync.settings import WINDOW_ROWS


class WorkQueue:
    """Hands out row keys, level by level, a request's worth at a time."""

    def __init__(
        self,
        ledger: Ledger,
        selection: Selection,
        *,
        cut_off: tuple[dt.date, str] | None,
        limit: int | None,
        skip_subitems: bool,
    ) -> None:
        self._ledger = ledger
        self._selection = selection
        self._cut_off = cut_off
        self._limit = limit
        self._skip_subitems = skip_subitems
        self._orders: set[str] = set()
        self._items: deque[Key] = deque()
        self._items_at = ("", "")
        self._items_over = False
        self._sizes: deque[Key] = deque()
        self._later_sizes: deque[Key] = deque()
        self._sizes_at = ("", "", "")
        self._sizes_over = skip_subitems
        self._tried_again: set[str] = set()
        self._no_creations = False

    @classmethod
    def empty(cls, ledger: Ledger) -> WorkQueue:
        """Return a queue that hands out nothing."""
        queue = cls(ledger, Selection(), cut_off=None, limit=None, skip_subitems=True)
        queue._items_over = True
        return queue

    def next(self, rows: int, level: str | None = None) -> tuple[str, list[Key]] | None:
        """Level and keys of up to ``rows`` rows, of ``level`` if one is named; None: nothing to hand out just now.

        Keys of one hand-out share their kind of change, so that a request that must never be sent twice doesn't hold
        back rows that may.
        """
        if level != ITEM and len(self._sizes) >= rows:
            return SUBITEM, _whole_orders(self._sizes, rows)
        if level != SUBITEM and (keys := self._next_items(rows)):
            return ITEM, keys
        if level != ITEM and self._sizes:  # too few to fill a request, but no order is left
            return SUBITEM, _whole_orders(self._sizes, rows)
        return None

    def next_leftover_sizes(self, rows: int) -> tuple[str, list[Key]] | None:
        """Sizes whose order needs no work itself; asked for when no order is left and none is in flight."""
        if not self._later_sizes and not self._sizes_over:
            found = self._ledger.window_sizes(self._selection, self._sizes_at, WINDOW_ROWS)
            self._sizes_over = len(found) < WINDOW_ROWS
            if found:
                last = found[-1]
                self._sizes_at = (last["BATCH_ID"], last["ORDER_KEY"], last["SIZE_LABEL"])
            self._later_sizes.extend(
                Key(row["ORDER_KEY"], row["SIZE_LABEL"]) for row in found if self._admit(row["ORDER_KEY"])
            )
            if not self._later_sizes and not self._sizes_over:
                return self.next_leftover_sizes(rows)
        if not self._later_sizes:
            return None
        return SUBITEM, _whole_orders(self._later_sizes, rows)

    def confirmed(self, order_keys: Sequence[str]) -> None:
        """Orders that are on the board now: their sizes follow at once."""
        if self._skip_subitems or not order_keys:
            return
        self._sizes.extend(Key(row["ORDER_KEY"], row["SIZE_LABEL"]) for row in self._ledger.sizes_of(order_keys))

    def put_back(self, keys: Iterable[Key]) -> None:
        """Rows to hand out again, first."""
        for key in keys:
            (self._items if key.size_label is None else self._sizes).appendleft(key)

    def skip_creations(self) -> None:
        """The board is full: only changes go on."""
        self._no_creations = True
        self._items = deque(entry for entry in self._items if entry.kind != CREATE)

    def again(self, keys: Iterable[Key]) -> None:
        """Rows whose item is gone from the board: handed out once more, as creations."""
        for key in keys:
            if key.row_key not in self._tried_again:
                self._tried_again.add(key.row_key)
                if key.size_label is None:
                    self._ledger.made_again.add(key.order_key)
                self.put_back([key])

    def _admit(self, order_key: str) -> bool:
        """False where ``--limit`` orders were handed out already."""
        if self._limit is None or order_key in self._orders:
            return True
        if len(self._orders) >= self._limit:
            return False
        self._orders.add(order_key)
        return True

    def _next_items(self, rows: int) -> list[Key]:
        if not self._items and not self._items_over:
            found = self._ledger.window_items(self._selection, self._items_at, WINDOW_ROWS, self._cut_off)
            self._items_over = len(found) < WINDOW_ROWS
            if found:
                self._items_at = (found[-1]["BATCH_ID"], found[-1]["ORDER_KEY"])
            self._items.extend(
                Key(row["ORDER_KEY"], None, row["CHANGE_TYPE"])
                for row in found
                if not (self._no_creations and row["CHANGE_TYPE"] == CREATE) and self._admit(row["ORDER_KEY"])
            )
        if not self._items:
            return []
        creating = self._items[0].kind == CREATE
        taken: list[Key] = []
        others: list[Key] = []
        while self._items and len(taken) < rows:
            key = self._items.popleft()
            (taken if (key.kind == CREATE) == creating else others).append(key)
        self._items.extendleft(reversed(others))
        return taken


def _whole_orders(sizes: deque[Key], rows: int) -> list[Key]:
    """Takes up to ``rows`` sizes, and no part of an order that fits whole into the next request.

    Requests run side by side; the sizes of one order stand on the board in their own order only if one carries them.
    """
    taken = [sizes.popleft() for _ in range(min(rows, len(sizes)))]
    while sizes and taken[0].order_key != taken[-1].order_key == sizes[0].order_key:
        sizes.appendleft(taken.pop())
    return taken
