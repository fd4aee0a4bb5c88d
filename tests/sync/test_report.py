"""The figures of the report against a ledger whose figures are known, and the text of its page."""

from __future__ import annotations

import datetime as dt
import json
import os
import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import duckdb
import pytest

from sync.commands.report import report
from sync.errors import ConfigurationError, DatabaseError, UsageError
from sync.report.figures import cost, fate, groups, time_line
from sync.report.page import duration, percent, visible
from sync.report.reading import Report, read_report
from sync.session import open_session
from sync.statements import Statements
from tests.models.tsql.gate import check
from tests.support import ROOT
from tests.sync.report_ledger import (
    BATCH,
    HOSTILE,
    MARKER,
    OLD,
    OLD_RUN,
    RIGHT_TO_LEFT,
    RUN,
    SECOND,
    START,
    Ledger,
    at,
    made,
)


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The known ledger, which no test changes."""
    file = tmp_path_factory.mktemp("ledger") / "orders.duckdb"
    made(file)
    return file


@pytest.fixture
def fresh(tmp_path: Path, path: Path) -> Ledger:
    """A copy of the known ledger, open, to add to."""
    (tmp_path / "orders.duckdb").write_bytes(path.read_bytes())
    return Ledger(tmp_path / "orders.duckdb", migrated=True)


def read(file: Path, batch: str | None = BATCH, *, whole_run: bool = False) -> Report:
    with open_session({"ORDERS_DUCKDB_PATH": str(file)}, read_only=True) as session:
        found = read_report(session, batch, whole_run=whole_run)
    assert found is not None
    return found


def page_of(file: Path, folder: Path, batch: str | None = BATCH, **options: Any) -> str:
    result = report({"ORDERS_DUCKDB_PATH": str(file)}, batch, folder / "page.html", **options)
    return Path(result.data["path"]).read_text(encoding="utf-8")


# ---------- figures


def test_what_changed_is_counted_by_group_and_kind(path: Path) -> None:
    by_group = {group.title: {k: n for k, n in group.counts.items() if n} for group in read(path).first.groups}
    assert by_group == {
        "ACME 2026 SPRING": {"created": 1, "updated": 2, "archived": 1, "sizes created": 3},
        HOSTILE: {"created": 1, "updated": 1, "moved": 2},
        None: {"sizes updated": 1},
    }


def test_an_order_changed_and_moved_is_one_row_of_two_kinds(path: Path) -> None:
    first = read(path).first
    assert {group.title: group.rows for group in first.groups}[HOSTILE] == 3
    assert first.changes == {
        "created": 2, "updated": 3, "moved": 2, "archived": 1, "sizes created": 3, "sizes updated": 1,
    }  # fmt: skip


def test_counters_are_those_of_the_batch(path: Path) -> None:
    first = read(path).first
    assert (first.items.planned, first.items.succeeded, first.items.failed, first.items.left) == (9, 7, 1, 1)
    assert (first.sizes.planned, first.sizes.succeeded, first.sizes.failed, first.sizes.left) == (5, 4, 1, 0)
    assert first.items.percent(first.items.failed) == pytest.approx(100 / 9)
    assert first.seconds == 60


def test_a_shared_request_costs_each_batch_a_call_and_its_share_of_points(path: Path) -> None:
    found = read(path)
    # 6 sendings: 2 of the shared request, of whose 90,000 points two thirds are this batch's
    assert (found.first.cost.calls, found.first.cost.retries) == (6, 1)
    assert found.first.cost.points == 60_000 + 0 + 180_000 + 120_000 + 30_000
    assert found.first.cost.minutes == pytest.approx(0.039)
    assert read(path, SECOND).first.cost.points == 30_000
    assert (found.run_cost.calls, found.run_cost.points) == (7, 450_000)


def test_calls_of_the_day_are_those_of_the_batchs_day(path: Path) -> None:
    assert read(path).day_calls == 7
    assert read(path, OLD).day_calls == 1


def test_the_last_batch_that_ended_is_the_default(path: Path, fresh: Ledger) -> None:
    assert read(path, None).first.row["BATCH_ID"] == BATCH  # of two that ended at once the larger one
    fresh.batch("running", "LATE", items="1/0/0/1", sizes="0/0/0/0", RUN_ID="r3", STARTED_AT=at(90), FINISHED_AT=None)
    fresh.connection.close()
    file = Path(fresh.env["ORDERS_DUCKDB_PATH"])
    assert read(file, None).first.row["BATCH_ID"] == BATCH
    assert "This batch isn't over" in page_of(file, file.parent, "running")


def test_only_an_unfinished_batch_is_better_than_none(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "orders.duckdb")
    ledger.batch("only", "ONE", items="4/1/0/3", sizes="0/0/0/0", FINISHED_AT=None, SUBITEMS_FINISHED_AT=None)
    ledger.connection.close()
    found = read(tmp_path / "orders.duckdb", None)
    assert (found.first.row["BATCH_ID"], found.first.seconds) == ("only", None)


def test_a_run_holds_all_its_batches_and_no_others(path: Path) -> None:
    found = read(path, SECOND, whole_run=True)
    assert [each.row["BATCH_ID"] for each in found.batches] == [BATCH, SECOND]
    assert (found.items.succeeded, found.sizes.succeeded, found.adopted) == (8, 4, 1)
    assert found.run_cost.points == 450_000
    assert [row["BATCH_ID"] for row in read(path).others] == [SECOND]
    assert read(path, OLD, whole_run=True).first.row["RUN_ID"] == OLD_RUN


def test_phases_lie_where_the_ledger_says(path: Path) -> None:
    line = read(path).first.timeline
    assert line is not None
    assert line.seconds == 60
    spans = {phase.name: (round(phase.start * 0.6, 2), round(phase.width * 0.6, 2)) for phase in line.phases}
    assert spans == {
        "Preflight": (0, 2), "Groups": (2, 3), "Orders": (6, 24), "Sizes": (31, 19), "Rest of the run": (50, 10),
    }  # fmt: skip


def test_requests_at_once_lie_in_lanes_of_their_own(path: Path) -> None:
    line = read(path).first.timeline
    assert line is not None
    assert [(span.name, span.lane) for span in line.requests] == [
        ("CREATE_ITEM", 0), ("CREATE_ITEM", 1), ("CHANGE_ITEM", 0), ("CREATE_SUBITEM", 0), ("CHANGE_SUBITEM", 0),
    ]  # fmt: skip
    assert (line.lanes, line.requests_total) == (2, 5)
    assert [span.css for span in line.requests] == ["items", "parked", "items", "sizes", "sizes"]


def test_rows_stand_in_the_column_of_their_answer(path: Path) -> None:
    line = read(path).first.timeline
    assert line is not None
    rows = {n: (each.items, each.sizes, each.failed) for n, each in enumerate(line.bins) if each.rows}
    assert rows == {9: (1, 0, 1), 30: (1, 0, 0), 13: (5, 0, 0), 36: (0, 3, 1), 50: (0, 1, 0)}
    assert line.highest == 5


def test_what_was_out_of_the_ordinary_is_told(path: Path) -> None:
    first = read(path).first
    assert [words for _, words in first.unusual] == [
        "sent 2 times", "the answer was lost, the board was asked: 1 row was there and adopted",
    ]  # fmt: skip
    assert first.adopted == 1


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ({}, None),
        ({"OUTCOME": None}, "its end is not known yet"),
        ({"OUTCOME": "RECOVERED"}, "closed by a later one"),
        ({"ROWS_GONE": 2}, "2 were no longer on the board"),
        ({"ROWS_RELEASED": 3, "ATTEMPTS": 4}, "sent 4 times; 3 rows were given up"),
    ],
)
def test_the_fate_of_a_request_in_words(values: dict[str, Any], told: str | None) -> None:
    row = {"OUTCOME": "DONE", "ATTEMPTS": 1, "ROWS_ADOPTED": 0, "ROWS_RELEASED": 0, "ROWS_GONE": 0} | values
    assert (fate(row) is None) if told is None else told in str(fate(row))


def test_failures_say_what_becomes_of_the_row(fresh: Ledger) -> None:
    fresh.failure("C-1", RETRYABLE=True, ERROR_CLASS="TRANSIENT", ERROR_CODE="NO_ANSWER")
    fresh.failure("C-2", RETRYABLE=True, MAX_RETRIES_REACHED=True, ERROR_CLASS="TRANSIENT", ATTEMPT=3, ERROR_CODE="X")
    fresh.failure("C-3", RESOLVED_AT=at(90), RESOLVED_BY="push 1234", RETRYABLE=True)
    fresh.failure("C-4", BATCH_ID=SECOND)
    fresh.connection.close()
    found = read(Path(fresh.env["ORDERS_DUCKDB_PATH"])).first
    fates = {row["ORDER_KEY"]: row["FATE"] for row in found.failures if not row["SIZE_LABEL"]}
    assert fates == {"A-9": "HELD", "C-1": "COMES_BACK", "C-2": "DEAD_LETTERED", "C-3": "RESOLVED"}
    text = page_of(Path(fresh.env["ORDERS_DUCKDB_PATH"]), Path(fresh.env["ORDERS_DUCKDB_PATH"]).parent)
    assert "comes back by itself with the next run" in text
    assert "was tried in three runs" in text


def test_many_failures_are_counted_all_and_listed_up_to_a_limit(fresh: Ledger) -> None:
    for number in range(230):
        fresh.failure(f"M-{number:03}", ERROR_CODE="MANY", CREATED_AT=at(100 + number))
    fresh.connection.close()
    found = read(Path(fresh.env["ORDERS_DUCKDB_PATH"])).first
    assert len(found.failures) == 200
    assert found.failures[0]["ORDER_KEY"] == "M-229"
    assert {reason["ERROR_CODE"]: reason["ROWS_FAILED"] for reason in found.reasons}["MANY"] == 230


def test_a_batch_that_two_runs_worked_on_shows_the_last_ones_time(fresh: Ledger) -> None:
    fresh.connection.execute("update MON_ApiRequests set RUN_ID = 'dead' where OUTCOME = 'LOOKED_UP'")
    fresh.connection.execute("update MON_BatchProcessing set STARTED_AT = ? where BATCH_ID = ?", [at(-9000), BATCH])
    fresh.connection.close()
    first = read(Path(fresh.env["ORDERS_DUCKDB_PATH"])).first
    assert first.timeline is not None
    assert (first.runs, first.timeline.start, first.seconds) == (2, at(2), 58)
    text = page_of(Path(fresh.env["ORDERS_DUCKDB_PATH"]), Path(fresh.env["ORDERS_DUCKDB_PATH"]).parent)
    assert "2 runs worked on this batch" in text


def test_many_requests_are_counted_but_not_drawn() -> None:
    row = {
        "RUN_ID": RUN, "OPERATION": "CREATE_ITEM", "OUTCOME": "DONE", "ATTEMPTS": 1, "ROW_COUNT": 40,
        "ROWS_CARRIED": 40, "ROWS_DONE": 40, "ROWS_ADOPTED": 0, "ROWS_FAILED": 0, "ROWS_GONE": 0, "ROWS_RELEASED": 0,
    }  # fmt: skip
    rows = [row | {"REQUEST_ID": str(n), "SENT_AT": at(n), "FINISHED_AT": at(n + 2)} for n in range(700)]
    batch = dict.fromkeys(
        ("PREFLIGHT_FINISHED_AT", "GROUPS_FINISHED_AT", "ITEMS_STARTED_AT", "ITEMS_FINISHED_AT", "SUBITEMS_STARTED_AT",
         "SUBITEMS_FINISHED_AT", "FINISHED_AT")
    )  # fmt: skip
    line = time_line(batch | {"RUN_ID": RUN, "STARTED_AT": START}, rows, again=False)
    assert line is not None
    assert (line.requests, line.requests_total) == ((), 700)
    assert sum(each.items for each in line.bins) == 28_000


def test_nothing_recorded_is_no_time_line() -> None:
    assert time_line({"RUN_ID": RUN, "STARTED_AT": None} | dict.fromkeys(
        ("PREFLIGHT_FINISHED_AT", "GROUPS_FINISHED_AT", "ITEMS_FINISHED_AT", "SUBITEMS_FINISHED_AT", "FINISHED_AT")
    ), [], again=False) is None  # fmt: skip
    assert cost([]).minutes == 0
    assert groups([]) == []


# ---------- words


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(None, "not over"), (0, "0 ms"), (0.04, "40 ms"), (0.0999, "0.1 s"), (9.94, "9.9 s"), (9.96, "10 s"),
     (59.6, "1 min 00 s"), (3599.7, "1 h 00 min"), (3725, "1 h 02 min")],
)  # fmt: skip
def test_durations(seconds: float | None, said: str) -> None:
    assert duration(seconds) == said


@pytest.mark.parametrize(
    ("share", "said"), [(0, "0 %"), (100, "100 %"), (99.97, "99.9 %"), (0.04, "0.0 %"), (50, "50.0 %")]
)
def test_shares_are_not_rounded_to_all(share: float, said: str) -> None:
    assert percent(share) == said


def test_text_of_rows_is_made_visible() -> None:
    assert visible("a\x00b\x1bc\x7f\x85d\r\ne\u2028f\ud800\x9bg") == "a␀b␛c␡ d e f\ufffd\ufffdg"


# ---------- the page


class Reader(HTMLParser):
    """Elements, attributes and text of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.text = ""
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes.update(name for name, _ in attrs)
        if tag not in {"meta", "link", "br"}:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open
        assert self.open.pop() == tag

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)

    def handle_data(self, data: str) -> None:
        self.text += data


