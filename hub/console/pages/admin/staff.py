"""Who works here: work numbers with their cover, who sits where, who is paged when a line is too long."""

from __future__ import annotations

from typing import Any

from nicegui import ui

from hub.console.look.words import label
from hub.console.pages.admin.fields import act, heading
from hub.console.pages.admin.room import Desk
from hub.console.plans.editing import Path


def draw(desk: Desk) -> None:
    """The staff, the roster, the reserve."""
    desk.watch(None)
    numbers = [number_of(entry) for entry in desk.draft.get(("staff",), [])]
    with ui.element("div").classes("card"):
        heading("set.staff")
        ui.label(label("admin.staff-help"))
        for i in range(len(numbers)):
            _colleague(desk, ("staff", i), numbers)
        _new(desk, numbers)
    named = {number: number for number in numbers if number}
    with ui.element("div").classes("card"):
        heading("set.roster")
        ui.label(label("admin.roster-help"))
        with ui.element("div").classes("fields"):
            for window in desk.draft.get(("windows",), []):
                _seat(desk, window.get("window"), named)
    with ui.element("div").classes("card"):
        heading("set.reserve")
        chosen = desk.fields.several(("reserve",), label("set.reserve"), named, optional=True)
        chosen.props(f'hint="{label("admin.reserve-help")}"')


def number_of(entry: Any) -> str:
    """The work number of an entry, which is the number alone where there is nothing more to say."""
    return str(entry.get("work_no", "")) if isinstance(entry, dict) else str(entry)


def entry_of(number: str, cover: str | None) -> Any:
    """An entry as the file has it."""
    return {"work_no": number, "b": cover} if cover else number


def _colleague(desk: Desk, path: Path, numbers: list[str]) -> None:
    entry = desk.draft.get(path)
    number = number_of(entry)
    before = entry.get("b") if isinstance(entry, dict) else None
    others = {other: other for other in numbers if other and other != number}
    if before is not None:
        others.setdefault(before, before)

    def cover() -> None:
        desk.draft.put(path, entry_of(number, field.value))
        desk.changed()

    def remove() -> None:
        desk.draft.drop(path)
        desk.redraw()

    with ui.element("div").classes("fields").props(f'data-test="staff-{number}"'):
        ui.label(number).classes("title").props("translate=no")
        field = ui.select(others, label=label("set.b"), value=before, clearable=True, on_change=cover)
        field.props(f'outlined dense data-test="cover-{number}"').classes("short")
        desk.fields.at((*path[:1], f"{number}.b"), field)
        act("admin.remove", remove, test=f"remove-staff-{number}")


def _new(desk: Desk, numbers: list[str]) -> None:
    with ui.element("div").classes("line new"):
        field = ui.input(label("admin.work-number")).props("outlined dense maxlength=8 translate=no")
        field.props('data-test="new-staff"').classes("short")

        def add() -> None:
            number = str(field.value or "").strip()
            if number and number not in numbers:
                desk.draft.put(("staff",), [*desk.draft.get(("staff",), []), number])
                desk.redraw()

        act("admin.add", add, test="add-staff")


def _seat(desk: Desk, window: Any, named: dict[str, str]) -> None:
    path: Path = ("roster", str(window))
    before = desk.draft.get(path)
    options = named | ({before: before} if before else {})

    def sit() -> None:
        desk.draft.put(path, field.value) if field.value else desk.draft.drop(path)
        if not desk.draft.get(("roster",)):
            desk.draft.drop(("roster",))
        desk.changed()

    field = ui.select(options, label=label("window-n", n=window), value=before, clearable=True, on_change=sit)
    field.props(f'outlined dense data-test="roster-{window}"').classes("short")
    desk.fields.at(path, field)
