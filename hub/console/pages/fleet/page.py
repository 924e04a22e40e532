"""The devices' page: whether the hall can open, the hall from above, and every device in a table; a press takes one in hand.

What stands here each device said itself, or the register of members knows. Another part of the page is a line in ``_draw``.
"""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from zoneinfo import ZoneInfo

from nicegui import ui

from hall.messages.common import MemberState
from hub.console.look.frame import Actor, Part
from hub.console.look.words import label
from hub.console.mirror.picture import Picture
from hub.console.pages.fleet.care import CareDialog, rights_of
from hub.console.pages.fleet.floor import Floor
from hub.console.pages.fleet.morning import Morning
from hub.console.pages.fleet.releases import Releases
from hub.console.pages.fleet.rolling import RollOutDialog, RollOuts
from hub.console.pages.fleet.scanning import ConfirmDialog
from hub.console.pages.fleet.table import CONFIRM, Table

#: What changes with the clock alone (days, minutes to the opening) is drawn anew so often.
FRESH = timedelta(minutes=1)


class FleetPage(Part):
    """One open page."""

    def __init__(self, actor: Actor) -> None:
        """Nothing is listed before the first picture."""
        self._actor = actor
        self._shown: tuple[object, ...] = ()
        self._may = rights_of(actor)
        self._care, self._confirm = CareDialog(actor), ConfirmDialog(actor)
        self._roll = RollOutDialog(actor)
        self._draw(ZoneInfo(actor.backstage.plan.timezone))

    def _draw(self, zone: ZoneInfo) -> None:
        ui.add_head_html(
            '<link rel="stylesheet" href="/console/fleet.css"><script src="/console/label.js" defer></script>'
        )
        with ui.element("main").classes("fleet").props('data-test="fleet"'):
            with ui.element("div").classes("line"):
                self._head = ui.element("h1")
                with self._head:
                    self._count = ui.label()
                if self._may.care:
                    roll = ui.button(label("fleet.roll-out"), on_click=self._roll.begin)
                    roll.props('no-caps outline data-test="begin-roll-out"')
                if self._may.confirm:
                    scan = ui.button(label("fleet.scan"), on_click=partial(self._confirm.scan, ""))
                    scan.props('no-caps data-test="scan-label"')
            self._morning = Morning()
            self._rolling = RollOuts(self._actor, may=self._may.care)
            self._releases = Releases(self._actor.backstage.store)
            self._floor = Floor(self._pressed)
            self._table = Table(zone, self._may, self._pressed)

    def show(self, picture: Picture) -> None:
        """See :class:`hub.console.look.frame.Part`."""
        membership = self._actor.membership
        self._rolling.show(picture)
        minute = int(picture.at.timestamp() // FRESH.total_seconds())
        now = (picture.members, picture.hours.opens, minute, 0 if membership is None else membership.serial)
        if now == self._shown:
            return
        self._shown = now
        standing = {} if membership is None else membership.seen
        ready = sum(m.state is MemberState.READY for m in picture.members)
        self._count.set_text(label("fleet.ready", n=len(picture.members), ready=ready))
        self._morning.show(self._actor.mornings.now(picture))
        self._releases.show()
        self._floor.show(picture.members, picture.windows)
        self._table.show(picture.members, standing, picture.at)
        self._care.follow(picture.members)

    def tick(self) -> None:
        """See :class:`hub.console.look.frame.Part`: the register changes by itself too."""
        picture, membership = self._actor.backstage.picture, self._actor.membership
        if (
            picture is not None
            and membership is not None
            and self._shown[3:] not in {(), (membership.serial,)}
        ):
            self.show(picture)

    async def _pressed(self, name: str) -> None:
        picture, membership = self._actor.backstage.picture, self._actor.membership
        if name.startswith(CONFIRM) and self._may.confirm:
            self._confirm.scan(name.removeprefix(CONFIRM))
            return
        members = () if picture is None else picture.members
        member = next((m for m in members if m.member == name), None)
        if member is not None:
            self._care.care_for(member, None if membership is None else membership.seen.get(name))
