"""What a push is asked for, what it did, or would do and what that would cost, as people and programs are told."""

import logging
import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from sync.database import Row
from sync.errors import SyncError
from sync.log import say, verbose
from sync.output import SEVERAL, Result, Table, counted, either, tabled, told
from sync.push.board import BoardContext
from sync.push.ledger import Totals
from sync.push.plan import ARCHIVE, CREATE, ITEM, MOVE, SETTLE, SUBITEM, UPDATE, UPDATE_AND_MOVE
from sync.push.staged import Aside, Selection, set_aside, unsettled
from sync.session import Session
from sync.settings import CALLS_A_MINUTE, GROUPS_PER_REQUEST, POINTS_A_MINUTE, POINTS_A_WRITE, Settings

# figures of a run that are summed up over its batches
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
_OF_BATCH = (
    *(f"{level}_{name}" for level in ("ITEMS", "SUBITEMS") for name in ("PLANNED", "SUCCEEDED", "FAILED", "LEFT")),
    "CELLS_LEFT_OUT",
)


@dataclass(frozen=True)
class Options:
    """What the command line asks of a push."""

    selection: Selection
    limit: int | None = None
    skip_subitems: bool = False
    workers: int | None = None
    fail_under: float = 95.0
    dry_run: bool = False
    wait: float = 0.0


def count(
    session: Session,
    options: Options,
    level: str,
    *,
    taken: bool = False,
    room: int | None = None,
    limit: int | None = None,
) -> list[Row]:
    """Return what is staged of a level; ``taken``: what a push takes of it, where the board has so much ``room``."""
    selection, sizes = options.selection, not options.skip_subitems
    return session.query(
        "push/count_work",
        selection.params * (1 + (1 + sizes + (room is not None)) * taken),
        selection=selection.names,
        level=level,
        taken=taken,
        room=room,
        limit=limit,
        with_sizes=sizes,
    )


def outside(session: Session, options: Options) -> str:
    """Say how much waits outside of the batch or selection that was asked for."""
    parts = [
        by_kind(count(session, Options(Selection()), level)).total()
        for level in ((ITEM, SUBITEM) if options.selection.names else ())
    ]
    return f"{_orders_and_sizes(*parts)} wait outside of it." if any(parts) else ""


def by_kind(counts: Sequence[Row]) -> Counter[str]:
    """Return how many rows of each kind of change are to be done."""
    return sum((Counter({row["KIND"]: int(row["ROWS_STAGED"])}) for row in counts), Counter[str]())


def _what_was_done(
    done: Mapping[str, int], totals: Totals, options: Options, skipped: int, *, waits: bool, elsewhere: str
) -> list[str]:
    """Say what a run did, and what it left for no fault of a row; ``waits``: something is held back besides.

    ``elsewhere``: what waits outside of the selection.
    """
    failed, archived = done["ITEMS_FAILED"] + done["SUBITEMS_FAILED"], done["ITEMS_ARCHIVED"]
    items_left, sizes_left = done["ITEMS_LEFT"], done["SUBITEMS_LEFT"]
    parts = told(
        (
            True,
            f"{_orders_and_sizes(done['ITEMS_SUCCEEDED'] - archived, done['SUBITEMS_SUCCEEDED'])} are on the board"
            f" ({counted(done['ITEMS_CREATED'], 'item')} and {counted(done['SUBITEMS_CREATED'], 'subitem')} new)",
        ),
        (archived, f"{counted(archived, 'item')} archived"),
        (failed, f"{counted(failed, 'row')} failed"),
        (items_left or sizes_left, f"{_orders_and_sizes(items_left, sizes_left)} are left"),
    )
    idle = (
        f"There is nothing{options.selection.said} to push."
        if waits or options.selection.names
        else "Nothing to do: the board already shows what is staged."
    )
    worked = done["ITEMS_SUCCEEDED"] + done["SUBITEMS_SUCCEEDED"] + failed + items_left + sizes_left
    ended = totals.stopped or totals.reasons or totals.held_by_others or totals.limited
    return told(
        (True, f"{', '.join(parts)}." if worked else f"{idle} {elsewhere}".strip()),
        (
            totals.limited and totals.stopped is None,
            f"The push took at most {counted(options.limit or 0, 'order')} (--limit); push again for the rest.",
        ),
        (
            sizes_left and not (items_left or ended),
            "The sizes left wait for their orders, which aren't on the board yet.",
        ),
        (
            skipped,
            f"{counted(skipped, 'size')} {either(skipped, 'stays', 'stay')} staged, left out by --skip-subitems.",
        ),
    )


