"""Numbers as people type them in spreadsheets, and as Monday takes them (RULES.md, Cleaning)."""

from __future__ import annotations

import re
from decimal import ROUND_HALF_UP, Context, Decimal

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
