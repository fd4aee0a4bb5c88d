"""The report against a ledger whose figures are known: its figures, its page, and the command that writes it."""

from __future__ import annotations

import datetime as dt
import re
from pathlib import Path
from typing import Any

import duckdb
import pytest

from sync.commands.report import duration, percent, read_report, report, time_line, visible
from sync.errors import ConfigurationError, DatabaseError, UsageError
from sync.session import open_session
from tests.e2e.report_ledger import BATCH, HOSTILE, OLD, RUN, SECOND, Ledger, at, made


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


def read(ledger: Ledger | Path, batch: str | None = BATCH, *, whole_run: bool = False) -> dict[str, Any]:
    if isinstance(ledger, Ledger):
        ledger.connection.close()
    env = ledger.env if isinstance(ledger, Ledger) else {"ORDERS_DUCKDB_PATH": str(ledger)}
    with open_session(env, read_only=True) as session:
        found = read_report(session, batch, whole_run=whole_run)
    assert found is not None
    return found


def first(ledger: Ledger | Path, batch: str | None = BATCH) -> dict[str, Any]:
    found: dict[str, Any] = read(ledger, batch)["batches"][0]
    return found


def page_of(file: Path, folder: Path, batch: str | None = BATCH, **options: Any) -> str:
    result = report({"ORDERS_DUCKDB_PATH": str(file)}, batch, folder / "page.html", **options)
    return Path(result.data["path"]).read_text(encoding="utf-8")


# ---------- figures


def test_what_changed_is_counted_by_group_and_kind(path: Path) -> None:
    groups = first(path)["groups"]
    kinds = re.compile("(SUB)?ITEMS_")
    by_group = {row["GROUP_NAME"]: {k: int(n) for k, n in row.items() if n and kinds.match(k)} for row in groups}
    assert by_group == {
        "ACME 2026 SPRING": {"ITEMS_CREATED": 1, "ITEMS_UPDATED": 2, "ITEMS_ARCHIVED": 1, "SUBITEMS_CREATED": 3},
        HOSTILE: {"ITEMS_CREATED": 1, "ITEMS_UPDATED": 1, "ITEMS_MOVED": 2},
        None: {"SUBITEMS_UPDATED": 1},
    }
    assert {row["GROUP_NAME"]: row["ROWS_DONE"] for row in groups}[HOSTILE] == 3  # one was changed and moved


def test_a_shared_request_costs_each_batch_a_call_and_its_share_of_points(path: Path) -> None:
    found = read(path)
    batch = found["batches"][0]
    # 6 sendings: 2 of the shared request, of whose 90,000 points two thirds are this batch's
    assert (batch["API_CALLS"], batch["API_RETRIES"]) == (6, 1)
    assert batch["COMPLEXITY_USED"] == 60_000 + 0 + 180_000 + 120_000 + 30_000
    assert first(path, SECOND)["COMPLEXITY_USED"] == 30_000
    assert (found["run_cost"]["API_CALLS"], found["run_cost"]["COMPLEXITY_USED"]) == (7, 450_000)
    assert (found["day_calls"], read(path, OLD)["day_calls"]) == (7, 1)


def test_the_last_batch_that_ended_is_the_default(path: Path, fresh: Ledger, tmp_path: Path) -> None:
    assert first(path, None)["BATCH_ID"] == BATCH  # of two that ended at once the larger one
    fresh.batch("running", "LATE", items="1/0/0/1", sizes="0/0/0/0", RUN_ID="r3", STARTED_AT=at(90), FINISHED_AT=None)
    assert first(fresh, None)["BATCH_ID"] == BATCH
    assert first(fresh, "running")["SECONDS"] is None
    assert "This batch isn't over" in page_of(tmp_path / "orders.duckdb", tmp_path, "running")


def test_many_requests_are_counted_but_not_drawn() -> None:
    row = {"RUN_ID": RUN, "OPERATION": "CREATE_ITEM", "OUTCOME": "DONE", "ROWS_ADOPTED": 0, "ROWS_FAILED": 0}
    names = [f"{phase}_{edge}_AT" for phase in ("ITEMS", "SUBITEMS") for edge in ("STARTED", "FINISHED")]
    batch = dict.fromkeys([*names, "PREFLIGHT_FINISHED_AT", "GROUPS_FINISHED_AT", "FINISHED_AT"])
    times = [{"ROWS_DONE": 40, "SENT_AT": at(n), "FINISHED_AT": at(n + 2)} for n in range(700)]
    line = time_line([batch | {"RUN_ID": RUN, "BEGAN_AT": at(0)}], [row | each for each in times])
    assert line is not None
    assert (line["requests"], line["requests_total"]) == ([], 700)
    assert sum(each["orders"] for each in line["bins"]) == 28_000


