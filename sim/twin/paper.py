"""A receipt printer: what its paper looks like, what its sensors say, and the ways it fails.

Rules:

* Bytes wait in a buffer; the controller (:mod:`sim.twin.paper_head`) takes them as far as paper, cover and cutter allow.
  Printing stops at the very row where the paper ends and goes on there when a new roll is in.
* Real-time commands (DLE EOT 1…4, DLE ENQ 2 in a cutter error, the buffer-clearing DLE DC4) act when they *arrive*, even inside a raster,
  as real printers do: flush what was received before asking for status.
* ``GS r 1`` is answered when everything before it has been processed: a completion barrier.
* The blade is 12 mm behind the head: who cuts without feeding finds the last lines on top of the next slip.
* A full buffer is busy: a port's write runs into its timeout, a TCP sender waits.

With a `scheduler` the printer takes its real time (paper speed, slow line); without one everything happens at once and
`print_seconds` says how long it would have taken.
"""

from __future__ import annotations

import errno
import re
from collections.abc import Callable

from hall.clock import Scheduler, Seconds, Timer
from sim.twin.paper_head import CUTTER, Head, Steps
from sim.twin.paper_slip import DOTS_PER_MM, Cut, Millimetres, Slip
from sim.twin.recorded import Recording

__all__ = ["PaperPrinter", "PrinterPort", "Slip"]

ROLL: Millimetres = 80_000
"""A new roll."""
NEAR_END: Millimetres = 3_000
"""From here on the near-end sensor sees the core of the roll."""
SPEED = 150
"""Millimetres of paper a second, where nobody says otherwise."""
CUT_SECONDS: Seconds = 0.3
"""How long the blade takes."""
BUFFER = 65_536
"""Bytes a printer takes before it is busy."""
HALF = 1_000
"""Bytes that a line takes which takes only half."""
BARRIER = b"\x1dr\x01"
"""Any question that is answered when everything before it is out."""
REMEMBERED = 200
"""How many slips a printer keeps; observers see every one."""

_REAL_TIME = re.compile(
    rb"\x10(?:\x04([\x01-\x04])|\x05([\x01\x02])|(\x14\x08\x01\x03\x14\x01\x06\x02\x08))", re.DOTALL
)
_LONGEST_REAL_TIME = 10


