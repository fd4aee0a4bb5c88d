"""A staged row as column values of the API. Pure.

A value that the board can't take leaves its cell blank, with column and value in the reason; the other cells go up.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Context, Decimal

from sync.monday.answers import ErrorEntry, clean_text
from sync.monday.board import Column, ResolvedColumn

TOO_LARGE = Decimal("99999999999999.99995")  # more than 14 whole digits, once it is rounded
_ENDS = r"[$%\s\u2800\u3164\uffa0]*"
_FIGURE = r"(?:[0-9]{1,3}(?:,[0-9]{3})+(?:\.[0-9]*)?|[0-9]+(?:\.[0-9]*)?|\.[0-9]+)"
_NUMBER = re.compile(rf"{_ENDS}(?:([+-]?){_ENDS}({_FIGURE})|\({_ENDS}({_FIGURE}){_ENDS}\)){_ENDS}")
# Retired labels take up room as well.
ROOM = {"dropdown": 500, "status": 40}
STATUS_LENGTH = 30
LONG_TEXT_LENGTH = 2000
NAME_LENGTH = 255
RETRY = "`python -m sync retry`"


class Unfit(ValueError):
    """A value that doesn't fit: a code, and the words that follow "Column … : value …"."""


def parse_number(text: str) -> Decimal | None:
    """Read the number that ``text`` says, rounded half up (away from zero) to four places; None if it says none.

    ``$``, ``%`` and blanks may stand at its ends, inside brackets and after a sign; brackets mean negative. A comma
    stands between groups of three figures alone. Exponents, inner blanks, two signs and more than 14 whole digits say
    no number.
    """
    found = _NUMBER.fullmatch(text)
    if found is None:
        return None
    sign, signed, bracketed = found.groups()
    value = Decimal((signed or bracketed).replace(",", ""))
    if value >= TOO_LARGE:
        return None
    # Wide enough for any number that passes the grammar, so that rounding is the only thing that changes a value.
    value = value.quantize(Decimal("0.0001"), ROUND_HALF_UP, Context(prec=200))
    return -value if bracketed or sign == "-" else value


def plain_number(value: Decimal | int | float) -> str:
    """``value`` as Monday takes it: a plain decimal, no exponent, no zeros at the end, no minus before zero.

    Raises ``Unfit`` for infinities and NaN, which are no values of a column.
    """
    number = value if isinstance(value, Decimal) else Decimal(str(value))
    if not number.is_finite():
        raise Unfit("NOT_A_NUMBER", "is not a finite number")
    whole, _, places = format(number, "f").partition(".")
    text = f"{whole}.{places.rstrip('0')}".rstrip(".")
    return "0" if text == "-0" else text


def unlisted(columns: Iterable[ResolvedColumn], labels: LabelBook) -> list[str]:
    """A sentence for each column that may get no new label while the board doesn't tell which it has. Pure."""
    return [
        f"Monday doesn't tell the labels of column {column.title!r} ({column.column_id}): values are sent as they are,"
        " and Monday judges them."
        for column in columns
        if column.type in ROOM and not column.create_labels and not labels.is_listed(column.column_id)
    ]


def fold(text: str) -> str:
    """``text`` as labels are compared: any case, blanks around it left out."""
    return text.strip().casefold()


