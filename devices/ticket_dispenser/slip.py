"""What each slip says. Pure: facts and the hall's catalogue in, blocks out; every sentence comes from the hall's words.

Rules:

* A ticket tells everything once (一次性告知): number, line, wait, windows, all papers of the chosen situation, what to do if a
  call is missed, whom to ring. Without a choice it lists the common papers and says where to see the rest.
* A lane is 优先 or 预约, never a reason. A promise is printed only when it is true: no window open, no range.
* An offline ticket carries neither estimate nor link.
* A booked time stands on its ticket, with a word when it was too late; who came back with a slip reads that nobody queues twice.
* Who asked for large print has a paper of its own kind (:mod:`devices.ticket_dispenser.large_print`).
* What an ending gives in hand is a paper of its own (:mod:`devices.ticket_dispenser.ending`).
"""

from __future__ import annotations

import base64
from datetime import datetime
from math import ceil

from devices.ticket_dispenser import large_print
from devices.ticket_dispenser.blocks import (
    Banner,
    Block,
    Code,
    Gap,
    Line,
    Logo,
    Mark,
    Number,
    Rule,
    Size,
    Slip,
    Ticks,
)
from devices.ticket_dispenser.slip_parts import (
    both,
    hall_foot,
    hall_head,
    list_version,
    named,
    sentence,
    service_of,
    situation_of,
    ticks,
)
from devices.ticket_dispenser.variants import Variant, variant_of, varied
from hall.messages.common import Via
from hall.messages.facts import TicketIssued
from hall.messages.wants import Service, Services, Situation
from hall.plan_ticket import TICKET_PARTS
from hall.text import Text
from hall.words import say

_NORMAL = "normal"
_APPOINTMENT = "appointment"


def ticket(
    hall: Services,
    issued: TicketIssued,
    *,
    at: datetime,
    token: str | None = None,
    copy: int = 1,
    usual: Variant = Variant.USUAL,
) -> Slip:
    """The paper of one ticket; `at` in the hall's zone, `copy` above 1 is marked 补打, `token` opens the phone page.

    `usual` is how the dispenser sets tickets that nobody wants otherwise.
    """
    service = service_of(hall, issued.service)
    if issued.large_print:
        return large_print.ticket(service, issued, at=at, copy=copy)
    situation = situation_of(service, issued.situation)
    link = page(hall, token) if token and not issued.offline else ""
    parts: dict[str, list[Block]] = {
        "head": [*_logo(hall), *hall_head(hall)],
        "number": [_number(issued, copy)],
        "service": [
            sentence("paper.service", Size.STRONG, bold=True, fields=named(service, situation)),
        ],
        "time": [_taken(at), *_promised(issued, at)],
        "wait": _line_ahead(hall, service, situation, issued),
        "papers": _materials(hall, service, situation, scan=bool(link) and hall.design.qr),
        "code": [_code(hall, issued, at, link)] if hall.design.qr else [sentence("paper.missed")],
        "foot": hall_foot(hall),
    }
    offline: list[Block] = [Banner(*both("paper.offline")), Gap(4)] if issued.offline else []
    blocks: list[Block] = []
    numbered = False
    for part in _order(hall.design.parts):
        if part in _RULED:
            if numbered:
                blocks, offline = [*blocks, *offline], []
            if blocks and parts[part]:
                blocks.append(Rule())
        blocks += parts[part]
        numbered = numbered or part == "number"
    return varied(Slip((*blocks, *offline)), variant_of(hall, issued, usual))


def _order(wanted: tuple[str, ...]) -> list[str]:
    """The parts that there are, in the hall's order; the number is on every ticket."""
    known: list[str] = [part for part in dict.fromkeys(wanted) if part in TICKET_PARTS]
    return known if "number" in known else ["number", *known]


def materials(hall: Services, service: Service, situation: Situation | None = None) -> Slip:
    """The papers to bring, without a number: of one situation, or of the whole service with every situation."""
    blocks: list[Block] = [
        *hall_head(hall),
        Line(*both("disp.list_only"), Size.STRONG, centred=True, bold=True),
    ]
    blocks += [sentence("paper.service", Size.STRONG, bold=True, fields=named(service, situation)), Rule()]
    blocks += [
        Line(*both("paper.materials"), bold=True),
        *_whole_list(hall, service, (situation,) if situation else service.situations),
    ]
    blocks += [
        sentence("disp.list.rest", bold=True),
        *_reminders(hall, service, scan=False),
        Rule(),
        *hall_foot(hall),
    ]
    return Slip(tuple(blocks))


def chosen(hall: Services, service: Service, situation: Situation, number: str | None) -> Slip:
    """After another press of the same key: the full list of this situation, for a number that was printed a moment ago."""
    again = say("disp.again")
    shown = f"{number} " if number else ""
    blocks: list[Block] = [*hall_head(hall), Line(shown + again.zh, shown + again.en, Size.STRONG)]
    blocks += [sentence("paper.service", Size.STRONG, bold=True, fields=named(service, situation)), Rule()]
    blocks += [
        Line(*both("paper.materials"), bold=True),
        *_whole_list(hall, service, (situation,)),
        *_reminders(hall, service, scan=False),
    ]
    return Slip((*blocks, Rule(), *hall_foot(hall)))


