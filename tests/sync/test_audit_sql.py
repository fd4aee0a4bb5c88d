"""The audit's statements as SQL Server gets them, checked without a server."""

from __future__ import annotations

import re
from typing import Any

import pytest
from sqlfluff.core import FluffConfig, Linter

from sync.audit.compare import kinds
from sync.audit.tables import _NAMES
from sync.monday.mapping import load_mapping
from sync.monday.resolve import ResolvedColumn
from sync.session import OWN_COLUMNS
from sync.settings import PROJECT_ROOT
from sync.statements import SQL_FOLDER, Statements
from tests.models.tsql.gate import check

MAPPING = load_mapping(PROJECT_ROOT / "models" / "monday")
LIVE = [
    ResolvedColumn(c.name, c.title, c.column_id or c.name, c.type, c.type, c.write, c.create_labels)
    for c in MAPPING.items
]
COLUMNS = [(column.name, column.type) for column in MAPPING.items if column.name not in OWN_COLUMNS]
SAMPLES = ["ORDER_KEY", "ITEM_NAME", "GROUP_NAME", "RANGE / COLLECTION", "CUSTOMER PRICE", "ORDER DATE PO RECEIVED",
           "AAG SEASON"]  # fmt: skip
TYPES = {column.name: column.type for column in MAPPING.items}

OPTIONS: dict[str, list[dict[str, Any]]] = {
    "create_table": [{"name": name} for name in _NAMES],
    "clear": [{"name": "Matched"}],
    "forget_read": [{"name": "Items"}],
    "marks": [{"into": "Before"}, {"into": "Pending"}],
    "pending": [{"owner": False}, {"owner": True}],
    "match_items": [{"staged": False}, {"staged": True}],
    "match_sizes": [{"staged": False}, {"staged": True}],
    "absent": [{"rows": 100}],
    "compare_window": [{"rows": 100}],
    "listed": [{"rows": 5, "one_class": False}, {"rows": 5, "one_class": True}],
    "left_over": [{"ignore_unknown": False}, {"ignore_unknown": True}],
    "plan": [{"park": False}, {"park": True}],
    "differences": [{"column": name, "kind": TYPES[name], "edit": 0} for name in SAMPLES],
    "repair_column": [{"column": name, "kind": TYPES[name]} for name in SAMPLES[1:]],
    "repair_staged": [{"kinds": kinds(LIVE)}],
}
STATEMENTS = [
    (path.stem, options)
    for path in sorted((SQL_FOLDER / "audit").glob("[!_]*.sql"))
    for options in OPTIONS.get(path.stem, [{}])
]

_NO_FUNCTION = re.compile(r"`(#audit_\w+|openjson)\(")


def rendered(name: str, options: dict[str, Any], dialect: str = "sqlserver") -> str:
    return Statements(dialect, "dbo", columns=COLUMNS).get(f"audit/{name}", **options)


@pytest.fixture(scope="module")
def linter() -> Linter:
    settings: dict[str, Any] = {"dialect": "tsql", "templater": "raw", "rules": "CV01", "large_file_skip_byte_limit": 0}
    return Linter(config=FluffConfig({"core": settings}, ignore_local_config=True))


def parameterless(sql: str) -> str:
    """The statement with values where parameters stand, and without comments, which say nothing to a parser."""
    return re.sub(r"^--.*$", "", sql, flags=re.MULTILINE).replace("?", "N'x'")


def test_every_statement_is_tried() -> None:
    assert {name for name, _ in STATEMENTS} >= set(OPTIONS)
    assert len(STATEMENTS) > 50


def unfit(name: str, sql: str) -> list[str]:
    """What SQL Server 2017 wouldn't take. The gate knows queries: not tables being made, lists of columns, openjson."""
    if name == "create_table":
        return []
    return [str(found) for found in check(sql, becomes_view=False) if not _NO_FUNCTION.search(str(found))]


@pytest.mark.parametrize("name", sorted({name for name, _ in STATEMENTS}))
def test_sql_server_takes_it(name: str, linter: Linter) -> None:
    for options in [options for known, options in STATEMENTS if known == name]:
        sql = parameterless(rendered(name, options))
        assert unfit(name, sql) == []
        violations = linter.lint_string(sql).get_violations()
        assert [f"{v.line_no} {v.rule_code()} {v.desc()[:200]}" for v in violations] == []


def test_the_gate_would_notice() -> None:
    assert unfit("x", "select a from t where a is distinct from b limit 5")


def test_working_tables_belong_to_the_connection() -> None:
    for name, options in STATEMENTS:
        assert not re.search(r"(?<!#)AUDIT_", rendered(name, options))
        assert "#" not in rendered(name, options, "duckdb")
        if name == "create_table":
            assert "create temp table" in rendered(name, options, "duckdb")
