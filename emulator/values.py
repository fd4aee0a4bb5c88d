"""Column values: read from the JSON that a client sends, stored, and given back as Monday's `text` and `value`.

Stored forms: text, long_text, numbers, date, name: a string · status: the label's index · dropdown: a list of label
ids · checkbox: True · link: [url, text]. An empty cell is None and not stored at all.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from emulator.clock import iso
from emulator.errors import FieldError, bad_value, malformed
from emulator.model import READ_ONLY, Column, Labels
from emulator.switches import Switches

LONG_TEXT_MAX = 2_000
STATUS_LABEL_MAX = 30
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)")
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_TIME = re.compile(r"\d{2}:\d{2}(:\d{2})?")


class LabelMaker:
    """Makes missing labels during one write, and takes them back when that write fails."""

    __slots__ = ("allowed", "made", "touched")

    def __init__(self, allowed: bool) -> None:
        self.allowed = allowed
        self.made: list[tuple[Labels, int]] = []
        self.touched = False

    def make(self, labels: Labels, text: str) -> int:
        """A new label's id."""
        ident = labels.add(text)
        self.made.append((labels, ident))
        self.touched = True
        return ident

    def undo(self) -> None:
        """Removes what was made, newest first."""
        while self.made:
            labels, ident = self.made.pop()
            labels.drop(ident)


Parser = Callable[[Column, Any, LabelMaker, Switches], Any]


def _string(column: Column, raw: Any) -> str:
    if isinstance(raw, bool) or not isinstance(raw, (str, int, float)):
        raise malformed(column.id, column.type, raw)
    return raw if isinstance(raw, str) else str(raw)


def _text(column: Column, raw: Any, maker: LabelMaker, switches: Switches) -> Any:
    text = _string(column, raw)
    return (text.strip() if switches.text_trims else text) or None


def _long_text(column: Column, raw: Any, maker: LabelMaker, switches: Switches) -> Any:
    text = raw.get("text") if isinstance(raw, dict) else raw
    if text is None and raw == {}:
        return None
    if not isinstance(text, str):
        raise malformed(column.id, column.type, raw)
    if len(text) > LONG_TEXT_MAX:
        raise bad_value(
            column.id,
            column.type,
            text,
            f"Long text value is too long: {len(text)} characters, the maximum is {LONG_TEXT_MAX}",
            "textTooLong",
        )
    return (text.strip() if switches.text_trims else text) or None


def _numbers(column: Column, raw: Any, maker: LabelMaker, switches: Switches) -> Any:
    text = _string(column, raw).strip()
    if not text:
        return "0" if switches.numbers_blank == "zero" else None
    if not _NUMBER.fullmatch(text):
        raise malformed(column.id, column.type, raw)
    if switches.numbers_max_digits and sum(map(str.isdigit, text)) > switches.numbers_max_digits:
        raise bad_value(column.id, column.type, text, "Number is too large", "numberTooLarge")
    return text


def _date(column: Column, raw: Any, maker: LabelMaker, switches: Switches) -> Any:
    day: Any
    time: Any
    if isinstance(raw, str):
        day, _, time = raw.partition(" ")
    elif isinstance(raw, dict):
        if not raw or raw.get("date") in (None, ""):
            return None
        day, time = raw["date"], raw.get("time") or ""
    else:
        raise malformed(column.id, column.type, raw)
    if day == "" and time == "":
        return None
    if not (isinstance(day, str) and isinstance(time, str) and _DATE.fullmatch(day)):
        raise malformed(column.id, column.type, raw)
    try:
        date.fromisoformat(day)
    except ValueError:
        raise malformed(column.id, column.type, raw) from None
    if time and not _TIME.fullmatch(time):
        raise malformed(column.id, column.type, raw)
    return f"{day} {time}" if time else day


