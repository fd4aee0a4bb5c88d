from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from sync.monday.documents import CHANGE_VALUES, Operation, build_request, mutation


def operations(text: str) -> list[Operation]:
    return [
        mutation("create_item", 1, "g", text, {"c": text}, True),
        mutation(CHANGE_VALUES, 1, 2, {"c": None, "name": text}),
        mutation("create_subitem", 2, text, {"q": "5"}),
        mutation("create_group", 1, text),
    ]


@given(st.text())
def test_values_never_stand_in_the_document(text: str) -> None:
    plain, odd = json.loads(build_request(operations("x"))), json.loads(build_request(operations(text)))
    assert plain["query"] == odd["query"]


def test_half_a_surrogate_pair_becomes_the_replacement_mark() -> None:
    body = build_request([mutation("create_item", 1, "g", "x\ud83dy", {"c": "\ude00"})])
    variables = json.loads(body)["variables"]
    assert variables["a0_item_name"] == "x�y"
    assert json.loads(variables["a0_column_values"]) == {"c": "�"}
