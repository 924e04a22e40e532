"""What somebody has the hall told: by the speakers, on the signs of windows that are free, on the board.

Rules:

* A sentence of the hall's words is told only while it is true (:func:`_truth` says when), and the same one once in
  :data:`AGAIN_MIN` minutes. The people's own text is shown and never spoken; it must be fit for the public: polite, clear, in both
  languages, in characters that signs and printers know.
* *Closing soon*: within the last hour of the posted hours, unless they were extended. *Extended*: while the hours are. *Crowd*: while a
  line or the hall is too full and a window that helps was opened, or was given the service, since it rang. *Divert*: the window works
  and serves it. *Fault long*: some service has no window that works, and one of its windows has a fault or the service is stopped.
  *Found* and *child*: while the hall is open.
* Where the policy names minutes (``closing_soon_min``) the hall says *closing soon* by itself, once at each of them while it is true;
  not within ten minutes after somebody said it, and one that was missed is told late with the minutes that are really left.
* *Evacuate* is told whatever the hour, after a second confirmation, and stands until it is withdrawn, also across the night.
* What is said once stands for ten minutes, what holds for a time until then; the rest until it is withdrawn or the day ends. At most
  :data:`MOST` stand at once; an evacuation is never one too many.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple

import msgspec

from hall.errors import Refused
from hall.messages.asks import Broadcast, WithdrawNotice
from hall.messages.common import AlarmCode, NoticeKind
from hall.messages.facts import NoticeEnded, NoticeGiven, ProfileChanged, WindowOpened
from hall.text import Text
from hall.topics import HUB
from hall.words_lint import lint
from hub.domain import calendar, pauses, stops
from hub.domain.moments import SECOND, micros
from hub.domain.notice_words import sentence
from hub.domain.refusals import TEXTS, refused
from hub.domain.state import State

AGAIN_MIN: Final = 10
MOST: Final = 6
#: Closing is soon from so many minutes on.
SOON_MIN: Final = 60
#: A text of one's own, in Chinese and in English.
ZH_LONGEST, EN_LONGEST = 60, 200
_STANDS: Final = timedelta(minutes=AGAIN_MIN)
_FULL: Final = frozenset({AlarmCode.LINE_LONG, AlarmCode.CROWD})
#: Told as often as somebody says so.
_ANY_TIME: Final = frozenset({NoticeKind.EVACUATE, NoticeKind.TEXT})


class Sentence(NamedTuple):
    """What is told, and until when it holds."""

    text: Text
    phrase: str | None = None
    until: datetime | None = None


def broadcast(s: State, order: Broadcast, at: datetime, member: str) -> list[NoticeGiven]:
    """The hall is told something.

    Refuses ``closed``, ``notice-incomplete``, ``notice-words``, ``notice-untrue``, ``notice-too-soon``, ``notices-full``,
    ``not-confirmed-twice``, ``time-past``, ``unknown-service``, ``unknown-window``.
    """
    if order.kind is NoticeKind.EVACUATE:
        if not order.confirmed:
            raise refused("not-confirmed-twice")
        if evacuation(s) is not None:
            return []
    elif len(s.notices) >= MOST:
        raise refused("notices-full")
    told = _own(s, order, at) if order.kind is NoticeKind.TEXT else _truth(s, order, at)
    if order.kind not in _ANY_TIME and _too_soon(s, order, at):
        raise refused("notice-too-soon")
    return [
        NoticeGiven(
            n=s.n + 1,
            at=at,
            notice=order.id,
            kind=order.kind,
            text=told.text,
            phrase=told.phrase,
            until=told.until,
            service=order.service,
            window=order.window,
            by=member,
            actor=order.actor,
        )
    ]


def withdraw(s: State, order: WithdrawNotice, at: datetime) -> list[NoticeEnded]:
    """A notice does not hold any more. Refuses ``unknown-notice``."""
    given = s.notices.get(order.notice)
    if given is None:
        raise refused("unknown-notice")
    return [
        NoticeEnded(n=s.n + 1, at=at, notice=given.notice, kind=given.kind, withdrawn=True, actor=order.actor)
    ]


def true_now(s: State, order: Broadcast, at: datetime) -> bool:
    """Whether this would be told now, for whoever offers it."""
    try:
        broadcast(s, order, at, "console")
    except Refused:
        return False
    return True


def evacuation(s: State) -> NoticeGiven | None:
    """The order to leave, while it stands."""
    return next((x for x in s.notices.values() if x.kind is NoticeKind.EVACUATE), None)


def shown(s: State) -> Text | None:
    """What the signs of free windows show: the latest notice."""
    return next((given.text for given in reversed(s.notices.values())), None)


# ---------------------------------------------------------------- what is true


def _truth(s: State, order: Broadcast, at: datetime) -> Sentence:
    """The sentence, if it is true now."""
    if order.kind is NoticeKind.EVACUATE:
        return _said("voice.evacuate")
    if not s.open:
        raise refused("closed")
    soon = at + _STANDS
    match order.kind:
        case NoticeKind.CLOSING_SOON:
            return _closing(s, at)
        case NoticeKind.EXTENDED:
            return _extended(s, at)
        case NoticeKind.CROWD if _is_helped(s):
            return _said("voice.crowd", soon)
        case NoticeKind.DIVERT:
            return _divert(s, order, soon)
        case NoticeKind.FAULT_LONG if any(_is_out(s, service, at) for service in s.plan.services):
            return _said("voice.fault.long")
        case NoticeKind.FOUND:
            return _said("voice.found", soon)
        case NoticeKind.CHILD:
            return _said("voice.child", soon)
        case _:
            raise refused("notice-untrue")


def _said(phrase: str, until: datetime | None = None, **fields: object) -> Sentence:
    return Sentence(sentence(phrase, **fields), phrase, until)


def _closing(s: State, at: datetime) -> Sentence:
    hours = calendar.posted(s.plan, s.zone, at.astimezone(s.zone).date())
    if hours is None or s.extended_until is not None:
        raise refused("notice-untrue")
    minutes = round((hours.closes - at).total_seconds() / 60)
    if not 1 <= minutes <= SOON_MIN:
        raise refused("notice-untrue")
    return _said("voice.closing_soon", hours.closes, minutes=minutes)


def _extended(s: State, at: datetime) -> Sentence:
    until = s.extended_until
    if until is None or until <= at:
        raise refused("notice-untrue")
    time = calendar.written(until.astimezone(s.zone))
    return _said("voice.extended", until, time=time)


def _is_helped(s: State) -> bool:
    """Whether a line or the hall is too full, and a window that helps began to work since that was said."""
    return any(
        s.windows[number].working
        and since >= micros(open_.rung.at)
        and (open_.rung.service is None or open_.rung.service in _all(s, number))
        for open_ in s.alarms.values()
        if open_.rung.code in _FULL
        for number, since in s.helped_us.items()
    )


def _all(s: State, window: int) -> tuple[str, ...]:
    profile = s.profile(window)
    return (*profile.serves, *profile.helps)


def _divert(s: State, order: Broadcast, until: datetime) -> Sentence:
    if order.service is None or order.window is None:
        raise refused("notice-incomplete")
    if order.service not in s.plan.services:
        raise refused("unknown-service")
    if not s.window(order.window).working or order.service not in _all(s, order.window):
        raise refused("notice-untrue")
    name = s.plan.services[order.service].name
    return _said("voice.divert", until, service=name.zh, service_en=name.en, window=order.window)


def _is_out(s: State, service: str, at: datetime) -> bool:
    """Whether a service cannot be had for a reason that lasts."""
    if stops.stopped(s, service, at) is not None:
        return True
    faults = [w for w in s.serving(service) if pauses.is_fault(s.windows[w.window].paused)]
    return bool(faults) and not s.working.get(service, ())


def _own(s: State, order: Broadcast, at: datetime) -> Sentence:
    """Somebody's own text, if it is fit for the public."""
    text = order.text
    if text is None or not text.zh.strip() or not text.en.strip():
        raise refused("notice-incomplete")
    if order.until is not None and order.until <= at:
        raise refused("time-past")
    said = Text(zh=text.zh.strip(), en=text.en.strip())
    for expected in objections(said):
        base = TEXTS["notice-words"]
        raise Refused("notice-words", Text(zh=f"{base.zh}：{expected.zh}", en=f"{base.en}: {expected.en}"))
    return Sentence(said, None, None if order.until is None else order.until.astimezone(s.zone))


