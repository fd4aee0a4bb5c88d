"""Take over items that are on the board already: find the staged order of each, and write its id down.

Matching is SQL over two temporary tables, the board's items and the staged orders without one; each rule takes what is
one to one and sets aside what isn't. Taking over is a single transaction: killed before its end, nothing has happened;
afterwards every id is in the tables, so that no push makes a second item. Only then keys are written to the board,
which can be repeated at will (``adopt_keys``): a run that finds ids without keys writes these.
"""

from __future__ import annotations

import datetime as dt
import json
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sync.database import Row
from sync.errors import DatabaseError
from sync.monday.board import ResolvedColumn
from sync.monday.items import LiveOrder, same_value, typed_value
from sync.push.plan import jsonable, to_json
from sync.session import Session
from sync.settings import ADOPT_PAGE, LABEL_LENGTH

OF_NO_ORDER = "0" * 64
"""A hash that no order has: the next build compares value by value, and stages what differs."""
TEXT_LENGTH = {"name": 255, "group": 255}
"""What the tables hold of the texts that aren't unlimited there."""


@dataclass(frozen=True)
class Present:
    """An order as its item shows it: ``values`` by staged column, ``differing`` the pushed ones that aren't as staged.

    ``row_hash`` is the staged one where they are all as staged, else one that no order has. It is None where a cell
    holds what its mapped type can't keep, so that the next build stages the order whole.
    """

    values: Mapping[str, Any]
    row_hash: str | None
    differing: tuple[str, ...]


def present_order(
    staged: Mapping[str, Any], texts: Mapping[str, str | None], columns: Sequence[ResolvedColumn]
) -> Present:
    """Compare. ``texts``: the item's cells by staged column; ``columns``: all mapped ones, in the mapping's order."""
    values: dict[str, Any] = {}
    differing: list[str] = []
    known = True
    for column in columns:
        desired, text = staged[column.name], texts.get(column.name)
        if same_value(column, desired, text):
            values[column.name] = desired
            continue
        if column.write == "always":
            differing.append(column.name)
        try:
            value = typed_value(column, text)
        except ValueError:
            value, known = None, False
        if isinstance(value, str) and column.type in TEXT_LENGTH:
            value = value[: TEXT_LENGTH[column.type]]
        values[column.name] = value
    if not known:
        return Present(values, None, tuple(differing))
    return Present(values, OF_NO_ORDER if differing else staged["ROW_HASH"], tuple(differing))


RULES = ("KEY", "NUMBER", "NAME_AND_NUMBER", "NAME")
"""From the surest to the weakest; what one has spoken for, or found ambiguous, is out of reach of the next."""
LEVELS = {"KEY": (0,), "NUMBER": (0, 1, 2, 3, 4), "NAME_AND_NUMBER": (0, 1, 2, 3, 4), "NAME": (0, 1, 2, 3, 4)}
"""Refinements of a rule: PO, then alternate PO, then delivery and destination, then total quantity."""
TABLES = ("ITEMS", "SIZES", "ORDERS", "PAIRS", "DOUBTS", "TAKEN_SIZES")
RECOGNISED = {
    "NUMBER": "AAG ORDER NUMBER",
    "STYLE": "STYLE",
    "COLOR": "COLOR",
    "PO": "PO NUMBER",
    "ALT_PO": "CUSTOMER ALT PO",
    "DELIVERY": "PLANNED DELIVERY METHOD",
    "DESTINATION": "DESTINATION",
}
"""What an item is recognised by besides key and name: column of the temporary table, staged column."""
COMPARED_LENGTH = 450


@dataclass
class Survey:
    """What an adoption would do, or did."""

    figures: dict[str, int]
    by_customer: list[Row]
    doubts: list[Row]
    unmatched: list[Row]
    missing_keys: list[Row]
    missing_labels: list[Row]
    equal: int = 0
    differing: dict[str, int] = field(default_factory=dict)
    """Pushed columns by how many items show something else than is staged."""
    sample: list[Row] = field(default_factory=list)


@dataclass(frozen=True)
class Taken:
    """What was written to the tables; ``held`` orders and sizes are in the hands of another run."""

    orders: int
    sizes: int
    held: int


