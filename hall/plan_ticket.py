"""What a hall may decide about its tickets: ``ticket`` in its settings.

Rules:

* A ticket always has its number, and says that it was given offline, that it is a copy, and what lane it is of: no design leaves that out.
* Which of the other parts it has and in which order is the hall's; each at most once.
* The hall's picture is a PNG in the file itself, so that a version of the settings is whole: black on white, at most as wide as the paper and
  two centimetres high.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from hall.text import Text

TicketPart = Literal["head", "number", "service", "time", "wait", "papers", "code", "foot"]
#: in the usual order
TICKET_PARTS: tuple[TicketPart, ...] = (
    "head", "number", "service", "time", "wait", "papers", "code", "foot",
)  # fmt: skip
#: dots: the widest paper, and two centimetres
LOGO_WIDTH, LOGO_HEIGHT = 576, 160
LOGO_BYTES = 8 * 1024
_PNG = b"\x89PNG\r\n\x1a\n"


class TicketPlan(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The hall's tickets."""

    parts: tuple[TicketPart, ...] = TICKET_PARTS
    #: a PNG, base64; empty: none
    logo: Annotated[str, Meta(max_length=LOGO_BYTES * 4 // 3 + 4)] = ""
    #: the code that opens the phone page, or holds number and time
    qr: bool = True
    #: every ticket in large type
    large: bool = False
    #: the tickets of these lanes in large type
    large_lanes: tuple[Annotated[str, Meta(max_length=32)], ...] = ()


def problems(ticket: TicketPlan, lanes: frozenset[str]) -> Iterator[tuple[str, Text]]:
    """What cannot be printed so."""
    if "number" not in ticket.parts:
        yield "parts", Text(zh="其中有number（号码）", en="number among them")
    for i, part in enumerate(ticket.parts):
        if part in ticket.parts[:i]:
            yield f"parts[{i}]", Text(zh="每一部分只写一次", en="each part once")
    for i, lane in enumerate(ticket.large_lanes):
        if lane not in lanes:
            yield f"large_lanes[{i}]", Text(zh="本厅的队列", en="a lane of this hall")
    if ticket.logo and not is_logo(ticket.logo):
        yield (
            "logo",
            Text(
                zh=f"PNG图片，宽不过{LOGO_WIDTH}点、高不过{LOGO_HEIGHT}点，不大于8KB",
                en=f"a PNG of at most {LOGO_WIDTH} by {LOGO_HEIGHT} dots and 8 KB",
            ),
        )


def is_logo(written: str) -> bool:
    """Whether this is a PNG, in base64, that goes on a ticket: its head says so; the dots are the printer's affair."""
    try:
        png = base64.b64decode(written, validate=True)
    except (binascii.Error, ValueError):
        return False
    if not png.startswith(_PNG) or len(png) > LOGO_BYTES or png[12:16] != b"IHDR":
        return False
    width, height = int.from_bytes(png[16:20], "big"), int.from_bytes(png[20:24], "big")
    return 0 < width <= LOGO_WIDTH and 0 < height <= LOGO_HEIGHT
