"""From order rows to a board that shows them, field by field; ids come back; a second run changes nothing."""

from __future__ import annotations

import time
from html import unescape
from typing import Any

import pytest

from sync.output import counted
from tests.oracle.board import read_board
from tests.oracle.compare import compare
from tests.oracle.expected import expect
from tests.support import Project

GREYSON = "GREYSON CLOTHIERS 2025 FALL"


def differences(project: Project) -> list[str]:
    """What the board shows otherwise than the source says, by an oracle that shares no code with the models."""
    expected = expect(project.sql("select * from ORDERS_UNIFIED"))
    board = read_board(project.monday.url, project.monday.token, 9200517329)
    return [str(difference) for difference in compare(expected, board)]


@pytest.mark.slow
def test_the_whole_way(project: Project) -> None:
    first = project.first_push(700)
    assert first["failed"] == 0
    assert differences(project) == []
    _greyson_is_whole(project)
    _sizes_stand_in_the_order_of_their_columns(project)
    _every_id_is_in_the_database(project, first)
    _the_run_is_a_page(project, first)
    _nothing_changes_the_second_time(project)


def _greyson_is_whole(project: Project) -> None:
    items = project.sql(
        "select m.ORDER_KEY, m.MONDAY_ITEM_ID, m.MONDAY_GROUP_ID from MON_CustMasterSchedule m"
        " where m.\"PO NUMBER\" = '4755' and m.GROUP_NAME = ?",
        [GREYSON],
    )
    sizes = project.sql(
        "select count(*) as n from MON_CustMasterSchedule_Subitems x join MON_CustMasterSchedule m"
        " on m.ORDER_KEY = x.ORDER_KEY where m.\"PO NUMBER\" = '4755' and m.GROUP_NAME = ? and MONDAY_SUBITEM_ID > 0",
        [GREYSON],
    )
    assert len({row["MONDAY_ITEM_ID"] for row in items}) == 69
    assert len({row["MONDAY_GROUP_ID"] for row in items}) == 1
    assert sizes[0]["n"] == 264


def _sizes_stand_in_the_order_of_their_columns(project: Project) -> None:
    columns = list(project.sql("select * from ORDERS_UNIFIED")[0])
    board = read_board(project.monday.url, project.monday.token, 9200517329)
    shown = [[columns.index(str(each.label)) for each in item.subitems] for item in board.items]
    assert max(map(len, shown)) > 4
    assert [places for places in shown if places != sorted(places)] == []


def _every_id_is_in_the_database(project: Project, push: dict[str, object]) -> None:
    counts = project.sql(
        "select (select count(*) from STG_MON_CustMasterSchedule) as staged,"
        " (select count(*) from MON_CustMasterSchedule where MONDAY_ITEM_ID is not null) as items,"
        " (select count(*) from MON_CustMasterSchedule_Subitems where MONDAY_SUBITEM_ID is not null) as sizes,"
        " (select count(*) from MON_RowClaims) as claims,"
        ' (select count(*) from MON_ApiRequests where OUTCOME is null) as "open"'
    )[0]
    assert counts["items"] == counts["staged"] == push["items_created"]
    assert counts["sizes"] == push["subitems_created"]
    assert counts["claims"] == counts["open"] == 0
    batches = project.sql("select * from MON_BatchProcessing")
    assert {row["STATUS"] for row in batches} == {"COMPLETED"}
    assert sum(row["ITEMS_SUCCEEDED"] for row in batches) == counts["items"]
    assert sum(row["SUBITEMS_SUCCEEDED"] for row in batches) == counts["sizes"]
    assert all(row["FINISHED_AT"] >= row["STARTED_AT"] for row in batches)


def _the_run_is_a_page(project: Project, push: dict[str, Any]) -> None:
    page = project.folder / "run.html"
    told = project.sync("report", "--run", "--output", str(page))
    assert told["path"] == str(page)
    assert f"{push['items_created']:,} of {counted(push['items_created'], 'order', form=',')}" in told["message"]
    text = unescape(page.read_text(encoding="utf-8"))
    for row in project.sql("select distinct CUSTOMER_NAME from MON_BatchProcessing"):
        assert row["CUSTOMER_NAME"] in text


def _nothing_changes_the_second_time(project: Project) -> None:
    project.dbt()
    assert project.staged() == 0
    writes = len(project.monday.history)
    started = time.monotonic()
    again = project.sync("push", "--batch")
    assert time.monotonic() - started < 4  # 2 s alone on the machine; tests share it
    assert again["succeeded"] == 0
    assert len(project.monday.history) == writes
