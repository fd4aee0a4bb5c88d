"""Named switches for everything that Monday's documentation leaves open.

Each field is one switch; its `help` is the sentence that README.md and `--help-switches` show. A switch with
`choices` takes one of them, a bool takes on/off, a number takes a number. The default is the reading that the rest of
the project was first built on, not a claim about Monday.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import Field, dataclass, field, fields, replace
from typing import Any


def _switch(default: Any, text: str, *choices: str) -> Any:
    return field(default=default, metadata={"help": text, "choices": choices})


@dataclass(frozen=True)
class Switches:
    """One value per open question; immutable, so that a running emulator cannot change its mind."""

    # ---------- idempotency keys
    idempotency_cache: str = _switch(
        "kept", "Whether the first answer to an Idempotency-Key is kept for a replay at all.", "kept", "not_kept"
    )
    idempotency_budget_bytes: int = _switch(
        100_000_000, "Memory for kept answers; beyond it the oldest are evicted and their keys run again."
    )
    idempotency_keep_errors: bool = _switch(True, "Whether an answer under HTTP 200 that carries errors is kept.")
    idempotency_keep_refusals: bool = _switch(
        False, "Whether a refusal of the whole request (429, 423, a document error) is kept."
    )
    idempotency_keep_cut: bool = _switch(
        True, "Whether the answer of a request whose line was cut (or that a gateway answered 502 or 504) is kept."
    )
    idempotency_other_body: str = _switch(
        "replay",
        "What the same key with another body gets: the first answer, a 422 refusal, or a run of its own.",
        "replay",
        "refuse",
        "run",
    )
    # ---------- whole requests
    validation_status: int = _switch(200, "HTTP status of a syntax, type or variable error (200 or 400).")
    json_parse_scope: str = _switch(
        "alias",
        "What broken JSON in column_values fails: its alias under HTTP 200, or the answer with HTTP 400 although the "
        "other aliases have run.",
        "alias",
        "request",
    )
    json_objects: bool = _switch(False, "Whether a JSON argument may be an object instead of a JSON string.")
    bearer_token: bool = _switch(False, "Whether `Authorization: Bearer <token>` is taken like the bare token.")
    unauthorized_shape: str = _switch(
        "object", "Whether the errors of a 401 are objects with a code, or plain texts.", "object", "text"
    )
    unknown_version: str = _switch(
        "ignore", "What an API-Version of another shape than YYYY-MM (or dev) gets.", "ignore", "refuse"
    )
    announced_end: bool = _switch(
        False, "Whether every answer carries the headers Deprecation, Sunset and Link, as before an API version ends."
    )
    warned: bool = _switch(
        False, "Whether every answer under HTTP 200 carries `extensions.warnings`, with a value of the request in one."
    )
    server_timeout_seconds: float = _switch(
        60.0, "After so many seconds a request is answered 504, while its work goes on to the end (0: never)."
    )
    # ---------- limits
    complexity_header: str = _switch(
        "complexityMinute", "Name of the complexity policy in the RateLimit headers.", "complexityMinute", "absent"
    )
    complexity_reset: str = _switch(
        "oldest",
        "What reset_in_x_seconds counts: until the oldest spending leaves the window, or until all of it has.",
        "oldest",
        "newest",
    )
    complexity_hint: str = _switch(
        "both",
        "Where a complexity refusal says when to come back.",
        "both",
        "retry_in_seconds",
        "retry_after",
        "none",
    )
    complexity_status: int = _switch(429, "HTTP status of a complexity refusal (429 or 200).")
    refused_calls_count: bool = _switch(False, "Whether a call refused with 429 counts against the daily quota.")
    # ---------- columns
    column_settings: str = _switch(
        "object",
        "What `settings` of a column holds: an object, the same as a text, nothing (`settings_str` has it), or nothing "
        "while `settings_str` has nothing either.",
        "object",
        "text",
        "older",
        "nothing",
    )
    # ---------- items
    write_to_archived_item: str = _switch(
        "refused", "What changing or moving an archived item does.", "refused", "accepted"
    )
    write_to_deleted_item: str = _switch(
        "refused", "What changing or moving a deleted item does.", "refused", "accepted"
    )
    missing_item_code: str = _switch(
        "InvalidItemIdException",
        "Code for an item that never existed.",
        "InvalidItemIdException",
        "ItemNotFoundInBoard",
        "ResourceNotFoundException",
    )
    inactive_item_code: str = _switch(
        "InvalidItemIdException",
        "Code for writing to an item that was archived or deleted.",
        "InvalidItemIdException",
        "ItemNotFoundInBoard",
        "ResourceNotFoundException",
    )
    wrong_board_code: str = _switch(
        "ItemNotFoundInBoard",
        "Code for an item that is not on the board named beside it.",
        "ItemNotFoundInBoard",
        "InvalidItemIdException",
        "ResourceNotFoundException",
    )
    missing_group_code: str = _switch(
        "ResourceNotFoundException",
        "Code for a group that is gone or never was.",
        "ResourceNotFoundException",
        "InvalidInputException",
        "InvalidArgumentException",
        "GroupNotFound",
    )
    new_group_place: str = _switch("top", "Where create_group without a position puts a group.", "top", "bottom")
    archive_twice: str = _switch("accepted", "What archiving an item that is not active does.", "accepted", "refused")
    items_return_deleted: bool = _switch(True, "Whether items(ids:) gives deleted items (with state deleted) too.")
    items_order: str = _switch("asked", "Order of items(ids:).", "asked", "id", "newest")
    archived_items_take_room: bool = _switch(False, "Whether archived items count against items_limit.")
    subitems_take_room: bool = _switch(False, "Whether subitems count against the items_limit of their parent's board.")
    subitems_limit_per_item: int = _switch(0, "Most subitems under one item (0: no limit).")
    subitem_board_limit: int = _switch(0, "Most subitems on the subitem board (0: no limit).")
    items_page_lag: str = _switch(
        "none", "Whether items_page shows new items only after the search lag.", "none", "search"
    )
    # ---------- search by column values
    search_inactive: str = _switch(
        "at_once", "When an archived or deleted item leaves the search: at once, or after the lag.", "at_once", "lag"
    )
    search_unknown_column: str = _switch(
        "error", "What a search in an unknown column gets: an error, or an empty page.", "error", "empty"
    )
    search_trims: bool = _switch(False, "Whether a search ignores blanks around a value.")
    # ---------- values
    dropdown_match: str = _switch("exact", "How a dropdown label given as text is matched.", "exact", "ignore_case")
    status_match: str = _switch("exact", "How a status label given as text is matched.", "exact", "ignore_case")
    status_digits: str = _switch(
        "index", "How a status label that consists of digits is read when it is given as text.", "index", "label"
    )
    labels_survive_failure: bool = _switch(
        False, "Whether labels made by a write stay when another column of that write is refused."
    )
    numbers_blank: str = _switch("zero", 'What "" in a numbers column becomes.', "zero", "empty")
    numbers_text: str = _switch(
        "canonical", "How a number reads back: without trailing zeros, or as it was sent.", "canonical", "as_sent"
    )
    numbers_max_digits: int = _switch(0, "Digits beyond which a number is refused (0: never).")
    text_trims: bool = _switch(False, "Whether blanks around a text are removed when it is stored.")
    empty_text: str = _switch(
        "mixed",
        "How an empty cell reads in `text`: null where it holds labels, mirrors or formulas and an empty text "
        "elsewhere, or one of the two for all.",
        "mixed",
        "empty",
        "null",
    )
    name_trims: bool = _switch(True, "Whether blanks around an item name are removed, so that a blank name is refused.")
    name_column_null: str = _switch("refused", "What `name: null` among the column values does.", "refused", "ignored")
    unknown_column: str = _switch(
        "refused", "What a value for a column that the board does not have does.", "refused", "ignored"
    )


def names() -> list[Field[Any]]:
    """Every switch, in the order of the class."""
    return list(fields(Switches))


def _convert(known: Field[Any], text: str) -> Any:
    choices: tuple[str, ...] = known.metadata["choices"]
    if isinstance(known.default, bool):
        lowered = text.strip().lower()
        if lowered in ("on", "true", "yes", "1"):
            return True
        if lowered in ("off", "false", "no", "0"):
            return False
        raise ValueError(f"Switch {known.name} is {text!r}: give on or off.")
    if isinstance(known.default, (int, float)):
        try:
            number = type(known.default)(text)
        except ValueError:
            raise ValueError(f"Switch {known.name} is {text!r}: give a number.") from None
        if number < 0:
            raise ValueError(f"Switch {known.name} is {text}: give 0 or more.")
        return number
    if text not in choices:
        raise ValueError(f"Switch {known.name} is {text!r}: give one of {', '.join(choices)}.")
    return text


def with_settings(base: Switches, settings: Mapping[str, str]) -> Switches:
    """`base` with the named switches set from text; ValueError names an unknown switch or a value it cannot take."""
    known = {each.name: each for each in names()}
    changes: dict[str, Any] = {}
    for name, text in settings.items():
        if name not in known:
            raise ValueError(f"There is no switch {name!r}: `python -m emulator --help-switches` lists them.")
        changes[name] = _convert(known[name], text)
    return replace(base, **changes)


def parse(pairs: Iterable[str], base: Switches | None = None) -> Switches:
    """Switches from `name=value` texts as the command line gives them; ValueError as in `with_settings`."""
    settings: dict[str, str] = {}
    for pair in pairs:
        name, sign, value = pair.partition("=")
        if not sign:
            raise ValueError(f"--switch {pair!r} has no value: write --switch name=value.")
        settings[name.strip()] = value.strip()
    return with_settings(base or Switches(), settings)
