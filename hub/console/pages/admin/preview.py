"""What a ticket looks like: drawn by whoever drives the printer, handed in where the console is put together."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from hall.messages.common import Via
from hall.messages.facts import TicketIssued
from hall.messages.wants import Services
from hall.plan import HallPlan
from hub.domain import views
from hub.domain.hall import Hall

#: A ticket of this hall at this time as a PNG, dot by dot as printed on paper so many dots wide, in one of :data:`VARIANTS`.
Preview = Callable[[Services, TicketIssued, datetime, int, str], bytes]
#: dots on the two usual widths of paper, millimetres, how a dispenser can be told to set its tickets, and what one person asks for
PAPERS = {576: 80, 384: 58}
VARIANTS = ("usual", "large", "english", "large-print")


def catalogue(plan: HallPlan, at: datetime) -> Services:
    """What dispensers would be told under these settings."""
    return views.services(Hall(plan), at)


def example(plan: HallPlan, service: str, situation: str | None, at: datetime) -> TicketIssued:
    """A ticket as somebody would get it at a usual time of day."""
    letter = plan.services[service].letter
    windows = tuple(window.window for window in plan.windows if service in window.serves)
    return TicketIssued(
        n=1,
        at=at,
        ticket="preview",
        number=f"{letter}012",
        service=service,
        lane="normal",
        via=Via.DISPENSER,
        ahead=3,
        wait_min_s=600,
        wait_max_s=900,
        windows=windows,
        situation=situation,
        now=f"{letter}009",
    )
