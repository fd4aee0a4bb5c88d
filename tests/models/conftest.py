"""What dbt makes of the project without a database server: compiled once a session, for all workers."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path
from typing import Any

import pytest

from tests.models.offline import Compiled, compile_for_sqlserver


@pytest.fixture(scope="session")
def compiled(tmp_path_factory: pytest.TempPathFactory) -> Compiled:
    """Every model, test and snapshot in T-SQL, and the manifest."""
    base = tmp_path_factory.getbasetemp()
    shared = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "compiled-for-sqlserver"
    done = shared / "done"
    try:
        shared.mkdir()
    except FileExistsError:
        # Another worker has begun already.
        for _ in range(600):
            if done.exists():
                break
            time.sleep(0.2)
    else:
        done.write_text(json.dumps(compile_for_sqlserver(shared)), encoding="utf-8")
    exit_code, output = json.loads(done.read_text(encoding="utf-8"))
    assert exit_code == 0, output
    return Compiled(shared / "target", output)


@pytest.fixture(scope="session")
def manifest(compiled: Compiled) -> dict[str, Any]:
    """dbt's manifest."""
    found: dict[str, Any] = json.loads((compiled.target / "manifest.json").read_text(encoding="utf-8"))
    return found


@pytest.fixture(scope="session")
def project_root() -> Path:
    """The repository."""
    return Path(__file__).resolve().parents[2]
