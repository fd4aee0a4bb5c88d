"""Fixtures: a local Monday, and a project with sample orders on it."""

from __future__ import annotations

import gc
import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from emulator.config import Config
from emulator.server import running
from tests import builds
from tests.stores import Engine, Files, Store
from tests.support import Project

# Objects by the million live as long as the process (dbt's manifest, what linters know): looking for garbage among them
# took a twelfth of all time.
gc.set_threshold(50_000, 20, 100)

LONG = ("models", "e2e", "docs", "flows", "benchmarks")
"""Folders whose files take long: they come first, so that short files are left to fill both cores to the end."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the folders of long files first, those that lint and compile before those that build and push."""
    place = {name: at for at, name in enumerate(LONG)}
    items.sort(key=lambda item: place.get(item.nodeid.split("/")[1], len(LONG)))


@pytest.fixture(scope="session", autouse=True)
def _shared_builds(tmp_path_factory: pytest.TempPathFactory) -> None:
    """What dbt made in one worker serves the others, too."""
    base = tmp_path_factory.getbasetemp()
    builds.share((base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "builds")


@pytest.fixture(scope="session")
def dbt_target(_shared_builds: None) -> Path:
    """One target folder a session: dbt parses the project once."""
    return builds.here().target()


@pytest.fixture(scope="session")
def engine(dbt_target: Path) -> Engine:
    """The kind of database to test on. Whatever asks for it runs on a SQL Server, too (tests/sqlserver/suite.py)."""
    return Files(dbt_target)


@pytest.fixture
def monday() -> Iterator[Callable[..., Any]]:
    """Starts local Mondays: ``monday(**config)`` runs until the test ends; limits are off unless ``limited=True``."""
    with ExitStack() as stack:

        def start(**options: Any) -> Any:
            limited = options.pop("limited", False)
            config = Config(**options)
            return stack.enter_context(running(config if limited else config.without_limits()))

        yield start


@pytest.fixture
def project(tmp_path: Path, engine: Engine, monday: Callable[..., Any]) -> Project:
    """An empty project whose Monday is a local one; ``project.monday`` is the running emulator."""
    return new_project(tmp_path, engine.target, monday(items_limit=100_000), engine.empty(tmp_path))


def new_project(folder: Path, target: Path, server: Any, store: Store | None = None) -> Project:
    """A project that talks to ``server``; its tables stand in ``store`` (None: a DuckDB file in the folder)."""
    env = {"MONDAY_API_URL": server.url, "MONDAY_API_TOKEN": server.token}
    return Project(folder, target, env, server, store)
