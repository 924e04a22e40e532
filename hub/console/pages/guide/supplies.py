"""Forms, ink pads and what else is used up, counted before opening: one line for each, and one that is empty for the next thing."""

from __future__ import annotations

from nicegui import ui

from hall.errors import Refused
from hub.console.desk.supplies import COUNTS, Counted, Supplies, Supply
from hub.console.look.frame import Actor
from hub.console.look.tongue import said
from hub.console.look.words import label
from hub.console.pages.dialog import Dialog


class SuppliesDialog(Dialog):
    """The list, to be counted and changed."""

    def __init__(self, actor: Actor, supplies: Supplies) -> None:
        """One for the whole page."""
        super().__init__("supplies")
        self._actor, self._supplies = actor, supplies
        self._rows: list[tuple[ui.input, ui.input, ui.input]] = []
        with self.card:
            ui.label(label("supplies-help")).classes("time")
            self._lines = ui.element("div").classes("column")
            more = ui.button(label("supplies-more"), on_click=lambda: self._row(None))
            more.props('flat no-caps dense data-test="supplies-more"')
        self.foot("supplies-enter")

    def ask(self) -> None:
        """Show the list as it was counted last."""
        self._lines.clear()
        self._rows = []
        for supply in self._supplies.seen:
            self._row(supply)
        self._row(None)
        self.open()

    def _row(self, supply: Supply | None) -> None:
        n = len(self._rows)
        with self._lines, ui.element("div").classes("line"):
            name = self._field("supply-name", n, "" if supply is None else supply.name)
            least = self._field("supply-least", n, "" if supply is None else str(supply.least))
            count = self._field("supply-count", n, "")
            if supply is not None and supply.at is not None:
                count.props(f'hint="{label("supply-last", n=supply.count, day=f"{supply.at:%m-%d}")}"')
        self._rows.append((name, least, count))

    def _field(self, word: str, n: int, value: str) -> ui.input:
        field = ui.input(label(word), value=value).props(
            f'outlined dense maxlength=20 data-test="{word}-{n}"'
        )
        return self.entered(field)

    async def confirm(self) -> None:
        """See :class:`Dialog`."""
        if not self.is_open:
            return
        try:
            await self._supplies.write(self._written(), self._actor.session.person.login)
        except Refused as refused:
            self.refuse(said(refused.text))
            return
        self.close()
        ui.notify(label("done"), type="positive", position="top")

    def _written(self) -> list[Counted]:
        """What stands in the fields; a line without a name is none."""
        lines = []
        for fields in self._rows:
            name, least, count = (str(field.value or "").strip() for field in fields)
            if name:
                lines.append(
                    Counted(name=name, least=_number(least), count=_number(count) if count else None)
                )
        return lines


def _number(typed: str) -> int:
    if not typed:
        return 0
    if not (typed.isascii() and typed.isdecimal()):
        raise Refused("supply-count", COUNTS)
    return int(typed)
