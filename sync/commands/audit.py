"""``audit``: compare the board with the database; with ``--repair`` put the confirmed state right.

Nothing is written to the board: the tables say then what the board shows, so that the next build stages what is needed.
A repair is one transaction, in which the orders are claimed, so that no push that runs meanwhile takes them.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import time
import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import ExitStack
from csv import writer as csv_writer
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO

from sync.commands.adopt import key_write
from sync.commands.pull import Pull, open_reader
from sync.database import Row
from sync.errors import UsageError
from sync.log import PROGRESS
from sync.monday.documents import Operation, archive_item
from sync.output import Result, Table, counted, either, told
from sync.push.board import BoardContext, check
from sync.push.plan import key_request, to_json
from sync.push.staged import check_filters
from sync.session import Runtime, Session, open_session, refuse_other_board, utc_now
from sync.settings import FEW, OPERATIONS_PER_REQUEST, TRANSACTION_TRIES, WINDOW_ROWS, read_settings

CLASSES = {
    "missing": "Missing on the board",
    "double": "Double on the board",
    "differing": "Differing",
    "archived": "On the board, though archived",
    "unknown": "Unknown to the database",
}
"""What board and database disagree in, with the title of its table."""
OTHERS = {"pending": "Pending", "edited": "Edited by people, which they may", "above": "More made than ordered"}
"""What is told and doesn't count: rows under way, cells that people may change, quantities of the factory."""
TITLES = CLASSES | OTHERS
COLUMNS = ("CLASS", "LEVEL", "ORDER_KEY", "SIZE_LABEL", "MONDAY_ID", "COLUMN_NAME", "CONFIRMED", "ON_BOARD", "NOTE",
           "CUSTOMER")  # fmt: skip


def audit(
    env: Mapping[str, str],
    *,
    customer: str | None = None,
    limit: int = 20,
    csv: str | None = None,
    ignore_unknown: bool = False,
    repair: bool = False,
    max_percent: float = 5.0,
    wait: float = 0.0,
) -> Result:
    """Pull, compare, and repair where asked to. Exit 0: they agree, or all of it is put right; 3: they don't."""
    settings, started = read_settings(env), time.monotonic()
    with ExitStack() as stack:
        file = _open_csv(csv, stack)
        session = stack.enter_context(open_session(env, wait=wait))
        session.require(staged=True, board=True)
        if customer:
            check_filters(session, {"customer": customer})
        refuse_other_board(session, settings.board_id)
        with open_reader(settings, Runtime()) as (reader, _, cost):
            live = check(session, reader, settings.board_id, sizes=True, reading=True)
            Pull(session, reader, live, cost).carry_out(PROGRESS.count)
        look(session, customer)
        totals, counts = session.query("audit/totals")[0], session.query("audit/counts")
        listed = session.query("audit/listed", [0, limit], by_class=True)
        if file is not None:
            write_csv(session, file)
        done, left = None, {}
        if repair:
            parks = [str(row.get("ON_BOARD_DELETION")).lower() == "park" for row in session.query("push/build")]
            done = mend(session, live, park=any(parks), most_percent=max_percent)
            rows = session.query("audit/left_over", ignore_unknown=ignore_unknown)
            left = {row["CLASS"]: int(row["FINDINGS"]) for row in rows}
    seconds = time.monotonic() - started
    found, flat = disagreement(counts, ignore_unknown=ignore_unknown), figures(counts)
    code, message = _judge(found, flat["pending"], done, left, max_percent)
    shown = {name: [{c: row[c] for c in COLUMNS} for row in listed if row["CLASS"] == name] for name in TITLES}
    data: dict[str, Any] = {
        "agree": not any(found.values()),
        **flat,
        "items_on_board": totals["ITEMS"],
        "subitems_on_board": totals["SUBITEMS"],
        "orders_confirmed": totals["ORDERS"],
        "sizes_confirmed": totals["SIZES"],
        "api_calls": cost.api_calls,
        "complexity_used": cost.complexity_used,
        "seconds": round(seconds, 3),
        "findings": {name: {"total": flat[name], "rows": rows} for name, rows in shown.items()},
    }
    if done is not None:
        data |= {"repaired_orders": done.orders, "surplus_recorded": done.surplus, "keys_recorded": done.keys}
        data["held"] = done.held
    line = (
        f"{counted(totals['ITEMS'], 'item')} and {counted(totals['SUBITEMS'], 'subitem')} read,"
        f" {counted(totals['ORDERS'], 'order')} and {counted(totals['SIZES'], 'size')} confirmed;"
        f" {counted(cost.api_calls, 'call')}, {counted(cost.complexity_used, 'point', form=',')}, {seconds:.1f} s."
    )
    tables = [_table(name, rows, flat[name]) for name, rows in shown.items() if rows]
    return Result("audit", message, code, data, tables, [line])


