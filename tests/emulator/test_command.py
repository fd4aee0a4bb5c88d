"""`python -m emulator` as a process: start, state file, switches, wrong usage, and what it lets other machines see."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
import requests

from emulator.__main__ import configuration, main, parser
from emulator.config import Config, Limits
from emulator.faults import Fault
from sync.monday.documents import board_query, page_query
from tests.emulator.support import (
    BOARD,
    CUSTOMER,
    KEY,
    SIZE,
    archive_item,
    create_group,
    create_subitem,
    move_item,
    talking,
)

ROOT = Path(__file__).parents[2]


@contextmanager
def started(*options: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """The command, and the address that it says."""
    command = [sys.executable, "-m", "emulator", "--port", "0", *options]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            told = re.search(r"http://\S+/v2", process.stdout.readline())
            assert told is not None
            yield process, told.group()
        finally:
            if process.poll() is None:
                process.kill()


@pytest.mark.parametrize("ending", [signal.SIGTERM, signal.SIGINT])
def test_it_starts_answers_and_stops_when_told(ending: signal.Signals) -> None:
    with started("--no-limits", "--token", "mine") as (process, url):
        headers = {"Authorization": "mine"}
        answer = requests.post(url, json={"query": "{ me { id } }"}, headers=headers, timeout=20)
        assert answer.json()["data"]["me"]["id"]
        process.send_signal(ending)
        assert process.wait(20) == 0


def test_what_was_answered_survives_kill(tmp_path: Path) -> None:
    file = tmp_path / "board.db"
    query = 'mutation { a: create_item(board_id: 9200517329, item_name: "kept") { id } }'
    with started("--state", str(file)) as (process, url):
        requests.post(url, json={"query": query}, headers={"Authorization": "demo-token"}, timeout=20)
        os.kill(process.pid, signal.SIGKILL)
        process.wait(20)
    with talking(Config(state_file=file)) as talk:
        page = talk.ask(page_query(BOARD, None, []))["data"]["boards"][0]["items_page"]
        assert [item["name"] for item in page["items"]] == ["kept"]


def test_a_state_file_brings_everything_back(tmp_path: Path) -> None:
    config = Config(state_file=tmp_path / "board.db").without_limits()
    with talking(config) as talk:
        first = talk.item("one", **{KEY: "A", CUSTOMER: {"labels": ["ACME"]}})
        talk.done(create_subitem(first, "S", {SIZE: {"labels": ["S"]}}, True))
        second = talk.item("two")
        group = talk.done(create_group(BOARD, "G"))["a0"]["id"]
        talk.done(move_item(first, group), archive_item(second))
        before = talk.ask(board_query(BOARD)), talk.ask(page_query(BOARD, None, [KEY], subitem_column_ids=[SIZE]))
    with talking(config) as talk:
        after = talk.ask(board_query(BOARD)), talk.ask(page_query(BOARD, None, [KEY], subitem_column_ids=[SIZE]))
        assert [each["data"]["boards"] for each in after] == [each["data"]["boards"] for each in before]
        assert talk.item("three") > second


def test_another_file_is_not_taken_for_a_state_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "notes.txt"
    file.write_text("these are notes, and they are longer than a header\n" * 40)
    assert main(["--port", "0", "--state", str(file)]) == 1
    assert "is no state file" in capsys.readouterr().err
    assert file.read_text().startswith("these are notes")


def test_options_reach_the_configuration(tmp_path: Path) -> None:
    rules = tmp_path / "faults.json"
    rules.write_text('[{"effect": "drop_after", "call": 3}]')
    line = (
        f"--no-limits --daily-calls 7 --split-budget --switch status_digits=label --latency-ms 5 --search-lag 2.5 "
        f"--items-limit 9 --with-order-key --column-type text_mkr5kbc6=mirror --faults {rules} --random-faults 7:0.05"
    )
    config = configuration(parser().parse_args(line.split()))
    assert config.limits == replace(Limits.none(), daily_calls=7, split_budget=True)
    assert config.switches.status_digits == "label"
    assert (config.latency_ms, config.search_lag_seconds, config.items_limit) == (5, 2.5, 9)
    assert config.column_types == {"text_mkr5kbc6": "mirror"}
    assert (config.faults, config.random_faults) == ([Fault("drop_after", call=3)], (7, 0.05))
    assert config.host == "127.0.0.1"


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("--switch nonsense=1", "There is no switch 'nonsense'"),
        ("--switch status_digits=perhaps", "give one of index, label"),
        ("--column-type nothing=text", "The board has no column nothing"),
        ("--random-faults often", "is not SEED:SHARE"),
        ("--faults /does/not/exist", "/does/not/exist"),
    ],
)
def test_wrong_options_are_refused_in_one_sentence(line: str, words: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--port", "0", *line.split()]) == 1
    told = capsys.readouterr().err
    assert words in told
    assert told.count("\n") == 1


def test_the_switches_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--help-switches"]) == 0
    assert "idempotency_keep_errors = True" in capsys.readouterr().out


def test_a_port_in_use_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    with talking() as talk:
        assert main(["--port", str(talk.emulator.port)]) == 1
        assert "could not start" in capsys.readouterr().err


def test_the_page_is_not_served_under_a_strangers_name() -> None:
    with talking() as talk:
        stranger = talk.session.get(talk.emulator.page_url, headers={"Host": "evil.example"}, timeout=20)
        assert stranger.status_code == 403
        assert talk.session.get(talk.emulator.page_url + "nothing", timeout=20).status_code == 404
