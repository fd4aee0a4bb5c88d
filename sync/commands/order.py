"""``order`` shows one order from the source to the board: its row, what was made of it, and what became of it."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from sync.database import Row, connect
from sync.errors import DatabaseError, UsageError
from sync.output import Result, Table, counted, safe
from sync.push.staged import minute, nearest
from sync.session import Session, open_session

STATES = {
    "STAGED": "it is staged: the next push carries it to the board.",
    "REJECTED": "it can't become an item: {REASONS} Mend it in the source.",
    "OUT_OF_SCOPE": "it is not in this board's scope, so it is left as it is.",
    "HELD_RENUMBERED": "it is held back: its customer's orders seem to have got other numbers.",
    "HELD_REMOVALS": "it left the source, and a guard keeps its item from being archived.",
    "BLOCKED": "it is held back by an open error: mend what the error names, or `python -m sync retry`.",
    "ARCHIVED": "it left the source, and its item is archived.",
    "LEFT": "it left the source, and its item is left as it is (on_source_removal).",
    "UNKNOWN": "it is not on the board, and the last build did not stage it: run `dbt build`.",
    "UNCHANGED": "the board shows what the source says.",
}
"""What stands in the way of an order, or doesn't, by the word of ``order/state``."""


def order(env: Mapping[str, str], wanted: str) -> Result:
    """Return all that is known of one order; of several that the text may mean, the list.

    ``wanted``: an order number, a key (of a number's first order with ``#1`` behind it), an item's or subitem's id, or
    an item's name. Raises UsageError where no order is meant.
    """
    text = wanted.strip().removesuffix("#1")
    with open_session(env, read_only=True, connect=partial(connect, copy=True)) as session:
        session.require(staged=True)
        if "STG_ERP__CLEANED_CELLS" not in session.tables():
            raise DatabaseError("The view stg_erp__cleaned_cells is missing: run `dbt build`.")
        number = int(text) if text.isdecimal() and len(text) < 20 else None
        hits = session.query("order/hits", [text] * 4 + [number] * 2)
        if not hits:
            raise UsageError(f'No order is called "{safe(text)}": {_near(session, text)}.')
        exact = [hit for hit in hits if hit["IS_KEY"]]
        if len(hits) == 1 or (len(exact) == 1 and (text != wanted.strip() or text != exact[0]["ORDER_NUMBER"])):
            return _shown(session, (exact or hits)[0])
        return _listed(hits)


def _near(session: Session, text: str) -> str:
    """Say which order numbers are the nearest."""
    known = [row["ORDER_NUMBER"] for row in session.query("order/numbers") if row["ORDER_NUMBER"]]
    found = nearest(text, known)
    return f"the nearest are {', '.join(map(safe, found))}" if found else "check how it is spelt"


def _listed(hits: list[Row]) -> Result:
    """Return the orders that the text may mean, and how to ask for one of them."""
    names = ("ITEM_NAME", "BATCH_CUSTOMER", "MONDAY_ITEM_ID")
    rows = [
        [f"{hit['ORDER_KEY']}#1" if hit["ORDER_KEY"] == hit["ORDER_NUMBER"] else hit["ORDER_KEY"], *map(hit.get, names)]
        for hit in hits
    ]
    message = f"{counted(len(hits), 'order')} may be meant: ask for one by its key or its item's id."
    header = ("key", "item", "customer", "item id")
    return Result("order", message, 0, {"hits": hits}, [("Orders", header, rows)])


TABLES = {
    "cells": (
        "Cells that reach the board otherwise than they are written",
        {"column": "COLUMN_NAME", "written": "WRITTEN_VALUE", "cleaned": "CLEANED_VALUE"},
    ),
    "sizes": (
        "Sizes",
        {"size": "SIZE_LABEL", "source": "IN_SOURCE", "confirmed": "CONFIRMED", "staged": "STAGED",
         "last pull": "PULLED", "subitem id": "MONDAY_SUBITEM_ID", "address": "ADDRESS"},
    ),
    "guards": ("Guards", {"customer": "BATCH_CUSTOMER", "kind": "KIND", "why": "REASON"}),
    "errors": (
        "Open errors and cells left blank",
        {"when": "CREATED_AT", "size": "SIZE_LABEL", "class": "ERROR_CLASS", "code": "ERROR_CODE",
         "column": "COLUMN_NAME", "message": "ERROR_MESSAGE", "attempt": "ATTEMPT", "comes again": "COMES_AGAIN"},
    ),
    "requests": (
        "Requests, newest first",
        {"recorded": "RECORDED_AT", "operation": "OPERATION", "size": "SIZE_LABEL", "change": "CHANGE_TYPE",
         "outcome": "OUTCOME", "HTTP": "HTTP_STATUS", "Monday's request id": "MONDAY_REQUEST_ID"},
    ),
}  # fmt: skip
"""Tables for people: title, and the columns of the statement by the names in the header."""
SAID = {("COMES_AGAIN", 1): "yes", ("COMES_AGAIN", 0): "no", ("OUTCOME", None): "open"}
"""Values that people are told in other words."""


