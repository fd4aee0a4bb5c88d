"""A part of the fault campaign (`make faults` runs all of it), and proof that it would notice what it looks for."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import sync.push.engine
from emulator import switches
from emulator.config import Limits
from emulator.faults import EFFECTS, Fault
from sync.monday.answers import RowOutcome
from tests.faults import report
from tests.faults.boards import look
from tests.faults.campaign import some
from tests.faults.cases import DATABASE_ERRORS, NETWORK, SHARES, Case, Dealer, Terrain
from tests.faults.check import Reference, Tables, complete, doubles, truthful
from tests.faults.points import Killed, Point, Points
from tests.faults.prepare import prepare
from tests.faults.run import LEASE, carry_out, survey, workshop
from tests.faults.world import Prepared, Setting, World
from tests.stores import Engine

CASES = {"duckdb": 60, "sqlserver": 24}
"""By engine: on a server each case takes seconds."""
SEED = 1
NUMBERS: dict[str, tuple[float, ...]] = {
    "idempotency_budget_bytes": (0, 2_000),
    "validation_status": (400,),
    "server_timeout_seconds": (0.0, 30.0),
    "complexity_status": (200,),
    "subitems_limit_per_item": (50,),
    "subitem_board_limit": (1_000,),
    "numbers_max_digits": (18,),
}
"""Values of the switches that take a number, beside their default. Limits are such as a real board has."""
DISTURBANCES = (
    Fault("drop_after", "create_item", call=1),
    Fault("refuse_row", call=3, code="InvalidItemIdException"),
    Fault("drop_after", "create_subitem", call=2),
)
Ground = tuple[dict[str, Prepared], dict[str, Reference], dict[str, Terrain]]


@pytest.fixture(scope="module")
def ground(tmp_path_factory: pytest.TempPathFactory, engine: Engine) -> Ground:
    """The states, what an undisturbed push makes of them, and the places that it passes."""
    states = prepare(engine, tmp_path_factory.mktemp("states"))
    return states, *survey(states)


@pytest.mark.slow
def test_every_order_is_there_once_whatever_breaks(ground: Ground, engine: Engine) -> None:
    cases = CASES[engine.dialect]
    outcomes = some(SEED, range(cases), ground)
    said = [line for outcome in outcomes if outcome.findings for line in report.failed(outcome, SEED)]
    assert not said, "\n".join(said)
    table = report.figures(outcomes)["all"]
    assert table["cases"] == cases
    assert table["struck"] > cases / 2


def test_a_thousand_cases_hold_every_kind_of_fault_and_every_place(ground: Ground) -> None:
    dealer = Dealer(SEED, ground[2])
    cases = [dealer.deal(number) for number in range(1000)]
    assert {case.family for case in cases} == set(SHARES)
    assert set(NETWORK) <= {case.kind for case in cases}
    assert set(DATABASE_ERRORS) == {case.error for case in cases if case.error}
    effects = {fault.effect for case in cases for fault in case.faults}
    # A push reads no second page of the board, so it meets no cursor; test_refusals.py has those who do, and
    # test_lost_answers.py has hollow answers.
    assert effects == set(EFFECTS) - {"forget_cursors", "hollow"}
    assert {case.setting.search_lag for case in cases} == {0.0, 20.0, 45.0}
    for state, terrain in ground[2].items():
        instrumented = ("send", "answer", "committed")
        places = {(point.what, point.where) for point in terrain.points if point.what in instrumented}
        hit = {(case.point.what, case.point.where) for case in cases if case.point and case.state == state}
        assert places <= hit
    assert len({str(case) for case in cases}) > 850


def test_a_case_is_the_same_each_time(ground: Ground) -> None:
    assert Dealer(7, ground[2]).deal(123) == Dealer(7, ground[2]).deal(123)
    assert Dealer(7, ground[2]).deal(123) != Dealer(8, ground[2]).deal(123)


def readings() -> list[tuple[str, Any]]:
    """Return every switch with each of its values but the default, which every other test has."""
    found: list[tuple[str, Any]] = []
    for each in switches.names():
        values = NUMBERS.get(each.name) or each.metadata["choices"] or (True, False)
        found += [(each.name, value) for value in values if value != each.default]
    return found


@pytest.mark.parametrize(("switch", "value"), readings(), ids=str)
def test_the_board_is_the_same_under_every_reading(ground: Ground, switch: str, value: Any) -> None:
    """What Monday's documentation leaves open is a switch of the emulator, and no reading of it changes the outcome."""
    limits = Limits(minute_points=1_200_000)  # tight, so that refusals and waits of every shape are met
    setting = Setting(rows_per_request=5, search_lag=20.0, switches={switch: value}, limits=limits)
    case = Case(0, 1, "network", "a reading", "later", setting, faults=DISTURBANCES)
    outcome = carry_out(case, *ground[:2])
    assert not outcome.findings, "\n".join(report.failed(outcome, 0))


