"""What an answer of Monday's means, for the request and for every row in it. Pure: bytes in, verdict out.

The rules, in this order (API.md, Errors; CORRECTNESS.md F2 to F5):
1. A row is done when, and only when, its alias holds an id in ``data``, whatever else the answer says.
2. Code first, status second. An error belongs to the alias in its path; without a path it belongs to the only alias of
   a one-row request, or to the whole request.
3. "Surely not done" is said only where that is certain: the row has an error of its own, or the whole request was
   refused before it ran. Everything else without an id is UNKNOWN, and the board is asked before creating again.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from enum import StrEnum
from logging import DEBUG, INFO
from typing import Any

from sync.log import request

MESSAGE_LENGTH = 500
_COLUMN_NAMES = ("column_id", "columnId", "column", "column_title", "column_name")


@dataclass(frozen=True)
class ErrorEntry:
    """One error of an answer. ``alias`` is the request's row it belongs to, ``status`` its own status,
    ``resource`` the kind of thing that was not found, where given.
    """

    code: str
    message: str
    column_id: str | None = None
    status: int | None = None
    retry_in_seconds: float | None = None
    alias: str | None = None
    resource: str | None = None


def clean_text(text: str, length: int) -> str:
    """``text`` fit to be stored and shown: one line without control characters, of at most ``length`` characters."""
    letters = (" " if letter in "\t\r\n" else letter for letter in text)
    kept = "".join(letter for letter in letters if unicodedata.category(letter) not in ("Cc", "Cf", "Cs"))
    kept = " ".join(kept.split())
    return kept if len(kept) <= length else kept[: length - 1] + "…"


def read_errors(body: Mapping[str, Any]) -> tuple[ErrorEntry, ...]:
    """Every error in an answer, of the present shape, the older ones (bare texts, ``error_code``) or both."""
    listed = body.get("errors")
    entries = listed if isinstance(listed, list) else [listed] if listed else []
    outer = _outer_error(body)
    if outer is not None and all(isinstance(entry, str) for entry in entries):
        return (outer,)  # the old shape repeats its message as bare text
    return tuple(_error(entry) for entry in entries)


def _outer_error(body: Mapping[str, Any]) -> ErrorEntry | None:
    code, message = body.get("error_code"), body.get("error_message")
    if not code and not message:
        return None
    return _build(code, message, _mapping(body.get("error_data")), body, None)


def _error(entry: Any) -> ErrorEntry:
    if not isinstance(entry, dict):
        return _build(None, entry, {}, {}, None)
    extensions = _mapping(entry.get("extensions"))
    path = entry.get("path")
    alias = path[0] if isinstance(path, list) and path and isinstance(path[0], str) else None
    inner = {name: extensions[name] for name in _COLUMN_NAMES if name in extensions}
    data = {**inner, **_mapping(extensions.get("error_data")), **_mapping(entry.get("error_data"))}
    code = extensions.get("code") or entry.get("code") or extensions.get("error_code")
    return _build(code, entry.get("message"), data, extensions, alias)


def _build(
    code: Any, message: Any, data: Mapping[str, Any], extensions: Mapping[str, Any], alias: str | None
) -> ErrorEntry:
    text = clean_text(str(message or ""), MESSAGE_LENGTH)
    column = next((data[name] for name in _COLUMN_NAMES if isinstance(data.get(name), (str, int)) and data[name]), None)
    resource = data.get("resource_type") or data.get("resource")
    waits = [_seconds(place.get("retry_in_seconds")) for place in (extensions, data)]
    told = [seconds for seconds in waits if seconds is not None]
    return ErrorEntry(
        code=clean_text(str(code or ""), 100),
        message=text,
        column_id=clean_text(str(column), 100) if column else None,
        status=_status(extensions.get("status_code")),
        retry_in_seconds=max(told) if told else _reset_in_message(text),
        alias=alias,
        resource=clean_text(str(resource), 100) if resource else None,
    )


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _seconds(value: Any) -> float | None:
    """A waiting time in seconds, or None for what isn't one."""
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        return None
    try:
        seconds = float(value)
    except (ValueError, OverflowError):
        return None
    return seconds if 0 <= seconds < 1e9 else None


