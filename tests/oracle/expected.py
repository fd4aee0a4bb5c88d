"""What the board should show, worked out from the rows of `ORDERS_UNIFIED` alone.

Readings:

* Rows are paired with the orders that are known (`pairing`); what is left is numbered after rejection by style, colour,
  PO, alternate PO, delivery method, destination and TOTAL QTY, capitals, nulls first; rows that tie in all of them by
  their other values (dates and short texts first), then by their sizes. Each gets the lowest number that no known order
  of that order number has.
* A rejected row still counts as a row of its number: an order does not leave the source because its colour is gone.
  Its item stays as it was last pushed. The same holds for rows that fall out of scope. A copy that is rejected counts
  for nothing; but of a number that has some no order left, for one of them may be an order that is alike to another.
* Rows are alike where the cells that are pushed read alike, and all others (but `record_uuid`) are the same.
* Too much at once, of a customer or of all of them, is held back. Of orders that look re-numbered those of one style,
  colour and PO are held together, however many there are on either side; what counts is how many find a partner.
* The customer in the group is the folded source name, uncut; so is the season; the whole group name is cut to 255.
* Item name: where the order number leaves no room at all, the name is the order number alone.
"""

from __future__ import annotations

import csv
import datetime as dt
import hashlib
import itertools
import json
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path

from tests.oracle import pairing, rules
from tests.oracle.fields import FIELDS

SourceRow = Mapping[str, object]
NAME_LIMIT = 255
ORDER_TYPES = {"ACTIVE": "RECEIVED", "CANCELLED": "CANCELLED", "CANCELED": "CANCELLED", "CANCEL": "CANCELLED"}
NO_NUMBER = "The order has no AAG ORDER NUMBER."
NO_CUSTOMER = "The order has no CUSTOMER NAME."
NO_STYLE = "The order has no CUSTOMER STYLE."
NO_COLOUR = "The order has no CUSTOMER COLOUR DESCRIPTION."
UNKNOWN_CUSTOMER = "The customer is not among the aliases of the seed customer_aliases."
COPY = "The row is a copy of another one in every cell, as are too many: the sheet was loaded twice."
KEY_TOO_LONG = "The key made of the AAG ORDER NUMBER is longer than 255 characters."
_KINDS = {source: kind for _, source, kind in FIELDS}
_REQUIRED = (
    ("AAG ORDER NUMBER", NO_NUMBER),
    ("CUSTOMER", NO_CUSTOMER),
    ("STYLE", NO_STYLE),
    ("COLOR", NO_COLOUR),
)


def known_customers() -> dict[str, str]:
    """Every known spelling in capitals -> canonical name; a canonical name is a spelling of itself."""
    with Path(__file__).with_name("customers.csv").open(encoding="utf-8", newline="") as file:
        pairs = [(record["spelling"], record["canonical"]) for record in csv.DictReader(file)]
    names = {rules.compared(canonical): canonical for _, canonical in pairs}
    return names | {rules.compared(spelling): canonical for spelling, canonical in pairs}


@dataclass(frozen=True)
class Options:
    """The variables of the project, with their defaults, and what the seeds hold."""

    received_from: dt.date | None = None
    on_source_removal: str = "ignore"
    max_removal_percent: float = 5
    group_customer: str = "source"
    item_name_separator: str = ""
    reject_unknown_customers: bool = False
    customers: Mapping[str, str] = field(default_factory=known_customers)
    size_labels: Mapping[str, str] = field(default_factory=dict)
    order_types: Mapping[str, str] = field(default_factory=lambda: dict(ORDER_TYPES))


@dataclass
class Order:
    """One item: `values` by board title in the board's text (None: empty), `sizes` by label."""

    key: str
    name: str
    group: str
    customer: str
    source_customer: str
    values: dict[str, str | None]
    sizes: dict[str, int]
    total_quantity: int | None
    row: int
    """Index of its row in what was given to `expect`."""


