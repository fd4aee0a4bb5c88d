"""The two ways to a SQL Server, named as in dbt-sqlserver: ``pyodbc`` and ``mssql-python``.

Both take ``?`` parameters. They differ in how a connection is opened and in what their errors tell.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Protocol

from sync.database.odbc import (
    DRIVER_LIBRARIES,
    PYODBC_LIBRARIES,
    adapter_connection,
    choose_driver,
    connection_string,
    login,
    missing_libraries,
    packaged_driver,
)
from sync.errors import ConfigurationError

_STATES = ("08001", "08003", "08004", "08007", "08S01", "23000", "28000", "40001", "42000", "HYT00", "HYT01")
_TEXTS = {
    "deadlock victim": 1205,
    "Lock request time out": 1222,
    "Snapshot isolation transaction aborted": 3960,
    "The service has encountered an error": 40197,
    "The service is currently busy": 40501,
    "is not currently available": 40613,
    "Cannot process request. Not enough resources": 49918,
    "Violation of PRIMARY KEY": 2627,
    "Violation of UNIQUE KEY": 2627,
    "Cannot insert duplicate key": 2601,
}
"""What mssql-python tells of an error, instead of its number."""


class Driver(Protocol):
    """Opens connections and reads the errors of one DB-API package."""

    error: tuple[type[Exception], ...]
    """Base classes of the package's errors."""

    @property
    def libraries(self) -> Mapping[str, str]:
        """What has to be installed on the system: library and Debian package."""

    def connect(self, timeout: int) -> Any:
        """A new connection in autocommit; ``timeout``: seconds that logging in may take."""

    def state(self, error: BaseException) -> str:
        """SQLSTATE of an error, empty where it has none."""

    def numbers(self, error: BaseException) -> set[int]:
        """SQL Server's error numbers, as far as the package tells them."""


class PyodbcDriver:
    """pyodbc, with the driver chosen by ``choose_driver``."""

    libraries = PYODBC_LIBRARIES | DRIVER_LIBRARIES
    _NUMBER = re.compile(r"\((\d+)\) \(SQL\w+\)|\((\d+)\)(?=;|$)")

    def __init__(self, profile: Mapping[str, Any]) -> None:
        try:
            import pyodbc
        except ImportError as error:
            raise ConfigurationError(_unloaded("pyodbc", error, self.libraries)) from None
        self._module = pyodbc
        self.error: tuple[type[Exception], ...] = (pyodbc.Error,)
        driver = choose_driver(profile.get("driver") or None, pyodbc.drivers(), packaged_driver())
        self._attributes: dict[int, Any] = {}
        if login(profile) is None:
            self._string, self._attributes = adapter_connection(profile, driver)
        else:
            self._string = connection_string(profile, driver)

    def connect(self, timeout: int) -> Any:
        return self._module.connect(self._string, autocommit=True, timeout=timeout, attrs_before=self._attributes)

    def state(self, error: BaseException) -> str:
        return str(error.args[0]) if isinstance(error, self.error) and error.args else ""

    def numbers(self, error: BaseException) -> set[int]:
        if not isinstance(error, self.error) or len(error.args) < 2:
            return set()
        return {int(a or b) for a, b in self._NUMBER.findall(str(error.args[1]))}


class MssqlPythonDriver:
    """mssql-python, which needs no ODBC installation. It tells errors by text: by state, and in English."""

    libraries = DRIVER_LIBRARIES

    def __init__(self, profile: Mapping[str, Any]) -> None:
        try:
            import mssql_python
            from mssql_python.exceptions import ConnectionStringParseError, sqlstate_to_exception
        except ImportError as error:
            raise ConfigurationError(_unloaded("mssql-python", error, self.libraries)) from None
        self._module = mssql_python
        self.error: tuple[type[Exception], ...] = (mssql_python.exceptions.Exception, ConnectionStringParseError)
        self._by_text = {getattr(sqlstate_to_exception(state, ""), "driver_error", ""): state for state in _STATES}
        string = connection_string(profile) if login(profile) is not None else adapter_connection(profile, None)[0]
        self._string = string

    def connect(self, timeout: int) -> Any:
        connection = self._module.connect(self._string, autocommit=True, timeout=timeout)
        connection.timeout = 0  # logging in and statements share the setting
        connection.execute("set language us_english").close()
        return connection

    def state(self, error: BaseException) -> str:
        return self._by_text.get(getattr(error, "driver_error", ""), "") if isinstance(error, self.error) else ""

    def numbers(self, error: BaseException) -> set[int]:
        if not isinstance(error, self.error):
            return set()
        return {number for text, number in _TEXTS.items() if text in str(error)}


def _unloaded(package: str, error: ImportError, libraries: Mapping[str, str]) -> str:
    missing = missing_libraries(libraries)
    return f"{package} can't be loaded: {missing or f'{error}; install the Python package {package}'}."


def open_driver(profile: Mapping[str, Any]) -> Driver:
    """The driver that the profile's ``backend`` names.

    Raises ConfigurationError where it names none, or where it can't be loaded.
    """
    backend = str(profile.get("backend") or "pyodbc").strip().lower()
    if backend == "pyodbc":
        return PyodbcDriver(profile)
    if backend == "mssql-python":
        return MssqlPythonDriver(profile)
    raise ConfigurationError(f"DB_ORDERS_BACKEND names no backend ({backend}); use pyodbc or mssql-python.")
