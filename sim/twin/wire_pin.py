"""One gpiozero pin with lgpio's behaviour, whatever carries it to the wires.

An edge counts once it was stable for `bounce_time`; PWM works on every output; a contact that is closed when the program
starts reads active without an event, so a program must look at its keys once.
"""

from __future__ import annotations

from typing import Any, Protocol

from gpiozero.exc import (
    PinFixedPull,
    PinInvalidBounce,
    PinInvalidEdges,
    PinInvalidFunction,
    PinInvalidPull,
    PinInvalidState,
    PinPWMFixedValue,
    PinSetInput,
)
from gpiozero.pins.pi import PiFactory, PiPin

from hall.clock import Seconds
from sim.twin.wire_board import Debounce, Edge

PI_4B = 0xC03115
"""The revision code our boards carry; it decides names and fixed pull resistors only."""


class Circuit(Protocol):
    """What a pin does to the wires."""

    def claim(self, pin: int, *, function: str, pull: str) -> bool:
        """Make the pin an input or output; returns the level it reads."""

    def drive(self, pin: int, value: float, frequency: float | None) -> None:
        """Set an output."""


class TwinPin(PiPin):  # type: ignore[misc]  # gpiozero ships no types
    """One pin with lgpio's behaviour: PWM on every output, debounced edges on inputs."""

    def __init__(self, factory: TwinFactory, info: Any) -> None:
        super().__init__(factory, info)
        self._circuit = factory.circuit
        self._function = "input"
        self._pull = info.pull or "floating"
        self._frequency: float | None = None
        self._value = 0.0
        self._bounce: Seconds = 0.0
        self._edges = "both"
        self._debounce: Debounce | None = None
        self.level = self._circuit.claim(self._number, function="input", pull=self._pull)

    @property
    def bcm(self) -> int:
        """The pin's BCM number."""
        return int(self._number)

    def close(self) -> None:
        """Let go of the pin: an input again, so a lamp goes out."""
        self.when_changed = None
        self._frequency = None
        self.function = "input"

    # -- edges in, whoever brings them ---------------------------------------------------------------------------------

    def take(self, edge: Edge) -> None:
        """An edge on the wire."""
        self.level = edge.level
        if self._debounce is not None:
            self._report(self._debounce.edge(edge))

    def settle(self, now: Seconds) -> None:
        """Report the change that has been stable long enough, if there is one."""
        if self._debounce is not None:
            self._report(self._debounce.settle(now))

    @property
    def due(self) -> Seconds | None:
        """When `settle` will have something to report."""
        return None if self._debounce is None else self._debounce.due

    def _report(self, edge: Edge | None) -> None:
        wanted = edge is not None and self._edges in {"both", "rising" if edge.level else "falling"}
        if edge is not None and wanted and self._when_changed is not None:
            self._call_when_changed(edge.at, edge.level)

    # -- what gpiozero asks of a pin -----------------------------------------------------------------------------------

    def _get_function(self) -> str:
        return self._function

    def _set_function(self, value: str) -> None:
        if value not in {"input", "output"}:
            raise PinInvalidFunction(f'invalid function "{value}" for pin {self!r}')
        if value != self._function:
            self._function, self._value, self._frequency = value, 0.0, None
        self.level = self._circuit.claim(self._number, function=value, pull=self._pull)

    def _get_state(self) -> float | bool:
        if self._function == "input":
            return self.level
        return self._value if self._frequency is not None else bool(self._value)

    def _set_state(self, value: float) -> None:
        if self._function == "input":
            raise PinSetInput(f"cannot set state of pin {self!r}")
        if not 0 <= value <= 1:
            raise PinInvalidState(f'invalid state "{value}" for pin {self!r}')
        self._value = float(value) if self._frequency is not None else float(bool(value))
        self._circuit.drive(self._number, self._value, self._frequency)

    def _get_pull(self) -> str:
        return str(self._pull)

    def _set_pull(self, value: str) -> None:
        if self._function != "input":
            raise PinFixedPull(f"cannot set pull on non-input pin {self!r}")
        if self.info.pull not in {value, ""}:
            raise PinFixedPull(f"{self!r} has a physical pull-{self.info.pull} resistor")
        if value not in {"up", "down", "floating"}:
            raise PinInvalidPull(f'invalid pull "{value}" for pin {self!r}')
        self._pull = value
        self.level = self._circuit.claim(self._number, function="input", pull=value)

    def _get_frequency(self) -> float | None:
        return self._frequency

    def _set_frequency(self, value: float | None) -> None:
        if value is not None and self._function != "output":
            raise PinPWMFixedValue(f"cannot start PWM on pin {self!r}")
        if not value:
            if self._frequency is not None:
                self._frequency, self._value = None, 0.0
                self._circuit.drive(self._number, 0.0, None)
            return
        self._frequency = float(value)
        self._circuit.drive(self._number, self._value, self._frequency)

    def _get_bounce(self) -> float | None:
        return self._bounce or None

    def _set_bounce(self, value: float | None) -> None:
        if value is not None and value < 0:
            raise PinInvalidBounce("bounce must be 0 or greater")
        self._bounce = value or 0.0
        if self._debounce is not None:
            self._debounce.seconds = self._bounce

    def _get_edges(self) -> str:
        return self._edges

    def _set_edges(self, value: str) -> None:
        if value not in {"both", "rising", "falling", "none"}:
            raise PinInvalidEdges(f'invalid edge "{value}" for pin {self!r}')
        self._edges = value

    def _enable_event_detect(self) -> None:
        self._debounce = Debounce(self._bounce, level=self.level)

    def _disable_event_detect(self) -> None:
        self._debounce = None


class TwinFactory(PiFactory):  # type: ignore[misc]  # gpiozero ships no types
    """What both factories share; each has its own pins, so many fit in one process."""

    circuit: Circuit

    def __init__(self) -> None:
        super().__init__()
        self.pin_class = TwinPin

    def _get_revision(self) -> int:
        return PI_4B

    def ticks_diff(self, later: Seconds, earlier: Seconds) -> Seconds:
        """Seconds between two ticks."""
        return later - earlier
