"""A ticket as it would be printed, for whoever edits its texts: the same layout and the same dots, as a picture."""

from __future__ import annotations

from datetime import datetime
from functools import cache
from io import BytesIO

import msgspec

from devices.ticket_dispenser import slip
from devices.ticket_dispenser.raster import Press
from devices.ticket_dispenser.variants import Variant
from hall.messages.facts import TicketIssued
from hall.messages.wants import Services

#: Not a token of anybody: only so that the code on the paper is as large as it will be.
_TOKEN = "0" * 32
#: the ticket with four lines that one person asks for, whatever the dispenser prints else
LARGE_PRINT = "large-print"


@cache
def _press(width: int) -> Press:
    return Press(width)


def png(
    hall: Services, issued: TicketIssued, at: datetime, width: int = 576, variant: str = "usual"
) -> bytes:
    """The paper of a ticket, as a PNG of exactly the dots of paper `width` dots wide.

    `variant` as in a dispenser's settings, or :data:`LARGE_PRINT` for somebody who asked for that.
    """
    if variant == LARGE_PRINT:
        issued, variant = msgspec.structs.replace(issued, large_print=True), Variant.USUAL.value
    made = slip.ticket(hall, issued, at=at, token=_TOKEN, usual=Variant(variant))
    out = BytesIO()
    _press(width).draw(made).save(out, "PNG")
    return out.getvalue()
