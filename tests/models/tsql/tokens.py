"""A small lexer for T-SQL: enough to tell words, quoted names, literals, operators and brackets apart."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum


class Kind(Enum):
    """What a token is."""

    WORD = "word"
    NAME = "quoted name"
    TEXT = "text literal"
    UNICODE_TEXT = "N'…' literal"
    NUMBER = "number"
    OPERATOR = "operator"
    OTHER = "other"


@dataclass(frozen=True)
class Token:
    """One token; `value` is lower-cased for words and operators, as written for everything else.

    `start` and `end` are its place in the statement, in characters.
    """

    kind: Kind
    value: str
    line: int
    start: int = 0
    end: int = 0

    def is_word(self, *words: str) -> bool:
        """Whether this is one of the given bare words (lower case)."""
        return self.kind is Kind.WORD and self.value in words

    def is_operator(self, *operators: str) -> bool:
        """Whether this is one of the given operators."""
        return self.kind is Kind.OPERATOR and self.value in operators


# Longest first within the operators. `::`, `||`, `->` and `==` are no T-SQL, which is why they must be seen whole.
_PATTERN = re.compile(
    r"""
      (?P<blank>\s+)
    | (?P<comment>--[^\n]*|/\*.*?\*/)
    | (?P<unicode_text>[nN]'(?:[^']|'')*')
    | (?P<text>'(?:[^']|'')*')
    | (?P<name>"(?:[^"]|"")*"|\[(?:[^\]]|\]\])*\])
    | (?P<number>0[xX][0-9a-fA-F]*|(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?)
    | (?P<word>[^\W\d][\w@$\#]*|[@\#]+\w[\w@$\#]*)
    | (?P<operator>::|\|\||->>|->|=>|==|<>|<=|>=|!=|\*\*|//|[-+*/%=<>!&|^~(),.;:?{}$])
    | (?P<other>.)
    """,
    re.VERBOSE | re.DOTALL,
)
_KINDS = {
    "unicode_text": Kind.UNICODE_TEXT,
    "text": Kind.TEXT,
    "name": Kind.NAME,
    "number": Kind.NUMBER,
    "word": Kind.WORD,
    "operator": Kind.OPERATOR,
    "other": Kind.OTHER,
}


def tokenize(sql: str) -> list[Token]:
    """Split a statement into tokens, blanks and comments left out; the end of `sql` ends the list."""
    tokens: list[Token] = []
    line = 1
    for match in _PATTERN.finditer(sql):
        text = match.group()
        kind = _KINDS.get(match.lastgroup or "other")
        if kind is not None:
            value = text.lower() if kind in (Kind.WORD, Kind.OPERATOR) else text
            tokens.append(Token(kind, value, line, *match.span()))
        line += text.count("\n")
    return tokens
