from __future__ import annotations

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.monday.board import INTERCHANGEABLE, TYPES, Column, MappedColumn, Resolution, resolve
from tests.monday.fakes import board, mapped

CREATE = "python -m sync board create-columns"


def resolve_one(column: MappedColumn, *columns: Column, reading: bool = False) -> Resolution:
    return resolve([column], board(*columns), reading=reading)


def only_problem(resolution: Resolution) -> str:
    assert resolution.columns == ()
    (problem,) = resolution.problems
    assert problem.endswith(".")
    return problem


def test_a_column_at_its_place_needs_no_word() -> None:
    found = resolve_one(mapped(column_id="c"), Column("c", "PO NUMBER", "text"))
    assert (found.problems, found.notices, found.missing) == ((), (), ())
    assert found.columns[0].column_id == "c"


def test_name_and_group_are_no_columns_of_the_board() -> None:
    found = resolve([mapped("ITEM_NAME", "name", "name"), mapped("GROUP_NAME", "group", None)], board())
    assert [(column.type, column.column_id) for column in found.columns] == [("name", "name"), ("group", "")]
    assert found.problems == ()


def test_a_renamed_column_is_followed_by_its_id() -> None:
    found = resolve_one(mapped(column_id="c"), Column("c", "Purchase order", "text"))
    assert found.columns[0].column_id == "c"
    (notice,) = found.notices
    assert "'Purchase order'" in notice


@pytest.mark.parametrize("title", ["PO NUMBER", "po number", " Po Number "])
def test_a_new_id_is_found_by_title(title: str) -> None:
    found = resolve_one(mapped(column_id="gone"), Column("new", title, "text"))
    assert found.columns[0].column_id == "new"
    (notice,) = found.notices
    assert "new" in notice
    assert "gone" in notice


def test_another_id_and_another_type_at_once() -> None:
    """As FREIGHT stands on an older board."""
    found = resolve_one(mapped("FREIGHT", "numbers", "numeric_mksfr0r2"), Column("text_mkr5kyf4", "FREIGHT", "text"))
    (column,) = found.columns
    assert (column.column_id, column.type, column.mapped_type) == ("text_mkr5kyf4", "text", "numbers")
    assert len(found.notices) == 2


@pytest.mark.parametrize(("before", "after"), list(product(sorted(set(TYPES) - {"name", "group"}), repeat=2)))
def test_which_changes_of_type_are_followed(before: str, after: str) -> None:
    found = resolve_one(mapped(type=before, column_id="c"), Column("c", "PO NUMBER", after))
    follows = before == after or {before, after} <= INTERCHANGEABLE
    assert bool(found.columns) == follows
    assert bool(found.problems) != follows
    assert len(found.notices) == (1 if follows and before != after else 0)
    if found.columns:
        assert found.columns[0].type == after
        # A dropdown by the mapping forbids new labels unless it allows them; a text or a number that became one can't.
        assert found.columns[0].create_labels == (after == "dropdown" and before != "dropdown")


@pytest.mark.parametrize("kind", ["text", "long_text", "dropdown", "numbers"])
def test_a_status_is_followed_for_reading_only(kind: str) -> None:
    column = Column("c", "UNIT OF MEASURE", kind)
    wanted = mapped("UNIT OF MEASURE", "status", "c")
    assert resolve_one(wanted, column).problems
    assert resolve_one(wanted, column, reading=True).columns[0].type == kind


@pytest.mark.parametrize(
    "kind", ["mirror", "formula", "board_relation", "auto_number", "item_id", "button", "checkbox"]
)
def test_what_cannot_be_written_is_a_problem(kind: str) -> None:
    problem = only_problem(resolve_one(mapped(column_id="c"), Column("c", "PO NUMBER", kind)))
    assert kind in problem
    assert CREATE in problem
    problem = only_problem(resolve_one(mapped(column_id="gone"), Column("c", "PO NUMBER", kind)))
    assert kind in problem


def test_a_missing_column_says_how_to_make_it() -> None:
    found = resolve_one(mapped(column_id="gone"), Column("x", "Other", "text"))
    problem = only_problem(found)
    assert "'PO NUMBER'" in problem
    assert CREATE in problem
    assert [column.name for column in found.missing] == ["PO NUMBER"]


@pytest.mark.parametrize(
    ("types", "chosen"),
    [
        (["mirror", "text"], 1),
        (["numbers", "text"], 1),
        (["mirror", "numbers"], 1),
        (["mirror", "formula", "dropdown"], 2),
        (["date", "text", "status"], 1),
    ],
)
def test_of_several_with_the_title_the_fittest_is_taken(types: list[str], chosen: int) -> None:
    columns = [Column(f"c{n}", "PO NUMBER", kind) for n, kind in enumerate(types)]
    assert resolve_one(mapped(column_id=None), *columns).columns[0].column_id == f"c{chosen}"


@pytest.mark.parametrize("types", [["text", "text"], ["numbers", "dropdown"], ["mirror", "mirror"]])
def test_several_that_fit_alike_are_a_problem(types: list[str]) -> None:
    columns = [Column(f"c{n}", "PO NUMBER", kind) for n, kind in enumerate(types)]
    found = resolve_one(mapped(column_id="gone"), *columns)
    assert "c0, c1" in only_problem(found)
    assert found.missing == ()


def test_a_title_does_not_lead_to_a_column_that_another_id_claims() -> None:
    columns = [mapped("A", column_id="a"), mapped("B", column_id="gone")]
    found = resolve(columns, board(Column("a", "B", "text")))
    assert [(column.name, column.column_id) for column in found.columns] == [("A", "a")]
    assert [column.name for column in found.missing] == ["B"]


def test_two_columns_never_share_a_place() -> None:
    columns = [mapped("A", column_id=None, title="T"), mapped("B", column_id=None, title="t")]
    found = resolve(columns, board(Column("c", "T", "text")))
    assert [column.name for column in found.columns] == ["A"]
    assert "both lead to" in found.problems[0]


@given(
    live=st.lists(
        st.tuples(st.sampled_from("abcd"), st.sampled_from(["T", "t", "U"]), st.sampled_from(["text", "mirror"])),
        unique_by=lambda column: column[0],
    ),
    wanted=st.lists(
        st.tuples(st.sampled_from(["T", "U", "V"]), st.sampled_from(["a", "b", "z", None])),
        unique_by=lambda column: column[0],
    ),
)
def test_each_column_is_resolved_or_has_a_problem_and_no_place_serves_twice(
    live: list[tuple[str, str, str]], wanted: list[tuple[str, str | None]]
) -> None:
    ids = [column_id for _, column_id in wanted if column_id]
    columns = [
        mapped(title, column_id=column_id if ids.count(column_id or "") < 2 else None) for title, column_id in wanted
    ]
    found = resolve(columns, board(*(Column(*column) for column in live)))
    assert len(found.columns) + len(found.problems) == len(columns)
    places = [column.column_id for column in found.columns]
    assert len(set(places)) == len(places)
    assert {column.name for column in found.missing}.isdisjoint(column.name for column in found.columns)
