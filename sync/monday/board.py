"""The mapping, read from the YAML of the two staged models, a board as Monday describes it, and the one on the other.

Nothing else says which column goes where.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping as Dictionary
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from sync.errors import BoardError, ConfigurationError
from sync.monday.answers import parse_object
from sync.output import told
from sync.settings import read_yaml

ITEMS_FILE = "stg_mon_custmasterschedule.yml"
SUBITEMS_FILE = "stg_mon_custmasterschedule_subitems.yml"
TYPES = ("text", "long_text", "numbers", "date", "dropdown", "status", "name", "group")
LABELLED = ("status", "dropdown")
# A value of one of these can be written into a column of any other, where it fits.
INTERCHANGEABLE = frozenset({"text", "long_text", "numbers", "dropdown"})
WRITABLE = INTERCHANGEABLE | {"date", "status"}
_KEYS = {"source", "title", "column_id", "type", "write", "create_labels"}
_MAKE = "run `python -m sync board create-columns`"


@dataclass(frozen=True)
class MappedColumn:
    """One staged column and where it goes: ``name`` is staged, ``title`` stands on the board."""

    name: str
    title: str
    column_id: str | None
    type: str
    write: str
    create_labels: bool

    @property
    def is_column(self) -> bool:
        """Whether it is a column of the board; the name and the group of an item are not."""
        return self.type not in ("name", "group")

    def at(self, column_id: str, kind: str) -> ResolvedColumn:
        """It, at its live place.

        Labels may be made unless the mapping forbids it, and of a column that has none by it the mapping can't say.
        """
        return ResolvedColumn(
            self.name,
            self.title,
            column_id,
            kind,
            self.write,
            self.create_labels or (kind == "dropdown" and self.type not in LABELLED),
            self.type,
        )


@dataclass(frozen=True)
class ResolvedColumn(MappedColumn):
    """A mapped column at its live place: ``type`` is the board's, ``mapped_type`` the mapping's."""

    column_id: str
    mapped_type: str


@dataclass(frozen=True)
class Mapping:
    """The mapped columns of items and of subitems, each in the order of its model.

    ``hash`` is what the macro ``mapping_hash`` makes of it: a build says by this which mapping it was made with.
    ``staged``: the columns that the models have under the name of each staged table.
    """

    items: tuple[MappedColumn, ...]
    subitems: tuple[MappedColumn, ...]
    hash: str = ""
    staged: Dictionary[str, frozenset[str]] = field(default_factory=dict)


def load_mapping(directory: Path) -> Mapping:
    """The mapping in ``directory`` (``models/monday``). Raises ConfigurationError with file and column."""
    items, subitems = directory / ITEMS_FILE, directory / SUBITEMS_FILE
    files = {items, subitems, *directory.glob("stg_mon_*.yml")}
    models = {path: _models(path) for path in sorted(files) if not path.stem.endswith("_unit_tests")}
    text = json.dumps([*_mapped(models[items]), *_mapped(models[subitems])], sort_keys=True)
    digests = [hashlib.md5(f"{at}{text}".encode(), usedforsecurity=False).hexdigest() for at in (1, 2)]
    staged = {
        str(alias): frozenset(str(entry["name"]) for entry in model["columns"])
        for found in models.values()
        for model in found
        if (alias := _in(model, "config", "alias"))
    }
    return Mapping(_columns(items, models[items]), _columns(subitems, models[subitems]), "".join(digests), staged)


def _in(content: Any, *keys: str) -> Any:
    """What stands under the keys, one in the other; None where one of them is missing."""
    for key in keys:
        content = content.get(key) if isinstance(content, dict) else None
    return content


def _models(path: Path) -> list[Any]:
    try:
        return _in(read_yaml(path), "models") or []
    except OSError:
        problem = "can't be read: run this in the root of the repository."
    except (yaml.YAMLError, UnicodeDecodeError):
        problem = "is not valid YAML: mend it, or take it from version control."
    raise ConfigurationError(f"The mapping {path} {problem}")


def _mapped(models: list[Any]) -> list[tuple[str, str, dict[str, Any]]]:
    """Model, column and what the column says of the board, for each that is mapped."""
    return [
        (model["name"], str(entry.get("name", "")), meta)
        for model in models
        for entry in _in(model, "columns") or ()
        if isinstance(meta := _in(entry, "config", "meta", "monday"), dict)
    ]


def _columns(path: Path, models: list[Any]) -> tuple[MappedColumn, ...]:
    columns = tuple(_column(path, name, meta) for _, name, meta in _mapped(models))
    if not columns:
        raise ConfigurationError(f"The mapping {path} maps no column: give its columns config.meta.monday.")
    for what, values in (
        ("name", [column.name for column in columns]),
        ("title", [column.title for column in columns if column.is_column]),
        ("column_id", [column.column_id for column in columns if column.column_id]),
    ):
        if double := [value for value in values if values.count(value) > 1]:
            raise ConfigurationError(
                f"The mapping {path} has two columns of {what} {double[0]!r}: each may occur once."
            )
    return columns


def _column(path: Path, name: str, meta: Dictionary[str, Any]) -> MappedColumn:
    kind, write, create_labels = meta.get("type"), meta.get("write"), meta.get("create_labels", False)
    column_id = meta.get("column_id", "name" if kind == "name" else None)
    wrong = told(
        (set(meta) - _KEYS, f"config.meta.monday has no {min(set(meta) - _KEYS, default='')!r}"),
        (kind not in TYPES, f"type must be one of {', '.join(TYPES)}"),
        (write not in ("always", "create_only"), "write must be always or create_only"),
        (
            create_labels not in ((False, True) if kind in LABELLED else (False,)),
            "create_labels must be true or false, and true for dropdown and status only",
        ),
        (kind == "name" and column_id != "name", "the name column has the id name"),
    )
    if wrong:
        raise ConfigurationError(f"The mapping {path} is wrong at column {name!r}: {wrong[0]}.")
    return MappedColumn(
        name,
        str(meta.get("title", name)),
        None if column_id is None else str(column_id),
        str(kind),
        str(write),
        create_labels,
    )


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
    columns: tuple[Column, ...]
    groups: tuple[Group, ...]
    items_count: int | None
    items_limit: int | None
    subitem_board_id: int | None

    @property
    def room(self) -> int | None:
        """How many items may still be created; None where Monday doesn't tell."""
        count, limit = self.items_count, self.items_limit
        return None if count is None or limit is None else max(0, limit - count)


