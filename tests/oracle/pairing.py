"""Which row of an order number is which order that is known already.

Readings:

* A step first takes pairs of equal quantity, then the others; both sides stand in the order in which new rows are
  numbered, and where that tells no two apart, in the order of their dates and short texts, then of numbers and notes,
  then of their sizes. Of rows that are alike in all that is pushed, those with the sizes of an order go first of all.
* A copy that is rejected is no row here. Any other rejected row takes part behind the others; where the number alone
  tells (6, and where there is one row and one order in all) rows that qualify are counted by themselves first. An
  archived order takes part behind the live ones in the steps that compare (1 to 4); the guesses (5 and 6) come last.
  One that the source still had at the build before lost its item alone, and counts as live.
* Between steps 1 and 2: a row with the hash that the build before read under a key. Between 4 and 5: a row with the
  hash of a creation that is open or was refused.
* A row out of scope comes behind the others where they are alike, and no guess counts it. First of all, where it is as
  the build before read it, it keeps the key that it had then, if nobody pushed that; then it takes what equals it (1);
  what all others leave, archived or not, it takes by 1 to 4, and by the number alone.
* A customer is equal by its source name where a row of the number still has that name, else by its canonical one.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass, replace

from tests.oracle import rules
from tests.oracle.fields import FIELDS

NAMED = ("STYLE", "COLOR", "PO NUMBER", "CUSTOMER ALT PO", "PLANNED DELIVERY METHOD", "DESTINATION")
_LONG = ("number", "long_text")
_TIES = [title for last in (False, True) for title, _, kind in FIELDS if (kind in _LONG) is last]


@dataclass(frozen=True)
class Side:
    """A row (`key` empty) or a known order, as pairing sees it."""

    key: str
    source_customer: str | None
    customer: str | None
    values: Mapping[str, str | None]
    quantity: int | None
    hash: str
    hash_before: str | None = None
    later: bool = False
    live: bool = True
    listed: bool = False
    confirmed: bool = True
    out: bool = False
    """Of a row: it is out of scope. Of a key: the build before gave it, and nobody pushed it."""
    sizes: str = ""
    """Its sizes with their quantities: of a row those it asks for, of an order those on the board."""
    last: tuple[object, ...] = ()

    def same(self, *titles: str) -> tuple[Hashable, ...]:
        """What must be equal: the customer and these columns."""
        return (self.customer, *(rules.compared(self.values.get(title) or "") for title in titles))

    def place(self) -> tuple[object, ...]:
        """Where it stands among its like."""
        quantity = (self.quantity is not None, self.quantity or 0)
        ties = tuple(self.values.get(title) or "" for title in _TIES)
        return self.later, *self.same(*NAMED)[1:], quantity, ties, self.hash, self.sizes, self.last


def pair(rows: list[Side], orders: list[Side]) -> dict[int, str]:
    """Index of a row -> the key of the order that it is."""
    confirmed = [order for order in orders if order.confirmed]
    if len(rows) == 1 and len(confirmed) == 1 == len(orders):
        return {0: confirmed[0].key}
    names = {rules.compared(row.source_customer or ""): row.customer for row in rows}
    orders = [replace(each, customer=names.get(rules.compared(each.source_customer or ""), each.customer))
              for each in orders]  # fmt: skip
    alone = len(confirmed) == 1 and 1 in (len(rows), sum(not row.later and not row.out for row in rows))
    found: dict[int, str] = {}
    every: Callable[[Side], bool] = lambda _: True  # noqa: E731
    own: Callable[[Side], bool] = lambda row: not row.out  # noqa: E731
    foreign: Callable[[Side], bool] = lambda row: row.out  # noqa: E731

    def left(wanted: Callable[[Side], bool]) -> tuple[list[int], list[Side]]:
        taken = set(found.values())
        open_orders = [each for each in orders if each.key not in taken and wanted(each)]
        return [at for at in range(len(rows)) if at not in found], open_orders

    def step(
        alike: Callable[[Side], Hashable], wanted: Callable[[Side], bool], rows_wanted: Callable[[Side], bool] = own
    ) -> None:
        for exact in (True, False):
            open_rows, open_orders = left(wanted)
            open_rows = [at for at in open_rows if rows_wanted(rows[at])]
            classes: dict[Hashable, list[Side]] = {}
            for each in sorted(open_orders, key=Side.place):
                classes.setdefault((alike(each), each.quantity if exact else 0), []).append(each)
            for at in sorted(open_rows, key=lambda index: (rows[index].out, rows[index].place())):
                queue = classes.get((alike(rows[at]), rows[at].quantity if exact else 0))
                if queue:
                    found[at] = queue.pop(0).key

    compared: Iterable[Callable[[Side], Hashable]] = (
        lambda side: side.same(*NAMED),
        lambda side: side.same(*NAMED[:3]),
        lambda side: side.same(*NAMED[:2]),
    )
    sized: Callable[[Side], Hashable] = lambda side: (side.hash, side.sizes, side.quantity)  # noqa: E731
    hashed: Callable[[Side], Hashable] = lambda side: side.hash  # noqa: E731
    before: Callable[[Side], Hashable] = lambda side: side.hash_before or ("none", side.key)  # noqa: E731
    step(before, lambda side: side.out, foreign)
    step(sized, lambda side: side.confirmed and side.live, every)
    for live in (True, False):
        step(hashed, lambda side, live=live: side.confirmed and side.live is live, every if live else own)  # type: ignore[misc]
        if live:
            step(before, lambda side: side.confirmed and side.live, every)
        for alike in compared:
            step(alike, lambda side, live=live: side.confirmed and side.live is live)  # type: ignore[misc]
    step(hashed, lambda side: not side.confirmed and not side.out, every)
    step(lambda side: side.same("STYLE"), lambda side: side.confirmed and side.listed and not alone)
    guessed: Callable[[Side], bool] = lambda side: side.confirmed and (side.listed or alone)  # noqa: E731
    open_rows, open_orders = left(guessed)
    found |= _guess(rows, [at for at in open_rows if not rows[at].out], open_orders)
    for alike in (hashed, *compared):
        step(alike, lambda side: side.confirmed, foreign)
    open_rows, open_orders = left(guessed)
    return found | _guess(rows, [at for at in open_rows if rows[at].out], open_orders)


def _guess(rows: list[Side], open_rows: list[int], open_orders: list[Side]) -> dict[int, str]:
    """What the number alone tells of what is left: for rows that qualify first."""
    for counted in ([at for at in open_rows if not rows[at].later], open_rows):
        if len(counted) == len(open_orders) == 1:
            return {counted[0]: open_orders[0].key}
    return {}
