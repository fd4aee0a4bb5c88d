"""Adoption's statements as SQL Server gets them: they parse as T-SQL. (What they do is tested on DuckDB.)"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from sqlfluff.core import FluffConfig, Linter

from sync.adopt import LEVELS, PAGE, RULES
from sync.monday.mapping import load_mapping
from sync.session import OWN_COLUMNS
from sync.settings import PROJECT_ROOT
from sync.statements import Statements

FILES = sorted(path.stem for path in (PROJECT_ROOT / "sql" / "adopt").glob("[!_]*.sql"))
OPTIONS: dict[str, list[dict[str, object]]] = {
    "drop_tables": [{"name": "ADOPT_ITEMS"}],
    "matched": [{"rows": PAGE}],
    "pair": [{"rule": "KEY", "level": 0}, {"rule": "NUMBER", "level": max(LEVELS["NUMBER"])}],
    "doubt": [{"rule": rule} for rule in RULES],
}


def rendered() -> dict[str, str]:
    mapping = load_mapping(PROJECT_ROOT / "models" / "monday")
    few = [(column.name, column.type) for column in mapping.items if column.name not in OWN_COLUMNS][:8]
    statements = Statements("sqlserver", "dbo", columns=few)
    return {
        f"{name} {options}": statements.get(f"adopt/{name}", **options)
        for name in FILES
        for options in OPTIONS.get(name, [{}])
    }


@pytest.fixture(scope="module")
def linter() -> Linter:
    settings: dict[str, Any] = {"dialect": "tsql", "templater": "raw", "rules": "CV01"}
    return Linter(config=FluffConfig({"core": settings}, ignore_local_config=True))


@pytest.mark.slow
def test_every_statement_parses_as_tsql(linter: Linter) -> None:
    violations = {
        name: [
            violation.desc()[:200] for violation in linter.lint_string(text.replace("?", "1") + "\n").get_violations()
        ]
        for name, text in rendered().items()
    }
    assert {name: found for name, found in violations.items() if found} == {}


def test_temporary_tables_belong_to_the_connection() -> None:
    for name, text in rendered().items():
        assert "temporary" not in text
        assert text.count("ADOPT_") == text.count("#ADOPT_"), name


def test_the_parser_would_notice_a_reserved_word(linter: Linter) -> None:
    assert linter.lint_string("select p.RULE from #P as p\n").get_violations()


def test_every_file_is_a_statement_that_is_used() -> None:
    code = (PROJECT_ROOT / "sync" / "adopt.py").read_text(encoding="utf-8")
    made = {f"create_{table}" for table in ("items", "sizes", "orders", "pairs", "doubts", "taken_sizes")}
    made |= {f"{verb}_{level}" for verb in ("claim", "leave_held") for level in ("orders", "sizes")}
    assert [name for name in FILES if name not in made and f'"{name}"' not in code] == []
    assert Path(PROJECT_ROOT / "sql" / "adopt" / "_macros.sql").is_file()