def _status(value: Any) -> int | None:
    if isinstance(value, bool) or not isinstance(value, (int, str)):
        return None
    return int(value) if re.fullmatch(r"[1-5][0-9]{2}", str(value)) else None


def _reset_in_message(message: str) -> float | None:
    """A refusal may tell the time in its sentence only: "… reset in 3 seconds"."""
    words = r"\b(?:reset|retry|try again)\s+(?:in|after)\s+([0-9]{1,6}(?:\.[0-9]{1,3})?)\s*(s|sec|m|min)"
    found = re.search(words, message, re.IGNORECASE)
    if found is None:
        return None
    return float(found.group(1)) * (60 if found.group(2).lower().startswith("m") else 1)


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


def action_of(error: ErrorEntry, status: int | None, *, whole: bool) -> Action:
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


def is_denied(error: ErrorEntry) -> bool:
    """Whether the token may not do what was asked."""
    return action_of(error, error.status, whole=False) is Action.DENIED


def is_no_column(error: ErrorEntry) -> bool:
    """Whether the board has no such column to write to."""
    return normal_code(error.code) in {"invalidcolumnid", "columnnotfound", "invalidcolumntype"}


def is_cursor(error: ErrorEntry) -> bool:
    """Whether the cursor of a page is no longer good: it lives for an hour."""
    return "cursor" in normal_code(error.code) or bool(
        re.search(
            r"\bcursor\b.{0,60}\b(expired|invalid|not found|no longer|does(n't| not) exist)"
            r"|\b(expired|invalid|unknown)\b.{0,20}\bcursor\b",
            error.message,
            re.IGNORECASE,
        )
    )


def _by_status(error: ErrorEntry, status: int, *, whole: bool) -> Action:
    if status >= 500 or status == 408:
        return Action.UNKNOWN
    if not whole:  # a conflict or lock on one row's item; anything else is about the row's content
        return Action.WAIT if status in (409, 423, 429) else Action.REJECT
    if status in (400, 422) and error.code:  # a code that we don't know speaks of a row rather than of the run
        return Action.REJECT
    return _BY_STATUS.get(status, Action.STOP)


def _missing_what(error: ErrorEntry) -> Action:
    """Which thing a generic "not found" means; anything but an item or a group rejects the row."""
    text = f"{error.resource or ''} {error.message}".strip().lower()
    if error.column_id is not None or text.startswith("column"):
        return Action.REJECT
    if "group" in text:
        return Action.MISSING_GROUP
    if re.search(r"\b(sub)?(item|pulse|parent|task)s?\b", text) or "resource" in text or not text:
        return Action.MISSING_ITEM
    return Action.REJECT


@dataclass(frozen=True)
class RateLimits:
    """Limits by Monday's names for them: ``complexityMinute``, ``minuteRate``, ``concurrency``.

    ``quotas``: units a minute (of ``concurrency``: at a time); ``left``: what remains of them.
    """

    quotas: Mapping[str, int] = field(default_factory=dict)
    left: Mapping[str, int] = field(default_factory=dict)


_NAMED = re.compile(r'"([^"]*)"((?:\s*;\s*[a-zA-Z]+=(?:"[^"]*"|[^,;\s]+))*)')
_PARAMETER = re.compile(r';\s*([a-zA-Z]+)=(?:"([^"]*)"|([^,;\s]+))')


def read_rate_limits(headers: Mapping[str, str]) -> RateLimits:
    """The limits that ``headers`` (names in lower case) tell of; what can't be read is left out."""
    quotas, left = (
        {
            name: value
            for name, values in _named(headers.get(header, ""))
            if (value := _whole(values.get(key))) is not None
        }
        for header, key in (("ratelimit-policy", "q"), ("ratelimit", "r"))
    )
    return RateLimits({name: quota for name, quota in quotas.items() if quota > 0}, left)


