from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from socket import AF_INET, SOCK_STREAM, create_server, socket
from typing import Any

import pytest

from sync.errors import ConfigurationError
from sync.monday.answers import NotSent, TransportFailure
from sync.monday.http import (
    HttpReply,
    MondayClient,
    RequestsTransport,
    check_url,
    is_loopback,
)
from tests.monday.fakes import FakeClock, FakeTransport

TOKEN = "canary-token-eyJhbGciOi.abc_DEF-123"
HTTPS = "https://api.monday.com/v2"


def client_of(transport: FakeTransport, clock: FakeClock | None = None) -> MondayClient:
    return MondayClient(HTTPS, TOKEN, "2026-10", transport=transport, clock=clock or FakeClock())


# What is sent.


# What must never happen to the token.


def test_the_token_stands_in_no_repr() -> None:
    client = client_of(FakeTransport())
    assert TOKEN not in repr(client)
    assert TOKEN not in repr(vars(client))


@pytest.mark.parametrize("token", ["", "  ", "a b", "abc\ndef", "tökén", "a\x00b"])
def test_a_token_that_cannot_be_one_is_refused_without_being_shown(token: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        MondayClient(HTTPS, token, "2026-10", transport=FakeTransport())
    assert not token.strip() or token.strip() not in str(caught.value)


def test_a_token_with_a_line_end_behind_it_is_taken_without() -> None:
    transport = FakeTransport(HttpReply(200, {}, "{}"))
    MondayClient(HTTPS, TOKEN + "\n", "2026-10", transport=transport).send("{}")
    assert transport.calls[0]["headers"]["Authorization"] == TOKEN


@pytest.mark.parametrize(
    "url",
    [
        "https://api.monday.com/v2",
        "http://127.0.0.1:8080/v2",
        "http://localhost/v2",
        "http://[::1]:9/v2",
        "http://127.8.8.8/",
    ],
)
def test_safe_addresses(url: str) -> None:
    check_url(url)


@pytest.mark.parametrize(
    "url",
    [
        "http://api.monday.com/v2",
        "http://10.0.0.1/v2",
        "http://0.0.0.0/",
        "http://localhost.example.com/",
        "ftp://127.0.0.1/",
        "",
        "api.monday.com",
        "https://",
        "https://user:secret@api.monday.com/v2",
        "http://127.0.0.1:notaport/",
        "http://[::1/",
    ],
)
def test_unsafe_addresses(url: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        check_url(url)
    assert "MONDAY_API_URL" in str(caught.value)
    assert "secret" not in str(caught.value)


def test_loopback_is_told_by_address_not_by_name() -> None:
    assert is_loopback("127.0.0.1")
    assert not is_loopback("127.0.0.1.example.com")


# The real transport, against real sockets.


@contextmanager
def server(serve: Callable[[socket], None]) -> Iterator[str]:
    """A loopback server that gives each connection to ``serve`` and closes it; its address."""
    listener = create_server(("127.0.0.1", 0))
    listener.settimeout(10)
    stopped = threading.Event()

    def loop() -> None:
        while not stopped.is_set():
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            with connection:
                connection.settimeout(10)
                try:
                    serve(connection)
                except OSError:
                    pass

    thread = threading.Thread(target=loop, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/v2"
    finally:
        stopped.set()
        with socket(AF_INET, SOCK_STREAM) as knock:
            knock.connect_ex(("127.0.0.1", listener.getsockname()[1]))
        listener.close()
        thread.join(10)


def read_request(connection: socket) -> bytes:
    """A whole request, headers and body."""
    got = b""
    while b"\r\n\r\n" not in got:
        piece = connection.recv(65536)
        if not piece:
            return got
        got += piece
    head, _, body = got.partition(b"\r\n\r\n")
    length = next(
        int(line.split(b":")[1]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length")
    )
    while len(body) < length:
        body += connection.recv(65536)
    return head + b"\r\n\r\n" + body


def reply(connection: socket, text: bytes, status: bytes = b"200 OK", more: bytes = b"") -> None:
    connection.sendall(
        b"HTTP/1.1 " + status + b"\r\nContent-Length: " + str(len(text)).encode() + b"\r\n" + more + b"\r\n" + text
    )


@pytest.fixture
def send(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Any]]:
    """Sends over the real transport, with no proxy of this machine's in the way."""
    for name in ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    clients: list[MondayClient] = []

    def sending(url: str, body: str = "{}", timeout: float = 5.0) -> Any:
        client = MondayClient(url, TOKEN, "2026-10", connect_timeout=2.0)
        clients.append(client)
        return client.send(body, idempotency_key="k", timeout=timeout)

    yield sending
    for client in clients:
        client.close()


def test_a_real_exchange(send: Callable[..., Any]) -> None:
    seen: list[bytes] = []

    def serve(connection: socket) -> None:
        seen.append(read_request(connection))
        reply(connection, '{"data": "é"}'.encode(), more=b"X-Request-Id: 7\r\n")

    body = '{"query": "' + "é" * 100_000 + '"}'
    with server(serve) as url:
        answer = send(url, body)
    assert (answer.http_status, answer.text) == (200, '{"data": "é"}')
    assert answer.headers["x-request-id"] == "7"
    head, _, got = seen[0].partition(b"\r\n\r\n")
    assert got == body.encode()
    assert b"authorization: " + TOKEN.lower().encode() in head.lower()
    assert b"chunked" not in head.lower()


def test_a_netrc_entry_does_not_replace_the_token(
    send: Callable[..., Any], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login someone password hidden\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    seen: list[bytes] = []

    def serve(connection: socket) -> None:
        seen.append(read_request(connection))
        reply(connection, b"{}")

    with server(serve) as url:
        send(url)
    assert TOKEN.encode() in seen[0]
    assert b"Basic" not in seen[0]


def test_loopback_does_not_go_through_a_proxy(send: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    monkeypatch.setenv("all_proxy", "http://127.0.0.1:1")

    def serve(connection: socket) -> None:
        read_request(connection)
        reply(connection, b"{}")

    with server(serve) as url:
        assert send(url).http_status == 200


def test_a_proxy_that_is_not_there_is_not_sent(send: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("https_proxy", "http://user:hidden@127.0.0.1:1")
    answer = send("https://monday.invalid/v2")
    assert type(answer.failure) is NotSent
    assert "hidden" not in str(answer.failure)


def test_redirects_are_not_followed(send: Callable[..., Any]) -> None:
    def serve(connection: socket) -> None:
        read_request(connection)
        reply(connection, b"", b"307 Temporary Redirect", b"Location: http://127.0.0.1:1/steal\r\n")

    with server(serve) as url:
        assert send(url).http_status == 307


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


def test_a_line_cut_after_the_request_is_lost(send: Callable[..., Any]) -> None:
    def serve(connection: socket) -> None:
        read_request(connection)

    with server(serve) as url:
        assert type(send(url).failure) is TransportFailure


def test_an_answer_cut_in_the_middle_is_lost(send: Callable[..., Any]) -> None:
    def serve(connection: socket) -> None:
        read_request(connection)
        connection.sendall(b'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{"data"')

    with server(serve) as url:
        assert type(send(url).failure) is TransportFailure


def test_bytes_that_are_no_text_are_lost(send: Callable[..., Any]) -> None:
    def serve(connection: socket) -> None:
        read_request(connection)
        reply(connection, b"\xff\xfe{}")

    with server(serve) as url:
        answer = send(url)
    assert (type(answer.failure), str(answer.failure)) == (TransportFailure, "the answer is not UTF-8 text")


def test_no_answer_in_time(send: Callable[..., Any]) -> None:
    done = threading.Event()

    def serve(connection: socket) -> None:
        read_request(connection)
        done.wait(5)

    with server(serve) as url:
        answer = send(url, timeout=0.3)
        done.set()
    assert (type(answer.failure), "in time" in str(answer.failure)) == (TransportFailure, True)


def test_a_dripping_answer_ends_too(send: Callable[..., Any]) -> None:
    done = threading.Event()

    def serve(connection: socket) -> None:
        read_request(connection)
        connection.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        while not done.wait(0.05):
            connection.sendall(b"1\r\n \r\n")

    with server(serve) as url:
        client = MondayClient(url, TOKEN, "2026-10", connect_timeout=0.2)
        answer = client.send("{}", timeout=0.5)
        done.set()
        client.close()
    assert (type(answer.failure), "in time" in str(answer.failure)) == (TransportFailure, True)


def test_connections_are_kept_per_thread_and_renewed_after_a_rest() -> None:
    connections: list[socket] = []

    def serve(connection: socket) -> None:
        connections.append(connection)
        while read_request(connection):
            reply(connection, b"{}")

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
