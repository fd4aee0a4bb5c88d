"""One GraphQL request that makes the items of several orders: the same one for every tool that takes Python code."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping, Sequence
from typing import Any

Order = Mapping[str, Any]


class Refused(Exception):
    """Monday answered, and at least one row of the request was not carried out."""


def body(orders: Sequence[Order]) -> dict[str, Any]:
    """Query and variables: one aliased create_item an order, its values as variables."""
    declared = ["$board: ID!"]
    fields = []
    variables: dict[str, Any] = {"board": os.environ["MONDAY_BOARD_ID"]}
    for at, order in enumerate(orders):
        declared.append(f"$g{at}: String!, $n{at}: String!, $v{at}: JSON!")
        fields.append(
            f"a{at}: create_item(board_id: $board, group_id: $g{at}, item_name: $n{at}, column_values: $v{at},"
            " create_labels_if_missing: true) { id }"
        )
        variables |= {f"g{at}": order["group_id"], f"n{at}": order["item_name"], f"v{at}": order["column_values"]}
    return {"query": f"mutation ({', '.join(declared)}) {{ {' '.join(fields)} }}", "variables": variables}


def headers(orders: Sequence[Order]) -> dict[str, str]:
    """Token, and an idempotency key that depends on the orders alone: the same request repeated has the same key."""
    key = hashlib.sha256(json.dumps([order["order_key"] for order in orders]).encode()).hexdigest()[:32]
    return {"Authorization": os.environ["MONDAY_API_TOKEN"], "API-Version": "2026-10", "Idempotency-Key": key}


def check(answer: Mapping[str, Any]) -> None:
    """Raises `Refused` where a row was not carried out and the tool is to be told so (COMPARE_RAISE=1)."""
    if os.environ.get("COMPARE_RAISE") == "1" and answer.get("errors"):
        raise Refused(str(answer["errors"][0].get("message")))
