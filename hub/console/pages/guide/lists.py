"""Tickets with what can be done for each: missed ones, people sent to the desk, and any ticket by its number with its history."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterable, Mapping
from typing import Any

from nicegui import ui

from hub.console.look.frame import Actor
from hub.console.look.words import label
from hub.console.mirror.picture import TicketSeen
from hub.console.mirror.trail import Stage
from hub.console.pages.clerk.current import described
from hub.domain.ticket import Life

Act = Callable[[TicketSeen], Coroutine[Any, Any, None]]
_NOW = frozenset({Life.WAITING, Life.CALLED, Life.SERVING, Life.PARKED})


class Tickets:
    """A list."""

    def __init__(self, title: str, acts: Mapping[str, Act], *, notes: bool = False) -> None:
        """`title` is its word and its name in tests; with `notes` what the clerk wrote stands beside."""
        self._acts, self._notes = acts, notes
        self._shown: tuple[TicketSeen, ...] | None = None
        with ui.element("section").classes("card"):
            self._title = ui.label(label(title)).classes("title")
            self._rows = ui.element("ul").classes("rows").props(f'data-test="{title}"')
            self._none = ui.label(label("nobody")).classes("time")

    def show(self, tickets: Iterable[TicketSeen]) -> None:
        """Draw the list when it is another."""
        shown = tuple(tickets)
        if shown == self._shown:
            return
        self._shown = shown
        self._none.set_visibility(not shown)
        self._rows.clear()
        with self._rows:
            for ticket in shown:
                with ui.element("li"):
                    ui.label(ticket.number).classes("no")
                    if self._notes and ticket.note:
                        ui.label(ticket.note).classes("about").props("translate=no")
                    else:
                        ui.label(f"{ticket.arrived:%H:%M}").classes("about")
                    acts_of(ticket, self._acts)


def may(name: str, ticket: TicketSeen) -> bool:
    """Whether an act makes sense for a ticket as it stands; the hub has the last word."""
    match name:
        case "reroute":
            return ticket.life is Life.WAITING
        case "precheck":
            return ticket.life in {Life.WAITING, Life.PARKED, Life.CALLED}
        case "return-ticket":
            return ticket.life is Life.MISSED
        case "extension":
            return ticket.life in _NOW and not ticket.extended
        case "cancel-ticket":
            return ticket.life in {*_NOW, Life.MISSED} and ticket.life is not Life.SERVING
        case "reprint-slip":
            return ticket.slip
        case "reprint":
            return ticket.life is not Life.CANCELLED
        case _:
            return True


class Find:
    """Any ticket of today by its number: where it stands, what became of it, what can be done."""

    def __init__(self, actor: Actor, acts: Mapping[str, Act]) -> None:
        """Nothing is looked for."""
        self._actor, self._acts, self._number = actor, acts, ""
        with ui.element("section").classes("card"):
            ui.label(label("find")).classes("title")
            self._box = ui.input(placeholder="A012")
            self._box.props(
                'dense outlined clearable maxlength=6 debounce=300 translate=no data-test="find"'
                f' aria-label="{label("find")}" aria-keyshortcuts="/"'
            )
            self._box.on_value_change(lambda event: self._look(str(event.value or "")))
            self._found = ui.element("div").props('data-test="found" aria-live="polite"')

    def focus(self) -> None:
        """A key: the number is typed next."""
        self._box.run_method("focus")

    async def again(self) -> None:
        """Something was done: how it stands now."""
        await self._look(self._number)

    async def _look(self, typed: str) -> None:
        number = self._number = typed.strip().upper()
        backstage = self._actor.backstage
        ticket = await asyncio.wrap_future(backstage.find(number)) if number else None
        trail = () if ticket is None else await asyncio.wrap_future(backstage.trail(ticket.id))
        self._found.clear()
        with self._found:
            if ticket is not None:
                life = label(f"life.{ticket.life.value}")
                ui.label(f"{ticket.number} · {life}").classes("situation")
                ui.label(described(backstage.plan, ticket)).classes("time")
                acts_of(ticket, {name: act for name, act in self._acts.items() if may(name, ticket)})
                with ui.element("ol").classes("trail").props('data-test="trail"'):
                    for stage in trail:
                        with ui.element("li"):
                            ui.label(stage_words(stage))
            elif number:
                ui.label(label("not-found"))


def stage_words(stage: Stage) -> str:
    """One line of a ticket's history."""
    where = "" if stage.window is None else f" · {label('window-n', n=stage.window)}"
    who = "" if stage.clerk is None else f" · {label('work-number')} {stage.clerk}"
    return f"{stage.at:%H:%M:%S} {label(f'trail.{stage.what}')}{where}{who}"


def acts_of(ticket: TicketSeen, acts: Mapping[str, Act]) -> None:
    """The buttons of one ticket."""
    with ui.element("div").classes("acts"):
        for name, act in acts.items():
            ui.button(label(name), on_click=lambda _, t=ticket, do=act: do(t)).props(
                f'flat no-caps dense data-test="{name}-{ticket.number}" aria-label="{label(name)} {ticket.number}"'
            )
