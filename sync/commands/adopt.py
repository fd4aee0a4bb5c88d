"""``board adopt``: take over items that are on the board already, instead of making them again.

dbt's views say which item of the pulled board stands for which order. Taking over is a single transaction: killed
before its end, nothing has happened; afterwards every id is in the tables, so that no push makes a second item. Only
then keys are written to the board as a push sends its rows, which can be repeated at will: a run that finds ids without
keys writes these.
"""

from __future__ import annotations

import datetime as dt
import json
import threading
import uuid
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sync.commands.pull import Pull
from sync.database import Row
from sync.errors import BoardError, DatabaseError, SyncError
from sync.monday.documents import Operation, update_item
from sync.monday.reading import MondayProblem, PutOff
from sync.monday.retry import StopAsked
from sync.monday.values import column_values
from sync.output import Result, Table, counted, either, safe, told
from sync.push.board import BoardContext, check, remember_columns
from sync.push.engine import Push
from sync.push.plan import WRITE_KEYS, key_request, to_json
from sync.push.rows import StagedRows
from sync.push.run import Run, Totals
from sync.push.staged import check_build
from sync.session import Runtime, Session, open_session, refuse_other_board
from sync.settings import ADOPT_SAMPLE, LISTED, LISTED_JSON, read_settings

RULES = {
    "ID": ("item id", ""),
    "KEY": ("order key", "an order key"),
    "NUMBER": ("order number, style, colour", "order number, style and colour"),
    "NAME_AND_NUMBER": ("item name and order number", "a name"),
    "NAME": ("item name", "a name"),
}
"""What a rule goes by, and what ambiguous orders and items share."""
UNMATCHED = {
    "ARCHIVED": "the tables know it as the item of an archived order that isn't staged again",
    "SECOND": "carries the key of an order that has another item already",
    "OTHER_KEY": "carries a key that no staged order has",
    "SAME_NUMBER": "its order number is staged, but with another style or colour",
    "NOTHING": "no staged order matches",
}
VIEWS = ("Adoption", "AdoptionOrders", "AdoptionSizes")
Survey = Mapping[str, list[Row]]
"""What an adoption would do: rows of the statements of ``sql/adopt.sql``, by their names."""


def adopt(env: Mapping[str, str], *, yes: bool, stop: threading.Event, runtime: Runtime | None = None) -> Result:
    """Say what would be taken over; with ``yes``, take it over."""
    settings = read_settings(env)
    runtime = runtime or Runtime()
    with open_session(env, connect=runtime.connect) as session:
        session.require(staged=True, board=True)
        check_build(session.query("push/build"), session.mapping.hash)
        refuse_other_board(session, settings.board_id)
        run = Run(session, settings, runtime, stop)
        try:
            return _carry_out(session, run, yes=yes)
        except (StopAsked, PutOff) as problem:
            return Result("board adopt", f"{problem} Nothing was taken over.", 3)
        except MondayProblem as problem:
            raise BoardError(str(problem)) from None
        finally:
            run.client.close()


def _carry_out(session: Session, run: Run, *, yes: bool) -> Result:
    """Read the board, match, with ``yes`` take over, and report."""
    ledger, board_id, now = run.ledger, run.settings.board_id, run.runtime.now
    preflight = check(session, run.reader, board_id, sizes=True)

    def go_on(*_: object) -> None:
        if run.stop.is_set():
            raise StopAsked("The run was asked to stop.")

    Pull(session, run.reader, preflight, run.totals, now=now).carry_out(go_on)
    session.take(*VIEWS)
    found = survey(session)
    taken, failed, left = None, list[tuple[str, str]](), 0
    if yes:
        remember_columns(ledger, preflight)
        ledger.remember_groups(board_id, preflight.groups)
        lease = dt.timedelta(seconds=run.settings.lease_seconds)
        batch_id = f"ADOPT-{now():%Y%m%dT%H%M%S}-{ledger.run_id[:8]}"
        taken = take_over(session, now, board_id=board_id, worker=ledger.worker, lease=lease, batch_id=batch_id)
        # what another run has in hand was left out meanwhile, so the keys to write are asked for again
        lacking = survey(session) if taken.held else found
        keys = [row for row in lacking["missing_keys"] if not row["IS_TAKEN"]] + lacking["missing_labels"]
        failed, left = _write_keys(run, preflight, keys)
    blocked = sum(int(row["BLOCKED_ROWS"] or 0) for row in session.query("push/build"))
    return build_result(found, taken, failed, left, run.totals, blocked=blocked)


