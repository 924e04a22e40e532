"""A report made from a store: what is asked for, and the making of it, a day at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime
from zoneinfo import ZoneInfo

import msgspec

from hall.errors import Refused
from hall.messages.common import Day
from hall.plan import HallPlan
from hall.policy import Policy
from hall.text import Text
from hub.console.reports import official
from hub.console.reports.count import Count, Promise
from hub.console.reports.figures import Report
from hub.console.reports.files import csv_line
from hub.console.reports.records import Records
from hub.console.reports.sheet import Speech

#: Nobody asks for more days at once.
MOST_DAYS = 3700


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """Which report of which store."""

    store: str
    first: Day
    last: Day
    #: of the hall; None: hours as the rows tell them
    timezone: str | None = None
    promise: Promise = Promise()

    @property
    def zone(self) -> ZoneInfo | None:
        """The hall's time zone."""
        return None if self.timezone is None else ZoneInfo(self.timezone)

    def days(self) -> int:
        """How many days of the calendar. Refuses ``bad-range``."""
        try:
            days = (date.fromisoformat(self.last) - date.fromisoformat(self.first)).days + 1
        except ValueError as error:
            raise Refused("bad-range", _NO_DATE) from error
        if not 1 <= days <= MOST_DAYS:
            raise Refused("bad-range", _BAD_RANGE)
        return days


_NO_DATE = Text(zh="对不起，日期应写作 2026-11-23", en="Sorry, a date is written 2026-11-23")
_BAD_RANGE = Text(
    zh="对不起，开始日期应在结束日期之前，且不超过十年",
    en="Sorry, the first day comes before the last, and ten years are the most",
)


def promise(plan: HallPlan, policy: Policy | None = None) -> Promise:
    """How long people wait at most, as the hall's policy says; thirty minutes where it says nothing."""
    alarms = (policy or plan.policy).alarms
    reviews = frozenset(key for key, service in plan.services.items() if service.review)
    if alarms is None:
        return Promise(reviews=reviews)
    own = {key: limit.breach_min for key, limit in alarms.waits.items()}
    return Promise(wait_min=alarms.wait.breach_min, waits_min=own, reviews=reviews)


def make(asked: Asked, *, now: datetime, tell: Callable[[int, int], None]) -> Report:
    """The report; `tell` hears after each day how many of how many are counted. Raises ``Fault``; refuses ``bad-range``."""
    days = asked.days()
    records = Records(asked.store)
    try:
        count = Count(asked.promise, asked.zone)
        for done, rows in enumerate(records.days(asked.first, asked.last), 1):
            count.add(rows, now)
            tell(done, days)
        return count.report(asked.first, asked.last, now)
    finally:
        records.close()


def rated(
    asked: Asked,
    matters: Mapping[str, str],
    reasons: official.Reasons,
    speech: Speech,
    tell: Callable[[int, int], None],
) -> Iterator[str]:
    """Every rating of the range as the province counts them, a line of CSV each. Raises ``Fault``; refuses ``bad-range``."""
    days = asked.days()
    records = Records(asked.store)
    try:
        yield "\ufeff" + csv_line([column.head for column in official.COLUMNS], speech)
        for done, rows in enumerate(records.days(asked.first, asked.last), 1):
            for line in official.lines(rows.works, matters, reasons):
                yield csv_line(line, speech)
            tell(done, days)
    finally:
        records.close()


def matters(plan: HallPlan) -> dict[str, str]:
    """The province's codes of what the hall does, where the settings name them."""
    found = {key: service.matter for key, service in plan.services.items()}
    for key, service in plan.services.items():
        found |= {f"{key}/{kind}": of.matter for kind, of in service.situations.items()}
    return {key: code for key, code in found.items() if code}