def _shown(session: Session, hit: Row) -> Result:
    """Return one order, from its row to what the last pull saw."""
    key, row = hit["ORDER_KEY"], hit["SOURCE_ROW"]
    state = session.query("order/state", [key, row])[0]
    pulled = session.query("order/pulled", [state["MONDAY_ITEM_ID"]])
    board = pulled[0] if pulled else None
    found = {
        "cells": session.query("order/cells", [row]),
        "sizes": session.query("order/sizes", [row, key, key, key, board["PULL_ID"] if board else ""]),
        "requests": session.query("order/requests", [key]),
        "errors": session.query("order/errors", [key, key]),
        "guards": session.query("order/guards", [state["BATCH_CUSTOMER"] or ""]),
    }
    facts = [pair for pair in _facts(hit, state, board) if pair[1] not in (None, "")]
    tables: list[Table] = [("Order", ("what", "value"), facts)]
    for name, (title, columns) in TABLES.items():
        if found[name]:
            cells = [[(column, each[column]) for column in columns.values()] for each in found[name]]
            tables.append((title, tuple(columns), [[SAID.get(cell, cell[1]) for cell in line] for line in cells]))
    sentence = STATES[state["STATE"]].format(REASONS=safe(f"{state['REASONS']}", 1000))
    message = f"{safe(key or hit['ORDER_NUMBER'] or 'The order')}: {sentence}"
    order_ = {**state, "order_number": hit["ORDER_NUMBER"]}
    return Result("order", message, 0, {"order": order_, **found, "pulled": board}, tables)


def _facts(hit: Row, state: Row, board: Row | None) -> list[tuple[str, object]]:
    """Say what staging made of the row, what is confirmed of the item, and what the last pull saw of it."""
    group, row = state["GROUP_NAME"], hit["SOURCE_ROW"]
    seasons = {"CUSTOMER SEASON": state["CUSTOMER_SEASON"], "AAG SEASON": state["AAG_SEASON"]}
    season = next((f" ({name})" for name, value in seasons.items() if value and value in (group or "")), "")
    seen = "never: `python -m sync pull` lands the board" if state["MONDAY_ITEM_ID"] else None
    if board:
        seen = f"{minute(board['FINISHED_AT'])}: {board['STATE']}, {board['ITEM_NAME']} in {board['GROUP_NAME']}"
    return [
        ("key", state["ORDER_KEY"]),
        ("order number", hit["ORDER_NUMBER"]),
        ("source row", row if row is not None else "none: it left the source"),
        ("customer", state["BATCH_CUSTOMER"]),
        ("customer as written", state["SOURCE_CUSTOMER"]),
        ("item", state["ITEM_NAME"]),
        ("group", f"{group}{season}" if group else None),
        ("paired by", state["PAIRED_BY"] or (None if row is None else "a new key")),
        ("cancelled", "yes" if state["IS_CANCELLED"] else None),
        ("rejected", state["REASONS"]),
        ("staged as", f"{state['CHANGE_TYPE']} in {state['BATCH_ID']}" if state["BATCH_ID"] else None),
        ("columns to write", state["CHANGED_COLUMNS"]),
        ("attempts", state["ATTEMPTS"] or None),
        ("item id", state["MONDAY_ITEM_ID"]),
        ("confirmed in group", state["CONFIRMED_GROUP"] if state["CONFIRMED_GROUP"] != group else None),
        ("first pushed", minute(state["FIRST_PUSHED_AT"])),
        ("last pushed", minute(state["LAST_PUSHED_AT"])),
        ("archived", minute(state["ARCHIVED_AT"])),
        ("last pull", seen),
        ("address", board["ADDRESS"] if board else None),
    ]
