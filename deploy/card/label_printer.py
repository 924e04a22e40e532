"""The label on a receipt printer, through the very code that prints tickets: it is out when the printer says so."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from devices.ticket_dispenser.blocks import Slip
from devices.ticket_dispenser.printer import Port, Printer
from devices.ticket_dispenser.printer_lines import printer_line
from devices.ticket_dispenser.settings import PrinterSettings
from hall.errors import Refused
from hall.text import Text

LAST_PORT = 65535


def put_out(slip: Slip, printer: str, line: Callable[[PrinterSettings], Port] = printer_line) -> None:
    """Print it; `printer` is a device file (``/dev/usb/lp0``) or ``HOST[:PORT]``. ``Fault`` says why nothing came."""
    settings = settings_of(printer)
    found = Printer(settings, lambda: line(settings))
    try:
        found.print(slip)
    finally:
        found.close()


def settings_of(printer: str) -> PrinterSettings:
    """How it is reached; ``Refused`` for a port that is none."""
    if printer.startswith("/"):
        return PrinterSettings(kind="lp", path=printer)
    host, colon, port = printer.partition(":")
    usual = PrinterSettings(kind="network", host=host)
    if not colon:
        return usual
    if not (port.isascii() and port.isdigit() and 1 <= int(port) <= LAST_PORT):
        raise Refused(
            "bad-printer",
            Text(
                zh=f"打印机地址 {printer} 有误，应为 /dev/usb/lp0 或 主机[:端口]",
                en=f"{printer} is no printer's place: /dev/usb/lp0, or HOST[:PORT]",
            ),
        )
    return msgspec.structs.replace(usual, port=int(port))