def _dropdown(column: Column, raw: Any, maker: LabelMaker, switches: Switches) -> Any:
    labels = column.labels
    assert labels is not None
    texts: Any = None
    if isinstance(raw, dict):
        if "ids" in raw:
            return _dropdown_ids(column, labels, raw)
        texts = raw.get("labels", [] if not raw else None)
        if isinstance(texts, str):
            texts = [texts]
    elif isinstance(raw, str):
        texts = [part.strip() for part in raw.split(",")] if raw else []
    if not isinstance(texts, list) or not all(isinstance(text, str) for text in texts):
        raise malformed(column.id, column.type, raw)
    ids: list[int] = []
    for text in texts:
        ident = labels.find(text, switches.dropdown_match == "ignore_case")
        if ident is None:
            if not maker.allowed or not text.strip():
                raise _no_dropdown_label(column, labels, text)
            if labels.full:
                raise bad_value(
                    column.id,
                    column.type,
                    text,
                    f"The dropdown column has reached its limit of {labels.limit} labels",
                    "labelsLimitExceeded",
                )
            ident = maker.make(labels, text)
        if ident not in ids:
            ids.append(ident)
    return ids or None


def _dropdown_ids(column: Column, labels: Labels, raw: dict[str, Any]) -> Any:
    given = raw["ids"]
    if not isinstance(given, list):
        raise malformed(column.id, column.type, raw)
    ids: list[int] = []
    for each in given:
        if isinstance(each, bool) or not str(each).isdigit():
            raise malformed(column.id, column.type, raw)
        if int(each) not in labels.texts:
            raise _no_dropdown_label(column, labels, str(each))
        if int(each) not in ids:
            ids.append(int(each))
    return ids or None


def _no_dropdown_label(column: Column, labels: Labels, text: str) -> FieldError:
    known = ", ".join(f"{ident}: {label}" for ident, label in labels.texts.items() if ident not in labels.inactive)
    message = f"The dropdown label '{text}' does not exist, possible labels are: {{{known}}}"
    return bad_value(column.id, column.type, text, message, "missingLabel")


def _no_status_label(column: Column, labels: Labels, text: str) -> FieldError:
    known = ", ".join(f"{ident}: {label}" for ident, label in labels.texts.items() if ident not in labels.inactive)
    message = f"This status label doesn't exist, possible statuses are: {{{known}}}"
    return bad_value(column.id, column.type, text, message, "missingLabel")


def _status(column: Column, raw: Any, maker: LabelMaker, switches: Switches) -> Any:
    labels = column.labels
    assert labels is not None
    label: Any = raw
    if isinstance(raw, dict):
        if not raw or ("index" not in raw and raw.get("label", 0) in (None, "")):
            return None
        if "index" in raw:
            return _status_index(column, labels, raw["index"], raw)
        label = raw.get("label")
    if isinstance(label, bool) or not isinstance(label, (str, int)):
        raise malformed(column.id, column.type, raw)
    if label == "":
        return None
    if isinstance(label, int) or (label.isdigit() and switches.status_digits == "index"):
        return _status_index(column, labels, label, raw)
    ident = labels.find(label, switches.status_match == "ignore_case")
    if ident is not None:
        return ident
    if not maker.allowed:
        raise _no_status_label(column, labels, label)
    if len(label) > STATUS_LABEL_MAX:
        raise bad_value(
            column.id, column.type, label, f"Status label is longer than {STATUS_LABEL_MAX} characters", "labelTooLong"
        )
    if labels.full:
        message = f"The status column has reached its limit of {labels.limit} labels"
        raise bad_value(column.id, column.type, label, message, "labelsLimitExceeded")
    return maker.make(labels, label)


def _status_index(column: Column, labels: Labels, index: Any, raw: Any) -> int:
    if isinstance(index, bool) or not str(index).isdigit():
        raise malformed(column.id, column.type, raw)
    if int(index) not in labels.texts:
        raise _no_status_label(column, labels, str(index))
    return int(index)


def _checkbox(column: Column, raw: Any, maker: LabelMaker, switches: Switches) -> Any:
    given = raw.get("checked") if isinstance(raw, dict) else raw
    if given in ("true", True):
        return True
    if given in ("false", False, None, ""):
        return None
    raise malformed(column.id, column.type, raw)


