"""Writing keys: every one arrives or is named, whatever Monday answers; each request is recorded before it leaves."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from sync.monday.answers import RawAnswer, TransportError
from sync.monday.meter import Meter
from sync.push.keys import KeyWrite, KeyWriter, Written
from sync.settings import KEY_TRIES, Settings
from tests.monday.fakes import FakeClock, failure, never, raw

Reply = Callable[[list[int]], RawAnswer]
"""Answers a request by the ids of its items."""


def done(items: list[int]) -> RawAnswer:
    return raw({"data": {f"a{place}": {"id": str(item)} for place, item in enumerate(items)}})


def refused(code: str, **extensions: Any) -> Reply:
    status = extensions.pop("status", 429)
    return lambda items: raw({"errors": [failure(code, "no", **extensions)]}, status=status)


class Monday:
    """Answers requests from a list (the last for ever), and notes what was recorded, sent and closed, in order."""

    def __init__(self, *replies: Reply) -> None:
        self.replies = list(replies)
        self.story: list[tuple[str, Any]] = []
        self.items: list[list[int]] = []
        self.bodies: list[str] = []

    def send(self, body: str, *, idempotency_key: str, timeout: float) -> RawAnswer:
        variables = json.loads(body)["variables"]
        items = [int(variables[f"a{n}_item_id"]) for n in range(sum(name.endswith("_item_id") for name in variables))]
        self.story.append(("sent", idempotency_key))
        self.items.append(items)
        self.bodies.append(body)
        reply = self.replies.pop(0) if len(self.replies) > 1 else self.replies[0]
        return reply(items)

    def record(self, request: Any) -> None:
        self.story.append(("recorded", request.id))

    def close(self, request: Any, outcome: Any) -> bool:
        self.story.append(("closed", request.id))
        return True

    def renew(self) -> None:
        self.story.append(("renewed", None))


def write(monday: Monday, count: int, *, rows: int = 3, stop: Callable[[], bool] = lambda: False) -> Written:
    """Writes `count` keys, one request in flight at a time."""
    clock = FakeClock()
    writer = KeyWriter(
        settings=Settings("token", rows_per_request=rows, workers=1), ledger=monday, client=monday,  # type: ignore[arg-type]
        meter=Meter(clock), clock=clock, random=never(), stop=stop,
    )  # fmt: skip
    monday.clock = clock  # type: ignore[attr-defined]
    return writer.write([KeyWrite(f"K-{item}", 7, item, {"order_key": f"K-{item}"}) for item in range(1, count + 1)])


def test_many_keys_share_a_request_and_each_is_recorded_first() -> None:
    monday = Monday(done)
    written = write(monday, 7)
    assert (written.done, written.failed, written.left, written.calls) == (7, [], 0, 3)
    assert monday.items == [[1, 2, 3], [4, 5, 6], [7]]
    keys = [key for what, key in monday.story if what == "recorded"]
    assert len(set(keys)) == 3
    assert [entry for entry in monday.story if entry[0] != "renewed"] == [
        entry for key in keys for entry in (("recorded", key), ("sent", key), ("closed", key))
    ]
    first = json.loads(monday.bodies[0])
    assert "K-1" not in first["query"]
    assert first["variables"]["a0_column_values"] == '{"order_key":"K-1"}'


@pytest.mark.parametrize(
    "reply",
    [
        lambda items: raw(error=TransportError.LOST),
        lambda items: raw(error=TransportError.TIMED_OUT),
        lambda items: raw(error=TransportError.NOT_SENT),
        lambda items: raw("<html>", status=502),
        lambda items: raw("{", status=200),
        refused("COMPLEXITY_BUDGET_EXHAUSTED", retry_in_seconds=7),
        refused("IDEMPOTENCY_CONFLICT", status=409),
    ],
    ids=["lost", "timed out", "not sent", "502", "half an answer", "budget", "conflict"],
)
def test_what_is_not_surely_done_is_sent_again(reply: Reply) -> None:
    monday = Monday(reply, reply, done)
    written = write(monday, 3)
    assert (written.done, written.failed, written.left) == (3, [], 0)
    assert monday.items == [[1, 2, 3]] * 3
    assert sum(monday.clock.slept) >= 2  # type: ignore[attr-defined]


def test_a_wait_is_as_long_as_monday_says() -> None:
    monday = Monday(refused("COMPLEXITY_BUDGET_EXHAUSTED", retry_in_seconds=33), done)
    write(monday, 1)
    assert sum(monday.clock.slept) == pytest.approx(33, abs=1.5)  # type: ignore[attr-defined]


def test_a_refused_row_takes_no_other_along() -> None:
    def one_bad(items: list[int]) -> RawAnswer:
        data = {f"a{n}": None if item == 2 else {"id": str(item)} for n, item in enumerate(items)}
        return raw({"data": data, "errors": [failure("ColumnValueException", "not this", ["a1"], status_code=200)]})

    written = write(Monday(one_bad), 3)
    assert written.done == 2
    assert [(each.row_key, reason) for each, reason in written.failed or []] == [("K-2", "not this")]


def test_a_request_too_heavy_is_sent_in_halves() -> None:
    monday = Monday(refused("REQUEST_MAX_COMPLEXITY_EXCEEDED"), done)
    written = write(monday, 4, rows=4)
    assert written.done == 4
    assert max(len(items) for items in monday.items[1:]) <= 2
    assert sorted(item for items in monday.items[1:] for item in items) == [1, 2, 3, 4]


def test_a_single_row_too_heavy_is_given_up() -> None:
    monday = Monday(refused("REQUEST_MAX_COMPLEXITY_EXCEEDED"))
    assert [each.row_key for each, _ in write(monday, 1).failed or []] == ["K-1"]


def test_an_outage_is_given_up_in_the_end() -> None:
    monday = Monday(lambda items: raw("<html>", status=502))
    written = write(monday, 2)
    assert (written.done, len(written.failed or []), len(monday.items)) == (0, 2, KEY_TRIES)


def test_a_refused_token_stops_at_once_and_says_so() -> None:
    monday = Monday(refused("unauthorized", status=401))
    written = write(monday, 7)
    assert (written.done, written.left, len(monday.items)) == (0, 7, 1)
    assert "token" in (written.stopped or "").lower()


def test_the_daily_quota_stops_without_blaming_a_row() -> None:
    monday = Monday(done, refused("DAILY_LIMIT_EXCEEDED"))
    written = write(monday, 7)
    assert (written.done, written.left, written.quota, written.failed) == (3, 4, True, [])


def test_a_stop_leaves_the_rest() -> None:
    monday = Monday(done)
    written = write(monday, 7, stop=lambda: len(monday.items) >= 1)
    assert (written.done, written.left) == (3, 4)
