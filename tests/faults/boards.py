"""What a board shows, read from the emulator's state: the last word on what a case left behind."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field

from emulator.config import BOARD_ID
from emulator.model import Board, Item
from emulator.service import Service
from emulator.store import State
from emulator.values import text_of

KEY_COLUMN = "order_key"
_UNSHOWN = {"subtasks", "item_id", "last_updated", "mirror", "formula", "creation_log", "auto_number"}


@dataclass(frozen=True)
class Shown:
    """One item as people see it: name, group, filled cells by column, and its subitems by size."""

    name: str
    group: str
    cells: tuple[tuple[str, str], ...]
    sizes: tuple[tuple[str, str, tuple[tuple[str, str], ...]], ...]


@dataclass
class Seen:
    """A board at one moment: active items by key, sizes by key and label; ids beside them."""

    items: dict[str, list[int]] = field(default_factory=lambda: defaultdict(list))
    sizes: dict[tuple[str, str], list[int]] = field(default_factory=lambda: defaultdict(list))
    shown: dict[int, Shown] = field(default_factory=dict)
    quantities: dict[int, str] = field(default_factory=dict)
    parents: dict[int, int] = field(default_factory=dict)
    groups: dict[str, int] = field(default_factory=dict)
    """How many active groups carry a title (in capitals)."""


def look(service: Service) -> Seen:
    """The board as it is now."""
    seen = Seen()
    with service.lock:
        state = service.state
        board = state.boards[BOARD_ID]
        below = state.boards[board.subitem_board_id or 0]
        for group in board.groups.values():
            if group.active:
                title = group.title.upper()
                seen.groups[title] = seen.groups.get(title, 0) + 1
        for item in state.items.values():
            if item.board_id != BOARD_ID or item.state != "active":
                continue
            key = str(item.values.get(KEY_COLUMN) or "")
            seen.items[key].append(item.id)
            seen.shown[item.id] = _shown(state, board, below, item)
            for each in item.subitem_ids:
                subitem = state.items[each]
                if subitem.state == "active":
                    cells = dict(_cells(state, below, subitem))
                    seen.sizes[key, cells.get("Size", "")].append(each)
                    seen.quantities[each] = cells.get("Order Qty", "")
                    seen.parents[each] = item.id
    return seen


def _shown(state: State, board: Board, below: Board, item: Item) -> Shown:
    active = [state.items[each] for each in item.subitem_ids if state.items[each].state == "active"]
    sizes = []
    for each in active:
        cells = _cells(state, below, each)
        sizes.append((dict(cells).get("Size", ""), each.name, cells))
    return Shown(item.name, board.groups[item.group_id].title, _cells(state, board, item), tuple(sorted(sizes)))


def _cells(state: State, board: Board, item: Item) -> tuple[tuple[str, str], ...]:
    found = []
    for column in board.columns.values():
        if column.type in _UNSHOWN or column.type == "name":
            continue
        text = text_of(column, item.values.get(column.id), state.switches)
        if text:
            # A label exists in one spelling; which of two spellings came first is a matter of chance.
            found.append((column.title, text.upper() if column.type in ("dropdown", "status") else text))
    return tuple(found)
