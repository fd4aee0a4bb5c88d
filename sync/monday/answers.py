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
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sync.monday.client import RawAnswer, TransportError
from sync.monday.codes import Action, action_of, normal_code
from sync.monday.errors import MondayError, clean_text, read_errors
from sync.monday.limits import RateLimits, read_rate_limits, retry_after


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
    error: MondayError | None = None
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
    errors: tuple[MondayError, ...]
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
    def error(self) -> MondayError | None:
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
    if raw.transport_error is TransportError.UNTRUSTED:
        kept = {alias: RowResult(RowOutcome.NOT_RUN) for alias in aliases}
        return _answer(raw, None, (), kept, Verdict.STOP, raw.detail, None, True)
    if raw.transport_error is not None:
        not_sent = raw.transport_error is TransportError.NOT_SENT
        outcome = RowOutcome.NOT_RUN if not_sent else RowOutcome.UNKNOWN
        verdict = Verdict.NOT_SENT if not_sent else Verdict.UNKNOWN
        where = "Monday could not be reached" if not_sent else "Monday's answer was lost"
        rows = {alias: RowResult(outcome) for alias in aliases}
        return _answer(raw, None, (), rows, verdict, f"{where}: {raw.detail or raw.transport_error}.", None, not_sent)
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
        errors: tuple[MondayError, ...],
        aliases: Sequence[str],
    ) -> None:
        self.raw, self.body, self.data, self.errors, self.aliases = raw, body, data, errors, aliases
        # Refused before it ran: no alias came back in any form. A half-run document has its aliases in data, if only as
        # null, or an error whose path names one.
        named = set(data or ()) | {error.alias for error in errors}
        self.nothing_ran = bool(errors) and named.isdisjoint(aliases)
        self.actions = {id(error): self._action(error) for error in errors}

    def _action(self, error: MondayError) -> Action:
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

    def _errors_of(self, alias: str) -> list[MondayError]:
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

    def wait(self, error: MondayError) -> float | None:
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

    def _verdict(self, rows: Mapping[str, RowResult]) -> tuple[Verdict, MondayError | None]:
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

    def _without_request_error(self, rows: Mapping[str, RowResult]) -> tuple[Verdict, MondayError | None]:
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
    errors: tuple[MondayError, ...],
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
    action = action_of(MondayError("", ""), status, whole=True) if status >= 300 else Action.UNKNOWN
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


def _reason(verdict: Verdict, error: MondayError | None, raw: RawAnswer, action: Action | None) -> str:
    said = f"{error.code or 'no code'}: {error.message.rstrip('.')}" if error else "no error was given"
    if verdict is Verdict.QUOTA:
        return "Monday's daily quota of calls is used up: the rest stays staged, push again after midnight UTC."
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
