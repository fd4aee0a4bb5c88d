"""``audit``: compare the board with the database; with ``--repair`` put the confirmed state right.

Nothing is written to the board: the tables say then what the board shows, so that the next build stages what is needed.
A repair is one transaction, in which the orders are claimed, so that no push that runs meanwhile takes them.
"""

import hashlib
import time
import uuid
from collections.abc import Mapping
from contextlib import nullcontext, suppress
from csv import writer as csv_writer
from pathlib import Path

from sync.commands.adopt import key_write
from sync.commands.pull import land
from sync.errors import UsageError
from sync.monday.documents import Operation, mutation
from sync.output import Result, counted, either, tabled, told
from sync.push.board import BoardContext
from sync.push.plan import key_request, to_json
from sync.push.staged import check_filters
from sync.session import Session, open_session, utc_now
from sync.settings import FEW, OPERATIONS_PER_REQUEST, WINDOW_ROWS, read_settings

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
COLUMNS = tuple("CLASS LEVEL ORDER_KEY SIZE_LABEL MONDAY_ID COLUMN_NAME CONFIRMED ON_BOARD NOTE CUSTOMER".split())
_WHICH = {"order": "ORDER_KEY", "size": "SIZE_LABEL", "id": "MONDAY_ID"}
_OF_ITEM = _WHICH | {"name": "NAME", "what": "NOTE"}
_OF_CELL = _WHICH | {"column": "COLUMN_NAME", "confirmed": "CONFIRMED", "board": "ON_BOARD"}


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
    try:
        with (
            nullcontext() if csv is None else Path(csv).open("a", encoding="utf-8", newline="") as file,
            open_session(env, wait=wait) as session,
        ):
            session.require(staged=True, board=True)
            check_filters(session, {"customer": customer} if customer else {})
            pulled = land(session, settings)
            look(session, customer)
            totals, counts = session.query("audit/totals")[0], session.query("audit/counts")
            listed = session.query("audit/listed", [0, limit], by_class=True)
            if file is not None:
                writer, after = csv_writer(file), 0
                with suppress(OSError):  # of what is no file nothing is left
                    file.truncate(0)
                writer.writerow(COLUMNS)
                while rows := session.query("audit/listed", [after, after + WINDOW_ROWS], by_class=False):
                    writer.writerows([harmless(row[column]) for column in COLUMNS] for row in rows)
                    after += WINDOW_ROWS
                file.flush()  # before anything is repaired
            done = mend(session, pulled.live, most_percent=max_percent) if repair else None
            rest = session.query("audit/left_over", ignore_unknown=ignore_unknown) if repair else []
    except OSError as error:
        if csv is None:
            raise
        raise UsageError(f"The file {csv} can't be written ({error.strerror}): name another with --csv.") from None
    flat = {
        f"{name}{part}": sum(
            int(row["FINDINGS"]) for row in counts if row["CLASS"] == name and part in ("", f"_{row['LEVEL'].lower()}s")
        )
        for name in TITLES
        for part in ("", "_items", "_subitems")
    }
    classes = {name: flat[name] for name in CLASSES}
    ours = classes | {"unknown": sum(int(row["OURS"]) for row in counts if row["CLASS"] == "unknown")}
    found = ours if ignore_unknown else classes
    spent, said = pulled.spent(time.monotonic() - started)
    code, message = _judge(
        found,
        flat["pending"],
        done,
        {row["CLASS"]: int(row["FINDINGS"]) for row in rest},
        int(totals["ORDERS"]),
        max_percent,
        mendable=any(ours.values()),
    )
    shown = {name: [row for row in listed if row["CLASS"] == name] for name in TITLES}
    return Result(
        "audit",
        message,
        code,
        {
            "agree": not any(found.values()),
            **flat,
            "items_on_board": totals["ITEMS"],
            "subitems_on_board": totals["SUBITEMS"],
            "orders_confirmed": totals["ORDERS"],
            "sizes_confirmed": totals["SIZES"],
            **spent,
            "findings": {
                name: {"total": flat[name], "rows": [{column: row[column] for column in COLUMNS} for row in rows]}
                for name, rows in shown.items()
            },
            **(done or {}),
        },
        [
            tabled(
                f"{TITLES[name]}: {flat[name]}" + (f", the first {len(rows)}" if flat[name] > len(rows) else ""),
                _OF_CELL if name in ("differing", "edited", "above") else _OF_ITEM,
                rows,
            )
            for name, rows in shown.items()
        ],
        [
            f"{counted(totals['ITEMS'], 'item')} and {counted(totals['SUBITEMS'], 'subitem')} read,"
            f" {counted(totals['ORDERS'], 'order')} and {counted(totals['SIZES'], 'size')} confirmed; {said}"
        ],
    )


# ---------- what is found


def look(session: Session, customer: str | None = None) -> None:
    """Read the findings of the last pull; those of a customer alone where one is named."""
    session.take("BoardFindings")
    if customer:
        session.execute("audit/keep_customer", [customer, customer])


def harmless(value: object) -> object:
    """Return a value with an apostrophe in front where a spreadsheet would take it for a formula."""
    return f"'{value}" if isinstance(value, str) and value.startswith(("=", "@", "+", "-", "\t", "\r")) else value


# ---------- the repair


