"""Every device of the hall in a table, those that need help first.

What stands here each device said itself: its state, its make, its program, its machine, and in a sentence what is the matter, with what
to do about it. Whoever looks after devices opens one to have it do something.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from hall.messages.common import MemberState
from hall.troubles import TROUBLES
from hub.console.look.sheet import Sheet, button, tag, text
from hub.console.look.tongue import said
from hub.console.look.words import label
from hub.console.membership.readiness import days_left
from hub.console.mirror.care import Care
from hub.console.mirror.picture import MemberSeen
from hub.console.pages.fleet.care import Rights, health, report
from hub.trust.register import Entry, Standing

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
_HOLDS = frozenset({Standing.ENROLLED, Standing.IN_SERVICE})
#: before a device's name in what a press says
CONFIRM: Final = "confirm:"


class Table:
    """All devices, a row each."""

    def __init__(self, zone: ZoneInfo, may: Rights, on_press: Callable[[str], Awaitable[None]]) -> None:
        """`on_press` hears the device's name, with ``confirm:`` before it where somebody wants to confirm it."""
        self._zone, self._may = zone, may
        self._sheet = Sheet("section", classes="devices", props='data-test="devices"', on_press=on_press)

    def show(self, members: Iterable[MemberSeen], standing: Mapping[str, Entry], at: datetime) -> None:
        """Draw them as they are `at` this moment."""
        head = tag("tr", *(tag("th", text(label(key)), scope="col") for key in _COLUMNS))
        rows = (self._row(member, standing.get(member.member), at) for member in by_need(members))
        self._sheet.show(tag("table", tag("thead", head), tag("tbody", *rows)))

    def _row(self, member: MemberSeen, entry: Entry | None, at: datetime) -> str:
        state = "unknown" if member.state is None else member.state.value
        where = "" if member.window is None else " · " + label("window-n", n=member.window)
        return tag(
            "tr",
            tag("th", text(member.member), scope="row", translate="no"),
            tag("td", text(label(f"kind.{member.kind}") + where)),
            tag(
                "td",
                tag("span", text(label(f"member.{state}")), cls=f"state {state}"),
                *self._last_seen(member),
                *standing_lines(entry, at),
            ),
            tag("td", text(_program(member)), translate="no"),
            tag("td", *(tag("p", text(line)) for line in health(member.care))),
            tag("td", *self._troubles(member), *paper_left(member), *self._report(member.care)),
            tag("td", *self._buttons(member, entry)),
            data_test=f"device-{member.member}",
        )

    def _last_seen(self, member: MemberSeen) -> Iterable[str]:
        if member.heard is not None:
            at = f"{member.heard.astimezone(self._zone):%m-%d %H:%M}"
            yield tag("p", tag("small", text(label("fleet.last-seen", at=at))))

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

    def _buttons(self, member: MemberSeen, entry: Entry | None) -> Iterable[str]:
        if self._may.confirm and entry is not None and entry.standing is Standing.ENROLLED:
            spoken = label("fleet.confirm-of", device=member.member)
            yield button(
                label("fleet.confirm"),
                f"{CONFIRM}{member.member}",
                aria_label=spoken,
                data_test=f"confirm-{member.member}",
            )
        spoken = label("fleet.care-of", device=member.member)
        yield button(label("fleet.care"), member.member, aria_label=spoken, data_test=f"care-{member.member}")


def standing_lines(entry: Entry | None, at: datetime) -> Iterable[str]:
    """How it stands in the register, and for how long its certificate counts."""
    if entry is None:
        return
    if entry.standing is not Standing.IN_SERVICE:
        cls = f"standing {entry.standing.value}"
        yield tag("p", tag("span", text(label(f"standing.{entry.standing.value}")), cls=cls))
    left = days_left(entry, at)
    if left is not None and entry.standing in _HOLDS:
        yield tag("p", tag("small", text(label("fleet.certificate", n=left))))


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
