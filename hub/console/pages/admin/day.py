"""One day's hours: when it opens and closes, who covers lunch, and what it is limited to."""

from __future__ import annotations

from typing import Any, Final

from nicegui import ui

from hub.console.look.words import label
from hub.console.pages.admin.room import Desk
from hub.console.pages.admin.services import name_of
from hub.console.plans.editing import Path

_LUNCH: Final = ("12:00", "13:30")


def draw(desk: Desk, path: Path) -> None:
    """The fields of the hours at `path`; what most days do not have is folded away."""
    with ui.element("div").classes("stack"):
        with ui.element("div").classes("fields"):
            desk.fields.moment((*path, "open"), label("set.open"), "time")
            desk.fields.moment((*path, "close"), label("set.close"), "time")
        more = any(desk.draft.get((*path, key)) for key in ("lunch", "services", "windows"))
        with ui.element("details").props("open" if more else ""):
            with ui.element("summary").props(f'data-test="more-{path[-1]}"'):
                ui.label(label("admin.more-of-day"))
            with ui.element("div").classes("stack"):
                _limits(desk, path)
                _lunch(desk, (*path, "lunch"))


def _windows(desk: Desk) -> dict[Any, str]:
    numbers = [w.get("window") for w in desk.draft.get(("windows",), [])]
    return {number: label("window-n", n=number) for number in numbers}


def _limits(desk: Desk, path: Path) -> None:
    services = {key: name_of(entry, key) for key, entry in desk.draft.get(("services",), {}).items()}
    chosen = desk.fields.several((*path, "services"), label("set.day-services"), services, optional=True)
    chosen.props(f'hint="{label("set.all-services")}"')
    chosen = desk.fields.several((*path, "windows"), label("set.day-windows"), _windows(desk), optional=True)
    chosen.props(f'hint="{label("set.all-services")}"')


def _lunch(desk: Desk, path: Path) -> None:
    windows = _windows(desk)

    def change() -> None:
        begins, ends = _LUNCH
        blank = {"from": begins, "to": ends, "windows": list(windows)[:1]}
        desk.draft.put(path, blank) if box.value else desk.draft.drop(path)
        desk.redraw()

    box = ui.checkbox(label("set.lunch"), value=desk.draft.get(path) is not None, on_change=change)
    box.props(f'data-test="lunch-{path[-2]}"')
    if desk.draft.get(path) is not None:
        with ui.element("div").classes("fields"):
            desk.fields.moment((*path, "from"), label("set.from"), "time")
            desk.fields.moment((*path, "to"), label("set.to"), "time")
        desk.fields.several((*path, "windows"), label("set.lunch-windows"), windows)