def _write_keys(run: Run, live: BoardContext, rows: Sequence[Row]) -> tuple[list[tuple[str, str]], int]:
    """Record the writes, and send them as a push sends its rows: twice does no harm, what is left the next run writes.

    Returns the keys that failed, each with its reason, and how many are left.
    """
    push = Push(run, live, StagedRows(run, live), workers=run.settings.workers)
    per, writes = run.settings.rows_per_request, [write for row in rows if (write := key_write(live, row))]
    push.open([key_request(WRITE_KEYS, writes[at : at + per]) for at in range(0, len(writes), per)])
    push.run()
    names = {int(row["MONDAY_ID"]): "|".join(filter(None, (row["ORDER_KEY"], row["SIZE_LABEL"]))) for row in rows}
    return [(names[row.monday_id or 0], failure.message) for row, failure in push.failures], push.left


def key_write(live: BoardContext, row: Mapping[str, Any]) -> Operation | None:
    """Return the write of an order key, or of a size's label; None where the board has no column or room for it."""
    name = "ORDER_KEY" if row["SIZE_LABEL"] is None else "SIZE_LABEL"
    of_item = name == "ORDER_KEY"
    board_id = live.board.id if of_item else row.get("BOARD_ID") or live.board.subitem_board_id
    columns = live.columns if of_item else live.size_columns
    column = next((column for column in columns if column.name == name), None)
    if column is None or board_id is None:
        return None
    built = column_values({name: row[name]}, [column], live.labels, only=None, creating=True)
    if built.problems:
        return None
    live.labels.hold(built.new_labels)
    return update_item(board_id, int(row["MONDAY_ID"]), built.values, built.create_labels)


# ---------- what the views say, and what is written


def survey(session: Session) -> Survey:
    """Return what would be taken over, or was."""
    names = ("figures", "by_customer", "orders", "doubts", "unmatched", "missing_keys", "missing_labels")
    return {name: session.query(f"adopt/{name}") for name in names}


@dataclass(frozen=True)
class Taken:
    """What was written to the tables; ``held`` orders and sizes are in the hands of another run."""

    orders: int
    sizes: int
    held: int


def take_over(
    session: Session,
    now: Callable[[], dt.datetime],
    *,
    board_id: int,
    worker: str,
    lease: dt.timedelta,
    batch_id: str,
) -> Taken:
    """Write ids and present values to the ``MON_*`` tables, all in one transaction.

    The rows are claimed inside it, as a push would: what another run has in hand is left alone. Raises DatabaseError,
    with nothing written, where another run was quicker with the same rows.
    """
    claim, database = str(uuid.uuid4()), session.database
    planned = int(session.query("adopt/figures")[0]["TAKEN_ITEMS"])
    try:
        with database.transaction():
            at = now()
            session.execute("adopt/claim", [claim, worker, at + lease])
            session.execute("adopt/leave_held_orders", [claim])
            session.execute("adopt/leave_held_items")
            session.execute("adopt/leave_held_sizes", [claim])
            session.execute("adopt/forget_orders")
            session.execute("adopt/insert_orders", [board_id, batch_id, at, at])
            session.execute("adopt/forget_sizes")
            session.execute("adopt/insert_sizes", [batch_id, at, at])
            session.execute("push/release", [to_json([{"REQUEST_ID": claim}])], rest=False)
            taken = session.query("adopt/figures")[0]
    except Exception as error:
        if database.is_duplicate(error) or database.is_transient(error):
            raise DatabaseError(
                "Another run wrote the same orders or sizes at the same moment, so nothing was taken over; run"
                " `python -m sync board adopt --yes` again when it has ended."
            ) from error
        raise
    orders = int(taken["TAKEN_ITEMS"])
    return Taken(orders, int(taken["TAKEN_SIZES"]), held=planned - orders)


