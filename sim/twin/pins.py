"""gpiozero pin factories on a twin's wires: real gpiozero devices, no Pi.

`BoardFactory(board)` is for one process on any scheduler (a simulated day, pytest): synchronous, in virtual time.
`RemoteFactory` is chosen by environment alone (``GPIOZERO_PIN_FACTORY=hall-twin``, ``HALL_TWIN_GPIO=<unix socket>``)
and reaches the board in the world process. Both report edges as lgpio does: a change counts once it was stable for
`bounce_time`, which is how a Pi behaves (gpiozero's own mock ignores bounce: one press gave ten).
"""

from __future__ import annotations

import logging
import os
import select
import socket
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any

import msgspec
from gpiozero.exc import BadPinFactory

from hall.clock import Seconds, Timer
from sim.twin.wire_board import Board, Edge, PinState
from sim.twin.wire_pin import TwinFactory, TwinPin

__all__ = ["Board", "BoardFactory", "Edge", "PinState", "RemoteFactory", "TwinPin"]

log = logging.getLogger(__name__)

RECONNECT: Seconds = 0.1
"""Between two tries to reach the world."""
FIRST_CONTACT: Seconds = 2.0
"""How long a program waits for the world at its start, and for the level of a pin it claims."""
LONGEST_MESSAGE = 65536


class BoardFactory(TwinFactory):
    """gpiozero pins straight on a `Board`: pass it as `pin_factory=`; edges come in the scheduler's time and thread."""

    def __init__(self, board: Board) -> None:
        super().__init__()
        self.board = board
        self.circuit = board
        self._watched: list[Callable[[], None]] = []

    def ticks(self) -> Seconds:
        """The scheduler's monotonic seconds."""
        return self.board.scheduler.mono()

    def pin(self, name: Any) -> TwinPin:
        """The pin of that name."""
        known = len(self.pins)
        pin: TwinPin = super().pin(name)
        if len(self.pins) > known:
            self._watched.append(self.board.watch(pin.bcm, _Local(self.board, pin).take))
        return pin

    def close(self) -> None:
        """Let go of every pin; may be called twice."""
        super().close()
        while self._watched:
            self._watched.pop()()


class _Local:
    """Carries a board's edges to one pin in the scheduler's time."""

    def __init__(self, board: Board, pin: TwinPin) -> None:
        self._scheduler, self._pin = board.scheduler, pin
        self._timer: Timer | None = None

    def take(self, edges: Sequence[Edge]) -> None:
        for edge in edges:
            self._pin.take(edge)
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if (due := self._pin.due) is not None:
            self._timer = self._scheduler.call_later(due - self._scheduler.mono(), self._settle)

    def _settle(self) -> None:
        self._timer = None
        # The timer was set for this very moment; float rounding must not make it a hair early.
        self._pin.settle(max(self._scheduler.mono(), self._pin.due or 0.0))


class RemoteFactory(TwinFactory):
    """gpiozero pins in the world process, over the unix socket named by ``HALL_TWIN_GPIO``.

    One thread, as in lgpio, receives edges and makes the callbacks. While the world is away the wires are cut: inputs
    keep their last level, outputs go nowhere; when it comes back every claim is sent again.

    :raises gpiozero.exc.BadPinFactory: when HALL_TWIN_GPIO is not set.
    """

    def __init__(self) -> None:
        super().__init__()
        path = os.environ.get("HALL_TWIN_GPIO", "")
        if not path:
            raise BadPinFactory("HALL_TWIN_GPIO does not name the world's socket")
        self.circuit = self._link = _Link(path, self.pins)

    @staticmethod
    def ticks() -> Seconds:
        """CLOCK_MONOTONIC, the world's clock too."""
        return time.monotonic()

    def close(self) -> None:
        """Let go of every pin and hang up; may be called twice."""
        super().close()
        self._link.close()


