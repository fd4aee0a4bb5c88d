"""A whole `dbt build` on sample orders: everything passes, what is odd is listed, and every data test can fail."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import duckdb
import pytest
import yaml

from samples.schema import create_table
from tests import builds
from tests.builds import Built
from tests.models.offline import ROOT
from tests.support import Project

pytestmark = pytest.mark.slow
STAGED, SIZES = '"STG_MON_CustMasterSchedule"', '"STG_MON_CustMasterSchedule_Subitems"'

# The data test that has to notice -> statement that does the harm, and the table in which it does it.
HARM = {
    "every_source_row_is_accounted_for": ("delete from {}", '"STG_MON_RejectedOrders"'),
    "source_is_whole": ("update {} set SOURCE_ROWS = 0", '"STG_MON_Build"'),
    "no_quantity_is_lost": ("update {} set ORDER_QTY = 7000000", "int_order_sizes"),
    "staged_rows_can_be_carried_out": ("update {} set MONDAY_ITEM_ID = 1", STAGED),
    # The last row alone, for the first one is about to be archived, and archived items keep the name they have.
    "no_blank_names": ("update {} set GROUP_NAME = chr(160) where rowid = (select max(rowid) from {})", STAGED),
    "batches_hold_one_customer": ("update {} set BATCH_CUSTOMER = 'ANOTHER'", SIZES),
    "removals_stay_within_the_guard": ("update {} set CHANGE_TYPE = 'ARCHIVE'", STAGED),
    "refused_rows_stay_away": (
        'insert into "ERR_MON_CustMasterSchedule_Subitems"'
        " (ERR_ID, ORDER_KEY, SIZE_LABEL, ROW_HASH, MAPPING_HASH, ATTEMPT, RETRYABLE, MAX_RETRIES_REACHED, CREATED_AT)"
        " select 1, ORDER_KEY, SIZE_LABEL, ROW_HASH, MAPPING_HASH, 1, false, false, now() from {}",
        SIZES,
    ),
}
# Data test of a seed -> the seed, rows that can't be used in it, and what the test says of entries.
SEEDS: dict[str, tuple[str, list[tuple[str, ...]], set[tuple[str, str]]]] = {
    "customer_aliases_can_be_used": (
        "customer_aliases",
        [("one", "Two"), ("TWO\u200b", "Three"), ("X", "Y"), ("Y", "x"), ("Z", "z"), ("E", "\u200b "), ("F", " NaN")],
        {
            ("TWO\u200b,Three", "The alias is the canonical customer of the entry one,Two."),
            ("X,Y", "The alias is the canonical customer of the entry Y,x."),
            ("Y,x", "The alias is the canonical customer of the entry X,Y."),
            ("E,\u200b ", "The canonical customer is blank."),
            ("F, NaN", "The canonical customer is blank."),
        },
    ),
    "size_labels_can_be_used": (
        "size_labels",
        [("S", ""), ("M", "\u00a0\ufeff"), ("L", "none"), ("XL", "x" * 101), ("2XL", "x" * 100), ("XS", "Nano")],
        {("S,", "The label is blank."), ("M,\u00a0\ufeff", "The label is blank."), ("L,none", "The label is blank.")}
        | {("XL," + "x" * 101, "The label is longer than 100 characters.")},
    ),
    "value_maps_can_be_used": (
        "value_maps",
        [("ORDER TYPE", "VOID", " Null "), ("ORDER TYPE", "GONE", "\u2060")],
        {
            ("ORDER TYPE,VOID, Null ", "The board value is blank."),
            ("ORDER TYPE,GONE,\u2060", "The board value is blank."),
        },
    ),
}
# One order for each thing that is only reported; the sample orders have some of them, by chance.
ODD_ORDERS = """
    insert into ORDERS_UNIFIED ("AAG ORDER NUMBER", "CUSTOMER NAME", "CUSTOMER STYLE", "CUSTOMER COLOUR DESCRIPTION",
        "NOTES", "CUSTOMER PRICE", "XS", "TOTAL QTY") values
    ('ODD-1', 'GREYSON', 'S', 'C', repeat('x', 2001), null, null, null),
    ('ODD-2', 'NOBODY KNOWS', 'S', 'C', null, null, null, null),
    ('ODD-3', 'GREYSON', 'S', 'C', null, '1e5', null, null),
    ('ODD-4', 'GREYSON', 'S', 'C', null, null, -1, -1),
    ('ODD-5', 'GREYSON', 'S', 'C', null, null, 5, 6),
    ('ODD-6', 'GREYSON', 'S', ' none ', null, null, null, null),
    ('ODD-7', 'GREYSON', 'S', 'C', null, null, null, null),
    ('ODD-7', 'GREYSON', 'S', 'C', null, null, null, null);
    insert into ORDERS_UNIFIED ("AAG ORDER NUMBER", "EX FACTORY DATE") values ('ODD-8', 'infinity')
