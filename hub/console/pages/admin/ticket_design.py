"""How the hall's tickets look: parts and their order, the picture above them, the code, large type."""

from __future__ import annotations

import base64

from nicegui import events, ui

from hall.plan_ticket import LOGO_BYTES, TICKET_PARTS, is_logo
from hub.console.look.frame import complain
from hub.console.look.words import WORDS, label
from hub.console.pages.admin.fields import act, heading
from hub.console.pages.admin.room import Desk

_LOGO = ("ticket", "logo")


def draw(desk: Desk) -> None:
    """Everything of `ticket` in the settings."""
    fields = desk.fields
    parts = {part: label(f"set.part.{part}") for part in TICKET_PARTS}
    lanes = {lane: lane for lane in desk.draft.get(("lanes",), {})}
    with ui.element("div").classes("card"):
        heading("set.ticket")
        fields.several(("ticket", "parts"), label("set.ticket.parts"), parts, usual=TICKET_PARTS)
        fields.switch(("ticket", "qr"), label("set.ticket.qr"), usual=True)
        fields.switch(("ticket", "large"), label("set.ticket.large"))
        fields.several(("ticket", "large_lanes"), label("set.ticket.large_lanes"), lanes, optional=True)
        _logo(desk)


def _logo(desk: Desk) -> None:
    ui.label(label("set.ticket.logo"))
    written = desk.draft.get(_LOGO, "")
    if written:
        shown = ui.element("img").classes("logo")
        shown.props(f'alt="{label("set.ticket.logo")}" src=data:image/png;base64,{written} data-test="logo"')
    # the browser's own file field; the button opens it
    upload = ui.upload(auto_upload=True, max_file_size=LOGO_BYTES, on_upload=lambda event: _take(desk, event))
    upload.props('accept=".png" aria-hidden=true').classes("unseen")
    upload.on("rejected", lambda _: complain(WORDS["admin.logo-unfit"]))
    act("admin.logo", lambda: upload.run_method("pickFiles"), test="logo-choose")
    if written:
        act("admin.remove", lambda: _drop(desk), test="logo-remove")


async def _take(desk: Desk, event: events.UploadEventArguments) -> None:
    written = base64.b64encode(await event.file.read()).decode()
    if not is_logo(written):
        complain(WORDS["admin.logo-unfit"])
        return
    desk.draft.put(_LOGO, written)
    desk.redraw()


def _drop(desk: Desk) -> None:
    desk.draft.drop(_LOGO)
    desk.redraw()
