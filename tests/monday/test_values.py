from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.monday.board import Column, Label, ResolvedColumn
from sync.monday.documents import build_request, mutation
from sync.monday.values import Built, LabelBook, column_values, parse_number, plain_number
from tests.monday.fakes import labels_of, resolved
from tests.numbers import cases

NO_LABELS = LabelBook()


def build(column: ResolvedColumn, value: object, labels: LabelBook = NO_LABELS, *, creating: bool = True) -> Built:
    return column_values({column.name: value}, [column], labels, only=None, creating=creating)


def sent(column: ResolvedColumn, value: object, labels: LabelBook = NO_LABELS) -> object:
    built = build(column, value, labels)
    assert built.problems == ()
    return built.values[column.column_id]


@pytest.mark.parametrize(
    ("kind", "value", "code"),
    [
        ("text", float("inf"), "NOT_A_NUMBER"),
        ("long_text", "x" * 2001, "TOO_LONG"),
        *(("numbers", value, "NOT_A_NUMBER") for value in ("FOB", "1e5", True, float("nan"))),
        ("numbers", "x\n::{}::\x1b" + "y" * 200, "NOT_A_NUMBER"),
        ("date", "26/09/2025", "NOT_A_DATE"),
        ("dropdown", "Red", "UNKNOWN_LABEL"),
        ("status", "Red", "UNKNOWN_LABEL"),
        ("mirror", "x", "NOT_WRITABLE"),
    ],
)
def test_values_that_do_not_fit_leave_their_cell_blank_and_say_why(kind: str, value: object, code: str) -> None:
    built = build(resolved(kind, name="FREIGHT"), value)
    (problem,) = built.problems
    assert (problem.code, problem.column, problem.column_id, built.values) == (code, "FREIGHT", "c1", {})
    assert "FREIGHT" in problem.text
    assert problem.text.endswith(".")
    assert str(value)[:1] in problem.text
    assert not any(unfit in problem.text for unfit in ("\n", "\x1b", "y" * 60)), "row text is cut and cleaned"


@pytest.mark.parametrize("name", [None, "", "  ", "x" * 256])
def test_a_name_must_be_one(name: object) -> None:
    assert build(resolved("name", "ITEM_NAME", "name"), name, creating=False).problems[0].code == "BAD_NAME"


# Labels.

FULL = {"dropdown": [f"l{n}" for n in range(500)], "status": [f"l{n}" for n in range(40)]}
DIGITS = (Label("5", "PCE"), Label("7", "12"))


@pytest.mark.parametrize(
    ("kind", "create", "known", "value", "wanted"),
    [
        *(("dropdown", create, ["Red"], "RED", {"labels": ["Red"]}) for create in (True, False)),
        *(("status", create, ["Red"], "RED", {"label": "Red"}) for create in (True, False)),
        ("status", True, DIGITS, "12", {"index": 7}),  # by its number, for Monday would read it as one
        ("status", True, DIGITS, "pce", {"label": "PCE"}),
        ("status", True, DIGITS, "13", "LABEL_DIGITS"),
        ("dropdown", True, ["Red"], "Blue", {"labels": ["Blue"]}),
        ("status", True, [], "x" * 30, {"label": "x" * 30}),
        ("status", True, [], "x" * 31, "LABEL_LENGTH"),
        ("status", True, ["X" * 31], "x" * 31, {"label": "X" * 31}),
        ("dropdown", False, ["Red"], "Blue", "UNKNOWN_LABEL is not among"),
        ("status", False, ["Red"], "Blue", "UNKNOWN_LABEL is not among"),
        ("dropdown", False, (Label("1", "OLD", active=False),), "old", "UNKNOWN_LABEL is deactivated"),
        ("dropdown", True, FULL["dropdown"], "L3", {"labels": ["l3"]}),
        ("dropdown", True, FULL["dropdown"], "more", "LABELS_FULL make it a text column"),
        ("status", True, FULL["status"], "more", "LABELS_FULL remove labels"),
    ],
)
def test_labels(kind: str, create: bool, known: Any, value: str, wanted: object) -> None:
    board = known if isinstance(known, tuple) else labels_of(*known)
    labels = LabelBook([Column("c1", "UOM", kind, board)])
    built = build(resolved(kind, create_labels=create), value, labels)
    if isinstance(wanted, str):
        code, _, words = wanted.partition(" ")
        assert built.problems[0].code == code
        assert words in built.problems[0].text
        assert repr(value) in built.problems[0].text
        assert (built.values, built.new_labels) == ({}, {})
        return
    assert (built.values, built.problems) == ({"c1": wanted}, ())
    there = value.casefold() in {label.text.casefold() for label in board}
    assert built.new_labels == ({} if there else {"c1": value})


def test_labels_in_flight_have_one_spelling_and_fill_the_column_too() -> None:
    labels = LabelBook([Column("c1", "COLOR", "dropdown", labels_of(*FULL["dropdown"][1:]))])
    column = resolved("dropdown", create_labels=True)
    labels.hold(build(column, "Last", labels).new_labels)
    second = build(column, "LAST", labels)
    assert second.values == {"c1": {"labels": ["Last"]}}
    assert second.new_labels, "the first row may yet fail"
    assert build(column, "one more", labels).problems[0].code == "LABELS_FULL"


@given(value=st.text(max_size=50), kind=st.sampled_from(["text", "long_text", "numbers", "date", "dropdown", "status"]))
def test_any_text_is_sent_or_rejected_and_always_travels_as_json(value: str, kind: str) -> None:
    built = build(resolved(kind, create_labels=True), value)
    assert bool(built.values) != bool(built.problems)
    json.loads(build_request([mutation("create_item", 1, "g", "n", built.values)]))


# Numbers.


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
