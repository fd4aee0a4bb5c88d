"""Where groups are put, and what an answer makes of a row."""

from __future__ import annotations

import pytest

from sync.monday.answers import read_answer
from sync.monday.board import Group
from sync.push.board import placed
from sync.push.plan import CREATE, ITEM, To, WorkRow, decide
from tests.monday.fakes import raw


def test_new_groups_land_in_alphabetical_place() -> None:
    existing = [Group("b", "B"), Group("d", "D")]
    board = [group.title for group in existing]
    for title, neighbour, method in placed(["E", "A", "C2", "C1"], existing):
        at = board.index({"b": "B", "d": "D"}[str(neighbour)])
        board.insert(at + 1 if method == "after_at" else at, title)
    assert board == ["A", "B", "C1", "C2", "D", "E"]
    assert placed(["A"], []) == [("A", None, None)]


@pytest.mark.parametrize(("given", "to"), [("17", To.OK), (17, To.OK), ("abc", To.UNKNOWN)])
def test_an_item_whose_id_is_no_number_is_asked_for(given: object, to: To) -> None:
    row = WorkRow(ITEM, "K", "K", None, "b", CREATE, "h", {}, aliases=["a0"])
    answer = read_answer(raw({"data": {"a0": {"id": given}}}), ["a0"])
    assert decide(row, answer, recreate=True, columns=[], board_id=7, where={}).to is to
