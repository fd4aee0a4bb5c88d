"""A statement with every repetition left out, so that a slow parser reads each form once.

A model of 46 columns and 161 sizes repeats a few expressions many times over; a parser that takes a minute for all of
them learns nothing from the second one.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TypeAlias

from sqlglot import tokenize
from sqlglot.tokenizer_core import Token, TokenType

Node: TypeAlias = "Token | list[Node]"


# Where a list ends, and where a sum ends besides.
_CLAUSES = {"select", "distinct", "from", "where", "group by", "order by", "partition by", "having", "union", "with"}
_PARTS = _CLAUSES | {"on", "when", "then", "else", "as", "and", "or", ","}
_NAMES = {TokenType.IDENTIFIER, TokenType.STRING, TokenType.NATIONAL_STRING, TokenType.NUMBER}


def shrink(sql: str) -> str:
    """Leave out the items of a list, or terms of a sum, that differ from an earlier one in names alone.

    Names, literals and numbers count as alike. Each list keeps its first item of every form and its last item. Of every
    form of `case … end` the first stays; a 0 stands for the others. Lines keep their numbers.
    """
    nodes = _nested(tokenize(sql, read="tsql"))
    spans = [(start, -end, "") for start, end in _repetitions(nodes)]
    spans += [(start, -end, "0") for start, end in _cases(nodes, set())]
    kept: list[str] = []
    position = 0
    for start, end, word in sorted(spans):
        if start >= position:
            kept += [sql[position:start], word, "\n" * sql.count("\n", start, -end)]
            position = -end
    return "".join(kept) + sql[position:]


def _nested(tokens: Sequence[Token]) -> list[Node]:
    """Return the tokens with a list of its own for each pair of brackets and each ``case … end``."""
    stack: list[list[Node]] = [[]]
    for token in tokens:
        if token.token_type in (TokenType.L_PAREN, TokenType.CASE):
            stack.append([token])
        elif token.token_type in (TokenType.R_PAREN, TokenType.END) and len(stack) > 1:
            stack[-1].append(token)
            group = stack.pop()
            stack[-1].append(group)
        else:
            stack[-1].append(token)
    return stack[0]


def _cases(nodes: Sequence[Node], seen: set[str]) -> Iterator[tuple[int, int]]:
    """Yield from where to where a `case … end` stands that differs from an earlier one in names alone."""
    for node in nodes:
        if isinstance(node, list):
            if isinstance(node[0], Token) and node[0].token_type is TokenType.CASE:
                form = _form(node)
                if form in seen:
                    yield _edge(node, 0).start, _edge(node, -1).end + 1
                    continue
                seen.add(form)
            yield from _cases(node, seen)


def _repetitions(nodes: Sequence[Node]) -> Iterator[tuple[int, int]]:
    """Yield from where to where the statement may be left out: an item with the separator behind it."""
    for node in nodes:
        if isinstance(node, list):
            yield from _repetitions(node)
    for separator, ends in ((",", _CLAUSES), ("+", _PARTS)):
        seen: set[str] = set()
        part: list[Node] = []
        for node in nodes[1:-1] if _is_group(nodes) else nodes:
            word = "" if isinstance(node, list) or node.token_type in _NAMES else node.text.lower()
            if word == separator and part:
                form = _form(part)
                if form in seen:
                    yield _edge(part[0], 0).start, _edge(node, -1).end + 1
                seen.add(form)
                part = []
            elif word in ends:
                part, seen = [], set()
            else:
                part.append(node)


def _is_group(nodes: Sequence[Node]) -> bool:
    return bool(nodes) and not isinstance(nodes[0], list) and nodes[0].token_type in (TokenType.L_PAREN, TokenType.CASE)


def _edge(node: Node, end: int) -> Token:
    return _edge(node[end], end) if isinstance(node, list) else node


def _form(part: Sequence[Node]) -> str:
    words = (_form(node) if isinstance(node, list) else _kind(node) for node in part)
    return " ".join(words)


def _kind(token: Token) -> str:
    return token.token_type.name if token.token_type in _NAMES else token.text.lower()
