"""What technicians have devices do: from facts to commands, and from their results back to the hall."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from hall.clock import Scheduler, Seconds
from hall.messages import facts
from hall.messages.commands import (
    AnyCommand,
    Identify,
    Restart,
    Result,
    RunSelfTest,
    SendBundle,
    SetLogLevel,
    Wipe,
)
from hall.messages.common import DeviceOrder
from hub.domain.orders import AnyOrder, NoteAnswer
from hub.fleet.commands import Commands
from hub.work import Told

#: A device that does not hear it within this time does not do it.
ORDER_S: Seconds = 60.0
_PREFIX = "upkeep-"


class Upkeep:
    """Sends what ``DeviceOrdered`` calls for."""

    def __init__(
        self, commands: Commands, *, order: Callable[[AnyOrder], None], scheduler: Scheduler
    ) -> None:
        """`order` hands in how it ended."""
        self._commands, self._order, self._scheduler = commands, order, scheduler

    def on_facts(self, told: Sequence[Told]) -> None:
        """Order what these facts call for, also those of a hub that has just started."""
        now = self._scheduler.now()
        answered = {fact.order for fact, _ in told if isinstance(fact, facts.DeviceAnswered)}
        for fact, _ in told:
            if isinstance(fact, facts.DeviceOrdered) and fact.n not in answered:
                age_s = max(0.0, (now - fact.at).total_seconds())
                self._commands.send(fact.member, command(fact), age_s=age_s)

    def on_result(self, member: str, result: Result) -> None:
        """A device says how it ended; asked for once, it is noted once."""
        number = result.id.removeprefix(_PREFIX)
        if (member, result.id) in self._commands.open and number.isdigit():
            self._order(NoteAnswer(member=member, order=int(number), phase=result.phase, code=result.code))


def command(fact: facts.DeviceOrdered) -> AnyCommand:
    """The command of this fact; the same id every time."""
    name = f"{_PREFIX}{fact.n}"
    match fact.order:
        case DeviceOrder.IDENTIFY:
            return Identify(id=name, expires_s=ORDER_S)
        case DeviceOrder.SELF_TEST:
            return RunSelfTest(id=name, expires_s=ORDER_S)
        case DeviceOrder.RESTART:
            return Restart(id=name, expires_s=ORDER_S)
        case DeviceOrder.LOG_LEVEL:
            return SetLogLevel(
                id=name, expires_s=ORDER_S, level=fact.level or "debug", minutes=fact.minutes or 60
            )
        case DeviceOrder.BUNDLE:
            return SendBundle(id=name, expires_s=ORDER_S)
        case DeviceOrder.WIPE:
            return Wipe(id=name, expires_s=ORDER_S)
