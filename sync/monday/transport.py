"""One HTTP exchange over ``requests``, with the one question answered that matters afterwards: had the body left?

NotSent   nothing of the body was read by the connection: address, refused port, TLS, proxy. Sending again is safe.
Untrusted a NotSent that stays one: the certificate was not accepted
TimedOut  it was, and no (whole) answer came in time
Lost      it was, and the line was cut or the answer was not HTTP
"""

from __future__ import annotations

import ipaddress
import os
import re
import ssl
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol
from urllib.parse import urlsplit

import requests
from requests.auth import AuthBase

from sync.errors import ConfigurationError
from sync.monday.clock import Clock
from sync.settings import IDLE_SECONDS, MAX_ANSWER_BYTES

_PIECE = 64 * 1024


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
class HttpReply:
    """An answer of any status; header names in lower case."""

    status: int
    headers: Mapping[str, str]
    text: str


AUTHORITY_VARIABLES = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE")
_REASON = re.compile(r"certificate verify failed: ([^()\"']*)", re.IGNORECASE)
_UNVERIFIED = "the certificate could not be verified"


@dataclass(frozen=True)
class Authorities:
    """Whose certificates are trusted: those of a variable of the environment, else those that Python packages bring."""

    variable: str | None = None
    path: str | None = None

    def refusal(self, error: Exception) -> str:
        """The sentence about a certificate that none of them has signed, or that is for another name, or too old."""
        found = _REASON.search(repr(error))
        reason = f" ({found[1].strip()})" if found else ""
        against = f"{self.path} ({self.variable})" if self.path else "the usual authorities"
        others = " or ".join(name for name in AUTHORITY_VARIABLES if name != "CURL_CA_BUNDLE")
        return (
            f"Monday's certificate could not be verified against {against}{reason}, so nothing was sent; where a proxy"
            f" of your network signs connections anew, set {others} to the file with its authority."
        )


class Transport(Protocol):
    """Sends one POST. Raises :class:`TransportFailure`, and nothing else, where no answer came."""

    def post(
        self, url: str, body: bytes, headers: Mapping[str, str], *, connect_timeout: float, read_timeout: float
    ) -> HttpReply: ...

    def close(self) -> None: ...


class _Body:
    """The request body as a file that remembers whether it was read.

    The connection reads it only once the line stands and the headers are out, so "never read" proves "never sent",
    whatever went wrong and however the library names it.
    """

    def __init__(self, content: bytes) -> None:
        self._content = content
        self._position = 0
        self.read_from = False

    def __len__(self) -> int:
        return len(self._content)

    def __iter__(self) -> Iterator[bytes]:
        while piece := self.read(_PIECE):
            yield piece

    def read(self, size: int = -1) -> bytes:
        self.read_from = True
        end = len(self._content) if size < 0 else self._position + size
        piece = self._content[self._position : end]
        self._position += len(piece)
        return piece


class _KeepHeaders(AuthBase):
    """Changes nothing. Without it, requests would put a matching .netrc entry over our Authorization header."""

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        return request


