"""What Monday's documentation leaves open, one named switch each. The defaults are what was seen or is the stricter reading."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Literal, get_args, get_type_hints


@dataclass(frozen=True)
class Switches:
    """Readings of the API. ``python -m emulator --switch NAME=VALUE`` sets one; the README of the emulator lists them."""

    same_key_other_body: Literal["replay", "conflict", "run"] = "replay"
    """An ``Idempotency-Key`` comes back with another body: its kept answer, a 409, or the new body is run."""
    keep_error_answers: bool = True
    """A 200 with errors in it is kept under its key."""
    keep_refusals: bool = False
    """A refusal of the whole request (429, 423 …) is kept under its key."""
    keep_cut_requests: bool = True
    """A request whose line was cut after the work is kept under its key."""
    keys: Literal["kept", "ignored"] = "kept"
    """Whether idempotency keys are remembered at all (Monday promises no more than best effort)."""
    document_error_status: int = 200
    """HTTP status of an answer to a document that does not parse or validate."""
    unauthorized_shape: Literal["object", "text"] = "object"
    """Errors of a 401 are objects with a code, or plain texts."""
    missing_group_code: str = "GroupNotFound"
    """Code when an item is to go to a group that is not there."""
    missing_item_code: str = "InvalidItemIdException"
    """Code when an item, or the parent of a subitem, never existed."""
    inactive_item_code: str = "ItemNotFoundInBoard"
    """Code when an item, or the parent of a subitem, was archived or deleted."""
    inactive_items_writable: bool = False
    """Archived items take changes and subitems all the same."""
    labels_ignore_case: bool = False
    """A label given in another case is taken for the one that is there."""
    status_digits_are_index: bool = True
    """A status label of digits only is read as the label's index."""
    refused_rows_keep_labels: bool = False
    """Labels that a refused row made before it failed stay."""
    json_as_object: bool = False
    """``column_values`` may be an object instead of a JSON text."""
    trim_text: bool = False
    """Text loses blanks at both ends."""
    retry_said_in: Literal["both", "body", "header"] = "both"
    """A 429 names its wait in ``retry_in_seconds``, in ``Retry-After``, or in both."""
    items_page_lags: bool = False
    """Paging through a board lags behind writes as searching does."""
    archived_items_take_room: bool = False
    """Archived items count against ``items_limit``."""
    subitems_take_room: bool = False
    """Subitems count against the ``items_limit`` of their parent's board."""
    new_group_place: Literal["top", "bottom"] = "top"
    """Where ``create_group`` without a position puts a group."""


def with_switch(switches: Switches, text: str) -> Switches:
    """``switches`` with ``NAME=VALUE`` applied. Raises ``ValueError`` with one sentence for a name or value that is none."""
    name, _, value = text.partition("=")
    hints = get_type_hints(Switches)
    if name not in {field.name for field in fields(Switches)}:
        raise ValueError(f"There is no switch {name!r}: the known ones are {', '.join(sorted(hints))}.")
    choices = get_args(hints[name])
    found: object = value
    if hints[name] is bool:
        if value.lower() not in ("true", "false"):
            raise ValueError(f"Switch {name} takes true or false, not {value!r}.")
        found = value.lower() == "true"
    elif hints[name] is int:
        if not value.isdecimal():
            raise ValueError(f"Switch {name} takes a number, not {value!r}.")
        found = int(value)
    elif choices and value not in choices:
        raise ValueError(f"Switch {name} takes one of {', '.join(choices)}, not {value!r}.")
    return Switches(**{**{field.name: getattr(switches, field.name) for field in fields(Switches)}, name: found})
