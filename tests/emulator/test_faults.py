"""Every fault does what the README says, and what was done behind a lost answer is on the board."""

from __future__ import annotations

import json
import random
import threading
from collections import Counter

import pytest
import requests

from emulator.config import Config
from emulator.faults import EFFECTS, Fault, Faults, random_fault
from emulator.switches import Switches, with_settings
from sync.monday.documents import build_request
from tests.emulator.support import BOARD, KEY, ME, Talk, codes, items, names, talking

WRITE = "mutation"


def setting(*faults: Fault, **switches: str) -> Config:
    return Config(faults=faults, switches=with_settings(Switches(), switches)).without_limits()


def lost(talk: Talk, key: str | None = None, count: int = 3, seconds: float = 20) -> None:
    """Sends creations whose answer must not come."""
    with pytest.raises((requests.ConnectionError, requests.Timeout)):
        talk.post(build_request(items(count)), key=key, seconds=seconds)


@pytest.mark.parametrize(("effect", "made"), [("drop_before", 0), ("drop_after", 3)])
def test_the_line_is_cut_before_or_after_the_work(effect: str, made: int) -> None:
    with talking(setting(Fault.read({"effect": effect, "operation": WRITE}))) as talk:
        lost(talk)
        assert len(names(talk)) == made
        talk.done(*items(1))
        assert len(names(talk)) == made + 1


@pytest.mark.parametrize(("effect", "made"), [("status_before", 0), ("status_after", 3)])
@pytest.mark.parametrize("status", [500, 502, 504])
def test_a_gateway_answers_before_or_after_the_work(effect: str, made: int, status: int) -> None:
    with talking(setting(Fault.read({"effect": effect, "operation": WRITE, "status": status}))) as talk:
        answer = talk.post(build_request(items(3)))
        assert answer.status_code == status
        assert "html" in answer.text
        assert len(names(talk)) == made


@pytest.mark.parametrize(
    ("fault", "status", "body_wait", "header_wait"),
    [
        (Fault("refuse", code="COMPLEXITY_BUDGET_EXHAUSTED", retry_in_seconds=7), 429, 7, None),
        (Fault("refuse", code="RATE_LIMIT_EXCEEDED", retry_after=9), 429, None, "9"),
        (Fault("refuse", code="maxConcurrencyExceeded"), 429, None, None),
        (Fault("refuse", status=200, code="API_TEMPORARILY_BLOCKED"), 200, None, None),
        (Fault("refuse", status=409, code="IDEMPOTENCY_CONFLICT", retry_after=1), 409, None, "1"),
        (Fault("refuse", status=423, code="RESOURCE_LOCKED", retry_after=2), 423, None, "2"),
    ],
)
def test_refusals_come_in_every_shape_and_run_nothing(
    fault: Fault, status: int, body_wait: int | None, header_wait: str | None
) -> None:
    with talking(setting(fault)) as talk:
        answer = talk.post(build_request(items(1)))
        told = answer.json()["errors"][0]["extensions"]
        assert (answer.status_code, told["code"]) == (status, fault.code)
        assert (told.get("retry_in_seconds"), answer.headers.get("Retry-After")) == (body_wait, header_wait)
        assert names(talk) == []


@pytest.mark.parametrize("effect", ["garbage", "truncate"])
def test_a_broken_body_is_no_json_and_the_work_is_done(effect: str) -> None:
    with talking(setting(Fault.read({"effect": effect, "operation": WRITE}))) as talk:
        answer = talk.post(build_request(items(2)))
        assert answer.status_code == 200
        with pytest.raises(ValueError):  # noqa: PT011 -- JSON or UTF-8, both are ValueErrors
            json.loads(answer.content)
        assert len(names(talk)) == 2


@pytest.mark.parametrize("work", ["before", "after"])
def test_a_slow_request_is_carried_out_though_nobody_waits(work: str) -> None:
    with talking(setting(Fault.read({"effect": "slow", "operation": WRITE, "seconds": 1.5, "work": work}))) as talk:
        lost(talk, seconds=0.5)
        until(lambda: len(names(talk)) == 3)


