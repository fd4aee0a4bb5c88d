"""A refusal is the row's that it names; words count like codes; a walk goes on when its cursor expires."""

from __future__ import annotations

from collections.abc import Callable
from functools import partialmethod

import pytest

from emulator.faults import Fault
from sync.monday.reading import Reader
from tests.e2e.day_two import DayTwo, order

DENIED = ["UserUnauthorizedException", "Forbidden", "USER_ACCESS_DENIED", "missingRequiredPermissions"]


def forbid(two: DayTwo, key: str, code: str = "UserUnauthorized") -> None:
    """From now on the token may not touch an order's item."""
    fault = Fault("refuse_row", times=0, code=code, message="User unauthorized to perform action", status=403,
                  holds=str(two.item(key).id))  # fmt: skip
    two.monday.service.faults.add([fault])


@pytest.mark.parametrize("code", DENIED)
def test_an_item_that_the_token_may_not_touch_is_that_rows_error(two: DayTwo, code: str) -> None:
    two.env["SYNC_ROWS_PER_REQUEST"] = "1"
    forbid(two, "GRE-01", code)
    for at in range(1, 7):
        two.edit(f"GRE-{at:02d}", NOTES="REVISED")
    pushed = two.day(exit_code=3)
    assert (pushed["items_updated"], pushed["items_failed"], pushed["items_left"]) == (5, 1, 0)
    (error,) = two.errors()
    assert (error["ORDER_KEY"], error["ERROR_CLASS"], error["ERROR_CODE"]) == ("GRE-01", "REJECTED", code)
    assert "python -m sync retry" in error["ERROR_MESSAGE"]
    for _ in range(2):
        assert two.day(exit_code=3)["items_failed"] == 1
    two.build()
    assert two.staged() == 0
    two.monday.service.faults.clear()
    two.sync("retry")
    assert two.day()["items_updated"] == 1
    assert two.differences() == []


@pytest.mark.parametrize("code", DENIED)
def test_a_token_that_may_write_nothing_ends_the_run_and_rejects_nothing(two: DayTwo, code: str) -> None:
    for at in range(1, 12):
        forbid(two, f"GRE-{at:02d}", code)
        two.edit(f"GRE-{at:02d}", NOTES="REVISED")
    two.build()
    stopped = two.attempt("push", "--batch")
    assert stopped.exit_code == 1
    assert "write none of a request's rows" in stopped.message
    assert (stopped.data["items_failed"], stopped.data["items_left"], two.errors()) == (0, 11, [])
    two.monday.service.faults.clear()
    assert two.sync("push", "--batch")["items_updated"] == 11
    assert two.differences() == []


def test_rows_are_refused_on_their_own_once_another_got_through(two: DayTwo) -> None:
    two.env["SYNC_ROWS_PER_REQUEST"] = "12"
    for at in range(1, 25):
        two.edit(f"GRE-{at:02d}", NOTES="REVISED")
    for at in range(13, 25):
        forbid(two, f"GRE-{at:02d}")
    two.build()
    pushed = two.sync("push", "--batch", "--workers", "1", exit_code=3)
    assert (pushed["items_updated"], pushed["items_failed"], pushed["items_left"]) == (12, 12, 0)


@pytest.mark.parametrize(("code", "said"), [("UserUnauthorized", "no"), ("ResourceNotFoundException", "Board is gone")])
def test_items_that_may_no_longer_be_made_end_the_run_in_its_midst(two: DayTwo, code: str, said: str) -> None:
    two.env["SYNC_ROWS_PER_REQUEST"] = "12"
    for at in range(1, 25):
        two.add(order(f"NEW-{at:02d}", NOTES="FIRST" if at < 13 else "REVOKED"))
    fault = Fault("refuse_row", operation="create_item", times=0, code=code, message=said, status=403, holds="REVOKED")
    two.monday.service.faults.add([fault])
    two.build()
    stopped = two.attempt("push", "--batch", "--workers", "1")
    assert (stopped.exit_code, stopped.data["items_created"], stopped.data["items_left"]) == (1, 12, 12)
    assert two.errors() == []
    two.monday.service.faults.clear()
    assert two.sync("push", "--batch")["items_created"] == 12
    assert two.differences() == []


def test_a_few_rows_are_refused_on_their_own(two: DayTwo) -> None:
    """A run that they end would end each night, and what comes behind them would never go up."""
    for at in range(1, 11):
        forbid(two, f"GRE-{at:02d}")
        two.edit(f"GRE-{at:02d}", NOTES="REVISED")
    two.edit("PEL-01", {"S": 77})
    pushed = two.day(exit_code=3)
    assert (pushed["items_updated"], pushed["items_failed"], pushed["subitems_failed"]) == (0, 10, 0)
    assert pushed["subitems_updated"] + pushed["subitems_created"] == 1
    two.monday.service.faults.clear()  # the right is back: nobody has to say so
    assert two.day()["items_updated"] == 10
    assert two.differences() == []


def test_groups_that_the_token_may_not_make_end_the_run(two: DayTwo) -> None:
    fault = Fault("refuse_row", operation="create_group", times=0, code="USER_ACCESS_DENIED", message="no")
    two.monday.service.faults.add([fault])
    two.add(order("NEW-1", CUSTOMER_SEASON="RESORT 26"))
    two.build()
    assert "Groups can't be made" in two.attempt("push", "--batch").message
    assert two.errors() == []


def test_a_budget_refused_in_words_is_waited_for(start: Callable[..., DayTwo]) -> None:
    words = "Complexity budget exhausted, query cost 30001 budget remaining 9 out of 1000000 reset in 1 seconds"
    two = start(faults=[Fault("refuse", operation="mutation", status=200, message=words, bare=True, times=2)])
    two.edit("GRE-01", NOTES="REVISED")
    pushed = two.day()
    assert (pushed["items_updated"], pushed["api_retries"], two.errors()) == (1, 2, [])
    assert two.differences() == []


@pytest.mark.parametrize("call", [1, 2])
def test_an_audit_goes_on_when_a_cursor_expires(
    start: Callable[..., DayTwo], call: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Reader, "walk", partialmethod(Reader.walk, limit=20))
    two = start(faults=[Fault("forget_cursors", operation="next_items_page", call=call)])
    two.monday.state.retire_item(two.item("GRE-03").id, "deleted")
    audit = two.attempt("audit")
    assert (audit.exit_code, audit.data["missing_items"], audit.data["double"]) == (3, 1, 0)
    assert [fault.effect for _, fault in two.monday.service.faults.struck] == ["forget_cursors"]


def test_ids_of_19_digits_are_ids(two: DayTwo) -> None:
    two.state.next_item_id = 9_123_456_789_012_345_678
    two.add(order("BIG", sizes={"S": 1}))
    pushed = two.day()
    assert (pushed["items_created"], pushed["subitems_created"]) == (1, 1)
    two.edit("BIG", {"S": 3}, NOTES="REVISED")
    pushed = two.day()
    assert (pushed["items_updated"], pushed["subitems_updated"]) == (1, 1)
    assert two.confirmed("BIG")["MONDAY_ITEM_ID"] == 9_123_456_789_012_345_678
    assert two.attempt("audit").data["agree"] is True
