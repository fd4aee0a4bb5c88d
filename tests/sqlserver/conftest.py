"""Fixtures on a SQL Server: those of the end-to-end tests, with another engine."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.conftest import checkout as checkout
from tests.e2e.conftest import dbt_here as dbt_here
from tests.e2e.conftest import pushed as pushed
from tests.e2e.conftest import start as start
from tests.e2e.conftest import ten as ten
from tests.e2e.conftest import two as two
from tests.sqlserver.server import LEFT_OUT, Server
from tests.sqlserver.suite import Suite
from tests.stores import Engine


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> Suite | None:
    """The end-to-end tests stand here as if suite.py held them."""
    return Suite.from_parent(parent, path=file_path) if file_path.name == "suite.py" else None


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Everything in this folder needs a server; without one it is left out, which pytest's summary says in one line."""
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.sqlserver)
            if not os.environ.get("DB_ORDERS_HOST"):
                item.add_marker(pytest.mark.skip(reason=LEFT_OUT))


@pytest.fixture(scope="session")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """The server that DB_ORDERS_HOST names."""
    server = Server(tmp_path_factory.mktemp("server_target"))
    yield server
    server.close()
