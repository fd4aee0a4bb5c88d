"""``migrate``: create the tables that sync writes, or bring them up to date."""

from __future__ import annotations

from collections.abc import Mapping

from sync.migrate import Migrator, Unfit
from sync.output import Result
from sync.session import open_session, utc_now
from sync.words import counted


def migrate(env: Mapping[str, str]) -> Result:
    """Create what is missing; report what was changed, or every reason why it can't be."""
    with open_session(env, create=True) as session:
        try:
            ids = {column.name: column.column_id for column in session.mapping.items}
            changes = Migrator(session.database, session.statements, ids).apply(utc_now)
        except Unfit as unfit:
            return Result(
                "migrate", str(unfit), unfit.exit_code, {"problems": list(unfit.problems)}, lines=list(unfit.problems)
            )
    message = (
        f"{counted(len(changes), 'change')} made; the tables are up to date."
        if changes
        else "The tables are up to date."
    )
    return Result("migrate", message, 0, {"changes": changes}, lines=list(changes))
