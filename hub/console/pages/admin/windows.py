"""Windows: what each serves and helps with, its zone, its heart; the lanes."""

from __future__ import annotations

from nicegui import ui

from hub.console.look.words import label
from hub.console.pages.admin import lanes
from hub.console.pages.admin.fields import act
from hub.console.pages.admin.room import Desk
from hub.console.pages.admin.services import name_of
from hub.console.plans.editing import Path


def draw(desk: Desk) -> None:
    """One card for each window."""
    desk.watch(None)
    services = {key: name_of(entry, key) for key, entry in desk.draft.get(("services",), {}).items()}
    windows = desk.draft.get(("windows",), [])
    for i in range(len(windows)):
        _window(desk, ("windows", i), services)

    def add() -> None:
        number = max((w.get("window") or 0 for w in windows), default=0) + 1
        desk.draft.put(("windows",), [*windows, {"window": number, "serves": [next(iter(services), "")]}])
        desk.redraw()

    act("admin.new-window", add, test="add-window", flat=False)
    lanes.draw(desk)


def _window(desk: Desk, path: Path, services: dict[str, str]) -> None:
    fields = desk.fields

    def remove() -> None:
        desk.draft.drop(path)
        desk.redraw()

    def move(by: int) -> None:
        desk.draft.move(path, by)
        desk.redraw()

    number = desk.draft.get((*path, "window"))
    with ui.element("div").classes("card").props(f'data-test="window-{number}"'):
        with ui.element("div").classes("line"):
            ui.label(label("window-n", n=number)).classes("title")
            act("admin.up", lambda: move(-1))
            act("admin.down", lambda: move(1))
            act("admin.remove", remove, test=f"remove-window-{number}")
        with ui.element("div").classes("fields"):
            fields.number((*path, "window"), label("set.window"))
            fields.text((*path, "zone"), label("set.zone"), optional=True).props("translate=no")
            fields.text((*path, "zone_en"), label("set.zone-en"), optional=True).props("translate=no")
            fields.switch((*path, "heart"), label("set.heart"))
        fields.several((*path, "serves"), label("set.serves"), services)
        fields.several((*path, "helps"), label("set.helps"), services, optional=True)
