"""A staged row as column values of the API (API.md, Column values; RULES.md, Fields). Pure.

A value that the board can't take leaves its cell blank, with column and value in the reason; the other cells go up.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Context, Decimal

from sync.monday.answers import ErrorEntry, clean_text
from sync.monday.board import Board, Column, ResolvedColumn

PLACES = 4
MAX_WHOLE_DIGITS = 14
_ENDS = r"[$%\s\u2800\u3164\uffa0]*"
_FIGURE = r"(?:[0-9]{1,3}(?:,[0-9]{3})+(?:\.[0-9]*)?|[0-9]+(?:\.[0-9]*)?|\.[0-9]+)"
_NUMBER = re.compile(rf"{_ENDS}(?:([+-]?){_ENDS}({_FIGURE})|\({_ENDS}({_FIGURE}){_ENDS}\)){_ENDS}")
# Wide enough for any number that passes the grammar, so that rounding is the only thing that changes a value.
_CONTEXT = Context(prec=200)


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
    bare = (signed or bracketed).replace(",", "")
    if len(bare.partition(".")[0].lstrip("0")) > MAX_WHOLE_DIGITS:
        return None
    value = Decimal(bare).quantize(Decimal(1).scaleb(-PLACES), ROUND_HALF_UP, _CONTEXT)
    if value >= Decimal(10) ** MAX_WHOLE_DIGITS:
        return None
    return -value if bracketed or sign == "-" else value


def plain_number(value: Decimal | int | float) -> str:
    """``value`` as Monday takes it: a plain decimal, no exponent, no zeros at the end, no minus before zero.

    Raises ``ValueError`` for infinities and NaN, which are no values of a column.
    """
    number = value if isinstance(value, Decimal) else Decimal(str(value))
    if not number.is_finite():
        raise ValueError("not a finite number")
    text = format(number, "f")
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text in ("-0", "") else text


# API.md, Limits. Retired labels take up room as well.
ROOM = {"dropdown": 500, "status": 40}
LENGTH = {"status": 30}


@dataclass(frozen=True)
class NewLabel:
    """A label that a row needs and the board doesn't have."""

    column_id: str
    text: str


@dataclass
class _Column:
    kind: str
    listed: bool = True  # false: Monday doesn't tell which labels there are
    known: dict[str, str] = field(default_factory=dict)  # by folded text: the board's spelling
    indexes: dict[str, str] = field(default_factory=dict)  # by folded text: the label's id on the board
    retired: set[str] = field(default_factory=set)
    held: dict[str, str] = field(default_factory=dict)  # by folded text: spelling of a label that this run sent
    used: int = 0

    @property
    def room(self) -> int:
        return max(0, ROOM[self.kind] - self.used - len(self.held))


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

    The first spelling wins: a label matches in any case, and the board's spelling is used. Rows that use a label which
    this run sent still ask for it to be made, since the first row may have failed. Coordinator thread only.
    """

    def __init__(self, columns: Iterable[Column] = ()) -> None:
        self._columns: dict[str, _Column] = {}
        for column in columns:
            if column.type in ROOM:
                self._columns[column.id] = self._read(column)

    @classmethod
    def of(cls, *boards: Board) -> LabelBook:
        """The labels of these boards, whose column ids don't collide in practice; the first one met wins."""
        seen: dict[str, Column] = {}
        for board in boards:
            for column in board.columns:
                seen.setdefault(column.id, column)
        return cls(seen.values())

    @staticmethod
    def _read(column: Column) -> _Column:
        book = _Column(column.type, listed=column.labels_known, used=len(column.labels))
        for label in column.labels:
            if label.active:
                book.known.setdefault(fold(label.text), label.text)
                book.indexes.setdefault(fold(label.text), label.id)
            else:
                book.retired.add(fold(label.text))
        return book

    def spelling(self, column_id: str, text: str) -> str | None:
        """How the label is written, on the board or by a row that was sent; None for a label that is in neither."""
        column = self._columns.get(column_id)
        if column is None:
            return None
        return column.known.get(fold(text)) or column.held.get(fold(text))

    def index(self, column_id: str, text: str) -> int | None:
        """The number of a label that was read from the board, by which a status can be set."""
        found = self._column(column_id).indexes.get(fold(text), "")
        return int(found) if found.isdecimal() else None

    def is_there(self, column_id: str, text: str) -> bool:
        """Whether the board surely has the label, so that it need not be made."""
        column = self._columns.get(column_id)
        return column is not None and fold(text) in column.known

    def is_retired(self, column_id: str, text: str) -> bool:
        """Whether the board has the label, but deactivated."""
        column = self._columns.get(column_id)
        return column is not None and fold(text) in column.retired and fold(text) not in column.known

    def is_listed(self, column_id: str) -> bool:
        """False where the board doesn't tell the column's labels, so that only Monday can judge one."""
        column = self._columns.get(column_id)
        return column is None or column.listed

    def room(self, column_id: str) -> int:
        """How many more labels the column takes."""
        return self._column(column_id).room

    def _column(self, column_id: str) -> _Column:
        """What is known of a column; one that wasn't read (a board of subitems yet to be born) is an empty dropdown."""
        return self._columns.setdefault(column_id, _Column("dropdown"))

    def hold(self, labels: Iterable[NewLabel]) -> None:
        """Note labels that a row is about to make: they take up room, and later rows use their spelling."""
        for label in labels:
            column = self._column(label.column_id)
            if fold(label.text) not in column.known:
                column.held.setdefault(fold(label.text), label.text)


