"""What a clerk may choose at a window as it is: acts and their keys, words, papers, pauses, endings. Pure: pages only draw it.

Rules:

* What makes no sense now is off; the hub has the last word. A call may be repeated, and the person be missed, only once its time has
  come.
* Papers that the guide desk saw to, and those that a returning person handed in before, are ticked; who returns with a slip has only
  what was missing open.
* Pause reasons that are forbidden while people wait are not offered while they do.
* An ending that owes the person something (:mod:`hub.domain.slips`) is not sent without it.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

import msgspec

from hall.messages.common import Onward, Outcome, WindowState
from hall.plan import HallPlan
from hall.policy import PausePolicy
from hub.console.book.reading import Moment
from hub.console.mirror.picture import TicketSeen, WindowSeen
from hub.domain.ticket import DESK

#: Every act's key, in the order in which they stand on the page.
KEYS: Final = {
    "next": "n",
    "start": "s",
    "accept": "a",
    "finish": "f",
    "recall": "r",
    "no-show": "x",
    "park": "p",
    "transfer": "t",
    "call-one": "g",
    "pause": "b",
    "extension": "e",
    "record": "k",
    "undo": "u",
    "script": "w",
    "help": "h",
    "leave": "l",
}
#: where the policy names no reasons; each has its words in the table of the clerk's page
USUAL_REASONS: Final = ("器材", "请示领导", "生理", "设备故障", "交接", "午休")
#: longest paper, and most of them
_PAPER, _PAPERS = 80, 30
_ALWAYS: Final = frozenset({"undo", "script", "help"})


class PaperLine(msgspec.Struct, frozen=True, kw_only=True):
    """One paper to look at."""

    name: str
    ticked: bool
    #: seen before: by the guide desk, or on an earlier visit
    seen: bool = False


class Ending(msgspec.Struct, frozen=True, kw_only=True):
    """How a clerk says a service ended."""

    outcome: Outcome
    detail: str = ""
    picked: tuple[str, ...] = ()
    #: further papers, one to a line
    lines: str = ""
    office: str = ""
    room: str = ""
    person: str = ""
    purpose: str = ""
    confirmed: bool = False
    situation: str | None = None

    def missing(self) -> tuple[str, ...]:
        """Every paper that is missing, each once."""
        typed = (line.strip()[:_PAPER] for line in self.lines.splitlines())
        return tuple(dict.fromkeys([*self.picked, *(line for line in typed if line)]))[:_PAPERS]

    def problem(self) -> str | None:
        """The word that says what is still owed; None: nothing."""
        match self.outcome:
            case Outcome.MATERIAL_MISSING if not self.missing():
                return "owes.papers"
            case Outcome.NOT_ALLOWED if not self.detail.strip():
                return "owes.alternative"
            case Outcome.PROXY_REFUSED if not self.detail.strip():
                return "owes.detail"
            case Outcome.ONWARD if not all(
                word.strip() for word in (self.office, self.room, self.person, self.purpose)
            ):
                return "owes.onward"
            case Outcome.ONWARD if not self.confirmed:
                return "owes.contact"
            case _:
                return None

    def fields(self) -> dict[str, Any]:
        """What the hub is told."""
        told: dict[str, Any] = {"outcome": self.outcome, "detail": self.detail.strip() or None}
        if self.situation is not None:
            told["situation"] = self.situation
        if self.outcome is Outcome.MATERIAL_MISSING:
            told["missing"] = self.missing()
        if self.outcome is Outcome.ONWARD:
            office, room, person, purpose = (
                word.strip()[:_PAPER] for word in (self.office, self.room, self.person, self.purpose)
            )
            told["onward"] = Onward(
                office=office, room=room, person=person, purpose=purpose, confirmed=self.confirmed
            )
        return told


def allowed(at: WindowSeen, now: datetime, *, may_undo: bool = True) -> frozenset[str]:
    """The acts that make sense now."""
    ticket = at.ticket
    match at.state:
        case WindowState.IDLE:
            on = {"next", "call-one", "pause", "record", "leave"}
        case WindowState.CALLED:
            on = {"next", "start", "accept", "finish", "park", "transfer", "pause", "extension", "record"}
            if at.recalls != 0 and (at.recall_at is None or at.recall_at <= now):
                on.add("recall")
            if at.miss_at is None or at.miss_at <= now:
                on.add("no-show")
        case WindowState.SERVING:
            on = {"next", "accept", "finish", "park", "transfer", "pause", "extension", "record"}
            if ticket is not None and ticket.accepted:
                on.discard("accept")
        case WindowState.PAUSED:
            on = {"pause", "record", "leave"}
        case _:
            on = {"leave"}
    if ticket is not None and ticket.extended:
        on.discard("extension")
    return frozenset(on | (_ALWAYS if may_undo else _ALWAYS - {"undo"}))


def moment(at: WindowSeen, plan: HallPlan, *, late: bool) -> Moment | None:
    """Which situation it is, as far as the machine knows; `late`: the target has passed."""
    ticket = at.ticket
    if ticket is None:
        return None
    service = plan.services.get(ticket.service)
    if late:
        return Moment.PROGRESS
    if ticket.carry:
        return Moment.CARRIED
    if ticket.extended:
        return Moment.EXTENDED
    if ticket.returned:
        return Moment.RETURNED
    if service is not None and service.review:
        return Moment.REVIEW
    return Moment.APPOINTMENT if ticket.lane == "appointment" else Moment.OPEN


def papers(plan: HallPlan, ticket: TicketSeen) -> tuple[PaperLine, ...]:
    """Every paper of the ticket's service and situation, and those that the slip or the guide names beside."""
    service = plan.services.get(ticket.service)
    situation = None if service is None else service.situations.get(ticket.situation or "")
    listed = (*(() if service is None else service.common), *(() if situation is None else situation.need))
    names = dict.fromkeys([*listed, *ticket.missing, *ticket.papers])
    if ticket.returned and ticket.missing:
        before = {name for name in names if name not in ticket.missing}
    else:
        before = set()
    seen = before | set(ticket.papers)
    return tuple(PaperLine(name=name, ticked=name in seen, seen=name in seen) for name in names)


def pause_reasons(policy: PausePolicy, waiting: int) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The reasons that may be given now, and those that may not because people wait."""
    named: Sequence[str] = policy.reasons or (*USUAL_REASONS, *policy.forbidden_while_waiting)
    no = policy.forbidden_while_waiting if waiting else ()
    return tuple(dict.fromkeys(r for r in named if r not in no)), tuple(r for r in named if r in no)


def places(plan: HallPlan, windows: Sequence[WindowSeen], own: int) -> list[str | int]:
    """Where somebody may be sent: reviews, the other services, windows with a clerk, the guide desk."""
    reviews = [key for key, service in plan.services.items() if service.review]
    others = [key for key, service in plan.services.items() if not service.review]
    open_ = [w.window for w in windows if w.clerk is not None and w.window != own]
    return [*reviews, *others, *open_, DESK]


def sent_to(plan: HallPlan, to: str | int, *, carry: bool) -> Moment | None:
    """The situation of sending somebody on."""
    if carry:
        return Moment.CARRY
    if to == DESK:
        return Moment.TO_DESK
    service = plan.services.get(to) if isinstance(to, str) else None
    if isinstance(to, int):
        serves = next((w.serves for w in plan.windows if w.window == to), ())
        service = plan.services.get(serves[0]) if serves else None
    return Moment.TO_REVIEW if service is not None and service.review else None
