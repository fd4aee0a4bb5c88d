"""What a board consists of: columns with their labels, groups, items."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

# Columns that the API refuses to write, whatever the value.
READ_ONLY = frozenset(
    (
        "auto_number board_relation button creation_log dependency formula item_id last_updated mirror subtasks vote"
    ).split()
)
LABELLED = frozenset(("dropdown", "status"))


@dataclass(slots=True)
class Labels:
    """The labels of a status or dropdown column: id to text, in the order of their making."""

    limit: int
    first_id: int = 1
    texts: dict[int, str] = field(default_factory=dict)
    inactive: set[int] = field(default_factory=set)
    _ids: dict[str, int] = field(default_factory=dict)
    _folded: dict[str, int] = field(default_factory=dict)

    def add(self, text: str) -> int:
        """Makes a label and gives its id. Room and length are the caller's to check."""
        ident = max(self.texts, default=self.first_id - 1) + 1
        self.put(ident, text)
        return ident

    def put(self, ident: int, text: str, inactive: bool = False) -> None:
        """Sets the label with this id, as when a state file is read."""
        self.texts[ident] = text
        if inactive:
            self.inactive.add(ident)
            return
        self._ids.setdefault(text, ident)
        self._folded.setdefault(text.casefold(), ident)

    def drop(self, ident: int) -> None:
        """Removes a label: it was made by a write that failed, or a person removed it."""
        text = self.texts.pop(ident)
        self.inactive.discard(ident)
        if self._ids.get(text) == ident:
            del self._ids[text]
        if self._folded.get(text.casefold()) == ident:
            del self._folded[text.casefold()]

    def find(self, text: str, ignore_case: bool) -> int | None:
        """The id of an active label with this text, or None."""
        return self._folded.get(text.casefold()) if ignore_case else self._ids.get(text)

    @property
    def full(self) -> bool:
        """Whether no further label fits."""
        return len(self.texts) >= self.limit


@dataclass(slots=True)
class Column:
    """One column of one board; `settings` holds what is not labels (the boards of a subtasks column, say)."""

    id: str
    title: str
    type: str
    labels: Labels | None = None
    settings: dict[str, Any] = field(default_factory=dict)
    description: str | None = None
    archived: bool = False


@dataclass(slots=True)
class Group:
    """One group. `item_ids` keeps the order of its active items; values are unused (a dict is an ordered set)."""

    id: str
    board_id: int
    title: str
    color: str
    archived: bool = False
    deleted: bool = False
    item_ids: dict[int, None] = field(default_factory=dict)

    @property
    def active(self) -> bool:
        """Whether people see it and items may be put in."""
        return not self.archived and not self.deleted


@dataclass(slots=True)
class Item:
    """One item or subitem. `values` maps column ids to stored values, absent where the cell is empty."""

    id: int
    board_id: int
    group_id: str
    name: str
    values: dict[str, Any]
    created: float
    updated: float
    state: str = "active"
    # Where it stands among the items of its group: a later one stands lower.
    place: int = 0
    parent_id: int | None = None
    subitem_ids: list[int] = field(default_factory=list)
    # What the search by column values holds of this item; None: it was never seen there (see search.py).
    found: dict[str, Any] | None = None


@dataclass(slots=True)
class Board:
    """One board with its columns and groups in display order."""

    id: int
    name: str
    items_limit: int
    columns: dict[str, Column] = field(default_factory=dict)
    groups: dict[str, Group] = field(default_factory=dict)
    active_items: int = 0
    subitem_board_id: int | None = None
    parent_board_id: int | None = None

    def top_group(self) -> Group | None:
        """The first group that is neither archived nor deleted."""
        return next((group for group in self.groups.values() if group.active), None)
