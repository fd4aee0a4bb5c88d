from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.monday.retry import Backoff


def test_doubles_from_two_seconds_and_gives_up_after_four_attempts() -> None:
    waits = [Backoff().delay(failures, lambda: 1.0) for failures in (1, 2, 3, 4)]
    assert waits == [2.0, 4.0, 8.0, None]


def test_never_waits_longer_than_the_cap_however_many_failures() -> None:
    patient = Backoff(attempts=100_000)
    assert patient.delay(6, lambda: 1.0) == 60.0
    assert patient.delay(99_999, lambda: 1.0) == 60.0


@given(failures=st.integers(1, 30), random=st.floats(0, 1, exclude_max=True))
def test_jitter_keeps_within_the_upper_half(failures: int, random: float) -> None:
    patient = Backoff(attempts=100)
    full = patient.delay(failures, lambda: 1.0)
    wait = patient.delay(failures, lambda: random)
    assert full is not None
    assert wait is not None
    assert full / 2 <= wait <= full


def test_failures_count_from_one() -> None:
    with pytest.raises(ValueError, match="from 1"):
        Backoff().delay(0, lambda: 0.0)