class LabelBook:
    """What labels the board has, what room is left, and which this run has sent.

    A label matches in any case, and the board's spelling is used: of several the first active one's. Rows that use a
    label which this run sent still ask for it to be made, since the first row may have failed. Of columns of one id the
    first one counts. Coordinator thread only.
    """

    def __init__(self, columns: Iterable[Column] = ()) -> None:
        self._columns = {column.id: column for column in reversed([*columns]) if column.type in ROOM}
        self._labels = {
            column_id: {
                fold(each.text): each
                for active in (False, True)
                for each in reversed(column.labels)
                if each.active is active
            }
            for column_id, column in self._columns.items()
        }
        self._held: dict[str, dict[str, str]] = defaultdict(dict)

    def hold(self, labels: Mapping[str, str]) -> None:
        """Note labels that a row is about to make, by column id: they take up room, and later rows spell them so."""
        for column_id, text in labels.items():
            self._held[column_id].setdefault(fold(text), text)

    def is_listed(self, column_id: str) -> bool:
        """False where the board doesn't tell the column's labels, so that only Monday can judge one."""
        return column_id not in self._columns or self._columns[column_id].labels_known

    def room(self, column_id: str) -> int:
        """How many more labels the column takes.

        One that wasn't read (a board of subitems yet to be born) is an empty dropdown.
        """
        column = self._columns.get(column_id, Column(column_id, "", "dropdown"))
        return max(0, ROOM[column.type] - len(column.labels) - len(self._held[column_id]))

    def value(self, column: ResolvedColumn, text: str, new: dict[str, str]) -> dict[str, object]:
        """Give ``text`` as the column's value, as the board spells it; a label that has to be made is added to ``new``.

        A status of digits would be read as a label's number, so it is given as that. Raises Unfit.
        """
        known = self._labels.get(column.column_id, {}).get(fold(text))
        there = known if known and known.active else None
        make = there is None and (column.create_labels or self.is_listed(column.column_id))
        held, status = self._held[column.column_id].get(fold(text)) if make else None, column.type == "status"
        label = there.text if there else held or text
        if status and label.isdigit() and there and there.id.isdecimal():
            return {"index": int(there.id)}
        if make or (status and label.isdigit()):
            what = "is deactivated" if known else "is not among the board's labels"
            remedy = f"remove labels and run {RETRY}" if status else "make it a text column on the board"
            for wrong, code, words in (
                (
                    make and not column.create_labels,
                    "UNKNOWN_LABEL",
                    f"{what}, and none may be made here: mend the order, or add the label and run {RETRY}",
                ),
                (
                    make and (not text or (status and len(text) > STATUS_LENGTH)),
                    "LABEL_LENGTH",
                    f"can't be made a label, which has 1 to {STATUS_LENGTH if status else 'some'} characters",
                ),
                (
                    make and held is None and self.room(column.column_id) < 1,
                    "LABELS_FULL",
                    f"would be a new label, and the column is full ({ROOM[column.type]}): {remedy}",
                ),
                (
                    status and label.isdigit(),
                    "LABEL_DIGITS",
                    f"can't be made a status label, for it has digits only: add it on the board and run {RETRY}",
                ),
            ):
                if wrong:
                    raise Unfit(code, words)
            new[column.column_id] = label
        return {"label": label} if status else {"labels": [label]}


@dataclass(frozen=True)
class ValueProblem:
    """A cell that is left blank. ``code`` is stable, ``text`` one sentence with column and value.

    ``clears``: what the cell shows goes; false where Monday doesn't let the column be written at all.
    """

    column: str
    column_id: str
    code: str
    text: str
    value: str | None = None
    clears: bool = True
    stage: str = "PREPARE"
    title: str = ""


@dataclass(frozen=True)
class Built:
    """The values of one row by column id, without those that its ``problems`` are about.

    ``new_labels``: those among them that have to be made, by column id.
    """

    values: dict[str, object]
    problems: tuple[ValueProblem, ...]
    new_labels: dict[str, str]


def column_values(
    row: Mapping[str, object],
    columns: Sequence[ResolvedColumn],
    labels: LabelBook,
    *,
    only: Collection[str] | None,
    creating: bool,
    refused: Mapping[str, ValueProblem] | None = None,
    blank: Collection[str] = (),
) -> Built:
    """The values to send for ``row`` (by staged name).

    ``creating``: every column that has a value; the name and the group are arguments of their own. Otherwise an update:
    the columns in ``only`` (staged names; None means all), without those written at creation only; a null clears, and
    the name is sent under the key ``name``. A move to another group is an operation of its own.

    A cell that can't be written is cleared by an update, unless it is ``blank`` already. ``refused``: columns (staged
    names) whose value Monday itself refused.

    ``labels`` is read, not changed: ``hold`` the result's ``new_labels`` before the next row is built.
    """
    values, problems, new = dict[str, object](), list[ValueProblem](), dict[str, str]()
    for column in columns:
        value = row.get(column.name)
        left_out = (
            value is None or column.type == "name"
            if creating
            else column.write == "create_only" or (only is not None and column.name not in only)
        )
        if left_out or column.type == "group":
            continue
        problem = (refused or {}).get(column.name)
        if problem is None:
            try:
                values[column.column_id] = _api_value(column, value, labels, new)
                continue
            except Unfit as unfit:
                problem = _problem(column, value, *unfit.args)
        problems.append(problem)
        if not creating and problem.clears and column.name not in blank:
            values[column.column_id] = None
    return Built(values, tuple(problems), new)


def _problem(
    column: ResolvedColumn, value: object, code: str, words: str, *, clears: bool = True, stage: str = "PREPARE"
) -> ValueProblem:
    shown = clean_text(str(value), 60) if value is not None else "nothing"
    text = None if value is None else str(value)
    with suppress(Unfit):
        text = text and as_text(value)
    return ValueProblem(
        column.name,
        column.column_id,
        code,
        f"Column {column.title} ({column.column_id}): {shown!r} {words}.",
        text,
        clears,
        stage,
        column.title,
    )


