"""What a filter can mean: a value that no order ever had is a slip of the pen, and is said to be one."""

from __future__ import annotations

import difflib
from collections.abc import Mapping

from sync.errors import UsageError
from sync.output import safe
from sync.session import Session

_ORDERS = ("stg_erp__orders", "STG_MON_CustMasterSchedule", "MON_CustMasterSchedule")
_FILTERS = {
    "customer": ("--customer", "customer", "SOURCE_CUSTOMER"),
    "po": ("--po", "PO NUMBER", '"PO NUMBER"'),
    "aag_season": ("--aag-season", "AAG SEASON", '"AAG SEASON"'),
    "customer_season": ("--customer-season", "CUSTOMER SEASON", '"CUSTOMER SEASON"'),
}
_NEAREST = 3


def check_filters(session: Session, filters: Mapping[str, str]) -> list[str]:
    """Raises UsageError, with the nearest values, where a filter's value is that of no order.

    Gives the canonical names of the customer that was asked for; none where no customer was.
    """
    customers: list[str] = []
    for name, value in filters.items():
        known = _known(session, name)
        wanted = _folded(value)
        if wanted not in known:
            option, title, _ = _FILTERS[name]
            near = nearest(wanted, list(known))
            help_ = f"the nearest are {', '.join(map(safe, near))}" if near else "check how it is spelt"
            raise UsageError(f"No order has the {title} {safe(value)!r} that {option} asks for; {help_}.")
        if name == "customer":
            customers = sorted(known[wanted])
    return customers


def nearest(wanted: str, known: list[str]) -> list[str]:
    """Up to three known values that look most like the wanted one, those that hold it first. Pure."""
    holding = sorted((each for each in known if wanted in each or each in wanted), key=len)
    alike = difflib.get_close_matches(wanted, known, n=_NEAREST, cutoff=0.6)
    found = list(dict.fromkeys([*holding, *alike]))[:_NEAREST]
    return found or difflib.get_close_matches(wanted, known, n=_NEAREST, cutoff=0.0)


def _folded(value: object) -> str:
    return str(value).strip().upper()


def _known(session: Session, name: str) -> dict[str, set[str]]:
    """Every value of a filter's column, with the canonical names of a customer."""
    column = _FILTERS[name][2]
    tables = session.tables()
    places = [(place, column, _canonical(place, name)) for place in _ORDERS]
    if name == "customer":
        places.append(("customer_aliases", "ALIAS", "CANONICAL_CUSTOMER"))
        errors = ("ERR_MON_CustMasterSchedule", "ERR_MON_CustMasterSchedule_Subitems")
        places += [(place, "BATCH_CUSTOMER", "BATCH_CUSTOMER") for place in errors]
    found: dict[str, set[str]] = {}
    present = tuple(place for place in places if place[0].upper() in tables)
    for row in session.query("push/known_values", places=present):
        canonical = str(row["CANONICAL"] or row["NAME"])
        found.setdefault(_folded(row["NAME"]), set()).add(canonical)
        if name == "customer":
            found.setdefault(_folded(canonical), set()).add(canonical)
    return found


def _canonical(place: str, name: str) -> str:
    """Where the customer's canonical name stands; of other filters, the column itself."""
    if name != "customer":
        return _FILTERS[name][2]
    return '"CUSTOMER"' if place == "stg_erp__orders" else "BATCH_CUSTOMER"
