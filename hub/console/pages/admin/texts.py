"""What tickets and screens say besides the services, and the ticket as it will be printed."""

from __future__ import annotations

import base64
import copy
from datetime import datetime
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

from nicegui import run, ui

from hub.console.look.words import label
from hub.console.pages.admin import ticket_design
from hub.console.pages.admin.fields import act, heading
from hub.console.pages.admin.preview import PAPERS, VARIANTS, catalogue, example
from hub.console.pages.admin.room import Desk
from hub.console.pages.admin.services import name_of

#: A preview is drawn so long after the last change.
PAUSE_S = 0.6


def draw(desk: Desk) -> None:
    """The texts on the left, the paper on the right."""
    with ui.element("div").classes("two"):
        with ui.element("div").classes("stack"):
            _words(desk)
            ticket_design.draw(desk)
            _list(
                desk, "greetings", "admin.new-greeting", {"from": "", "to": "", "text": {"zh": "", "en": ""}}
            )
            _list(desk, "tips", "admin.new-tip", {"zh": "", "en": ""})
        _paper(desk)


def _words(desk: Desk) -> None:
    fields = desk.fields
    with ui.element("div").classes("card"):
        heading("room.texts")
        fields.both(("name",), label("set.name"))
        fields.both(("foot",), label("set.foot"))
        with ui.element("div").classes("fields"):
            fields.text(("hotline",), label("set.hotline"))
            fields.text(("supervision",), label("set.supervision"))
            fields.text(("complaints",), label("set.complaints"), optional=True)
        fields.both(("fees",), label("set.fees"), optional=True)
        address = fields.text(("public_url",), label("set.public_url"), optional=True)
        address.props("translate=no").classes("wide")


def _list(desk: Desk, key: str, new: str, blank: dict[str, Any]) -> None:
    """Greetings with their days, or tips."""
    entries = desk.draft.get((key,), [])

    def add() -> None:
        desk.draft.put((key,), [*entries, copy.deepcopy(blank)])
        desk.redraw()

    def remove(i: int) -> None:
        desk.draft.drop((key, i))
        desk.redraw()

    with ui.element("div").classes("card"):
        heading(f"set.{key}")
        ui.label(label("admin.instead-of-foot"))
        for i in range(len(entries)):
            with ui.element("div").classes("entry"):
                if "text" in blank:
                    with ui.element("div").classes("fields"):
                        desk.fields.moment((key, i, "from"), label("set.from"), "date")
                        desk.fields.moment((key, i, "to"), label("set.to"), "date")
                desk.fields.both((key, i, "text") if "text" in blank else (key, i), label("set.text"))
                act("admin.remove", partial(remove, i), test=f"remove-{key}-{i}")
        act(new, add, test=f"add-{key}")


def _paper(desk: Desk) -> None:
    with ui.element("div").classes("card paper"):
        heading("admin.preview")
        if desk.preview is None:
            ui.label(label("admin.no-preview"))
            desk.watch(None)
            return
        kinds = _kinds(desk)
        choice = ui.select(kinds, label=label("admin.preview-of"), value=next(iter(kinds), None))
        choice.props('outlined dense data-test="preview-of"').classes("wide")
        papers = {dots: label("admin.paper-mm", mm=mm) for dots, mm in PAPERS.items()}
        width = ui.select(papers, label=label("admin.paper"), value=next(iter(papers)))
        width.props('outlined dense data-test="preview-paper"')
        variants = {variant: label(f"admin.variant.{variant}") for variant in VARIANTS}
        variant = ui.select(variants, label=label("admin.variant"), value=VARIANTS[0])
        variant.props('outlined dense data-test="preview-variant"')
        image = ui.element("img").props(f'alt="{label("admin.preview")}" data-test="preview"')
        image.set_visibility(False)
        drawing = _Drawing(desk, (choice, width, variant), image)
        for chosen in (choice, width, variant):
            chosen.on_value_change(drawing.soon)
        desk.watch(drawing.soon)
        drawing.soon()


def _kinds(desk: Desk) -> dict[str, str]:
    found: dict[str, str] = {}
    for key, service in desk.draft.get(("services",), {}).items():
        if not service.get("button", True):
            continue
        named = name_of(service, key)
        found[f"{key}/"] = named
        for situation, kind in service.get("situations", {}).items():
            found[f"{key}/{situation}"] = f"{named} · {name_of(kind, situation)}"
    return found


class _Drawing:
    """Draws the paper anew, once for many changes, and not on the pages' thread."""

    def __init__(
        self, desk: Desk, choices: tuple[ui.select, ui.select, ui.select], image: ui.element
    ) -> None:
        self._desk, self._image = desk, image
        self._choice, self._width, self._variant = choices
        self._timer: ui.timer | None = None

    def soon(self) -> None:
        """The draft or the choice has changed."""
        if self._timer is not None:
            self._timer.cancel()
        with self._image.parent_slot or self._image:
            self._timer = ui.timer(PAUSE_S, self._draw, once=True)

    async def _draw(self) -> None:
        plan, preview = self._desk.draft.edited, self._desk.preview
        service, _, situation = str(self._choice.value or "").partition("/")
        if plan is None or preview is None or service not in plan.services:
            return
        at = datetime.now(ZoneInfo(plan.timezone))
        hall = catalogue(plan, at)
        issued = example(plan, service, situation or None, at)
        picture = await run.io_bound(preview, hall, issued, at, self._width.value, self._variant.value)
        if picture:
            self._image.props(f"src=data:image/png;base64,{base64.b64encode(picture).decode()}")
            self._image.set_visibility(True)
