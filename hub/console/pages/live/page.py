"""The live page put together: windows at the left, what needs somebody at the right."""

from __future__ import annotations

from typing import Protocol

from nicegui import ui

from hub.console.look.frame import Actor, Part
from hub.console.mirror.picture import Picture
from hub.console.pages.live.alarms import Alarms
from hub.console.pages.live.day import DaySoFar
from hub.console.pages.live.devices import Devices
from hub.console.pages.live.lines import Lines
from hub.console.pages.live.parts import Desk
from hub.console.pages.live.procedure import ProcedureLog
from hub.console.pages.live.telling import Telling
from hub.console.pages.live.windows import Windows
from hub.console.slips.printing import Papers


class Shown(Protocol):
    """A part of this page."""

    def show(self, picture: Picture) -> None:
        """Draw what differs."""


class LivePage(Part):
    """The hall from above."""

    def __init__(self, actor: Actor, papers: Papers) -> None:
        """Nothing is shown before the first picture."""
        desk = Desk(actor)
        self._parts: list[Shown] = []
        ui.add_head_html('<link rel="stylesheet" href="/console/live.css">')
        with ui.element("main").classes("live"):
            with ui.element("div").classes("left"):
                self._parts += [Windows(desk)]
                with ui.element("div").classes("two"):
                    self._parts += [Lines(desk), ProcedureLog(desk.plan)]
            with ui.element("section").classes("side"):
                self._parts += [Alarms(desk), DaySoFar(desk, papers), Telling(desk), Devices(desk)]

    def show(self, picture: Picture) -> None:
        """See :class:`hub.console.look.frame.Part`."""
        for part in self._parts:
            part.show(picture)
