"""What each of Monday's error codes asks for (API.md, Errors). Code first; the status only where the code says nothing.

Spelling and case vary between versions of the API, so codes are compared without case, punctuation and an ``Exception``
or ``Error`` at the end.
"""

from __future__ import annotations

import re
from enum import StrEnum

from sync.monday.errors import MondayError


class Action(StrEnum):
    """What an error asks for."""

    WAIT = "wait"  # refused before it ran; again later
    SAME_KEY = "same_key"  # the first sending of this key is still at work
    QUOTA = "quota"  # nothing more today
    SPLIT = "split"  # too heavy in one piece
    STOP = "stop"  # no row can succeed
    DENIED = "denied"  # the token may not: the row's own where a path names it, else no row can succeed
    DOCUMENT = "document"  # the document itself is refused: ours to mend
    FULL = "full"  # the board takes no further item
    MISSING_ITEM = "missing_item"
    MISSING_GROUP = "missing_group"
    MISSING = "missing"  # something is missing; the message says what
    UNKNOWN = "unknown"  # a failure inside: done or not done
    REJECT = "reject"  # this row, as it is, never


def normal_code(code: str) -> str:
    """``code`` as it is compared: ``ComplexityException`` and ``COMPLEXITY`` are the same."""
    letters = re.sub(r"[^a-z0-9]", "", code.lower())
    for ending in ("exception", "error"):
        if letters.endswith(ending) and len(letters) > len(ending):
            letters = letters.removesuffix(ending)
    return letters


_BY_CODE: dict[str, Action] = {
    normal_code(code): action
    for action, codes in {
        Action.WAIT: (
            "COMPLEXITY_BUDGET_EXHAUSTED ComplexityException RATE_LIMIT_EXCEEDED MINUTE_RATE_LIMIT_EXCEEDED "
            "maxConcurrencyExceeded CONCURRENCY_LIMIT_EXCEEDED IP_RATE_LIMIT_EXCEEDED FIELD_LIMIT_EXCEEDED "
            "FIELD_MINUTE_RATE_LIMIT_EXCEEDED API_TEMPORARILY_BLOCKED tooManyRequests RESOURCE_LOCKED LOCKED"
        ),
        Action.SAME_KEY: "IDEMPOTENCY_CONFLICT",
        Action.QUOTA: "DAILY_LIMIT_EXCEEDED",
        Action.SPLIT: "REQUEST_MAX_COMPLEXITY_EXCEEDED maxComplexityExceeded PAYLOAD_TOO_LARGE",
        Action.STOP: "Unauthenticated notAuthenticated restricted InvalidBoardIdException",
        Action.DENIED: (
            "missingRequiredPermissions UserUnauthorizedException USER_ACCESS_DENIED unauthorized Forbidden "
            "ACCESS_DENIED PERMISSION_DENIED insufficientPermissions notAuthorized"
        ),
        Action.DOCUMENT: (
            "JsonParseException ParseError GRAPHQL_PARSE_FAILED GRAPHQL_VALIDATION_FAILED undefinedField undefinedType "
            "undefinedArgument argumentNotAccepted argumentLiteralsIncompatible missingRequiredArguments "
            "selectionMismatch variableMismatch variableNotUsed variableRequiresValidType "
            "InvalidVersionException invalidApiVersion BAD_USER_INPUT INVALID_GRAPHQL_REQUEST maxDepthExceeded"
        ),
        Action.FULL: "ItemsLimitationException ITEMS_LIMIT_EXCEEDED",
        Action.MISSING_ITEM: "ItemNotFoundInBoard InvalidItemIdException ItemNotFoundException inactiveItems",
        Action.MISSING_GROUP: "GroupNotFound GroupNotFoundInBoard InvalidGroupIdException",
        Action.MISSING: "ResourceNotFoundException NOT_FOUND",
        Action.REJECT: "ColumnValueException InvalidColumnIdException InvalidColumnTypeException ColumnNotFound",
        Action.UNKNOWN: (
            "INTERNAL_SERVER_ERROR InternalServerError SUBREQUEST_HTTP_ERROR DOWNSTREAM_SERVICE_ERROR GATEWAY_TIMEOUT "
            "REQUEST_TIMEOUT TIMEOUT SERVICE_UNAVAILABLE"
        ),
    }.items()
    for code in codes.split()
}

_BY_STATUS: dict[int, Action] = {
    409: Action.SAME_KEY,
    413: Action.SPLIT,
    414: Action.SPLIT,
    423: Action.WAIT,
    429: Action.WAIT,
}

