from __future__ import annotations

from typing import Any

import pytest

from sync.monday.reading import CursorExpired, MondayStopped, MondayUnavailable, PutOff, Reader, TooHeavy
from sync.settings import MAX_WALKS
from tests.monday.fakes import FakeClock, Script, failure, raw

HEAVY = raw({"errors": [failure("REQUEST_MAX_COMPLEXITY_EXCEEDED", "heavy")]}, 429)


def reader(script: Script, clock: FakeClock | None = None, **more: Any) -> Reader:
    return Reader(script, clock=clock or FakeClock(), random=lambda: 0.0, **more)


def item(number: int, **more: Any) -> dict[str, Any]:
    return {
        "id": str(number), "name": f"n{number}", "state": "active", "board": {"id": "7"},
        "group": {"id": "g", "title": "G"}, "column_values": [{"id": "c", "type": "text", "text": "x", "value": '"x"'}],
        **more,
    }  # fmt: skip


def page(*numbers: int, cursor: str | None = None, field: str = "next_items_page") -> Any:
    return raw({"data": {field: {"cursor": cursor, "items": [item(number) for number in numbers]}}})


# The board.


def test_an_older_field_that_is_gone_leaves_the_labels_unknown() -> None:
    column = {"id": "s", "title": "ORDER TYPE", "type": "status", "settings": None}
    refused = failure("undefinedField", "Cannot query field 'settings_str' on type 'Column'.")
    script = Script(raw({"data": {"boards": [{"id": "7", "columns": [column]}]}}), raw({"errors": [refused]}))
    assert not reader(script).board(7).columns[0].labels_known


# Items.


def test_a_question_that_is_too_heavy_is_halved() -> None:
    script = Script(HEAVY, raw({"data": {"items": [item(1)]}}), raw({"data": {"items": [item(2)]}}))
    found = reader(script).items([1, 2, 3], ["c"])
    assert [len(body["variables"]["ids"]) for body in script.bodies] == [3, 2, 1]
    assert [entry.id for entry in found] == [1, 2]
    with pytest.raises(TooHeavy):
        reader(Script(HEAVY)).items([1], ["c"])


def test_walking_goes_on_to_the_last_page_and_makes_heavy_pages_smaller() -> None:
    first = raw({"data": {"boards": [{"items_page": {"cursor": "x", "items": [item(1)]}}]}})
    script = Script(HEAVY, first, HEAVY, page(2, cursor="y"), page(3))
    found = list(reader(script).walk(7, ["c"], limit=100))
    assert [entry.id for each in found for entry in each] == [1, 2, 3]
    assert [body["variables"]["limit"] for body in script.bodies] == [100, 50, 50, 25, 25]
    with pytest.raises(TooHeavy):
        list(reader(Script(HEAVY)).walk(7, ["c"]))


def test_a_cursor_that_comes_back_ends_the_walk() -> None:
    first = raw({"data": {"boards": [{"items_page": {"cursor": "x", "items": [item(1)]}}]}})
    script = Script(first, page(2, cursor="y"), page(1, cursor="x"), page(3))
    with pytest.raises(MondayStopped, match="led back to a page"):
        list(reader(script).walk(7, ["c"]))
    assert len(script.bodies) == 3
    going = Script(first, page(2, cursor="x"), page(cursor="y"), page(3))  # new items: it goes on
    assert [entry.id for each in reader(going).walk(7, ["c"]) for entry in each] == [1, 2, 3]


def test_a_server_that_stays_silent_is_asked_for_less_and_then_given_up() -> None:
    script = Script(raw("", 502))
    with pytest.raises(MondayUnavailable):
        list(reader(script).walk(7, ["c"], limit=500))
    assert [body["variables"]["limit"] for body in script.bodies[::4]] == [500, 250, 125, 62, 31, 15]
    with pytest.raises(PutOff, match="Monday asks for a wait of 60 minutes"):
        reader(Script(raw({"errors": [failure("RATE_LIMIT", "no")]}, 429, {"Retry-After": "3600"}))).board(7)


def test_items_are_looked_for_a_hundred_keys_at_a_time() -> None:
    first = raw({"data": {"items_page_by_column_values": {"cursor": None, "items": [item(1)]}}})
    script = Script(first, first)
    found = reader(script).find(7, "k", [f"K{at}" for at in range(101)], ["c"])
    asked = [body["variables"]["columns"][0]["column_values"] for body in script.bodies]
    assert [len(keys) for keys in asked] == [100, 1]
    assert [entry.id for entry in found] == [1, 1]


EXPIRED = [
    failure("CursorExpiredError", "The cursor provided for pagination has expired."),
    failure("CURSOR_EXPIRED", "no"),
    failure("InvalidCursorException", "no"),
    failure("CursorException", "no"),
    failure("", "Cursor has expired, obtain a new one"),
    failure("InvalidArgumentException", "Invalid cursor"),
]


@pytest.mark.parametrize("error", EXPIRED)
@pytest.mark.parametrize("shape", ["nothing", "null", "path"])
def test_a_walk_whose_cursor_expires_starts_again_and_shows_nothing_twice(error: dict[str, Any], shape: str) -> None:
    body: dict[str, Any] = {"errors": [error | ({"path": ["next_items_page"]} if shape == "path" else {})]}
    body |= {} if shape == "nothing" else {"data": None}
    first = raw({"data": {"boards": [{"items_page": {"cursor": "c1", "items": [item(1), item(2)]}}]}})
    second = raw({"data": {"boards": [{"items_page": {"cursor": "c2", "items": [item(2), item(3)]}}]}})
    script = Script(first, raw(body), second, page(4))
    assert [[found.id for found in each] for each in reader(script).walk(7, ["c"])] == [[1, 2], [3], [4]]


def test_a_cursor_that_always_expires_ends_in_a_sentence() -> None:
    first = raw({"data": {"boards": [{"items_page": {"cursor": "c1", "items": [item(1)]}}]}})
    script = Script(*[first, raw({"errors": [EXPIRED[0]]})] * MAX_WALKS)
    with pytest.raises(CursorExpired, match="again"):
        list(reader(script).walk(7, ["c"]))
