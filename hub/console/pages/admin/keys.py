"""Keys of other programs (the hall's HTTP interface): made, shown once, revoked. For administrators."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from functools import partial

from nicegui import ui

from hall.errors import HallError
from hub.console.api.keys import USUAL_PER_MIN, Key, Keys, Scope
from hub.console.look.frame import complain
from hub.console.look.soon import soon
from hub.console.look.words import label
from hub.console.pages.admin.fields import act, heading
from hub.console.pages.admin.room import Desk


def draw(desk: Desk) -> None:
    """Every key, and the way to make one."""
    desk.watch(None)
    _Room(desk)


class _Room:
    def __init__(self, desk: Desk) -> None:
        self._office, self._session = desk.actor.office, desk.actor.session
        self._dialog = ui.dialog().props(f'persistent aria-label="{label("room.keys")}"')
        named = {scope.value: label(f"scope.{scope.value}") for scope in Scope}
        with ui.element("div").classes("card"):
            heading("admin.new-key")
            with ui.element("div").classes("fields"):
                self._name = ui.input(label("set.name")).props(
                    'outlined dense maxlength=80 data-test="key-name"'
                )
                self._scopes = ui.select(named, label=label("admin.scopes"), multiple=True)
                self._scopes.props('outlined dense use-chips data-test="key-scopes"').classes("roles")
                self._per_min = ui.number(label("admin.per-min"), value=USUAL_PER_MIN, min=1, precision=0)
                self._per_min.props("outlined dense").classes("short")
            act("create", self._make, test="make-key", flat=False)
        self._list = ui.element("div").classes("persons")
        soon(self._show)

    async def _show(self) -> None:
        found = await self._office.run(lambda store: Keys(store, now=time.time).all())
        self._list.clear()
        with self._list:
            for key in reversed(found):
                self._key(key)

    def _key(self, key: Key) -> None:
        with ui.element("div").classes("card").props(f'data-test="key-{key.id}"'):
            with ui.element("div").classes("line"):
                ui.label(f"{key.name} {key.id}").classes("title").props("translate=no")
                if key.revoked is None:
                    act("admin.revoke", partial(self._revoke, key.id), test="revoke")
                else:
                    ui.label(label("admin.revoked", day=_day(key.revoked))).classes("wrong")
            scopes = " · ".join(
                label(f"scope.{scope.value}") for scope in sorted(key.scopes, key=lambda s: s.value)
            )
            ui.label(scopes)
            seen = (
                label("admin.never-used")
                if key.seen is None
                else label("admin.last-used", day=_day(key.seen))
            )
            ui.label(f"{label('admin.per-min')} {key.per_min} · {seen}")

    async def _make(self) -> None:
        login = self._session.person.login
        name, scopes = str(self._name.value or ""), [Scope(scope) for scope in self._scopes.value or ()]
        per_min = int(self._per_min.value or 0)
        try:
            _, secret = await self._office.administer(
                self._session,
                lambda store: Keys(store, now=time.time).make(name, scopes, per_min=per_min, by=login),
            )
        except HallError as no:
            complain(no.text)
            return
        self._dialog.clear()
        with self._dialog, ui.card().classes("dialog"):
            ui.label(label("admin.key-once"))
            ui.label(secret).classes("secret yaml").props('translate=no data-test="key-secret"')
            act("admin.close", self._dialog.close, test="key-seen", flat=False)
        self._dialog.open()
        self._name.set_value("")
        await self._show()

    async def _revoke(self, key: str) -> None:
        login = self._session.person.login
        try:
            await self._office.administer(
                self._session, lambda store: Keys(store, now=time.time).revoke(key, by=login)
            )
        except HallError as no:
            complain(no.text)
        await self._show()


def _day(at: float) -> str:
    return f"{datetime.fromtimestamp(at, UTC):%Y-%m-%d}"
