"""The line to a code reader: an input device of the kernel (``/dev/input/by-id/…-event-kbd``), read on a thread of its own.

Rules:

* It is grabbed: what it types reaches this program alone, never a login prompt on the machine's console.
* A reader that is unplugged is looked for every `RETRY_S` seconds under the same name, which udev makes from what it is.
* The thread only hands keys over; what they mean is :mod:`devices.ticket_dispenser.reader`'s.

Records are the kernel's ``struct input_event`` on 64-bit machines: two seconds fields, type, code, value. A library for these 24 bytes
(python-evdev) needs a compiler on the Pi.
"""

from __future__ import annotations

import fcntl
import logging
import os
import select
import struct
import threading
from collections.abc import Callable
from contextlib import suppress

from hall.clock import Seconds

log = logging.getLogger(__name__)

RETRY_S: Seconds = 2.0
EVENT = struct.Struct("llHHi")
_EV_KEY = 1
#: ``_IOW('E', 0x90, int)``
_EVIOCGRAB = 0x40044590


class ReaderLine:
    """A reader's keys, as long as it is open."""

    def __init__(
        self,
        path: str,
        *,
        soon: Callable[[Callable[[], None]], None],
        on_key: Callable[[int, int], None],
        on_there: Callable[[bool], None],
    ) -> None:
        """`soon` carries calls to the program's loop: `on_key(code, value)`, and `on_there` when the reader comes or goes."""
        self._path, self._soon = path, soon
        self._on_key, self._on_there = on_key, on_there
        self._there: bool | None = None
        self._wake, self._stop = os.pipe()
        self._thread = threading.Thread(target=self._run, name="code reader", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """End the thread and let go; may be called twice."""
        if self._stop >= 0:
            os.close(self._stop)
            self._stop = -1
            self._thread.join()
            os.close(self._wake)

    def _run(self) -> None:
        while True:
            try:
                fd = os.open(self._path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
            except OSError as error:
                self._gone(str(error))
            else:
                try:
                    ended = self._listen(fd)
                finally:
                    os.close(fd)
                if ended:
                    return
            if select.select([self._wake], [], [], RETRY_S)[0]:
                return

    def _listen(self, fd: int) -> bool:
        """Hand keys over until the reader goes (False) or the program ends (True)."""
        with suppress(OSError):  # a pipe cannot be grabbed
            fcntl.ioctl(fd, _EVIOCGRAB, 1)
        rest = b""
        self._tell(there=True)
        while True:
            ready, _, _ = select.select([fd, self._wake], [], [])
            if self._wake in ready:
                return True
            try:
                data = os.read(fd, EVENT.size * 64)
            except BlockingIOError:
                continue
            except OSError as error:
                self._gone(str(error))
                return False
            if not data:
                self._gone("it hung up")
                return False
            rest += data
            for at in range(0, len(rest) - EVENT.size + 1, EVENT.size):
                _, _, kind, code, value = EVENT.unpack_from(rest, at)
                if kind == _EV_KEY:
                    self._soon(lambda code=code, value=value: self._on_key(code, value))  # type: ignore[misc]
            rest = rest[len(rest) // EVENT.size * EVENT.size :]

    def _gone(self, why: str) -> None:
        if self._there is not False:
            log.warning("code reader gone", extra={"path": self._path, "why": why})
        self._tell(there=False)

    def _tell(self, *, there: bool) -> None:
        if there is not self._there:
            self._there = there
            self._soon(lambda: self._on_there(there))
