"""What a push believes of what is staged: a whole build of this version, and how old it is."""

from __future__ import annotations

import signal

import pytest

from tests.e2e.day_two import DayTwo
from tests.support import BUILD, Project


def refusal(project: Project) -> str:
    """Why push, dry run and adoption end with exit code 1, before anything is written."""
    before = len(project.monday.history)
    said = {
        str(project.sync(*words, exit_code=1)["message"])
        for words in (("push", "--batch"), ("push", "--batch", "--dry-run"))
    }
    assert len(project.monday.history) == before
    (sentence,) = said
    assert sentence.endswith("run `dbt build`."), sentence
    return sentence


def state(project: Project) -> str:
    (row,) = project.sql("select STATE from STG_MON_Build")
    return str(row["STATE"])


def test_a_build_of_which_a_test_fails_is_not_believed(checkout: Project) -> None:
    warns, fails = (checkout.root / "tests" / "dbt" / f"{name}.sql" for name in ("warns", "fails"))
    warns.write_text("{{ config(severity='warn') }}\nselect 1 as N\n", encoding="utf-8")
    fails.write_text("select 1 as N\n", encoding="utf-8")
    checkout.dbt_process("build", ok=False)
    assert state(checkout) == "FAILED"
    assert "failed" in refusal(checkout)
    assert checkout.sync("status")["refusal"] == refusal(checkout)

    # What failed alone makes no whole build of it; a test that only warns stands in no build's way.
    fails.write_text("select 1 as N where 1 = 0\n", encoding="utf-8")
    checkout.dbt_process("retry")
    assert "dbt build" in refusal(checkout)
    checkout.dbt()
    assert checkout.sync("push", "--batch")["exit_code"] == 0


@pytest.mark.parametrize("after", ["main.STG_MON_CustMasterSchedule ", "main.STG_MON_Build "])
def test_a_build_that_was_killed_is_not_believed(checkout: Project, after: str) -> None:
    checkout.sql("update ORDERS_UNIFIED set \"PO NUMBER\" = 'new'")
    build = checkout.start_dbt("build", "--no-use-colors")
    assert build.stdout is not None
    for line in build.stdout:
        if "OK created sql table model" in line and after in line:
            build.send_signal(signal.SIGKILL)
            break
    build.communicate()
    assert build.returncode == -signal.SIGKILL
    assert state(checkout) == "RUNNING"
    assert "has not ended" in refusal(checkout)
    checkout.dbt(*BUILD)
    assert checkout.sync("push", "--batch")["items_updated"] == 10


def test_a_build_that_ends_before_its_first_model_is_not_believed(two: DayTwo) -> None:
    """Whether a variable, a column or, while the orders are counted, the database itself ends it."""
    built = two.sql("select BUILT_AT from STG_MON_Build")
    for variables in ({"max_removal_percent": -1}, {"orders_scope": 'cast("PO NUMBER" as int) = 1'}, {}):
        two.sql('update ORDERS_UNIFIED set "PO NUMBER" = \'none\' where "PO NUMBER" is not null')
        if not variables:
            two.sql('alter table ORDERS_UNIFIED rename column "PO NUMBER" to "PO"')
        with pytest.raises(AssertionError):
            two.build(**variables)
        assert state(two) == "FAILED", variables
        assert "The last run of dbt failed at" in refusal(two)
        assert two.sql("select BUILT_AT from STG_MON_Build where STATE_AT > BUILT_AT") == built
        assert two.sync("status")["refusal"] == refusal(two)
    two.sql('alter table ORDERS_UNIFIED rename column "PO" to "PO NUMBER"')
    two.build(orders_scope='"PO NUMBER" is not null')
    assert state(two) == "WHOLE"
    assert two.push()["exit_code"] == 0


def test_a_part_of_a_build_is_not_believed(two: DayTwo) -> None:
    two.dbt("run", "--select", "stg_mon_custmasterschedule")
    assert "only some of the tables" in refusal(two)
    two.dbt("run", "--empty")
    assert "only some of the tables" in refusal(two)
    two.dbt("run")
    assert two.push()["exit_code"] == 0
    # What touches no table that a push reads takes nothing away.
    two.dbt("seed")
    two.dbt("test", "--select", "no_blank_names")
    assert two.push()["exit_code"] == 0


@pytest.mark.parametrize(
    "harm",
    [
        'alter table "STG_MON_CustMasterSchedule" drop column "SOURCE_CUSTOMER"',
        'alter table "STG_MON_CustMasterSchedule_Subitems" add "OLDER" integer',
        'alter table "STG_MON_Build" drop column "STATE"',
        'drop table "STG_MON_NewHashes"',
        'drop table "STG_MON_Build"',
        'delete from "STG_MON_Build"',
    ],
)
def test_staging_of_another_shape_is_not_believed(two: DayTwo, harm: str) -> None:
    two.sql(harm)
    assert refusal(two)
    two.build()
    assert two.push()["exit_code"] == 0


def test_the_age_of_the_build_is_said(two: DayTwo) -> None:
    two.sql("update STG_MON_Build set BUILT_AT = {ts '2020-01-01 12:30:00'}" if two.store.sole_writer is False
            else "update STG_MON_Build set BUILT_AT = timestamp '2020-01-01 12:30:00'")  # fmt: skip
    for words in (("push", "--batch"), ("push", "--batch", "--dry-run"), ("status",)):
        answer = two.sync(*words)
        assert answer["built_at"] == "2020-01-01T12:30:00Z", words
        assert answer["build_age_seconds"] > 6 * 365 * 24 * 3600
        shown = two.run(*words)
        assert "days ago, at 2020-01-01 12:30 UTC" in shown.stdout, words
