"""What dbt staged, as the commands say it: the last build, what it held back or set aside, and what a filter means."""

import datetime as dt
import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sync.database import Row
from sync.errors import DatabaseError, UsageError
from sync.output import Result, Table, counted, either, safe, told
from sync.session import Session, utc_now

FULL = "The board is full: archive items or raise its limit; the newest orders stay staged."
_NOT_WHOLE = {
    "RUNNING": "The last run of dbt began at {at} and has not ended: wait where it still runs, else run `dbt build`.",
    "FAILED": "The last run of dbt failed at {at}: mend what it names, then run `dbt build`.",
    "PARTIAL": "The last run of dbt, at {at}, made only some of the tables that a push reads: run `dbt build`.",
}


def check_build(rows: Sequence[Mapping[str, Any]], mapping_hash: str) -> Mapping[str, Any]:
    """The row of STG_MON_Build; raises DatabaseError where what is staged isn't whole, or of another mapping."""
    if not rows:
        raise DatabaseError("The table STG_MON_Build is empty, so nothing is staged: run `dbt build`.")
    build = rows[0]
    if build["STATE"] != "WHOLE":
        sentence = _NOT_WHOLE.get(str(build["STATE"]), _NOT_WHOLE["PARTIAL"])
        raise DatabaseError(sentence.format(at=minute(build["STATE_AT"])))
    if build["MAPPING_HASH"] != mapping_hash:
        raise DatabaseError(
            f"The build of {minute(build['BUILT_AT'])} was made with another mapping than models/monday has now: run"
            " `dbt build`."
        )
    return build


