"""``status`` shows what runs, waits and failed; ``order`` one order; ``retry`` makes failed rows due again."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from sync.database import Row
from sync.errors import DatabaseError, UsageError
from sync.output import Result, Table, counted, either, safe, tabled, told
from sync.push.plan import ITEM, SUBITEM
from sync.push.staged import FULL, check_build, check_filters, dated, minute, nearest, set_aside, unsettled
from sync.session import Session, open_copy, open_session, utc_now

_BATCH = {"batch": "BATCH_ID", "customer": "CUSTOMER_NAME"}
LISTED = {
    "last_batches": (
        "Last batches",
        _BATCH
        | {"status": "STATUS", "began": "BEGAN_AT", "ended": "FINISHED_AT", "orders": "ITEMS_SUCCEEDED"}
        | {"sizes": "SUBITEMS_SUCCEEDED", "failed": "FAILED", "left": "ROWS_LEFT"},
    ),
    "batches": (
        "Batches of the last 24 hours",
        _BATCH
        | {"type": "BATCH_TYPE", "status": "STATUS", "started": "START_TIME", "seconds": "DURATION_SECONDS"}
        | {"records": "TOTAL_RECORDS", "done": "SUCCESSFUL_RECORDS", "failed": "FAILED_RECORDS"}
        | {"%": "SUCCESS_PERCENTAGE", "why": "ERROR_SUMMARY"},
    ),
    "backlog": ("Backlog", {"batch": "batch_id", "customer": "customer", "orders": "orders", "sizes": "sizes"}),
    "errors_by_class": (
        "Open errors",
        {"what": "LEVEL_NAME", "class": "ERROR_CLASS", "rows": "ROWS_OPEN", "held": "ROWS_HELD"},
    ),
    "cells_by_column": (
        "Cells left blank",
        {"what": "LEVEL_NAME", "column": "COLUMN_NAME", "cells": "CELLS", "due": "CELLS_DUE", "for example": "EXAMPLE"},
    ),
    "last_errors": (
        "Last errors",
        {"order": "ORDER_KEY", "size": "SIZE_LABEL", "class": "ERROR_CLASS", "code": "ERROR_CODE"}
        | {"message": "ERROR_MESSAGE", "attempt": "ATTEMPT", "when": "CREATED_AT"},
    ),
}
"""Tables for people by the figure whose rows they show: title, and the columns by the names in the header. All but the
first are for ``--all``."""


def status(env: Mapping[str, str], *, everything: bool = False) -> Result:
    """Show on one screen how things stand; ``everything``: each batch, error and cell besides."""
    now = utc_now()
    with open_copy(env) as session:
        session.require(staged=True)
        copied = session.database.copied
        listed = {
            **{
                name: session.query(f"status/{name}")
                for name in ("last_push", "batches", "errors_by_class", "cells_by_column", "last_errors")
            },
            # A DuckDB file that nobody holds has nobody at work, whatever a run that was killed left in it.
            "runs": [] if session.alone else session.query("status/runs", [now]),
            "last_batches": session.query("status/last_batches", [now], alone=session.alone),
        }
        batches: dict[str, dict[str, Any]] = {}
        kinds: dict[str, Counter[str]] = {"orders": Counter(), "sizes": Counter()}
        for level, name in ((ITEM, "orders"), (SUBITEM, "sizes")):
            for row in session.query("push/count_work", selection=(), level=level):
                first = {"batch_id": row["BATCH_ID"], "customer": row["BATCH_CUSTOMER"], "orders": 0, "sizes": 0}
                batches.setdefault(row["BATCH_ID"], first)[name] += int(row["ROWS_STAGED"])
                kinds[name][row["KIND"].lower().replace("_", " ")] += int(row["ROWS_STAGED"])
        build = session.query("push/build")
        unknown, full = len(unsettled(session)), bool(session.query("status/was_full", [FULL]))
        facts = dict(build[0]) if build else {}
        aside = set_aside(session, facts)
    orders, sizes, new = *(counts.total() for counts in kinds.values()), kinds["orders"]["create"]
    running = sum(int(row["BATCHES"]) for row in listed["runs"])
    data = {
        "running_batches": running,
        "backlog_orders": orders,
        "backlog_sizes": sizes,
        "held_rows": sum(int(row["ROWS_HELD"] or 0) for row in listed["errors_by_class"]),
        "open_requests": unknown,
        "board_was_full": full,
        **aside.data,
        **listed,
        "last_push": next(iter(listed["last_push"]), None),
        "backlog_by_kind": kinds,
        "build": facts,
        "cells_left_out": sum(int(row["CELLS"]) for row in listed["cells_by_column"]),
        "backlog": [batches[id_] for id_ in sorted(batches)],
        "read_from_copy": copied is not None,
        "refusal": None,
    }
    shown = [tabled(title, columns, data[name]) for name, (title, columns) in LISTED.items()]
    tables: list[Table] = [("How things stand", ("what", "value"), _summary(data)), shown[0]]
    if everything:
        tables += [
            ("Last build", ("what", "value"), [(name.lower().replace("_", " "), facts[name]) for name in facts]),
            *shown[1:],
            *aside.tables,
        ]
    what = (
        f"{counted(running, 'batch', 'batches')} {either(running, 'runs', 'run')}"
        if running
        else f"{'A process holds the database file, n' if copied else 'N'}o batch runs"
    )
    wait = f"{counted(orders, 'order', form=',')} and {counted(sizes, 'size', form=',')} wait"
    sentences = told(
        (True, f"{what}, {wait if orders or sizes else 'nothing waits'} to be pushed."),
        (
            unknown,
            f"{counted(unknown, 'request')} {either(unknown, 'has', 'have')} no outcome yet: the next push settles"
            f" {either(unknown, 'it', 'them')}.",
        ),
        (
            full and new,
            f"The board was full at the last push, and {counted(new, 'order', form=',')} {either(new, 'is', 'are')} to"
            " be created: archive items or raise its limit, and push.",
        ),
        (aside.held, aside.held),
    )
    result = Result("status", " ".join([*sentences, *aside.sentences]), 0, data, tables, told((copied, str(copied))))
    try:
        check_build(build, session.mapping.hash)
    except DatabaseError as refusal:
        data["refusal"] = str(refusal)
        result.lines.append(f"warning: a push would be refused: {refusal}")
    return dated(result, facts, now) if facts else result


def _summary(data: Mapping[str, Any]) -> list[tuple[str, object]]:
    """Say what runs, since when and how far it is; what was pushed last; what is staged."""
    lines: list[tuple[str, object]] = (
        []
        if data["runs"]
        else [("run", "none in the tables, but a process holds the file" if data["read_from_copy"] else "none at work")]
    )
    for row in data["runs"]:
        planned, batches = int(row["PLANNED"]), counted(int(row["BATCHES"]), "batch", "batches")
        heard = f", last heard at {row['LIVED_AT']:%H:%M:%S} UTC" if row["LIVED_AT"] else ""
        lines += [
            ("run", f"{row['RUN_ID']} of {row['STARTED_BY'] or 'nobody known'}"),
            ("since", row["BEGAN_AT"]),
            ("how far", f"{int(row['DONE']):,} of {counted(planned, 'row', form=',')} in {batches}{heard}"),
        ]
    if pushed := data["last_push"]:
        did = f"{counted(int(pushed['ORDERS']), 'order')} and {counted(int(pushed['SIZES']), 'size')}"
        lines.append(("last push", f"{did} at {minute(pushed['ENDED_AT'])}, run {pushed['RUN_ID']}"))
    if build := data["build"]:
        staged = counted(int(build["STAGED_ROWS"]), "order", form=",")
        lines.append(("build", f"{build['STATE'].lower()}, {staged} staged"))
    backlog = [(level, sorted(counts.items())) for level, counts in data["backlog_by_kind"].items() if counts]
    return lines + [(f"{level} staged", ", ".join(f"{n:,} to {kind}" for kind, n in rows)) for level, rows in backlog]


def retry(env: Mapping[str, str], batch: str | None, customer: str | None) -> Result:
    """Close the open errors that hold rows back; the next build stages those rows, with fresh attempts."""
    with open_session(env) as session:
        session.require(staged=False)
        if customer:  # the error tables know the canonical name alone
            customer = check_filters(session, {"customer": customer})[0]
        given = {name: value for name, value in (("batch", batch), ("customer", customer)) if value}
        if batch and not session.query("status/pushed_batch", [batch] * 2):
            raise UsageError(
                "No batch of that id was ever pushed; `python -m sync status --all` lists the last errors."
            )
        orders, sizes, cells, size_cells = session.transaction(
            lambda: [
                session.execute(name, [utc_now(), *given.values()], level=level, filters=tuple(given))
                for name in ("status/retry", "push/cells_due")
                for level in (ITEM, SUBITEM)
            ]
        )
    cells += size_cells
    due = told(
        (orders + sizes, f"{counted(orders, 'error')} of orders and {sizes} of sizes"),
        (cells, f"{counted(cells, 'cell')} that {either(cells, 'was', 'were')} left blank"),
    )
    return Result(
        "retry",
        f"{' and '.join(due)} {either(orders + sizes + cells, 'is', 'are')} due again: the next `dbt build` stages the"
        " rows, the push after it sends them."
        if due
        else "No rejected or dead-lettered row matches.",
        0,
        {"orders": orders, "sizes": sizes, "cells": cells},
    )


# ---------- one order

STATES = {
    "STAGED": "it is staged: the next push carries it to the board.",
    "NO_ROOM": "it is staged, and the board was full at the last push: archive items or raise its limit, and push.",
    "REJECTED": "it can't become an item: {REASONS} Mend it in the source.",
    "OUT_OF_SCOPE": "it is not in this board's scope (dbt's orders_scope and received_from), so it is left as it is.",
    "HELD_RENUMBERED": "a guard holds it back, as its customer or its orders seem to be renamed: the table Guards says"
    " what to do.",
    "HELD_REMOVALS": "it left the source, and a guard holds its archiving back: the table Guards says what to do.",
    "BLOCKED": "it is held back by an open error: mend what the error names, or `python -m sync retry`.",
    "ARCHIVED": "it left the source, and its item is archived.",
    "LEFT": "it left the source, and its item is left as it is (on_source_removal).",
    "UNKNOWN": "it is not on the board, and the last build did not stage it: run `dbt build`.",
    "UNCHANGED": "the board shows what the source says.",
    "INCOMPLETE": "its item is on the board, which doesn't show all that the source says.",
}
"""What stands in the way of an order, or doesn't, by the word of ``order/state``."""


