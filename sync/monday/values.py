"""A staged row as column values of the API (API.md, Column values; RULES.md, Fields). Pure.

A value that the board can't take leaves its cell blank, with column and value in the reason; the other cells go up.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from sync.monday.errors import MondayError, clean_text
from sync.monday.labels import LENGTH, ROOM, LabelBook, NewLabel, fold
from sync.monday.numbers import parse_number, plain_number
from sync.monday.resolve import ResolvedColumn

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
    column: ResolvedColumn, value: object, error: MondayError, *, clears: bool, may_not: bool
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


def read_value(column: ResolvedColumn, text: str | None) -> str | None:
    """What stands in a cell, in the form of :func:`canonical`, to be compared with it; None for an empty one."""
    if text is None or not text.strip():
        return None
    return _comparable(column, text)


def canonical(column: ResolvedColumn, value: object) -> str | None:
    """A staged value as its cell should read once it is written, for comparing with :func:`read_value`."""
    if value is None:
        return None
    return _comparable(column, as_text(value))


def _comparable(column: ResolvedColumn, text: str) -> str | None:
    if column.type == "numbers":
        number = parse_number(text)
        return text.strip() if number is None else plain_number(number)
    if column.type in ROOM:
        return fold(text)
    if column.type == "date":
        return text.strip()[:10]
    # Monday trims text and may change line ends; neither is an edit by a person.
    return text.replace("\r\n", "\n").replace("\r", "\n").strip() or None
