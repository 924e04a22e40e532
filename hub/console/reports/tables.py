"""A report as tables."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from hall.plan import HallPlan
from hall.text import Text
from hub.console.reports.figures import Axis, Group, Report
from hub.console.reports.headings import ALL, AXES, FIGURES, NOT_SAID, PARTS, WEEKDAYS, Part
from hub.console.reports.sheet import Cell, Column, Kind, Table

#: Axes on which somebody sits.
SEATED = (Axis.WINDOW, Axis.CLERK, Axis.DAY, Axis.WEEKDAY)


class Names(msgspec.Struct, frozen=True, kw_only=True):
    """What the hall calls its services and situations; a key that it does not name is shown as it is."""

    services: dict[str, Text] = {}
    #: by ``service/situation``
    situations: dict[str, Text] = {}

    def place(self, axis: Axis, key: str) -> str | Text:
        """A place on an axis as people read it."""
        match axis:
            case Axis.SERVICE:
                return self._service(key)
            case Axis.SITUATION:
                service, _, situation = key.partition("/")
                of = self._service(service)
                kind = self.situations.get(key, situation or NOT_SAID)
                return _joined(of, kind)
            case Axis.HOUR if key:
                return f"{key}:00"
            case Axis.WEEKDAY:
                return WEEKDAYS[int(key)]
            case _:
                return key or NOT_SAID

    def _service(self, key: str) -> str | Text:
        return self.services.get(key, key or NOT_SAID)


def names(plan: HallPlan) -> Names:
    """As this hall's settings say."""
    return Names(
        services={key: service.name for key, service in plan.services.items()},
        situations={
            f"{key}/{situation}": kind.name
            for key, service in plan.services.items()
            for situation, kind in service.situations.items()
        },
    )


def _joined(first: str | Text, second: str | Text) -> Text:
    a, b = (Text(zh=x, en=x) if isinstance(x, str) else x for x in (first, second))
    return Text(zh=f"{a.zh} · {b.zh}", en=f"{a.en} · {b.en}")


def table(report: Report, axis: Axis, named: Names, parts: Iterable[Part] = Part) -> Table:
    """Figures along an axis, with the whole in the last row."""
    wanted = [part for part in parts if part is not Part.WINDOWS or axis in SEATED]
    figures = [figure for figure in FIGURES if figure.part in wanted]
    groups = [*report.groups(axis), Group(key="", figures=report.total)]
    rows = [tuple(figure.of(group.figures) for figure in figures) for group in groups]
    heads: list[Cell] = [named.place(axis, group.key) for group in groups[:-1]]
    return Table(
        key=axis.value,
        title=_titled(AXES[axis], wanted),
        columns=(
            Column(key="place", head=AXES[axis], kind=Kind.TEXT),
            *(figure.column for figure in figures),
        ),
        rows=tuple((head, *row) for head, row in zip([*heads, ALL], rows, strict=True)),
    )


def _titled(axis: Text, parts: list[Part]) -> Text:
    return _joined(axis, PARTS[parts[0]]) if len(parts) == 1 else axis


def load_table(report: Report) -> Table:
    """People a day by weekday and hour, on average."""
    hours = sorted({load.hour for load in report.load})
    found = {(load.weekday, load.hour): load.arrived / load.days for load in report.load if load.days}
    weekdays = sorted({load.weekday for load in report.load})
    return Table(
        key="load",
        title=Text(zh="每天到达人数（按星期和时段）", en="People a day, by weekday and hour"),
        columns=(
            Column(key="weekday", head=AXES[Axis.WEEKDAY], kind=Kind.TEXT),
            *(
                Column(key=f"{hour:02}", head=Text(zh=f"{hour}时", en=f"{hour:02}:00"), kind=Kind.NUMBER)
                for hour in hours
            ),
        ),
        rows=tuple(
            (WEEKDAYS[weekday], *(round(found.get((weekday, hour), 0.0), 1) for hour in hours))
            for weekday in weekdays
        ),
    )


def staffing_table(report: Report) -> Table:
    """How many windows would have kept the promise; see :mod:`hub.console.reports.staffing`."""

    def count(key: str, zh: str, en: str, kind: Kind = Kind.COUNT) -> Column:
        return Column(key=key, head=Text(zh=zh, en=en), kind=kind)

    return Table(
        key="staffing",
        title=Text(
            zh=f"等候不超过{report.wait_target_min}分钟需要的窗口数",
            en=f"Windows needed to wait {report.wait_target_min} minutes at most",
        ),
        columns=(
            count("from", "时段", "From", Kind.TEXT),
            count("usual", "平常人数", "People, usual day"),
            count("busy", "忙日人数", "People, busy day"),
            count("turn", "每人占用", "Turn", Kind.SECONDS),
            count("open", "实际开窗", "Open windows", Kind.NUMBER),
            count("needed", "平常至少", "Usual day, at least"),
            count("apart", "平常至多", "Usual day, at most"),
            count("needed-busy", "忙日至少", "Busy day, at least"),
            count("apart-busy", "忙日至多", "Busy day, at most"),
        ),
        rows=tuple(
            (
                f"{need.begins_min // 60:02}:{need.begins_min % 60:02}",
                need.usual,
                need.busy,
                need.turn_s,
                need.open_windows,
                need.needed,
                need.apart,
                need.needed_busy,
                need.apart_busy,
            )
            for need in report.staffing
        ),
    )


def tables(report: Report, axes: Iterable[Axis], named: Names) -> tuple[Table, ...]:
    """What a file holds: a table for each axis, the load, and the windows needed."""
    return (*(table(report, axis, named) for axis in axes), load_table(report), staffing_table(report))