def objections(text: Text) -> Iterator[Text]:
    """What would have to be put right before a text can be shown."""
    if len(text.zh) > ZH_LONGEST or len(text.en) > EN_LONGEST:
        yield Text(
            zh=f"中文不超过{ZH_LONGEST}字，英文不超过{EN_LONGEST}字母",
            en=f"at most {ZH_LONGEST} characters of Chinese and {EN_LONGEST} of English",
        )
    if not (text.zh + text.en).isprintable():
        yield Text(zh="只用能显示的字", en="characters that can be shown")
    try:
        text.zh.encode("gb2312")
    except UnicodeEncodeError as error:
        odd = text.zh[error.start]
        yield Text(zh=f"“{odd}”屏和打印机显示不了", en=f"signs and printers do not know {odd}")
    yield from lint(text.zh)


def _too_soon(s: State, order: Broadcast, at: datetime) -> bool:
    """Whether the same sentence was told just now. A clock that was set back forbids none."""
    said = [(s.told_us.get((order.kind, order.service, order.window)), AGAIN_MIN)]
    policy = s.policy.alarms
    if order.kind is NoticeKind.CROWD and policy is not None and s.crowd_said[1]:
        said.append((s.crowd_said[1], policy.crowd_sentence_min))
    return any(us is not None and 0 <= micros(at) - us < minutes * 60 * SECOND for us, minutes in said)


