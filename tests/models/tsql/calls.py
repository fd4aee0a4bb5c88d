"""Rules about single words, literals, types and calls."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from tests.models.tsql import names
from tests.models.tsql.tokens import Kind, Token
from tests.models.tsql.tree import Group, called, is_operator, is_word, levels

_LISTED = re.compile(r"\[(?!\^)[^\]-]*\]")
"""Brackets in a LIKE pattern that hold neither ``^`` nor a range: perhaps meant as brackets."""


@dataclass(frozen=True)
class Finding:
    """Something that SQL Server 2017 refuses or reads otherwise: where, what and what to write instead."""

    line: int
    what: str

    def __str__(self) -> str:
        """Line and sentence, as a test prints them."""
        return f"line {self.line}: {self.what}"


def words(tokens: Sequence[Token]) -> Iterator[Finding]:
    """Words, operators and literals that T-SQL lacks, wherever they stand."""
    for before, token in zip([None, *tokens[:-1]], tokens, strict=True):
        # What follows a dot or `as` is a name that somebody chose.
        named = before is not None and (before.is_operator(".") or before.is_word("as"))
        if token.kind is Kind.WORD and token.value in names.FOREIGN_WORDS and not named:
            yield Finding(token.line, f"`{token.value}`: {names.FOREIGN_WORDS[token.value]}")
        elif token.kind is Kind.OPERATOR and token.value in names.FOREIGN_OPERATORS:
            yield Finding(token.line, f"`{token.value}`: {names.FOREIGN_OPERATORS[token.value]}")
        elif token.kind is Kind.TEXT and before is not None and before.is_word("like") and _LISTED.search(token.value):
            yield Finding(token.line, f"like {token.value}: brackets stand for one of the characters between them")
        elif token.kind is Kind.TEXT and not token.value.isascii():
            yield Finding(token.line, f"{token.value} holds other characters than ASCII: write it as N'…'")
        elif token.kind is Kind.OTHER:
            yield Finding(token.line, f"`{token.value}` is no T-SQL")
        elif token.kind is Kind.NAME and len(token.value) > 130:
            yield Finding(token.line, f"{token.value[:40]}… is longer than the 128 characters of a name")
        if before is not None and (before.value, token.value) in {("distinct", "from"), ("distinct", "on")}:
            yield Finding(token.line, f"`distinct {token.value}` came with SQL Server 2022, or never")
        if before is not None and before.is_word("except", "intersect") and token.is_word("all"):
            yield Finding(token.line, f"`{before.value} all`: T-SQL has it without all only")


def calls(tree: list[Token | Group]) -> Iterator[Finding]:
    """Functions that SQL Server 2017 doesn't have, or calls otherwise."""
    as_bytes = _turned_into_bytes(tree)
    for items in levels(tree):
        for index, group in enumerate(items):
            name = called(items, index)
            if name is None or not isinstance(group, Group):
                continue
            if index > 1 and is_operator(items[index - 2], "."):
                yield Finding(
                    name.line, f"`.{name.value}(…)`: a function or method of its own is no part of these models"
                )
            elif name.value in names.FUNCTIONS:
                yield from _arity(name, group)
                yield from _shape(name, group, items[index + 1 :], of_bytes=id(group) in as_bytes)
            elif name.value not in names.TYPES:
                yield Finding(
                    name.line, f"`{name.value}(…)` is no function of SQL Server 2017 that these models may use"
                )


def _arity(name: Token, group: Group) -> Iterator[Finding]:
    fewest, most = names.FUNCTIONS[name.value]
    given = len(group.arguments())
    if not fewest <= given <= most:
        expected = str(fewest) if fewest == most else f"{fewest} to {most}"
        yield Finding(name.line, f"`{name.value}(…)` takes {expected} arguments, not {given}")


def _turned_into_bytes(tree: list[Token | Group]) -> set[int]:
    """Identities of the brackets inside convert(varbinary(…), …): text of one byte a character is meant there."""
    found: set[int] = set()
    for items in levels(tree):
        for index, group in enumerate(items):
            name = called(items, index)
            if isinstance(group, Group) and name and name.value == "convert" and is_word(group.items[0], "varbinary"):
                found |= {id(item) for inner in levels(group.items) for item in inner}
    return found


def _shape(
    name: Token, group: Group, following: Sequence[Token | Group], *, of_bytes: bool = False
) -> Iterator[Finding]:
    if name.value in {"cast", "try_cast"}:
        position = max((i for i, item in enumerate(group.items) if is_word(item, "as")), default=None)
        if position is None:
            yield Finding(name.line, f"`{name.value}` without a type")
        else:
            yield from _type(group.items[position + 1 :], name, of_bytes=of_bytes)
    elif name.value in {"convert", "try_convert"} and group.items:
        yield from _type(group.arguments()[0], name, of_bytes=of_bytes or len(group.arguments()) == 3)
    elif name.value == "string_agg":
        if any(is_word(item, "order") for item in group.items):
            yield Finding(name.line, "`string_agg(… order by …)`: write within group (order by …) behind it")
        if not _mentions(group.items, "max"):
            yield Finding(name.line, "`string_agg` of anything but nvarchar(max) fails beyond 8,000 bytes: cast it")
    elif name.value in names.RANKING:
        over = following[1] if len(following) > 1 and is_word(following[0], "over") else None
        if not isinstance(over, Group) or not any(is_word(item, "order") for item in over.items):
            yield Finding(name.line, f"`{name.value}` needs over (… order by …)")


def _type(items: Sequence[Token | Group], call: Token, *, of_bytes: bool = False) -> Iterator[Finding]:
    head = items[0] if items else None
    if not isinstance(head, Token):
        yield Finding(call.line, f"`{call.value}` without a type")
        return
    length = items[1] if len(items) > 1 else None
    if head.value not in names.TYPES:
        yield Finding(head.line, f"`{head.value}` is no type of SQL Server 2017 that these models may use")
    elif head.value in names.LOSSY_TEXT and not of_bytes:
        yield Finding(head.line, f"`{head.value}` loses every character outside the code page: use n{head.value}")
    elif head.value in names.NEED_LENGTH and not isinstance(length, Group):
        yield Finding(head.line, f"`{head.value}` without a length silently means 30 characters, or 18 digits")


def _mentions(items: Sequence[Token | Group], word: str) -> bool:
    return any(is_word(item, word) or (isinstance(item, Group) and _mentions(item.items, word)) for item in items)
