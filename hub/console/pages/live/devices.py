"""Devices that need somebody: what they say is the matter, and since when."""

from __future__ import annotations

from nicegui import ui

from hall.messages.common import MemberState
from hub.console.look.sheet import Sheet, tag, text
from hub.console.look.tongue import said
from hub.console.look.words import label
from hub.console.mirror.picture import MemberSeen, Picture
from hub.console.pages.live.parts import Desk

_THERE = frozenset({MemberState.READY, MemberState.DEGRADED, MemberState.UPDATING})


class Devices:
    """Those in trouble; the others are a number."""

    def __init__(self, desk: Desk) -> None:
        """Drawn empty."""
        self._desk = desk
        with ui.element("div").classes("card"):
            ui.label(label("troubles")).classes("title")
            self._sheet = Sheet("ul", classes="rows", props='data-test="troubles" aria-live="polite"')

    def show(self, picture: Picture) -> None:
        """See :class:`hub.console.look.frame.Part`."""
        rows = [row for member in picture.members for row in self._rows(member)]
        well = label("live.all-well", n=len(picture.members))
        self._sheet.show(*(rows or [tag("li", tag("span", text(well), cls="time"))]))

    def _rows(self, member: MemberSeen) -> list[str]:
        rows = []
        if member.state not in _THERE:
            rows.append(self._row(member, label("lost"), None))
        for sentence, since in zip(member.troubles, member.since, strict=True):
            at = label("live.since", at=self._desk.clock(since))
            rows.append(self._row(member, said(sentence), at))
        return rows

    def _row(self, member: MemberSeen, sentence: str, since: str | None) -> str:
        return tag(
            "li",
            tag("span", text(member.member), translate="no"),
            tag("span", text(sentence)),
            tag("span", text(since or ""), cls="time"),
        )
