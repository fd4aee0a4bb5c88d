"""The oracle's reading of single values, against values worked out by hand."""

from __future__ import annotations

import datetime as dt

import pytest

from tests.numbers import cases
from tests.oracle import rules


@pytest.mark.parametrize(
    "blank",
    [None, "", "  ", "\t", "\r\n", "\u00a0", "nan", "NaN", " None\t", "NULL", "\u00a0null\u2003", "\x07nan\x00"],
)
def test_nothing(blank: str | None) -> None:
    assert rules.text(blank) is None
    assert rules.long_text(blank) is None


@pytest.mark.parametrize(
    ("raw", "cleaned"),
    [
        ("  x  ", "x"),
        ("\u00a0x\u3000", "x"),
        ("a\tb", "a b"),
        ("a\r\nb\nc\rd", "a b c d"),
        ("a\n\nb", "a  b"),
        ("a  b", "a  b"),
        ("be\x07ll\x7f\x85\x9f", "bell"),
        ("nan.", "nan."),
        ("\u200bx\u2060\ufeffy\u00ad", "xy"),
        ("\u202b\u2067nan\u061c", None),
        ("a\u00a0b\u3164", "a\u00a0b"),
        ("❤\ufe0f \u2066نامه\u200cها\u2069", "❤\ufe0f نامه\u200cها"),
        ("N\x1fAN", None),
    ],
)
def test_text(raw: str, cleaned: str | None) -> None:
    assert rules.text(raw) == cleaned


@pytest.mark.parametrize(
    ("raw", "folded"),
    [
        (" GRE-1 ", "GRE-1"),
        ("\ufeffG\u200bR\u200dE\u00ad-1\ufe0f\u3164", "GRE-1"),
        ("G\u00a0R\u2003E\r\n1\t\u20282", "G R E 1  2"),
        ("\u200b\u00a0null\u200d", None),
    ],
)
def test_folding(raw: str, folded: str | None) -> None:
    assert rules.folded(raw) == folded


def test_long_text_loses_what_is_invisible_at_its_ends() -> None:
    assert rules.long_text("\ufeffa\u200bb\n\u2060") == "a\u200bb"
    assert rules.long_text("\u200b\n\ufeff") is None


def test_long_text_keeps_its_line_ends() -> None:
    assert rules.long_text(" a\r\nb\n\nc\td\x07\re \n") == "a\r\nb\n\nc d\re"


@pytest.mark.parametrize(("length", "cut"), [(1999, False), (2000, False), (2001, True), (9000, True)])
def test_cut(length: int, cut: bool) -> None:
    whole = "x" * length
    assert rules.cut(whole) == ("x" * 1999 + "…" if cut else whole)
    assert rules.cut(None) is None


@pytest.mark.parametrize(
    "raw",
    ["2025-09-26", "2025-09-26 00:00", "2025-09-26T23:59:59.123456789z", "2025-09-26 00:30:00 -11:00",
     "2025-09-26t10:30+05"],
)  # fmt: skip
def test_days(raw: str) -> None:
    assert rules.day(raw) == dt.date(2025, 9, 26)


@pytest.mark.parametrize(
    "raw",
    ["26.09.2025", "2025-9-26", "20250926", "2025-02-30", "0000-01-01", "2025-09-26Z", "2025-09-26T24:00",
     "2025-09-26 10:30 PM", "2025-09-26 10:60", "2025-09-26T10:30.5", "45926", "NaT"],
)  # fmt: skip
def test_what_is_no_day(raw: str) -> None:
    assert rules.day(raw) is None


@pytest.mark.parametrize(("raw", "value"), cases())
def test_numbers(raw: str, value: str | None) -> None:
    found = rules.number(raw)
    assert (None if found is None else rules.number_text(found)) == value


@pytest.mark.parametrize(
    ("raw", "capitals"),
    [
        ("abc é", "ABC É"),
        ("straße", "STRASSE"),
        ("ﬁne", "ﬁNE"),
        ("ς", "Σ"),
        ("ı", "I"),
        ("ǆ", "Ǆ"),
        ("ΐ", "ΐ"),
        ("中😀", "中😀"),
    ],
)
def test_upper(raw: str, capitals: str) -> None:
    assert rules.upper(raw) == capitals
