"""What a device's event means for the hall."""

from __future__ import annotations

from hall.messages import events
from hub.domain import orders


def order_of(member: str, event: events.AnyEvent) -> orders.AnyOrder | None:
    """The order that carries this event into the hall; None when it changes nothing there.

    A device's wall clock is advice: its `at` counts only while it calls its clock good.
    """
    said_at = event.at if event.clock_ok else None
    match event:
        case events.Rated():
            return orders.RateStep(
                ticket=event.ticket, window=event.window, step=event.step, grade=event.grade, cast_at=said_at
            )
        case events.Printed():
            return orders.NotePrinted(ticket=event.ticket, copy=event.copy, member=member)
        case events.PrintFailed():
            return orders.NotePrintFailed(ticket=event.ticket, code=event.code, member=member)
        case events.IssuedOffline():
            return orders.NoteIssuedOffline(
                ticket=event.ticket,
                number=event.number,
                service=event.service,
                situation=event.situation,
                lane=event.lane,
                day=event.day,
                arrived=said_at,
                large_print=event.large_print,
            )
        case events.AskWithdrawn():
            return orders.WithdrawTicket(ticket=event.ask)
        case events.SelfTest():
            return orders.NoteTest(member=member, results=event.results)
        case _:
            return None
