"""A ticket dispenser: ``hall device dispenser --settings FILE``, or ``python -m devices.ticket_dispenser FILE``."""

from __future__ import annotations

import secrets
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from devices.agent.run import Parts
from devices.agent.run import run as run_agent
from devices.parts.keys import KeyCall
from devices.ticket_dispenser.agent import Dispenser, KeyOf
from devices.ticket_dispenser.hardware import NumberDisplay, Panel
from devices.ticket_dispenser.printer import Port, Printer
from devices.ticket_dispenser.printer_lines import printer_line
from devices.ticket_dispenser.reader_line import ReaderLine
from devices.ticket_dispenser.recording import Recorder
from devices.ticket_dispenser.settings import DispenserSettings
from hall.messages.common import MemberKind


def build(
    settings: DispenserSettings,
    parts: Parts,
    *,
    pin_factory: Any = None,
    line: Callable[[], Port] | None = None,
    spi: Any = None,
    tokens: Callable[[], str] = lambda: secrets.token_hex(16),
) -> Dispenser:
    """The program with its real hands.

    In their place: a gpiozero `pin_factory`, a `line` that opens a port to a printer, a `spi` object for the display; `tokens` for a day that
    can be repeated.
    """

    def front(on_down: KeyCall, on_up: KeyCall) -> Panel:
        return Panel(
            settings,
            soon=parts.scheduler.call_soon,
            on_down=on_down,
            on_up=on_up,
            pin_factory=pin_factory,
        )

    to_printer = line or (lambda: printer_line(settings.printer))
    if settings.printer.record:
        to_printer = Recorder(Path(settings.printer.record)).line(to_printer)
    plugged = settings.reader

    def reader(on_key: KeyOf, on_there: Callable[[bool], None]) -> ReaderLine:
        assert plugged is not None
        soon = parts.scheduler.call_soon
        return ReaderLine(plugged.path, soon=soon, on_key=on_key, on_there=on_there)

    return Dispenser(
        settings=settings,
        front=front,
        printer=Printer(settings.printer, to_printer),
        display=NumberDisplay(settings.display, spi) if settings.display is not None else None,
        reader=None if plugged is None else reader,
        worker=parts.worker,
        tokens=tokens,
        **parts.for_agent(),
    )


def run(settings: Path) -> int:
    """Run until a signal ends it; the exit code."""
    return run_agent(settings, DispenserSettings, MemberKind.DISPENSER, build)


def main(argv: list[str]) -> int:
    """``python -m devices.ticket_dispenser FILE``."""
    if len(argv) != 1:
        print("usage: python -m devices.ticket_dispenser SETTINGS.yaml", file=sys.stderr)
        return 2
    return run(Path(argv[0]))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
