"""What an answer of Monday's means, for the request and for every row in it. Pure: bytes in, verdict out.

The rules, in this order:
1. A row is done when, and only when, its alias holds an id in ``data``, whatever else the answer says.
2. Code first, status second. An error belongs to the alias in its path; without a path it belongs to the only alias of
   a one-row request, or to the whole request.
3. "Surely not done" is said only where that is certain: the row has an error of its own, or the whole request was
   refused before it ran. Everything else without an id is UNKNOWN, and the board is asked before creating again.
"""

import json
import math
import re
import unicodedata
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from enum import StrEnum
from logging import DEBUG, INFO
from typing import Any

from sync.log import request


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
    seen = "".join(c for c in text if c in "\t\r\n" or unicodedata.category(c) not in ("Cc", "Cf", "Cs"))
    kept = " ".join(seen.split())
    return kept if len(kept) <= length else kept[: length - 1] + "…"


def read_errors(body: Mapping[str, Any]) -> tuple[ErrorEntry, ...]:
    """Every error in an answer, of the present shape, the older ones (bare texts, ``error_code``) or both."""
    listed = body.get("errors")
    entries = listed if isinstance(listed, list) else [listed] if listed else []
    code, message = body.get("error_code"), body.get("error_message")
    if (code or message) and all(isinstance(entry, str) for entry in entries):
        entries = [{"message": message, "extensions": body}]  # the old shape repeats its message as bare text
    return tuple(_error(entry if isinstance(entry, dict) else {"message": entry}) for entry in entries)


def _error(entry: Mapping[str, Any]) -> ErrorEntry:
    extensions = as_object(entry.get("extensions"))
    data = {**extensions, **as_object(extensions.get("error_data")), **as_object(entry.get("error_data"))}
    message = clean_text(str(entry.get("message") or ""), 500)
    names = ("column_id", "columnId", "column", "column_title", "column_name")
    column = next((data[name] for name in names if isinstance(data.get(name), (str, int)) and data[name]), None)
    resource = data.get("resource_type") or data.get("resource")
    path, status = entry.get("path"), _number(extensions.get("status_code"))
    waits = [wait for place in (extensions, data) if (wait := _number(place.get("retry_in_seconds"))) is not None]
    # A refusal may tell the time in its sentence only: "… reset in 3 seconds".
    words = re.search(
        r"\b(?:reset|retry|try again)\s+(?:in|after)\s+([0-9]{1,6}(?:\.[0-9]{1,3})?)\s*(s|m)", message, re.IGNORECASE
    )
    seconds = float(words[1]) * (60 if words[2] in "mM" else 1) if words else None
    return ErrorEntry(
        code=clean_text(str(extensions.get("code") or entry.get("code") or extensions.get("error_code") or ""), 100),
        message=message,
        column_id=clean_text(str(column), 100) if column else None,
        status=int(status) if status is not None and 100 <= status < 600 else None,
        # the longest of those that are named: whoever comes earlier is refused again
        retry_in_seconds=max(waits, default=seconds),
        alias=path[0] if isinstance(path, list) and path and isinstance(path[0], str) else None,
        resource=clean_text(str(resource), 100) if resource else None,
    )


def as_object(value: Any) -> Mapping[str, Any]:
    """It, where it is an object of JSON; else an empty one."""
    return value if isinstance(value, dict) else {}


def _number(value: Any) -> float | None:
    """A count or a waiting time, or None for what isn't one."""
    try:
        number = math.nan if isinstance(value, bool) else float(value)
    except (TypeError, ValueError, OverflowError):
        return None
    return number if 0 <= number < 1e9 else None


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
    """What became of one row, the worst first: of several operations on a row (change and move) that decides."""

    REJECTED = "rejected"  # never, as long as the row and the mapping are as they are
    BOARD_FULL = "board_full"
    MISSING_ITEM = "missing_item"  # the item (or parent) was deleted or archived
    MISSING_GROUP = "missing_group"
    UNKNOWN = "unknown"
    RETRY = "retry"  # tried and surely not done; may be tried again
    NOT_RUN = "not_run"  # surely not tried
    DONE = "done"


