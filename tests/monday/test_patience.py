"""How long a run waits while nothing gets through."""

from __future__ import annotations

import pytest

from sync.monday.answers import Answer, read_answer
from sync.monday.retry import Patience, pause, put_off
from sync.settings import STALLED_SECONDS
from tests.monday.fakes import failure, raw

REFUSED = read_answer(raw({"errors": [failure("RATE_LIMIT_EXCEEDED", retry_in_seconds=30)]}, 429), ["a0"])
DONE = read_answer(raw({"data": {"a0": {"id": "1"}}}), ["a0"])
HEAVY = read_answer(raw({"errors": [failure("REQUEST_MAX_COMPLEXITY_EXCEEDED")]}, 429), ["a0"])
LOST = read_answer(raw("", 502), ["a0"])


def heard(*answers: tuple[Answer, float]) -> Patience:
    """A patience that has heard these answers at these moments."""
    patience = Patience(100)
    for answer, now in answers:
        patience.heard(answer, now)
    return patience


def test_the_time_runs_from_the_first_refusal() -> None:
    patience = heard((REFUSED, 10), (REFUSED, 50), (LOST, 60))
    assert patience.tried
    assert patience.lasts(80, 30)
    assert not patience.lasts(80, 31)


@pytest.mark.parametrize("answer", [DONE, HEAVY])
def test_an_answer_to_the_matter_begins_it_anew(answer: Answer) -> None:
    patience = heard((REFUSED, 10), (answer, 50))
    assert not patience.tried
    assert patience.lasts(200, 100)
    patience.heard(REFUSED, 200)
    assert patience.lasts(250, 50)
    assert not patience.lasts(251, 50)


def test_a_single_wait_beyond_all_patience_is_not_waited_for() -> None:
    assert Patience().lasts(0, STALLED_SECONDS)
    assert not Patience().lasts(0, STALLED_SECONDS + 1)


def test_the_sentence_names_the_code_or_the_status() -> None:
    assert put_off(REFUSED, "later.") == (
        "Monday lets nothing through and puts the run off for longer than 15 minutes (RATE_LIMIT_EXCEEDED); later."
    )
    assert "(HTTP status 429)" in put_off(read_answer(raw("", 429), []), "later.")


def test_a_named_wait_is_kept_to_the_letter_until_it_has_proved_too_little() -> None:
    assert [pause(7, refusals, lambda: 1.0) for refusals in range(1, 9)] == [7, 7, 7, 7, 7, 8, 16, 32]


def test_without_a_named_wait_the_pauses_grow_to_a_minute() -> None:
    assert [pause(None, refusals, lambda: 1.0) for refusals in range(1, 8)] == [2, 4, 8, 16, 32, 60, 60]
    assert pause(90, 20, lambda: 1.0) == 90