# ---------- what is said


def build_result(
    found: Survey, taken: Taken | None, failed: list[tuple[str, str]], left: int, totals: Totals, *, blocked: int
) -> Result:
    """Return message, exit code, lists and figures. Pure."""
    figures = {name: int(value) for name, value in found["figures"][0].items()}
    held_keys = sum(bool(row["IS_TAKEN"]) for row in found["missing_keys"])
    by_customer: list[dict[str, Any]] = [
        {"customer": safe(row["BATCH_CUSTOMER"]), "rule": RULES[row["MATCHED_BY"]][0], "items": int(row["ITEMS"])}
        for row in found["by_customer"]
    ]
    rules: Counter[str] = Counter()
    for each in by_customer:
        rules[each["rule"]] += each["items"]
    orders = [
        {
            "order_key": safe(row["ORDER_KEY"]),
            "item_id": row["ITEM_ID"],
            "rule": RULES[row["MATCHED_BY"]][0],
            "differing": json.loads(row["DIFFERING"]),
        }
        for row in found["orders"]
    ]
    cases = _ambiguous(found["doubts"])
    data: dict[str, Any] = {
        "changed": taken is not None,
        "items": taken.orders if taken else figures["TAKEN_ITEMS"],
        "subitems": taken.sizes if taken else figures["TAKEN_SIZES"],
        "keys": totals.done if taken else len(found["missing_keys"]) - held_keys,
        "equal": figures["EQUAL_ITEMS"],
        "differing": figures["TAKEN_ITEMS"] - figures["EQUAL_ITEMS"],
        "known": figures["KNOWN_ITEMS"],
        "board_items": figures["BOARD_ITEMS"],
        "staged_orders": figures["STAGED_ORDERS"],
        "ambiguous": len(cases),
        "ambiguous_orders": figures["DOUBTFUL_ORDERS"],
        "ambiguous_items": figures["DOUBTFUL_ITEMS"],
        "unmatched_items": len(found["unmatched"]),
        "double_subitems": figures["DOUBLE_SIZES"],
        "keys_failed": len(failed),
        "keys_left": left,
        "keys_held_by_others": held_keys,
        "held_by_others": taken.held if taken else 0,
        "blocked_orders": blocked,
        "api_calls": totals.api_calls,
        "complexity_used": totals.complexity_used,
        "by_rule": dict(rules),
        "by_customer": by_customer,
        "differing_columns": dict(Counter(name for order in orders for name in order["differing"])),
        "sample": orders[:ADOPT_SAMPLE],
        "ambiguous_cases": cases[:LISTED_JSON],
        "unmatched": [
            {"item_id": row["ITEM_ID"], "name": safe(row["ITEM_NAME"] or ""), "reason": UNMATCHED[row["REASON"]]}
            for row in found["unmatched"][:LISTED_JSON]
        ],
    }
    message, code = _message(data, totals.stopped)
    return Result("board adopt", message, code, data, _tables(data), _lines(data, failed))


def _ambiguous(doubts: Iterable[Row]) -> list[dict[str, Any]]:
    """List the ambiguous cases: rule, reason, and which orders and items."""
    cases: dict[tuple[int, str], dict[str, Any]] = {}
    for row in doubts:
        rule, shared = RULES[row["MATCHED_BY"]]
        reason = (
            f"{counted(int(row['ITEMS']), 'item')} and {counted(int(row['ORDERS']), 'order')} share {shared}, and"
            " nothing tells which belongs to which"
        )
        first = {"rule": rule, "reason": reason, "name": safe(row["ITEM_NAME"] or ""), "orders": [], "items": []}
        case = cases.setdefault((row["DOUBT_ID"], row["MATCHED_BY"]), first)
        if row["ORDER_KEY"] is not None:
            case["orders"].append(safe(row["ORDER_KEY"]))
        else:
            case["items"].append(row["ITEM_ID"])
    return list(cases.values())


