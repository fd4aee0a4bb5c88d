"""Fixtures of day two: a pushed board, made once a session, and a copy of it for each test."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from tests import builds
from tests.builds import Dbt
from tests.e2e.day_two import DayTwo, Pushed, base_orders, first_push, order
from tests.stores import Engine
from tests.support import Project, new_checkout


@pytest.fixture(scope="session")
def dbt_here() -> Dbt:
    """dbt inside this process, parsed once."""
    return builds.here()


@pytest.fixture(scope="session")
def pushed(tmp_path_factory: pytest.TempPathFactory, engine: Engine, dbt_here: Dbt) -> Pushed:
    """The first push of the base orders."""
    return first_push(engine, tmp_path_factory.mktemp("pushed"), dbt_here, base_orders())


@pytest.fixture
def start(tmp_path: Path, pushed: Pushed) -> Iterator[Callable[..., DayTwo]]:
    """Starts day two with options for the emulator (`faults=[…]`, `items_limit=…`); one a test."""
    with ExitStack() as stack:

        def make(**config: Any) -> DayTwo:
            return stack.enter_context(pushed.start(tmp_path, **config))

        yield make


@pytest.fixture
def two(start: Callable[..., DayTwo]) -> DayTwo:
    """Day two on a board without faults."""
    return start()


@pytest.fixture(scope="session")
def ten(tmp_path_factory: pytest.TempPathFactory, engine: Engine, dbt_here: Dbt) -> Pushed:
    """The first push of ten orders."""
    rows = (order(f"GRE-{at}", sizes={"S": 1}) for at in range(10))
    return first_push(engine, tmp_path_factory.mktemp("ten"), dbt_here, rows)


@pytest.fixture
def checkout(tmp_path: Path, ten: Pushed, monday: Any) -> Project:
    """A checkout of its own, with ten orders on the board."""
    shutil.copy(ten.board, tmp_path / "board.json")
    server = monday(items_limit=1000, state_file=tmp_path / "board.json")
    return Project(
        tmp_path, tmp_path / "target", {"MONDAY_API_URL": server.url, "MONDAY_API_TOKEN": server.token}, server,
        ten.kept.copy(tmp_path), new_checkout(tmp_path / "checkout"),
    )  # fmt: skip
