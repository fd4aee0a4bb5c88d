"""One request from its first header to its answer: token, limits, key, document, faults, points, execution.

The order is Monday's as far as it is known: what refuses a request refuses it before anything of it runs.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
import threading
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from graphql import OperationType

from emulator import engine as graphql_engine
from emulator.config import Config
from emulator.context import Context, Cursors, Done
from emulator.documents import Document
from emulator.engine import Engine
from emulator.errors import LineCut, RequestError
from emulator.faults import Fault, Faults, Strike
from emulator.keys import KeyMemory, Reply
from emulator.limits import Meter
from emulator.persist import StateFile
from emulator.store import State

_INT32 = 2**31 - 1
_VERSION = re.compile(r"[0-9]{4}-[0-9]{2}|dev")


@dataclass(slots=True)
class Call:
    """One request under way. `kept` is what its key remembers of it, when a fault bends the answer that is sent."""

    number: int
    request_id: str
    writing: bool = False
    key: str | None = None
    kept: Reply | None = None
    cut: bool = False
    """The client gets no answer, or a gateway's, for work that was done."""
    detached: bool = False
    """The work goes on behind an answer already given, and closes the key itself."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A request that makes sense: a valid document, its variables, the operation to run and the fields at its root."""

    document: Document
    variables: dict[str, Any]
    operation: Any
    name: str | None
    fields: list[str]