def refused_cell(
    column: ResolvedColumn, value: object, error: ErrorEntry, *, clears: bool, may_not: bool
) -> ValueProblem:
    """The cell that a refusal of Monday's is about. ``may_not``: the token has no right to write the column."""
    help_ = "give the token's user the right" if may_not else "mend the order, or the column on the board"
    words = f"was refused by Monday ({error.message.rstrip('.')}): {help_} and run {RETRY}"
    return _problem(column, value, error.code or "REFUSED", words, clears=clears, stage="PUSH")


def _api_value(column: ResolvedColumn, value: object, labels: LabelBook, new: dict[str, str]) -> object:
    """The value as the API takes it; a label that has to be made is added to ``new``. Raises Unfit."""
    if value is None and column.type != "name":
        return None
    match column.type:
        case "name":
            if value is None or not str(value).strip() or len(str(value)) > NAME_LENGTH:
                raise Unfit("BAD_NAME", f"is no name, which has 1 to {NAME_LENGTH} characters")
            return str(value)
        case "numbers":
            number = value if isinstance(value, (Decimal, int, float)) else parse_number(str(value))
            if number is None or isinstance(value, bool):
                raise Unfit("NOT_A_NUMBER", "is not a number, which the board's column takes only")
            return plain_number(number)
        case "date":
            try:
                return {"date": date.fromisoformat(as_text(value)[:10]).isoformat()}
            except ValueError:
                raise Unfit("NOT_A_DATE", "is not a date") from None
        case "text":
            return as_text(value)
        case "long_text":
            text = as_text(value)
            if len(text) > LONG_TEXT_LENGTH:
                raise Unfit("TOO_LONG", f"has {len(text)} characters, and long text takes {LONG_TEXT_LENGTH}")
            return {"text": text}
        case "dropdown" | "status":
            return labels.value(column, as_text(value).strip(), new)
    raise Unfit("NOT_WRITABLE", f"can't be written, for the column is of type {column.type}")


def as_text(value: object) -> str:
    """A staged value as the text it is on the board: numbers plain, dates as YYYY-MM-DD, text as it is."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (Decimal, int, float)):
        return plain_number(value)
    return value.isoformat()[:10] if isinstance(value, date) else str(value)


def named_cell(
    error: ErrorEntry, columns: Sequence[ResolvedColumn], sent: Mapping[str, object] | None
) -> ResolvedColumn | None:
    """The one of ``columns`` that ``error`` names, by id or title, in its data or in its words; None: it names none.

    ``sent``: the values by column id that were refused, which is all that a refusal can be about (None: not known).
    """
    ours = [c for c in columns if c.type not in ("name", "group") and (sent is None or c.column_id in sent)]
    if error.column_id is not None:
        named = fold(error.column_id)
        return next((c for c in ours if named in (fold(c.column_id), fold(c.title), fold(c.name))), None)
    # named first: an id as a word of its own, a title beside "column" or in quotes
    found = list[tuple[int, int, ResolvedColumn]]()
    for column in ours:
        names = "|".join(map(re.escape, {column.column_id, column.title, column.name}))
        words = (
            rf"""\bcolumns?\W{{0,3}}(?:(?:with )?(?:id|title|named)\W{{1,3}})?(?:{names})(?![\w])"""
            rf"""|(?<![\w])(?:{names})['"]?\s+column\b"""
            rf"""|['"\u2018\u201c`](?:{names})['"\u2019\u201d`]"""
            # an id of letters alone may be a word of the language: status, text
            + (rf"|(?<![\w]){re.escape(column.column_id)}(?![\w])" if re.search(r"[0-9_]", column.column_id) else "")
        )
        if match := re.search(words, error.message, re.IGNORECASE):
            found.append((match.start(), -len(column.title), column))
    if found:
        return min(found, key=lambda each: each[:2])[2]
    # else the only column of labels that words about a label can mean
    told = re.search(r"\b(status|dropdown)\b[^.]{0,20}\blabel\b", error.message, re.IGNORECASE)
    kind, values = told[1].lower() if told else None, sent or {}
    candidates = [c for c in ours if c.type == kind and values.get(c.column_id) is not None]
    if quoted := re.search(r"label '(.*?)' ", error.message):
        shown = {c.column_id: fold(json.dumps(values[c.column_id], ensure_ascii=False)) for c in candidates}
        candidates = [c for c in candidates if fold(quoted[1]) in shown[c.column_id]] or candidates
    return candidates[0] if len(candidates) == 1 else None