def order(env: Mapping[str, str], wanted: str) -> Result:
    """Return all that is known of one order; of several that the text may mean, the list.

    ``wanted``: an order number, a key (of a number's first order with ``#1`` behind it), an item's or subitem's id, or
    an item's name. Raises UsageError where no order is meant.
    """
    text = wanted.strip().removesuffix("#1")
    with open_copy(env) as session:
        session.require(staged=True)
        if "STG_ERP__CLEANED_CELLS" not in session.tables():
            raise DatabaseError("The view stg_erp__cleaned_cells is missing: run `dbt build`.")
        id_ = int(text) if text.isdecimal() and len(text) < 19 else None  # as far as a bigint holds it
        hits = session.query("order/hits", [text] * 4 + [id_] * 2)
        if not hits:
            near = nearest(text, [row["ORDER_NUMBER"] for row in session.query("order/numbers")])
            help_ = f"the nearest are {', '.join(map(safe, near))}" if near else "check how it is spelt"
            raise UsageError(f'No order is called "{safe(text)}": {help_}.')
        exact = [hit for hit in hits if hit["IS_KEY"]]
        if len(hits) == 1 or (len(exact) == 1 and (text != wanted.strip() or text != exact[0]["ORDER_NUMBER"])):
            return _shown(session, (exact or hits)[0])
    return Result(
        "order",
        f"{counted(len(hits), 'order')} may be meant: ask for one by its key or its item's id.",
        0,
        {"hits": hits},
        [
            tabled(
                "Orders",
                {"key": "ASKED_BY", "item": "ITEM_NAME", "customer": "BATCH_CUSTOMER", "item id": "MONDAY_ITEM_ID"},
                hits,
            )
        ],
    )


