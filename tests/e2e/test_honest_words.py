"""What the commands say: what is held back, slips of the pen, a limit, and the same in JSON as in the tables."""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Callable

import pytest
from click.testing import CliRunner
from jinja2 import Environment

from emulator.faults import Fault
from emulator.switches import Switches
from sync.cli import UNSEEN, main
from tests.e2e.day_two import GREYSON, PELOTON, DayTwo, order
from tests.support import ROOT

NOTHING = "Nothing to do: the board already shows what is staged."
AGES = re.compile(r"[\d.,]+ s\.|built (less than a|\d+) minutes?|(build age )?seconds [\d.]+")
"""What differs between two runs of one command."""


def refusing(times: int = 0) -> Fault:
    """Every creation of an item is refused for what it holds, so many times (0: always)."""
    return Fault("refuse_row", operation="create_item", times=times, code="ColumnValueException", message="not so")


# ---------- what is held back


def test_nothing_to_do_is_said_of_a_board_that_shows_everything(two: DayTwo) -> None:
    two.build()
    assert two.push()["message"] == NOTHING


def test_rows_held_by_errors_are_counted_with_what_helps(start: Callable[..., DayTwo]) -> None:
    two = start(faults=[refusing(times=2)])
    two.env["SYNC_ROWS_PER_REQUEST"] = "1"
    two.add(order("BAD-1", sizes={}), order("BAD-2", PELOTON, sizes={}))
    two.build()
    first = two.push(exit_code=3)
    two.build()
    for again in (two.push(), two.push("--customer", GREYSON), two.push("--batch", "--dry-run"), two.sync("status")):
        held = 1 if "selection" in again["message"] else 2
        assert again["held_orders"] == held
        said = "1 order is" if held == 1 else "2 orders are"
        assert f"{said} held back by errors" in again["message"]
        assert "python -m sync retry" in again["message"]
        assert "mend the source" in again["message"]
        assert "`python -m sync status --all` lists" in again["message"]
        assert NOTHING not in again["message"]
    assert "BAD-1" in two.run("status", "--all").stdout
    assert first["held_orders"] == 2
    due = two.sync("retry", "--customer", GREYSON)  # the source's name; the error table knows the canonical one
    assert due["orders"] == 1
    assert "the next `dbt build` stages" in due["message"]
    assert two.sync("status")["held_orders"] == 1
    two.build()
    assert two.push()["items_created"] == 1
    assert two.sync("retry", "--customer", GREYSON)["message"] == "No rejected or dead-lettered row matches."


def test_rejected_rows_stand_beside_no_word_of_nothing_to_do(two: DayTwo) -> None:
    two.add(order("", sizes={"S": 1}), order("R-2", CUSTOMER_STYLE=None))
    two.build()
    answer = two.push()
    assert answer["rejected_rows"] == 2
    assert NOTHING not in answer["message"]
    assert "2 source rows are rejected: STG_MON_RejectedOrders says why; mend the source." in answer["message"]


def test_rows_out_of_scope_are_said_to_be(two: DayTwo) -> None:
    two.add(order("OLD-1", ORDER_DATE_PO_RECEIVED=dt.date(2001, 1, 1)))
    two.build(received_from="2002-01-01")
    answer = two.push()
    assert answer["out_of_scope_rows"] == 1
    assert NOTHING not in answer["message"]
    assert "1 source row is out of scope" in answer["message"]
    assert "received_from" in answer["message"]


def test_sizes_that_were_not_asked_for_are_said_to_wait(two: DayTwo) -> None:
    two.edit("GRE-02", {"S": 40})
    two.build()
    answer = two.push("--batch", "--skip-subitems")
    assert answer["message"] == "There is nothing to push. 1 size stays staged, left out by --skip-subitems."
    assert answer["subitems_skipped"] == 1


def test_a_batch_is_not_completed_while_its_sizes_wait(two: DayTwo) -> None:
    two.add(order("NEW-1", PELOTON, {"S": 1, "M": 2}), order("NEW-2", sizes={}))
    two.build()
    answer = two.push("--batch", "--skip-subitems")
    assert (answer["items_created"], answer["subitems_left"], answer["subitems_skipped"]) == (2, 0, 2)
    ended = {row["CUSTOMER_NAME"]: row for row in two.sql("select * from MON_BatchProcessing order by STARTED_AT")}
    assert (ended["PELOTON"]["STATUS"], ended["PELOTON"]["SUBITEMS_LEFT"]) == ("PARTIAL", 2)
    assert "--skip-subitems" in ended["PELOTON"]["ERROR_SUMMARY"]
    assert (ended["GREYSON"]["STATUS"], ended["GREYSON"]["ERROR_SUMMARY"]) == ("COMPLETED", None)
    assert two.push()["subitems_created"] == 2
    assert {row["STATUS"] for row in two.sql("select STATUS from MON_BatchProcessing")} == {"COMPLETED"}


