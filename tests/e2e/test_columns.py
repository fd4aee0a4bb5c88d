"""The columns that a board lacks are made, each once, whatever becomes of the answers; time passes on a timeline."""

from __future__ import annotations

from typing import Any

import pytest

from emulator.config import BOARD_ID, SUBITEM_BOARD_ID, Config, Limits
from emulator.faults import Effect, Fault
from sync.commands.board import check, create_columns
from sync.errors import SyncError
from sync.session import Runtime
from tests.faults.line import Line
from tests.faults.timeline import MondayClock, PushClock, Timeline
from tests.faults.world import ENVIRONMENT

MISSING = [("ORDER KEY", BOARD_ID), ("PO NUMBER", BOARD_ID), ("COLOR", BOARD_ID), ("Size", SUBITEM_BOARD_ID)]
ENV = ENVIRONMENT | {"MONDAY_API_URL": "http://127.0.0.1:9/v2"}


class Lacking:
    """A board without some of the columns, to which each request meets the faults."""

    def __init__(self, *faults: Fault) -> None:
        self.timeline = Timeline()
        clock = MondayClock(self.timeline)
        self.line = Line(Config(limits=Limits.none(), faults=list(faults), clock=clock), self.timeline)
        self.state = self.line.service.state
        for title, board in MISSING[1:]:
            self.state.delete_column(board, next(c.id for c in self.columns(board) if c.title == title))
        self.runtime = Runtime(PushClock(self.timeline), lambda: 0.0, self.line)

    def columns(self, board: int) -> list[Any]:
        """What stands on a board."""
        return list(self.state.boards[board].columns.values())

    def create(self) -> list[tuple[str, int]]:
        """The columns that the command says it made."""
        made = create_columns(ENV, self.runtime).data["created"]
        return [(column["title"], column["board_id"]) for column in made]


def test_missing_columns_are_made_the_key_first_and_only_once() -> None:
    board = Lacking()
    assert check(ENV, board.runtime).exit_code == 1
    made = board.create()
    assert (made[0], sorted(made)) == (MISSING[0], sorted(MISSING))
    assert board.create() == []
    assert check(ENV, board.runtime).exit_code == 0
    assert "order_key" in board.state.boards[BOARD_ID].columns


@pytest.mark.parametrize("effect", ["drop_before", "drop_after", "status_before", "status_after"])
def test_a_lost_answer_is_read_back_before_it_is_made_again(effect: Effect) -> None:
    board = Lacking(Fault(effect, operation="create_column", status=504))
    assert sorted(board.create()) == sorted(MISSING)
    for title, where in MISSING:
        assert [column.title for column in board.columns(where)].count(title) == 1
    assert board.timeline.seconds() >= 65


def test_a_key_id_that_was_used_before_is_left_to_monday() -> None:
    board = Lacking()
    board.create()
    board.state.delete_column(BOARD_ID, "order_key")
    assert board.create() == [MISSING[0]]
    assert [column.title for column in board.columns(BOARD_ID)].count("ORDER KEY") == 1


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (Fault("refuse_row", operation="create_column", times=0, code="UserUnauthorizedException", message="no right"),
         "no right"),
        (Fault("refuse", operation="create_column", times=0, code="DAILY_LIMIT_EXCEEDED"), "midnight"),
        (Fault("refuse_row", operation="create_column", times=0, status=500, message="bad"), "bad"),
        (None, "reached"),
    ],
)  # fmt: skip
def test_a_refusal_ends_in_one_sentence(spoil: Fault | None, said: str) -> None:
    board = Lacking(*([spoil] if spoil else []))
    board.line.down = spoil is None
    with pytest.raises(SyncError, match=said):
        board.create()
