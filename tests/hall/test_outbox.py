"""Events arrive, whatever is lost, doubled, cut or killed; once each, in order."""

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hall import wire
from hall.card import Card
from hall.clock import VirtualScheduler
from hall.errors import Fault, Malformed
from hall.link import Packet
from hall.memory import MemoryBroker
from hall.messages import events
from hall.messages.answers import Receipt
from hall.outbox import IN_FLIGHT, Outbox

RATED = {"ticket": "t", "window": 3, "step": 1, "grade": 4}


class Hub:
    """Commits events in order and gives receipts, as the contract says."""

    def __init__(self):
        self.committed, self.upto = {}, {}

    def hear(self, event):
        upto = self.upto.setdefault(event.outbox, event.first - 1)
        upto = max(upto, event.first - 1)
        if event.seq == upto + 1:
            self.committed[event.outbox, event.seq] = event
            upto = event.seq
        self.upto[event.outbox] = upto
        return Receipt(outbox=event.outbox, upto=upto)


def outbox_of(card, clock, sent, up=True, **more):
    outbox = Outbox(card, clock, "boot-1", lambda event: sent.append(event) or True, **more)
    if up:
        outbox.on_connected()
    return outbox


def test_an_event_carries_who_when_and_how_sure(clock):
    sent = []
    outbox = outbox_of(Card(":memory:"), clock, sent, clock_ok=lambda: False, ids=lambda: "the-outbox")
    clock.run_for(2.5)
    assert outbox.add(events.Rated, **RATED) == 1
    (event,) = sent
    assert event == events.Rated(
        outbox="the-outbox",
        seq=1,
        boot="boot-1",
        mono_ms=2500,
        at=clock.now(),
        clock_ok=False,
        first=1,
        **RATED,
    )


def test_it_is_on_the_disk_before_it_is_sent_and_after_a_restart(tmp_path, clock):
    card = Card(tmp_path / "card")
    other = Card(tmp_path / "card")
    seen = []
    outbox = Outbox(
        card, clock, "b", lambda _e: seen.append(other.row("SELECT count(*) FROM outbox")[0]) or True
    )
    outbox.on_connected()
    outbox.add(events.Rated, **RATED)
    assert seen == [1]
    card.close()
    other.close()
    sent, card = [], Card(tmp_path / "card")
    again = outbox_of(card, clock, sent)
    assert (again.id, again.depth, [e.seq for e in sent]) == (outbox.id, 1, [1])
    assert again.add(events.Rated, **RATED) == 2
    card.close()


def test_a_settled_number_is_never_used_again(tmp_path, clock):
    card = Card(tmp_path / "card")
    outbox = outbox_of(card, clock, [])
    outbox.add(events.Rated, **RATED)
    outbox.on_receipt(Receipt(outbox=outbox.id, upto=1))
    assert outbox.depth == 0
    card.close()
    card = Card(tmp_path / "card")
    assert outbox_of(card, clock, []).add(events.Rated, **RATED) == 2
    card.close()


def test_a_wiped_card_is_a_new_outbox(clock):
    assert outbox_of(Card(":memory:"), clock, []).id != outbox_of(Card(":memory:"), clock, []).id


def test_unreceipted_events_are_sent_again_every_five_seconds(clock):
    sent = []
    outbox = outbox_of(Card(":memory:"), clock, sent)
    outbox.add(events.Rated, **RATED)
    clock.run_for(4.9)
    assert len(sent) == 1
    clock.run_for(10.2)
    assert [e.seq for e in sent] == [1, 1, 1, 1]
    outbox.on_receipt(Receipt(outbox=outbox.id, upto=1))
    clock.run_for(60)
    assert len(sent) == 4


def test_at_most_fifty_are_in_flight_and_receipts_make_room(clock):
    sent = []
    outbox = outbox_of(Card(":memory:"), clock, sent)
    for _ in range(120):
        outbox.add(events.Rated, **RATED)
    assert [e.seq for e in sent] == list(range(1, IN_FLIGHT + 1))
    outbox.on_receipt(Receipt(outbox=outbox.id, upto=10))
    assert [e.seq for e in sent[IN_FLIGHT:]] == list(range(51, 61))
    assert {e.first for e in sent[IN_FLIGHT:]} == {11}
    sent.clear()
    clock.run_for(5)
    assert [e.seq for e in sent] == list(range(11, 61))


