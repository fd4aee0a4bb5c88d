"""Define what the rest of the package asks of a database, whichever engine it is."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, TypeVar

Row = dict[str, Any]
T = TypeVar("T")


class Database(ABC):
    """One connection, used by one thread. Statements take ``?`` parameters; times are naive UTC."""

    dialect: str
    """``duckdb`` or ``sqlserver``: chooses the text of a statement where the two differ."""
    schema: str
    """Schema that holds ORDERS_UNIFIED and all tables of this project."""
    copied: str | None = None
    """Who holds the file, where a copy of it is read instead."""
    undo: str
    """The statement that rolls back, where a transaction is open."""
    sole_writer: bool
    """True where the open connection itself proves that no other writer is alive (a DuckDB file)."""

    @abstractmethod
    def execute(self, sql: str, params: Sequence[Any] = ()) -> int:
        """Run a statement; return the number of rows it changed (-1 where the engine doesn't say)."""

    @abstractmethod
    def query(self, sql: str, params: Sequence[Any] = ()) -> list[Row]:
        """Run a query; return its rows as dicts by column name."""

    def begin(self) -> None:
        """Open a transaction."""
        self.execute("begin transaction")

    def commit(self) -> None:
        """Commit the open transaction."""
        self.execute("commit")

    def rollback(self) -> None:
        """Roll the open transaction back; never raises, for it is called while another error travels."""
        try:
            self.execute(self.undo)
        except Exception as error:
            if not self.is_error(error):  # the engine has rolled back by itself, as it does when a connection is lost
                raise

    @abstractmethod
    def reconnect(self) -> None:
        """Replace a broken connection by a new one."""

    @abstractmethod
    def is_error(self, error: BaseException) -> bool:
        """Return whether the engine or its driver raised the error."""

    def sentence(self, error: BaseException) -> str:
        """Say in one sentence which error of the engine ends the command."""
        text = " ".join(str(error).split())[:300]
        return (
            f"The database refused a statement ({type(error).__name__}: {text}); what was confirmed before is kept, and"
            " the next push takes up the rest."
        )

    @abstractmethod
    def is_transient(self, error: BaseException) -> bool:
        """Return whether the transaction may succeed when run again (deadlock, lost connection, write conflict)."""

    @abstractmethod
    def is_duplicate(self, error: BaseException) -> bool:
        """Return whether the error says that a primary or unique key is taken."""

    @abstractmethod
    def close(self) -> None:
        """Close the connection."""

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Commit at the end of the block, roll back when it raises."""
        self.begin()
        try:
            yield
        except BaseException:
            self.rollback()
            raise
        self.commit()

    def scalar(self, sql: str, params: Sequence[Any] = ()) -> Any:
        """Return the first column of the first row, or None."""
        rows = self.query(sql, params)
        return next(iter(rows[0].values())) if rows else None
