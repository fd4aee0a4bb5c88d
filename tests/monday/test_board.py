from __future__ import annotations

import json
from typing import Any

import pytest

from sync.monday.board import (
    BoardMissing,
    Column,
    Label,
    older_settings,
    parse_board,
    read_labels,
    read_settings,
    without_settings,
)
from tests.monday.fakes import board

DROPDOWN = {"labels": [{"id": 1, "label": "A"}, {"id": 2, "label": "B", "is_deactivated": True}]}


def answer(**changes: Any) -> dict[str, Any]:
    found = {
        "id": "7",
        "name": "Orders",
        "state": "active",
        "items_count": 3,
        "items_limit": 10_000,
        "columns": [
            {"id": "name", "title": "Name", "type": "name", "settings": {}},
            {"id": "d", "title": "COLOR", "type": "dropdown", "settings": DROPDOWN},
            {"id": "s", "title": "Subitems", "type": "subtasks", "settings": {"boardIds": [77]}},
        ],
        "groups": [{"id": "g1", "title": "One"}, {"id": "g2", "title": "Two"}],
        **changes,
    }
    return {"boards": [found]}


def test_a_board_as_it_comes() -> None:
    found = parse_board(answer(), 7)
    assert (found.id, found.room, found.subitem_board_id) == (7, 9_997, 77)
    assert [group.title for group in found.groups] == ["One", "Two"]
    column = found.column("d")
    assert column is not None
    assert column.labels == (Label("1", "A"), Label("2", "B", active=False))
    assert found.column("nothing") is None


def test_settings_may_be_json_text() -> None:
    columns = [
        {"id": "d", "title": "C", "type": "dropdown", "settings": json.dumps(DROPDOWN)},
        {"id": "s", "title": "S", "type": "subtasks", "settings": '{"boardIds":["77"]}'},
    ]
    found = parse_board(answer(columns=columns), 7)
    assert found.subitem_board_id == 77
    assert found.columns[0].labels[0].text == "A"


def test_labels_are_known_only_where_a_list_of_them_is_there() -> None:
    def column(kind: str, **settings: Any) -> Column:
        return parse_board(answer(columns=[{"id": "c", "title": "C", "type": kind, **settings}]), 7).columns[0]

    untold: list[dict[str, Any]] = [{}, {"settings": None}, {"settings": {}}, {"settings": "{"},
                                    {"settings": {"labels": None}}]  # fmt: skip
    for settings in untold:
        assert not column("status", **settings).labels_known
        assert column("text", **settings).labels_known
    lists: list[Any] = [[], {}, [{"id": 1, "label": "A"}]]
    assert all(column("dropdown", settings={"labels": listed}).labels_known for listed in lists)


def test_older_settings_stand_in_for_those_that_are_not_there() -> None:
    blank = [{"id": name, "title": name, "type": kind, "settings": None}
             for name, kind in (("s", "status"), ("t", "text"), ("u", "subtasks"))]  # fmt: skip
    data = answer(columns=[*blank, {"id": "d", "title": "D", "type": "dropdown", "settings": DROPDOWN}])
    assert without_settings(data) == ["s", "u"]
    older = older_settings({"boards": [{"columns": [
        {"id": "s", "settings_str": '{"labels":{"1":"RECEIVED"}}'}, {"id": "u", "settings_str": '{"boardIds":[77]}'},
    ]}]})  # fmt: skip
    found = parse_board(data, 7, older)
    assert (found.columns[0].labels, found.columns[0].labels_known) == ((Label("1", "RECEIVED"),), True)
    assert found.subitem_board_id == 77
    assert older_settings({}) == {}


@pytest.mark.parametrize("value", [None, "", "{", "[]", 5, [1]])
def test_settings_that_cannot_be_read_are_empty(value: object) -> None:
    assert read_settings(value) == {}


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


@pytest.mark.parametrize("boards", [[], None, [None]])
def test_a_missing_board_is_said_so(boards: object) -> None:
    with pytest.raises(BoardMissing, match="MONDAY_BOARD_ID"):
        parse_board({"boards": boards}, 7)


@pytest.mark.parametrize("state", ["archived", "deleted"])
def test_an_archived_board_is_said_so(state: str) -> None:
    with pytest.raises(BoardMissing, match=state):
        parse_board(answer(state=state), 7)


@pytest.mark.parametrize("settings", [{}, {"boardIds": []}, {"boardIds": ["x"]}, {"boardIds": None}])
def test_no_board_of_subitems_yet(settings: dict[str, Any]) -> None:
    columns = [{"id": "s", "title": "Subitems", "type": "subtasks", "settings": settings}]
    assert parse_board(answer(columns=columns), 7).subitem_board_id is None


def test_room_is_unknown_where_monday_does_not_tell() -> None:
    assert parse_board(answer(items_limit=None), 7).room is None
    assert parse_board(answer(items_count=10_500), 7).room == 0


def test_titles_match_exactly_first_then_in_any_case() -> None:
    found = board(Column("1", "Size", "text"), Column("2", "SIZE ", "text"), Column("3", "size", "text"))
    assert [column.id for column in found.columns_titled("SIZE")] == ["2"]
    assert [column.id for column in found.columns_titled("sIZE")] == ["1", "2", "3"]
    assert found.columns_titled("Sizes") == ()
