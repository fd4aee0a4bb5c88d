"""The gate: what SQL Server 2017 would refuse, or read otherwise, in one statement.

sqlglot's tokens tell words, literals and calls; its tree tells where a comparison stands, and the shape of clauses.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from types import NoneType
from typing import Final

from sqlglot import exp, parse, tokenize
from sqlglot.errors import SqlglotError
from sqlglot.tokenizer_core import Token, TokenType

from tests.models.tsql import names
from tests.models.tsql.shrink import shrink

QUOTED: Final = {TokenType.IDENTIFIER, TokenType.STRING, TokenType.NATIONAL_STRING}
PREDICATES: Final = (exp.Predicate, exp.Connector, exp.Not)
_LISTED = re.compile(r"\[(?!\^)[^\]-]*\]")
"""Brackets in a LIKE pattern that hold neither ``^`` nor a range: perhaps meant as brackets."""


@dataclass(frozen=True)
class Finding:
    """Something that SQL Server 2017 refuses or reads otherwise: where, what and what to write instead."""

    line: int
    what: str

    def __str__(self) -> str:
        """Return line and sentence, as a test prints them."""
        return f"line {self.line}: {self.what}"


def check(sql: str, *, becomes_view: bool = True) -> list[Finding]:
    """Return the findings in the order of their lines; none for a statement that SQL Server 2017 takes.

    `becomes_view`: dbt makes a view or a table of it, as of every model and test; an analysis is run as it is.
    """
    tokens = _tokens(sql)
    try:
        # A call may be wrong in any repetition of a form; what a form is made of is told by the first one.
        statements = [statement for statement in parse(shrink(sql), read="tsql") if statement is not None]
        found: set[Finding] = set()
    except SqlglotError as error:
        place = re.search(r"Line (\d+)", str(error))
        statements = []
        found = {Finding(int(place[1]) if place else 0, f"this is no T-SQL: {str(error)[:200]}")}
    found |= set(_words(tokens)) | set(_calls(tokens, _named_columns(statements)))
    for statement in statements:
        found |= set(_predicates(statement)) | set(_casts(statement))
        found |= set(_clauses(statement, becomes_view=becomes_view))
    return sorted(found, key=lambda finding: (finding.line, finding.what))


def _tokens(sql: str) -> list[Token]:
    """Return the tokens, also of a statement that can't be parsed: its words tell more than the parser's sentence."""
    try:
        return tokenize(sql, read="tsql")
    except SqlglotError:
        return []


def _word(token: Token | None) -> str:
    """Return the lower-cased word or operator of a token; "" for a literal, a quoted name, or none."""
    return "" if token is None or token.token_type in QUOTED else token.text.lower()


def _words(tokens: list[Token]) -> Iterator[Finding]:
    """Find words, operators and literals that T-SQL lacks, wherever they stand."""
    for before, token, after in zip([None, *tokens[:-1]], tokens, [*tokens[1:], None], strict=True):
        word, earlier, line = _word(token), _word(before), token.line
        # What follows a dot or `as` is a name that somebody chose.
        if word in names.FOREIGN_WORDS and earlier not in (".", "as"):
            yield Finding(line, f"`{word}`: {names.FOREIGN_WORDS[word]}")
        if word in names.FOREIGN_OPERATORS:
            yield Finding(line, f"`{word}`: {names.FOREIGN_OPERATORS[word]}")
        if token.token_type is TokenType.STRING and not token.text.isascii():
            yield Finding(line, f"'{token.text}' holds other characters than ASCII: write it as N'…'")
        if token.token_type in QUOTED and earlier == "like" and _LISTED.search(token.text):
            yield Finding(line, f"like '{token.text}': brackets stand for one of the characters between them")
        if token.token_type is TokenType.IDENTIFIER and len(token.text) > 128:
            yield Finding(line, f"{token.text[:40]}… is longer than the 128 characters of a name")
        if earlier == "distinct" and word in ("from", "on"):
            yield Finding(line, f"`distinct {word}` came with SQL Server 2022, or never")
        if earlier in ("except", "intersect") and word == "all":
            yield Finding(line, f"`{earlier} all`: T-SQL has it without all only")
        if earlier == "group by" and (word == "all" or token.token_type is TokenType.NUMBER):
            yield Finding(line, "`group by all`: name the columns" if word == "all" else "`group by` a position")
        if word == "," and (after is None or _word(after) in (")", "from", "where", "group by", "order by", "having")):
            yield Finding(line, "a comma with nothing behind it")


def _named_columns(statements: list[exp.Expr]) -> set[str]:
    """Return the names whose columns a bracket lists: derived tables, CTEs, and what an insert writes to."""
    listed = [node for statement in statements for node in statement.find_all(exp.TableAlias, exp.Schema)]
    named = [node for node in listed if node.args.get("columns") or isinstance(node, exp.Schema)]
    return {node.this.name.lower() for node in named if node.this is not None}


def _brackets(tokens: list[Token]) -> dict[int, int]:
    """Return the place of each opening bracket with that of the one that closes it."""
    ends: dict[int, int] = {}
    opened: list[int] = []
    for at, token in enumerate(tokens):
        if token.token_type is TokenType.L_PAREN:
            opened.append(at)
        elif token.token_type is TokenType.R_PAREN and opened:
            ends[opened.pop()] = at
    return dict(sorted(ends.items()))


def _calls(tokens: list[Token], aliases: set[str]) -> Iterator[Finding]:
    """Find functions that SQL Server 2017 doesn't have, or calls otherwise, and types that it reads otherwise."""
    bytes_until = 0
    ends = _brackets(tokens)
    for at, end in ends.items():
        name, before = _word(tokens[at - 1]) if at else "", _word(tokens[at - 2]) if at > 1 else ""
        if not re.fullmatch(r"[a-z_]\w*", name) or name in names.KEYWORDS_BEFORE_BRACKETS or name in aliases:
            continue
        line, inside = tokens[at - 1].line, tokens[at + 1 : end]
        if name == "convert" and _word(tokens[at + 1]) == "varbinary":
            bytes_until = max(bytes_until, end)
        if before == ".":
            yield Finding(line, f"`.{name}(…)`: a function or method of its own is no part of these models")
        elif name in names.FUNCTIONS:
            fewest, most = names.FUNCTIONS[name]
            given = len(_split(inside))
            if not fewest <= given <= most:
                expected = str(fewest) if fewest == most else f"{fewest} to {most}"
                yield Finding(line, f"`{name}(…)` takes {expected} arguments, not {given}")
            yield from _typed(name, line, inside, of_bytes=at < bytes_until)
            over = tokens[end + 3 : ends.get(end + 2, 0)] if _word(_at(tokens, end + 1)) == "over" else []
            yield from _ordered(name, line, inside, over)
        elif name not in names.TYPES:
            yield Finding(line, f"`{name}(…)` is no function of SQL Server 2017 that these models may use")