def _named(text: str) -> list[tuple[str, dict[str, str]]]:
    return [
        (name, {key.lower(): quoted or bare for key, quoted, bare in _PARAMETER.findall(rest)})
        for name, rest in _NAMED.findall(text)
    ]


def _whole(text: str | None) -> int | None:
    """A count of at least nothing, or None. Fifteen digits are far above any limit."""
    if text is None or not re.fullmatch(r"-?[0-9]{1,15}(\.[0-9]+)?", text):
        return None
    return max(0, int(float(text)))


def retry_after(headers: Mapping[str, str], now: datetime) -> float | None:
    """Seconds that the ``Retry-After`` header asks for, given as seconds or as an HTTP date; None where it doesn't.

    A date is measured from the server's own ``Date`` where that is there, so that a wrong clock here doesn't matter.
    """
    text = headers.get("retry-after", "").strip()
    if not text:
        return None
    if re.fullmatch(r"[0-9]{1,9}(\.[0-9]+)?", text):
        return float(text)
    until = _http_date(text)
    if until is None:
        return None
    return max(0.0, (until - (_http_date(headers.get("date", "")) or now)).total_seconds())


def _http_date(text: str) -> datetime | None:
    try:
        moment = parsedate_to_datetime(text)
    except (TypeError, ValueError, IndexError, OverflowError):
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


class TransportFailure(Exception):
    """No answer. ``str()`` names the kind of failure only: messages of the libraries below may quote headers."""


class NotSent(TransportFailure):
    """The server cannot have seen the request."""


class Untrusted(NotSent):
    """The server's certificate could not be verified; ``str()`` is a sentence that says against what."""


class TimedOut(TransportFailure):
    """The request left, the answer did not come in time."""


class Lost(TransportFailure):
    """The request left, the answer broke off or made no sense."""


@dataclass(frozen=True)
class RawAnswer:
    """What came back from one attempt: a status with headers and text, or the kind of failure.

    ``received_at`` is UTC; ``elapsed`` is in seconds; ``started`` is monotonic. Header names are in lower case.
    """

    http_status: int | None
    headers: Mapping[str, str]
    text: str | None
    failure: TransportFailure | None
    received_at: datetime
    elapsed: float
    started: float = 0.0
    what: str = ""
    """What was asked for: the fields of the document."""
    request: str | None = None
    """The idempotency key, by which the ledger knows the request."""
    batch: str | None = None


class Verdict(StrEnum):
    """What to do about the request as a whole; ``Answer.rows`` says it for each row."""

    ANSWERED = "answered"  # every row has its own result
    WAIT = "wait"  # refused for now: the same again after ``wait_seconds`` (None: back off)
    SPLIT = "split"  # too heavy: nothing ran, send it in smaller pieces
    UNKNOWN = "unknown"  # done, partly done or not done
    NOT_SENT = "not_sent"  # it never left this machine
    QUOTA = "quota"  # the day's calls are used up
    STOP = "stop"  # no row can succeed; ``reason`` is a sentence for the person who runs this


class RowOutcome(StrEnum):
    """What became of one row."""

    DONE = "done"
    REJECTED = "rejected"  # never, as long as the row and the mapping are as they are
    RETRY = "retry"  # tried and surely not done; may be tried again
    NOT_RUN = "not_run"  # surely not tried
    UNKNOWN = "unknown"
    MISSING_ITEM = "missing_item"  # the item (or parent) was deleted or archived
    MISSING_GROUP = "missing_group"
    BOARD_FULL = "board_full"


@dataclass(frozen=True)
class RowResult:
    """One alias' part of the answer. ``monday_id`` for items, ``text_id`` for everything that has an id."""

    outcome: RowOutcome
    monday_id: int | None = None
    text_id: str | None = None
    payload: Mapping[str, Any] | None = None
    error: ErrorEntry | None = None
    wait_seconds: float | None = None


@dataclass(frozen=True)
class Complexity:
    """Points left before the request, its cost, points left after it, and the seconds to a fresh budget."""

    before: int
    query: int
    after: int
    reset_in_seconds: int


