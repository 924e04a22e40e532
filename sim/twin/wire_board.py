"""The wires of one Raspberry Pi: contacts that fingers close, outputs that drive lamps and buzzers.

Rules:

* An input reads low while its contact to ground is closed, else what its pull resistor says (floating reads low).
* A contact bounces: closing or opening it gives a burst of edges within 5 ms, each stamped with the moment it happened.
  A worn contact (`wear`) also lets go for 30 ms at a time, which no sensible debounce time hides.
* A stuck contact stays closed whatever the finger does.
* An output keeps its last value when the program that drove it is gone. (A real Pi may also fall back to input, and
  lgpio's software PWM stops at whatever level it had: neither is modelled.)

The board knows no gpiozero: factories in :mod:`sim.twin.pins` sit on it. All methods belong to the scheduler's one thread.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from hall.clock import Scheduler, Seconds, Timer
from sim.twin.key_recording import RecordedEdge

BOUNCE: tuple[Seconds, ...] = (0.0, 0.0003, 0.0008, 0.0014, 0.0021, 0.0029, 0.0033, 0.0041, 0.0049)
"""When the contact changes after the finger moved; an odd count, so that it ends where the finger wants it."""
WORN_GAP: Seconds = 0.03
"""How long a worn contact lets go while it should be closed: longer than a debounce time of 20 ms."""


REMEMBERED = 10_000
"""How many past states a pin keeps; a lamp may blink for weeks."""


class Edge(NamedTuple):
    """An input changed to `level` at monotonic second `at`."""

    at: Seconds
    level: bool


class PinState(NamedTuple):
    """A pin's value from monotonic second `at` on: 0 or 1, an output under PWM anything between."""

    at: Seconds
    value: float


EdgeObserver = Callable[[Sequence[Edge]], None]
OutputObserver = Callable[[int, float], None]


@dataclass
class _Wire:
    function: str = "input"
    pull: str = "floating"
    finger: bool = False
    stuck: bool = False
    worn: bool = False
    value: float = 0.0
    frequency: float | None = None
    level: bool = False
    release: Timer | None = None
    chatter: list[Timer] = field(default_factory=list)
    states: deque[PinState] = field(default_factory=lambda: deque(maxlen=REMEMBERED))
    watchers: list[EdgeObserver] = field(default_factory=list)


