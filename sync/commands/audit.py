"""``audit``: compare the board with the database; with ``--repair`` put the confirmed state right."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from sync.audit import Tables
from sync.audit.compare import Scope, compare, live_board
from sync.audit.findings import CLASSES, Counts, as_tables, count, listed, open_csv, write_csv
from sync.audit.repair import Policy, Repaired, repair
from sync.errors import BoardError, DatabaseError
from sync.monday.answers import Answer
from sync.monday.http import MondayClient
from sync.monday.reading import MondayProblem, Reader
from sync.monday.retry import SystemClock
from sync.output import Result
from sync.push.staged import check_filters
from sync.session import Session, open_session, refuse_other_board, utc_now
from sync.settings import FEW, Settings, read_settings
from sync.words import counted, either


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


@dataclass
class _Cost:
    calls: int = 0
    points: int = 0

    def count(self, answer: Answer) -> None:
        self.calls += 1
        self.points += answer.complexity.query if answer.complexity else 0


def audit(
    env: Mapping[str, str], options: Options, *, progress: Callable[[int, int | None], None] = lambda read, of: None
) -> Result:
    """Compare, and repair where asked to. Exit 0: they agree, or all of it is put right; 3: they don't."""
    settings = read_settings(env)
    started = time.monotonic()
    file = open_csv(options.csv)
    cost = _Cost()
    try:
        with open_session(env, read_only=not options.repair, wait=options.wait) as session:
            session.require(staged=options.repair)
            if customer := (options.customer or "").strip():
                check_filters(session, {"customer": customer})
            refuse_other_board(session, settings.board_id)
            return _carry_out(session, settings, options, file, cost, started, progress)
    except MondayProblem as problem:
        raise BoardError(str(problem)) from None
    finally:
        if file is not None:
            file.close()


def _carry_out(
    session: Session,
    settings: Settings,
    options: Options,
    file: Any,
    cost: _Cost,
    started: float,
    progress: Callable[[int, int | None], None],
) -> Result:
    clock = SystemClock()
    client = MondayClient(settings.api_url, settings.token, settings.api_version, clock=clock)
    reader = Reader(
        lambda body: client.send(body, timeout=settings.request_timeout),
        clock=clock,
        random=random.random,
        on_answer=cost.count,
    )
    try:
        live = live_board(reader, session.mapping, settings.board_id)
        tables = Tables(session)
        scope = Scope((options.customer or "").strip() or None, staged=_is_staged(session))
        compare(tables, reader, live, scope, progress)
    finally:
        client.close()
    totals = {name.lower(): int(value) for name, value in tables.rows("totals")[0].items()}
    rows = listed(tables, options.limit)
    counts = count(tables)
    if file is not None:
        write_csv(tables, file)
    done = None
    if options.repair:
        done = repair(tables, live, Policy(_parks(session), options.max_percent), now=utc_now)
    data: dict[str, Any] = {
        "agree": counts.disagree(ignore_unknown=options.ignore_unknown) == 0,
        **counts.to_dict(),
        "items_on_board": totals["items"],
        "subitems_on_board": totals["subitems"],
        "orders_confirmed": totals["orders"],
        "sizes_confirmed": totals["sizes"],
        "api_calls": cost.calls,
        "complexity_used": cost.points,
        "seconds": round(time.monotonic() - started, 3),
        "findings": {name: {"total": counts.of(name), "rows": found} for name, found in rows.items()},
    }
    if done is not None:
        data |= {
            "repaired_orders": done.orders,
            "surplus_recorded": done.surplus,
            "keys_recorded": done.keys,
            "held": done.held,
        }
    figures = (
        f"{counted(totals['items'], 'item')} and {counted(totals['subitems'], 'subitem')} read,"
        f" {counted(totals['orders'], 'order')} and {counted(totals['sizes'], 'size')} confirmed;"
        f" {counted(cost.calls, 'call')}, {counted(cost.points, 'point', form=',')}, {data['seconds']:.1f} s."
    )
    left = {}
    if done is not None:
        left = {
            row["CLASS"]: int(row["FINDINGS"])
            for row in tables.rows("left_over", ignore_unknown=options.ignore_unknown)
        }
    code, message = _judge(counts, options, done, left)
    return Result("audit", message, code, data, as_tables(rows, counts), [figures])


def _is_staged(session: Session) -> bool:
    """Return whether dbt has built: only staging tells which orders still wait for their creation."""
    try:
        session.require(staged=True)
    except DatabaseError:
        return False
    return True


def _parks(session: Session) -> bool:
    build = session.query("push/build")
    return bool(build) and str(build[0].get("ON_BOARD_DELETION") or "").lower() == "park"


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
    found = {name: counts.of(name) for name in CLASSES}
    if options.ignore_unknown:
        found["unknown"] = counts.ours.get("unknown", 0)
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
