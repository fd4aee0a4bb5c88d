"""Fixtures on a SQL Server. The end-to-end tests ask for fixtures of the same names, so they run here unchanged."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from tests.sqlserver.server import LEFT_OUT, ServerProject, own_schema


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Everything in this folder needs a server; without one it is left out, which pytest's summary says in one line."""
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.sqlserver)
            if not os.environ.get("DB_ORDERS_HOST"):
                item.add_marker(pytest.mark.skip(reason=LEFT_OUT))


@pytest.fixture(scope="session")
def server_target(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """dbt's target folder for the server."""
    return tmp_path_factory.mktemp("server_target")


@pytest.fixture
def project(tmp_path: Path, server_target: Path, monday: Callable[..., Any]) -> Iterator[ServerProject]:
    """An empty project in a schema of its own; ``project.monday`` is the running emulator."""
    server = monday(items_limit=100_000)
    with own_schema(tmp_path, server_target, {"MONDAY_API_URL": server.url, "MONDAY_API_TOKEN": server.token}) as made:
        made.monday = server
        yield made


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory, server_target: Path) -> Iterator[ServerProject]:
    """A schema with 80 sample orders, migrated and built, never pushed."""
    with own_schema(tmp_path_factory.mktemp("built"), server_target) as made:
        made.orders(80, seed=5)
        made.sync("migrate")
        made.dbt()
        yield made


@pytest.fixture
def start(
    tmp_path: Path, server_target: Path, built: ServerProject, monday: Callable[..., Any]
) -> Iterator[Callable[..., ServerProject]]:
    """Makes projects on a copy of what is staged; their Monday meets the given faults."""
    with ExitStack() as stack:

        def make(*faults: Any, **config: Any) -> ServerProject:
            server = monday(with_order_key=True, faults=list(faults), **config)
            env = {
                "MONDAY_API_URL": server.url, "MONDAY_API_TOKEN": server.token,
                "MONDAY_SETTLE_SECONDS": "0.5", "MONDAY_TIMEOUT_SECONDS": "5", "SYNC_ROWS_PER_REQUEST": "10",
            }  # fmt: skip
            made = stack.enter_context(own_schema(tmp_path, server_target, env))
            made.monday = server
            made.sync("migrate")
            made.take(built, [name for name in built.tables() if name.startswith("STG_")])
            return made

        yield make
