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

from msgspec import structs
from PIL import Image

from devices.ticket_dispenser import escpos
from devices.ticket_dispenser.blocks import Slip
from devices.ticket_dispenser.profiles import ROWS_PER_MM, profile
from devices.ticket_dispenser.raster import Press
from devices.ticket_dispenser.romtext import TextPress
from devices.ticket_dispenser.settings import PrinterSettings
from devices.ticket_dispenser.status import Condition, Trouble, condition, is_status, query
from hall.clock import Seconds
from hall.errors import Fault
from hall.troubles import fault

#: how long one look at the line takes while a slip comes out
GLANCE: Seconds = 0.5
#: how long a printer that said it is well is believed
FRESH_S: Seconds = 0.5


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

    def __init__(
        self,
        settings: PrinterSettings,
        line: Callable[[], Port],
        *,
        wait: Callable[[Seconds], None] = time.sleep,
    ) -> None:
        """`line` opens a line to the printer, OSError when there is none; nothing is opened before it is used."""
        self.width = settings.width_dots
        self.profile = profile(settings.profile)
        self._settings, self._open, self._wait = settings, line, wait
        self._press = Press(settings.width_dots)
        self._text = TextPress(settings.width_dots, self.profile, self._press.block)
        self._port: Port | None = None
        #: when it last said, asked ahead, that it is well
        self._well_at: Seconds | None = None

    def prepare(self, slip: Slip) -> None:
        """Draw a slip ahead: blocks that come again cost nothing then."""
        if self._settings.render == "raster":
            self._press.draw(slip)

    def ahead(self) -> None:
        """Ask how it is while somebody else still decides what to print: a slip within `FRESH_S` then goes out at once."""
        with suppress(Fault):
            if self.condition().trouble is None:
                self._well_at = time.monotonic()

    def print(self, slip: Slip) -> Condition:
        """Print one slip and wait until it is out; the printer's condition after it, with the paper it took.

        Fault when it did not come out: nothing was sent if the printer said so beforehand.
        """
        paper = self._paper(slip)
        try:
            if not self._known_well():
                before = self._ask_first()
                if before.trouble is not None:
                    raise _fault(before.trouble)
            return structs.replace(self._send(paper), used_mm=paper.mm)
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

    def _known_well(self) -> bool:
        """Whether it was asked a moment ago for the slip that comes now; asked for once, believed once."""
        at, self._well_at = self._well_at, None
        return at is not None and self._port is not None and time.monotonic() - at <= FRESH_S

    def _paper(self, slip: Slip) -> _Paper:
        paper = _Paper(self.profile.blade_mm)
        if self._settings.render == "raster":
            pictures = paper.counted(self._press.pictures(slip))
            paper.chunks = escpos.raster_slip(pictures, self.profile)
        else:
            data, paper.rows = self._text.slip(slip)
            paper.chunks = iter([data])
        return paper

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
        now = condition(printer, why, errors, self._query(port, 4))
        if now.trouble is not None:
            # What lies in the buffer of a printer that stands still, our own questions too, must not come out or fill it.
            self._clear(port)
        return now

    def _query(self, port: Port, n: int) -> int:
        while port.read(64, 0):  # stale answers, and those that a picture's bytes provoked
            pass
        port.write(query(n))
        for _ in range(16):
            answer = port.read(1, self._settings.timeout_s)
            if not answer:
                break
            if is_status(answer[0]):
                return answer[0]
        raise TimeoutError("the printer does not answer")

    def _send(self, paper: _Paper) -> Condition:
        port = self._port
        assert port is not None
        barrier = escpos.Barrier(self.profile)
        try:
            for chunk in paper.chunks:
                port.write(chunk)
            if self._settings.answers and barrier.question:
                port.write(barrier.question)
        except TimeoutError:
            if not self._settings.answers:
                raise
            # A busy printer that takes nothing more for so long has stopped; it still says why.
            raise self._given_up(port, self._ask(port)) from None
        if not self._settings.answers:
            return Condition()
        return self._out(port, barrier) if barrier.question else self._out_by_now(port, paper)

    def _out(self, port: Port, barrier: escpos.Barrier) -> Condition:
        """Wait until the printer says that the slip is out."""
        deadline = time.monotonic() + self._settings.slip_s
        while time.monotonic() < deadline:
            answer = port.read(1, GLANCE)
            while answer and not barrier.answered(answer[0]):
                answer = port.read(1, 0)
            if answer:
                return self._ask(port)
            now = self._look(port, barrier)
            if now is None:
                return self._ask(port)
            if now.trouble is not None:
                raise self._given_up(port, now)
        raise self._given_up(port, Condition(trouble=Trouble.ERROR))

    def _out_by_now(self, port: Port, paper: _Paper) -> Condition:
        """A printer that does not say when: the time that its paper takes, watched, then it must be out."""
        left = paper.mm / self.profile.speed_mm_s
        while True:
            now = self._ask(port)
            if now.trouble is not None:
                raise self._given_up(port, now)
            if left <= 0:
                return now
            self._wait(min(left, GLANCE))
            left -= GLANCE

    def _look(self, port: Port, barrier: escpos.Barrier) -> Condition | None:
        """Whether the printer is well while a slip comes out; None when the barrier's answer came in between."""
        port.write(query(1))
        for _ in range(16):
            answer = port.read(1, self._settings.timeout_s)
            if not answer:
                raise TimeoutError("the printer does not answer")
            if barrier.answered(answer[0]):
                return None
            if is_status(answer[0]):
                return self._ask(port) if answer[0] & 0x08 else Condition()
        raise TimeoutError("the printer talks nonsense")

    def _given_up(self, port: Port, now: Condition) -> Fault:
        """The rest of the slip is forgotten (see `_ask`), so that it does not come out later beside its reprint."""
        with suppress(OSError):
            self._clear(port)
        self._hang_up()
        return _fault(now.trouble or Trouble.ERROR)

    def _clear(self, port: Port) -> None:
        if self.profile.clears:  # others would print it
            port.write(escpos.CLEAR)

    def _hang_up(self) -> None:
        port, self._port = self._port, None
        if port is not None:
            with suppress(OSError):
                port.close()


class _Paper:
    """A slip on its way: its bytes, and the paper that those taken so far make."""

    def __init__(self, blade_mm: float) -> None:
        self.chunks: Iterator[bytes] = iter(())
        self.rows = 0
        self._blade_mm = blade_mm

    @property
    def mm(self) -> float:
        """Its length."""
        return self.rows / ROWS_PER_MM + self._blade_mm

    def counted(self, pictures: Iterator[Image.Image]) -> Iterator[Image.Image]:
        """The same pictures, their rows counted as they are taken."""
        for picture in pictures:
            self.rows += picture.height
            yield picture


def _fault(trouble: Trouble, detail: str = "") -> Fault:
    return fault(trouble.value, detail)
