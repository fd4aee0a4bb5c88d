"""The GraphQL engine: schema with resolvers, variables, execution by graphql-core, and answers in Monday's shape."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

from graphql import (
    ExecutionResult,
    GraphQLError,
    GraphQLScalarType,
    GraphQLSchema,
    StringValueNode,
    ValueNode,
    execute_sync,
    value_from_ast_untyped,
)

from emulator import cells, mutations, queries
from emulator.context import Context
from emulator.documents import Document, DocumentCache, load_schema
from emulator.switches import Switches


@cache
def build_schema(json_objects: bool) -> GraphQLSchema:
    """Our SDL with resolvers and scalars bound. They keep nothing, so that every emulator of a process shares them."""
    schema = load_schema()
    for module in (cells, queries, mutations):
        module.bind(schema)

    def json_text(value: Any) -> Any:
        if isinstance(value, str) or json_objects:
            return value
        raise GraphQLError("JSON must be given as a string: encode the object first")

    def json_literal(node: ValueNode, variables: dict[str, Any] | None = None) -> Any:
        if isinstance(node, StringValueNode):
            return node.value
        return json_text(value_from_ast_untyped(node, variables))

    scalar = schema.type_map["JSON"]
    assert isinstance(scalar, GraphQLScalarType)
    scalar.parse_value = json_text  # type: ignore[method-assign]
    scalar.parse_literal = json_literal  # type: ignore[method-assign]
    return schema


class Engine:
    """Runs documents. One per emulator."""

    def __init__(self, switches: Switches) -> None:
        self.schema = build_schema(switches.json_objects)
        self.documents = DocumentCache(self.schema)

    def execute(
        self, document: Document, context: Context, variables: dict[str, Any], operation: str | None
    ) -> ExecutionResult:
        """Runs a valid document. Errors of fields are in the result; LineCut passes through."""
        assert document.node is not None
        return execute_sync(
            self.schema,
            document.node,
            None,
            context,
            variable_values=variables,
            operation_name=operation,
        )


def error_body(error: GraphQLError) -> dict[str, Any]:
    """One entry of `errors` as Monday writes it; errors without a code are static ones."""
    body = dict(error.formatted)
    extensions = dict(error.extensions or {})
    if "code" not in extensions:
        known = error.path is not None and error.original_error is not None
        extensions = {
            "code": "INTERNAL_SERVER_ERROR" if known else "GRAPHQL_VALIDATION_FAILED",
            "status_code": 500 if known else 200,
            "error_data": {},
        }
    body["extensions"] = extensions
    return body


def answer(result: ExecutionResult, request_id: str) -> dict[str, Any]:
    """The JSON body for an execution result: partial data beside errors."""
    body: dict[str, Any] = {"data": result.data}
    if result.errors:
        body["errors"] = [error_body(each) for each in result.errors]
    body["extensions"] = {"request_id": request_id}
    return body


def refusal(errors: tuple[GraphQLError, ...], request_id: str) -> dict[str, Any]:
    """The JSON body for a document that failed validation: nothing of it ran."""
    return {"errors": [error_body(each) for each in errors], "extensions": {"request_id": request_id}}


def encode(body: dict[str, Any]) -> bytes:
    """A body as bytes."""
    return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()