def _orders_and_sizes(orders: int, sizes: int) -> str:
    return f"{counted(orders, 'order')} and {counted(sizes, 'size')}"


def build_result(
    totals: Totals,
    batches: Sequence[Row],
    notices: list[str],
    options: Options,
    *,
    seconds: float,
    run_id: str,
    staged: tuple[int, ...] = (0, 0),
    aside: Aside,
    skipped: int = 0,
    elsewhere: str = "",
    cells: Mapping[str, int] = MappingProxyType({}),
) -> Result:
    """Message, exit code and figures of a run; ``staged``: orders and sizes of a run that ended before its batches
    began, ``aside``: what no push takes up as things are, ``skipped``: sizes that were not asked for, ``elsewhere``:
    what waits outside of the selection, ``cells``: those left blank, by board title. Pure."""
    sums = {
        name: sum(int(batch[name]) for batch in batches)
        for name in (*FIGURES, "ITEMS_SUCCEEDED", "SUBITEMS_SUCCEEDED", "ROWS_ADOPTED", "SURPLUS_REMOVED")
    }
    sums["ITEMS_LEFT"] += staged[0]
    sums["SUBITEMS_LEFT"] = 0 if options.skip_subitems else sums["SUBITEMS_LEFT"] + staged[1]
    failed = sums["ITEMS_FAILED"] + sums["SUBITEMS_FAILED"]
    done = sums["ITEMS_SUCCEEDED"] + sums["SUBITEMS_SUCCEEDED"]
    percent = 100.0 * done / (done + failed) if done + failed else 100.0
    waits = bool(aside.sentences or aside.held or totals.held_by_others or skipped)
    blank = ", ".join(f"{title} {number}" for title, number in sorted(cells.items()))
    below = failed and percent < options.fail_under
    code = totals.stopped.exit_code if totals.stopped else 3 if below or aside.held or totals.reasons else 0
    sentences = [
        *_what_was_done(sums, totals, options, skipped, waits=waits, elsewhere=elsewhere),
        *told(
            (blank, f"They went up without {counted(sum(cells.values()), 'cell')} ({blank})."),
            (
                below,
                f"{percent:.1f} % of the rows tried got through, which is below --fail-under {options.fail_under:g};"
                " `python -m sync status --all` lists the errors.",
            ),
            (aside.held, aside.held),
            *((True, reason) for reason in totals.reasons),
            (totals.stopped, str(totals.stopped)),
            (
                totals.held_by_others,
                f"{counted(totals.held_by_others, 'row')} {either(totals.held_by_others, 'is', 'are')} held by another"
                f" run and {either(totals.held_by_others, 'was', 'were')} left alone.",
            ),
        ),
        *aside.sentences,
    ]
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
        "success_percent": None if totals.stopped and not done + failed else round(percent, 2),
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
    return Result(
        "push",
        " ".join(sentences),
        code,
        data,
        [
            (
                "Batches",
                ("batch", "customer", "status", "orders", "failed", "left", "sizes", "failed", "left"),
                [
                    (
                        batch["BATCH_ID"],
                        batch["CUSTOMER_NAME"] or SEVERAL,
                        batch["STATUS"],
                        *(batch[f"ITEMS_{name}"] for name in ("SUCCEEDED", "FAILED", "LEFT")),
                        *(batch[f"SUBITEMS_{name}"] for name in ("SUCCEEDED", "FAILED", "LEFT")),
                    )
                    for batch in batches
                ],
            ),
            *aside.tables,
        ],
        [
            *(f"warning: {notice}" for notice in notices),
            f"{counted(sums['GROUPS_CREATED'], 'group')} made, {counted(totals.api_calls, 'call')},"
            f" {totals.api_retries} repeated, {totals.complexity_used:,} points, {seconds:.1f} s.",
        ],
    )


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


