"""Pushes of a selection: exact after trimming, in any case, joined by AND; they obey every rule of a full push."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable

import pytest

from emulator.faults import Fault
from tests.e2e.day_two import GREYSON, PELOTON, DayTwo, order

NUMBERS = {
    "A1": (GREYSON, "P1", "AAG 1", "CUS 1"),
    "A2": (GREYSON, "P1", "AAG 1", "CUS 2"),
    "A3": (GREYSON, "P1", "AAG 2", "CUS 1"),
    "A4": (GREYSON, "P2", "AAG 1", "CUS 1"),
    "A5": (PELOTON, "P1", "AAG 1", "CUS 1"),
    "A6": (PELOTON, "P11", "AAG 1 ", None),
    "A7": ("DAVID JONES(UNE PIECE)", "p1", "aag 1", "cus 1"),
    "A8": ("UNE PIECE", "P3", "AAG 10", "CUS 10"),
}
FILTERS = {
    "--customer": ("greyson clothiers ", 0),
    "--po": ("  p1", 1),
    "--aag-season": ("Aag 1", 2),
    "--customer-season": ("CUS 1", 3),
}


def selected(names: tuple[str, ...]) -> set[str]:
    """The orders that these filters mean."""
    wanted = {FILTERS[name][1]: FILTERS[name][0].strip().upper() for name in names}
    return {
        number
        for number, cells in NUMBERS.items()
        if all((cells[at] or "").strip().upper() == value for at, value in wanted.items())
    }


@pytest.fixture
def staged(two: DayTwo) -> DayTwo:
    """Eight new orders of two sizes each, staged."""
    for number, (customer, po, aag, season) in NUMBERS.items():
        two.add(order(number, customer, {"S": 1, "M": 2}, PO_NUMBER=po, AAG_SEASON=aag, CUSTOMER_SEASON=season))
    two.edit("GRE-01", NOTES="REVISED")
    two.build()
    return two


def test_each_filter_alone_and_all_together(staged: DayTwo) -> None:
    """What a selection would do, for every combination of filters; nothing is sent."""
    for count in range(1, 5):
        for names in itertools.combinations(FILTERS, count):
            words = [word for name in names for word in (name, FILTERS[name][0])]
            plan = staged.push(*words, "--dry-run")
            wanted = selected(names)
            assert plan["items_to_create"] == len(wanted), names
            assert plan["subitems_to_create"] == 2 * len(wanted), names
            assert plan["items_to_update"] == (names == ("--customer",))
    assert staged.push("--customer", "GREYSON", "--dry-run")["items_to_create"] == 4  # the canonical name means all
    assert staged.push("--customer", "UNE PIECE", "--dry-run")["items_to_create"] == 1  # never by substring
    assert staged.attempt("push", "--po", "no such", "--dry-run").exit_code == 2  # no order ever had it
    assert staged.written() == []


def test_targeted_pushes_end_with_the_board_right(staged: DayTwo) -> None:
    pushed = staged.push("--customer", "greyson clothiers", "--po", "p1")
    assert {write.key for write in staged.written() if write.operation == "create_item"} == {"A1", "A2", "A3"}
    assert (pushed["items_created"], pushed["subitems_created"]) == (3, 6)
    (batch,) = pushed["batches"]
    assert batch["status"] == "COMPLETED"
    row = staged.sql("select * from MON_BatchProcessing where BATCH_ID = ?", [batch["batch_id"]])[0]
    assert row["BATCH_TYPE"] == "TARGETED"
    assert json.loads(row["FILTERS"]) == {"customer": "greyson clothiers", "po": "p1"}
    again = staged.push("--customer", "greyson clothiers", "--po", "p1")
    assert again["succeeded"] == 0
    assert [batch["status"] for batch in again["batches"]] == ["NO_RECORDS"]
    # A batch and a filter: both must fit.
    batches = {row["BATCH_CUSTOMER"]: row["BATCH_ID"] for row in staged.sql("from STG_MON_CustMasterSchedule")}
    assert staged.push("--batch", batches["PELOTON"], "--customer", GREYSON)["succeeded"] == 0
    assert staged.push("--batch", batches["PELOTON"], "--po", "P11")["items_created"] == 1
    assert {write.key for write in staged.written() if write.operation == "create_item"} == {"A6"}
    # The rest follows with a full push: no order twice, none left out.
    assert staged.push()["items_created"] == 4
    assert staged.differences() == []
    staged.build()
    assert staged.staged() == 0


def test_refusals_and_the_error_table_hold_for_a_selection(start: Callable[..., DayTwo]) -> None:
    two = start(faults=[Fault("refuse_row", operation="create_item", alias=1, code="InvalidInputException")])
    for at in range(4):
        two.add(order(f"NEW-{at}", sizes={"S": 1}, PO_NUMBER="N1"))
    two.build()
    pushed = two.push("--po", "N1", exit_code=3)
    assert (pushed["items_created"], pushed["items_failed"], pushed["subitems_created"]) == (3, 1, 3)
    (error,) = two.errors()
    assert (error["ERROR_CLASS"], error["BATCH_ID"]) == ("REJECTED", pushed["batches"][0]["batch_id"])
    assert two.push("--po", "N1")["succeeded"] == 0  # rejected: it stays out of the way
    two.build()
    assert two.staged() == 0
    assert two.sync("retry", "--batch", "no such batch", exit_code=2)["status"] == "usage"
    assert two.sync("retry", "--batch", pushed["batches"][0]["batch_id"])["orders"] == 1
    two.build()
    assert two.push("--po", "n1")["items_created"] == 1
    assert two.differences() == []


@pytest.mark.parametrize(
    "words", [(), ("--limit", "5"), ("--customer", "  "), ("--po", ""), ("--batch", "nonsense"), ("--workers", "0")]
)
def test_words_that_are_refused(two: DayTwo, words: tuple[str, ...]) -> None:
    done = two.run("push", *words)
    assert done.returncode == 2, done.stdout + done.stderr
    assert two.written() == []
