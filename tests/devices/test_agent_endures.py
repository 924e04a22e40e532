"""Devices live through a wrong clock, a card that fails, and whatever anybody says to them; what cannot go on says why (R3, R7).

The real programs of every kind on their twins, in virtual time, with a real hub.
"""

import json
from datetime import timedelta

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from devices.agent.health import Vitals
from hall.link import Packet
from hall.messages import asks
from hall.messages.common import MemberState, Outcome
from hall.messages.facts import TicketIssued, TicketPrinted, TicketRated
from hall.topics import Topics
from sim.layout import demo_plan
from sim.simulated import SimulatedHall

MEMBERS = ("dispenser-1", "sign-1", "pad-1")
TOPICS = Topics("demo")


class Life:
    """A program's scheduler whose wall clock is wrong."""

    def __init__(self, right, off):
        self._right, self._off = right, off

    def now(self):
        return self._right.now() + self._off

    def __getattr__(self, name):
        return getattr(self._right, name)


class Hall(SimulatedHall):
    """One device of each kind; their clocks may be off."""

    off = timedelta()

    def _life(self, member):
        life = super()._life(member)
        return Life(life, self.off) if member in MEMBERS else life

    def count(self, kind):
        return sum(isinstance(fact, kind) for fact in self.facts)

    def soon(self, true, seconds=40.0):
        return self.run_until(true, seconds)

    def visit(self):
        """Somebody comes, is served at window 1, and rates it."""
        printed, rated = self.count(TicketPrinted), self.count(TicketRated)
        self.press(self.plan.windows[0].serves[0])
        assert self.soon(lambda: self.count(TicketPrinted) > printed), "no paper"
        number = [fact for fact in self.facts if isinstance(fact, TicketIssued)][-1].number
        assert self.act(asks.CallNext(id=self.new_id(), window=1)).ok
        self.run_for(2.0)
        shown = self.dots("sign-1")
        assert any("#" in row for row in shown)
        assert self.act(asks.Start(id=self.new_id(), window=1)).ok
        assert self.act(asks.Finish(id=self.new_id(), window=1, outcome=Outcome.DONE)).ok
        self.run_for(2.0)
        self.press_face(1, 4)
        assert self.soon(lambda: self.count(TicketRated) > rated), "no rating"
        self.run_for(30.0)
        return number

    def codes(self, member):
        return {alert.code for alert in self.agents[member].alerts.values()}


def make(folder, off=timedelta()):
    plan = demo_plan(always_open=True)
    few = {name: plan.members[name] for name in MEMBERS}
    made = type("ItsHall", (Hall,), {"off": off})
    hall = made(folder, plan=msgspec.structs.replace(plan, members=few), quiet=True)
    clerk = plan.work_numbers[0] if plan.work_numbers else "018"
    hall.act(asks.Sit(id=hall.new_id(), window=1, clerk=clerk))
    return hall


@pytest.fixture
def hall(tmp_path):
    hall = make(tmp_path)
    yield hall
    hall.stop()


@pytest.mark.parametrize("years", [-10, 10])
def test_a_visit_goes_as_ever_while_every_device_s_clock_is_ten_years_off_and_they_say_so(tmp_path, years):
    hall = make(tmp_path, timedelta(days=365 * years))
    try:
        for agent in hall.agents.values():
            agent._health = lambda: Vitals(clock_ok=False)
        hall.run_for(10)
        hall.visit()
        hall.run_for(310)
        assert all("clock-unsynced" in hall.codes(member) for member in MEMBERS)
        hall.visit()
    finally:
        hall.stop()


TABLES = ("card", "outbox", "commands")
#: what SQLite says then: no row more (a disk that is really full: tests/hall/test_card.py), or none at all
BREAKS = {
    "card-full": "".join(
        f"CREATE TEMP TRIGGER full_{table} BEFORE INSERT ON {table} BEGIN SELECT RAISE(ABORT, 'database or disk is full'); END;"
        for table in TABLES
    ),
    "card-unusable": "PRAGMA query_only = ON;",
}
HEALS = {
    "card-full": "".join(f"DROP TRIGGER full_{table};" for table in TABLES),
    "card-unusable": "PRAGMA query_only = OFF;",
}


