"""A small client of the local Monday: one session, headers as the API wants them, answers as objects."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from typing import Any

import requests

from emulator.config import BOARD_ID, Config
from emulator.server import Emulator, running
from sync.monday.documents import CHANGE_VALUES, MUTATIONS, Operation, build_request, mutation

BOARD = BOARD_ID
CUSTOMER = "dropdown_mkr542p2"
KEY = "order_key"
PRICE = "numeric_mkr5cact"
SIZE = "dropdown_mkrak7qp"
QTY = "numeric_mkra7j8e"
ME = '{"query": "query { complexity { before query after reset_in_x_seconds } me { id } }"}'
"""The cheapest question that only a valid token gets answered."""


MUTATIONS["delete_item"] = MUTATIONS["archive_item"]

create_item = partial(mutation, "create_item")
create_subitem = partial(mutation, "create_subitem")
update_item = partial(mutation, CHANGE_VALUES)
move_item = partial(mutation, "move_item_to_group")
archive_item = partial(mutation, "archive_item")
create_group = partial(mutation, "create_group")
create_column = partial(mutation, "create_column")
# as a person does it
delete_item = partial(mutation, "delete_item")


class Talk:
    """Requests to one emulator."""

    def __init__(self, emulator: Emulator, session: requests.Session) -> None:
        self.emulator = emulator
        self.session = session

    def post(
        self, body: str, *, key: str | None = None, token: str | None = None, seconds: float = 20
    ) -> requests.Response:
        headers = {"Authorization": token or self.emulator.token, "API-Version": "2026-10"}
        if key is not None:
            headers["Idempotency-Key"] = key
        return self.session.post(self.emulator.url, data=body.encode(), headers=headers, timeout=seconds)

    def ask(self, body: str, **options: Any) -> dict[str, Any]:
        """The JSON of an answer that must come under HTTP 200."""
        answer = self.post(body, **options)
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    def done(self, *operations: Operation) -> dict[str, Any]:
        """Carries operations out, all of which must succeed; gives the data by alias."""
        answer = self.ask(build_request(operations))
        assert "errors" not in answer, answer["errors"]
        data: dict[str, Any] = answer["data"]
        return data

    def item(self, name: str = "an item", **values: object) -> int:
        """A new item; gives its id."""
        return int(self.done(create_item(BOARD, "topics", name, values, True))["a0"]["id"])

    def control(self, path: str, body: object = None) -> requests.Response:
        url = self.emulator.page_url + "_control/" + path
        headers = {"Authorization": self.emulator.token}
        return self.session.post(url, data=json.dumps(body).encode(), headers=headers, timeout=20)


@contextmanager
def talking(config: Config | None = None) -> Iterator[Talk]:
    """An emulator with the key column, and a client of it."""
    chosen = replace(config or Config(), with_order_key=True)
    with running(chosen) as emulator, requests.Session() as session:
        session.trust_env = False
        yield Talk(emulator, session)


def items(count: int, **values: object) -> list[Operation]:
    """Creations of `count` items in the first group."""
    return [create_item(BOARD, "topics", f"item {n}", values) for n in range(count)]


def codes(answer: dict[str, Any]) -> dict[str, str]:
    """Error code by alias."""
    return {error["path"][0]: error["extensions"]["code"] for error in answer.get("errors", ())}


def names(talk: Talk) -> Sequence[str]:
    """Names of the active items, in order of creation."""
    with talk.emulator.lock:
        items = talk.emulator.state.items.values()
        return [item.name for item in items if item.state == "active" and item.board_id == BOARD]
