"""``python -m tests.guest.kernel_printer``, as root on a kernel with dummy_hcd and usblp: the twin's printer as a USB device of that kernel, and
the dispenser's own conversation with it. Prints one line for each thing that was seen, as JSON.

The kernel is both ends of the cable: its gadget side is a printer (``/dev/g_printer0``, which the twin's model of paper answers), its host side
finds it, loads usblp and shows ``/dev/usb/lp0``, which the dispenser opens by vendor and product.
"""

from __future__ import annotations

import json
import os
import select
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

from devices.ticket_dispenser.blocks import Code, Line, Number, Size, Slip
from devices.ticket_dispenser.printer import Printer
from devices.ticket_dispenser.printer_lines import printer_line
from devices.ticket_dispenser.raster import Press
from devices.ticket_dispenser.settings import PrinterSettings
from hall.errors import Fault
from sim.twin.paper import PaperPrinter

GADGET = Path("/sys/kernel/config/usb_gadget/printer")
VENDOR, PRODUCT = "0416", "5011"
SLIP = Slip(
    (Line("示例大厅", "Example", Size.HEAD, centred=True), Number("A012"), Code("http://hall.example/t/0123"))
)


class Plugged:
    """The model of paper behind the kernel's printer gadget."""

    def __init__(self, paper: PaperPrinter) -> None:
        """Made, and not plugged in."""
        strings = {
            "strings/0x409/manufacturer": "hall",
            "strings/0x409/product": "twin",
            "strings/0x409/serialnumber": "1",
        }
        settings = {"idVendor": f"0x{VENDOR}", "idProduct": f"0x{PRODUCT}", **strings}
        for each in (
            GADGET,
            GADGET / "strings/0x409",
            GADGET / "configs/c.1",
            GADGET / "functions/printer.g",
        ):
            each.mkdir()
        for name, value in settings.items():
            (GADGET / name).write_text(value)
        (GADGET / "functions/printer.g/pnp_string").write_text("MFG:hall;MDL:twin;CLS:PRINTER;")
        (GADGET / "configs/c.1/printer.g").symlink_to(GADGET / "functions/printer.g")
        self._paper, self._wire, self._plugged = paper, -1, False
        paper.attach(self._answer)

    def plug(self) -> None:
        """The cable goes in."""
        [controller] = (each.name for each in Path("/sys/class/udc").iterdir())
        (GADGET / "UDC").write_text(controller)
        assert settled(self._opened), "the kernel's host side does not take the printer in"
        self._plugged = True
        self._server = threading.Thread(target=self._serve)
        self._server.start()

    def unplug(self) -> None:
        """The cable comes out."""
        (GADGET / "UDC").write_text("\n")
        self._plugged = False
        self._server.join()

    def _opened(self) -> bool:
        """The gadget's file can be opened once the host side has chosen its configuration, and by one at a time."""
        try:
            self._wire = os.open("/dev/g_printer0", os.O_RDWR | os.O_NONBLOCK)
        except OSError:
            return False
        return True

    def _serve(self) -> None:
        while self._plugged:
            select.select([self._wire], [], [], 0.1)
            try:
                data = os.read(self._wire, 8192)
            except OSError:  # nothing yet, or nobody any more
                continue
            if data:
                self._paper.receive(data)
        os.close(self._wire)

    def _answer(self, data: bytes) -> None:
        select.select([], [self._wire], [], 2.0)
        os.write(self._wire, data)


def settled(question: Callable[[], bool], within_s: float = 30.0) -> bool:
    """Whether the answer becomes yes."""
    end = time.monotonic() + within_s
    while not (found := question()) and time.monotonic() < end:
        time.sleep(0.05)
    return found


def trouble(act: Callable[[], object]) -> str:
    """The code of the fault that it ends with; empty when there is none."""
    try:
        act()
    except Fault as fault:
        return fault.code
    return ""


def main() -> int:
    """See the top."""
    paper = PaperPrinter(576)
    cable = Plugged(paper)
    settings = PrinterSettings(kind="lp", usb=f"{VENDOR}:{PRODUCT}", timeout_s=3.0, slip_s=20.0)
    ours = Printer(settings, lambda: printer_line(settings))
    node = Path("/dev/usb/lp0")

    def say(name: str, value: object) -> None:
        print(json.dumps({name: value}), flush=True)

    say("kernel", os.uname().release)
    say("before", trouble(ours.condition))
    cable.plug()
    say("node", settled(node.exists))
    say("driver", Path("/sys/class/usbmisc/lp0/device/driver").resolve().name)
    say("condition", str(ours.condition().trouble))
    say("printed", str(ours.print(SLIP).trouble))
    picture = Press(576).draw(SLIP)
    box = picture.convert("L").point([255 - value for value in range(256)]).getbbox()
    say("same dots", paper.slips[0].ink.tobytes() == picture.crop(box).tobytes())
    say("not understood", len(paper.unknown))
    paper.paper_left = 0
    say("paper out", trouble(lambda: ours.print(SLIP)))
    paper.load_paper()
    say("paper back", str(ours.print(SLIP).trouble))
    cable.unplug()
    say("vanished", settled(lambda: not node.exists()))
    say("unplugged", trouble(ours.condition))
    cable.plug()
    say("returned", settled(lambda: trouble(ours.condition) == ""))
    say("printed again", str(ours.print(SLIP).trouble))
    say("slips", len(paper.slips))
    ours.close()
    cable.unplug()
    return 0


if __name__ == "__main__":
    sys.exit(main())
