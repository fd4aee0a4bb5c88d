"""The deployed flow: valid for Kestra 1.3 and 2.0 by what is known of both, and run for real in a stand-in for it."""

from __future__ import annotations

import copy
import os
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from emulator.config import Config
from emulator.server import running
from tests.conftest import new_project
from tests.flows.contract import GONE, problems
from tests.flows.image import environment, lay_out
from tests.flows.kestra import OUTPUT_LINE, Execution, Kestra, pebble
from tests.support import ROOT, Project

FILE = ROOT / "flows" / "monday_order_sync.yml"
FLOW: dict[str, Any] = yaml.safe_load(FILE.read_text(encoding="utf-8"))
TASKS = {task["id"]: task for task in FLOW["tasks"]}
SECRETS = {
    name: f"secret-{name.lower()}"
    for name in ("DB_ORDERS_HOST", "DB_ORDERS_DATABASE", "DB_ORDERS_USERNAME", "DB_ORDERS_PASSWORD",
                 "DBT_ORDERS_USERNAME", "DBT_ORDERS_PASSWORD", "MONDAY_API_TOKEN", "ALERT_WEBHOOK_URL")
}  # fmt: skip


# ---------- what stands in it


def test_every_type_and_property_is_known_to_both_versions() -> None:
    assert problems(FLOW) == []


