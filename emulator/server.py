"""The HTTP side: threads, kept-alive connections, one buffered write per answer; and `running` for tests.

POST anything        the API                         GET /, /_page/…     the page of the board (read-only, no token)
GET /_control/state  figures for people and scripts  POST /_control/…    faults, token, keys (with the token)
"""

from __future__ import annotations

import socket
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from emulator import control, page
from emulator.config import Config
from emulator.context import Done
from emulator.errors import LineCut
from emulator.keys import Reply
from emulator.service import Service
from emulator.store import State

BODY_MAX = 64 * 1024 * 1024


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = "local-monday"
    sys_version = ""
    # Without this, the kernel holds back the second half of an answer until the first is acknowledged: 40 ms a request.
    disable_nagle_algorithm = True
    wbufsize = -1
    timeout = 300
    server: _Server

    def do_POST(self) -> None:
        """Answers an API request or a control request."""
        length = self.headers.get("Content-Length", "")
        if not length.isdecimal() or int(length) > BODY_MAX:
            self.close_connection = True
            self._say(413 if length.isdecimal() else 411, "A request needs a body, and one of at most 64 MB")
            return
        body = self.rfile.read(int(length))
        if len(body) < int(length):
            self.close_connection = True
            return
        headers = {name.lower(): value for name, value in self.headers.items()}
        service = self.server.service
        path = urlsplit(self.path).path
        if path.startswith("/_control/"):
            self._send(control.answer(service, "POST", path, headers, body))
            return
        try:
            reply = service.handle(headers, body, str(self.client_address[0]))
        except LineCut:
            self._cut()
            return
        self._send(reply)

    def do_GET(self) -> None:
        """Answers the page, its data, and the control's state."""
        parts = urlsplit(self.path)
        service = self.server.service
        if parts.path.startswith("/_control/"):
            headers = {name.lower(): value for name, value in self.headers.items()}
            self._send(control.answer(service, "GET", parts.path, headers, b""))
            return
        # A page of another site must not be able to read the board by giving its own name this machine's address.
        if not self._host_is_ours():
            self._say(403, "This host name is not served here")
            return
        with service.lock:
            found = page.answer(service.state, parts.path, dict(parse_qsl(parts.query)))
        if found is None:
            self._say(404, "There is nothing here")
            return
        safe = (
            ("Content-Type", found.content_type),
            ("Content-Security-Policy", page.CSP),
            ("X-Content-Type-Options", "nosniff"),
            ("Referrer-Policy", "no-referrer"),
            ("Cache-Control", "no-store"),
        )
        self._send(Reply(found.status, safe, found.body))

    def _host_is_ours(self) -> bool:
        name = urlsplit(f"//{self.headers.get('Host', '')}").hostname or ""
        return name in ("localhost", "127.0.0.1", "::1", self.server.service.config.host) or not self.server.on_loopback

    def _send(self, reply: Reply) -> None:
        self.send_response(reply.status)
        for name, value in reply.headers:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(reply.body)))
        self.end_headers()
        self.wfile.write(reply.body)

    def _say(self, status: int, words: str) -> None:
        self._send(Reply(status, (("Content-Type", "text/plain; charset=utf-8"),), words.encode()))

    def _cut(self) -> None:
        """Ends the connection without a word."""
        self.close_connection = True
        try:
            self.connection.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass  # the client has gone already

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 -- the parameter's name in http.server
        """Says nothing: the history and the page show what happened, and a log could hold a token."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 256
    allow_reuse_address = True

    def __init__(self, service: Service) -> None:
        self.service = service
        self._open: set[socket.socket] = set()
        self._open_lock = threading.Lock()
        config = service.config
        if ":" in config.host:
            self.address_family = socket.AF_INET6
        super().__init__((config.host, config.port), _Handler)
        self.on_loopback = str(self.server_address[0]).startswith("127.") or self.server_address[0] == "::1"

    def process_request(self, request: Any, client_address: Any) -> None:
        with self._open_lock:
            self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        with self._open_lock:
            self._open.discard(request)
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that goes away half-way is no error of ours; anything else ends its connection and is kept."""
        error = sys.exc_info()[1]
        if not isinstance(error, (OSError, ValueError)):
            super().handle_error(request, client_address)

    def hang_up(self) -> None:
        """Closes the connections that are still open."""
        with self._open_lock:
            for connection in self._open:
                try:
                    connection.shutdown(socket.SHUT_RDWR)
                except OSError:
                    pass  # closed by the other side


class Emulator:
    """A running emulator. Read `state` and `history` under `lock` while requests may be in flight."""

    def __init__(self, config: Config) -> None:
        self._stopping = threading.Event()
        self.service = Service(config, self._stopping.wait)
        self._server = _Server(self.service)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), name="emulator", daemon=True)

    def start(self) -> None:
        """Begins to answer, in threads of its own."""
        self._thread.start()

    def stop(self) -> None:
        """Stops answering and writes the state file."""
        self._stopping.set()
        if self._thread.is_alive():
            self._server.shutdown()
            self._thread.join()
        self._server.server_close()
        self._server.hang_up()
        self.service.close()

    @property
    def port(self) -> int:
        """The port it listens on."""
        return int(self._server.server_address[1])

    @property
    def page_url(self) -> str:
        """Address of the page that shows the board."""
        host = self.service.config.host
        return f"http://{f'[{host}]' if ':' in host else host}:{self.port}/"

    @property
    def url(self) -> str:
        """Address of the API, for MONDAY_API_URL."""
        return self.page_url + "v2"

    @property
    def token(self) -> str:
        """The token that it takes."""
        return self.service.config.token

    @property
    def lock(self) -> threading.RLock:
        """Held while the state changes."""
        return self.service.lock

    @property
    def state(self) -> State:
        """Boards and items; its methods act as a person on the board would."""
        return self.service.state

    @property
    def history(self) -> list[Done]:
        """Every mutation carried out, in order."""
        return self.service.history


@contextmanager
def running(config: Config | None = None) -> Iterator[Emulator]:
    """An emulator in this process for as long as the block lasts."""
    emulator = Emulator(config or Config())
    emulator.start()
    try:
        yield emulator
    finally:
        emulator.stop()
