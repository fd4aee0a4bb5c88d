"""The Dockerfile against the repository: nothing here can build it, so each instruction is checked by itself."""

from __future__ import annotations

import configparser
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import yaml

from tests.flows.image import copied, environment, ignored, instructions
from tests.support import ROOT

FLOW = yaml.safe_load((ROOT / "flows" / "monday_order_sync.yml").read_text(encoding="utf-8"))


def named(name: str) -> list[str]:
    return [each.text for each in instructions() if each.name == name]


def test_it_starts_from_a_pinned_python_that_the_project_supports() -> None:
    (base,) = named("FROM")
    found = re.fullmatch(r"python:(\d+)\.(\d+)-slim-[a-z]+", base)
    assert found, "the base image is Python's own, with its version and its Debian named"
    least = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["requires-python"]
    assert (int(found[1]), int(found[2])) >= tuple(int(part) for part in least.removeprefix(">=").split("."))


def test_it_copies_what_is_there_and_let_in() -> None:
    for source, _ in copied():
        path = ROOT / source
        assert path.is_dir() if source.endswith("/") else path.is_file(), f"{source} is not in the repository"
        assert not ignored(f"{source}x" if source.endswith("/") else source), f".dockerignore keeps {source} out"


def test_it_holds_everything_that_dbt_and_the_sync_read() -> None:
    project = yaml.safe_load((ROOT / "dbt_project.yml").read_text(encoding="utf-8"))
    folders = [path for name, paths in project.items() if name.endswith("-paths") for path in paths]
    taken = [source.rstrip("/") for source, _ in copied()]
    for path in [*folders, "sync", "sql", "dbt_project.yml", "profiles.yml", "selectors.yml", "requirements.lock"]:
        assert any(path == each or path.startswith(f"{each}/") for each in taken), f"{path} is not copied"


def test_nothing_private_is_let_in() -> None:
    for name in (".env", ".env.prod", "orders.duckdb", ".git/config", ".demo/orders.duckdb", ".venv/bin/python",
                 "reports/run.html", "target/manifest.json", "sync/__pycache__/cli.cpython-311.pyc"):  # fmt: skip
        assert ignored(name), f"{name} would be sent to the builder"
    assert re.findall(r"[A-Z_]*(?:TOKEN|PASSWORD|SECRET)[A-Z_]*", "\n".join(named("ENV") + named("ARG"))) == []


def test_packages_are_those_of_the_lock_with_their_hashes() -> None:
    installs = [text for text in named("RUN") if "pip install" in text]
    assert len(installs) == 1
    assert "--require-hashes" in installs[0]
    assert "requirements.lock" in installs[0]
    assert "requirements-dev" not in installs[0]
    order = [each.name + " " + each.text for each in instructions()]
    lock = next(n for n, text in enumerate(order) if text.startswith("COPY requirements.lock"))
    assert lock < order.index(f"RUN {installs[0]}") < next(n for n, text in enumerate(order) if "sync/" in text)


def test_libraries_are_those_that_a_test_machine_gets() -> None:
    (apt,) = [text for text in named("RUN") if "apt-get install" in text]
    wanted = set(re.findall(r": (unixodbc|lib[a-z0-9-]+)\"", (ROOT / ".ci" / "run").read_text(encoding="utf-8")))
    packages = set(re.findall(r"(?<= )(unixodbc|lib[a-z0-9-]+)(?= |$)", apt.partition("&& rm")[0]))
    assert packages == wanted != set()
    assert "--no-install-recommends" in apt
    assert "rm -rf /var/lib/apt/lists" in apt


def test_it_runs_as_a_user_without_rights_on_the_project() -> None:
    order = [(each.name, each.text) for each in instructions()]
    (user,) = named("USER")
    assert user not in {"root", "0"}
    assert f"--uid {user} " in "\n".join(named("RUN"))
    after = order[order.index(("USER", user)) :]
    assert not [text for name, text in after if name in {"COPY", "ADD", "RUN"}]
    assert "--chown" not in "\n".join(named("COPY"))


def test_commands_find_the_project_from_any_folder() -> None:
    env = environment()
    assert env["PYTHONPATH"] == env["DBT_PROFILES_DIR"] == env["ORDER_SYNC_HOME"] == named("WORKDIR")[0]


def test_the_flow_uses_this_image_in_the_version_of_the_project() -> None:
    version = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
    assert {task["containerImage"] for task in FLOW["tasks"] if "containerImage" in task} == {"{{ vars.image }}"}
    image = FLOW["variables"]["image"]
    assert image.endswith(f"/order-sync:{version}")
    assert f"docker build --tag {image} ." in (ROOT / "Dockerfile").read_text(encoding="utf-8")


def test_the_packaged_odbc_driver_gets_the_name_that_the_profile_asks_for(tmp_path: Path) -> None:
    (line,) = [text for text in named("RUN") if "odbcinst.ini" in text]
    profile = (ROOT / "profiles.yml").read_text(encoding="utf-8")
    asked = re.search(r"driver: .*DB_ORDERS_DRIVER', '([^']+)'", profile)
    env = os.environ | {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
    command = line.replace("/etc/odbcinst.ini", "odbcinst.ini")
    subprocess.run(["/bin/sh", "-c", command], cwd=tmp_path, env=env, check=True)
    registered = configparser.ConfigParser()
    registered.read(tmp_path / "odbcinst.ini")
    assert asked
    assert registered.sections() == [asked[1]]
    assert Path(registered[asked[1]]["Driver"]).is_file()
    assert environment()["DB_ORDERS_BACKEND"] == "pyodbc"