@dataclass(frozen=True, eq=False)
class Meaning:
    """What an error means: for the request, where it is nobody's own, and for the row that it belongs to.

    ``sentence`` is for the person who runs this, with what Monday said in the place of ``{said}``. An error is told by
    its code, else by the status of a whole request, or by the words of its message where it has no code.
    """

    verdict: Verdict
    row: RowOutcome
    sentence: str = ""
    codes: str = ""
    statuses: tuple[int, ...] = ()
    words: str = ""


_ACCESS = "Monday refused access ({said}): check MONDAY_API_TOKEN, its rights on the board, and MONDAY_BOARD_ID."
QUOTA = Meaning(
    Verdict.QUOTA,
    RowOutcome.NOT_RUN,
    "Monday's daily quota is used up: run this again after midnight UTC; what isn't done yet is kept.",
    codes="DAILY_LIMIT_EXCEEDED",
    words=r"\bdaily (\w+ )?(limit|quota)\b",
)
SPLIT = Meaning(
    Verdict.SPLIT,
    RowOutcome.NOT_RUN,
    "The request is too heavy for one call ({said}).",
    codes="REQUEST_MAX_COMPLEXITY_EXCEEDED maxComplexityExceeded PAYLOAD_TOO_LARGE",
    statuses=(413, 414),
    words=r"\bcomplexity of [0-9][^.]{0,40}exceeds\b|\bmax(imum)? complexity\b",
)
WAIT = Meaning(
    Verdict.WAIT,
    RowOutcome.RETRY,
    codes="COMPLEXITY_BUDGET_EXHAUSTED ComplexityException RATE_LIMIT_EXCEEDED MINUTE_RATE_LIMIT_EXCEEDED "
    "maxConcurrencyExceeded CONCURRENCY_LIMIT_EXCEEDED IP_RATE_LIMIT_EXCEEDED FIELD_LIMIT_EXCEEDED "
    "FIELD_MINUTE_RATE_LIMIT_EXCEEDED API_TEMPORARILY_BLOCKED tooManyRequests RESOURCE_LOCKED LOCKED",
    statuses=(423, 429),
    words=r"\bcomplexity budget\b|\bbudget exhausted\b|\brate limit\b[^.]{0,20}\bexceeded\b|\btoo many requests\b"
    r"|\bconcurrency limit\b|\b(reset|retry|try again) (in|after) [0-9]",
)
# The first sending of this key is still at work.
SAME_KEY = Meaning(Verdict.WAIT, RowOutcome.UNKNOWN, codes="IDEMPOTENCY_CONFLICT", statuses=(409,))
STOP = Meaning(
    Verdict.STOP,
    RowOutcome.NOT_RUN,
    _ACCESS,
    codes="Unauthenticated notAuthenticated restricted InvalidBoardIdException",
    words=r"\bnot authenticated\b|\binvalid (api )?token\b",
)
# The token may not, or sees no board: the row's own trouble where a path names it, else no row can succeed.
DENIED = Meaning(
    Verdict.STOP,
    RowOutcome.NOT_RUN,
    _ACCESS,
    codes="missingRequiredPermissions UserUnauthorizedException USER_ACCESS_DENIED unauthorized Forbidden "
    "ACCESS_DENIED PERMISSION_DENIED insufficientPermissions notAuthorized",
    words=r"\b(user )?(is )?(unauthori[sz]ed|not authori[sz]ed)\b|\b(permission|access) denied\b"
    r"|\bno permissions?\b|n[o']t have (the )?(\w+ )?permissions?\b",
)
DOCUMENT = Meaning(
    Verdict.STOP,
    RowOutcome.NOT_RUN,
    "Monday refused the request itself ({said}): nothing ran; check MONDAY_API_VERSION, and report this with the"
    " request id.",
    codes="JsonParseException ParseError GRAPHQL_PARSE_FAILED GRAPHQL_VALIDATION_FAILED undefinedField undefinedType "
    "undefinedArgument argumentNotAccepted argumentLiteralsIncompatible missingRequiredArguments "
    "selectionMismatch variableMismatch variableNotUsed variableRequiresValidType "
    "InvalidVersionException invalidApiVersion BAD_USER_INPUT INVALID_GRAPHQL_REQUEST maxDepthExceeded",
)
FULL = Meaning(Verdict.ANSWERED, RowOutcome.BOARD_FULL, codes="ItemsLimitationException ITEMS_LIMIT_EXCEEDED")
MISSING_ITEM = Meaning(
    Verdict.ANSWERED,
    RowOutcome.MISSING_ITEM,
    codes="ItemNotFoundInBoard InvalidItemIdException ItemNotFoundException inactiveItems",
)
MISSING_GROUP = Meaning(
    Verdict.ANSWERED, RowOutcome.MISSING_GROUP, codes="GroupNotFound GroupNotFoundInBoard InvalidGroupIdException"
)
# Something is missing; the message says what.
MISSING = Meaning(Verdict.ANSWERED, RowOutcome.REJECTED, codes="ResourceNotFoundException NOT_FOUND")
REJECT = Meaning(
    Verdict.ANSWERED,
    RowOutcome.REJECTED,
    codes="ColumnValueException InvalidColumnIdException InvalidColumnTypeException ColumnNotFound",
)
UNKNOWN = Meaning(
    Verdict.UNKNOWN,
    RowOutcome.UNKNOWN,
    codes="INTERNAL_SERVER_ERROR InternalServerError SUBREQUEST_HTTP_ERROR DOWNSTREAM_SERVICE_ERROR GATEWAY_TIMEOUT "
    "REQUEST_TIMEOUT TIMEOUT SERVICE_UNAVAILABLE",
    statuses=(408, *range(500, 1000)),
)
# Of an error without a code, the first whose words match counts.
_TABLE = (
    QUOTA,
    SPLIT,
    WAIT,
    SAME_KEY,
    STOP,
    DENIED,
    DOCUMENT,
    FULL,
    MISSING_ITEM,
    MISSING_GROUP,
    MISSING,
    REJECT,
    UNKNOWN,
)
# Of several errors, the gravest decides about the request.
_GRAVITY = (QUOTA, STOP, DOCUMENT, SAME_KEY, SPLIT, WAIT)


