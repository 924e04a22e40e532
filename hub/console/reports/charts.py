"""A report as pictures: options for ECharts, with every word in the reader's language and nothing that moves."""

from __future__ import annotations

from typing import Any, Final

from hall.text import Text
from hub.console.reports.figures import GRADES, Axis, Group, Report
from hub.console.reports.headings import GRADE, WEEKDAYS
from hub.console.reports.sheet import Speech
from hub.console.reports.tables import Names

Options = dict[str, Any]

#: Tell apart also by people who see no red or no green, and stand out from white.
_COLOURS: Final = {
    "good": "#0b5fa5",
    "fair": "#5aa9e6",
    "dull": "#b8c4ce",
    "warn": "#e0a100",
    "bad": "#b3261e",
}
_GRADE_COLOURS: Final = {4: "#0b5fa5", 3: "#5aa9e6", 2: "#e0a100", 1: "#b3261e"}
_INK: Final = "#14212e"
#: More places than this get a slider.
_ROOM: Final = 40


def _t(zh: str, en: str) -> Text:
    return Text(zh=zh, en=en)


_STATES: Final = (
    ("served", _t("已办", "Served"), "good"),
    ("missed", _t("过号", "Missed"), "warn"),
    ("left", _t("未办离开", "Left"), "bad"),
    ("cancelled", _t("取消", "Cancelled"), "dull"),
    ("open", _t("在厅", "In the hall"), "fair"),
)
_MINUTES = _t("分钟", "minutes")
_PEOPLE = _t("人", "people")
_WINDOWS = _t("窗口数", "windows")
_PROMISE = _t("承诺", "promise")
_WAIT_50, _WAIT_90 = _t("等候中位", "Wait, median"), _t("等候九成内", "Wait, 9 of 10")
_HANDLING_50, _HANDLING_90 = _t("办理中位", "Handling, median"), _t("办理九成内", "Handling, 9 of 10")
_OPEN, _LEAST, _MOST = (
    _t("实际开窗", "Open"),
    _t("忙日至少", "Busy day, at least"),
    _t("忙日至多", "Busy day, at most"),
)


