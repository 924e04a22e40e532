"""The guide desk's card for people who were promised a time or a way straight back: check them in, and see to those whom the hall cannot keep.

What is listed is today's; who has to be moved because the hall is not there at the booked time is looked up when the guide asks.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterable
from typing import Any

from nicegui import ui

from hall import wire
from hall.messages import asks
from hall.messages.common import Via
from hall.messages.facts import TicketIssued
from hall.text import Text
from hub.console.look.frame import Actor
from hub.console.look.tongue import said
from hub.console.look.words import label
from hub.console.mirror.picture import Expected, Picture

_CODES, _PHONE = frozenset({6, 8}), 4
_Do = Callable[[Expected], Coroutine[Any, Any, None]]


class Arrivals:
    """Codes, phone numbers, and the list of those who are expected."""

    def __init__(self, actor: Actor) -> None:
        """Draws into the container that is open."""
        self._actor = actor
        self._shown: tuple[Expected, ...] | None = None
        with ui.element("div").classes("card"):
            ui.label(label("arrivals")).classes("title")
            with ui.element("div").classes("line"):
                self._typed = ui.input(placeholder="12345678 / 0042")
                self._typed.props(
                    f'dense outlined clearable maxlength=9 data-test="code" aria-label="{label("appointment-code")}"'
                )
                ui.button(label("check-in"), on_click=self._check_in).props('no-caps data-test="check-in"')
            self._rows = ui.element("ul").classes("rows").props('data-test="expected"')
            ui.button(label("displaced"), on_click=self._look).props(
                'flat no-caps dense data-test="displaced"'
            )
            self._moved = ui.element("ul").classes("rows").props('data-test="to-move" aria-live="polite"')

    def show(self, picture: Picture) -> None:
        """See :class:`hub.console.look.frame.Part`."""
        if picture.expected != self._shown:
            self._shown = picture.expected
            self._list(
                self._rows,
                picture.expected,
                {"check-in": self._check_in_one, "cancel-appointment": self._cancel},
            )

    def _list(self, rows: ui.element, expected: Iterable[Expected], acts: dict[str, _Do]) -> None:
        rows.clear()
        with rows:
            for one in expected:
                with ui.element("li"):
                    plan = self._actor.backstage.plan.services.get(one.service)
                    name = Text(zh=one.service, en=one.service) if plan is None else plan.name
                    phone = f" · {one.last4}" if one.last4 else ""
                    ui.label(f"{one.slot:%m-%d %H:%M} {said(name)}{phone}")
                    with ui.element("div").classes("line"):
                        for act, do in acts.items():
                            ui.button(label(act), on_click=lambda _, o=one, d=do: d(o)).props(
                                f'flat no-caps dense data-test="{act}-{one.id}"'
                            )

    # ---------------------------------------------------------------- acts

    async def _check_in(self) -> None:
        typed = "".join(char for char in str(self._typed.value or "") if char.isdigit())
        if len(typed) in _CODES:
            await self._come(code=typed)
        elif len(typed) == _PHONE:
            await self._come(last4=typed)
        else:
            ui.notify(label("code-or-phone"), type="warning", position="top")

    async def _check_in_one(self, one: Expected) -> None:
        await self._come(appointment=one.id)

    async def _come(self, **who: str) -> None:
        answer = await self._actor.do(
            asks.CheckIn(id=self._actor.backstage.new_id(), actor=self._who, via=Via.DESK, **who)
        )
        if answer is None:
            return
        self._typed.set_value("")
        issued = wire.decode_fact(answer.facts[0])
        if isinstance(issued, TicketIssued):
            where = "" if issued.window is None else label("window-n", n=issued.window)
            self._actor.tell(f"{issued.number} {where}", position="bottom", timeout=8000, classes="issued")

    async def _cancel(self, one: Expected) -> None:
        await self._actor.do(
            asks.CancelAppointment(id=self._actor.backstage.new_id(), actor=self._who, appointment=one.id)
        )

    async def _look(self) -> None:
        found = await asyncio.wrap_future(self._actor.backstage.displaced())
        self._list(self._moved, found, {"cancel-appointment": self._cancel})
        if not found:
            with self._moved:
                ui.label(label("nobody-displaced"))

    @property
    def _who(self) -> str:
        return self._actor.session.person.login