def normal_code(code: str) -> str:
    """``code`` as it is compared: ``ComplexityException`` and ``COMPLEXITY`` are the same."""
    return re.sub(r"(?<=.)(error)?(exception)?$", "", re.sub(r"[^a-z0-9]", "", code.lower()))


_BY_CODE = {normal_code(code): meaning for meaning in _TABLE for code in meaning.codes.split()}
_BY_STATUS = {status: meaning for meaning in _TABLE for status in meaning.statuses}

# Static validation answers without a code in some versions; these are the beginnings of its messages.
_DOCUMENT_MESSAGE = re.compile(
    r"^(parse error|syntax error|field '?\"?\w+'?\"? (doesn't|does not) exist|cannot query field|unknown argument"
    r"|variable \W?\$\w+|unknown type|argument '?\w+'? on field)",
    re.IGNORECASE,
)

# What is missing may be told under a code that says "invalid" only.
_GONE = re.compile(
    r"\b(?P<what>group|item|subitem|pulse)\b[^.]{0,60}?\b(not found|does(n't| not) exist"
    r"|is (not active|inactive|deleted|archived)"
    r"|(does(n't| not) belong to|is( not|n't) (on|in|part of)) (the|this|your) board)",
    re.IGNORECASE,
)


def meaning_of(error: ErrorEntry, status: int | None, *, whole: bool) -> Meaning:
    """What ``error`` means by itself.

    ``status`` is the error's own status, else the HTTP status. ``whole`` says that the error stands for the whole
    request (no path, no data); a status can stop a run only then, for one row's 403 says nothing about its neighbours.
    """
    known = _BY_CODE.get(normal_code(error.code))
    if known is not None:
        return _missing_what(error) if known is MISSING else known
    if whole and _DOCUMENT_MESSAGE.match(error.message):
        return DOCUMENT
    told = (each for each in _TABLE if each.words and re.search(each.words, error.message, re.IGNORECASE))
    if not error.code and (by_words := next(told, None)):
        return by_words
    if error.column_id is None and (gone := _GONE.search(error.message)):
        return MISSING_GROUP if gone["what"].lower() == "group" else MISSING_ITEM
    if status is not None and status >= 300:
        by_status = _BY_STATUS.get(status, STOP)
        if not whole:  # a conflict or lock on one row's item; anything else is about the row's content
            return {UNKNOWN: UNKNOWN, SAME_KEY: WAIT, WAIT: WAIT}.get(by_status, REJECT)
        # a code that we don't know speaks of a row rather than of the run
        return REJECT if status in (400, 422) and error.code else by_status
    unknown = not error.code and re.search(r"internal server error|timed? ?out", error.message, re.IGNORECASE)
    return UNKNOWN if unknown else REJECT