# ---------- slips of the pen


@pytest.mark.parametrize(
    ("words", "near"),
    [
        (("--customer", "GREYSON CLOTHIER"), "GREYSON CLOTHIERS"),
        (("--customer", "peloton inc"), "PELOTON"),
        (("--po", "4756"), "4755"),
        (("--aag-season", "2025 FAL"), "2025 FALL"),
        (("--customer-season", "FALL 26"), "FALL 25"),
        (("--customer", GREYSON, "--po", "47555"), "4755"),
    ],
)
def test_a_filter_that_means_no_order_is_a_slip_of_the_pen(two: DayTwo, words: tuple[str, ...], near: str) -> None:
    for more in ((), ("--dry-run",)):
        ended = two.attempt("push", *words, *more)
        assert ended.exit_code == 2
        assert near in ended.message
        assert repr(words[-1]) in ended.message


@pytest.mark.parametrize("words", [("retry",), ("audit",), ("audit", "--repair")])
def test_a_customer_that_nobody_knows_is_a_slip_of_the_pen(two: DayTwo, words: tuple[str, ...]) -> None:
    ended = two.attempt(*words, "--customer", "NOSUCH PELOTON")
    assert (ended.exit_code, "PELOTON" in ended.message) == (2, True)
    if words == ("audit",):
        assert two.attempt("audit", "--customer", "peloton").exit_code == 0


@pytest.mark.parametrize("customer", [PELOTON.lower(), "GREYSON", "FARADAY LABS, INC (LAMBS)"])
def test_a_customer_without_work_is_no_slip_of_the_pen(two: DayTwo, customer: str) -> None:
    two.build()
    answer = two.push("--customer", customer)
    assert answer["message"] == "There is nothing of this selection to push."


# ---------- a dry run with a limit


@pytest.mark.parametrize("words", [(), ("--skip-subitems",), ("--customer", GREYSON)])
def test_a_dry_run_obeys_the_limit_as_the_push_does(two: DayTwo, words: tuple[str, ...]) -> None:
    two.add(*(order(f"NEW-{at}", PELOTON if at % 2 else GREYSON, {"S": 1, "M": at}) for at in range(1, 9)))
    two.edit("GRE-01", NOTES="REVISED")
    two.edit("GRE-02", {"S": 40})
    two.build()
    scope = words if "--customer" in words else ("--batch", *words)
    whole = two.push(*scope, "--dry-run")
    for limit in (3, 5, 100):
        plan = two.push(*scope, "--limit", str(limit), "--dry-run")
        assert plan["limit"] == limit
        orders = plan["items_to_create"] + plan["items_to_update"]
        assert orders + plan["items_left"] == whole["items_to_create"] + whole["items_to_update"]
        assert plan["writes"] <= whole["writes"]
        assert ("beyond --limit" in plan["message"]) == (plan["items_left"] + plan["subitems_left"] > 0)
    plan = two.push(*scope, "--limit", "4", "--dry-run")
    done = two.push(*scope, "--limit", "4")
    for name in ("create", "update"):
        past = f"{name}d"
        assert plan[f"items_to_{name}"] == done[f"items_{past}"]
        assert plan[f"subitems_to_{name}"] == done[f"subitems_{past}"]
    assert (plan["items_left"], plan["subitems_left"]) == (done["items_left"], done["subitems_left"])
    assert plan["complexity_points"] == 30_000 * (done["succeeded"] + plan["groups_to_create"])
    assert "--limit" in done["message"]


