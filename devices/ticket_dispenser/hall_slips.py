"""The papers of the hall's own day: what is read out before opening, what is signed after closing. Pure, like :mod:`.slip`.

Rules:

* Nothing is left out silently: where there is nothing to tell (no device in trouble, no bad rating, no stop) the paper says so. What
  nobody knows (no cases kept, no last day) is not on it.
* Nothing of a citizen stands on it, and of a clerk the work number alone; ratings of the day are counts of the whole hall.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from devices.ticket_dispenser.blocks import Block, Gap, Line, Rule, Size, Slip
from devices.ticket_dispenser.slip_parts import sentence
from hall.messages.common import FIRST_BY_HAND, LAST_BY_HAND
from hall.messages.hall_slips import DaySlip, MorningSlip, StopToday
from hall.messages.wants import Services

#: white for a signature
SIGNATURE = 72


def paper(hall: Services, content: MorningSlip | DaySlip, *, at: datetime) -> Slip:
    """The whole paper; `at` is when it is printed, in the hall's zone."""
    head = "slip.morning.head" if isinstance(content, MorningSlip) else "slip.day.head"
    blocks: list[Block] = [
        Gap(8),
        Line(hall.name.zh, hall.name.en, Size.BODY, centred=True),
        sentence(head, Size.HEAD, centred=True, bold=True),
    ]
    if isinstance(content, MorningSlip):
        blocks += _morning(content, at)
    else:
        blocks += _day(content)
    blocks += [
        Rule(),
        sentence("slip.sign", bold=True),
        Gap(SIGNATURE),
        Rule(),
        sentence("slip.printed", Size.SMALL, fields={"time": f"{at:%Y-%m-%d %H:%M}"}),
    ]
    return Slip(tuple(blocks))


def _duty(content: MorningSlip | DaySlip) -> Iterator[Block]:
    if content.duty:
        yield sentence("slip.duty", Size.STRONG, bold=True, fields={"clerk": "、".join(content.duty)})


def _morning(content: MorningSlip, at: datetime) -> Iterator[Block]:
    if content.opens:
        hours = {"date": content.day, "opens": content.opens, "closes": content.closes}
        yield sentence("slip.hours", Size.STRONG, centred=True, fields=hours)
    else:
        yield Line(content.day, size=Size.STRONG, centred=True)
    yield from _duty(content)
    if content.seats:
        yield Rule()
        yield sentence("slip.seats", bold=True)
    for seat in content.seats:
        covered = {} if seat.cover is None else {"cover": seat.cover}
        key = "slip.seat" if seat.cover is None else "slip.seat.cover"
        yield sentence(key, fields={"window": seat.window, "clerk": seat.clerk, **covered})
    yield Rule()
    yield from _devices(content)
    yield from _short_of(content)
    yield Rule()
    if content.cases_due is not None:
        due = {"due": content.cases_due, "late": content.cases_late or 0}
        yield sentence("slip.cases", bold=any(due.values()), fields=due)
    if content.last_issued is not None:
        yield sentence("slip.expected", fields={"count": content.last_issued})
        yield _bad(content)
    yield from _stops(content, at)
    yield sentence("slip.by_hand", fields={"first": FIRST_BY_HAND, "last": LAST_BY_HAND})
    if content.closed_ahead is not None:
        ahead = content.closed_ahead
        reason = {"reason": ahead.reason.zh, "reason_en": ahead.reason.en}
        yield sentence("slip.ahead", bold=True, fields={"date": ahead.day, **reason})
    if content.greeting is not None:
        yield Line(content.greeting.zh, content.greeting.en, Size.STRONG, centred=True, bold=True)


