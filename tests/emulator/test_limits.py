"""Limits, idempotency keys and search lag, with a clock that the test moves."""

from __future__ import annotations

import threading
from dataclasses import replace
from typing import Any

import pytest

from emulator.clock import ManualClock
from emulator.config import Config, Limits
from emulator.faults import Fault
from emulator.switches import Switches, with_settings
from sync.monday.answers import read_rate_limits
from sync.monday.documents import build_request, find_items_query, items_query, page_query
from tests.emulator.support import BOARD, KEY, ME, Talk, items, names, talking, update_item

FREE = Limits.none()


def timed(**options: Any) -> tuple[ManualClock, Config]:
    clock = ManualClock()
    return clock, Config(clock=clock, **options)


def code_of(answer: Any) -> str:
    found: str = answer.json()["errors"][0]["extensions"]["code"]
    return found


def test_a_write_costs_30000_points_of_a_sliding_minute() -> None:
    clock, config = timed(limits=replace(FREE, minute_points=100_000))
    with talking(config) as talk:
        assert talk.done(*items(2))["complexity"] == {
            "before": 100_000,
            "query": 60_000,
            "after": 40_000,
            "reset_in_x_seconds": 60,
        }
        clock.advance(20)
        talk.done(*items(1))
        answer = talk.post(build_request(items(2)))
        assert (answer.status_code, code_of(answer)) == (429, "COMPLEXITY_BUDGET_EXHAUSTED")
        assert answer.json()["errors"][0]["extensions"]["retry_in_seconds"] == 40
        assert answer.headers["Retry-After"] == "40"
        clock.advance(39)
        assert talk.post(build_request(items(2))).status_code == 429
        clock.advance(1)
        talk.done(*items(2))
        assert len(names(talk)) == 5
        quotas, left = read_rate_limits({name.lower(): value for name, value in answer.headers.items()})
        assert quotas["complexityMinute"] == 100_000
        assert left["complexityMinute"] == 10_000


def test_one_request_may_not_cost_more_than_its_limit() -> None:
    with talking(Config(limits=replace(FREE, query_points=60_000))) as talk:
        answer = talk.post(build_request(items(3)))
        assert (answer.status_code, code_of(answer)) == (429, "REQUEST_MAX_COMPLEXITY_EXCEEDED")
        assert names(talk) == []
        talk.done(*items(2))


def test_an_app_token_has_a_budget_of_its_own_for_reading() -> None:
    with talking(Config(limits=replace(FREE, minute_points=60_000, split_budget=True))) as talk:
        talk.done(*items(2))
        assert talk.ask(ME)["data"]["complexity"]["before"] == 60_000


@pytest.mark.parametrize(
    ("limits", "code", "wait"),
    [
        (replace(FREE, minute_calls=2), "MINUTE_RATE_LIMIT_EXCEEDED", 60),
        (replace(FREE, ip_calls=2), "IP_RATE_LIMIT_EXCEEDED", 10),
    ],
)
def test_requests_in_a_window_are_limited(limits: Limits, code: str, wait: int) -> None:
    clock, config = timed(limits=limits)
    with talking(config) as talk:
        talk.ask(ME)
        talk.ask(ME)
        answer = talk.post(ME)
        assert (answer.status_code, code_of(answer), answer.headers["Retry-After"]) == (429, code, str(wait))
        clock.advance(wait)
        talk.ask(ME)


def test_the_daily_quota_is_fresh_at_midnight_utc() -> None:
    clock, config = timed(limits=replace(FREE, daily_calls=2))
    clock.advance(86_400 - clock.now() % 86_400 + 3_600)  # an hour past midnight
    with talking(config) as talk:
        talk.ask(ME)
        talk.ask(ME)
        assert code_of(talk.post(ME)) == "DAILY_LIMIT_EXCEEDED"
        clock.advance(23 * 3_600 - 1)
        assert code_of(talk.post(ME)) == "DAILY_LIMIT_EXCEEDED"
        clock.advance(1)
        talk.ask(ME)


def test_requests_in_flight_are_limited() -> None:
    slow = Fault("slow", operation="mutation", seconds=1.5)
    with talking(Config(limits=replace(FREE, concurrent_calls=1), faults=[slow])) as talk:
        thread = threading.Thread(target=talk.done, args=items(1))
        thread.start()
        wait_for(talk, calls=1)
        answer = talk.post(ME)
        assert (answer.status_code, code_of(answer)) == (429, "maxConcurrencyExceeded")
        thread.join()
        talk.ask(ME)


def wait_for(talk: Talk, calls: int = 0, keys: int = 0) -> None:
    """Until the emulator has taken up so many requests, and so many keys."""
    service = talk.emulator.service
    for _ in range(500):
        if service.meter.in_flight >= calls and service.keys.in_flight >= keys:
            return
        threading.Event().wait(0.01)
    raise AssertionError("the request did not arrive")


