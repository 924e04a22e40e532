"""The world's end of an SPI bus: each SEQPACKET message on a unix socket is one chip-select period of a chain."""

from __future__ import annotations

import logging
import socket
from pathlib import Path

from sim.twin.spi import Max7219Chain
from sim.twin.wire import WireLoop, listen_unix

log = logging.getLogger(__name__)

AT_ONCE = 64
"""Messages taken from one program before others get their turn."""


class ChainServer:
    """Serves `chain` at the unix socket `path`; the panel keeps what it shows when a program goes away."""

    def __init__(self, loop: WireLoop, chain: Max7219Chain, path: Path) -> None:
        self._loop, self._chain, self._path = loop, chain, path
        self._listener = listen_unix(path, socket.SOCK_SEQPACKET)
        self._programs: set[socket.socket] = set()
        loop.watch(self._listener, self._accept)

    def close(self) -> None:
        """Hang up on everybody and remove the socket; may be called twice."""
        self._loop.unwatch(self._listener)
        self._listener.close()
        for program in list(self._programs):
            self._hang_up(program)
        self._path.unlink(missing_ok=True)

    def _accept(self) -> None:
        program, _ = self._listener.accept()
        program.settimeout(0)
        self._programs.add(program)
        self._loop.watch(program, lambda: self._readable(program))

    def _readable(self, program: socket.socket) -> None:
        for _ in range(AT_ONCE):
            try:
                data = program.recv(8192)
            except BlockingIOError:
                return
            except OSError:
                data = b""
            if not data:
                self._hang_up(program)
                return
            if len(data) % 2:
                log.warning("panel: an odd number of bytes (%d); the chain shows garbage", len(data))
            self._chain.transfer(data)

    def _hang_up(self, program: socket.socket) -> None:
        self._programs.discard(program)
        self._loop.unwatch(program)
        program.close()
