"""Runs a flow's tasks in order, as Kestra's process runner would: a stand-in of a few rules, no server."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from jinja2 import ChainableUndefined, Environment

OUTPUT_LINE = re.compile(r"^::(\{.*})::$")
"""How Kestra finds the line of outputs: the whole line."""


def pebble(text: str, names: Mapping[str, Any]) -> str:
    """A Pebble expression of the kind that the flow uses: names, functions, ``??``, comparisons."""
    jinja = Environment(undefined=ChainableUndefined, autoescape=False)
    jinja.finalize = lambda value: str(value).lower() if isinstance(value, bool) else value
    jinja.filters |= {"toJson": json.dumps, "jq": _each}
    as_jinja = re.sub(r"([\w.]+) \?\? ('[^']*'|\w+)", r"(\1 | default(\2))", text)
    return jinja.from_string(as_jinja).render(**names)


def _each(values: list[dict[str, Any]], path: str) -> list[Any]:
    """The one form of jq that the flow uses: a property of each."""
    assert path.startswith(".[]."), path
    return [each[path.removeprefix(".[].")] for each in values]


@dataclass
class TaskRun:
    """What became of a task."""

    id: str
    state: str
    stdout: str = ""
    stderr: str = ""
    lines: list[dict[str, Any]] = field(default_factory=list)


@dataclass
class Execution:
    """What became of a flow."""

    state: str
    tasks: dict[str, TaskRun]
    outputs: dict[str, str]
    posted: list[dict[str, Any]]
    """Bodies of the HTTP requests that it would have sent."""


class Kestra:
    """Executes a flow. ``env`` overrides what a task sets, so that a task reaches the local database and board."""

    def __init__(self, flow: dict[str, Any], folder: Path, env: Mapping[str, str], secrets: Mapping[str, str]) -> None:
        self.flow, self.folder, self.env, self.secrets = flow, folder, env, secrets

    def secret(self, name: str) -> str:
        """A secret; one that isn't set fails the task, as in Kestra."""
        return self.secrets[name]

    def run(self, inputs: Mapping[str, Any], *, skip: Callable[[str], bool] = lambda task: False) -> Execution:
        """One execution. ``skip``: tasks that count as done without being run."""
        given = {each["id"]: each.get("defaults") for each in self.flow["inputs"] if "defaults" in each} | dict(inputs)
        names: dict[str, Any] = {
            "inputs": given, "outputs": {}, "secret": self.secret,
            "flow": {name: self.flow[name] for name in ("id", "namespace")}, "vars": self.flow["variables"],
            "execution": {"id": "e1"}, "kestra": {"url": "https://kestra.example"},
            "tasksWithState": lambda state: [{"taskId": run.id} for run in done.values() if run.state == state],
        }  # fmt: skip
        names["render"] = lambda text: pebble(text, names)
        done: dict[str, TaskRun] = {}
        posted: list[dict[str, Any]] = []
        state = "SUCCESS"
        for task in self.flow["tasks"]:
            if skip(task["id"]) or ("runIf" in task and pebble(task["runIf"], names) != "true"):
                done[task["id"]] = TaskRun(task["id"], "SKIPPED")
                continue
            run = done[task["id"]] = self._task(task, names, posted)
            if run.state.startswith("EXIT "):
                state = run.state.removeprefix("EXIT ")
                break
            if run.state == "FAILED":
                state = "WARNING" if task.get("allowFailure") else "FAILED"
                if state == "FAILED":
                    break
        if state == "FAILED":
            for task in self.flow.get("errors", []):
                done[task["id"]] = self._task(task, names, posted)
        outputs = {each["id"]: pebble(each["value"], names) for each in self.flow["outputs"]}
        return Execution(state, done, outputs, posted)

    def _task(self, task: dict[str, Any], names: dict[str, Any], posted: list[dict[str, Any]]) -> TaskRun:
        kind = task["type"].rpartition(".")[2]
        if kind == "Exit":
            return TaskRun(task["id"], f"EXIT {task['state']}")
        if kind == "Request":
            pebble(task["uri"], names)
            posted.append(json.loads(pebble(task["body"], names)))
            return TaskRun(task["id"], "SUCCESS")
        commands = [*task.get("beforeCommands", []), *task["commands"]]
        script = "\n".join(["set -e", *(pebble(command, names) for command in commands)])
        env = {name: pebble(value, names) for name, value in task.get("env", {}).items()} | dict(self.env)
        place = self.folder / task["id"]
        place.mkdir(parents=True, exist_ok=True)
        finished = subprocess.run(
            ["/bin/sh", "-c", script], cwd=place, env=env, capture_output=True, text=True, timeout=300
        )  # fmt: skip
        lines = [json.loads(found[1]) for found in map(OUTPUT_LINE.match, finished.stdout.splitlines()) if found]
        vars_: dict[str, Any] = {}
        for line in lines:
            vars_ |= line.get("outputs", {})
        names["outputs"][task["id"]] = {"vars": vars_}
        state = "SUCCESS" if finished.returncode == 0 else "FAILED"
        return TaskRun(task["id"], state, finished.stdout, finished.stderr, lines)