LONG_TEXT_LENGTH = 2000
NAME_LENGTH = 255
_SHOWN = 60


RETRY = "`python -m sync retry`"


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
    """The values of one row by column id, without those that its ``problems`` are about."""

    values: dict[str, object]
    create_labels: bool
    problems: tuple[ValueProblem, ...]
    new_labels: tuple[NewLabel, ...]


class _Unfit(Exception):
    """A value that doesn't fit, with a code and the words that follow "Column … : value …"."""

    def __init__(self, code: str, words: str) -> None:
        super().__init__(words)
        self.code, self.words = code, words


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
    values: dict[str, object] = {}
    problems: list[ValueProblem] = []
    new: list[NewLabel] = []
    for column in columns:
        if column.type == "group" or (creating and column.type == "name"):
            continue
        if not creating and (column.write == "create_only" or (only is not None and column.name not in only)):
            continue
        value = row.get(column.name)
        if value is None and creating:
            continue
        problem = (refused or {}).get(column.name)
        if problem is None:
            try:
                values[column.column_id] = _api_value(column, value, labels, new)
                continue
            except _Unfit as unfit:
                problem = _problem(column, value, unfit)
        problems.append(problem)
        if not creating and problem.clears and column.name not in blank:
            values[column.column_id] = None
    create = any(not labels.is_there(label.column_id, label.text) for label in new)
    return Built(values, create, tuple(problems), tuple(new))


def _problem(column: ResolvedColumn, value: object, unfit: _Unfit) -> ValueProblem:
    return ValueProblem(
        column.name,
        column.column_id,
        unfit.code,
        f"{_at(column, value)} {unfit.words}.",
        _text_of(value),
        title=column.title,
    )


def _at(column: ResolvedColumn, value: object) -> str:
    shown = clean_text(str(value), _SHOWN) if value is not None else "nothing"
    return f"Column {column.title} ({column.column_id}): {shown!r}"


def _text_of(value: object) -> str | None:
    try:
        return None if value is None else as_text(value)
    except ValueError:
        return str(value)


def refused_cell(
    column: ResolvedColumn, value: object, error: ErrorEntry, *, clears: bool, may_not: bool
) -> ValueProblem:
    """The cell that a refusal of Monday's is about. ``may_not``: the token has no right to write the column."""
    help_ = "give the token's user the right" if may_not else "mend the order, or the column on the board"
    text = f"{_at(column, value)} was refused by Monday ({error.message.rstrip('.')}): {help_} and run {RETRY}."
    code = error.code or "REFUSED"
    return ValueProblem(
        column.name, column.column_id, code, text, _text_of(value), clears=clears, stage="PUSH", title=column.title
    )


def _api_value(column: ResolvedColumn, value: object, labels: LabelBook, new: list[NewLabel]) -> object:
    if column.type == "name":
        return _name(value)
    if value is None:
        return None
    if column.type == "date":
        return {"date": _date(value)}
    if column.type == "numbers":
        return _number(value)
    try:
        text = as_text(value)
    except ValueError:
        raise _Unfit("NOT_A_NUMBER", "is not a finite number") from None
    if column.type == "text":
        return text
    if column.type == "long_text":
        if len(text) > LONG_TEXT_LENGTH:
            raise _Unfit("TOO_LONG", f"has {len(text)} characters, and long text takes {LONG_TEXT_LENGTH}")
        return {"text": text}
    if column.type in ROOM:
        label = _label(column, text, labels, new)
        if column.type == "status":
            return _status(column, label, labels, new)
        return {"labels": [label]}
    raise _Unfit("NOT_WRITABLE", f"can't be written, for the column is of type {column.type}")