def test_hostile_text_is_shown_and_does_nothing(path: Path, tmp_path: Path) -> None:
    text = page_of(path, tmp_path)
    reader = Reader()
    reader.feed(text)
    assert reader.open == []
    assert not reader.tags & {"script", "img", "iframe", "object"}
    assert not any(name.startswith("on") or name == "src" for name in reader.attributes)
    assert visible(HOSTILE) in reader.text
    assert RIGHT_TO_LEFT in reader.text
    assert MARKER in reader.text
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f]", text)
    assert not re.search(r"^\s*::\{", text, re.MULTILINE)
    outside = re.sub(r"<bdi>.*?</bdi>|<title>.*?</title>", "", text, flags=re.DOTALL)
    assert "\u202e" not in outside, "a writing direction that nothing keeps inside"


def test_page_asks_for_nothing_outside_itself(path: Path, tmp_path: Path) -> None:
    text = page_of(path, tmp_path)
    assert set(re.findall(r"https?://[^'\"\s)<]+", text)) == {"http://www.w3.org/2000/svg"}
    assert "@import" not in text
    assert "default-src 'none'" in text
    assert set(re.findall(r"url\(([^)]*)\)", text)) == set()


def test_run_page_leads_to_each_batch(path: Path, tmp_path: Path) -> None:
    text = page_of(path, tmp_path, None, whole_run=True)
    targets = re.findall(r'href="#([^"]+)"', text)
    assert targets == ["b1", "b2"]
    assert all(f'id="{target}"' in text for target in targets)
    assert "2 batches" in text


