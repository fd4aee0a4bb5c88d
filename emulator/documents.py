"""GraphQL documents: the schema, parsing and validation with a cache by text, and what a document costs."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from typing import Any

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    GraphQLSchema,
    InlineFragmentNode,
    IntValueNode,
    ListValueNode,
    OperationDefinitionNode,
    OperationType,
    SelectionSetNode,
    StringValueNode,
    VariableNode,
    build_schema,
    parse,
    validate,
)

READ_POINTS = 1
_LISTS = frozenset(("items", "items_page", "items_page_by_column_values", "next_items_page"))
_CALLS = frozenset(("complexity", "__typename"))


def sdl() -> str:
    """The text of schema.graphql."""
    return resources.files("emulator").joinpath("schema.graphql").read_text(encoding="utf-8")


def load_schema() -> GraphQLSchema:
    """A fresh schema from our own SDL, without resolvers."""
    return build_schema(sdl())


@dataclass(frozen=True)
class RootField:
    """One alias of a document: its key in the answer and the field behind it."""

    alias: str
    name: str
    node: FieldNode


@dataclass(frozen=True)
class Document:
    """A document that passed validation, or the errors that it failed with."""

    node: DocumentNode | None
    errors: tuple[GraphQLError, ...] = ()
    operations: Mapping[str | None, OperationDefinitionNode] | None = None
    fragments: Mapping[str, FragmentDefinitionNode] | None = None

    def operation(self, name: str | None) -> OperationDefinitionNode | None:
        """The operation to run: the named one, or the only one."""
        if self.operations is None:
            return None
        if name:
            return self.operations.get(name)
        return next(iter(self.operations.values())) if len(self.operations) == 1 else None

    def roots(self, operation: OperationDefinitionNode) -> list[RootField]:
        """Root fields in the order in which they run."""
        found: list[RootField] = []

        def walk(selections: SelectionSetNode) -> None:
            for each in selections.selections:
                if isinstance(each, FieldNode):
                    alias = each.alias.value if each.alias else each.name.value
                    found.append(RootField(alias, each.name.value, each))
                elif isinstance(each, InlineFragmentNode):
                    walk(each.selection_set)
                elif isinstance(each, FragmentSpreadNode) and self.fragments:
                    walk(self.fragments[each.name.value].selection_set)

        walk(operation.selection_set)
        return found

    def points(self, operation: OperationDefinitionNode, variables: Mapping[str, Any], write_points: int) -> int:
        """What the operation costs: `write_points` a mutation; a point a field read, times the items asked for."""
        if operation.operation is OperationType.MUTATION:
            return write_points * sum(root.name not in _CALLS for root in self.roots(operation))
        return READ_POINTS * self._reads(operation.selection_set, variables)

    def _reads(self, selections: SelectionSetNode | None, variables: Mapping[str, Any]) -> int:
        if selections is None:
            return 0
        total = 0
        for each in selections.selections:
            if isinstance(each, FieldNode):
                name = each.name.value
                if name in _CALLS:
                    continue
                total += 1 + _times(each, variables) * self._reads(each.selection_set, variables)
            elif isinstance(each, InlineFragmentNode):
                total += self._reads(each.selection_set, variables)
            elif isinstance(each, FragmentSpreadNode) and self.fragments:
                total += self._reads(self.fragments[each.name.value].selection_set, variables)
        return total


def _argument(node: FieldNode, name: str, variables: Mapping[str, Any]) -> Any:
    for argument in node.arguments or ():
        if argument.name.value == name:
            value = argument.value
            if isinstance(value, VariableNode):
                return variables.get(value.name.value)
            if isinstance(value, IntValueNode):
                return int(value.value)
            if isinstance(value, (ListValueNode, StringValueNode)):
                return value.values if isinstance(value, ListValueNode) else [value.value]
    return None


def _times(node: FieldNode, variables: Mapping[str, Any]) -> int:
    if node.name.value == "items" and not node.arguments:
        return 1  # the items of a page: the page's limit has counted them
    if node.name.value not in _LISTS:
        return 1
    limit = _argument(node, "limit", variables)
    ids = _argument(node, "ids", variables)
    most = limit if isinstance(limit, int) else 25
    if isinstance(ids, (list, tuple)):
        most = min(most, len(ids))
    return max(1, most)


class DocumentCache:
    """Parsed and validated documents by their text, the least recently used falling out."""

    def __init__(self, schema: GraphQLSchema, most: int = 256) -> None:
        self._schema = schema
        self._most = most
        self._kept: OrderedDict[str, Document] = OrderedDict()
        self.hits = 0
        self.misses = 0

    def get(self, text: str) -> Document:
        """The document for this text, from the cache or parsed now."""
        document = self._kept.get(text)
        if document is not None:
            self.hits += 1
            self._kept.move_to_end(text)
            return document
        self.misses += 1
        document = self._kept[text] = self._build(text)
        if len(self._kept) > self._most:
            self._kept.popitem(last=False)
        return document

    def _build(self, text: str) -> Document:
        try:
            # Locations are kept: errors carry line and column, as Monday's do.
            node = parse(text)
        except GraphQLError as error:
            return Document(None, (error,))
        errors = validate(self._schema, node)
        if errors:
            return Document(None, tuple(errors))
        operations: dict[str | None, OperationDefinitionNode] = {}
        fragments: dict[str, FragmentDefinitionNode] = {}
        for each in node.definitions:
            if isinstance(each, OperationDefinitionNode):
                operations[each.name.value if each.name else None] = each
            elif isinstance(each, FragmentDefinitionNode):
                fragments[each.name.value] = each
        return Document(node, (), operations, fragments)
