"""What the dispenser knows of the hall: the catalogue on its card, so that it works from power-on without the hub."""

from __future__ import annotations

import logging
from datetime import datetime

import msgspec

from hall.card import Card
from hall.messages.wants import Service, Services
from hall.text import Text

log = logging.getLogger(__name__)

_KEY = "services"
PRIORITY = "priority"
_NOT_PRIORITY = frozenset({"normal", "appointment"})


class Catalogue:
    """The hall's services, hours and words for paper, as the hub said them last."""

    def __init__(self, card: Card) -> None:
        self._card = card
        self.hall: Services | None = None
        #: the card does not have it yet: told again, it is tried again
        self._unkept = False
        kept = card.get(_KEY)
        if kept is not None:
            try:
                self.hall = msgspec.convert(kept, Services)
            except msgspec.ValidationError as error:
                log.error("catalogue on the card unreadable", extra={"why": str(error)})

    def take_in(self, want: Services) -> bool:
        """The hub's new catalogue; whether anything but its revision changed. Fault when the card cannot keep it."""
        changed = self.hall is None or msgspec.structs.replace(want, rev=self.hall.rev) != self.hall
        self.hall = want
        self._unkept |= changed
        if self._unkept:
            self._card.put(_KEY, want)
            self._unkept = False
        return changed

    def service(self, service_id: str) -> Service | None:
        """The service, if the hall has it and lets dispensers give its numbers."""
        if self.hall is None:
            return None
        found = next((service for service in self.hall.services if service.id == service_id), None)
        return found if found is not None and found.button else None

    @property
    def priority(self) -> str | None:
        """The lane of the green channel, None when the hall has none."""
        lanes = [lane for lane in self.hall.lanes if lane not in _NOT_PRIORITY] if self.hall else []
        return PRIORITY if PRIORITY in lanes else next(iter(lanes), None)

    def off(self, service_id: str, now: datetime) -> Text | None:
        """Why this service gives no number now, while the hall is open; None when it does."""
        service = self.service(service_id)
        if service is None or service.off is None:
            return None
        return None if service.off_until is not None and service.off_until <= now else service.off

    def is_open(self, now: datetime) -> bool:
        """Whether numbers are given now.

        As the hub said it for today; about a day of which it said nothing (it is away since before), as the posted hours are.
        """
        hall = self.hall
        if hall is None:
            return False
        if hall.day is None or hall.day == f"{now:%Y-%m-%d}" or not (hall.opens and hall.closes):
            return hall.open
        return _clock(hall.opens) <= f"{now:%H:%M}" < _clock(hall.closes)


def _clock(written: str) -> str:
    """9:00 as 09:00, so that times compare."""
    return written.rjust(5, "0")