def _devices(content: MorningSlip) -> Iterator[Block]:
    if content.not_ready:
        yield sentence("slip.devices", bold=True)
        for device in content.not_ready:
            text = {"text": device.text.zh, "text_en": device.text.en}
            yield sentence("slip.device", fields={"device": device.member, **text})
            if device.do is not None:
                yield sentence("slip.device.do", fields={"do": device.do.zh, "do_en": device.do.en})
    else:
        yield sentence("slip.devices.ok")
    if content.low_paper:
        yield sentence("slip.paper.low", bold=True, fields={"devices": ", ".join(content.low_paper)})
    else:
        yield sentence("slip.paper.ok")
    for roll in content.paper:
        yield sentence("slip.paper.left", fields={"device": roll.member, "tickets": roll.tickets})
    expected, left = content.last_issued, sum(roll.tickets for roll in content.paper)
    if content.paper and expected is not None and left < expected:
        yield sentence("slip.paper.short", bold=True, fields={"count": expected, "left": left})


def _short_of(content: MorningSlip) -> Iterator[Block]:
    """The order note: what is used up beside paper."""
    if content.short_of:
        yield sentence("slip.supplies", bold=True)
    for one in content.short_of:
        counted = {} if one.count is None else {"count": one.count}
        key = "slip.supply.uncounted" if one.count is None else "slip.supply"
        yield sentence(key, fields={"name": one.name, "least": one.least, **counted})


def _bad(content: MorningSlip) -> Line:
    if not content.bad:
        return sentence("slip.bad.none")
    zh = "、".join(f"{bad.window}号窗口{bad.count}次" for bad in content.bad)
    en = ", ".join(f"window {bad.window}: {bad.count}" for bad in content.bad)
    return sentence("slip.bad", bold=True, fields={"windows": zh, "windows_en": en})


def _stops(content: MorningSlip, at: datetime) -> Iterator[Block]:
    if not content.stops:
        yield sentence("slip.stops.none")
    for stop in content.stops:
        yield _stop(stop, at)


def _stop(stop: StopToday, at: datetime) -> Line:
    fields = {
        "service": stop.service.zh,
        "service_en": stop.service.en,
        "reason": stop.reason.zh,
        "reason_en": stop.reason.en,
    }
    if stop.ends is None:
        return sentence("slip.stop", bold=True, fields=fields)
    time = f"{stop.ends.astimezone(at.tzinfo):%m-%d %H:%M}"
    return sentence("slip.stop.until", bold=True, fields={"time": time, **fields})


def _day(content: DaySlip) -> Iterator[Block]:
    yield Line(content.day, size=Size.STRONG, centred=True)
    yield from _duty(content)
    yield Rule()
    counts = {name: getattr(content, name) for name in ("issued", "served", "missed", "left")}
    yield sentence("slip.count", Size.STRONG, bold=True, fields=counts)
    if content.by_hand:
        yield sentence("slip.by_hand.count", fields={"count": content.by_hand})
    if content.waited:
        share = {"percent": content.kept * 100 // content.waited, "limit": content.limit_min}
        yield sentence("slip.waits", fields={"waited": content.waited, "kept": content.kept, **share})
        longest = {"median": content.median_min or 0, "longest": content.longest_min or 0}
        yield sentence("slip.waits.figures", fields=longest)
    else:
        yield sentence("slip.waits.none")
    rated = sum(content.grades)
    percent = rated * 100 // content.asked if content.asked else 0
    yield sentence("slip.ratings", fields={"asked": content.asked, "rated": rated, "percent": percent})
    four, three, two, one = content.grades
    yield sentence("slip.grades", fields={"four": four, "three": three, "two": two, "one": one})
    yield sentence("slip.extended", fields={"count": content.extended})
    if content.cases_open is not None:
        yield sentence("slip.cases.open", fields={"count": content.cases_open})
    if content.services:
        yield Rule()
        yield sentence("slip.services", bold=True)
    for service in content.services:
        name = {"service": service.name.zh, "service_en": service.name.en}
        yield sentence("slip.service", fields={"count": service.issued, **name})
    if content.windows:
        yield Rule()
        yield sentence("slip.windows", bold=True)
    for tally in content.windows:
        calls = {"window": tally.window, "first": tally.first, "last": tally.last, "calls": tally.calls}
        yield sentence("slip.window", fields=calls)
