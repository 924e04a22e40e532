"""The report before the opening, kept for whoever had no page open then.

Rules:

* It is taken once a day, at the first look from ten minutes before the posted opening on; a console that was started only after that takes it
  then. A hall that is closed, or always open, has none.
* Only what was missing then and is missing still is told afterwards: what somebody has seen to is nobody's business any more.
* Whoever opened the devices' page has read it, and is told no more in so many words; the number beside the page's name stays.
* It is kept in memory: a console that is started anew tells once more.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, tzinfo
from typing import Final

from hall.plan import HallPlan
from hub.console.membership.readiness import BEFORE, Need, Readiness, readiness
from hub.console.mirror.picture import Picture
from hub.domain import calendar
from hub.trust.register import Entry

#: How often it is looked whether the report is due, seconds.
LOOK_S: Final = 2.0


class Mornings:
    """Today's report, and who has read it."""

    def __init__(
        self,
        plan: Callable[[], HallPlan],
        zone: tzinfo,
        standing: Callable[[], Mapping[str, Entry]],
        moved: Callable[[], Iterable[str]] = tuple,
    ) -> None:
        """Nothing was reported yet; `standing` is empty in a hall without certificates; `moved` as in :func:`readiness`."""
        self._plan, self._zone, self._standing, self._moved = plan, zone, standing, moved
        self._day = ""
        self._missing: frozenset[tuple[str, str]] = frozenset()
        self._read: set[str] = set()

    def now(self, picture: Picture) -> Readiness:
        """The hall's devices as they are in this picture."""
        return readiness(
            picture.members,
            self._standing(),
            at=picture.at,
            opens=picture.hours.opens,
            moved=self._moved(),
        )

    def look(self, picture: Picture | None, now: datetime) -> None:
        """Take today's report when it is due."""
        if picture is None or picture.hub is not True:
            return
        day = now.astimezone(self._zone).date()
        hours = calendar.posted(self._plan(), self._zone, day)
        if hours is None or day.isoformat() == self._day or not hours.opens - BEFORE <= now < hours.closes:
            return
        self._day = day.isoformat()
        self._missing = frozenset(_what(need) for need in self.now(picture).needs)
        self._read.clear()

    def left(self, found: Readiness) -> tuple[Need, ...]:
        """What was missing this morning and is missing still."""
        return tuple(need for need in found.needs if _what(need) in self._missing)

    def read(self, login: str) -> None:
        """This person has opened the devices' page."""
        self._read.add(login)

    def unread(self, login: str) -> bool:
        """Whether this person has not opened the devices' page since today's report."""
        return login not in self._read


def _what(need: Need) -> tuple[str, str]:
    return need.member, need.text.zh
