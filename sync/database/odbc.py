"""The ODBC connection string of a dbt-sqlserver profile, and the driver to use."""

from __future__ import annotations

import importlib
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pyodbc

from sync.errors import ConfigurationError

_MICROSOFT = re.compile(r"ODBC Driver (\d+) for SQL Server", re.IGNORECASE)


def _packaged_driver() -> str | None:
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


def choose_driver(named: str | None, installed: list[str], packaged: str | None) -> str:
    """The named driver, else the newest Microsoft driver installed, else the packaged one.

    Raises ConfigurationError with the way to get one where there is none.
    """
    if named:
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
        "No ODBC driver for SQL Server is installed; install Microsoft's ODBC Driver 18, or `pip install"
        " mssql-python-odbc`, or name a driver in DB_ORDERS_DRIVER."
    )


def _escaped(value: object) -> str:
    """A value in braces, as ODBC wants it where it holds ``;`` or ``}``."""
    return "{" + str(value).replace("}", "}}") + "}"


def _yes(value: object) -> str:
    return "yes" if str(value).strip().lower() in {"true", "1", "yes", "on"} else "no"


def connection_string(profile: Mapping[str, Any]) -> tuple[str, dict[int, Any]]:
    """Connection string and pre-connection attributes for a profile; secrets are inside, so never print it.

    SQL login, Windows login and the Azure Active Directory authentications that the driver itself carries out are
    passed through under dbt-sqlserver's names.
    """
    driver = choose_driver(profile.get("driver") or None, pyodbc.drivers(), _packaged_driver())
    host, port = profile.get("host") or profile.get("server"), profile.get("port") or 1433
    if not host:
        raise ConfigurationError("DB_ORDERS_HOST is not set; set it to the SQL Server's name or address.")
    server = str(host) if "\\" in str(host) else f"{host},{port}"
    parts = {
        "DRIVER": _escaped(driver),
        "SERVER": server,
        "DATABASE": _escaped(profile.get("database")),
        "Encrypt": _yes(profile.get("encrypt", True)),
        "TrustServerCertificate": _yes(profile.get("trust_cert", False)),
        "APP": "order-sync",
    }
    authentication = str(profile.get("authentication") or "sql").strip()
    user, password = profile.get("user") or profile.get("username"), profile.get("password")
    if profile.get("windows_login") or profile.get("trusted_connection"):
        parts["Trusted_Connection"] = "yes"
    elif authentication.lower() == "sql":
        parts |= {"UID": _escaped(user), "PWD": _escaped(password)}
    elif authentication.lower().replace("_", "") in {"activedirectoryserviceprincipal", "serviceprincipal"}:
        parts |= {
            "Authentication": "ActiveDirectoryServicePrincipal",
            "UID": _escaped(profile.get("client_id") or user),
            "PWD": _escaped(profile.get("client_secret") or password),
        }
    else:
        parts["Authentication"] = authentication
        if user:
            parts["UID"] = _escaped(user)
        if password and authentication.lower() == "activedirectorypassword":
            parts["PWD"] = _escaped(password)
    return ";".join(f"{name}={value}" for name, value in parts.items()), {}
