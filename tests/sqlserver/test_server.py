"""A server that refuses, that isn't there, or that holds no tables yet: one sentence each."""

from __future__ import annotations

import pytest

from tests.support import Project

pytestmark = pytest.mark.slow


def test_a_password_that_is_wrong_is_one_sentence(project: Project) -> None:
    project.env["DBT_ENV_SECRET_ORDERS_PASSWORD"] = "canary-wrong"
    done = project.run("status")
    assert done.returncode == 1
    assert "can't be opened" in done.stdout
    assert "canary-wrong" not in done.stdout + done.stderr
    assert "Traceback" not in done.stdout + done.stderr


def test_a_server_that_is_not_there_is_one_sentence(project: Project) -> None:
    project.env |= {"DB_ORDERS_HOST": "127.0.0.1", "DB_ORDERS_PORT": "9"}
    done = project.run("status")
    assert done.returncode == 1
    assert "DB_ORDERS_HOST" in done.stdout


def test_tables_that_are_not_there_are_told(project: Project) -> None:
    assert "python -m sync migrate" in project.run("push", "--batch").stdout
    project.orders(20)
    assert "python -m sync migrate" in project.dbt("build", ok=False)
    project.sync("migrate")
    assert "dbt build" in project.run("push", "--batch").stdout
