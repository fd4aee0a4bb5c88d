"""Every kind of difference is seen, and nothing else."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from tests.oracle.board import Board, BoardColumn, BoardSubitem
from tests.oracle.cases import board_of, order, with_values
from tests.oracle.compare import compare, same
from tests.oracle.expected import Expected, expect
from tests.oracle.fields import FIELDS, KINDS

ROWS = [
    order(S=4, M=6, CUSTOMER_PRICE="1,234.50", NOTES="a\nb"),
    order(AAG_ORDER_NUMBER="B", CUSTOMER_SEASON="SS26", CUSTOMER_STYLE="x y"),
]


def pair() -> tuple[Expected, Board]:
    expected = expect(ROWS)
    return expected, board_of(expected)


def whats(expected: Expected, board: Board) -> list[str]:
    return [difference.what for difference in compare(expected, board)]


def test_an_equal_board_has_no_difference() -> None:
    assert compare(*pair()) == []


def test_forms_that_mean_the_same_are_no_difference() -> None:
    expected, board = pair()
    board.items[0] = with_values(board.items[0], CUSTOMER_PRICE="1234.5000", STYLE="jwhd100120", CUSTOMER="Greyson")
    board.items[0] = replace(board.items[0], group="Greyson Clothiers 2025 Fall")
    sizes = board.items[0].subitems
    board.items[0] = replace(board.items[0], subitems=(sizes[1], replace(sizes[0], quantity="4.0", label="s")))
    assert compare(expected, board) == []


@pytest.mark.parametrize("title", [field.title for field in FIELDS])
def test_each_of_the_44_columns_is_compared(title: str) -> None:
    expected, board = pair()
    wrong = {"number": "1", "date": "2031-01-01"}.get(KINDS[title], "something else")
    board.items[1].values[title] = wrong
    (difference,) = compare(expected, board)
    assert (difference.what, difference.key, difference.field) == ("field", "B", title)
    assert (difference.expected, difference.actual) == (expected.orders["B"].values[title], wrong)
    board.items[1].values[title] = None
    assert len(compare(expected, board)) == (expected.orders["B"].values[title] is not None)


def missing_item(board: Board) -> None:
    del board.items[0]


def double_item(board: Board) -> None:
    board.items.append(replace(board.items[0], id="again"))


def unknown_item(board: Board) -> None:
    board.items.append(replace(board.items[0], key="C"))


def unknown_key_case(board: Board) -> None:
    board.items[1] = replace(board.items[1], key="b")


def item_without_key(board: Board) -> None:
    board.items.append(replace(board.items[0], key=None))


def wrong_name(board: Board) -> None:
    board.items[0] = replace(board.items[0], name=board.items[0].name.lower())


def wrong_group(board: Board) -> None:
    board.items[0] = replace(board.items[0], group="GREYSON 2025 FALL")


def double_group(board: Board) -> None:
    board.groups["again"] = "greyson clothiers 2025 fall"


def column_missing(board: Board) -> None:
    del board.columns["NOTES"]


def long_text_line_end(board: Board) -> None:
    board.items[0] = with_values(board.items[0], NOTES="a\r\nb")


def missing_subitem(board: Board) -> None:
    board.items[0] = replace(board.items[0], subitems=board.items[0].subitems[:1])


def double_subitem(board: Board) -> None:
    first = board.items[0].subitems[0]
    board.items[0] = replace(board.items[0], subitems=(*board.items[0].subitems, replace(first, id="again")))


def unknown_subitem(board: Board) -> None:
    extra = BoardSubitem("1", "77", "Size XS", "XS", "0")
    board.items[1] = replace(board.items[1], subitems=(extra,))


def subitem_without_label(board: Board) -> None:
    board.items[1] = replace(board.items[1], subitems=(BoardSubitem("1", "77", "Size XS", None, None),))


def subitems_changed(board: Board, **changes: Any) -> None:
    first, *others = board.items[0].subitems
    board.items[0] = replace(board.items[0], subitems=(replace(first, **changes), *others))


@pytest.mark.parametrize(
    ("spoil", "what"),
    [
        (missing_item, ["missing item"]),
        (double_item, ["double item"]),
        (unknown_item, ["unknown item"]),
        (unknown_key_case, ["missing item", "unknown item"]),
        (item_without_key, ["unknown item"]),
        (wrong_name, ["field"]),
        (wrong_group, ["field"]),
        (double_group, ["double group"]),
        (column_missing, ["column missing"]),
        (long_text_line_end, ["field"]),
        (missing_subitem, ["missing subitem"]),
        (double_subitem, ["double subitem"]),
        (unknown_subitem, ["unknown subitem"]),
        (subitem_without_label, ["unknown subitem"]),
        (lambda board: subitems_changed(board, quantity="5"), ["subitem field"]),
        (lambda board: subitems_changed(board, quantity=None), ["subitem field"]),
        (lambda board: subitems_changed(board, name="S"), ["subitem field"]),
        (lambda board: subitems_changed(board, board_id="78"), ["subitem field"]),
        (lambda board: subitems_changed(board, label="XS"), ["missing subitem", "unknown subitem"]),
    ],
)
def test_each_kind_of_difference(spoil: Callable[[Board], None], what: list[str]) -> None:
    expected, board = pair()
    spoil(board)
    assert sorted(whats(expected, board)) == what


def test_planners_items_can_be_left_out_of_account() -> None:
    expected, board = pair()
    item_without_key(board)
    assert compare(expected, board, ours_only=True) == []


def test_a_retyped_column_is_compared_by_its_value() -> None:
    expected, board = pair()
    board.columns["PO NUMBER"] = BoardColumn("p", "PO NUMBER", "numbers")
    board.columns["CUSTOMER PRICE"] = BoardColumn("c", "CUSTOMER PRICE", "text")
    expected.orders["B"].values["PO NUMBER"] = "4,755.0"
    board.items[1].values["PO NUMBER"] = "4755"
    board.items[0].values["CUSTOMER PRICE"] = "1234.50"
    assert compare(expected, board) == []
    board.items[1].values["PO NUMBER"] = "4756"
    assert whats(expected, board) == ["field"]


@pytest.mark.parametrize(
    ("kind", "expected", "actual", "equal"),
    [
        ("number", "1.5", "1.50", True),
        ("number", "0", None, False),
        ("number", None, "0", False),
        ("number", "1.5", "x", False),
        ("number", "see note", "see note", True),
        ("label", "straße", "STRASSE", True),
        ("label", "A", "A, B", False),
        ("text", "a", "A", False),
        ("date", "2025-01-01", "2025-01-01", True),
        ("text", None, None, True),
    ],
)
def test_same(kind: str, expected: str | None, actual: str | None, equal: bool) -> None:
    assert same(kind, expected, actual) is equal  # type: ignore[arg-type]


def test_a_difference_reads_as_a_sentence() -> None:
    expected, board = pair()
    board.items[1].values["PO NUMBER"] = "9"
    assert [str(each) for each in compare(expected, board)] == ["field: 'B' PO NUMBER: expected None, found '9'"]


@pytest.mark.slow
def test_10000_orders_in_a_few_seconds() -> None:
    rows = [order(AAG_ORDER_NUMBER=f"N{at}", S=1, M=2, CUSTOMER_PRICE=f"${at}.5") for at in range(10_000)]
    started = time.process_time()
    expected = expect(rows)
    assert compare(expected, board_of(expected)) == []
    assert time.process_time() - started < 6


@pytest.mark.parametrize(
    ("column", "takes"),
    [
        (BoardColumn("c", "STYLE", "text"), True),
        (BoardColumn("c", "STYLE", "numbers"), False),
        (BoardColumn("c", "STYLE", "dropdown", frozenset(), False), True),
        (BoardColumn("c", "STYLE", "dropdown", frozenset({"JWHD100120"}), True), True),
        (BoardColumn("c", "STYLE", "dropdown", frozenset({"OTHER"}), True), False),
        (BoardColumn("c", "ORDER TYPE", "status", frozenset({"RECEIVED"}), False), False),
    ],
)
def test_a_cell_that_its_column_cannot_take_is_blank(column: BoardColumn, takes: bool) -> None:
    expected, board = pair()
    title = column.title
    expected.orders["B"].values[title] = "JWHD100120"
    board.columns[title] = column
    for item in board.items:
        item.values[title] = None if item.key == "B" else expected.orders[item.key or ""].values[title]
    board.columns[title] = replace(column, labels=column.labels and column.labels | {"RECEIVED"})
    found = [each for each in compare(expected, board) if each.key == "B"]
    assert [each.field for each in found] == ([title] if takes else [])
