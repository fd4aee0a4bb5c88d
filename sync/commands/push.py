"""``push``: everything staged, one batch, or a selection."""

from __future__ import annotations

import datetime as dt
import logging
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from sync import __version__
from sync.database import Row
from sync.errors import BoardError, SyncError, UsageError
from sync.log import say
from sync.monday.board import resolve
from sync.monday.reading import MondayProblem
from sync.monday.retry import StopAsked
from sync.output import SEVERAL, Result, Table
from sync.push.dry_run import NOT_LOOKED, Look, dry_run
from sync.push.engine import Push, Shared, Totals, share
from sync.push.groups import BoardContext
from sync.push.plan import ITEM, SUBITEM
from sync.push.preflight import Preflight, check, look_up_new, remember_columns
from sync.push.queue import WorkQueue
from sync.push.staged import (
    NOTHING_ASIDE,
    Aside,
    Selection,
    check_build,
    check_filters,
    dated,
    held_data,
    held_sentence,
    held_table,
    set_aside,
)
from sync.session import Runtime, Session, open_session, refuse_other_board
from sync.settings import ERRORS_KEPT, HISTORY_KEPT, read_settings
from sync.words import counted, either

FULL = "The board is full: archive items or raise its limit; the newest orders stay staged."


@dataclass(frozen=True)
class Options:
    """What the command line asked for."""

    selection: Selection
    limit: int | None = None
    skip_subitems: bool = False
    workers: int | None = None
    fail_under: float = 95.0
    dry_run: bool = False
    wait: float = 0.0


def push(
    env: Mapping[str, str],
    options: Options,
    *,
    stop: threading.Event,
    runtime: Runtime | None = None,
) -> Result:
    """Carries the selection to the board; the result says what was done and what is left."""
    settings = read_settings(env, token_required=not options.dry_run)
    runtime = runtime or Runtime()
    with open_session(
        env, read_only=options.dry_run, wait=options.wait, sleep=stop.wait, stopped=stop.is_set, connect=runtime.connect
    ) as session:
        session.require(staged=True)
        _known_batch(session, options.selection)
        build = check_build(session.query("push/build"), session.mapping.hash)
        customers = check_filters(session, options.selection.filters)
        held = session.query("push/held_changes")

        def aside() -> Aside:
            return set_aside(session, build, customers)

        plan = partial(
            dry_run,
            session,
            settings,
            options.selection,
            build,
            held,
            skip_subitems=options.skip_subitems,
            limit=options.limit,
        )
        if options.dry_run and not settings.token:
            return dated(plan(look=lambda work, sizes: NOT_LOOKED, aside=aside()), build, runtime.now())
        config = {
            "version": __version__,
            "board_id": settings.board_id,
            "api_version": settings.api_version,
            "workers": options.workers or settings.workers,
            "rows_per_request": settings.rows_per_request,
            "limit": options.limit,
            "skip_subitems": options.skip_subitems,
            "build_id": str(build.get("BUILD_ID")),
        }
        shared = share(session, settings, runtime, stop, options.selection, config)
        run = _Run(session, options, build, held, shared, aside)
        if options.dry_run:
            return dated(plan(look=run.look, aside=aside()), build, runtime.now())
        refuse_other_board(session, settings.board_id)
        return _logged(dated(run.carry_out(), build, runtime.now()))


def _known_batch(session: Session, selection: Selection) -> None:
    if selection.batch is None:
        return
    if not session.query("push/known_batch", [selection.batch] * 3):
        raise UsageError(
            "No batch of that id is staged or was ever pushed; `python -m sync status` lists the staged batches."
        )


def _planned(counts: Mapping[str, Sequence[Row]], limit: int | None) -> int:
    """Return the rows that a push comes to; about, where ``limit`` leaves out orders with their sizes. Pure."""
    orders, sizes = (sum(int(row["ROWS_STAGED"]) for row in counts[level]) for level in (ITEM, SUBITEM))
    share = 1.0 if limit is None or not orders else min(limit / orders, 1.0)
    return round((orders + sizes) * share)


def _logged(result: Result) -> Result:
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


