"""Board, ledger and tables against what should be there, after each run and at the end of a case."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Literal

from tests.faults.boards import Seen, Shown
from tests.faults.world import World

Row = dict[str, Any]
What = Literal["double", "missing", "stale", "falsely done", "left open", "not finished", "crashed"]

_ITEMS = """
select coalesce(m.ORDER_KEY, s.ORDER_KEY) as "KEY", m.MONDAY_ITEM_ID as ID, s.CHANGE_TYPE as CHANGE,
    case when m.ARCHIVED_AT is not null then 1 else 0 end as ARCHIVED,
    case when m.ROW_HASH = s.ROW_HASH then 1 else 0 end as AT_HASH
from MON_CustMasterSchedule as m
full join STG_MON_CustMasterSchedule as s on s.ORDER_KEY = m.ORDER_KEY
"""
_SIZES = """
select coalesce(x.ORDER_KEY, s.ORDER_KEY) as "KEY", upper(coalesce(x.SIZE_LABEL, s.SIZE_LABEL)) as LABEL,
    x.MONDAY_SUBITEM_ID as ID, x.MONDAY_PARENT_ITEM_ID as PARENT, x.ORDER_QTY as QTY, s.ORDER_QTY as STAGED
from MON_CustMasterSchedule_Subitems as x
full join STG_MON_CustMasterSchedule_Subitems as s on s.ORDER_KEY = x.ORDER_KEY and s.SIZE_LABEL = x.SIZE_LABEL
"""
_OPEN = """
select (select count(*) from MON_RowClaims) as CLAIMS,
    (select count(*) from MON_ApiRequests where OUTCOME is null) as REQUESTS,
    (select count(*) from MON_BatchProcessing where FINISHED_AT is null) as BATCHES
"""
_ERRORS = """
select 'ITEM' as LEVEL, ORDER_KEY as "KEY", null as LABEL, RETRYABLE, ERROR_CODE as CODE
from ERR_MON_CustMasterSchedule where RESOLVED_AT is null
union all
select 'SUBITEM', ORDER_KEY, upper(SIZE_LABEL), RETRYABLE, ERROR_CODE
from ERR_MON_CustMasterSchedule_Subitems where RESOLVED_AT is null
"""


@dataclass(frozen=True)
class Finding:
    """One thing that isn't as promised."""

    what: What
    where: str

    def __str__(self) -> str:
        return f"{self.what}: {self.where}"


@dataclass
class Reference:
    """What a push that nothing disturbs makes of a state."""

    shown: dict[str, Shown]
    quantities: dict[tuple[str, str], str]
    groups: set[str]
    calls: int = 0

    @classmethod
    def of(cls, seen: Seen) -> Reference:
        """From a board that was just filled."""
        shown = {key: seen.shown[ids[0]] for key, ids in seen.items.items()}
        quantities = {place: seen.quantities[ids[0]] for place, ids in seen.sizes.items()}
        return cls(shown, quantities, set(seen.groups))


def doubles(seen: Seen) -> Iterator[Finding]:
    """Keys, sizes and groups that stand on the board more than once."""
    for key, ids in seen.items.items():
        if len(ids) > 1:
            yield Finding("double", f"item {key}: {ids}")
    for (key, label), ids in seen.sizes.items():
        if len(ids) > 1:
            yield Finding("double", f"subitem {key} {label}: {ids}")
    for title, number in seen.groups.items():
        if number > 1:
            yield Finding("double", f"group {title}: {number}")


@dataclass
class Tables:
    """What the database says: orders and sizes with what is staged for them, what is open, unresolved errors."""

    items: list[Row]
    sizes: list[Row]
    open: Row
    errors: list[Row]

    @classmethod
    def of(cls, world: World) -> Tables:
        """As they are now."""
        items, sizes, left, errors = world.rows(_ITEMS, _SIZES, _OPEN, _ERRORS)
        return cls(items, sizes, left[0], errors)

    @property
    def confirmed(self) -> int:
        """Staged rows that are recorded as done."""
        items: int = sum(
            bool(row["ARCHIVED"] if row["CHANGE"] == "ARCHIVE" else row["AT_HASH"] and row["ID"]) for row in self.items
        )
        sizes = sum(bool(row["STAGED"] is not None and row["STAGED"] == row["QTY"]) for row in self.sizes)
        return items + sizes


