"""The call key on a counter: eight digits as one reads them, three keys to press and hold."""

from __future__ import annotations

from nicegui import ui

from devices.call_key.agent import KEYS
from sim.page.parts import Doing, esc, finger, raw
from sim.page.seen import Seen
from sim.twin import segments


class CallKeyBox:
    """One box; draws into the container that is open."""

    def __init__(self, doing: Doing, member: str) -> None:
        """`member` is the call key's name."""
        self._doing, self._member = doing, member
        self._rows: tuple[str, ...] = ()
        with (
            ui.element("div")
            .classes("call-key")
            .props(f'role=group aria-label="叫号键 call key" data-test="{member}"')
        ):
            self._digits = raw().classes("digits").props(f'data-test="digits-{member}"')
            for key, words in KEYS.items():
                self._add(key, words.zh, words.en)

    def _add(self, key: str, zh: str, en: str) -> None:
        bridge, member = self._doing.bridge, self._member
        made = ui.element("button").classes("key").props(f'type=button data-test="{member}-{key}"')
        with made:
            raw(f"{esc(zh)}<br><small>{esc(en)}</small>", tag="span")
        finger(made, lambda: bridge.hold(member, key), lambda: bridge.release(member, key))

    def show(self, seen: Seen) -> None:
        """See :class:`sim.page.parts.Part`."""
        look = seen.looks.get(self._member)
        if look is None or look.panel is None or look.panel.rows == self._rows:
            return
        self._rows = look.panel.rows
        self._digits.set_content(esc(segments.text(self._rows)) or "&nbsp;")
