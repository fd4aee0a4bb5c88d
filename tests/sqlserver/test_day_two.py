"""Day two on a SQL Server: edits, people, drift, removals, failures and random histories, over a pushed board.

The tests are those of tests/e2e; only the fixtures of the same names lead to the server.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest

from samples import orders
from tests.e2e import (
    test_day_two_drift,
    test_day_two_failures,
    test_day_two_people,
    test_day_two_plans,
    test_day_two_removals,
    test_day_two_targeted,
    test_day_two_updates,
    test_histories,
)
from tests.e2e.day_two import DayTwo, base_orders, order
from tests.e2e.test_day_two_failures import quick as quick
from tests.e2e.test_day_two_targeted import staged as staged
from tests.sqlserver.days import ServerDbt, ServerPushed, first_push
from tests.sqlserver.server import ServerProject, own_schema
from tests.sqlserver.suite import every_test

pytestmark = pytest.mark.slow

globals().update(
    every_test(
        test_day_two_drift,
        test_day_two_failures,
        test_day_two_people,
        test_day_two_plans,
        test_day_two_removals,
        test_day_two_targeted,
        test_day_two_updates,
        test_histories,
    )
)


@pytest.fixture(scope="session")
def work(tmp_path_factory: pytest.TempPathFactory, server_target: Path) -> Iterator[ServerProject]:
    """The schema in which all these tests work, one after the other: dbt's manifest names it."""
    with own_schema(tmp_path_factory.mktemp("work"), server_target) as made:
        yield made


@pytest.fixture(scope="session")
def dbt_here(tmp_path_factory: pytest.TempPathFactory) -> ServerDbt:
    """dbt inside this process, parsed once."""
    return ServerDbt(tmp_path_factory.mktemp("dbt"))


@contextmanager
def state(folder: Path, target: Path, dbt: ServerDbt, work: ServerProject, rows: Any) -> Iterator[ServerPushed]:
    """The first push of these rows, kept in a schema of its own."""
    with own_schema(folder, target) as kept:
        yield first_push(folder, dbt, rows, work, kept)


@pytest.fixture(scope="session")
def pushed(
    tmp_path_factory: pytest.TempPathFactory, server_target: Path, dbt_here: ServerDbt, work: ServerProject
) -> Iterator[ServerPushed]:
    """The first push of the base orders."""
    with state(tmp_path_factory.mktemp("pushed"), server_target, dbt_here, work, base_orders()) as made:
        yield made


@pytest.fixture(scope="module")
def sample(
    tmp_path_factory: pytest.TempPathFactory, server_target: Path, dbt_here: ServerDbt, work: ServerProject
) -> Iterator[ServerPushed]:
    """600 sample orders, pushed."""
    with state(tmp_path_factory.mktemp("sample"), server_target, dbt_here, work, orders(600, 11)) as made:
        yield made


@pytest.fixture(scope="module")
def base(
    tmp_path_factory: pytest.TempPathFactory, server_target: Path, dbt_here: ServerDbt, work: ServerProject
) -> Iterator[ServerPushed]:
    """Ten orders, pushed."""
    rows = [order(number, sizes={"S": 4, "M": 6}) for number in test_histories.NUMBERS[:10]]
    with state(tmp_path_factory.mktemp("base"), server_target, dbt_here, work, rows) as made:
        yield made


@pytest.fixture
def start(tmp_path: Path, pushed: ServerPushed) -> Iterator[Callable[..., DayTwo]]:
    """Starts day two with options for the emulator (`faults=[…]`, `items_limit=…`); one a test."""
    with ExitStack() as stack:

        def make(**config: Any) -> DayTwo:
            return stack.enter_context(pushed.start(tmp_path, **config))

        yield make


@pytest.fixture
def two(start: Callable[..., DayTwo]) -> DayTwo:
    """Day two on a board without faults."""
    return start()
