"""Sends one request to Monday, once. What the answer means is for ``answers``; when to try again, for the caller."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from urllib.parse import urlsplit

from sync.errors import ConfigurationError
from sync.monday.clock import Clock, SystemClock
from sync.monday.transport import (
    Lost,
    NotSent,
    RequestsTransport,
    TimedOut,
    Transport,
    TransportFailure,
    Untrusted,
    is_loopback,
)
from sync.monday.warned import warnings_of
from sync.settings import CONNECT_TIMEOUT, REQUEST_TIMEOUT

LOGGER = logging.getLogger("sync.monday")
"""Tells what Monday's answers warn of; a command shows each sentence once."""


class UnsafeUrl(ConfigurationError):
    """The address would send the token in the clear, or isn't an address."""


class TransportError(StrEnum):
    """Why there is no answer."""

    NOT_SENT = "not_sent"
    UNTRUSTED = "untrusted"
    TIMED_OUT = "timed_out"
    LOST = "lost"


@dataclass(frozen=True)
class RawAnswer:
    """What came back from one attempt: a status with headers and text, or the kind of failure.

    ``received_at`` is UTC; ``elapsed`` is in seconds; ``started`` is monotonic. Header names are in lower case.
    """

    http_status: int | None
    headers: Mapping[str, str]
    text: str | None
    transport_error: TransportError | None
    detail: str
    received_at: datetime
    elapsed: float
    started: float = 0.0


@dataclass(frozen=True)
class _Secret:
    """A value that no repr, log line or traceback shows."""

    value: str = field(repr=False)


class MondayClient:
    """Speaks the protocol of API.md: a POST of JSON, the bare token, one API version. Safe to share between threads."""

    def __init__(
        self,
        url: str,
        token: str,
        api_version: str,
        *,
        transport: Transport | None = None,
        clock: Clock | None = None,
        connect_timeout: float = CONNECT_TIMEOUT,
    ) -> None:
        check_url(url)
        # A line end inside a header value would be refused by the library with the value in its message.
        if not token.strip() or any(not 32 < ord(letter) < 127 for letter in token.strip()):
            raise ConfigurationError(
                "MONDAY_API_TOKEN is empty or holds blanks or characters that no token has: set it to the token from "
                "Monday's developer page."
            )
        self._url = url
        self._token = _Secret(token.strip())
        self._version = api_version
        self._clock = clock or SystemClock()
        self._transport = transport or RequestsTransport(self._clock)
        self._connect_timeout = connect_timeout

    def __repr__(self) -> str:
        return f"MondayClient(host={urlsplit(self._url).hostname!r}, api_version={self._version!r})"

    def send(self, body: str, *, idempotency_key: str | None = None, timeout: float = REQUEST_TIMEOUT) -> RawAnswer:
        """Post ``body`` (the exact JSON text) once and say what came back; no status and no network failure raises.

        ``idempotency_key`` travels as ``Idempotency-Key`` (mutations only); ``timeout`` is seconds to the whole answer.
        """
        headers = {
            "Authorization": self._token.value,
            "API-Version": self._version,
            "Content-Type": "application/json",
            "Accept": "application/json",
            "User-Agent": "order-sync",
        }
        if idempotency_key is not None:
            headers["Idempotency-Key"] = idempotency_key
        started = self._clock.monotonic()
        status: int | None = None
        names: Mapping[str, str] = MappingProxyType({})
        text: str | None = None
        error: TransportError | None = None
        detail = ""
        try:
            reply = self._transport.post(
                self._url,
                body.encode("utf-8"),
                headers,
                connect_timeout=self._connect_timeout,
                read_timeout=timeout,
            )
            status, text = reply.status, reply.text
            names = MappingProxyType({name.lower(): value for name, value in reply.headers.items()})
        except TransportFailure as failure:
            error, detail = _transport_error(failure), str(failure)
        for warning in warnings_of(names, text, version=self._version, body=body):
            LOGGER.warning("%s", warning.replace(self._token.value, "…"))
        elapsed = self._clock.monotonic() - started
        return RawAnswer(status, names, text, error, detail, self._clock.now(), elapsed, started)

    def close(self) -> None:
        """Close every thread's connections."""
        self._transport.close()


def _transport_error(failure: TransportFailure) -> TransportError:
    kinds: dict[type[TransportFailure], TransportError] = {
        NotSent: TransportError.NOT_SENT,
        Untrusted: TransportError.UNTRUSTED,
        TimedOut: TransportError.TIMED_OUT,
        Lost: TransportError.LOST,
    }
    return kinds.get(type(failure), TransportError.LOST)


def check_url(url: str) -> None:
    """Raise :class:`UnsafeUrl` unless the token is safe on the way: https anywhere, http on the loopback only."""
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        raise UnsafeUrl("MONDAY_API_URL is not a web address: give it as https://host/path.") from None
    if parts.username is not None or parts.password is not None:
        raise UnsafeUrl("MONDAY_API_URL holds a user name or password: leave them out, the token is all Monday wants.")
    if not host or parts.scheme not in ("https", "http"):
        raise UnsafeUrl("MONDAY_API_URL is not a web address: give it as https://host/path.")
    if parts.scheme == "http" and not is_loopback(host):
        raise UnsafeUrl(
            f"MONDAY_API_URL would send the token unencrypted to {host}: "
            "use https:// (http:// is for this machine only)."
        )