def _message(data: Mapping[str, Any], stopped: SyncError | None) -> tuple[str, int]:
    done, others, lacking = data["changed"], data["held_by_others"], data["keys_failed"] + data["keys_left"]
    by = ", ".join(f"{count} by {rule}" for rule, count in data["by_rule"].items())
    sentences = told(
        (
            True,
            f"{'Took' if done else 'Would take'} over {counted(data['items'], 'item')}{f' ({by})' if by else ''} and"
            f" {counted(data['subitems'], 'subitem')} for {counted(data['staged_orders'], 'order')} staged without an"
            f" item; {data['equal']} {either(data['equal'], 'shows', 'show')} what is staged, {data['differing']}"
            f" {either(data['differing'], 'differs', 'differ')}; {counted(data['keys'], 'key')}"
            f" {'written' if done else 'to write'}, {counted(data['known'], 'item')} known already.",
        ),
        (
            data["ambiguous"],
            f"Ambiguous, not taken over: {counted(data['ambiguous_orders'], 'order')} and"
            f" {counted(data['ambiguous_items'], 'item')}. Write the right order's key into the ORDER KEY column of the"
            " right item and adopt again, before the next push: it would make new items for them.",
        ),
        (
            others,
            f"{counted(others, 'order')} {either(others, 'is', 'are')} held by an unfinished push and"
            f" {either(others, 'was', 'were')} left to it.",
        ),
        (
            lacking,
            f"{counted(lacking, 'key')} {either(lacking, 'is', 'are')} still missing on the board; no item will"
            " be made twice, but run `python -m sync board adopt --yes` again.",
        ),
        (stopped, str(stopped)),
        (done, "Now run `dbt build`, which stages what differs, and push."),
        (not done, "Nothing was changed; add --yes to take them over."),
    )
    return " ".join(sentences), stopped.exit_code if stopped else 3 if lacking else 0


def _tables(data: Mapping[str, Any]) -> list[Table]:
    columns = sorted(data["differing_columns"].items(), key=lambda entry: (-entry[1], entry[0]))
    cases, unmatched = data["ambiguous_cases"][:LISTED], data["unmatched"][:LISTED]
    tables: list[Table] = [
        ("Taken over", ("customer", "what", "items"), [tuple(row.values()) for row in data["by_customer"]]),
        (
            "Sample",
            ("order", "item", "what", "differs in"),
            [(*list(row.values())[:3], ", ".join(row["differing"]) or "nothing") for row in data["sample"]],
        ),
        ("Differing", ("what", "items"), columns),
        (
            "Ambiguous",
            ("what", "orders", "items"),
            [(case["reason"], ", ".join(case["orders"]), ", ".join(map(str, case["items"]))) for case in cases],
        ),
        ("Items that match nothing", ("item", "what", "reason"), [tuple(row.values()) for row in unmatched]),
    ]
    return [table for table in tables if table[2]]


def _lines(data: Mapping[str, Any], failed: list[tuple[str, str]]) -> list[str]:
    cases, items = (len(data[name]) - LISTED for name in ("ambiguous_cases", "unmatched"))
    nothing = counted(items, "more item that matches nothing", "more items that match nothing")
    double, keyless, blocked = data["double_subitems"], data["keys_held_by_others"], data["blocked_orders"]
    lines = told(
        (cases > 0, f"… and {counted(cases, 'more ambiguous case')}; --json lists {either(cases, 'it', 'them')}."),
        (items > 0, f"… and {nothing}; --json lists {either(items, 'it', 'them')}."),
        (
            double,
            f"{counted(double, 'size')} {either(double, 'has', 'have')} several subitems; the oldest was taken, delete"
            " the others.",
        ),
        (
            keyless,
            f"{counted(keyless, 'item')} {either(keyless, 'lacks its', 'lack their')} key because another item carries"
            " it; clear it there.",
        ),
        (
            blocked,
            f"{counted(blocked, 'order')} {either(blocked, 'is', 'are')} held back by earlier errors and"
            f" {either(blocked, 'was', 'were')} not looked for; `python -m sync retry` and `dbt build` bring"
            f" {either(blocked, 'it', 'them')} back.",
        ),
    )
    return lines + [f"Key of {key} not written: {reason}" for key, reason in failed[:LISTED]]
