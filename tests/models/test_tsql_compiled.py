"""The T-SQL that the project compiles to, checked without a server."""

from __future__ import annotations

from typing import Any

import pytest
from sqlfluff.core import FluffConfig, Linter

from tests.models.offline import ROOT, Compiled
from tests.models.tsql.gate import check
from tests.models.tsql.shrink import shrink

# Layout is Jinja's in compiled text. What is left shows a slip in a macro's T-SQL form, which no other lint sees:
# a name used twice in a clause (AL04), distinct beside group by (AM01), a union that says neither all nor distinct
# (AM02), keywords and functions in capitals (CP01, CP03), != (CV01), = null (CV05), :: (CV11), else null (ST01), a
# CTE that nothing uses (ST03).
RULES = "AL04,AM01,AM02,CP01,CP03,CV01,CV05,ST01,ST03"


@pytest.fixture(scope="module")
def linter() -> Linter:
    settings: dict[str, Any] = {"dialect": "tsql", "templater": "raw", "rules": RULES, "large_file_skip_byte_limit": 0}
    rules: dict[str, Any] = {
        "capitalisation.keywords": {"capitalisation_policy": "lower"},
        "capitalisation.functions": {"extended_capitalisation_policy": "lower"},
        "convention.not_equal": {"preferred_not_equal_style": "ansi"},
    }
    return Linter(config=FluffConfig({"core": settings, "rules": rules}, ignore_local_config=True))


def test_everything_compiles(compiled: Compiled, manifest: dict[str, Any]) -> None:
    kinds = {"model", "snapshot", "analysis", "test"}
    wanted = {node["name"] for node in manifest["nodes"].values() if node["resource_type"] in kinds}
    # dbt shortens the file names of generic tests, so those are only counted.
    singular = {node["name"] for node in manifest["nodes"].values() if node["resource_type"] in kinds - {"test"}}
    singular |= {path.stem for path in (ROOT / "tests/dbt").rglob("*.sql") if path.parent.name != "generic"}
    files = [path.stem for path in compiled.statements()]
    assert singular - set(files) == set()
    assert len(files) == len(wanted)
    assert "[WARNING]" not in compiled.output


def test_sql_server_2017_takes_it(compiled: Compiled) -> None:
    findings = [
        f"{path.name}: {finding}"
        for path in compiled.statements()
        for finding in check(path.read_text(encoding="utf-8"), becomes_view="analyses" not in path.parts)
    ]
    assert findings == []


@pytest.mark.slow
def test_it_parses_as_tsql(compiled: Compiled, linter: Linter) -> None:
    violations = []
    for path in compiled.statements():
        linted = linter.lint_string(shrink(path.read_text(encoding="utf-8")), fname=path.name)
        violations += [f"{path.name}:{v.line_no} {v.rule_code()} {v.desc()[:200]}" for v in linted.get_violations()]
    assert violations == []


def test_the_parser_would_notice(linter: Linter) -> None:
    for statement in ("select a from t limit 5\n", "select a from t where b = = 1\n", "select a from t join\n"):
        codes = {violation.rule_code() for violation in linter.lint_string(statement).get_violations()}
        assert "PRS" in codes, statement
    codes = {v.rule_code() for v in linter.lint_string("select a from t where b != 1\n").get_violations()}
    assert codes == {"CV01"}


def test_shrinking_keeps_every_form() -> None:
    statement = 'select f(t."A") as "A", f(t."B") as "B", g(t."C") as "C", x + 1 + 2 + 3 as d from t where a in (1, 2)'
    assert shrink(statement) == 'select f(t."A") as "A",  g(t."C") as "C", x + 1 +  3 as d from t where a in (1, 2)'
    untouched = "select a, case when b = 1 then 2 end as c, f(a) as d, g(a) as e from t order by a, b"
    assert shrink(untouched) == untouched


def test_nothing_large_is_passed_over(linter: Linter) -> None:
    statement = f"-- {'x' * 50_000}\nselect a from t limit 5\n"
    assert any(violation.rule_code() == "PRS" for violation in linter.lint_string(statement).get_violations())
