"""Which way leads to a SQL Server, how logins are spelt, and what errors say; no server is needed."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import replace
from functools import partial
from typing import Any

import pytest

from sync import session
from sync.database import read_profile
from sync.database.sqlserver import (
    DRIVER_LIBRARIES,
    PYODBC_LIBRARIES,
    USUAL_DRIVER,
    Driver,
    SQLServerDatabase,
    choose_driver,
    connection_string,
    missing_libraries,
    open_driver,
)
from sync.errors import ConfigurationError, DatabaseError
from sync.settings import RECONNECT_PAUSES

PROFILE: dict[str, Any] = {
    "type": "sqlserver", "backend": "pyodbc", "driver": "D", "server": "h", "port": 1433, "database": "d",
    "schema": "dbo", "user": "u", "password": "p", "encrypt": True, "trust_cert": False, "threads": 4,
}  # fmt: skip


def test_the_usual_name_is_no_choice_where_it_is_not_installed() -> None:
    assert choose_driver(USUAL_DRIVER, ["ODBC Driver 17 for SQL Server"], "p") == "ODBC Driver 17 for SQL Server"
    assert choose_driver(USUAL_DRIVER, [], "p") == "p"
    assert choose_driver(USUAL_DRIVER, [USUAL_DRIVER, "ODBC Driver 19 for SQL Server"], "p") == USUAL_DRIVER
    assert choose_driver("/opt/libmsodbcsql.so", [USUAL_DRIVER], "p") == "/opt/libmsodbcsql.so"


def test_no_driver_is_one_sentence_with_the_ways_to_get_one() -> None:
    with pytest.raises(ConfigurationError, match=r"pip install mssql-python-odbc.*DB_ORDERS_BACKEND=mssql-python"):
        choose_driver(USUAL_DRIVER, ["FreeTDS"], None)


@pytest.mark.parametrize("driver", ["D", None])
def test_a_certificate_is_checked_unless_told_otherwise(driver: str | None) -> None:
    text, attributes = connection_string(PROFILE | {"password": "a;b}c"}, driver)
    assert attributes == {}
    assert "encrypt=Yes;TrustServerCertificate=No" in text
    assert "SERVER=h,1433" in text
    assert "PWD={a;b}}c}" in text


def test_every_login_comes_from_the_adapter() -> None:
    profile = PROFILE | {"authentication": "ActiveDirectoryServicePrincipal", "client_id": "c", "client_secret": "s;"}
    text, _ = connection_string(profile, "D")
    assert "Authentication=ActiveDirectoryServicePrincipal" in text
    assert "UID={c}" in text
    assert "PWD={s;}" in text
    text, _ = connection_string(profile | {"authentication": "ActiveDirectoryMSI", "password": ""}, None)
    assert "Authentication=ActiveDirectoryMSI" in text
    with pytest.raises(ConfigurationError, match="pyodbc"):
        connection_string(profile | {"authentication": "cli"}, None)


@pytest.mark.parametrize("backend", ["pyodbc", "mssql-python"])
@pytest.mark.parametrize("windows", ["yes", "no"])
def test_the_profile_of_this_project_logs_in(backend: str, windows: str) -> None:
    env = {"DBT_TARGET": "sqlserver", "DB_ORDERS_HOST": "h", "DB_ORDERS_BACKEND": backend,
           "DB_ORDERS_WINDOWS_LOGIN": windows}  # fmt: skip
    text, _ = connection_string(read_profile(env), "D" if backend == "pyodbc" else None)
    assert ("Trusted_Connection=yes" in text, "PWD=" in text) == (windows == "yes", windows == "no")


def test_a_host_is_needed() -> None:
    with pytest.raises(ConfigurationError, match=r"host.*DB_ORDERS_"):
        connection_string(PROFILE | {"server": " "}, "D")


def test_an_unknown_backend_is_named() -> None:
    with pytest.raises(ConfigurationError, match="DB_ORDERS_BACKEND"):
        open_driver(PROFILE | {"backend": "odbc"})


def opened(profile: dict[str, Any]) -> SQLServerDatabase:
    """A database of this driver, whose connection is none."""
    return SQLServerDatabase(profile, driver=replace(open_driver(profile), connect=lambda _: _Connection()))


def test_pyodbc_errors_are_read_by_number_not_by_text() -> None:
    import pyodbc

    database = opened(PROFILE)
    taken = "[23000] [Microsoft][ODBC Driver 18 for SQL Server][SQL Server]The value is (1205). (2627) (SQLExecDirectW)"
    assert database.meaning(pyodbc.IntegrityError("23000", taken)) == "duplicate"
    assert database.meaning(pyodbc.Error("40001", "[40001] … deadlock victim. (1205) (SQLExecDirectW)")) == "transient"
    assert database.meaning(pyodbc.Error("42000", "[42000] … update conflict. (3960) (SQLExecDirectW)")) == "transient"
    assert database.meaning(pyodbc.OperationalError("08S01", "[08S01] Communication link failure (0)")) == "transient"
    other = pyodbc.ProgrammingError("42S02", "[42S02] Invalid object (208) (SQLExecDirectW)")
    assert database.meaning(other) == "other"
    assert database.meaning(ValueError("(1205) (SQLExecDirectW)")) is None


def test_mssql_python_errors_are_read_by_state_and_text_and_end_a_command_in_one_sentence() -> None:
    from mssql_python.exceptions import ConnectionStringParseError, sqlstate_to_exception

    database = opened(PROFILE | {"backend": "mssql-python"})

    def error(state: str, text: str) -> Exception:
        made = sqlstate_to_exception(state, f"[Microsoft][SQL Server]{text}")
        assert isinstance(made, Exception)
        return made

    missing = error("42S02", "Invalid object name 'X'.")
    assert database.meaning(error("23000", "Violation of PRIMARY KEY constraint 'PK'.")) == "duplicate"
    assert database.meaning(error("23000", "Cannot insert the value NULL into column 'X'.")) == "other"
    victim = error("40001", "Transaction was deadlocked and chosen as the deadlock victim.")
    assert database.meaning(victim) == "transient"
    assert database.meaning(error("08S01", "Communication link failure")) == "transient"
    assert database.meaning(missing) == "other"
    session_of = partial(session.open_session, {}, connect=lambda *_, **__: database)
    for raised in (missing, ConnectionStringParseError(["no"])):
        with pytest.raises(DatabaseError, match="The database refused a statement"), session_of():
            raise raised
    with pytest.raises(ZeroDivisionError), session_of():
        raise ZeroDivisionError


def test_missing_libraries_are_named_with_their_packages() -> None:
    def load(name: str) -> None:
        if name in ("libltdl.so.7", "libodbc.so.2"):
            raise OSError(f"{name}: cannot open shared object file")

    assert "apt-get install unixodbc libltdl7" in missing_libraries(PYODBC_LIBRARIES, load)
    assert "libltdl.so.7 is missing" in missing_libraries(DRIVER_LIBRARIES, load)
    assert missing_libraries({"libkrb5.so.3": "libkrb5-3"}, load) == ""


@pytest.mark.parametrize(
    ("state", "said"), [("", "libnowhere9"), ("01000", "libnowhere9"), ("08001", "can't be reached")]
)
def test_a_driver_without_its_libraries_is_no_server_out_of_reach(state: str, said: str) -> None:
    with pytest.raises(DatabaseError, match=said):
        SQLServerDatabase(PROFILE, driver=flaky(state, libraries={"libnowhere.so.9": "libnowhere9"}))


def test_no_null_is_bound_for_its_type_would_have_to_be_guessed() -> None:
    sql = "select '?', \"W?Y\", N'it''s ?', ? where ? = 1 or ? is null"
    text, values = SQLServerDatabase._bind(sql, [None, 1, None])
    null = "cast(null as nvarchar(1))"
    assert text == f"select '?', \"W?Y\", N'it''s ?', {null} where ? = 1 or {null} is null"
    assert values == [1]
    assert SQLServerDatabase._bind(sql, [1, 2, 3]) == (sql, [1, 2, 3])


class _Gone(Exception):
    pass


class _Connection:
    def execute(self, sql: str) -> _Connection:
        return self

    def close(self) -> None:
        pass


def flaky(*refusals: str | None, libraries: dict[str, str] | None = None) -> Driver:
    """Refuses connections by these SQLSTATEs, and opens them where they are None or used up."""
    left = list(refusals)

    def connect(timeout: int) -> _Connection:
        if left and (state := left.pop(0)) is not None:
            raise _Gone(state)
        return _Connection()

    return Driver((_Gone,), libraries or {}, connect, lambda error: [error.args[0]])


@pytest.mark.parametrize(
    ("refusals", "tries", "said"),
    [
        (["08001", "08S01", "08001"], 4, ""),
        (["08001"] * 20, len(RECONNECT_PAUSES), "can't be reached"),
        (["28000"], 1, "DB_ORDERS_USERNAME"),
    ],
    ids=["a restart", "gone for good", "a login that is refused"],
)
def test_a_server_that_restarts_is_waited_for(refusals: list[str], tries: int, said: str) -> None:
    slept: list[float] = []
    database = SQLServerDatabase(PROFILE, driver=flaky(None, *refusals), sleep=slept.append)
    with pytest.raises(DatabaseError, match=said) if said else nullcontext():
        database.reconnect()
    assert slept == list(RECONNECT_PAUSES[:tries])