@dataclass(frozen=True)
class Answer:
    """Everything that one answer says. ``rows`` holds every alias, whatever the verdict.

    ``same_key``: the same body under the same key again is right (409, never sent). After an unknown outcome it is not,
    for a creation: Monday may have forgotten the key. ``new_key_needed``: the refusal came out of the key's memory.
    """

    verdict: Verdict
    rows: Mapping[str, RowResult]
    data: Mapping[str, Any] | None
    errors: tuple[ErrorEntry, ...]
    reason: str
    wait_seconds: float | None
    same_key: bool
    new_key_needed: bool
    request_id: str | None
    complexity: Complexity | None
    limits: RateLimits
    replayed: bool
    http_status: int | None
    elapsed: float
    started: float = 0.0

    @property
    def error(self) -> ErrorEntry | None:
        """The first error, if any."""
        return self.errors[0] if self.errors else None

    @property
    def locked(self) -> bool:
        """Refused for the sake of something that this very request touches: others may get through."""
        codes = {normal_code(error.code) for error in self.errors}
        return self.verdict is Verdict.WAIT and (self.http_status == 423 or bool(codes & _LOCKS))


_LOCKS = {normal_code("RESOURCE_LOCKED"), normal_code("LOCKED")}
_OUTCOME_OF = {
    Action.WAIT: RowOutcome.RETRY,
    Action.SAME_KEY: RowOutcome.UNKNOWN,
    Action.QUOTA: RowOutcome.NOT_RUN,
    Action.SPLIT: RowOutcome.NOT_RUN,
    Action.STOP: RowOutcome.NOT_RUN,
    Action.DOCUMENT: RowOutcome.REJECTED,
    Action.FULL: RowOutcome.BOARD_FULL,
    Action.MISSING_ITEM: RowOutcome.MISSING_ITEM,
    Action.MISSING_GROUP: RowOutcome.MISSING_GROUP,
    Action.UNKNOWN: RowOutcome.UNKNOWN,
    Action.REJECT: RowOutcome.REJECTED,
}
_VERDICT_OF = {
    Action.WAIT: Verdict.WAIT,
    Action.SAME_KEY: Verdict.WAIT,
    Action.QUOTA: Verdict.QUOTA,
    Action.SPLIT: Verdict.SPLIT,
    Action.STOP: Verdict.STOP,
    Action.DOCUMENT: Verdict.STOP,
}
# Of several errors, the gravest decides about the request.
_GRAVITY = (Action.QUOTA, Action.STOP, Action.DOCUMENT, Action.SAME_KEY, Action.SPLIT, Action.WAIT)


def read_answer(raw: RawAnswer, aliases: Sequence[str]) -> Answer:
    """The meaning of ``raw`` for a request whose rows carry ``aliases`` (none for a query: use ``Answer.data``)."""
    answer = _read(raw, aliases)
    _log(raw, answer)
    return answer


def _log(raw: RawAnswer, answer: Answer) -> None:
    """Log the request: codes and counts, never a message, which may quote a row."""
    counts = Counter(str(row.outcome) for row in answer.rows.values())
    codes = sorted({error.code for error in answer.errors if error.code})
    parts = [str(answer.verdict), *(f"{number} {name.replace('_', ' ')}" for name, number in sorted(counts.items()))]
    if answer.wait_seconds is not None:
        parts.append(f"wait {answer.wait_seconds:g} s")
    well = answer.verdict is Verdict.ANSWERED and not answer.errors
    request(
        raw.what,
        " ".join([parts[0], f"({', '.join([*parts[1:], *codes])})"]) if parts[1:] or codes else parts[0],
        seconds=raw.elapsed,
        rows=len(answer.rows),
        points=answer.complexity.query if answer.complexity else None,
        level=DEBUG if well else INFO,
        batch=raw.batch,
        request=raw.request,
        monday_request_id=answer.request_id,
    )