class _Link:
    """The agent's end of the wires: a `Circuit` over a SEQPACKET socket, and the thread that listens to it."""

    def __init__(self, path: str, pins: dict[Any, TwinPin]) -> None:
        self._path, self._pins = path, pins
        self._claims: dict[int, list[Any]] = {}
        self._levels: dict[int, bool] = {}
        self._answered = threading.Condition()
        self._socket: socket.socket | None = None
        self._closed = False
        self._wake_out, self._wake_in = os.pipe()
        self._thread = threading.Thread(target=self._run, name="twin-gpio", daemon=True)
        self._thread.start()
        with self._answered:
            self._answered.wait_for(lambda: self._socket is not None, FIRST_CONTACT)

    # -- the program's thread ----------------------------------------------------------------------------------------

    def claim(self, pin: int, *, function: str, pull: str) -> bool:
        """See `Circuit`; without a world the pin reads as an open contact."""
        with self._answered:
            old = self._claims.get(pin)
            same = old is not None and old[0] == function
            self._claims[pin] = [function, pull, *(old[2:] if same and old else (0.0, None))]
            self._levels.pop(pin, None)
            if self._send("claim", pin):
                self._answered.wait_for(lambda: pin in self._levels or self._socket is None, FIRST_CONTACT)
            return self._levels.get(pin, pull == "up")

    def drive(self, pin: int, value: float, frequency: float | None) -> None:
        """See `Circuit`; without a world it takes effect when the world is back."""
        with self._answered:
            self._claims[pin][2:] = [value, frequency]
            self._send("drive", pin)

    def close(self) -> None:
        """Hang up and end the thread; may be called twice."""
        if self._closed:
            return
        self._closed = True
        os.write(self._wake_in, b"!")
        self._thread.join(FIRST_CONTACT)
        os.close(self._wake_in)
        os.close(self._wake_out)

    def _send(self, verb: str, pin: int) -> bool:
        if self._socket is None:
            return False
        try:
            self._socket.send(
                msgspec.json.encode([verb, pin, *self._claims[pin]]),
                socket.MSG_DONTWAIT | socket.MSG_NOSIGNAL,
            )
        except (
            OSError
        ):  # gone, or not reading: hang up; the thread connects again and sends every claim again
            with suppress(OSError):
                self._socket.shutdown(socket.SHUT_RDWR)
            return False
        return True

    # -- the wires' thread -------------------------------------------------------------------------------------------

    def _run(self) -> None:
        while not self._closed:
            peer = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
            with peer:
                try:
                    peer.connect(self._path)
                except OSError:
                    select.select([self._wake_out], [], [], RECONNECT)
                    continue
                with self._answered:
                    self._socket = peer
                    for pin in self._claims:
                        self._send("claim", pin)
                    self._answered.notify_all()
                try:
                    self._listen(peer)
                finally:
                    with self._answered:
                        self._socket = None
                        self._answered.notify_all()

    def _listen(self, peer: socket.socket) -> None:
        while not self._closed:
            dues = [due for pin in list(self._pins.values()) if (due := pin.due) is not None]
            patience = max(0.0, min(dues) - time.monotonic()) if dues else None
            select.select([peer.fileno(), self._wake_out], [], [], patience)
            while True:  # everything that has arrived comes before any decision about what is stable
                try:
                    data = peer.recv(LONGEST_MESSAGE, socket.MSG_DONTWAIT)
                except BlockingIOError:
                    break
                except OSError:
                    return
                if not data:
                    return
                self._message(data)
            now = time.monotonic()
            for pin in list(self._pins.values()):
                _guarded(pin.settle, now)

    def _message(self, data: bytes) -> None:
        try:
            kind, bcm, what = msgspec.json.decode(data, type=tuple[str, int, Any])
            edges = (
                msgspec.convert(what, list[Edge]) if kind == "edges" else [Edge(time.monotonic(), bool(what))]
            )
        except msgspec.MsgspecError as error:
            log.warning("the world sent nonsense on the pins' socket: %s", error)
            return
        with self._answered:
            known = self._levels.get(bcm)
            self._levels[bcm] = edges[-1].level
            self._answered.notify_all()
        pin = next((pin for pin in list(self._pins.values()) if pin.bcm == bcm), None)
        # A level that answers a claim is no edge; one that differs from what was known changed while the world was away.
        if pin is not None and (kind == "edges" or known not in {None, edges[-1].level}):
            for edge in edges:
                _guarded(pin.take, edge)


def _guarded(call: Callable[[Any], None], value: Any) -> None:
    try:
        call(value)
    except Exception:
        log.exception("a pin's callback failed; the other keys go on")
