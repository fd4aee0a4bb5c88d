from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.monday.answers import read_rate_limits, retry_after

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


def test_the_headers_as_documented() -> None:
    quotas, left = read_rate_limits(
        {
            "ratelimit-policy": '"minuteRate";q=5000;w=60, "concurrency";q=250;qu="concurrent-requests", '
            '"complexityMinute";q=5000000;w=60;qu="content-bytes"',
            "ratelimit": '"minuteRate";r=4999, "concurrency";r=249, "complexityMinute";r=4950000;t=45',
        }
    )
    assert quotas == {"minuteRate": 5000, "concurrency": 250, "complexityMinute": 5_000_000}
    assert left == {"minuteRate": 4999, "concurrency": 249, "complexityMinute": 4_950_000}


@pytest.mark.parametrize("text", ["", "nonsense", '"a"', '"a";r=x', "a;r=1", '"a";q=0'])
def test_what_cannot_be_read_is_left_out(text: str) -> None:
    assert read_rate_limits({"ratelimit": text, "ratelimit-policy": text}) == ({}, {})


def test_spaces_and_negative_counts() -> None:
    assert read_rate_limits({"ratelimit": '"complexityMinute" ; r=-5 ; t=3'}) == ({}, {"complexityMinute": 0})


@given(st.text(max_size=200))
def test_no_header_breaks_the_reading(text: str) -> None:
    read_rate_limits({"ratelimit": text, "ratelimit-policy": text})
    wait = retry_after({"retry-after": text, "date": text}, NOW)
    assert wait is None or wait >= 0


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry-after": "7"}, 7.0),
        ({"retry-after": " 0.5 "}, 0.5),
        ({"retry-after": "Mon, 23 Nov 2026 12:00:30 GMT"}, 30.0),
        ({"retry-after": "Mon, 23 Nov 2026 11:00:00 GMT"}, 0.0),
        # The server's clock is an hour ahead of ours: its own Date counts.
        ({"retry-after": "Mon, 23 Nov 2026 13:00:30 GMT", "date": "Mon, 23 Nov 2026 13:00:00 GMT"}, 30.0),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "-3"}, None),
        ({}, None),
    ],
)
def test_retry_after(headers: dict[str, str], seconds: float | None) -> None:
    assert retry_after(headers, NOW) == seconds
