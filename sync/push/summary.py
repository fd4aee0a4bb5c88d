"""What a run made of its batches, as people and programs are told. Pure."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from typing import Any

from sync.database import Row
from sync.log import say
from sync.output import SEVERAL, Result, Table
from sync.push.shared import Totals
from sync.push.staged import NOTHING_ASIDE, Aside, Options, held_data, held_sentence, held_table
from sync.words import counted, either

FULL = "The board is full: archive items or raise its limit; the newest orders stay staged."

FIGURES = (
    "ITEMS_CREATED",
    "ITEMS_UPDATED",
    "ITEMS_ARCHIVED",
    "ITEMS_FAILED",
    "ITEMS_LEFT",
    "SUBITEMS_CREATED",
    "SUBITEMS_UPDATED",
    "SUBITEMS_FAILED",
    "SUBITEMS_LEFT",
    "GROUPS_CREATED",
)
"""Figures of a run that are summed up over its batches."""
_OF_BATCH = (
    *(f"{level}_{name}" for level in ("ITEMS", "SUBITEMS") for name in ("PLANNED", "SUCCEEDED", "FAILED", "LEFT")),
    "CELLS_LEFT_OUT",
)


def _what_was_done(
    done: Mapping[str, int], totals: Totals, options: Options, skipped: int, *, waits: bool
) -> list[str]:
    """Say what a run did, and what it left for no fault of a row; ``waits``: something is held back besides."""
    failed, archived = done["ITEMS_FAILED"] + done["SUBITEMS_FAILED"], done["ITEMS_ARCHIVED"]
    items_left, sizes_left = done["ITEMS_LEFT"], done["SUBITEMS_LEFT"]
    of = " of this selection" if options.selection.targeted else ""
    sentences = ["Nothing to do: the board already shows what is staged."]
    if done["ITEMS_SUCCEEDED"] + done["SUBITEMS_SUCCEEDED"] + failed + items_left + sizes_left:
        parts = [
            f"{_orders_and_sizes(done['ITEMS_SUCCEEDED'] - archived, done['SUBITEMS_SUCCEEDED'])} are on the board"
            f" ({counted(done['ITEMS_CREATED'], 'item')} and {counted(done['SUBITEMS_CREATED'], 'subitem')} new)",
            f"{counted(archived, 'item')} archived" if archived else "",
            f"{counted(failed, 'row')} failed" if failed else "",
            f"{_orders_and_sizes(items_left, sizes_left)} are left" if items_left or sizes_left else "",
        ]
        sentences = [", ".join(filter(None, parts)) + "."]
    elif waits or of:
        sentences = [f"There is nothing{of} to push."]
    if options.limit is not None and (items_left or sizes_left) and totals.stopped is None:
        sentences.append(f"The push took at most {counted(options.limit, 'order')} (--limit); push again for the rest.")
    elif sizes_left and not items_left and not (totals.stopped or totals.board_full or totals.held_by_others):
        sentences.append("The sizes left wait for their orders, which aren't on the board yet.")
    if skipped:
        stay = either(skipped, "stays", "stay")
        sentences.append(f"{counted(skipped, 'size')} {stay} staged, left out by --skip-subitems.")
    return sentences


def _orders_and_sizes(orders: int, sizes: int) -> str:
    return f"{counted(orders, 'order')} and {counted(sizes, 'size')}"


def build_result(
    totals: Totals,
    batches: Sequence[Row],
    notices: list[str],
    options: Options,
    build: Mapping[str, Any],
    *,
    seconds: float,
    run_id: str,
    staged: tuple[int, ...] = (0, 0),
    held: Sequence[Row] = (),
    aside: Aside = NOTHING_ASIDE,
    skipped: int = 0,
    cells: Mapping[str, int] | None = None,
) -> Result:
    """Message, exit code and figures of a run; ``staged``: orders and sizes of a run that ended before its batches
    began, ``held``: what the guards hold back, ``aside``: what no push takes up as things are, ``skipped``: sizes that
    were not asked for, ``cells``: those left blank, by board title. Pure."""
    names = (*FIGURES, "ITEMS_SUCCEEDED", "SUBITEMS_SUCCEEDED", "ROWS_ADOPTED", "SURPLUS_REMOVED")
    sums = {name: sum(int(batch[name]) for batch in batches) for name in names}
    sums["ITEMS_LEFT"] += staged[0]
    sums["SUBITEMS_LEFT"] = 0 if options.skip_subitems else sums["SUBITEMS_LEFT"] + staged[1]
    cells = cells or {}
    failed = sums["ITEMS_FAILED"] + sums["SUBITEMS_FAILED"]
    done = sums["ITEMS_SUCCEEDED"] + sums["SUBITEMS_SUCCEEDED"]
    percent = 100.0 * done / (done + failed) if done + failed else 100.0
    others = totals.held_by_others
    waits = bool(aside.sentences or held or others or skipped)
    blank = ", ".join(f"{title} {number}" for title, number in sorted(cells.items()))
    code = 0
    sentences = _what_was_done(sums, totals, options, skipped, waits=waits)
    if blank:
        sentences.append(f"They went up without {counted(sum(cells.values()), 'cell')} ({blank}).")
    for attention, said in (
        (
            percent < options.fail_under and failed,
            f"{percent:.1f} % of the rows tried got through, which is below --fail-under {options.fail_under:g};"
            " `python -m sync status` lists the errors.",
        ),
        (held, held_sentence(held)),
        (totals.board_full, FULL),
    ):
        if attention:
            code = 3
            sentences.append(said)
    if totals.stopped:
        code = totals.stopped.exit_code
        sentences.append(str(totals.stopped))
    if others:
        sentences.append(
            f"{counted(others, 'row')} {either(others, 'is', 'are')} held by another run and"
            f" {either(others, 'was', 'were')} left alone."
        )
    sentences += aside.sentences
    data = {
        "run_id": run_id,
        **{name.lower(): sums[name] for name in FIGURES},
        "subitems_skipped": skipped,
        "succeeded": done,
        "failed": failed,
        "cells_left_out": sum(cells.values()),
        "cells_by_column": dict(sorted(cells.items())),
        "adopted": sums["ROWS_ADOPTED"],
        "surplus_removed": sums["SURPLUS_REMOVED"],
        "api_calls": totals.api_calls,
        "api_retries": totals.api_retries,
        "lookups": totals.lookups,
        "complexity_used": totals.complexity_used,
        "success_percent": round(percent, 2),
        **held_data(build, held),
        "held_by_others": totals.held_by_others,
        "seconds": round(seconds, 3),
        **aside.data,
        "notices": notices,
        "batches": [
            {"batch_id": batch["BATCH_ID"], "customer": batch["CUSTOMER_NAME"], "status": batch["STATUS"]}
            | {name.lower(): int(batch[name]) for name in _OF_BATCH}
            for batch in batches
        ],
    }
    rows = [
        (
            batch["BATCH_ID"],
            batch["CUSTOMER_NAME"] or SEVERAL,
            batch["STATUS"],
            *(batch[f"{level}_{name}"] for level in ("ITEMS", "SUBITEMS") for name in ("SUCCEEDED", "FAILED", "LEFT")),
        )
        for batch in batches
    ]
    header = ("batch", "customer", "status", "orders", "failed", "left", "sizes", "failed", "left")
    tables: list[Table] = [*([("Batches", header, rows)] if rows else []), *held_table(held)]
    figures = (
        f"{counted(sums['GROUPS_CREATED'], 'group')} made, {counted(totals.api_calls, 'call')},"
        f" {totals.api_retries} repeated,"
        f" {totals.complexity_used:,} points, {seconds:.1f} s."
    )
    lines = [*(f"warning: {notice}" for notice in notices), figures]
    return Result("push", " ".join(sentences), code, data, tables, lines)


def logged(result: Result) -> Result:
    """Log how the run and its batches ended; pass the result on."""
    data = result.data
    for batch in data["batches"]:
        done, failed, left = (
            batch[f"items_{name}"] + batch[f"subitems_{name}"] for name in ("succeeded", "failed", "left")
        )
        say(
            "batch.end",
            f"push: batch {batch['batch_id']} {batch['status']}, {counted(done, 'row', form=',')} done,"
            f" {failed} failed, {left} left.",
            logging.INFO if failed or left else logging.DEBUG,
            batch=batch["batch_id"],
            status=batch["status"],
            done=done,
            failed=failed,
            left=left,
        )
    say(
        "push.end",
        f"push: {result.status} (exit code {result.exit_code}) after {data['seconds']:.1f} s,"
        f" {counted(data['succeeded'], 'row', form=',')} done, {data['failed']} failed.",
        status=result.status,
        exit_code=result.exit_code,
        **{name: data[name] for name in ("seconds", "succeeded", "failed", "api_calls", "complexity_used")},
    )
    return result
