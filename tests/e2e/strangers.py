"""A board filled by hand: items that somebody made through the API before this project came, without any key."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import requests

from tests.oracle.board import Board, read_board
from tests.oracle.expected import Order

BOARD_ID = 9200517329


@dataclass
class Handmade:
    """An item as a person made it: cells by board title, sizes by label (name, Size cell, quantity cell)."""

    name: str
    group: str
    cells: dict[str, str | None]
    sizes: list[tuple[str, str | None, str | None]] = field(default_factory=list)


def copy_of(order: Order) -> Handmade:
    """An item that shows the order as it should be, but for the key."""
    sizes = [(f"Size {label}", label, str(quantity)) for label, quantity in order.sizes.items()]
    return Handmade(order.name, order.group, dict(order.values), list(sizes))


class Stranger:
    """Somebody with a token and a script."""

    def __init__(self, url: str, token: str) -> None:
        self._url, self._token = url, token
        self._session = requests.Session()
        self._session.headers.update({"Authorization": token, "API-Version": "2026-10"})
        self.board = read_board(url, token, BOARD_ID)
        self._groups = {title: group_id for group_id, title in self.board.groups.items()}

    def close(self) -> None:
        """Ends the connection."""
        self._session.close()

    def read(self) -> Board:
        """The board as it is now."""
        return read_board(self._url, self._token, BOARD_ID)

    def ask(self, document: str, variables: Mapping[str, Any]) -> Any:
        """The data of an answer; errors fail the test."""
        answer = self._session.post(self._url, json={"query": document, "variables": variables}, timeout=60).json()
        assert not answer.get("errors"), answer
        return answer["data"]

    def _group(self, title: str) -> str:
        if title not in self._groups:
            made = self.ask(
                "mutation ($b: ID!, $t: String!) { create_group(board_id: $b, group_name: $t) { id } }",
                {"b": str(BOARD_ID), "t": title},
            )
            self._groups[title] = made["create_group"]["id"]
        return self._groups[title]

    def make(self, items: Sequence[Handmade]) -> list[int]:
        """Makes the items with their subitems; gives their ids."""
        return [self._make(item) for item in items]

    def _make(self, item: Handmade) -> int:
        values = {
            self.board.columns[title].id: cell(self.board.columns[title].type, text)
            for title, text in item.cells.items()
            if text is not None
        }
        made = self.ask(
            "mutation ($b: ID!, $g: String!, $n: String!, $v: JSON!) {"
            " create_item(board_id: $b, group_id: $g, item_name: $n, column_values: $v,"
            " create_labels_if_missing: true) { id } }",
            {"b": str(BOARD_ID), "g": self._group(item.group), "n": item.name, "v": json.dumps(values)},
        )
        item_id = int(made["create_item"]["id"])
        for name, label, quantity in item.sizes:
            self.add_size(item_id, name, label, quantity)
        return item_id

    def add_size(self, item_id: int, name: str, label: str | None, quantity: str | None) -> int:
        """Makes a subitem."""
        below = {} if label is None else {"dropdown_mkrak7qp": {"labels": [label]}}
        if quantity is not None:
            below |= {"numeric_mkra7j8e": quantity}  # type: ignore[dict-item]
        made = self.ask(
            "mutation ($p: ID!, $n: String!, $v: JSON!) { create_subitem(parent_item_id: $p, item_name: $n,"
            " column_values: $v, create_labels_if_missing: true) { id } }",
            {"p": str(item_id), "n": name, "v": json.dumps(below)},
        )
        return int(made["create_subitem"]["id"])

    def write(self, item_id: int, title: str, text: str) -> None:
        """Edits one cell."""
        column = self.board.columns[title]
        self.ask(
            "mutation ($b: ID!, $i: ID!, $v: JSON!) { change_multiple_column_values(board_id: $b, item_id: $i,"
            " column_values: $v, create_labels_if_missing: true) { id } }",
            {"b": str(BOARD_ID), "i": str(item_id), "v": json.dumps({column.id: cell(column.type, text)})},
        )


def cell(kind: str, text: str) -> object:
    """A cell's text as the API takes it."""
    if kind == "date":
        return {"date": text}
    if kind == "dropdown":
        return {"labels": [text]}
    if kind == "status":
        return {"label": text}
    if kind == "long_text":
        return {"text": text}
    return text
