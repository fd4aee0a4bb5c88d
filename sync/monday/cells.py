"""Which cell of a row a refusal of Monday's is about. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence

from sync.monday.errors import MondayError
from sync.monday.labels import ROOM, fold
from sync.monday.resolve import ResolvedColumn


def named_cell(
    error: MondayError, columns: Sequence[ResolvedColumn], sent: Mapping[str, object] | None
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