def _missing_what(error: ErrorEntry) -> Meaning:
    """Which thing isn't found: its kind says it, else the words; no row is at fault for a board."""
    kind = (error.resource or error.message).lower()
    if error.column_id is not None or kind.startswith("column"):
        return REJECT
    if kind.startswith("board"):
        return DENIED
    said = [each.lower() for each in (error.resource, error.message) if each]
    for text in said:
        if re.search(r"group|\b(sub)?(item|pulse|parent|task)s?\b", text):
            return MISSING_GROUP if "group" in text else MISSING_ITEM
    return MISSING_ITEM if not said or any("resource" in text for text in said) else REJECT


def is_denied(error: ErrorEntry) -> bool:
    """Whether the token may not do what was asked."""
    return meaning_of(error, error.status, whole=False) is DENIED


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


_NAMED = re.compile(r'"([^"]*)"((?:\s*;\s*[a-zA-Z]+=(?:"[^"]*"|[^,;\s]+))*)')
# Fifteen digits are far above any limit.
_FIGURE = r';\s*{}=("?)(-?[0-9]{{1,15}})(?:\.[0-9]+)?\1(?![^;\s])'


def read_rate_limits(headers: Mapping[str, str]) -> tuple[dict[str, int], dict[str, int]]:
    """Quotas and what is left of them, as ``headers`` (names in lower case) tell; what can't be read is left out.

    Both by Monday's names: ``complexityMinute``, ``minuteRate``, ``concurrency``; units a minute (of ``concurrency``:
    at a time).
    """
    quotas, left = (
        {
            name: max(0, int(found[2]))
            for name, parameters in _NAMED.findall(headers.get(header, ""))
            if (found := re.search(_FIGURE.format(key), parameters, re.IGNORECASE))
        }
        for header, key in (("ratelimit-policy", "q"), ("ratelimit", "r"))
    )
    return {name: quota for name, quota in quotas.items() if quota > 0}, left


def retry_after(headers: Mapping[str, str], now: datetime) -> float | None:
    """Seconds that the ``Retry-After`` header asks for, given as seconds or as an HTTP date; None where it doesn't.

    A date is measured from the server's own ``Date`` where that is there, so that a wrong clock here doesn't matter.
    """
    moments = {}
    for name in ("retry-after", "date"):
        with suppress(TypeError, ValueError, IndexError, OverflowError):
            moment = parsedate_to_datetime(headers.get(name, ""))
            moments[name] = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    if "retry-after" not in moments:
        return _number(headers.get("retry-after", ""))
    return max(0.0, (moments["retry-after"] - moments.get("date", now)).total_seconds())


class TransportFailure(Exception):
    """No answer, though the request left, unless it is NotSent.

    ``str()`` names the kind of failure only: messages of the libraries below may quote headers.
    """


class NotSent(TransportFailure):
    """The server cannot have seen the request."""


class Untrusted(NotSent):
    """The server's certificate could not be verified; ``str()`` is a sentence that says against what."""


@dataclass(frozen=True)
class HttpReply:
    """An answer of any status; without one, nothing."""

    status: int | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    text: str | None = None


@dataclass(frozen=True, kw_only=True)
class RawAnswer(HttpReply):
    """What came back from one attempt: a status with headers and text, or the kind of failure.

    ``received_at`` is UTC; ``elapsed`` is in seconds; ``started`` is monotonic. Header names are in lower case.
    ``about``: ``what`` was asked for (fields, joined by +), and for the log the ``batch`` and the idempotency key as
    ``request``.
    """

    failure: TransportFailure | None
    received_at: datetime
    elapsed: float
    started: float
    about: Mapping[str, Any]


