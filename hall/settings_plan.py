"""What must fit together in a hall's own settings, beyond the type of each value."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from hall import policy
from hall.messages.common import DEVICE_KINDS, MemberKind
from hall.plan import DayHours, HallPlan
from hall.topics import HUB

WEEK = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_AT_A_WINDOW = frozenset({MemberKind.SIGN, MemberKind.PAD})


def problems(plan: HallPlan) -> Iterator[tuple[str, str]]:
    """Every mistake as (key, what was expected there)."""
    yield from _zone(plan)
    yield from _hours(plan)
    yield from _services(plan)
    yield from _windows(plan)
    yield from _members(plan)
    yield from _roster(plan)
    yield from _lanes(plan)
    yield from _staff(plan)
    yield from _texts(plan)
    for key, expected in policy.problems(plan.policy, services=plan.services, lanes=plan.lanes):
        yield f"policy.{key}", expected


def zone_exists(name: str) -> bool:
    """Whether the time zone is known on this machine."""
    try:
        ZoneInfo(name)
    except Exception:  # noqa: BLE001 - zoneinfo raises KeyError, ValueError, OSError and more for odd names
        return False
    return True


def _zone(plan: HallPlan) -> Iterator[tuple[str, str]]:
    if not zone_exists(plan.timezone):
        yield "timezone", f"a time zone like Asia/Shanghai, found {plan.timezone!r}"


def _hours(plan: HallPlan) -> Iterator[tuple[str, str]]:
    for day, hours in plan.hours.week.items():
        if day not in WEEK:
            yield f"hours.week.{day}", f"one of {', '.join(WEEK)}"
        yield from _day(plan, f"hours.week.{day}", hours)
    for date, special in plan.hours.special.items():
        if not _is_moment(f"{date} 00:00"):
            yield f"hours.special.{date}", "a date of the calendar, like 2027-10-01"
        if special.hours is not None:
            yield from _day(plan, f"hours.special.{date}.hours", special.hours)
    for i, stop in enumerate(plan.hours.stops):
        for name, said in (("from", stop.begins), ("to", stop.ends)):
            if not _is_moment(said):
                yield f"hours.stops[{i}].{name}", "a date and time of the calendar, like 2027-06-30 17:00"
        if stop.begins >= stop.ends:
            yield f"hours.stops[{i}].to", f"a time after {stop.begins}, found {stop.ends}"
        yield from _known(plan.services, f"hours.stops[{i}].services", stop.services, "service")
    if not plan.hours.always and not plan.hours.week:
        yield "hours.week", "at least one day (or always: true)"


def _day(plan: HallPlan, key: str, hours: DayHours) -> Iterator[tuple[str, str]]:
    windows = {window.window for window in plan.windows}
    if hours.open >= hours.close:
        yield f"{key}.close", f"a time after {hours.open}, found {hours.close}"
    yield from _known(plan.services, f"{key}.services", hours.services, "service")
    yield from _known(windows, f"{key}.windows", hours.windows, "window")
    lunch = hours.lunch
    if lunch is not None:
        if not hours.open < lunch.begins < lunch.ends < hours.close:
            yield f"{key}.lunch", f"times within {hours.open} to {hours.close}, the end after the beginning"
        if not lunch.windows:
            yield f"{key}.lunch.windows", "at least one window that stays open"
        yield from _known(windows, f"{key}.lunch.windows", lunch.windows, "window")


def _known(
    known: Collection[object], key: str, named: Sequence[object], kind: str
) -> Iterator[tuple[str, str]]:
    for i, name in enumerate(named):
        if name not in known:
            yield f"{key}[{i}]", f"a {kind} of this hall, found {name!r}"


def _is_moment(said: str) -> bool:
    try:
        datetime.strptime(said, "%Y-%m-%d %H:%M")  # noqa: DTZ007 - only whether there is such a minute
    except ValueError:
        return False
    return True


def _services(plan: HallPlan) -> Iterator[tuple[str, str]]:
    if not plan.services:
        yield "services", "at least one service"
    owner: dict[str, str] = {}
    for key, service in plan.services.items():
        if service.letter in owner:
            yield (
                f"services.{key}.letter",
                f"a letter of its own ({service.letter} belongs to {owner[service.letter]})",
            )
        owner.setdefault(service.letter, key)


def _windows(plan: HallPlan) -> Iterator[tuple[str, str]]:
    if not plan.windows:
        yield "windows", "at least one window"
    seen: set[int] = set()
    for i, window in enumerate(plan.windows):
        if window.window in seen:
            yield f"windows[{i}].window", f"a number of its own ({window.window} stands twice)"
        seen.add(window.window)
        if not window.serves:
            yield f"windows[{i}].serves", "at least one service"
        for j, service in enumerate(window.serves):
            if service not in plan.services:
                yield f"windows[{i}].serves[{j}]", f"a service of this hall, found {service!r}"
            if service in window.serves[:j]:
                yield f"windows[{i}].serves[{j}]", f"each service once, found {service!r} again"
        for j, service in enumerate(window.helps):
            if service not in plan.services:
                yield f"windows[{i}].helps[{j}]", f"a service of this hall, found {service!r}"
            if service in window.serves or service in window.helps[:j]:
                yield f"windows[{i}].helps[{j}]", f"each service once, found {service!r} again"


def _members(plan: HallPlan) -> Iterator[tuple[str, str]]:
    windows = {window.window for window in plan.windows}
    for name, member in plan.members.items():
        key = f"members.{name}"
        if name == HUB or member.kind is MemberKind.HUB:
            yield key, "a device or console: the hub is no registered member"
        if member.window is not None and member.window not in windows:
            yield f"{key}.window", f"a window of this hall, found {member.window}"
        if member.kind in _AT_A_WINDOW and member.window is None:
            yield f"{key}.window", f"the window of this {member.kind.value}"
        if name.startswith("console-") and member.kind in DEVICE_KINDS:
            yield f"{key}.kind", "console: a name beginning with console- is one"


def _roster(plan: HallPlan) -> Iterator[tuple[str, str]]:
    windows = {window.window for window in plan.windows}
    seats: dict[str, int] = {}
    for window, clerk in plan.roster.items():
        if window not in windows:
            yield f"roster.{window}", "a window of this hall"
        if clerk in seats:
            yield f"roster.{window}", f"a clerk who sits nowhere else ({clerk} sits at {seats[clerk]})"
        seats.setdefault(clerk, window)
        if plan.staff and clerk not in plan.work_numbers:
            yield f"roster.{window}", f"a work number of this hall's staff, found {clerk}"


def _lanes(plan: HallPlan) -> Iterator[tuple[str, str]]:
    if "normal" not in plan.lanes:
        yield "lanes", "a lane named normal"
    for name, lane in plan.lanes.items():
        for key, text in (("public", lane.public), *((f"groups[{i}]", g) for i, g in enumerate(lane.groups))):
            if not text.zh.strip() or not text.en.strip():
                yield f"lanes.{name}.{key}", "text in both languages"


def _staff(plan: HallPlan) -> Iterator[tuple[str, str]]:
    numbers = plan.work_numbers
    if len(set(numbers)) != len(numbers):
        yield "staff", "each work number once"
    for number in numbers:
        cover = plan.cover_of(number)
        if cover is not None and (cover == number or cover not in numbers):
            yield f"staff.{number}.b", f"the work number of another of the staff, found {cover}"


def _texts(plan: HallPlan) -> Iterator[tuple[str, str]]:
    texts = {"name": plan.name, "foot": plan.foot}
    for date, special in plan.hours.special.items():
        texts[f"hours.special.{date}.reason"] = special.reason
    for i, stop in enumerate(plan.hours.stops):
        texts[f"hours.stops[{i}].reason"] = stop.reason
        if stop.alternative is not None:
            texts[f"hours.stops[{i}].alternative"] = stop.alternative
    for key, service in plan.services.items():
        texts[f"services.{key}.name"] = service.name
        for situation, kind in service.situations.items():
            texts[f"services.{key}.situations.{situation}.name"] = kind.name
    for key, text in texts.items():
        for language, words in (("zh", text.zh), ("en", text.en)):
            if not words.strip():
                yield f"{key}.{language}", "text"
            elif not words.isprintable():
                yield f"{key}.{language}", "one line of text without control characters"
        try:
            text.zh.encode("gb2312")
        except UnicodeEncodeError as error:
            yield f"{key}.zh", f"characters of GB2312 (signs and printers know no {text.zh[error.start]!r})"
    if plan.public_url and not plan.public_url.startswith(("http://", "https://")):
        yield "public_url", "an address beginning with http:// or https://, or nothing"
