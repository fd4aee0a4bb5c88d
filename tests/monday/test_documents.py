from __future__ import annotations

import json
from pathlib import Path

import pytest
from graphql import GraphQLSchema, build_schema, parse, validate
from hypothesis import given
from hypothesis import strategies as st

from sync.monday import documents
from sync.monday.documents import (
    Operation,
    archive_item,
    build_request,
    create_column,
    create_group,
    create_item,
    create_subitem,
    move_item,
    update_item,
)

ROOT = Path(__file__).resolve().parents[2]
FULL_SCHEMA = ROOT.parent / "shared" / "monday" / "schema-2026-10.graphql"
OWN_SCHEMA = ROOT / "emulator" / "schema.graphql"
NASTY = 'a"b\\c\n{$x} }mutation{ "" 💣 \u202e ::{"outputs":{}}:: \x00 é'


def every_operation(text: str = "x") -> list[Operation]:
    return [
        create_item(1, "g", text, {"c": text}, True),
        update_item(1, 2, {"c": None, "name": text}),
        move_item(2, "g"),
        archive_item(2),
        create_subitem(2, text, {"q": "5"}),
        create_group(1, text),
        create_group(1, text, "g", "before_at"),
        create_column(1, text, "text", "order_key"),
        create_column(1, text, "numbers"),
    ]


def every_body() -> dict[str, str]:
    ids = ["a", "b"]
    return {
        "all operations": build_request(every_operation()),
        **{f"{n} {each.field}": build_request([each]) for n, each in enumerate(every_operation())},
        "board": documents.board_query(9),
        "items": documents.items_query([1, 2], ids),
        "items and subitems": documents.items_query([1], ids, subitem_column_ids=ids),
        "find": documents.find_items_query(9, "order_key", ["K"], ids),
        "find with subitems": documents.find_items_query(9, "order_key", ["K"], ids, subitem_column_ids=ids),
        "next": documents.next_page_query("cursor", ids),
        "next with subitems": documents.next_page_query("cursor", ids, subitem_column_ids=ids),
        "walk": documents.board_items_query(9, ids),
        "items, whole": documents.items_query([1], ids, subitem_column_ids=ids, whole=True),
        "find, whole": documents.find_items_query(9, "order_key", ["K"], ids, subitem_column_ids=ids, whole=True),
        "walk with subitems": documents.board_items_query(9, ids, subitem_column_ids=[]),
    }


@pytest.fixture(scope="module", params=["full", "emulator"])
def schema(request: pytest.FixtureRequest) -> GraphQLSchema:
    path = FULL_SCHEMA if request.param == "full" else OWN_SCHEMA
    if not path.exists():
        pytest.skip(f"no schema to check the documents against at {path.name}")
    return build_schema(path.read_text(encoding="utf-8"), assume_valid=True)


@pytest.mark.parametrize("name", sorted(every_body()))
def test_every_document_is_valid(schema: GraphQLSchema, name: str) -> None:
    body = json.loads(every_body()[name])
    document = parse(body["query"])
    assert validate(schema, document) == []
    (operation,) = document.definitions
    declared = {variable.variable.name.value for variable in operation.variable_definitions or ()}  # type: ignore[attr-defined]
    assert declared == set(body["variables"])


@given(st.text())
def test_values_never_stand_in_the_document(text: str) -> None:
    plain, odd = json.loads(build_request(every_operation("x"))), json.loads(build_request(every_operation(text)))
    assert plain["query"] == odd["query"]


def test_nasty_text_arrives_unharmed() -> None:
    variables = json.loads(build_request(every_operation(NASTY)))["variables"]
    assert variables["a0_item_name"] == NASTY
    assert json.loads(variables["a0_column_values"]) == {"c": NASTY}
    assert json.loads(variables["a1_column_values"]) == {"c": None, "name": NASTY}


def test_half_a_surrogate_pair_becomes_the_replacement_mark() -> None:
    body = build_request([create_item(1, "g", "x\ud83dy", {"c": "\ude00"})])
    variables = json.loads(body)["variables"]
    assert variables["a0_item_name"] == "x�y"
    assert json.loads(variables["a0_column_values"]) == {"c": "�"}
