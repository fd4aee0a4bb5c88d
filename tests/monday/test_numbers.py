from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.monday.values import parse_number, plain_number
from tests.numbers import cases


@pytest.mark.parametrize(("text", "number"), cases())
def test_numbers_as_spreadsheets_write_them(text: str, number: str | None) -> None:
    value = parse_number(text)
    assert (None if value is None else plain_number(value)) == number


@given(st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**14) + 1, max_value=10**14 - 1, places=4))
def test_what_is_written_plainly_reads_back_as_the_same_number(value: Decimal) -> None:
    text = plain_number(value)
    assert parse_number(text) == value
    assert "E" not in text.upper()
    assert text == "0" or not text.endswith(".")
    assert "." not in text or not text.endswith("0")


@given(st.text(max_size=40))
def test_reading_any_text_gives_a_number_or_none(text: str) -> None:
    value = parse_number(text)
    assert value is None or value.is_finite()


@pytest.mark.parametrize(
    ("value", "text"),
    [(0, "0"), (-0.0, "0"), (Decimal("-0.0000"), "0"), (1200, "1200"), (Decimal("1E+3"), "1000"), (0.1, "0.1"),
     (Decimal("28.8600"), "28.86"), (1e-7, "0.0000001")],
)  # fmt: skip
def test_plain_numbers(value: Decimal | int | float, text: str) -> None:
    assert plain_number(value) == text


@pytest.mark.parametrize("value", [float("nan"), float("inf"), Decimal("sNaN")])
def test_what_is_not_finite_is_refused(value: Decimal | float) -> None:
    with pytest.raises(ValueError, match="finite"):
        plain_number(value)