@dataclass(frozen=True)
class RowResult:
    """One alias' part of the answer. ``monday_id`` is a number for items, a text for groups and columns.

    ``board_id``: the board on which it was done, where the answer names it.
    """

    outcome: RowOutcome
    monday_id: int | str | None = None
    board_id: int | None = None
    error: ErrorEntry | None = None


@dataclass(frozen=True)
class Answer:
    """Everything that one answer says. ``rows`` holds every alias, whatever the verdict; ``limits``: quotas, and what
    is left of them. ``cost`` is in points, of which there were ``before`` and ``after``; None: it doesn't tell them.

    ``same_key``: the same body under the same key again is right (409, never sent). After an unknown outcome it is not,
    for a creation: Monday may have forgotten the key.
    ``new_key_needed``: a refusal or an unknown outcome came out of the key's memory.
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
    cost: int | None
    before: int
    after: int
    limits: tuple[Mapping[str, int], Mapping[str, int]]
    replayed: bool
    raw: RawAnswer

    @property
    def error(self) -> ErrorEntry | None:
        """The first error, if any."""
        return self.errors[0] if self.errors else None

    def told(self, *codes: str) -> bool:
        """Whether an error has one of these codes."""
        return any(normal_code(error.code) in map(normal_code, codes) for error in self.errors)

    @property
    def locked(self) -> bool:
        """Refused for the sake of something that this very request touches: others may get through."""
        return self.verdict is Verdict.WAIT and (self.raw.status == 423 or self.told("RESOURCE_LOCKED", "LOCKED"))


def read_answer(raw: RawAnswer, aliases: Sequence[str]) -> Answer:
    """The meaning of ``raw`` for a request whose rows carry ``aliases`` (none for a query: use ``Answer.data``)."""
    body = parse_object(raw.text)
    readable = not body.keys().isdisjoint(("data", "errors", "error_code", "error_message"))
    answer = _Reading(raw, body, aliases).answer() if readable else _unread(raw, aliases)
    counts = Counter(str(row.outcome) for row in answer.rows.values())
    more = [
        *(f"{number} {name.replace('_', ' ')}" for name, number in sorted(counts.items())),
        *([] if answer.wait_seconds is None else [f"wait {answer.wait_seconds:g} s"]),
        *sorted({error.code for error in answer.errors if error.code}),
    ]
    request(  # codes and counts, never a message, which may quote a row
        outcome=f"{answer.verdict} ({', '.join(more)})" if more else str(answer.verdict),
        seconds=raw.elapsed,
        rows=len(answer.rows),
        points=answer.cost,
        level=DEBUG if answer.verdict is Verdict.ANSWERED and not answer.errors else INFO,
        **raw.about,
        monday_request_id=answer.request_id,
    )
    return answer


_FAILURES = {
    Untrusted: (Verdict.STOP, RowOutcome.NOT_RUN, "{}"),
    NotSent: (Verdict.NOT_SENT, RowOutcome.NOT_RUN, "Monday could not be reached: {}."),
    TransportFailure: (Verdict.UNKNOWN, RowOutcome.UNKNOWN, "Monday's answer was lost: {}."),
}


def _unread(raw: RawAnswer, aliases: Sequence[str]) -> Answer:
    """No answer, or one that isn't Monday's JSON: of a proxy or gateway, or broken, so that the status speaks alone."""
    if raw.failure is not None:
        verdict, outcome, reason = _FAILURES[type(raw.failure)]
        rows, kept = dict.fromkeys(aliases, RowResult(outcome)), outcome is RowOutcome.NOT_RUN
        return _answer(raw, {}, verdict, rows, reason.format(raw.failure), same_key=kept)
    status = raw.status or 0
    meaning = _BY_STATUS.get(status, STOP) if status >= 300 else UNKNOWN
    refused = (
        f"The address redirects (HTTP status {status}) instead of answering."
        if status < 400
        else "Monday refused the token (HTTP status 401)."
        if status == 401
        else f"The request was refused with HTTP status {status} and no word from Monday's API."
    )
    reason = {
        STOP: f"{refused} Check MONDAY_API_URL, MONDAY_API_TOKEN and any proxy in between.",
        SPLIT: f"The request is too large (HTTP status {status}).",
        UNKNOWN: f"Monday's answer could not be read (HTTP status {status}).",
    }.get(meaning, "")
    # "Later" and "too large" are said in front of the API; any other page may stand in the place of its answer.
    row = RowResult(RowOutcome.NOT_RUN if meaning in (WAIT, SPLIT) else RowOutcome.UNKNOWN)
    rows, wait = dict.fromkeys(aliases, row), retry_after(raw.headers, raw.received_at)
    return _answer(raw, {}, meaning.verdict, rows, reason, wait=wait, same_key=meaning is SAME_KEY)


class _Reading:
    """One readable answer on its way to a verdict."""

    def __init__(self, raw: RawAnswer, body: Mapping[str, Any], aliases: Sequence[str]) -> None:
        self.raw, self.body, self.aliases, self.alone = raw, body, aliases, len(aliases) == 1
        self.data = as_object(body.get("data"))
        self.ids = {alias: id_ for alias in aliases if (id_ := _id_of(self.data.get(alias))) is not None}
        errors = read_errors(body)
        # Refused before it ran: no alias came back in any form. A half-run document has its aliases in data, if only as
        # null, or an error whose path names one.
        named = set(self.data) | {error.alias for error in errors}
        self.nothing_ran = bool(errors) and named.isdisjoint(aliases)
        self.errors = [(error, self._meaning(error)) for error in errors]

    def _meaning(self, error: ErrorEntry) -> Meaning:
        """What ``error`` means beside the rest of the answer."""
        status = error.status if error.status is not None else self.raw.status
        meaning = meaning_of(error, status, whole=self.nothing_ran and error.alias is None)
        own = error.alias in self.aliases
        # What is denied is its row's, whatever became of the neighbours, and so is what is wrong with the document.
        # "No row can succeed" is disproved by a neighbour that did; then it is this row's column or board. A single
        # row's board is its own, too: the run's was read before the push, but a size may name one that is gone.
        gone = self.alone and normal_code(error.code) == "invalidboardid"
        theirs = (own and meaning in (DENIED, DOCUMENT)) or (meaning is STOP and (gone or (own and self.ids)))
        return REJECT if theirs else STOP if meaning is DENIED else meaning

    def answer(self) -> Answer:
        rows = {alias: self._row(alias) for alias in self.aliases}
        verdict, sentence, decisive, meaning = self._verdict(rows)
        said = f"{decisive.code or 'no code'}: {decisive.message.rstrip('.')}" if decisive else "no error was given"
        column = decisive.column_id if decisive and sentence == _ACCESS else None
        # The longest wait of all. A limit on one row's account is everyone's.
        waits = [error.retry_in_seconds for error, meaning in self.errors if meaning in (WAIT, SAME_KEY)]
        if waits or verdict in (Verdict.WAIT, Verdict.UNKNOWN):
            waits.append(retry_after(self.raw.headers, self.raw.received_at))
        return _answer(
            self.raw,
            self.body,
            verdict,
            rows,
            sentence.format(said=f"{said}, at column {column}" if column else said),
            errors=tuple(error for error, _ in self.errors),
            wait=max((wait for wait in waits if wait is not None), default=None),
            same_key=meaning is SAME_KEY,
        )

    def _row(self, alias: str) -> RowResult:
        if alias in self.ids:
            board = _id_of(self.data[alias].get("board"))
            return RowResult(RowOutcome.DONE, self.ids[alias], board if isinstance(board, int) else None)
        common = [each for each in self.errors if each[0].alias is None]
        own = [each for each in self.errors if each[0].alias == alias] or (common if self.alone else [])
        if not own:
            refused = all(meaning in _GRAVITY and meaning is not SAME_KEY for _, meaning in common)
            return RowResult(
                RowOutcome.NOT_RUN if self.nothing_ran and common and refused else RowOutcome.UNKNOWN,
                error=common[0][0] if common else None,
            )
        # An error of unknown outcome among several outweighs the others: certainty needs all of them.
        error, meaning = next((each for each in own if each[1] is UNKNOWN), own[0])
        return RowResult(
            RowOutcome.NOT_RUN
            if meaning is WAIT and self.nothing_ran
            else RowOutcome.REJECTED
            if meaning is SPLIT and self.alone  # one row can't be split: it would come back for ever
            else meaning.row,
            error=error,
        )

    def _verdict(self, rows: Mapping[str, RowResult]) -> tuple[Verdict, str, ErrorEntry | None, Meaning | None]:
        """The verdict with its sentence, and the error that decided with its meaning."""
        # A wait or a split that concerns single rows is theirs; everything graver concerns all of us.
        theirs = (WAIT, SPLIT) if not self.nothing_ran else (SPLIT,) if self.alone else ()
        grave = [each for each in self.errors if each[1] in _GRAVITY and each[1] not in theirs]
        if grave:
            error, meaning = min(grave, key=lambda each: _GRAVITY.index(each[1]))
            return meaning.verdict, meaning.sentence, error, meaning
        first = self.errors[0][0] if self.errors else None
        lost = (
            all(row.outcome is RowOutcome.UNKNOWN for row in rows.values())
            if self.aliases
            else any(meaning is UNKNOWN for _, meaning in self.errors)
            if self.errors
            else not _is_whole(self.body.get("data"), self.raw.about.get("what", ""))
        )
        if lost:
            said = (
                "It is not known whether Monday carried the request out (HTTP status %s, {said})."
                if self.aliases
                else "Monday's answer lacks what was asked for (HTTP status %s, {said})."
            )
            return Verdict.UNKNOWN, said % self.raw.status, first, None
        if self.errors and not self.aliases:
            # A query with an error of its own is no answer to build on, even where part of the data came.
            said = (
                "Monday answered a question with an error ({said}): try again, and report it if it stays."
                if self.errors[0][1] is REJECT
                else _ACCESS
            )
            return Verdict.STOP, said, first, None
        return Verdict.ANSWERED, "", first, None


def _answer(
    raw: RawAnswer,
    body: Mapping[str, Any],
    verdict: Verdict,
    rows: Mapping[str, RowResult],
    reason: str,
    *,
    errors: tuple[ErrorEntry, ...] = (),
    wait: float | None = None,
    same_key: bool = False,
) -> Answer:
    data = body["data"] if isinstance(body.get("data"), dict) else None
    replayed = raw.headers.get("idempotency-replayed", "").strip().lower() == "true"
    undone = bool(rows) and {row.outcome for row in rows.values()} <= {
        RowOutcome.UNKNOWN,
        RowOutcome.RETRY,
        RowOutcome.NOT_RUN,
    }
    request_id = as_object(body.get("extensions")).get("request_id") or raw.headers.get("x-request-id")
    told = (data or {}).get("complexity")
    points = [as_object(told).get(name, 0) for name in ("before", "query", "after")]
    known = isinstance(told, dict) and all(isinstance(number, int) for number in points)
    before, cost, after = points if known else (0, None, 0)
    return Answer(
        verdict=verdict,
        rows=rows,
        data=data,
        errors=errors,
        reason=reason,
        wait_seconds=wait,
        same_key=same_key,
        # What is kept under the key comes back, unchanged, for as long as Monday keeps it. What it answers is over.
        new_key_needed=replayed and undone,
        request_id=clean_text(str(request_id), 100) if request_id else None,
        cost=cost,
        before=before,
        after=after,
        limits=read_rate_limits(raw.headers),
        replayed=replayed,
        raw=raw,
    )


def parse_object(text: str | None) -> dict[str, Any]:
    """The JSON object in ``text``; empty where there is none."""
    try:
        found = json.loads(text or "")
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _is_whole(data: Any, what: str) -> bool:
    """Whether the answer to a question has the lists asked for: a missing one says nothing of the board."""
    boards = as_object(data).get("boards") or []
    lists = [as_object(data).get(name) for name in what.split("+") if name]
    lists += [as_object(board).get(name, []) for board in boards for name in ("columns", "groups", "items_page")]
    found = [each.get("items") if isinstance(each, dict) else each for each in lists]
    return isinstance(data, dict) and None not in boards and all(isinstance(each, list) for each in found)


def _id_of(payload: Any) -> int | str | None:
    """The id that makes a row done; a blank one, or one that is neither text nor a number, makes none."""
    value = as_object(payload).get("id")
    text = str(value).strip() if isinstance(value, str) or type(value) is int else ""
    return int(text) if re.fullmatch(r"[0-9]{1,19}", text) else text or None