def _read(raw: RawAnswer, aliases: Sequence[str]) -> Answer:
    if raw.failure is not None:
        not_sent = isinstance(raw.failure, NotSent)
        verdict, said = Verdict.UNKNOWN, f"Monday's answer was lost: {raw.failure}."
        if not_sent:
            verdict, said = Verdict.NOT_SENT, f"Monday could not be reached: {raw.failure}."
        if isinstance(raw.failure, Untrusted):
            verdict, said = Verdict.STOP, str(raw.failure)
        rows = {alias: RowResult(RowOutcome.NOT_RUN if not_sent else RowOutcome.UNKNOWN) for alias in aliases}
        return _answer(raw, None, (), rows, verdict, said, None, not_sent)
    body = _json_object(raw.text)
    if body is None:
        return _unreadable(raw, aliases)
    data = body["data"] if isinstance(body.get("data"), dict) else None
    return _Reading(raw, body, data, read_errors(body), aliases).answer()


class _Reading:
    """One readable answer on its way to a verdict."""

    def __init__(
        self,
        raw: RawAnswer,
        body: dict[str, Any],
        data: dict[str, Any] | None,
        errors: tuple[ErrorEntry, ...],
        aliases: Sequence[str],
    ) -> None:
        self.raw, self.body, self.data, self.errors, self.aliases = raw, body, data, errors, aliases
        # Refused before it ran: no alias came back in any form. A half-run document has its aliases in data, if only as
        # null, or an error whose path names one.
        named = set(data or ()) | {error.alias for error in errors}
        self.nothing_ran = bool(errors) and named.isdisjoint(aliases)
        self.actions = {id(error): self._action(error) for error in errors}

    def _action(self, error: ErrorEntry) -> Action:
        status = error.status if error.status is not None else self.raw.http_status
        whole = self.nothing_ran and error.alias is None
        action = action_of(error, status, whole=whole)
        if action is Action.DENIED:  # an error with a path is its row's, whatever became of the neighbours
            return Action.REJECT if error.alias in self.aliases else Action.STOP
        one_row = len(self.aliases) == 1
        if action is Action.STOP and one_row and normal_code(error.code) == "invalidboardid":
            return Action.REJECT  # the run's own board was read before the push; a size may name one that is gone
        # "No row can succeed" is disproved by a neighbour that did; then it is this row's column or board.
        if error.alias in self.aliases and (action is Action.DOCUMENT or (action is Action.STOP and self._any_done())):
            return Action.REJECT
        return action

    def _any_done(self) -> bool:
        return any(_id_of((self.data or {}).get(alias)) for alias in self.aliases)

    def _errors_of(self, alias: str) -> list[ErrorEntry]:
        own = [error for error in self.errors if error.alias == alias]
        if own or len(self.aliases) != 1:
            return own
        return [error for error in self.errors if error.alias is None]

    def row(self, alias: str) -> RowResult:
        payload = (self.data or {}).get(alias)
        text_id = _id_of(payload)
        if text_id:
            number = int(text_id) if re.fullmatch(r"[0-9]{1,19}", text_id) else None
            return RowResult(RowOutcome.DONE, number, text_id, payload)
        errors = self._errors_of(alias)
        if errors:
            # An error of unknown outcome among several outweighs the others: certainty needs all of them.
            error = next((error for error in errors if self.actions[id(error)] is Action.UNKNOWN), errors[0])
            action = self.actions[id(error)]
            not_tried = action is Action.DOCUMENT or (action is Action.WAIT and self.nothing_ran)
            if not_tried or (action is Action.SPLIT and len(self.aliases) > 1):
                return RowResult(RowOutcome.NOT_RUN, error=error)
            if action is Action.SPLIT:  # one row can't be split: it would come back for ever
                return RowResult(RowOutcome.REJECTED, error=error)
            wait = self.wait(error) if action in (Action.WAIT, Action.SAME_KEY) else None
            return RowResult(_OUTCOME_OF[action], error=error, wait_seconds=wait)
        common = [error for error in self.errors if error.alias is None]
        refused = {Action.WAIT, Action.QUOTA, Action.SPLIT, Action.STOP, Action.DOCUMENT}
        if self.nothing_ran and common and all(self.actions[id(error)] in refused for error in common):
            return RowResult(RowOutcome.NOT_RUN, error=common[0])
        return RowResult(RowOutcome.UNKNOWN, error=common[0] if common else None)

    def wait(self, error: ErrorEntry) -> float | None:
        told = [error.retry_in_seconds, retry_after(self.raw.headers, self.raw.received_at)]
        return max((seconds for seconds in told if seconds is not None), default=None)

    def answer(self) -> Answer:
        rows = {alias: self.row(alias) for alias in self.aliases}
        verdict, decisive = self._verdict(rows)
        reason = _reason(verdict, decisive, self.raw, self.actions.get(id(decisive)))
        # The longest wait of all: whoever comes earlier is refused again. A limit on one row's account is everyone's.
        waits = [self.wait(error) for error in self.errors if self.actions[id(error)] in (Action.WAIT, Action.SAME_KEY)]
        wait = max((seconds for seconds in waits if seconds is not None), default=None)
        if wait is None and verdict in (Verdict.WAIT, Verdict.UNKNOWN):
            wait = retry_after(self.raw.headers, self.raw.received_at)
        same_key = self.actions.get(id(decisive)) is Action.SAME_KEY
        return _answer(self.raw, self.data, self.errors, rows, verdict, reason, wait, same_key, self.body)

    def _verdict(self, rows: Mapping[str, RowResult]) -> tuple[Verdict, ErrorEntry | None]:
        for action in _GRAVITY:
            for error in self.errors:
                if self.actions[id(error)] is not action:
                    continue
                # A wait or a split that concerns single rows is theirs; everything graver concerns all of us.
                whole = self.nothing_ran or not self.aliases
                if action in (Action.WAIT, Action.SPLIT) and not whole:
                    continue
                if action is Action.SPLIT and len(self.aliases) == 1:
                    continue
                return _VERDICT_OF[action], error
        return self._without_request_error(rows)

    def _without_request_error(self, rows: Mapping[str, RowResult]) -> tuple[Verdict, ErrorEntry | None]:
        first = self.errors[0] if self.errors else None
        if self.aliases:
            lost = all(row.outcome is RowOutcome.UNKNOWN for row in rows.values())
            return (Verdict.UNKNOWN if lost else Verdict.ANSWERED), first
        if first is None:
            return (Verdict.UNKNOWN if self.data is None else Verdict.ANSWERED), None
        # A query with an error of its own is no answer to build on, even where part of the data came.
        unknown = any(self.actions[id(error)] is Action.UNKNOWN for error in self.errors)
        return (Verdict.UNKNOWN if unknown else Verdict.STOP), first