class _Run:
    """One run of the command: its parts, its phases in order, its result."""

    def __init__(
        self,
        session: Session,
        options: Options,
        build: Mapping[str, Any],
        held: list[Row],
        shared: Shared,
        aside: Callable[[], Aside],
    ) -> None:
        self.session, self.options, self.build, self.held = session, options, build, held
        self.shared, self.aside = shared, aside
        self.settings, self.runtime, self.totals = shared.settings, shared.runtime, shared.totals
        self.ledger, self.batches, self.reader = shared.ledger, shared.batches, shared.reader
        self.started = self.runtime.clock.monotonic()
        self.counts: dict[str, list[Row]] = {}
        self.notices: list[str] = []
        self.titles: dict[str, str] = {}
        """Board titles of the staged columns."""

    def look(self, work: bool, sizes: bool) -> Look:
        """What the preflight would say, with nothing written anywhere."""
        try:
            refuse_other_board(self.session, self.settings.board_id)
            left_open = bool(self.ledger.open_requests())
            if not work and not left_open:
                self._check_token()
                return Look()
            preflight = check(self.session, self.reader, self.settings.board_id, sizes=sizes or left_open)
            preflight = look_up_new(self.session, self.reader, preflight, self.options.selection, sizes=sizes)
        except StopAsked:
            raise
        except SyncError as problem:
            return Look(refusal=str(problem), exit_code=problem.exit_code)
        finally:
            self.shared.client.close()
        return Look(room=preflight.board.room, notices=preflight.notices)

    def carry_out(self) -> Result:
        """Preflight, groups, rows, finish. A run that Monday or a person ends early says what it has done."""
        try:
            return self._phases()
        except (MondayProblem, BoardError, StopAsked) as problem:
            batches = self.batches.finish(summary=str(problem), stopped=True)
            if problem.exit_code != 3:
                raise BoardError(str(problem)) from None
            self.totals.stopped = problem
            return self._result(batches)
        finally:
            self.shared.client.close()

    def _phases(self) -> Result:
        options, selection = self.options, self.options.selection
        self.batches.mark("START")
        self.ledger.shorten_leases()
        self.batches.end_dead()
        counts = self.counts = {ITEM: self.ledger.count_work(selection, ITEM)}
        counts[SUBITEM] = [] if options.skip_subitems else self.ledger.count_work(selection, SUBITEM)
        open_requests = bool(self.ledger.open_requests())
        sizes = bool(counts[SUBITEM]) or open_requests
        if not counts[ITEM] and not sizes:
            if selection.targeted:
                self.batches.start(())
            batches = self.batches.finish(summary=None)
            self._check_token()
            self._new_hashes()
            return self._result(batches)
        preflight = check(self.session, self.reader, self.settings.board_id, sizes=sizes)
        preflight = look_up_new(self.session, self.reader, preflight, selection, sizes=bool(counts[SUBITEM]))
        self.titles = {column.name: column.title for column in (*preflight.columns, *preflight.size_columns)}
        self._new_hashes()
        emptied, changed = remember_columns(
            self.session, self.ledger, preflight.board.id, preflight.columns, self.runtime.now
        )
        if preflight.subitem_board is not None:
            changed |= remember_columns(
                self.session,
                self.ledger,
                preflight.subitem_board.id,
                preflight.size_columns,
                self.runtime.now,
                sizes=True,
            )[1]
        self.batches.mark("PREFLIGHT")
        self.batches.start([*counts[ITEM], *counts[SUBITEM]])
        board = BoardContext(preflight, self.reader)
        cut_off, left_out = self._room(preflight, counts)
        queue = WorkQueue(
            self.ledger, selection, cut_off=cut_off, limit=options.limit, skip_subitems=options.skip_subitems
        )
        planned, workers = _planned(counts, options.limit), options.workers or self.settings.workers
        say(
            "push.begin",
            f"push: begins with {counted(planned, 'row', form=',')} in"
            f" {counted(len({row['BATCH_ID'] for rows in counts.values() for row in rows}), 'batch', 'batches')}, run"
            f" {self.ledger.run_id}.",
            rows=planned,
            workers=workers,
        )
        engine = Push(
            self.shared,
            board,
            queue,
            workers=workers,
            recreate=str(self.build.get("ON_BOARD_DELETION") or "recreate").lower() != "park",
            moved=preflight.moved,
            planned=planned,
        )
        engine.recover()
        self.batches.end_dead()
        if cut_off is None:
            board.wanted = {
                str(row["GROUP_NAME"]): self.batches.of(row)
                for row in counts[ITEM]
                if row["KIND"] != "ARCHIVE" and row["GROUP_NAME"]
            }
        engine.run()
        totals = self.totals
        totals.board_full = totals.board_full or left_out > 0
        summary = str(totals.stopped) if totals.stopped else FULL if totals.board_full else None
        if summary is None and options.limit is not None:
            summary = f"The push took at most {counted(options.limit, 'order')} (--limit); the rows left stay staged."
        elif summary is None and options.skip_subitems:
            summary = "The push left sizes out (--skip-subitems); they stay staged."
        batches = self.batches.finish(summary=summary, stopped=totals.stopped is not None)
        self._purge()
        self.notices += [*preflight.notices, *_elsewhere(emptied), *_due(changed)]
        return self._result(batches)

    def _new_hashes(self) -> None:
        """Brings hashes up to date that are new for no value's sake; their orders lack no cell."""
        self.ledger.execute("push/new_hashes")
        self.ledger.execute("push/settle_cells", [self.runtime.now()])

    def _check_token(self) -> None:
        """Nothing is staged; the board is still asked, so that a bad token or a missing board shows at once.

        What changed of its columns is noted: cells that were left blank may fit by now.
        """
        board = self.reader.board(self.settings.board_id)
        found = resolve(self.session.mapping.items, board)
        if not self.options.dry_run and not found.problems:
            emptied, changed = remember_columns(self.session, self.ledger, board.id, found.columns, self.runtime.now)
            self.notices += _elsewhere(emptied) + _due(changed)

    def _room(self, preflight: Preflight, counts: Mapping[str, list[Row]]) -> tuple[tuple[dt.date, str] | None, int]:
        creations = sum(int(row["ROWS_STAGED"]) for row in counts[ITEM] if row["KIND"] == "CREATE")
        room = preflight.board.room
        if room is None or creations <= room:
            return None, 0
        return self.ledger.cut_off(self.options.selection, max(room, 0)), creations - max(room, 0)

    def _purge(self) -> None:
        now = self.runtime.now()
        for name in ("ERR_MON_CustMasterSchedule", "ERR_MON_CustMasterSchedule_Subitems"):
            self.ledger.execute("push/purge", [now - ERRORS_KEPT], name=name, column="RESOLVED_AT")
        for name, column in (("MON_ApiRequests", "FINISHED_AT"), ("MON_BatchProcessing", "FINISHED_AT")):
            self.ledger.execute("push/purge", [now - HISTORY_KEPT], name=name, column=column)
        self.ledger.execute("push/purge_rows")

    def _result(self, batches: Sequence[Row]) -> Result:
        staged = tuple(sum(int(row["ROWS_STAGED"]) for row in self.counts.get(level, ())) for level in (ITEM, SUBITEM))
        skipped = self.ledger.count_work(self.options.selection, SUBITEM) if self.options.skip_subitems else []
        cells = {
            str(row["COLUMN_NAME"]): int(row["CELLS"])
            for row in self.ledger.query("batches/cells", [self.ledger.run_id] * 2)
        }
        return build_result(
            self.totals,
            batches,
            self.notices,
            self.options,
            self.build,
            seconds=self.runtime.clock.monotonic() - self.started,
            run_id=self.ledger.run_id,
            staged=staged if not batches else (0, 0),
            held=self.held,
            aside=self.aside(),
            skipped=sum(int(row["ROWS_STAGED"]) for row in skipped),
            cells={self.titles.get(name, name): count for name, count in cells.items()},
        )