def test_page_bears_its_time_and_the_same_ledger_gives_the_same_page(path: Path, tmp_path: Path) -> None:
    now = dt.datetime(2026, 3, 3, 8, 0, tzinfo=dt.UTC)
    first, second = (page_of(path, tmp_path, now=lambda: now) for _ in range(2))
    assert first == second
    assert "Written 2026-03-03 08:00:00 UTC" in first


# ---------- the command


def command(file: Path, folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    env = os.environ | {"ORDERS_DUCKDB_PATH": str(file), "PYTHONPATH": str(ROOT), "DBT_PROFILES_DIR": str(ROOT)}
    return subprocess.run(
        [sys.executable, "-m", "sync", "report", *words],
        cwd=folder,
        env=env,
        capture_output=True,
        text=True,
        timeout=60,
    )


def test_command_writes_the_page_and_says_where(path: Path, tmp_path: Path) -> None:
    done = command(path, tmp_path, "--json")
    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout)
    assert answer["path"] == f"reports/{BATCH}.html"
    assert (tmp_path / answer["path"]).read_text(encoding="utf-8").lstrip().startswith("<!doctype html>")
    figures = ("batch_id", "run_id", "items_created", "items_moved", "items_failed", "subitems_created", "adopted",
               "api_calls", "complexity_used", "seconds")  # fmt: skip
    assert [answer[name] for name in figures] == [BATCH, RUN, 2, 2, 1, 3, 1, 6, 390_000, 60]
    assert [each.name for each in (tmp_path / "reports").iterdir()] == [f"{BATCH}.html"]