def test_what_was_out_of_the_ordinary_is_told(path: Path, fresh: Ledger) -> None:
    assert [row["FATE"] for row in first(path)["requests"] if row["FATE"]] == [
        "sent 2 times", "the answer was lost, the board was asked: 1 row was there and adopted",
    ]  # fmt: skip
    fresh.connection.execute("update MON_ApiRequests set OUTCOME = null where OPERATION = 'CREATE_SUBITEM'")
    fresh.connection.execute("update MON_ApiRequests set OUTCOME = 'RECOVERED' where OPERATION = 'CHANGE_SUBITEM'")
    for key, outcome in (("A-3", "GONE"), ("A-4", "GONE"), ("A-5", "RELEASED")):
        fresh.connection.execute("update MON_ApiRequestRows set OUTCOME = ? where ORDER_KEY = ?", [outcome, key])
    told = {row["OPERATION"]: row["FATE"] for row in first(fresh)["requests"]}
    assert told["CREATE_SUBITEM"] == "its end is not known yet: the next push takes it over"
    assert told["CHANGE_SUBITEM"] == "left open by a run that ended without a word, closed by a later one"
    assert told["CHANGE_ITEM"] == (
        "1 row was given up and sent again, or waits; 2 were no longer on the board"
    )  # fmt: skip


def test_failures_say_what_becomes_of_the_row(fresh: Ledger, tmp_path: Path) -> None:
    fresh.failure("C-1", RETRYABLE=True, ERROR_CLASS="TRANSIENT", ERROR_CODE="NO_ANSWER")
    fresh.failure("C-2", RETRYABLE=True, MAX_RETRIES_REACHED=True, ERROR_CLASS="TRANSIENT", ATTEMPT=3, ERROR_CODE="X")
    fresh.failure("C-3", RESOLVED_AT=at(90), RESOLVED_BY="push 1234", RETRYABLE=True)
    fresh.failure("C-5", RESOLVED_AT=at(91), RESOLVED_BY="retry", RETRYABLE=False)
    fresh.failure("C-4", BATCH_ID=SECOND)
    fates = {row["ORDER_KEY"]: row["FATE"] for row in first(fresh)["failures"] if not row["SIZE_LABEL"]}
    assert fates == {"A-9": "HELD", "C-1": "COMES_BACK", "C-2": "DEAD_LETTERED", "C-3": "RESOLVED", "C-5": "DUE"}
    text = page_of(tmp_path / "orders.duckdb", tmp_path)
    assert "comes back by itself with the next run" in text
    assert "was tried in three runs" in text


def test_many_failures_are_counted_all_and_listed_up_to_a_limit(fresh: Ledger) -> None:
    for number in range(230):
        fresh.failure(f"M-{number:03}", ERROR_CODE="MANY", CREATED_AT=at(100 + number))
    found = first(fresh)
    assert len(found["failures"]) == 200
    assert found["failures"][0]["ORDER_KEY"] == "M-229"
    assert {reason["ERROR_CODE"]: reason["ROWS_FAILED"] for reason in found["reasons"]}["MANY"] == 230


def test_a_batch_that_two_runs_worked_on_shows_the_last_ones_time(fresh: Ledger, tmp_path: Path) -> None:
    fresh.connection.execute("update MON_ApiRequests set RUN_ID = 'dead' where OUTCOME = 'LOOKED_UP'")
    fresh.connection.execute(
        "update MON_BatchProcessing set STARTED_AT = ?, RUN_STARTED_AT = ? where BATCH_ID = ?",
        [at(-9000), at(1), BATCH],
    )
    batch = first(fresh)
    assert (batch["runs"], batch["timeline"]["start"], batch["SECONDS"]) == (2, at(1), 59)
    assert "2 runs worked on this batch" in page_of(tmp_path / "orders.duckdb", tmp_path)


# ---------- words


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(None, "not over"), (0, "0 ms"), (0.04, "40 ms"), (0.0999, "0.1 s"), (9.94, "9.9 s"), (9.96, "10 s"),
     (59.6, "1 min 00 s"), (3599.7, "1 h 00 min"), (3725, "1 h 02 min")],
)  # fmt: skip
def test_durations(seconds: float | None, said: str) -> None:
    assert duration(seconds) == said


def test_shares_are_not_rounded_to_all() -> None:
    assert [percent(share) for share in (0, 100, 99.97, 0.04, 50)] == ["0 %", "100 %", "99.9 %", "0.0 %", "50.0 %"]


def test_text_of_rows_is_made_visible() -> None:
    assert visible("a\x00b\x1bc\x7f\x85d\r\ne\u2028f\ud800\x9bg") == "a␀b␛c␡ d e f\ufffd\ufffdg"


# ---------- the page


