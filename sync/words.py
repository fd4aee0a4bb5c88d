"""Numbers in sentences: the noun, and the verb, as the number wants them. Pure."""

from __future__ import annotations


def counted(number: int, one: str, many: str = "", *, form: str = "") -> str:
    """``1 order``, ``2 orders``; ``many`` where an s isn't enough, ``form`` as in a format (``,``: 41,015 rows)."""
    return f"{number:{form}} {either(number, one, many or f'{one}s')}"


def either(number: int, one: str, many: str) -> str:
    """The word that goes with one, or with none and several: ``either(held, "is", "are")``."""
    return one if number == 1 else many
