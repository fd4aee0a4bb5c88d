"""Choose the noun and the verb that go with a number, and the sentences that there is a reason for. Pure."""

from __future__ import annotations


def counted(number: int, one: str, many: str = "", *, form: str = "") -> str:
    """Return ``1 order``, ``2 orders``; ``many`` where an s isn't enough, ``form`` as in a format (``,``: 41,015)."""
    return f"{number:{form}} {either(number, one, many or f'{one}s')}"


def either(number: int, one: str, many: str) -> str:
    """Return the word for one, or for none and several: ``either(held, "is", "are")``."""
    return one if number == 1 else many


def told(*sentences: tuple[object, str]) -> list[str]:
    """Return the sentences whose number, or other reason, there is."""
    return [sentence for reason, sentence in sentences if reason]
