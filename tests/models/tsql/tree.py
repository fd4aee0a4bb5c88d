"""Tokens of a statement as a tree: brackets and `case … end` become groups."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from tests.models.tsql.names import KEYWORDS_BEFORE_BRACKETS
from tests.models.tsql.tokens import Kind, Token


@dataclass
class Group:
    """What stands between `(` and `)`, or between `case` and `end`.

    `line` is where it opens; `start` and `end` are the places of its own brackets in the statement.
    """

    line: int
    is_case: bool = False
    start: int = 0
    end: int = 0
    items: list[Token | Group] = field(default_factory=list)

    @property
    def is_query(self) -> bool:
        """Whether the brackets hold a statement of their own."""
        return is_word(self.items[0] if self.items else None, "select", "with")

    def arguments(self) -> list[list[Token | Group]]:
        """The parts between the commas of this group; none for an empty one."""
        return split(self.items, ",") if self.items else []


def build(tokens: Sequence[Token]) -> list[Token | Group]:
    """Nest the tokens; brackets that don't pair raise ValueError."""
    stack = [Group(1)]
    for token in tokens:
        if token.is_operator("(") or token.is_word("case"):
            group = Group(token.line, is_case=token.is_word("case"), start=token.start)
            stack[-1].items.append(group)
            stack.append(group)
        elif token.is_operator(")") or (token.is_word("end") and stack[-1].is_case):
            if len(stack) == 1 or stack[-1].is_case is not token.is_word("end"):
                raise ValueError(f"line {token.line}: `{token.value}` closes nothing")
            stack.pop().end = token.end
        else:
            stack[-1].items.append(token)
    if len(stack) > 1:
        raise ValueError(f"line {stack[-1].line}: something opened here is never closed")
    return stack[0].items


def is_word(node: Token | Group | None, *words: str) -> bool:
    """Whether a node is one of the given bare words."""
    return isinstance(node, Token) and node.is_word(*words)


def is_operator(node: Token | Group | None, *operators: str) -> bool:
    """Whether a node is one of the given operators."""
    return isinstance(node, Token) and node.is_operator(*operators)


def split(items: Sequence[Token | Group], separator: str) -> list[list[Token | Group]]:
    """Cut a list of nodes at an operator."""
    parts: list[list[Token | Group]] = [[]]
    for item in items:
        if is_operator(item, separator):
            parts.append([])
        else:
            parts[-1].append(item)
    return parts


def called(items: Sequence[Token | Group], index: int) -> Token | None:
    """The name of the function whose arguments the group at `index` holds, if it is a call at all."""
    group, name = items[index], items[index - 1] if index else None
    if not isinstance(group, Group) or group.is_case or not isinstance(name, Token):
        return None
    if name.kind is not Kind.WORD or name.value in KEYWORDS_BEFORE_BRACKETS:
        return None
    before = items[index - 2] if index > 1 else None
    # `as v (…)`, `(…) v (…)`, `with v (…)`, `, v (…) as (`: names of derived tables with their columns.
    after = items[index + 1] if index + 1 < len(items) else None
    if (
        is_word(before, "as", "with")
        or (isinstance(before, Group) and not before.is_case)
        or (is_word(after, "as") and is_cte(items, index))
    ):
        return None
    return name


def is_cte(items: Sequence[Token | Group], index: int) -> bool:
    """Whether the group at `index` lists the columns of a common table expression."""
    following = items[index + 2] if index + 2 < len(items) else None
    return isinstance(following, Group) and following.is_query


def levels(items: list[Token | Group]) -> Iterator[list[Token | Group]]:
    """Every list of nodes of the tree, outermost first."""
    yield items
    for item in items:
        if isinstance(item, Group):
            yield from levels(item.items)
