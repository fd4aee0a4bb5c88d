"""What the guards of the build hold back, as the commands say it. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sync.database import Row
from sync.output import Table, safe
from sync.words import counted

WHOLE_SOURCE = "whole source"
MOST_SAID = 3
"""Reasons that are said in full."""


def held_data(build: Mapping[str, Any], held: Sequence[Row]) -> dict[str, Any]:
    """What the commands tell programs."""
    return {"held_removals": int(build.get("HELD_REMOVALS") or 0), "held_changes": held_changes(held)}


def held_changes(held: Sequence[Row]) -> list[dict[str, Any]]:
    """The rows of ``STG_MON_HeldChanges``; the customer is null where it is the whole source."""
    return [
        {"customer": row["BATCH_CUSTOMER"] or None, "kind": row["KIND"], "held": int(row["HELD_COUNT"]),
         "of": int(row["WHOLE_COUNT"]), "reason": row["REASON"]}
        for row in held
    ]  # fmt: skip


def held_sentence(held: Sequence[Row]) -> str:
    """The first reasons, and where the others stand."""
    said = [f"{safe(row['BATCH_CUSTOMER'] or WHOLE_SOURCE)}: {row['REASON']}" for row in held[:MOST_SAID]]
    more = len(held) - len(said)
    return f"Held back by the guards: {' '.join(said)}" + (
        f" STG_MON_HeldChanges has {counted(more, 'row')} more." if more else ""
    )


def held_table(held: Sequence[Row]) -> list[Table]:
    """The rows for people; no table where nothing is held."""
    rows = [
        (row["BATCH_CUSTOMER"] or WHOLE_SOURCE, row["KIND"].lower(), row["HELD_COUNT"], row["WHOLE_COUNT"])
        for row in held
    ]
    return [("Held back by the guards", ("customer", "what", "held", "of"), rows)] if rows else []
