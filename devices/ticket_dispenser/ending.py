"""What the slip says that an ending or a case gives in hand: missing papers, where to go on, when to come again. Pure, like :mod:`.slip`.

Rules:

* A missing-papers slip names every missing paper, who goes on with it, how long the code counts and where to show it first.
* An onward slip names office, room, person and purpose, and says that the person is expected: they were asked.
* A date is printed only where the situation has the rule.
* A receipt promises a call only to who is called, and names nobody.
"""

from __future__ import annotations

from datetime import date, datetime

from devices.ticket_dispenser.blocks import Block, Code, Line, Rule, Size, Slip
from devices.ticket_dispenser.slip_parts import (
    hall_foot,
    hall_head,
    list_version,
    named,
    sentence,
    service_of,
    situation_of,
    ticks,
)
from hall.messages.commands import CaseReceipt, ComeAgain, GoOn, MissingPapers
from hall.messages.wants import Service, Services


def ending(hall: Services, content: MissingPapers | GoOn | ComeAgain, *, at: datetime, copy: int = 1) -> Slip:
    """What an ending gives the person in hand; `at` in the hall's zone, `copy` above 1 is marked 补打."""
    service = service_of(hall, content.service)
    situation = situation_of(service, content.situation)
    visit = {"number": content.number, "date": f"{at:%Y-%m-%d}"}
    head, blocks = _given(hall, service, content)
    return Slip(
        (
            *hall_head(hall),
            sentence(head, Size.HEAD, centred=True, bold=True),
            *([sentence("paper.copy", Size.STRONG, centred=True, bold=True)] if copy > 1 else []),
            sentence("paper.service", Size.STRONG, bold=True, fields=named(service, situation)),
            sentence("paper.visit", fields=visit),
            Rule(),
            *blocks,
            Rule(),
            *hall_foot(hall),
        )
    )


def receipt(hall: Services, content: CaseReceipt, *, at: datetime) -> Slip:
    """What somebody holds whose case was taken down."""
    taken = {"case": content.case, "date": f"{at:%Y-%m-%d}"}
    called: list[Block] = []
    if content.call_by is not None:
        day = date.fromisoformat(content.call_by)
        by = {"date": f"{day.month}月{day.day}日", "date_en": f"{day.day} {day:%B}"}
        called = [sentence("paper.callback", Size.STRONG, bold=True, fields=by)]
    return Slip(
        (
            *hall_head(hall),
            sentence("paper.receipt.head", Size.HEAD, centred=True, bold=True),
            sentence("paper.receipt.case", Size.STRONG, bold=True, fields=taken),
            sentence("paper.receipt.ask"),
            *called,
            Rule(),
            *hall_foot(hall),
        )
    )


def _given(
    hall: Services, service: Service, content: MissingPapers | GoOn | ComeAgain
) -> tuple[str, list[Block]]:
    """What a slip is called, and what stands on it."""
    match content:
        case MissingPapers():
            return "paper.oncenotice.head", _missing(hall, service, content)
        case GoOn():
            return "paper.onward.head", _onward(content)
        case ComeAgain():
            return "paper.again.head", [_again(service, content)]


def _missing(hall: Services, service: Service, content: MissingPapers) -> list[Block]:
    shown = f"{content.code[:4]} {content.code[4:]}"
    online = [sentence("paper.online.ask", Size.SMALL)] if service.online else []
    beside = (
        sentence("paper.oncenotice.show", bold=True, fields={"code": shown}),
        sentence("paper.oncenotice.until", fields={"date": content.valid_until}),
    )
    return [
        sentence("paper.oncenotice.body", bold=True, fields={"window": content.window}),
        ticks(hall, content.missing),
        sentence("paper.oncenotice.cover", Size.SMALL, fields={"clerk": content.clerk}),
        *list_version(service),
        *online,
        Rule(),
        Code(content.code, beside),
    ]


def _onward(content: GoOn) -> list[Block]:
    onward = content.onward
    place = {"place": f"{onward.office}（{onward.room}）", "place_en": f"{onward.office}, {onward.room}"}
    return [
        sentence("paper.handoff", Size.STRONG, bold=True, fields=place),
        sentence("paper.onward.person", fields={"person": onward.person}),
        sentence("paper.onward.purpose", fields={"purpose": onward.purpose}),
    ]


def _again(service: Service, content: ComeAgain) -> Line:
    name = service.name
    fields = {
        "service": name.zh,
        "service_en": name.en,
        "days": content.again_days,
        "date": content.again_from,
    }
    return sentence("paper.365", Size.STRONG, bold=True, fields=fields)
