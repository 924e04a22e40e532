"""Confirming a device by its label: by a scanner that types, by a phone's camera, or by its name typed by hand.

Rules: what was scanned is checked first (this hall, this authority), then shown with what the register knows, and counts with a second press.
"""

from __future__ import annotations

from nicegui import events, ui

from hall.errors import HallError
from hub.console.door.rights import MemberAct
from hub.console.look.frame import Actor
from hub.console.look.tongue import said
from hub.console.look.words import label
from hub.console.membership import label as labels
from hub.console.membership.label import Label
from hub.console.pages.dialog import Dialog
from hub.trust.register import Entry, Standing


class ConfirmDialog(Dialog):
    """Scan, look, confirm."""

    def __init__(self, actor: Actor) -> None:
        """One for the whole page."""
        super().__init__("fleet.scan")
        self._actor = actor
        self._label: Label | None = None
        with self.card:
            ui.label(label("fleet.scan-how")).classes("words")
            self._field = ui.input(label("fleet.scan-field")).props(
                'outlined dense autofocus autocomplete=off maxlength=120 data-test="scan"'
            )
            self.entered(self._field.classes("wide")).on_value_change(self._forget)
            camera = ui.button(label("fleet.camera")).classes("camera")
            camera.props('no-caps flat dense data-test="camera"')
            read = "() => readLabel(text => emit(text), () => emit(''))"
            camera.on("click", js_handler=read, handler=self._seen_by_camera)
            ui.element("video").classes("camera-picture").props("muted playsinline hidden")
            self._found = ui.label().classes("words").props('role="status" data-test="scanned"')
        self.foot("fleet.look")

    def scan(self, member: str = "") -> None:
        """Open it; `member` is typed already where somebody chose it from the table."""
        self._field.set_value(member)
        self._forget()
        self.open()

    async def confirm(self) -> None:
        """Look, and once that was shown, confirm."""
        if not self.is_open or self._actor.membership is None:
            return
        written = str(self._field.value or "").strip()
        if not written:
            self.owe("fleet.scan-owed")
            return
        try:
            read = labels.read(written)
            entry = self._actor.membership.find(read)
        except HallError as no:
            self._say(said(no.text), bad=True)
            return
        if entry.standing is not Standing.ENROLLED:
            self._say(_who(entry) + "\n" + label(f"fleet.scan-not.{entry.standing.value}"), bad=True)
            return
        if self._label != read:
            self._label = read
            how = label("fleet.scan-right" if read.scanned else "fleet.scan-by-hand")
            self._say(f"{_who(entry)}\n{how}", bad=False)
            self.word("fleet.confirm")
            return
        by = "label" if read.scanned else "by hand"
        done, _ = await self._actor.do_with_member(MemberAct.CONFIRM, entry.name, by)
        if done:
            ui.notify(label("fleet.confirmed", device=entry.name), type="positive", position="top")
            self.scan()  # the next one

    async def _seen_by_camera(self, event: events.GenericEventArguments) -> None:
        if not event.args:
            self.owe("fleet.camera-away")
            return
        self._field.set_value(str(event.args)[:120])
        await self.confirm()

    def _forget(self) -> None:
        self._label = None
        self._found.set_text("")
        self.word("fleet.look")
        self.owe(None)

    def _say(self, words: str, *, bad: bool) -> None:
        self.owe(None)
        self._found.set_text(words)
        self._found.classes(add="bad" if bad else "good", remove="good" if bad else "bad")


def _who(entry: Entry) -> str:
    machine = " ".join(part for part in (entry.machine.model, entry.machine.serial) if part)
    kind = label(f"kind.{entry.kind.value}")
    return f"{entry.name} · {kind} · {machine}" if machine else f"{entry.name} · {kind}"
