"""The tests of another folder, to be run here: same functions, other fixtures."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from types import ModuleType
from typing import Any


def every_test(*modules: ModuleType, left_out: Mapping[str, str] | None = None) -> dict[str, Callable[..., Any]]:
    """All tests of these modules by name, save those left out, each with its reason.

    A name that stands in two modules, or is left out and stands in none, is an error: a test would go missing unseen.
    """
    found: dict[str, Callable[..., Any]] = {}
    for module in modules:
        here = {name: value for name, value in vars(module).items() if name.startswith("test_") and callable(value)}
        _refuse(found.keys() & here.keys(), "stands in two modules")
        found |= here
    reasons = left_out or {}
    _refuse(reasons.keys() - found.keys(), "is left out, but isn't there")
    return {name: test for name, test in found.items() if name not in reasons}


def _refuse(names: Iterable[str], what: str) -> None:
    for name in sorted(names):
        raise ValueError(f"{name} {what}")
