"""The mapping, read from the YAML of the two staged models: nothing else says which column goes where (DESIGN.md)."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping as Dictionary
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from sync.errors import ConfigurationError
from sync.settings import read_yaml

ITEMS_FILE = "stg_mon_custmasterschedule.yml"
SUBITEMS_FILE = "stg_mon_custmasterschedule_subitems.yml"
TYPES = ("text", "long_text", "numbers", "date", "dropdown", "status", "name", "group")
_WRITES = ("always", "create_only")
_KEYS = {"source", "title", "column_id", "type", "write", "create_labels"}


class MappingError(ConfigurationError):
    """A mapping file is missing or says something that can't be."""


@dataclass(frozen=True)
class MappedColumn:
    """One staged column and where it goes: ``name`` is staged, ``title`` stands on the board."""

    name: str
    title: str
    column_id: str | None
    type: str
    write: str
    create_labels: bool
    source: str | None

    @property
    def is_column(self) -> bool:
        """Whether it is a column of the board; the name and the group of an item are not."""
        return self.type not in ("name", "group")


@dataclass(frozen=True)
class Mapping:
    """The mapped columns of items and of subitems, each in the order of its model."""

    items: tuple[MappedColumn, ...]
    subitems: tuple[MappedColumn, ...]
    hash: str = ""
    """What the macro ``mapping_hash`` makes of it: a build says by this which mapping it was made with."""
    staged: Dictionary[str, frozenset[str]] = field(default_factory=dict)
    """The columns that the models have under the name of each staged table."""


def load_mapping(directory: Path) -> Mapping:
    """The mapping in ``directory`` (``models/monday``). Raises :class:`MappingError` with file and column."""
    files = {path for path in directory.glob("stg_mon_*.yml") if not path.stem.endswith("_unit_tests")}
    items, subitems = directory / ITEMS_FILE, directory / SUBITEMS_FILE
    models = {path: _models(path) for path in sorted(files | {items, subitems})}
    return Mapping(
        _mapped(items, models[items]),
        _mapped(subitems, models[subitems]),
        _hash([*models[items], *models[subitems]]),
        {
            str(model["config"]["alias"]): frozenset(str(entry["name"]) for entry in _list(model, "columns"))
            for found in models.values()
            for model in found
            if isinstance(model.get("config"), dict) and "alias" in model["config"]
        },
    )


def _hash(models: list[Any]) -> str:
    mapped = [
        [model["name"], entry["name"], meta]
        for model in models
        for entry in _list(model, "columns")
        if (meta := _meta(entry)) is not None
    ]
    text = json.dumps(mapped, sort_keys=True)
    return "".join(hashlib.md5(f"{at}{text}".encode(), usedforsecurity=False).hexdigest() for at in (1, 2))


def _models(path: Path) -> list[Any]:
    try:
        content = read_yaml(path)
    except OSError:
        raise MappingError(f"The mapping {path} can't be read: run this in the root of the repository.") from None
    except (yaml.YAMLError, UnicodeDecodeError):
        raise MappingError(f"The mapping {path} is not valid YAML: mend it, or take it from version control.") from None
    return _list(content, "models")


def _mapped(path: Path, models: list[Any]) -> tuple[MappedColumn, ...]:
    found = [_column(path, entry) for model in models for entry in _list(model, "columns")]
    columns = tuple(column for column in found if column is not None)
    if not columns:
        raise MappingError(f"The mapping {path} maps no column: give its columns config.meta.monday.")
    for what, values in (
        ("name", [column.name for column in columns]),
        ("title", [column.title for column in columns if column.is_column]),
        ("column_id", [column.column_id for column in columns if column.column_id]),
    ):
        double = next((value for value in values if values.count(value) > 1), None)
        if double is not None:
            raise MappingError(f"The mapping {path} has two columns of {what} {double!r}: each may occur once.")
    return columns


def _list(content: Any, key: str) -> list[Any]:
    value = content.get(key) if isinstance(content, dict) else None
    return value if isinstance(value, list) else []


def _meta(entry: Any) -> Dictionary[str, Any] | None:
    place = entry
    for key in ("config", "meta", "monday"):
        place = place.get(key) if isinstance(place, dict) else None
    return place if isinstance(place, dict) else None


def _column(path: Path, entry: Any) -> MappedColumn | None:
    meta = _meta(entry)
    if meta is None:
        return None
    name = str(entry.get("name", ""))

    def wrong(what: str) -> MappingError:
        return MappingError(f"The mapping {path} is wrong at column {name!r}: {what}.")

    if unknown := set(meta) - _KEYS:
        raise wrong(f"config.meta.monday has no {sorted(unknown)[0]!r}")
    kind, write = meta.get("type"), meta.get("write")
    create_labels = meta.get("create_labels", False)
    if kind not in TYPES:
        raise wrong(f"type must be one of {', '.join(TYPES)}")
    if write not in _WRITES:
        raise wrong("write must be always or create_only")
    if not isinstance(create_labels, bool) or (create_labels and kind not in ("dropdown", "status")):
        raise wrong("create_labels must be true or false, and true for dropdown and status only")
    if kind == "name" and meta.get("column_id", "name") != "name":
        raise wrong("the name column has the id name")
    column_id = "name" if kind == "name" else meta.get("column_id")
    source = meta.get("source")
    return MappedColumn(
        name=name,
        title=str(meta.get("title", name)),
        column_id=None if column_id is None else str(column_id),
        type=kind,
        write=write,
        create_labels=create_labels,
        source=None if source is None else str(source),
    )