def test_past_the_servers_time_out_comes_504_and_the_work_goes_on() -> None:
    slow = Fault("slow", operation=WRITE, seconds=1.5)
    with talking(setting(slow, server_timeout_seconds="0.2")) as talk:
        body = build_request(items(3))
        assert talk.post(body, key="k").status_code == 504
        assert names(talk) == []
        assert talk.post(body, key="k").status_code == 409
        until(lambda: len(names(talk)) == 3)
        until(lambda: talk.post(body, key="k").headers.get("Idempotency-Replayed") == "true")
        assert len(names(talk)) == 3


def until(true: object) -> None:
    """Waits for a condition, at most some seconds."""
    assert callable(true)
    for _ in range(500):
        if true():
            return
        threading.Event().wait(0.02)
    raise AssertionError("it did not come about")


@pytest.mark.parametrize(("goes_on", "made"), [(False, 2), (True, 5)])
def test_the_line_is_cut_after_the_first_rows(goes_on: bool, made: int) -> None:
    with talking(setting(Fault("cut_after", operation=WRITE, alias=2, goes_on=goes_on))) as talk:
        lost(talk, count=5)
        assert names(talk) == [f"item {n}" for n in range(made)]


@pytest.mark.parametrize("position", [0, 1, 2])
def test_one_row_is_refused_in_any_position(position: int) -> None:
    fault = Fault("refuse_row", operation=WRITE, alias=position, code="ColumnValueException", message="no")
    with talking(setting(fault)) as talk:
        answer = talk.ask(build_request(items(3)))
        assert codes(answer) == {f"a{position}": "ColumnValueException"}
        assert answer["errors"][0]["message"] == "no"
        assert names(talk) == [f"item {n}" for n in range(3) if n != position]


def test_the_day_can_be_used_up_and_given_back() -> None:
    with talking(setting(Fault("quota", operation=WRITE))) as talk:
        for _ in range(2):
            answer = talk.post(build_request(items(1)))
            assert answer.json()["errors"][0]["extensions"]["code"] == "DAILY_LIMIT_EXCEEDED"
        assert talk.control("restore").status_code == 200
        talk.done(*items(1))


def test_the_token_can_be_revoked_half_way_and_given_back() -> None:
    with talking(setting(Fault("revoke_token", operation=WRITE, call=2))) as talk:
        talk.done(*items(1))
        assert talk.post(build_request(items(1))).status_code == 401
        assert talk.post(ME).status_code == 401
        talk.control("restore")
        talk.ask(ME)
        assert len(names(talk)) == 1


@pytest.mark.parametrize(
    ("faults", "switches", "made"),
    [
        ((Fault("drop_after", operation=WRITE),), {}, 3),
        ((Fault("drop_after", operation=WRITE),), {"idempotency_keep_cut": "off"}, 6),
        ((Fault("drop_after", operation=WRITE), Fault("forget_key", operation=WRITE)), {}, 6),
        ((Fault("status_after", operation=WRITE),), {}, 3),
        ((Fault("status_after", operation=WRITE),), {"idempotency_keep_cut": "off"}, 6),
        ((Fault("forget_keys", operation=WRITE, call=2),), {}, 6),
        ((Fault("cut_after", operation=WRITE, alias=1),), {}, 4),
    ],
)
def test_a_key_may_or_may_not_save_from_doing_it_twice(
    faults: tuple[Fault, ...], switches: dict[str, str], made: int
) -> None:
    with talking(setting(*faults, **switches)) as talk:
        body = build_request(items(3))
        for _ in range(2):
            try:
                talk.post(body, key="k")
            except requests.ConnectionError:
                continue
        assert len(names(talk)) == made


