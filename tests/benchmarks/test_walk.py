"""The walk knows where a way begins and ends, and follows the thread that carries the request."""

from __future__ import annotations

import pytest

from benchmarks import walk
from benchmarks.walk import ANSWERED, CHOSEN, CLAIMED, SENT, SETTLED, Call, figures, ways
from sync.monday.http import RequestsTransport
from sync.push.engine import Push
from sync.push.ledger import Ledger

CLASSES = {cls.__name__: cls for cls in (Push, Ledger, RequestsTransport)}


@pytest.mark.parametrize("name", [CHOSEN, CLAIMED, SENT, ANSWERED, SETTLED])
def test_its_marks_are_functions_of_the_push(name: str) -> None:
    cls, function = name.split(".")
    assert callable(getattr(CLASSES[cls], function))


def test_the_way_of_a_row_leaves_out_what_else_goes_on() -> None:
    def call(name: str, depth: int, *, returns: bool = False, thread: int = 1) -> Call:
        return Call("a.py", name, depth, returns, thread)

    row = [call(CHOSEN, 1), call(CLAIMED, 2), call("f.<locals>.<listcomp>", 3), call(CHOSEN, 1, returns=True)]
    sent = [call("MondayClient.send", 0, thread=2), call(SENT, 1, thread=2)]
    answer = [call(ANSWERED, 1), call(SETTLED, 1), call("write", 4), call(SETTLED, 1, returns=True)]
    found = ways(
        [call(CHOSEN, 1), call("before", 2), *row, call("beside", 1), *sent, call("later", 1), *answer, call("x", 0)]
    )
    assert found == (row + sent, answer)
    assert figures(found[0]) == (5, 4, 1, 2)
    with pytest.raises(ValueError, match=f"has no {walk.SETTLED};"):
        ways([*row, *sent, *answer[:-1]])
