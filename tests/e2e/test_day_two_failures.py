"""Rows that Monday refuses, and rows that fail in passing: written down, out of the way, back when it is time."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from emulator.config import BOARD_ID
from emulator.errors import FieldError
from emulator.faults import Fault
from sync.monday import meter
from tests.e2e.day_two import DayTwo, order

NEW = [f"NEW-{at:02d}" for at in range(16)]
NEEDED = {"STAGE", "ERROR_CODE", "ERROR_MESSAGE", "API_PAYLOAD", "ROW_HASH", "MAPPING_HASH", "BATCH_ID", "CHANGE_TYPE"}


def refuse(operation: str, alias: int, call: int = 1, times: int = 0) -> Fault:
    """A row at this place is refused for what it holds, from the n-th request of the kind on."""
    return Fault(
        "refuse_row", operation=operation, alias=alias, call=call, times=times, code="ColumnValueException",
        message="not so",
    )  # fmt: skip


def test_one_bad_row_in_every_request_takes_no_other_along(start: Callable[..., DayTwo]) -> None:
    """Four requests of four orders, with a bad row at the first place, the second, the third and the last."""
    faults = [refuse("create_item", place, place + 1, 1) for place in range(4)]
    faults += [refuse("create_subitem", place, place + 1, 1) for place in range(4)]
    two = start(faults=faults)
    two.env["SYNC_ROWS_PER_REQUEST"] = "4"
    two.add(*(order(number, sizes={"S": 1, "M": 1}, PO_NUMBER="N") for number in NEW))
    two.build()
    calls = two.monday.service.calls
    pushed = two.push(exit_code=3)
    assert (pushed["items_created"], pushed["items_failed"]) == (12, 4)
    assert (pushed["subitems_created"], pushed["subitems_failed"]) == (20, 4)
    assert (pushed["items_left"], pushed["subitems_left"]) == (0, 8)  # sizes of orders that have no item
    assert pushed["api_retries"] == pushed["lookups"] == 0
    requests = two.sql(
        "select OPERATION, ROW_COUNT from MON_ApiRequests where RUN_ID = ? order by RECORDED_AT", [pushed["run_id"]]
    )
    assert [row["OPERATION"] for row in requests].count("CREATE_ITEM") == 4
    assert sum(row["ROW_COUNT"] for row in requests if row["OPERATION"] == "CREATE_SUBITEM") == 24
    # No request for what was refused, none to look anything up: the questions before (boards, keys) are the others.
    assert two.monday.service.calls - calls == pushed["api_calls"] == len(requests) + 3
    on_board = {write.key for write in two.written() if write.operation == "create_item"}
    refused = {row["ORDER_KEY"] for row in two.errors()}
    assert on_board | refused == set(NEW)
    assert not on_board & refused
    for row in two.errors() + two.errors(table="ERR_MON_CustMasterSchedule_Subitems"):
        assert {name for name in NEEDED if row[name] is None} == set()
        assert (row["ERROR_CLASS"], row["ERROR_CODE"], row["ATTEMPT"]) == ("REJECTED", "ColumnValueException", 1)
        assert (row["RETRYABLE"], row["RESOLVED_AT"], row["BATCH_CUSTOMER"]) == (False, None, "GREYSON")
        assert row["ERROR_MESSAGE"] == "not so"
        assert json.loads(row["API_PAYLOAD"])
    (batch,) = pushed["batches"]
    assert batch["status"] == "COMPLETED_WITH_ERRORS"  # 32 of the 40 records tried; 8 sizes wait for their orders


def test_a_rejected_row_waits_for_its_data_the_mapping_or_a_word(start: Callable[..., DayTwo]) -> None:
    two = start(faults=[refuse("change_multiple_column_values", alias) for alias in range(3)])
    for at in (1, 2, 3):
        two.edit(f"GRE-0{at}", NOTES="REVISED")
    two.edit("PEL-01", {"OS": 4})
    two.edit("GRE-04", {"S": 5})
    two.build()
    pushed = two.push("--batch", "--fail-under", "0")
    assert pushed["items_failed"] == 3
    assert two.sync("status")["held_rows"] == 3 + pushed["subitems_failed"]
    two.monday.service.faults.clear()
    two.written()
    held = two.errors(table="ERR_MON_CustMasterSchedule_Subitems")
    two.build(tests=True)
    assert two.staged() == 0
    assert two.push()["succeeded"] == 0
    # Its data changes: it is sent again. The error is resolved by that, whatever hash it had.
    two.edit("GRE-01", NOTES="REVISED AGAIN")
    two.edit("GRE-02", NOTES="ADDED 20.5.25")  # back to what the board shows: nothing to send
    two.day()
    assert {write.key for write in two.written()} == {"GRE-01"}
    assert [row["RESOLVED_AT"] is None for key in ("GRE-01", "GRE-03") for row in two.errors(key)] == [False, True]
    # The mapping changes.
    two.sql("update ERR_MON_CustMasterSchedule set MAPPING_HASH = 'another' where ORDER_KEY = 'GRE-03'")
    two.build()
    assert [row["ORDER_KEY"] for row in two.sql("from STG_MON_CustMasterSchedule")] == ["GRE-03"]
    assert two.push()["items_updated"] == 1
    # Somebody says so.
    for size in held:
        assert two.sync("retry", "--customer", size["BATCH_CUSTOMER"].lower())["sizes"] >= 0
    two.build()
    two.push()
    assert two.differences() == []
    assert two.sync("status")["held_rows"] == 0


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Repeats within a run come at once."""
    monkeypatch.setattr(meter, "BACKOFF", (0.01, 1.0, 0.01))