def test_command_prints_no_row_text_raw(path: Path, tmp_path: Path) -> None:
    done = command(path, tmp_path, "--kestra")
    assert done.returncode == 0
    assert [line for line in done.stdout.splitlines() if line.startswith("::")] == [done.stdout.splitlines()[-1]]
    assert "\x1b[31m" not in done.stdout + done.stderr


def test_command_puts_a_run_or_a_chosen_file(path: Path, tmp_path: Path) -> None:
    assert json.loads(command(path, tmp_path, "--run", "--json").stdout)["path"] == f"reports/run-{RUN}.html"
    done = command(path, tmp_path, "--batch", SECOND, "--output", "deep/er/page.html", "--json")
    assert json.loads(done.stdout)["path"] == "deep/er/page.html"
    assert SECOND in (tmp_path / "deep/er/page.html").read_text(encoding="utf-8")


def test_unknown_batch_is_wrong_usage(path: Path, tmp_path: Path) -> None:
    done = command(path, tmp_path, "--batch", "nope")
    assert done.returncode == 2
    assert "No batch of that id" in done.stdout
    assert not (tmp_path / "reports").exists()
    with pytest.raises(UsageError):
        read(path, "nope")


def test_no_batch_yet_is_one_sentence(tmp_path: Path) -> None:
    Ledger(tmp_path / "orders.duckdb").connection.close()
    result = report({"ORDERS_DUCKDB_PATH": str(tmp_path / "orders.duckdb")}, None, tmp_path / "page.html")
    assert (result.exit_code, result.data) == (0, {"path": None})
    assert result.message.startswith("No batch was pushed yet")
    assert not (tmp_path / "page.html").exists()


