"""Open SQL Server with Microsoft's ODBC driver, through pyodbc or mssql-python."""

import ctypes
import datetime as dt
import re
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any, TypeVar

from sync.database import Database, Meaning, Row, rows_of
from sync.errors import ConfigurationError, DatabaseError
from sync.settings import RECONNECT_PAUSES

T = TypeVar("T")
USUAL_DRIVER = "ODBC Driver 18 for SQL Server"  # that profiles.yml names where nobody named one
# What Microsoft's driver needs of the system: a library, and the Debian package that brings it.
DRIVER_LIBRARIES = {"libltdl.so.7": "libltdl7", "libkrb5.so.3": "libkrb5-3", "libgssapi_krb5.so.2": "libgssapi-krb5-2"}
PYODBC_LIBRARIES = {"libodbc.so.2": "unixodbc"} | DRIVER_LIBRARIES
_MICROSOFT = re.compile(r"ODBC Driver (\d+) for SQL Server", re.IGNORECASE)
_NUMBER = re.compile(r"\((\d+)\) \(SQL\w+\)|\((\d+)\)(?=;|$)")
_STATES = ("08001", "08003", "08004", "08007", "08S01", "23000", "28000", "40001", "42000", "HYT00", "HYT01")
# What mssql-python tells of an error, instead of its number.
_TEXTS = {
    "deadlock victim": "1205",
    "Lock request time out": "1222",
    "Snapshot isolation transaction aborted": "3960",
    "The service has encountered an error": "40197",
    "The service is currently busy": "40501",
    "is not currently available": "40613",
    "Cannot process request. Not enough resources": "49918",
    "Violation of PRIMARY KEY": "2627",
    "Violation of UNIQUE KEY": "2627",
    "Cannot insert duplicate key": "2601",
}
# States, and numbers: deadlock victim, lock time-out, snapshot conflict, a cut connection, Azure SQL while it moves.
_TRANSIENT = {
    *("08S01", "08001", "08003", "08007", "HYT00", "HYT01", "40001"),
    *("1205", "1222", "3960", "3961", "233", "10053", "10054", "10060", "40197", "40501", "40613", "49918", "49919"),
    "49920",
}
_DUPLICATE = {"2627", "2601"}
_REFUSED = {
    "28000": "the login was refused; check DB_ORDERS_USERNAME and DBT_ENV_SECRET_ORDERS_PASSWORD",
    "42000": "the login may not open the database; check DB_ORDERS_DATABASE and its rights",
    "IM002": "the ODBC driver is unknown; check DB_ORDERS_DRIVER",
    "01000": "the ODBC driver can't be loaded; check DB_ORDERS_DRIVER",
}
_PLACEHOLDERS = re.compile(r"""'[^']*'|"[^"]*"|\?""")


@dataclass
class Driver:
    """Opens connections and reads the errors of one DB-API package."""

    error: tuple[type[Exception], ...]  # base classes of the package's errors
    libraries: Mapping[str, str]  # what has to be installed on the system: library and Debian package
    connect: Callable[[int], Any]  # in autocommit; seconds that logging in may take
    codes: Callable[[Any], list[str]]  # of an error: SQLSTATE (empty: none), then SQL Server's numbers as far as known


def packaged_driver() -> str | None:
    """Return the path of the driver that the PyPI package ``mssql-python-odbc`` brings, or None."""
    specs = filter(None, map(find_spec, ("mssql_python_odbc", "mssql_python")))
    folders = [Path(folder) for spec in specs for folder in spec.submodule_search_locations or ()]
    found = (max(folder.glob("**/debian_ubuntu/x86_64/lib/libmsodbcsql*.so*"), default=None) for folder in folders)
    return next(map(str, filter(None, found)), None)


def missing_libraries(libraries: Mapping[str, str], load: Callable[[str], object] = ctypes.CDLL) -> str:
    """Name the libraries that the system lacks, and the packages to install; empty where it has them all."""
    missing = dict(libraries)
    for library in libraries:
        with suppress(OSError):
            load(library)
            del missing[library]
    verb, packages = "is" if len(missing) == 1 else "are", " ".join(missing.values())
    said = f"{', '.join(missing)} {verb} missing; install what has it (Debian, Ubuntu: apt-get install {packages})"
    return said if missing else ""


