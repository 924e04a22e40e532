"""Lanes: what the public sees of each, and who is entitled to it."""

from __future__ import annotations

from functools import partial

from nicegui import ui

from hub.console.look.words import label
from hub.console.pages.admin.fields import act, heading
from hub.console.pages.admin.room import Desk
from hub.console.pages.admin.services import new_entry
from hub.console.plans.editing import Path


def draw(desk: Desk) -> None:
    """One entry for each lane but the normal one, which everybody may use."""
    with ui.element("div").classes("card"):
        heading("set.lanes")
        ui.label(label("admin.lanes-help"))
        for lane in desk.draft.get(("lanes",), {}):
            if lane != "normal":
                _lane(desk, ("lanes", lane))
        blank = {"public": {"zh": "优先", "en": "Priority"}}
        new_entry(desk, ("lanes",), "admin.new-lane", blank, lambda _: desk.redraw())


def _lane(desk: Desk, path: Path) -> None:
    groups: Path = (*path, "groups")

    def remove(what: Path) -> None:
        desk.draft.drop(what)
        if not desk.draft.get(groups, [None]):
            desk.draft.drop(groups)
        desk.redraw()

    def add() -> None:
        desk.draft.put(groups, [*desk.draft.get(groups, []), {"zh": "", "en": ""}])
        desk.redraw()

    with ui.element("div").classes("entry").props(f'data-test="lane-{path[-1]}"'):
        with ui.element("div").classes("line"):
            ui.label(str(path[-1])).classes("title").props("translate=no")
            act("admin.remove", partial(remove, path), test=f"remove-lane-{path[-1]}")
        desk.fields.both((*path, "public"), label("set.public"))
        for i in range(len(desk.draft.get(groups, []))):
            with ui.element("div").classes("group"):
                desk.fields.both((*groups, i), label("set.group"))
                act("admin.remove", partial(remove, (*groups, i)), test=f"remove-group-{path[-1]}-{i}")
        act("admin.new-group", add, test=f"add-group-{path[-1]}")