def dry_run(
    session: Session,
    settings: Settings,
    options: Options,
    build: Mapping[str, Any],
    customers: Sequence[str],
    board: BoardContext | None = None,
    refusal: SyncError | None = None,
) -> Result:
    """Count by customer and group, and cost in writes, points, calls and minutes at Monday's limits.

    ``board``: as the preflight saw it, where there is something to push. Exit code and last sentence are those of
    ``refusal``, where the push would end before its first write.
    """
    limit, aside = options.limit, set_aside(session, build, customers)
    taken: dict[str, Any] = {"taken": True, "room": board.board.room if board else None}
    # what is staged, what of it can go up, and what of that the limit leaves
    counts = [
        [
            [] if level == SUBITEM and options.skip_subitems else count(session, options, level, **part)
            for part in ({}, taken, taken | {"limit": limit})
        ]
        for level in (ITEM, SUBITEM)
    ]
    items, sizes = (found[-1] for found in counts)
    (staged, fitting, kinds), (sizes_staged, sizes_fitting, size_kinds) = (map(by_kind, found) for found in counts)
    left, sizes_left = (fitting - kinds).total(), (sizes_fitting - size_kinds).total()
    left_out, waiting = staged[CREATE] - fitting[CREATE], (sizes_staged - sizes_fitting).total()
    open_rows = sum(int(row["ROWS_HELD"]) for row in unsettled(session))
    others = kinds.pop(SETTLE, 0) + size_kinds.pop(SETTLE, 0) - open_rows
    # of a board that can't be read, the groups that it had when last seen
    known = (
        {group.title for group in board.groups}
        if board
        else {str(row["GROUP_TITLE"]) for row in session.query("push/present_groups", [settings.board_id])}
    )
    wanted = {str(row["GROUP_NAME"]) for row in items if row["KIND"] not in (ARCHIVE, SETTLE) and row["GROUP_NAME"]}
    groups = len({title.upper() for title in wanted} - {title.strip().upper() for title in known})
    writes = kinds.total() + kinds[UPDATE_AND_MOVE] + size_kinds.total() + groups
    per = settings.rows_per_request
    requests = (kinds[CREATE], kinds.total() - kinds[CREATE], size_kinds[CREATE], size_kinds[UPDATE])
    # the preflight reads the board and its subitems' board, and looks orders up where there are some to create
    preflight = (2 if writes else 0) + (kinds[CREATE] > 0)
    calls = preflight + sum(math.ceil(count / per) for count in requests) + math.ceil(groups / GROUPS_PER_REQUEST)
    points = writes * POINTS_A_WRITE
    minutes = max(points / POINTS_A_MINUTE, calls / CALLS_A_MINUTE)
    notices = told(
        (not settings.token, "The board was not looked at: MONDAY_API_TOKEN is not set, and a push needs it."),
        *((True, notice) for notice in (board.notices if board else ())),
    )
    data: dict[str, Any] = {
        "dry_run": True,
        "board_checked": board is not None,
        "refusal": str(refusal) if refusal else None,
        "items_without_room": left_out,
        "notices": notices,
        "limit": limit,
        "items_left": left,
        "subitems_left": sizes_left,
        "subitems_waiting": waiting,
        "open_rows": open_rows,
        "items_to_create": kinds[CREATE],
        "items_to_update": kinds[UPDATE] + kinds[UPDATE_AND_MOVE],
        "items_to_move": kinds[MOVE] + kinds[UPDATE_AND_MOVE],
        "items_to_archive": kinds[ARCHIVE],
        "subitems_to_create": size_kinds[CREATE],
        "subitems_to_update": size_kinds[UPDATE],
        "groups_to_create": groups,
        "writes": writes,
        "complexity_points": points,
        "api_calls": calls,
        "minutes": round(minutes, 2),
        **aside.data,
        "by_group": [
            {
                "customer": row["BATCH_CUSTOMER"],
                "group": row["GROUP_NAME"],
                "kind": row["KIND"],
                "orders": int(row["ROWS_STAGED"]),
            }
            for row in items
        ],
    }
    nothing = "" if staged or sizes_staged else f": nothing{options.selection.said} is staged"
    said = told(
        (not writes, f"A push would send nothing{nothing}. {outside(session, options) if nothing else ''}".strip()),
        (
            writes,
            f"Would create {counted(kinds[CREATE], 'item')}, update {data['items_to_update']}, move"
            f" {data['items_to_move']}, archive {kinds[ARCHIVE]}, create {counted(size_kinds[CREATE], 'subitem')},"
            f" update {size_kinds[UPDATE]}, make {counted(groups, 'group')}: {counted(writes, 'write', form=',')},"
            f" {points:,} points, about {counted(calls, 'call', form=',')},"
            f" {'less than a minute' if minutes < 1 else f'{minutes:,.1f} minutes'} at the limits. Nothing was sent.",
        ),
        (
            open_rows,
            f"{counted(open_rows, 'row', form=',')} {either(open_rows, 'is', 'are')} open from an earlier run:"
            f" {either(open_rows, 'it settles', 'they settle')} first.",
        ),
        (
            others > 0,
            f"{counted(others, 'row', form=',')} {either(others, 'is', 'are')} held by another run.",
        ),
        (
            left or sizes_left,
            f"{counted(left, 'order', form=',')} and {counted(sizes_left, 'size', form=',')} stay staged beyond"
            f" --limit {limit}.",
        ),
        (
            left_out,
            f"The board has no room for {counted(left_out, 'more item', form=',')}: the newest stay staged.",
        ),
        (
            waiting,
            f"{counted(waiting, 'size', form=',')} {either(waiting, 'waits', 'wait')} for orders that can't go up.",
        ),
        (aside.held, aside.held),
        *((True, sentence) for sentence in aside.sentences),
        (refusal, f"The push would be refused: {refusal}"),
    )
    return Result(
        "push",
        " ".join(said),
        refusal.exit_code if refusal else 0,
        data,
        [
            _by_customer(items, sizes),
            tabled(
                "Orders by group",
                {"customer": "BATCH_CUSTOMER", "group": "GROUP_NAME", "what": "KIND", "orders": "ROWS_STAGED"},
                items if verbose() else [],
            ),
            *aside.tables,
        ],
        [f"warning: {each}" for each in notices],
    )


def _by_customer(items: Sequence[Row], sizes: Sequence[Row]) -> Table:
    sums: dict[str, Counter[str]] = {}
    for kind, row in [*((row["KIND"], row) for row in items), *(("SIZES", row) for row in sizes)]:
        sums.setdefault(row["BATCH_CUSTOMER"], Counter())[kind] += int(row["ROWS_STAGED"])
    columns = [
        kind
        for kind in (SETTLE, CREATE, UPDATE, MOVE, UPDATE_AND_MOVE, ARCHIVE, "SIZES")
        if any(counts[kind] for counts in sums.values())
    ]
    return (
        "Orders and sizes",
        ("customer", *(column.lower().replace("_", " ") for column in columns)),
        [(customer, *(counts[column] for column in columns)) for customer, counts in sorted(sums.items())],
    )