def choose_driver(named: str | None, installed: Sequence[str], packaged: str | None) -> str:
    """Return the named driver, else the newest Microsoft driver installed, else the packaged one.

    ``named`` is a name or a path; the usual name counts as no choice, because profiles.yml fills it in.
    Raises ConfigurationError with the ways to get one where there is none.
    """
    if named and (named != USUAL_DRIVER or named in installed):
        return named
    versions = {int(found[1]): name for name in installed if (found := _MICROSOFT.fullmatch(name))}
    if versions or packaged:
        return versions[max(versions)] if versions else str(packaged)
    raise ConfigurationError(
        "No ODBC driver for SQL Server is installed: install Microsoft's ODBC Driver 18, or `pip install"
        " mssql-python-odbc`, or name a driver in DB_ORDERS_DRIVER, or set DB_ORDERS_BACKEND=mssql-python."
    )


def connection_string(profile: Mapping[str, Any], driver: str | None) -> tuple[str, dict[int, Any]]:
    """Return dbt-sqlserver's connection string and connection attributes; ``driver`` None: for mssql-python."""
    from dbt.adapters.sqlserver import sqlserver_auth, sqlserver_backend, sqlserver_helpers
    from dbt.adapters.sqlserver.sqlserver_credentials import SQLServerCredentials
    from dbt_common.exceptions import DbtRuntimeError

    kept = {name: value for name, value in profile.items() if name not in ("type", "threads")} | {
        "driver": driver,
        "backend": "pyodbc" if driver else "mssql-python",
    }
    try:
        credentials = SQLServerCredentials.from_dict(SQLServerCredentials.translate_aliases(kept))
        sqlserver_helpers.validate_connection_requirements(credentials)
        if driver:
            string = sqlserver_backend.build_pyodbc_connection_string(credentials)
            return string, sqlserver_auth.get_pyodbc_attrs_before_credentials(credentials)
        sqlserver_helpers.validate_mssql_python_requirements(credentials)
        return sqlserver_backend.build_mssql_python_connection_string(credentials), {}
    except DbtRuntimeError as error:
        raise ConfigurationError(
            f"The SQL Server of profiles.yml can't be used ({' '.join(str(error).split()).rstrip('.')}); check the"
            " DB_ORDERS_ variables."
        ) from None


def _pyodbc(profile: Mapping[str, Any]) -> Driver:
    """pyodbc, with the driver chosen by ``choose_driver``. It tells an error's state, and its number in the text."""
    import pyodbc

    string, attributes = connection_string(
        profile, choose_driver(profile.get("driver") or None, pyodbc.drivers(), packaged_driver())
    )

    def codes(error: Any) -> list[str]:
        state, text, *_ = *map(str, error.args), "", ""
        return [state, *(a or b for a, b in _NUMBER.findall(text))]

    return Driver(
        (pyodbc.Error,),
        PYODBC_LIBRARIES,
        lambda timeout: pyodbc.connect(string, autocommit=True, timeout=timeout, attrs_before=attributes),
        codes,
    )


def _mssql_python(profile: Mapping[str, Any]) -> Driver:
    """mssql-python, which needs no ODBC installation. It tells errors by text: by state, and in English."""
    import mssql_python
    from mssql_python.exceptions import ConnectionStringParseError, sqlstate_to_exception

    by_text = {getattr(sqlstate_to_exception(state, ""), "driver_error", ""): state for state in _STATES}
    string, _ = connection_string(profile, None)

    def connect(timeout: int) -> Any:
        connection = mssql_python.connect(string, autocommit=True, timeout=timeout)
        connection.timeout = 0  # logging in and statements share the setting
        connection.execute("set language us_english").close()
        return connection

    def codes(error: Any) -> list[str]:
        state = by_text.get(getattr(error, "driver_error", ""), "")
        return [state, *(number for text, number in _TEXTS.items() if text in str(error))]

    return Driver((mssql_python.exceptions.Exception, ConnectionStringParseError), DRIVER_LIBRARIES, connect, codes)


