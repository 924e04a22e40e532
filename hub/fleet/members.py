"""Who is who in this hall, and what each may say. A member's kind comes from its registration, never from a payload."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from hall.errors import Refused
from hall.messages import asks, events
from hall.messages.common import DEVICE_KINDS, MemberKind, Outcome
from hall.messages.events import AnyEvent
from hall.text import Text
from hub.domain.hall import Hall

#: Names that are consoles where settings say so (the demo's loopback broker).
CONSOLE_PREFIX = "console-"

#: What a kind may ask; a console may ask everything: calling, managing, and changing the policy or a window's profile. A dispenser
#: takes tickets, and knows of no appointment made elsewhere; a call key acts for its own window alone, and what it ends is done.
MAY_ASK: dict[MemberKind, tuple[type[asks.Ask], ...]] = {
    MemberKind.DISPENSER: (asks.TakeTicket, asks.CheckIn),
    MemberKind.CALL_KEY: (asks.CallNext, asks.Recall, asks.NoShow, asks.Pause, asks.Resume),
    MemberKind.CONSOLE: (asks.Ask,),
}
#: What a kind may report.
MAY_REPORT: dict[MemberKind, tuple[type[events.Event], ...]] = {
    MemberKind.DISPENSER: (events.Printed, events.PrintFailed, events.IssuedOffline, events.AskWithdrawn),
    MemberKind.PAD: (events.Rated,),
}
_ANY_DEVICE: tuple[type[events.Event], ...] = (
    events.ButtonStuck,
    events.SelfTest,
    events.BundlePart,
    events.UpdateReport,
)

UNKNOWN = Text(zh="本厅没有登记此成员", en="this hall has not registered this member")
NOT_ALLOWED = Text(zh="此成员不可做此操作", en="a member of this kind may not do this")
OTHER_WINDOW = Text(zh="此叫号键不属于该窗口", en="this call key belongs to another window")
NOT_YOURS = Text(zh="此评价不属于本窗口", en="this rating is for another window than this pad's")


class Members:
    """The hall's registrations."""

    def __init__(self, hall: Callable[[], Hall], *, trust_console_names: bool = False) -> None:
        """`trust_console_names`: whoever calls itself ``console-…`` is a console (only on a loopback broker)."""
        self._hall = hall
        self._trust_console_names = trust_console_names

    def kind(self, member: str) -> MemberKind | None:
        """What `member` is here; None for a stranger."""
        registered = self._hall().plan.members.get(member)
        if registered is not None:
            return registered.kind
        if self._trust_console_names and member.startswith(CONSOLE_PREFIX):
            return MemberKind.CONSOLE
        return None

    def is_device(self, member: str) -> bool:
        """Whether this is one of the hall's registered devices."""
        return self.kind(member) in DEVICE_KINDS

    def devices(self, kind: MemberKind | None = None) -> list[str]:
        """Registered devices (of one kind), in the plan's order."""
        wanted = DEVICE_KINDS if kind is None else {kind}
        return [member for member, entry in self._hall().plan.members.items() if entry.kind in wanted]

    def window(self, member: str) -> int | None:
        """The window a device belongs to."""
        entry = self._hall().plan.members.get(member)
        return None if entry is None else entry.window

    def check_ask(self, member: str, ask: asks.AnyAsk) -> asks.AnyAsk:
        """The ask as it counts here; ``Refused`` with ``unknown-member`` or ``not-allowed``."""
        kind = self.kind(member)
        if kind is None:
            raise Refused("unknown-member", UNKNOWN)
        vouches = isinstance(ask, asks.TakeTicket) and ask.slot is not None
        if not isinstance(ask, MAY_ASK.get(kind, ())) or (vouches and kind is not MemberKind.CONSOLE):
            raise Refused("not-allowed", NOT_ALLOWED)
        if kind is MemberKind.CALL_KEY:
            self._check_own_window(member, ask)
        if kind is not MemberKind.CONSOLE:
            return without_actor(ask)
        return ask

    def _check_own_window(self, member: str, ask: asks.AnyAsk) -> None:
        window = self.window(member)
        if window is None or getattr(ask, "window", None) != window:
            raise Refused("not-yours", OTHER_WINDOW)
        if isinstance(ask, asks.CallNext) and (ask.finish not in {None, Outcome.DONE} or ask.detail):
            raise Refused("not-allowed", NOT_ALLOWED)

    def objection(self, member: str, event: AnyEvent) -> Refused | None:
        """Why this device may not report this; None when it may."""
        kind = self.kind(member)
        may = MAY_REPORT.get(kind, ()) if kind is not None else ()
        if not isinstance(event, may + _ANY_DEVICE):
            return Refused("not-allowed", NOT_ALLOWED)
        if isinstance(event, events.Rated) and self.window(member) != event.window:
            return Refused("not-yours", NOT_YOURS)
        return None


def without_actor(ask: asks.AnyAsk) -> asks.AnyAsk:
    """The ask as said by the member itself: a device vouches for nobody."""
    if ask.actor is None:
        return ask
    return msgspec.structs.replace(ask, actor=None)
