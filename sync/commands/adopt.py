"""``board adopt``: take over items that are on the board already, instead of making them again."""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Mapping
from typing import Any

from sync.adopt import Adoption, Survey, Taken
from sync.errors import BoardError
from sync.monday.reading import MondayProblem, QuotaUsedUp
from sync.monday.retry import StopAsked
from sync.monday.values import column_values
from sync.output import Result, Table, safe
from sync.pull import Cells, Cost, LiveBoard, Pull
from sync.push.engine import Shared, Totals, share
from sync.push.keys import KeyWrite, Written, write_keys
from sync.push.preflight import Preflight, check, remember_columns
from sync.push.staged import check_build
from sync.session import Runtime, Session, open_session, refuse_other_board
from sync.settings import ADOPT_SAMPLE, LISTED, LISTED_JSON, read_settings
from sync.words import counted, either

RULES = {
    "ID": "item id",
    "KEY": "order key",
    "NUMBER": "order number, style, colour",
    "NAME_AND_NUMBER": "item name and order number",
    "NAME": "item name",
}
UNMATCHED = {
    "ARCHIVED": "the tables know it as the item of an archived order that isn't staged again",
    "SECOND": "carries the key of an order that has another item already",
    "OTHER_KEY": "carries a key that no staged order has",
    "SAME_NUMBER": "its order number is staged, but with another style or colour",
    "NOTHING": "no staged order matches",
}
RESOLVE = (
    "Write the right order's key into the ORDER KEY column of the right item and adopt again, before the next push:"
    " it would make new items for them."
)


def adopt(env: Mapping[str, str], *, yes: bool, stop: threading.Event, runtime: Runtime | None = None) -> Result:
    """Say what would be taken over; with ``yes``, take it over."""
    settings = read_settings(env)
    runtime = runtime or Runtime()
    with open_session(env, connect=runtime.connect) as session:
        session.require(staged=True, board=True)
        check_build(session.query("push/build"), session.mapping.hash)
        refuse_other_board(session, settings.board_id)
        return _Run(session, share(session, settings, runtime, stop)).carry_out(yes=yes)


class _Run:
    """One run of the command: reading, matching, and with ``--yes`` taking over."""

    def __init__(self, session: Session, shared: Shared) -> None:
        self.session, self.shared, self.cost = session, shared, Cost()
        self.settings, self.stop, self.ledger, self.reader = shared.settings, shared.stop, shared.ledger, shared.reader

    def carry_out(self, *, yes: bool) -> Result:
        """Read the board, match, take over, and report."""
        try:
            return self._phases(yes=yes)
        except (StopAsked, QuotaUsedUp) as problem:
            return Result("board adopt", f"{problem} Nothing was taken over.", 3)
        except MondayProblem as problem:
            raise BoardError(str(problem)) from None
        finally:
            self.shared.client.close()

    def _phases(self, *, yes: bool) -> Result:
        preflight = check(self.session, self.reader, self.settings.board_id, sizes=True)
        below = preflight.subitem_board
        live = LiveBoard(
            preflight.board,
            preflight.columns,
            preflight.size_columns,
            preflight.labels,
            Cells.of(preflight.board, preflight.columns),
            None if below is None else Cells.of(below, preflight.size_columns),
        )
        Pull(self.session, self.reader, live, self.cost, now=self.shared.runtime.now).carry_out(self._go_on)
        adoption = Adoption(self.session)
        survey = adoption.survey()
        if not yes:
            return build_result(survey, None, None, self.shared.totals, blocked=self._blocked())
        remember_columns(self.session, self.ledger, preflight.board.id, preflight.columns, self.shared.runtime.now)
        self.ledger.remember_groups(
            self.settings.board_id, [(group.id, group.title) for group in preflight.board.groups]
        )
        taken = adoption.take_over(
            self.shared.runtime.now,
            board_id=self.settings.board_id,
            worker=self.ledger.worker,
            lease=dt.timedelta(seconds=self.settings.lease_seconds),
            batch_id=f"ADOPT-{self.shared.runtime.now():%Y%m%dT%H%M%S}-{self.ledger.run_id[:8]}",
        )
        # what another run has in hand was left out meanwhile, so the keys to write are asked for again
        after = adoption.survey() if taken.held else survey
        written = write_keys(self.shared, preflight, key_writes(after, preflight))
        return build_result(survey, taken, written, self.shared.totals, blocked=self._blocked())

    def _go_on(self, read: int, of: int | None, note: str = "") -> None:
        self.cost.calls = self.shared.totals.api_calls
        if self.stop.is_set():
            raise StopAsked("The run was asked to stop.")

    def _blocked(self) -> int:
        rows = self.session.query("push/build")
        return int(rows[0]["BLOCKED_ROWS"] or 0) if rows else 0


