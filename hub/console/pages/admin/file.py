"""Settings as a file: written out, read in."""

from __future__ import annotations

import msgspec
from nicegui import events, ui

from hall.errors import BadSettings
from hall.plan import HallPlan
from hall.settings import MOST_BYTES, convert, parse
from hall.settings_form import form_of
from hall.settings_write import written
from hub.console.look.frame import complain
from hub.console.look.words import label
from hub.console.pages.admin.fields import act, heading
from hub.console.pages.admin.room import Desk
from hub.console.plans.policy_editing import PolicyDraft


def draw(desk: Desk) -> None:
    """Two buttons, and the file as it would be written."""
    desk.watch(None)
    backstage = desk.actor.backstage
    whole = msgspec.structs.replace(backstage.plan, policy=backstage.policy)
    text = written(form_of(whole, policy=True))
    with ui.element("div").classes("card"):
        heading("room.file")
        # the browser's own file field; the button opens it
        upload = ui.upload(
            auto_upload=True, max_file_size=MOST_BYTES, on_upload=lambda event: _read(desk, event)
        )
        upload.props('accept=".yaml,.yml" aria-hidden=true').classes("unseen")
        with ui.element("div").classes("line"):
            act("admin.export", lambda: _write(text, backstage.plan.id), test="export", flat=False)
            act("admin.import", lambda: upload.run_method("pickFiles"), test="import", flat=False)
        with ui.element("details"):
            with ui.element("summary"):
                ui.label(label("admin.show-file"))
            ui.label(text).classes("yaml").props("translate=no")


def _write(text: str, hall: str) -> None:
    """The settings in force, as the browser keeps files."""
    ui.download.content(text, f"{hall}.yaml", "application/yaml")


async def _read(desk: Desk, event: events.UploadEventArguments) -> None:
    """A file becomes the edit; what it would change is shown in the bar."""
    try:
        raw = parse((await event.file.read()).decode("utf-8-sig"), event.file.name)
        plan = convert(raw, HallPlan, event.file.name)
    except BadSettings as error:
        complain(error.text)
        return
    except UnicodeDecodeError:
        complain(BadSettings(event.file.name, "(file)", "UTF-8").text)
        return
    desk.draft.become(form_of(plan))
    backstage = desk.actor.backstage
    if plan.policy != backstage.policy:
        edit = PolicyDraft(backstage.plan, backstage.policy)
        edit.become(plan.policy)
        desk.chosen["policy"] = edit
    desk.changed()
    ui.notify(label("admin.imported"), type="info", position="top")
