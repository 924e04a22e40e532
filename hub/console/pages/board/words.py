"""What the board says: pure, both languages, from a picture and the hall's settings.

Rules:

* A figure of today stands beside the promise it belongs to, and only once somebody was called.
* A wait is a range, or the plain word why there is none. A stop that is known is told :data:`AHEAD` before.
* What does not fit is shown in turns, each turn whole: nothing is left out and nothing scrolls.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta, tzinfo
from typing import TypeVar

from hall.messages.answers import Board, BoardService
from hall.plan import HallPlan
from hall.text import Text
from hall.words import say
from hub.console.look.words import WORDS
from hub.console.look.words.entry import fill
from hub.console.mirror.picture import Picture
from hub.domain import calendar

T = TypeVar("T")
#: A planned stop and a closed day are told so long before.
AHEAD = timedelta(days=7)


def filled(key: str, **fields: object) -> Text:
    """A word of the board in both languages."""
    text = WORDS[key]
    return Text(zh=fill(text.zh, **fields), en=fill(text.en, **fields))


def wait(service: BoardService, board: Board) -> Text:
    """How long it takes, as far as anything honest can be said."""
    if service.wait_min_s is not None and service.wait_max_s is not None:
        low, high = service.wait_min_s // 60, -(-service.wait_max_s // 60)
        return filled("board.wait", a=low, b=max(high, low + 1))
    open_for = any(
        service.id in w.services and w.state.value not in {"closed", "paused"} for w in board.windows
    )
    return filled("board.unknown" if open_for else "board.no-window")


def promise(picture: Picture) -> tuple[Text, Text]:
    """What the hall promises, and how today went so far."""
    day = picture.today
    promised = filled("board.promise", n=day.limit_min)
    if day.kept_percent is None:
        return promised, filled("board.not-yet")
    return promised, filled(
        "board.measured", n=day.limit_min, all=day.waited, kept=day.kept, percent=day.kept_percent
    )


def news(picture: Picture, plan: HallPlan, zone: tzinfo) -> list[Text]:
    """What people should know besides their number: what the hall is told, what stops now and soon, days on which it is closed."""
    told = [given.text for given in picture.notices]
    stopped = [
        _stopped(plan.services[line.service].name, line.stopped)
        for line in picture.lines
        if line.stopped is not None
    ]
    return [*told, *stopped, *_stops_ahead(plan, picture.at, zone), *_closed_ahead(plan, picture.at, zone)]


def _stopped(name: Text, why: Text) -> Text:
    return filled("board.stopped", service=name.zh, service_en=name.en, why=why.zh, why_en=why.en)


def _stops_ahead(plan: HallPlan, now: datetime, zone: tzinfo) -> Iterable[Text]:
    for stop in plan.hours.stops:
        begins, ends = (
            datetime.fromisoformat(clock).replace(tzinfo=zone) for clock in (stop.begins, stop.ends)
        )
        if not now < begins <= now + AHEAD:
            continue
        names = [plan.services[key].name for key in stop.services] or [WORDS["board.every-service"]]
        yield filled(
            "board.stop-ahead",
            service="、".join(name.zh for name in names),
            service_en=", ".join(name.en for name in names),
            begins=f"{begins.month}月{begins.day}日{calendar.written(begins)}",
            begins_en=f"{calendar.written_day(begins.date()).en}, {calendar.written(begins)}",
            ends=f"{ends.month}月{ends.day}日{calendar.written(ends)}",
            ends_en=f"{calendar.written_day(ends.date()).en}, {calendar.written(ends)}",
            why=stop.reason.zh,
            why_en=stop.reason.en,
        )


def _closed_ahead(plan: HallPlan, now: datetime, zone: tzinfo) -> Iterable[Text]:
    today = now.astimezone(zone).date()
    for n in range(1, AHEAD.days + 1):
        day = today + timedelta(days=n)
        reason = calendar.holiday(plan, day)
        if reason is not None:
            on = calendar.written_day(day)
            yield filled("board.closed-on", day=on.zh, day_en=on.en, why=reason.zh, why_en=reason.en)


def opening(picture: Picture, zone: tzinfo) -> Text | None:
    """When the hall opens next; None when that is not posted."""
    opens = picture.hours.opens
    if opens is None:
        return None
    local = opens.astimezone(zone)
    day, clock = calendar.written_day(local.date()), calendar.written(local)
    return filled("board.opens", day=day.zh, day_en=day.en, clock=clock)


def posted(plan: HallPlan, day: date) -> list[Text]:
    """What hangs on every hall's wall (M11): whom to ring, what it costs, a friendly word, on a festival its own (M41)."""
    phones = {
        "board.enquiries": plan.hotline,
        "board.supervision": plan.supervision,
        "board.complaints": plan.complaints,
    }
    rung = [filled(key, phone=phone) for key, phone in phones.items() if phone is not None]
    fees = [] if plan.fees is None else [say("paper.fees", fees=plan.fees.zh, fees_en=plan.fees.en)]
    return [*rung, *fees, calendar.foot(plan, day)]


def duty(clerks: Sequence[str]) -> Text | None:
    """Who is on duty, by work number (M28); None when nobody said so."""
    if not clerks:
        return None
    zh, en = (say("board.roster", clerk=between.join(clerks)) for between in ("、", ", "))
    return Text(zh=zh.zh, en=en.en)


def turn(items: Sequence[T], size: int, nth: int) -> tuple[Sequence[T], int, int]:
    """The items of this turn, which turn it is (from 1) and how many there are; turns are alike in length, at most `size`."""
    turns = max(1, -(-len(items) // size))
    which, each = nth % turns, -(-len(items) // turns)
    return items[which * each : (which + 1) * each], which + 1, turns
