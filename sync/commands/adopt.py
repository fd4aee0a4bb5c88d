"""``board adopt``: take over items that are on the board already, instead of making them again.

dbt's views say which item of the
pulled board stands for which order. Taking over is a single transaction: killed before its end, nothing has happened;
afterwards every id is in the tables, so that no push makes a second item. Only then keys are written to the board as a
push sends its rows, which can be repeated at will: a run that finds ids without keys writes these.
"""

import datetime as dt
import json
import threading
import uuid
from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import groupby
from operator import itemgetter
from typing import Any

from sync.commands.pull import Pull
from sync.database import Row
from sync.errors import StopAsked, SyncError
from sync.monday.documents import CHANGE_VALUES, Operation, mutation
from sync.monday.reading import PutOff
from sync.monday.values import column_values
from sync.output import Result, Table, counted, either, safe, tabled, told
from sync.push.board import BoardContext, check, remember_columns
from sync.push.engine import Push
from sync.push.ledger import Run, Totals
from sync.push.plan import WRITE_KEYS, key_request, to_json
from sync.push.rows import StagedRows
from sync.push.staged import check_build
from sync.session import Runtime, Session, open_session, refuse_other_board
from sync.settings import ADOPT_SAMPLE, LISTED, LISTED_JSON, read_settings

RULES = {
    "ID": ("item id", ""),
    "KEY": ("order key", "an order key"),
    "OWN_KEY": ("order key of a number that is staged", ""),
    "NUMBER": ("order number, style, colour", "order number, style and colour"),
    "NAME_AND_NUMBER": ("item name and order number", "a name"),
    "NAME": ("item name", "a name"),
}
"""What a rule goes by, and what ambiguous orders and items share."""
UNMATCHED = {
    "ARCHIVED": "the tables know it as the item of an archived order that isn't staged again",
    "SECOND": "carries the key of an order that has another item already",
    "OTHER_KEY": "carries a key that no staged order has, nor its number",
    "SAME_NUMBER": "its order number is staged, but with another style or colour",
    "NOTHING": "no staged order matches",
}
VIEWS = ("Adoption", "AdoptionOrders", "AdoptionSizes")


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
        finally:
            run.client.close()


def _carry_out(session: Session, run: Run, *, yes: bool) -> Result:
    ledger, board_id = run.ledger, run.settings.board_id
    live = check(session, run.reader, board_id, sizes=True)

    def go_on(*_: object) -> None:
        if run.stop.is_set():
            raise StopAsked("The run was asked to stop.")

    Pull(session, run.reader, live, run.totals, now=run.runtime.now).carry_out(go_on)
    session.take(*VIEWS)
    planned = int(session.query("adopt/figures")[0]["ITEMS"])
    for name, options in (("orders", {"claimed": False}), ("items", {}), ("sizes", {"claimed": False})):
        session.execute(f"adopt/leave_held_{name}", **options)
    if yes:
        remember_columns(ledger, live)
        ledger.remember_groups(board_id, live.groups)
        session.transaction(lambda: take_over(session, run))
    found, failed, left = survey(session), list[tuple[str, str]](), 0
    others = planned - int(found["figures"][0]["ITEMS"])
    if yes:
        keys = [row for row in found["missing_keys"] if not row["IS_TAKEN"]] + found["missing_labels"]
        # recorded, and sent as a push sends its rows: twice does no harm, what is left the next run writes
        push = Push(run, live, StagedRows(run, live), workers=run.settings.workers)
        per, writes = run.settings.rows_per_request, [write for row in keys if (write := key_write(live, row))]
        push.open([key_request(WRITE_KEYS, writes[at : at + per]) for at in range(0, len(writes), per)])
        push.run()
        names = {int(row["MONDAY_ID"]): "|".join(filter(None, (row["ORDER_KEY"], row["SIZE_LABEL"]))) for row in keys}
        failed = [(names[row.monday_id or 0], failure.message) for row, failure in push.failures]
        left = push.left
    return build_result(
        found,
        failed,
        left,
        run.totals,
        blocked=sum(int(row["BLOCKED_ROWS"] or 0) for row in session.query("push/build")),
        changed=yes,
        others=others,
    )