# ---------- what is found


def look(session: Session, customer: str | None = None) -> None:
    """Read the findings of the last pull; those of a customer alone where one is named."""
    session.take("BoardFindings")
    if customer:
        session.execute("audit/keep_customer", [customer, customer])


def figures(counts: Iterable[Row]) -> dict[str, int]:
    """Return flat figures: ``missing``, ``missing_items``, ``missing_subitems`` and so on. Pure."""
    flat = {f"{name}{part}": 0 for name in TITLES for part in ("", "_items", "_subitems")}
    for row in counts:
        flat[row["CLASS"]] += int(row["FINDINGS"])
        flat[f"{row['CLASS']}_{row['LEVEL'].lower()}s"] += int(row["FINDINGS"])
    return flat


def disagreement(counts: Iterable[Row], *, ignore_unknown: bool) -> dict[str, int]:
    """Count by class in what board and database disagree; unknown items of others can be left out. Pure."""
    found = dict.fromkeys(CLASSES, 0)
    for row in counts:
        if row["CLASS"] in found:
            ours_alone = ignore_unknown and row["CLASS"] == "unknown"
            found[row["CLASS"]] += int(row["OURS" if ours_alone else "FINDINGS"])
    return found


def write_csv(session: Session, file: TextIO) -> None:
    """Write all findings, window by window."""
    writer = csv_writer(file)
    writer.writerow(COLUMNS)
    after = 0
    while rows := session.query("audit/listed", [after, after + WINDOW_ROWS], by_class=False):
        writer.writerows([harmless(row[column]) for column in COLUMNS] for row in rows)
        after += WINDOW_ROWS


def harmless(value: object) -> object:
    """Return a value with an apostrophe in front where a spreadsheet would take it for a formula."""
    return f"'{value}" if isinstance(value, str) and value.startswith(("=", "@", "+", "-", "\t", "\r")) else value


def _open_csv(path: str | None, stack: ExitStack) -> TextIO | None:
    """Open the file to write to, before the board is read. Raises UsageError where it can't be."""
    if path is None:
        return None
    try:
        return stack.enter_context(Path(path).open("w", encoding="utf-8", newline=""))
    except OSError as error:
        raise UsageError(f"The file {Path(path).name} can't be written ({error.strerror}): name another.") from None


def _table(name: str, rows: Sequence[Row], total: int) -> Table:
    """Return findings as a table for people, the total in the title where not all are shown."""
    title = f"{TITLES[name]}: {total}" + (f", the first {len(rows)}" if total > len(rows) else "")
    header: tuple[str, ...] = ("order", "size", "id", "name", "what")
    columns: tuple[str, ...] = ("ORDER_KEY", "SIZE_LABEL", "MONDAY_ID", "NAME", "NOTE")
    if name in ("differing", "edited", "above"):
        header = ("order", "size", "id", "column", "confirmed", "board")
        columns = (*columns[:3], "COLUMN_NAME", "CONFIRMED", "ON_BOARD")
    named = [row | {"NAME": row["ON_BOARD"] or row["CONFIRMED"]} for row in rows]
    return title, header, [["" if row[each] is None else row[each] for each in columns] for row in named]


# ---------- the repair


@dataclass(frozen=True)
class Repaired:
    """What a repair changed in the tables, and what it recorded for the next push to send.

    ``held``: orders that would have been touched where the guard kept the repair from touching any.
    """

    orders: int = 0
    surplus: int = 0
    keys: int = 0
    held: int = 0
    confirmed: int = 0


def mend(
    session: Session,
    live: BoardContext,
    *,
    park: bool = False,
    most_percent: float = 5.0,
    now: Callable[[], dt.datetime] = utc_now,
    sleep: Callable[[float], None] = time.sleep,
) -> Repaired:
    """Write the repair of what was found.

    ``park``: items that a person took off the board are left alone. ``most_percent``: the share of the confirmed
    orders, if they are more than ``FEW``, above which nothing is repaired.
    """
    session.take("BoardOrders", "BoardSizes", "BoardDifferences")
    session.execute("audit/make_plan")
    tries = 0
    while True:
        try:
            with session.database.transaction():
                return _mend(session, live, now(), park=park, most_percent=most_percent)
        except Exception as error:
            # a push claimed one of the rows at the same moment, or the engine chose this transaction to give way
            passing = session.database.is_duplicate(error) or session.database.is_transient(error)
            tries += 1
            if not passing or tries == TRANSACTION_TRIES:
                raise
            sleep(0.1 * 2**tries)