@pytest.mark.parametrize("code", BREAKS)
def test_with_a_card_that_takes_nothing_people_are_served_or_told_and_it_ends_by_itself(hall, code):
    hall.visit()
    for member in MEMBERS:
        hall._card(member)._db.executescript(BREAKS[code])
    issued, rated = hall.count(TicketIssued), hall.count(TicketRated)
    hall.press(hall.plan.windows[0].serves[0])
    hall.run_for(30)
    # nobody has two numbers, and whoever got none sees why somewhere
    assert hall.count(TicketIssued) - issued in {0, 1}
    assert code in hall.codes("dispenser-1") or hall.count(TicketIssued) > issued
    if hall.act(asks.CallNext(id=hall.new_id(), window=1)).ok:
        hall.run_for(2)
        assert any("#" in row for row in hall.dots("sign-1"))
        hall.act(asks.Finish(id=hall.new_id(), window=1, outcome=Outcome.DONE))
        hall.run_for(2)
        hall.press_face(1, 4)
        hall.run_for(5)
        # a vote that cannot be kept is not thanked for, and not half kept
        assert hall.count(TicketRated) - rated in {0, 1}
        assert code in hall.codes("pad-1") or hall.count(TicketRated) > rated
    assert {agent.state for agent in hall.agents.values()} <= {MemberState.READY, MemberState.DEGRADED}
    assert code in hall.codes("pad-1")
    for member in MEMBERS:
        hall._card(member)._db.executescript(HEALS[code])
    hall.run_for(180)
    hall.visit()
    hall.run_for(30)
    assert all(not hall.codes(member) & {"card-full", "card-unusable"} for member in MEMBERS)


# --- whatever anybody says -------------------------------------------------------------------------------------------

LEAVES = (
    *(
        f"down/want/{part}"
        for part in ("display", "rating", "numbers", "services", "config", "lamp", "nothing")
    ),
    "down/command",
    "down/answer",
    "down/receipt",
)
JSONS = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats()
    | st.text(max_size=20)
    | st.sampled_from(["\x1b@\x1dV\x00", "\x1b[2J", "\u202eabc", "😀", "\x00", "2026-11-23T09:00:00+08:00", "A012", "idle"]),
    lambda inner: st.lists(inner, max_size=4)
    | st.dictionaries(
        st.sampled_from(
            ["rev", "mode", "window", "services", "ticket", "step", "until", "day", "blocks", "hall", "name", "values", "brightness",
             "log_level", "id", "type", "expires_s", "ok", "facts", "outbox", "upto", "phrase", "text", "issued"]
        ),
        inner,
        max_size=8,
    ),
    max_leaves=30,
)  # fmt: skip
PAYLOADS = (
    st.binary(max_size=200)
    | JSONS.map(lambda value: json.dumps(value).encode("utf-8", "surrogatepass"))
    | st.sampled_from(
        [
            b"[" * 5000,
            b'{"rev":"r","x":' + b"[" * 4000,
            b"{" * 100,
            b'{"rev":1e999}',
            b"\xff\xfe",
            b"NaN",
            b"9" * 5000,
        ]
    )
)


@pytest.fixture(scope="module")
def busy(tmp_path_factory):
    hall = make(tmp_path_factory.mktemp("busy"))
    yield hall
    hall.stop()


@pytest.mark.parametrize("member", MEMBERS)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(said=st.lists(st.tuples(st.sampled_from(LEAVES), PAYLOADS), min_size=1, max_size=6))
def test_nonsense_is_refused_prints_nothing_and_the_device_goes_on(busy, member, said):
    papers, agent = len(busy.papers()), busy.agents[member]
    for leaf, payload in said:
        # what decodes as a want that is meant for it, a device may follow: that is no nonsense
        busy.broker.take("hub", Packet(TOPICS.of(member, leaf), payload, 1, False))
    busy.run_for(0.5)
    assert busy.agents[member] is agent
    assert agent.link.connected
    assert len(busy.papers()) == papers
    assert agent.state in {MemberState.READY, MemberState.DEGRADED}


def test_after_all_of_it_a_visit_goes_as_ever(busy):
    busy.wants_again = busy.hub.wants.on_connected()  # what a hub says again at each connection
    busy.run_for(5)
    busy.visit()