def test_a_dry_run_sums_by_customer_and_with_verbose_by_group(two: DayTwo) -> None:
    two.add(
        order("NEW-1", PELOTON, {"S": 1, "M": 2}), order("NEW-2", PELOTON, {}, CUSTOMER_SEASON="SPRING 27"),
        order("NEW-3", sizes={"S": 1}),
    )  # fmt: skip
    two.edit("GRE-01", NOTES="REVISED")
    two.build()
    customers = [
        ["GREYSON", 1, 1, 1],
        ["PELOTON", 2, 0, 2],
    ]
    for words in ((), ("--verbose",)):
        groups = [["Orders by group", 4]] if words else []
        done = two.run("push", "--batch", "--dry-run", "--json", *words)
        tables = json.loads(done.stdout)["tables"]
        assert tables[0]["columns"] == ["customer", "create", "update", "sizes"]
        assert tables[0]["rows"] == customers
        assert [[table["title"], sum(row[3] for row in table["rows"])] for table in tables[1:]] == groups


# ---------- JSON and people


def figures(text: str) -> set[str]:
    """Every number of a text, without separators."""
    return {found.replace(",", "") for found in re.findall(r"\d[\d,]*(?:\.\d+)?", text)}


@pytest.mark.parametrize(
    "words",
    [("push", "--batch", "--dry-run"), ("status",), ("retry", "--customer", PELOTON), ("report",), ("audit",),
     ("board", "check"), ("migrate",)],
)  # fmt: skip
def test_json_says_what_the_table_says(start: Callable[..., DayTwo], words: tuple[str, ...]) -> None:
    two = start(faults=[refusing(times=1)])
    two.env["SYNC_ROWS_PER_REQUEST"] = "2"
    two.add(*(order(f"NEW-{at}", sizes={"S": 1}) for at in range(3)))
    two.build()
    two.push("--batch", "--fail-under", "0")
    two.add(order("NEXT"))
    two.build()
    shown, told = two.run(*words), two.run(*words, "--json")
    assert shown.returncode == told.returncode, (shown.stderr, told.stderr)
    answer = json.loads(told.stdout)
    assert answer["message"] in shown.stdout
    for line in answer["lines"]:
        assert re.sub(AGES, "", line) in re.sub(AGES, "", shown.stdout)
    for table in answer["tables"]:
        assert table["title"] in shown.stdout
        for row in table["rows"]:
            assert all(str(each) in shown.stdout for each in row if isinstance(each, int | str)), row
    ours = json.dumps(answer, ensure_ascii=False)
    unsaid = {
        n for n in figures(re.sub(AGES, "", shown.stdout)) - figures(ours) if "." not in n
    }  # the seconds of two runs differ
    assert not unsaid, unsaid
    single = {name: value for name, value in answer.items() if isinstance(value, int | float) and value}
    unnamed = {
        name for name, value in single.items() - {("exit_code", shown.returncode)}
        if not name.endswith("seconds") and f"{name.replace('_', ' ')} {value}" not in shown.stdout
    }  # fmt: skip
    assert not unnamed, unnamed
    for moment in re.findall(r'"(\d{4}-\d\d-\d\d[T ]\d\d:\d\d[^"]*)"', told.stdout):
        assert dt.datetime.fromisoformat(moment).utcoffset() == dt.timedelta(0), moment


# ---------- what Monday warns of


@pytest.mark.parametrize(
    "words", [("push", "--batch"), ("push", "--batch", "--dry-run"), ("audit",), ("board", "check")]
)
def test_what_monday_warns_of_is_shown_once_a_run(start: Callable[..., DayTwo], words: tuple[str, ...]) -> None:
    two = start(switches=Switches(announced_end=True, warned=True))
    two.add(*(order(f"NEW-{at}", CUSTOMER_STYLE="TOPSECRET") for at in range(8)))
    two.env["SYNC_ROWS_PER_REQUEST"] = "2"
    two.build()
    done = two.run(*words, "--json")
    warnings = json.loads(done.stdout)["warnings"]
    assert len([each for each in warnings if "Sunset: Thu, 01 Apr 2027" in each]) == 1
    assert len([each for each in warnings if "will take objects only" in each]) == 1
    assert len(warnings) == len(set(warnings)) == 3
    assert [line for line in done.stderr.splitlines() if line.startswith("warning: ")] == [
        f"warning: {each}" for each in warnings
    ]
    for each in warnings:
        assert not any(secret in each for secret in ("TOPSECRET", two.monday.token, "?account"))


def test_a_board_that_warns_of_nothing_is_quiet(two: DayTwo) -> None:
    done = two.run("push", "--batch")
    assert "warning" not in done.stdout + done.stderr


# ---------- status


