"""Services with their situations and lists of papers."""

from __future__ import annotations

import re
from typing import Any

from nicegui import ui

from hub.console.look.frame import complain
from hub.console.look.tongue import Tongue, tongue
from hub.console.look.words import WORDS, label
from hub.console.pages.admin.fields import act, heading
from hub.console.pages.admin.room import Desk
from hub.console.plans.editing import Path

_ID = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*\Z")


def draw(desk: Desk) -> None:
    """Which service, and everything about it."""
    desk.watch(None)
    services: dict[str, Any] = desk.draft.get(("services",), {})
    chosen = desk.chosen.get("service")
    if chosen not in services:
        chosen = next(iter(services), None)
        desk.chosen["service"] = chosen
    _chooser(desk, services, chosen)
    if chosen is not None:
        _service(desk, chosen)


def _chooser(desk: Desk, services: dict[str, Any], chosen: str | None) -> None:
    def choose(service: str) -> None:
        desk.chosen["service"] = service
        desk.redraw()

    with ui.element("div").classes("chooser").props(f'role="group" aria-label="{label("admin.choose")}"'):
        for key, service in services.items():
            button = ui.button(
                f"{service.get('letter', '')} {name_of(service, key)}", on_click=lambda key=key: choose(key)
            )
            button.props(f'no-caps dense unelevated translate=no data-test="service-{key}"')
            button.props(f"aria-pressed={'true' if key == chosen else 'false'}")
            button.props("" if key == chosen else "outline")
        new_entry(
            desk,
            ("services",),
            "admin.new-service",
            {"letter": "", "name": {"zh": "", "en": ""}, "target_min": 10},
            choose,
        )


def _service(desk: Desk, key: str) -> None:
    path: Path = ("services", key)
    fields = desk.fields
    with ui.element("div").classes("card"):
        with ui.element("div").classes("line"):
            ui.label(key).classes("title").props("translate=no")
            act("admin.up", lambda: _move(desk, path, -1), test="up")
            act("admin.down", lambda: _move(desk, path, 1), test="down")
            act("admin.remove", lambda: _remove(desk, path), test="remove-service")
        with ui.element("div").classes("fields"):
            fields.text((*path, "letter"), label("set.letter")).classes("short").props("maxlength=1")
            fields.number((*path, "target_min"), label("set.target_min"))
            fields.text((*path, "matter"), label("set.matter"), optional=True).props("translate=no")
        fields.both((*path, "name"), label("set.name"))
        fields.both((*path, "process"), label("set.process"), optional=True)
        with ui.element("div").classes("fields"):
            fields.switch((*path, "button"), label("set.button"), usual=True)
            fields.switch((*path, "online"), label("set.online"))
            fields.switch((*path, "review"), label("set.review"))
    with ui.element("div").classes("card"):
        heading("set.common")
        with ui.element("div").classes("fields"):
            fields.text((*path, "version"), label("set.version"), optional=True)
            fields.moment((*path, "dated"), label("set.dated"), "date")
            fields.text((*path, "owner"), label("set.owner"), optional=True)
        fields.lines((*path, "common"), label("set.common"))
        fields.lines((*path, "station"), label("set.station"))
    with ui.element("div").classes("card"):
        heading("set.situations")
        for situation in desk.draft.get((*path, "situations"), {}):
            _situation(desk, (*path, "situations", situation))
        blank = {"name": {"zh": "", "en": ""}}
        new_entry(desk, (*path, "situations"), "admin.new-situation", blank, lambda _: desk.redraw())
    _english(desk, path)


def _english(desk: Desk, path: Path) -> None:
    """What each paper of these lists is called in English: for the whole hall, in whatever list it stands."""
    papers = papers_of(desk.draft.get(path, {}))
    if not papers:
        return
    with ui.element("div").classes("card"):
        heading("set.papers_en")
        ui.label(label("set.papers_en-how")).classes("time")
        with ui.element("div").classes("both"):
            for paper in papers:
                with ui.element("div").props("translate=no"):  # the field's name is the hall's own word
                    desk.fields.text(("papers_en", paper), paper, optional=True)


def papers_of(service: dict[str, Any]) -> tuple[str, ...]:
    """Every paper of a service's lists, once, in their order."""
    lists = [service.get("common"), service.get("station")]
    lists += [situation.get("need") for situation in (service.get("situations") or {}).values()]
    return tuple(dict.fromkeys(paper for papers in lists for paper in papers or ()))


def _situation(desk: Desk, path: Path) -> None:
    with ui.element("div").classes("entry"):
        with ui.element("div").classes("line"):
            ui.label(str(path[-1])).classes("title").props("translate=no")
            act("admin.up", lambda: _move(desk, path, -1))
            act("admin.down", lambda: _move(desk, path, 1))
            act("admin.remove", lambda: _remove(desk, path))
        desk.fields.both((*path, "name"), label("set.name"))
        desk.fields.lines((*path, "need"), label("set.need"))
        with ui.element("div").classes("fields"):
            desk.fields.number((*path, "again_days"), label("set.again_days"), optional=True)
            desk.fields.text((*path, "matter"), label("set.matter"), optional=True).props("translate=no")


def new_entry(desk: Desk, path: Path, named: str, blank: dict[str, Any], then: Any) -> None:
    """A field for the key of a new entry, and the button that makes it."""
    with ui.element("div").classes("line new"):
        field = ui.input(label("admin.with-id", name=label(named))).props("outlined dense maxlength=40")
        field.props(f'hint="{label("admin.id-help")}" data-test="new-{path[-1]}"')

        def add() -> None:
            key = str(field.value or "").strip()
            if not is_id(key) or key in desk.draft.get(path, {}):
                complain(WORDS["admin.id-taken"])
                return
            desk.draft.put((*path, key), blank)
            then(key)

        act("admin.add", add, test=f"add-{path[-1]}")


def is_id(key: str) -> bool:
    """Whether something of the settings may be named so."""
    return _ID.match(key) is not None


def _move(desk: Desk, path: Path, by: int) -> None:
    desk.draft.move(path, by)
    desk.redraw()


def _remove(desk: Desk, path: Path) -> None:
    desk.draft.drop(path)
    desk.redraw()


def name_of(entry: dict[str, Any], otherwise: str) -> str:
    """An entry's name in the reader's language."""
    name = entry.get("name") or {}
    return str(name.get("en" if tongue() is Tongue.EN else "zh") or otherwise)
