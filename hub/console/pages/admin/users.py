"""People who may log in: made, given roles, stopped, given a new password. For administrators."""

from __future__ import annotations

import secrets
from functools import partial

from nicegui import ui

from hall.errors import HallError
from hub.console.door.people import Person
from hub.console.door.rights import NAMES, Role
from hub.console.look.frame import complain
from hub.console.look.soon import soon
from hub.console.look.tongue import said
from hub.console.look.words import label
from hub.console.pages.admin.fields import act, heading
from hub.console.pages.admin.room import Desk


def draw(desk: Desk) -> None:
    """Everybody, and the way to make somebody."""
    desk.watch(None)
    _Room(desk)


class _Room:
    def __init__(self, desk: Desk) -> None:
        self._office, self._session = desk.actor.office, desk.actor.session
        self._dialog = ui.dialog()
        with ui.element("div").classes("card"):
            heading("admin.new-person")
            self._new()
        self._list = ui.element("div").classes("persons")
        soon(self._show)

    async def _show(self) -> None:
        everybody = await self._office.everybody()
        self._list.clear()
        with self._list:
            for person in everybody:
                self._person(person)

    # ---------------------------------------------------------------- somebody new

    def _new(self) -> None:
        with ui.element("div").classes("fields"):
            login = ui.input(label("login")).props('outlined dense maxlength=32 data-test="new-login"')
            name = ui.input(label("name")).props('outlined dense maxlength=80 data-test="new-name"')
            number = ui.input(label("admin.work-number")).props(
                'outlined dense maxlength=8 data-test="new-number"'
            )
            roles = _roles(()).props('data-test="new-roles"')

        async def make() -> None:
            password = secrets.token_urlsafe(9)
            try:
                await self._office.make_person(
                    self._session,
                    str(login.value or ""),
                    name=str(name.value or ""),
                    work_number=str(number.value or "").strip() or None,
                    roles=[Role(role) for role in roles.value or ()],
                    password=password,
                )
            except HallError as no:
                complain(no.text)
                return
            self._tell(str(login.value or "").strip().lower(), password)
            for field in (login, name, number):
                field.set_value("")
            await self._show()

        act("create", make, test="make-person", flat=False)

    def _tell(self, login: str, password: str) -> None:
        """A password that is shown once."""
        self._dialog.clear()
        with self._dialog.props(f'persistent aria-label="{label("password")}"'), ui.card().classes("dialog"):
            ui.label(label("admin.one-time"))
            with ui.element("p").props("translate=no"):
                ui.label(login)
                ui.label(password).classes("secret").props('data-test="secret"')
            act("admin.close", self._dialog.close, test="secret-seen", flat=False)
        self._dialog.open()

    # ---------------------------------------------------------------- somebody

    def _person(self, person: Person) -> None:
        with ui.element("div").classes("card person").props(f'data-test="person-{person.login}"'):
            ui.label(person.login).classes("title").props("translate=no")
            with ui.element("div").classes("fields"):
                name = ui.input(label("name"), value=person.name).props(
                    "outlined dense maxlength=80 translate=no"
                )
                number = ui.input(label("admin.work-number"), value=person.work_number or "")
                number.props("outlined dense maxlength=8").classes("short")
                roles = _roles(role.value for role in person.roles)
                disabled = ui.checkbox(label("admin.disabled"), value=person.disabled)

            async def save() -> None:
                try:
                    await self._office.change_person(
                        self._session,
                        person.login,
                        name=str(name.value or ""),
                        work_number=str(number.value or "").strip() or None,
                        roles=[Role(role) for role in roles.value or ()],
                        disabled=bool(disabled.value),
                    )
                except HallError as no:
                    complain(no.text)
                    return
                ui.notify(label("admin.saved"), type="positive", position="top")

            with ui.element("div").classes("line"):
                act("admin.save", save, test="save", flat=False)
                act("admin.reset", partial(self._reset, person.login), test="reset")

    async def _reset(self, login: str) -> None:
        password = secrets.token_urlsafe(9)
        try:
            await self._office.reset_password(self._session, login, password)
        except HallError as no:
            complain(no.text)
            return
        self._tell(login, password)


def _roles(chosen: object) -> ui.select:
    named = {role.value: said(name) for role, name in NAMES.items()}
    field = ui.select(named, label=label("admin.roles"), value=sorted(chosen), multiple=True)  # type: ignore[call-overload]
    return field.props("outlined dense use-chips").classes("roles")
