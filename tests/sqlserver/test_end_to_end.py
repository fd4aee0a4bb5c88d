"""The end-to-end tests, on a SQL Server: the same functions, with this folder's fixtures of the same names."""

from __future__ import annotations

import pytest

from tests.e2e.test_first_push import test_the_whole_way as test_the_whole_way
from tests.e2e.test_lost_answers import test_a_key_that_monday_forgot_doubles_nothing as test_a_forgotten_key
from tests.e2e.test_lost_answers import test_a_killed_push_is_finished_by_the_next as test_a_killed_push
from tests.e2e.test_lost_answers import test_nothing_is_double_or_missing_after as test_nothing_is_double_or_missing
from tests.e2e.test_lost_answers import test_one_bad_row_takes_no_other_along as test_one_bad_row
from tests.sqlserver.server import ServerProject

__all__ = [
    "test_a_forgotten_key",
    "test_a_killed_push",
    "test_nothing_is_double_or_missing",
    "test_one_bad_row",
    "test_the_whole_way",
]

pytestmark = pytest.mark.slow


def test_a_password_that_is_wrong_is_one_sentence(project: ServerProject) -> None:
    project.env["DBT_ENV_SECRET_ORDERS_PASSWORD"] = "canary-wrong"
    done = project.run("status")
    assert done.returncode == 1
    assert "can't be opened" in done.stdout
    assert "canary-wrong" not in done.stdout + done.stderr
    assert "Traceback" not in done.stdout + done.stderr


def test_a_server_that_is_not_there_is_one_sentence(project: ServerProject) -> None:
    project.env |= {"DB_ORDERS_HOST": "127.0.0.1", "DB_ORDERS_PORT": "9"}
    done = project.run("status", timeout=120)
    assert done.returncode == 1
    assert "DB_ORDERS_HOST" in done.stdout


def test_tables_that_are_not_there_are_told(project: ServerProject) -> None:
    assert "python -m sync migrate" in project.run("push", "--batch").stdout
    project.orders(20)
    assert "python -m sync migrate" in project.dbt("build", ok=False)
    project.sync("migrate")
    assert "dbt build" in project.run("push", "--batch").stdout