class PaperPrinter:
    """A receipt printer 80 mm (576 dots) or 58 mm (384 dots) wide, moved by what happens to printers."""

    def __init__(
        self, width_dots: int = 576, *, scheduler: Scheduler | None = None, buffer: int = BUFFER
    ) -> None:
        if width_dots <= 0 or width_dots % 8:
            raise ValueError(f"a print head has a multiple of 8 dots, not {width_dots}")
        self.width = width_dots
        self.slips: list[Slip] = []
        self.bytes_per_s: float | None = None
        self.speed = SPEED
        """Millimetres of paper a second."""
        self.mute = False
        """Answers nothing, as cheap printers without status do."""
        self.half = False
        """The line takes :data:`HALF` bytes after it was opened and then no more, as a bad cable or hub does."""
        self._taken = 0
        self._scheduler, self._limit = scheduler, buffer
        self._paper_rows = int(ROLL * DOTS_PER_MM)
        self.recording: Recording | None = None
        """A real printer's answers to give instead of its own; what it prints stays its own."""
        self.near_end_sensor = True
        """Has a sensor for the end of the roll, as cheap printers have not."""
        self._cover_open = self._jammed = self._gone = self._offline = self._hot = self._broken = False
        self._busy_until: Seconds = 0.0
        self._resume: Timer | None = None
        self._on_slip: list[Callable[[Slip], None]] = []
        self._on_gone: list[Callable[[bool], None]] = []
        self._on_state: list[Callable[[], None]] = []
        self._host: Callable[[bytes], None] | None = None
        self._power_on()

    def _power_on(self) -> None:
        self._buffer = bytearray()
        self._heard = b""
        self.head = Head(self.width, self)
        self.head.rows += bytes(self.head.stride * CUTTER)
        self._program: Steps = self.head.program()
        self._need = next(self._program)

    # -- what people and fate do -------------------------------------------------------------------------------------

    @property
    def paper_left(self) -> Millimetres:
        """Millimetres on the roll; set 0 to take the paper away, anything more to put a new roll in."""
        return self._paper_rows / DOTS_PER_MM

    @paper_left.setter
    def paper_left(self, millimetres: Millimetres) -> None:
        was_out = self.paper_out
        self._paper_rows = max(0, int(millimetres * DOTS_PER_MM))
        if was_out and not self.paper_out:
            self._tear()
        self._changed()

    @property
    def paper_out(self) -> bool:
        """No paper under the head."""
        return self._paper_rows <= 0

    @property
    def paper_low(self) -> bool:
        """The near-end sensor sees the end coming."""
        return self.paper_left < NEAR_END

    def load_paper(self, millimetres: Millimetres = ROLL) -> None:
        """Put a new roll in: what hangs out of the old one is torn off."""
        self.paper_left = 0
        self.paper_left = millimetres

    @property
    def cover_open(self) -> bool:
        """The cover is open: nothing prints."""
        return self._cover_open

    @cover_open.setter
    def cover_open(self, value: bool) -> None:
        self._cover_open = value
        self._changed()

    @property
    def jammed(self) -> bool:
        """The cutter is jammed: nothing prints until somebody clears it."""
        return self._jammed

    @jammed.setter
    def jammed(self, value: bool) -> None:
        self._jammed = value
        self._changed()

    @property
    def hot(self) -> bool:
        """The head is too hot: nothing prints until it has cooled down, then it goes on by itself."""
        return self._hot

    @hot.setter
    def hot(self, value: bool) -> None:
        self._hot = value
        self._changed()

    @property
    def broken(self) -> bool:
        """An error that only a new start ends (voltage, a burnt head, its board)."""
        return self._broken

    @broken.setter
    def broken(self, value: bool) -> None:
        self._broken = value
        self._changed()

    @property
    def offline(self) -> bool:
        """Not printing, whatever the reason; settable, as by a button on the printer."""
        stopped = self._cover_open or self._jammed or self._hot or self._broken
        return self._offline or stopped or self.paper_out

    @offline.setter
    def offline(self, value: bool) -> None:
        self._offline = value
        self._changed()

    @property
    def put_offline(self) -> bool:
        """Somebody took it off line with the button on it."""
        return self._offline

    @property
    def gone(self) -> bool:
        """Cable out or power off: the port vanishes. Power back means an empty buffer."""
        return self._gone

    @gone.setter
    def gone(self, value: bool) -> None:
        if value and not self._gone:
            self._tear()
            self._power_on()
        changed, self._gone = self._gone != value, value
        if changed:
            for observer in self._on_gone:
                observer(value)
        self._changed()

    def slow(self, bytes_per_s: float | None) -> None:
        """Make the line slow (a serial printer at 9600 baud: 960); None is as fast as it comes."""
        self.bytes_per_s = bytes_per_s

    # -- what people see ---------------------------------------------------------------------------------------------

    @property
    def unknown(self) -> list[bytes]:
        """Commands nobody taught this printer, in order."""
        return self.head.unknown

    @property
    def waiting(self) -> int:
        """Bytes in the buffer."""
        return len(self._buffer)

    @property
    def hanging(self) -> Slip:
        """What hangs out of the printer, not cut yet."""
        return self._piece(len(self.head.rows), "torn")

    def print_seconds(self, slip: Slip) -> Seconds:
        """How long `slip` took on a real printer: the slower of paper and line, and the cut."""
        line = len(slip.raw) / self.bytes_per_s if self.bytes_per_s else 0.0
        return max(slip.length / self.speed, line) + CUT_SECONDS

    def on_slip(self, observer: Callable[[Slip], None]) -> None:
        """Call `observer(slip)` when a piece of paper is cut or torn off."""
        self._on_slip.append(observer)

    def on_gone(self, observer: Callable[[bool], None]) -> None:
        """Call `observer(gone)` when the port vanishes or comes back."""
        self._on_gone.append(observer)

    def on_state(self, observer: Callable[[], None]) -> None:
        """Call `observer()` when somebody touched the printer."""
        self._on_state.append(observer)

    # -- the line ----------------------------------------------------------------------------------------------------

    def port(self) -> PrinterPort:
        """A new in-memory transport to this printer."""
        return PrinterPort(self)

    def attach(self, host: Callable[[bytes], None]) -> None:
        """Answers go to `host` from now on; a line that is open already stays as it is."""
        if self._host != host:
            self._host, self._taken = host, 0

    def detach(self, host: Callable[[bytes], None]) -> None:
        """`host` hung up; what the printer says is lost."""
        if self._host == host:
            self._host = None

    @property
    def space(self) -> int:
        """Bytes the buffer still takes, and the line."""
        free = self._limit - len(self._buffer)
        return max(0, min(free, HALF - self._taken)) if self.half else free

    def receive(self, data: bytes) -> None:
        """Bytes from the line; at most `space`."""
        self._taken += len(data)
        heard, seen = self._heard + data, 0
        for command in _REAL_TIME.finditer(heard):
            seen = command.end()
            if command[1]:
                self._say(bytes([self._status(command[1][0])]), command[0])
            elif command[3] or (
                command[2] == b"\x02" and self._jammed
            ):  # DLE ENQ acts in a cutter error only
                self._buffer.clear()
                self._restart_program()
                data = heard[seen:]
        self._heard = heard[seen:][-_LONGEST_REAL_TIME + 1 :]
        self._buffer += data
        self._pump()

    def _restart_program(self) -> None:
        self._program.close()
        self.head.forget()
        self._program = self.head.program()
        self._need = next(self._program)

    def _status(self, n: int) -> int:
        bits = {
            1: 0x08 * self.offline,
            2: 0x04 * self._cover_open
            | 0x20 * self.paper_out
            | 0x40 * (self._jammed or self._hot or self._broken),
            3: 0x08 * self._jammed | 0x20 * self._broken | 0x40 * self._hot,
            4: 0x0C * (self.paper_low and self.near_end_sensor) | 0x60 * self.paper_out,
        }
        return 0x12 | bits[n]

    # -- mechanics, for the controller -------------------------------------------------------------------------------

    def room(self) -> int:
        """See `Mechanics`."""
        return 0 if self.offline or self._gone else self._paper_rows

    def moved(self, rows: int) -> None:
        """See `Mechanics`."""
        self._paper_rows -= rows
        self._busy(rows / DOTS_PER_MM / self.speed)

    def cut(self, kind: str) -> None:
        """See `Mechanics`."""
        self._busy(CUT_SECONDS)
        self._release(
            len(self.head.rows) - self.head.stride * CUTTER, "full" if kind == "full" else "partial"
        )

    def answer(self, data: bytes) -> None:
        """See `Mechanics`."""
        self._say(data, BARRIER)

    def _say(self, own: bytes, question: bytes) -> None:
        """Its own answer, or what the recording says to such a question."""
        if self.recording is None:
            self._send(own)
            return
        for after, data in self.recording.answers(question):
            if self._scheduler is None:
                self._send(data)
            else:
                self._scheduler.call_later(after, lambda data=data: self._send(data))  # type: ignore[misc]

    def _send(self, data: bytes) -> None:
        if self._host is not None and not self.mute and not self._gone:
            self._host(data)

    def paper_status(self) -> int:
        """See `Mechanics`."""
        return 0x03 * (self.paper_low and self.near_end_sensor) | 0x0C * self.paper_out

    # -- inside ------------------------------------------------------------------------------------------------------

    def _changed(self) -> None:
        for observer in self._on_state:
            observer()
        self._pump()

    def _busy(self, seconds: Seconds) -> None:
        if self._scheduler is not None:
            self._busy_until = max(self._busy_until, self._scheduler.mono()) + seconds

    def _pump(self) -> None:
        """Let the controller work as far as bytes, mechanics and time allow."""
        while (
            self._resume is None and not self.offline and not self._gone and len(self._buffer) >= self._need
        ):
            data = bytes(self._buffer[: self._need])
            del self._buffer[: self._need]
            self._need = self._program.send(data)
            if self._scheduler is not None:
                ahead = self._busy_until - self._scheduler.mono()
                if ahead > 0.02:
                    self._resume = self._scheduler.call_later(ahead, self._go_on)

    def _go_on(self) -> None:
        self._resume = None
        self._pump()

    def _tear(self) -> None:
        """Somebody tears off what hangs out, if something was printed on it."""
        if len(self.head.rows) > self.head.stride * CUTTER:
            self._release(len(self.head.rows), "torn")
        self.head.rows[:] = bytes(self.head.stride * CUTTER)

    def _piece(self, length: int, cut: Cut) -> Slip:
        head = self.head
        at = self._scheduler.now() if self._scheduler else None
        return Slip(
            self.width,
            bytes(head.rows[:length]),
            bytes(head.raw),
            cut,
            tuple(head.text),
            tuple(head.codes),
            at,
        )

    def _release(self, length: int, cut: Cut) -> None:
        slip, head = self._piece(length, cut), self.head
        del head.rows[:length]
        head.raw.clear()
        head.text.clear()
        head.codes.clear()
        self.slips.append(slip)
        del self.slips[:-REMEMBERED]
        for observer in self._on_slip:
            observer(slip)


