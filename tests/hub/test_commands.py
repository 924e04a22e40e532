"""Commands that nobody answers: whoever gave them hears it, and may give another one or take one back at that very moment."""

from __future__ import annotations

from datetime import UTC, datetime

from hall.clock import VirtualScheduler
from hall.messages.commands import Identify
from hub.fleet.commands import REPEAT_S, Commands

VOID_S = 5.0


class Giver:
    """Gives a third command when the first is void, and wants the second no more."""

    def __init__(self):
        self.clock = VirtualScheduler(datetime(2026, 11, 23, 9, tzinfo=UTC))
        self.said, self.void = [], []
        self.commands = Commands(self.clock, lambda member, *_: self.said.append(member), self.on_void)

    def give(self, name):
        self.commands.send(name, Identify(id=name, expires_s=VOID_S))

    def on_void(self, name):
        self.void.append(name)
        if name == "first":
            self.commands.drop("second")
            self.give("third")


def test_who_hears_that_a_command_is_void_may_give_another_and_take_one_back():
    giver = Giver()
    giver.give("first")
    giver.give("second")
    giver.clock.run_for(VOID_S)
    assert "first" in giver.void
    giver.said.clear()
    giver.clock.run_for(3 * REPEAT_S)
    assert giver.said == ["third"] * 3
    giver.clock.run_for(VOID_S)
    assert giver.void[-1] == "third"
