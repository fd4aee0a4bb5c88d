"""Send one request to Monday, once, and say what came back.

What the answer means is for ``answers``; when to try again, for the caller. One question matters where no answer came:
had the body left?

NotSent           nothing of it was read by the connection: address, refused port, TLS, proxy. Sending again is safe.
Untrusted         a NotSent that stays one: the certificate was not accepted
TransportFailure  it was read; no (whole) answer came in time, the line was cut, or the answer was not HTTP
"""

import io
import ipaddress
import os
import re
import ssl
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import urlsplit

import requests

from sync.errors import ConfigurationError
from sync.log import warn
from sync.monday.answers import HttpReply, NotSent, RawAnswer, TransportFailure, Untrusted, as_object, parse_object
from sync.monday.meter import Clock
from sync.output import told
from sync.settings import CONNECT_TIMEOUT, IDLE_SECONDS, MAX_ANSWER_BYTES, REQUEST_TIMEOUT

AUTHORITY_VARIABLES = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE")
_UNVERIFIED = "the certificate could not be verified"


class Transport(Protocol):
    """Sends one POST. Raises :class:`TransportFailure`, and nothing else, where no answer came."""

    def post(
        self, url: str, body: bytes, headers: Mapping[str, str], *, connect_timeout: float, read_timeout: float
    ) -> HttpReply: ...

    def close(self) -> None: ...


class RequestsTransport:
    """The real one: a session per thread, certificates always checked, proxies as the environment says."""

    def __init__(self, clock: Clock) -> None:
        self._clock, self._authorities, self._local = clock, read_authorities(os.environ), threading.local()
        self._sessions: list[requests.Session] = []

    def _session(self) -> requests.Session:
        session: requests.Session | None = getattr(self._local, "session", None)
        if session is None:
            session = self._local.session = requests.Session()
            # changes nothing; without it, requests would put a matching .netrc entry over our Authorization header
            session.auth = lambda request: request
            self._sessions.append(session)
        elif self._clock.monotonic() - self._local.used_at > IDLE_SECONDS:
            session.close()  # closes the pooled connections; the session itself stays usable
        return session

    def post(
        self, url: str, body: bytes, headers: Mapping[str, str], *, connect_timeout: float, read_timeout: float
    ) -> HttpReply:
        # The connection reads the body only once the line stands and the headers are out, so "never read" proves "never
        # sent", whatever went wrong and however the library names it.
        content, host = io.BytesIO(body), urlsplit(url).hostname or ""
        deadline = self._clock.monotonic() + connect_timeout + read_timeout
        try:
            with self._session().post(
                url,
                data=content,
                headers=dict(headers),
                timeout=(connect_timeout, read_timeout),
                allow_redirects=False,  # a redirect would turn the POST into a GET, or carry the token elsewhere
                stream=True,
                # a request to this very machine doesn't go, unencrypted, through the proxy of the environment
                proxies={"no_proxy": host} if is_loopback(host) else None,
                verify=self._authorities[1] if self._authorities else True,
            ) as response:
                return HttpReply(response.status_code, response.headers, self._text(response, deadline))
        except TransportFailure:
            raise
        except Exception as error:  # whatever the libraries below raise, the one question is how far the request got
            failure = _failure(error, host, self._authorities, sent=content.tell() > 0)
        finally:
            self._local.used_at = self._clock.monotonic()
        raise failure  # outside the handler: the library's exception, which may hold the headers, is not chained to it

    def _text(self, response: requests.Response, deadline: float) -> str:
        content = bytearray()
        while piece := response.raw.read1(64 * 1024, decode_content=True):
            content += piece
            if len(content) > MAX_ANSWER_BYTES:
                raise TransportFailure(f"the answer is over {MAX_ANSWER_BYTES // 1024 // 1024} MB")
            # The library's time-out is for each of these reads; a server that drips bytes would hold a worker for ever.
            if self._clock.monotonic() > deadline:
                raise TransportFailure("the answer did not end in time")
        try:
            return content.decode("utf-8")
        except UnicodeDecodeError:
            raise TransportFailure("the answer is not UTF-8 text") from None

    def close(self) -> None:
        for session in self._sessions:
            session.close()