class Board:
    """The pins of one Pi by BCM number, with the world's hands on one side and a pin factory on the other."""

    def __init__(self, scheduler: Scheduler) -> None:
        self.scheduler = scheduler
        self._wires: dict[int, _Wire] = {}
        self._observers: list[OutputObserver] = []

    # -- what the world does -----------------------------------------------------------------------------------------

    def press(self, pin: int, seconds: Seconds = 0.15, *, bounce: bool = True) -> None:
        """Close the contact at `pin` now and open it `seconds` later; pressing a held key holds it longer."""
        self.close(pin, bounce=bounce)
        wire = self._wire(pin)

        def let_go() -> None:
            self.open(pin, bounce=bounce)

        wire.release = self.scheduler.call_later(seconds, let_go)

    def close(self, pin: int, *, bounce: bool = True) -> None:
        """Put a finger on the key at `pin` and leave it there."""
        self._finger(pin, closed=True, bounce=bounce)

    def open(self, pin: int, *, bounce: bool = True) -> None:
        """Take the finger off the key at `pin`."""
        self._finger(pin, closed=False, bounce=bounce)

    def stick(self, pin: int) -> None:
        """Jam the key at `pin` in its pressed position until `free`."""
        self._wire(pin).stuck = True
        self._settle(pin, bounce=True)

    def free(self, pin: int) -> None:
        """Make the contact at `pin` sound again: neither stuck nor worn."""
        wire = self._wire(pin)
        wire.stuck = wire.worn = False
        self._settle(pin, bounce=True)

    def wear(self, pin: int) -> None:
        """Wear the contact at `pin` out: each press lets go twice for 30 ms, as old keys do, until `free`."""
        self._wire(pin).worn = True

    def replay(self, edges: Iterable[RecordedEdge]) -> Seconds:
        """Play recorded edges from now on, bounce as it was and none of ours; how many seconds that takes."""
        begin, last = self.scheduler.mono(), 0.0
        for edge in edges:
            at, last = begin + edge.after, max(last, edge.after)
            self.scheduler.call_later(edge.after, lambda edge=edge, at=at: self._recorded(edge, at))  # type: ignore[misc]
        return last

    # -- what the world sees -----------------------------------------------------------------------------------------

    def is_closed(self, pin: int) -> bool:
        """Whether the contact at `pin` is closed, by a finger or because it is stuck."""
        wire = self._wire(pin)
        return wire.finger or wire.stuck

    def is_stuck(self, pin: int) -> bool:
        """Whether the key at `pin` is jammed."""
        return self._wire(pin).stuck

    def is_worn(self, pin: int) -> bool:
        """Whether the key at `pin` is worn out."""
        return self._wire(pin).worn

    def value(self, pin: int) -> float:
        """What the output at `pin` drives: 0 … 1 (PWM duty); 0 for a pin that is no output."""
        wire = self._wire(pin)
        return wire.value if wire.function == "output" else 0.0

    def frequency(self, pin: int) -> float | None:
        """The PWM frequency at `pin` in hertz, None without PWM; a passive buzzer sounds at it."""
        return self._wire(pin).frequency

    def outputs(self) -> dict[int, float]:
        """Every output pin and its value."""
        return {pin: wire.value for pin, wire in sorted(self._wires.items()) if wire.function == "output"}

    def states(self, pin: int) -> list[PinState]:
        """What the pin has been, oldest first (bounce included)."""
        return list(self._wire(pin).states)

    def on_output(self, observer: OutputObserver) -> None:
        """Call `observer(pin, value)` at each change of an output."""
        self._observers.append(observer)

    # -- what a pin factory does -------------------------------------------------------------------------------------

    def claim(self, pin: int, *, function: str, pull: str = "floating") -> bool:
        """Make `pin` an `input` (with `pull` up, down or floating) or an `output`; returns the level it reads now.

        A contact that is closed already is read as such without an edge, as on a Pi that starts with a held key.
        """
        wire = self._wire(pin)
        if wire.function != function:
            wire.function = function
            self._set_output(pin, wire, 0.0)
        wire.pull = pull
        wire.level = self._electrical(wire)
        return wire.level

    def drive(self, pin: int, value: float, frequency: float | None = None) -> None:
        """Set an output to `value` 0 … 1, with a PWM `frequency` in hertz or None for plain on and off."""
        wire = self._wire(pin)
        wire.frequency = frequency
        self._set_output(pin, wire, value)

    def level(self, pin: int) -> bool:
        """What the pin reads now."""
        wire = self._wire(pin)
        return wire.level if wire.function == "input" else wire.value > 0

    def watch(self, pin: int, observer: EdgeObserver) -> Callable[[], None]:
        """Give each burst of edges of an input to `observer`; returns a function that ends that."""
        watchers = self._wire(pin).watchers
        watchers.append(observer)

        def stop() -> None:
            if observer in watchers:
                watchers.remove(observer)

        return stop

    # -- physics -----------------------------------------------------------------------------------------------------

    def _wire(self, pin: int) -> _Wire:
        return self._wires.setdefault(pin, _Wire())

    def _electrical(self, wire: _Wire) -> bool:
        return False if wire.finger or wire.stuck else wire.pull == "up"

    def _finger(self, pin: int, *, closed: bool, bounce: bool) -> None:
        wire = self._wire(pin)
        if wire.release is not None:
            wire.release.cancel()
            wire.release = None
        for timer in wire.chatter:
            timer.cancel()
        wire.chatter.clear()
        moved = wire.finger != closed
        wire.finger = closed
        self._settle(pin, bounce=bounce)
        if moved and closed and wire.worn:
            for n in range(2):  # lets go, holds, lets go, holds
                wire.chatter.append(self._later((2 * n + 1) * WORN_GAP, pin, level=True))
                wire.chatter.append(self._later((2 * n + 2) * WORN_GAP, pin, level=False))

    def _later(self, delay: Seconds, pin: int, *, level: bool) -> Timer:
        return self.scheduler.call_later(delay, lambda: self._burst(pin, level=level, bounce=True))

    def _settle(self, pin: int, *, bounce: bool) -> None:
        self._burst(pin, level=self._electrical(self._wire(pin)), bounce=bounce)

    def _recorded(self, edge: RecordedEdge, at: Seconds) -> None:
        wire = self._wire(edge.pin)
        wire.finger = edge.closed
        level = self._electrical(wire)
        if wire.function != "input" or wire.level == level:
            return
        wire.level = level
        wire.states.append(PinState(at, float(level)))
        for observer in list(wire.watchers):
            observer([Edge(at, level)])

    def _burst(self, pin: int, *, level: bool, bounce: bool) -> None:
        wire = self._wire(pin)
        if wire.function != "input" or wire.level == level:
            return
        now = self.scheduler.mono()
        edges = [
            Edge(now + after, level if n % 2 == 0 else not level)
            for n, after in enumerate(BOUNCE if bounce else (0.0,))
        ]
        wire.level = level
        wire.states += [PinState(edge.at, float(edge.level)) for edge in edges]
        for observer in list(wire.watchers):
            observer(edges)

    def _set_output(self, pin: int, wire: _Wire, value: float) -> None:
        if wire.value == value:
            return
        wire.value = value
        wire.states.append(PinState(self.scheduler.mono(), value))
        for observer in self._observers:
            observer(pin, value)


class Debounce:
    """lgpio's debounce, decided by the edges' own timestamps: a change counts once it was stable for `seconds`.

    Deciding by when the edges are *delivered* would lose presses whenever the process is late.
    """

    def __init__(self, seconds: Seconds, *, level: bool) -> None:
        self.seconds = seconds
        self.reported = level
        self._candidate = level
        self._since: Seconds = 0.0

    @property
    def due(self) -> Seconds | None:
        """When the present level will have been stable long enough to be reported; None if there is nothing to report."""
        return None if self._candidate == self.reported else self._since + self.seconds

    def edge(self, edge: Edge) -> Edge | None:
        """Take an edge; returns a report that became due before it."""
        report = self.settle(edge.at)
        if edge.level != self._candidate:
            self._candidate, self._since = edge.level, edge.at
        return report

    def settle(self, now: Seconds) -> Edge | None:
        """Returns the report that is due by `now`, if any; its time is the end of the stable period."""
        due = self.due
        if due is None or now < due:
            return None
        self.reported = self._candidate
        return Edge(due, self.reported)
