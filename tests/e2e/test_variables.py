"""The variables of dbt_project.yml: the build passes under every value they may have, and starts under no other."""

from __future__ import annotations

import json
from typing import Any

import pytest
import yaml

from tests.e2e.day_two import GREYSON, DayTwo, order
from tests.support import ROOT

# What each variable may be instead of its default.
OTHERS: dict[str, tuple[Any, ...]] = {
    "received_from": ("2025-06-01",),
    "orders_scope": ("\"CUSTOMER NAME\" like 'GREYSON%'", "1 = 0 -- none"),
    "on_source_removal": ("archive",),
    "max_removal_percent": (0, 12.5),
    "on_board_deletion": ("park",),
    "group_customer": ("canonical",),
    "item_name_separator": (" - ", "'"),
    "reject_unknown_customers": (True,),
}
# What is given to `--vars` -> what is said of it.
UNFIT = {
    "{received_from: 01.02.2025}": 'received_from is "01.02.2025"',
    '{received_from: "2025-02-29"}': 'received_from is "2025-02-29"',
    '{received_from: "2025-1-1"}': "received_from",
    '{received_from: "0000-01-01"}': "received_from",
    '{received_from: "2025-01-01 or 1 = 1"}': "received_from",
    "{received_from: 2025-01-01 10:00:00}": "received_from",
    "{received_from: 20250101}": "received_from",
    "{received_from: false}": "received_from is False",
    '{received_from: ""}': 'received_from is ""',
    "{orders_scope: 5}": "orders_scope is 5",
    '{orders_scope: " "}': "orders_scope is",
    "{orders_scope: true}": "orders_scope is True",
    "{orders_scope: ['1 = 1']}": "orders_scope",
    "{orders_scope: NOSUCH = 1}": 'column "NOSUCH" not found',
    "{orders_scope: CUSTOMER NAME = 1}": "orders_scope is no condition over",
    "{orders_scope: 1 = 1; select 2}": "orders_scope is no condition over",
    "{orders_scope: nosuch(1) = 1}": "Function with name nosuch does not exist",
    "{on_source_removal: delete}": "ignore or archive",
    "{on_source_removal: Archive}": 'on_source_removal is "Archive"',
    "{on_source_removal: null}": "on_source_removal is null",
    "{on_source_removal: [archive]}": "on_source_removal",
    '{on_board_deletion: "park "}': "on_board_deletion",
    "{group_customer: true}": "group_customer is True",
    '{max_removal_percent: "5"}': 'max_removal_percent is "5"',
    "{max_removal_percent: 5 %}": "max_removal_percent",
    "{max_removal_percent: five}": "max_removal_percent",
    "{max_removal_percent: -1}": "max_removal_percent is -1",
    "{max_removal_percent: 100.5}": "max_removal_percent is 100.5",
    "{max_removal_percent: true}": "max_removal_percent is True",
    "{max_removal_percent: .nan}": "max_removal_percent",
    "{max_removal_percent: .inf}": "max_removal_percent",
    "{max_removal_percent: null}": "max_removal_percent",
    '{reject_unknown_customers: "no"}': 'reject_unknown_customers is "no"',
    "{reject_unknown_customers: 1}": "reject_unknown_customers is 1",
    "{reject_unknown_customers: null}": "reject_unknown_customers",
    "{item_name_separator: 5}": "item_name_separator is 5",
    "{item_name_separator: null}": "item_name_separator",
    '{item_name_separator: "a\\nb"}': 'item_name_separator is "a\\nb"',
    '{item_name_separator: "\\u200b"}': "item_name_separator",
    "{item_name_separator: xxxxxxxxxxxxxxxxxxxxx}": "at most 20 characters",
    "{recieved_from: 2025-01-01}": "none of the name recieved_from, only received_from",
    "{ON_SOURCE_REMOVAL: archive}": "none of the name ON_SOURCE_REMOVAL",
    "{on-source-removal: archive}": "none of the name on-source-removal",
    "{order_sync: {on_source_removal: archive}}": "none of the name order_sync",
    "{max_removal_percent: -1, group_customer: canonic}": 'group_customer is "canonic"',
}


@pytest.fixture(scope="module")
def grown(tmp_path_factory: pytest.TempPathFactory, pushed: Any) -> Any:
    """A pushed board whose source has changed since: whatever a variable decides, there is something to decide on."""
    with pushed.start(tmp_path_factory.mktemp("grown")) as two:
        numbers = [row["AAG ORDER NUMBER"] for row in two.source()]
        two.remove(numbers[:2])
        two.edit(numbers[-1], {}, CUSTOMER_SEASON="ANOTHER")
        two.add(
            order("OLD-1", ORDER_DATE_PO_RECEIVED="2024-01-31"),
            order("UNDATED-1", ORDER_DATE_PO_RECEIVED=None),
            order("STRANGE-1", customer="NOBODY KNOWS"),
            order("LONG-1", GREYSON, CUSTOMER_STYLE="S" * 260),
        )
        two.build()
        yield two


def test_every_variable_is_tried() -> None:
    project = yaml.safe_load((ROOT / "dbt_project.yml").read_text(encoding="utf-8"))["vars"]
    assert set(OTHERS) == set(project)
    assert [name for name, values in OTHERS.items() if project[name] in values] == []


@pytest.mark.slow
@pytest.mark.parametrize(("name", "value"), [(name, value) for name, values in OTHERS.items() for value in values])
def test_a_build_passes_under_every_value(grown: DayTwo, name: str, value: Any) -> None:
    done = grown.runner.build(grown.environment(), {name: value}, tests=True)
    assert done.success, done.said


@pytest.mark.slow
@pytest.mark.parametrize("last", [False, True])
def test_unit_tests_pass_whatever_the_variables_are(grown: DayTwo, last: bool) -> None:
    """A unit test sets what its model reads, so all variables may have other values at once."""
    others = {name: values[-1 if last else 0] for name, values in OTHERS.items()}
    done = grown.runner.run(["test", "--select", "test_type:unit", "--vars", json.dumps(others)], grown.environment())
    assert done.success, done.said
    assert sum(node.kind == "unit_test" for node in done.nodes) >= 20


@pytest.mark.parametrize("given", UNFIT)
def test_a_build_starts_under_no_other_value(grown: DayTwo, given: str) -> None:
    before = grown.sql("select BUILT_AT from STG_MON_Build")
    done = grown.runner.build(grown.environment(), given, tests=True)
    assert not done.success
    assert "The variables of this build can't be used" in done.stopped
    assert UNFIT[given] in done.stopped
    assert grown.sql("select BUILT_AT from STG_MON_Build") == before


def test_a_schema_with_a_double_quote_is_told(grown: DayTwo) -> None:
    done = grown.runner.build(grown.environment() | {"DB_ORDERS_SOURCE_SCHEMA": 'od"d'}, {}, tests=False)
    assert not done.success
    assert "DB_ORDERS_SOURCE_SCHEMA names od\"d, whose double quote can't be read" in done.stopped


def test_what_dbt_itself_reads_first_is_no_hindrance(grown: DayTwo) -> None:
    """While dbt parses the project, it renders the models with the variables as they are."""
    for kind in ("5", "{a: [1]}"):
        given = ", ".join(f"{name}: {kind}" for name in OTHERS)
        said = grown.dbt_process("build", "--vars", f"{{{given}}}", ok=False)
        for name in OTHERS:
            if kind != "5" or name != "max_removal_percent":
                assert f"{name} is" in said, said[-2000:]
