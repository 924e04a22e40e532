"""What the columns and tables of a report are called, and what stands in each: one list of columns, read by every table."""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum
from typing import NamedTuple

from hall.text import Text
from hub.console.reports.figures import GRADES, Axis, Figures
from hub.console.reports.sheet import Cell, Column, Kind, share


def _t(zh: str, en: str) -> Text:
    return Text(zh=zh, en=en)


AXES: dict[Axis, Text] = {
    Axis.SERVICE: _t("业务", "Service"),
    Axis.SITUATION: _t("办理情形", "Situation"),
    Axis.WINDOW: _t("窗口", "Window"),
    Axis.CLERK: _t("工号", "Clerk"),
    Axis.HOUR: _t("时段", "Hour"),
    Axis.WEEKDAY: _t("星期", "Weekday"),
    Axis.DAY: _t("日期", "Day"),
}
WEEKDAYS = (
    _t("周一", "Mon"), _t("周二", "Tue"), _t("周三", "Wed"), _t("周四", "Thu"),
    _t("周五", "Fri"), _t("周六", "Sat"), _t("周日", "Sun"),
)  # fmt: skip
NOT_SAID = _t("未注明", "not said")
ALL = _t("合计", "All")
GRADE: dict[int, Text] = {
    4: _t("非常满意", "Very satisfied"),
    3: _t("满意", "Satisfied"),
    2: _t("一般", "Fair"),
    1: _t("不满意", "Not satisfied"),
}


class Part(Enum):
    """Columns that belong together."""

    VISITS = "visits"
    TIMES = "times"
    RATINGS = "ratings"
    WINDOWS = "windows"


PARTS: dict[Part, Text] = {
    Part.VISITS: _t("取号与办结", "Numbers and endings"),
    Part.TIMES: _t("等候与办理时间", "Waiting and handling"),
    Part.RATINGS: _t("评价", "Ratings"),
    Part.WINDOWS: _t("窗口在岗", "Windows at work"),
}


class Figure(NamedTuple):
    """One column: its part, its head, and what stands in it."""

    part: Part
    column: Column
    of: Callable[[Figures], Cell]


def _figure(
    part: Part, key: str, zh: str, en: str, of: Callable[[Figures], Cell], kind: Kind = Kind.COUNT
) -> Figure:
    return Figure(part, Column(key=key, head=_t(zh, en), kind=kind), of)


def _outcome(outcome: str) -> Callable[[Figures], Cell]:
    return lambda x: x.outcomes.get(outcome, 0)


def _grade(grade: int) -> Callable[[Figures], Cell]:
    return lambda x: x.grades.get(grade, 0)


_V, _T, _R, _W = Part.VISITS, Part.TIMES, Part.RATINGS, Part.WINDOWS
_S, _P = Kind.SECONDS, Kind.SHARE

FIGURES: tuple[Figure, ...] = (
    _figure(_V, "issued", "取号", "Issued", lambda x: x.issued),
    _figure(_V, "served", "已办", "Served", lambda x: x.served),
    _figure(_V, "accepted", "受理", "Accepted", lambda x: x.accepted),
    _figure(_V, "done", "办结", "Finished", _outcome("done")),
    _figure(_V, "advice", "咨询答复", "Advice", _outcome("advice")),
    _figure(_V, "returned", "补材料", "Returned", lambda x: x.returned),
    _figure(_V, "not-allowed", "不予办理", "Not allowed", _outcome("not-allowed")),
    _figure(_V, "proxy-refused", "须本人办", "In person only", _outcome("proxy-refused")),
    _figure(_V, "onward", "转办", "Sent on", _outcome("onward")),
    _figure(_V, "withdrawn", "自愿撤回", "Withdrawn", _outcome("withdrawn")),
    _figure(_V, "missed", "过号", "Missed", lambda x: x.missed),
    _figure(_V, "left", "未办离开", "Left", lambda x: x.left),
    _figure(_V, "cancelled", "取消", "Cancelled", lambda x: x.cancelled),
    _figure(_V, "open", "在厅", "In the hall", lambda x: x.open),
    _figure(_V, "one-trip", "最多跑一次", "One trip", lambda x: share(x.one_trip, x.served), _P),
    _figure(_V, "sent-on", "踢皮球", "Sent on and on", lambda x: x.sent_on),
    _figure(_V, "came-back", "凭单再来", "Came back with a slip", lambda x: x.came_back),
    _figure(_V, "by-hand", "手工号", "By hand", lambda x: x.by_hand),
    _figure(_T, "wait-p50", "等候中位", "Wait, median", lambda x: x.waits.p50_s, _S),
    _figure(_T, "wait-p90", "等候九成内", "Wait, 9 of 10", lambda x: x.waits.p90_s, _S),
    _figure(_T, "wait-kept", "等候达标", "Wait kept", lambda x: share(x.waits.kept, x.waits.judged), _P),
    _figure(_T, "calls", "叫号", "Calls", lambda x: x.calls),
    _figure(_T, "in-vain", "叫号未到", "Calls in vain", lambda x: x.in_vain),
    _figure(_T, "walking", "到窗中位", "Walk, median", lambda x: x.walking.p50_s, _S),
    _figure(_T, "steps", "办理环节", "Steps", lambda x: x.steps),
    _figure(_T, "handling-p50", "办理中位", "Handling, median", lambda x: x.handling.p50_s, _S),
    _figure(_T, "handling-p90", "办理九成内", "Handling, 9 of 10", lambda x: x.handling.p90_s, _S),
    _figure(
        _T, "handling-kept", "办理达标", "Handling kept", lambda x: share(x.handling.kept, x.handling.judged), _P
    ),
    _figure(
        _T, "prechecked", "前置后办理", "Handling, pre-checked", lambda x: x.handling_prechecked.p50_s, _S
    ),
    _figure(
        _T, "not-prechecked", "未前置办理", "Handling, not pre-checked", lambda x: x.handling_plain.p50_s, _S
    ),
    _figure(_R, "asked", "请评", "Asked", lambda x: x.asked),
    _figure(_R, "rated", "评价数", "Rated", lambda x: x.rated),
    _figure(_R, "response", "参评率", "Response", lambda x: share(x.rated, x.asked), _P),
    *(
        _figure(_R, f"grade-{grade}", f"{GRADE[grade].zh}", f"{GRADE[grade].en}", _grade(grade))
        for grade in GRADES
    ),
    _figure(
        _R, "official", "五级均分", "Official mean",
        lambda x: share(sum(grade * count for grade, count in x.official.items()), x.rated), Kind.NUMBER,
    ),
    _figure(_W, "seated", "在岗时间", "Seated", lambda x: x.seated_s, _S),
    _figure(_W, "paused", "暂停时间", "Paused", lambda x: x.paused_s, _S),
    _figure(_W, "idle", "空闲时间", "Idle", lambda x: x.idle_s, _S),
    _figure(_W, "idle-share", "空闲占比", "Idle share", lambda x: share(x.idle_s, x.seated_s), _P),
)  # fmt: skip