def read_authorities(env: Mapping[str, str]) -> tuple[str, str] | None:
    """Whose certificates are trusted: the variable of the environment that names a file or folder, and that path.

    The variables are looked at in the order that `requests` and OpenSSL have; None: the authorities that Python
    packages bring. Raises ConfigurationError where the path can't be used, before anything is sent.
    """
    variable = next((name for name in AUTHORITY_VARIABLES if env.get(name, "").strip()), None)
    if variable is None:
        return None
    path = env[variable].strip()
    try:
        if not Path(path).is_dir():
            ssl.create_default_context(cafile=path)
        return variable, path
    except OSError as error:
        known = {FileNotFoundError: "which does not exist", PermissionError: "which this user may not read"}
        raise ConfigurationError(
            f"{variable} names {path}, {known.get(type(error), 'which holds no certificate in PEM form')}; set it to"
            " the file with the certificates of your authorities, or unset it."
        ) from None


_KINDS = {
    "certificate": _UNVERIFIED,
    "ssl": "the TLS handshake or connection failed",
    "proxy": "the proxy refused or could not be reached",
    "nameresolution": "the host name could not be resolved",
    "getaddrinfo": "the host name could not be resolved",
    "refused": "the connection was refused",
    "connecttimeout": "the connection could not be made in time",
    "reset": "the connection was reset",
    "remotedisconnected": "the connection was closed without an answer",
    "unreachable": "the network is unreachable",
}


def _failure(error: Exception, host: str, authorities: tuple[str, str] | None, *, sent: bool) -> TransportFailure:
    """The exception to raise for what the library raised; the name of the ``host`` says nothing about it."""
    name = type(error).__name__
    text = f"{name} {error!r}".lower().replace(host.lower(), "")
    # in words of our own: the library's messages may hold the address with its credentials
    kind = next((words for mark, words in _KINDS.items() if mark in text), f"the exchange failed ({name})")
    if sent:
        late = isinstance(error, requests.exceptions.Timeout) or "timed out" in str(error).lower()
        return TransportFailure("no answer in time" if late else kind)
    if kind != _UNVERIFIED:
        return NotSent(kind)
    found = re.search(r"certificate verify failed: ([^()\"']*)", repr(error), re.IGNORECASE)
    reason = f" ({found[1].strip()})" if found else ""
    against = f"{authorities[1]} ({authorities[0]})" if authorities else "the usual authorities"
    return Untrusted(
        f"Monday's certificate could not be verified against {against}{reason}, so nothing was sent; where a proxy of"
        " your network signs connections anew, set REQUESTS_CA_BUNDLE or SSL_CERT_FILE to the file with its authority."
    )


def is_loopback(host: str) -> bool:
    """Whether ``host`` is this machine, by name or by address."""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


_LINK = re.compile(r'<([^<>?#\s]+)[^<>]*>[^<]*rel="?(?:deprecation|sunset|successor-version|latest-version)')
# What is quoted, which may be a row's, and what is as long as a secret.
_UNTOLD = re.compile(r'"[^"]*"|“[^”]*”|`[^`]*`|(?<!\w)\'[^\']*\'(?!\w)|[A-Za-z0-9_.+=~-]{32,}')


def warnings_of(headers: Mapping[str, str], text: str | None, *, version: str, body: str) -> list[str]:
    """The sentences about one answer. Header names are in lower case; ``version`` and ``body`` are the request's."""
    ends = [f"{name.capitalize()}: {headers[name]}" for name in ("deprecation", "sunset") if headers.get(name)]
    said = ", see ".join([", ".join(ends), *_LINK.findall(headers.get("link", ""))])
    answered = headers.get("api-version", "").strip()
    found = told(
        (
            ends,
            f"Monday announces the end of what is asked of it under API version {version} ({_clean(said)}); set"
            " MONDAY_API_VERSION to a newer one in time.",
        ),
        (
            answered not in ("", version),
            f"Monday answers in API version {_clean(answered)} where {version} was asked for; set"
            " MONDAY_API_VERSION to one that it has.",
        ),
    )
    texts = [headers[name] for name in ("warning", "x-warning", "api-version-warning") if name in headers]
    warnings = as_object(parse_object(text).get("extensions")).get("warnings") if '"warnings"' in (text or "") else None
    texts += [_warning(each) for each in (warnings if isinstance(warnings, list) else [warnings] if warnings else [])]
    values = set(_texts(parse_object(body).get("variables"))) if texts else set()
    # A text of the request that is shorter than three characters isn't looked for.
    carried = sorted((value for value in values if len(value) > 2), key=len, reverse=True)
    return found + ["Monday warns: " + re.sub(r"\d{5,}", "…", _clean(each, carried)) for each in texts]


