"""``push --dry-run``: say what would happen and what it would cost. The database is counted, the board only read."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sync.database import Row
from sync.log import verbose
from sync.output import Result, Table
from sync.push.plan import ARCHIVE, CREATE, ITEM, MOVE, SUBITEM, UPDATE, UPDATE_AND_MOVE
from sync.push.staged import Options, held_data, held_sentence, held_table, set_aside
from sync.session import Session
from sync.settings import CALLS_A_MINUTE, GROUPS_PER_REQUEST, POINTS_A_MINUTE, POINTS_A_WRITE, Settings
from sync.words import counted

READS_BEFORE = 2
"""Questions of the preflight: the board and its subitems' board; one more where there are orders to create."""
NOTHING_STAGED = "Nothing is staged, so a push would send nothing."
UNSEEN = "The board was not looked at: MONDAY_API_TOKEN is not set, and a push needs it."
_KINDS = (CREATE, UPDATE, MOVE, UPDATE_AND_MOVE, ARCHIVE)


@dataclass(frozen=True)
class Look:
    """What the board says to a push before its first write."""

    looked: bool = True
    refusal: str | None = None
    """Why the push would end before its first write."""
    exit_code: int = 0
    room: int | None = None
    """How many items the board takes, where Monday tells."""
    notices: tuple[str, ...] = ()


def dry_run(
    session: Session,
    settings: Settings,
    options: Options,
    build: Mapping[str, Any],
    customers: Sequence[str],
    look: Look,
) -> Result:
    """Count by customer and group, and cost in writes, points, calls and minutes at Monday's limits.

    Exit code and last sentence are the refusal's, where the push would be refused.
    """
    limit, held, aside = options.limit, session.query("push/held_changes"), set_aside(session, build, customers)
    items, sizes = (_count(session, options, level, limit) for level in (ITEM, SUBITEM))
    left_items, left_sizes = (
        _rows(_count(session, options, level, None)) - _rows(found) if limit else 0
        for level, found in ((ITEM, items), (SUBITEM, sizes))
    )
    known = {str(row["GROUP_TITLE"]).upper() for row in session.query("push/present_groups", [settings.board_id])}
    titles = {str(row["GROUP_NAME"]) for row in items if row["KIND"] != ARCHIVE and row["GROUP_NAME"]}
    groups = sum(title.upper() not in known for title in titles)
    kinds, size_kinds = _by_kind(items), _by_kind(sizes)
    writes = kinds.total() + kinds[UPDATE_AND_MOVE] + size_kinds.total() + groups
    per = settings.rows_per_request
    requests = (kinds[CREATE], kinds.total() - kinds[CREATE], size_kinds[CREATE], size_kinds[UPDATE])
    calls = sum(math.ceil(count / per) for count in requests) + math.ceil(groups / GROUPS_PER_REQUEST)
    calls += (READS_BEFORE if writes else 0) + (kinds[CREATE] > 0)
    points = writes * POINTS_A_WRITE
    minutes = max(points / POINTS_A_MINUTE, calls / CALLS_A_MINUTE)
    left_out = max(kinds[CREATE] - look.room, 0) if look.room is not None else 0
    notices = list(look.notices) if look.looked else [UNSEEN]
    data: dict[str, Any] = {
        "dry_run": True,
        "board_checked": look.looked,
        "refusal": look.refusal,
        "items_without_room": left_out,
        "notices": notices,
        "limit": limit,
        "items_left": left_items,
        "subitems_left": left_sizes,
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
    message = NOTHING_STAGED
    if writes:
        message = (
            f"Would create {counted(kinds[CREATE], 'item')}, update {data['items_to_update']}, move"
            f" {data['items_to_move']}, archive {kinds[ARCHIVE]}, create {counted(size_kinds[CREATE], 'subitem')},"
            f" update {size_kinds[UPDATE]}, make {counted(groups, 'group')}: {counted(writes, 'write', form=',')},"
            f" {points:,} points, about {counted(calls, 'call', form=',')}, {said_minutes(minutes)} at the limits."
            " Nothing was sent."
        )
    if left_items or left_sizes:
        message += (
            f" {counted(left_items, 'order', form=',')} and {counted(left_sizes, 'size', form=',')} stay staged beyond"
            f" --limit {limit}."
        )
    if left_out:
        message += f" The board has no room for {counted(left_out, 'item', form=',')} of them: the newest stay staged."
    said = [message, *([held_sentence(held)] if held else []), *aside.sentences]
    said += [f"The push would be refused: {look.refusal}"] if look.refusal else []
    tables = [*_by_customer(items, sizes), *(_by_group(items) if verbose() else []), *held_table(held)]
    return Result("push", " ".join(said), look.exit_code, data, tables, [f"warning: {each}" for each in notices])


def _count(session: Session, options: Options, level: str, limit: int | None) -> list[Row]:
    """Return what is to be done of a level; of the orders that a push takes first, where there is a limit."""
    selection, sizes = options.selection, not options.skip_subitems
    if level == SUBITEM and not sizes:
        return []
    params = selection.params * (1 + (1 + sizes if limit else 0))
    return session.query(
        "push/count_work", params, selection=selection.names, level=level, limit=limit, with_sizes=sizes
    )


def _by_kind(counts: Sequence[Row]) -> Counter[str]:
    found: Counter[str] = Counter()
    for row in counts:
        found[row["KIND"]] += int(row["ROWS_STAGED"])
    return found


def _rows(counts: Sequence[Row]) -> int:
    return _by_kind(counts).total()


def _by_customer(items: Sequence[Row], sizes: Sequence[Row]) -> list[Table]:
    sums: dict[str, Counter[str]] = {}
    for kind, row in [*((row["KIND"], row) for row in items), *(("SIZES", row) for row in sizes)]:
        sums.setdefault(row["BATCH_CUSTOMER"], Counter())[kind] += int(row["ROWS_STAGED"])
    columns = [kind for kind in (*_KINDS, "SIZES") if any(counts[kind] for counts in sums.values())]
    header = ("customer", *(column.lower().replace("_", " ") for column in columns))
    rows = [(customer, *(counts[column] for column in columns)) for customer, counts in sorted(sums.items())]
    return [("Orders and sizes", header, rows)] if rows else []


def _by_group(items: Sequence[Row]) -> list[Table]:
    rows = [(row["BATCH_CUSTOMER"], row["GROUP_NAME"], row["KIND"], row["ROWS_STAGED"]) for row in items]
    return [("Orders by group", ("customer", "group", "what", "orders"), rows)] if rows else []


def said_minutes(minutes: float) -> str:
    """Return a length of time as people say it: no run takes 0.0 minutes."""
    return "less than a minute" if minutes < 1 else f"{minutes:,.1f} minutes"