TABLES = {
    "cells": (
        "Cells that reach the board otherwise than they are written",
        {"column": "COLUMN_NAME", "written": "WRITTEN_VALUE", "cleaned": "CLEANED_VALUE"},
    ),
    "sizes": (
        "Sizes",
        {
            "size": "SIZE_LABEL",
            "source": "IN_SOURCE",
            "confirmed": "CONFIRMED",
            "staged": "STAGED",
            "last pull": "PULLED",
            "waits": "WAITS",
            "subitem id": "MONDAY_SUBITEM_ID",
            "address": "ADDRESS",
        },
    ),
    "guards": ("Guards", {"customer": "BATCH_CUSTOMER", "kind": "KIND", "why": "REASON"}),
    "errors": (
        "Open errors and cells left blank",
        {
            "when": "CREATED_AT",
            "size": "SIZE_LABEL",
            "class": "ERROR_CLASS",
            "code": "ERROR_CODE",
            "column": "COLUMN_NAME",
            "message": "ERROR_MESSAGE",
            "attempt": "ATTEMPT",
            "comes again": "COMES_AGAIN",
        },
    ),
    "requests": (
        "Requests, newest first",
        {
            "recorded": "RECORDED_AT",
            "operation": "OPERATION",
            "size": "SIZE_LABEL",
            "change": "CHANGE_TYPE",
            "outcome": "OUTCOME",
            "HTTP": "HTTP_STATUS",
            "Monday's request id": "MONDAY_REQUEST_ID",
        },
    ),
}
"""Tables for people: title, and the columns of the statement by the names in the header."""