@dataclass(frozen=True)
class Rejected:
    """A row that cannot be pushed: its index, its cleaned order number and why."""

    row: int
    order_number: str | None
    reasons: tuple[str, ...]


@dataclass
class Expected:
    """The whole board as it should be, and what is reported beside it."""

    orders: dict[str, Order] = field(default_factory=dict)
    rejected: list[Rejected] = field(default_factory=list)
    out_of_scope: set[str] = field(default_factory=set)
    archived: set[str] = field(default_factory=set)
    shelved: dict[str, Order] = field(default_factory=dict)
    """Every order whose item was archived and not made again, by its key."""
    present: dict[str, tuple[str, int | None]] = field(default_factory=dict)
    """Keys of the rows of this build, or of the last one that had any -> hash and total quantity."""
    open_keys: dict[str, str] = field(default_factory=dict)
    """Keys under which a creation is open or was refused -> hash; set by whoever knows."""
    held: dict[tuple[str, str], int] = field(default_factory=dict)
    """What the guards hold back: customer (blank: the whole source) and kind -> how many."""
    unparsable: set[tuple[int, str]] = field(default_factory=set)
    """(row, board title) of numbers that are none."""
    cut: set[tuple[int, str]] = field(default_factory=set)
    unknown_customers: set[str] = field(default_factory=set)


@dataclass
class _Candidate:
    """A row on its way to becoming an order."""

    row: int
    values: dict[str, str | None]
    source_customer: str | None
    reasons: list[str]
    sizes: dict[str, int]
    total_quantity: int | None
    key: str = ""
    name: str = ""
    group: str = ""
    hash: str = ""


def expect(
    rows: Sequence[SourceRow],
    options: Options | None = None,
    before: Expected | None = None,
    sizes: Sequence[str] | None = None,
) -> Expected:
    """The board that these rows ask for.

    `before`: what stood on the board already (an earlier answer of this function); without it the board was empty.
    `sizes`: names of the size columns; without it, the columns between the markers that hold whole numbers.
    """
    options = options or Options()
    found = Expected()
    labels = _labels(rows, options, before, sizes)
    candidates = [_read(at, row, options, found, labels) for at, row in enumerate(rows)]
    _reject_copies(rows, candidates, options, found)
    sharing: defaultdict[str, list[_Candidate]] = defaultdict(list)
    for candidate in candidates:
        number = candidate.values["AAG ORDER NUMBER"]
        if number is not None and COPY not in candidate.reasons:
            sharing[rules.upper(number.replace("#", "##"))].append(candidate)
    known = _known(before)
    for base, group in sharing.items():
        _number(base, group, known.get(base, []), options)
        found.present |= {each.key: (each.hash, each.total_quantity) for each in group if each.key}
    for candidate in candidates:
        _place(candidate, options, found, before)
    if before is not None:
        _carry_over(before, options, found)
        found.shelved = {key: order for key, order in before.shelved.items() if key not in found.orders}
        found.shelved |= {key: before.orders[key] for key in found.archived}
        # An empty load is no build before.
        found.present = found.present or before.present
    return found


def _known(before: Expected | None) -> dict[str, list[pairing.Side]]:
    """What pairing has to know of orders that are there already, by order number."""
    known: defaultdict[str, list[pairing.Side]] = defaultdict(list)
    if before is None:
        return known
    for key, order in (before.shelved | before.orders).items():
        read = before.present.get(key)
        number, occurrence = split_key(key)
        known[rules.compared(number)].append(
            pairing.Side(
                key=key,
                source_customer=order.source_customer,
                customer=order.customer,
                values=order.values,
                quantity=order.total_quantity if read is None or read[1] is None else read[1],
                hash=row_hash(order.name, order.group, order.values),
                hash_before=read[0] if read else None,
                later=key not in before.orders,
                live=key in before.orders or read is not None,
                listed=read is not None,
                sizes=_size_list(order.sizes),
                last=(occurrence, key),
            )
        )
    others = {key: pairing.Side(key, None, None, {}, quantity, "", hashed, confirmed=False, out=True, last=(0, key))
              for key, (hashed, quantity) in before.present.items()}  # fmt: skip
    others |= {key: pairing.Side(key, None, None, {}, None, hashed, confirmed=False, last=(0, key))
               for key, hashed in before.open_keys.items()}  # fmt: skip
    for key, side in others.items():
        if key not in before.orders and key not in before.shelved:
            known[rules.compared(split_key(key)[0])].append(side)
    return known


