"""Where the next rows come from: orders and the sizes of those just confirmed, then the other sizes.

Work is read in windows, so that memory doesn't grow with the number of staged rows.
"""

from __future__ import annotations

import datetime as dt
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from sync.push.ledger import Ledger
from sync.push.plan import CREATE, ITEM, SUBITEM, Key, to_json
from sync.push.staged import Selection
from sync.settings import WINDOW_ROWS


class WorkQueue:
    """Hands out row keys, level by level, a request's worth at a time."""

    def __init__(
        self,
        ledger: Ledger,
        selection: Selection,
        *,
        cut_off: tuple[dt.date, str] | None = None,
        limit: int | None = None,
        skip_subitems: bool = False,
    ) -> None:
        self._ledger, self._selection, self._limit = ledger, selection, limit
        self._skip_subitems, self._no_creations = skip_subitems, False
        self._orders: set[str] = set()
        self._made_again: set[str] = set()
        room = [cut_off[0], cut_off[0], cut_off[1]] if cut_off else []
        self._item_windows = self._windows("push/window_items", 2, room, limited=cut_off is not None)
        self._size_windows: Iterator[list[Key]] = (
            iter(()) if skip_subitems else self._windows("push/window_sizes", 3, [])
        )
        self._items: deque[Key] = deque()
        self._sizes: deque[Key] = deque()

    @classmethod
    def empty(cls, ledger: Ledger) -> WorkQueue:
        """Return a queue that hands out nothing."""
        queue = cls(ledger, Selection(), skip_subitems=True)
        queue._item_windows = iter(())
        return queue

    def _windows(self, statement: str, key_parts: int, room: Sequence[Any], **options: Any) -> Iterator[list[Key]]:
        """Yield the rows that need work, a window at a time, each after the last one's batch and key."""
        after = [""] * key_parts
        whole = True
        while whole:
            # a key of several parts is compared as a > ? or (a = ? and b > ?) …
            place = [part for end in range(1, key_parts + 1) for part in after[:end]]
            params = [*self._selection.params, *room, *place]
            found = self._ledger.query(statement, params, selection=self._selection.names, rows=WINDOW_ROWS, **options)
            whole = len(found) == WINDOW_ROWS
            if found:
                after = [found[-1][name] for name in ("BATCH_ID", "ORDER_KEY", "SIZE_LABEL")[:key_parts]]
            yield [
                Key(row["ORDER_KEY"], row.get("SIZE_LABEL"), row.get("CHANGE_TYPE", ""))
                for row in found
                if not (self._no_creations and row.get("CHANGE_TYPE") == CREATE) and self._admit(row["ORDER_KEY"])
            ]

    def _admit(self, order_key: str) -> bool:
        """Return False where ``--limit`` orders were handed out already."""
        if self._limit is None or order_key in self._orders:
            return True
        if len(self._orders) >= self._limit:
            return False
        self._orders.add(order_key)
        return True

    def next(self, rows: int, level: str | None = None) -> tuple[str, list[Key]] | None:
        """Return level and keys of up to ``rows`` rows, of ``level`` if one is named; None: nothing to hand out now.

        Keys of one hand-out share their kind of change, so that a request that must never be sent twice doesn't hold
        back rows that may. Sizes wait until they fill a request, or no order is left.
        """
        if level != ITEM and len(self._sizes) >= rows:
            return SUBITEM, self._whole_orders(rows)
        if level != SUBITEM and _filled(self._items, self._item_windows):
            return ITEM, self._alike(rows)
        if level != ITEM and _filled(self._sizes, self._size_windows):
            return SUBITEM, self._whole_orders(rows)
        return None

    def confirmed(self, order_keys: Sequence[str]) -> None:
        """Note that orders are on the board now: their sizes follow."""
        again = self._ledger.made_again
        for made_again in (False, True):
            keys = [{"ORDER_KEY": key} for key in order_keys if (key in again) is made_again]
            if keys and not self._skip_subitems:
                found = self._ledger.query("push/sizes_of_orders", [to_json(keys)], made_again=made_again)
                self._sizes.extend(Key(row["ORDER_KEY"], row["SIZE_LABEL"]) for row in found)

    def put_back(self, keys: Iterable[Key]) -> None:
        """Hand rows out again, first."""
        for key in keys:
            (self._items if key.size_label is None else self._sizes).appendleft(key)

    def skip_creations(self) -> None:
        """Let only changes go on: the board is full."""
        self._no_creations = True
        self._items = deque(key for key in self._items if key.kind != CREATE)

    def make_again(self, keys: Iterable[Key]) -> None:
        """Hand rows whose item is gone from the board out once more, as creations."""
        for key in keys:
            if key.row_key not in self._made_again:
                self._made_again.add(key.row_key)
                if key.size_label is None:
                    self._ledger.made_again.add(key.order_key)
                self.put_back([key])

    def _alike(self, rows: int) -> list[Key]:
        creating = self._items[0].kind == CREATE
        taken: list[Key] = []
        others: list[Key] = []
        while self._items and len(taken) < rows:
            key = self._items.popleft()
            (taken if (key.kind == CREATE) == creating else others).append(key)
        self._items.extendleft(reversed(others))
        return taken

    def _whole_orders(self, rows: int) -> list[Key]:
        """Take up to ``rows`` sizes, of whole orders: one that doesn't fit any more begins the next request.

        Requests run side by side; the sizes of one order stand on the board in their own order only if one carries
        them.
        """
        sizes, taken, later = self._sizes, list[Key](), list[Key]()
        while sizes and len(taken) < rows and len(later) < rows:
            order = [sizes.popleft()]
            while sizes and sizes[0].order_key == order[0].order_key:
                order.append(sizes.popleft())
            room = rows - len(taken) if not taken or len(order) <= rows - len(taken) else 0
            taken += order[:room]
            later += order[room:]
        sizes.extendleft(reversed(later))
        return taken


def _filled(keys: deque[Key], windows: Iterator[list[Key]]) -> bool:
    while not keys:
        window = next(windows, None)
        if window is None:
            return False
        keys.extend(window)
    return True
