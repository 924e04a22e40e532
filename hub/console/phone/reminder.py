"""A reminder that somebody asked for, as a file for their phone's own calendar (RFC 5545).

Rules:

* The hall keeps nothing of it and rings nobody: the phone reminds whoever pressed, and who did not press is not reminded (M46).
* Nothing in it opens a page of the hall: calendars are shared and copied to other machines.
* A sentence that says *today* or *now* stands in the alarm alone, which is shown when it is true.
* An appointment reminds twice: while there is time to set out, and as long before as the hall's policy says.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

from hall.text import Text
from hall.words import say

MEDIA_TYPE: Final = "text/calendar; charset=utf-8"
#: So long before the hall's own reminder comes the one to set out by.
SET_OUT: Final = timedelta(hours=1)
#: When one is reminded on the day from which one may come again.
MORNING: Final = time(9, 0)
#: Octets of a line, without its end.
_LINE: Final = 75


class Slot(NamedTuple):
    """A booked time, and how long before it the hall reminds."""

    begins: datetime
    ends: datetime
    remind_before: timedelta


def of_appointment(secret: str, hall: Text, service: Text, slot: Slot, note: str, at: datetime) -> str:
    """The calendar file of the booked time with this id; `note` is what to have at hand, `at` when it was asked for."""
    said = today(service, slot)
    alarms = [(-(slot.remind_before + early), said) for early in (SET_OUT, timedelta())]
    times = [f"DTSTART:{_utc(slot.begins)}", f"DTEND:{_utc(slot.ends)}"]
    return _event(secret, at, _called(hall, service), times, alarms, note)


def today(service: Text, slot: Slot) -> Text:
    """What is said on the day itself."""
    minutes = slot.remind_before // timedelta(minutes=1)
    return say("phone.appt.remind", time=f"{slot.begins:%H:%M}", service=service.zh, minutes=minutes)


def of_return(ticket: str, hall: Text, service: Text, day: date, zone: ZoneInfo, at: datetime) -> str:
    """The calendar file of the first day on which the same person may come again."""
    said = say("phone.365", service=service.zh, service_en=service.en)
    morning = datetime.combine(day, MORNING, zone)
    times = [f"DTSTART;VALUE=DATE:{day:%Y%m%d}"]
    return _event(ticket, at, _called(hall, service), times, [(morning, said)], "")


def _called(hall: Text, service: Text) -> str:
    return f"{hall.zh} {service.zh} · {service.en}"


def _event(
    of: str,
    at: datetime,
    called: str,
    times: Iterable[str],
    alarms: Iterable[tuple[timedelta | datetime, Text]],
    note: str,
) -> str:
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//hallfleet//reminder//ZH", "BEGIN:VEVENT"]
    same = hashlib.sha256(of.encode()).hexdigest()[:32]
    lines += [f"UID:{same}@hallfleet", f"DTSTAMP:{_utc(at)}", *times, f"SUMMARY:{_escaped(called)}"]
    lines += [f"DESCRIPTION:{_escaped(note)}"] if note else []
    for when, said in alarms:
        words = _escaped(f"{said.zh} {said.en}")
        lines += ["BEGIN:VALARM", "ACTION:DISPLAY", _trigger(when), f"DESCRIPTION:{words}", "END:VALARM"]
    lines += ["END:VEVENT", "END:VCALENDAR"]
    return "".join(_folded(line) for line in lines)


def _trigger(when: timedelta | datetime) -> str:
    if isinstance(when, datetime):
        return f"TRIGGER;VALUE=DATE-TIME:{_utc(when)}"
    return f"TRIGGER:-PT{-when // timedelta(minutes=1)}M"


def _utc(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y%m%dT%H%M%SZ}"


def _escaped(text: str) -> str:
    for char in ("\\", ";", ","):
        text = text.replace(char, f"\\{char}")
    return " ".join(text.split())


def _folded(line: str) -> str:
    """A line with its end, in pieces of at most 75 octets; no character is cut."""
    pieces, piece, room = [], "", _LINE
    for char in line:
        size = len(char.encode())
        if size > room:
            pieces.append(piece)
            piece, room = " ", _LINE - 1
        piece, room = piece + char, room - size
    return "\r\n".join([*pieces, piece]) + "\r\n"