@pytest.mark.parametrize(
    ("kept", "told"),
    [
        (b'{"outbox":"o","seq":1,"type":"from-tomorrow","new":7}', {"type": "from-tomorrow", "new": 7}),
        (b'{"outbox":"o","seq', {}),
        (b"[7]", {}),
    ],
    ids=["of a release that was taken back", "spoilt", "no event at all"],
)
def test_what_this_release_cannot_read_is_sent_for_the_hub_to_judge_and_holds_nothing_up(clock, kept, told):
    card, sent = Card(":memory:"), []
    Outbox(card, clock, "boot-0", lambda _: False, ids=lambda: "o")
    card.write("INSERT INTO outbox (seq, event) VALUES (1, ?)", (kept,))
    outbox = outbox_of(card, clock, sent)
    outbox.add(events.Rated, **RATED)
    strange, rated = (json.loads(wire.encode(event)) for event in sent)
    assert strange == {"outbox": "o", "seq": 1, "first": 1, **told}
    assert (rated["seq"], rated["type"]) == (2, "rated")
    outbox.on_receipt(Receipt(outbox="o", upto=2))
    assert outbox.depth == 0


def test_nothing_is_sent_while_the_link_is_down_and_all_of_it_when_it_is_back(clock):
    sent = []
    outbox = outbox_of(Card(":memory:"), clock, sent, up=False)
    for _ in range(3):
        outbox.add(events.Rated, **RATED)
    clock.run_for(60)
    assert sent == []
    outbox.on_connected()
    assert [e.seq for e in sent] == [1, 2, 3]
    outbox.on_disconnected()
    clock.run_for(60)
    outbox.on_connected()
    assert [e.seq for e in sent] == [1, 2, 3, 1, 2, 3]


def test_a_link_that_takes_nothing_is_tried_again(clock):
    open_, sent = [], []
    outbox = Outbox(Card(":memory:"), clock, "b", lambda e: bool(open_) and not sent.append(e))
    outbox.on_connected()
    outbox.add(events.Rated, **RATED)
    clock.run_for(7)
    assert sent == []
    open_.append(1)
    clock.run_for(5)
    assert [e.seq for e in sent] == [1]


def test_foreign_stale_and_impossible_receipts_settle_nothing(clock):
    outbox = outbox_of(Card(":memory:"), clock, [])
    for _ in range(3):
        outbox.add(events.Rated, **RATED)
    for receipt in [("someone-else", 3), (outbox.id, 0), (outbox.id, 4), (outbox.id, 2**53)]:
        outbox.on_receipt(Receipt(outbox=receipt[0], upto=receipt[1]))
    assert outbox.depth == 3
    outbox.on_receipt(Receipt(outbox=outbox.id, upto=2))
    outbox.on_receipt(Receipt(outbox=outbox.id, upto=1))
    assert outbox.depth == 1


def test_a_full_disk_raises_and_loses_nothing_kept_before(tmp_path, clock):
    card, sent = Card(tmp_path / "card"), []
    outbox = outbox_of(card, clock, sent)
    outbox.add(events.Rated, **RATED)
    card.row(f"PRAGMA max_page_count = {card.row('PRAGMA page_count')[0]}")

    def fill():
        while True:
            outbox.add(events.Rated, **RATED)

    with pytest.raises(Fault) as caught:
        fill()
    assert caught.value.code == "card-full"
    kept = outbox.depth
    card.row("PRAGMA max_page_count = 100000")
    assert (
        outbox.add(events.Rated, **RATED) == kept + 1
    )  # the number that could not be kept is given to the next
    assert kept + 1 == card.row("SELECT count(*) FROM outbox")[0]
    card.close()


