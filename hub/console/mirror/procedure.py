"""The crowd procedure as it was gone through (M7): what rang, who did what, when the line was back under the limit. From facts alone.

Rules:

* A breach begins when the hall says that a wait, a line or the hall is past its limit, and is over when the hall says so or the day closes.
* What helps is noted at every breach that stands: an answer at the one it was given to; who was paged and what they said, a window that opened or was given other
  services, and what the hall was told, at all of them.
* A fact that was heard before changes nothing; a day's opening begins anew.
"""

from __future__ import annotations

from datetime import datetime
from enum import Enum

import msgspec

from hall.messages import facts
from hall.messages.common import AlarmCode
from hall.messages.facts import AnyFact
from hall.text import Text
from hub.domain.paging import CROWDED


class Did(Enum):
    """One thing that happened in a breach."""

    #: somebody said what they did
    ANSWERED = "answered"
    #: one of the staff was called to a window; and said that they come, or cannot
    PAGED = "paged"
    COMING = "coming"
    UNABLE = "unable"
    OPENED = "opened"
    #: a window serves other services
    PROFILE = "profile"
    #: the hall was told a sentence
    TOLD = "told"


class Deed(msgspec.Struct, frozen=True, kw_only=True):
    """What was done, when, and by whom as far as that was said."""

    at: datetime
    did: Did
    who: str | None = None
    window: int | None = None
    #: the words somebody used, or the sentence that was told
    said: str | Text | None = None
    #: what a window serves now
    services: tuple[str, ...] = ()


class Breach(msgspec.Struct, frozen=True, kw_only=True):
    """One time that a limit was passed."""

    alarm: str
    at: datetime
    code: AlarmCode
    text: Text
    deeds: tuple[Deed, ...] = ()
    #: when it was over; None: it stands
    ended: datetime | None = None


class Procedures:
    """Writes the log while facts come."""

    def __init__(self) -> None:
        """Nothing happened."""
        self._n = 0
        self._breaches: dict[str, Breach] = {}
        #: drawn once per change
        self.log: tuple[Breach, ...] = ()

    def hear(self, fact: AnyFact) -> None:
        """One fact, in order of `n`."""
        if fact.n <= self._n:
            return
        self._n = fact.n
        match fact:
            case facts.DayOpened():
                self._breaches.clear()
            case facts.AlarmRung() if fact.code in CROWDED:
                self._breaches[fact.alarm] = Breach(
                    alarm=fact.alarm, at=fact.at, code=fact.code, text=fact.text
                )
            case facts.AlarmAnswered():
                self._note(
                    Deed(at=fact.at, did=Did.ANSWERED, who=fact.actor or fact.by, said=fact.did), fact.alarm
                )
            case facts.ClerkPaged():
                self._note(Deed(at=fact.at, did=Did.PAGED, who=fact.clerk))
            case facts.PageAnswered():
                did = Did.COMING if fact.coming else Did.UNABLE
                self._note(Deed(at=fact.at, did=did, who=fact.clerk))
            case facts.WindowOpened(ticket=None):
                self._note(Deed(at=fact.at, did=Did.OPENED, who=fact.clerk, window=fact.window))
            case facts.ProfileChanged():
                services = (*fact.serves, *fact.helps)
                self._note(Deed(at=fact.at, did=Did.PROFILE, window=fact.window, services=services))
            case facts.NoticeGiven():
                self._note(Deed(at=fact.at, did=Did.TOLD, who=fact.actor, said=fact.text))
            case facts.AlarmStopped() if fact.alarm in self._breaches:
                over = self._breaches[fact.alarm]
                self._breaches[fact.alarm] = msgspec.structs.replace(over, ended=fact.at)
            case _:
                return
        self.log = tuple(reversed(self._breaches.values()))

    def _note(self, deed: Deed, alarm: str | None = None) -> None:
        for key, breach in self._breaches.items():
            if breach.ended is None and alarm in {None, key}:
                self._breaches[key] = msgspec.structs.replace(breach, deeds=(*breach.deeds, deed))
