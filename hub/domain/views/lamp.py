"""Whether the lamp at the guide desk is lit; for whom, it does not say."""

from __future__ import annotations

from datetime import datetime

from hall.messages.wants import Lamp
from hub.domain import apologies
from hub.domain.hall import Hall


def lamp(hall: Hall, at: datetime) -> tuple[Lamp, datetime | None]:
    """What the lamp is to be, and when that changes by itself."""
    until = apologies.lit_until(hall.state, at)
    return Lamp(rev="", on=until is not None, until=until), until
