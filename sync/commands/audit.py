"""``audit``: compare the board with the database; with ``--repair`` put the confirmed state right."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO

from sync.audit import CLASSES, Audit, Counts, Repaired
from sync.commands.pull import open_reader
from sync.database import Row
from sync.errors import UsageError
from sync.log import PROGRESS
from sync.output import Result, Table
from sync.pull import Pull, live_board
from sync.push.staged import check_filters
from sync.session import Session, open_session, refuse_other_board
from sync.settings import FEW, read_settings
from sync.words import counted, either

_TITLES = {
    "missing": "Missing on the board",
    "double": "Double on the board",
    "differing": "Differing",
    "archived": "On the board, though archived",
    "unknown": "Unknown to the database",
    "pending": "Pending",
    "edited": "Edited by people, which they may",
    "above": "More made than ordered",
}


@dataclass(frozen=True)
class Options:
    """What the command line asked for."""

    customer: str | None = None
    limit: int = 20
    csv: str | None = None
    ignore_unknown: bool = False
    repair: bool = False
    max_percent: float = 5.0
    wait: float = 0.0


def audit(env: Mapping[str, str], **asked: Any) -> Result:
    """Pull, compare, and repair where asked to. Exit 0: they agree, or all of it is put right; 3: they don't."""
    options, settings = Options(**asked), read_settings(env)
    started = time.monotonic()
    customer = (options.customer or "").strip() or None
    with ExitStack() as stack:
        file = _open_csv(options.csv, stack)
        session = stack.enter_context(open_session(env, wait=options.wait))
        session.require(staged=True, board=True)
        if customer:
            check_filters(session, {"customer": customer})
        refuse_other_board(session, settings.board_id)
        with open_reader(settings) as (reader, cost):
            live = live_board(reader, session.mapping, settings.board_id)
            Pull(session, reader, live, cost).carry_out(PROGRESS.count)
        found = Audit(session, customer)
        totals, counts, rows = found.totals(), found.counts(), found.listed(options.limit)
        if file is not None:
            found.write_csv(file)
        done, left = None, {}
        if options.repair:
            done = found.repair(live, park=_parks(session), most_percent=options.max_percent)
            left = found.left_over(ignore_unknown=options.ignore_unknown)
    seconds = time.monotonic() - started
    code, message = _judge(counts, options, done, left)
    data: dict[str, Any] = {
        "agree": not any(counts.disagree(ignore_unknown=options.ignore_unknown).values()),
        **counts.to_dict(),
        "items_on_board": totals["items"],
        "subitems_on_board": totals["subitems"],
        "orders_confirmed": totals["orders"],
        "sizes_confirmed": totals["sizes"],
        "api_calls": cost.calls,
        "complexity_used": cost.points,
        "seconds": round(seconds, 3),
        "findings": {name: {"total": counts.of(name), "rows": found} for name, found in rows.items()},
    }
    if done is not None:
        data |= {"repaired_orders": done.orders, "surplus_recorded": done.surplus, "keys_recorded": done.keys}
        data["held"] = done.held
    figures = (
        f"{counted(totals['items'], 'item')} and {counted(totals['subitems'], 'subitem')} read,"
        f" {counted(totals['orders'], 'order')} and {counted(totals['sizes'], 'size')} confirmed;"
        f" {counted(cost.calls, 'call')}, {counted(cost.points, 'point', form=',')}, {seconds:.1f} s."
    )
    return Result("audit", message, code, data, _tables(rows, counts), [figures])


def _open_csv(path: str | None, stack: ExitStack) -> TextIO | None:
    """Open the file to write to, before the board is read. Raises UsageError where it can't be."""
    if path is None:
        return None
    try:
        return stack.enter_context(Path(path).open("w", encoding="utf-8", newline=""))
    except OSError as error:
        raise UsageError(f"The file {Path(path).name} can't be written ({error.strerror}): name another.") from None


def _parks(session: Session) -> bool:
    build = session.query("push/build")
    return bool(build) and str(build[0].get("ON_BOARD_DELETION") or "").lower() == "park"


def _tables(rows: Mapping[str, Sequence[Row]], counts: Counts) -> list[Table]:
    """Return the findings as tables for people, the total in the title where not all are shown."""
    shown: list[Table] = []
    for name, found in rows.items():
        if not found:
            continue
        total = counts.of(name)
        title = f"{_TITLES[name]}: {total}" + (f", the first {len(found)}" if total > len(found) else "")
        if name in ("differing", "edited", "above"):
            header: tuple[str, ...] = ("order", "size", "id", "column", "confirmed", "board")
            lines = [_line(row, "COLUMN_NAME", "CONFIRMED", "ON_BOARD") for row in found]
        else:
            header = ("order", "size", "id", "name", "what")
            lines = [(*_line(row), row["ON_BOARD"] or row["CONFIRMED"] or "", row["NOTE"] or "") for row in found]
        shown.append((title, header, lines))
    return shown


def _line(row: Row, *columns: str) -> tuple[Any, ...]:
    return (
        row["ORDER_KEY"] or "",
        row["SIZE_LABEL"] or "",
        row["MONDAY_ID"],
        *("" if row[column] is None else row[column] for column in columns),
    )


def _said(found: Mapping[str, int]) -> str:
    return ", ".join(f"{found[name]} {name}" for name in CLASSES if found.get(name))


def _judge(counts: Counts, options: Options, done: Repaired | None, left: Mapping[str, int]) -> tuple[int, str]:
    """Return exit code and sentences. ``left``: findings that a repair didn't put right, by class."""
    aside = []
    if pending := counts.of("pending"):
        them = either(pending, "it", "them")
        aside.append(
            f"{counted(pending, 'finding')} {either(pending, 'is', 'are')} pending: a push is at {them}, or the next"
            f" one settles {them}."
        )
    found = counts.disagree(ignore_unknown=options.ignore_unknown)
    if not any(found.values()):
        return 0, " ".join(["Board and database agree.", *aside])
    said = f"Board and database disagree: {_said(found)}."
    if done is None:
        return 3, " ".join([said, *aside, "`python -m sync audit --repair` makes the next build stage what is needed."])
    if done.held:
        refusal = (
            f"A repair would touch {counted(done.held, 'order')} while {done.confirmed} are confirmed, more than {FEW}"
            f" and more than {options.max_percent:g} %, so nothing was changed; look at the findings, then allow it"
            " by --max-percent."
        )
        return 3, " ".join([said, *aside, refusal])
    recorded = [f"{counted(done.surplus, 'surplus item')} to archive"] if done.surplus else []
    recorded += [f"{counted(done.keys, 'key')} to restore"] if done.keys else []
    mended = f"{counted(done.orders, 'order')} {either(done.orders, 'is', 'are')} put right in the tables"
    wait = either(done.surplus + done.keys, "waits", "wait")
    mended += f", and {' and '.join(recorded)} {wait} for the next push" if recorded else ""
    sentences = [said, *aside, f"{mended}; run `dbt build` and push."] if done.orders else [said, *aside]
    if any(left.values()):
        they = either(sum(left.values()), "it", "they")
        sentences.append(
            f"Left as {they} {either(sum(left.values()), 'is', 'are')}: {_said(left)}, for the tables don't say what"
            f" {they} should be."
        )
        return 3, " ".join(sentences)
    return 0, " ".join(sentences)
