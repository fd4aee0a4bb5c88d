"""`make demo` fills a board; what the documents say to ask its database works; after an accident it goes on."""

from __future__ import annotations

import io
import json
import os
import re
import shlex
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest
import requests

from scripts import demo
from tests.docs.reading import Snippet, statements

pytestmark = pytest.mark.slow
ORDERS = 150
STATEMENTS = statements()


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[demo.Place]:
    """A demo that has run once, in spite of a port that is taken and a set-up for another database and board."""
    place = demo.Place(tmp_path_factory.mktemp("demo") / "files")
    with pytest.MonkeyPatch.context() as patch, socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        patch.setattr(demo, "PORT", taken.getsockname()[1])
        patch.setenv("MONDAY_API_TOKEN", "a-real-token-that-must-not-be-used")
        patch.setenv("DBT_TARGET", "sqlserver")
        demo.start(place, ORDERS)
    yield place
    demo.stop(place, fresh=True)


def port_of(place: demo.Place) -> int:
    noted = demo.running(place)
    assert noted is not None
    return noted["port"]


def test_the_demo_fills_a_board(place: demo.Place) -> None:
    page = requests.get(f"http://127.0.0.1:{port_of(place)}/", timeout=10)
    assert (page.status_code, "<html" in page.text) == (200, True)
    orders, rejected = demo.count(place, "ORDERS_UNIFIED"), demo.count(place, "STG_MON_RejectedOrders")
    assert orders == ORDERS
    assert rejected is not None
    assert demo.count(place, "MON_CustMasterSchedule where MONDAY_ITEM_ID is not null") == ORDERS - rejected


@pytest.mark.parametrize("statement", STATEMENTS, ids=lambda snippet: snippet.text.splitlines()[0][:60])
def test_a_documented_statement_runs(place: demo.Place, statement: Snippet) -> None:
    with duckdb.connect(str(place.database), read_only=True) as database:
        database.execute(statement.text).fetchall()


def test_there_are_statements_to_run() -> None:
    assert len(STATEMENTS) >= 5


def test_the_demo_goes_on_after_a_kill_and_finds_nothing_to_do(
    place: demo.Place, capsys: pytest.CaptureFixture[str]
) -> None:
    noted = demo.running(place)
    assert noted is not None
    os.kill(noted["pid"], signal.SIGKILL)
    assert place.process is not None
    place.process.wait(timeout=10)
    assert demo.running(place) is None
    demo.start(place, ORDERS)
    said = capsys.readouterr().out
    assert "Nothing changed since the last run" in said
    assert f"http://127.0.0.1:{port_of(place)}/" in said
    assert demo.count(place, "STG_MON_CustMasterSchedule") == 0


def test_an_edit_reaches_the_board_and_the_tables_can_be_asked(
    place: demo.Place, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    demo.edit(place)
    said = capsys.readouterr().out
    assert re.search(r"^ +2 +items created *$", said, re.MULTILINE)
    assert re.search(r"^ +3 +of them in another group now", said, re.MULTILINE)
    assert demo.count(place, "MON_CustMasterSchedule where GROUP_NAME like '% SPRING' and GROUP_NAME like '%202_ %'")
    monkeypatch.setattr(
        sys, "stdin", io.StringIO("select count(*) as N\nfrom ORDERS_UNIFIED; select nothing;\nselect 'last'")
    )
    demo.ask(place)
    said = capsys.readouterr().out
    assert (str(ORDERS + 2) in said, "nothing" in said, "last" in said) == (True, True, True)


def test_a_shell_uses_the_demo(place: demo.Place, tmp_path: Path) -> None:
    file = place.write_environment(port_of(place))
    told = f". {shlex.quote(str(file))} && cd {shlex.quote(str(demo.ROOT))} && python -m sync status --json"
    done = subprocess.run(
        ["sh", "-c", told], env={"PATH": os.environ["PATH"]}, capture_output=True, text=True, check=True
    )
    assert json.loads(done.stdout)["command"] == "status"


def test_a_step_that_fails_ends_the_demo_with_its_own_words(tmp_path: Path) -> None:
    with pytest.raises(demo.DemoError, match=r"ended with exit code 7.*\n.*what went wrong"):
        demo.run(
            demo.Place(tmp_path),
            1,
            sys.executable,
            "-c",
            "print('what went wrong'); raise SystemExit(7)",
            log="step.log",
        )


def test_an_old_note_is_not_taken_for_a_running_emulator(tmp_path: Path) -> None:
    place = demo.Place(tmp_path)
    place.emulator.write_text(f'{{"pid": {os.getpid()}, "port": 1}}', encoding="utf-8")
    assert demo.running(place) is None
