"""A board as Monday describes it, typed: columns, labels, groups, room, and where the mapped columns stand. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sync.errors import BoardError
from sync.monday.mapping import MappedColumn

LABELLED = ("status", "dropdown")
"""Types of columns whose values are labels."""


class BoardMissing(BoardError):
    """No such board, or the token can't see it."""


@dataclass(frozen=True)
class Label:
    """A label of a status or dropdown column; ``active`` is false for one that was retired but still takes up room."""

    id: str
    text: str
    active: bool = True


@dataclass(frozen=True)
class Column:
    """A column of a board; ``labels_known`` is false where Monday doesn't tell which labels there are."""

    id: str
    title: str
    type: str
    labels: tuple[Label, ...] = ()
    settings: Mapping[str, Any] | None = None
    labels_known: bool = True


@dataclass(frozen=True)
class Group:
    """A group of a board."""

    id: str
    title: str


@dataclass(frozen=True)
class Board:
    """A board; groups and columns in the board's order. Counts are None where Monday doesn't tell."""

    id: int
    name: str
    state: str
    columns: tuple[Column, ...]
    groups: tuple[Group, ...]
    items_count: int | None
    items_limit: int | None
    subitem_board_id: int | None

    @property
    def room(self) -> int | None:
        """How many items may still be created; None where Monday doesn't tell."""
        if self.items_count is None or self.items_limit is None:
            return None
        return max(0, self.items_limit - self.items_count)

    def column(self, column_id: str) -> Column | None:
        """The column of this id."""
        return next((column for column in self.columns if column.id == column_id), None)

    def columns_titled(self, title: str) -> tuple[Column, ...]:
        """The columns of exactly this title, else those of it in any case; blanks around titles don't count."""
        wanted = title.strip()
        exact = tuple(column for column in self.columns if column.title.strip() == wanted)
        return exact or tuple(column for column in self.columns if column.title.strip().casefold() == wanted.casefold())


def without_settings(data: Mapping[str, Any]) -> list[str]:
    """Columns in an answer to ``documents.board_query`` whose settings matter and are not there, or can't be read."""
    boards = [board for board in data.get("boards") or () if isinstance(board, dict)]
    columns = [column for board in boards for column in board.get("columns") or () if isinstance(column, dict)]
    return [
        str(column.get("id"))
        for column in columns
        if column.get("type") in (*LABELLED, "subtasks") and _object(column.get("settings")) is None
    ]


def older_settings(data: Mapping[str, Any]) -> dict[str, Any]:
    """Column id to settings text, in an answer to ``documents.older_settings_query``."""
    boards = [board for board in data.get("boards") or () if isinstance(board, dict)]
    columns = [column for board in boards for column in board.get("columns") or () if isinstance(column, dict)]
    return {str(column.get("id")): column.get("settings_str") for column in columns}


def parse_board(data: Mapping[str, Any], board_id: int, older: Mapping[str, Any] | None = None) -> Board:
    """The board in an answer to ``documents.board_query``. Raises :class:`BoardMissing`.

    ``older``: the settings, as the older field has them, of columns whose own are not there.
    """
    boards = [board for board in data.get("boards") or () if isinstance(board, dict)]
    if not boards:
        raise BoardMissing(
            f"Board {board_id} does not exist, or the token has no access to it: "
            "check MONDAY_BOARD_ID and share the board with the token's user."
        )
    found = boards[0]
    state = str(found.get("state") or "active")
    if state != "active":
        raise BoardMissing(f"Board {board_id} is {state}: restore it, or set MONDAY_BOARD_ID to the one in use.")
    columns = tuple(_column(column, older or {}) for column in found.get("columns") or () if isinstance(column, dict))
    groups = tuple(
        Group(str(group.get("id")), str(group.get("title") or ""))
        for group in found.get("groups") or ()
        if isinstance(group, dict)
    )
    return Board(
        id=int(found.get("id") or board_id),
        name=str(found.get("name") or ""),
        state=state,
        columns=columns,
        groups=groups,
        items_count=_count(found.get("items_count")),
        items_limit=_count(found.get("items_limit")),
        subitem_board_id=_subitem_board(columns),
    )


def _column(entry: Mapping[str, Any], older: Mapping[str, Any]) -> Column:
    column_id = str(entry.get("id"))
    settings = read_settings(entry.get("settings")) or read_settings(older.get(column_id))
    kind = str(entry.get("type") or "unsupported")
    labels = read_labels(settings) if kind in LABELLED else ()
    # Without a list nobody can say that a label isn't there: only Monday can.
    known = kind not in LABELLED or isinstance(settings.get("labels"), (dict, list))
    return Column(column_id, str(entry.get("title") or ""), kind, labels, settings, known)


def _object(value: Any) -> Mapping[str, Any] | None:
    """An object, or JSON text of one; None for anything else."""
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except ValueError:
            return None
    return value if isinstance(value, dict) else None


def read_settings(value: Any) -> Mapping[str, Any]:
    """A column's settings, whether they come as an object or as JSON text (older versions); empty if unreadable."""
    return _object(value) or {}


def read_labels(settings: Mapping[str, Any]) -> tuple[Label, ...]:
    """The labels in a column's settings, of any of the shapes in use, without the blank ones.

    A list of objects (``label`` or ``name``, with an id or index), a list of texts, or an object of id to text; retired
    labels are marked in the list, or named by id beside it.
    """
    listed = settings.get("labels")
    retired = {str(number) for number in _sequence(settings.get("deactivated_labels"))}
    pairs: list[tuple[str, str, bool]] = []
    if isinstance(listed, dict):
        pairs = [(str(number), _label_text(value), True) for number, value in listed.items()]
    for position, entry in enumerate(_sequence(listed)):
        if isinstance(entry, dict):
            number = next((entry[key] for key in ("id", "index") if entry.get(key) is not None), position)
            off = bool(entry.get("is_deactivated") or entry.get("deactivated"))
            pairs.append((str(number), _label_text(entry), not off))
        else:
            pairs.append((str(position), _label_text(entry), True))
    return tuple(Label(number, text, active and number not in retired) for number, text, active in pairs if text)


def _label_text(value: Any) -> str:
    if isinstance(value, dict):
        value = next((value[key] for key in ("label", "name", "text") if value.get(key)), "")
    return value if isinstance(value, str) and value.strip() else ""


def _sequence(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _subitem_board(columns: tuple[Column, ...]) -> int | None:
    """The subitems' board, named in the settings of the subitems column once the board has had a subitem."""
    for column in columns:
        if column.type != "subtasks" or not column.settings:
            continue
        for key in ("boardIds", "board_ids", "boardId", "board_id"):
            value = column.settings.get(key)
            first = value[0] if isinstance(value, list) and value else value
            if isinstance(first, (int, str)) and str(first).isdecimal():
                return int(first)
    return None


def _count(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None


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
