"""A command line that can't be understood: exit code 2, a sentence on stderr, and what programs asked for on stdout."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import Any

import pytest
from click.testing import CliRunner, Result

from sync.cli import main


def say(*words: str, **env: str) -> Result:
    return CliRunner().invoke(main, list(words), prog_name="sync", env={"KESTRA_EXECUTION_ID": None, **env})


def one_object(text: str) -> dict[str, Any]:
    lines = text.splitlines()
    assert len(lines) == 1, text
    answer: dict[str, Any] = json.loads(lines[0])
    return answer


@pytest.mark.parametrize(
    ("words", "command", "said"),
    [
        (["push", "--bogus", "--json"], "push", "--bogus"),
        (["push", "--json", "--customer"], "push", "--customer"),
        (["push", "--json", "--limit", "none"], "push", "--limit"),
        (["push", "--json", "--batch", "1", "2"], "push", "2"),
        (["push", "--json", "--batch", "--fail-under", "nan"], "push", "no number"),
        (["push", "--json"], "push", "--batch"),
        (["board", "check", "--json", "--yes"], "board check", "--yes"),
        (["status", "--json", "--limit", "3"], "status", "--limit"),
        (["no-such", "--json"], "sync", "no-such"),
        (["board", "--json"], "board", "A command is missing"),
        (["--json"], "sync", "A command is missing"),
        (["--json", "status"], "status", "stands behind --json"),
    ],
)
def test_json_gets_one_object_wherever_the_option_stands(words: list[str], command: str, said: str) -> None:
    done = say(*words)
    answer = one_object(done.stdout)
    assert done.exit_code == 2
    shown: dict[str, object] = {"tables": [], "lines": [], "warnings": []}
    assert answer == shown | {"command": command, "status": "usage", "exit_code": 2, "message": answer["message"]}
    assert said in answer["message"]
    assert done.stderr  # people read the log


def test_kestra_gets_its_line() -> None:
    for done in (say("push", "--bogus", "--kestra"), say("push", "--bogus", KESTRA_EXECUTION_ID="x")):
        marker = done.stdout.splitlines()[-1]
        assert done.exit_code == 2
        assert marker.startswith("::{")
        assert json.loads(marker.strip(":"))["outputs"]["exit_code"] == 2
    both = say("push", "--json", "--bogus", "--kestra").stdout.splitlines()
    assert len(both) == 2
    assert json.loads(both[0])["status"] == "usage"


def test_people_get_the_parsers_own_words_alone() -> None:
    done = say("push", "--bogus")
    assert (done.exit_code, done.stdout) == (2, "")
    assert "No such option" in done.stderr


@pytest.mark.parametrize(
    ("words", "option"),
    [
        (["push", "--batch", "--customer", ""], "--customer"),
        (["push", "--customer", ""], "--customer"),
        (["push", "--customer", "GREYSON", "--po", " "], "--po"),
        (["push", "--batch", "--aag-season="], "--aag-season"),
        (["push", "--batch", "--customer-season", "\t"], "--customer-season"),
        (["push", "--batch", ""], "--batch"),
        (["push", "--batch="], "--batch"),
        (["push", "--batch", "  ", "--dry-run"], "--batch"),
        (["retry", "--customer", ""], "--customer"),
        (["retry", "--batch", ""], "--batch"),
        (["audit", "--repair", "--customer", ""], "--customer"),
        (["report", "--batch", ""], "--batch"),
    ],
)
def test_a_blank_value_never_widens_a_command(words: list[str], option: str) -> None:
    done = say(*words, "--json")
    answer = one_object(done.stdout)
    assert (done.exit_code, answer["status"]) == (2, "usage")
    assert f"'{option}'" in answer["message"]
    assert "blank" in answer["message"]


def test_a_blank_order_is_answered_in_words_of_the_command_line() -> None:
    done = say("order", " ")
    assert done.exit_code == 2
    assert "it is blank; give a value." in done.stderr
    assert "wanted" not in done.stderr


def test_an_option_is_not_taken_for_a_forgotten_value() -> None:
    done = say("push", "--customer", "--json")
    assert (done.exit_code, one_object(done.stdout)["status"]) == (2, "usage")
    assert "--customer" in one_object(done.stdout)["message"]


def test_values_arrive_trimmed_and_batch_alone_means_everything(monkeypatch: pytest.MonkeyPatch) -> None:
    import sync.commands.push
    from sync.output import Result as Said
    from sync.push.summary import Options

    asked = []

    def push(env: object, options: Options, **rest: object) -> Said:
        asked.append(options.selection)
        return Said("push", "Done.")

    monkeypatch.setattr(sync.commands.push, "push", push)
    assert say("push", "--batch").exit_code == say("push", "--batch", " B-1 ", "--po", " 4755 ").exit_code == 0
    assert [(one.batch, one.po) for one in asked] == [(None, None), ("B-1", "4755")]


def test_help_and_version_are_no_failures() -> None:
    assert say("--help").exit_code == say("push", "--help").exit_code == say("--version").exit_code == 0


@pytest.mark.parametrize("words", [("push",), ("push", "--json"), ("push", "--bogus"), ("push", "--bogus", "--json")])
def test_the_exit_code_tells_though_nobody_reads(words: tuple[str, ...]) -> None:
    read, write = os.pipe()
    os.close(read)
    try:
        done = subprocess.run(
            [sys.executable, "-m", "sync", *words], stdout=write, stderr=write, check=False, timeout=60
        )
    finally:
        os.close(write)
    assert done.returncode == 2
