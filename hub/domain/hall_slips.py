"""The papers of the hall's own day: ordered once, by whoever knows what stands on them.

Rules:

* A console computes what a slip says, for it keeps the cases and the last day's ratings; the hall keeps on record what was ordered.
* A slip is of today. One that a console orders by the clock bears an id made from the day, so that it is ordered once however many
  consoles there are and however often they start.
* A hall without a dispenser has nothing to print it on.
"""

from __future__ import annotations

from datetime import datetime

from hall.messages.asks import PrintSlip
from hall.messages.common import MemberKind
from hall.messages.facts import HallSlipOrdered
from hub.domain.refusals import refused
from hub.domain.state import State


def print_slip(s: State, order: PrintSlip, at: datetime) -> list[HallSlipOrdered]:
    """A slip is to come out. Refuses ``wrong-day``, ``no-printer``."""
    if order.slip.day not in {at.astimezone(s.zone).date().isoformat(), s.day}:
        raise refused("wrong-day")
    check_printer(s)
    return [HallSlipOrdered(n=s.n + 1, at=at, order=order.id, slip=order.slip, actor=order.actor)]


def check_printer(s: State) -> None:
    """Whether the hall has anything to print on. Refuses ``no-printer``."""
    if not any(member.kind is MemberKind.DISPENSER for member in s.plan.members.values()):
        raise refused("no-printer")
