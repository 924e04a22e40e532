"""The hall speaks up by itself: an alarm rings once, stands while what it rang for is wrong, and stops.

Rules:

* What is wrong, and when it is over, is :mod:`hub.domain.alarm_cases`'s business; an alarm is open under its code and what it is about,
  and does not ring again while it is open.
* Ringing and stopping are told when the hub looks around. Closing the day stops every alarm.
* An alarm says what would help (:mod:`hub.domain.remedies`), as things stand when it rings.
* What somebody does about an alarm is answered to it, as often as something is done: with the facts around it that is the log of the
  crowd procedure, from the first word to the moment the line was back under the limit.
* Whoever is in reserve and sits nowhere is paged by the same look that rings (:mod:`hub.domain.paging`).
* *Many people wait, we are opening more windows* is true when a window was just opened while a line or the hall was too full; it is
  due at most every ``crowd_sentence_min``.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final

from hall.messages.asks import AnswerAlarm
from hall.messages.common import AlarmCode, AlarmLevel, Remedy
from hall.messages.facts import (
    AlarmAnswered,
    AlarmRung,
    AlarmStopped,
    ClerkPaged,
    Suggestion,
    TicketTransferred,
    WindowOpened,
)
from hall.text import Text
from hub.domain import alarm_words, paging, remedies
from hub.domain.alarm_cases import NEVER, Case, cases
from hub.domain.moments import SECOND, micros, seconds
from hub.domain.refusals import refused
from hub.domain.state import AlarmKey, OpenAlarm, State

_URGENT: Final = frozenset(
    {AlarmCode.WAIT_BREACH, AlarmCode.CROWD, AlarmCode.PING_PONG, AlarmCode.HELP_CALLED}
)
_NOTICE: Final = frozenset({AlarmCode.TARGET_PASSED})
#: Alarms that something to do with windows helps against.
_LINES: Final = frozenset({AlarmCode.WAIT_WARN, AlarmCode.WAIT_BREACH, AlarmCode.LINE_LONG, AlarmCode.CROWD})
#: Alarms that somebody in the seat helps against; they say so themselves.
_SEATS: Final = frozenset({AlarmCode.WINDOW_UNSTAFFED, AlarmCode.LUNCH_UNCOVERED})
#: Alarms while which people are told that windows are being opened.
_FULL: Final = frozenset({AlarmCode.LINE_LONG, AlarmCode.CROWD})


def tell(s: State, at: datetime, n: int) -> list[AlarmRung | AlarmStopped | ClerkPaged]:
    """What stops, what rings and who is paged now, as facts from number `n` on."""
    now = micros(at)
    known = {case.key: case for case in cases(s, at)}
    told: list[AlarmRung | AlarmStopped | ClerkPaged] = []
    over = [key for key in s.alarms if key not in known or not known[key].goes_on]
    for key in over:
        told.append(_stopped(s, key, at, n + len(told)))
    for key, case in known.items():
        if key not in s.alarms and case.wrong_us <= now:
            told.append(_rung(s, case, at, n + len(told)))
    standing = [open_.rung for key, open_ in s.alarms.items() if key not in over]
    rung = [fact for fact in told if isinstance(fact, AlarmRung)]
    return [*told, *paging.owed(s, standing, rung, at, n + len(told))]


def due(s: State, at: datetime) -> datetime | None:
    """When an alarm rings or stops, if nothing else happens."""
    now, first, standing = micros(at), NEVER, 0
    for case in cases(s, at):
        if case.key not in s.alarms:
            first = min(first, max(now, case.wrong_us))
        elif case.goes_on:
            standing += 1
        else:
            return at
    if standing < len(s.alarms) or paging.is_owed(s):
        return at
    return None if first == NEVER else at if first == now else s.moment(first)


def at_close(s: State, at: datetime, n: int) -> list[AlarmStopped]:
    """The day is over, and with it every alarm."""
    return [_stopped(s, key, at, n + i) for i, key in enumerate(s.alarms)]


def answer(s: State, order: AnswerAlarm, at: datetime, member: str) -> list[AlarmAnswered]:
    """Somebody did something. Refuses ``unknown-alarm`` for one that does not stand."""
    rung = next((open_.rung for open_ in s.alarms.values() if open_.rung.alarm == order.alarm), None)
    if rung is None:
        raise refused("unknown-alarm")
    return [
        AlarmAnswered(
            n=s.n + 1, at=at, alarm=rung.alarm, code=rung.code, did=order.did, by=member, actor=order.actor
        )
    ]


def _rung(s: State, case: Case, at: datetime, n: int) -> AlarmRung:
    suggest = _suggestion(s, case, at)
    return AlarmRung(
        n=n,
        at=at,
        alarm=f"alarm-{n}",
        code=case.code,
        level=_level(case.code),
        text=_text(s, case, suggest),
        window=case.window,
        service=case.service,
        ticket=None if case.ticket is None else case.ticket.id,
        number=None if case.ticket is None else case.ticket.number,
        clerk=case.clerk,
        suggest=suggest,
    )


def _level(code: AlarmCode) -> AlarmLevel:
    if code in _URGENT:
        return AlarmLevel.URGENT
    return AlarmLevel.NOTICE if code in _NOTICE else AlarmLevel.WARNING


def _suggestion(s: State, case: Case, at: datetime) -> Suggestion | None:
    if case.code in _SEATS and case.window is not None:
        return Suggestion(what=Remedy.OPEN_WINDOW, window=case.window)
    if case.code not in _LINES:
        return None
    service = case.service or remedies.longest(s)
    return None if service is None else remedies.remedy(s, service, at)


def _text(s: State, case: Case, suggest: Suggestion | None) -> Text:
    fields = {
        **_named(s, case.service),
        **({} if case.window is None else {"window": case.window}),
        **({} if case.ticket is None else {"number": case.ticket.number}),
        **case.fields,
    }
    text = alarm_words.said(case.code, fields)
    if suggest is None or case.code in _SEATS:
        return text
    return alarm_words.helped(text, suggest.what, {"window": suggest.window, **_named(s, suggest.service)})


def _named(s: State, service: str | None) -> dict[str, str]:
    plan = s.plan.services.get(service or "")
    return {} if plan is None else {"service": plan.name.zh, "service_en": plan.name.en}


def _stopped(s: State, key: AlarmKey, at: datetime, n: int) -> AlarmStopped:
    rung = s.alarms[key].rung
    stood = seconds(micros(at) - micros(rung.at))
    return AlarmStopped(n=n, at=at, alarm=rung.alarm, code=rung.code, seconds=stood)


# ---------------------------------------------------------------- apply


def on_rung(s: State, fact: AlarmRung) -> None:
    """It stands until it is told to have stopped."""
    s.alarms[fact.code, fact.service, fact.window, fact.ticket] = OpenAlarm(rung=fact)


def on_answered(s: State, fact: AlarmAnswered) -> None:
    """What was done last."""
    key = _key(s, fact.alarm)
    s.alarms[key] = OpenAlarm(rung=s.alarms[key].rung, did=fact.did)


def on_stopped(s: State, fact: AlarmStopped) -> None:
    """It stands no more."""
    del s.alarms[_key(s, fact.alarm)]
    paging.on_stopped(s)


def _key(s: State, alarm: str) -> AlarmKey:
    return next(key for key, open_ in s.alarms.items() if open_.rung.alarm == alarm)


def on_opened(s: State, fact: WindowOpened) -> None:
    """If people waited in a crowd for it, they may be told that windows are being opened."""
    policy = s.policy.alarms
    if policy is None or not any(_is_full(s, open_.rung, fact.window) for open_ in s.alarms.values()):
        return
    now = micros(fact.at)
    if not 0 <= now - s.crowd_said[1] < policy.crowd_sentence_min * 60 * SECOND:
        s.crowd_said = fact.n, now


def _is_full(s: State, rung: AlarmRung, window: int) -> bool:
    return rung.code in _FULL and (rung.service is None or rung.service in s.pool(window))


def on_sent_on(s: State, fact: TicketTransferred) -> None:
    """Count it, unless that is how the service goes."""
    ticket = s.tickets[fact.ticket]
    service = s.plan.services.get(fact.to) if isinstance(fact.to, str) else None
    to_review = service is not None and service.review
    if isinstance(fact.to, int):
        to_review = any(
            plan.review for x in s.pool(fact.to)[:1] if (plan := s.plan.services.get(x)) is not None
        )
    if not (to_review or fact.carry or fact.to == ticket.back):
        s.sent_on[fact.ticket] = s.sent_on.get(fact.ticket, 0) + 1
