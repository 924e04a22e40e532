"""Births and wills: the epoch grows and is stored before each connect, and a stale will says nothing."""

import msgspec
import pytest

from hall.card import Card
from hall.errors import Fault
from hall.messages.common import MemberKind, MemberState
from hall.messages.presence import State
from hall.presence import Life, Presence
from hall.topics import Topics

TOPICS = Topics("demo")


def presence(card, boot="b-1"):
    return Presence(TOPICS, "pad-3", MemberKind.PAD, card, boot)


def said(packet):
    assert (packet.topic, packet.qos, packet.retain) == ("hall/1/demo/pad-3/$state", 1, True)
    return msgspec.json.decode(packet.payload)


def test_will_birth_and_goodbye_carry_the_same_epoch_and_boot():
    mine = presence(Card(":memory:"))
    will = said(mine.will())
    assert will == {"state": "lost", "epoch": 1, "boot": "b-1", "kind": "pad"}
    assert said(mine.birth(MemberState.DEGRADED)) == {**will, "state": "degraded"}
    assert said(mine.goodbye()) == {**will, "state": "disconnected"}


def test_the_epoch_is_on_the_disk_before_the_connection_is_tried(tmp_path):
    card = Card(tmp_path / "card")
    mine = presence(card)
    mine.will()
    mine.will()
    other = Card(tmp_path / "card")  # as after a kill at this very moment
    assert said(presence(other, "b-2").will())["epoch"] == 3
    card.close()
    other.close()


def test_a_full_card_keeps_nobody_off_the_bus(monkeypatch):
    card = Card(":memory:")

    def full(*_):
        raise Fault("card-full")

    monkeypatch.setattr(card, "put", full)
    mine = presence(card)
    assert [said(mine.will())["epoch"], said(mine.will())["epoch"]] == [1, 2]


def state(name, epoch, boot="b-1"):
    return State(state=MemberState(name), epoch=epoch, boot=boot, kind=MemberKind.PAD)


@pytest.mark.parametrize(
    ("heard", "counts"),
    [
        (state("lost", 1), False),  # the will of the connection before
        (state("lost", 2, "b-0"), False),  # of the run before
        (state("lost", 2), True),
        (state("disconnected", 2), True),
        (state("degraded", 2), True),
        (state("ready", 3), True),
        (state("ready", 1, "b-9"), True),  # a wiped card counts from one again
    ],
)
def test_a_will_counts_only_for_the_latest_birth(heard, counts):
    life = Life()
    life.hear(state("ready", 2))
    assert life.hear(heard) is counts
    assert life.heard == (heard if counts else state("ready", 2))
    assert life.working is (life.heard.state in {MemberState.READY, MemberState.DEGRADED})


def test_before_any_birth_a_lost_is_believed():
    life = Life()
    assert not life.working
    assert life.hear(state("lost", 7))
    assert not life.working
