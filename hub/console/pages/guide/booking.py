"""The guide desk's card for booking a time: the service, one of the next free times, the phone's last four digits."""

from __future__ import annotations

import asyncio
import secrets
from datetime import datetime

from nicegui import ui

from hall import wire
from hall.messages import asks
from hall.messages.facts import AppointmentBooked
from hub.console.look.frame import Actor
from hub.console.look.tongue import said
from hub.console.look.words import label


class Booking:
    """Books for somebody who asks at the desk or rings."""

    def __init__(self, actor: Actor) -> None:
        """Draws into the container that is open."""
        self._actor = actor
        services = {service: said(plan.name) for service, plan in actor.backstage.plan.services.items()}
        with ui.element("div").classes("card"):
            ui.label(label("book")).classes("title")
            self._service = ui.select(services, label=label("service"))
            self._service.props('dense outlined options-dense data-test="book-service"').classes("wide")
            self._service.on_value_change(self._look)
            self._slot = ui.select({}, label=label("free-times"))
            self._slot.props('dense outlined options-dense data-test="book-slot"').classes("wide")
            with ui.element("div").classes("line"):
                self._last4 = ui.input(label("last-four"))
                self._last4.props('dense outlined maxlength=4 data-test="book-last4"')
                ui.button(label("book"), on_click=self._book).props('no-caps data-test="book"')

    async def _look(self) -> None:
        service = self._service.value
        free = () if service is None else await asyncio.wrap_future(self._actor.backstage.free(str(service)))
        options = {
            slot.begins.isoformat(): f"{slot.begins:%m-%d %H:%M}–{slot.ends:%H:%M} "
            f"{label('places-left', n=slot.quota - slot.taken)}"
            for slot in free
        }
        self._slot.set_options(options, value=next(iter(options), None))
        if service is not None and not options:
            ui.notify(label("nothing-free"), type="warning", position="top")

    async def _book(self) -> None:
        if self._service.value is None or self._slot.value is None:
            return
        last4 = str(self._last4.value or "")
        ask = asks.Book(
            id=self._actor.backstage.new_id(),
            actor=self._actor.session.person.login,
            service=str(self._service.value),
            slot=datetime.fromisoformat(str(self._slot.value)),
            code=f"{secrets.randbelow(1_000_000):06d}",
            last4=last4 if len(last4) == 4 and last4.isdigit() else None,
        )
        answer = await self._actor.do(ask)
        if answer is None:
            return
        booked = wire.decode_fact(answer.facts[0])
        self._last4.set_value("")
        if isinstance(booked, AppointmentBooked):
            ui.notify(
                f"{label('appointment-code')} {booked.code} · {self._slot.options[self._slot.value]}",
                type="positive",
                position="bottom",
                timeout=15_000,
                classes="issued",
            )
        await self._look()