# ---------------------------------------------------------------- by the clock


def due(s: State, at: datetime) -> datetime | None:
    """When a notice is over or is told by itself, if nothing else happens."""
    ends = [given.until for given in s.notices.values() if given.until is not None]
    soon = _closing_at(s, at)
    if soon is not None and (soon > at or len(s.notices) < MOST):
        ends.append(soon)
    return max(min(ends), at) if ends else None


def tell(s: State, at: datetime, n: int) -> list[NoticeEnded | NoticeGiven]:
    """Notices whose time is over, and *closing soon* when it is its time, as facts from number `n` on."""
    over = [given for given in s.notices.values() if given.until is not None and given.until <= at]
    ended = _over(over, at, n)
    soon = _closing_at(s, at)
    if soon is None or soon > at or len(s.notices) - len(over) >= MOST:
        return [*ended]
    told = _closing(s, at)
    given = NoticeGiven(
        n=n + len(ended),
        at=at,
        notice=f"closing-{n + len(ended)}",
        kind=NoticeKind.CLOSING_SOON,
        text=told.text,
        phrase=told.phrase,
        until=told.until,
        by=HUB,
    )
    return [*ended, given]


def _closing_at(s: State, at: datetime) -> datetime | None:
    """When the hall says by itself that it closes soon: the last moment that has come and was not told, else the next one."""
    if not s.open or not s.policy.closing_soon_min or s.extended_until is not None:
        return None
    hours = calendar.posted(s.plan, s.zone, at.astimezone(s.zone).date())
    last_minute = timedelta(minutes=1)
    if hours is None or hours.closes - at < last_minute:
        return None
    moments = sorted(hours.closes - timedelta(minutes=m) for m in s.policy.closing_soon_min)
    come = [moment for moment in moments if moment <= at]
    told_us = s.told_us.get((NoticeKind.CLOSING_SOON, None, None), 0)
    if come and told_us < micros(come[-1] - _STANDS) and come[-1] >= s.moment(s.opened_us):
        return at
    return next((moment for moment in moments if moment > at), None)


def at_close(s: State, at: datetime, n: int) -> list[NoticeEnded]:
    """Notices that end with the day."""
    over = [x for x in s.notices.values() if x.until is None and x.kind is not NoticeKind.EVACUATE]
    return _over(over, at, n)


def _over(given: list[NoticeGiven], at: datetime, n: int) -> list[NoticeEnded]:
    return [NoticeEnded(n=n + i, at=at, notice=x.notice, kind=x.kind) for i, x in enumerate(given)]


# ---------------------------------------------------------------- apply


def on_given(s: State, fact: NoticeGiven) -> None:
    """It stands."""
    s.notices[fact.notice] = fact
    s.told_us[fact.kind, fact.service, fact.window] = micros(fact.at)
    if fact.kind is NoticeKind.CROWD:
        s.crowd_said = fact.n, micros(fact.at)


def on_ended(s: State, fact: NoticeEnded) -> None:
    """It stands no more."""
    s.notices.pop(fact.notice, None)


def on_helped(s: State, fact: WindowOpened | ProfileChanged) -> None:
    """A window opened, or serves something else; a seat that was taken over is no window more."""
    now = micros(fact.at)
    if isinstance(fact, WindowOpened) and s.windows[fact.window].left_us == now:
        return
    s.helped_us[fact.window] = now


def kept(s: State, day: str) -> Iterator[dict[str, Any]]:
    """What still stands on the day that begins."""
    for given in s.notices.values():
        until = None if given.until is None else given.until.astimezone(s.zone).date().isoformat()
        if given.kind is NoticeKind.EVACUATE or (until is not None and until >= day):
            yield msgspec.to_builtins(given)


def take_in(s: State, values: dict[str, Any]) -> None:
    """A notice that crossed the night."""
    given = msgspec.convert(values, NoticeGiven)
    s.notices[given.notice] = given