def test_status_is_one_screen_and_all_shows_the_rest(start: Callable[..., DayTwo]) -> None:
    two = start(faults=[refusing(times=1)])
    two.add(*(order(f"NEW-{at}", sizes={"S": 1}) for at in range(3)))
    two.build()
    two.push("--batch", "--fail-under", "0")
    two.edit("GRE-01", NOTES="REVISED")
    two.add(*(order(f"NEXT-{at}") for at in range(2)))
    two.build()
    shown = two.run("status").stdout
    assert len(shown.splitlines()) <= 30
    assert "  run           | none at work\n" in shown
    assert "  orders staged | 2 to create, 1 to update\n" in shown
    for title in ("Last build", "Batches of the last 24 hours", "Backlog", "Open errors", "Last errors"):
        assert title not in shown
        assert title in two.run("status", "--all").stdout
    said = two.sync("status")
    assert said["last_push"]["ORDERS"] == 2
    assert said["backlog_by_kind"] == {"orders": {"create": 2, "update": 1}, "sizes": {"create": 6}}
    assert 0 < len(said["last_batches"]) <= 10
    assert said["last_batches"][0]["FINISHED_AT"]


def test_the_last_push_is_what_that_run_got_through(two: DayTwo) -> None:
    two.add(*(order(f"NEW-{at}", sizes={"S": 1, "M": 2}) for at in range(3)))
    two.build()
    two.push("--batch", "--limit", "2")
    last = two.sync("status")["last_push"]
    assert (last["ORDERS"], last["SIZES"]) == (2, 4)
    run = two.push()["run_id"]
    last = two.sync("status")["last_push"]
    assert (last["RUN_ID"], last["ORDERS"], last["SIZES"]) == (run, 1, 2)
    two.push()
    assert two.sync("status")["last_push"] == last, "a run that got nothing through is no last push"


def test_status_calls_a_killed_run_abandoned(two: DayTwo) -> None:
    two.add(order("NEXT"))
    two.build()
    two.push()
    two.sql("update MON_BatchProcessing set FINISHED_AT = null, STATUS = 'STARTED'")
    two.leases_end()
    two.sql("update MON_BatchProcessing set LEASE_UNTIL = ?", [dt.datetime(2026, 1, 1)])  # noqa: DTZ001
    said = two.sync("status")
    assert (said["runs"], said["running_batches"]) == ([], 0)
    assert {row["STATUS"] for row in said["last_batches"]} == {"ABANDONED"}


# ---------- one value for an option


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("push --customer A --customer B", "'--customer': it is given more than once"),
        ("push --batch --customer=A --po 1 --customer=A", "'--customer': it is given more than once"),
        ("push --batch 1 --batch", "'--batch': it is given more than once"),
        ("pull --po 1 --po 2", "'--po': it is given more than once"),
        ("audit --limit 1 --limit 2", "'--limit': it is given more than once"),
        ("audit --limit 99999999999999999999", "is not in the range"),
        ("push --batch --limit 99999999999999999999", "is not in the range"),
    ],
)
def test_an_option_takes_one_value_that_fits(words: str, said: str) -> None:
    done = CliRunner().invoke(main, [*words.split(), "--json"], prog_name="sync")
    assert done.exit_code == 2
    assert said in json.loads(done.stdout)["message"]


def test_a_flag_may_be_repeated() -> None:
    done = CliRunner().invoke(main, ["push", "--json", "--quiet", "--json", "--quiet"], prog_name="sync")
    assert "push needs --batch" in json.loads(done.stdout)["message"]


def test_a_pasted_name_may_hold_characters_that_nobody_sees(two: DayTwo) -> None:
    two.add(order("NEW-1", PELOTON), order("NEW-2", GREYSON))
    two.build()
    pasted = f"\u200b{PELOTON[:3]}\u00ad{PELOTON[3:]}\u202c\ufeff"
    assert two.push("--customer", pasted)["items_created"] == 1
    assert two.sync("audit", "--customer", pasted)["agree"] is True
    assert "blank" in two.sync("push", "--customer", "\u200b", exit_code=2)["message"]


def test_what_nobody_sees_is_the_same_in_a_filter_and_in_a_cell() -> None:
    text = (ROOT / "macros" / "text.sql").read_text()
    macro = text[text.index("{% macro invisible_codes") :].partition("{%- endmacro %}")[0]
    said: list[list[int]] = []
    Environment().from_string(f"{macro}{{% endmacro %}}{{{{ invisible_codes(false) }}}}").render(
        {"return": said.append}
    )
    assert said == [list(UNSEEN)]