# Static validation answers without a code in some versions; these are the beginnings of its messages.
_DOCUMENT_MESSAGE = re.compile(
    r"^(parse error|syntax error|field '?\"?\w+'?\"? (doesn't|does not) exist|cannot query field|unknown argument"
    r"|variable \W?\$\w+|unknown type|argument '?\w+'? on field)",
    re.IGNORECASE,
)

# What a code says, some answers say in words only.
_BY_MESSAGE: tuple[tuple[re.Pattern[str], Action], ...] = tuple(
    (re.compile(words, re.IGNORECASE), action)
    for words, action in (
        (r"\bdaily (\w+ )?(limit|quota)\b", Action.QUOTA),
        (r"\bcomplexity of [0-9][^.]{0,40}exceeds\b|\bmax(imum)? complexity\b", Action.SPLIT),
        (
            r"\bcomplexity budget\b|\bbudget exhausted\b|\brate limit\b[^.]{0,20}\bexceeded\b|\btoo many requests\b"
            r"|\bconcurrency limit\b|\b(reset|retry|try again) (in|after) [0-9]",
            Action.WAIT,
        ),
        (r"\bnot authenticated\b|\binvalid (api )?token\b", Action.STOP),
        (
            r"\b(user )?(is )?(unauthori[sz]ed|not authori[sz]ed)\b|\b(permission|access) denied\b"
            r"|\bno permissions?\b|n[o']t have (the )?(\w+ )?permissions?\b",
            Action.DENIED,
        ),
    )
)

# What is missing may be told under a code that says "invalid" only.
_GONE = re.compile(
    r"\b(?P<what>group|item|subitem|pulse)\b[^.]{0,60}?\b(not found|does(n't| not) exist"
    r"|is (not active|inactive|deleted|archived)"
    r"|(does(n't| not) belong to|is( not|n't) (on|in|part of)) (the|this|your) board)",
    re.IGNORECASE,
)


def action_of(error: MondayError, status: int | None, *, whole: bool) -> Action:
    """What ``error`` asks for.

    ``status`` is the error's own status, else the HTTP status. ``whole`` says that the error stands for the whole
    request (no path, no data); a status can stop a run only then, for one row's 403 says nothing about its neighbours.
    """
    known = _BY_CODE.get(normal_code(error.code)) if error.code else None
    if known is not None:
        return _missing_what(error) if known is Action.MISSING else known
    if whole and _DOCUMENT_MESSAGE.match(error.message):
        return Action.DOCUMENT
    if not error.code:
        for words, action in _BY_MESSAGE:
            if words.search(error.message):
                return action
    if error.column_id is None and (gone := _GONE.search(error.message)):
        return Action.MISSING_GROUP if gone["what"].lower() == "group" else Action.MISSING_ITEM
    if status is not None and status >= 300:
        return _by_status(error, status, whole=whole)
    if not error.code and re.search(r"internal server error|timed? ?out", error.message, re.IGNORECASE):
        return Action.UNKNOWN
    return Action.REJECT


def is_denied(error: MondayError) -> bool:
    """Whether the token may not do what was asked."""
    return action_of(error, error.status, whole=False) is Action.DENIED


def is_no_column(error: MondayError) -> bool:
    """Whether the board has no such column to write to."""
    return normal_code(error.code) in {"invalidcolumnid", "columnnotfound", "invalidcolumntype"}


def is_cursor(error: MondayError) -> bool:
    """Whether the cursor of a page is no longer good: it lives for an hour."""
    return "cursor" in normal_code(error.code) or bool(
        re.search(
            r"\bcursor\b.{0,60}\b(expired|invalid|not found|no longer|does(n't| not) exist)"
            r"|\b(expired|invalid|unknown)\b.{0,20}\bcursor\b",
            error.message,
            re.IGNORECASE,
        )
    )


def _by_status(error: MondayError, status: int, *, whole: bool) -> Action:
    if status >= 500 or status == 408:
        return Action.UNKNOWN
    if not whole:  # a conflict or lock on one row's item; anything else is about the row's content
        return Action.WAIT if status in (409, 423, 429) else Action.REJECT
    if status in (400, 422) and error.code:  # a code that we don't know speaks of a row rather than of the run
        return Action.REJECT
    return _BY_STATUS.get(status, Action.STOP)


def _missing_what(error: MondayError) -> Action:
    """Which thing a generic "not found" means; anything but an item or a group rejects the row."""
    text = f"{error.resource or ''} {error.message}".strip().lower()
    if error.column_id is not None or text.startswith("column"):
        return Action.REJECT
    if "group" in text:
        return Action.MISSING_GROUP
    if re.search(r"\b(sub)?(item|pulse|parent|task)s?\b", text) or "resource" in text or not text:
        return Action.MISSING_ITEM
    return Action.REJECT
