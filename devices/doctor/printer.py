"""The printer: whether it is there, and how it says it is. Nothing is printed."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from devices.doctor.finding import Finding, fault, fine, warning
from devices.doctor.machine import Machine
from devices.ticket_dispenser.printer import Port, Printer
from devices.ticket_dispenser.settings import PrinterSettings
from hall.errors import Fault
from hall.troubles import TROUBLES

#: how a technician goes about each trouble
_DO = {
    "paper-out": ("请装纸，印面朝向热敏头", "put paper in, the coated side to the print head"),
    "cover-open": ("请合上盖子，听到咔声", "close the cover until it clicks"),
    "cutter-jammed": (
        "请断电，清出纸片，再开机",
        "switch it off, clear the paper from the cutter, switch it on",
    ),
}
_OTHER = (
    "请检查电源和线，换一根线再试",
    "look at its power and its cable; try another cable",
)


def look(
    machine: Machine, settings: PrinterSettings | None, line: Callable[[PrinterSettings], Port]
) -> Iterator[Finding]:
    """Ask the printer how it is; `line` opens a line to it. A printer in use by the device's own program is left alone."""
    if settings is None:
        return
    if settings.kind != "network":
        if not machine.there(settings.path):
            yield fault(
                "printer-missing",
                (f"没有找到打印机 {settings.path}", f"there is no printer at {settings.path}"),
                ("请检查USB线和电源；看 dmesg | tail", "look at its USB cable and power; see dmesg | tail"),
            )
            return
        if not machine.may_use(settings.path):
            yield fault(
                "printer-forbidden",
                (f"当前用户不能用 {settings.path}", f"this user may not use {settings.path}"),
                (
                    f"请把用户加入 {machine.group_of(settings.path)} 组",
                    f"add the user to the group {machine.group_of(settings.path)}",
                ),
            )
            return
    yield from _condition(Printer(settings, lambda: line(settings)))


def _condition(printer: Printer) -> Iterator[Finding]:
    try:
        found = printer.condition()
    except Fault as error:
        do = _DO.get(error.code, _OTHER)
        yield fault(error.code, (error.text.zh, error.text.en), do)
        return
    finally:
        printer.close()
    if found.trouble is not None:
        said = TROUBLES[found.trouble.value].text
        do = _DO.get(found.trouble.value, _OTHER)
        yield fault(found.trouble.value, (said.zh, said.en), do)
    elif found.paper_low:
        yield warning(
            "paper-low", ("纸快用完了", "paper is running out"), ("请备好一卷纸", "have a roll ready")
        )
    else:
        yield fine("printer", "打印机正常", "the printer is well")
