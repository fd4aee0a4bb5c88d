"""Rules about clauses: what may stand where in a statement."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import zip_longest

from tests.models.tsql.calls import Finding
from tests.models.tsql.tokens import Kind, Token
from tests.models.tsql.tree import Group, called, is_operator, is_word, levels, split

_SET_WORDS = ("union", "except", "intersect")
_COMPARISONS = ("=", "<>", "!=", "<", ">", "<=", ">=")
_PREDICATE_WORDS = ("is", "in", "like", "between", "exists")
_VALUE, _CONDITION, _SOURCE = "value", "condition", "source"
# A clause, and what stands in it.
_CLAUSES = {
    "select": _VALUE,
    "from": _SOURCE,
    "join": _SOURCE,
    "apply": _SOURCE,
    "on": _CONDITION,
    "where": _CONDITION,
    "having": _CONDITION,
    "by": _VALUE,
    "union": _SOURCE,
    "except": _SOURCE,
    "intersect": _SOURCE,
    "with": _SOURCE,
    "values": _VALUE,
    "inner": _SOURCE,
    "left": _SOURCE,
    "full": _SOURCE,
    "cross": _SOURCE,
    "outer": _SOURCE,
    "group": _VALUE,
    "order": _VALUE,
}


def predicates(items: Sequence[Token | Group], mode: str = _SOURCE) -> Iterator[Finding]:
    """A comparison where a value belongs, and a value where a comparison belongs: T-SQL has no boolean columns."""
    segment: list[Token | Group] = []
    between = False
    for index, item in enumerate(items):
        is_clause = isinstance(item, Token) and item.kind is Kind.WORD and item.value in _CLAUSES
        # left(…) is a function, left join is none
        if is_clause and not (is_word(item, "left") and called(items, min(index + 1, len(items) - 1))):
            yield from _bare(segment, mode)
            mode, segment = _CLAUSES[str(getattr(item, "value", ""))], []
            continue
        if is_word(item, "between"):
            between = True
        elif is_word(item, "and", "or") and mode == _CONDITION and not (between and is_word(item, "and")):
            yield from _bare(segment, mode)
            segment = []
            continue
        elif is_word(item, "and") and between:
            between = False
        if isinstance(item, Token) and mode == _VALUE and _is_predicate(item):
            yield Finding(item.line, f"`{item.value}` makes a comparison where a value belongs: use case … when")
        segment.append(item)
        if isinstance(item, Group):
            yield from _group(items, index, mode)
    yield from _bare(segment, mode)


def _is_predicate(token: Token) -> bool:
    return token.is_operator(*_COMPARISONS) or token.is_word(*_PREDICATE_WORDS, "and", "or", "not")


def _group(items: Sequence[Token | Group], index: int, mode: str) -> Iterator[Finding]:
    group = items[index]
    assert isinstance(group, Group)
    before = items[index - 1] if index else None
    name = called(items, index)
    if group.is_case:
        yield from _case(group)
    elif group.is_query:
        yield from predicates(group.items)
    elif name is not None and name.value == "iif" and group.arguments():
        condition, *values = group.arguments()
        yield from predicates(condition, _CONDITION)
        for value in values:
            yield from predicates(value, _VALUE)
    elif name is not None and name.value == "trim":
        return
    elif is_word(before, "over"):
        frame = next((i for i, item in enumerate(group.items) if is_word(item, "rows", "range")), len(group.items))
        yield from predicates(group.items[:frame], _VALUE)
    elif (
        mode == _CONDITION
        and name is None
        and any(_is_condition(item) for item in group.items)
        and not is_word(before, "in")
    ):
        yield from predicates(group.items, _CONDITION)
    elif mode == _SOURCE and name is None and not is_word(group.items[0] if group.items else None, "values"):
        yield from predicates(group.items, _SOURCE)
    else:
        yield from predicates(group.items, _VALUE)


def _is_condition(item: Token | Group) -> bool:
    return isinstance(item, Token) and _is_predicate(item)


def _case(group: Group) -> Iterator[Finding]:
    searched = is_word(group.items[0] if group.items else None, "when")
    part: list[Token | Group] = []
    mode = _VALUE
    for item in [*group.items, None]:
        if item is None or is_word(item, "when", "then", "else"):
            yield from predicates(part, mode)
            mode = _CONDITION if searched and is_word(item, "when") else _VALUE
            part = []
        else:
            part.append(item)


def _bare(segment: Sequence[Token | Group], mode: str) -> Iterator[Finding]:
    """A condition, or a part of one between `and` and `or`, that compares nothing."""
    if mode != _CONDITION or not segment:
        return
    compares = any(isinstance(item, Token) and _is_predicate(item) and not is_word(item, "not") for item in segment)
    rest = segment[1:] if is_word(segment[0], "not") else segment
    nested = len(rest) == 1 and isinstance(rest[0], Group) and not rest[0].is_case
    if not compares and not nested:
        yield Finding(segment[0].line, "a value where a comparison belongs: write `… = 1`")


def statements(tree: list[Token | Group], *, becomes_view: bool) -> Iterator[Finding]:
    """Shape of each statement: its order, its names, its tables."""
    yield from _statement(tree, named=becomes_view, may_order=not becomes_view)
    for items in levels(tree):
        for index, item in enumerate(items):
            if isinstance(item, Group) and item.is_query:
                before = items[index - 1] if index else None
                derived = is_word(before, "from", "join", "apply") or (
                    is_word(before, "as") and not is_word(items[0], "select")
                )
                yield from _statement(item.items, named=derived)
                if is_word(item.items[0], "with"):
                    yield Finding(item.line, "`with` inside brackets: T-SQL has it in front of a whole statement only")
                if is_word(before, "from", "join", "apply") and not _has_alias(items, index):
                    yield Finding(item.line, "a derived table without a name")
            if (
                isinstance(item, Group)
                and not item.is_case
                and len(item.arguments()) > 1
                and called(items, index) is None
            ):
                following = items[index + 1] if index + 1 < len(items) else None
                if is_operator(following, *_COMPARISONS) or is_word(following, "in"):
                    yield Finding(item.line, "rows are not compared as a whole in T-SQL: compare their columns")
        yield from _commas(items)


def _has_alias(items: Sequence[Token | Group], index: int) -> bool:
    following = items[index + 1] if index + 1 < len(items) else None
    reserved = ("where", "join", "inner", "left", "cross", "full", "outer", "on", "group", "order", "union", "having")
    return (
        isinstance(following, Token) and following.kind in (Kind.WORD, Kind.NAME) and not following.is_word(*reserved)
    )


def _commas(items: Sequence[Token | Group]) -> Iterator[Finding]:
    for item, following in zip_longest(items, items[1:]):
        ends = following is None or is_word(following, "from", "where", "group", "order", "having", *_SET_WORDS)
        if is_operator(item, ",") and ends:
            yield Finding(item.line, "a comma with nothing behind it")


def _arms(items: Sequence[Token | Group]) -> list[list[Token | Group]]:
    """The selects of a statement, cut at union, except and intersect."""
    arms: list[list[Token | Group]] = [[]]
    for item in items:
        if is_word(item, *_SET_WORDS):
            arms.append([])
        else:
            arms[-1].append(item)
    return arms


def _statement(items: Sequence[Token | Group], *, named: bool, may_order: bool = False) -> Iterator[Finding]:
    for number, arm in enumerate(_arms(items)):
        yield from _ordering(arm, may_order=may_order)
        if named and number == 0:
            yield from _column_names(arm)


def _ordering(arm: Sequence[Token | Group], *, may_order: bool) -> Iterator[Finding]:
    for index, item in enumerate(arm):
        following = arm[index + 2] if index + 2 < len(arm) else None
        if is_word(item, "group") and index + 1 < len(arm) and is_word(arm[index + 1], "by"):
            if isinstance(following, Token) and following.kind is Kind.NUMBER:
                yield Finding(item.line, "`group by` a position: name the column")
            if is_word(following, "all"):
                yield Finding(item.line, "`group by all`: name the columns")
        if is_word(item, "order") and not may_order and not any(is_word(other, "top", "offset") for other in arm):
            yield Finding(item.line, "`order by` without top: not allowed in a view or a derived table")


def _column_names(arm: Sequence[Token | Group]) -> Iterator[Finding]:
    start = next((i for i, item in enumerate(arm) if is_word(item, "select")), None)
    if start is None:
        return
    end = next((i for i, item in enumerate(arm) if i > start and is_word(item, "from", "where")), len(arm))
    for column in split(arm[start + 1 : end], ","):
        if not column:
            continue
        last = column[-1]
        if is_operator(last, "*") or (isinstance(last, Token) and last.kind is Kind.NAME):
            continue
        if isinstance(last, Token) and last.kind is Kind.WORD and not last.is_word("null", "distinct"):
            continue
        yield Finding(column[0].line, "a column without a name: views and CTEs need one")
