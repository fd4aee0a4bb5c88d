"""``push --dry-run``: what would happen and what it would cost. The database is counted, the board only read."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from sync.database import Row
from sync.held import held_data, held_sentence, held_table
from sync.output import Result, Table
from sync.selection import Selection
from sync.session import Session
from sync.settings import Settings
from sync.words import counted
from sync.work import ITEM, SUBITEM

POINTS_A_WRITE = 30_000
POINTS_A_MINUTE = 10_000_000
CALLS_A_MINUTE = 1_000
READS_BEFORE = 2
"""Questions of the preflight: the board and its subitems' board; one more where there are orders to create."""
GROUPS_A_REQUEST = 25


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


UNSEEN = "The board was not looked at: MONDAY_API_TOKEN is not set, and a push needs it."
NOT_LOOKED = Look(looked=False, notices=(UNSEEN,))


def dry_run(
    session: Session, settings: Settings, selection: Selection, build: Sequence[Row], held: Sequence[Row], *,
    skip_subitems: bool, look: Callable[[bool, bool], Look],
) -> Result:  # fmt: skip
    """Counts per customer and group, and the cost in writes, points, calls and minutes at Monday's limits.

    ``look`` reads the board as the push's preflight would; it is told whether there is work, and whether with sizes.
    Exit code and last sentence are the refusal's, where the push would be refused.
    """
    items = session.query("push/count_work", selection.params, selection=selection.names, level=ITEM)
    sizes = (
        []
        if skip_subitems
        else session.query("push/count_work", selection.params, selection=selection.names, level=SUBITEM)
    )
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
    calls += math.ceil(len(groups) / GROUPS_A_REQUEST) + (READS_BEFORE if writes else 0) + (kinds["CREATE"] > 0)
    points = writes * POINTS_A_WRITE
    minutes = max(points / POINTS_A_MINUTE, calls / CALLS_A_MINUTE)
    moved = kinds["MOVE"] + kinds["UPDATE_AND_MOVE"]
    found = look(bool(items or sizes), bool(sizes))
    left_out = max(kinds["CREATE"] - found.room, 0) if found.room is not None else 0
    data: dict[str, Any] = {
        "dry_run": True, "board_checked": found.looked, "refusal": found.refusal, "items_without_room": left_out,
        "notices": list(found.notices), "items_to_create": kinds["CREATE"],
        "items_to_update": kinds["UPDATE"] + kinds["UPDATE_AND_MOVE"], "items_to_move": moved,
        "items_to_archive": kinds["ARCHIVE"], "subitems_to_create": size_kinds["CREATE"],
        "subitems_to_update": size_kinds["UPDATE"], "groups_to_create": len(groups), "writes": writes,
        "complexity_points": points, "api_calls": calls, "minutes": round(minutes, 2),
        "rejected_rows": int(build[0]["REJECTED_ROWS"]) if build else 0,
        **held_data(build[0] if build else {}, held),
        "by_group": [
            {"customer": row["BATCH_CUSTOMER"], "group": row["GROUP_NAME"], "kind": row["KIND"],
             "orders": int(row["ROWS_STAGED"])}
            for row in items
        ],
    }  # fmt: skip
    rows = [(row["BATCH_CUSTOMER"], row["GROUP_NAME"], row["KIND"], row["ROWS_STAGED"]) for row in items]
    message = (
        f"Would create {counted(kinds['CREATE'], 'item')}, update {data['items_to_update']}, move {moved}, archive"
        f" {kinds['ARCHIVE']}, create {counted(size_kinds['CREATE'], 'subitem')}, update {size_kinds['UPDATE']}, make"
        f" {counted(len(groups), 'group')}: {counted(writes, 'write', form=',')}, {points:,} points, about"
        f" {counted(calls, 'call', form=',')}, {minutes:.1f} minutes at the limits. Nothing was sent."
    )
    if left_out:
        message += f" The board has no room for {counted(left_out, 'item', form=',')} of them: the newest stay staged."
    if held:
        message += f" {held_sentence(held)}"
    if found.refusal:
        message += f" The push would be refused: {found.refusal}"
    tables: list[Table] = [("Orders", ("customer", "group", "what", "orders"), rows)] if rows else []
    tables += held_table(held)
    return Result("push", message, found.exit_code, data, tables, list(found.notices))