def _answer(
    raw: RawAnswer,
    data: Mapping[str, Any] | None,
    errors: tuple[ErrorEntry, ...],
    rows: Mapping[str, RowResult],
    verdict: Verdict,
    reason: str,
    wait: float | None = None,
    same_key: bool = False,
    body: Mapping[str, Any] | None = None,
) -> Answer:
    replayed = raw.headers.get("idempotency-replayed", "").strip().lower() == "true"
    refused = all(row.outcome in (RowOutcome.NOT_RUN, RowOutcome.RETRY) for row in rows.values())
    return Answer(
        verdict=verdict,
        rows=rows,
        data=data,
        errors=errors,
        reason=reason,
        wait_seconds=wait,
        same_key=same_key,
        # A refusal that was kept under the key would come back, unchanged, for as long as Monday keeps it.
        new_key_needed=replayed and bool(rows) and refused,
        request_id=_request_id(raw, body),
        complexity=_complexity(data),
        limits=read_rate_limits(raw.headers),
        replayed=replayed,
        http_status=raw.http_status,
        elapsed=raw.elapsed,
        started=raw.started,
    )


def _unreadable(raw: RawAnswer, aliases: Sequence[str]) -> Answer:
    """An answer that isn't Monday's JSON: a page of a proxy or gateway, or a broken body. Only the status speaks."""
    status = raw.http_status or 0
    action = action_of(ErrorEntry("", ""), status, whole=True) if status >= 300 else Action.UNKNOWN
    if action is Action.REJECT:
        action = Action.STOP
    verdict = _VERDICT_OF.get(action, Verdict.UNKNOWN)
    # Refusals by status alone are made in front of the API, before anything runs.
    not_run = action in (Action.WAIT, Action.SPLIT, Action.STOP)
    rows = {alias: RowResult(RowOutcome.NOT_RUN if not_run else RowOutcome.UNKNOWN) for alias in aliases}
    reason = ""
    if verdict is Verdict.STOP:
        reason = f"{_front_of_monday(status)} Check MONDAY_API_URL, MONDAY_API_TOKEN and any proxy in between."
    elif verdict is Verdict.UNKNOWN:
        reason = f"Monday's answer could not be read (HTTP status {status})."
    elif verdict is Verdict.SPLIT:
        reason = f"The request is too large (HTTP status {status})."
    wait = retry_after(raw.headers, raw.received_at)
    return _answer(raw, None, (), rows, verdict, reason, wait, action is Action.SAME_KEY)


