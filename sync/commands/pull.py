"""``pull``: land the board in the database, where everybody can ask their own questions."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from sync.errors import BoardError, DatabaseError
from sync.log import PROGRESS
from sync.monday.http import MondayClient
from sync.monday.reading import MondayProblem, Reader
from sync.monday.retry import SystemClock
from sync.output import Result
from sync.pull import Cost, Pull, live_board
from sync.push.staged import Selection, check_filters
from sync.session import Session, open_session, refuse_other_board
from sync.settings import Settings, read_settings
from sync.words import counted


@contextmanager
def open_reader(settings: Settings) -> Iterator[tuple[Reader, Cost]]:
    """Open a reader of the board, with what it costs; what Monday refuses becomes one sentence."""
    clock, cost = SystemClock(), Cost()
    client = MondayClient(settings.api_url, settings.token, settings.api_version, clock=clock)
    try:
        yield (
            Reader(
                lambda body: client.send(body, timeout=settings.request_timeout),
                clock=clock,
                random=random.random,
                on_answer=cost.count,
            ),
            cost,
        )
    except MondayProblem as problem:
        raise BoardError(str(problem)) from None
    finally:
        client.close()


def is_staged(session: Session) -> bool:
    """Return whether dbt has built: only staging tells which orders still wait for their creation."""
    try:
        session.require(staged=True)
    except DatabaseError:
        return False
    return True


def pull(env: Mapping[str, str], *, customer: str | None = None, po: str | None = None, wait: float = 0.0) -> Result:
    """Land the board, or the items of the selection's orders."""
    settings = read_settings(env)
    started, selection = time.monotonic(), Selection(customer=customer, po=po)
    with open_session(env, wait=wait) as session:
        session.require(staged=False)
        check_filters(session, selection.filters)
        refuse_other_board(session, settings.board_id)
        with open_reader(settings) as (reader, cost):
            live = live_board(reader, session.mapping, settings.board_id)
            done = Pull(session, reader, live, cost, selection, is_staged(session))
            done.carry_out(PROGRESS.count)
    seconds = time.monotonic() - started
    of = " of the selection's orders" if selection.targeted else ""
    message = (
        f"{counted(done.items, 'item')} and {counted(done.subitems, 'subitem')}{of} pulled in"
        f" {counted(cost.calls, 'call')}, {counted(cost.points, 'point', form=',')}, {seconds:.1f} s."
    )
    data = {
        "pull_id": done.id,
        "items": done.items,
        "subitems": done.subitems,
        "api_calls": cost.calls,
        "complexity_used": cost.points,
        "seconds": round(seconds, 3),
    }
    return Result("pull", message, 0, data)