def _typed(name: str, line: int, inside: list[Token], *, of_bytes: bool) -> Iterator[Finding]:
    """Find types that SQL Server 2017 doesn't have, or reads otherwise; text of one byte is meant for bytes only."""
    arguments = _split(inside)
    if name in ("cast", "try_cast"):
        place = max((i for i, each in enumerate(inside) if _word(each) == "as"), default=len(inside))
        yield from _type(inside[place + 1 :], name, line, of_bytes=of_bytes)
    elif name in ("convert", "try_convert") and arguments:
        yield from _type(arguments[0], name, line, of_bytes=of_bytes or len(arguments) == 3)


def _ordered(name: str, line: int, inside: list[Token], over: list[Token]) -> Iterator[Finding]:
    """Find lists and rankings without the clause that T-SQL wants behind them; `over`: what stands in its brackets."""
    orders_inside = any(_word(each) == "order by" for each in inside)
    if name == "string_agg" and orders_inside:
        yield Finding(line, "`string_agg(… order by …)`: write within group (order by …) behind it")
    if name == "string_agg" and not any(_word(each) == "max" for each in inside):
        yield Finding(line, "`string_agg` of anything but nvarchar(max) fails beyond 8,000 bytes: cast it")
    if name in names.RANKING and not any(_word(each) == "order by" for each in over):
        yield Finding(line, f"`{name}` needs over (… order by …)")


def _at(tokens: list[Token], place: int) -> Token | None:
    return tokens[place] if place < len(tokens) else None


def _split(tokens: list[Token]) -> list[list[Token]]:
    """Cut the tokens between two brackets at their own commas; an empty pair has no argument."""
    parts: list[list[Token]] = [[]] if tokens else []
    depth = 0
    for token in tokens:
        depth += (token.token_type is TokenType.L_PAREN) - (token.token_type is TokenType.R_PAREN)
        if token.token_type is TokenType.COMMA and depth == 0:
            parts.append([])
        else:
            parts[-1].append(token)
    return parts