def _warning(warning: Any) -> str:
    """Text of one of ``extensions.warnings``, with its code where it has one: a text, or an object with both."""
    if not isinstance(warning, dict):
        return str(warning)
    message, code = warning.get("message") or warning.get("description"), warning.get("code") or warning.get("type")
    return f"{message} ({code})" if message and code else str(message or code or "no text")


def _texts(value: Any) -> Iterator[str]:
    """Every text of a request's variables; column values are JSON inside a text."""
    if isinstance(value, str):
        inner = parse_object(value) if value.startswith("{") else None
        yield from _texts(inner) if inner else [value]
    for each in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from _texts(each)


def _clean(text: str, carried: Sequence[str] = ()) -> str:
    for value in carried:
        text = text.replace(value, "…")
    return " ".join(_UNTOLD.sub("…", text).split())[:300]


# The fields that a document of ours asks for.
_FIELDS = re.compile(r"(?:\\n  \w+: |seconds \} )(\w+)\(")


class MondayClient:
    """Speaks Monday's protocol: a POST of JSON, the bare token, one API version. Safe to share between threads."""

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
        token = token.strip()
        for name, value, wanted in (
            ("MONDAY_API_TOKEN", token, "the token from Monday's developer page"),
            ("MONDAY_API_VERSION", api_version, "a version of Monday's API, such as 2026-10"),
        ):
            if not value or any(not 32 < ord(letter) < 127 for letter in value):
                raise ConfigurationError(
                    f"{name} is empty or holds blanks or characters that can't be sent: set it to {wanted}."
                )
        self._url, self._version, self._connect_timeout = url, api_version, connect_timeout
        self._token: Callable[[], str] = lambda: token  # so that no repr, log line or traceback shows it
        self._clock = clock or Clock()
        self._transport = transport or RequestsTransport(self._clock)

    def send(
        self,
        body: str,
        *,
        idempotency_key: str | None = None,
        timeout: float = REQUEST_TIMEOUT,
        batch: str | None = None,
    ) -> RawAnswer:
        """Post ``body`` (the exact JSON text) once and say what came back; no status and no network failure raises.

        ``idempotency_key`` travels as ``Idempotency-Key`` (mutations only); ``timeout`` is seconds to the whole answer.
        ``batch`` is for the log.
        """
        headers = {
            "Authorization": self._token(),
            "API-Version": self._version,
            "Content-Type": "application/json",
            "Accept": "application/json",
            "User-Agent": "order-sync",
            **({} if idempotency_key is None else {"Idempotency-Key": idempotency_key}),
        }
        started = self._clock.monotonic()
        reply, failure = HttpReply(), None
        try:
            reply = self._transport.post(
                self._url,
                body.encode("utf-8"),
                headers,
                connect_timeout=self._connect_timeout,
                read_timeout=timeout,
            )
        except TransportFailure as none:
            failure = none.with_traceback(None)  # whose frames hold the headers
        # a token that is said back would reach logs and tables
        names = {name.lower(): value.replace(self._token(), "…") for name, value in reply.headers.items()}
        text = reply.text and reply.text.replace(self._token(), "…")
        for warning in warnings_of(names, text, version=self._version, body=body):
            warn(warning)
        return RawAnswer(
            reply.status,
            names,
            text,
            failure=failure,
            received_at=self._clock.now(),
            elapsed=self._clock.monotonic() - started,
            started=started,
            about={
                "what": "+".join(dict.fromkeys(_FIELDS.findall(body.partition('","variables":')[0]))),
                "batch": batch,
                "request": idempotency_key,
            },
        )

    def close(self) -> None:
        """Close every thread's connections."""
        self._transport.close()


def check_url(url: str) -> None:
    """Raise ConfigurationError unless the token is safe on the way: https anywhere, http on the loopback only."""
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        host, parts = None, urlsplit("")
    wrong = told(
        (not host or parts.scheme not in ("https", "http"), "is not a web address: give it as https://host/path."),
        (
            parts.username is not None or parts.password is not None,
            "holds a user name or password: leave them out, the token is all Monday wants.",
        ),
        (
            parts.scheme == "http" and not is_loopback(host or ""),
            f"would send the token unencrypted to {host}: use https:// (http:// is for this machine only).",
        ),
    )
    if wrong:
        raise ConfigurationError(f"MONDAY_API_URL {wrong[0]}")
