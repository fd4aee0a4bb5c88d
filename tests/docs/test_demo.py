"""`make demo`: a filled board, nothing to do the second time, and going on after an accident."""

from __future__ import annotations

import os
import signal
import socket
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from scripts import demo

pytestmark = pytest.mark.slow
ORDERS = 150


@pytest.fixture
def place(tmp_path: Path) -> Iterator[demo.Place]:
    place = demo.Place(tmp_path / "demo")
    yield place
    demo.stop(place, fresh=True)


def port_of(place: demo.Place) -> int:
    noted = demo.running(place)
    assert noted is not None
    return noted["port"]


def test_the_demo_fills_a_board_and_finds_nothing_to_do_after_its_monday_was_killed(
    place: demo.Place, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MONDAY_API_TOKEN", "a-real-token-that-must-not-be-used")
    monkeypatch.setenv("DBT_TARGET", "sqlserver")
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        monkeypatch.setattr(demo, "PORT", taken.getsockname()[1])
        demo.start(place, ORDERS)
    first = capsys.readouterr().out
    assert f"{ORDERS:,}" in first
    assert "items created" in first
    page = requests.get(f"http://127.0.0.1:{port_of(place)}/", timeout=10)
    assert (page.status_code, "<html" in page.text) == (200, True)

    noted = demo.running(place)
    assert noted is not None
    os.kill(noted["pid"], signal.SIGKILL)
    until = time.monotonic() + 10
    while demo.running(place) and time.monotonic() < until:
        time.sleep(0.1)
    demo.start(place, ORDERS)
    second = capsys.readouterr().out
    assert "Nothing changed since the last run" in second
    assert "Look at the board" in second
    assert demo.count(place, "STG_MON_CustMasterSchedule") == 0


def test_a_step_that_fails_ends_the_demo_with_its_own_words(place: demo.Place) -> None:
    place.folder.mkdir()
    with pytest.raises(demo.DemoError, match=r"ended with exit code 7.*\n.*what went wrong"):
        demo.run(place, 1, sys.executable, "-c", "print('what went wrong'); raise SystemExit(7)", log="step.log")


def test_an_old_note_is_not_taken_for_a_running_emulator(place: demo.Place) -> None:
    place.folder.mkdir()
    place.emulator.write_text(f'{{"pid": {os.getpid()}, "port": 1}}', encoding="utf-8")
    assert demo.running(place) is None
