"""Cleaning of single values, as the business rules say, with the readings that they leave open.

Readings:

* White space is what `str.strip` strips, and three characters that merely look blank; control characters (C0 but tab,
  CR and LF; DEL; C1) are removed before anything is trimmed, and a word for nothing is recognised after that.
* Invisible characters (format characters of Unicode, marks of variation and joining) go from order numbers, customers,
  sizes and seed entries, and every blank there becomes a plain one, one for one. Other text keeps its inner blanks and
  what shapes letters and emoji (joiners, variation selectors). Long text keeps what is invisible but at its ends.
* CRLF, CR and LF become one blank each in ordinary text and stay in long text; tabs become blanks in both.
* Long text has at most 2,000 characters: of a longer one, 1,999 and `…`. Characters are code points.
* Numbers: `$`, `%` and blanks go from the ends, then from inside parentheses and from behind a sign; amid figures they
  are unparsable. Before the point, commas part the figures into groups, the first of one to three, the others of three;
  any other comma is unparsable. A sign with parentheses is a second sign, hence unparsable. More than 14 digits before
  the point, also after rounding, don't fit and are unparsable; leading zeros are no digits. Half a unit is rounded away
  from zero.
* Upper case: the capital of each letter where that is one letter, and SS for ß; other letters stay as they are.
"""

from __future__ import annotations

import datetime as dt
import re
from decimal import ROUND_HALF_UP, Context, Decimal
from functools import lru_cache

_CONTROLS = {code: None for code in (*range(0x20), *range(0x7F, 0xA0)) if chr(code) not in "\t\r\n"}
_IN_LONG_TEXT = {**_CONTROLS, ord("\t"): " "}
_IN_TEXT = {**_IN_LONG_TEXT, ord("\r"): " ", ord("\n"): " "}
_LOOKS_BLANK = "\u2800\u3164\uffa0"
_BLANKS = "".join(chr(code) for code in range(0x3001) if chr(code).isspace()) + _LOOKS_BLANK
_SHAPING = {0x200C, 0x200D, 0x180B, 0x180C, 0x180D, 0x180F, *range(0xFE00, 0xFE10)}
_INVISIBLE = {
    code
    for first, last in (
        *((0xAD, 0xAD), (0x34F, 0x34F), (0x61C, 0x61C), (0x180E, 0x180E), (0x200B, 0x200F), (0x202A, 0x202E)),
        *((0x2060, 0x206F), (0xFEFF, 0xFEFF), (0xFFF9, 0xFFFB)),
    )
    for code in range(first, last + 1)
} - _SHAPING
_UNSEEN = dict.fromkeys(_INVISIBLE)
_ENDS_OF_LONG_TEXT = _BLANKS + "".join(map(chr, _INVISIBLE))
_FOLDED = dict.fromkeys(_INVISIBLE | _SHAPING) | {ord(blank): " " for blank in _BLANKS}
_NOTHING = frozenset({"", "nan", "none", "null"})
_DIGITS = frozenset("0123456789")
_WIDE = Context(prec=400, rounding=ROUND_HALF_UP)
LONG_TEXT_LIMIT = 2000


def text(value: object) -> str | None:
    """A cell of ordinary text: trimmed, without control characters, None where it holds nothing."""
    if value is None:
        return None
    raw = str(value)
    if not (raw.isascii() and raw.isprintable()):
        raw = raw.replace("\r\n", " ").translate(_IN_TEXT).translate(_UNSEEN)
    raw = raw.strip(_BLANKS)
    return None if raw.lower() in _NOTHING else raw


def folded(value: object) -> str | None:
    """A cell as it is compared, but for its case: `text` without anything invisible and with plain blanks alone."""
    if value is None:
        return None
    raw = str(value)
    if not raw.isascii():
        raw = raw.replace("\r\n", " ").translate(_IN_TEXT).translate(_FOLDED)
    return text(raw)


def compared(value: str) -> str:
    """A name as it is looked up: folded, in capitals; empty where it holds nothing."""
    return upper(folded(value) or "")


def long_text(value: object) -> str | None:
    """A cell of long text, uncut: as `text`, but line ends stay."""
    if value is None:
        return None
    raw = str(value)
    if not raw.isprintable():
        raw = raw.translate(_IN_LONG_TEXT)
    raw = raw.strip(_ENDS_OF_LONG_TEXT)
    return None if raw.lower() in _NOTHING else raw


def cut(value: str | None) -> str | None:
    """Long text as a board can hold it."""
    if value is None or len(value) <= LONG_TEXT_LIMIT:
        return value
    return value[: LONG_TEXT_LIMIT - 1] + "…"


@lru_cache(maxsize=100_000)
def number(cleaned: str) -> Decimal | None:
    """A cleaned, non-empty text as a number with at most four decimals, or None where it isn't one."""
    around = _BLANKS + "$%"
    figure, negative = cleaned.strip(around), False
    if figure[:1] == "(" and figure[-1:] == ")":
        figure, negative = figure[1:-1].strip(around), True
    elif figure[:1] in ("-", "+"):
        figure, negative = figure[1:].strip(around), figure[0] == "-"
    whole, _, decimals = figure.partition(".")
    first, *others = whole.split(",")
    if others and (not 1 <= len(first) <= 3 or any(len(group) != 3 for group in others)):
        return None
    digits = first + "".join(others)
    if not digits + decimals or not _DIGITS.issuperset(digits + decimals):
        return None
    value = Decimal(f"{digits or 0}.{decimals}").quantize(Decimal("0.0001"), context=_WIDE)
    if value >= Decimal(10) ** 14:
        return None
    if value == 0:
        return Decimal(0)
    return -value if negative else value


def day(cleaned: str) -> dt.date | None:
    """A cleaned, non-empty text as the day that it begins with, None unless all of it is an ISO date or moment."""
    date, clock = cleaned[:10], cleaned[10:]
    moment = re.fullmatch(r"[ Tt](\d\d:\d\d)(:\d\d)?(\.\d+)?( ?([Zz]|[+-]\d\d(:?\d\d)?))?", clock, re.ASCII)
    try:
        if clock:
            if moment is None or (moment[3] and not moment[2]):
                return None
            dt.time.fromisoformat(moment[1] + (moment[2] or ""))
        return dt.date.fromisoformat(date) if re.fullmatch(r"\d{4}-\d\d-\d\d", date, re.ASCII) else None
    except ValueError:
        return None


def number_text(value: Decimal) -> str:
    """A number in its one canonical form: no exponent, no trailing zeros."""
    plain = f"{value:f}"
    return plain.rstrip("0").rstrip(".") if "." in plain else plain


def upper(value: str) -> str:
    """Capitals, letter by letter."""
    if value.isascii():
        return value.upper()
    return "".join(_capital(letter) for letter in value)


def _capital(letter: str) -> str:
    capital = letter.upper() if len(letter.upper()) == 1 else letter.title()
    if letter == "ß":
        return "SS"
    return capital if len(capital) == 1 else letter
