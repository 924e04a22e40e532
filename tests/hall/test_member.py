"""What every member of the bus does by itself: births, rebirths, alerts, and noticing the hub."""

import pytest

from hall import wire
from hall.card import Card
from hall.link import Packet
from hall.member import Member
from hall.messages.common import Level, MemberKind
from hall.messages.presence import Alert, Description, State
from hall.messages.wants import Have
from hall.text import Text
from hall.topics import HUB_LIMIT, Topics

TOPICS = Topics("demo")
PAPER_OUT = Text(zh="缺纸", en="out of paper")


class HubEar:
    """A hub that only listens, and says how it is."""

    def __init__(self, bus):
        self.heard = []
        self.epoch = 0
        self.link = bus.link("hub", HUB_LIMIT)
        self.link.open(self, TOPICS.hub_filters())

    def will(self):
        self.epoch += 1
        return self.state("lost")

    def state(self, state, epoch=None):
        said = {"state": state, "epoch": epoch or self.epoch, "boot": "hub-1", "kind": "hub"}
        return Packet(TOPICS.state("hub"), wire._encode(said), 1, True)

    def on_connected(self):
        self.link.publish(self.state("ready"))

    def on_disconnected(self):
        pass

    def on_message(self, packet):
        self.heard.append(packet)

    def leaves(self):
        """The leaves heard, in order."""
        return [p.topic.removeprefix("hall/1/demo/pad-3/") for p in self.heard]