def _amiss(state: Row, sizes: Sequence[Row], errors: Sequence[Row]) -> list[str]:
    """Say what of an order the board doesn't show though its item is as it should be, or is about to be.

    The state follows: an order is staged where a size is, and incomplete where something is held back or left blank.
    """
    if state["STATE"] not in ("STAGED", "UNCHANGED"):
        return []
    due = {row["SIZE_LABEL"] for row in sizes if row["WAITS"] == "STAGED"}
    if state["STATE"] == "STAGED":
        due.add(None)  # the item goes up, and its blank cells are tried with it
    blank = [row for row in errors if row["ERROR_CLASS"] == "CELL" and row["SIZE_LABEL"] not in due]
    cells = [" ".join(filter(None, (row["COLUMN_NAME"], row["SIZE_LABEL"]))) for row in blank]
    stay = either(len(cells), "stays", "stay")
    waiting = {word: [row["SIZE_LABEL"] for row in sizes if row["WAITS"] == word] for word in ("HELD", "BLOCKED")}
    waiting["BLOCKED"] = [label for label in waiting["BLOCKED"] if label not in {row["SIZE_LABEL"] for row in blank}]
    held, blocked = (f"{counted(len(each), 'size')} ({safe(', '.join(each), 200)})" for each in waiting.values())
    said = told(
        (
            waiting["HELD"],
            f"The guard SIZES holds back {held}: `python -m sync status` and STG_MON_HeldChanges say what to do.",
        ),
        (
            waiting["BLOCKED"],
            f"An open error holds back {blocked}: mend what it names, or `python -m sync retry`.",
        ),
        (
            cells,
            f"{counted(len(cells), 'cell')} ({safe(', '.join(cells), 200)}) {stay} blank:"
            " mend the value or the board, or `python -m sync retry`.",
        ),
    )
    if due or said:
        state["STATE"] = "STAGED" if due else "INCOMPLETE"
    return said


def _shown(session: Session, hit: Row) -> Result:
    key, row = hit["ORDER_KEY"], hit["SOURCE_ROW"]
    state = session.query("order/state", [FULL, key, row])[0]
    board = next(iter(session.query("order/pulled", [state["MONDAY_ITEM_ID"]])), None)
    sizes = session.query("order/sizes", [row, *[key] * 4, board["PULL_ID"] if board else ""])
    errors = session.query("order/errors", [key])
    amiss = _amiss(state, sizes, errors)
    found = {
        "cells": session.query("order/cells", [row]),
        "sizes": sizes,
        "requests": session.query("order/requests", [key]),
        "errors": errors,
        # a customer that is spelt anew is held under the name that it had
        "guards": [
            row
            for row in session.query("push/held_changes")
            if row["BATCH_CUSTOMER"] in ("", state["BATCH_CUSTOMER"]) or state["STATE"] == f"HELD_{row['KIND']}"
        ],
    }
    group = state["GROUP_NAME"]
    seasons = {"CUSTOMER SEASON": state["CUSTOMER_SEASON"], "AAG SEASON": state["AAG_SEASON"]}
    season = next((f" ({name})" for name, value in seasons.items() if value and value in (group or "")), "")
    seen = "never: `python -m sync pull` lands the board" if state["MONDAY_ITEM_ID"] else None
    if board:
        seen = f"{minute(board['FINISHED_AT'])}: {board['STATE']}, {board['ITEM_NAME']} in {board['GROUP_NAME']}"
    # what staging made of the row, what is confirmed of the item, and what the last pull saw of it
    facts: list[tuple[str, object]] = [
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
        ("last staged as", f"{state['CHANGE_TYPE']} in {state['BATCH_ID']}" if state["BATCH_ID"] else None),
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
    sentences = [STATES[state["STATE"]].format(REASONS=safe(f"{state['REASONS']}", 1000)), *amiss]
    return Result(
        "order",
        f"{safe(key or hit['ORDER_NUMBER'] or 'The order')}: {' '.join(sentences)}",
        0,
        {"order": {**state, "order_number": hit["ORDER_NUMBER"]}, **found, "pulled": board},
        [
            ("Order", ("what", "value"), [pair for pair in facts if pair[1] not in (None, "")]),
            *(tabled(title, columns, found[name]) for name, (title, columns) in TABLES.items()),
        ],
    )
