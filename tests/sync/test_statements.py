"""Every statement under ``sql/``, as both engines get it: DuckDB plans it, and T-SQL of 2017 has all of its words."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from typing import Any

import duckdb
import pytest
from jinja2 import meta

from sync.monday.board import load_mapping
from sync.session import SQL_FOLDER, Statements
from sync.settings import PROJECT_ROOT
from tests.models.tsql.gate import check
from tests.support import BUILD, Project

MAPPED = load_mapping(PROJECT_ROOT / "models" / "monday").items
WORK = (
    "Adoption", "AdoptionOrders", "AdoptionSizes", "BoardFindings", "BoardOrders", "BoardSizes", "BoardDifferences",
)  # fmt: skip
"""Views that are read into working tables."""

EVERY: dict[str, tuple[Any, ...]] = {
    "by": ("last", "batch", "run"),
    "customers": (0, 2),
    "filters": ((), ("batch", "customer"), ("column",)),
    "former": ((),),
    "level": ("ITEM", "SUBITEM"),
    "limit": (0, 5),
    "most": (200,),
    "places": ((("MON_CustMasterSchedule", '"PO NUMBER"', "BATCH_CUSTOMER"), ("customer_aliases", "ALIAS", "ALIAS")),),
    "room": (None, 0, 5), "rows": (5,),
    "selection": ((), ("batch",), ("batch", "customer", "po", "aag_season", "customer_season")),
    "state": ("going", "ended", "stopped", "dead"),
    "target": ('"{schema}"."MON_CustMasterSchedule_Subitems"',),
}  # fmt: skip
"""The values that an option is tried with, by its name; an option that isn't here is a flag."""
OPTIONS: dict[str, list[dict[str, Any]]] = {
    "audit/keep_planned": [{"name": name} for name in ("BoardOrders", "BoardSizes", "BoardDifferences")],
    "pull/take": [{"name": name} for name in WORK],
    "migrate/add_column": [
        {"target": '"{schema}"."MON_RowClaims"', "column": '"X"', "type": "varchar(20)", "key": key}
        for key in (False, True)
    ],
    "migrate/carry_over": [{"target": '"{schema}"."MON_RowClaims"', "column": "WORKER", "before": "REQUEST_ID",
                            "type": "date"}],
    "migrate/create_index": [
        {"target": '"{schema}"."MON_RowClaims"', "name": "IX", "columns": ("WORKER", "ROW_KEY"), "unique": unique}
        for unique in (False, True)
    ],
    "migrate/drop": [{"kind": "index", "target": '"{schema}"."UX_MON_CustMasterSchedule_Item"'},
                     {"kind": "view", "target": '"{schema}"."NO_SUCH_VIEW"'}],
    "migrate/fold_size": [
        {"target": '"{schema}"."MON_CustMasterSchedule_Subitems"', "old": "a'", "new": "b", "once": once}
        for once in (False, True)
    ],
    "migrate/forget_name": [{"id": "text", "name": "a'"}],
    "migrate/note_name": [{"id": "text", "name": "a'", "former": "b"}],
    "migrate/make_number": [{"target": '"{schema}"."MON_BoardGroups"', "column": '"TITLE"'}],
    "migrate/read_numbers": [{"target": '"{schema}"."MON_CustMasterSchedule"', "column": '"AAG SEASON"'}],
    "migrate/repeated": [{"target": '"{schema}"."MON_RowClaims"', "columns": ("WORKER", "ROW_KEY")}],
    "migrate/without_key": [
        {"target": '"{schema}"."MON_CustMasterSchedule"', "id": "MONDAY_ITEM_ID", "columns": columns}
        for columns in ((), ("ORDER_KEY", "BATCH_ID"))
    ],
    "pull/forget": [{"name": name} for name in ("MON_BoardItems", "MON_BoardSubitems")],
    "pull/load": [{"name": f"MON_Board{level}s", "id": f"{level.upper()}_ID"} for level in ("Item", "Subitem")],
    "pull/replace": [
        {"name": name, "id": id_, "selection": selection, "staged": staged} for staged in (False, True)
        for selection in ((), ("customer", "po"))
        for name, id_ in (("MON_BoardItems", "ITEM_ID"), ("MON_BoardSubitems", "SUBITEM_ID"))
    ],
    "push/confirm": [
        {"level": level, "state": state, "former": ()} for level in ("ITEM", "SUBITEM")
        for state in ("again", "new", "changed")
    ],
    "push/column_emptied": [
        {"moves": (("AAG SEASON", None),)},
        {"moves": (("AAG SEASON", "CUSTOMER SEASON"), ("CUSTOMER SEASON", "AAG SEASON"))},
    ],
    "push/purge": [
        {"name": "ERR_MON_CustMasterSchedule", "column": "RESOLVED_AT"},
        {"name": "ERR_MON_CustMasterSchedule_Subitems", "column": "RESOLVED_AT"},
        {"name": "MON_ApiRequests", "column": "FINISHED_AT"},
        {"name": "MON_BatchProcessing", "column": "FINISHED_AT"},
    ],
    "push/renew_leases": [{"name": name} for name in ("MON_ApiRequests", "MON_RowClaims", "MON_BatchProcessing")],
    "push/shorten_leases": [{"name": name} for name in ("MON_ApiRequests", "MON_RowClaims")],
}  # fmt: skip
"""Statements whose options only fit together in some ways."""


