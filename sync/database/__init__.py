"""Connect to the database of dbt's current target: a DuckDB file (the default), or SQL Server (production)."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml
from jinja2 import StrictUndefined, TemplateError
from jinja2.nativetypes import NativeEnvironment
from jinja2.sandbox import SandboxedEnvironment

from sync.database.base import Database, Row
from sync.errors import ConfigurationError
from sync.settings import PROJECT_ROOT, read_yaml

__all__ = ["Database", "Row", "connect", "read_profile"]


def connect(env: Mapping[str, str], *, create: bool = False, read_only: bool = False, copy: bool = False) -> Database:
    """Open the database of dbt's current target.

    ``create`` lets a DuckDB file come into being; ``read_only`` opens it for reading; ``copy`` reads a copy of it where
    another process holds it, with the file of the orders beside it, which a view may read.
    Raises DatabaseError or ConfigurationError with one sentence that says what to do.
    """
    profile = read_profile(env)
    kind = profile.get("type")
    if kind == "duckdb":
        from sync.database.duckdb import DuckDBDatabase

        database = DuckDBDatabase(profile, create=create, read_only=read_only, copy=copy)
        if copy:
            database.attach_orders(env.get("ORDERS_SOURCE", "").strip())
        return database
    if kind == "sqlserver":
        from sync.database.sqlserver import SQLServerDatabase

        return SQLServerDatabase(profile)
    raise ConfigurationError(f"The target's type {kind!r} is not supported; use duckdb or sqlserver.")


class _Jinja(SandboxedEnvironment, NativeEnvironment):
    """Render as profiles want it: sandboxed, and giving back numbers and booleans, not only text."""


def read_profile(env: Mapping[str, str], root: Path = PROJECT_ROOT) -> dict[str, Any]:
    """Return the connection of the profile and target that dbt would use.

    Only the chosen target is rendered, so that variables of the other one may be unset.
    """

    def env_var(name: str, default: str | None = None) -> str:
        value = env.get(name, default)
        if value is None:
            raise ConfigurationError(f"{name} is not set, and profiles.yml needs it; set the environment variable.")
        return value

    def rendered(node: Any) -> Any:
        if isinstance(node, dict):
            return {key: rendered(value) for key, value in node.items()}
        return jinja.from_string(node).render() if isinstance(node, str) and "{" in node else node

    jinja = _Jinja(undefined=StrictUndefined)
    jinja.globals["env_var"] = env_var
    jinja.filters.update(
        as_bool=lambda value: str(value).strip().lower() in ("true", "1", "yes", "on"),
        as_number=lambda value: float(value) if "." in str(value) else int(value),
        as_native=lambda value: value,
        as_text=str,
    )
    named = env.get("DBT_PROFILES_DIR", "").strip()
    folders = [Path(named)] if named else [Path.cwd(), root, Path.home() / ".dbt"]
    path = next((folder / "profiles.yml" for folder in folders if (folder / "profiles.yml").is_file()), None)
    if path is None:
        raise ConfigurationError(
            "No profiles.yml was found; run in the repository root or set DBT_PROFILES_DIR to the folder that holds it."
        )
    try:
        project = read_yaml(root / "dbt_project.yml")
        profile = read_yaml(path)[project["profile"]]
        target = env.get("DBT_TARGET", "").strip() or str(rendered(profile.get("target", "default")))
        if target not in profile["outputs"]:
            known = ", ".join(sorted(profile["outputs"]))
            raise ConfigurationError(f"DBT_TARGET names no target of {path.name}; choose one of: {known}.")
        output: dict[str, Any] = rendered(profile["outputs"][target])
    except (OSError, KeyError, TypeError, yaml.YAMLError, TemplateError, ValueError) as error:
        raise ConfigurationError(
            f"{path.name} can't be used ({type(error).__name__}); correct it, or compare with `dbt debug`."
        ) from error
    return output
