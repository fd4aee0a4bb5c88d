"""``push --dry-run``: say what would happen and what it would cost. The database is counted, the board only read."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sync.database import Row
from sync.log import verbose
from sync.output import Result, Table
from sync.push.plan import ITEM, SUBITEM
from sync.push.staged import Aside, Selection, held_data, held_sentence, held_table
from sync.session import Session
from sync.settings import CALLS_A_MINUTE, GROUPS_PER_REQUEST, POINTS_A_MINUTE, POINTS_A_WRITE, Settings
from sync.words import counted

READS_BEFORE = 2
"""Questions of the preflight: the board and its subitems' board; one more where there are orders to create."""


@dataclass(frozen=True)
class Look:
    """What the board says to a push before its first write."""

    looked: bool = True
    refusal: str | None = None
    """Why the push would end before its first write."""
    exit_code: int = 0
    """The push's, where it would be refused."""
    room: int | None = None
    """How many items the board takes, where Monday tells."""
    notices: tuple[str, ...] = ()


NOTHING_STAGED = "Nothing is staged, so a push would send nothing."
UNSEEN = "The board was not looked at: MONDAY_API_TOKEN is not set, and a push needs it."
NOT_LOOKED = Look(looked=False, notices=(UNSEEN,))


def dry_run(
    session: Session,
    settings: Settings,
    selection: Selection,
    build: Mapping[str, Any],
    held: Sequence[Row],
    *,
    skip_subitems: bool,
    limit: int | None,
    aside: Aside,
    look: Callable[[bool, bool], Look],
) -> Result:
    """Count by customer and group, and cost in writes, points, calls and minutes at Monday's limits.

    ``look`` reads the board as the push's preflight would; it is told whether there is work, and whether with sizes.
    Exit code and last sentence are the refusal's, where the push would be refused.
    """
    counts = {
        (level, most): session.query(
            "push/count_work",
            selection.params * ((1 if skip_subitems else 2) if most else 0) + selection.params,
            selection=selection.names,
            level=level,
            limit=most,
            with_sizes=not skip_subitems,
        )
        for level in (ITEM, SUBITEM)
        for most in {limit, None}
        if level == ITEM or not skip_subitems
    }
    items, sizes = counts[ITEM, limit], counts.get((SUBITEM, limit), [])
    beyond = {
        level: _rows(counts.get((level, None), [])) - _rows(counts.get((level, limit), [])) for level in (ITEM, SUBITEM)
    }
    known = {str(row["GROUP_TITLE"]).upper() for row in session.query("push/present_groups", [settings.board_id])}
    titles = {str(row["GROUP_NAME"]) for row in items if row["KIND"] != "ARCHIVE" and row["GROUP_NAME"]}
    groups = [title for title in titles if title.upper() not in known]
    kinds: dict[str, int] = {"CREATE": 0, "UPDATE": 0, "MOVE": 0, "UPDATE_AND_MOVE": 0, "ARCHIVE": 0}
    for row in items:
        kinds[row["KIND"]] += int(row["ROWS_STAGED"])
    size_kinds = {"CREATE": 0, "UPDATE": 0}
    for row in sizes:
        size_kinds[row["KIND"]] += int(row["ROWS_STAGED"])
    writes = sum(kinds.values()) + kinds["UPDATE_AND_MOVE"] + sum(size_kinds.values()) + len(groups)
    per = settings.rows_per_request
    changes = sum(kinds.values()) - kinds["CREATE"]
    calls = sum(math.ceil(count / per) for count in (kinds["CREATE"], changes, *size_kinds.values()))
    calls += math.ceil(len(groups) / GROUPS_PER_REQUEST) + (READS_BEFORE if writes else 0) + (kinds["CREATE"] > 0)
    points = writes * POINTS_A_WRITE
    minutes = max(points / POINTS_A_MINUTE, calls / CALLS_A_MINUTE)
    moved = kinds["MOVE"] + kinds["UPDATE_AND_MOVE"]
    found = look(bool(items or sizes), bool(sizes))
    left_out = max(kinds["CREATE"] - found.room, 0) if found.room is not None else 0
    data: dict[str, Any] = {
        "dry_run": True,
        "board_checked": found.looked,
        "refusal": found.refusal,
        "items_without_room": left_out,
        "notices": list(found.notices),
        "limit": limit,
        "items_left": beyond[ITEM],
        "subitems_left": beyond[SUBITEM],
        "items_to_create": kinds["CREATE"],
        "items_to_update": kinds["UPDATE"] + kinds["UPDATE_AND_MOVE"],
        "items_to_move": moved,
        "items_to_archive": kinds["ARCHIVE"],
        "subitems_to_create": size_kinds["CREATE"],
        "subitems_to_update": size_kinds["UPDATE"],
        "groups_to_create": len(groups),
        "writes": writes,
        "complexity_points": points,
        "api_calls": calls,
        "minutes": round(minutes, 2),
        **aside.data,
        **held_data(build, held),
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
    message = (
        NOTHING_STAGED
        if not writes
        else (
            f"Would create {counted(kinds['CREATE'], 'item')}, update {data['items_to_update']}, move {moved}, archive"
            f" {kinds['ARCHIVE']}, create {counted(size_kinds['CREATE'], 'subitem')}, update {size_kinds['UPDATE']},"
            f" make {counted(len(groups), 'group')}: {counted(writes, 'write', form=',')}, {points:,} points, about"
            f" {counted(calls, 'call', form=',')}, {said_minutes(minutes)} at the limits. Nothing was sent."
        )
    )
    if beyond[ITEM] or beyond[SUBITEM]:
        message += (
            f" {counted(beyond[ITEM], 'order', form=',')} and {counted(beyond[SUBITEM], 'size', form=',')} stay staged"
            f" beyond --limit {limit}."
        )
    if left_out:
        message += f" The board has no room for {counted(left_out, 'item', form=',')} of them: the newest stay staged."
    said = [held_sentence(held)] if held else []
    said += aside.sentences
    said += [f"The push would be refused: {found.refusal}"] if found.refusal else []
    tables = [*_by_customer(items, sizes), *(_by_group(items) if verbose() else []), *held_table(held)]
    lines = [f"warning: {each}" for each in found.notices]
    return Result("push", " ".join([message, *said]), found.exit_code, data, tables, lines)


_KINDS = ("CREATE", "UPDATE", "MOVE", "UPDATE_AND_MOVE", "ARCHIVE")


def _by_customer(items: Sequence[Row], sizes: Sequence[Row]) -> list[Table]:
    """Return the sums of each customer: orders by kind of change, and sizes; no table where there is nothing."""
    sums: dict[str, Counter[str]] = {}
    for row in [*items, *sizes]:
        kind = "SIZES" if row["GROUP_NAME"] is None and row["KIND"] != "ARCHIVE" else row["KIND"]
        sums.setdefault(row["BATCH_CUSTOMER"], Counter())[kind] += int(row["ROWS_STAGED"])
    columns = [kind for kind in (*_KINDS, "SIZES") if any(counts[kind] for counts in sums.values())]
    header = ("customer", *(column.lower().replace("_", " ") for column in columns))
    rows = [(customer, *(counts[column] for column in columns)) for customer, counts in sorted(sums.items())]
    return [("Orders and sizes", header, rows)] if rows else []


def _by_group(items: Sequence[Row]) -> list[Table]:
    rows = [(row["BATCH_CUSTOMER"], row["GROUP_NAME"], row["KIND"], row["ROWS_STAGED"]) for row in items]
    return [("Orders by group", ("customer", "group", "what", "orders"), rows)] if rows else []


def _rows(counts: Sequence[Row]) -> int:
    return sum(int(row["ROWS_STAGED"]) for row in counts)


def said_minutes(minutes: float) -> str:
    """Return a length of time as people say it: no run takes 0.0 minutes."""
    return "less than a minute" if minutes < 1 else f"{minutes:,.1f} minutes"
