"""Who is called to a window while a line is past its limit: the hall's reserve by itself, anybody else by the guide desk (M7).

Rules:

* While an alarm of the crowd procedure stands, everybody of the reserve who sits nowhere is paged, each once, whatever else rings meanwhile.
* A page stands until its clerk sits down or no such alarm stands any more. Who said that they cannot come is not asked again by the
  hall; the guide desk may.
* Who gets up again while the alarm still stands is paged again.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Final

import msgspec

from hall.messages.asks import AnswerPage, PageClerk
from hall.messages.common import AlarmCode
from hall.messages.facts import AlarmRung, ClerkPaged, PageAnswered, WindowOpened
from hub.domain.refusals import refused
from hub.domain.state import Page, State

#: Alarms that the crowd procedure answers.
CROWDED: Final = frozenset({AlarmCode.WAIT_BREACH, AlarmCode.LINE_LONG, AlarmCode.CROWD})


def owed(
    s: State, standing: Sequence[AlarmRung], rung: Sequence[AlarmRung], at: datetime, n: int
) -> list[ClerkPaged]:
    """Who is to be paged now: `standing` are the alarms that go on, `rung` those that ring now; facts from number `n` on."""
    crowded = [alarm for alarm in standing if alarm.code in CROWDED]
    paged = s.pages if crowded else {}
    crowded += [alarm for alarm in rung if alarm.code in CROWDED]
    if not crowded:
        return []
    first = crowded[0]
    return [
        ClerkPaged(n=n + i, at=at, alarm=first.alarm, code=first.code, clerk=clerk)
        for i, clerk in enumerate(_free(s, paged))
    ]


def is_owed(s: State) -> bool:
    """Whether somebody is to be paged for an alarm that stands."""
    return any(_crowded(s)) and any(_free(s, s.pages))


def page(s: State, order: PageClerk, at: datetime) -> list[ClerkPaged]:
    """Somebody is called by name. Refuses ``unknown-alarm``, ``not-staff``, ``clerk-elsewhere``, ``already-paged``."""
    alarm = next((rung for rung in _crowded(s) if rung.alarm == order.alarm), None)
    if alarm is None:
        raise refused("unknown-alarm")
    if s.plan.staff and order.clerk not in s.plan.work_numbers:
        raise refused("not-staff")
    if order.clerk in s.seats:
        raise refused("clerk-elsewhere")
    before = s.pages.get(order.clerk)
    if before is not None and before.coming is not False:
        raise refused("already-paged")
    return [
        ClerkPaged(n=s.n + 1, at=at, alarm=alarm.alarm, code=alarm.code, clerk=order.clerk, actor=order.actor)
    ]


def answer(s: State, order: AnswerPage, at: datetime) -> list[PageAnswered]:
    """Who was paged says whether they come; they may change their mind. Refuses ``not-paged``."""
    found = s.pages.get(order.clerk)
    if found is None:
        raise refused("not-paged")
    paged = found.paged
    return [
        PageAnswered(
            n=s.n + 1,
            at=at,
            alarm=paged.alarm,
            code=paged.code,
            clerk=order.clerk,
            coming=order.coming,
            actor=order.actor,
        )
    ]


def _crowded(s: State) -> Iterator[AlarmRung]:
    return (open_.rung for open_ in s.alarms.values() if open_.rung.code in CROWDED)


def _free(s: State, paged: dict[str, Page]) -> Iterator[str]:
    """Everybody of the reserve who sits nowhere and was not paged."""
    return (clerk for clerk in s.plan.reserve if clerk not in s.seats and clerk not in paged)


# ---------------------------------------------------------------- apply


def on_paged(s: State, fact: ClerkPaged) -> None:
    """It stands."""
    s.pages[fact.clerk] = Page(paged=fact)


def on_answered(s: State, fact: PageAnswered) -> None:
    """What was said last counts."""
    s.pages[fact.clerk] = msgspec.structs.replace(s.pages[fact.clerk], coming=fact.coming)


def on_opened(s: State, fact: WindowOpened) -> None:
    """Who sits is there."""
    s.pages.pop(fact.clerk, None)


def on_stopped(s: State) -> None:
    """With the last of these alarms every page is over."""
    if not any(_crowded(s)):
        s.pages.clear()
