"""What must fit together in a hall's own settings, beyond the type of each value."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from hall import plan_ticket, policy
from hall.messages.common import DEVICE_KINDS, MemberKind
from hall.plan import DayHours, HallPlan
from hall.text import Text
from hall.topics import HUB

WEEK = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
#: how Chinese names what a key points to
_KINDS = {"service": "业务", "window": "窗口"}
_AT_A_WINDOW = frozenset({MemberKind.SIGN, MemberKind.PAD, MemberKind.CALL_KEY})


def problems(plan: HallPlan) -> Iterator[tuple[str, Text]]:
    """Every mistake as (key, what was expected there)."""
    yield from _zone(plan)
    yield from _hours(plan)
    yield from _services(plan)
    yield from _windows(plan)
    yield from _members(plan)
    yield from _roster(plan)
    yield from _lanes(plan)
    yield from _staff(plan)
    yield from _reserve(plan)
    yield from _greetings(plan)
    lanes = frozenset(plan.lanes)
    yield from ((f"ticket.{key}", text) for key, text in plan_ticket.problems(plan.ticket, lanes))
    yield from _texts(plan)
    for key, expected in policy.problems(plan.policy, services=plan.services, lanes=plan.lanes):
        yield f"policy.{key}", expected


def _t(zh: str, en: str) -> Text:
    return Text(zh=zh, en=en)


def zone_exists(name: str) -> bool:
    """Whether the time zone is known on this machine."""
    try:
        ZoneInfo(name)
    except Exception:  # noqa: BLE001 - zoneinfo raises KeyError, ValueError, OSError and more for odd names
        return False
    return True


def _zone(plan: HallPlan) -> Iterator[tuple[str, Text]]:
    if not zone_exists(plan.timezone):
        yield (
            "timezone",
            _t(
                f"时区名，如Asia/Shanghai，现为{plan.timezone}",
                f"a time zone like Asia/Shanghai, found {plan.timezone!r}",
            ),
        )


def _hours(plan: HallPlan) -> Iterator[tuple[str, Text]]:
    for day, hours in plan.hours.week.items():
        if day not in WEEK:
            yield f"hours.week.{day}", _t(f"{'、'.join(WEEK)}之一", f"one of {', '.join(WEEK)}")
        yield from _day(plan, f"hours.week.{day}", hours)
    for date, special in plan.hours.special.items():
        if not _is_moment(f"{date} 00:00"):
            yield (
                f"hours.special.{date}",
                _t("日历上的日期，如2027-10-01", "a date of the calendar, like 2027-10-01"),
            )
        if special.hours is not None:
            yield from _day(plan, f"hours.special.{date}.hours", special.hours)
    for i, stop in enumerate(plan.hours.stops):
        for name, said in (("from", stop.begins), ("to", stop.ends)):
            if not _is_moment(said):
                yield (
                    f"hours.stops[{i}].{name}",
                    _t(
                        "日期和时间，如2027-06-30 17:00",
                        "a date and time of the calendar, like 2027-06-30 17:00",
                    ),
                )
        if stop.begins >= stop.ends:
            yield (
                f"hours.stops[{i}].to",
                _t(
                    f"{stop.begins}以后的时间，现为{stop.ends}",
                    f"a time after {stop.begins}, found {stop.ends}",
                ),
            )
        yield from _known(plan.services, f"hours.stops[{i}].services", stop.services, "service")
    if not plan.hours.always and not plan.hours.week:
        yield "hours.week", _t("至少一天的服务时间（或一直开放）", "at least one day (or always: true)")


def _day(plan: HallPlan, key: str, hours: DayHours) -> Iterator[tuple[str, Text]]:
    windows = {window.window for window in plan.windows}
    if hours.open >= hours.close:
        yield (
            f"{key}.close",
            _t(
                f"{hours.open}以后的时间，现为{hours.close}",
                f"a time after {hours.open}, found {hours.close}",
            ),
        )
    yield from _known(plan.services, f"{key}.services", hours.services, "service")
    yield from _known(windows, f"{key}.windows", hours.windows, "window")
    lunch = hours.lunch
    if lunch is not None:
        if not hours.open < lunch.begins < lunch.ends < hours.close:
            yield (
                f"{key}.lunch",
                _t(
                    f"在{hours.open}到{hours.close}之间，先开始后结束",
                    f"times within {hours.open} to {hours.close}, the end after the beginning",
                ),
            )
        if not lunch.windows:
            yield f"{key}.lunch.windows", _t("至少一个值守的窗口", "at least one window that stays open")
        yield from _known(windows, f"{key}.lunch.windows", lunch.windows, "window")


def _known(
    known: Collection[object], key: str, named: Sequence[object], kind: str
) -> Iterator[tuple[str, Text]]:
    for i, name in enumerate(named):
        if name not in known:
            yield (
                f"{key}[{i}]",
                _t(f"本厅的{_KINDS[kind]}，现为{name}", f"a {kind} of this hall, found {name!r}"),
            )


def _is_moment(said: str) -> bool:
    try:
        datetime.strptime(said, "%Y-%m-%d %H:%M")  # noqa: DTZ007 - only whether there is such a minute
    except ValueError:
        return False
    return True


def _services(plan: HallPlan) -> Iterator[tuple[str, Text]]:
    if not plan.services:
        yield "services", _t("至少一项业务", "at least one service")
    owner: dict[str, str] = {}
    for key, service in plan.services.items():
        if service.letter in owner:
            yield (
                f"services.{key}.letter",
                _t(
                    f"没有用过的字母（{service.letter}已属于{owner[service.letter]}）",
                    f"a letter of its own ({service.letter} belongs to {owner[service.letter]})",
                ),
            )
        owner.setdefault(service.letter, key)


def _windows(plan: HallPlan) -> Iterator[tuple[str, Text]]:
    if not plan.windows:
        yield "windows", _t("至少一个窗口", "at least one window")
    seen: set[int] = set()
    for i, window in enumerate(plan.windows):
        if window.window in seen:
            yield (
                f"windows[{i}].window",
                _t(
                    f"没有用过的窗口号（{window.window}写了两次）",
                    f"a number of its own ({window.window} stands twice)",
                ),
            )
        seen.add(window.window)
        if not window.serves:
            yield f"windows[{i}].serves", _t("至少一项业务", "at least one service")
        for j, service in enumerate(window.serves):
            if service not in plan.services:
                yield (
                    f"windows[{i}].serves[{j}]",
                    _t(f"本厅的业务，现为{service}", f"a service of this hall, found {service!r}"),
                )
            if service in window.serves[:j]:
                yield (
                    f"windows[{i}].serves[{j}]",
                    _t(f"每项业务只写一次，{service}重复了", f"each service once, found {service!r} again"),
                )
        for j, service in enumerate(window.helps):
            if service not in plan.services:
                yield (
                    f"windows[{i}].helps[{j}]",
                    _t(f"本厅的业务，现为{service}", f"a service of this hall, found {service!r}"),
                )
            if service in window.serves or service in window.helps[:j]:
                yield (
                    f"windows[{i}].helps[{j}]",
                    _t(f"每项业务只写一次，{service}重复了", f"each service once, found {service!r} again"),
                )


def _members(plan: HallPlan) -> Iterator[tuple[str, Text]]:
    windows = {window.window for window in plan.windows}
    zones = {window.zone for window in plan.windows}
    for name, member in plan.members.items():
        key = f"members.{name}"
        if name == HUB or member.kind is MemberKind.HUB:
            yield (
                key,
                _t("设备或控制台，中心程序不登记", "a device or console: the hub is no registered member"),
            )
        if member.window is not None and member.window not in windows:
            yield (
                f"{key}.window",
                _t(f"本厅的窗口，现为{member.window}", f"a window of this hall, found {member.window}"),
            )
        if member.kind in _AT_A_WINDOW and member.window is None:
            yield f"{key}.window", _t("这台设备所在的窗口号", f"the window of this {member.kind.value}")
        if member.zones and member.kind is not MemberKind.SPEAKER:
            yield f"{key}.zones", _t("只有语音设备有区域", "zones are a speaker's alone")
        for i, zone in enumerate(member.zones):
            if zone not in zones:
                yield (
                    f"{key}.zones[{i}]",
                    _t(f"本厅某个窗口的区域，现为{zone}", f"a zone that some window is in, found {zone!r}"),
                )
        if name.startswith("console-") and member.kind in DEVICE_KINDS:
            yield (
                f"{key}.kind",
                _t("console，以console-开头的名字是控制台", "console: a name beginning with console- is one"),
            )


def _roster(plan: HallPlan) -> Iterator[tuple[str, Text]]:
    windows = {window.window for window in plan.windows}
    seats: dict[str, int] = {}
    for window, clerk in plan.roster.items():
        if window not in windows:
            yield f"roster.{window}", _t("本厅的窗口", "a window of this hall")
        if clerk in seats:
            yield (
                f"roster.{window}",
                _t(
                    f"不在别处上岗的人（{clerk}在{seats[clerk]}号窗口）",
                    f"a clerk who sits nowhere else ({clerk} sits at {seats[clerk]})",
                ),
            )
        seats.setdefault(clerk, window)
        if plan.staff and clerk not in plan.work_numbers:
            yield (
                f"roster.{window}",
                _t(f"本厅人员的工号，现为{clerk}", f"a work number of this hall's staff, found {clerk}"),
            )


def _lanes(plan: HallPlan) -> Iterator[tuple[str, Text]]:
    if "normal" not in plan.lanes:
        yield "lanes", _t("名为normal的通道", "a lane named normal")
    for name, lane in plan.lanes.items():
        for key, text in (("public", lane.public), *((f"groups[{i}]", g) for i, g in enumerate(lane.groups))):
            if not text.zh.strip() or not text.en.strip():
                yield f"lanes.{name}.{key}", _t("中文和英文都要有", "text in both languages")


def _staff(plan: HallPlan) -> Iterator[tuple[str, Text]]:
    numbers = plan.work_numbers
    if len(set(numbers)) != len(numbers):
        yield "staff", _t("每个工号只写一次", "each work number once")
    for number in numbers:
        cover = plan.cover_of(number)
        if cover is not None and (cover == number or cover not in numbers):
            yield (
                f"staff.{number}.b",
                _t(
                    f"另一位人员的工号，现为{cover}",
                    f"the work number of another of the staff, found {cover}",
                ),
            )


def _reserve(plan: HallPlan) -> Iterator[tuple[str, Text]]:
    for i, number in enumerate(plan.reserve):
        if plan.staff and number not in plan.work_numbers:
            yield (
                f"reserve[{i}]",
                _t(f"本厅人员的工号，现为{number}", f"a work number of this hall's staff, found {number}"),
            )
        if number in plan.reserve[:i]:
            yield f"reserve[{i}]", _t("每个工号只写一次", "each work number once")


def _greetings(plan: HallPlan) -> Iterator[tuple[str, Text]]:
    for i, greeting in enumerate(plan.greetings):
        for name, said in (("from", greeting.begins), ("to", greeting.ends)):
            if not _is_moment(f"{said} 00:00"):
                yield (
                    f"greetings[{i}].{name}",
                    _t("日历上的日期，如2027-10-01", "a date of the calendar, like 2027-10-01"),
                )
        if greeting.begins > greeting.ends:
            yield f"greetings[{i}].to", _t(f"{greeting.begins}或以后", f"{greeting.begins} or later")


def printed_texts(plan: HallPlan) -> dict[str, Text]:
    """Every text of the settings that signs and printers show, by key."""
    texts = {"name": plan.name, "foot": plan.foot}
    if plan.fees is not None:
        texts["fees"] = plan.fees
    for date, special in plan.hours.special.items():
        texts[f"hours.special.{date}.reason"] = special.reason
    for i, stop in enumerate(plan.hours.stops):
        texts[f"hours.stops[{i}].reason"] = stop.reason
        if stop.alternative is not None:
            texts[f"hours.stops[{i}].alternative"] = stop.alternative
    texts |= {f"greetings[{i}].text": greeting.text for i, greeting in enumerate(plan.greetings)}
    texts |= {f"tips[{i}]": tip for i, tip in enumerate(plan.tips)}
    for key, service in plan.services.items():
        texts[f"services.{key}.name"] = service.name
        if service.process is not None:
            texts[f"services.{key}.process"] = service.process
        for situation, kind in service.situations.items():
            texts[f"services.{key}.situations.{situation}.name"] = kind.name
    return texts


def _texts(plan: HallPlan) -> Iterator[tuple[str, Text]]:
    for key, text in printed_texts(plan).items():
        for language, words in (("zh", text.zh), ("en", text.en)):
            if not words.strip():
                yield f"{key}.{language}", _t("文字，不能为空", "text")
            elif not words.isprintable():
                yield (
                    f"{key}.{language}",
                    _t("一行文字，不含控制字符", "one line of text without control characters"),
                )
        try:
            text.zh.encode("gb2312")
        except UnicodeEncodeError as error:
            yield (
                f"{key}.zh",
                _t(
                    f"GB2312里的字（屏幕和打印机没有“{text.zh[error.start]}”）",
                    f"characters of GB2312 (signs and printers know no {text.zh[error.start]!r})",
                ),
            )
    if plan.public_url and not plan.public_url.startswith(("http://", "https://")):
        yield (
            "public_url",
            _t(
                "以http://或https://开头的地址，或留空",
                "an address beginning with http:// or https://, or nothing",
            ),
        )
