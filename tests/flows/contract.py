"""Which types a flow may use, and which properties each of them has, on Kestra 1.3 and 2.0 alike.

Written down from Kestra's documentation and the sources of its plugins (plugin-dbt 1.7, plugin-scripts 1.9, core 1.3
and 2.0); there is no server to ask where the tests run. ``*`` marks what must be there.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

TASK = "*id *type description retry timeout runIf allowFailure allowWarning logLevel disabled"
SCRIPT = f"{TASK} *commands beforeCommands env interpreter failFast namespaceFiles inputFiles outputFiles targetOS"
SCRIPT += " containerImage taskRunner"

TASKS = {
    "io.kestra.plugin.scripts.python.Commands": f"{SCRIPT} dependencies pythonVersion packageManager"
    " dependencyCacheEnabled",
    "io.kestra.plugin.dbt.cli.DbtCLI": f"{SCRIPT} profiles projectDir parseRunResults loadManifest storeManifest"
    " logFormat",
    "io.kestra.plugin.core.http.Request": f"{TASK} *uri method contentType body headers options formData params",
    "io.kestra.plugin.core.execution.Exit": f"{TASK} state",
    "io.kestra.plugin.core.log.Log": f"{TASK} *message level",
}
RUNNERS = {
    "io.kestra.plugin.scripts.runner.docker.Docker": "*type user pullPolicy memory cpu networkMode volumes credentials",
    "io.kestra.plugin.core.runner.Process": "*type",
}
TRIGGERS = {
    "io.kestra.plugin.core.trigger.Schedule": "*id *type cron timezone recoverMissedSchedules inputs stopAfter"
    " allowConcurrent description disabled",
}
FLOW = "*id *namespace *tasks description labels variables inputs outputs concurrency sla errors finally"
FLOW += " afterExecution triggers"
INPUT = "*id *type required defaults description values displayName"
OUTPUT = "*id *type *value description"
CONCURRENCY = "*limit behavior"
SLA = "*id *type duration behavior labels assert"
RETRY = {
    "constant": "*type *interval maxAttempts maxDuration warningOnRetry behavior",
    "exponential": "*type *interval *maxInterval delayFactor maxAttempts maxDuration warningOnRetry behavior",
    "random": "*type *minInterval *maxInterval maxAttempts maxDuration warningOnRetry behavior",
}
VALUES = {
    "concurrency.behavior": {"QUEUE", "CANCEL", "FAIL"}, "sla.behavior": {"FAIL", "CANCEL", "NONE"},
    "sla.type": {"MAX_DURATION", "EXECUTION_ASSERTION"}, "input.type": {"STRING", "INT", "BOOL", "SELECT", "DATE"},
    "output.type": {"STRING", "INT", "BOOL"}, "state": {"SUCCESS", "WARNING", "KILLED", "FAILED", "CANCELED"},
    "recoverMissedSchedules": {"ALL", "LAST", "NONE"},
    "method": {"GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"},
}  # fmt: skip
GONE = {
    "pluginDefaults": "removed in 2.0", "taskDefaults": "removed long ago", "conditions": "removed in 2.0",
    "preconditions": "removed in 2.0", "when": "unknown to 1.3", "runner": "deprecated", "docker": "deprecated",
    "dockerOptions": "deprecated", "warningOnStdErr": "deprecated", "maxAttempt": "renamed in 0.24",
    "listeners": "removed",
}  # fmt: skip
DURATION = re.compile(r"P(?=.)(\d+D)?(T(?=\d)(\d+H)?(\d+M)?(\d+S)?)?")
IDENTIFIER = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9_-]*")


def problems(flow: dict[str, Any]) -> list[str]:
    """What Kestra would not take, one sentence each; none for a flow that both versions take."""
    return list(_flow(flow))


def _names(node: dict[str, Any], place: str, allowed: str) -> Iterator[str]:
    known = {name.lstrip("*") for name in allowed.split()}
    for name in node:
        if name in GONE:
            yield f"{place}.{name}: {GONE[name]}"
        elif name not in known:
            yield f"{place}.{name} is no property of it"
    for name in allowed.split():
        if name.startswith("*") and node.get(name[1:]) in (None, "", []):
            yield f"{place}.{name[1:]} is missing"


def _value(node: dict[str, Any], name: str, kind: str, place: str) -> Iterator[str]:
    if name in node and node[name] not in VALUES[kind]:
        yield f"{place}.{name}: {node[name]!r} is none of its values"


def _duration(node: dict[str, Any], name: str, place: str) -> Iterator[str]:
    if name in node and not (isinstance(node[name], str) and DURATION.fullmatch(node[name])):
        yield f"{place}.{name}: {node[name]!r} is no duration"


def _flow(flow: dict[str, Any]) -> Iterator[str]:
    yield from _names(flow, "flow", FLOW)
    for each in flow.get("inputs", []):
        yield from _names(each, f"inputs.{each.get('id')}", INPUT)
        yield from _value(each, "type", "input.type", f"inputs.{each.get('id')}")
    for each in flow.get("outputs", []):
        yield from _names(each, f"outputs.{each.get('id')}", OUTPUT)
        yield from _value(each, "type", "output.type", f"outputs.{each.get('id')}")
    if "concurrency" in flow:
        yield from _names(flow["concurrency"], "concurrency", CONCURRENCY)
        yield from _value(flow["concurrency"], "behavior", "concurrency.behavior", "concurrency")
    for each in flow.get("sla", []):
        yield from _names(each, "sla", SLA)
        yield from _value(each, "type", "sla.type", "sla")
        yield from _value(each, "behavior", "sla.behavior", "sla")
        yield from _duration(each, "duration", "sla")
    tasks = [task for part in ("tasks", "errors", "finally", "afterExecution") for task in flow.get(part, [])]
    for task in tasks:
        yield from _task(task)
    for trigger in flow.get("triggers", []):
        yield from _typed(trigger, f"triggers.{trigger.get('id')}", TRIGGERS)
        yield from _value(trigger, "recoverMissedSchedules", "recoverMissedSchedules", "triggers")
    ids = [each["id"] for each in [*tasks, *flow.get("triggers", [])] if "id" in each]
    yield from (f"the id {each} stands twice" for each in sorted({each for each in ids if ids.count(each) > 1}))
    yield from (f"{each} can't be an id" for each in ids if not IDENTIFIER.fullmatch(each))


def _typed(node: dict[str, Any], place: str, types: dict[str, str]) -> Iterator[str]:
    kind = node.get("type")
    if kind in types:
        yield from _names(node, place, types[str(kind)])
    else:
        yield f"{place}: {kind!r} is no type that both versions know"


def _task(task: dict[str, Any]) -> Iterator[str]:
    place = f"tasks.{task.get('id')}"
    yield from _typed(task, place, TASKS)
    yield from _duration(task, "timeout", place)
    yield from _value(task, "state", "state", place)
    yield from _value(task, "method", "method", place)
    if "taskRunner" in task:
        yield from _typed(task["taskRunner"], f"{place}.taskRunner", RUNNERS)
    retry = task.get("retry")
    if retry is not None:
        if retry.get("type") not in RETRY:
            yield f"{place}.retry: {retry.get('type')!r} is no kind of retry"
            return
        yield from _names(retry, f"{place}.retry", RETRY[retry["type"]])
        for name in ("interval", "minInterval", "maxInterval", "maxDuration"):
            yield from _duration(retry, name, f"{place}.retry")
    for name in ("commands", "beforeCommands", "outputFiles"):
        if not all(isinstance(each, str) for each in task.get(name, [])):
            yield f"{place}.{name} holds something that is no text"
    for name, value in task.get("env", {}).items():
        if not isinstance(value, str):
            yield f"{place}.env.{name} is no text"
