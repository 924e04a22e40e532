"""An order to leave is said again and again while it stands.

Rules: every speaker says it anew each :data:`AGAIN_S` seconds, with an id made from the order and the time that has passed: a hub that
was killed and is back goes on where it stopped. Nothing is said once it is withdrawn.
"""

from __future__ import annotations

from collections.abc import Callable

from hall.clock import Scheduler, Seconds, Timer
from hall.messages.commands import Announce
from hall.messages.common import MemberKind
from hub.domain import notices, voice
from hub.domain.hall import Hall
from hub.fleet.commands import Commands
from hub.fleet.members import Members

AGAIN_S: Seconds = 20.0


class Evacuation:
    """Keeps the order to leave in everybody's ears."""

    def __init__(
        self, members: Members, commands: Commands, *, hall: Callable[[], Hall], scheduler: Scheduler
    ) -> None:
        """`hall` gives the hall as it is now."""
        self._members, self._commands = members, commands
        self._hall, self._scheduler = hall, scheduler
        self._timer: Timer | None = None
        #: id of what was said last
        self._said = ""

    def look(self) -> None:
        """The hall has changed, or the hub has started."""
        order = notices.evacuation(self._hall().state)
        if order is None:
            self.stop()
            self._commands.drop(self._said)
        elif self._timer is None:
            self._plan()

    def stop(self) -> None:
        """Say it no more."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _plan(self) -> None:
        self._timer = self._scheduler.call_later(AGAIN_S, self._say)

    def _say(self) -> None:
        self._timer = None
        order = notices.evacuation(self._hall().state)
        if order is None or order.phrase is None:
            return
        said = voice.notice(order, order.phrase)
        passed = (self._scheduler.now() - order.at).total_seconds()
        command = Announce(
            id=f"announce-{order.n}-again-{int(passed // AGAIN_S)}",
            expires_s=AGAIN_S,
            phrase=said.phrase,
            text=order.text,
            times=said.times,
            rank=said.rank,
        )
        self._said = command.id
        for speaker in self._members.devices(MemberKind.SPEAKER):
            self._commands.send(speaker, command)
        self._plan()