def test_rules_count_only_the_requests_that_fit_them() -> None:
    rules = Faults(
        [Fault("drop_before", operation="create_item", call=2, times=2), Fault("garbage", times=0, operation="query")]
    )
    seen = [
        [fault.effect for fault in rules.strike(number, fields, kind).faults]
        for number, (fields, kind) in enumerate(
            [
                (["create_item"], WRITE),
                (["create_group"], WRITE),
                (["complexity", "create_item", "create_item"], WRITE),
                (["me"], "query"),
                (["create_item"], WRITE),
                (["create_item"], WRITE),
                (["boards"], "query"),
            ]
        )
    ]
    assert seen == [[], [], ["drop_before"], ["garbage"], ["drop_before"], [], ["garbage"]]
    assert [call for call, _ in rules.struck] == [2, 3, 4, 6]


def test_the_control_sets_rules_and_tells_the_state() -> None:
    with talking(setting()) as talk:
        assert talk.control("faults", [{"effect": "drop_after", "operation": WRITE}]).json() == {"rules": 1}
        lost(talk)
        url = talk.emulator.page_url + "_control/state"
        assert talk.session.get(url, timeout=20).status_code == 401
        told = talk.session.get(url, headers={"Authorization": talk.emulator.token}, timeout=20).json()
        assert told["boards"][str(BOARD)]["items"] == 3
        assert [struck["effect"] for struck in told["struck"]] == ["drop_after"]
        assert talk.control("faults/clear").json() == {"rules": 0}
        talk.done(*items(1, **{KEY: "x"}))


@pytest.mark.parametrize(
    "rule",
    [
        {"effect": "no_such"},
        {},
        {"effect": "slow", "seconds": -1},
        {"effect": "slow", "work": "during"},
        {"effect": "drop_after", "call": "2"},
        {"effect": "refuse", "retry_after": "soon"},
        {"effect": "refuse_row", "colour": "red"},
        "drop_after",
    ],
)
def test_a_rule_that_makes_no_sense_is_refused_in_words(rule: object) -> None:
    with talking(setting()) as talk:
        answer = talk.control("faults", rule)
        assert answer.status_code == 400
        assert answer.json()["error"].endswith((".", "neither.", "list of them."))
        assert talk.emulator.service.faults.rules == []


def test_random_faults_depend_on_the_seed_alone_and_reach_every_kind() -> None:
    def drawn(seed: int) -> list[Fault]:
        source = random.Random(seed)
        return [random_fault(source, 5, WRITE) for _ in range(300)]

    assert drawn(7) == drawn(7)
    assert drawn(7) != drawn(8)
    counted = Counter(fault.effect for fault in drawn(7))
    final = {"hollow", "quota", "revoke_token", "forget_key", "forget_keys", "forget_cursors", "slow"}
    assert set(counted) == set(EFFECTS) - final


def test_random_faults_strike_their_share_of_the_requests() -> None:
    with talking(Config(random_faults=(5, 0.3)).without_limits()) as talk:
        for _ in range(100):
            try:
                talk.post(ME)
            except requests.RequestException:
                pass
        assert 15 <= len(talk.emulator.service.faults.struck) <= 45


def test_many_threads_under_faults_leave_history_and_board_in_agreement() -> None:
    with talking(Config(random_faults=(3, 0.3)).without_limits()) as talk:
        service = talk.emulator.service

        def push(thread: int) -> None:
            with requests.Session() as session:
                session.trust_env = False
                own = Talk(talk.emulator, session)
                for number in range(10):
                    try:
                        own.post(build_request(items(5)), key=f"{thread}-{number}")
                    except requests.RequestException:
                        continue

        threads = [threading.Thread(target=push, args=(number,)) for number in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        until(lambda: service.meter.in_flight == 0)
        assert service.faults.struck
        assert service.keys.in_flight == 0
        ids = [done.ids[0] for done in talk.emulator.history]
        assert ids == [str(item) for item in talk.emulator.state.items]
        assert len(ids) == talk.emulator.state.boards[BOARD].active_items
