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
_META = ("config", "meta", "monday")
_KEYS = {"source", "title", "column_id", "type", "write", "create_labels"}


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
    """The mapping in ``directory`` (``models/monday``). Raises ConfigurationError with file and column."""
    files = {path for path in directory.glob("stg_mon_*.yml") if not path.stem.endswith("_unit_tests")}
    items, subitems = directory / ITEMS_FILE, directory / SUBITEMS_FILE
    models = {path: _models(path) for path in sorted(files | {items, subitems})}
    mapped = [
        [model["name"], entry["name"], meta]
        for model in [*models[items], *models[subitems]]
        for entry in _in(model, "columns") or ()
        if isinstance(meta := _in(entry, *_META), dict)
    ]
    text = json.dumps(mapped, sort_keys=True)
    digests = [hashlib.md5(f"{at}{text}".encode(), usedforsecurity=False).hexdigest() for at in (1, 2)]
    staged = {
        str(alias): frozenset(str(entry["name"]) for entry in model["columns"])
        for found in models.values()
        for model in found
        if (alias := _in(model, "config", "alias"))
    }
    return Mapping(_mapped(items, models[items]), _mapped(subitems, models[subitems]), "".join(digests), staged)


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


def _mapped(path: Path, models: list[Any]) -> tuple[MappedColumn, ...]:
    entries = [
        entry for model in models for entry in _in(model, "columns") or () if isinstance(_in(entry, *_META), dict)
    ]
    columns = tuple(_column(path, str(entry.get("name", "")), _in(entry, *_META)) for entry in entries)
    if not columns:
        raise ConfigurationError(f"The mapping {path} maps no column: give its columns config.meta.monday.")
    for what, values in (
        ("name", [column.name for column in columns]),
        ("title", [column.title for column in columns if column.is_column]),
        ("column_id", [column.column_id for column in columns if column.column_id]),
    ):
        double = next((value for value in values if values.count(value) > 1), None)
        if double is not None:
            raise ConfigurationError(f"The mapping {path} has two columns of {what} {double!r}: each may occur once.")
    return columns


def _column(path: Path, name: str, meta: Dictionary[str, Any]) -> MappedColumn:
    kind, write, create_labels = meta.get("type"), meta.get("write"), meta.get("create_labels", False)
    column_id = meta.get("column_id", "name" if kind == "name" else None)
    for wrong, what in (
        (set(meta) - _KEYS, f"config.meta.monday has no {min(set(meta) - _KEYS, default='')!r}"),
        (kind not in TYPES, f"type must be one of {', '.join(TYPES)}"),
        (write not in _WRITES, "write must be always or create_only"),
        (
            create_labels not in ((False, True) if kind in ("dropdown", "status") else (False,)),
            "create_labels must be true or false, and true for dropdown and status only",
        ),
        (kind == "name" and column_id != "name", "the name column has the id name"),
    ):
        if wrong:
            raise ConfigurationError(f"The mapping {path} is wrong at column {name!r}: {what}.")
    return MappedColumn(
        name=name,
        title=str(meta.get("title", name)),
        column_id=None if column_id is None else str(column_id),
        type=str(kind),
        write=str(write),
        create_labels=create_labels,
    )
