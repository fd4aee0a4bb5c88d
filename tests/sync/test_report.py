"""The figures of the report against a ledger whose figures are known."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from sync.commands.report import report
from sync.report.page import duration, percent, visible
from sync.report.reading import Report, cost, fate, groups, read_report, time_line
from sync.session import open_session
from tests.sync.report_ledger import (
    BATCH,
    HOSTILE,
    OLD,
    OLD_RUN,
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
    fresh.failure("C-5", RESOLVED_AT=at(91), RESOLVED_BY="retry", RETRYABLE=False)
    fresh.failure("C-4", BATCH_ID=SECOND)
    fresh.connection.close()
    found = read(Path(fresh.env["ORDERS_DUCKDB_PATH"])).first
    fates = {row["ORDER_KEY"]: row["FATE"] for row in found.failures if not row["SIZE_LABEL"]}
    assert fates == {"A-9": "HELD", "C-1": "COMES_BACK", "C-2": "DEAD_LETTERED", "C-3": "RESOLVED", "C-5": "DUE"}
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


def test_what_the_guards_hold_back_stands_on_the_page(path: Path, fresh: Ledger, tmp_path: Path) -> None:
    assert "Held back" not in page_of(path, tmp_path)  # before the first build
    fresh.connection.execute(
        'create table "STG_MON_HeldChanges" as select * from (values'
        " ('', 'SIZES', 12, 40, '12 of 40 sizes fell.'), ('A <b>', 'COPIES', 3, 6, 'Loaded twice.'))"
        " as held (BATCH_CUSTOMER, KIND, HELD_COUNT, WHOLE_COUNT, REASON)"
    )
    fresh.connection.close()
    for whole in (False, True):
        result = report(
            {"ORDERS_DUCKDB_PATH": fresh.env["ORDERS_DUCKDB_PATH"]}, None, tmp_path / "p.html", whole_run=whole
        )
        page = (tmp_path / "p.html").read_text(encoding="utf-8")
        assert "12 of 40 sizes fell." in page
        assert "A &lt;b&gt;" in page
        assert "Held back by the guards: whole source: 12 of 40 sizes fell." in result.message
        assert [row["customer"] for row in result.data["held_changes"]] == [None, "A <b>"]


def test_cells_left_blank_are_counted_by_column(path: Path, fresh: Ledger, tmp_path: Path) -> None:
    assert "Cells left blank" not in page_of(path, tmp_path)
    for key in ("K-1", "K-2"):
        fresh.failure(
            key, ERROR_CLASS="CELL", COLUMN_NAME="FREIGHT", ERROR_CODE="NOT_A_NUMBER", ERROR_MESSAGE="No <b>number</b>."
        )
    fresh.failure("K-3", ERROR_CLASS="CELL", COLUMN_NAME="FREIGHT", ERROR_CODE="NOT_A_NUMBER", RESOLVED_AT=at(30))
    fresh.failure("K-1", size="M", ERROR_CLASS="CELL", COLUMN_NAME="Size", ERROR_CODE="LABEL")
    fresh.connection.close()
    page = page_of(Path(fresh.env["ORDERS_DUCKDB_PATH"]), tmp_path)
    section = page.split("Cells left blank</h3>")[1].split("</section>")[0]
    assert re.findall(r"<bdi>(\w+)</bdi></th><td[^>]*>(\d+)</td><td[^>]*>(\d+)</td>", section) == [
        ("FREIGHT", "3", "1"),
        ("Size", "1", "0"),
    ]
    assert "<b>number" not in section