def test_every_number_has_a_value_to_try() -> None:
    plain = {each.name for each in switches.names() if isinstance(each.default, float)} | {
        each.name for each in switches.names() if type(each.default) is int
    }
    assert plain == set(NUMBERS)


@pytest.fixture
def pushed(ground: Ground, tmp_path: Path) -> tuple[World, Reference]:
    """A world after an undisturbed push."""
    states, references, _ = ground
    world = World(states["later"], tmp_path, Setting())
    assert world.push(Points(), 1).exit_code == 0
    return world, references["later"]


def found(world: World, reference: Reference) -> set[str]:
    """What the comparison finds."""
    tables, seen = Tables.of(world), look(world.service)
    return {finding.what for finding in (*complete(tables, seen, reference), *truthful(tables, seen, reference))}


def one(world: World) -> Any:
    """An item that was just made, with subitems."""
    state = world.service.state
    return next(item for item in reversed(state.items.values()) if item.parent_id is None and item.subitem_ids)


def test_the_comparison_finds_nothing_where_nothing_is_wrong(pushed: tuple[World, Reference]) -> None:
    assert found(*pushed) == set()


def test_the_comparison_finds_a_double_item(pushed: tuple[World, Reference]) -> None:
    world, reference = pushed
    item = one(world)
    world.service.state.create_item(item.board_id, item.name, item.group_id, {"order_key": item.values["order_key"]})
    assert "double" in found(world, reference)


def test_the_comparison_finds_a_double_size_and_a_double_group(pushed: tuple[World, Reference]) -> None:
    world, _ = pushed
    state, item = world.service.state, one(world)
    subitem = state.items[item.subitem_ids[0]]
    twin = state.create_subitem(item.id, subitem.name, {})
    twin.values.update(subitem.values)
    group = state.boards[item.board_id].groups[item.group_id]
    state.create_group(item.board_id, group.title.lower())
    assert len(list(doubles(look(world.service)))) == 2


def test_the_comparison_finds_what_is_missing_and_falsely_done(pushed: tuple[World, Reference]) -> None:
    world, reference = pushed
    world.service.state.retire_item(one(world).id, "deleted")
    assert {"missing", "falsely done"} <= found(world, reference)


def test_the_comparison_finds_a_stale_cell_and_a_stale_quantity(pushed: tuple[World, Reference]) -> None:
    world, reference = pushed
    state, item = world.service.state, one(world)
    state.items[item.subitem_ids[0]].values["numeric_mkra7j8e"] = "4711"
    assert found(world, reference) == {"stale", "falsely done"}


def test_the_comparison_finds_what_is_left_open(pushed: tuple[World, Reference]) -> None:
    world, reference = pushed
    world.store.sql("insert into MON_RowClaims values ('ITEM', 'X', 'r', 'w', current_timestamp)", [])
    assert found(world, reference) == {"left open"}