def key_writes(survey: Survey, preflight: Preflight) -> list[KeyWrite]:
    """Return the order keys that items lack, and the labels that Size columns lack. One without room isn't written."""
    key = next(column for column in preflight.columns if column.name == "ORDER_KEY")
    size = next((column for column in preflight.size_columns if column.name == "SIZE_LABEL"), None)
    writes = []
    for row in survey.missing_keys:
        if not row["IS_TAKEN"]:
            built = column_values({"ORDER_KEY": row["ORDER_KEY"]}, [key], preflight.labels, only=None, creating=True)
            writes.append(KeyWrite(row["ORDER_KEY"], preflight.board.id, row["ITEM_ID"], built.values))
    for row in survey.missing_labels:
        board_id = row["BOARD_ID"] or preflight.board.subitem_board_id
        if size is None or board_id is None:
            continue
        built = column_values({"SIZE_LABEL": row["SIZE_LABEL"]}, [size], preflight.labels, only=None, creating=True)
        if not built.problems:
            preflight.labels.hold(built.new_labels)
            row_key = f"{row['ORDER_KEY']}|{row['SIZE_LABEL']}"
            writes.append(KeyWrite(row_key, board_id, row["SUBITEM_ID"], built.values, built.create_labels))
    return writes


def _doubtful(survey: Survey) -> list[dict[str, Any]]:
    """List the ambiguous cases: rule, reason, and which orders and items."""
    cases: dict[tuple[int, str], dict[str, Any]] = {}
    for row in survey.doubts:
        case = cases.setdefault(
            (row["DOUBT_ID"], row["MATCHED_BY"]),
            {
                "rule": RULES[row["MATCHED_BY"]],
                "reason": _why(row),
                "name": safe(row["ITEM_NAME"] or ""),
                "orders": [],
                "items": [],
            },
        )
        if row["ORDER_KEY"] is not None:
            case["orders"].append(safe(row["ORDER_KEY"]))
        else:
            case["items"].append(row["ITEM_ID"])
    return list(cases.values())


def _why(row: Mapping[str, Any]) -> str:
    shared = {"KEY": "an order key", "NUMBER": "order number, style and colour"}.get(row["MATCHED_BY"], "a name")
    orders, items = int(row["ORDERS"]), int(row["ITEMS"])
    return (
        f"{items} item{'s' * (items != 1)} and {orders} order{'s' * (orders != 1)} share {shared}, and nothing tells"
        " which belongs to which"
    )


def build_result(
    survey: Survey, taken: Taken | None, written: Written | None, totals: Totals, *, blocked: int
) -> Result:
    """Return message, exit code, lists and figures. Pure."""
    figures = survey.figures
    cases = _doubtful(survey)
    unwritable = [row for row in survey.missing_keys if row["IS_TAKEN"]]
    orders = figures["TAKEN_ITEMS"] if taken is None else taken.orders
    sizes = figures["TAKEN_SIZES"] if taken is None else taken.sizes
    rules: dict[str, int] = {}
    for row in survey.by_customer:
        rules[RULES[row["MATCHED_BY"]]] = rules.get(RULES[row["MATCHED_BY"]], 0) + int(row["ITEMS"])
    keys = sum(not row["IS_TAKEN"] for row in survey.missing_keys) if written is None else written.done
    failed = written.failed if written else []
    data: dict[str, Any] = {
        "changed": taken is not None,
        "items": orders,
        "subitems": sizes,
        "keys": keys,
        "equal": survey.equal,
        "differing": figures["TAKEN_ITEMS"] - survey.equal,
        "known": figures["KNOWN_ITEMS"],
        "board_items": figures["BOARD_ITEMS"],
        "staged_orders": figures["STAGED_ORDERS"],
        "ambiguous": len(cases),
        "ambiguous_orders": figures["DOUBTFUL_ORDERS"],
        "ambiguous_items": figures["DOUBTFUL_ITEMS"],
        "unmatched_items": len(survey.unmatched),
        "double_subitems": figures["DOUBLE_SIZES"],
        "keys_failed": len(failed),
        "keys_left": written.left if written else 0,
        "keys_held_by_others": len(unwritable),
        "held_by_others": taken.held if taken else 0,
        "blocked_orders": blocked,
        "api_calls": totals.api_calls,
        "complexity_used": totals.complexity_used,
        "by_rule": rules,
        "by_customer": [
            {"customer": safe(row["BATCH_CUSTOMER"]), "rule": RULES[row["MATCHED_BY"]], "items": int(row["ITEMS"])}
            for row in survey.by_customer
        ],
        "differing_columns": survey.differing,
        "sample": [
            {
                "order_key": safe(row["ORDER_KEY"]),
                "item_id": row["ITEM_ID"],
                "rule": RULES[row["MATCHED_BY"]],
                "differing": list(row["DIFFERING"]),
            }
            for row in survey.orders[:ADOPT_SAMPLE]
        ],
        "ambiguous_cases": cases[:LISTED_JSON],
        "unmatched": [
            {"item_id": row["ITEM_ID"], "name": safe(row["ITEM_NAME"] or ""), "reason": UNMATCHED[row["REASON"]]}
            for row in survey.unmatched[:LISTED_JSON]
        ],
    }
    message, code = _message(data, written, failed)
    return Result("board adopt", message, code, data, _tables(data), _lines(data, failed))


