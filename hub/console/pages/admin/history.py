"""Every version of the settings, what it changed, and the way back to it."""

from __future__ import annotations

from functools import partial

from nicegui import run, ui

from hall.errors import Fault
from hub.console.look.frame import complain
from hub.console.look.soon import soon
from hub.console.look.words import label
from hub.console.mirror.past import Past
from hub.console.pages.admin.bar import draw_differences
from hub.console.pages.admin.fields import act, heading
from hub.console.pages.admin.room import Desk
from hub.console.plans.versions import Version, differences, versions

#: So many versions are shown, the last first.
SHOWN = 50


def draw(desk: Desk) -> None:
    """The last version first."""
    desk.watch(None)
    with ui.element("div").classes("card"):
        heading("room.history")
        body = ui.element("div")
        with body:
            ui.label(label("admin.loading"))

    async def read() -> None:
        try:
            found = await run.io_bound(_read, desk.actor.backstage.store)
        except Fault as fault:
            complain(fault.text)
            return
        body.clear()
        with body:
            _list(desk, found or [])

    soon(read)


def _list(desk: Desk, found: list[Version]) -> None:
    if not found:
        ui.label(label("admin.no-history")).props('data-test="no-history"')
        return
    if len(found) > 1:
        act("admin.undo", partial(_take_up, desk, found[-2]), test="undo", flat=False)
    for i in range(len(found) - 1, max(-1, len(found) - 1 - SHOWN), -1):
        _version(desk, found[i], found[i - 1] if i else None, last=i == len(found) - 1)


def _version(desk: Desk, version: Version, before: Version | None, *, last: bool) -> None:
    with ui.element("div").classes("entry").props(f'data-test="version-{version.version}"'):
        with ui.element("div").classes("line"):
            ui.label(label("admin.version", n=version.version)).classes("title")
            ui.label(f"{version.at:%Y-%m-%d %H:%M}")
            if version.actor is None:
                ui.label(label("admin.from-file"))
            else:
                ui.label(version.actor).props("translate=no")
            ui.label(version.reason).props("translate=no")
            if not last:
                act("admin.again", partial(_take_up, desk, version), test=f"again-{version.version}")
        if before is not None:
            draw_differences(list(differences(before.plan, version.plan)), version.plan, before.plan)


def _take_up(desk: Desk, version: Version) -> None:
    """The edit becomes that version; what would change is shown before anything is applied."""
    desk.draft.become(version.plan)
    desk.changed()


def _read(store: str) -> list[Version]:
    past = Past(store)
    try:
        return versions(past)
    finally:
        past.close()