def test_a_push_that_created_without_asking_would_be_caught(ground: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    """The very mistake that the design is against: an answer is lost, and the creation is sent again at once."""
    engine: Any = sync.push.engine
    states, references, terrains = ground
    read = engine.read_answer

    def careless(raw: Any, aliases: Any) -> Any:
        answer = read(raw, aliases)
        rows = {
            alias: replace(row, outcome=RowOutcome.RETRY) if row.outcome is RowOutcome.UNKNOWN else row
            for alias, row in answer.rows.items()
        }
        return replace(answer, rows=rows)

    monkeypatch.setattr(engine, "read_answer", careless)
    setting = Setting(rows_per_request=5, switches={"idempotency_cache": "not_kept"})
    case = Case(0, 1, "network", "lost", "first", setting, (Fault("drop_after", operation="create_item"),))
    assert terrains["first"].requests["create_item"] > 1
    outcome = carry_out(case, states, references)
    assert "double" in {finding.what for finding in outcome.findings}


@pytest.mark.parametrize("earlier", [False, True], ids=["this version", "an earlier one"])
@pytest.mark.parametrize("operation", ["create_group", "create_item", "create_subitem"])
def test_what_a_dead_run_left_open_is_recovered(ground: Ground, tmp_path: Path, operation: str, earlier: bool) -> None:
    """An earlier version recorded no state and no time, and claimed the groups of a board under no request."""
    states, references, _ = ground
    world = World(states["first"], tmp_path, Setting(rows_per_request=5, switches={"idempotency_cache": "not_kept"}))

    def strike(point: Point) -> None:
        if (point.what, point.where) == ("answer", operation):
            raise Killed

    assert world.push(Points(strike), 1).message == "killed"
    if earlier:
        world.store.sql("update MON_ApiRequests set STATE = null, DUE_AT = null", [])
        world.store.sql("update MON_RowClaims set REQUEST_ID = 'no request', ROW_KEY = '7' where LEVEL = 'GROUP'", [])
    world.timeline.sleep(LEASE)
    assert world.push(Points(), 2).exit_code == 0
    assert found(world, references["first"]) == set()


def test_a_figure_table_counts_what_was_found(ground: Ground) -> None:
    outcomes = some(SEED, range(3), ground)
    table = report.figures(outcomes)
    assert table["all"]["cases"] == 3
    assert sum(row["cases"] for kind, row in table.items() if kind != "all") == 3
    assert len(report.lines(table)) == len(table) + 2
    with workshop() as folder:
        assert Path(folder).is_dir()


@pytest.mark.parametrize("operation", ["create_group", "create_item", "create_subitem"])
def test_what_monday_finishes_after_the_push_was_killed_is_not_made_again(ground: Ground, operation: str) -> None:
    states, references, _ = ground
    setting = Setting(rows_per_request=5, search_lag=45.0, switches={"idempotency_cache": "not_kept"}, timeout=30.0)
    slow = Fault("slow", seconds=50.0, operation=operation)
    case = Case(0, 1, "both", "killed", "first", setting, (slow,), point=Point("lost", operation, 1))
    outcome = carry_out(case, states, references)
    assert outcome.struck
    assert outcome.runs[0] == "None: killed"
    assert outcome.findings == []


@pytest.mark.parametrize("operation", ["create_item", "create_subitem"])
def test_a_repetition_that_the_push_dies_over_rests_like_a_first_sending(ground: Ground, operation: str) -> None:
    """Lost for good at first, sent again a good while later, killed over that: Monday has just begun with it."""
    states, references, _ = ground
    setting = Setting(rows_per_request=40, search_lag=45.0, switches={"idempotency_cache": "not_kept"}, timeout=30.0)
    faults = (Fault("drop_before", operation=operation), Fault("slow", seconds=50.0, operation=operation, call=2))
    case = Case(0, 1, "both", "killed", "first", setting, faults, point=Point("lost", operation, 2))
    outcome = carry_out(case, states, references)
    assert outcome.runs[0] == "None: killed"
    assert outcome.findings == []


@pytest.mark.parametrize("killed", [True, False], ids=["and the push is killed", "and the push goes on"])
def test_an_update_that_monday_finishes_late_overtakes_no_newer_one(
    ground: Ground, tmp_path: Path, killed: bool
) -> None:
    """The next build's update of the same order leaves only when nothing older of it can be at work any more."""
    setting = Setting(rows_per_request=40, workers=1, switches={"idempotency_cache": "not_kept"}, timeout=30.0)
    slow = Fault("slow", seconds=50.0, operation="change_multiple_column_values")
    world = World(ground[0]["later"], tmp_path, setting, [slow])
    at = Point("lost", "change_multiple_column_values", 1)

    def act(point: Point) -> None:
        if killed and point == at:
            raise Killed

    assert world.push(Points(act), 1).exit_code == (None if killed else 0)
    # the next build, at once: an order that was renamed has yet another name by now
    order = world.rows(
        "select min(ORDER_KEY) as KEY_OF_ONE from STG_MON_CustMasterSchedule"
        " where CHANGE_TYPE = 'UPDATE' and CHANGED_COLUMNS like '%ITEM_NAME%'"
    )
    key = order[0][0]["KEY_OF_ONE"]
    world.store.sql(
        "update STG_MON_CustMasterSchedule set ITEM_NAME = 'NEWER', ROW_HASH = 'newer', CHANGED_COLUMNS = null"
        " where ORDER_KEY = ?", [key],
    )  # fmt: skip
    held = world.push(Points(), 2)
    if not world.store.sole_writer:
        world.timeline.sleep(LEASE)
    rest = world.push(Points(), 3)
    assert (held.exit_code, rest.exit_code) == (0, 0)
    assert (held.data["items_left"] > 0) is killed  # where the first was killed, its rows are held at first
    assert rest.data["items_left"] == 0
    world.timeline.sleep(200)
    seen = look(world.service)
    assert [seen.shown[each].name for each in seen.items[key]] == ["NEWER"]
    confirmed = world.rows(f"select ITEM_NAME from MON_CustMasterSchedule where ORDER_KEY = '{key}'")
    assert confirmed[0][0]["ITEM_NAME"] == "NEWER"
