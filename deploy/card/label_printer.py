"""The label on a receipt printer, through the very code that prints tickets: it is out when the printer says so."""

from __future__ import annotations

from collections.abc import Callable

from devices.ticket_dispenser.blocks import Slip
from devices.ticket_dispenser.printer import Port, Printer
from devices.ticket_dispenser.printer_lines import printer_line
from devices.ticket_dispenser.settings import PrinterSettings


def put_out(slip: Slip, printer: str, line: Callable[[PrinterSettings], Port] = printer_line) -> None:
    """Print it; `printer` is a device file (``/dev/usb/lp0``) or ``HOST[:PORT]``. ``Fault`` says why nothing came."""
    settings = settings_of(printer)
    found = Printer(settings, lambda: line(settings))
    try:
        found.print(slip)
    finally:
        found.close()


def settings_of(printer: str) -> PrinterSettings:
    """How it is reached."""
    if printer.startswith("/"):
        return PrinterSettings(kind="lp", path=printer)
    host, _, port = printer.partition(":")
    return PrinterSettings(kind="network", host=host, port=int(port) if port.isdigit() else 9100)
