"""The read-only page of a board: page.html, and the JSON that it loads piece by piece.

Everything here only reads the state. The page asks for the outline of the board first (`/_page/board`), then for the
rows that are in sight (`/_page/items`), for the subitems of the items that are unfolded (`/_page/subitems`), and from
time to time whether anything changed (`/_page/revision`). Values travel as JSON and are put in place as text, and the
page's own script and style are allowed by their hashes alone, so that a value that looks like HTML stays a value.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any
from weakref import WeakKeyDictionary

from emulator.clock import iso
from emulator.model import READ_ONLY, Board, Column, Group, Item
from emulator.settings import colour
from emulator.store import State
from emulator.values import label_texts, text_of

ROWS_MAX = 500
ROWS_DEFAULT = 100
_FAR = 1_000_000_000


@dataclass(frozen=True)
class PageAnswer:
    """What a GET of the page gets: HTTP status, content type, body."""

    status: int
    content_type: str
    body: bytes


@cache
def html() -> str:
    """The text of page.html."""
    return resources.files("emulator").joinpath("page.html").read_text(encoding="utf-8")


def _hash(tag: str) -> str:
    inside = re.search(rf"<{tag}>(.*?)</{tag}>", html(), re.DOTALL)
    if inside is None:
        raise ValueError(f"page.html has no <{tag}> element: the package is damaged, install it again.")
    return "sha256-" + base64.b64encode(hashlib.sha256(inside.group(1).encode()).digest()).decode()


# The Content-Security-Policy of the page: its own script and style, answers of its own server, nothing else.
CSP = (
    f"default-src 'none'; script-src '{_hash('script')}'; style-src '{_hash('style')}'; connect-src 'self'; "
    "img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


# What a search looks at, by item id, beside the values it was made from: made anew when they differ.
_texts: WeakKeyDictionary[State, dict[int, tuple[tuple[Any, ...], str]]] = WeakKeyDictionary()


class _Reader:
    """Reads one state for one answer of the page."""

    def __init__(self, state: State) -> None:
        self.state = state
        self._texts = _texts.setdefault(state, {})

    def board(self, query: Mapping[str, str]) -> Board | None:
        """The asked board, or the first that holds no subitems."""
        asked = query.get("board")
        if asked is None:
            return next((each for each in self.state.boards.values() if each.parent_board_id is None), None)
        return self.state.boards.get(int(asked)) if asked.isascii() and asked.isdigit() else None

    def subitems(self, item: Item) -> list[Item]:
        """The active subitems of an item."""
        items = self.state.items
        return [items[each] for each in item.subitem_ids if items[each].state == "active"]

    def text(self, board: Board, item: Item) -> str:
        """All that a search looks at, in one folded text: name, id and every cell."""
        signature = (item.name, *item.values.items())
        known = self._texts.get(item.id)
        if known is not None and known[0] == signature:
            return known[1]
        parts = [item.name, str(item.id)]
        for ident, stored in item.values.items():
            column = board.columns.get(ident)
            if column is not None:
                parts.append(text_of(column, stored, self.state.switches) or "")
        text = "\n".join(parts).casefold()
        self._texts[item.id] = (signature, text)
        return text

    def rows(self, board: Board, group: Group, words: list[str]) -> list[Item]:
        """The items of a group that hold every word."""
        items = self.state.items
        found = (items[each] for each in group.item_ids)
        if not words:
            return list(found)
        return [item for item in found if all(word in self.text(board, item) for word in words)]

    def cells(self, columns: Iterable[Column], item: Item) -> dict[str, Any]:
        """The cells of an item that are not empty: a text, or labels with their colours."""
        shown: dict[str, Any] = {}
        for column in columns:
            stored = item.values.get(column.id)
            if column.type == "item_id":
                shown[column.id] = str(item.id)
            elif column.type == "last_updated":
                shown[column.id] = iso(item.updated)
            elif stored is None:
                continue
            elif column.labels is not None:
                ids = stored if isinstance(stored, list) else [stored]
                texts = label_texts(column, stored)
                shown[column.id] = [[text, colour(ident)] for ident, text in zip(ids, texts, strict=False)]
            else:
                shown[column.id] = text_of(column, stored, self.state.switches) or ""
        return shown

    def row(self, columns: list[Column], item: Item) -> dict[str, Any]:
        """One row of the page."""
        return {
            "id": str(item.id),
            "name": item.name,
            "subitems": len(self.subitems(item)) if item.parent_id is None else 0,
            "cells": self.cells(columns, item),
        }


def _shown(board: Board) -> list[Column]:
    """Columns of the page, the key first; name and subitems have places of their own."""
    columns = [each for each in board.columns.values() if each.type not in ("name", "subtasks")]
    return sorted(columns, key=lambda each: each.id != "order_key")


def _described(columns: Iterable[Column]) -> list[dict[str, Any]]:
    return [
        {"id": each.id, "title": each.title, "type": each.type, "computed": each.type in READ_ONLY} for each in columns
    ]


def _words(query: Mapping[str, str]) -> list[str]:
    return query.get("q", "").casefold().split()


def _number(query: Mapping[str, str], name: str, default: int, most: int) -> int:
    text = query.get(name, "")
    return min(int(text), most) if text.isascii() and text.isdigit() and len(text) < 12 else default


def page_data(state: State, query: Mapping[str, str] | None = None) -> dict[str, Any]:
    """The outline of a board: columns, groups with colours and counts. `query` may hold `board` and `q` (words)."""
    reader, query = _Reader(state), query or {}
    board = reader.board(query)
    if board is None:
        return {"error": "There is no such board."}
    words = _words(query)
    groups: list[dict[str, Any]] = []
    total = subitems = 0
    for group in board.groups.values():
        if not group.active:
            continue
        rows = reader.rows(board, group, words)
        below = sum(len(reader.subitems(item)) for item in rows)
        total += len(rows)
        subitems += below
        groups.append(
            {
                "id": group.id,
                "title": group.title,
                "color": group.color if re.fullmatch(r"#[0-9a-fA-F]{6}", group.color) else colour(len(groups)),
                "items": len(rows),
                "subitems": below,
            }
        )
    below_board = state.boards.get(board.subitem_board_id or 0)
    return {
        "revision": state.revision,
        "board": {"id": str(board.id), "name": board.name, "limit": board.items_limit},
        "items": board.active_items,
        "found": total,
        "subitems": subitems,
        "groups": groups,
        "columns": _described(_shown(board)),
        "subitem_columns": _described(_shown(below_board)) if below_board is not None else [],
    }


def _items(state: State, query: Mapping[str, str]) -> dict[str, Any] | None:
    reader = _Reader(state)
    board = reader.board(query)
    group = board.groups.get(query.get("group", "")) if board is not None else None
    if board is None or group is None or not group.active:
        return None
    start = _number(query, "offset", 0, _FAR)
    end = start + _number(query, "limit", ROWS_DEFAULT, ROWS_MAX)
    columns = _shown(board)
    rows = [reader.row(columns, item) for item in reader.rows(board, group, _words(query))[start:end]]
    return {"revision": state.revision, "rows": rows}


def _subitems(state: State, query: Mapping[str, str]) -> dict[str, Any] | None:
    reader = _Reader(state)
    item = state.items.get(_number(query, "item", 0, 10**12))
    below = state.boards[item.board_id].subitem_board_id if item is not None else None
    if item is None or below is None:
        return None
    columns = _shown(state.boards[below])
    rows = [reader.row(columns, each) for each in reader.subitems(item)]
    return {"revision": state.revision, "rows": rows}


def answer(state: State, path: str, query: Mapping[str, str]) -> PageAnswer | None:
    """The answer to GET `path`, or None when it is no path of the page. Nothing is changed, whatever is asked."""
    if path == "/":
        return PageAnswer(200, "text/html; charset=utf-8", html().encode())
    data: dict[str, Any] | None
    if path == "/_page/board":
        data = page_data(state, query)
        data = None if "error" in data else data
    elif path == "/_page/items":
        data = _items(state, query)
    elif path == "/_page/subitems":
        data = _subitems(state, query)
    elif path == "/_page/revision":
        data = {"revision": state.revision}
    else:
        return None
    status = 404 if data is None else 200
    body = json.dumps(data or {"error": "This is no longer on the board."}, ensure_ascii=False, separators=(",", ":"))
    return PageAnswer(status, "application/json; charset=utf-8", body.encode())
