from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from itertools import takewhile
from pathlib import Path
from socket import socket
from socketserver import BaseRequestHandler, ThreadingTCPServer
from typing import Any

import pytest

from sync.errors import ConfigurationError
from sync.monday.answers import HttpReply, NotSent, TransportFailure
from sync.monday.http import (
    MondayClient,
    RequestsTransport,
    check_url,
    warnings_of,
)
from sync.monday.meter import Clock
from tests.monday.fakes import FakeClock, FakeTransport

TOKEN = "canary-token-eyJhbGciOi.abc_DEF-123"
HTTPS = "https://api.monday.com/v2"


# What must never happen to the token.


def test_the_token_stands_in_no_repr() -> None:
    client = MondayClient(HTTPS, TOKEN, "2026-10", transport=FakeTransport())
    assert TOKEN not in repr(client) + repr(vars(client))


@pytest.mark.parametrize("token", ["", "  ", "a b", "abc\ndef", "tökén", "a\x00b"])
def test_a_token_that_cannot_be_one_is_refused_without_being_shown(token: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        MondayClient(HTTPS, token, "2026-10", transport=FakeTransport())
    assert not token.strip() or token.strip() not in str(caught.value)


def test_a_token_with_a_line_end_behind_it_is_taken_without() -> None:
    transport = FakeTransport(HttpReply(200, {}, "{}"))
    MondayClient(HTTPS, TOKEN + "\n", "2026-10", transport=transport).send("{}")
    assert transport.headers[0]["Authorization"] == TOKEN


SAFE = "https://api.monday.com/v2 http://127.0.0.1:8080/v2 http://localhost/v2 http://[::1]:9/v2 http://127.8.8.8/"
UNSAFE = (
    "http://api.monday.com/v2 http://10.0.0.1/v2 http://0.0.0.0/ http://localhost.example.com/ ftp://127.0.0.1/"
    " api.monday.com https:// https://user:secret@api.monday.com/v2 http://127.0.0.1:notaport/ http://[::1/"
    " http://127.0.0.1.example.com/"
)


@pytest.mark.parametrize("url", SAFE.split())
def test_safe_addresses(url: str) -> None:
    check_url(url)


@pytest.mark.parametrize("url", ["", *UNSAFE.split()])
def test_unsafe_addresses(url: str) -> None:
    with pytest.raises(ConfigurationError, match="MONDAY_API_URL") as caught:
        check_url(url)
    assert "secret" not in str(caught.value)


# The real transport, against real sockets.


@contextmanager
def server(serve: Callable[[socket], None]) -> Iterator[str]:
    """A loopback server that gives each connection to ``serve`` and closes it; its address."""

    class Handler(BaseRequestHandler):
        def handle(self) -> None:
            with suppress(OSError):
                serve(self.request)

    with ThreadingTCPServer(("127.0.0.1", 0), Handler) as listener:
        listener.daemon_threads = True
        threading.Thread(target=listener.serve_forever, args=(0.01,), daemon=True).start()
        yield f"http://127.0.0.1:{listener.server_address[1]}/v2"
        listener.shutdown()


def read_request(connection: socket) -> bytes:
    """A whole request, headers and body."""
    stream = connection.makefile("rb")
    head = b"".join(takewhile(lambda line: line not in (b"", b"\r\n"), stream))
    length = re.search(rb"content-length: ([0-9]+)", head, re.IGNORECASE)
    return head + b"\r\n" + stream.read(int(length[1])) if length else head


@pytest.fixture
def send(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Any]]:
    """Sends over the real transport, with no proxy of this machine's in the way."""
    for name in ("http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    transport = RequestsTransport(Clock())

    def sending(url: str, body: str = "{}", timeout: float = 10.0) -> Any:
        client = MondayClient(url, TOKEN, "2026-10", connect_timeout=1.0, transport=transport)
        return client.send(body, idempotency_key="k", timeout=timeout)

    yield sending
    transport.close()


def test_a_real_exchange_heeds_no_netrc_entry_no_proxy_and_no_redirect(
    send: Callable[..., Any], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Any of these would carry the token elsewhere, or another one in its place."""
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login someone password hidden\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    monkeypatch.setenv("all_proxy", "http://127.0.0.1:1")
    seen: list[bytes] = []

    def serve(connection: socket) -> None:
        seen.append(read_request(connection))
        told = b"X-Request-Id: 7\r\nLocation: http://127.0.0.1:1/steal\r\nContent-Length: 2"
        connection.sendall(b"HTTP/1.1 307 Temporary Redirect\r\n" + told + b"\r\n\r\n{}")

    body = '{"query": "' + "é" * 100_000 + '"}'
    with server(serve) as url:
        answer = send(url, body)
    assert answer.status == 307
    assert answer.headers["x-request-id"] == "7"
    head, got = seen[0].split(b"\r\n\r\n", 1)
    assert got == body.encode()
    assert b"authorization: " + TOKEN.lower().encode() in head.lower()
    assert b"chunked" not in head.lower()
    assert b"Basic" not in head


def test_a_proxy_that_is_not_there_is_not_sent(send: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("https_proxy", "http://user:hidden@127.0.0.1:1")
    answer = send("https://monday.invalid/v2")
    assert type(answer.failure) is NotSent
    assert "hidden" not in str(answer.failure)


@pytest.mark.parametrize("url", ["http://127.0.0.1:1/v2", "https://127.0.0.1:1/v2", "https://monday.invalid/v2"])
def test_nothing_leaves_where_nobody_listens(send: Callable[..., Any], url: str) -> None:
    answer = send(url)
    assert type(answer.failure) is NotSent
    assert TOKEN not in str(answer.failure)


def test_a_failed_handshake_is_not_sent(send: Callable[..., Any]) -> None:
    def serve(connection: socket) -> None:
        connection.recv(100)
        connection.sendall(b"this is not TLS at all\r\n\r\n")

    with server(serve) as url:
        answer = send(url.replace("http:", "https:"))
    assert type(answer.failure) is NotSent


@pytest.mark.parametrize(
    ("given", "pause", "said"),
    [(b"", 0, "closed without an answer"), (b'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{"data"', 0, ""),
     (b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n\xff\xfe{}", 0, "the answer is not UTF-8 text"),
     (b"", 5, "no answer in time")],
)  # fmt: skip
def test_what_left_without_a_whole_answer_may_be_at_work(
    send: Callable[..., Any], given: bytes, pause: float, said: str
) -> None:
    done = threading.Event()

    def serve(connection: socket) -> None:
        read_request(connection)
        done.wait(pause)
        connection.sendall(given)

    with server(serve) as url:
        answer = send(url, timeout=0.3 if pause else 10.0)
        done.set()
    assert type(answer.failure) is TransportFailure
    assert said in str(answer.failure)


@pytest.mark.parametrize("header", [b"Transfer-Encoding: chunked", b"Content-Length: 999", b"X: y"])
def test_a_dripping_answer_ends_too(send: Callable[..., Any], header: bytes) -> None:
    done = threading.Event()

    def serve(connection: socket) -> None:
        read_request(connection)
        connection.sendall(b"HTTP/1.1 200 OK\r\n%s\r\n\r\n" % header)
        while not done.wait(0.05):
            connection.sendall(b"1\r\n \r\n")

    with server(serve) as url:
        answer = send(url, timeout=0.5)
        done.set()
    assert (type(answer.failure), "in time" in str(answer.failure)) == (TransportFailure, True)


def test_connections_are_kept_per_thread_and_renewed_after_a_rest() -> None:
    connections: list[socket] = []

    def serve(connection: socket) -> None:
        connections.append(connection)
        while read_request(connection):
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")

    clock = FakeClock()
    with server(serve) as url:
        transport = RequestsTransport(clock)

        def post() -> HttpReply:
            return transport.post(url, b"{}", {"Authorization": TOKEN}, connect_timeout=2, read_timeout=5)

        post()
        post()
        assert len(connections) == 1
        clock.time += 31
        post()
        assert len(connections) == 2
        transport.close()


# What an answer warns of, in a sentence without a row's text and without secrets.

BODY = json.dumps({
    "query": "mutation",
    "variables": {"n0": "JWHD ACME 00505", "c0": json.dumps({"text1": "TOP SECRET", "drop": {"labels": ["NAVY"]}})},
})  # fmt: skip


def said(text: str | None = None, **headers: str) -> list[str]:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return warnings_of(named, text, version="2026-10", body=BODY)


def answer(*warnings: object) -> str:
    return json.dumps({"data": {}, "extensions": {"warnings": list(warnings)}})


@pytest.mark.parametrize(
    ("warning", "sentence"),
    [
        ("Plain words.", "Monday warns: Plain words."),
        ({"message": "Mind it", "code": "CODE"}, "Monday warns: Mind it (CODE)"),
        ({"code": "CODE"}, "Monday warns: CODE"),
        ({}, "Monday warns: no text"),
        (7, "Monday warns: 7"),
        ("The value TOP SECRET of JWHD ACME 00505", "Monday warns: The value … of …"),
        ("label NAVY isn't there", "Monday warns: label … isn't there"),
        ('The value "whatever" is long', "Monday warns: The value … is long"),
        ("item 1234567890", "Monday warns: item …"),
        ("token eyJhbGciOiJIUzI1NiJ9.eyJ0aWQiOjQzfQ.abcdef", "Monday warns: token …"),
    ],
)
def test_a_warning_is_told_without_what_the_row_holds(warning: object, sentence: str) -> None:
    assert said(answer(warning)) == [sentence]
