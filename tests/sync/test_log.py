"""The log: its lines as text and as JSON, its levels, and how far a long command says that it is."""

from __future__ import annotations

import io
import json
import logging
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest
from click.testing import CliRunner, Result

from sync import log
from sync.cli import main
from sync.errors import ConfigurationError
from sync.monday.answers import HttpReply, read_answer
from sync.monday.http import MondayClient
from tests.monday.fakes import FakeTransport

RUN = "5d9ca50e-1a74-4a84-982a-2313bf6b5ffb"
Lines = Callable[[], list[str]]


@pytest.fixture(autouse=True)
def quiet_again() -> Iterator[None]:
    yield
    log.set_up({})


@pytest.fixture
def lines(capsys: pytest.CaptureFixture[str]) -> Lines:
    """The lines logged since they were last asked for."""
    return lambda: list(capsys.readouterr().err.splitlines())


def objects(lines: Lines) -> list[dict[str, Any]]:
    return [json.loads(line) for line in lines()]


def say(*words: str, **env: str) -> Result:
    return CliRunner().invoke(main, list(words), prog_name="sync", env={"KESTRA_EXECUTION_ID": None, **env})


def test_a_line_of_text_has_time_level_and_words(lines: Lines) -> None:
    log.set_up({})
    log.say("push.begin", "push: begins.\n:::{}::", rows=3)
    (line,) = lines()
    time.strptime(line[:20], "%Y-%m-%dT%H:%M:%SZ")
    assert line[20:] == " INFO    push: begins. : : :{}: :"  # no line that Kestra reads


def test_a_json_line_names_run_batch_and_request_even_where_there_is_none(lines: Lines) -> None:
    log.set_up({"SYNC_LOG_FORMAT": "JSON"})
    log.say("push.begin", "Begins.", rows=3)
    log.of_run(RUN)
    log.say("batch.end", "Ended.", logging.ERROR, batch="B-1")
    first, second = objects(lines)
    assert list(first) == [
        "time", "level", "event", "run", "batch", "request", "monday_request_id", "rows", "message",
    ]  # fmt: skip
    time.strptime(first["time"], "%Y-%m-%dT%H:%M:%S.%fZ")
    assert (first["level"], first["event"], first["run"], first["rows"]) == ("INFO", "push.begin", None, 3)
    assert (second["level"], second["run"], second["batch"], second["message"]) == ("ERROR", RUN, "B-1", "Ended.")


@pytest.mark.parametrize(
    ("env", "options", "shown"),
    [
        ({}, {}, {"INFO", "WARNING", "ERROR"}),
        ({"SYNC_LOG_LEVEL": "debug"}, {}, {"DEBUG", "INFO", "WARNING", "ERROR"}),
        ({"SYNC_LOG_LEVEL": "WARNING"}, {}, {"WARNING", "ERROR"}),
        ({"SYNC_LOG_LEVEL": "ERROR"}, {"verbose": True}, {"DEBUG", "INFO", "WARNING", "ERROR"}),
        ({"SYNC_LOG_LEVEL": "DEBUG"}, {"quiet": True}, set()),
    ],
)
def test_levels(lines: Lines, env: Mapping[str, str], options: dict[str, bool], shown: set[str]) -> None:
    log.set_up(env, **options)
    for level in (logging.DEBUG, logging.INFO, logging.WARNING, logging.ERROR):
        log.say("event", "words", level)
    assert {line.split()[1] for line in lines()} == shown


@pytest.mark.parametrize(("name", "value"), [("SYNC_LOG_LEVEL", "loud"), ("SYNC_LOG_FORMAT", "xml")])
def test_a_wrong_word_is_named(name: str, value: str) -> None:
    with pytest.raises(ConfigurationError, match=name):
        log.set_up({name: value})
    done = say("status", "--json", **{name: value})
    assert done.exit_code == 1
    assert name in json.loads(done.stdout)["message"]
    assert say("push", "--no-such", "--json", **{"SYNC_LOG_FORMAT": "json", name: value}).exit_code == 2


