"""A day in figures, from its facts alone."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

import msgspec

from hall.clock import Seconds
from hall.messages import facts
from sim.hall_view import HallView


class DeviceSummary(msgspec.Struct, frozen=True, kw_only=True):
    """One device's day."""

    state: str
    #: tickets printed, copies included
    papers: int = 0
    #: alerts raised in the day
    alerts: int = 0


class Summary(msgspec.Struct, frozen=True, kw_only=True):
    """Every ticket ends in exactly one of `served`, `missed` (called and never came), `left` (gave up, or the hall closed)."""

    issued: int
    served: int
    missed: int
    left: int
    #: from taking the number to the first call; null when nobody was called
    wait_p50_s: Seconds | None
    wait_p90_s: Seconds | None
    #: service steps by grade; a step that was worked and not rated is unrated
    ratings: dict[str, int]
    devices: dict[str, DeviceSummary]


def summarise(told: Iterable[facts.AnyFact], view: HallView, members: Sequence[str]) -> Summary:
    """The day's figures; `view` knows how the devices are now."""
    issued: dict[str, datetime] = {}
    ends: dict[str, str] = {}
    waits: dict[str, Seconds] = {}
    steps: set[tuple[str, int]] = set()
    grades: dict[tuple[str, int], int] = {}
    papers = dict.fromkeys(members, 0)
    alerts = dict.fromkeys(members, 0)
    for fact in told:
        match fact:
            case facts.TicketIssued():
                issued.setdefault(fact.ticket, fact.arrived or fact.at)
            case facts.TicketCalled():
                waits.setdefault(fact.ticket, (fact.at - issued.get(fact.ticket, fact.at)).total_seconds())
            case facts.TicketMissed():
                ends[fact.ticket] = "missed"
            case facts.TicketReturned():
                ends.pop(fact.ticket, None)
            case facts.ServiceFinished():
                ends[fact.ticket] = "served"
                steps.add((fact.ticket, fact.step))
            case facts.TicketTransferred() if fact.seconds:
                steps.add((fact.ticket, fact.step))
            case facts.TicketCancelled() | facts.TicketLeft():
                ends.setdefault(fact.ticket, "left")
            case facts.TicketRated():
                grades[fact.ticket, fact.step] = fact.grade
            case facts.TicketPrinted() if fact.member in papers:
                papers[fact.member] += 1
            case facts.AlertRaised() if fact.member in alerts:
                alerts[fact.member] += 1
            case _:
                pass
    ended = [ends.get(ticket, "left") for ticket in issued]
    counted = {str(grade): list(grades.values()).count(grade) for grade in (1, 2, 3, 4)}
    return Summary(
        issued=len(issued),
        served=ended.count("served"),
        missed=ended.count("missed"),
        left=ended.count("left"),
        wait_p50_s=percentile(list(waits.values()), 0.5),
        wait_p90_s=percentile(list(waits.values()), 0.9),
        ratings={**counted, "unrated": len(steps - set(grades))},
        devices={
            member: DeviceSummary(
                state=view.states[member].value if member in view.states else "absent",
                papers=papers[member],
                alerts=alerts[member],
            )
            for member in members
        },
    )


def percentile(values: list[Seconds], share: float) -> Seconds | None:
    """The value below which `share` of them lie (nearest rank), in tenths of a second; None of nothing."""
    if not values:
        return None
    ordered = sorted(values)
    return round(ordered[min(len(ordered) - 1, int(share * len(ordered)))], 1)
