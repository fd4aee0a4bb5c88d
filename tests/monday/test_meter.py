from __future__ import annotations

import random

import pytest

from sync.monday.answers import Answer, TransportError, read_answer
from sync.monday.meter import Limits, Meter
from tests.monday.fakes import FakeClock, failure, raw
from tests.monday.simulation import Server, share_used, simulate

MINUTES = 11


def one_way(low: float, high: float) -> dict[str, object]:
    return {"one_way": lambda chance: chance.uniform(low, high)}


# One push alone on its token: nearly the whole budget, no refusal at all.


@pytest.mark.parametrize(
    ("server", "how"),
    [
        (Server(), {}),
        (Server(), {"batch": 100}),
        (Server(), {"batch": 50, "workers": 8}),
        (Server(), {"workers": 1}),
        (Server(), {"per_row": 0.3}),
        (Server(), {"per_row": 0.001}),
        (Server(), one_way(0.1, 0.9)),
        (Server(1_000_000), {}),
        (Server(5_000_000), {}),
        (Server(headers=False), {}),
        (Server(1_000_000, headers=False), {}),
        (Server(fixed=True), {}),
        (Server(), {"cost_of_row": 10_000}),
        (Server(), {"cost_of_row": 31_000}),
    ],
    ids=["plain", "large", "many_workers", "one_worker", "slow_server", "fast_server", "slow_line", "trial_account",
         "app_token", "no_headers", "trial_account_no_headers", "fixed_window", "cheap_rows", "dear_rows"],
)  # fmt: skip
@pytest.mark.parametrize("seed", [1, 2])
def test_a_long_push_uses_the_budget_without_a_refusal(server: Server, how: dict[str, object], seed: int) -> None:
    fresh = Server(server.budget, headers=server.headers, fixed=server.fixed)
    simulate(fresh, minutes=MINUTES, seed=seed, **how)  # type: ignore[arg-type]
    assert fresh.refused == []
    assert share_used(fresh, MINUTES) >= 0.95
    assert fresh.worst <= fresh.budget


def test_a_server_that_charges_at_the_end_is_learnt_from_a_few_refusals() -> None:
    server = Server()
    simulate(server, minutes=MINUTES, per_row=0.3, late=True)
    assert len(server.refused) <= 5
    assert not [when for when in server.refused if when > 600 + 5 * 60]
    assert share_used(server, MINUTES) >= 0.85


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_two_processes_on_one_token_share_it(seed: int) -> None:
    server = Server()
    first, second = simulate(server, minutes=MINUTES, pushers=2, seed=seed)
    assert 0.5 <= first.rows_done / second.rows_done <= 2.0
    assert share_used(server, MINUTES) >= 0.85
    assert len(server.refused) <= 10 * MINUTES


@pytest.mark.parametrize("pushers", [4, 8])
def test_several_processes_all_get_somewhere(pushers: int) -> None:
    server = Server()
    everyone = simulate(server, minutes=MINUTES, pushers=pushers)
    assert min(pusher.rows_done for pusher in everyone) > 0
    assert share_used(server, MINUTES) >= 0.85


def test_few_calls_are_needed() -> None:
    (pusher,) = simulate(Server(), minutes=MINUTES, batch=100)
    assert pusher.calls / pusher.rows_done <= 20 / 1000


# The single rules.


def answered(
    rows: int = 1,
    cost: int | None = 30_000,
    *,
    before: int = 10_000_000,
    left: int | None = None,
    status: int = 200,
    headers: dict[str, str] | None = None,
    errors: list[dict[str, object]] | None = None,
) -> Answer:
    data: dict[str, object] = {f"a{n}": {"id": "1"} for n in range(rows)}
    if cost is not None:
        data["complexity"] = {
            "before": before, "query": cost, "after": before - cost if left is None else left,
            "reset_in_x_seconds": 30,
        }  # fmt: skip
    body: dict[str, object] = {"errors": errors} if errors else {"data": data}
    return read_answer(raw(body, status, headers), [f"a{n}" for n in range(rows)])


def taught(clock: FakeClock, **limits: int) -> Meter:
    told = Limits(**limits)
    meter = Meter(clock, limits=told)
    meter.observe(answered(0, 1, before=told.complexity_minute))
    return meter


def test_the_cost_of_a_row_is_learnt() -> None:
    meter = taught(FakeClock())
    assert meter.row_cost == 30_000
    meter.settle(meter.reserve(10), answered(10, 100_005))
    assert meter.row_cost == 10_001


def test_no_request_asks_for_more_than_one_call_may_cost() -> None:
    meter = taught(FakeClock())
    assert meter.affordable(1_000).rows == meter.most_rows() == int(5_000_000 * 0.995) // 30_000


def test_a_request_that_was_too_heavy_lowers_the_most_that_one_may_carry() -> None:
    meter = taught(FakeClock())
    ticket = meter.reserve(100)
    too_heavy = [failure("REQUEST_MAX_COMPLEXITY_EXCEEDED", "too heavy")]
    meter.settle(ticket, read_answer(raw({"errors": too_heavy}, 429), ["a0", "a1"]))
    assert meter.most_rows() < 50


def test_before_the_first_answer_only_one_request_goes() -> None:
    meter = Meter(FakeClock())
    assert meter.affordable(25).rows == 25
    meter.reserve(25)
    assert meter.affordable(25).rows == 0