"""


FOLLOW_THE_MAPPING = {"stg_erp__orders", "stg_mon_adoptionorders", "stg_mon_boardorders", "vw_mon_board"}
"""Models with a column for each mapped one."""


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory, dbt_target: Path) -> tuple[Project, Built]:
    """Sample orders, built once with all tests, and how dbt ended."""
    project = Project(tmp_path_factory.mktemp("built"), dbt_target)
    project.orders(400)
    project.sql(ODD_ORDERS)
    project.sync("migrate")
    return project, builds.here().run(["build", "--selector", "everything"], project.environment())


def columns(project: Project, table: str) -> list[str]:
    rows = project.sql(
        "select column_name from information_schema.columns where table_name = ? order by ordinal_position", [table]
    )
    return [row["column_name"] for row in rows]


def test_everything_passes(built: tuple[Project, Built]) -> None:
    done = built[1]
    assert done.success, done.said
    assert {node.status for node in done.nodes if node.kind != "exposure"} == {"success", "pass", "warn"}
    unit_tests = sum(
        len(yaml.safe_load(path.read_text(encoding="utf-8"))["unit_tests"])
        for path in (ROOT / "models").rglob("*_unit_tests.yml")
    )
    assert sum(node.kind == "unit_test" for node in done.nodes) == unit_tests >= 20


def test_what_is_odd_in_the_source_is_listed(built: tuple[Project, Built]) -> None:
    project, done = built
    tests = {path.stem for path in (ROOT / "tests/dbt/source").glob("*.sql")}
    assert tests == {node.name for node in done.nodes if node.status == "warn"}
    for name in tests:
        (count,) = project.sql(f'select count(*) as n from "CHECK_{name}"')
        assert count["n"] > 0, name


def test_every_column_is_in_the_yaml(built: tuple[Project, Built]) -> None:
    project = built[0]
    sizes = set(columns(project, "ORDERS_UNIFIED"))
    mapped = yaml.safe_load((ROOT / "models/monday/stg_mon_custmasterschedule.yml").read_text(encoding="utf-8"))
    staged = {column["name"] for column in mapped["models"][0]["columns"]}
    for path in sorted((ROOT / "models").rglob("*.yml")):
        for model in yaml.safe_load(path.read_text(encoding="utf-8")).get("models", []):
            described = [column["name"] for column in model["columns"]]
            found = columns(project, model.get("config", {}).get("alias", model["name"]))
            if model["name"] in FOLLOW_THE_MAPPING:
                # Mapped columns are described where they are mapped, sizes in the source.
                found = [name for name in found if name in described or name not in staged | sizes]
            assert sorted(described) == sorted(found), model["name"]


def test_every_test_of_what_we_made_can_fail(built: tuple[Project, Built], tmp_path: Path) -> None:
    original = built[0]
    broken = Project(tmp_path, original.target)
    shutil.copy(original.database, broken.database)
    with duckdb.connect(str(broken.database)) as connection:
        for statement, table in HARM.values():
            whole = statement.format(table, table)
            done = connection.execute(
                whole if "rowid" in whole else f"{whole} where rowid = (select min(rowid) from {table})"
            )
            assert done.fetchone() == (1,), statement
    tested = builds.here().run(["test", "--select", "path:tests/dbt/staged"], broken.environment())
    assert {node.name for node in tested.nodes if node.status == "fail"} == set(HARM), tested.said
    assert set(HARM) == {path.stem for path in (ROOT / "tests/dbt/staged").glob("*.sql")}


def test_seeds_that_cannot_be_used_end_the_build(built: tuple[Project, Built], tmp_path: Path) -> None:
    original = built[0]
    project = Project(tmp_path, original.target)
    shutil.copy(original.database, project.database)
    with duckdb.connect(str(project.database)) as connection:
        for seed, rows, _ in SEEDS.values():
            connection.executemany(f"insert into {seed} values ({', '.join('?' * len(rows[0]))})", rows)
    done = builds.here().run(
        ["build", "--exclude-resource-type", "seed", "--exclude-resource-type", "unit_test"], project.environment()
    )
    assert {node.name for node in done.nodes if node.status == "fail"} == set(SEEDS), done.said
    assert set(SEEDS) == {path.stem for path in (ROOT / "tests/dbt/seeds").glob("*.sql")}
    read = {"stg_erp__orders", "int_sizes", "stg_mon_custmasterschedule", "stg_mon_custmasterschedule_subitems"}
    assert {node.name: node.status for node in done.nodes if node.name in read} == dict.fromkeys(read, "skipped")
    assert project.sql("select STATE from STG_MON_Build") == [{"STATE": "FAILED"}]
    for name, (seed, _, entries) in SEEDS.items():
        found = project.sql(f'select SEED, ENTRY, PROBLEM from "CHECK_{name}"')
        assert {tuple(row.values()) for row in found} == {(seed, *entry) for entry in entries}


def test_a_new_size_column_needs_no_edit(tmp_path: Path, built: tuple[Project, Built]) -> None:
    original = built[0]
    project = Project(tmp_path, original.target)
    ddl = create_table("duckdb", "main")
    assert ddl.count('"30/30"') == 1
    with duckdb.connect(str(project.database)) as connection:
        connection.execute(
            ddl.replace('"30/30"', '"17 1/2" BIGINT, "32""" INTEGER, "Notes on 17 1/2" VARCHAR, "30/30"')
        )
        connection.execute(
            'insert into ORDERS_UNIFIED ("AAG ORDER NUMBER", "17 1/2", "32""", "XS") values (\'N-1\', 3000000000, 4, 2)'
        )
    project.sync("migrate")
    project.dbt("build", "--exclude-resource-type", "unit_test", "--select", "+no_quantity_is_lost",
                "--indirect-selection", "cautious")  # fmt: skip
    rows: list[dict[str, Any]] = project.sql("select SIZE_COLUMN, ORDER_QTY from int_order_sizes order by 1")
    assert [tuple(row.values()) for row in rows] == [("17 1/2", 3_000_000_000), ('32"', 4), ("XS", 2)]