def held(two: DayTwo) -> tuple[int, int]:
    """What `status` says of open errors: rows held back, rows open."""
    status = two.sync("status")
    return status["held_rows"], sum(row["ROWS_OPEN"] for row in status["errors_by_class"])


def test_a_transient_failure_comes_back_by_itself_for_three_runs(two: DayTwo, quick: None) -> None:
    two.edit("GRE-01", NOTES="REVISED")
    two.edit("GRE-02", NOTES="REVISED")
    two.add(order("NEW-1", sizes={}))
    two.build()
    for method in ("change_values", "create_item"):
        two.fails(method, "GRE-01", "NEW-1", error=FieldError("INTERNAL_SERVER_ERROR", "try later", 500))
    for attempt in (1, 2, 3):
        pushed = two.push("--batch", "--fail-under", "0")
        assert (pushed["items_updated"], pushed["items_failed"]) == (int(attempt == 1), 2), attempt
        for key in ("GRE-01", "NEW-1"):
            rows = two.errors(key)
            assert [row["ATTEMPT"] for row in rows] == list(range(1, attempt + 1))
            assert {row["ERROR_CLASS"] for row in rows} == {"TRANSIENT"}
            assert all(row["RETRYABLE"] and row["RESOLVED_AT"] is None for row in rows)
            assert [row["MAX_RETRIES_REACHED"] for row in rows] == [number == 3 for number in range(1, attempt + 1)]
            assert (rows[-1]["NEXT_RETRY_AT"] is None) == (attempt == 3)
        assert held(two) == ((2, 2) if attempt == 3 else (0, 2))
        two.build(tests=attempt == 3)
        assert two.staged() == (0 if attempt == 3 else 2)
    batches = two.sql("select BATCH_TYPE, STATUS from MON_BatchProcessing order by STARTED_AT, BATCH_ID")
    assert [tuple(row.values()) for row in batches[-3:]] == [
        ("FULL", "FAILED"),
        ("RETRY", "FAILED"),
        ("RETRY", "FAILED"),
    ]
    assert two.push()["failed"] == 0  # dead-lettered: nothing is tried
    # What was wrong is over, and somebody says so: it gets through, and every error of it is resolved.
    two.mends("change_values")
    two.mends("create_item")
    assert two.sync("retry")["orders"] == 6
    two.build()
    assert two.push()["succeeded"] == 2
    assert held(two) == (0, 0)
    assert two.differences() == []


def test_runs_are_counted_without_a_build_between(two: DayTwo, quick: None) -> None:
    two.edit("GRE-01", {"S": 5}, NOTES="REVISED")
    two.add(order("NEW-1", sizes={"S": 3}))
    two.build()
    for method in ("change_values", "create_item", "create_subitem"):
        two.fails(method, "GRE-01", "NEW-1", error=FieldError("INTERNAL_SERVER_ERROR", "try later", 500))
    for _ in range(4):
        two.push("--batch", "--fail-under", "0")
    for table in ("ERR_MON_CustMasterSchedule", "ERR_MON_CustMasterSchedule_Subitems"):
        for key in {row["ORDER_KEY"] for row in two.errors(table=table)}:
            rows = [row for row in two.errors(table=table) if row["ORDER_KEY"] == key]
            assert [row["ATTEMPT"] for row in rows] == [1, 2, 3], (table, key)
            assert [row["MAX_RETRIES_REACHED"] for row in rows] == [False, False, True]
            assert {row["ERROR_MESSAGE"] for row in rows} == {"try later"}
    assert {row["ORDER_KEY"] for row in two.errors(table="ERR_MON_CustMasterSchedule")} == {"GRE-01", "NEW-1"}


