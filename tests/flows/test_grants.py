"""The two grant scripts: every table is covered, each login writes its own tables and no others."""

from __future__ import annotations

import re

import pytest
from sqlglot import tokenize

from sync.session import SYNC_TABLES
from tests.support import ROOT
from tests.sync.test_statements import SQL_SERVER

SQL = ROOT / "sql"
TABLES = {path.stem for path in (SQL / "tables").glob("*.sql")}
VERBS = {"insert into": "insert", "update": "update", "delete from": "delete"}


def text(name: str) -> str:
    """A script without its comments."""
    script = (SQL / "grants" / f"{name}.sql").read_text(encoding="utf-8")
    return "\n".join(line for line in script.splitlines() if not line.startswith("--"))


def on_tables(name: str, word: str) -> dict[str, set[str]]:
    """Rights that a script grants (or denies) on each table: by name, and by its list of those that are there."""
    script = text(name)
    found = re.findall(rf"^{word} ([a-z, ]+) on object::dbo\.(\w+) to \w+;", script, re.MULTILINE)
    (listed,) = re.findall(
        rf"concat\(N'{word} ([a-z, ]+) on object::dbo\.', quotename\(name\), N' to \w+;'\).*?name in \((.*?)\)",
        script,
        re.DOTALL,
    )
    found += [(listed[0], table) for table in re.findall(r"N'(\w+)'", listed[1])]
    return {table: set(rights.split(", ")) for rights, table in found}


def on_schema(name: str) -> set[str]:
    """Rights on the whole schema."""
    return {
        right for rights in re.findall(r"grant ([a-z, ]+) on schema::dbo", text(name)) for right in rights.split(", ")
    }


def test_the_push_writes_each_of_its_tables_and_no_other() -> None:
    granted = on_tables("sync", "grant")
    assert set(granted) == TABLES
    assert set(granted) >= set(SYNC_TABLES)
    assert set(map(frozenset, granted.values())) == {frozenset({"insert", "update", "delete"})}
    assert on_schema("sync") == {"select", "alter"}


def test_the_build_reads_everything_and_may_write_no_table_of_the_push() -> None:
    denied = on_tables("dbt", "deny")
    assert set(denied) == TABLES | {"ORDERS_UNIFIED"}
    assert all(rights == {"insert", "update", "delete", "alter"} for rights in denied.values())
    assert on_schema("dbt") == {"select", "insert", "update", "alter"}


def test_what_the_statements_write_is_granted() -> None:
    granted = on_tables("sync", "grant")
    pattern = re.compile(r'(insert into|update|delete from) "dbo"\."(\w+)"')
    written = (pattern.findall(statement) for _, statement in SQL_SERVER.rendered())
    found = {(VERBS[verb], table) for each in written for verb, table in each}
    assert len(found) > 20
    assert [(verb, table) for verb, table in sorted(found) if verb not in granted.get(table, set())] == []


@pytest.mark.parametrize("name", ["sync", "dbt"])
def test_a_script_may_be_run_again_and_before_the_tables_are_there(name: str) -> None:
    script = text(name)
    assert re.search(r"from sys\.tables\s+where\s+schema_id = schema_id\(N'dbo'\)\s+and name in \(", script)
    assert re.search(r"if database_principal_id\(N'\w+'\) is null\s+create role", script)
    (role,) = set(re.findall(r" to (\w+);", script))
    assert f"create role {role};" in script
    assert f"alter role {role} add member [" in script
    assert script.count(";") == len([part for part in script.split(";") if part.strip()])


@pytest.mark.parametrize("name", ["sync", "dbt"])
def test_nothing_beyond_the_schema_is_given(name: str) -> None:
    script = text(name)
    assert not re.search(r"control|db_owner|db_ddladmin|db_datawriter|impersonate|with grant option|grant all", script)
    database_wide = re.findall(r"grant ([a-z ]+?) to \w+;", script)
    assert sorted(database_wide) == ["create table", "create view"]
    assert tokenize(script, read="tsql"), "the script can be read as T-SQL"
