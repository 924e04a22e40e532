"""Who held the green key at a dispenser and waits to be taken by the arm (M8), and when the hall's voice calls the guide.

Rules:

* The call goes to the guide desk first, which is told at once and beeps. Where nobody there says within ``escort_voice_s`` that they go, the
  hall's voice calls the guide: once for each call. With ``escort_voice_s`` 0 it never does.
* Who only tapped the key and has the number of the green channel in hand has what they came for: the desk is told all the same, the voice says
  nothing about somebody who sits already. Who held it (their number is in large print), or has no number yet, is called for.
* One guide is enough at a dispenser: whoever goes there, and whatever sentence calls somebody there, is for everybody who waits there then.
* However many keys are held: at least :data:`GAP_S` lie between two such sentences. What could not be said within :data:`VOID_S` of its time (the
  hub was away, people were told to leave) is not said any more.
* A call is this day's: nobody is called to a dispenser of a hall that is closed. That the key's alert ends by itself answers nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Final

from hall.messages.asks import AnswerEscort
from hall.messages.common import Via
from hall.messages.facts import AlertRaised, EscortAnswered, GuideCalled, TicketPrinted
from hub.domain.moments import SECOND, Micros, micros
from hub.domain.notices import evacuation
from hub.domain.state import EscortCall, State
from hub.domain.ticket import APPOINTMENT, NORMAL

#: The alert of a dispenser whose green key was held.
WANTED: Final = "escort-wanted"
#: lanes that need no green key
_USUAL: Final = frozenset({NORMAL, APPOINTMENT})
GAP_S: Final = 120
VOID_S: Final = 120


def answer(s: State, order: AnswerEscort, at: datetime) -> list[EscortAnswered]:
    """Somebody goes. Nothing where nobody waits: it was answered, or its day is over."""
    call = s.escorts.get(order.call)
    if call is None:
        return []
    return [EscortAnswered(n=s.n + 1, at=at, member=call.member, call=order.call, actor=order.actor)]


def due(s: State, at: datetime) -> datetime | None:
    """When the hall's voice calls a guide the next time, if nobody answers before."""
    moments = [when for when, _ in _unsaid(s, at)]
    return s.moment(max(min(moments), micros(at))) if moments else None


def tell(s: State, at: datetime, n: int) -> list[GuideCalled]:
    """The call that has waited longest of those that waited long enough."""
    now = micros(at)
    owed = min((call for when, call in _unsaid(s, at) if when <= now), default=None)
    return [] if owed is None else [GuideCalled(n=n, at=at, member=s.escorts[owed].member, call=owed)]


def _unsaid(s: State, at: datetime) -> Iterator[tuple[Micros, int]]:
    """Calls that nobody answered, and when the voice says so."""
    patience = s.policy.escort_voice_s * SECOND
    if not s.open or not patience or evacuation(s) is not None:
        return
    now = micros(at)
    for n, call in s.escorts.items():
        when = max(_after(call.at_us, patience, now), _after(s.guide_called_us, GAP_S * SECOND, now))
        if not call.said and now <= when + VOID_S * SECOND:
            yield when, n


def _after(since: Micros, wait: Micros, now: Micros) -> Micros:
    """So long after a moment; now, where a clock that was set back has that moment still to come: it lets nobody wait."""
    return since + wait if since <= now else now


# ---------------------------------------------------------------- apply


def on_alert(s: State, fact: AlertRaised) -> None:
    """Somebody held the green key; what was held while the hall was closed waits for nobody."""
    if fact.code == WANTED and s.open:
        s.escorts[fact.n] = EscortCall(member=fact.member, at_us=micros(fact.at))


def on_printed(s: State, fact: TicketPrinted) -> None:
    """A number is in hand at a dispenser where somebody was called for."""
    ticket = s.tickets.get(fact.ticket)
    if (
        fact.copy > 1
        or ticket is None
        or ticket.issued.via is not Via.DISPENSER
        or ticket.issued.lane in _USUAL
    ):
        return
    for call in s.escorts.values():
        if call.member == fact.member:
            call.held |= ticket.issued.large_print
            call.said |= not call.held


def on_answered(s: State, fact: EscortAnswered) -> None:
    """Somebody goes."""
    s.escorts = {n: call for n, call in s.escorts.items() if call.member != fact.member}


def on_called(s: State, fact: GuideCalled) -> None:
    """The guide was called aloud; whoever goes may still say so."""
    s.guide_called_us = micros(fact.at)
    for call in s.escorts.values():
        call.said |= call.member == fact.member
