"""Stands in for `spidev` on machines without an SPI bus: each chip-select period becomes one message to the world.

Chosen by environment alone (``PYTHONPATH=sim/twin/shims``, ``HALL_TWIN_SPI=<unix socket>``). While the world is away the bytes
vanish, as on a cut wire; a wire has no way to say so. What is read then, and wherever nothing is wired back, are zeros.
"""

import os
import socket
import time
from collections.abc import Iterable

_RETRY_S = 0.2  # between two tries to reach the world
_BUFFER = 4096  # spidev's own, unless spidev.bufsiz says otherwise
_PATIENCE_S = 0.2  # how long a busy world may hold up a transfer before its bytes are lost


class SpiDev:
    """The part of spidev's interface that drivers use."""

    def __init__(self, bus: int | None = None, device: int = 0) -> None:
        self.max_speed_hz, self.mode, self.bits_per_word = 500_000, 0, 8
        self.cshigh = self.lsbfirst = self.loop = self.no_cs = self.threewire = False
        self._wire, self._tried = None, float("-inf")
        if bus is not None:
            self.open(bus, device)

    def open(self, bus: int, device: int) -> None:  # noqa: ARG002 - one chain per device: the socket says which
        """Remember where the wire goes; raises what spidev raises when the bus is not there."""
        path = os.environ.get("HALL_TWIN_SPI")
        if not path:
            raise FileNotFoundError(2, "HALL_TWIN_SPI does not name the world's socket")
        self._path = path

    def close(self) -> None:
        """Let go of the wire; may be called twice."""
        if self._wire is not None:
            self._wire.close()
        self._wire = None

    def writebytes2(self, values: Iterable[int]) -> None:
        """One chip-select period; bytes vanish while the world is away."""
        self._send(b"w", bytes(values))

    writebytes = writebytes2

    def xfer2(self, values: list[int], *_speed_delay_bits: int) -> list[int]:
        """One chip-select period, and what came back meanwhile."""
        data = bytes(values)
        if len(data) > _BUFFER:  # as the kernel's driver does
            raise OverflowError(f"Argument list size exceeds {_BUFFER} bytes.")
        if self._send(b"x", data) and self._wire is not None:
            try:
                back = self._wire.recv(len(data))
            except OSError:
                back = b""
            if len(back) == len(data):
                return list(back)
            self.close()  # an answer that comes late must not be taken for the next one
        return [0] * len(data)

    xfer = xfer3 = xfer2

    def readbytes(self, count: int) -> list[int]:
        """What an open wire reads."""
        return [0] * count

    def _send(self, verb: bytes, data: bytes) -> bool:
        message = verb + int(self.max_speed_hz).to_bytes(4, "little") + data
        for _ in range(2):  # a second try at once when the world was restarted since the last transfer
            if self._wire is None and not self._connect():
                return False
            try:
                self._wire.send(message, socket.MSG_NOSIGNAL)
            except TimeoutError:
                return False
            except OSError:
                self.close()
                self._tried = float("-inf")
            else:
                return True
        return False

    def _connect(self) -> bool:
        now = time.monotonic()
        if now - self._tried < _RETRY_S:
            return False
        self._tried = now
        wire = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        wire.settimeout(_PATIENCE_S)
        try:
            wire.connect(self._path)
        except OSError:
            wire.close()
            return False
        self._wire = wire
        return True
