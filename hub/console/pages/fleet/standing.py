"""How a device stands in the register, and changing it: what an act does is said before it is done."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from nicegui import ui

from hub.console.door.rights import MemberAct
from hub.console.look.words import label
from hub.console.pages.dialog import Dialog


class StandingDialog(Dialog):
    """Asks once more: most of these acts put a device out of the hall."""

    def __init__(self, do: Callable[[MemberAct, str, str], Awaitable[bool]]) -> None:
        """`do(act, member, why)` does it and says whether it was done."""
        super().__init__("fleet.standing")
        self._do, self._act, self._member = do, MemberAct.EXPECT, ""
        with self.card:
            self._what = ui.label().classes("words").props('data-test="act-does"')
            self._why = ui.input(label("fleet.why")).props(
                'outlined dense autofocus maxlength=120 data-test="act-why"'
            )
            self.entered(self._why.classes("wide"))
        self.foot()

    def ask(self, act: MemberAct, member: str) -> None:
        """Ask whether to do this to this one."""
        self._act, self._member = act, member
        self.title.set_text(label(f"fleet.act.{act.value}-of", device=member))
        self._what.set_text(label(f"fleet.act-does.{act.value}"))
        self._why.set_value("")
        self._why.set_visibility(act is MemberAct.QUARANTINE)
        self.open()

    async def confirm(self) -> None:
        """See :class:`Dialog`."""
        if not self.is_open:
            return
        why = str(self._why.value or "").strip()
        if self._act is MemberAct.QUARANTINE and not why:
            self.owe("fleet.why-owed")
            return
        if await self._do(self._act, self._member, why):
            self.close()
