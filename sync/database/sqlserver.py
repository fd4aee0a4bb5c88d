"""SQL Server and Azure SQL over pyodbc."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

import pyodbc

from sync.database.base import Database, Row
from sync.database.odbc import connection_string
from sync.errors import DatabaseError

_TRANSIENT_STATES = {"08S01", "08001", "08003", "08007", "HYT00", "HYT01", "40001", "01000"}
_TRANSIENT_NUMBERS = ("(1205)", "(1222)", "(3960)", "(233)", "(10054)", "(40197)", "(40501)", "(40613)", "(49918)")
_DUPLICATE_NUMBERS = ("(2627)", "(2601)")


class SQLServerDatabase(Database):
    """A connection with autocommit off inside transactions, closed texts, and UTC times."""

    dialect = "sqlserver"
    sole_writer = False

    def __init__(self, profile: Mapping[str, Any]) -> None:
        self.schema = str(profile.get("schema") or "dbo")
        self._name = str(profile.get("database"))
        self._string, self._attributes = connection_string(profile)
        self._timeout = int(profile.get("login_timeout") or 15)
        self._connection = self._open()

    def _open(self) -> pyodbc.Connection:
        try:
            connection = pyodbc.connect(
                self._string, autocommit=True, timeout=self._timeout, attrs_before=self._attributes
            )
        except pyodbc.Error as error:
            state = error.args[0] if error.args else "?"
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
            raise DatabaseError(f"SQL Server database {self._name} can't be opened ({state}): {reason}.") from None
        connection.execute("set xact_abort on; set nocount off; set lock_timeout 30000").close()
        return connection

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
            cursor.close()

    def query(self, sql: str, params: Sequence[Any] = ()) -> list[Row]:
        cursor = self._connection.cursor()
        try:
            cursor.execute(sql, self._bind(params))
            names = [column[0] for column in cursor.description]
            return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
        finally:
            cursor.close()

    def begin(self) -> None:
        self._connection.autocommit = False

    def commit(self) -> None:
        self._connection.commit()
        self._connection.autocommit = True

    def rollback(self) -> None:
        try:
            self._connection.rollback()
            self._connection.autocommit = True
        except pyodbc.Error:
            pass  # a lost connection has rolled back by itself; reconnect() follows

    def reconnect(self) -> None:
        self.close()
        self._connection = self._open()

    def is_transient(self, error: BaseException) -> bool:
        if not isinstance(error, pyodbc.Error):
            return False
        state = str(error.args[0]) if error.args else ""
        text = str(error.args[1]) if len(error.args) > 1 else ""
        return state in _TRANSIENT_STATES or any(number in text for number in _TRANSIENT_NUMBERS)

    def is_duplicate(self, error: BaseException) -> bool:
        return isinstance(error, pyodbc.Error) and any(number in str(error) for number in _DUPLICATE_NUMBERS)

    def close(self) -> None:
        try:
            self._connection.close()
        except pyodbc.Error:
            pass  # closing a broken connection is no news
