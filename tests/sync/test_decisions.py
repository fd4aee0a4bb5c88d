"""Where groups are put, and the exit code of a push."""

from __future__ import annotations

import pytest

from sync.monday.answers import read_answer
from sync.monday.board import Group
from sync.monday.reading import MondayStopped
from sync.push.board import placed
from sync.push.ledger import Totals
from sync.push.plan import CREATE, ITEM, To, WorkRow, decide
from sync.push.staged import Selection, aside_of
from sync.push.summary import Options, build_result
from tests.monday.fakes import raw
from tests.sync.test_words import ended_batch


def test_new_groups_land_in_alphabetical_place() -> None:
    existing = [Group("b", "B"), Group("d", "D")]
    board = [group.title for group in existing]
    for title, neighbour, method in placed(["E", "A", "C2", "C1"], existing):
        at = board.index({"b": "B", "d": "D"}[str(neighbour)])
        board.insert(at + 1 if method == "after_at" else at, title)
    assert board == ["A", "B", "C1", "C2", "D", "E"]
    assert placed(["A"], []) == [("A", None, None)]


@pytest.mark.parametrize(
    ("counts", "totals", "held", "code"),
    [
        ((90, 10), Totals(), False, 3),
        ((99, 1), Totals(), False, 0),
        ((1, 0), Totals(board_full=True), False, 3),
        ((1, 0), Totals(), True, 3),
        ((1, 0), Totals(stopped=MondayStopped("The token was refused.")), True, 1),
    ],
)
def test_exit_codes(counts: tuple[int, int], totals: Totals, held: bool, code: int) -> None:
    rows = [{"BATCH_CUSTOMER": "A", "KIND": "SIZES", "HELD_COUNT": 12, "WHOLE_COUNT": 20, "REASON": "12 fell."}]
    batches = [ended_batch(ITEMS_SUCCEEDED=counts[0], ITEMS_CREATED=counts[0], ITEMS_FAILED=counts[1])]
    aside = aside_of({}, rows if held else [], {})
    result = build_result(totals, batches, [], Options(Selection(batch="b")), seconds=1, run_id="r", aside=aside)
    assert result.exit_code == code


@pytest.mark.parametrize(("given", "to"), [("17", To.OK), (17, To.OK), ("abc", To.UNKNOWN)])
def test_an_item_whose_id_is_no_number_is_asked_for(given: object, to: To) -> None:
    row = WorkRow(ITEM, "K", "K", None, "b", CREATE, "h", {}, aliases=["a0"])
    answer = read_answer(raw({"data": {"a0": {"id": given}}}), ["a0"])
    assert decide(row, answer, recreate=True, columns=[], board_id=7, where={}).to is to