class Adoption:
    """One adoption on one open database; ``columns`` are all mapped ones as resolved on the board of today."""

    def __init__(
        self, session: Session, columns: Sequence[ResolvedColumn], *, board_id: int, subitem_board_id: int | None = None
    ) -> None:
        self._session, self._columns, self._board_id = session, columns, board_id
        self._subitem_board_id = subitem_board_id

    def _execute(self, name: str, params: Sequence[Any] = (), /, **options: Any) -> int:
        return self._session.database.execute(self._session.statements.get(f"adopt/{name}", **options), params)

    def _query(self, name: str, params: Sequence[Any] = (), /, **options: Any) -> list[Row]:
        return self._session.query(f"adopt/{name}", params, **options)

    # -- matching ---------------------------------------------------------------------------------------------------

    def load(self, items: Iterable[LiveOrder]) -> None:
        """Load the board's items and the staged orders into temporary tables of this connection."""
        for table in TABLES:
            self._execute("drop_tables", name=f"ADOPT_{table}")
            self._execute("create_table", name=f"ADOPT_{table}")
        page: list[LiveOrder] = []
        for item in items:
            page.append(item)
            if len(page) == ADOPT_PAGE:
                self._load_page(page)
                page = []
        self._load_page(page)
        self._execute("load_orders")

    def _load_page(self, page: Sequence[LiveOrder]) -> None:
        if not page:
            return
        self._execute("load_items", [to_json([_item_row(item) for item in page])])
        sizes = [row for item in page for row in _size_rows(item, self._subitem_board_id)]
        if sizes:
            self._execute("load_sizes", [to_json(sizes)])

    def match(self) -> None:
        """Find the item of each order, rule after rule, and the subitem of each size."""
        self._execute("pair_known")
        for rule in RULES:
            for level in LEVELS[rule]:
                self._execute("pair", rule=rule, level=level)
            self._execute("doubt", rule=rule)
        self._execute("pair_sizes")

    def survey(self, *, sample: int) -> Survey:
        """Return what was found; ``sample`` examples of what would be taken over."""
        survey = Survey(
            figures={name: int(value) for name, value in self._query("figures")[0].items()},
            by_customer=self._query("count_pairs"),
            doubts=self._query("doubts"),
            unmatched=self._query("unmatched"),
            missing_keys=self._query("missing_keys"),
            missing_labels=self._query("missing_labels"),
        )
        for staged in self._matched():
            present = present_order(staged, json.loads(staged["PAIR_CELLS"]), self._columns)
            survey.equal += not present.differing
            for name in present.differing:
                survey.differing[name] = survey.differing.get(name, 0) + 1
            if len(survey.sample) < sample:
                survey.sample.append(
                    {
                        "ORDER_KEY": staged["ORDER_KEY"],
                        "ITEM_ID": staged["PAIR_ITEM_ID"],
                        "MATCHED_BY": staged["PAIR_MATCHED_BY"],
                        "DIFFERING": present.differing,
                    }
                )
        return survey

    def _matched(self) -> Iterator[Row]:
        after = -1
        while rows := self._query("matched", [after], rows=ADOPT_PAGE):
            yield from rows
            after = rows[-1]["PAIR_ITEM_ID"]

    # -- taking over ------------------------------------------------------------------------------------------------

    def take_over(self, now: Callable[[], dt.datetime], *, worker: str, lease: dt.timedelta, batch_id: str) -> Taken:
        """Write ids and present values to the ``MON_*`` tables, all in one transaction.

        The rows are claimed inside it, as a push would: what another run has in hand is left alone. Raises
        DatabaseError, with nothing written, where another run was quicker with the same rows.
        """
        database = self._session.database
        claim = str(uuid.uuid4())
        planned = self._query("figures")[0]
        try:
            with database.transaction():
                at = now()
                for level in ("orders", "sizes"):
                    self._execute(f"claim_{level}", [claim, worker, at + lease])
                for level in ("orders", "sizes"):
                    self._execute(f"leave_held_{level}", [claim])
                orders = 0
                for page in _pages(self._matched(), ADOPT_PAGE):
                    orders += len(page)
                    self._write_orders(page, at, batch_id)
                self._execute("update_sizes", [batch_id, at, at])
                self._execute("insert_sizes", [batch_id, at, at])
                self._execute("release", [claim])
                sizes = int(self._query("figures")[0]["TAKEN_SIZES"])
        except Exception as error:
            if database.is_duplicate(error) or database.is_transient(error):
                raise DatabaseError(
                    "Another run wrote the same orders or sizes at the same moment, so nothing was taken over; run"
                    " `python -m sync board adopt --yes` again when it has ended."
                ) from error
            raise
        return Taken(orders, sizes, held=int(planned["TAKEN_ITEMS"]) - orders)

    def _write_orders(self, page: Sequence[Row], at: dt.datetime, batch_id: str) -> None:
        data = to_json([self._confirmed(staged) for staged in page])
        params = [self._board_id, batch_id, at, at, data]
        self._execute("update_orders", params)
        self._execute("insert_orders", params)

    def _confirmed(self, staged: Mapping[str, Any]) -> dict[str, Any]:
        present = present_order(staged, json.loads(staged["PAIR_CELLS"]), self._columns)
        own = ("BATCH_CUSTOMER", "SOURCE_CUSTOMER", "TOTAL QTY")
        return (
            {name: jsonable(value) for name, value in present.values.items()}
            | {name: staged[name] for name in own}
            | {
                "ORDER_KEY": staged["ORDER_KEY"],
                "ROW_HASH": present.row_hash,
                "MONDAY_ITEM_ID": staged["PAIR_ITEM_ID"],
                "MONDAY_GROUP_ID": staged["PAIR_GROUP_ID"],
            }
        )


def _pages(rows: Iterable[Row], size: int) -> Iterator[list[Row]]:
    page: list[Row] = []
    for row in rows:
        page.append(row)
        if len(page) == size:
            yield page
            page = []
    if page:
        yield page


def _text(value: str | None, length: int = COMPARED_LENGTH) -> str:
    """Return a cell as it is compared: without blanks around it, whatever blanks they are."""
    return (value or "").strip()[:length]


def _item_row(item: LiveOrder) -> dict[str, Any]:
    quantities = [size.quantity for size in item.sizes if size.quantity is not None and size.quantity > 0]
    return {
        "ITEM_ID": item.id,
        "ITEM_NAME": _text(item.item.name, 255),
        "GROUP_ID": item.item.group_id,
        "KEY_TEXT": item.key,
        **{name: _text(item.texts.get(column)) for name, column in RECOGNISED.items()},
        "QTY": int(sum(quantities)),
        "CELLS": to_json(item.texts),
    }


def _size_rows(item: LiveOrder, board_id: int | None) -> Iterator[dict[str, Any]]:
    for size in item.sizes:
        if size.label is None or len(size.label) > LABEL_LENGTH:
            continue
        whole = size.quantity is not None and size.quantity == int(size.quantity)
        yield {
            "SUBITEM_ID": size.id,
            "ITEM_ID": item.id,
            "BOARD_ID": size.board_id or board_id,
            "LABEL": size.label,
            "QTY": int(size.quantity) if whole and size.quantity is not None else None,
            "IS_LABELLED": int(size.labelled),
        }
