"""The world's end of a printer cable: port 9100 of a network printer, as one would find it on the wall.

One host at a time, others wait in the queue, as real printers do. A busy printer makes the sender wait; one that is gone
closes the connection and takes no new one.
"""

from __future__ import annotations

import logging
import socket

from hall.clock import Seconds
from sim.twin.paper import PaperPrinter
from sim.twin.wire import WireLoop, listen_tcp, send_or_drop

log = logging.getLogger(__name__)

TICK: Seconds = 0.02
"""How often a busy or slow printer looks at its line."""


class PrinterServer:
    """Serves `printer` at 127.0.0.1:`port` (0: a free one, see `port`)."""

    def __init__(self, loop: WireLoop, printer: PaperPrinter, port: int = 0) -> None:
        self._loop, self._printer = loop, printer
        self._listener: socket.socket | None = listen_tcp(port)
        self.port: int = self._listener.getsockname()[1]
        self._host: socket.socket | None = None
        self._closed = False
        loop.watch(self._listener, self._accept)
        printer.on_gone(self._gone)

    def close(self) -> None:
        """Hang up and free the port; may be called twice."""
        self._closed = True
        self._vanish()

    def _gone(self, gone: bool) -> None:  # noqa: FBT001 - the observer's shape
        if gone:
            self._vanish()
        elif self._listener is None and not self._closed:
            self._listener = listen_tcp(self.port)
            self._loop.watch(self._listener, self._accept)

    def _vanish(self) -> None:
        self._hang_up()
        if self._listener is not None:
            self._loop.unwatch(self._listener)
            self._listener.close()
            self._listener = None

    def _accept(self) -> None:
        assert self._listener is not None
        self._host, _ = self._listener.accept()
        self._host.settimeout(0)
        self._host.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._loop.unwatch(self._listener)  # the next host waits until this one hangs up
        self._loop.watch(self._host, self._readable)
        self._printer.attach(self._answer)

    def _readable(self) -> None:
        host, slow = self._host, self._printer.bytes_per_s
        if host is None:
            return
        allowed = min(self._printer.space, max(1, int(slow * TICK)) if slow else 65536)
        if allowed > 0:
            try:
                data = host.recv(allowed)
            except BlockingIOError:
                return
            except OSError:
                data = b""
            if not data:
                self._hang_up()
                return
            self._printer.receive(data)
        if slow or not self._printer.space:
            self._loop.unwatch(host)
            self._loop.call_later(TICK, lambda: self._look_again(host))

    def _look_again(self, host: socket.socket) -> None:
        if host is self._host:
            self._loop.watch(host, self._readable)

    def _answer(self, data: bytes) -> None:
        if self._host is not None and not send_or_drop(self._host, data):
            log.warning("printer: the host does not read its answers")

    def _hang_up(self) -> None:
        if self._host is not None:
            self._loop.unwatch(self._host)
            self._host.close()
            self._host = None
            self._printer.detach(self._answer)
            if self._listener is not None:
                self._loop.watch(self._listener, self._accept)