def _mend(session: Session, live: BoardContext, now: dt.datetime, *, park: bool, most_percent: float) -> Repaired:
    token = str(uuid.uuid4())
    session.execute("audit/plan", park=park)
    session.execute("audit/claim", [token, "audit", now])
    session.execute("audit/prune_plan")
    planned = int(session.query("audit/planned")[0]["PLANNED"])
    confirmed = int(session.query("audit/totals")[0]["ORDERS"])
    if planned > FEW and planned * 100.0 > confirmed * most_percent:
        done = Repaired(held=planned, confirmed=confirmed)
    else:
        surplus, keys = _write(session, live, token, now)
        done = Repaired(planned, surplus, keys)
    session.execute("push/release", [to_json([{"REQUEST_ID": token}])], rest=False)
    return done


def _write(session: Session, live: BoardContext, token: str, now: dt.datetime) -> tuple[int, int]:
    """Write what the board shows, record what the next push is to send; return how much of it is surplus, and keys."""
    for name in ("BoardOrders", "BoardSizes", "BoardDifferences"):
        session.execute("audit/keep_planned", name=name)
    board_id, size_board_id = live.board.id, live.board.subitem_board_id
    # A hash that no order has: the row is staged, and what staging compared with can be told from what comes later.
    mark = hashlib.sha256(f"audit {token}".encode()).hexdigest()
    surplus = [archive_item(int(row["MONDAY_ID"])) for row in session.query("audit/surplus")]
    # Key and size cells are restored by requests of their own, for updates never write them.
    keys = [write for row in session.query("audit/lost_keys") if (write := key_write(live, row))]
    for statement, params in (
        ("repair_missing", [now]),
        ("repair_adopted", [board_id, mark]),
        ("repair_columns", [mark]),
        ("repair_missing_sizes", []),
        ("repair_adopted_sizes", [size_board_id]),
        ("repair_quantities", []),
        ("repair_staged", [mark, board_id, now, now]),
        ("repair_staged_sizes", [size_board_id, now, now]),
    ):
        session.execute(f"audit/{statement}", params)
    _record(session, "ARCHIVE_SURPLUS", surplus, now)
    _record(session, "RESTORE_KEY", keys, now)
    return len(surplus), len(keys)


def _record(session: Session, operation: str, operations: Sequence[Operation], now: dt.datetime) -> None:
    """Record requests that aren't sent: the next push takes them over at once."""
    run_id = str(uuid.uuid4())
    for start in range(0, len(operations), OPERATIONS_PER_REQUEST):
        request = key_request(operation, operations[start : start + OPERATIONS_PER_REQUEST])
        session.execute(
            "push/record_request",
            [request.id, run_id, None, operation, request.body, len(request.rows), "audit", now, 0, now, *[None] * 3],
        )
        session.execute("push/record_rows", [to_json([row.ledger(request.id) for row in request.rows])])


# ---------- what is said


def _said(found: Mapping[str, int]) -> str:
    return ", ".join(f"{found[name]} {name}" for name in CLASSES if found.get(name))


def _judge(
    found: Mapping[str, int], pending: int, done: Repaired | None, left: Mapping[str, int], max_percent: float
) -> tuple[int, str]:
    """Return exit code and sentences. ``left``: findings that a repair didn't put right, by class."""
    differ, them, rest = any(found.values()), either(pending, "it", "them"), sum(left.values())
    mended = done if done and differ and not done.held else Repaired()
    held = done.held if done and differ else 0
    recorded = told(
        (mended.surplus, f"{counted(mended.surplus, 'surplus item')} to archive"),
        (mended.keys, f"{counted(mended.keys, 'key')} to restore"),
    )
    wait = f", and {' and '.join(recorded)} {either(mended.surplus + mended.keys, 'waits', 'wait')} for the next push"
    they = either(rest, "it", "they")
    sentences = told(
        (not differ, "Board and database agree."),
        (differ, f"Board and database disagree: {_said(found)}."),
        (
            pending,
            f"{counted(pending, 'finding')} {either(pending, 'is', 'are')} pending: a push is at {them}, or the next"
            f" one settles {them}.",
        ),
        (
            differ and done is None,
            "`python -m sync audit --repair` makes the next build stage what is needed.",
        ),
        (
            held,
            f"A repair would touch {counted(held, 'order')} while {done.confirmed if done else 0} are confirmed, more"
            f" than {FEW} and more than {max_percent:g} %, so nothing was changed; look at the findings, then allow it"
            " by --max-percent.",
        ),
        (
            mended.orders,
            f"{counted(mended.orders, 'order')} {either(mended.orders, 'is', 'are')} put right in the tables"
            f"{wait if recorded else ''}; run `dbt build` and push.",
        ),
        (
            rest and differ and not held,
            f"Left as {they} {either(rest, 'is', 'are')}: {_said(left)}, for the tables don't say what {they}"
            " should be.",
        ),
    )
    return 3 if differ and (done is None or held or rest) else 0, " ".join(sentences)