def test_a_transient_failure_is_resolved_when_the_row_gets_through(
    two: DayTwo, monkeypatch: pytest.MonkeyPatch
) -> None:
    two.edit("GRE-01", {"S": 5}, NOTES="REVISED")
    two.build()
    two.fails("change_values", "GRE-01", error=FieldError("INTERNAL_SERVER_ERROR", "try later", 500))
    two.push("--batch", "--fail-under", "0")
    two.mends("change_values")
    again = two.push()  # no build between: the same staging is taken up
    assert again["items_updated"] == 1
    (error,) = two.errors("GRE-01")
    assert error["RESOLVED_AT"] is not None
    assert error["RESOLVED_BY"].startswith("push ")
    assert two.differences() == []


@pytest.mark.parametrize(
    "operation", ["create_group", "create_item", "create_subitem", "change_multiple_column_values"]
)
def test_an_error_that_monday_keeps_under_its_key_fails_no_row(two: DayTwo, quick: None, operation: str) -> None:
    passing = Fault("refuse_row", operation=operation, code="INTERNAL_SERVER_ERROR", message="try later", status=500)
    two.monday.service.faults.add([passing])
    two.add(order("NEW-1", sizes={"S": 1}, CUSTOMER_SEASON="RESORT 26"))
    two.edit("GRE-01", NOTES="REVISED")
    pushed = two.day()
    assert [pushed[name] for name in ("items_created", "items_updated", "subitems_created", "failed")] == [1, 1, 1, 0]
    assert [write.operation for write in two.written()].count(operation) == 1
    assert two.differences() == []


def test_a_group_that_could_not_be_made_leaves_its_own_orders_alone(two: DayTwo, quick: None) -> None:
    failing = Fault("refuse_row", operation="create_group", code="INTERNAL_SERVER_ERROR", message="Too\tmany groups.",
                    times=0, holds="RESORT 26")  # fmt: skip
    two.monday.service.faults.add([failing])
    two.add(*(order(f"NEW-{year}", sizes={"S": 1}, CUSTOMER_SEASON=f"RESORT {year}") for year in (25, 26, 27)))
    two.edit("GRE-01", NOTES="REVISED")
    two.edit("GRE-02", {"S": 9}, CUSTOMER_SEASON="RESORT 26")
    two.build()
    for done in ((2, 1), (0, 0)):
        ended = two.attempt("push", "--batch")
        assert (ended.data["items_created"], ended.data["items_updated"], ended.exit_code) == (*done, 3)
        assert "1 group could not be made: Too many groups. What belongs there stays staged" in ended.message
        (batch,) = ended.data["batches"]
        assert (batch["status"], batch["items_left"], batch["subitems_left"]) == ("PARTIAL", 2, 1)
        assert two.errors() == two.sql("select * from MON_RowClaims") == []
    assert two.sql("select * from MON_ApiRequests where OUTCOME is null") == []
    # What was lost is carried out after all: the next push finds it.
    two.state.create_group(BOARD_ID, "GREYSON CLOTHIERS RESORT 26")
    pushed = two.push()
    assert (pushed["items_created"], pushed["items_updated"], pushed["groups_created"]) == (1, 1, 0)
    assert two.differences() == []


def test_how_a_batch_ends(two: DayTwo) -> None:
    """COMPLETED (all), COMPLETED_WITH_ERRORS (some), FAILED (under 80 %), and what --fail-under makes of it."""
    for at in range(1, 11):
        two.edit(f"GRE-{at:02d}", NOTES="REVISED")
        two.edit(f"PEL-{at:02d}", NOTES="REVISED")
    two.edit("RHY-01", NOTES="REVISED")
    two.build()
    refused = FieldError("InvalidInputException", "not so", 200)
    two.fails("change_values", "GRE-01", "GRE-02", "PEL-01", "PEL-02", "PEL-03", error=refused)
    pushed = two.push("--batch", "--fail-under", "77", exit_code=3)  # 16 of 21
    assert {batch["customer"]: batch["status"] for batch in pushed["batches"]} == {
        "GREYSON": "COMPLETED_WITH_ERRORS", "PELOTON": "FAILED", "RHYTHM": "COMPLETED"
    }  # fmt: skip
    assert pushed["success_percent"] == pytest.approx(76.19)
    rows = two.sql("select * from VW_MON_ActiveBatches where TOTAL_RECORDS > 0")
    ended = {row["CUSTOMER_NAME"]: (row["SUCCESSFUL_RECORDS"], row["FAILED_RECORDS"]) for row in rows
             if row["BATCH_ID"] in {batch["batch_id"] for batch in pushed["batches"]}}  # fmt: skip
    assert ended == {"GREYSON": (8, 2), "PELOTON": (7, 3), "RHYTHM": (1, 0)}
    assert two.sync("retry", "--customer", " peloton ")["orders"] == 3
    two.build()
    pushed = two.push("--batch", "--fail-under", "0")
    assert [(batch["customer"], batch["status"]) for batch in pushed["batches"]] == [("PELOTON", "FAILED")]
