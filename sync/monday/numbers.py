"""Numbers as people type them in spreadsheets, and as Monday takes them (RULES.md, Cleaning)."""

from __future__ import annotations

import re
from decimal import ROUND_HALF_UP, Context, Decimal

PLACES = 4
MAX_WHOLE_DIGITS = 14
_NUMBER = re.compile(r"([+-]?)(?:([0-9]+)(?:\.([0-9]*))?|\.([0-9]+))", re.ASCII)
# Wide enough for any number that passes the grammar, so that rounding is the only thing that changes a value.
_CONTEXT = Context(prec=200)


def parse_number(text: str) -> Decimal | None:
    """The number that ``text`` says, rounded half up (away from zero) to four places, or None if it says none.

    ``$``, ``,`` and ``%`` don't count, nor do blanks around the number, inside brackets or after a sign; brackets mean
    negative. Exponents, inner blanks, two signs and more than 14 whole digits say no number.
    """
    bare = re.sub(r"[$,%]", "", text).strip()
    negative = False
    if bare.startswith("(") and bare.endswith(")"):
        negative, bare = True, bare[1:-1].strip()
    if bare[:1] in ("+", "-"):
        bare = bare[0] + bare[1:].lstrip()
    found = _NUMBER.fullmatch(bare)
    if found is None:
        return None
    sign, whole, _, _ = found.groups()
    if len((whole or "").lstrip("0")) > MAX_WHOLE_DIGITS or (negative and sign):
        return None
    value = Decimal(bare).quantize(Decimal(1).scaleb(-PLACES), ROUND_HALF_UP, _CONTEXT)
    return -value if negative else value


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
