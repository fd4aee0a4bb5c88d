"""The end-to-end tests once more, on a SQL Server: every test of tests/e2e that works with a database.

Such a test asks, itself or through a fixture, for `engine`; here that fixture leads to the server. So a new test runs
here without being named, and one that needs no database isn't run twice.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from tests.sqlserver.server import LEFT_OUT

FOLDER = Path(__file__).parent.parent / "e2e"


class Suite(pytest.File):
    """All modules of the end-to-end tests."""

    def collect(self) -> Iterator[pytest.Module]:
        """A second collection of each; one skip where there is no server."""
        if not os.environ.get("DB_ORDERS_HOST"):
            pytest.skip(LEFT_OUT)
        for path in sorted(FOLDER.glob("test_*.py")):
            yield Again.from_parent(self, path=path, name=path.stem, nodeid=f"{self.nodeid}::{path.stem}")


class Again(pytest.Module):
    """A module whose tests are collected a second time; what they ask for is found in this folder first."""

    def _getobj(self) -> ModuleType:
        # A module object of its own: pytest registers the fixtures of an object for one place only.
        module = super()._getobj()  # type: ignore[no-untyped-call]
        copied = ModuleType(module.__name__, module.__doc__)
        copied.__dict__.update(vars(module))
        return copied

    def collect(self) -> Iterator[Any]:
        """The tests that work with a database; those that only a file can have are skipped with their reason."""
        for item in super().collect():
            if "engine" not in getattr(item, "fixturenames", ()):
                continue
            item.add_marker(pytest.mark.sqlserver)
            files_only = item.get_closest_marker("files_only")
            if files_only:
                item.add_marker(pytest.mark.skip(reason=files_only.args[0]))
            yield item
