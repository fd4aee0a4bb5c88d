"""The memory behind `Idempotency-Key`: the first answer is kept for 30 minutes, at best effort."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass

from emulator.errors import RequestError
from emulator.switches import Switches

ANSWER_MAX = 1_000_000


@dataclass(frozen=True, slots=True)
class Reply:
    """One HTTP answer. `refused`: nothing of the request ran; `failed`: it ran, with errors in it."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes
    refused: bool = False
    failed: bool = False


@dataclass(slots=True)
class _Entry:
    digest: bytes
    reply: Reply | None
    until: float


class KeyMemory:
    """Answers by key. Not safe between threads by itself: the service calls it under its lock."""

    def __init__(self, life: float, switches: Switches) -> None:
        self._life = life
        self._switches = switches
        self._entries: OrderedDict[str, _Entry] = OrderedDict()
        self._bytes = 0

    @property
    def in_flight(self) -> int:
        """Keys whose first request is under way."""
        return sum(entry.reply is None for entry in self._entries.values())

    def begin(self, key: str, digest: bytes, now: float) -> Reply | None:
        """The kept answer; None when the request is to run. RequestError for a key in flight, or used otherwise."""
        if self._switches.idempotency_cache == "not_kept":
            return None
        entry = self._entries.get(key)
        if entry is not None and entry.reply is not None and entry.until <= now:
            self.forget(key)
            entry = None
        if entry is not None:
            if entry.reply is None:
                message = "A request with the same idempotency key is still in flight"
                raise RequestError(409, "IDEMPOTENCY_CONFLICT", message, retry_after=1)
            if entry.digest == digest or self._switches.idempotency_other_body == "replay":
                return entry.reply
            if self._switches.idempotency_other_body == "refuse":
                raise RequestError(422, "IDEMPOTENCY_KEY_REUSED", "The idempotency key was used with another request")
            self.forget(key)
        self._entries[key] = _Entry(digest, None, now + self._life)
        return None

    def finish(self, key: str, reply: Reply | None, now: float, cut: bool = False) -> None:
        """The request is over: keeps its answer, or forgets the key where it is not to be kept (None: never)."""
        entry = self._entries.get(key)
        if entry is None or entry.reply is not None:
            return
        if reply is None or not self._keeps(reply, cut):
            del self._entries[key]
            return
        entry.reply = reply
        entry.until = now + self._life
        self._bytes += len(reply.body)
        self._entries.move_to_end(key)
        while self._bytes > self._switches.idempotency_budget_bytes:
            # Kept answers stand in the order in which they came; one in flight has no answer to drop.
            oldest = next(each for each, kept in self._entries.items() if kept.reply is not None)
            self.forget(oldest)

    def _keeps(self, reply: Reply, cut: bool) -> bool:
        switches = self._switches
        if len(reply.body) > ANSWER_MAX or (cut and not switches.idempotency_keep_cut):
            return False
        if reply.refused:
            return switches.idempotency_keep_refusals
        return switches.idempotency_keep_errors or not reply.failed

    def forget(self, key: str) -> None:
        """Drops one key."""
        entry = self._entries.pop(key, None)
        if entry is not None and entry.reply is not None:
            self._bytes -= len(entry.reply.body)

    def forget_all(self) -> None:
        """Drops every kept answer; requests in flight stay known."""
        for key in [each for each, entry in self._entries.items() if entry.reply is not None]:
            self.forget(key)