def _link(column: Column, raw: Any, maker: LabelMaker, switches: Switches) -> Any:
    if isinstance(raw, str):
        url, _, text = raw.partition(" ")
        raw = {"url": url, "text": text or url}
    if not isinstance(raw, dict) or not isinstance(raw.get("url", ""), str):
        raise malformed(column.id, column.type, raw)
    if not raw.get("url"):
        return None
    return [raw["url"], str(raw.get("text") or raw["url"])]


_PARSERS: dict[str, Parser] = {
    "text": _text,
    "long_text": _long_text,
    "numbers": _numbers,
    "date": _date,
    "dropdown": _dropdown,
    "status": _status,
    "checkbox": _checkbox,
    "link": _link,
}


def parse(column: Column, raw: Any, maker: LabelMaker, switches: Switches) -> Any:
    """The stored form of what a client sent for `column`, None for an empty cell; FieldError when it does not fit."""
    parser = _PARSERS.get(column.type)
    if parser is None:
        if column.type in READ_ONLY:
            message = f"Column of type {column.type} is not supported for changing its value through the API"
        else:
            message = f"Column of type {column.type} is not part of this emulator"
        raise bad_value(column.id, column.type, raw, message, "unsupportedColumnType")
    return None if raw is None else parser(column, raw, maker, switches)


def canonical_number(text: str) -> str:
    """`text` without a plus sign, leading or trailing zeros: 007.50 becomes 7.5."""
    try:
        number = Decimal(text)
    except InvalidOperation:
        return text
    plain = format(number, "f")
    if "." in plain:
        plain = plain.rstrip("0").rstrip(".")
    if plain.startswith("-") and not plain.strip("-0."):
        plain = "0"
    return plain or "0"


def label_texts(column: Column, stored: Any) -> list[str]:
    """The labels of a stored dropdown or status value."""
    if stored is None or column.labels is None:
        return []
    ids = stored if isinstance(stored, list) else [stored]
    return [column.labels.texts[ident] for ident in ids if ident in column.labels.texts]


def text_of(column: Column, stored: Any, switches: Switches) -> str | None:
    """What `text` of a cell reads; None or "" when it is empty, as the switch `empty_text` says."""
    if stored is None:
        if switches.empty_text != "mixed":
            return "" if switches.empty_text == "empty" else None
        return None if column.type in ("status", "dropdown", "mirror", "formula", "board_relation") else ""
    if column.type in ("dropdown", "status"):
        return ", ".join(label_texts(column, stored)) or None
    if column.type == "numbers" and switches.numbers_text == "canonical":
        return canonical_number(stored)
    if column.type == "checkbox":
        return "v"
    if column.type == "link":
        return f"{stored[1]} - {stored[0]}" if stored[1] != stored[0] else str(stored[0])
    return str(stored)


def value_of(column: Column, stored: Any, updated: float) -> str | None:
    """What `value` of a cell reads: a JSON text, or None when it is empty."""
    if stored is None:
        return None
    kind = column.type
    if kind in ("text", "numbers"):
        return json.dumps(stored, ensure_ascii=False)
    when = iso(updated)
    if kind == "long_text":
        return json.dumps({"text": stored, "changed_at": when}, ensure_ascii=False)
    if kind == "date":
        day, _, time = stored.partition(" ")
        clock = {"time": time} if time else {}
        return json.dumps({"date": day, **clock, "icon": None, "changed_at": when})
    if kind == "dropdown":
        return json.dumps({"ids": stored, "changed_at": when})
    if kind == "status":
        return json.dumps({"index": stored, "post_id": None, "changed_at": when})
    if kind == "checkbox":
        return json.dumps({"checked": True, "changed_at": when})
    if kind == "link":
        return json.dumps({"url": stored[0], "text": stored[1], "changed_at": when}, ensure_ascii=False)
    return json.dumps(stored, ensure_ascii=False)