def key_write(live: BoardContext, row: Mapping[str, Any]) -> Operation | None:
    """Return the write of an order key, or of a size's label; None where the board has no column or room for it."""
    of_item = row["SIZE_LABEL"] is None
    name = "ORDER_KEY" if of_item else "SIZE_LABEL"
    board_id = live.board.id if of_item else row.get("BOARD_ID") or live.board.subitem_board_id
    columns = [column for column in (live.columns if of_item else live.size_columns) if column.name == name]
    built = column_values({name: row[name]}, columns, live.labels, only=None, creating=True)
    if built.problems or not columns or board_id is None:
        return None
    live.labels.hold(built.new_labels)
    return mutation(CHANGE_VALUES, board_id, int(row["MONDAY_ID"]), built.values, bool(built.new_labels))


def survey(session: Session) -> dict[str, list[Row]]:
    """Return what would be taken over, or was: rows of the statements of ``sql/adopt.sql``, by their names."""
    return {
        name: session.query(f"adopt/{name}")
        for name in ("figures", "orders", "doubts", "unmatched", "missing_keys", "missing_labels")
    }


def take_over(session: Session, run: Run) -> None:
    """Write ids and present values to the ``MON_*`` tables.

    The rows are claimed within the transaction, as a push would: what another run has in hand is left alone.
    """
    claim, ledger, at = str(uuid.uuid4()), run.ledger, run.runtime.now()
    batch_id = f"ADOPT-{at:%Y%m%dT%H%M%S}-{ledger.run_id[:8]}"
    for statement, params in (
        ("claim", [claim, ledger.worker, at + dt.timedelta(seconds=run.settings.lease_seconds)]),
        ("leave_held_orders", [claim]),
        ("leave_held_items", []),
        ("leave_held_sizes", [claim]),
        ("forget_orders", []),
        ("insert_orders", [run.settings.board_id, batch_id, at, at]),
        ("forget_sizes", []),
        ("insert_sizes", [batch_id, at, at]),
    ):
        session.execute(f"adopt/{statement}", params)
    session.execute("push/release", [to_json([{"REQUEST_ID": claim}])], rest=False)


# ---------- what is said


def build_result(
    found: Mapping[str, list[Row]],
    failed: Sequence[tuple[str, str]],
    left: int,
    totals: Totals,
    *,
    blocked: int,
    changed: bool,
    others: int,
) -> Result:
    """Return message, exit code, lists and figures; ``others``: items left to another run. Pure."""
    figures = {name.lower(): int(value) for name, value in found["figures"][0].items()}
    held_keys = sum(bool(row["IS_TAKEN"]) for row in found["missing_keys"])
    orders = [
        {
            "order_key": safe(row["ORDER_KEY"]),
            "item_id": row["ITEM_ID"],
            "rule": RULES[row["MATCHED_BY"]][0],
            "differing": json.loads(row["DIFFERING"]),
        }
        for row in found["orders"]
    ]
    cases = [
        {
            "rule": RULES[rule][0],
            "reason": f"{counted(int(first['ITEMS']), 'item')} and {counted(int(first['ORDERS']), 'order')} share"
            f" {RULES[rule][1]}, and nothing tells which belongs to which",
            "name": safe(first["ITEM_NAME"] or ""),
            "orders": [safe(row["ORDER_KEY"]) for row in (first, *rows) if row["ORDER_KEY"] is not None],
            "items": [row["ITEM_ID"] for row in (first, *rows) if row["ORDER_KEY"] is None],
        }
        for (_, rule), (first, *rows) in groupby(found["doubts"], itemgetter("DOUBT_ID", "MATCHED_BY"))
    ]
    data: dict[str, Any] = {
        "changed": changed,
        **figures,
        "held_by_others": others,
        "keys": totals.done if changed else len(found["missing_keys"]) - held_keys,
        "differing": figures["items"] - figures["equal"],
        "ambiguous": len(cases),
        "ambiguous_keys": sum(case["rule"] == RULES["KEY"][0] for case in cases),
        "unmatched_items": len(found["unmatched"]),
        "keys_failed": len(failed),
        "keys_left": left,
        "keys_held_by_others": held_keys,
        "blocked_orders": blocked,
        "api_calls": totals.api_calls,
        "complexity_used": totals.complexity_used,
        "by_rule": dict(Counter(order["rule"] for order in orders).most_common()),
        "by_customer": [
            {"customer": safe(customer), "rule": RULES[rule][0], "items": items}
            for (customer, rule), items in sorted(
                Counter((row["BATCH_CUSTOMER"], row["MATCHED_BY"]) for row in found["orders"]).items()
            )
        ],
        "differing_columns": dict(Counter(sorted(n for order in orders for n in order["differing"])).most_common()),
        "sample": orders[:ADOPT_SAMPLE],
        "ambiguous_cases": cases[:LISTED_JSON],
        "unmatched": [
            {"item_id": row["ITEM_ID"], "name": safe(row["ITEM_NAME"] or ""), "reason": UNMATCHED[row["REASON"]]}
            for row in found["unmatched"][:LISTED_JSON]
        ],
    }
    return _told(data, failed, totals.stopped)


