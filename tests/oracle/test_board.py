"""The reader of boards: against answers made by hand, and against the local Monday."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest
import requests

from emulator.config import Config
from emulator.server import running
from tests.oracle.board import Unreadable, read, read_board

COLUMNS = [
    {"id": "name", "title": "Name", "type": "name", "settings": None},
    {"id": "sub", "title": "Subitems", "type": "subtasks", "settings": {"boardIds": [77]}},
    {"id": "t1", "title": "PO NUMBER", "type": "text", "settings": {}},
    {"id": "key", "title": "ORDER KEY", "type": "text", "settings": {}},
]
SIZES = [
    {"id": "d", "title": "Size", "type": "dropdown", "settings": {}},
    {"id": "q", "title": "Order Qty", "type": "numbers", "settings": {}},
    {"id": "c", "title": "Cut Qty", "type": "numbers", "settings": {}},
]


CREATE_ITEM = """
mutation ($v: JSON) {
  create_item(board_id: 9200517329, item_name: "x", column_values: $v, create_labels_if_missing: true) { id }
}"""
CREATE_SUBITEM = """
mutation ($p: ID!, $v: JSON) {
  create_subitem(parent_item_id: $p, item_name: "Size 2XL", column_values: $v, create_labels_if_missing: true) { id }
}"""


def item(number: int, **texts: str | None) -> dict[str, Any]:
    return {
        "id": str(number),
        "name": f"item {number}",
        "group": {"id": "g", "title": "ONE"},
        "board": {"id": "5"},
        "column_values": [{"id": column, "text": text} for column, text in texts.items()],
        "subitems": [
            {"id": f"{number}1", "name": "Size S", "board": {"id": "77"},
             "column_values": [{"id": "d", "text": "S"}, {"id": "q", "text": ""}]},
        ] if number == 1 else None,
    }  # fmt: skip


def answer(document: str, variables: Mapping[str, Any]) -> Any:
    if "next_items_page(" in document:
        assert variables["cursor"] == "more"
        assert (variables["columns"], variables["sizes"]) == (["t1", "key"], ["d", "q"])
        return {"next_items_page": {"cursor": None, "items": [item(2, t1="", key=None)]}}
    if "items_page(" in document:
        assert variables["limit"] == 1
        return {"boards": [{"items_page": {"cursor": "more", "items": [item(1, t1="4755", key="A")]}}]}
    columns = {"5": COLUMNS, "77": SIZES}.get(variables["board"])
    return {"boards": [{"columns": columns, "groups": [{"id": "g", "title": "ONE"}]}] if columns else []}


def test_pages_are_put_together_and_values_found_by_title() -> None:
    board = read(answer, 5, page_size=1)
    assert board.groups == {"g": "ONE"}
    assert board.subitem_board == "77"
    assert [(each.id, each.key, each.values, each.group) for each in board.items] == [
        ("1", "A", {"PO NUMBER": "4755"}, "ONE"),
        ("2", None, {"PO NUMBER": None}, "ONE"),
    ]
    (size,) = board.items[0].subitems
    assert (size.id, size.board_id, size.name, size.label, size.quantity) == ("11", "77", "Size S", "S", None)
    assert board.items[1].subitems == ()


def test_a_board_that_is_not_there() -> None:
    with pytest.raises(Unreadable, match="Board 6 is not there"):
        read(answer, 6)


def test_what_was_written_to_the_local_monday_is_read_back() -> None:
    with running(Config().without_limits()) as monday:

        def send(query: str, **variables: Any) -> Any:
            reply = requests.post(
                monday.url, json={"query": query, "variables": variables},
                headers={"Authorization": monday.token, "API-Version": "2026-10"}, timeout=30,
            ).json()  # fmt: skip
            assert "errors" not in reply, reply
            return reply["data"]

        send(
            'mutation { create_column(board_id: 9200517329, title: "ORDER KEY", column_type: text, id: "order_key")'
            " { id } }"
        )
        made = []
        for number in range(3):
            values: dict[str, Any] = {"order_key": f"K{number}", "numeric_mkr5cact": "1.50"}
            values |= {"dropdown_mkr5tgaa": {"labels": ["St, yle"]}}
            made.append(send(CREATE_ITEM, v=json.dumps(values))["create_item"]["id"])
        size = {"dropdown_mkrak7qp": {"labels": ["2XL"]}, "numeric_mkra7j8e": "7"}
        send(CREATE_SUBITEM, p=made[0], v=json.dumps(size))
        board = read_board(monday.url, monday.token, 9200517329, page_size=2)
        with pytest.raises(Unreadable):
            read_board(monday.url, "wrong token", 9200517329)
    found = {each.key: each for each in board.items}
    assert set(found) == {"K0", "K1", "K2"}
    assert {each.id for each in board.items} == set(made)
    first = found["K0"]
    assert (first.values["CUSTOMER PRICE"], first.values["STYLE"], first.values["NOTES"]) == ("1.5", "St, yle", None)
    assert [(each.name, each.label, each.quantity) for each in first.subitems] == [("Size 2XL", "2XL", "7")]
    assert {each.board_id for each in first.subitems} == {board.subitem_board}
    assert found["K1"].subitems == ()