def test_tables_that_are_not_there_are_named(tmp_path: Path) -> None:
    duckdb.connect(str(tmp_path / "orders.duckdb")).close()
    with pytest.raises(DatabaseError, match="migrate"):
        report({"ORDERS_DUCKDB_PATH": str(tmp_path / "orders.duckdb")}, None, None)


def test_a_place_that_cannot_be_written_is_one_sentence(path: Path, tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").write_text("x", encoding="utf-8")
    for target in (tmp_path / "folder", tmp_path / "file" / "page.html"):
        with pytest.raises(ConfigurationError, match="can't be written"):
            report({"ORDERS_DUCKDB_PATH": str(path)}, None, target)
    assert list(tmp_path.glob("**/.report-*")) == []


def test_an_odd_batch_id_stays_in_the_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ledger = Ledger(tmp_path / "orders.duckdb")
    ledger.batch("../../<odd>/x", "ODD", items="0/0/0/0", sizes="0/0/0/0")
    ledger.connection.close()
    monkeypatch.chdir(tmp_path)
    result = report({"ORDERS_DUCKDB_PATH": str(tmp_path / "orders.duckdb")}, None, None)
    assert Path(result.data["path"]).parent == Path("reports")
    assert (tmp_path / result.data["path"]).is_file()


def test_reading_changes_nothing(path: Path, tmp_path: Path) -> None:
    before = path.read_bytes()
    page_of(path, tmp_path)
    assert path.read_bytes() == before


@pytest.mark.parametrize("by", ["last", "batch", "run"])
def test_statements_are_fit_for_sql_server(by: str) -> None:
    statements = Statements("sqlserver", "dbo", columns=[("STYLE", "dropdown")])
    names: list[tuple[str, dict[str, Any]]] = [("report/batches", {"by": by})]
    if by != "last":
        names += [("report/requests", {"by": by}), ("report/changes", {"by": by})]
        names += [("report/failures", {"by": by, "reasons": flag, "most": 200}) for flag in (True, False)]
        names += [("report/calls_between", {})]
    for name, options in names:
        found = check(statements.get(name, **options).replace("?", "N'x'"), becomes_view=False)
        # the gate lists the functions of the models; JSON_VALUE is SQL Server's since 2016
        assert [each for each in found if "json_value" not in each.what] == [], name