def _elsewhere(names: Sequence[str]) -> list[str]:
    return [
        f"The column {name} has another id on the board than before; the next build stages what it should show and"
        " doesn't."
        for name in names
    ]


def _due(changed: Mapping[str, int]) -> list[str]:
    return [
        f"The column {name} changed on the board: {counted(cells, 'cell')} that {either(cells, 'was', 'were')} left"
        f" blank {either(cells, 'is', 'are')} staged by the next build."
        for name, cells in changed.items()
    ]


def _orders_and_sizes(orders: int, sizes: int) -> str:
    return f"{counted(orders, 'order')} and {counted(sizes, 'size')}"


def _what_was_done(
    done: Mapping[str, int], totals: Totals, options: Options, skipped: int, *, waits: bool
) -> list[str]:
    """What a run did, and what it left for no fault of a row; ``waits``: something is held back besides."""
    failed = done["ITEMS_FAILED"] + done["SUBITEMS_FAILED"]
    archived = done["ITEMS_ARCHIVED"]
    items_left, sizes_left = done["ITEMS_LEFT"], done["SUBITEMS_LEFT"]
    left = bool(items_left or sizes_left)
    sentences = []
    if done["ITEMS_SUCCEEDED"] + done["SUBITEMS_SUCCEEDED"] + failed or left:
        sentences.append(
            f"{_orders_and_sizes(done['ITEMS_SUCCEEDED'] - archived, done['SUBITEMS_SUCCEEDED'])} are on the board"
            f" ({counted(done['ITEMS_CREATED'], 'item')} and {counted(done['SUBITEMS_CREATED'], 'subitem')} new)"
            + (f", {counted(archived, 'item')} archived" if archived else "")
            + (f", {counted(failed, 'row')} failed" if failed else "")
            + (f", {_orders_and_sizes(items_left, sizes_left)} are left" if left else "")
            + "."
        )
    elif waits or options.selection.targeted:
        of = " of this selection" if options.selection.targeted else ""
        sentences.append(f"There is nothing{of} to push.")
    else:
        sentences.append("Nothing to do: the board already shows what is staged.")
    if options.limit is not None and left and totals.stopped is None:
        sentences.append(f"The push took at most {counted(options.limit, 'order')} (--limit); push again for the rest.")
    elif sizes_left and not items_left and not (totals.stopped or totals.board_full or totals.held_by_others):
        sentences.append("The sizes left wait for their orders, which aren't on the board yet.")
    if skipped:
        sentences.append(
            f"{counted(skipped, 'size')} {either(skipped, 'stays', 'stay')} staged, left out by --skip-subitems."
        )
    return sentences


