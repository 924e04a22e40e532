"""The printer: whether it is there, and how it says it is. Nothing is printed."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from devices.doctor.finding import Finding, Level, fault, fine
from devices.doctor.machine import Machine
from devices.ticket_dispenser.printer import Port, Printer
from devices.ticket_dispenser.printer_lines import device_file
from devices.ticket_dispenser.settings import PrinterSettings
from hall.errors import Fault
from hall.troubles import TROUBLES


def look(
    machine: Machine,
    settings: PrinterSettings | None,
    line: Callable[[PrinterSettings], Port],
    *,
    in_use: bool = False,
) -> Iterator[Finding]:
    """Ask the printer how it is; `line` opens a line to it. A printer in use by the device's own program is left alone.

    A network printer takes one line at a time and usblp one program: asked all the same it would seem dead, and on a serial line
    the answers that the program waits for would be taken from it.
    """
    if settings is None:
        return
    if settings.kind in {"lp", "serial"}:
        path = _path(settings)
        if path is None or not machine.there(path):
            where = settings.usb or settings.path
            yield fault(
                "printer-missing",
                (f"没有找到打印机 {where}", f"there is no printer at {where}"),
                ("请检查USB线和电源；看 dmesg | tail", "look at its USB cable and power; see dmesg | tail"),
            )
            return
        if not machine.may_use(path):
            yield fault(
                "printer-forbidden",
                (f"当前用户不能用 {path}", f"this user may not use {path}"),
                (
                    f"请把用户加入 {machine.group_of(path)} 组",
                    f"add the user to the group {machine.group_of(path)}",
                ),
            )
            return
    if in_use:
        yield fine(
            "printer-in-use",
            "打印机由取号机程序使用，没有另外询问；有故障会列在下面的设备一项，也在设备页上",
            "the printer is in the hands of the dispenser's own program and was not asked; what is the matter with it stands with the"
            " device below, and on the devices page",
        )
        return
    yield from _condition(Printer(settings, lambda: line(settings)))


def _path(settings: PrinterSettings) -> str | None:
    """The device file; None when the printer that is known by vendor and product is not plugged in."""
    if settings.kind != "lp" or not settings.usb:
        return settings.path
    try:
        return device_file(settings.usb)
    except OSError:
        return None


def _condition(printer: Printer) -> Iterator[Finding]:
    try:
        found = printer.condition()
    except Fault as error:
        yield _as_told(error.code)
        return
    finally:
        printer.close()
    if found.trouble is not None:
        yield _as_told(found.trouble.value)
    elif found.paper_low:
        yield _as_told("paper-low")
    else:
        yield fine("printer", "打印机正常", "the printer is well")


def _as_told(code: str) -> Finding:
    """In the words of the alert that the device raises for it."""
    trouble = TROUBLES[code]
    return Finding(code=code, level=Level(trouble.level.value), text=trouble.text, do=trouble.do)
