"""Our SDL is a part of Monday's, and every request that we build is valid against both (where Monday's is at hand)."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLSchema,
    build_schema,
    parse,
    validate,
)

from emulator.config import BOARD_ID
from emulator.documents import load_schema
from emulator.mutations import MUTATIONS
from sync.monday import documents
from sync.monday.documents import CHANGE_VALUES, mutation

MONDAYS = Path(__file__).parents[3] / "shared" / "monday" / "schema-2026-10.graphql"


@pytest.fixture(scope="module")
def full() -> GraphQLSchema:
    if not MONDAYS.exists():
        pytest.skip("Monday's own schema is not beside the repository")
    return build_schema(MONDAYS.read_text(encoding="utf-8"), assume_valid=True)


def requests() -> dict[str, str]:
    """Every kind of request, as its builder makes it."""
    rows: list[documents.Operation] = [
        mutation("create_item", BOARD_ID, "topics", "x", {"text_mkr5wya6": "v"}, True),
        mutation(CHANGE_VALUES, BOARD_ID, 1, {"name": "y"}, False),
        mutation("move_item_to_group", 1, "topics"),
        mutation("archive_item", 1),
        mutation("create_subitem", 1, "S", {}, False),
        mutation("create_group", BOARD_ID, "G", "after_at", "topics"),
        mutation("create_column", BOARD_ID, "T", "text", "my_column"),
    ]
    known = documents.MUTATIONS.keys() - {"delete_item"}
    assert known == {row.field for row in rows}, "a new operation is missing here"
    built = {row.field: documents.build_request([row]) for row in rows}
    return built | {
        "all of them": documents.build_request(rows),
        "board": documents.board_query(BOARD_ID),
        "older settings": documents.older_settings_query(BOARD_ID, ["a"]),
        "items": documents.items_query([1], ["a"], subitem_column_ids=["b"]),
        "items, whole": documents.items_query([1], ["a"], subitem_column_ids=["b"], whole=True),
        "find": documents.find_items_query(BOARD_ID, "order_key", ["k"], ["a"]),
        "find, whole": documents.find_items_query(BOARD_ID, "k", ["k"], ["a"], subitem_column_ids=["b"], whole=True),
        "walk": documents.page_query(BOARD_ID, None, ["a"], subitem_column_ids=[]),
        "next": documents.page_query(BOARD_ID, "c", ["a"], subitem_column_ids=["b"]),
    }


def valid(schema: GraphQLSchema, name: str) -> bool:
    """Whether the document is valid, and declares the variables that it is sent with."""
    body = json.loads(requests()[name])
    document = parse(body["query"])
    (operation,) = document.definitions
    declared = {variable.variable.name.value for variable in operation.variable_definitions or ()}  # type: ignore[attr-defined]
    return validate(schema, document) == [] and declared == set(body["variables"])


@pytest.mark.parametrize("name", requests())
def test_every_request_is_valid_here(name: str) -> None:
    assert valid(load_schema(), name)


@pytest.mark.parametrize("name", requests())
def test_every_request_is_valid_at_mondays(name: str, full: GraphQLSchema) -> None:
    assert valid(full, name)


def test_every_mutation_of_the_sdl_is_carried_out() -> None:
    declared = load_schema().mutation_type
    assert declared is not None
    assert set(declared.fields) == set(MUTATIONS) | {"complexity"}


def test_all_that_we_declare_exists_at_mondays_with_the_same_type(full: GraphQLSchema) -> None:
    wrong = []
    for name, ours in load_schema().type_map.items():
        theirs = full.type_map.get(name)
        if type(theirs) is not type(ours):
            wrong.append(name)
        elif isinstance(ours, (GraphQLObjectType, GraphQLInterfaceType)):
            assert isinstance(theirs, (GraphQLObjectType, GraphQLInterfaceType))
            for field, found in ours.fields.items():
                other = theirs.fields.get(field)
                if other is None or str(other.type) != str(found.type):
                    wrong.append(f"{name}.{field}: {found.type}, theirs {other and other.type}")
                    continue
                for argument, given in found.args.items():
                    known = other.args.get(argument)
                    if known is None or str(known.type) != str(given.type):
                        wrong.append(f"{name}.{field}({argument}: {given.type})")
        elif isinstance(ours, GraphQLInputObjectType):
            assert isinstance(theirs, GraphQLInputObjectType)
            for field, into in ours.fields.items():
                if field not in theirs.fields or str(theirs.fields[field].type) != str(into.type):
                    wrong.append(f"{name}.{field}")
        elif isinstance(ours, GraphQLEnumType):
            assert isinstance(theirs, GraphQLEnumType)
            wrong += [f"{name}.{value}" for value in ours.values if value not in theirs.values]
    assert wrong == []