class Service:
    """An emulated account behind one token. Safe to call from many threads."""

    def __init__(self, config: Config, pause: Callable[[float], object]) -> None:
        self.config = config
        self.lock = threading.RLock()
        self.state = State(config)
        self.file = StateFile(config.state_file, self.state) if config.state_file else None
        self.engine = Engine(config.switches)
        self.meter = Meter(config.limits, config.switches)
        self.keys = KeyMemory(config.key_life_seconds, config.switches)
        self.faults = Faults(config.faults, config.random_faults)
        self.history: list[Done] = []
        self.cursors = Cursors()
        self.calls = 0
        self.revoked = False
        self._pause = pause

    def _now(self) -> float:
        return self.config.clock.now()

    def authorized(self, headers: Mapping[str, str]) -> bool:
        """Whether the `authorization` header holds the token (names of `headers` in lower case)."""
        text = headers.get("authorization", "")
        if self.config.switches.bearer_token:
            text = text.removeprefix("Bearer ")
        given = text.encode("utf-8", "replace")
        return hmac.compare_digest(given, self.config.token.encode()) and not self.revoked

    def handle(self, headers: Mapping[str, str], body: bytes, address: str) -> Reply:
        """The answer to one POST; LineCut where there is to be none. Names of `headers` are lower case."""
        with self.lock:
            self.calls += 1
            call = Call(self.calls, str(uuid.uuid4()))
        if not self.authorized(headers):
            return self._refused_token(call)
        try:
            with self.lock:
                self.meter.enter(address, self._now())
            return self._with_headers(self._answer(call, headers, body), call)
        except RequestError as error:
            return self._with_headers(self._refusal(error, call), call)
        finally:
            with self.lock:
                self.meter.leave()

    def _refused_token(self, call: Call) -> Reply:
        body = RequestError(401, "unauthorized", "Not Authenticated").body(call.request_id)
        if self.config.switches.unauthorized_shape == "text":
            body["errors"] = ["Not Authenticated"]
        return self._json(401, body, refused=True)

    def _refusal(self, error: RequestError, call: Call) -> Reply:
        reply = self._json(error.status, error.body(call.request_id), refused=True)
        if error.retry_after is None:
            return reply
        return replace(reply, headers=(*reply.headers, ("Retry-After", str(error.retry_after))))

    def _json(self, status: int, body: dict[str, Any], *, refused: bool = False, failed: bool = False) -> Reply:
        headers = (("Content-Type", "application/json; charset=utf-8"),)
        return Reply(status, headers, graphql_engine.encode(body), refused, failed)

    def _with_headers(self, reply: Reply, call: Call) -> Reply:
        with self.lock:
            limits = self.meter.headers(call.writing, self._now())
        end = _ANNOUNCED if self.config.switches.announced_end else ()
        return replace(reply, headers=(*reply.headers, *limits, *end))

    # ---------- what is asked

    def _answer(self, call: Call, headers: Mapping[str, str], body: bytes) -> Reply:
        known = _VERSION.fullmatch(headers.get("api-version", "dev"))
        if not known and self.config.switches.unknown_version == "refuse":
            raise RequestError(400, "InvalidVersionException", "The API-Version header names no version")
        query, variables, name = _read_body(body)
        with self.lock:
            document = self.engine.documents.get(query)
        if document.errors:
            status = self.config.switches.validation_status
            return self._json(status, graphql_engine.refusal(document.errors, call.request_id), refused=True)
        operation = document.operation(name)
        if operation is None:
            raise RequestError(400, "INVALID_GRAPHQL_REQUEST", "The document needs one operation, or operationName")
        call.writing = operation.operation is OperationType.MUTATION
        fields = [root.name for root in document.roots(operation)]
        asked = Asked(document, variables, operation, name, fields)
        key = headers.get("idempotency-key") if call.writing else None
        with self.lock:
            strike = self.faults.strike(call.number, fields, "mutation" if call.writing else "query")
            if strike.get("forget_keys"):
                self.keys.forget_all()
            if strike.get("forget_cursors"):
                self.cursors.forget_all()
        if key is None:
            return self._run(call, asked, strike)
        return self._once(key, hashlib.sha256(body).digest(), call, asked, strike)

    def _once(self, key: str, digest: bytes, call: Call, asked: Asked, strike: Strike) -> Reply:
        with self.lock:
            kept = self.keys.begin(key, digest, self._now())
        if kept is not None:
            return self._replay(kept, strike)
        call.key = key
        try:
            return self._run(call, asked, strike)
        except RequestError as error:
            call.kept = call.kept or self._refusal(error, call)
            raise
        except LineCut:
            call.cut = True
            raise
        finally:
            if not call.detached:
                self._close_key(call)

    def _replay(self, kept: Reply, strike: Strike) -> Reply:
        """A kept answer, which meets the same network as any other."""
        with self.lock:
            refused = self._strike_before(strike)
        if refused is not None:
            return refused
        slow = strike.get("slow")
        self._pause_for(self.config.latency_ms / 1000 + (slow.seconds if slow else 0))
        if strike.get("cut_after"):
            raise LineCut
        return self._bent(replace(kept, headers=(*kept.headers, ("Idempotency-Replayed", "true"))), strike)

    def _close_key(self, call: Call) -> None:
        if call.key is not None:
            with self.lock:
                self.keys.finish(call.key, call.kept, self._now(), call.cut)

    # ---------- what happens

    def _run(self, call: Call, asked: Asked, strike: Strike) -> Reply:
        with self.lock:
            refused = self._strike_before(strike)
        if refused is not None:
            return refused
        slow = strike.get("slow")
        seconds = self.config.latency_ms / 1000 + (slow.seconds if slow else 0)
        if call.writing:
            seconds += self.config.write_ms / 1000 * len(asked.fields)
        most = self.config.switches.server_timeout_seconds
        if not most or seconds <= most:
            return self._work(call, asked, strike)
        call.detached = call.cut = True
        threading.Thread(target=self._work_behind, args=(call, asked, strike), daemon=True).start()
        self._pause(most)
        return _gateway(Fault("status_after", status=504))

    def _work_behind(self, call: Call, asked: Asked, strike: Strike) -> None:
        """The work of a request whose client has been answered 504 (or will be, meanwhile)."""
        try:
            self._work(call, asked, strike)
        except RequestError as error:
            call.kept = self._refusal(error, call)
        except LineCut:
            pass  # nobody listens any more
        finally:
            self._close_key(call)

    def _work(self, call: Call, asked: Asked, strike: Strike) -> Reply:
        slow = strike.get("slow")
        self._pause_for(self.config.latency_ms / 1000 + (slow.seconds if slow and slow.work == "before" else 0))
        reply = self._execute(call, asked, strike)
        call.kept = None if strike.get("forget_key") else reply
        self._pause_for(slow.seconds if slow and slow.work == "after" else 0)
        call.cut = call.cut or strike.get("status_after") is not None
        return self._bent(reply, strike)

    def _strike_before(self, strike: Strike) -> Reply | None:
        """Faults that keep the request from being run at all."""
        if strike.get("revoke_token"):
            self.revoked = True
            raise RequestError(401, "unauthorized", "Not Authenticated")
        if strike.get("quota"):
            self.meter.use_up_day(self._now())
            raise RequestError(429, "DAILY_LIMIT_EXCEEDED", "Daily limit exceeded")
        if strike.get("drop_before"):
            raise LineCut
        if refuse := strike.get("refuse"):
            code = "" if refuse.bare else refuse.code or "RATE_LIMIT_EXCEEDED"
            raise RequestError(
                refuse.status or 429,
                code,
                refuse.message or f"Refused: {code}",
                retry_in_seconds=refuse.retry_in_seconds,
                retry_after=refuse.retry_after,
                data=dict(refuse.data),
            )
        status = strike.get("status_before")
        return None if status is None else _gateway(status)

    def _execute(self, call: Call, asked: Asked, strike: Strike) -> Reply:
        config = self.config
        points = asked.document.points(asked.operation, asked.variables, config.limits.write_points)
        with self.lock:
            now = self._now()
            budget = self.meter.budget(call.writing)
            before = budget.left(now)
            self.meter.spend(points, call.writing, now)
            context = Context(
                self.state,
                self.lock,
                call.number,
                call.request_id,
                self.history if config.keep_history else None,
                self.cursors,
                min(points, _INT32),
                min(before, _INT32),
                min(budget.left(now), _INT32),
                int(budget.reset(now, config.switches.complexity_reset == "newest")),
                strike if strike.on_rows else None,
                self._pace if config.write_ms else None,
            )
        try:
            if call.writing:
                result = self.engine.execute(asked.document, context, asked.variables, asked.name)
            else:
                with self.lock:
                    result = self.engine.execute(asked.document, context, asked.variables, asked.name)
        finally:
            self.save()
        body = graphql_engine.answer(result, call.request_id)
        broken = any(each["extensions"].get("code") == "JsonParseException" for each in body.get("errors", ()))
        if broken and config.switches.json_parse_scope == "request":
            del body["data"]
            return self._json(400, body, failed=True)
        if config.switches.warned:
            body["extensions"]["warnings"] = _warnings(asked.variables)
        return self._json(200, body, failed=bool(result.errors))

    def save(self) -> None:
        """Write what changed into the state file, if there is one."""
        with self.lock:
            if self.file is not None:
                self.file.save()
            else:
                self.state.dirty_items.clear()
                self.state.dirty_boards.clear()

    def _bent(self, reply: Reply, strike: Strike) -> Reply:
        """Faults that strike when the work is done."""
        cut = strike.get("cut_after")
        if strike.get("drop_after") or (cut is not None and cut.goes_on):
            raise LineCut
        if status := strike.get("status_after"):
            return _gateway(status)
        if strike.get("garbage"):
            return replace(reply, body=b'{"data": {"a0": {"id": \xff\xfe<html>')
        if strike.get("hollow"):
            return replace(reply, body=b'{"data": {}}')
        if strike.get("truncate"):
            return replace(reply, body=reply.body[: len(reply.body) // 2])
        return reply

    def _pace(self, position: int) -> None:
        self._pause_for(self.config.write_ms / 1000)

    def _pause_for(self, seconds: float) -> None:
        if seconds > 0:
            self._pause(seconds)

    def close(self) -> None:
        """Write and close the state file."""
        self.save()
        if self.file is not None:
            self.file.close()


_ANNOUNCED = (
    ("Deprecation", "@1796083200"),
    ("Sunset", "Thu, 01 Apr 2027 00:00:00 GMT"),
    ("Link", '<https://developer.monday.com/api-reference/docs/api-versioning?account=1>; rel="deprecation"'),
)


def _warnings(variables: Mapping[str, Any]) -> list[Any]:
    """Warnings in both shapes: a text, and an object that repeats what the request carried."""
    carried = next((text for text in variables.values() if isinstance(text, str) and text[:1] not in "{["), "…")
    return [
        "The argument column_values will take objects only.",
        {"code": "VALUE_TRIMMED", "message": f"The value {carried} was trimmed", "path": ["a0"]},
    ]


def _gateway(fault: Fault) -> Reply:
    """A page as a gateway in front of Monday sends it."""
    status = fault.status or 502
    page = f"<html><head><title>{status}</title></head><body><h1>{status}</h1></body></html>".encode()
    headers: tuple[tuple[str, str], ...] = (("Content-Type", "text/html"),)
    if fault.retry_after is not None:
        headers += (("Retry-After", str(fault.retry_after)),)
    return Reply(status, headers, page)


def _read_body(body: bytes) -> tuple[str, dict[str, Any], str | None]:
    try:
        given = json.loads(body)
    except (ValueError, RecursionError):
        raise RequestError(400, "JsonParseException", "The body is not JSON") from None
    query = given.get("query") if isinstance(given, dict) else None
    if not isinstance(query, str) or not query.strip():
        raise RequestError(400, "INVALID_GRAPHQL_REQUEST", "No query string was present")
    variables = given.get("variables")
    if variables is None:
        variables = {}
    if not isinstance(variables, dict):
        raise RequestError(400, "INVALID_GRAPHQL_REQUEST", "variables must be an object")
    name = given.get("operationName")
    return query, variables, name if isinstance(name, str) else None
