"""What docs/scheduling.md shows for cron, systemd, Airflow and Docker is run as it stands, by stand-ins for them."""

from __future__ import annotations

import os
import re
import shlex
import signal
import subprocess
import sys
import types
from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar

import pytest

from emulator.config import Config
from emulator.server import running
from tests.conftest import new_project
from tests.docs.reading import fenced
from tests.flows.image import environment, lay_out
from tests.support import ROOT, Project, new_checkout

PAGE = ROOT / "docs" / "scheduling.md"
HOME, SETTINGS = "/opt/order-sync", "/etc/order-sync.env"


def block(language: str, holds: str) -> str:
    """The one block of the page in this language that holds these words."""
    (found,) = [text for text in fenced(PAGE, language) if holds in text]
    return found


def unit(text: str) -> list[tuple[str, str]]:
    """The settings of a unit of systemd, in order: a name may stand there several times."""
    return re.findall(r"^(\w+)=(.*)$", text, re.MULTILINE)


class Machine:
    """A checkout, its settings in a file, and a local board; nothing else of this process's environment."""

    def __init__(self, folder: Path, project: Project) -> None:
        self.project, self.home = project, new_checkout(folder / "order-sync")
        (self.home / ".venv").symlink_to(Path(sys.executable).parent.parent)
        self.settings = folder / "order-sync.env"
        given = self.values() | {"HOME": str(folder)}
        self.settings.write_text("".join(f"{name}={value}\n" for name, value in given.items()))

    def values(self) -> dict[str, str]:
        monday = self.project.monday
        return {
            "ORDERS_DUCKDB_PATH": str(self.project.database), "MONDAY_API_URL": monday.url,
            "MONDAY_API_TOKEN": monday.token, "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
        }  # fmt: skip

    def moved(self, text: str) -> str:
        """The text with this machine's places for those of the page."""
        return text.replace(HOME, str(self.home)).replace(SETTINGS, str(self.settings))

    def run(self, command: list[str], env: dict[str, str], cwd: Path | None = None) -> tuple[int, str]:
        """Exit code and output of a command."""
        done = subprocess.run(command, cwd=cwd or self.home, env=env, capture_output=True, text=True, timeout=600)
        return done.returncode, done.stdout + done.stderr

    def on_board(self) -> int:
        return len(self.project.sql("select 1 from MON_CustMasterSchedule where MONDAY_ITEM_ID is not null"))


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory, dbt_target: Path) -> Iterator[Machine]:
    folder = tmp_path_factory.mktemp("schedules")
    with running(Config(items_limit=3, with_order_key=True).without_limits()) as server:
        project = new_project(folder, dbt_target, server)
        project.orders(12, seed=4)
        yield Machine(folder, project)


@pytest.mark.slow
def test_cron_mails_what_needs_attention_and_nothing_else(machine: Machine) -> None:
    line = re.search(r"^\S+ \* \* \* \* (.*)$", block("cron", "flock"), re.MULTILINE)
    assert line
    assert "%" not in line[1], "cron makes an end of line of it"
    lock = machine.home / "dbt_project.yml"
    command = ["/bin/sh", "-c", machine.moved(line[1])]
    code, mail = machine.run(command, {"PATH": "/usr/bin:/bin"}, Path("/"))
    assert (code, "full" in mail, machine.on_board()) == (3, True, 3), mail

    held = subprocess.Popen(["flock", str(lock), "sleep", "60"], start_new_session=True)
    try:
        while subprocess.run(["flock", "-n", str(lock), "true"]).returncode == 0:
            pass
        assert machine.run(command, {"PATH": "/usr/bin:/bin"}, Path("/"))[0] == 0
    finally:
        os.killpg(held.pid, signal.SIGKILL)
        held.wait()


@pytest.mark.slow
def test_a_unit_of_systemd_takes_attention_for_no_failure(machine: Machine) -> None:
    service = unit(machine.moved(block("ini", "[Service]")))
    settings = dict(service)
    assert (settings["Type"], settings["SuccessExitStatus"]) == ("oneshot", "3")
    env = dict(line.split("=", 1) for line in Path(settings["EnvironmentFile"]).read_text().splitlines())
    codes = []
    for command in [value for name, value in service if name == "ExecStart"]:
        place = Path(settings["WorkingDirectory"])
        code, said = machine.run(shlex.split(command), env | {"PATH": "/usr/bin:/bin"}, place)
        assert code in (0, 3), said
        codes.append(code)
    assert codes == [0, 0, 3]
    assert dict(unit(block("ini", "[Timer]")))["OnCalendar"] == "*:0/15"


class Operator:
    """A stand-in for Airflow's BashOperator: remembers itself, and what follows it."""

    made: ClassVar[list[Operator]] = []

    def __init__(self, *, task_id: str, bash_command: str, cwd: str, skip_on_exit_code: int, **others: Any) -> None:
        self.name, self.command, self.place, self.skip_on = task_id, bash_command, cwd, skip_on_exit_code
        self.after: list[str] = []
        Operator.made.append(self)

    def __rshift__(self, other: Operator) -> Operator:
        other.after.append(self.name)
        return other


class Dag:
    """A stand-in for Airflow's DAG."""

    def __init__(self, name: str, *, schedule: str, start_date: Any, catchup: bool, max_active_runs: int) -> None:
        assert (schedule, catchup, max_active_runs) == ("*/15 * * * *", False, 1)

    def __enter__(self) -> Dag:
        return self

    def __exit__(self, *error: object) -> None:
        return


@pytest.mark.slow
def test_a_dag_of_airflow_runs_three_steps(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    modules: dict[str, dict[str, type]] = {
        "airflow": {}, "airflow.sdk": {"DAG": Dag}, "airflow.providers": {}, "airflow.providers.standard": {},
        "airflow.providers.standard.operators": {},
        "airflow.providers.standard.operators.bash": {"BashOperator": Operator},
    }  # fmt: skip
    for name, content in modules.items():
        module = types.ModuleType(name)
        vars(module).update(content)
        monkeypatch.setitem(sys.modules, name, module)
    Operator.made.clear()
    exec(compile(machine.moved(block("python", "airflow")), str(PAGE), "exec"), {})
    assert [(step.name, step.after) for step in Operator.made] == [
        ("migrate", []), ("build", ["migrate"]), ("push", ["build"]),
    ]  # fmt: skip
    codes = [
        machine.run(["/bin/bash", "-c", step.command], {"PATH": "/usr/bin:/bin"}, Path(step.place))[0]
        for step in Operator.made
    ]
    assert codes == [0, 0, Operator.made[-1].skip_on]


@pytest.mark.slow
def test_a_container_runs_the_same(machine: Machine, tmp_path: Path) -> None:
    line = re.search(r"^docker run (.*)$", block("console", "docker run"), re.MULTILINE)
    assert line
    words = shlex.split(machine.moved(line[1]))
    assert words[words.index("--env-file") + 1] == str(machine.settings)
    assert "&& exec " in words[-1], "a shell in between would keep the signal of docker stop from the push"
    image = lay_out(tmp_path / "image")
    env = {name: value.replace(HOME, str(image)) for name, value in environment().items()} | machine.values()
    env |= {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}", "HOME": str(tmp_path)}
    code, said = machine.run(words[words.index("$IMAGE") + 1 :], env, tmp_path)
    assert code == 3, said
