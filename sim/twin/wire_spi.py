"""The world's end of an SPI bus: each SEQPACKET message on a unix socket is one chip-select period.

A message is a verb (``w`` writes, ``x`` writes and wants to read what came back), the bus speed in hertz (four bytes, little
end first) and the bytes. An ``x`` is answered with as many bytes as it held; the world waits for nobody who does not read.
"""

from __future__ import annotations

import logging
import socket
from pathlib import Path

from sim.twin.spi_bus import SpiEnd
from sim.twin.wire import WireLoop, listen_unix, send_or_drop

log = logging.getLogger(__name__)

AT_ONCE = 64
"""Messages taken from one program before others get their turn."""
HEAD = 5
LONGEST = 65_536 + HEAD


class ChainServer:
    """Serves what hangs on the bus, a chain or a strip, at the unix socket `path`; the panel keeps what it shows when a program goes away."""

    def __init__(self, loop: WireLoop, chain: SpiEnd, path: Path) -> None:
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
                data = program.recv(LONGEST)
            except BlockingIOError:
                return
            except OSError:
                data = b""
            if not data:
                self._hang_up(program)
                return
            if len(data) <= HEAD or data[:1] not in {b"w", b"x"}:
                log.warning("panel: not a transfer: %.20r", data)
                continue
            back = self._chain.transfer(data[HEAD:], max(1, int.from_bytes(data[1:HEAD], "little")))
            if data[:1] == b"x" and not send_or_drop(program, back):
                self._hang_up(program)
                return

    def _hang_up(self, program: socket.socket) -> None:
        self._programs.discard(program)
        self._loop.unwatch(program)
        program.close()
