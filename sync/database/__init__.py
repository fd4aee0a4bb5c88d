"""Connections to the two engines: DuckDB (a file, the default) and SQL Server (production)."""

from __future__ import annotations

import os
from collections.abc import Mapping

from sync.database.base import Database, Row
from sync.database.profile import read_profile
from sync.errors import ConfigurationError

__all__ = ["Database", "Row", "connect"]


def connect(env: Mapping[str, str] | None = None, *, create: bool = False, read_only: bool = False) -> Database:
    """Open the database of dbt's current target.

    ``create`` lets a DuckDB file come into being; ``read_only`` opens it for reading.
    Raises DatabaseError or ConfigurationError with one sentence that says what to do.
    """
    env = os.environ if env is None else env
    profile = read_profile(env)
    kind = profile.get("type")
    if kind == "duckdb":
        from sync.database.duckdb import DuckDBDatabase

        return DuckDBDatabase(profile, create=create, read_only=read_only)
    if kind == "sqlserver":
        from sync.database.sqlserver import SQLServerDatabase

        return SQLServerDatabase(profile)
    raise ConfigurationError(f"The target's type {kind!r} is not supported; use duckdb or sqlserver.")