def test_what_the_guards_hold_back_stands_on_the_page(path: Path, fresh: Ledger, tmp_path: Path) -> None:
    assert "Held back" not in page_of(path, tmp_path)  # before the first build
    fresh.connection.execute(
        'create table "STG_MON_HeldChanges" as select * from (values'
        " ('', 'SIZES', 12, 40, '12 of 40 sizes fell.'), ('A <b>', 'COPIES', 3, 6, 'Loaded twice.'))"
        " as held (BATCH_CUSTOMER, KIND, HELD_COUNT, WHOLE_COUNT, REASON)"
    )
    fresh.connection.close()
    for whole in (False, True):
        result = report(fresh.env, None, tmp_path / "p.html", whole_run=whole)
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
    section = page_of(tmp_path / "orders.duckdb", tmp_path).split("Cells left blank</h3>")[1].split("</section>")[0]
    assert re.findall(r"<bdi>(\w+)</bdi></th><td[^>]*>(\d+)</td><td[^>]*>(\d+)</td>", section) == [
        ("FREIGHT", "3", "1"),
        ("Size", "1", "0"),
    ]
    assert "<b>number" not in section


def test_a_failure_names_mondays_request_and_leads_to_the_item(fresh: Ledger, tmp_path: Path) -> None:
    fresh.connection.execute(
        "update MON_ApiRequests set MONDAY_REQUEST_ID = '<r-77>' where OPERATION = 'CREATE_SUBITEM'"
    )
    fresh.connection.execute("""update ERR_MON_CustMasterSchedule_Subitems
        set REQUEST_ID = (select REQUEST_ID from MON_ApiRequests where MONDAY_REQUEST_ID is not null)""")
    for item, address in ((1, "https://shop.monday.com/boards/1/pulses/1"), (2, "javascript:alert(1)")):
        fresh.insert("MON_BoardItems", PULL_ID="p", ITEM_ID=item, STATE="active", ADDRESS=address)
    fresh.insert("MON_CustMasterSchedule", ORDER_KEY="A-9", MONDAY_ITEM_ID=2)
    fresh.connection.close()
    page = page_of(tmp_path / "orders.duckdb", tmp_path)
    assert "request <bdi>&lt;r-77&gt;</bdi>" in page
    assert '<a href="https://shop.monday.com/boards/1/pulses/1" rel="noreferrer"><bdi>A-1</bdi></a>' in page
    assert "javascript:alert" not in page
    assert "item 2" in page


def test_the_same_ledger_gives_the_same_page_and_stays_as_it_is(path: Path, tmp_path: Path) -> None:
    before, now = path.read_bytes(), dt.datetime(2026, 3, 3, 8, 0, tzinfo=dt.UTC)
    one, other = (page_of(path, tmp_path, now=lambda: now) for _ in range(2))
    assert one == other
    assert "Written 2026-03-03 08:00:00 UTC" in one
    assert path.read_bytes() == before


def test_a_chosen_file_a_run_and_an_odd_id_have_their_places(path: Path, fresh: Ledger, tmp_path: Path,
                                                             monkeypatch: pytest.MonkeyPatch) -> None:  # fmt: skip
    fresh.batch("../../<odd>/x", "ODD", items="0/0/0/0", sizes="0/0/0/0")
    fresh.connection.close()
    monkeypatch.chdir(tmp_path)
    assert report(fresh.env, BATCH, whole_run=True).data["path"] == f"reports/run-{RUN}.html"
    assert report(fresh.env, SECOND, Path("deep/er/page.html")).data["path"] == "deep/er/page.html"
    assert SECOND in Path("deep/er/page.html").read_text(encoding="utf-8")
    odd = Path(report(fresh.env, "../../<odd>/x").data["path"])
    assert odd.parent == Path("reports")
    assert odd.is_file()


def test_what_cannot_be_is_one_sentence(path: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="No batch of that id"):
        read(path, "nope")
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").write_text("x", encoding="utf-8")
    for target in (tmp_path / "folder", tmp_path / "file" / "page.html"):
        with pytest.raises(ConfigurationError, match="can't be written"):
            report({"ORDERS_DUCKDB_PATH": str(path)}, None, target)
    assert list(tmp_path.glob("**/.report-*")) == []
    env = {"ORDERS_DUCKDB_PATH": str(tmp_path / "empty.duckdb")}
    duckdb.connect(env["ORDERS_DUCKDB_PATH"]).close()
    with pytest.raises(DatabaseError, match="migrate"):
        report(env)


def test_no_batch_yet_is_one_sentence(tmp_path: Path) -> None:
    Ledger(tmp_path / "orders.duckdb").connection.close()
    result = report({"ORDERS_DUCKDB_PATH": str(tmp_path / "orders.duckdb")}, None, tmp_path / "page.html")
    assert (result.exit_code, result.data) == (0, {"path": None})
    assert result.message.startswith("No batch was pushed yet")
    assert not (tmp_path / "page.html").exists()