def columns_in(data: Dictionary[str, Any]) -> dict[str, dict[str, Any]]:
    """The columns in an answer to a question about a board, as they are there, by id."""
    return {
        str(column.get("id")): column for board in _objects(data, "boards") for column in _objects(board, "columns")
    }


def has_settings(column: Dictionary[str, Any]) -> bool:
    """False for a column whose settings matter and are not there, or can't be read."""
    return (
        column.get("type") not in (*LABELLED, "subtasks")
        or isinstance(column.get("settings"), dict)
        or bool(_settings(column))
    )


def no_board(board_id: int) -> str:
    """Say that the token finds no such board."""
    return (
        f"Board {board_id} does not exist, or the token has no access to it: check MONDAY_BOARD_ID and share the board"
        " with the token's user."
    )


def parse_board(data: Dictionary[str, Any], board_id: int) -> Board:
    """The board in an answer to ``documents.board_query``. Raises BoardError where there is none to be used."""
    found = next(iter(_objects(data, "boards")), None)
    if found is None:
        raise BoardError(no_board(board_id))
    if (state := found.get("state") or "active") != "active":
        raise BoardError(f"Board {board_id} is {state}: restore it, or set MONDAY_BOARD_ID to the one in use.")
    columns, named = [], []
    for id_, entry in columns_in({"boards": [found]}).items():
        settings, kind = _settings(entry), str(entry.get("type") or "unsupported")
        labels = read_labels(settings) if kind in LABELLED else ()
        # Without a list nobody can say that a label isn't there: only Monday can.
        known = kind not in LABELLED or isinstance(settings.get("labels"), (dict, list))
        columns.append(Column(id_, str(entry.get("title") or ""), kind, labels, known))
        # the subitems' board is named in the settings of the subitems column once the board has had a subitem
        keys = ("boardIds", "board_ids", "boardId", "board_id") if kind == "subtasks" else ()
        named += [settings[key] for key in keys if settings.get(key)]
    ids = [str(each[0] if isinstance(each, list) else each) for each in named]
    counts = map(found.get, ("items_count", "items_limit"))
    items_count, items_limit = (n if isinstance(n, int) and not isinstance(n, bool) else None for n in counts)
    return Board(
        int(found.get("id") or board_id),
        str(found.get("name") or ""),
        tuple(columns),
        tuple(Group(str(group.get("id")), str(group.get("title") or "")) for group in _objects(found, "groups")),
        items_count,
        items_limit,
        next((int(id_) for id_ in ids if id_.isdecimal()), None),
    )


def _objects(parent: Dictionary[str, Any], name: str) -> list[dict[str, Any]]:
    return [each for each in parent.get(name) or () if isinstance(each, dict)]


def _settings(column: Dictionary[str, Any]) -> Dictionary[str, Any]:
    """A column's settings, whether they come as an object or as JSON text (older versions); empty if unreadable."""
    value = column.get("settings")
    return value if isinstance(value, dict) else parse_object(str(value))


