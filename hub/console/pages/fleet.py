"""The technician's page: every device of the hall, those that need help first.

What stands here each device said itself: its state, its make, its program, its machine, and in a sentence what is the matter, with what
to do about it. Whoever looks after devices opens one to have it do something.
"""

from __future__ import annotations

from collections.abc import Iterable
from zoneinfo import ZoneInfo

from hall.messages.common import MemberState
from hall.troubles import TROUBLES
from hub.console.door import rights
from hub.console.look.frame import Actor, Part
from hub.console.look.sheet import Sheet, button, tag, text
from hub.console.look.tongue import said
from hub.console.look.words import label
from hub.console.mirror.care import Care
from hub.console.mirror.picture import MemberSeen, Picture
from hub.console.pages.care import CareDialog, health, report

_COLUMNS = (
    "fleet.device",
    "fleet.kind",
    "fleet.state",
    "fleet.program",
    "fleet.health",
    "fleet.trouble",
    "fleet.care",
)
#: how much somebody is needed there
_NEED = {
    MemberState.LOST: 0,
    None: 0,
    MemberState.DEGRADED: 1,
    MemberState.DISCONNECTED: 2,
    MemberState.UPDATING: 3,
}
_QUIET = 4


class FleetPage(Part):
    """All devices in one table."""

    def __init__(self, actor: Actor) -> None:
        """Nothing is listed before the first picture."""
        self._zone = ZoneInfo(actor.backstage.plan.timezone)
        self._shown: tuple[MemberSeen, ...] | None = None
        self._sheet = Sheet("main", classes="fleet", props='data-test="fleet"', on_press=self._pressed)
        roles = actor.session.person.roles
        self._may = rights.may(roles, "order_device") and rights.may(roles, "configure")
        self._care = CareDialog(actor)

    def show(self, picture: Picture) -> None:
        """See :class:`hub.console.look.frame.Part`."""
        if picture.members == self._shown:
            return
        self._shown = picture.members
        ready = sum(m.state is MemberState.READY for m in picture.members)
        head = tag("tr", *(tag("th", text(label(key)), scope="col") for key in _COLUMNS))
        rows = (self._row(member) for member in by_need(picture.members))
        self._sheet.show(
            tag("h1", text(label("fleet.ready", n=len(picture.members), ready=ready))),
            tag("table", tag("thead", head), tag("tbody", *rows)),
        )

    def _row(self, member: MemberSeen) -> str:
        state = "unknown" if member.state is None else member.state.value
        where = "" if member.window is None else " · " + label("window-n", n=member.window)
        return tag(
            "tr",
            tag("th", text(member.member), scope="row", translate="no"),
            tag("td", text(label(f"kind.{member.kind}") + where)),
            tag("td", tag("span", text(label(f"member.{state}")), cls=f"state {state}")),
            tag("td", text(_program(member)), translate="no"),
            tag("td", *(tag("p", text(line)) for line in health(member.care))),
            tag("td", *self._troubles(member), *paper_left(member), *self._report(member.care)),
            tag("td", self._button(member)),
            data_test=f"device-{member.member}",
        )

    def _troubles(self, member: MemberSeen) -> Iterable[str]:
        codes = member.codes or ("",) * len(member.troubles)
        for sentence, since, code in zip(member.troubles, member.since, codes, strict=True):
            at = f"{since.astimezone(self._zone):%m-%d %H:%M}"
            yield tag("p", text(said(sentence)), " ", tag("small", text(label("fleet.since", at=at))))
            trouble = TROUBLES.get(code)
            if trouble is not None:
                yield tag("p", tag("small", text("→ " + said(trouble.do))))

    def _report(self, care: Care) -> Iterable[str]:
        """What technicians had it do today, and what came of it."""
        for line in report(care, self._zone):
            yield tag("p", tag("small", text(line)))

    def _button(self, member: MemberSeen) -> str:
        if not self._may:
            return ""
        spoken = label("fleet.care-of", device=member.member)
        return button(
            label("fleet.care"), member.member, aria_label=spoken, data_test=f"care-{member.member}"
        )

    async def _pressed(self, name: str) -> None:
        member = next((m for m in self._shown or () if m.member == name), None)
        if member is not None and self._may:
            self._care.care_for(member)


def by_need(members: Iterable[MemberSeen]) -> list[MemberSeen]:
    """Those that need somebody first, then by name."""
    return sorted(members, key=lambda m: (_NEED.get(m.state, _QUIET), not m.troubles, m.member))


def paper_left(member: MemberSeen) -> Iterable[str]:
    """What is left on a dispenser's roll, as a line of the table; none where nothing is known."""
    left = member.paper
    if left is None:
        return
    metres = left.left_m
    if left.tickets is None:
        yield tag("p", tag("small", text(label("fleet.paper.metres", metres=metres))))
    else:
        yield tag("p", tag("small", text(label("fleet.paper", metres=metres, tickets=left.tickets))))


def _program(member: MemberSeen) -> str:
    model = "" if member.model == "unknown" else member.model
    return f"{model} {member.version}".strip() or "—"
