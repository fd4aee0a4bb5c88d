"""The line to a local Monday in this process: no sockets, and a server that may finish its work late."""

from __future__ import annotations

import threading
from collections.abc import Mapping

from emulator.config import Config
from emulator.errors import LineCut
from emulator.keys import Reply
from emulator.service import Service
from sync.monday.answers import HttpReply, NotSent, TransportFailure
from tests.faults.timeline import Timeline


class Line:
    """Carries requests to a service; the transport of a push.

    A server's pause longer than the client waits ends the client's waiting at once; the server goes on when the
    timeline has come so far. ``down``: nobody can be reached.
    """

    def __init__(self, config: Config, timeline: Timeline, latency: float = 0.0) -> None:
        self._timeline, self._latency = timeline, latency
        self._state = threading.local()
        self._hung = threading.Condition()
        self._hanging = 0
        self.service = Service(config, self._pause)
        self.down = False

    def post(
        self, url: str, body: bytes, headers: Mapping[str, str], *, connect_timeout: float, read_timeout: float
    ) -> HttpReply:
        """One exchange, or one of the transport's failures."""
        if self.down:
            raise NotSent("the connection was refused")
        if self._latency:
            self._timeline.sleep(self._latency)
        names = {name.lower(): value for name, value in headers.items()}
        given: list[Reply | Exception] = []
        over = threading.Event()

        def carry() -> None:
            self._state.patience = read_timeout
            self._state.over = over
            try:
                given.append(self.service.handle(names, body, "127.0.0.1"))
            except LineCut:
                given.append(TransportFailure("the connection was closed without an answer"))
            except Exception as error:  # a fault of the emulator itself must not look like a lost answer
                given.append(error)
            finally:
                over.set()

        if any(rule.effect == "slow" for rule in self.service.faults.rules):
            threading.Thread(target=carry, daemon=True).start()
            over.wait()
        else:
            carry()
        if not given:
            raise TransportFailure("no answer in time")
        if self._latency:
            self._timeline.sleep(self._latency)
        reply = given[0]
        if isinstance(reply, Exception):
            raise reply
        try:
            text = reply.body.decode("utf-8")
        except UnicodeDecodeError:
            raise TransportFailure("the answer is not UTF-8 text") from None
        return HttpReply(reply.status, {name.lower(): value for name, value in reply.headers}, text)

    def close(self) -> None:
        """Nothing is open."""

    def _pause(self, seconds: float) -> None:
        """The service waits. Its own gateway's wait, and one within the client's patience, take no time here."""
        patience = getattr(self._state, "patience", None)
        if patience is not None and seconds <= patience:
            if self._behind():
                with self._hung:
                    self._hung.wait_for(lambda: self._hanging > 0, timeout=10)
            return
        go, done = threading.Event(), threading.Event()

        def wake() -> None:
            go.set()
            done.wait(10)

        self._timeline.at(self._timeline.seconds() + seconds, wake)
        threading.Thread(target=_when_over, args=(threading.current_thread(), done), daemon=True).start()
        with self._hung:
            self._hanging += 1
            self._hung.notify_all()
        if patience is not None:
            self._state.over.set()
        go.wait()

    def _behind(self) -> bool:
        """Whether a gateway's answer is given for work that goes on behind it: such work must be on its timer first."""
        most = self.service.config.switches.server_timeout_seconds
        return any(rule.effect == "slow" and rule.seconds > most for rule in self.service.faults.rules)


def _when_over(thread: threading.Thread, done: threading.Event) -> None:
    thread.join()
    done.set()
