from __future__ import annotations

import json
from itertools import product
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from sync.errors import BoardError, ConfigurationError
from sync.monday.board import (
    INTERCHANGEABLE,
    ITEMS_FILE,
    SUBITEMS_FILE,
    TYPES,
    Column,
    Label,
    MappedColumn,
    Resolution,
    columns_in,
    has_settings,
    load_mapping,
    parse_board,
    read_labels,
    resolve,
)
from tests.monday.fakes import board, mapped

# The mapping.

ROOT = Path(__file__).resolve().parents[2]


def entry(name: str, **meta: object) -> dict[str, Any]:
    return {"name": name, "config": {"meta": {"monday": {"type": "text", "write": "always", **meta}}}}


def write(folder: Path, items: object) -> Path:
    quantity = entry("ORDER_QTY", title="Order Qty", column_id="n", type="numbers")
    for name, columns in ((ITEMS_FILE, items), (SUBITEMS_FILE, [quantity])):
        text = columns if isinstance(columns, str) else yaml.safe_dump({"models": [{"name": "m", "columns": columns}]})
        (folder / name).write_text(text, encoding="utf-8")
    return folder


@pytest.mark.parametrize(
    ("items", "said"),
    [
        ([entry("A", type="checkbox")], "'A': type must be"),
        ([entry("A", write="sometimes")], "'A': write must be"),
        ([entry("A", create_labels=True)], "'A': create_labels"),
        ([entry("A", type="dropdown", create_labels="yes")], "'A': create_labels"),
        ([entry("A", colour="red")], "has no 'colour'"),
        ([entry("A", type="name", column_id="x")], "id name"),
        ([entry("A"), entry("A", title="B")], "of name 'A'"),
        ([entry("A", title="T"), entry("B", title="T")], "of title 'T'"),
        ([entry("A", column_id="c"), entry("B", column_id="c")], "of column_id 'c'"),
        ([{"name": "A"}], "maps no column"),
        ("models: [", "not valid YAML"),
        ("just text", "maps no column"),
    ],
)
def test_what_is_wrong_and_where(tmp_path: Path, items: object, said: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        load_mapping(write(tmp_path, items))
    assert said in str(caught.value)
    assert ITEMS_FILE in str(caught.value)


def test_a_missing_file(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="root of the repository"):
        load_mapping(tmp_path)


def test_the_mapping_of_this_project() -> None:
    mapping = load_mapping(ROOT / "models" / "monday")
    names = [column.name for column in mapping.items]
    assert len(names) == 47  # 37 direct + 7 transformed columns, the item's name and group, the order key
    assert "TOTAL QTY" not in names
    assert [column.title for column in mapping.subitems if column.is_column] == ["Size", "Order Qty"]
    assert [column.write for column in mapping.items if column.name == "ORDER_KEY"] == ["create_only"]
    cannot = [c.name for c in mapping.items if c.type in ("dropdown", "status") and not c.create_labels]
    assert cannot == ["ORDER TYPE"]


# The board as Monday describes it.

DROPDOWN = {"labels": [{"id": 1, "label": "A"}, {"id": 2, "label": "B", "is_deactivated": True}]}


def answer(**changes: Any) -> dict[str, Any]:
    return {"boards": [{"id": "7", "name": "Orders", "state": "active", "items_count": 3, **changes}]}


def test_settings_come_as_an_object_or_as_text() -> None:
    blank: list[dict[str, Any]] = [{"id": name, "title": name, "type": kind, "settings": told} for name, kind, told in (
        ("s", "status", None), ("t", "text", None), ("u", "subtasks", "{"), ("v", "status", {}), ("w", "status", [1]),
    )]  # fmt: skip
    data = answer(columns=[*blank, {"id": "d", "title": "D", "type": "dropdown", "settings": json.dumps(DROPDOWN)}])
    assert [id_ for id_, column in columns_in(data).items() if not has_settings(column)] == ["s", "u", "w"]
    columns_in(data)["u"]["settings"] = '{"boardIds":[77]}'
    found = parse_board(data, 7)
    assert (found.items_count, found.items_limit, found.room, found.groups) == (3, None, None, ())
    assert [label.text for label in found.columns[5].labels] == ["A", "B"]
    assert found.subitem_board_id == 77


@pytest.mark.parametrize(
    ("settings", "labels"),
    [
        ({"labels": [{"id": 0, "label": "A", "index": 0, "is_done": False}]}, (Label("0", "A"),)),
        ({"labels": [{"id": 3, "name": "A"}]}, (Label("3", "A"),)),
        ({"labels": {"0": "A", "5": "", "1": "B"}}, (Label("0", "A"), Label("1", "B"))),
        ({"labels": ["A", "B"]}, (Label("0", "A"), Label("1", "B"))),
        ({"labels": [{"id": 1, "name": "A"}], "deactivated_labels": [1]}, (Label("1", "A", active=False),)),
        ({"labels": {"1": {"label": "A"}}}, (Label("1", "A"),)),
        ({"labels": [{"id": 1, "label": "  "}, {"id": 2}, None]}, ()),
        ({"labels": None}, ()),
        ({}, ()),
    ],
)
def test_labels_of_every_shape_in_use(settings: dict[str, Any], labels: tuple[Label, ...]) -> None:
    assert read_labels(settings) == labels


@pytest.mark.parametrize(
    ("data", "said"),
    [
        *(({"boards": boards}, "MONDAY_BOARD_ID") for boards in ([], None, [None])),
        (answer(state="archived"), "archived"),
    ],
)
def test_a_board_that_cannot_be_used_is_said_so(data: dict[str, Any], said: str) -> None:
    with pytest.raises(BoardError, match=said):
        parse_board(data, 7)


# The one on the other.

CREATE = "python -m sync board create-columns"


def resolve_one(column: MappedColumn, *columns: Column, reading: bool = False) -> Resolution:
    return resolve([column], board(*columns), reading=reading)


@pytest.mark.parametrize(
    ("live", "place", "said"),
    [
        (["c PO_NUMBER text"], "c", []),
        (["c Purchase_order text"], "c", ["'Purchase order'"]),
        (["new PO_NUMBER text"], "new", ["new instead of c"]),
        (["new po_number_ text"], "new", ["new instead of c"]),
        (["new PO_NUMBER numbers"], "new", ["new instead of c", "numbers instead of text"]),
        (["1 Po_number text", "2 PO_NUMBER_ text"], "2", ["2 instead of c"]),
        # of several with the title the fittest is taken
        (["1 PO_NUMBER mirror", "2 PO_NUMBER text"], "2", ["2 instead of c"]),
        (["1 PO_NUMBER numbers", "2 PO_NUMBER text"], "2", ["2 instead of c"]),
        (["1 PO_NUMBER mirror", "2 PO_NUMBER formula", "3 PO_NUMBER dropdown"], "3", ["3 instead", "dropdown instead"]),
    ],
)
def test_a_column_is_followed_by_its_id_then_by_its_title(live: list[str], place: str, said: list[str]) -> None:
    columns = [Column(id_, title.replace("_", " "), kind) for id_, title, kind in map(str.split, live)]
    found = resolve_one(mapped(column_id="c"), *columns)
    assert ([column.column_id for column in found.columns], found.problems, found.missing) == ([place], [], [])
    assert len(found.notices) == len(said)
    assert all(words in notice for words, notice in zip(said, found.notices, strict=True))
    assert found.columns[0].mapped_type == "text"


ALIKE = (("text", "text"), ("dropdown", "numbers"), ("mirror", "mirror"))
UNFIT = ("mirror", "formula", "board_relation", "auto_number", "item_id", "button")


@pytest.mark.parametrize(
    ("live", "said"),
    [
        (["x text"], f"is missing on board 7: run `{CREATE}`"),
        *(([f"c {kind}"], f"became {kind}, which can't be written: delete it") for kind in UNFIT),  # its id leads there
        *(([f"new {kind}"], f"became {kind}, which can't be written: rename it") for kind in UNFIT),
        *(([f"1 {one}", f"2 {two}"], "(1, 2)") for one, two in ALIKE),
    ],
)
def test_a_column_without_a_place_is_a_problem(live: list[str], said: str) -> None:
    columns = [Column(id_, "Other" if id_ == "x" else "PO NUMBER", kind) for id_, kind in map(str.split, live)]
    found = resolve_one(mapped(column_id="c"), *columns)
    assert (found.columns, len(found.missing)) == ([], live == ["x text"])
    (problem,) = found.problems
    assert said in problem
    assert problem.endswith(".")
    assert CREATE in problem or len(live) > 1


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
