"""The crowd procedure's log: what rang, who did what, when the line was back under the limit (M7). For the live page and the guide desk."""

from __future__ import annotations

from collections.abc import Iterable

from nicegui import ui

from hall.plan import HallPlan
from hall.text import Text
from hub.console.look.sheet import Sheet, tag, text
from hub.console.look.tongue import join, said
from hub.console.look.words import label
from hub.console.mirror.picture import Picture
from hub.console.mirror.procedure import Breach, Deed, Did
from hub.console.pages.live.parts import minutes

#: So many breaches are shown; the journal has them all.
SHOWN = 8
#: what became of a page
_SAID = {Did.PAGED: "live.did-paged", Did.COMING: "live.did-coming", Did.UNABLE: "live.did-unable"}


class ProcedureLog:
    """Today's breaches, the last first."""

    def __init__(self, plan: HallPlan) -> None:
        """Drawn empty."""
        self._plan = plan
        with ui.element("div").classes("card"):
            ui.label(label("live.procedure")).classes("title")
            self._sheet = Sheet("ol", classes="rows procedure", props='data-test="procedure"')

    def show(self, picture: Picture) -> None:
        """See :class:`hub.console.look.frame.Part`."""
        if not picture.breaches:
            self._sheet.show(tag("li", tag("span", text(label("live.no-breach")), cls="time")))
            return
        self._sheet.show(*(self._breach(breach, picture) for breach in picture.breaches[:SHOWN]))

    def _breach(self, breach: Breach, picture: Picture) -> str:
        zone = picture.at.tzinfo
        lines = [
            tag("div", text(f"{breach.at.astimezone(zone):%H:%M} "), text(said(breach.text)), cls="title")
        ]
        lines.extend(
            tag("div", text(f"{deed.at.astimezone(zone):%H:%M} "), *self._deed(deed), cls="time")
            for deed in breach.deeds
        )
        if breach.ended is None:
            lines.append(tag("div", text(label("live.still", n=minutes(breach.at, picture.at))), cls="late"))
        else:
            n = minutes(breach.at, breach.ended)
            over = label("live.back-under", at=f"{breach.ended.astimezone(zone):%H:%M}", n=n)
            lines.append(tag("div", text(over), cls="good"))
        return tag("li", tag("div", *lines))

    def _deed(self, deed: Deed) -> Iterable[str]:
        services = join(self._plan.services[s].name for s in deed.services if s in self._plan.services)
        words = said(deed.said) if isinstance(deed.said, Text) else (deed.said or "")
        match deed.did:
            case Did.ANSWERED:
                yield tag("span", text(f"{deed.who}: {words}"), translate="no")
            case Did.PAGED | Did.COMING | Did.UNABLE:
                yield text(label(_SAID[deed.did], who=deed.who))
            case Did.OPENED:
                yield text(label("live.did-opened", n=deed.window, who=deed.who))
            case Did.PROFILE:
                yield text(label("live.did-profile", n=deed.window, services=services))
            case Did.TOLD:
                yield text(label("live.did-told", words=words))
                if deed.who is not None:
                    yield tag("span", text(f" ({deed.who})"), translate="no")
