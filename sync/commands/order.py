"""``order`` shows one order from the source to the board: its row, what was made of it, and what became of it."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from sync.database import Row, connect
from sync.errors import DatabaseError, UsageError
from sync.output import Result, Table, safe
from sync.push.staged import minute, nearest
from sync.session import Session, open_session
from sync.words import counted, either

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


def _shown(session: Session, hit: Row) -> Result:
    """Return one order, from its row to what the last pull saw."""
    key, row = hit["ORDER_KEY"], hit["SOURCE_ROW"]
    state = session.query("order/state", [key, row])[0]
    pulled: list[Row] = session.query("order/pulled", [state["MONDAY_ITEM_ID"]]) if state["MONDAY_ITEM_ID"] else []
    board = pulled[0] if pulled else None
    cells = session.query("order/cells", [row])
    sizes = session.query("order/sizes", [row, key, key, key, board["PULL_ID"] if board else ""])
    requests = session.query("order/requests", [key])
    errors = session.query("order/errors", [key, key])
    guards = session.query("order/guards", [state["BATCH_CUSTOMER"] or ""])
    sentence = STATES[state["STATE"]].format(REASONS=safe(f"{state['REASONS']}", 1000))
    facts = [pair for pair in (*_facts(hit, state), *_on_board(state, board)) if pair[1] not in (None, "")]
    data: dict[str, Any] = {
        "order": {**state, "order_number": hit["ORDER_NUMBER"]}, "cells": cells, "sizes": sizes, "requests": requests,
        "errors": errors, "guards": guards, "pulled": board,
    }  # fmt: skip
    tables: list[Table] = [
        ("Order", ("what", "value"), facts),
        ("Cells that reach the board otherwise than they are written", ("column", "written", "cleaned"), _rows(cells)),
        ("Sizes", ("size", "source", "confirmed", "staged", "last pull", "subitem id", "address"), _rows(sizes)),
        ("Guards", ("customer", "kind", "why"), _rows(guards)),
        (
            "Open errors and cells left blank",
            ("when", "size", "class", "code", "column", "message", "attempt", "comes again"),
            [
                [*list(error.values())[:7], either(error["COMES_AGAIN"], "yes", "no")]
                for error in ({k: v for k, v in each.items() if k != "REQUEST_ID"} for each in errors)
            ],
        ),
        (
            "Requests, newest first",
            ("recorded", "operation", "size", "change", "outcome", "HTTP", "Monday's request id"),
            [
                [
                    minute(each["RECORDED_AT"]), each["OPERATION"], each["SIZE_LABEL"], each["CHANGE_TYPE"],
                    each["OUTCOME"] or "open", each["HTTP_STATUS"], each["MONDAY_REQUEST_ID"],
                ]
                for each in requests
            ],
        ),
    ]  # fmt: skip
    message = f"{safe(key or hit['ORDER_NUMBER'] or 'The order')}: {sentence}"
    return Result("order", message, 0, data, [table for table in tables if table[2]])


def _rows(rows: list[Row]) -> list[list[object]]:
    return [list(row.values()) for row in rows]


def _facts(hit: Row, state: Row) -> list[tuple[str, object]]:
    """Say what staging made of the row."""
    changed = state["CHANGED_COLUMNS"]
    seasons = {"CUSTOMER SEASON": state["CUSTOMER_SEASON"], "AAG SEASON": state["AAG_SEASON"]}
    season = next(
        (f" ({name})" for name, value in seasons.items() if value and value in (state["GROUP_NAME"] or "")), ""
    )
    paired = f"{state['PAIRED_BY']}" if state["PAIRED_BY"] else "a new key" if hit["SOURCE_ROW"] is not None else None
    return [
        ("key", state["ORDER_KEY"]),
        ("order number", hit["ORDER_NUMBER"]),
        ("source row", hit["SOURCE_ROW"] if hit["SOURCE_ROW"] is not None else "none: it left the source"),
        ("customer", state["BATCH_CUSTOMER"]),
        ("customer as written", state["SOURCE_CUSTOMER"]),
        ("item", state["ITEM_NAME"]),
        ("group", f"{state['GROUP_NAME']}{season}" if state["GROUP_NAME"] else None),
        ("paired by", paired),
        ("cancelled", "yes" if state["IS_CANCELLED"] else None),
        ("rejected", state["REASONS"]),
        ("staged as", f"{state['CHANGE_TYPE']} in {state['BATCH_ID']}" if state["BATCH_ID"] else None),
        ("columns to write", changed),
        ("attempts", state["ATTEMPTS"] or None),
    ]


def _on_board(state: Row, board: Row | None) -> list[tuple[str, object]]:
    """Say what is confirmed of the item, and what the last pull saw of it."""
    if board is None:
        seen = "never: `python -m sync pull` lands the board" if state["MONDAY_ITEM_ID"] else None
    else:
        seen = f"{minute(board['FINISHED_AT'])}: {board['STATE']}, {board['ITEM_NAME']} in {board['GROUP_NAME']}"
    moved = state["CONFIRMED_GROUP"] if state["CONFIRMED_GROUP"] != state["GROUP_NAME"] else None
    return [
        ("item id", state["MONDAY_ITEM_ID"]),
        ("confirmed in group", moved),
        ("first pushed", minute(state["FIRST_PUSHED_AT"])),
        ("last pushed", minute(state["LAST_PUSHED_AT"])),
        ("archived", minute(state["ARCHIVED_AT"])),
        ("last pull", seen),
        ("address", board["ADDRESS"] if board else None),
    ]
