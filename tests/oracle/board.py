"""A whole board, read back through the API: items, their columns by title, their subitems."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import requests

from tests.oracle.fields import KEY_TITLE, KINDS, QUANTITY_TITLE, SIZE_TITLE

_MOST_LABELS = {"dropdown": 500, "status": 40}
Ask = Callable[[str, Mapping[str, Any]], Any]
"""Sends a query with variables, returns `data`."""

_BOARD = """
query ($board: ID!) {
  boards(ids: [$board]) { name items_limit columns { id title type settings } groups { id title } }
}"""
_ITEM = """
fragment Whole on Item {
  id name group { id title } board { id }
  column_values(ids: $columns) { id text }
  subitems { id name board { id } column_values(ids: $sizes) { id text } }
}"""
_FIRST_PAGE = (
    "query ($board: ID!, $limit: Int!, $columns: [String!], $sizes: [String!]) {"
    " boards(ids: [$board]) { items_page(limit: $limit) { cursor items { ...Whole } } } }" + _ITEM
)
_NEXT_PAGE = (
    "query ($cursor: String!, $limit: Int!, $columns: [String!], $sizes: [String!]) {"
    " next_items_page(cursor: $cursor, limit: $limit) { cursor items { ...Whole } } }" + _ITEM
)


@dataclass(frozen=True)
class BoardColumn:
    """A column as the board has it now."""

    id: str
    title: str
    type: str
    labels: frozenset[str] | None = None
    """Labels in capitals, deactivated ones left out; None for a column without labels."""
    is_full: bool = False
    """Whether the column takes no further label."""


@dataclass(frozen=True)
class BoardSubitem:
    """A subitem: the board it lies on, its name, and the text of its two columns."""

    id: str
    board_id: str
    name: str
    label: str | None
    quantity: str | None


@dataclass(frozen=True)
class BoardItem:
    """An item: `values` holds the text of our columns by title, None where empty."""

    id: str
    name: str
    group: str
    key: str | None
    values: dict[str, str | None]
    subitems: tuple[BoardSubitem, ...]


@dataclass
class Board:
    """What the API says that a board holds."""

    columns: dict[str, BoardColumn] = field(default_factory=dict)
    groups: dict[str, str] = field(default_factory=dict)
    items: list[BoardItem] = field(default_factory=list)
    subitem_board: str | None = None


class Unreadable(Exception):
    """The API did not answer with the board."""


def read_board(url: str, token: str, board_id: int, *, page_size: int = 250, version: str = "2026-10") -> Board:
    """The whole board. Refusals for rates are waited out; raises `Unreadable` where the API answers with errors."""
    with requests.Session() as session:
        session.headers.update({"Authorization": token, "API-Version": version})
        return read(lambda document, variables: _ask(session, url, document, variables), board_id, page_size)


def _ask(session: requests.Session, url: str, document: str, variables: Mapping[str, Any]) -> Any:
    body = {"query": document, "variables": dict(variables)}
    for _ in range(20):
        answer = session.post(url, json=body, timeout=90)
        if answer.status_code in (423, 429) or answer.status_code >= 500:
            time.sleep(min(float(answer.headers.get("Retry-After") or 1), 60))
            continue
        content = answer.json()
        if answer.status_code != 200 or content.get("errors"):
            raise Unreadable(f"{answer.status_code}: {content.get('errors')}")
        return content["data"]
    raise Unreadable("The API refused twenty times.")


def read(ask: Ask, board_id: int, page_size: int = 250) -> Board:
    """The whole board through `ask`."""
    boards = ask(_BOARD, {"board": str(board_id)})["boards"]
    if not boards:
        raise Unreadable(f"Board {board_id} is not there.")
    columns = {column["title"]: _column(column) for column in boards[0]["columns"]}
    board = Board(columns, {group["id"]: group["title"] for group in boards[0]["groups"]})
    ours = {columns[title].id: title for title in (*KINDS, KEY_TITLE) if title in columns}
    board.subitem_board = _subitem_board(boards[0]["columns"])
    size_ids: dict[str, str] = {}
    if board.subitem_board is not None:
        below = ask(_BOARD, {"board": board.subitem_board})["boards"][0]["columns"]
        size_ids = {each["id"]: each["title"] for each in below if each["title"] in (SIZE_TITLE, QUANTITY_TITLE)}
    variables = {"limit": page_size, "columns": list(ours), "sizes": list(size_ids)}
    page = ask(_FIRST_PAGE, {**variables, "board": str(board_id)})["boards"][0]["items_page"]
    while True:
        board.items += [_item(each, ours, size_ids) for each in page["items"]]
        if not page["cursor"]:
            return board
        page = ask(_NEXT_PAGE, {**variables, "cursor": page["cursor"]})["next_items_page"]


def _column(found: Mapping[str, Any]) -> BoardColumn:
    kind = found["type"]
    if kind not in _MOST_LABELS:
        return BoardColumn(found["id"], found["title"], kind)
    listed = (found["settings"] or {}).get("labels") or []
    shown = frozenset(str(each["label"]).upper() for each in listed if not each.get("is_deactivated"))
    return BoardColumn(found["id"], found["title"], kind, shown, len(listed) >= _MOST_LABELS[kind])


def _subitem_board(columns: list[dict[str, Any]]) -> str | None:
    for column in columns:
        if column["type"] == "subtasks":
            settings = column["settings"] or {}
            for name in ("boardIds", "board_ids"):
                if settings.get(name):
                    return str(settings[name][0])
    return None


def _item(found: dict[str, Any], ours: Mapping[str, str], sizes: Mapping[str, str]) -> BoardItem:
    values = {ours[each["id"]]: each["text"] or None for each in found["column_values"]}
    key = values.pop(KEY_TITLE, None)
    subitems = tuple(_subitem(each, sizes) for each in found["subitems"] or ())
    return BoardItem(str(found["id"]), found["name"], found["group"]["title"], key, values, subitems)


def _subitem(found: dict[str, Any], sizes: Mapping[str, str]) -> BoardSubitem:
    values = {sizes[each["id"]]: each["text"] or None for each in found["column_values"]}
    return BoardSubitem(
        str(found["id"]), str(found["board"]["id"]), found["name"], values.get(SIZE_TITLE), values.get(QUANTITY_TITLE)
    )
