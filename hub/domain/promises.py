"""What the hall has promised people for another time: appointments and missing-papers slips, found by id, by code and by slot.

Rules:

* A code belongs to one promise at a time; what still counts keeps its code.
* A place counts in its slot from the booking until it is cancelled, also after the person came.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Iterator

import msgspec

from hub.domain.moments import Micros


class Appointment(msgspec.Struct, kw_only=True):
    """A booked time."""

    id: str
    code: str
    service: str
    situation: str | None
    slot_us: Micros
    until_us: Micros
    last4: str | None = None
    reminded: bool = False
    cancelled: bool = False
    #: the ticket with which the person came
    ticket: str | None = None

    @property
    def awaited(self) -> bool:
        """Whether the person is still expected."""
        return not self.cancelled and self.ticket is None


class Slip(msgspec.Struct, kw_only=True):
    """The right to come straight back with what was missing."""

    id: str
    code: str
    service: str
    situation: str | None
    #: where it was given and by whom
    window: int
    clerk: str
    #: the ticket it was given to
    given_to: str
    #: last day on which it counts
    valid_until: str
    #: what was missing
    missing: tuple[str, ...] = ()
    #: number of the fact that gave it today
    n: int = 0
    #: the ticket with which the person came back
    ticket: str | None = None


class Promises(msgspec.Struct, kw_only=True):
    """All of them. Changed only by applying facts."""

    appointments: dict[str, Appointment] = {}
    slips: dict[str, Slip] = {}
    #: code to id, of an appointment (six digits) or a slip (eight)
    codes: dict[str, str] = {}
    #: ids of what was booked and not cancelled, by the beginning of the slot
    slots: dict[Micros, list[str]] = {}
    #: the beginnings of those slots, the earliest first
    times: list[Micros] = []

    # ---------------------------------------------------------------- looking

    def by_code(self, code: str) -> Appointment | Slip | None:
        """Whose code this is."""
        found = self.codes.get(code, "")
        return self.appointments.get(found) if len(code) == 6 else self.slips.get(found)

    def between(self, begins: Micros, ends: Micros) -> Iterator[Appointment]:
        """Appointments that were not cancelled, whose slot begins in this time, in the order of their booking per slot."""
        for slot_us in self.times[bisect_left(self.times, begins) : bisect_left(self.times, ends)]:
            for appointment in self.slots[slot_us]:
                yield self.appointments[appointment]

    def taken(self, service: str, begins: Micros, ends: Micros) -> int:
        """How many places of a service are taken in this time."""
        return sum(a.service == service for a in self.between(begins, ends))

    # ---------------------------------------------------------------- changing (apply only)

    def book(self, appointment: Appointment) -> None:
        """A place is taken."""
        self.appointments[appointment.id] = appointment
        self.codes[appointment.code] = appointment.id
        if appointment.slot_us not in self.slots:
            self.slots[appointment.slot_us] = []
            insort(self.times, appointment.slot_us)
        self.slots[appointment.slot_us].append(appointment.id)

    def free(self, appointment: Appointment) -> None:
        """The place is free again; the code is known until the night, so that whoever shows it hears what became of it."""
        appointment.cancelled = True
        booked = self.slots[appointment.slot_us]
        booked.remove(appointment.id)
        if not booked:
            del self.slots[appointment.slot_us]
            self.times.remove(appointment.slot_us)

    def forget(self, appointment: Appointment) -> None:
        """It is over; whoever shows the code later hears that nobody knows it."""
        self.free(appointment)
        del self.appointments[appointment.id]
        self.codes.pop(appointment.code, None)

    def give(self, slip: Slip) -> None:
        """A slip is in somebody's hands."""
        self.slips[slip.id] = slip
        self.codes[slip.code] = slip.id

    def take_back(self, slip: Slip) -> None:
        """A slip was never given."""
        del self.slips[slip.id]
        self.codes.pop(slip.code, None)
