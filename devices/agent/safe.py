"""A device in safe mode: its program has failed to start again and again. It is on the bus, and touches no driver.

It is ``degraded`` with the alert ``safe-mode``; it says who it is, tells its log, hands out its bundle, takes another log level, beats
and can be restarted, which is another try with the hands it has; after some minutes it tries that by itself. Whatever else is wanted of it is refused. A new version or new
settings start as usual (:mod:`devices.agent.starts`).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from devices.agent.agent import Agent
from hall.member import describe
from hall.messages.commands import AnyCommand, Restart
from hall.messages.common import MemberKind

CAPABILITY = "safe-mode"


class SafeAgent(Agent):
    """No hands."""

    def __init__(self, *, kind: MemberKind, try_again: Callable[[], None], **member: Any) -> None:
        """`try_again` makes the next start one as usual."""
        known = msgspec.structs.replace(describe(kind), capabilities=(CAPABILITY,))
        super().__init__(kind=kind, description=known, **member)
        self._try_again = try_again

    def open(self) -> None:
        """See :meth:`Agent.open`; whoever looks sees why nothing works here."""
        self.trouble("safe-mode")
        super().open()

    def on_command(self, command: AnyCommand) -> None:
        """See :class:`Agent`."""
        if isinstance(command, Restart):
            self._try_again()
        super().on_command(command)

    def hands(self) -> dict[str, str]:
        """See :class:`Agent`: there are no hands to be tested."""
        return {"program": "safe-mode"}
