"""Every act as a button with its key on it; what makes no sense now is off."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Mapping
from typing import Any

from nicegui import ui

from hub.console.look.words import label
from hub.console.mirror.picture import WindowSeen
from hub.console.pages.clerk.choices import KEYS

Act = Callable[[], Coroutine[Any, Any, None]]
_ASIDE = frozenset({"leave", "script", "help", "undo"})


class Buttons:
    """The acts of a window."""

    def __init__(self, acts: Mapping[str, Act]) -> None:
        """An act for each of :data:`hub.console.pages.clerk.choices.KEYS`."""
        self._acts, self._on = acts, frozenset[str]()
        self._buttons: dict[str, ui.button] = {}
        self._words: dict[str, ui.label] = {}
        with ui.element("div").classes("buttons"):
            for name, key in KEYS.items():
                button = ui.button(on_click=acts[name], color="primary" if name == "next" else None)
                button.props(f'no-caps data-test="{name}" aria-keyshortcuts="{key.upper()}"')
                button.classes("next" if name == "next" else "aside" if name in _ASIDE else "act")
                with button:
                    self._words[name] = ui.label(label(name))
                    ui.label(key.upper()).classes("key").props('aria-hidden="true"')
                self._buttons[name] = button

    def show(self, at: WindowSeen, on: frozenset[str]) -> None:
        """What may be done now."""
        self._words["pause"].set_text(label("pause" if at.paused is None else "resume"))
        self._words["help"].set_text(label("help" if at.help is None else "help-over"))
        self._words["next"].set_text(label("next" if at.ticket is None else "finish-next"))
        if on != self._on:
            self._on = on
            for name, button in self._buttons.items():
                button.set_enabled(name in on)

    def by_key(self, key: str) -> Act | None:
        """The act of a key, if it may be done now."""
        name = next((name for name, its in KEYS.items() if its == key), None)
        return self._acts[name] if name in self._on else None