class Pad(Member):
    """A member that remembers what it was told."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.story, self.told = [], []

    def on_hub(self, ready):
        self.story.append(("hub", ready, self.scheduler.mono()))

    def on_up(self):
        self.story.append("up")

    def on_down(self):
        self.story.append("down")

    def on_told(self, address, packet):
        self.told.append((address.leaf.name, packet.payload))


@pytest.fixture
def hub(bus, clock):
    hub = HubEar(bus)
    clock.settle()
    return hub


@pytest.fixture
def card():
    return Card(":memory:")


@pytest.fixture
def pad(bus, clock, card):
    def make(open_=True):
        description = Description(kind=MemberKind.PAD, model="m", serial="s", version="v")
        pad = Pad(
            hall="demo",
            member="pad-3",
            kind=MemberKind.PAD,
            link=bus.link("pad-3"),
            scheduler=clock,
            card=card,
            description=description,
        )
        if open_:
            pad.open()
            clock.settle()
        return pad

    return make


def retained(bus, leaf):
    return bus.retained.get(f"hall/1/demo/pad-3/{leaf}")


def state_of(bus):
    return wire.decode(State, retained(bus, "$state").payload)


def test_a_connected_member_is_born_retained_and_says_what_it_is(bus, pad):
    member = pad()
    born = state_of(bus)
    assert (born.state.value, born.epoch, born.boot, born.kind) == ("ready", 1, member.boot, MemberKind.PAD)
    assert wire.decode(Description, retained(bus, "$desc").payload).model == "m"


def test_each_connection_has_a_new_epoch_and_each_run_a_new_boot(bus, pad, clock):
    first = pad()
    bus.cut("pad-3")
    clock.settle()
    lost = state_of(bus)
    assert (lost.state.value, lost.epoch, lost.boot) == ("lost", 1, first.boot)
    bus.mend("pad-3")
    clock.settle()
    assert (state_of(bus).state.value, state_of(bus).epoch) == ("ready", 2)
    bus.kill("pad-3")
    second = pad()
    born = state_of(bus)
    assert (born.epoch, born.boot) == (3, second.boot)
    assert second.boot != first.boot


def test_a_clean_goodbye_says_disconnected(bus, pad, clock):
    member = pad()
    member.close()
    member.close()
    clock.settle()
    assert state_of(bus).state.value == "disconnected"


def test_a_fault_degrades_and_its_end_makes_ready_a_warning_does_neither(bus, pad):
    member = pad()
    member.alert("paper", Level.WARNING, "paper-low", Text(zh="纸少", en="little paper"))
    assert state_of(bus).state.value == "ready"
    member.alert("paper", Level.FAULT, "paper-out", PAPER_OUT)
    assert state_of(bus).state.value == "degraded"
    assert wire.decode(Alert, retained(bus, "$alert/paper").payload).code == "paper-out"
    member.clear("paper")
    member.clear("paper")
    assert state_of(bus).state.value == "ready"
    assert retained(bus, "$alert/paper") is None


def test_an_alert_told_twice_is_one_and_keeps_its_beginning(bus, pad, clock):
    member = pad()
    begun = clock.now()
    member.alert("paper", Level.WARNING, "paper-low", PAPER_OUT)
    count = bus.count
    clock.run_for(2)
    member.alert("paper", Level.WARNING, "paper-low", PAPER_OUT)
    assert bus.count == count
    member.alert("paper", Level.FAULT, "paper-out", PAPER_OUT)
    assert wire.decode(Alert, retained(bus, "$alert/paper").payload).since == begun


def test_an_alert_from_before_a_kill_that_is_no_longer_true_is_emptied(bus, pad, hub):
    first = pad()
    first.alert("paper", Level.FAULT, "paper-out", PAPER_OUT)
    first.alert("clock", Level.WARNING, "clock-unsynced", PAPER_OUT)
    bus.kill("pad-3")
    second = pad(open_=False)
    second.alert("clock", Level.WARNING, "clock-unsynced", PAPER_OUT)
    second.open()
    second.scheduler.settle()
    assert retained(bus, "$alert/paper") is None
    assert retained(bus, "$alert/clock") is not None


def test_an_alert_solved_while_the_link_was_down_is_emptied_on_return(bus, pad, clock):
    member = pad()
    member.alert("paper", Level.FAULT, "paper-out", PAPER_OUT)
    bus.cut("pad-3")
    clock.settle()
    member.clear("paper")
    assert retained(bus, "$alert/paper") is not None
    bus.mend("pad-3")
    clock.settle()
    assert retained(bus, "$alert/paper") is None


def test_rebirth_and_a_new_broker_get_everything_again(bus, pad, hub, clock):
    member = pad()
    member.have("display", "r-7")
    member.alert("paper", Level.FAULT, "paper-out", PAPER_OUT)
    clock.settle()
    hub.heard.clear()
    hub.link.publish(Packet(TOPICS.rebirth, b'{"epoch":3}'))
    clock.settle()
    assert hub.leaves() == ["$state", "$desc", "up/have/display", "$alert/paper"]
    assert wire.decode(Have, hub.heard[2].payload) == Have(rev="r-7")
    bus.stop()
    clock.settle()
    bus.start()
    clock.settle()
    assert state_of(bus).state.value == "degraded"
    assert retained(bus, "up/have/display") is not None


def test_the_hub_is_told_there_when_it_is_ready(bus, hub, pad, clock):
    member = pad()
    assert member.story == ["up", ("hub", True, 0.0)]
    assert member.hub is True


def test_a_hub_that_is_back_within_the_grace_is_not_mentioned(bus, hub, pad, clock):
    member = pad()
    bus.cut("hub")
    clock.run_for(2.9)
    bus.mend("hub")
    clock.run_for(60)
    assert member.story == ["up", ("hub", True, 0.0)]


def test_a_hub_that_stays_away_is_told_once_and_its_return_too(bus, hub, pad, clock):
    member = pad()
    bus.cut("hub")
    clock.run_for(10)
    assert member.story[2:] == [("hub", False, 3.0)]
    bus.mend("hub")
    clock.run_for(10)
    assert member.story[3:] == [("hub", True, 10.0)]


def test_a_link_that_is_down_is_a_hub_that_is_away(bus, hub, pad, clock):
    member = pad()
    bus.cut("pad-3")
    clock.run_for(10)
    assert member.story[2:] == ["down", ("hub", False, 3.0)]
    bus.mend("pad-3")
    clock.settle()
    assert member.story[4:] == ["up", ("hub", True, 10.0)]


def test_a_hub_never_heard_of_is_away_after_the_grace(pad, clock):
    member = pad()
    clock.run_for(5)
    assert member.story == ["up", ("hub", False, 3.0)]


def test_a_stale_will_of_the_hub_changes_nothing(bus, hub, pad, clock):
    member = pad()
    bus.cut("hub")
    bus.mend("hub")
    clock.settle()
    hub.link.publish(hub.state("lost", epoch=1))  # arrives after the birth of epoch 2
    clock.run_for(30)
    assert ("hub", False, 3.0) not in member.story
    hub.link.publish(hub.state("lost", epoch=2))
    clock.run_for(30)
    assert member.story[-1][:2] == ("hub", False)


@pytest.mark.parametrize(
    "payload", [b"rubbish", b"{}", b"[" * 8000, b"\xff", b'{"state":"ready","epoch":-1}']
)
@pytest.mark.parametrize("leaf", ["pad-3/down/answer", "hub/$state", "hub/rebirth"])
def test_nonsense_from_the_bus_is_one_log_line_and_nothing_else(bus, hub, pad, clock, caplog, leaf, payload):
    if leaf == "hub/rebirth" and payload == b"{}":
        return  # that is a rebirth
    member = pad()
    story = list(member.story)
    caplog.clear()
    hub.link.publish(Packet(f"hall/1/demo/{leaf}", payload))
    clock.run_for(30)
    assert member.story == story
    assert [r.getMessage() for r in caplog.records] == ["message dropped"]


def test_what_the_member_does_not_know_is_its_programs(bus, hub, pad, clock):
    member = pad()
    hub.link.publish(Packet("hall/1/demo/pad-3/down/want/rating", b"{}"))
    clock.settle()
    assert member.told[-1] == ("down/want/<part>", b"{}")