def test_a_key_gives_its_first_answer_back_for_30_minutes() -> None:
    clock, config = timed(limits=FREE)
    with talking(config) as talk:
        body = build_request(items(2))
        first = talk.post(body, key="k1")
        again = talk.post(body, key="k1")
        assert "Idempotency-Replayed" not in first.headers
        assert (again.headers["Idempotency-Replayed"], again.content) == ("true", first.content)
        assert len(names(talk)) == 2
        talk.post(body, key="k2")
        clock.advance(1_800)
        talk.post(body, key="k1")
        assert len(names(talk)) == 6


def test_a_key_in_flight_gets_409() -> None:
    slow = Fault("slow", operation="mutation", seconds=1.5)
    with talking(Config(limits=FREE, faults=[slow])) as talk:
        body = build_request(items(1))
        thread = threading.Thread(target=talk.post, args=(body,), kwargs={"key": "k"})
        thread.start()
        wait_for(talk, keys=1)
        answer = talk.post(body, key="k")
        assert (answer.status_code, code_of(answer)) == (409, "IDEMPOTENCY_CONFLICT")
        assert int(answer.headers["Retry-After"]) >= 1
        thread.join()
        assert talk.post(body, key="k").headers["Idempotency-Replayed"] == "true"
        assert len(names(talk)) == 1


@pytest.mark.parametrize(
    ("settings", "status", "made"),
    [
        ({}, 200, 1),
        ({"idempotency_other_body": "refuse"}, 422, 1),
        ({"idempotency_other_body": "run"}, 200, 3),
        ({"idempotency_cache": "not_kept"}, 200, 3),
        ({"idempotency_budget_bytes": "10"}, 200, 3),
    ],
)
def test_a_key_with_another_body(settings: dict[str, str], status: int, made: int) -> None:
    with talking(Config(limits=FREE, switches=with_settings(Switches(), settings))) as talk:
        talk.post(build_request(items(1)), key="k")
        assert talk.post(build_request(items(2)), key="k").status_code == status
        assert len(names(talk)) == made


@pytest.mark.parametrize(("kept", "replayed"), [("on", True), ("off", False)])
def test_answers_with_errors_are_kept_or_not(kept: str, replayed: bool) -> None:
    switches = with_settings(Switches(), {"idempotency_keep_errors": kept})
    with talking(Config(limits=FREE, switches=switches)) as talk:
        body = build_request(items(1, no_such="x"))
        talk.post(body, key="k")
        assert ("Idempotency-Replayed" in talk.post(body, key="k").headers) is replayed


@pytest.mark.parametrize(("kept", "status"), [("on", 429), ("off", 200)])
def test_refusals_are_kept_or_not(kept: str, status: int) -> None:
    switches = with_settings(Switches(), {"idempotency_keep_refusals": kept})
    busy = Fault("refuse", code="RATE_LIMIT_EXCEEDED", retry_in_seconds=1)
    with talking(Config(limits=FREE, switches=switches, faults=[busy])) as talk:
        body = build_request(items(1))
        assert talk.post(body, key="k").status_code == 429
        assert talk.post(body, key="k").status_code == status


def found(talk: Talk, key: str) -> list[str]:
    page = talk.ask(find_items_query(BOARD, KEY, [key], [KEY]))["data"]["items_page_by_column_values"]
    return [item["name"] for item in page["items"]]


def test_search_lags_behind_writes_and_reading_by_id_does_not() -> None:
    clock, config = timed(limits=FREE, search_lag_seconds=30)
    with talking(config) as talk:
        item = talk.item("one", **{KEY: "A"})
        assert found(talk, "A") == []
        clock.advance(20)
        talk.done(update_item(BOARD, item, {KEY: "B"}))
        [seen] = talk.ask(items_query([item], [KEY]))["data"]["items"]
        assert seen["column_values"][0]["text"] == "B"
        clock.advance(10)
        assert (found(talk, "A"), found(talk, "B")) == (["one"], [])
        clock.advance(20)
        assert (found(talk, "A"), found(talk, "B")) == ([], ["one"])


@pytest.mark.parametrize(("lag", "seen"), [("none", 1), ("search", 0)])
def test_paging_lags_only_when_told_to(lag: str, seen: int) -> None:
    switches = with_settings(Switches(), {"items_page_lag": lag})
    clock, config = timed(limits=FREE, search_lag_seconds=30, switches=switches)
    with talking(config) as talk:
        talk.item("one")
        page = talk.ask(page_query(BOARD, None, []))["data"]["boards"][0]["items_page"]
        assert len(page["items"]) == seen
        clock.advance(30)
        page = talk.ask(page_query(BOARD, None, []))["data"]["boards"][0]["items_page"]
        assert len(page["items"]) == 1


def test_an_end_is_announced_and_warnings_are_given_where_asked_for() -> None:
    with talking(Config(limits=FREE)) as talk:
        plain = talk.post(ME)
    assert not {"Deprecation", "Sunset", "Link"} & set(plain.headers)
    assert "warnings" not in plain.json()["extensions"]
    with talking(Config(limits=FREE, switches=Switches(announced_end=True, warned=True))) as talk:
        warned = talk.post(ME)
    assert {"Deprecation", "Sunset", "Link"} <= set(warned.headers)
    assert [type(each) for each in warned.json()["extensions"]["warnings"]] == [str, dict]