def notice(hall: Services | None, text: Text, *, at: datetime) -> Slip:
    """One sentence instead of a number: closed, refused, please ask at the guide desk."""
    blocks: list[Block] = [
        *(hall_head(hall) if hall else (sentence("polite.hello", Size.STRONG, centred=True),))
    ]
    blocks += [Gap(16), Line(text.zh, text.en, Size.STRONG, bold=True), Gap(8), _stamp(at), Rule()]
    return Slip((*blocks, *(hall_foot(hall) if hall else ())))


def closed(hall: Services, *, at: datetime) -> Slip:
    """The hall is closed, and when it is open; without posted hours it says whom to ask."""
    if not (hall.opens and hall.closes):
        return notice(hall, say("disp.desk"), at=at)
    return notice(hall, say("disp.closed", opens=hall.opens, closes=hall.closes), at=at)


def self_test(device: str, results: dict[str, str], *, at: datetime, width: int) -> Slip:
    """For the technician: who this is, what was tested, and type, codes and edges to look at."""
    passed = all(result == "ok" for result in results.values())
    name = {"device": device, "device_en": device}
    head = (
        say("paper.selftest", **name)
        if passed
        else Text(zh=f"自检未通过 {device}", en=f"Self-test failed, {device}")
    )
    blocks: list[Block] = [Line(head.zh, head.en, Size.HEAD, bold=True), _stamp(at), Rule()]
    blocks += [Line(what, result) for what, result in results.items()]
    blocks += [Rule(), Number("A012", (_priority(), _copy_mark())), Ticks(("本人身份证", "本人一类银行卡"))]
    blocks += [
        Line(f"{width} 点/dots", "0123456789 ABCDEFGHIJ"),
        Code(f"self-test {device} {at:%Y-%m-%d %H:%M}"),
    ]
    return Slip(tuple(blocks))


def link_code(hall: Services, token: str, usual: Variant = Variant.USUAL) -> Slip | None:
    """The code of a ticket with this token, to be drawn ahead; None when there is none, or it holds number and time instead."""
    link = page(hall, token)
    if not link or not hall.design.qr:
        return None
    variant = Variant.LARGE if hall.design.large else usual
    return varied(Slip((_code_block(link, "paper.scan"),)), variant)


def sample(hall: Services, service: Service, *, at: datetime, usual: Variant = Variant.USUAL) -> Slip:
    """A made-up ticket with everything that the tickets of this service have in common, to be drawn ahead."""
    issued = TicketIssued(
        n=0,
        at=at,
        ticket="sample",
        number=f"{service.letter or 'A'}000",
        service=service.id,
        lane=_NORMAL,
        via=Via.DISPENSER,
        ahead=0,
        wait_min_s=600,
        wait_max_s=900,
        windows=(1,),
    )
    whole = ticket(hall, issued, at=at, token="0" * 32, usual=usual)
    # a code holds what no other ticket has, and takes longest to draw
    return Slip(tuple(block for block in whole.blocks if not isinstance(block, Code)))


def unknown_hall(hall: str) -> Services:
    """A hall of which nothing but its id is known."""
    return Services(rev="", hall=hall, name=Text(zh=hall, en=hall), services=())


def page(hall: Services, token: str | None) -> str:
    """Address of the phone page that follows a ticket; empty when the hall has none."""
    return f"{hall.public_url.rstrip('/')}/t/{token}" if hall.public_url and token else ""


#: parts with a line across the paper above them
_RULED = frozenset({"wait", "papers", "code"})


# -- parts ---------------------------------------------------------------------------------------------------------------


def _logo(hall: Services) -> list[Block]:
    try:
        png = base64.b64decode(hall.design.logo, validate=True)
    except ValueError:
        return []
    return [Gap(8), Logo(png)] if png else []


def _priority() -> Mark:
    return Mark(*both("paper.priority"))


def _copy_mark() -> Mark:
    return Mark(*both("paper.copy"), loud=True)


def _number(issued: TicketIssued, copy: int) -> Number:
    marks = []
    if issued.lane == _APPOINTMENT:
        marks.append(Mark("预约", "Appointment"))
    elif issued.lane != _NORMAL:
        marks.append(_priority())
    if copy > 1:
        marks.append(_copy_mark())
    return Number(issued.number, tuple(marks))


