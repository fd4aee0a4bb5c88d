"""Compare the board with what the database says was confirmed, and put that state right.

The board is read page by page into working tables of the connection and compared there, so memory doesn't grow with it.
They are gone with the connection, so comparing leaves nothing behind.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sync.database import Row
from sync.session import Session

_TABLES = (
    "Items",
    "Sizes",
    "Gone",
    "Before",
    "Pending",
    "Matched",
    "MatchedSizes",
    "Differences",
    "Found",
    "Report",
    "Plan",
    "Rows",
)


class Tables:
    """Runs the statements of ``sql/audit.sql`` on a connection's working tables."""

    def __init__(self, session: Session) -> None:
        self.session = session
        for name in _TABLES:
            self.run("create_table", name=name)

    def run(self, statement: str, params: Sequence[Any] = (), /, **options: Any) -> int:
        """Run a statement; return the number of rows it changed."""
        return self.session.database.execute(self.session.statements.get(f"audit/{statement}", **options), params)

    def rows(self, statement: str, params: Sequence[Any] = (), /, **options: Any) -> list[Row]:
        """Return the rows of a query."""
        return self.session.query(f"audit/{statement}", params, **options)
