"""A ticket as it would be printed, for whoever edits its texts: the same layout and the same dots, as a picture."""

from __future__ import annotations

from datetime import datetime
from functools import cache
from io import BytesIO

from devices.ticket_dispenser import slip
from devices.ticket_dispenser.raster import Press
from devices.ticket_dispenser.variants import Variant
from hall.messages.facts import TicketIssued
from hall.messages.wants import Services

#: Not a token of anybody: only so that the code on the paper is as large as it will be.
_TOKEN = "0" * 32


@cache
def _press(width: int) -> Press:
    return Press(width)


def png(
    hall: Services, issued: TicketIssued, at: datetime, width: int = 576, variant: str = "usual"
) -> bytes:
    """The paper of a ticket, as a PNG of exactly the dots of paper `width` dots wide; `variant` as in a dispenser's settings."""
    made = slip.ticket(hall, issued, at=at, token=_TOKEN, usual=Variant(variant))
    out = BytesIO()
    _press(width).draw(made).save(out, "PNG")
    return out.getvalue()