def _told(data: dict[str, Any], failed: Sequence[tuple[str, str]], stopped: SyncError | None) -> Result:
    done, others, lacking = data["changed"], data["held_by_others"], data["keys_failed"] + data["keys_left"]
    idle = others and not data["items"] + data["keys"] + lacking
    doubled = data["ambiguous_keys"]
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
            f" {counted(data['ambiguous_items'], 'item')}.",
        ),
        (
            data["ambiguous"] > doubled,
            "Write the right order's key into the ORDER KEY column of the right item and adopt again, before the next"
            " push: it would make new items for them.",
        ),
        (
            doubled,
            f"{counted(doubled, 'key')} {either(doubled, 'stands', 'stand')} on several items, and a push refuses"
            f" {either(doubled, 'its order', 'their orders')}: clear the key on all but the right item and adopt again,"
            " or let `python -m sync audit --repair` keep the oldest and the next push archive the others.",
        ),
        (
            others,
            f"{counted(others, 'order')} {either(others, 'is', 'are')} held by an unfinished push and left to it"
            f"{': push, which settles what it left open.' if idle else '.'}",
        ),
        (
            lacking,
            f"{counted(lacking, 'key')} {either(lacking, 'is', 'are')} still missing on the board; no item will"
            " be made twice, but run `python -m sync board adopt --yes` again.",
        ),
        (stopped, str(stopped)),
        (done and not idle and not doubled, "Now run `dbt build`, which stages what differs, and push."),
        (not done, f"Nothing was changed{'.' if idle else '; add --yes to take them over.'}"),
    )
    sample = [row | {"differing": ", ".join(row["differing"]) or "nothing"} for row in data["sample"]]
    cases = [
        row | {name: ", ".join(map(str, row[name])) for name in ("orders", "items")} for row in data["ambiguous_cases"]
    ]
    tables: list[Table] = [
        tabled("Taken over", {"customer": "customer", "what": "rule", "items": "items"}, data["by_customer"]),
        tabled("Sample", {"order": "order_key", "item": "item_id", "what": "rule", "differs in": "differing"}, sample),
        ("Differing", ("what", "items"), [*data["differing_columns"].items()]),
        tabled("Ambiguous", {"what": "reason", "orders": "orders", "items": "items"}, cases[:LISTED]),
        tabled(
            "Items that match nothing",
            {"item": "item_id", "what": "name", "reason": "reason"},
            data["unmatched"][:LISTED],
        ),
    ]
    more, items = (len(data[name]) - LISTED for name in ("ambiguous_cases", "unmatched"))
    double, keyless, blocked = data["double_subitems"], data["keys_held_by_others"], data["blocked_orders"]
    lines = told(
        (more > 0, f"… and {counted(more, 'more ambiguous case')}; --json lists {either(more, 'it', 'them')}."),
        (
            items > 0,
            f"… and {counted(items, 'more item that matches nothing', 'more items that match nothing')}; --json lists"
            f" {either(items, 'it', 'them')}.",
        ),
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
        *((True, f"Key of {key} not written: {reason}") for key, reason in failed[:LISTED]),
    )
    code = stopped.exit_code if stopped else 3 if lacking or doubled else 0
    return Result("board adopt", " ".join(sentences), code, data, tables, lines)