def _line_ahead(
    hall: Services, service: Service, situation: Situation | None, issued: TicketIssued
) -> list[Block]:
    if issued.offline:
        return []
    if issued.slip is not None:
        return _back(issued)
    blocks: list[Block] = []
    if issued.ahead:
        blocks.append(sentence("paper.ahead", Size.STRONG, bold=True, fields={"ahead": issued.ahead}))
    else:
        blocks.append(sentence("paper.next", Size.STRONG, bold=True))
    if not issued.windows:
        blocks.append(sentence("paper.wait.none"))
    elif issued.wait_min_s is None or issued.wait_max_s is None:
        blocks.append(sentence("paper.wait.unknown"))
    else:
        low = max(1, issued.wait_min_s // 60)
        blocks.append(
            sentence("paper.wait", fields={"low": low, "high": max(low + 1, ceil(issued.wait_max_s / 60))})
        )
        limit_s = hall.wait_limit_s if service.wait_limit_s is None else service.wait_limit_s
        if limit_s is not None and issued.wait_max_s > limit_s:
            blocks.append(sentence("paper.over", bold=True))
    if issued.windows:
        text = say("paper.windows", windows="、".join(str(window) for window in issued.windows))
        zone = f"（{service.zone}）" if service.zone else ""
        zone_en = f" ({service.zone_en})" if service.zone_en else ""
        blocks.append(Line(text.zh + zone, text.en.replace("、", ", ") + zone_en))
    if issued.now:
        blocks.append(sentence("paper.now", fields={"number": issued.now}))
    minutes = (situation and situation.handling_min) or service.handling_min
    if minutes:
        blocks.append(sentence("paper.handle", fields={"minutes": minutes}))
    if issued.aids:
        blocks.append(sentence("paper.aids", fields={"aids": issued.aids}))
    return blocks


def _promised(issued: TicketIssued, at: datetime) -> list[Block]:
    """A booked time, and whether it was kept."""
    if issued.slot is None:
        return []
    times = {"start": _clock(issued.slot, at)}
    if issued.slot_until is not None:
        times["end"] = _clock(issued.slot_until, at)
    key = "paper.appointment" if issued.slot_until is not None else "paper.appointment.at"
    blocks: list[Block] = [sentence(key, Size.STRONG, bold=True, fields=times)]
    return [*blocks, sentence("paper.late", bold=True)] if issued.late else blocks


def _clock(moment: datetime, at: datetime) -> str:
    return f"{moment.astimezone(at.tzinfo):%H:%M}"


def _back(issued: TicketIssued) -> list[Block]:
    """Somebody who showed a slip is told that they do not queue again, and who is before them all the same."""
    if issued.window is None:
        first = sentence("paper.back.front", Size.STRONG, bold=True)
    else:
        fields = {"window": issued.window}
        first = sentence("paper.back.window", Size.STRONG, bold=True, fields=fields)
    ahead = [sentence("paper.ahead", fields={"ahead": issued.ahead})] if issued.ahead else []
    return [first, *ahead]


def _materials(hall: Services, service: Service, situation: Situation | None, *, scan: bool) -> list[Block]:
    blocks: list[Block] = []
    items = (*service.common, *(situation.need if situation else ()))
    if items:
        blocks += [Line(*both("paper.materials"), bold=True), ticks(hall, items)]
    if situation is None and service.situations:
        blocks.append(sentence("paper.rest.scan" if scan else "paper.rest", Size.SMALL))
    return [*blocks, *list_version(service), *_reminders(hall, service, scan=scan)]


def _whole_list(hall: Services, service: Service, situations: tuple[Situation, ...]) -> list[Block]:
    blocks: list[Block] = []
    if service.common:
        blocks += [sentence("paper.common", bold=True), ticks(hall, service.common)]
    for situation in situations:
        if situation.need:
            blocks.append(
                sentence(
                    "paper.situation",
                    bold=True,
                    fields={"situation": situation.name.zh, "situation_en": situation.name.en},
                )
            )
            blocks.append(ticks(hall, situation.need))
    return [*blocks, *list_version(service)]


def _reminders(hall: Services, service: Service, *, scan: bool) -> list[Block]:
    blocks: list[Block] = []
    if service.process is not None:
        process = {"process": service.process.zh, "process_en": service.process.en}
        blocks.append(sentence("paper.process", Size.SMALL, fields=process))
    if service.common or service.situations:
        blocks.append(sentence("paper.materials.ask", Size.SMALL))
    if service.online:
        blocks.append(sentence("paper.online" if scan else "paper.online.ask", Size.SMALL))
    if service.station:
        blocks.append(sentence("paper.station", Size.SMALL))
        told = say("paper.noqueue", papers="、".join(service.station))
        english = ticks(hall, service.station).en
        names = f": {', '.join(english)}" if all(english) else ""
        blocks.append(Line(told.zh, told.en + names, Size.SMALL))
    return blocks


def _code(hall: Services, issued: TicketIssued, at: datetime, link: str) -> Code:
    if link:
        return _code_block(link, "paper.scan")
    return _code_block(f"{hall.name.zh} {issued.number} {at:%Y-%m-%d %H:%M}", "paper.scan.text")


def _code_block(data: str, caption: str) -> Code:
    return Code(data, (sentence(caption, bold=True), sentence("paper.missed")))


def _taken(at: datetime) -> Line:
    return sentence("paper.taken", fields={"time": f"{at:%Y-%m-%d %H:%M}"})


def _stamp(at: datetime) -> Line:
    return Line(f"{at:%Y-%m-%d %H:%M:%S}", size=Size.SMALL)
