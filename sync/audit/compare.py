"""Compare in the database; look again, as the board counts it, only at what differs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from sync.audit import Tables
from sync.audit.reading import LiveBoard, Progress, ask_again, read_board
from sync.monday.items import same_value
from sync.monday.reading import Reader
from sync.monday.resolve import ResolvedColumn
from sync.settings import WINDOW_ROWS
from sync.statements import quoted
from sync.work import to_json


@dataclass(frozen=True)
class Scope:
    """What is compared. ``staged``: whether staging tables are there to say which orders wait for their creation."""

    customer: str | None
    staged: bool


def compare(tables: Tables, reader: Reader, live: LiveBoard, scope: Scope, progress: Progress) -> None:
    """Read the board and leave the findings in the working table ``Found``."""
    alone = tables.session.database.sole_writer
    find_pending(tables)
    if not alone:
        tables.run("marks", into="Before")
    read_board(tables, reader, live, progress)
    _match(tables, scope)
    ask_again(tables, reader, live)
    _match(tables, scope)
    _differences(tables, live)
    tables.run("find_items")
    tables.run("find_sizes")
    tables.run("set_customer")
    if scope.customer:
        tables.run("keep_customer", [scope.customer, scope.customer])
    if not alone:
        tables.run("marks", into="Pending")
        find_pending(tables)
    tables.run("mark_pending")


def find_pending(tables: Tables, *, owner: str | None = None) -> None:
    """Note what a push has claimed, or sent without an outcome. Claims of the request ``owner`` don't count."""
    tables.run("pending", [owner] if owner else [], owner=owner is not None)


def _match(tables: Tables, scope: Scope) -> None:
    for name in ("Matched", "MatchedSizes"):
        tables.run("clear", name=name)
    tables.run("match_items", staged=scope.staged)
    tables.run("match_sizes", staged=scope.staged)


def kind_of(column: ResolvedColumn) -> str:
    """Return how SQL compares a column: as the tables keep it, labels in any case, other text to the letter."""
    if column.mapped_type in ("numbers", "date"):
        return column.mapped_type
    return column.type if column.type in ("dropdown", "status", "group", "name") else "text"


def kinds(columns: Sequence[ResolvedColumn]) -> tuple[tuple[str, str], ...]:
    """Return quoted name and kind of the columns that the tables keep beside key, name and group."""
    own = {"ORDER_KEY", "ITEM_NAME", "GROUP_NAME"}
    return tuple((quoted(column.name), kind_of(column)) for column in columns if column.name not in own)


def _differences(tables: Tables, live: LiveBoard) -> None:
    for column in live.columns:
        # the key is written once too, but an item is found by it: no person may change it
        edit = int(column.write == "create_only" and column.name != "ORDER_KEY")
        if tables.run("differences", column=column.name, kind=kind_of(column), edit=edit):
            _look_again(tables, column)
    if live.size_columns:
        tables.run("size_differences")


def _look_again(tables: Tables, column: ResolvedColumn) -> None:
    """Remove differences that are another spelling of the same value: another case, a number in a text column."""
    after = ""
    while found := tables.rows("compare_window", [column.name, after], rows=WINDOW_ROWS):
        after = str(found[-1]["ORDER_KEY"])
        same = [
            {"ORDER_KEY": row["ORDER_KEY"]}
            for row in found
            if same_value(column, _kept(column, row["CONFIRMED"]), row["ON_BOARD"])
        ]
        if same:
            tables.run("equal_after_all", [column.name, to_json(same)])


def _kept(column: ResolvedColumn, text: str | None) -> object:
    """Return a confirmed value as the tables keep it, from its text."""
    return Decimal(text) if text is not None and column.mapped_type == "numbers" else text