class Charts:
    """Draws the charts of one report for one reader."""

    def __init__(self, report: Report, named: Names, speech: Speech) -> None:
        """`named` gives the places their names."""
        self._report, self._named, self._say = report, named, speech.of

    def visits(self, axis: Axis) -> Options:
        """Numbers given, by what became of them."""
        groups = self._groups(axis)
        return self._bars(
            self._places(axis, groups),
            self._say(_PEOPLE),
            [
                self._bar(text, [getattr(group.figures, name) for group in groups], _COLOURS[colour], "all")
                for name, text, colour in _STATES
            ],
        )

    def times(self, axis: Axis) -> Options:
        """Waits and handling, with the promise as a line."""
        groups = self._groups(axis)
        drawn = (
            (_WAIT_50, _COLOURS["fair"], [group.figures.waits.p50_s for group in groups]),
            (_WAIT_90, _COLOURS["good"], [group.figures.waits.p90_s for group in groups]),
            (_HANDLING_50, _COLOURS["dull"], [group.figures.handling.p50_s for group in groups]),
            (_HANDLING_90, _COLOURS["warn"], [group.figures.handling.p90_s for group in groups]),
        )
        series = [self._bar(text, [_min(s) for s in seconds], colour) for text, colour, seconds in drawn]
        target = self._report.wait_target_min
        series[1]["markLine"] = {
            "silent": True,
            "symbol": "none",
            "data": [{"yAxis": target}],
            "label": {"formatter": f"{self._say(_PROMISE)} {target}", "position": "insideEndTop"},
            "lineStyle": {"color": _COLOURS["bad"], "type": "dashed"},
        }
        return self._bars(self._places(axis, groups), self._say(_MINUTES), series)

    def ratings(self, axis: Axis) -> Options:
        """What was pressed."""
        groups = [group for group in self._groups(axis) if group.figures.asked]
        return self._bars(
            self._places(axis, groups),
            self._say(_t("评价数", "ratings")),
            [
                self._bar(
                    GRADE[grade],
                    [group.figures.grades.get(grade, 0) for group in groups],
                    _GRADE_COLOURS[grade],
                    "all",
                )
                for grade in GRADES
            ],
        )

    def load(self) -> Options:
        """People a day by weekday and hour: the darker the fuller."""
        found = self._report.load
        hours, weekdays = sorted({x.hour for x in found}), sorted({x.weekday for x in found}, reverse=True)
        data = [[hours.index(x.hour), weekdays.index(x.weekday), round(x.arrived / x.days, 1)] for x in found]
        most = max((value for _, _, value in data), default=0)
        return self._plain() | {
            "grid": {"left": 60, "right": 20, "top": 10, "bottom": 70},
            "xAxis": {
                "type": "category",
                "data": [f"{hour:02}:00" for hour in hours],
                "axisLabel": {"color": _INK},
            },
            "yAxis": {
                "type": "category",
                "data": [self._say(WEEKDAYS[weekday]) for weekday in weekdays],
                "axisLabel": {"color": _INK},
            },
            "visualMap": {
                "min": 0,
                "max": most or 1,
                "orient": "horizontal",
                "left": "center",
                "bottom": 0,
                "inRange": {"color": ["#eef4fa", "#b9d8f3", "#5aa9e6"]},
                "textStyle": {"color": _INK},
            },
            "series": [{"type": "heatmap", "data": data, "label": {"show": True, "color": _INK}}],
        }

    def staffing(self) -> Options:
        """Windows that were open beside those that a busy day needs."""
        needs = self._report.staffing
        drawn = (
            (_OPEN, _COLOURS["good"], [need.open_windows for need in needs]),
            (_LEAST, _COLOURS["warn"], [need.needed_busy for need in needs]),
            (_MOST, _COLOURS["bad"], [need.apart_busy for need in needs]),
        )
        names = [f"{need.begins_min // 60:02}:{need.begins_min % 60:02}" for need in needs]
        lines = [
            {
                "type": "line",
                "name": self._say(text),
                "data": data,
                "step": "end",
                "symbol": "none",
                "lineStyle": {"width": 3},
                "itemStyle": {"color": colour},
            }
            for text, colour, data in drawn
        ]
        return self._bars(names, self._say(_WINDOWS), lines)

    # ---------------------------------------------------------------- parts

    def _groups(self, axis: Axis) -> list[Group]:
        return list(self._report.groups(axis))

    def _places(self, axis: Axis, groups: list[Group]) -> list[str]:
        named = (self._named.place(axis, group.key) for group in groups)
        return [self._say(name) if isinstance(name, Text) else name for name in named]

    def _bar(self, text: Text, data: list[Any], colour: str, stack: str | None = None) -> Options:
        return {
            "type": "bar",
            "name": self._say(text),
            "data": data,
            "stack": stack,
            "barMaxWidth": 40,
            "itemStyle": {"color": colour},
        }

    @staticmethod
    def _plain() -> Options:
        return {"animation": False, "tooltip": {"confine": True}, "textStyle": {"fontFamily": "inherit"}}

    def _bars(self, places: list[str], unit: str, series: list[Options]) -> Options:
        long = len(places) > _ROOM
        slider = {"dataZoom": [{"type": "slider", "bottom": 4, "height": 16}]} if long else {}
        tilted = {"rotate": 30} if max(map(len, places), default=0) * len(places) > 90 else {}
        return (
            self._plain()
            | {
                "tooltip": {"trigger": "axis", "confine": True},
                "legend": {"top": 0, "textStyle": {"color": _INK}},
                "grid": {
                    "left": 10,
                    "right": 20,
                    "top": 60,
                    "bottom": 30 if long else 8,
                    "containLabel": True,
                },
                "xAxis": {
                    "type": "category",
                    "data": places,
                    "axisLabel": {"color": _INK, **tilted, **({} if long else {"interval": 0})},
                },
                "yAxis": {
                    "type": "value",
                    "name": unit,
                    "minInterval": 1,  # there is no half a person
                    "nameTextStyle": {"color": _INK, "align": "left"},
                    "axisLabel": {"color": _INK},
                },
                "series": series,
            }
            | slider
        )


def _min(seconds: int | None) -> float | None:
    return None if seconds is None else round(seconds / 60, 1)