class PrinterPort:
    """An in-memory transport: what ``/dev/usb/lp0`` is to a program. It works again after the printer came back."""

    def __init__(self, printer: PaperPrinter) -> None:
        self._printer = printer
        self._answers = bytearray()
        printer.attach(self._answered)

    def write(self, data: bytes) -> None:
        """Send all of `data`.

        :raises OSError: the printer is gone (ENODEV).
        :raises TimeoutError: the printer is busy and does not take the rest.
        """
        self._printer.attach(self._answered)  # opened again after a close
        at = 0
        while at < len(data):
            self._check()
            piece = data[at : at + max(0, self._printer.space)]
            if not piece:
                raise TimeoutError(
                    errno.ETIMEDOUT, f"printer does not accept data ({len(data) - at} bytes left)"
                )
            self._printer.receive(piece)
            at += len(piece)

    def read(self, n: int, timeout_s: Seconds) -> bytes:  # noqa: ARG002 - everything that will be answered is here
        """At most `n` bytes the printer has answered, none if it has nothing to say.

        :raises OSError: the printer is gone (ENODEV).
        """
        self._check()
        data = bytes(self._answers[:n])
        del self._answers[:n]
        return data

    def close(self) -> None:
        """Hang up; may be called twice."""
        self._answers.clear()
        self._printer.detach(self._answered)

    def _answered(self, data: bytes) -> None:
        self._answers += data

    def _check(self) -> None:
        if self._printer.gone:
            raise OSError(errno.ENODEV, "printer is gone")
