"""A ticket as it would be printed, for whoever edits its texts: the same layout and the same dots, as a picture."""

from __future__ import annotations

from datetime import datetime
from functools import cache
from io import BytesIO

from devices.ticket_dispenser import slip
from devices.ticket_dispenser.raster import Press
from hall.messages.facts import TicketIssued
from hall.messages.wants import Services

#: 80 mm paper.
WIDTH = 576
#: Not a token of anybody: only so that the code on the paper is as large as it will be.
_TOKEN = "0" * 32


@cache
def _press() -> Press:
    return Press(WIDTH)


def png(hall: Services, issued: TicketIssued, at: datetime) -> bytes:
    """The paper of a ticket, as a PNG of exactly the paper's dots."""
    picture = _press().draw(slip.ticket(hall, issued, at=at, token=_TOKEN))
    out = BytesIO()
    picture.save(out, "PNG")
    return out.getvalue()
