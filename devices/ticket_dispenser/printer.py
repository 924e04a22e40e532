"""The conversation with a receipt printer, over any line: ask how it is, send a slip, wait until it is out, say why not.

Rules:

* Delivery is not printing. A slip is out when the barrier behind its cut was answered.
* A printer in trouble is sent nothing; what a trouble interrupted is wiped from its buffer, because it will be printed again.
* A printer that says nothing is no printer with paper: silence is a fault.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Protocol

from devices.ticket_dispenser import escpos
from devices.ticket_dispenser.blocks import Slip
from devices.ticket_dispenser.escpos import Condition, Trouble
from devices.ticket_dispenser.raster import Press
from devices.ticket_dispenser.settings import PrinterSettings
from hall.clock import Seconds
from hall.errors import Fault
from hall.troubles import fault

#: how long one look at the line takes while a slip comes out
GLANCE: Seconds = 0.5


class Port(Protocol):
    """A line to a printer."""

    def write(self, data: bytes) -> None:
        """Send all of `data`; OSError when the printer is gone or does not take it in time."""

    def read(self, n: int, timeout_s: Seconds) -> bytes:
        """At most `n` bytes as soon as there are any, none after `timeout_s`; OSError when the printer is gone."""

    def close(self) -> None:
        """Hang up; may be called twice."""


class Printer:
    """A receipt printer. Every call may take seconds: use it from a worker. Faults carry a `Trouble`'s value as code."""

    def __init__(self, settings: PrinterSettings, line: Callable[[], Port]) -> None:
        """`line` opens a line to the printer, OSError when there is none; nothing is opened before it is used."""
        self.width = settings.width_dots
        self._settings = settings
        self._press = Press(settings.width_dots)
        self._open = line
        self._port: Port | None = None

    def prepare(self, slip: Slip) -> None:
        """Draw a slip ahead: blocks that come again cost nothing then."""
        if self._settings.render == "raster":
            self._press.draw(slip)

    def print(self, slip: Slip) -> Condition:
        """Print one slip and wait until it is out; the printer's condition after it.

        Fault when it did not come out: nothing was sent if the printer said so beforehand.
        """
        if self._settings.render == "raster":
            data = escpos.raster_slip(self._press.pictures(slip))
        else:
            data = iter([escpos.text_slip(slip, self.width)])
        try:
            before = self._ask_first()
            if before.trouble is not None:
                raise _fault(before.trouble)
            return self._send(data)
        except OSError as error:
            self._hang_up()
            raise _fault(Trouble.OFFLINE, str(error)) from error
        except Fault:
            raise
        except (
            Exception
        ):  # a slip that cannot be drawn: what went out of it is wiped, the next slip begins clean
            if self._port is not None:
                self._given_up(self._port, Condition())
            raise

    def condition(self) -> Condition:
        """What the printer says of itself now; Fault `printer-offline` when it says nothing."""
        try:
            return self._ask_first()
        except OSError as error:
            self._hang_up()
            raise _fault(Trouble.OFFLINE, str(error)) from error

    def close(self) -> None:
        """Hang up; may be called twice."""
        self._hang_up()

    # -- the conversation ------------------------------------------------------------------------------------------------

    def _ask_first(self) -> Condition:
        """Ask over the open line, and once more over a new one: printers drop lines that were idle."""
        if self._port is not None:
            with suppress(OSError):
                return self._ask(self._port)
            self._hang_up()
        self._port = self._open()
        return self._ask(self._port)

    def _ask(self, port: Port) -> Condition:
        if not self._settings.answers:
            return Condition()
        printer = self._query(port, 1)
        # an offline printer is asked why; one that is online needs only its paper looked at
        offline = bool(printer & 0x08)
        why = self._query(port, 2) if offline else None
        errors = self._query(port, 3) if offline else None
        now = escpos.condition(printer, why, errors, self._query(port, 4))
        if now.trouble is not None:
            # What lies in the buffer of a printer that stands still, our own questions too, must not come out or fill it.
            port.write(escpos.CLEAR)
        return now

    def _query(self, port: Port, n: int) -> int:
        while port.read(64, 0):  # stale answers, and those that a picture's bytes provoked
            pass
        port.write(escpos.query(n))
        for _ in range(16):
            answer = port.read(1, self._settings.timeout_s)
            if not answer:
                break
            if escpos.is_status(answer[0]):
                return answer[0]
        raise TimeoutError("the printer does not answer")

    def _send(self, data: Iterator[bytes]) -> Condition:
        port = self._port
        assert port is not None
        if not self._settings.answers:
            for chunk in data:
                port.write(chunk)
            return Condition()
        try:
            for chunk in data:
                port.write(chunk)
            port.write(escpos.BARRIER)
        except TimeoutError:
            # A busy printer that takes nothing more for so long has stopped; it still says why.
            raise self._given_up(port, self._ask(port)) from None
        deadline = time.monotonic() + self._settings.slip_s
        while time.monotonic() < deadline:
            answer = port.read(1, GLANCE)
            while answer and not escpos.is_barrier(answer[0]):
                answer = port.read(1, 0)
            if answer:
                return self._ask(port)
            now = self._look(port)
            if now is None:
                return self._ask(port)
            if now.trouble is not None:
                raise self._given_up(port, now)
        raise self._given_up(port, Condition(trouble=Trouble.ERROR))

    def _look(self, port: Port) -> Condition | None:
        """Whether the printer is well while a slip comes out; None when the barrier's answer came in between."""
        port.write(escpos.query(1))
        for _ in range(16):
            answer = port.read(1, self._settings.timeout_s)
            if not answer:
                raise TimeoutError("the printer does not answer")
            if escpos.is_barrier(answer[0]):
                return None
            if escpos.is_status(answer[0]):
                return self._ask(port) if answer[0] & 0x08 else Condition()
        raise TimeoutError("the printer talks nonsense")

    def _given_up(self, port: Port, now: Condition) -> Fault:
        """The rest of the slip is forgotten (see `_ask`), so that it does not come out later beside its reprint."""
        with suppress(OSError):
            port.write(escpos.CLEAR)
        self._hang_up()
        return _fault(now.trouble or Trouble.ERROR)

    def _hang_up(self) -> None:
        port, self._port = self._port, None
        if port is not None:
            with suppress(OSError):
                port.close()


def _fault(trouble: Trouble, detail: str = "") -> Fault:
    return fault(trouble.value, detail)
