from __future__ import annotations

import json
from typing import Any

import pytest

from sync.errors import BoardError
from sync.monday.board import (
    Column,
    Label,
    columns_in,
    has_settings,
    parse_board,
    read_labels,
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


def test_settings_come_as_an_object_or_as_text() -> None:
    blank: list[dict[str, Any]] = [{"id": name, "title": name, "type": kind, "settings": told} for name, kind, told in (
        ("s", "status", None), ("t", "text", None), ("u", "subtasks", "{"), ("v", "status", {}), ("w", "status", [1]),
    )]  # fmt: skip
    data = answer(columns=[*blank, {"id": "d", "title": "D", "type": "dropdown", "settings": json.dumps(DROPDOWN)}])
    assert [id_ for id_, column in columns_in(data).items() if not has_settings(column)] == ["s", "u", "w"]
    columns_in(data)["u"]["settings"] = '{"boardIds":[77]}'
    found = parse_board(data, 7)
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


@pytest.mark.parametrize("boards", [[], None, [None]])
def test_a_missing_board_is_said_so(boards: object) -> None:
    with pytest.raises(BoardError, match="MONDAY_BOARD_ID"):
        parse_board({"boards": boards}, 7)


@pytest.mark.parametrize("state", ["archived", "deleted"])
def test_an_archived_board_is_said_so(state: str) -> None:
    with pytest.raises(BoardError, match=state):
        parse_board(answer(state=state), 7)


def test_titles_match_exactly_first_then_in_any_case() -> None:
    found = board(Column("1", "Size", "text"), Column("2", "SIZE ", "text"), Column("3", "size", "text"))
    assert [column.id for column in found.columns_titled("SIZE")] == ["2"]
    assert [column.id for column in found.columns_titled("sIZE")] == ["1", "2", "3"]
    assert found.columns_titled("Sizes") == ()
