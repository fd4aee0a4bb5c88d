"""Open SQL Server and Azure SQL, over pyodbc or mssql-python."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sync.database.base import Database, Row
from sync.database.drivers import Driver, missing_libraries, open_driver
from sync.errors import DatabaseError
from sync.settings import RECONNECT_PAUSES

_LOST_STATES = {"08S01", "08001", "08003", "08007"}
_TRANSIENT_STATES = _LOST_STATES | {"HYT00", "HYT01", "40001"}
_TRANSIENT_NUMBERS = {1205, 1222, 3960, 3961, 233, 10053, 10054, 10060, 40197, 40501, 40613, 49918, 49919, 49920}
"""Deadlock victim, lock time-out, snapshot conflict, a cut connection, and what Azure SQL says while it moves."""
_UNLOADED = {"", "01000"}
"""What a driver says of itself where it can't be loaded: nothing, or no more than a warning."""
_DUPLICATE_NUMBERS = {2627, 2601}


class SQLServerDatabase(Database):
    """A connection in autocommit; transactions are opened and closed by statements, so each costs one round trip."""

    dialect = "sqlserver"
    sole_writer = False

    def __init__(
        self,
        profile: Mapping[str, Any],
        *,
        driver: Driver | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.schema = str(profile.get("schema") or "dbo")
        self._name = str(profile.get("database"))
        self._driver = driver or open_driver(profile)
        self._timeout = int(profile.get("login_timeout") or 15)
        self._sleep = sleep
        self._connection = self._open()

    def _connect(self) -> Any:
        connection = self._driver.connect(self._timeout)
        connection.execute("set xact_abort on; set nocount off; set lock_timeout 30000").close()
        return connection

    def _open(self) -> Any:
        try:
            return self._connect()
        except self._driver.error as error:
            raise self._refused(error) from None

    def _refused(self, error: Exception) -> DatabaseError:
        state = self._driver.state(error)
        if state in _UNLOADED and (missing := missing_libraries(self._driver.libraries)):
            return DatabaseError(f"The driver of SQL Server can't be loaded: {missing}.")
        state = state or type(error).__name__
        reason = {
            "28000": "the login was refused; check DB_ORDERS_USERNAME and DBT_ENV_SECRET_ORDERS_PASSWORD",
            "42000": "the login may not open the database; check DB_ORDERS_DATABASE and its rights",
            "IM002": "the ODBC driver is unknown; check DB_ORDERS_DRIVER",
            "01000": "the ODBC driver can't be loaded; check DB_ORDERS_DRIVER",
        }.get(
            state,
            "it can't be reached, or its certificate isn't trusted; check DB_ORDERS_HOST, DB_ORDERS_PORT,"
            " DB_ORDERS_ENCRYPT and DB_ORDERS_TRUST_CERT",
        )
        return DatabaseError(f"SQL Server database {self._name} can't be opened ({state}): {reason}.")

    @staticmethod
    def _bind(params: Sequence[Any]) -> list[Any]:
        # datetime2 takes what Python has; an aware time would be sent with its offset and shifted
        return [
            value.astimezone(dt.UTC).replace(tzinfo=None) if isinstance(value, dt.datetime) and value.tzinfo else value
            for value in params
        ]

    def execute(self, sql: str, params: Sequence[Any] = ()) -> int:
        cursor = self._connection.cursor()
        try:
            cursor.execute(sql, self._bind(params))
            return int(cursor.rowcount)
        finally:
            self._close(cursor)

    def query(self, sql: str, params: Sequence[Any] = ()) -> list[Row]:
        cursor = self._connection.cursor()
        try:
            cursor.execute(sql, self._bind(params))
            names = [column[0] for column in cursor.description]
            return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
        finally:
            self._close(cursor)

    def begin(self) -> None:
        self.execute("begin transaction")

    def commit(self) -> None:
        self.execute("commit transaction")

    def rollback(self) -> None:
        try:
            # an error has rolled back by itself (xact_abort)
            self.execute("if @@trancount > 0 rollback transaction")
        except self._driver.error:
            pass  # a lost connection has rolled back by itself; reconnect() follows

    def reconnect(self) -> None:
        self.close()
        last = DatabaseError(f"SQL Server database {self._name} is gone.")
        for pause in RECONNECT_PAUSES:
            self._sleep(pause)
            try:
                self._connection = self._connect()
                return
            except self._driver.error as error:
                last = self._refused(error)
                if not self.is_transient(error):
                    break
        raise last

    def is_error(self, error: BaseException) -> bool:
        return isinstance(error, self._driver.error)

    def is_transient(self, error: BaseException) -> bool:
        return self._driver.state(error) in _TRANSIENT_STATES or bool(self._driver.numbers(error) & _TRANSIENT_NUMBERS)

    def is_duplicate(self, error: BaseException) -> bool:
        return bool(self._driver.numbers(error) & _DUPLICATE_NUMBERS)

    def close(self) -> None:
        self._close(self._connection)

    def _close(self, thing: Any) -> None:
        try:
            thing.close()
        except self._driver.error:
            pass  # closing what is broken is no news