def as_text(value: object) -> str:
    """A staged value as the text it is on the board: numbers plain, dates as YYYY-MM-DD, text as it is."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (Decimal, int, float)):
        return plain_number(value)
    if isinstance(value, datetime):
        return value.date().isoformat()
    if isinstance(value, date):
        return value.isoformat()
    return str(value)


def _name(value: object) -> str:
    text = "" if value is None else str(value)
    if not text.strip() or len(text) > NAME_LENGTH:
        raise _Unfit("BAD_NAME", f"is no name, which has 1 to {NAME_LENGTH} characters")
    return text


def _date(value: object) -> str:
    if isinstance(value, (date, datetime)):
        return as_text(value)
    try:
        return date.fromisoformat(str(value)[:10]).isoformat()
    except ValueError:
        raise _Unfit("NOT_A_DATE", "is not a date") from None


def _number(value: object) -> str:
    if isinstance(value, (Decimal, int, float)) and not isinstance(value, bool):
        try:
            return plain_number(value)
        except ValueError:
            raise _Unfit("NOT_A_NUMBER", "is not a number, which the board's column takes only") from None
    number = parse_number(str(value))
    if number is None:
        raise _Unfit("NOT_A_NUMBER", "is not a number, which the board's column takes only")
    return plain_number(number)


def _label(column: ResolvedColumn, text: str, labels: LabelBook, new: list[NewLabel]) -> str:
    text = text.strip()
    spelling = labels.spelling(column.column_id, text)
    if spelling is not None and labels.is_there(column.column_id, text):
        return spelling
    if not column.create_labels and not labels.is_listed(column.column_id):
        return text
    if not column.create_labels:
        known = "is deactivated" if labels.is_retired(column.column_id, text) else "is not among the board's labels"
        raise _Unfit(
            "UNKNOWN_LABEL", f"{known}, and none may be made here: mend the order, or add the label and run {RETRY}"
        )
    longest = LENGTH.get(column.type)
    if not text or (longest is not None and len(text) > longest):
        raise _Unfit("LABEL_LENGTH", f"can't be made a label, which has 1 to {longest or 'some'} characters")
    if spelling is None and _left(column, labels, new) < 1:
        advice = "make it a text column on the board" if column.type == "dropdown" else f"remove labels and run {RETRY}"
        raise _Unfit("LABELS_FULL", f"would be a new label, and the column is full ({ROOM[column.type]}): {advice}")
    new.append(NewLabel(column.column_id, spelling or text))
    return spelling or text


def _status(column: ResolvedColumn, label: str, labels: LabelBook, new: list[NewLabel]) -> dict[str, object]:
    """A status by its label; one of digits only would be read as a label's number, so it is given as that."""
    if not label.isdigit():
        return {"label": label}
    index = labels.index(column.column_id, label)
    if index is None:
        new[:] = [other for other in new if other.column_id != column.column_id]
        raise _Unfit(
            "LABEL_DIGITS", f"can't be made a status label, for it has digits only: add it on the board and run {RETRY}"
        )
    return {"index": index}


def _left(column: ResolvedColumn, labels: LabelBook, new: Sequence[NewLabel]) -> int:
    own = {fold(label.text) for label in new if label.column_id == column.column_id}
    return labels.room(column.column_id) - len(own)


def named_cell(
    error: ErrorEntry, columns: Sequence[ResolvedColumn], sent: Mapping[str, object] | None
) -> ResolvedColumn | None:
    """The one of ``columns`` that ``error`` names, by id or title, in its data or in its words; None: it names none.

    ``sent``: the values by column id that were refused, which is all that a refusal can be about (None: not known).
    """
    ours = [column for column in columns if column.type not in ("name", "group")]
    if sent is not None:
        ours = [column for column in ours if column.column_id in sent]
    if error.column_id is not None:
        named = fold(error.column_id)
        return next((c for c in ours if named in (fold(c.column_id), fold(c.title), fold(c.name))), None)
    return _in_words(error.message, ours) or _by_label(error.message, ours, sent or {})


def _in_words(message: str, columns: Sequence[ResolvedColumn]) -> ResolvedColumn | None:
    """The column that the message names first: an id as a word of its own, a title beside "column" or in quotes."""
    found: list[tuple[int, int, ResolvedColumn]] = []
    for column in columns:
        words = []
        if re.search(r"[0-9_]", column.column_id):  # any other id may be a word of the language: status, text
            words.append(rf"(?<![\w]){re.escape(column.column_id)}(?![\w])")
        for name in {column.column_id, column.title, column.name}:
            text = re.escape(name)
            words.append(rf"""\bcolumns?\W{{0,3}}(?:(?:with )?(?:id|title|named)\W{{1,3}})?{text}(?![\w])""")
            words.append(rf"""(?<![\w]){text}['"]?\s+column\b""")
            words.append(rf"""['"\u2018\u201c`]{text}['"\u2019\u201d`]""")
        places = [match.start() for word in words if (match := re.search(word, message, re.IGNORECASE))]
        if places:
            found.append((min(places), -len(column.title), column))
    return min(found, key=lambda each: each[:2])[2] if found else None


def _by_label(message: str, columns: Sequence[ResolvedColumn], sent: Mapping[str, object]) -> ResolvedColumn | None:
    """The only column of labels that the words about a label can mean."""
    told = re.search(r"\b(status|dropdown)\b[^.]{0,20}\blabel\b", message, re.IGNORECASE)
    if told is None:
        return None
    kind = told[1].lower()
    candidates = [c for c in columns if c.type in ROOM and c.type == kind and sent.get(c.column_id) is not None]
    quoted = re.search(r"label '(?P<label>.*?)' ", message)
    if quoted:
        holding = [
            c for c in candidates if fold(quoted["label"]) in fold(json.dumps(sent[c.column_id], ensure_ascii=False))
        ]
        candidates = holding or candidates
    return candidates[0] if len(candidates) == 1 else None
