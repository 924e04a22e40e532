"""A hall of one device of each kind, all at window 1, and somebody who visits it: the real programs on their twins, in virtual time."""

import msgspec

from hall.messages import asks
from hall.messages.common import MemberKind, Outcome
from hall.messages.facts import TicketCalled, TicketIssued, TicketPrinted, TicketRated
from hall.plan import MemberPlan
from sim.layout import demo_plan
from sim.simulated import SimulatedHall

DISPENSER, SIGN, PAD, SPEAKER, CALL_KEY = "dispenser-1", "sign-1", "pad-1", "speaker-1", "call-key-1"
MEMBERS = (DISPENSER, SIGN, PAD, SPEAKER, CALL_KEY)


def plan():
    """The example hall, always open, with these devices and no others."""
    example = demo_plan(always_open=True)
    known = {**example.members, CALL_KEY: MemberPlan(kind=MemberKind.CALL_KEY, window=1)}
    return msgspec.structs.replace(example, members={name: known[name] for name in MEMBERS})


class FiveHall(SimulatedHall):
    """One device of each kind."""

    def __init__(self, folder, **more):
        super().__init__(folder, plan=plan(), **more)
        self.service = self.plan.windows[0].serves[0]

    def count(self, kind):
        """How many facts of this kind were told."""
        return sum(isinstance(fact, kind) for fact in self.facts)

    def soon(self, true, seconds=40.0):
        """Whether it came true in time."""
        return self.run_until(true, seconds)

    def sits(self):
        """A clerk sits down at window 1."""
        clerk = self.plan.work_numbers[0] if self.plan.work_numbers else "018"
        assert self.act(asks.Sit(id=self.new_id(), window=1, clerk=clerk)).ok

    def does(self, kind, **fields):
        """The clerk of window 1 asks for something at a computer."""
        return self.act(kind(id=self.new_id(), window=1, **fields))

    def calls(self):
        """The clerk presses *next*; whether somebody was called."""
        before = self.count(TicketCalled)
        self.twin(CALL_KEY).press("next", 0.15)
        return self.soon(lambda: self.count(TicketCalled) > before, 5.0)

    def visit(self, rest_s=30.0):
        """Somebody comes, is called by key, sign and voice, is served, and rates it; their number."""
        printed, rated, heard = self.count(TicketPrinted), self.count(TicketRated), len(self.sounds)
        self.press(self.service)
        assert self.soon(lambda: self.count(TicketPrinted) > printed), "no paper"
        number = [fact for fact in self.facts if isinstance(fact, TicketIssued)][-1].number
        assert self.calls(), "nobody called"
        self.run_for(2.0)
        assert any("#" in row for row in self.dots(SIGN)), "a dark sign"
        assert self.soon(lambda: len(self.sounds) > heard), "no call heard"
        assert self.does(asks.Start).ok
        assert self.does(asks.Finish, outcome=Outcome.DONE).ok
        self.run_for(2.0)
        self.press_face(1, 4)
        assert self.soon(lambda: self.count(TicketRated) > rated), "no rating"
        self.run_for(rest_s)
        return number

    def codes(self, member):
        """The alerts that a member has."""
        return {alert.code for alert in self.agents[member].alerts.values()}