def truthful(tables: Tables, seen: Seen, reference: Reference) -> Iterator[Finding]:
    """What the tables claim and the board doesn't show; holds at any moment."""
    for row in tables.items:
        wrong = _claimed_item(row, seen, reference) if row["ID"] is not None else None
        if wrong:
            yield Finding("falsely done", f"item {row['KEY']} {wrong}")
    for row in tables.sizes:
        # an archived item takes its sizes along
        wrong = _claimed_size(row, seen) if row["ID"] is not None and row["PARENT"] in seen.shown else None
        if wrong:
            yield Finding("falsely done", f"subitem {row['KEY']} {row['LABEL']} {wrong}")


def _claimed_item(row: Row, seen: Seen, reference: Reference) -> str | None:
    ids = seen.items.get(row["KEY"], [])
    if row["ARCHIVED"]:
        return "is said to be archived" if row["ID"] in ids else None
    if row["CHANGE"] == "ARCHIVE":
        return None  # to be archived, not yet said to be
    if row["ID"] not in ids:
        return f"is said to be {row['ID']}, on the board: {ids}"
    shown, wanted = seen.shown[row["ID"]], reference.shown[row["KEY"]]
    same = (shown.name, shown.group, shown.cells) == (wanted.name, wanted.group, wanted.cells)
    return None if same or not row["AT_HASH"] else _difference(shown, wanted)


def _claimed_size(row: Row, seen: Seen) -> str | None:
    if row["ID"] not in seen.sizes.get((row["KEY"], row["LABEL"]), []):
        return f"is said to be {row['ID']}"
    if row["QTY"] is None or row["STAGED"] not in (None, row["QTY"]):
        return None  # to be changed, not yet said to be
    right = Decimal(seen.quantities[row["ID"]] or "-1") == row["QTY"]
    return None if right else f"is said to be {row['QTY']}"


def complete(tables: Tables, seen: Seen, reference: Reference) -> Iterator[Finding]:
    """At the end: everything once, everything as staged, nothing open."""
    yield from doubles(seen)
    yield from _shown(seen, reference)
    for row in tables.items:
        if row["CHANGE"] not in (None, "ARCHIVE") and not (row["AT_HASH"] and row["ID"]):
            yield Finding("not finished", f"item {row['KEY']} is not confirmed at its staged hash")
    for row in tables.sizes:
        if row["STAGED"] not in (None, row["QTY"]) and (row["STAGED"] or row["ID"]):
            yield Finding("not finished", f"subitem {row['KEY']} {row['LABEL']} is not confirmed")
    for name, number in tables.open.items():
        if number:
            yield Finding("left open", f"{number} {name.lower()}")
    for row in tables.errors:
        yield Finding("not finished", f"an error is unresolved: {row}")


def _shown(seen: Seen, reference: Reference) -> Iterator[Finding]:
    for key, wanted in reference.shown.items():
        ids = seen.items.get(key, [])
        if not ids:
            yield Finding("missing", f"item {key}")
        elif len(ids) == 1 and seen.shown[ids[0]] != wanted:
            yield Finding("stale", f"item {key}: {_difference(seen.shown[ids[0]], wanted)}")
    for key in seen.items.keys() - reference.shown.keys():
        yield Finding("stale", f"item {key} should be gone")
    for place, quantity in reference.quantities.items():
        if place not in seen.sizes:
            yield Finding("missing", f"subitem {place}")
        elif seen.quantities[seen.sizes[place][0]] != quantity:
            yield Finding("stale", f"subitem {place}")


def _difference(shown: Shown, wanted: Shown) -> str:
    """The first thing that differs, in a few words."""
    for name in ("name", "group"):
        if getattr(shown, name) != getattr(wanted, name):
            return f"{name} {getattr(shown, name)!r} instead of {getattr(wanted, name)!r}"
    for place in ("cells", "sizes"):
        odd = set(getattr(shown, place)) ^ set(getattr(wanted, place))
        if odd:
            return f"{place} {sorted(odd, key=repr)[:4]}"
    return "order of cells"
