"""A statement with every repetition left out, so that a slow parser reads each form once.

A model of 46 columns and 161 sizes repeats a few expressions many times over; a parser that takes a minute for all of
them learns nothing from the second one.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from tests.models.tsql.tokens import Kind, Token, tokenize
from tests.models.tsql.tree import Group, build, is_operator, is_word

# Where a list ends, and where a sum ends besides.
_CLAUSES = ("select", "distinct", "from", "where", "by", "having", "union", "with")
_PARTS = ("on", "when", "then", "else", "as", "and", "or")


def shrink(sql: str) -> str:
    """The statement without those items of a list, or terms of a sum, that differ from an earlier one in names alone.

    Names, literals and numbers count as alike. Each list keeps its first item of every form and its last item.
    """
    tree = build(tokenize(sql))
    kept: list[str] = []
    position = 0
    for start, end in sorted(_repetitions(tree)):
        if start >= position:
            kept.append(sql[position:start])
            position = end
    return "".join(kept) + sql[position:]


def _repetitions(items: Sequence[Token | Group]) -> Iterator[tuple[int, int]]:
    """From where to where the statement may be left out: an item with the separator behind it."""
    for item in items:
        if isinstance(item, Group):
            yield from _repetitions(item.items)
    for separator in (",", "+"):
        seen: set[tuple[object, ...]] = set()
        part: list[Token | Group] = []
        for item in items:
            if is_operator(item, separator) and part:
                form = tuple(_form(part))
                if form in seen:
                    yield part[0].start, item.end
                seen.add(form)
                part = []
            elif is_word(item, *_CLAUSES) or (separator == "+" and (is_word(item, *_PARTS) or is_operator(item, ","))):
                part, seen = [], set()
            else:
                part.append(item)


def _form(part: Sequence[Token | Group]) -> Iterator[object]:
    for item in part:
        if isinstance(item, Group):
            yield (item.is_case, *_form(item.items))
        elif item.kind in (Kind.WORD, Kind.OPERATOR):
            yield item.value
        else:
            yield item.kind
