"""A build that is repeated without dbt leaves what dbt leaves; where the database answers otherwise dbt is asked."""

from __future__ import annotations

import re
from pathlib import Path
from unittest import mock

import pytest

from tests import builds
from tests.stores import DuckDBFile, in_folder
from tests.support import BUILD, Project

pytestmark = pytest.mark.slow
OWN = re.compile(r"datetime\.datetime\(.*?\)|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|\d{8}T\d{6}-[0-9a-f]{6}")
"""Times and ids, which every build has of its own."""


def everything(project: Project) -> dict[str, list[str]]:
    names = project.tables()
    tables = project.store.rows([f'select * from "{name}"' for name in names])
    return {name: sorted(OWN.sub("…", str(row)) for row in rows) for name, rows in zip(names, tables, strict=True)}


def copied(of: DuckDBFile, folder: Path, target: Path) -> Project:
    folder.mkdir()
    of.copy(folder)
    return Project(folder, target)


def test_it_leaves_what_dbt_leaves(tmp_path: Path, dbt_target: Path) -> None:
    first = Project(tmp_path, dbt_target)
    first.orders(60)
    first.sync("migrate")
    by_process, by_dbt, repeated, wider = (copied(in_folder(tmp_path), tmp_path / name, dbt_target) for name in "abcd")
    by_process.dbt_process(*BUILD)
    by_dbt.dbt(*BUILD)
    with mock.patch.object(builds.Dbt, "_record", side_effect=AssertionError):
        repeated.dbt(*BUILD)
    assert everything(repeated) == everything(by_dbt) == everything(by_process)
    ids = [project.sql("select BUILD_ID, BUILT_AT, STATE from STG_MON_Build")[0] for project in (by_dbt, repeated)]
    assert ids[0]["BUILD_ID"] != ids[1]["BUILD_ID"]
    assert ids[0]["BUILT_AT"] < ids[1]["BUILT_AT"]
    assert ids[1]["STATE"] == "WHOLE"
    wider.sql('alter table ORDERS_UNIFIED rename "XXS" to "17 1/2"')
    wider.dbt(*BUILD)
    assert wider.sql("select count(*) as n from int_sizes where SIZE_COLUMN = '17 1/2'") == [{"n": 1}]


def test_each_engine_and_schema_is_parsed_by_itself() -> None:
    server = {"DBT_TARGET": "sqlserver"}
    places: tuple[dict[str, str], ...] = (
        {},
        server,
        server | {"DB_ORDERS_SCHEMA": "one"},
        server | {"DB_ORDERS_SOURCE_SCHEMA": "one"},
    )
    assert len({builds.parsed_as("project", place) for place in places}) == len(places)
    assert builds.parsed_as("project", {"DBT_TARGET": "duckdb"}) == "project"