def open_driver(profile: Mapping[str, Any]) -> Driver:
    """Return the driver that the profile's ``backend`` names.

    Raises ConfigurationError where it names none, or where it can't be loaded.
    """
    backend = str(profile.get("backend") or "pyodbc").strip().lower()
    if backend not in ("pyodbc", "mssql-python"):
        raise ConfigurationError(f"DB_ORDERS_BACKEND names no backend ({backend}); use pyodbc or mssql-python.")
    try:
        return _pyodbc(profile) if backend == "pyodbc" else _mssql_python(profile)
    except ImportError as error:
        libraries = PYODBC_LIBRARIES if backend == "pyodbc" else DRIVER_LIBRARIES
        problem = missing_libraries(libraries) or f"{error}; install the Python package {backend}"
        raise ConfigurationError(f"{backend} can't be loaded: {problem}.") from None


class SQLServerDatabase(Database):
    """A connection in autocommit; transactions are opened and closed by statements, so each costs one round trip."""

    dialect = "sqlserver"
    undo = "if @@trancount > 0 rollback transaction"  # an error has rolled back by itself (xact_abort)
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
        try:
            self._connection = self._open()
        except self._driver.error as error:
            raise self._refused(error) from None

    def _open(self) -> Any:
        connection = self._driver.connect(self._timeout)
        connection.execute("set xact_abort on; set nocount off; set lock_timeout 30000").close()
        return connection

    def _refused(self, error: Exception) -> DatabaseError:
        state = self._driver.codes(error)[0]
        # Where a driver can't be loaded it says nothing of itself, or no more than a warning.
        if state in ("", "01000") and (missing := missing_libraries(self._driver.libraries)):
            return DatabaseError(f"The driver of SQL Server can't be loaded: {missing}.")
        reason = _REFUSED.get(state) or (
            "it can't be reached, or its certificate isn't trusted; check DB_ORDERS_HOST, DB_ORDERS_PORT,"
            " DB_ORDERS_ENCRYPT and DB_ORDERS_TRUST_CERT"
        )
        return DatabaseError(
            f"SQL Server database {self._name} can't be opened ({state or type(error).__name__}): {reason}."
        )

    @staticmethod
    def _bind(sql: str, params: Sequence[Any]) -> tuple[str, list[Any]]:
        """Return statement and values as the drivers take them.

        A driver asks the server for the type of a null (``sp_describe_undeclared_parameters``). Of many a place that
        tells none but raises an error, which under xact_abort ends the transaction unseen. A null stands in the text.
        """
        values = iter(params)

        def placed(match: re.Match[str]) -> str:
            return "cast(null as nvarchar(1))" if match[0] == "?" and next(values) is None else match[0]

        # datetime2 takes what Python has; an aware time would be sent with its offset and shifted
        return _PLACEHOLDERS.sub(placed, sql) if None in params else sql, [
            value.astimezone(dt.UTC).replace(tzinfo=None) if isinstance(value, dt.datetime) and value.tzinfo else value
            for value in params
            if value is not None
        ]

    def _run(self, sql: str, params: Sequence[Any], read: Callable[[Any], T]) -> T:
        cursor = self._connection.cursor()
        try:
            cursor.execute(*self._bind(sql, params))
            return read(cursor)
        finally:
            with suppress(*self._driver.error):  # closing what is broken is no news
                cursor.close()

    def execute(self, sql: str, params: Sequence[Any] = ()) -> int:
        return self._run(sql, params, lambda cursor: int(cursor.rowcount))

    def query(self, sql: str, params: Sequence[Any] = ()) -> list[Row]:
        return self._run(sql, params, rows_of)

    def reconnect(self) -> None:
        self.close()
        for pause in RECONNECT_PAUSES:
            self._sleep(pause)
            try:
                self._connection = self._open()
                return
            except self._driver.error as error:
                if pause == RECONNECT_PAUSES[-1] or self.meaning(error) != "transient":
                    raise self._refused(error) from None

    def meaning(self, error: BaseException) -> Meaning | None:
        if not isinstance(error, self._driver.error):
            return None
        state, *numbers = self._driver.codes(error)
        meaning: Meaning = "other" if _TRANSIENT.isdisjoint((state, *numbers)) else "transient"
        return meaning if _DUPLICATE.isdisjoint(numbers) else "duplicate"

    def close(self) -> None:
        with suppress(*self._driver.error):  # closing what is broken is no news
            self._connection.close()
