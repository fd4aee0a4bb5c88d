"""Where each mapped column stands on the board of today (RULES.md, Fields). Pure.

Column ids drift: an id that is gone is looked up by its title; a type that changed among those that can carry the value
is followed; anything else is a problem, found before the first write.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sync.monday.board import Board, Column
from sync.monday.mapping import MappedColumn

# A value of one of these can be written into a column of any other, where it fits.
INTERCHANGEABLE = frozenset({"text", "long_text", "numbers", "dropdown"})
WRITABLE = INTERCHANGEABLE | {"date", "status"}
_MAKE = "run `python -m sync board create-columns`"


@dataclass(frozen=True)
class ResolvedColumn:
    """A mapped column at its live place: ``type`` is the board's, ``mapped_type`` the mapping's."""

    name: str
    title: str
    column_id: str
    type: str
    mapped_type: str
    write: str
    create_labels: bool


@dataclass(frozen=True)
class Resolution:
    """Resolved columns in mapping order; sentences about what stops a push and what was followed; what is missing."""

    columns: tuple[ResolvedColumn, ...]
    problems: tuple[str, ...]
    notices: tuple[str, ...]
    missing: tuple[MappedColumn, ...]

    @property
    def by_name(self) -> dict[str, ResolvedColumn]:
        """Resolved columns by staged name."""
        return {column.name: column for column in self.columns}


def resolve(columns: Sequence[MappedColumn], board: Board, *, reading: bool = False) -> Resolution:
    """Each of ``columns`` at its place on ``board``.

    With ``reading`` a status column is followed like a dropdown: its text can be read, though it isn't written.
    """
    resolved: list[ResolvedColumn] = []
    problems: list[str] = []
    notices: list[str] = []
    missing: list[MappedColumn] = []
    taken: dict[str, str] = {}
    # An id that still stands is nobody else's: a title may lead only to a column that no other mapped id claims.
    claimed = {
        column.column_id: column.name for column in columns if column.column_id and board.column(column.column_id)
    }
    for mapped in columns:
        if not mapped.is_column:
            resolved.append(_resolved(mapped, mapped.column_id or "", mapped.type))
            continue
        candidates = _candidates(mapped, board, claimed)
        if len(candidates) != 1:
            problems.append(_none_or_several(mapped, board, candidates))
            missing.extend([] if candidates else [mapped])
            continue
        live = candidates[0]
        if live.id in taken:
            problems.append(
                f"Columns {taken[live.id]} and {mapped.name} both lead to the board's column {live.title!r} "
                f"({live.id}): give each its own column_id in the mapping."
            )
            continue
        if not _follows(mapped.type, live.type, reading=reading):
            problems.append(_unfit(mapped, live))
            continue
        taken[live.id] = mapped.name
        notices.extend(_notices(mapped, live))
        resolved.append(_resolved(mapped, live.id, live.type))
    return Resolution(tuple(resolved), tuple(problems), tuple(notices), tuple(missing))


def _resolved(mapped: MappedColumn, column_id: str, kind: str) -> ResolvedColumn:
    # Labels may be made unless the mapping forbids it, and of a column that has none by it the mapping can't say.
    labels = mapped.create_labels or (kind == "dropdown" and mapped.type not in ("dropdown", "status"))
    return ResolvedColumn(mapped.name, mapped.title, column_id, kind, mapped.type, mapped.write, labels)


def _candidates(mapped: MappedColumn, board: Board, claimed: dict[str, str]) -> list[Column]:
    """The columns that ``mapped`` may mean: that of its id, else those of its title, the fittest kind only."""
    if mapped.column_id and (by_id := board.column(mapped.column_id)):
        return [by_id]
    titled = [
        column for column in board.columns_titled(mapped.title) if claimed.get(column.id, mapped.name) == mapped.name
    ]
    same_type = [column for column in titled if column.type == mapped.type]
    return same_type or [column for column in titled if column.type in WRITABLE] or titled


def _none_or_several(mapped: MappedColumn, board: Board, candidates: Sequence[Column]) -> str:
    if not candidates:
        return f"Column {mapped.title!r} ({mapped.type}) is missing on board {board.id}: {_MAKE}."
    ids = ", ".join(column.id for column in candidates)
    return (
        f"Column {mapped.title!r} ({mapped.column_id or 'no id'}) is gone from board {board.id} and several columns "
        f"have its title ({ids}): put the right id in the mapping, or rename the others."
    )


def _follows(mapped: str, live: str, *, reading: bool) -> bool:
    if mapped == live:
        return True
    followed = INTERCHANGEABLE | {"status"} if reading else INTERCHANGEABLE
    return mapped in followed and live in followed


def _unfit(mapped: MappedColumn, live: Column) -> str:
    if live.type in WRITABLE:
        return (
            f"Column {live.title!r} ({live.id}) is of type {live.type} on the board where {mapped.type} is mapped, and "
            f"values can't follow that change: change it back, or rename it and {_MAKE}."
        )
    return (
        f"Column {live.title!r} ({live.id}) became {live.type}, which can't be written: "
        f"rename it on the board and {_MAKE}."
    )


def _notices(mapped: MappedColumn, live: Column) -> list[str]:
    notices = []
    if mapped.column_id and live.id != mapped.column_id:
        notices.append(
            f"Column {mapped.title!r} has the id {live.id} instead of {mapped.column_id}: found by its title."
        )
    elif live.title.strip().casefold() != mapped.title.strip().casefold():
        notices.append(f"Column {mapped.title!r} ({live.id}) is titled {live.title!r} now: followed by its id.")
    if live.type != mapped.type:
        notices.append(
            f"Column {mapped.title!r} ({live.id}) is of type {live.type} instead of {mapped.type}: "
            "values are written as that, where they fit."
        )
    return notices