def _labels(
    rows: Sequence[SourceRow], options: Options, before: Expected | None, sizes: Sequence[str] | None
) -> dict[str, str]:
    """Size column -> label.

    Labels that differ in case alone are one, spelt as the board does, else as the first of them.
    """
    if sizes is None:
        names = list(rows[0]) if rows else ["UNIT OF MEASURE", "TOTAL QTY"]
        sizes = names[names.index("UNIT OF MEASURE") + 1 : names.index("TOTAL QTY")]
    labels = {size: options.size_labels.get(size, size) for size in sizes}
    orders = (before.shelved | before.orders).values() if before else ()
    shown = {label for order in orders for label in order.sizes}
    spelt: dict[str, str] = {}
    for label in (*(own for own in labels.values() if own in shown), *sorted(shown), *labels.values()):
        spelt.setdefault(rules.upper(label), label)
    return {size: spelt[rules.upper(label)] for size, label in labels.items()}


def _read(at: int, row: SourceRow, options: Options, found: Expected, labels: Mapping[str, str]) -> _Candidate:
    values: dict[str, str | None] = {}
    for title, source, kind in FIELDS:
        values[title] = None if row[source] is None else _value(at, title, kind, row[source], found)
    source_customer = values["CUSTOMER"]
    unknown = False
    if source_customer is not None:
        capitals = rules.upper(source_customer)
        unknown = capitals not in options.customers
        values["CUSTOMER"] = capitals if unknown else options.customers[capitals]
        if unknown:
            found.unknown_customers.add(capitals)
    order_type = values["ORDER TYPE"]
    if order_type is not None:
        values["ORDER TYPE"] = options.order_types.get(rules.compared(order_type), order_type)
    reasons = [reason for title, reason in _REQUIRED if values[title] is None]
    if unknown and options.reject_unknown_customers:
        reasons.append(UNKNOWN_CUSTOMER)
    total = row["TOTAL QTY"]
    return _Candidate(
        at, values, source_customer, reasons, _sizes(row, labels), total if isinstance(total, int) else None
    )


def _value(at: int, title: str, kind: str, raw: object, found: Expected) -> str | None:
    if kind == "date":
        if isinstance(raw, dt.date):
            return raw.isoformat()[:10]
        written = rules.folded(raw)
        date = None if written is None else rules.day(written)
        if written is not None and date is None:
            found.unparsable.add((at, title))
        return None if date is None else date.isoformat()
    if kind == "long_text":
        whole = rules.long_text(raw)
        if whole is not None and len(whole) > rules.LONG_TEXT_LIMIT:
            found.cut.add((at, title))
        return rules.cut(whole)
    cleaned = rules.folded(raw) if title in ("AAG ORDER NUMBER", "CUSTOMER") else rules.text(raw)
    if cleaned is None or kind != "number":
        return cleaned
    if title == "US TARIFF RATE" and rules.compared(cleaned) == "TRUE":
        return "0"
    value = rules.number(cleaned)
    if value is None:
        found.unparsable.add((at, title))
        return None
    return rules.number_text(value)


def _sizes(row: SourceRow, labels: Mapping[str, str]) -> dict[str, int]:
    """Label -> pieces of a row."""
    found: Counter[str] = Counter()
    for size, label in labels.items():
        quantity = row[size]
        if isinstance(quantity, int) and quantity > 0:
            found[label] += quantity
    return dict(found)


