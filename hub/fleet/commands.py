"""Commands under way: repeated each second with their growing age until the device says how it ended, or until they are void.

A command's id is made from the fact that called for it, so sending it again after a crash is harmless. Of a void one whoever ordered it hears.
"""

from __future__ import annotations

import logging
from collections.abc import Callable

import msgspec

from hall import wire
from hall.clock import Scheduler, Seconds, Timer
from hall.messages.commands import AnyCommand, Result

log = logging.getLogger(__name__)

REPEAT_S: Seconds = 1.0


class _Open:
    __slots__ = ("command", "made", "member")

    def __init__(self, member: str, command: AnyCommand, made: Seconds) -> None:
        self.member, self.command, self.made = member, command, made


class Commands:
    """What devices were told to do and have not answered yet."""

    def __init__(
        self,
        scheduler: Scheduler,
        publish: Callable[[str, str, bytes], object],
        on_void: Callable[[str], object],
    ) -> None:
        """`publish(member, leaf, payload)` sends; `on_void(command id)` hears what nobody answered in time."""
        self._scheduler, self._publish, self._on_void = scheduler, publish, on_void
        self._open: dict[tuple[str, str], _Open] = {}
        self._timer: Timer | None = None

    def send(self, member: str, command: AnyCommand, *, age_s: Seconds = 0.0) -> None:
        """Tell `member` to do this; `age_s` seconds ago it was wanted. Void ones are not sent."""
        if age_s >= command.expires_s:
            self._on_void(command.id)
            return
        entry = _Open(member, command, self._scheduler.mono() - age_s)
        self._open[member, command.id] = entry
        self._say(entry)
        if self._timer is None:
            self._timer = self._scheduler.call_later(REPEAT_S, self._repeat)

    def on_connected(self) -> None:
        """The link is up: whoever is meant to do something hears it now, not at the next second."""
        for entry in self._open.values():
            self._say(entry)

    def drop(self, command_id: str) -> None:
        """Nobody wants this any more."""
        for key in [key for key in self._open if key[1] == command_id]:
            del self._open[key]

    def on_result(self, member: str, result: Result) -> AnyCommand | None:
        """A device says how it ended; the command, if it was under way there."""
        entry = self._open.pop((member, result.id), None)
        if entry is None:
            return None
        if result.phase != "done":
            log.warning("%s: %s %s (%s)", member, result.id, result.phase, result.code)
        return entry.command

    def _say(self, entry: _Open) -> None:
        age = round(max(0.0, self._scheduler.mono() - entry.made), 3)
        self._publish(
            entry.member, "down/command", wire.encode(msgspec.structs.replace(entry.command, age_s=age))
        )

    def _repeat(self) -> None:
        self._timer = None
        now = self._scheduler.mono()
        void = [entry for entry in self._open.values() if now - entry.made >= entry.command.expires_s]
        for entry in void:
            log.info("%s never answered %s", entry.member, entry.command.id)
            del self._open[entry.member, entry.command.id]
        for entry in self._open.values():
            self._say(entry)
        if self._open:
            self._timer = self._scheduler.call_later(REPEAT_S, self._repeat)
        # last: whoever hears it may send something else, or drop it
        for entry in void:
            self._on_void(entry.command.id)
