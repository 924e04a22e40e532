"""Commands done once: per id, across repetitions and restarts.

Rules:

* A command is noted on the card before it is done, and its result before it is told. A repeated command gets the same result
  again; one that is being done gets nothing.
* A command that was begun before a restart and has no result is done again only if the program says so (`again`: paper, which
  is marked 补打); otherwise its result is ``failed``/``interrupted``.
* It is void `expires_s - age_s` seconds of this machine's monotonic clock after it came; the wall clock has no say.
* A retained command is dropped: it is an old one that somebody left behind. An unknown one is ``rejected``/``unsupported``.
"""

from __future__ import annotations

import logging
from collections.abc import Callable

from hall import wire
from hall.card import Card
from hall.clock import Scheduler, Seconds
from hall.errors import Fault, Malformed
from hall.link import Packet
from hall.messages.commands import AnyCommand, Result
from hall.topics import HUB_LIMIT

log = logging.getLogger(__name__)

#: How many results are remembered; the hub repeats a command for seconds, so this is hours of calls.
REMEMBERED = 500
#: More commands than a device can have in hand; further ones are refused until some have ended.
MOST_OPEN = 200


class Once:
    """What a device has been told to do, and how it ended."""

    def __init__(
        self,
        card: Card,
        scheduler: Scheduler,
        tell: Callable[[Result], object],
        *,
        again: Callable[[AnyCommand], bool] = lambda _command: False,
    ) -> None:
        """`tell` sends a result; `again` decides about a command that a restart interrupted."""
        self._card = card
        self._scheduler = scheduler
        self._tell = tell
        self._again = again
        self._deadlines: dict[str, Seconds] = {}

    def receive(self, packet: Packet) -> AnyCommand | None:
        """The command to be done now, or None; whatever can be answered without doing it has been answered."""
        if packet.retain:
            log.warning("retained command dropped", extra={"topic": packet.topic})
            return None
        try:
            command = wire.decode_command(packet.payload, HUB_LIMIT)
        except Malformed as error:
            self._reject(packet, error)
            return None
        if command.id in self._deadlines:
            return None
        known = self._known(command.id)
        if known is not None and known[0] is not None:
            self._tell(Result(id=command.id, phase=known[0], code=known[1] or "ok"))
            return None
        if len(self._deadlines) >= MOST_OPEN:
            self._tell(Result(id=command.id, phase="rejected", code="busy"))
            return None
        left = command.expires_s - command.age_s
        if not left > 0:
            self._end(command.id, "expired", "too-old")
            return None
        if known is not None and not self._again(command):
            self._end(command.id, "failed", "interrupted")
            return None
        if known is None:
            try:
                self._card.write("INSERT INTO commands (id) VALUES (?)", (command.id,))
                self._prune()
            except Fault as error:  # a full card must not silence the hall; a restart may then do it twice
                log.error("command not noted", extra={"id": command.id, "code": error.code})
        self._deadlines[command.id] = self._scheduler.mono() + left
        return command

    def expired(self, command_id: str) -> bool:
        """Whether a command being done has become void, for programs that keep commands waiting."""
        deadline = self._deadlines.get(command_id)
        return deadline is not None and self._scheduler.mono() >= deadline

    def finish(self, command_id: str, phase: str, code: str = "ok") -> None:
        """The command ended: ``done``, ``rejected``, ``expired`` or ``failed``. Harmless for one that is not being done."""
        if self._deadlines.pop(command_id, None) is not None:
            self._end(command_id, phase, code)

    @property
    def doing(self) -> tuple[str, ...]:
        """Ids of the commands being done."""
        return tuple(self._deadlines)

    def _known(self, command_id: str) -> tuple[str | None, str | None] | None:
        """Phase and code as noted; None for one that is new here."""
        try:
            row = self._card.row("SELECT phase, code FROM commands WHERE id = ?", (command_id,))
        except Fault as error:  # nor must a card that cannot be read silence the hall
            log.error("commands not read", extra={"id": command_id, "code": error.code})
            return None
        return None if row is None else (row[0], row[1])

    def _end(self, command_id: str, phase: str, code: str) -> None:
        try:
            ended = self._card.write(
                "UPDATE commands SET phase = ?, code = ? WHERE id = ?", (phase, code, command_id)
            )
            if not ended:
                self._card.write(
                    "INSERT INTO commands (id, phase, code) VALUES (?, ?, ?)", (command_id, phase, code)
                )
                self._prune()
        except Fault as error:
            log.error("result not kept", extra={"id": command_id, "code": error.code})
        self._tell(Result(id=command_id, phase=phase, code=code))

    def _prune(self) -> None:
        self._card.write(
            "DELETE FROM commands WHERE n <= (SELECT max(n) FROM commands) - ?",
            (REMEMBERED,),
        )

    def _reject(self, packet: Packet, error: Malformed) -> None:
        """Refuse by name what cannot be read, when it has one."""
        found = wire.peek(packet.payload)
        known = found.type in _TYPES
        code = error.code if known or found.type is None else "unsupported"
        log.warning("command refused", extra={"id": found.id, "type": found.type, "code": code})
        if found.id is not None:
            self._tell(Result(id=found.id, phase="rejected", code=code))


_TYPES = frozenset(str(kind.__struct_config__.tag) for kind in AnyCommand.__args__)
