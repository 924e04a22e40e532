"""The ticket in large print: the number over a third of the paper, and four lines. Pure, like :mod:`.slip`.

Rules:

* Four lines and no more, in Chinese alone: what it is for, 优先 where it is, and when it was taken; who is ahead; how long, or that the
  network is down; whom to ask. Papers and everything else the guide tells, whom the same key has called.
* Each line is short enough for one row on 58 mm paper too; only a service with a long name is broken.
* A copy says 补打 where the time stood, so that the number keeps the whole width. Why somebody has this paper is not on it.
"""

from __future__ import annotations

from datetime import datetime
from math import ceil

from devices.ticket_dispenser.blocks import Block, Gap, Line, Number, Size, Slip
from hall.messages.facts import TicketIssued
from hall.messages.wants import Service
from hall.words import say


def ticket(service: Service, issued: TicketIssued, *, at: datetime, copy: int = 1) -> Slip:
    """The paper of one ticket; `at` in the hall's zone, `copy` above 1 is marked 补打."""
    what = _what(service, issued, say("paper.copy").zh if copy > 1 else f"{at:%H:%M}")
    lines = (what, _ahead(issued), _wait(issued), say("paper.missed.short").zh)
    blocks: list[Block] = [Gap(8), Number(issued.number, tall=True)]
    blocks += [Line(line, "", Size.LARGE, centred=True, bold=True) for line in lines]
    return Slip((*blocks, Gap(8)))


def _what(service: Service, issued: TicketIssued, end: str) -> str:
    match issued.lane:
        case "normal":
            lane = ""
        case "appointment":
            lane = "预约"
        case _:
            lane = say("paper.priority").zh
    return " ".join(part for part in (service.name.zh, lane, end) if part)


def _ahead(issued: TicketIssued) -> str:
    if issued.offline:
        return say("paper.listen").zh
    if issued.ahead:
        return say("paper.ahead", ahead=issued.ahead).zh
    return say("paper.next.short").zh


def _wait(issued: TicketIssued) -> str:
    if issued.offline:
        return say("paper.offline.short").zh
    if not issued.windows:
        return say("paper.wait.none.short").zh
    if issued.wait_min_s is None or issued.wait_max_s is None:
        return say("paper.wait.unknown.short").zh
    low = max(1, issued.wait_min_s // 60)
    return say("paper.wait.short", low=low, high=max(low + 1, ceil(issued.wait_max_s / 60))).zh
