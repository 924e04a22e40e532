"""Where nobody sits yet: the clerk chooses a window."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any

from nicegui import ui

from hall.plan import HallPlan
from hub.console.look.tongue import join
from hub.console.look.words import label
from hub.console.mirror.picture import Picture


class Seats:
    """Every window, those that are free as buttons."""

    def __init__(self, plan: HallPlan, sit: Callable[[int], Coroutine[Any, Any, None]]) -> None:
        """`sit(window)` sits down."""
        self._buttons = {}
        with ui.element("main").classes("seats") as self._box:
            ui.label(label("choose-window")).classes("title")
            with ui.element("div").classes("grid"):
                for window in plan.windows:
                    number = window.window
                    services = join(plan.services[service].name for service in window.serves)
                    button = ui.button(on_click=lambda _, n=number: sit(n)).props(
                        f'no-caps data-test="sit-{number}"'
                    )
                    with button:
                        ui.label(label("window-n", n=number)).classes("big")
                        ui.label(services)
                    self._buttons[number] = button

    def show(self, picture: Picture, *, visible: bool) -> None:
        """Only free windows may be chosen."""
        self._box.set_visibility(visible)
        if visible:
            for number, button in self._buttons.items():
                button.set_enabled(picture.windows[number].clerk is None)
