"""The ODBC connection string of a dbt-sqlserver profile, and the driver to use.

Secrets are inside the strings made here: they are handed to the driver and never printed.
"""

from __future__ import annotations

import ctypes
import importlib
import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from sync.errors import ConfigurationError

USUAL_DRIVER = "ODBC Driver 18 for SQL Server"
"""What profiles.yml names where nobody named a driver."""
_MICROSOFT = re.compile(r"ODBC Driver (\d+) for SQL Server", re.IGNORECASE)
DRIVER_LIBRARIES = {"libltdl.so.7": "libltdl7", "libkrb5.so.3": "libkrb5-3", "libgssapi_krb5.so.2": "libgssapi-krb5-2"}
"""What Microsoft's driver needs of the system: a library, and the Debian package that brings it."""
PYODBC_LIBRARIES = {"libodbc.so.2": "unixodbc"}
_YES = {"true", "1", "yes", "on"}


def packaged_driver() -> str | None:
    """Path of the driver that the PyPI package ``mssql-python-odbc`` brings, or None."""
    for name in ("mssql_python_odbc", "mssql_python"):
        try:
            package = importlib.import_module(name)
        except ImportError:
            continue
        folders = [Path(package.__file__).parent] if package.__file__ else []
        if hasattr(package, "get_libs_dir"):
            folders.insert(0, Path(package.get_libs_dir()))
        for folder in folders:
            found = sorted(folder.glob("**/debian_ubuntu/x86_64/lib/libmsodbcsql*.so*"))
            if found:
                return str(found[-1])
    return None


def missing_libraries(libraries: Mapping[str, str], load: Callable[[str], object] = ctypes.CDLL) -> str:
    """The libraries that the system lacks, and the packages to install, in words; empty where it has them all."""
    missing = {}
    for library, package in libraries.items():
        try:
            load(library)
        except OSError:
            missing[library] = package
    if not missing:
        return ""
    verb = "is" if len(missing) == 1 else "are"
    return (
        f"{', '.join(missing)} {verb} missing; install what has it (Debian, Ubuntu: apt-get install"
        f" {' '.join(missing.values())})"
    )


def choose_driver(named: str | None, installed: Sequence[str], packaged: str | None) -> str:
    """The named driver, else the newest Microsoft driver installed, else the packaged one.

    ``named`` is a name or a path; the usual name counts as no choice, because profiles.yml fills it in.
    Raises ConfigurationError with the ways to get one where there is none.
    """
    if named and (named != USUAL_DRIVER or named in installed):
        return named
    newest = sorted(
        (name for name in installed if _MICROSOFT.fullmatch(name)),
        key=lambda name: int(_MICROSOFT.fullmatch(name).group(1)),  # type: ignore[union-attr]
    )
    if newest:
        return newest[-1]
    if packaged:
        return packaged
    raise ConfigurationError(
        "No ODBC driver for SQL Server is installed: install Microsoft's ODBC Driver 18, or `pip install"
        " mssql-python-odbc`, or name a driver in DB_ORDERS_DRIVER, or set DB_ORDERS_BACKEND=mssql-python."
    )


def escaped(value: object) -> str:
    """A value in braces, as ODBC wants it where it holds ``;`` or ``}``."""
    return "{" + str(value).replace("}", "}}") + "}"


def yes(value: object) -> bool:
    """A flag of the profile, whether YAML or text."""
    return str(value).strip().lower() in _YES


def server(profile: Mapping[str, Any]) -> str:
    """Address and port; a named instance finds its port by itself."""
    host = str(profile.get("host") or profile.get("server") or "").strip()
    if not host:
        raise ConfigurationError("DB_ORDERS_HOST is not set; set it to the SQL Server's name or address.")
    return host if "\\" in host else f"{host},{profile.get('port') or 1433}"


def login(profile: Mapping[str, Any]) -> dict[str, str] | None:
    """The part of the string that says who logs in; None where the adapter has to say it (Azure Active Directory)."""
    if yes(profile.get("windows_login")) or yes(profile.get("trusted_connection")):
        return {"Trusted_Connection": "yes"}
    if str(profile.get("authentication") or "sql").strip().lower() != "sql":
        return None
    user = profile.get("user") or profile.get("username")
    return {"UID": escaped(user or ""), "PWD": escaped(profile.get("password") or "")}


def connection_string(profile: Mapping[str, Any], driver: str | None = None) -> str:
    """Connection string of a SQL or Windows login; ``driver`` None leaves it out, for mssql-python."""
    parts = {"DRIVER": escaped(driver)} if driver else {}
    parts |= {
        "SERVER": server(profile),
        "DATABASE": escaped(profile.get("database")),
        "Encrypt": "yes" if yes(profile.get("encrypt", True)) else "no",
        "TrustServerCertificate": "yes" if yes(profile.get("trust_cert", False)) else "no",
    }
    if driver:
        parts["APP"] = "order-sync"
    return ";".join(f"{name}={value}" for name, value in (parts | (login(profile) or {})).items())


def adapter_connection(profile: Mapping[str, Any], driver: str | None) -> tuple[str, dict[int, Any]]:
    """Connection string and attributes as dbt-sqlserver makes them, for logins that only the adapter knows.

    Azure Active Directory has a dozen ways to log in; asking the adapter makes ``sync`` log in as dbt does.
    """
    from dbt.adapters.sqlserver import sqlserver_auth, sqlserver_backend, sqlserver_helpers
    from dbt.adapters.sqlserver.sqlserver_credentials import SQLServerCredentials
    from dbt_common.exceptions import DbtRuntimeError

    kept = {name: value for name, value in profile.items() if name not in {"type", "threads"}}
    kept |= {"driver": driver, "backend": "pyodbc" if driver else "mssql-python"}
    try:
        credentials = SQLServerCredentials.from_dict(SQLServerCredentials.translate_aliases(kept))
        sqlserver_helpers.validate_connection_requirements(credentials)
        if driver:
            attributes = sqlserver_auth.get_pyodbc_attrs_before_credentials(credentials)
            return sqlserver_backend.build_pyodbc_connection_string(credentials), attributes
        sqlserver_helpers.validate_mssql_python_requirements(credentials)
        return sqlserver_backend.build_mssql_python_connection_string(credentials), {}
    except DbtRuntimeError as error:
        raise ConfigurationError(f"The login of profiles.yml can't be used: {str(error).strip()}") from None
