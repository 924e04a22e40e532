"""What the parts of the live page have in common: who may do what, dialogs, how long something has lasted."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from datetime import datetime, time, timedelta
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from nicegui import ui

from hall.messages import asks
from hall.messages.answers import Answer
from hub.console.door import rights
from hub.console.look.frame import Actor, complain
from hub.console.look.words import WORDS, label

A = TypeVar("A", bound=asks.Ask)
Done = Coroutine[Any, Any, None]


class Desk:
    """The person at this page, and the doing of things in the hall."""

    def __init__(self, actor: Actor) -> None:
        """What the person may do is looked up once; the hub is asked in their name."""
        self.actor, self.backstage, self.plan = actor, actor.backstage, actor.backstage.plan
        self.zone = ZoneInfo(self.plan.timezone)
        self._roles = actor.session.person.roles

    def may(self, ask: str) -> bool:
        """Whether to offer this at all."""
        return rights.may(self._roles, ask)

    def ask(self, which: Callable[..., A], /, **fields: object) -> A:
        """An ask of this person."""
        return which(id=self.backstage.new_id(), actor=self.actor.session.person.login, **fields)

    async def do(self, ask: asks.AnyAsk) -> Answer | None:
        """Ask; what was done is said in a word, what was not with its reason."""
        answer = await self.actor.do(ask)
        if answer is not None:
            self.actor.tell(label("live.done"))
        return answer

    async def find(self, number: str) -> str | None:
        """The ticket of today with this number."""
        found = await asyncio.wrap_future(self.backstage.find(number.strip().upper()))
        return None if found is None else found.id

    def moment(self, clock: str) -> datetime | None:
        """Today at `clock` in the hall's zone; None, with a word, when that is no time of day."""
        try:
            when = time.fromisoformat(clock)
        except ValueError:
            complain(WORDS["live.no-time"])
            return None
        now = self.backstage.now().astimezone(self.zone)
        return datetime.combine(now.date(), when, self.zone)

    def clock(self, at: datetime) -> str:
        """A moment as people read it."""
        return f"{at.astimezone(self.zone):%H:%M}"


def minutes(since: datetime, now: datetime) -> int:
    """Whole minutes that have passed."""
    return max(0, (now - since) // timedelta(minutes=1))


def dialog(title: str, test: str) -> tuple[ui.dialog, ui.card]:
    """An empty dialog with its title."""
    box = ui.dialog().props(f'aria-label="{label(title)}"')
    with box, ui.card().classes("dialog").props(f'data-test="{test}"') as card:
        ui.label(label(title)).classes("title")
    return box, card


def buttons(box: ui.dialog, confirm: Callable[[], Done], *, word: str = "confirm") -> None:
    """Do it, or go back."""
    with ui.element("div").classes("line"):
        ui.button(label(word), on_click=confirm).props('no-caps data-test="confirm"')
        ui.button(label("cancel"), on_click=box.close).props("no-caps flat")


def clock_input(word: str, test: str) -> ui.input:
    """A time of day."""
    return ui.input(label(word)).props(f'type=time stack-label data-test="{test}"')