def test_a_receipt_that_a_full_disk_cannot_keep_only_means_sending_again(clock, monkeypatch):
    card, sent = Card(":memory:"), []
    outbox = outbox_of(card, clock, sent)
    outbox.add(events.Rated, **RATED)
    with monkeypatch.context() as patch:

        def full(*_):
            raise Fault("card-full")

        patch.setattr(card, "write", full)
        outbox.on_receipt(Receipt(outbox=outbox.id, upto=1))
    assert outbox.depth == 1
    clock.run_for(5)
    assert [e.seq for e in sent] == [1, 1]
    outbox.on_receipt(Receipt(outbox=outbox.id, upto=1))
    assert outbox.depth == 0


def test_an_event_the_hub_could_not_read_is_refused_before_it_is_kept(clock):
    outbox = outbox_of(Card(":memory:"), clock, [])
    with pytest.raises(Malformed):
        outbox.add(events.Rated, ticket="t", window=3, step=1, grade=5)
    with pytest.raises(Malformed) as caught:
        outbox.add(events.SelfTest, results={"text": "x" * 9000})
    assert caught.value.code == "too-large"
    assert outbox.depth == 0


def test_ten_thousand_events_wait_for_a_hub_that_was_away_for_a_day(tmp_path, clock):
    card = Card(tmp_path / "card")
    card.row("PRAGMA synchronous = OFF")  # the subject is the number, not this disk
    outbox = outbox_of(card, clock, [], up=False)
    for n in range(10_000):
        outbox.add(events.Rated, **{**RATED, "ticket": f"t-{n}"})
    card.close()
    card, hub = Card(tmp_path / "card"), Hub()
    answers = []
    again = Outbox(card, clock, "boot-2", lambda event: answers.append(hub.hear(event)) or True)
    again.on_connected()
    while again.depth:
        receipts, answers[:] = answers[:], []
        again.on_receipt(receipts[-1])
    assert [e.ticket for e in hub.committed.values()] == [f"t-{n}" for n in range(10_000)]
    card.close()


WORLD = st.lists(
    st.one_of(
        st.just(("add",)),
        st.tuples(st.just("lose"), st.sampled_from(["up", "down"]), st.integers(1, 5)),
        st.tuples(st.just("double"), st.sampled_from(["up", "down"]), st.integers(1, 5)),
        st.just(("cut",)),
        st.just(("kill",)),
        st.tuples(st.just("wait"), st.floats(0, 8)),
    ),
    max_size=60,
)


@given(WORLD)
def test_whatever_the_bus_does_every_event_is_committed_once_and_in_order(world):
    clock = VirtualScheduler(datetime(2026, 1, 1, tzinfo=UTC))
    bus, card, hub, made = MemoryBroker(clock), Card(":memory:"), Hub(), []

    class HubEar:
        will = staticmethod(lambda: Packet("w/h", b"", retain=True))
        on_connected = on_disconnected = staticmethod(lambda: None)

        def on_message(self, packet):
            receipt = hub.hear(wire.decode_event(packet.payload))
            hub_link.publish(Packet("down", wire.encode(receipt), 0))

    hub_link = bus.link("hub")
    hub_link.open(HubEar(), ["up"])

    class Device:
        will = staticmethod(lambda: Packet("w/d", b"", retain=True))

        def __init__(self):
            self.link = bus.link("dev")
            self.outbox = Outbox(card, clock, "b", lambda e: self.link.publish(Packet("up", wire.encode(e))))
            self.link.open(self, ["down"])

        def on_connected(self):
            self.outbox.on_connected()

        def on_disconnected(self):
            self.outbox.on_disconnected()

        def on_message(self, packet):
            self.outbox.on_receipt(wire.decode(Receipt, packet.payload))

    device = Device()
    for step in world:
        match step:
            case ("add",):
                ticket = f"t-{len(made)}"
                device.outbox.add(events.Rated, **{**RATED, "ticket": ticket})
                made.append(ticket)
            case ("lose", topic, count):
                bus.lose_next(topic, count)
            case ("double", topic, count):
                bus.duplicate_next(topic, count)
            case ("cut",):
                bus.cut("dev")
                clock.run_for(1)
                bus.mend("dev")
            case ("kill",):
                device.outbox.close()
                bus.kill("dev")
                device = Device()
            case ("wait", seconds):
                clock.run_for(seconds)
    clock.run_for(400)
    assert [e.ticket for e in hub.committed.values()] == made
    assert device.outbox.depth == 0
    card.close()
