"""Count and noun agree, in the helper and in what the commands say."""

from __future__ import annotations

import re
from typing import Any

import pytest

from sync.output import Result, show
from sync.push.ledger import Totals
from sync.push.staged import FULL, Aside, Selection, aside_of
from sync.push.summary import FIGURES, Options, build_result
from sync.settings import PROJECT_ROOT

BY_HAND = re.compile(
    r"\{(?!counted|_COMPLEXITY|MAX_| )[^{}\"]*\} (more )?"
    r"(rows|orders|sizes|items|subitems|groups|columns|keys|calls|requests|errors|removals|findings|batches|changes"
    r"|problems|labels|values|writes|records)\b"
)


def ended_batch(**counts: int) -> dict[str, Any]:
    """A batch as a run left it."""
    names = (*FIGURES, "ITEMS_PLANNED", "ITEMS_SUCCEEDED", "SUBITEMS_PLANNED", "SUBITEMS_SUCCEEDED", "CELLS_LEFT_OUT",
             "ROWS_ADOPTED", "SURPLUS_REMOVED")  # fmt: skip
    return {"BATCH_ID": "B", "CUSTOMER_NAME": "C", "STATUS": "COMPLETED"} | dict.fromkeys(names, 0) | counts


HELD = [
    {"BATCH_CUSTOMER": name, "KIND": "REMOVALS", "HELD_COUNT": 12, "WHOLE_COUNT": 20,
     "REASON": "12 of 20 items left; mend the source."}
    for name in ("", "A", "B", "C", "D")
]  # fmt: skip


def test_a_push_says_what_it_made_and_archived() -> None:
    totals = Totals(held_by_others=1, api_calls=1)
    batch = ended_batch(ITEMS_PLANNED=2, ITEMS_CREATED=1, ITEMS_SUCCEEDED=1, ITEMS_LEFT=1, SUBITEMS_PLANNED=2,
                        SUBITEMS_FAILED=1, SUBITEMS_LEFT=1, GROUPS_CREATED=1)  # fmt: skip
    options = Options(Selection(), fail_under=0.0)
    aside = aside_of({}, HELD[:1], {})
    said = build_result(totals, [batch], [], options, seconds=1.0, run_id="r", aside=aside)
    assert said.message == (
        "1 order and 0 sizes are on the board (1 item and 0 subitems new), 1 row failed, 1 order and 1 size are left."
        " Held back by the guards: whole source: 12 of 20 items left; mend the source."
        " 1 row is held by another run and was left alone."
    )
    assert said.lines == ["1 group made, 1 call, 0 repeated, 0 points, 1.0 s."]
    archiving = ended_batch(ITEMS_PLANNED=3, ITEMS_UPDATED=1, ITEMS_ARCHIVED=2, ITEMS_SUCCEEDED=3)
    said = build_result(Totals(), [archiving], [], options, seconds=1.0, run_id="r", aside=aside_of({}, [], {}))
    assert said.message == "1 order and 0 sizes are on the board (0 items and 0 subitems new), 2 items archived."


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"totals": Totals(held_by_others=2)}, "2 rows are held by another run"),
        ({"aside": aside_of({"blank_cells": 2}, [], {})}, "2 cells stay blank"),
        ({"staged": (7, 0), "totals": Totals(reasons=[FULL])}, "7 orders and 0 sizes are left. The board is full"),
    ],
)
def test_nothing_to_do_never_stands_beside_rows_that_wait(given: dict[str, Any], said: str) -> None:
    totals = given.pop("totals", Totals())
    given = {"aside": Aside()} | given
    told = build_result(totals, [], [], Options(Selection(batch="b")), seconds=1.0, run_id="r", **given).message
    assert said in told
    assert "Nothing to do" not in told


def test_no_sentence_counts_by_hand() -> None:
    found = [
        f"{path.relative_to(PROJECT_ROOT)}: {match[0]}"
        for path in sorted((PROJECT_ROOT / "sync").rglob("*.py"))
        for match in BY_HAND.finditer(path.read_text(encoding="utf-8"))
    ]
    assert found == []


def test_piped_tables_are_aligned(capsys: pytest.CaptureFixture[str]) -> None:
    rows = [("GREYSON", 7, None, "x"), ("PELOTON PRIVATE LABEL", 1200, "two", "")]
    show(Result("status", "Done.", tables=[("Title", ("customer", "orders", "batch", "what"), rows)]))
    assert capsys.readouterr().out.splitlines() == [
        "Title",
        "  customer              | orders | batch | what",
        "  GREYSON               |      7 |       | x",
        "  PELOTON PRIVATE LABEL |   1200 | two   |",
        "Done.",
    ]
