"""Monday's limits and the whole push: the budget is used and not overrun, quotas and waits are kept to the letter."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest

from emulator.config import Limits
from emulator.faults import Fault
from sync.commands.push import push
from sync.push.summary import Options
from tests.faults.boards import look
from tests.faults.check import doubles
from tests.faults.points import Point, Points
from tests.faults.prepare import built
from tests.faults.timeline import SharedTimeline
from tests.faults.world import EVERYTHING, Prepared, Setting, World, cached
from tests.stores import Engine

BUDGET = 3_000_000
ROW = 30_000
LIMITED = Limits(minute_points=BUDGET)


@pytest.fixture(scope="module")
def state(tmp_path_factory: pytest.TempPathFactory, engine: Engine) -> Prepared:
    """160 orders with their sizes, built, and an empty board."""
    return built(engine, tmp_path_factory.mktemp("limits"), 160, seed=5)


@pytest.fixture
def begin(state: Prepared, tmp_path: Path) -> Callable[..., World]:
    """A world on that state: requests take 0.2 s there and back, in time that passes at once."""

    def make(*faults: Fault, **setting: object) -> World:
        return World(state, tmp_path, replace(Setting(rows_per_request=40, workers=4, latency=0.1), **setting), faults)  # type: ignore[arg-type]

    return make


class Spending:
    """Notes when points are charged."""

    def __init__(self, world: World) -> None:
        self.charges: list[tuple[float, int]] = []
        meter, spend = world.service.meter, world.service.meter.spend

        def note(points: int, writing: bool, now: float) -> None:
            spend(points, writing, now)
            self.charges.append((now, points))

        meter.spend = note  # type: ignore[method-assign]

    def share(self, budget: int) -> float:
        """The part of the budget that was used from the second minute on, the last one left out."""
        begin, end = self.charges[0][0] + 60, self.charges[-1][0] - 60
        assert end - begin > 120, "too short a push to speak of a steady state"
        return sum(points for at, points in self.charges if begin <= at < end) / (budget * (end - begin) / 60)


def test_a_long_push_uses_the_budget_and_is_never_refused(begin: Callable[..., World]) -> None:
    world = begin(limits=LIMITED)
    spending = Spending(world)
    ended = world.push(Points(), 1)
    assert (ended.exit_code, ended.data["items_left"], ended.data["subitems_left"]) == (0, 0, 0)
    assert world.service.meter.refusals == {}
    assert spending.share(BUDGET) >= 0.95


def test_a_batch_of_one_request_lasts_from_its_sending_to_its_answer(begin: Callable[..., World]) -> None:
    world = begin(rows_per_request=100)
    assert world.push(Points(), 1, limit=12).exit_code == 0
    times, sent = world.rows(
        "select BATCH_ID, ITEMS_STARTED_AT, ITEMS_FINISHED_AT, SUBITEMS_STARTED_AT, SUBITEMS_FINISHED_AT"
        " from MON_BatchProcessing where ITEMS_SUCCEEDED > 0",
        "select w.BATCH_ID, w.LEVEL, min(r.SENT_AT) as SENT_AT from MON_ApiRequestRows as w"
        " join MON_ApiRequests as r on r.REQUEST_ID = w.REQUEST_ID where w.LEVEL <> 'GROUP'"
        " group by w.BATCH_ID, w.LEVEL",
    )
    first = {(row["BATCH_ID"], row["LEVEL"]): row["SENT_AT"] for row in sent}
    assert len(first) > len(times) > 1
    by_id = {row["BATCH_ID"]: row for row in times}
    for (batch_id, level), at in first.items():
        began, ended = by_id[batch_id][f"{level}S_STARTED_AT"], by_id[batch_id][f"{level}S_FINISHED_AT"]
        assert abs((began - at).total_seconds()) < 0.1
        assert (ended - began).total_seconds() > 0.15  # there and back


def test_a_smaller_budget_than_expected_is_learnt_from_the_first_answer(begin: Callable[..., World]) -> None:
    world = begin(limits=Limits(minute_points=1_000_000), switches={"complexity_header": "absent"})
    ended = world.push(Points(), 1, limit=40)
    assert ended.exit_code == 0
    assert sum(world.service.meter.refusals.values()) <= 1


@pytest.mark.files_only("four databases at once, which say nothing about the engine")
def test_several_pushes_on_one_token_all_come_to_their_end(state: Prepared, tmp_path: Path) -> None:
    members = 4
    timeline = SharedTimeline()
    timeline.join(members)
    world = World(state, tmp_path, Setting(limits=LIMITED, rows_per_request=20), timeline=timeline)
    spending = Spending(world)
    results: dict[int, tuple[int, float]] = {}

    def run(number: int) -> None:
        folder = tmp_path / str(number)
        folder.mkdir()
        store = state.kept.copy(folder)
        for table in ("STG_MON_CustMasterSchedule", "STG_MON_CustMasterSchedule_Subitems"):
            # orders of its own, for all of them share the board
            store.sql(f"update {table} set ORDER_KEY = ORDER_KEY || '-{number}'", [])
        environment = world.environment | store.environment()
        try:
            timeline.sleep(7.0 * number)
            ended = push(
                environment,
                Options(EVERYTHING, limit=30),
                stop=threading.Event(),
                runtime=world.runtime(Points(), number),
            )
            results[number] = (int(ended.data["succeeded"]), timeline.seconds())
            assert ended.exit_code == 0
        finally:
            timeline.leave()

    with cached():
        threads = [threading.Thread(target=run, args=(number,)) for number in range(members)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(200)
    assert len(results) == members
    ends = [end for _, end in results.values()]
    rows = sum(done for done, _ in results.values())
    assert max(ends) <= 1.25 * 60 * rows * ROW / BUDGET + 60, f"the budget lay idle: {ends}"
    assert sum(points for _, points in spending.charges) >= rows * ROW
    refused = world.service.meter.refusals.get("COMPLEXITY_BUDGET_EXHAUSTED", 0)
    assert refused <= 5 * members * max(ends) / 60  # all of them wake at the same moments here: the worst case


def test_the_daily_quota_stops_the_run_cleanly(begin: Callable[..., World]) -> None:
    world = begin(limits=Limits(daily_calls=9, minute_points=0), rows_per_request=20)
    ended = world.push(Points(), 1)
    assert ended.exit_code == 3
    assert "daily quota is used up" in ended.message
    assert ended.data["items_left"] > 0
    left = world.rows("select count(*) as n from MON_ApiRequests where OUTCOME is null",
                      "select count(*) as n from MON_RowClaims",
                      "select count(*) as n from MON_BatchProcessing where FINISHED_AT is null",
                      "select count(*) as n from ERR_MON_CustMasterSchedule")  # fmt: skip
    assert [rows[0]["n"] for rows in left] == [0, 0, 0, 0]
    calls = world.calls
    again = world.push(Points(), 2)
    assert again.exit_code == 3
    assert world.calls - calls == 1  # it asks once, is told, and leaves it at that
    world.service.meter.limits = Limits.none()
    rest = world.push(Points(), 3)
    assert (rest.exit_code, rest.data["items_left"]) == (0, 0)
    assert list(doubles(look(world.service))) == []


@pytest.mark.parametrize("name", ["retry_after", "retry_in_seconds"])
def test_a_wait_that_is_asked_for_is_kept_to_the_letter(begin: Callable[..., World], name: str) -> None:
    wait = 37
    fault = Fault("refuse", operation="create_item", call=2, code="MINUTE_RATE_LIMIT_EXCEEDED", **{name: wait})  # type: ignore[arg-type]
    world = begin(fault, rows_per_request=20, workers=1)
    sent: list[tuple[float, bool]] = []

    def act(point: Point) -> None:
        if point.what == "send":
            sent.append((world.timeline.seconds(), point.where == "create_item"))

    assert world.push(Points(act), 1, limit=60).exit_code == 0
    gaps = [after[0] - before[0] for before, after in pairwise(sent)]
    longest = max(gaps)
    assert wait <= longest <= wait + 1
    assert sum(gap > 5 for gap in gaps) == 1  # everything waits once, and for nothing else


def test_a_lost_answer_costs_one_lookup_and_holds_up_nobody(begin: Callable[..., World]) -> None:
    plain = begin(rows_per_request=20)
    plain.push(Points(), 1, limit=60)
    undisturbed, mutations = plain.timeline.seconds(), len(plain.service.history)
    calls = plain.calls
    world = begin(Fault("drop_after", operation="create_item", call=2), search_lag=45.0, rows_per_request=20)
    moments: list[tuple[float, str]] = []

    def act(point: Point) -> None:
        if point.what == "send":
            moments.append((world.timeline.seconds(), point.where))

    ended = world.push(Points(act), 1, limit=60)
    assert (ended.exit_code, ended.data["adopted"], ended.data["lookups"]) == (0, 20, 1)
    assert len(world.service.history) == mutations  # what was done was not done again
    late = [where for moment, where in moments if moment > undisturbed + 5]
    assert late[0] == "items_page_by_column_values"
    assert set(late[1:]) == {"create_subitem"}  # the sizes of the lost items, and of nobody else
    assert world.calls <= calls + 1 + len(late)


def test_an_answer_lost_before_the_work_costs_one_lookup_and_one_repetition(begin: Callable[..., World]) -> None:
    plain = begin(workers=1)
    plain.push(Points(), 1, limit=60)
    world = begin(
        Fault("drop_before", operation="create_item", call=2), workers=1, switches={"idempotency_cache": "not_kept"}
    )
    ended = world.push(Points(), 1, limit=60)
    assert (ended.exit_code, ended.data["lookups"], ended.data["api_retries"]) == (0, 1, 1)
    assert len(world.service.history) == len(plain.service.history)
    assert list(doubles(look(world.service))) == []


def test_lost_answers_of_many_requests_are_asked_for_together(begin: Callable[..., World]) -> None:
    world = begin(Fault("drop_after", operation="create_item", times=0), rows_per_request=5)
    points = Points()
    ended = world.push(points, 1, limit=60)
    lost = sum(fault.effect == "drop_after" for _, fault in world.service.faults.struck)
    asked = sum(point.what == "send" and point.where == "items_page_by_column_values" for point in points.passed)
    assert ended.exit_code == 0
    assert lost >= 12
    assert asked <= lost / 2
    assert list(doubles(look(world.service))) == []


REFUSALS = {
    "429 and a time": {"status": 429, "code": "MINUTE_RATE_LIMIT_EXCEEDED", "retry_after": 20},
    "429 and no time": {"status": 429, "code": "maxConcurrencyExceeded"},
    "429 and a long time": {"status": 429, "code": "COMPLEXITY_BUDGET_EXHAUSTED", "retry_in_seconds": 7200},
    "blocked": {"status": 200, "code": "API_TEMPORARILY_BLOCKED"},
    "locked": {"status": 423, "code": "RESOURCE_LOCKED"},
    "locked, and a time": {"status": 423, "code": "RESOURCE_LOCKED", "retry_after": 5},
}


@pytest.mark.parametrize("operation", ["boards", "create_group", "create_item", "create_subitem"])
@pytest.mark.parametrize("refusal", REFUSALS)
def test_a_run_that_is_only_ever_told_to_wait_ends_and_keeps_its_rows(
    begin: Callable[..., World], refusal: str, operation: str
) -> None:
    world = begin(Fault("refuse", operation=operation, times=0, **REFUSALS[refusal]))  # type: ignore[arg-type]
    ended = world.push(Points(), 1, limit=60)
    assert ended.exit_code == 3
    assert str(REFUSALS[refusal]["code"]) in ended.message
    assert world.timeline.seconds() <= 17 * 60
    assert world.calls <= 100
    left = world.rows("select count(*) as n from MON_ApiRequests where OUTCOME is null",
                      "select count(*) as n from MON_RowClaims",
                      "select count(*) as n from MON_BatchProcessing where FINISHED_AT is null",
                      "select count(*) as n from ERR_MON_CustMasterSchedule",
                      "select count(*) as n from ERR_MON_CustMasterSchedule_Subitems")  # fmt: skip
    assert [rows[0]["n"] for rows in left] == [0, 0, 0, 0, 0]
    assert ended.data["items_left"] + ended.data["subitems_left"] > 0
    world.mend()
    rest = world.push(Points(), 2, limit=60)
    assert rest.exit_code == 0
    assert list(doubles(look(world.service))) == []


@pytest.mark.parametrize("operation", ["boards", "create_group", "create_item"])
def test_a_push_that_waits_as_it_was_told_stops_when_it_is_asked_to(
    begin: Callable[..., World], operation: str
) -> None:
    refusal = Fault("refuse", operation=operation, status=429, code="MINUTE_RATE_LIMIT_EXCEEDED", retry_after=600)
    world = begin(refusal, rows_per_request=20)
    stop = threading.Event()
    world.timeline.at(world.timeline.seconds() + 30, stop.set)
    ended = world.push(Points(), 1, stop)
    assert ended.exit_code == 3
    assert "asked to stop" in ended.message
    assert f"{ended.data['items_left']} orders and {ended.data['subitems_left']} sizes are left" in ended.message
    assert ended.data["items_left"] > 0
    assert 30 <= world.timeline.seconds() <= 32
    assert world.push(Points(), 2).exit_code == 0
    assert list(doubles(look(world.service))) == []


def test_a_lock_on_one_request_holds_up_no_other(begin: Callable[..., World]) -> None:
    locked = Fault("refuse", operation="create_item", call=1, status=423, code="RESOURCE_LOCKED", retry_after=300)
    world = begin(locked, workers=1, rows_per_request=20)
    sent: list[float] = []

    def act(point: Point) -> None:
        if point.what == "answer" and point.where == "create_item":
            sent.append(world.timeline.seconds())

    ended = world.push(Points(act), 1, limit=60)
    assert (ended.exit_code, ended.data["items_created"], ended.data["failed"]) == (0, 60, 0)
    assert [moment < 60 for moment in sent] == [True, True, True, False]  # the locked one, two others, and it again


def test_batches_end_where_groups_may_not_be_made(begin: Callable[..., World]) -> None:
    world = begin(Fault("refuse", operation="create_group", code="UserUnauthorizedException", times=0))
    assert world.push(Points(), 1).exit_code == 1
    (batches,) = world.rows("select STATUS, FINISHED_AT from MON_BatchProcessing")
    assert batches
    assert {(row["STATUS"], row["FINISHED_AT"] is None) for row in batches} == {("STOPPED", False)}


def test_a_group_that_monday_refuses_stops_its_own_orders_alone(begin: Callable[..., World]) -> None:
    refusal = Fault("refuse_row", operation="create_group", alias=0, code="InvalidInput", message="not so", times=0)
    ended = (world := begin(refusal)).push(Points(), 1)
    errors, done, batches = world.rows(
        "select distinct GROUP_NAME, ERROR_CLASS, ERROR_MESSAGE from ERR_MON_CustMasterSchedule",
        "select count(*) as n from MON_CustMasterSchedule where MONDAY_ITEM_ID > 0",
        "select API_CALLS, ITEMS_SUCCEEDED from MON_BatchProcessing",
    )
    assert ended.exit_code == 0, ended.message
    assert {row["ERROR_CLASS"] for row in errors} == {"REJECTED"}
    assert all("can't be made on the board (not so)" in row["ERROR_MESSAGE"] for row in errors)
    assert done[0]["n"] > 0
    assert all(row["API_CALLS"] >= 1 for row in batches if row["ITEMS_SUCCEEDED"])
