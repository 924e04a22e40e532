"""Posted hours, dates that differ, and stops that are planned."""

from __future__ import annotations

from nicegui import ui

from hall.settings_plan import WEEK
from hub.console.look.words import label
from hub.console.pages.admin.day import draw as hours_of_day
from hub.console.pages.admin.fields import act, heading
from hub.console.pages.admin.room import Desk
from hub.console.pages.admin.services import name_of
from hub.console.plans.editing import Path

_USUAL = {"open": "09:00", "close": "17:00"}


def draw(desk: Desk) -> None:
    """The week, the dates, the stops."""
    desk.watch(None)
    services = {key: name_of(entry, key) for key, entry in desk.draft.get(("services",), {}).items()}
    with ui.element("div").classes("card"):
        heading("set.week")
        desk.fields.switch(("hours", "always"), label("set.always"))
        for day in WEEK:
            _day(desk, day)
    with ui.element("div").classes("card"):
        heading("set.special")
        for date in sorted(desk.draft.get(("hours", "special"), {})):
            _date(desk, ("hours", "special", date))
        _new_date(desk)
    with ui.element("div").classes("card"):
        heading("set.stops")
        stops = desk.draft.get(("hours", "stops"), [])
        for i in range(len(stops)):
            _stop(desk, ("hours", "stops", i), services)

        def add() -> None:
            blank = {"from": "", "to": "", "reason": {"zh": "", "en": ""}}
            desk.draft.put(("hours", "stops"), [*stops, blank])
            desk.redraw()

        act("admin.new-stop", add, test="add-stop")


def _toggle(desk: Desk, path: Path, named: str, test: str) -> None:
    def change() -> None:
        desk.draft.put(path, dict(_USUAL)) if box.value else desk.draft.drop(path)
        desk.redraw()

    box = ui.checkbox(named, value=desk.draft.get(path) is not None, on_change=change)
    box.props(f'data-test="{test}"')


def _day(desk: Desk, day: str) -> None:
    path: Path = ("hours", "week", day)
    with ui.element("div").classes("entry day"):
        _toggle(desk, path, label(f"day.{day}"), f"day-{day}")
        if desk.draft.get(path) is not None:
            hours_of_day(desk, path)


def _date(desk: Desk, path: Path) -> None:
    def remove() -> None:
        desk.draft.drop(path)
        desk.redraw()

    with ui.element("div").classes("entry"):
        with ui.element("div").classes("line"):
            ui.label(str(path[-1])).classes("title")
            _toggle(desk, (*path, "hours"), label("set.open-on"), f"special-{path[-1]}")
            act("admin.remove", remove, test=f"remove-{path[-1]}")
        desk.fields.both((*path, "reason"), label("set.reason"))
        if desk.draft.get((*path, "hours")) is not None:
            hours_of_day(desk, (*path, "hours"))


def _new_date(desk: Desk) -> None:
    with ui.element("div").classes("line new"):
        field = ui.input(label("admin.new-special")).props(
            'outlined dense type=date stack-label data-test="new-date"'
        )

        def add() -> None:
            date = str(field.value or "")
            if date and desk.draft.get(("hours", "special", date)) is None:
                desk.draft.put(("hours", "special", date), {"reason": {"zh": "", "en": ""}})
                desk.redraw()

        act("admin.add", add, test="add-date")


def _stop(desk: Desk, path: Path, services: dict[str, str]) -> None:
    def remove() -> None:
        desk.draft.drop(path)
        desk.redraw()

    fields = desk.fields
    with ui.element("div").classes("entry"):
        with ui.element("div").classes("fields"):
            fields.moment((*path, "from"), label("set.from"), "datetime-local")
            fields.moment((*path, "to"), label("set.to"), "datetime-local")
            act("admin.remove", remove)
        chosen = fields.several((*path, "services"), label("set.services"), services, optional=True)
        chosen.props(f'hint="{label("set.all-services")}"')
        fields.both((*path, "reason"), label("set.reason"))
        fields.both((*path, "alternative"), label("set.alternative"), optional=True)