def test_a_failure_beside_json_is_a_line_of_the_log() -> None:
    for words, event in ((("push", "--json"), "push"), (("push", "--no-such", "--json"), "push")):
        done = say(*words, SYNC_LOG_FORMAT="json")
        (told,) = [json.loads(line) for line in done.stderr.splitlines()]
        assert (told["event"], told["level"], told["command"], told["exit_code"]) == ("failed", "ERROR", event, 2)
        assert told["message"] == json.loads(done.stdout)["message"]
        assert not say(*words, "--quiet").stderr or "--no-such" in words


# ---------- requests


def test_a_request_is_logged_with_what_it_cost_and_what_became_of_it(lines: Lines) -> None:
    log.set_up({"SYNC_LOG_FORMAT": "json"}, verbose=True)
    answered = {"data": {"complexity": {"before": 9, "query": 60, "after": 3, "reset_in_x_seconds": 1},
                         "a0": {"id": "1"}, "a1": None},
                "errors": [{"message": "secret words of a row", "path": ["a1"],
                            "extensions": {"code": "ColumnValueException"}}],
                "extensions": {"request_id": "M-1"}}  # fmt: skip
    transport = FakeTransport(HttpReply(200, {}, json.dumps(answered)))
    client = MondayClient("http://127.0.0.1:1/v2", "token", "2026-10", transport=transport)
    query = "mutation ($x: ID!) {\n  a0: create_item(id: $x) { id }\n  a1: create_item(id: $x) { id }\n}"
    body = json.dumps({"query": query, "variables": {"x": "\n  a9: secret("}}, separators=(",", ":"))
    read_answer(client.send(body, idempotency_key="R-1", batch="B-1"), ["a0", "a1"])
    (told,) = objects(lines)
    assert (told["event"], told["level"], told["what"]) == ("request", "INFO", "create_item")
    assert (told["rows"], told["points"]) == (2, 60)
    assert (told["batch"], told["request"], told["monday_request_id"]) == ("B-1", "R-1", "M-1")
    assert told["outcome"] == "answered (1 done, 1 rejected, ColumnValueException)"
    assert "secret" not in json.dumps(told)


# ---------- how far


def test_progress_says_how_far_at_what_rate_until_when(lines: Lines) -> None:
    log.set_up({"SYNC_LOG_FORMAT": "json"})
    with log.progress("push", "row", bar=False, every=0.05):
        log.PROGRESS.count(0, 1000)
        log.PROGRESS.count(400, 1000, "12 calls")
        log.PROGRESS.waits("a pause", 0.1)
        log.PROGRESS.waits("Monday's budget of points and calls", 50)
        time.sleep(0.2)
    told = objects(lines)
    assert len(told) >= 2
    first = told[0]
    assert (first["event"], first["done"], first["of"], first["note"]) == ("progress", 400, 1000, "12 calls")
    assert 400 < first["per_minute"] < 600
    assert first["waits_for"] == "Monday's budget of points and calls"
    assert first["time"][:19] < first["waits_until"] < first["done_at"]
    assert first["message"].startswith("push: 400 of 1,000 rows, ")
    assert f"until {first['waits_until'][11:19]} UTC; done at about " in first["message"]


def test_the_rate_is_that_of_the_last_minutes(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [1_000_000.0]
    monkeypatch.setattr("sync.log.time.time", lambda: clock[0])
    now = log.Progress()
    now.begin("push", "row")
    for minute in range(20):
        now.count(10_000 + minute if minute else 0, 20_000)
        now.log()
        clock[0] += 60
    assert now.fields()["per_minute"] == pytest.approx(1, abs=0.2)


def test_a_terminal_gets_a_bar_with_the_same_words(monkeypatch: pytest.MonkeyPatch) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "200")
    log.set_up({})
    with log.progress("push", "row", bar=True):
        log.PROGRESS.count(0, 1000)
        log.PROGRESS.count(400, 1000, "12 calls")
        log.PROGRESS.waits("Monday's budget of points and calls", 50)
        time.sleep(1.3)
    shown = terminal.getvalue()
    assert "400/1000" in shown
    assert "waits for Monday's budget of points and calls until" in shown
    assert "INFO" not in shown