def test_headers_teach_the_account() -> None:
    meter = taught(FakeClock())
    headers = {
        "RateLimit-Policy": '"minuteRate";q=2500;w=60, "concurrency";q=2;qu="concurrent-requests", '
        '"complexityMinute";q=1000000;w=60;qu="content-bytes"',
        "RateLimit": '"minuteRate";r=2499, "concurrency";r=1, "complexityMinute";r=970000;t=45',
    }
    meter.settle(meter.reserve(1), answered(1, headers=headers))
    assert meter.affordable(100).rows == 32
    meter.reserve(1)
    meter.reserve(1)
    assert meter.affordable(1).rows == 0, "two are in flight"


def test_what_others_spend_is_left_to_them_and_fades() -> None:
    clock = FakeClock()
    meter = taught(clock)
    headers = {"RateLimit": '"complexityMinute";r=1000000;t=45'}
    meter.settle(meter.reserve(1), answered(1, headers=headers))
    assert 1 <= meter.affordable(100).rows <= 16
    clock.time += 80
    assert meter.affordable(100).rows == 100


def test_a_full_budget_says_how_long_to_wait() -> None:
    clock = FakeClock()
    meter = taught(clock, complexity_minute=1_000_000)
    meter.settle(meter.reserve(33), answered(33, 990_000, before=1_000_000))
    clock.time += 20
    grant = meter.affordable(25)
    assert grant.rows == 0
    assert 39 <= grant.wait_seconds <= 42
    clock.time += grant.wait_seconds
    assert meter.affordable(25).rows == 25


@pytest.mark.parametrize("wait", [3, 61, 0.5])
def test_a_stated_wait_is_kept_to_the_letter(wait: float) -> None:
    clock = FakeClock()
    meter = taught(clock)
    told = [failure("COMPLEXITY_BUDGET_EXHAUSTED", "exhausted", retry_in_seconds=wait)]
    meter.settle(meter.reserve(1), answered(1, status=429, errors=told))
    assert meter.refusals == 1
    assert meter.affordable(1).wait_seconds == pytest.approx(wait)
    clock.time += wait - 0.01
    assert meter.affordable(1).rows == 0
    clock.time += 0.02
    assert meter.affordable(1).rows == 1


def test_a_locked_board_is_no_overrun() -> None:
    meter = taught(FakeClock())
    meter.settle(meter.reserve(1), answered(1, status=423, errors=[failure("", "locked")]))
    assert meter.refusals == 0
    assert meter.affordable(1).rows == 1


def test_what_was_refused_or_never_left_costs_nothing_and_what_is_unknown_costs_all() -> None:
    clock = FakeClock()
    meter = taught(clock)
    before = meter.spent
    meter.settle(meter.reserve(10), answered(10, status=429, errors=[failure("RATE_LIMIT_EXCEEDED")]))
    meter.settle(meter.reserve(10), read_answer(raw(error=TransportError.NOT_SENT), ["a0"]))
    assert meter.spent == before
    meter.settle(meter.reserve(10), read_answer(raw("<html>", 502), ["a0"]))
    assert meter.spent == before + 300_000


def test_calls_a_minute_are_kept_as_the_headers_tell() -> None:
    clock = FakeClock()
    meter = taught(clock)
    for left in (2, 1):  # the first was the question that taught the limits; the last stays free
        policy = {"RateLimit-Policy": '"minuteRate";q=4;w=60', "RateLimit": f'"minuteRate";r={left}'}
        assert meter.affordable(1).rows == 1
        meter.settle(meter.reserve(1), answered(1, headers=policy))
    grant = meter.affordable(1)
    assert grant.rows == 0
    clock.time += grant.wait_seconds
    assert meter.affordable(1).rows == 1


def test_calls_that_nobody_counts_are_not_held_back_until_one_is_refused() -> None:
    clock = FakeClock()
    meter = taught(clock, minute_rate=3)
    for _ in range(5):
        assert meter.affordable(1).rows == 1
        meter.settle(meter.reserve(1), answered(1))
    refused = answered(1, status=429, errors=[failure("MINUTE_RATE_LIMIT_EXCEEDED", retry_in_seconds=7)])
    meter.settle(meter.reserve(1), refused)
    assert meter.affordable(1).wait_seconds == 7
    clock.time += 7
    assert meter.affordable(1).rows == 0


def test_a_budget_that_never_shrinks_is_not_paced() -> None:
    meter = taught(FakeClock())
    for _ in range(20):
        assert meter.affordable(100).rows == 100
        meter.settle(meter.reserve(100), answered(100, 3_000_000, left=10_000_000))


def test_a_ticket_is_settled_once() -> None:
    meter = taught(FakeClock())
    ticket = meter.reserve(1)
    assert meter.in_flight == 1
    meter.settle(ticket, answered(1))
    assert meter.in_flight == 0
    with pytest.raises(ValueError, match="before"):
        meter.settle(ticket, answered(1))


def test_a_replayed_answer_teaches_nothing_about_the_budget() -> None:
    meter = taught(FakeClock())
    replayed = answered(1, 9_000_000, before=9_500_000, headers={"Idempotency-Replayed": "true"})
    meter.settle(meter.reserve(1), replayed)
    assert meter.row_cost == 30_000
    assert meter.affordable(100).rows == 100


def test_nothing_asked_nothing_granted() -> None:
    assert Meter(FakeClock()).affordable(0).rows == 0


def test_random_loads_never_overrun() -> None:
    for seed in range(5):
        chance = random.Random(seed)
        server = Server()
        simulate(
            server,
            minutes=5,
            seed=seed,
            batch=chance.randint(1, 150),
            workers=chance.randint(1, 10),
            per_row=chance.uniform(0.0, 0.2),
            cost_of_row=chance.randint(5_000, 60_000),
        )
        assert server.refused == []