def _type(tokens: list[Token], call: str, line: int, *, of_bytes: bool) -> Iterator[Finding]:
    name = _word(_at(tokens, 0))
    if name not in names.TYPES and name not in names.LOSSY_TEXT:
        yield Finding(line, f"`{name}` is no type of SQL Server 2017 that these models may use ({call})")
    elif name == "text":
        yield Finding(line, "`text` is no type of SQL Server 2017 that these models may use")
    elif name in names.LOSSY_TEXT and not of_bytes:
        yield Finding(line, f"`{name}` loses every character outside the code page: use n{name}")
    elif name in names.NEED_LENGTH and _word(_at(tokens, 1)) != "(":
        yield Finding(line, f"`{name}` without a length silently means 30 characters, or 18 digits")


def _is_condition(node: exp.Expr) -> bool:
    """Return whether a comparison belongs where this node stands; what an update sets looks like one."""
    parent = node.parent
    if isinstance(parent, (exp.Paren, exp.Not, exp.And, exp.Or)):
        return _is_condition(parent)
    if isinstance(parent, exp.If):
        simple = isinstance(parent.parent, exp.Case) and parent.parent.this is not None
        return parent.this is node and not simple
    return isinstance(parent, (exp.Where, exp.Having, exp.Update)) or (
        isinstance(parent, exp.Join) and node.arg_key == "on"
    )


def _predicates(statement: exp.Expr) -> Iterator[Finding]:
    """Find a comparison where a value belongs, and a value where a comparison belongs: T-SQL has no boolean columns."""
    for node in statement.find_all(*PREDICATES):
        if not _is_condition(node):
            sign = next(
                (word for word in names.PREDICATE_WORDS if isinstance(node, names.PREDICATE_WORDS[word])), "and"
            )
            yield Finding(_line(node), f"`{sign}` makes a comparison where a value belongs: use case … when")
    for value in statement.find_all(exp.Column, exp.Literal, exp.Func, exp.Case):
        if _is_condition(value) and not isinstance(value, PREDICATES):
            yield Finding(_line(value), "a value where a comparison belongs: write `… = 1`")


def _line(node: exp.Expr) -> int:
    """Return the line of the first name in a node; 0 where the tree doesn't tell."""
    return next((int(each.meta["line"]) for each in node.find_all(exp.Identifier) if "line" in each.meta), 0)


def _clauses(statement: exp.Expr, *, becomes_view: bool) -> Iterator[Finding]:
    """Find clauses that a view can't have, tables and columns without a name, and rows compared as a whole."""
    for select in statement.find_all(exp.Select):
        line, parent = _line(select), select.parent
        ordered = select.args.get("order") and not select.args.get("limit") and not select.args.get("offset")
        if ordered and (becomes_view or not isinstance(parent, (exp.Insert, NoneType))):
            yield Finding(line, "`order by` without top: not allowed in a view or a derived table")
        if select.args.get("with_") and parent is not None:
            yield Finding(line, "`with` inside brackets: T-SQL has it in front of a whole statement only")
        if _needs_names(select, becomes_view):
            for column in select.expressions:
                if not isinstance(column, (exp.Alias, exp.Column, exp.Star)):
                    yield Finding(_line(column), "a column without a name: views and CTEs need one")
    for query in statement.find_all(exp.Subquery):
        if isinstance(query.parent, (exp.From, exp.Join)) and not query.alias:
            yield Finding(_line(query), "a derived table without a name")
    for row in statement.find_all(exp.Tuple):
        if isinstance(row.parent, (exp.In, exp.Binary)):
            yield Finding(_line(row), "rows are not compared as a whole in T-SQL: compare their columns")


def _casts(statement: exp.Expr) -> Iterator[Finding]:
    """Find casts to a type with a collation."""
    for cast in statement.find_all(exp.Cast):
        if cast.to.args.get("collate"):
            yield Finding(_line(cast), "`collate` inside a cast: it goes behind the bracket")


def _needs_names(select: exp.Select, becomes_view: bool) -> bool:
    """Return whether the columns of this select become those of a view, a CTE or a derived table."""
    parent = select.parent
    while isinstance(parent, exp.SetOperation):
        if parent.expression is select:
            return False
        parent = parent.parent
    if parent is None:
        return becomes_view
    alias = parent.args.get("alias")
    is_source = isinstance(parent, exp.CTE) or (
        isinstance(parent, exp.Subquery) and isinstance(parent.parent, (exp.From, exp.Join))
    )
    return is_source and not (isinstance(alias, exp.TableAlias) and alias.args.get("columns"))
