"""What is said aloud when something has happened.

Rules:

* Calls before notices. What was not begun within two minutes is not said any more: several windows call at once, one sentence
  takes some twelve seconds, and whoever has not heard by then is called again.
* A call is said twice. Its first round names what it is (back to a window, review, appointment); later rounds are recalls, from the
  last posted round on with the word what happens next. Where only papers travel nobody is called.
* A ticket in large print is called slowly the second time: the second saying of its first call, and every recall.
* Who was called or sent on and the window then took it back, or gave the call up before the person sat, is told what holds now. Who
  was seated by the guide is told nothing.
* A sentence is said only while it is true: a pause only if somebody waits there, that windows are being opened only
  when one was while the hall is too full, another window for a service only if it calls and people wait for it. Care groups are never spoken.
* A guide is called aloud to a dispenser only where nobody answered its green key (:mod:`hub.domain.escorts`), and people are asked to get
  ready only in a hall whose policy wants it (:mod:`hub.domain.nearing`), after the call that brought them near and not late.
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from hall.messages import facts
from hall.messages.common import Act, NoticeKind
from hall.text import Text
from hub.domain import calendar, pauses
from hub.domain.hall import Hall
from hub.domain.state import State
from hub.domain.ticket import APPOINTMENT, Life

#: Lower is spoken first.
EVACUATION, CALL, RECALL, NOTICE = 0, 1, 2, 3
#: An order to leave is said so often in one breath; the fleet says it again while it stands.
EVACUATION_TIMES = 3
CALL_VOID_S, NOTICE_VOID_S, NEAR_VOID_S = 120.0, 120.0, 40.0


class Announcement(msgspec.Struct, frozen=True, kw_only=True):
    """One sentence for the speakers: `phrase` and `fields` for :func:`hall.words.say`, and how it is said."""

    phrase: str
    fields: Mapping[str, str | int] = {}
    rank: int = NOTICE
    times: int = 1
    expires_s: float = NOTICE_VOID_S
    number: str | None = None
    window: int | None = None
    #: from the so-manieth time on it is said slowly, and in the dialect where a speaker has one; 0: never
    slow_from: int = 0
    #: the sentence as it was decided; None: `phrase` with its `fields`
    text: Text | None = None


def announcements(hall: Hall, fact: facts.AnyFact) -> list[Announcement]:
    """What a committed and applied fact calls for."""
    s = hall.state
    match fact:
        case facts.TicketCalled():
            return [] if fact.carry or fact.seated else [_call(s, fact), *_get_ready(s, fact)]
        case facts.TicketTransferred(to="desk", carry=False):
            return [_to_one("voice.to_desk", CALL, fact.number)]
        case facts.TicketReturned(given_back=True):
            ticket = s.tickets[fact.ticket]
            return [] if ticket.carry else [_to_one("voice.given_back", RECALL, fact.number)]
        case facts.ActUndone():
            return _taken_back(s, fact)
        case facts.WindowPaused():
            window = s.windows[fact.window]
            called = window.ticket is not None and window.ticket.life is Life.CALLED
            if not called and not s.waits_for(window):
                return []
            phrase = "voice.fault" if pauses.is_fault(fact.reason) else "voice.pause"
            return [Announcement(phrase=phrase, fields={"window": fact.window}, window=fact.window)]
        case facts.WindowOpened():
            return [Announcement(phrase="voice.crowd")] if s.crowd_said[0] == fact.n else []
        case facts.ProfileChanged():
            return _also_here(s, fact)
        case facts.HoursExtended():
            until = calendar.written(fact.until.astimezone(s.zone))
            return [Announcement(phrase="voice.extended", fields={"time": until})]
        case facts.NoticeGiven(phrase=str() as phrase):
            return [notice(fact, phrase)]
        case facts.GuideCalled():
            return [Announcement(phrase="voice.escort")]
        case facts.DayOpened():
            return [Announcement(phrase="voice.open")]
        case facts.DayClosed():
            return [Announcement(phrase="voice.close")]
        case facts.PrintFailed():
            phrase = "disp.nopaper" if fact.code == "paper-out" else "disp.noprint"
            return [
                Announcement(phrase=phrase, fields={"number": fact.number}, number=fact.number, rank=RECALL)
            ]
        case _:
            return []


def notice(fact: facts.NoticeGiven, phrase: str) -> Announcement:
    """What somebody had the hall told; an order to leave before everything else."""
    leave = fact.kind is NoticeKind.EVACUATE
    return Announcement(
        phrase=phrase,
        text=fact.text,
        rank=EVACUATION if leave else NOTICE,
        times=EVACUATION_TIMES if leave else 1,
        window=fact.window,
    )


def _also_here(s: State, fact: facts.ProfileChanged) -> list[Announcement]:
    """For the first service that people wait for and that this window serves from now on."""
    n, gained = s.gained
    known = (service for service in gained if service in s.plan.services)
    waited_for = next((service for service in known if s.in_lines.get(service, 0)), None)
    if n != fact.n or waited_for is None or not s.windows[fact.window].working:
        return []
    named = s.plan.services[waited_for].name
    fields: dict[str, str | int] = {"service": named.zh, "service_en": named.en, "window": fact.window}
    return [Announcement(phrase="voice.divert", fields=fields, window=fact.window)]


def _get_ready(s: State, fact: facts.TicketCalled) -> list[Announcement]:
    """To those who come next, where this call brought their turn near; soon it is not true any more."""
    near = s.nearing
    if near is None or near.n != fact.n:
        return []
    fields: dict[str, str | int] = {"first": near.first, "last": near.last}
    return [Announcement(phrase="voice.near", fields=fields, expires_s=NEAR_VOID_S)]


def _to_one(phrase: str, rank: int, number: str, window: int | None = None) -> Announcement:
    """A sentence to one person, said twice like a call."""
    where = {} if window is None else {"window": window}
    return Announcement(
        phrase=phrase,
        fields={"number": number, **where},
        rank=rank,
        times=2,
        expires_s=CALL_VOID_S,
        number=number,
        window=window,
    )


def _taken_back(s: State, fact: facts.ActUndone) -> list[Announcement]:
    """Who was sent somewhere by mistake is told where to be."""
    if s.tickets[fact.ticket].carry:
        return []
    match fact.what:
        case Act.CALL:
            return [_to_one("voice.wait_on", RECALL, fact.number)]
        case Act.NO_SHOW:
            return [_to_one("voice.recall", RECALL, fact.number, fact.window)]
        case Act.TRANSFER:
            return [_to_one("voice.back", RECALL, fact.number, fact.window)]
        case _:
            return []


def _call(s: State, fact: facts.TicketCalled) -> Announcement:
    rank = CALL if fact.round == 1 else RECALL
    said = _to_one(_phrase(s, fact), rank, fact.number, fact.window)
    ticket = s.tickets.get(fact.ticket)
    if ticket is None or not ticket.issued.large_print:
        return said
    return msgspec.structs.replace(said, slow_from=2 if fact.round == 1 else 1)


def _phrase(s: State, fact: facts.TicketCalled) -> str:
    if fact.round > 1:
        limit = s.policy.recall_limit
        return "voice.last" if limit is not None and fact.round > limit else "voice.recall"
    if fact.back:
        return "voice.back"
    service = s.plan.services.get(fact.service)
    if service is not None and service.review:
        return "voice.review"
    ticket = s.tickets.get(fact.ticket)
    if ticket is not None and ticket.lane == APPOINTMENT:
        return "voice.appointment"
    return "voice.call"