def read_labels(settings: Dictionary[str, Any]) -> tuple[Label, ...]:
    """The labels in a column's settings, of any of the shapes in use, without the blank ones.

    A list of objects (``label`` or ``name``, with an id or index), a list of texts, or an object of id to text; retired
    labels are marked in the list, or named by id beside it.
    """
    listed, retired = settings.get("labels"), settings.get("deactivated_labels")
    off = {str(number) for number in retired} if isinstance(retired, list) else set()
    entries = listed.items() if isinstance(listed, dict) else enumerate(listed) if isinstance(listed, list) else ()
    labels = []
    for place, entry in entries:
        label = entry if isinstance(entry, dict) else {"label": entry}
        number = str(next((label[key] for key in ("id", "index") if label.get(key) is not None), place))
        text = next((label[key] for key in ("label", "name", "text") if label.get(key)), "")
        if isinstance(text, str) and text.strip():
            off_too = label.get("is_deactivated") or label.get("deactivated")
            labels.append(Label(number, text, active=not off_too and number not in off))
    return tuple(labels)


@dataclass
class Resolution:
    """Resolved columns in mapping order; sentences about what stops a push and what was followed; what is missing."""

    columns: list[ResolvedColumn] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    notices: list[str] = field(default_factory=list)
    missing: list[MappedColumn] = field(default_factory=list)


def resolve(columns: Sequence[MappedColumn], board: Board, *, reading: bool = False) -> Resolution:
    """Each of ``columns`` at its place on ``board``.

    With ``reading`` a status column is followed like a dropdown: its text can be read, though it isn't written.
    """
    found, taken = Resolution(), dict[str, str]()
    by_id = {column.id: column for column in reversed(board.columns)}
    # An id that still stands is nobody else's: a title may lead only to a column that no other mapped id claims.
    claimed = {column.column_id: column.name for column in columns if column.column_id in by_id}
    followed = INTERCHANGEABLE | {"status"} if reading else INTERCHANGEABLE
    for mapped in columns:
        if not mapped.is_column:
            found.columns.append(mapped.at(mapped.column_id or "", mapped.type))
            continue
        standing = by_id.get(mapped.column_id or "")
        candidates = [standing] if standing else _titled(mapped, board, claimed)
        if not candidates:
            found.missing.append(mapped)
            found.problems.append(f"Column {mapped.title!r} ({mapped.type}) is missing on board {board.id}: {_MAKE}.")
            continue
        live = candidates[0]
        named = f"Column {live.title!r} ({live.id})"
        fits = mapped.type == live.type or {mapped.type, live.type} <= followed
        away = "delete" if standing else "rename"  # one that the mapping knows by its id is found under any name
        wrong = told(
            (
                len(candidates) > 1,
                f"Column {mapped.title!r} ({mapped.column_id or 'no id'}) is gone from board {board.id} and several"
                f" columns have its title ({', '.join(column.id for column in candidates)}): put the right id in the"
                " mapping, or rename the others.",
            ),
            (
                live.id in taken,
                f"Columns {taken.get(live.id)} and {mapped.name} both lead to the board's column {live.title!r}"
                f" ({live.id}): give each its own column_id in the mapping.",
            ),
            (
                not fits and live.type in WRITABLE,
                f"{named} is of type {live.type} on the board where {mapped.type} is mapped, and values can't follow"
                f" that change: change it back, or {away} it and {_MAKE}.",
            ),
            (not fits, f"{named} became {live.type}, which can't be written: {away} it on the board and {_MAKE}."),
        )
        if wrong:
            found.problems.append(wrong[0])
            continue
        taken[live.id] = mapped.name
        moved = mapped.column_id and live.id != mapped.column_id
        retitled = not moved and live.title.strip().casefold() != mapped.title.strip().casefold()
        at = f"Column {mapped.title!r}"
        found.notices += told(
            (moved, f"{at} has the id {live.id} instead of {mapped.column_id}: found by its title."),
            (retitled, f"{at} ({live.id}) is titled {live.title!r} now: followed by its id."),
            (
                live.type != mapped.type,
                f"{at} ({live.id}) is of type {live.type} instead of {mapped.type}: values are written as that, where"
                " they fit.",
            ),
        )
        found.columns.append(mapped.at(live.id, live.type))
    return found


def _titled(mapped: MappedColumn, board: Board, claimed: Dictionary[str, str]) -> list[Column]:
    """The columns that ``mapped`` may mean by its title, the fittest kind only.

    Of titles those that are equal come first, then those in any case; blanks around them don't count.
    """
    wanted = mapped.title.strip()
    in_any_case = [column for column in board.columns if column.title.strip().casefold() == wanted.casefold()]
    exact = [column for column in in_any_case if column.title.strip() == wanted]
    titled = [column for column in exact or in_any_case if claimed.get(column.id, mapped.name) == mapped.name]
    fittest = ([column for column in titled if column.type in kinds] for kinds in ({mapped.type}, WRITABLE))
    return next(filter(None, fittest), titled)
