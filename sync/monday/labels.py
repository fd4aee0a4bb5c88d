"""The labels of a board's status and dropdown columns, with those that this run is making.

The first spelling wins: a label matches in any case, and the board's spelling is used. A label that a request in flight
is to make is *held*: later rows use its spelling, but still ask for it to be made, since the first row may yet fail.
Only a confirmed one is taken for there. Coordinator thread only.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from sync.monday.board import Board, Column
from sync.monday.resolve import ResolvedColumn

# API.md, Limits. Retired labels take up room as well.
ROOM = {"dropdown": 500, "status": 40}
LENGTH = {"status": 30}


@dataclass(frozen=True)
class NewLabel:
    """A label that a row needs and the board doesn't have."""

    column_id: str
    text: str


@dataclass
class _Column:
    kind: str
    listed: bool = True  # false: Monday doesn't tell which labels there are
    known: dict[str, str] = field(default_factory=dict)  # by folded text: the board's spelling
    indexes: dict[str, str] = field(default_factory=dict)  # by folded text: the label's id on the board
    retired: set[str] = field(default_factory=set)
    held: dict[str, tuple[str, int]] = field(default_factory=dict)  # by folded text: spelling, rows in flight with it
    used: int = 0

    @property
    def room(self) -> int:
        return max(0, ROOM[self.kind] - self.used - len(self.held))


def unlisted(columns: Iterable[ResolvedColumn], labels: LabelBook) -> list[str]:
    """A sentence for each column that may get no new label while the board doesn't tell which it has. Pure."""
    return [
        f"Monday doesn't tell the labels of column {column.title!r} ({column.column_id}): values are sent as they are,"
        " and Monday judges them."
        for column in columns
        if column.type in ROOM and not column.create_labels and not labels.is_listed(column.column_id)
    ]


def fold(text: str) -> str:
    """``text`` as labels are compared: any case, blanks around it left out."""
    return text.strip().casefold()


class LabelBook:
    """What labels there are, what room is left, and which are on their way."""

    def __init__(self, columns: Iterable[Column] = ()) -> None:
        self._columns: dict[str, _Column] = {}
        for column in columns:
            if column.type in ROOM:
                self._columns[column.id] = self._read(column)

    @classmethod
    def of(cls, *boards: Board) -> LabelBook:
        """The labels of these boards, whose column ids don't collide in practice; the first one met wins."""
        seen: dict[str, Column] = {}
        for board in boards:
            for column in board.columns:
                seen.setdefault(column.id, column)
        return cls(seen.values())

    @staticmethod
    def _read(column: Column) -> _Column:
        book = _Column(column.type, listed=column.labels_known, used=len(column.labels))
        for label in column.labels:
            if label.active:
                book.known.setdefault(fold(label.text), label.text)
                book.indexes.setdefault(fold(label.text), label.id)
            else:
                book.retired.add(fold(label.text))
        return book

    def spelling(self, column_id: str, text: str) -> str | None:
        """How the label is written, on the board or by a row in flight; None for a label that is in neither."""
        column = self._columns.get(column_id)
        if column is None:
            return None
        held = column.held.get(fold(text))
        return column.known.get(fold(text)) or (held[0] if held else None)

    def index(self, column_id: str, text: str) -> int | None:
        """The number of a label that was read from the board, by which a status can be set."""
        found = self._column(column_id).indexes.get(fold(text), "")
        return int(found) if found.isdecimal() else None

    def is_there(self, column_id: str, text: str) -> bool:
        """Whether the board surely has the label, so that it need not be made."""
        column = self._columns.get(column_id)
        return column is not None and fold(text) in column.known

    def is_retired(self, column_id: str, text: str) -> bool:
        """Whether the board has the label, but deactivated."""
        column = self._columns.get(column_id)
        return column is not None and fold(text) in column.retired and fold(text) not in column.known

    def is_listed(self, column_id: str) -> bool:
        """False where the board doesn't tell the column's labels, so that only Monday can judge one."""
        column = self._columns.get(column_id)
        return column is None or column.listed

    def room(self, column_id: str) -> int:
        """How many more labels the column takes."""
        return self._column(column_id).room

    def _column(self, column_id: str) -> _Column:
        """What is known of a column; one that wasn't read (a board of subitems yet to be born) is an empty dropdown."""
        return self._columns.setdefault(column_id, _Column("dropdown"))

    def hold(self, labels: Iterable[NewLabel]) -> None:
        """A row that makes ``labels`` goes into a request."""
        for label in labels:
            column = self._column(label.column_id)
            spelling, rows = column.held.get(fold(label.text), (label.text, 0))
            if fold(label.text) not in column.known:
                column.held[fold(label.text)] = (spelling, rows + 1)

    def confirm(self, labels: Iterable[NewLabel]) -> None:
        """A row that made ``labels`` is done: they are on the board."""
        for label in labels:
            column = self._column(label.column_id)
            spelling, _ = column.held.pop(fold(label.text), (label.text, 0))
            if fold(label.text) not in column.known:
                column.known[fold(label.text)] = spelling
                column.used += 1

    def take_back(self, labels: Iterable[NewLabel]) -> None:
        """A row that was to make ``labels`` surely wasn't done; another row in flight may still make them."""
        for label in labels:
            column = self._column(label.column_id)
            held = column.held.get(fold(label.text))
            if held is None:
                continue
            if held[1] <= 1:
                del column.held[fold(label.text)]
            else:
                column.held[fold(label.text)] = (held[0], held[1] - 1)
