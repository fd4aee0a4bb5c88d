"""The gate: everything that SQL Server 2017 would not take, or take otherwise, in one statement."""

from __future__ import annotations

from itertools import chain

from tests.models.tsql.calls import Finding, calls, words
from tests.models.tsql.clauses import predicates, statements
from tests.models.tsql.tokens import tokenize
from tests.models.tsql.tree import build


def check(sql: str, *, becomes_view: bool = True) -> list[Finding]:
    """Findings in the order of their lines; none for a statement that SQL Server 2017 takes.

    `becomes_view`: dbt makes a view or a table of it, as of every model and test; an analysis is run as it is.
    """
    tokens = tokenize(sql)
    try:
        tree = build(tokens)
    except ValueError as error:
        return [Finding(0, str(error))]
    found = chain(words(tokens), calls(tree), predicates(tree), statements(tree, becomes_view=becomes_view))
    return sorted(set(found), key=lambda finding: (finding.line, finding.what))
