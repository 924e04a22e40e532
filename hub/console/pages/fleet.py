"""The technician's page: every device of the hall, those that need help first.

What stands here each device said itself: its state, its make, its program, and in a sentence what is the matter.
"""

from __future__ import annotations

from collections.abc import Iterable
from zoneinfo import ZoneInfo

from hall.messages.common import MemberState
from hub.console.look.frame import Actor, Part
from hub.console.look.sheet import Sheet, tag, text
from hub.console.look.tongue import said
from hub.console.look.words import label
from hub.console.mirror.picture import MemberSeen, Picture

_COLUMNS = ("fleet.device", "fleet.kind", "fleet.state", "fleet.program", "fleet.trouble")
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
        self._sheet = Sheet("main", classes="fleet", props='data-test="fleet"')

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
            tag("td", *self._troubles(member), *_paper(member)),
            data_test=f"device-{member.member}",
        )

    def _troubles(self, member: MemberSeen) -> Iterable[str]:
        for sentence, since in zip(member.troubles, member.since, strict=True):
            at = f"{since.astimezone(self._zone):%m-%d %H:%M}"
            yield tag("p", text(said(sentence)), " ", tag("small", text(label("fleet.since", at=at))))


def by_need(members: Iterable[MemberSeen]) -> list[MemberSeen]:
    """Those that need somebody first, then by name."""
    return sorted(members, key=lambda m: (_NEED.get(m.state, _QUIET), not m.troubles, m.member))


def _paper(member: MemberSeen) -> Iterable[str]:
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
