"""The index behind items_page_by_column_values: matching ignores case, and it lags behind writes when told to.

A write with no lag goes into the index at once. With a lag, the index goes on showing an item as it was until the lag
has passed: each item carries what the search holds of it (`Item.found`), and a queue says when it is due.
Columns are indexed when they are first searched.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from typing import Any

from emulator.model import Board, Column, Item
from emulator.switches import Switches
from emulator.values import label_texts, text_of

Key = tuple[int, str]


def fold(text: str, trim: bool) -> str:
    """The form in which two values that match are equal."""
    return (text.strip() if trim else text).casefold()


def _shown(item: Item) -> dict[str, Any]:
    """What the search holds of an item, as it is now."""
    return {**item.values, "name": item.name, " state": item.state}


class SearchIndex:
    """Finds item ids by column value. `items` gives every item of a board, used when a column is first searched."""

    def __init__(self, lag: float, switches: Switches, items: Callable[[int], Iterable[Item]]) -> None:
        self.lag = lag
        self._switches = switches
        self._items = items
        self._columns: dict[Key, dict[str, dict[int, None]]] = {}
        self._by_board: dict[int, list[Column]] = {}
        self._due: deque[tuple[float, Item, dict[str, Any]]] = deque()

    def _terms(self, column: Column, item: Item) -> list[str]:
        trim = self._switches.search_trims
        found = item.found
        if found is None:
            return []
        if column.id == "name":
            return [fold(str(found["name"]), trim)]
        stored = found.get(column.id)
        if column.type == "dropdown":
            return [fold(text, trim) for text in label_texts(column, stored)] or [""]
        return [fold(text_of(column, stored, self._switches) or "", trim)]

    def _drop(self, item: Item) -> None:
        for column in self._by_board.get(item.board_id, ()):
            index = self._columns[(item.board_id, column.id)]
            for term in self._terms(column, item):
                index.get(term, {}).pop(item.id, None)

    def _put(self, item: Item) -> None:
        for column in self._by_board.get(item.board_id, ()):
            index = self._columns[(item.board_id, column.id)]
            for term in self._terms(column, item):
                index.setdefault(term, {})[item.id] = None

    def _refresh(self, item: Item, shown: dict[str, Any]) -> None:
        self._drop(item)
        item.found = shown
        self._put(item)

    def wrote(self, item: Item, now: float) -> None:
        """An item was made or changed at `now`."""
        if self.lag > 0:
            self._due.append((now + self.lag, item, _shown(item)))
        elif self._by_board.get(item.board_id):
            self._refresh(item, _shown(item))

    def catch_up(self, now: float) -> None:
        """Brings the index to what the search shows at `now`."""
        while self._due and self._due[0][0] <= now:
            _, item, shown = self._due.popleft()
            self._refresh(item, shown)

    def loaded(self, item: Item) -> None:
        """An item came from a state file: the search knows it already."""
        if self.lag > 0:
            item.found = _shown(item)

    def forget_item(self, item: Item) -> None:
        """An item leaves its board."""
        self._drop(item)
        item.found = None

    def forget_column(self, board_id: int, column_id: str) -> None:
        """A column is gone or changed its type: index it anew when next searched."""
        self._columns.pop((board_id, column_id), None)
        self._by_board[board_id] = [each for each in self._by_board.get(board_id, []) if each.id != column_id]

    def find(self, board: Board, column: Column, wanted: list[str | None], now: float) -> set[int]:
        """Ids of the items whose cell in `column` matches one of `wanted` (None and "" match an empty cell)."""
        self.catch_up(now)
        key = (board.id, column.id)
        if key not in self._columns:
            self._build(board, column)
        index = self._columns[key]
        hits: set[int] = set()
        for text in wanted:
            hits.update(index.get(fold(text or "", self._switches.search_trims), ()))
        return hits

    def _build(self, board: Board, column: Column) -> None:
        first = not self._by_board.get(board.id)
        self._by_board.setdefault(board.id, []).append(column)
        index = self._columns[(board.id, column.id)] = {}
        for item in self._items(board.id):
            if self.lag <= 0 and first:
                item.found = _shown(item)
            for term in self._terms(column, item):
                index.setdefault(term, {})[item.id] = None

    def shows(self, item: Item) -> bool:
        """Whether the search still gives this item (archived and deleted ones leave it, see `search_inactive`)."""
        if self._switches.search_inactive == "lag" and item.found is not None:
            return bool(item.found.get(" state") == "active")
        return item.state == "active"


def stored_text(column: Column, item: Item, switches: Switches) -> Any:
    """What a rule of items_page compares: the item's text in `column`."""
    return item.name if column.id == "name" else text_of(column, item.values.get(column.id), switches) or ""
