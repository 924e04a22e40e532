"""The settings' page: rooms on the left, one of them open, and the bar below that says what would change."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from nicegui import ui

from hub.console.book.shelf import Shelf
from hub.console.door.rights import Role
from hub.console.look.frame import Actor, Part
from hub.console.look.words import label
from hub.console.mirror.picture import Picture
from hub.console.pages.admin import (
    book,
    file,
    history,
    hours,
    keys,
    members,
    policy,
    services,
    staff,
    texts,
    users,
    windows,
)
from hub.console.pages.admin.bar import Bar
from hub.console.pages.admin.fields import Fields
from hub.console.pages.admin.preview import Preview
from hub.console.pages.admin.room import Desk
from hub.console.plans.editing import Draft

#: every room by its name, and how it is drawn
ROOMS: Final[dict[str, Callable[[Desk], None]]] = {
    "services": services.draw,
    "windows": windows.draw,
    "staff": staff.draw,
    "members": members.draw,
    "hours": hours.draw,
    "texts": texts.draw,
    "book": book.draw,
    "policy": policy.draw,
    "users": users.draw,
    "keys": keys.draw,
    "history": history.draw,
    "file": file.draw,
}
#: only an administrator sees who and what may come in
_ADMIN_ONLY: Final = {"users", "keys"}


class AdminPage(Part):
    """One open page."""

    def __init__(self, actor: Actor, preview: Preview | None, shelf: Shelf) -> None:
        """`preview` draws a ticket as the dispenser would, where its program is installed; `shelf` is the situation book."""
        ui.add_head_html('<link rel="stylesheet" href="/console/admin.css">')
        self._actor = actor
        self._open = "services"
        picture = actor.backstage.picture
        version = 0 if picture is None else picture.board.plan
        draft = Draft(actor.backstage.plan, actor.backstage.policy, version)
        fields = Fields(draft, self._changed)
        self._desk = Desk(
            actor=actor,
            draft=draft,
            fields=fields,
            changed=self._changed,
            redraw=self._draw,
            preview=preview,
            shelf=shelf,
        )
        admin = Role.ADMIN in actor.session.person.roles
        with ui.element("main").classes("admin"):
            with ui.element("nav").classes("rooms").props(f'aria-label="{label("admin.rooms")}"'):
                self._links = {
                    name: ui.button(label(f"room.{name}"), on_click=lambda name=name: self._enter(name))
                    for name in ROOMS
                    if admin or name not in _ADMIN_ONLY
                }
                for name, link in self._links.items():
                    link.props(f'flat no-caps align=left data-test="room-{name}"')
            self._room = ui.element("section").classes("room")
        self._bar = Bar(self._desk)
        self._draw()

    def show(self, picture: Picture) -> None:
        """See :class:`hub.console.look.frame.Part`: the settings may have been changed by somebody else."""
        if picture.board.plan != self._desk.draft.base:
            self._bar.moved()

    def _enter(self, name: str) -> None:
        self._open = name
        self._draw()

    def _draw(self) -> None:
        for name, link in self._links.items():
            link.classes(
                add="here" if name == self._open else "", remove="" if name == self._open else "here"
            )
            link.props(f"aria-current={'page' if name == self._open else 'false'}")
        self._desk.fields.forget()
        self._room.clear()
        with self._room:
            ROOMS[self._open](self._desk)
            self._changed()  # in the room: the button that asked for this may be gone with what was drawn before

    def _changed(self) -> None:
        problems = self._desk.draft.problems() if self._desk.draft.changed else {}
        self._desk.fields.show(problems)
        self._desk.refresh()
        self._bar.show(problems)