def _message(data: Mapping[str, Any], written: Written | None, failed: list[tuple[KeyWrite, str]]) -> tuple[str, int]:
    code = 0
    done = data["changed"]
    by = ", ".join(f"{count} by {rule}" for rule, count in data["by_rule"].items())
    sentences = [
        f"{'Took' if done else 'Would take'} over {counted(data['items'], 'item')}{f' ({by})' if by else ''} and"
        f" {counted(data['subitems'], 'subitem')} for {counted(data['staged_orders'], 'order')} staged without an item;"
        f" {data['equal']} {either(data['equal'], 'shows', 'show')} what is staged, {data['differing']}"
        f" {either(data['differing'], 'differs', 'differ')}; {counted(data['keys'], 'key')}"
        f" {'written' if done else 'to write'}, {counted(data['known'], 'item')} known already."
    ]
    if data["ambiguous"]:
        sentences.append(
            f"Ambiguous, not taken over: {counted(data['ambiguous_orders'], 'order')} and"
            f" {counted(data['ambiguous_items'], 'item')}."
            f" {RESOLVE}"
        )
    if data["held_by_others"]:
        others = data["held_by_others"]
        sentences.append(
            f"{counted(others, 'order')} {either(others, 'is', 'are')} held by an unfinished push and"
            f" {either(others, 'was', 'were')} left to it."
        )
    if lacking := len(failed) + data["keys_left"]:
        code = 3
        sentences.append(
            f"{counted(lacking, 'key')} {either(lacking, 'is', 'are')} still missing on the board; no item will"
            " be made twice, but run `python -m sync board adopt --yes` again."
        )
    if written and written.stopped:
        code = written.stopped.exit_code
        sentences.append(str(written.stopped))
    sentences.append(
        "Now run `dbt build`, which stages what differs, and push."
        if done
        else "Nothing was changed; add --yes to take them over."
    )
    return " ".join(sentences), code


def _tables(data: Mapping[str, Any]) -> list[Table]:
    tables: list[Table] = []
    if data["by_customer"]:
        rows = [(row["customer"], row["rule"], row["items"]) for row in data["by_customer"]]
        tables.append(("Taken over", ("customer", "what", "items"), rows))
    if data["sample"]:
        sample = [
            (row["order_key"], row["item_id"], row["rule"], ", ".join(row["differing"]) or "nothing")
            for row in data["sample"]
        ]
        tables.append(("Sample", ("order", "item", "what", "differs in"), sample))
    if data["differing_columns"]:
        columns = sorted(data["differing_columns"].items(), key=lambda entry: (-entry[1], entry[0]))
        tables.append(("Differing", ("what", "items"), columns))
    if data["ambiguous_cases"]:
        doubts = [
            (case["reason"], ", ".join(case["orders"]), ", ".join(map(str, case["items"])))
            for case in data["ambiguous_cases"][:LISTED]
        ]
        tables.append(("Ambiguous", ("what", "orders", "items"), doubts))
    if data["unmatched"]:
        items = [(row["item_id"], row["name"], row["reason"]) for row in data["unmatched"][:LISTED]]
        tables.append(("Items that match nothing", ("item", "what", "reason"), items))
    return tables


def _lines(data: Mapping[str, Any], failed: list[tuple[KeyWrite, str]]) -> list[str]:
    lines = [
        f"… and {counted(more, one, many)}; --json lists {either(more, 'it', 'them')}."
        for name, one, many in (
            ("ambiguous_cases", "more ambiguous case", ""),
            ("unmatched", "more item that matches nothing", "more items that match nothing"),
        )
        if (more := len(data[name]) - LISTED) > 0
    ]
    if double := data["double_subitems"]:
        lines.append(
            f"{counted(double, 'size')} {either(double, 'has', 'have')} several subitems; the oldest was taken, delete"
            " the others."
        )
    if keyless := data["keys_held_by_others"]:
        lines.append(
            f"{counted(keyless, 'item')} {either(keyless, 'lacks its', 'lack their')} key because another item carries"
            " it; clear it there."
        )
    if blocked := data["blocked_orders"]:
        lines.append(
            f"{counted(blocked, 'order')} {either(blocked, 'is', 'are')} held back by earlier errors and"
            f" {either(blocked, 'was', 'were')} not looked for; `python -m sync retry` and `dbt build` bring"
            f" {either(blocked, 'it', 'them')} back."
        )
    lines += [f"Key of {write.row_key} not written: {reason}" for write, reason in failed[:LISTED]]
    return lines
