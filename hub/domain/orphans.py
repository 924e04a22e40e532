"""Whom a change of the settings would leave behind: people with a ticket, people who booked, clerks at their windows.

Rules:

* Nobody who counts on the hall loses the service, situation, lane or window they are waiting for, and nobody is being served by one that
  goes. Who was missed today may still come back, so they count too.
* A service whose letter changes would have two kinds of numbers in one line: not while anybody waits with the old one.
* Booked times and missing-papers slips keep their service.
* A window where somebody sits, or to which somebody was sent, stays; a service in which people wait stays on some window.

Each objection says what to do first.
"""

from __future__ import annotations

from collections.abc import Iterator

from hall.plan import HallPlan
from hall.text import Text
from hub.domain.state import State, usual
from hub.domain.ticket import UNSERVED, Life, Ticket

#: Lives of people who may still be served today.
_COUNT = UNSERVED | {Life.MISSED}


def objections(s: State, new: HallPlan) -> Iterator[Text]:
    """Why the change to `new` has to wait, each with what to do first."""
    tickets = [t for t in s.tickets.values() if t.life in _COUNT]
    yield from _services(s, new, tickets)
    yield from _lanes(s, new, tickets)
    yield from _windows(s, new, tickets)
    yield from _promises(s, new)


def _services(s: State, new: HallPlan, tickets: list[Ticket]) -> Iterator[Text]:
    for key, service in s.plan.services.items():
        mine = [t for t in tickets if key in {t.service, t.issued.service}]
        if not mine:
            continue
        n, zh, en = len(mine), service.name.zh, service.name.en
        after = new.services.get(key)
        if after is None:
            yield Text(
                zh=f"{zh}还有{n}人没办完，请先暂停取号，办完再删",
                en=f"{n} people with tickets of {en} are not finished; please stop the service first and remove it when they are",
            )
        elif after.letter != service.letter:
            yield Text(
                zh=f"{zh}还有{n}人拿着{service.letter}字头的号，请办完再改字头",
                en=f"{n} people hold {service.letter} numbers of {en}; please change the letter when they are served",
            )
        elif gone := {t.issued.situation for t in mine} - {None, *after.situations}:
            names = sorted(name for name in gone if name in service.situations)
            if names:
                first = service.situations[names[0]].name
                yield Text(
                    zh=f"{zh}“{first.zh}”还有人没办完，请办完再删",
                    en=f"people with tickets of {en}, {first.en}, are not finished; please remove it when they are",
                )
        elif any(t.life is Life.WAITING and t.place is None for t in mine) and not _served(s, new, key):
            yield Text(
                zh=f"{zh}还有人在等，改后没有窗口办理，请先安排窗口",
                en=f"people wait for {en} and no window would serve it; please give it a window first",
            )


def _served(s: State, new: HallPlan, service: str) -> bool:
    """Whether some window would serve it, or none did before."""
    after = {w.window: usual(w) for w in new.windows}
    before = {w.window: usual(w) for w in s.plan.windows}
    for window, profile in s.profiles.items():
        if window in after and profile != before.get(window):
            after[window] = profile  # changed for today: stays
    return any(service in profile.serves for profile in after.values()) or not s.serving(service)


def _lanes(s: State, new: HallPlan, tickets: list[Ticket]) -> Iterator[Text]:
    for lane in s.plan.lanes:
        n = sum(t.lane == lane for t in tickets)
        if n and lane not in new.lanes:
            yield Text(
                zh=f"通道{lane}还有{n}人没办完，请办完再删",
                en=f"{n} people of the lane {lane} are not finished; please remove it when they are",
            )


def _windows(s: State, new: HallPlan, tickets: list[Ticket]) -> Iterator[Text]:
    stay = {window.window for window in new.windows}
    for plan in s.plan.windows:
        number = plan.window
        if number in stay:
            continue
        clerk = s.windows[number].clerk
        if clerk is not None:
            yield Text(
                zh=f"{number}号窗口有{clerk}在岗，请先离岗再删",
                en=f"{clerk} sits at window {number}; please have them leave before it is removed",
            )
        elif any(number in {t.window, t.back, t.place} for t in tickets):
            yield Text(
                zh=f"{number}号窗口还有人没办完，请先转到别的窗口",
                en=f"somebody at or on the way to window {number} is not finished; please transfer them first",
            )


def _promises(s: State, new: HallPlan) -> Iterator[Text]:
    booked: dict[str, int] = {}
    for appointment in s.promises.appointments.values():
        if appointment.awaited:
            booked[appointment.service] = booked.get(appointment.service, 0) + 1
    slips: dict[str, int] = {}
    for slip in s.promises.slips.values():
        if slip.ticket is None and slip.valid_until >= (s.day or ""):
            slips[slip.service] = slips.get(slip.service, 0) + 1
    for service, plan in s.plan.services.items():
        if service in new.services:
            continue
        if service in booked:
            yield Text(
                zh=f"{plan.name.zh}还有{booked[service]}个预约，请先改约或取消",
                en=f"{plan.name.en} has {booked[service]} appointments; please rebook or cancel them first",
            )
        if service in slips:
            yield Text(
                zh=f"{plan.name.zh}还有{slips[service]}张告知单有效，请先停号，到期再删",
                en=f"{slips[service]} missing-papers slips of {plan.name.en} still count; please stop the service and remove it when they have expired",
            )