def mend(session: Session, live: BoardContext, *, most_percent: float = 5.0) -> dict[str, int]:
    """Write the repair of what was found; return what it changed, and what it recorded for the next push to send.

    ``most_percent``: the share of the confirmed orders, if they are more than ``FEW``, above which nothing is repaired;
    ``held`` are then the orders that would have been touched. What a push claims at the same moment is left to it.
    """
    session.take("BoardOrders", "BoardSizes", "BoardDifferences")
    return session.transaction(lambda: _mend(session, live, most_percent))


def _mend(session: Session, live: BoardContext, most_percent: float) -> dict[str, int]:
    # items that a person took off the board are left alone
    park = any(str(row.get("ON_BOARD_DELETION")).lower() == "park" for row in session.query("push/build"))
    token, now = str(uuid.uuid4()), utc_now()
    session.execute("audit/plan", park=park)
    session.execute("audit/claim", [token, "audit", now])
    session.execute("audit/prune_plan")
    planned, confirmed = session.query("audit/planned")[0].values()
    held = planned if planned > FEW and planned * 100.0 > confirmed * most_percent else 0
    surplus, keys = list[Operation](), list[Operation]()
    if not held:
        for name in ("BoardOrders", "BoardSizes", "BoardDifferences"):
            session.execute("audit/keep_planned", name=name)
        board_id, size_board_id = live.board.id, live.board.subitem_board_id
        # A hash that no order has: the row is staged, and what staging compared with can be told from what comes later.
        mark = hashlib.sha256(f"audit {token}".encode()).hexdigest()
        surplus = [mutation("archive_item", int(row["MONDAY_ID"])) for row in session.query("audit/surplus")]
        # Key and size cells are restored by requests of their own, for updates never write them.
        keys = [write for row in session.query("audit/lost_keys") if (write := key_write(live, row))]
        for statement, params in (
            ("repair_missing", [now]),
            ("repair_adopted", [board_id, mark]),
            ("repair_columns", [mark]),
            ("repair_missing_sizes", []),
            ("repair_shown_sizes", [size_board_id]),
            ("repair_staged", [mark, board_id, now, now]),
            ("repair_staged_sizes", [size_board_id, now, now]),
        ):
            session.execute(f"audit/{statement}", params)
    for operation, writes in (("ARCHIVE_SURPLUS", surplus), ("RESTORE_KEY", keys)):
        run_id = str(uuid.uuid4())
        for start in range(0, len(writes), OPERATIONS_PER_REQUEST):
            # recorded, and not sent: the next push takes it over at once
            made = key_request(operation, writes[start : start + OPERATIONS_PER_REQUEST])
            session.execute(
                "push/record_request",
                [made.id, run_id, None, operation, made.body, len(made.rows), "audit", now, 0, now, *[None] * 3],
            )
            session.execute("push/record_rows", [to_json([row.ledger(made.id) for row in made.rows])])
    session.execute("push/release", [to_json([{"REQUEST_ID": token}])], rest=False)
    return {
        "repaired_orders": planned - held,
        "surplus_recorded": len(surplus),
        "keys_recorded": len(keys),
        "held": held,
    }


# ---------- what is said


def _said(found: Mapping[str, int]) -> str:
    return ", ".join(f"{found[name]} {name}" for name in CLASSES if found.get(name))


def _judge(
    found: Mapping[str, int],
    pending: int,
    done: Mapping[str, int] | None,
    left: Mapping[str, int],
    confirmed: int,
    max_percent: float,
    *,
    mendable: bool,
) -> tuple[int, str]:
    """Return exit code and sentences.

    ``left``: findings that a repair didn't put right, by class; ``elsewhere`` are items on another board.
    ``mendable``: there is more than what nobody knows.
    """
    moved, differ, them = left.get("elsewhere", 0), any(found.values()), either(pending, "it", "them")
    rest = sum(left.values()) - moved
    they = either(rest, "it", "they")
    orders, surplus, keys, held = (
        (done or {}).get(name, 0) for name in ("repaired_orders", "surplus_recorded", "keys_recorded", "held")
    )
    recorded = told(
        (surplus, f"{counted(surplus, 'surplus copy', 'surplus copies')} to archive"),
        (keys, f"{counted(keys, 'key')} to restore"),
    )
    wait = f", and {' and '.join(recorded)} {either(surplus + keys, 'waits', 'wait')} for the next push"
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
            "`python -m sync audit --repair` makes the next build stage what is needed."
            if mendable
            else "A repair leaves what nobody knows as it is: `python -m sync board adopt` takes over what belongs to a"
            " staged order, --ignore-unknown passes over the rest.",
        ),
        (
            held,
            f"A repair would touch {counted(held, 'order')} while {confirmed} are confirmed, more"
            f" than {FEW} and more than {max_percent:g} %, so nothing was changed; look at the findings, then allow it"
            " by --max-percent.",
        ),
        (
            orders,
            f"{counted(orders, 'order')} {either(orders, 'is', 'are')} put right in the tables"
            f"{wait if recorded else ''}; run `dbt build` and push.",
        ),
        (
            rest and differ and not held,
            f"Left as {they} {either(rest, 'is', 'are')}: {_said(left)}, for the tables don't say what {they}"
            " should be.",
        ),
        (
            moved and differ and not held,
            f"{counted(moved, 'item')} {either(moved, 'is', 'are')} on another board:"
            f" move {either(moved, 'it', 'them')} back.",
        ),
    )
    return 3 if differ and (done is None or held or left) else 0, " ".join(sentences)
