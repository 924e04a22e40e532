"""Tickets as pictures that somebody has looked at: each width, each way of printing, each variant, dot by dot.

``python -m tests.devices.test_dispenser_golden`` draws them anew; whoever does looks at every picture that changed. Both kinds of type are
the house's own, so that they are the same on every machine.
"""

import base64
import sys
from io import BytesIO
from pathlib import Path

import msgspec
import pytest
from PIL import Image, ImageChops, ImageDraw

from devices.ticket_dispenser import escpos, slip
from devices.ticket_dispenser.profiles import profile
from devices.ticket_dispenser.raster import Press
from devices.ticket_dispenser.romtext import TextPress
from devices.ticket_dispenser.typeface import Typeface
from devices.ticket_dispenser.variants import Variant
from hall.messages.wants import TicketDesign
from hall.words import say
from sim.twin.paper import PaperPrinter
from tests.devices.a_ticket import AT, HALL, ISSUED, TOKEN

GOLDEN = Path(__file__).with_name("golden")


def _logo() -> str:
    """A picture such as a hall has: an arch."""
    image = Image.new("1", (240, 64), 255)
    pen = ImageDraw.Draw(image)
    pen.pieslice((60, 4, 180, 124), 180, 360, fill=0)
    pen.pieslice((90, 34, 150, 94), 180, 360, fill=255)
    out = BytesIO()
    image.save(out, "PNG")
    return base64.b64encode(out.getvalue()).decode()


OFFLINE = msgspec.structs.replace(
    ISSUED, offline=True, lane="priority", windows=(), wait_min_s=None, wait_max_s=None, now=None
)
LARGE_PRINT = msgspec.structs.replace(ISSUED, lane="priority", large_print=True)
OWN_ORDER = TicketDesign(
    parts=("number", "wait", "head", "service", "papers", "foot"), logo=_logo(), qr=False
)


def ticket(issued=ISSUED, variant=Variant.USUAL, design=None, **more):
    hall = HALL if design is None else msgspec.structs.replace(HALL, design=design)
    return slip.ticket(hall, issued, at=AT, token=TOKEN, usual=variant, **more)


PAPERS = {
    "usual": ticket,
    "large": lambda: ticket(variant=Variant.LARGE),
    "large-print": lambda: ticket(LARGE_PRINT),
    "large-print-copy": lambda: ticket(msgspec.structs.replace(LARGE_PRINT, ahead=0, windows=()), copy=2),
    "english": lambda: ticket(variant=Variant.ENGLISH),
    "logo": lambda: ticket(design=TicketDesign(logo=_logo())),
    "own-order": lambda: ticket(design=OWN_ORDER),
    "offline-copy": lambda: ticket(OFFLINE, copy=2),
    "closed": lambda: slip.closed(HALL, at=AT),
    "quota": lambda: slip.notice(HALL, say("disp.quota"), at=AT),
}
CASES = [(name, width, render) for name in PAPERS for width in (576, 384) for render in ("raster", "text")]


def paper(name, width, render):
    """What a printer puts on paper."""
    press, any_printer = Press(width, Typeface(None)), profile("any")
    if render == "raster":
        data = b"".join(escpos.raster_slip(press.pictures(PAPERS[name]()), any_printer))
    else:
        data, _ = TextPress(width, any_printer, press.block).slip(PAPERS[name]())
    twin = PaperPrinter(width)
    twin.port().write(data)
    [piece] = twin.slips
    assert twin.unknown == []
    return piece.image


def file(name, width, render):
    return GOLDEN / f"ticket-{name}-{80 if width == 576 else 58}-{render}.png"


@pytest.mark.parametrize(("name", "width", "render"), CASES)
def test_it_is_the_picture_that_was_looked_at(name, width, render):
    with Image.open(file(name, width, render)) as golden:
        now = paper(name, width, render)
        assert golden.size == now.size
        assert ImageChops.difference(golden.convert("L"), now.convert("L")).getbbox() is None


def test_no_picture_is_left_over():
    assert {one.name for one in GOLDEN.glob("ticket-*.png")} == {file(*case).name for case in CASES}


if __name__ == "__main__":
    GOLDEN.mkdir(exist_ok=True)
    for case in CASES:
        paper(*case).save(file(*case), optimize=True)
        sys.stdout.write(f"{file(*case)}\n")
