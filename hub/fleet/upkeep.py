"""What technicians have devices do: from facts to commands, and from their results back to the hall.

An order that a device does not hear within :data:`ORDER_S` is void, and that is how it ended, also where the hub was away meanwhile: whoever
gave it does not wait for ever.
"""

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
#: How an order ends that nobody answered.
VOID, NO_ANSWER = "expired", "no-answer"
_PREFIX = "upkeep-"


class Upkeep:
    """Sends what ``DeviceOrdered`` calls for."""

    def __init__(
        self, commands: Commands, *, order: Callable[[AnyOrder], None], scheduler: Scheduler
    ) -> None:
        """`order` hands in how it ended."""
        self._commands, self._order, self._scheduler = commands, order, scheduler
        #: whose each order under way is, by its command's id
        self._members: dict[str, str] = {}

    def on_facts(self, told: Sequence[Told]) -> None:
        """Order what these facts call for, also those of a hub that has just started."""
        now = self._scheduler.now()
        answered = {fact.order for fact, _ in told if isinstance(fact, facts.DeviceAnswered)}
        for fact, _ in told:
            if isinstance(fact, facts.DeviceOrdered) and fact.n not in answered:
                age_s, ordered = max(0.0, (now - fact.at).total_seconds()), command(fact)
                self._members[ordered.id] = fact.member
                self._commands.send(fact.member, ordered, age_s=age_s)

    def on_result(self, member: str, result: Result) -> None:
        """A device says how it ended; asked for once, it is noted once."""
        if self._members.get(result.id) == member:
            self._end(result.id, result.phase, result.code)

    def on_void(self, command_id: str) -> None:
        """Nobody answered this command in time."""
        if command_id in self._members:
            self._end(command_id, VOID, NO_ANSWER)

    def _end(self, command_id: str, phase: str, code: str) -> None:
        member, number = self._members.pop(command_id), int(command_id.removeprefix(_PREFIX))
        self._order(NoteAnswer(member=member, order=number, phase=phase, code=code))


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