def _front_of_monday(status: int) -> str:
    if 300 <= status < 400:
        return f"The address redirects (HTTP status {status}) instead of answering."
    if status == 401:
        return "Monday refused the token (HTTP status 401)."
    return f"The request was refused with HTTP status {status} and no word from Monday's API."


def _reason(verdict: Verdict, error: ErrorEntry | None, raw: RawAnswer, action: Action | None) -> str:
    said = f"{error.code or 'no code'}: {error.message.rstrip('.')}" if error else "no error was given"
    if verdict is Verdict.QUOTA:
        return "Monday's daily quota is used up: the rest stays staged, push again after midnight UTC."
    if verdict is Verdict.SPLIT:
        return f"The request is too heavy for one call ({said})."
    if verdict is Verdict.UNKNOWN:
        return f"It is not known whether Monday carried the request out (HTTP status {raw.http_status}, {said})."
    if verdict is Verdict.STOP:
        if action is Action.DOCUMENT:
            return (
                f"Monday refused the request itself ({said}): nothing ran; "
                "check MONDAY_API_VERSION, and report this with the request id."
            )
        if action is Action.REJECT:
            return f"Monday answered a question with an error ({said})."
        if error is not None and error.column_id:
            said += f", at column {error.column_id}"
        return f"Monday refused access ({said}): check MONDAY_API_TOKEN, its rights on the board, and MONDAY_BOARD_ID."
    return ""


def _json_object(text: str | None) -> dict[str, Any] | None:
    """The JSON object in ``text``, if it is one that looks like an answer."""
    if not text:
        return None
    try:
        body = json.loads(text)
    except (ValueError, RecursionError):
        return None
    known = ("data", "errors", "error_code", "error_message")
    return body if isinstance(body, dict) and any(name in body for name in known) else None


def _id_of(payload: Any) -> str | None:
    """The id that makes a row done; a blank one, or one that is neither text nor a number, makes none."""
    if not isinstance(payload, dict):
        return None
    value = payload.get("id")
    if isinstance(value, bool) or not isinstance(value, (str, int)):
        return None
    return str(value).strip() or None


def _request_id(raw: RawAnswer, body: Mapping[str, Any] | None) -> str | None:
    extensions = (body or {}).get("extensions")
    value = extensions.get("request_id") if isinstance(extensions, dict) else None
    value = value or raw.headers.get("x-request-id")
    return clean_text(str(value), 100) if value else None


def _complexity(data: Mapping[str, Any] | None) -> Complexity | None:
    found = (data or {}).get("complexity")
    if not isinstance(found, dict):
        return None
    numbers = [found.get(name, 0) for name in ("before", "query", "after", "reset_in_x_seconds")]
    if not all(isinstance(number, int) for number in numbers):
        return None
    return Complexity(*numbers)