def _size_list(sizes: Mapping[str, int]) -> str:
    return ";".join(f"{size}={quantity}" for size, quantity in sorted(sizes.items()) if quantity > 0)


def _cell(source: str, cell: object) -> object:
    """A cell as copies are compared: what is pushed as it is read, the rest as it stands."""
    kind = _KINDS.get(source)
    if kind is None or not isinstance(cell, str):
        return cell
    if source in ("AAG ORDER NUMBER", "CUSTOMER NAME"):
        return rules.compared(cell)
    return rules.long_text(cell) if kind == "long_text" else rules.text(cell)


def _reject_copies(
    rows: Sequence[SourceRow], candidates: Sequence[_Candidate], options: Options, found: Expected
) -> None:
    """Of rows that are alike all but the first are rejected, where they are too many for orders of their own."""
    alike: defaultdict[tuple[tuple[str, object], ...], list[_Candidate]] = defaultdict(list)
    for row, candidate in zip(rows, candidates, strict=True):
        if all(candidate.values[title] is not None for title, _ in _REQUIRED):
            alike[
                tuple((name, _cell(name, cell)) for name, cell in row.items() if name.lower() != "record_uuid")
            ].append(candidate)
    whole: Counter[str] = Counter()
    copies: Counter[str] = Counter()
    single: Counter[str] = Counter()
    for same in alike.values():
        customer = (same[0].values["CUSTOMER"] or "")[:NAME_LIMIT]
        whole[customer] += len(same)
        copies[customer] += len(same) - 1
        single[customer] += len(same) == 1
    held = _beyond(copies, whole, options)
    limit = Decimal(str(options.max_removal_percent))
    for customer, many in copies.items():
        if many and not single[customer] and Decimal(many) * 100 > limit * whole[customer]:
            held[customer] = many
    found.held |= {(customer, "COPIES"): number for customer, number in held.items()}
    for same in alike.values():
        if "" in held or (same[0].values["CUSTOMER"] or "")[:NAME_LIMIT] in held:
            for candidate in same[1:]:
                candidate.reasons.append(COPY)


def _number(base: str, group: list[_Candidate], known: list[pairing.Side], options: Options) -> None:
    """Give the rows of one order number their keys and names; one too long becomes a reason."""
    for candidate in group:
        candidate.name = _item_name(candidate.values, options)
        candidate.group = _group_name(candidate, options)
        candidate.hash = row_hash(candidate.name, candidate.group, candidate.values)
    if len(group) > 1 or known:
        group.sort(key=lambda each: _side(0, each, options).place())
    sides = [_side(at, each, options) for at, each in enumerate(group)]
    paired = pairing.pair(sides, known) if any(not each.out for each in known) else {}
    used = {split_key(each.key)[1] for each in known if each.confirmed or each.key in paired.values()}
    free = (number for number in itertools.count(1) if number not in used)
    for at, candidate in enumerate(group):
        occurrence = next(free) if at not in paired else 0
        candidate.key = paired.get(at) or (base if occurrence == 1 else f"{base}#{occurrence}")
        if len(candidate.key.encode("utf-16-le")) // 2 > NAME_LIMIT:
            candidate.reasons.append(KEY_TOO_LONG)
            candidate.key = ""


def _side(place: int, candidate: _Candidate, options: Options) -> pairing.Side:
    return pairing.Side(
        key="",
        source_customer=candidate.source_customer,
        customer=candidate.values["CUSTOMER"],
        values=candidate.values,
        quantity=candidate.total_quantity,
        hash=candidate.hash,
        hash_before=candidate.hash,
        later=bool(candidate.reasons),
        out=_out_of_scope(candidate, options),
        sizes=_size_list(candidate.sizes),
        last=(place,),
    )