class RequestsTransport:
    """The real one: a session per thread, certificates always checked, proxies as the environment says."""

    def __init__(self, clock: Clock, env: Mapping[str, str] | None = None) -> None:
        self._clock = clock
        self._authorities = read_authorities(os.environ if env is None else env)
        self._local = threading.local()
        self._lock = threading.Lock()
        self._sessions: list[requests.Session] = []

    def _session(self) -> requests.Session:
        now = self._clock.monotonic()
        session: requests.Session | None = getattr(self._local, "session", None)
        if session is None:
            session = requests.Session()
            session.auth = _KeepHeaders()
            self._local.session = session
            with self._lock:
                self._sessions.append(session)
        elif now - self._local.used_at > IDLE_SECONDS:
            session.close()  # closes the pooled connections; the session itself stays usable
        self._local.used_at = now
        return session

    def post(
        self, url: str, body: bytes, headers: Mapping[str, str], *, connect_timeout: float, read_timeout: float
    ) -> HttpReply:
        content = _Body(body)
        deadline = self._clock.monotonic() + connect_timeout + read_timeout
        try:
            with self._session().post(
                url,
                data=content,
                headers=dict(headers),
                timeout=(connect_timeout, read_timeout),
                allow_redirects=False,  # a redirect would turn the POST into a GET, or carry the token elsewhere
                stream=True,
                proxies=_direct_if_loopback(url),
                verify=self._authorities.path or True,
            ) as response:
                text = self._text(response, deadline)
                names = {name.lower(): value for name, value in response.headers.items()}
                return HttpReply(response.status_code, names, text)
        except TransportFailure:
            raise
        except Exception as error:  # whatever the libraries below raise, the one question is how far the request got
            failure = _failure(error, self._authorities, sent=content.read_from)
        finally:
            self._local.used_at = self._clock.monotonic()
        raise failure  # outside the handler: the library's exception, which may hold the headers, is not chained to it

    def _text(self, response: requests.Response, deadline: float) -> str:
        pieces, size = [], 0
        for piece in response.iter_content(_PIECE):
            pieces.append(piece)
            size += len(piece)
            if size > MAX_ANSWER_BYTES:
                raise Lost(f"the answer is over {MAX_ANSWER_BYTES // 1024 // 1024} MB")
            # The library's time-out is per piece; a server that drips bytes would otherwise hold a worker for ever.
            if self._clock.monotonic() > deadline:
                raise TimedOut("the answer did not end in time")
        try:
            return b"".join(pieces).decode("utf-8")
        except UnicodeDecodeError:
            raise Lost("the answer is not UTF-8 text") from None

    def close(self) -> None:
        with self._lock:
            for session in self._sessions:
                session.close()


def read_authorities(env: Mapping[str, str]) -> Authorities:
    """The file or folder of authorities that the environment names, in the order that `requests` and OpenSSL have.

    Raises ConfigurationError where it can't be used, before anything is sent.
    """
    for variable in AUTHORITY_VARIABLES:
        path = env.get(variable, "").strip()
        if not path:
            continue
        problem = None
        if not Path(path).exists():
            problem = "which does not exist"
        elif Path(path).is_file():
            try:
                ssl.create_default_context(cafile=path)
            except PermissionError:
                problem = "which this user may not read"
            except (ssl.SSLError, OSError):
                problem = "which holds no certificate in PEM form"
        if problem:
            raise ConfigurationError(
                f"{variable} names {path}, {problem}; set it to the file with the certificates of your authorities, or"
                " unset it."
            )
        return Authorities(variable, path)
    return Authorities()


def _failure(error: Exception, authorities: Authorities, *, sent: bool) -> TransportFailure:
    """The exception to raise for what the library raised."""
    kind = _kind(error)
    if not sent:
        return Untrusted(authorities.refusal(error)) if kind == _UNVERIFIED else NotSent(kind)
    if isinstance(error, requests.exceptions.Timeout) or "timed out" in str(error).lower():
        return TimedOut("no answer in time")
    return Lost(kind)


def _kind(error: Exception) -> str:
    """What went wrong, in words of our own: the library's messages may hold the address with its credentials."""
    text = f"{type(error).__name__} {error!r}".lower()
    for mark, words in (
        ("certificate", _UNVERIFIED),
        ("ssl", "the TLS handshake or connection failed"),
        ("proxy", "the proxy refused or could not be reached"),
        ("nameresolution", "the host name could not be resolved"),
        ("getaddrinfo", "the host name could not be resolved"),
        ("refused", "the connection was refused"),
        ("connecttimeout", "the connection could not be made in time"),
        ("reset", "the connection was reset"),
        ("remotedisconnected", "the connection was closed without an answer"),
        ("unreachable", "the network is unreachable"),
    ):
        if mark in text:
            return words
    return f"the exchange failed ({type(error).__name__})"


def _direct_if_loopback(url: str) -> dict[str, str] | None:
    """Keeps a request to this very machine from going, unencrypted, through the proxy that the environment names."""
    host = urlsplit(url).hostname or ""
    return {"no_proxy": host} if is_loopback(host) else None


def is_loopback(host: str) -> bool:
    """Whether ``host`` is this machine, by name or by address."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
