"""Transactions that run again by themselves where that may help, and what is written about runs, batches and groups."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from sync.database import Database, Row
from sync.errors import DatabaseError
from sync.settings import TRANSACTION_TRIES
from sync.statements import Statements

T = TypeVar("T")


@dataclass(frozen=True)
class Move:
    """Where a staged column stands on the board: ``was``, when last seen; ``now_at``, as ``push/save_column`` takes it.

    ``elsewhere``: under another id, where it shows what it should hold no more, but the values of the column ``shows``
    (None: it is empty).
    """

    was: Row | None
    now_at: Sequence[Any]
    elsewhere: bool
    shows: str | None


class RunTables:
    """One worker's transactions, and the tables that hold one row per batch or group."""

    def __init__(
        self,
        database: Database,
        statements: Statements,
        *,
        now: Callable[[], dt.datetime],
        sleep: Callable[[float], None],
        worker: str,
        run_id: str,
        lease: dt.timedelta,
    ) -> None:
        self._db = database
        self._sql = statements
        self._now = now
        self._sleep = sleep
        self.worker = worker
        self.run_id = run_id
        self._lease = lease
        self.made_again: set[str] = set()
        """Orders whose item was gone, and is made again in this run: all their sizes follow."""

    def _again(self, work: Callable[[], T]) -> T:
        """Runs a transaction until it succeeds or the tries are used up."""
        for attempt in range(TRANSACTION_TRIES):
            try:
                with self._db.transaction():
                    return work()
            except Exception as error:
                if (
                    not (self._db.is_transient(error) or self._db.is_duplicate(error))
                    or attempt == TRANSACTION_TRIES - 1
                ):
                    raise
                self._sleep(min(0.05 * 2**attempt, 2.0))
                if not self._db.is_duplicate(error) and not self._db.sole_writer:
                    self._db.reconnect()
        raise DatabaseError("The database did not take a transaction; see its log.")  # pragma: no cover

    def execute(self, name: str, params: Sequence[Any] = (), /, **options: Any) -> int:
        """Runs one named statement as a transaction of its own; gives how many rows it changed."""
        return self._again(lambda: self._db.execute(self._sql.get(name, **options), params))

    def query(self, name: str, params: Sequence[Any] = (), /, **options: Any) -> list[Row]:
        """Runs one named query."""
        return self._db.query(self._sql.get(name, **options), params)

    def renew(self) -> None:
        """Says that this worker lives."""

        def work() -> None:
            until = self._now() + self._lease
            self._db.execute(self._sql.get("push/renew_leases", name="MON_ApiRequests"), [until, self.worker])
            self._db.execute(self._sql.get("push/renew_leases", name="MON_RowClaims"), [until, self.worker])
            self._db.execute(self._sql.get("push/renew_leases", name="MON_BatchProcessing"), [until, self.run_id])

        self._again(work)

    def shorten_leases(self) -> None:
        """Lets no lease run longer than one taken now: clocks differ, and are set back."""
        if self._db.sole_writer:
            return  # no lease is waited for

        def work() -> None:
            until = self._now() + self._lease
            for name in ("MON_ApiRequests", "MON_RowClaims", "MON_BatchProcessing"):
                self._db.execute(self._sql.get("push/shorten_leases", name=name), [until, until])

        self._again(work)

    def let_go(self) -> None:
        """Ends the lease of what stays open, so that the next run needn't wait for it to run out."""

        def work() -> None:
            for name in ("MON_ApiRequests", "MON_RowClaims"):
                self._db.execute(self._sql.get("push/renew_leases", name=name), [self._now(), self.worker])

        self._again(work)

    def begin_batches(self, batches: str, started: dt.datetime) -> None:
        """Takes up batches (JSON) that this run doesn't work on yet."""
        until = self._now() + self._lease
        self.execute("batches/begin", [self.run_id, started, until, self.run_id, batches])

    def dead_batches(self) -> set[str]:
        """Batches that have no end though their run has."""
        sole = self._db.sole_writer
        rows = self.query("batches/dead", [self.run_id] if sole else [self.run_id, self._now()], sole_writer=sole)
        return {row["BATCH_ID"] for row in rows}

    def move_columns(self, moves: Sequence[Move]) -> set[str]:
        """Notes where staged columns stand now, in one transaction; gives the names of those that no other did."""

        def work() -> set[str]:
            mine: set[str] = set()
            for move in moves:
                board_id, name = move.now_at[:2]
                if move.was is not None:
                    gone = [board_id, name, move.was["COLUMN_ID"], move.was["COLUMN_TYPE"]]
                    if self._db.execute(self._sql.get("push/forget_column"), gone) == 0:
                        continue
                if self._db.execute(self._sql.get("push/save_column"), [*move.now_at, board_id, name]):
                    mine.add(str(name))
            emptied = tuple((str(m.now_at[1]), m.shows) for m in moves if m.elsewhere and m.now_at[1] in mine)
            if emptied:
                self._db.execute(self._sql.get("push/column_emptied", moves=emptied), [f"emptied {uuid.uuid4()}"])
            return mine

        return self._again(work)

    @property
    def alone(self) -> bool:
        """Whether no other run can be writing (a DuckDB file)."""
        return self._db.sole_writer

    def hold_groups(self, board_id: int) -> bool:
        """Claims the making of groups on a board; False while another living run has it."""

        def work() -> bool:
            now, board = self._now(), str(board_id)
            self._db.execute(self._sql.get("push/free_groups", dead=True), [board, now])
            claim = [board, str(uuid.uuid4()), self.worker, now + self._lease, board]
            return self._db.execute(self._sql.get("push/hold_groups"), claim) == 1

        return self._again(work)

    def let_groups_go(self, board_id: int) -> None:
        """Ends that claim."""
        self.execute("push/free_groups", [str(board_id), self.worker], dead=False)

    def forget_dead_groups(self, board_id: int) -> None:
        """Ends the claim of a run that died while it made groups."""
        self.execute("push/free_groups", [str(board_id), self._now()], dead=True)

    def remember_groups(self, board_id: int, groups: Sequence[tuple[str, str]]) -> None:
        """Writes the board's groups as seen now."""

        def work() -> None:
            now = self._now()
            known = {row["GROUP_ID"]: row["GROUP_TITLE"] for row in self._db.query(
                self._sql.get("push/known_groups"), [board_id])}  # fmt: skip
            # In one order, whatever the board's: runs at once then wait for one another, not in a circle.
            for group_id, title in sorted(groups):
                if group_id not in known:
                    self._db.execute(self._sql.get("push/new_group"), [board_id, group_id, title, now, now])
                elif known[group_id] != title:
                    self._db.execute(self._sql.get("push/see_group"), [title, now, board_id, group_id])
            gone = set(known) - {group_id for group_id, _ in groups}
            for group_id in sorted(gone):
                self._db.execute(self._sql.get("push/gone_group"), [now, board_id, group_id])

        self._again(work)