def row_hash(name: str, group: str, values: Mapping[str, str | None]) -> str:
    """SHA-256 of what is pushed: the names of the columns, then of each text its length, a colon and the text, of each
    number (with four decimals) and date the value and a bar; of null no more than that colon or bar.

    On SQL Server it is made of other bytes.
    """
    names = json.dumps(["ITEM_NAME", "GROUP_NAME", *(title for title, _, _ in FIELDS)])
    text = "".join(f"{len(value)}:{value}" for value in (name, group))
    for title, _, kind in FIELDS:
        value = values[title]
        if kind == "number":
            text += ("" if value is None else f"{Decimal(value):.4f}") + "|"
        elif kind == "date":
            text += (value or "") + "|"
        else:
            text += ":" if value is None else f"{len(value)}:{value}"
    head = hashlib.md5(names.encode(), usedforsecurity=False).hexdigest()
    return hashlib.sha256(f"{head}|{text}".encode()).hexdigest()


def _item_name(values: Mapping[str, str | None], options: Options) -> str:
    separator = options.item_name_separator
    number = values["AAG ORDER NUMBER"] or ""
    head = separator.join(part for part in (values["STYLE"], values["COLOR"]) if part)
    room = NAME_LIMIT - len(number) - len(separator)
    return head[:room] + separator + number if head and room >= 0 else number


def _group_name(candidate: _Candidate, options: Options) -> str:
    values = candidate.values
    customer = values["CUSTOMER"] if options.group_customer == "canonical" else candidate.source_customer
    season = values["CUSTOMER SEASON"] or values["AAG SEASON"] or "UNKNOWN SEASON"
    return rules.compared(f"{customer} {season}")[:NAME_LIMIT]


def _out_of_scope(candidate: _Candidate, options: Options) -> bool:
    received = candidate.values["ORDER DATE PO RECEIVED"]
    return options.received_from is not None and received is not None and received < options.received_from.isoformat()


def _place(candidate: _Candidate, options: Options, found: Expected, before: Expected | None) -> None:
    """Put one row where it belongs: among the orders, the rejected, or those out of scope."""
    values = candidate.values
    if candidate.reasons:
        found.rejected.append(Rejected(candidate.row, values["AAG ORDER NUMBER"], tuple(candidate.reasons)))
        return
    if _out_of_scope(candidate, options):
        found.out_of_scope.add(candidate.key)
        return
    # A cancelled order gets no new subitems.
    wanted = {} if rules.upper(values["ORDER TYPE"] or "") == "CANCELLED" else candidate.sizes
    if before is not None and candidate.key in before.orders:
        wanted = dict.fromkeys(before.orders[candidate.key].sizes, 0) | wanted
    assert candidate.source_customer is not None
    found.orders[candidate.key] = Order(
        key=candidate.key,
        name=candidate.name,
        group=candidate.group,
        customer=(values["CUSTOMER"] or "")[:NAME_LIMIT],
        source_customer=candidate.source_customer,
        values=values,
        sizes=wanted,
        total_quantity=candidate.total_quantity,
        row=candidate.row,
    )


def _carry_over(before: Expected, options: Options, found: Expected) -> None:
    """What becomes of what the board shows already: what the rows no longer ask for stays or is archived, and changes
    that look like a broken load are held back."""
    items = Counter(order.customer for order in before.orders.values())
    gone: dict[str, Order] = {}
    copied = {rules.upper(each.order_number or "") for each in found.rejected if COPY in each.reasons}
    for key, order in before.orders.items():
        if key in found.orders:
            continue
        if key not in found.present and rules.upper(order.values["AAG ORDER NUMBER"] or "") not in copied:
            gone[key] = order
        else:
            found.orders[key] = order
    renumbered = _hold_renumbered(before, gone, items, options, found)
    _hold_sizes(before, gone, options, found)
    if options.on_source_removal == "archive":
        leaving = Counter(order.customer for order in gone.values())
        held = _beyond(leaving, items, options)
        if not found.present and gone:
            held[""] = len(gone)
        found.held |= {(customer, "REMOVALS"): number for customer, number in held.items()}
        stays = {key for key, order in gone.items() if "" in held or order.customer in held} | renumbered
    else:
        stays = set(gone)
    found.orders |= {key: gone[key] for key in stays}
    found.archived |= gone.keys() - stays


