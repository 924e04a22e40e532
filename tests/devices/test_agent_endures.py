"""Devices live through a wrong clock, a card that fails, and whatever anybody says to them; what cannot go on says why (R3, R7).

The real programs of every kind on their twins, in virtual time, with a real hub.
"""

import json
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from devices.agent.health import Vitals
from hall.link import Packet
from hall.messages import asks
from hall.messages.common import MemberState, Outcome
from hall.messages.facts import TicketIssued, TicketRated
from hall.topics import Topics
from tests.devices.five import CALL_KEY, DISPENSER, MEMBERS, PAD, SIGN, SPEAKER, FiveHall

TOPICS = Topics("demo")


class Life:
    """A program's scheduler whose wall clock is wrong."""

    def __init__(self, right, off):
        self._right, self._off = right, off

    def now(self):
        return self._right.now() + self._off

    def __getattr__(self, name):
        return getattr(self._right, name)


class Hall(FiveHall):
    """One device of each kind; their clocks may be off."""

    off = timedelta()

    def _life(self, member):
        life = super()._life(member)
        return Life(life, self.off) if member in MEMBERS else life


def make(folder, off=timedelta()):
    hall = type("ItsHall", (Hall,), {"off": off})(folder)
    hall.sits()
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
    issued, rated, heard = hall.count(TicketIssued), hall.count(TicketRated), len(hall.sounds)
    hall.press(hall.service)
    hall.run_for(30)
    # nobody has two numbers, and whoever got none sees why somewhere
    assert hall.count(TicketIssued) - issued in {0, 1}
    assert code in hall.codes(DISPENSER) or hall.count(TicketIssued) > issued
    if hall.calls():
        hall.run_for(2)
        assert any("#" in row for row in hall.dots(SIGN))
        # who is called hears it, although nobody can note that it was begun
        assert hall.soon(lambda: len(hall.sounds) > heard)
        hall.does(asks.Finish, outcome=Outcome.DONE)
        hall.run_for(2)
        hall.press_face(1, 4)
        hall.run_for(5)
        # a vote that cannot be kept is not thanked for, and not half kept
        assert hall.count(TicketRated) - rated in {0, 1}
        assert code in hall.codes(PAD) or hall.count(TicketRated) > rated
    assert {agent.state for agent in hall.agents.values()} <= {MemberState.READY, MemberState.DEGRADED}
    assert code in hall.codes(PAD)
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
        for part in ("display", "rating", "numbers", "services", "counter", "config", "lamp", "nothing")
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
             "log_level", "id", "type", "expires_s", "ok", "facts", "outbox", "upto", "phrase", "text", "issued", "state", "number",
             "waiting", "times", "rank"]
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
    papers, sounds, agent = len(busy.papers()), len(busy.sounds), busy.agents[member]
    for leaf, payload in said:
        # what decodes as a want that is meant for it, a device may follow: that is no nonsense
        busy.broker.take("hub", Packet(TOPICS.of(member, leaf), payload, 1, False))
    busy.run_for(0.5)
    assert busy.agents[member] is agent
    assert agent.link.connected
    assert len(busy.papers()) == papers
    assert len(busy.sounds) == sounds
    assert agent.state in {MemberState.READY, MemberState.DEGRADED}


CALL = {
    "type": "announce",
    "phrase": "voice.call",
    "text": {"zh": "请A012号，到3号窗口办理。", "en": "x"},
    "expires_s": 30,
    "age_s": 0,
}
COUNTER = {"rev": "9", "window": 1, "state": "called", "number": "A012", "waiting": 1}


@pytest.mark.parametrize(
    "wrong",
    [
        {"text": {"zh": "😀\x1b\x00", "en": "x"}},
        {"text": {"zh": "请" * 500, "en": "x"}},
        {"text": {"zh": "", "en": ""}},
        {"text": "请A012号"},
        {"times": 10**6},
        {"times": -1},
        {"times": 2**70},
        {"rank": -1},
        {"phrase": "voice.call\n\x1b"},
    ],
)
def test_what_nobody_should_hear_is_not_heard(busy, wrong):
    sounds = len(busy.sounds)
    said = json.dumps({"id": busy.new_id(), **CALL, **wrong}).encode()
    busy.broker.take("hub", Packet(TOPICS.of(SPEAKER, "down/command"), said, 1, False))
    busy.run_for(2.0)
    assert len(busy.sounds) == sounds
    assert busy.agents[SPEAKER].link.connected


@pytest.mark.parametrize(
    "wrong",
    [
        {"number": "\x1b@A"},
        {"number": "😀"},
        {"number": "A" * 900},
        {"waiting": 2**70},
        {"waiting": -1},
        {"state": "dancing"},
    ],
)
def test_what_no_clerk_should_see_is_not_shown(busy, wrong):
    shown = busy.dots(CALL_KEY)
    said = json.dumps({**COUNTER, **wrong}).encode()
    busy.broker.take("hub", Packet(TOPICS.of(CALL_KEY, "down/want/counter"), said, 1, False))
    busy.run_for(0.5)
    assert busy.dots(CALL_KEY) == shown
    assert busy.agents[CALL_KEY].link.connected


def test_after_all_of_it_a_visit_goes_as_ever(busy):
    busy.wants_again = busy.hub.wants.on_connected()  # what a hub says again at each connection
    busy.run_for(5)
    busy.visit()
