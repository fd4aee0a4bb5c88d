from __future__ import annotations

from sync.monday.board import Column, Label
from sync.monday.values import LabelBook, NewLabel
from tests.monday.fakes import board, labels_of

RED = NewLabel("c", "Red")


def book(*texts: str, kind: str = "dropdown") -> LabelBook:
    return LabelBook.of(board(Column("c", "COLOR", kind, labels_of(*texts))))


def test_the_boards_spelling_is_used_in_any_case() -> None:
    labels = book("Maltese Blue")
    assert labels.spelling("c", " MALTESE BLUE ") == "Maltese Blue"
    assert labels.is_there("c", "maltese blue")
    assert labels.spelling("c", "red") is None


def test_the_first_of_two_spellings_on_the_board_wins() -> None:
    assert book("Red", "RED").spelling("c", "red") == "Red"


def test_a_held_label_lends_its_spelling_but_is_not_there_yet() -> None:
    labels = book()
    labels.hold([RED])
    assert labels.spelling("c", "RED") == "Red"
    assert not labels.is_there("c", "red")
    assert labels.room("c") == 499


def test_a_confirmed_label_is_there_for_good() -> None:
    labels = book()
    labels.hold([RED])
    labels.confirm([RED])
    labels.take_back([RED])
    assert labels.is_there("c", "RED")
    assert labels.room("c") == 499


def test_a_label_taken_back_leaves_no_trace() -> None:
    labels = book()
    labels.hold([RED])
    labels.take_back([RED])
    assert labels.spelling("c", "red") is None
    assert labels.room("c") == 500


def test_a_label_that_two_rows_make_stays_while_one_may_still_make_it() -> None:
    labels = book()
    labels.hold([RED])
    labels.hold([NewLabel("c", "RED")])
    labels.take_back([RED])
    assert labels.spelling("c", "red") == "Red"
    labels.take_back([NewLabel("c", "RED")])
    assert labels.spelling("c", "red") is None


def test_confirming_without_holding_counts_too() -> None:
    labels = book()
    labels.confirm([RED])
    labels.confirm([NewLabel("c", "RED")])
    assert labels.spelling("c", "red") == "Red"
    assert labels.room("c") == 499
    labels.hold([RED])
    assert labels.room("c") == 499


def test_retired_labels_take_up_room_and_match_nothing() -> None:
    labels = LabelBook([Column("c", "UOM", "status", (Label("0", "PCE"), Label("1", "OLD", active=False)))])
    assert labels.room("c") == 38
    assert labels.spelling("c", "old") is None
    assert labels.is_retired("c", "Old")
    assert not labels.is_retired("c", "PCE")


def test_room_is_never_negative() -> None:
    assert book(*(f"l{n}" for n in range(45)), kind="status").room("c") == 0


def test_a_column_that_was_not_read_is_empty() -> None:
    labels = book()
    assert labels.room("elsewhere") == 500
    assert not labels.is_retired("elsewhere", "x")
    assert not labels.is_there("elsewhere", "x")
    assert labels.spelling("elsewhere", "x") is None


def test_of_two_boards_the_first_names_its_columns() -> None:
    one = board(Column("c", "A", "dropdown", labels_of("x")), Column("t", "T", "text"))
    labels = LabelBook.of(one, board(Column("c", "B", "dropdown"), Column("d", "D", "status")))
    assert labels.is_there("c", "x")
    assert labels.room("d") == 40