def _beyond(part: Counter[str], whole: Counter[str], options: Options) -> dict[str, int]:
    """Customers of whom too much changes at once -> how much; the blank one stands for all of them together."""
    limit = Decimal(str(options.max_removal_percent))
    changed = dict(part) | {"": part.total()}
    of = dict(whole) | {"": whole.total()}
    return {name: many for name, many in changed.items() if many > 10 and Decimal(many) * 100 > limit * of[name]}


def _hold_renumbered(
    before: Expected, gone: Mapping[str, Order], items: Counter[str], options: Options, found: Expected
) -> set[str]:
    """New orders that equal orders gone are not made where they are too many; the keys of those gone.

    A customer of whom too many left may come under a name that nobody knows: then its order numbers are the same, too.
    """
    left = _beyond(Counter(order.customer for order in gone.values()), items, options).keys() - {""}

    def traits(order: Order, *names: str) -> tuple[str, ...]:
        return tuple(rules.upper(order.values[name] or "") for name in ("STYLE", "COLOR", "PO NUMBER", *names))

    def looks(order: Order) -> tuple[str, ...]:
        customer = order.customer
        if customer not in left:
            customer = min(numbered.get(traits(order, "AAG ORDER NUMBER"), {customer}))
        return customer, *traits(order)

    numbered: dict[tuple[str, ...], set[str]] = {}
    for order in gone.values():
        if order.customer in left:
            numbered.setdefault(traits(order, "AAG ORDER NUMBER"), set()).add(order.customer)
    new = {key: order for key, order in found.orders.items() if key not in before.orders}
    went = Counter((order.customer, *traits(order)) for order in gone.values())
    came = Counter(map(looks, new.values()))
    alike: Counter[str] = Counter()
    for look in went.keys() & came.keys():
        alike[look[0]] += min(went[look], came[look])
    held = _beyond(alike, items, options)
    held.pop("", None)
    found.held |= {(customer, "RENUMBERED"): number for customer, number in held.items()}
    both = {look for look in went.keys() & came.keys() if look[0] in held}
    for key, order in new.items():
        if looks(order) in both:
            del found.orders[key]
    return {key for key, order in gone.items() if (order.customer, *traits(order)) in both}


def _hold_sizes(before: Expected, gone: Mapping[str, Order], options: Options, found: Expected) -> None:
    """Sizes that fall to 0 without a cancellation keep their quantity where they are too many; then their orders get no
    others, whose quantities may be the same.
    """
    shown: Counter[str] = Counter()
    fallen: list[tuple[str, str]] = []
    for key, order in before.orders.items():
        shown[order.customer] += sum(quantity > 0 for quantity in order.sizes.values())
        now = found.orders.get(key)
        if key not in gone and now is not None and rules.upper(now.values["ORDER TYPE"] or "") != "CANCELLED":
            fallen += [(key, size) for size, quantity in order.sizes.items() if quantity > 0 and not now.sizes[size]]
    held = _beyond(Counter(before.orders[key].customer for key, _ in fallen), shown, options)
    found.held |= {(customer, "SIZES"): number for customer, number in held.items()}
    for key in {key for key, _ in fallen if "" in held or before.orders[key].customer in held}:
        shows = before.orders[key].sizes
        changed = {size: quantity for size, quantity in found.orders[key].sizes.items() if quantity and shows.get(size)}
        found.orders[key].sizes = shows | changed


def split_key(key: str) -> tuple[str, int]:
    """A key's order number (its `#` doubled) and its occurrence: `A##B#2` is the second row of `A#B`."""
    head, mark, tail = key.rpartition("#")
    if mark and tail.isdigit() and (len(head) - len(head.rstrip("#"))) % 2 == 0:
        return head, int(tail)
    return key, 1