def _left_blank(blank: Mapping[str, int]) -> list[str]:
    """Which cells the rows that got through went without."""
    columns = ", ".join(f"{title} {number}" for title, number in sorted(blank.items()))
    return [f"They went up without {counted(sum(blank.values()), 'cell')} ({columns})."] if blank else []


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
    "ITEMS_PLANNED",
    "ITEMS_SUCCEEDED",
    "ITEMS_FAILED",
    "ITEMS_LEFT",
    "SUBITEMS_PLANNED",
    "SUBITEMS_SUCCEEDED",
    "SUBITEMS_FAILED",
    "SUBITEMS_LEFT",
    "CELLS_LEFT_OUT",
)


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
    tried = done + failed
    percent = 100.0 if tried == 0 else 100.0 * done / tried
    code = 0
    sentences = _what_was_done(
        sums,
        totals,
        options,
        skipped,
        waits=bool(aside.sentences or held or totals.held_by_others or skipped),
    )
    sentences += _left_blank(cells)
    if percent < options.fail_under and failed:
        code = 3
        sentences.append(
            f"{percent:.1f} % of the rows tried got through, which is below --fail-under {options.fail_under:g};"
            " `python -m sync status` lists the errors."
        )
    if held:
        code = 3
        sentences.append(held_sentence(held))
    if totals.board_full:
        code = 3
        sentences.append(FULL)
    if totals.stopped:
        code = totals.stopped.exit_code
        sentences.append(str(totals.stopped))
    if totals.held_by_others:
        others = totals.held_by_others
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
    tables: list[Table] = [("Batches", header, rows)] if rows else []
    tables += held_table(held)
    figures = (
        f"{counted(sums['GROUPS_CREATED'], 'group')} made, {counted(totals.api_calls, 'call')},"
        f" {totals.api_retries} repeated,"
        f" {totals.complexity_used:,} points, {seconds:.1f} s."
    )
    lines = [*(f"warning: {notice}" for notice in notices), figures]
    return Result("push", " ".join(sentences), code, data, tables, lines)
