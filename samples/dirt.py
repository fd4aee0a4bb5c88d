"""How spreadsheets spoil values: blanks in all their forms, money as text, stray white space and case."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

T = TypeVar("T")

Draw = Callable[[], float]
"""A source of numbers from 0 up to, not including, 1."""

NBSP = "\u00a0"
BLANKS: tuple[str | None, ...] = (
    *(None,) * 12,
    *("",) * 3,
    " ",
    "   ",
    NBSP,
    f" {NBSP} ",
    "\t",
    "nan",
    "NaN",
    "NAN",
    " nan ",
    "None",
    "NONE",
    "none",
    "NULL",
    "null",
    "Null ",
)
JUNK_NUMBERS = ("TBC", "n/a", "-", "1.2.3", "1e3", "12 USD", "see notes", "#REF!", "#DIV/0!", "1 250.00", "--5", "$")


def pick(draw: Draw, pool: Sequence[T]) -> T:
    """One member of `pool`; a member that stands in it more often is drawn more often."""
    return pool[int(draw() * len(pool))]


def untidy(draw: Draw, text: str) -> str:
    """`text` as people type it: mostly as it is, at times with stray blanks, tabs, another case, a control character.

    What cleaning makes of it differs from `text` in case only.
    """
    chance = draw()
    if chance > 0.06:
        return text
    if chance > 0.045:
        return text + " "
    if chance > 0.03:
        return " " + text
    if chance > 0.022:
        return text.lower()
    if chance > 0.016:
        return text.title()
    if chance > 0.011:
        return f"{NBSP}{text}{NBSP}"
    if chance > 0.006:
        return f"\t{text}\t"
    if chance > 0.003:
        return f"{text}\r\n"
    return f"{text}\x07"


# How amounts are written, in hundredths of all of them; the larger ones of `{big}` show the thousands separator.
_AMOUNTS = (
    *("{small:.2f}",) * 45,
    *("${small:,.2f}",) * 15,
    *(" {small:.2f} ",) * 8,
    *("${big:,.2f}",) * 3,
    *("$ {big:,.2f}",) * 3,
    *("{small:.0f}",) * 6,
    *("{small:.6f}",) * 4,
    *("({small:.2f})",) * 3,
    *("-{small:.2f}",) * 2,
    NBSP + "{small:.3f}",
    "0",
    *(None,) * 9,
)


def money(draw: Draw, top: float) -> str | None:
    """An amount between 0 and `top` as text: plain, with a currency sign, in brackets, with blanks; junk at times."""
    amount = draw() * top
    form = pick(draw, _AMOUNTS)
    if form is None:
        return pick(draw, JUNK_NUMBERS) if draw() < 0.12 else pick(draw, BLANKS)
    return form.format(small=amount, big=amount * 40)


def rate(draw: Draw) -> str | None:
    """A duty or tariff rate as text: `12 %`, `16.5%`, `0.165`; junk at times."""
    value = round(draw() * 32, 1)
    chance = draw()
    if chance < 0.4:
        return f"{value}%"
    if chance < 0.6:
        return f"{value:.0f} %"
    if chance < 0.8:
        return f"{value / 100:.4f}"
    if chance < 0.83:
        return f"{value:.1f}"
    if chance < 0.84:
        return pick(draw, JUNK_NUMBERS)
    return pick(draw, BLANKS)