def dated(result: Result, build: Mapping[str, Any], now: dt.datetime) -> Result:
    """The result, which says besides when the build began, and how long ago that is."""
    built_at = build["BUILT_AT"]
    seconds = max(int((now - built_at).total_seconds()), 0)
    # from two days on in days, from two hours on in hours
    units = (("day", 86_400, 2 * 86_400), ("hour", 3_600, 2 * 3_600), ("minute", 60, 60))
    ago = next(
        (counted(seconds // each, unit) for unit, each, least in units if seconds >= least), "less than a minute"
    )
    result.lines.append(f"What is staged was built {ago} ago, at {minute(built_at)}.")
    result.data |= {"built_at": f"{built_at.isoformat(timespec='seconds')}Z", "build_age_seconds": seconds}
    return result


def minute(moment: dt.datetime | None) -> str:
    """Say a moment to the minute; nothing for none."""
    return f"{moment:%Y-%m-%d %H:%M} UTC" if moment else ""


WHOLE_SOURCE = "whole source"
MOST_SAID = 3  # reasons that are said in full


def held_changes(held: Sequence[Row]) -> list[dict[str, Any]]:
    """The rows of ``STG_MON_HeldChanges``; the customer is null where it is the whole source."""
    return [
        {
            "customer": row["BATCH_CUSTOMER"] or None,
            "kind": row["KIND"],
            "held": int(row["HELD_COUNT"]),
            "of": int(row["WHOLE_COUNT"]),
            "reason": row["REASON"],
        }
        for row in held
    ]


def held_sentence(held: Sequence[Row]) -> str:
    """The first reasons, and where the others stand."""
    said = [f"{safe(row['BATCH_CUSTOMER'] or WHOLE_SOURCE)}: {row['REASON']}" for row in held[:MOST_SAID]]
    more = len(held) - len(said)
    return f"Held back by the guards: {' '.join(said)}" + (
        f" STG_MON_HeldChanges has {counted(more, 'row')} more." if more else ""
    )


def unsettled(session: Session) -> list[Row]:
    """Return the requests without an outcome whose run is over; on a DuckDB file that nobody holds every run is."""
    return [row for row in session.query("push/open_requests") if session.alone or row["LEASE_UNTIL"] < utc_now()]


SET_ASIDE = ("held_orders", "held_sizes", "blank_cells", "rejected_rows")
OUT_OF_SCOPE = ("out_of_scope_rows", "out_of_scope_items")


@dataclass(frozen=True)
class Aside:
    """What no push takes up as things are: held back by the guards or by errors, rejected, out of scope.

    ``data``: the figures for programs. ``held``: what the guards hold back, as a sentence. ``sentences``: one for each
    other reason.
    """

    data: Mapping[str, Any] = field(default_factory=dict)
    held: str = ""
    sentences: Sequence[str] = ()
    tables: Sequence[Table] = ()


def set_aside(session: Session, build: Mapping[str, Any], customers: Sequence[str] = ()) -> Aside:
    """Count what is set aside, of these customers (canonical names) or of all; the guards' is that of all."""
    rows = {row["KIND"]: row for row in session.query("push/set_aside", [*customers] * 3, customers=len(customers))}
    counts = {
        "held_orders": rows["ITEM"]["ROWS_HELD"],
        "held_sizes": rows["SUBITEM"]["ROWS_HELD"],
        "blank_cells": rows["ITEM"]["CELLS_BLANK"] + rows["SUBITEM"]["CELLS_BLANK"],
        "rejected_rows": rows["REJECTED"]["ROWS_HELD"],
        # a build of an earlier version didn't count what is out of scope, and none counts it by customer
        **{name: build.get(name.upper()) for name in OUT_OF_SCOPE if not customers},
    }
    return aside_of(counts, session.query("push/held_changes"), build)


def aside_of(counts: Mapping[str, Any], held: Sequence[Row], build: Mapping[str, Any]) -> Aside:
    """Say what is set aside. Pure."""
    number = {name: int(counts.get(name) or 0) for name in (*SET_ASIDE, *OUT_OF_SCOPE)}
    orders, sizes, cells, rejected, unscoped, _ = number.values()
    kept_back = told((orders, counted(orders, "order")), (sizes, counted(sizes, "size")))
    said = told(
        (
            kept_back,
            f"{' and '.join(kept_back)} {either(orders + sizes, 'is', 'are')} held back by errors: `python -m sync"
            f" status --all` lists {either(orders + sizes, 'it', 'them')}; mend the source or the board, or run"
            " `python -m sync retry` and `dbt build`.",
        ),
        (
            cells,
            f"{counted(cells, 'cell')} {either(cells, 'stays', 'stay')} blank, for the board can't take"
            f" {either(cells, 'its value', 'their values')}: mend the source or the board, or run `python -m sync"
            " retry` and `dbt build`.",
        ),
        (
            rejected,
            f"{counted(rejected, 'source row')} {either(rejected, 'is', 'are')} rejected: STG_MON_RejectedOrders says"
            " why; mend the source.",
        ),
        (unscoped, scope_sentence(build)),
    )
    rows = [
        (row["customer"] or WHOLE_SOURCE, row["kind"].lower(), row["held"], row["of"]) for row in held_changes(held)
    ]
    table = ("Held back by the guards", ("customer", "what", "held", "of"), rows)
    return Aside(
        number | {"held_removals": int(build.get("HELD_REMOVALS") or 0), "held_changes": held_changes(held)},
        held_sentence(held) if held else "",
        said,
        [table],
    )


def scope_sentence(build: Mapping[str, Any]) -> str:
    """Say how many rows a build left out of scope, by which condition, and what that leaves on the board."""
    rows, items = int(build.get("OUT_OF_SCOPE_ROWS") or 0), int(build.get("OUT_OF_SCOPE_ITEMS") or 0)
    why = "by dbt's variables orders_scope and" if build.get("ORDERS_SCOPE") else "older than dbt's variable"
    stay = f"; {counted(items, 'item')} of them {either(items, 'stays', 'stay')} on the board unchanged"
    return (
        f"{counted(rows, 'source row')} {either(rows, 'is', 'are')} out of scope, {why} received_from"
        f"{stay if items else ''}."
    )


@dataclass(frozen=True)
class Selection:
    """Filters of a push, joined by AND; compared exactly after trimming, in any case."""

    batch: str | None = None
    customer: str | None = None
    po: str | None = None
    aag_season: str | None = None
    customer_season: str | None = None

    @property
    def filters(self) -> dict[str, str]:
        """Return the filters given (the batch is no filter), trimmed."""
        given = {name: (getattr(self, name) or "").strip() for name in _FILTERS}
        return {name: value for name, value in given.items() if value}

    @property
    def targeted(self) -> bool:
        """Return whether a filter was given: such a push is a batch of its own."""
        return bool(self.filters)

    @property
    def said(self) -> str:
        """Say what was asked for, behind ``nothing``."""
        return " of this selection" if self.targeted else " of this batch" if self.batch else ""

    @property
    def names(self) -> tuple[str, ...]:
        """Name the parts that the statements' ``chosen`` macro renders."""
        return (("batch",) if self.batch else ()) + tuple(self.filters)

    @property
    def params(self) -> list[Any]:
        """Return the parameters of ``chosen``, in its order; the customer comes twice (source name, canonical name)."""
        values = [value for name, value in self.filters.items() for _ in range(2 if name == "customer" else 1)]
        return [self.batch, *values] if self.batch else values


_ORDERS = ("stg_erp__orders", "STG_MON_CustMasterSchedule", "MON_CustMasterSchedule")
# where a customer's names stand, and the canonical ones beside them
_CUSTOMERS = (
    ("stg_erp__orders", "SOURCE_CUSTOMER", '"CUSTOMER"'),
    ("STG_MON_CustMasterSchedule", "SOURCE_CUSTOMER", "BATCH_CUSTOMER"),
    ("MON_CustMasterSchedule", "SOURCE_CUSTOMER", "BATCH_CUSTOMER"),
    ("customer_aliases", "ALIAS", "CANONICAL_CUSTOMER"),
    ("ERR_MON_CustMasterSchedule", "BATCH_CUSTOMER", "BATCH_CUSTOMER"),
    ("ERR_MON_CustMasterSchedule_Subitems", "BATCH_CUSTOMER", "BATCH_CUSTOMER"),
)
_FILTERS = {
    "customer": ("--customer", "customer", "SOURCE_CUSTOMER"),
    "po": ("--po", "PO NUMBER", '"PO NUMBER"'),
    "aag_season": ("--aag-season", "AAG SEASON", '"AAG SEASON"'),
    "customer_season": ("--customer-season", "CUSTOMER SEASON", '"CUSTOMER SEASON"'),
}


def check_filters(session: Session, filters: Mapping[str, str]) -> list[str]:
    """Raises UsageError, with the nearest values, where a filter's value is that of no order.

    Gives the canonical names of the customer that was asked for; none where no customer was.
    """
    customers, present = list[str](), session.tables() if filters else {}
    for name, value in filters.items():
        known: dict[str, set[str]] = {}
        option, title, column = _FILTERS[name]
        places = _CUSTOMERS if name == "customer" else tuple((place, column, column) for place in _ORDERS)
        for row in session.query(
            "push/known_values", places=tuple(each for each in places if each[0].upper() in present)
        ):
            canonical = str(row["CANONICAL"] or row["NAME"])
            for each in (row["NAME"], canonical):
                known.setdefault(str(each).strip().upper(), set()).add(canonical)
        wanted = value.strip().upper()
        if wanted not in known:
            near = nearest(wanted, list(known))
            help_ = f"the nearest are {', '.join(map(safe, near))}" if near else "check how it is spelt"
            raise UsageError(f"No order has the {title} {safe(value)!r} that {option} asks for; {help_}.")
        if name == "customer":
            customers = sorted(known[wanted])
    return customers


def nearest(wanted: str, known: list[str]) -> list[str]:
    """Up to three known values that look most like the wanted one, those that hold it first. Pure."""
    holding = sorted((each for each in known if wanted in each or each in wanted), key=len)
    alike = difflib.get_close_matches(wanted, known, n=3, cutoff=0.6)
    return list(dict.fromkeys([*holding, *alike]))[:3] or difflib.get_close_matches(wanted, known, n=3, cutoff=0.0)