BROKEN: dict[str, Callable[[dict[str, Any]], Any]] = {
    "pluginDefaults": lambda flow: flow.update(pluginDefaults=[]),
    "ForEach": lambda flow: flow["tasks"][0].update(type="io.kestra.plugin.core.flow.ForEach"),
    "Loop": lambda flow: flow["tasks"][0].update(type="io.kestra.plugin.core.flow.Loop"),
    "conditions": lambda flow: flow["triggers"][0].update(conditions=[]),
    "maxAttempt": lambda flow: flow["tasks"][0]["retry"].update(maxAttempt=3),
    "maxInterval": lambda flow: flow["tasks"][2]["retry"].pop("maxInterval"),
    "comands": lambda flow: flow["tasks"][0].update(comands=["true"]),
    "commands": lambda flow: flow["tasks"][0].pop("commands"),
    "10 minutes": lambda flow: flow["tasks"][0].update(timeout="10 minutes"),
    "taskRunner": lambda flow: flow["tasks"][0]["taskRunner"].update(type="io.kestra.plugin.kubernetes.Pod"),
    "stands twice": lambda flow: flow["tasks"][1].update(id="migrate"),
    "is no text": lambda flow: flow["tasks"][0]["env"].update(DBT_THREADS=4),
    "behavior": lambda flow: flow["concurrency"].update(behavior="WAIT"),
    "namespace": lambda flow: flow.pop("namespace"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_the_contract_sees_what_a_server_would_refuse(name: str) -> None:
    flow = copy.deepcopy(FLOW)
    BROKEN[name](flow)
    found = problems(flow)
    assert len(found) >= 1
    assert name in " ".join(found)


def test_the_file_is_a_plain_document() -> None:
    text = FILE.read_text(encoding="utf-8")
    tokens = [type(token).__name__ for token in yaml.scan(text)]
    assert not {"AnchorToken", "AliasToken", "TagToken"} & set(tokens)
    assert not [name for name in GONE if f"\n{name}:" in text]


def test_one_run_at_a_time_with_retries_a_schedule_and_an_alert() -> None:
    assert FLOW["concurrency"]["limit"] == 1
    assert [trigger["cron"] for trigger in FLOW["triggers"]] == ["*/15 * * * *", "7 3 * * 0"]
    assert [trigger.get("inputs") for trigger in FLOW["triggers"]] == [None, {"audit": True}]
    assert all("retry" in TASKS[name] and "timeout" in TASKS[name] for name in ("migrate", "build", "push"))
    assert [task["type"] for task in FLOW["errors"]] == ["io.kestra.plugin.core.http.Request"]
    assert [each["type"] for each in FLOW["sla"]] == ["MAX_DURATION"]
    assert TASKS["build"]["type"] == "io.kestra.plugin.dbt.cli.DbtCLI"
    # the plugin looks for lines that begin with dbt; only those does it follow
    assert all(command.startswith("dbt ") for command in TASKS["build"]["commands"])


def test_secrets_and_inputs_never_stand_in_a_command() -> None:
    for task in FLOW["tasks"]:
        for command in [*task.get("commands", []), *task.get("beforeCommands", [])]:
            assert "{{" not in command, f"{task['id']}: {command}"
        for name, value in task.get("env", {}).items():
            private = any(word in name for word in ("PASSWORD", "TOKEN", "USERNAME", "HOST"))
            assert value.startswith("{{ secret(") or not private, f"{task['id']}: {name}"


def test_the_page_on_kestra_names_every_secret_and_input() -> None:
    page = (ROOT / "docs" / "kestra.md").read_text(encoding="utf-8")
    text = FILE.read_text(encoding="utf-8")
    asked = {part.split("'")[0] for part in text.split("secret('")[1:]}
    assert asked == set(SECRETS)
    assert [name for name in [*asked, *(each["id"] for each in FLOW["inputs"])] if f"`{name}`" not in page] == []


# ---------- run for real


@dataclass(frozen=True)
class Dry:
    """What a first execution left behind."""

    project: Project
    stand_in: Kestra
    execution: Execution
    database: bytes
    sent: int
    """Changes that the local Monday had seen by then."""


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The files that the image would hold, and no others."""
    return lay_out(tmp_path_factory.mktemp("image"))


@pytest.fixture(scope="module")
def dry(tmp_path_factory: pytest.TempPathFactory, dbt_target: Path, image: Path) -> Iterator[Dry]:
    """A flow that ran once as a dry run, and its database as it was afterwards: migrated and built, nothing sent."""
    folder = tmp_path_factory.mktemp("flow")
    with running(Config(items_limit=100_000, with_order_key=True).without_limits()) as server:
        project = new_project(folder, dbt_target, server)
        project.orders(60, seed=9)
        stand_in = kestra(project, image, folder)
        execution = stand_in.run({"dry_run": True})
        yield Dry(project, stand_in, execution, project.database.read_bytes(), writes(project))


def kestra(project: Project, image: Path, folder: Path) -> Kestra:
    """The stand-in, with the image's environment, the local database and the local Monday."""
    env = {name: value.replace("/opt/order-sync", str(image)) for name, value in environment().items()}
    env |= {
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}", "HOME": str(folder), "DBT_TARGET": "duckdb",
        "ORDERS_DUCKDB_PATH": str(project.database), "MONDAY_API_URL": project.monday.url,
        "MONDAY_API_TOKEN": project.monday.token,
    }  # fmt: skip
    return Kestra(FLOW, folder / "work", env, SECRETS)


def writes(project: Project) -> int:
    """Changes that the local Monday has seen."""
    return sum(
        done.operation.startswith(("create_", "change_", "move_", "archive_")) for done in project.monday.history
    )


def pushes_only(task: str) -> bool:
    """Leaves out what a first execution did already."""
    return task in {"migrate", "build"}


@pytest.mark.slow
def test_a_dry_run_builds_and_sends_nothing(dry: Dry) -> None:
    said = {name: run.stderr[-800:] + run.stdout[-800:] for name, run in dry.execution.tasks.items()}
    assert dry.execution.state == "SUCCESS", said
    assert [name for name, run in dry.execution.tasks.items() if run.state == "SUCCESS"] == ["migrate", "build", "push"]
    outputs = dry.execution.tasks["push"].lines[0]["outputs"]
    assert (outputs["dry_run"], outputs["exit_code"]) == (True, 0)
    assert outputs["items_to_create"] > 0
    assert dry.sent == 0
    assert (dry.stand_in.folder / "build" / "target" / "run_results.json").is_file(), "Kestra finds no results of dbt"


@pytest.mark.slow
def test_a_selection_then_the_rest_then_nothing(dry: Dry) -> None:
    project, server = dry.project, dry.stand_in
    customer = project.sql("select BATCH_CUSTOMER as c, count(*) as n from STG_MON_CustMasterSchedule"
                           " group by all order by n desc, c limit 1")[0]  # fmt: skip
    part = server.run({"customer": customer["c"]}, skip=pushes_only)
    assert part.state == "SUCCESS"
    assert part.tasks["push"].lines[0]["outputs"]["items_created"] == customer["n"]
    assert (server.folder / "report" / "report.html").read_text(encoding="utf-8").count(customer["c"]) > 0

    rest = server.run({}, skip=pushes_only)
    pushed = rest.tasks["push"].lines
    assert len(pushed) == 1, "one line of outputs"
    staged = project.sql("select count(*) as n from STG_MON_CustMasterSchedule")[0]["n"]
    assert pushed[0]["outputs"]["items_created"] == staged - customer["n"]
    assert rest.outputs == {"pushed": str(pushed[0]["outputs"]["succeeded"]), "failed": "0"}
    assert {metric["type"] for metric in pushed[0]["metrics"]} == {"counter"}
    assert len(project.sql("select 1 from MON_CustMasterSchedule where MONDAY_ITEM_ID is not null")) == staged

    seen = writes(project)
    again = server.run({"audit": True}, skip=pushes_only)
    assert (again.state, again.outputs["pushed"], again.tasks["report"].state) == ("SUCCESS", "0", "SKIPPED")
    assert again.tasks["audit"].lines[0]["outputs"]["message"] == "Board and database agree."
    assert writes(project) == seen
    assert again.posted == []

    item = project.sql("select min(MONDAY_ITEM_ID) as i from MON_CustMasterSchedule")[0]["i"]
    with project.monday.lock:
        project.monday.state.items[int(item)].state = "deleted"
    differs = server.run({"audit": True}, skip=pushes_only)
    assert differs.state == "WARNING"
    assert [body["text"].count("Board and database disagree: 1 missing.") for body in differs.posted] == [1]


@pytest.mark.slow
def test_a_run_that_needs_attention_warns_and_one_that_fails_alerts(
    tmp_path: Path, dbt_target: Path, image: Path, dry: Dry
) -> None:
    with running(Config(items_limit=5, with_order_key=True).without_limits()) as server:
        project = new_project(tmp_path, dbt_target, server)
        project.database.write_bytes(dry.database)
        stand_in = kestra(project, image, tmp_path)
        full = stand_in.run({}, skip=pushes_only)
        assert full.tasks["push"].lines[0]["outputs"]["exit_code"] == 3
        assert full.state == "WARNING"
        (told,) = full.posted
        assert told["text"] == (
            f"monday_order_sync needs attention: {full.tasks['push'].lines[0]['outputs']['message']}"
            "  https://kestra.example/ui/main/executions/company.orders/monday_order_sync/e1"
        )
        assert full.tasks["push"].state == "SUCCESS", "nothing is repeated that did its work"

        wrong = kestra(project, image, tmp_path)
        wrong.env = {**wrong.env, "MONDAY_API_TOKEN": "not-a-token-of-this-account"}
        failed = wrong.run({}, skip=pushes_only)
        assert failed.state == "FAILED"
        assert list(failed.tasks) == ["migrate", "build", "push", "tell_of_failure"]
        (told,) = failed.posted
        assert told["text"].startswith("monday_order_sync failed in push: ")
        assert failed.tasks["push"].lines[0]["outputs"]["message"] in told["text"]
        assert told["text"].endswith("/ui/main/executions/company.orders/monday_order_sync/e1")
        assert "not-a-token-of-this-account" not in failed.tasks["push"].stdout + failed.tasks["push"].stderr

        sly = 'X"; touch taken; echo "$(touch taken)'
        odd = stand_in.run({"customer": sly, "po": "`touch taken`"}, skip=pushes_only)
        assert odd.state == "FAILED", "no order ever had such a customer"
        assert odd.tasks["push"].lines[0]["outputs"]["exit_code"] == 2
        assert list(tmp_path.rglob("taken")) == []


# ---------- the stand-in itself


def test_expressions() -> None:
    names = {"inputs": {"customer": "A 'B'", "dry_run": False}, "outputs": {"push": {"vars": {"failed": 2}}}}
    assert pebble("{{ inputs.customer ?? '' }}", names) == "A 'B'"
    assert pebble("{{ inputs.po ?? '' }}", names) == ""
    assert pebble("{{ inputs.dry_run }}", names) == "false"
    assert pebble("{{ (outputs.push.vars.succeeded ?? 0) + (outputs.push.vars.failed ?? 0) > 0 }}", names) == "true"
    assert pebble("{{ (outputs.none.vars.exit_code ?? 0) == 3 }}", names) == "false"


def test_only_a_whole_line_is_a_line_of_outputs() -> None:
    assert OUTPUT_LINE.match('::{"outputs": {}}::')
    assert not OUTPUT_LINE.match('x ::{"outputs": {}}::')
    assert not OUTPUT_LINE.match('::{"outputs": {}}:: x')