class Form:
    """The statements of one engine, with every way in which they are rendered."""

    def __init__(self, dialect: str, schema: str) -> None:
        self.schema = schema
        self.statements = Statements(dialect, schema, MAPPED)
        self._jinja = self.statements._jinja

    def names(self) -> Iterator[tuple[str, set[str]]]:
        """Each statement with the names of its options: a file in a folder, or a macro of a command's file."""
        for path in sorted(SQL_FOLDER.rglob("[!_]*.sql")):
            name = path.relative_to(SQL_FOLDER).with_suffix("").as_posix()
            if name.startswith("grants/"):  # run by hand, by the database's owner
                continue
            if "/" in name:
                tree = self._jinja.parse(path.read_text(encoding="utf-8"))
                yield name, meta.find_undeclared_variables(tree) - set(self._jinja.globals)
                continue
            macros = vars(self._jinja.get_template(f"{name}.sql").module)
            for macro, found in macros.items():
                if not macro.startswith("_") and type(found).__name__ == "Macro":
                    yield f"{name}/{macro}", set(found.arguments)

    def rendered(self) -> Iterator[tuple[str, str]]:
        """Every statement with the options that the commands use, under a name to tell it by."""
        for name, options in self.names():
            for each in OPTIONS.get(name) or list(self._every(name, options)):
                filled = {key: self._filled(value) for key, value in each.items()}
                shown = " ".join(f"{key}={value}" for key, value in filled.items() if key not in ("target", "kinds"))
                yield f"{name} {shown}".strip(), self.statements.get(name, **filled)

    def _every(self, name: str, options: set[str]) -> Iterator[dict[str, Any]]:
        folder, stem = name.split("/")
        if folder in ("tables", "views"):
            values = {"target": (f'"{{schema}}"."{stem}_TRIED"',), "name": (f"{stem}_TRIED",)}
        else:
            values = EVERY
        keys = sorted(options)
        for chosen in itertools.product(*(values.get(key, (False, True)) for key in keys)):
            yield dict(zip(keys, chosen, strict=True))

    def _filled(self, value: Any) -> Any:
        return value.replace("{schema}", self.schema) if isinstance(value, str) else value


DUCKDB, SQL_SERVER = Form("duckdb", "main"), Form("sqlserver", "dbo")


@pytest.mark.slow
def test_duckdb_plans_every_statement(project: Project) -> None:
    project.orders(3)
    project.sync("migrate")
    project.dbt(*BUILD)
    texts = {name: text.replace("cast(? as json)", "cast('[]' as json)") for name, text in DUCKDB.rendered()}
    refused = {}
    with duckdb.connect(str(project.database)) as connection:
        for name in sorted(texts, key=lambda name: name.startswith("audit/plan ")):  # which reads another of them
            if re.match("create (or replace )?temp", texts[name]):
                connection.execute(texts[name])
        for name, text in texts.items():
            try:
                parameters = duckdb.extract_statements(text)[0].named_parameters
                connection.execute(f"explain {text}", [None] * len(parameters)).fetchall()
            except duckdb.Error as error:
                refused[name] = str(error)[:300]
    assert refused == {}
    assert len(texts) > 300


def test_sql_server_2017_takes_every_statement() -> None:
    found = {
        name: [str(each) for each in check(text.replace("?", "N'x'"), becomes_view=False)]
        for name, text in SQL_SERVER.rendered()
    }
    assert {name: findings for name, findings in found.items() if findings} == {}


def test_working_tables_belong_to_the_connection() -> None:
    for name, text in SQL_SERVER.rendered():
        assert not re.search(r"(?<!#)\bWORK_", text), name
    for name, text in DUCKDB.rendered():
        assert not re.search("#[A-Za-z]", text), name
        assert not re.match(r"create table .*WORK_", text), name


def test_every_statement_is_used() -> None:
    code = "".join(path.read_text(encoding="utf-8") for path in (PROJECT_ROOT / "sync").rglob("*.py"))
    idle = []
    for name, _ in DUCKDB.names():
        folder, stem = name.split("/")
        start = stem.rsplit("_", 1)[0]
        if folder not in ("tables", "views") and not re.search(rf'"({name}|{stem}|{start}_{{\w+}})"', code):
            idle.append(name)
    assert idle == []
