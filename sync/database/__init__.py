"""What the package asks of a database, whichever engine it is; how the one of dbt's current target is opened."""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

import yaml
from jinja2 import StrictUndefined, TemplateError
from jinja2.nativetypes import NativeEnvironment
from jinja2.sandbox import SandboxedEnvironment

from sync.errors import ConfigurationError
from sync.settings import PROJECT_ROOT, read_yaml

Row = dict[str, Any]
Meaning = Literal["duplicate", "transient", "other"]


def rows_of(cursor: Any) -> list[Row]:
    """Return what a DB-API cursor has found, as dicts by column name."""
    names = [column[0] for column in cursor.description or ()]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


class Database(ABC):
    """One connection, used by one thread. Statements take ``?`` parameters; times are naive UTC."""

    dialect: str  # duckdb or sqlserver: chooses the text of a statement where the two differ
    schema: str  # holds ORDERS_UNIFIED and all tables of this project
    undo: str  # the statement that rolls back, where a transaction is open
    sole_writer: bool  # the open connection itself proves that no other writer is alive (a DuckDB file)
    copied: str | None = None  # a sentence, where a copy is read of a file that another process holds

    @abstractmethod
    def execute(self, sql: str, params: Sequence[Any] = ()) -> int:
        """Run a statement; return the number of rows it changed (-1 where the engine doesn't say)."""

    @abstractmethod
    def query(self, sql: str, params: Sequence[Any] = ()) -> list[Row]:
        """Run a query; return its rows as dicts by column name."""

    def rollback(self) -> None:
        """Roll the open transaction back; never raises, for it is called while another error travels."""
        try:
            self.execute(self.undo)
        except Exception as error:
            if not self.meaning(error):  # the engine has rolled back by itself, as it does when a connection is lost
                raise

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Commit at the end of the block, roll back when it raises."""
        self.execute("begin transaction")
        try:
            yield
        except BaseException:
            self.rollback()
            raise
        self.execute("commit")

    @abstractmethod
    def reconnect(self) -> None:
        """Replace a broken connection by a new one."""

    @abstractmethod
    def close(self) -> None:
        """Close the connection."""

    @abstractmethod
    def meaning(self, error: BaseException) -> Meaning | None:
        """Say what an error of the engine or its driver means; None where neither raised it.

        ``duplicate``: a primary or unique key is taken; ``transient``: the transaction may succeed when run again
        (deadlock, lost connection, write conflict).
        """

    def sentence(self, error: BaseException) -> str:
        """Say in one sentence which error of the engine ends the command."""
        return (
            f"The database refused a statement ({type(error).__name__}: {' '.join(str(error).split())[:300]}); what was"
            " confirmed before is kept, and the command goes on from there when it is run again."
        )


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

        return DuckDBDatabase(
            profile, create=create, read_only=read_only, copy=copy, orders=env.get("ORDERS_SOURCE", "").strip()
        )
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
        profile = read_yaml(path)[read_yaml(root / "dbt_project.yml")["profile"]]
        target = env.get("DBT_TARGET", "").strip() or str(rendered(profile.get("target", "default")))
        if target in profile["outputs"]:
            return dict(rendered(profile["outputs"][target]))
        known = ", ".join(sorted(profile["outputs"]))
    except (OSError, KeyError, TypeError, yaml.YAMLError, TemplateError, ValueError) as error:
        raise ConfigurationError(
            f"{path.name} can't be used ({type(error).__name__}); correct it, or compare with `dbt debug`."
        ) from error
    raise ConfigurationError(f"DBT_TARGET names no target of {path.name}; choose one of: {known}.")
