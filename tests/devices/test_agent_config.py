"""What the hub changes of a running device: all or nothing, at once, across restarts, and never for the worse."""

from datetime import datetime
from typing import Annotated
from zoneinfo import ZoneInfo

import pytest
from msgspec import Meta

from devices.agent.agent import Agent
from devices.agent.config import TRIAL_S, TRIES, AgentConfig
from devices.call_speaker.settings import SpeakerConfig
from devices.window_sign.settings import SignConfig
from hall import wire
from hall.card import Card
from hall.clock import VirtualScheduler
from hall.errors import Fault, Refused
from hall.link import Packet
from hall.memory import MemoryBroker
from hall.messages.common import MemberKind
from hall.messages.presence import Alert
from hall.messages.wants import Config, Have
from hall.topics import HUB_LIMIT, Topics

TOPICS = Topics("demo")


class LampConfig(AgentConfig, frozen=True, kw_only=True):
    """How bright."""

    bright: Annotated[int, Meta(ge=0, le=9)] | None = None


class Lamp(Agent):
    """Usually at 5. It cannot do 7, breaks at 8 and does not start at 9."""

    config_kind = LampConfig

    def __init__(self, **more):
        super().__init__(hall="demo", member="lamp-1", kind=MemberKind.PAD, **more)
        self.bright = 5
        self.levels = []

    def configure(self, config):
        wanted = 5 if config.bright is None else config.bright
        if wanted == 7:
            raise Refused("not-seven")
        self.bright = wanted
        if wanted == 8:
            raise ZeroDivisionError


class Place:
    """A lamp on a bus whose broker keeps what is wanted."""

    def __init__(self, path):
        self.path, self.levels = path, []
        self.time = VirtualScheduler(datetime(2026, 11, 23, 9, 0, tzinfo=ZoneInfo("Asia/Shanghai")))
        self.bus = MemoryBroker(self.time)
        self.heard = {}
        self.hub = self.bus.link("hub", HUB_LIMIT)
        self.hub.open(self, TOPICS.hub_filters())
        self.start()

    def will(self):
        return Packet(TOPICS.state("hub"), b"", 1, True)

    def on_connected(self):
        pass

    def on_disconnected(self):
        pass

    def on_message(self, packet):
        self.heard[packet.topic] = packet.payload

    def start(self):
        self.card = Card(self.path)
        self.lamp = Lamp(
            link=self.bus.link("lamp-1"),
            scheduler=self.time,
            card=self.card,
            set_log_level=self.levels.append,
        )
        self.lamp.open()
        self.time.settle()

    def crash(self):
        """The program is gone without a word."""
        self.bus.kill("lamp-1")
        self.lamp.link = None
        self.time = self.lamp.scheduler
        self.lamp._live._timer and self.lamp._live._timer.cancel()
        self.lamp._beat_timer.cancel()
        self.card.close()

    def end(self):
        self.lamp.close()
        self.time.settle()
        self.card.close()

    def want(self, rev, **values):
        """What the lamp answered."""
        packet = Packet(
            TOPICS.of("lamp-1", "down/want/config"), wire.encode(Config(rev=rev, values=values)), 1, True
        )
        self.hub.publish(packet)
        self.time.settle()
        have = wire.decode(Have, self.heard[TOPICS.of("lamp-1", "up/have/config")])
        return have.rev, have.ok, have.code

    @property
    def alert(self):
        payload = self.heard.get(TOPICS.of("lamp-1", "$alert/config"))
        return wire.decode(Alert, payload).code if payload else None


@pytest.fixture
def place(tmp_path):
    place = Place(tmp_path / "lamp.card")
    yield place
    place.card.close()


def test_good_settings_are_in_force_at_once_and_what_they_leave_out_is_as_in_the_file(place):
    assert place.want("1", bright=3) == ("1", True, None)
    assert place.lamp.bright == 3
    assert place.want("2") == ("2", True, None)
    assert place.lamp.bright == 5


@pytest.mark.parametrize(
    "values",
    [
        {"bright": 10},
        {"bright": "3"},
        {"bright": True},
        {"bright": 3, "colour": "red"},
        {"log_level": "loud"},
    ],
)
def test_a_wrong_value_or_an_unknown_key_refuses_all_of_it(place, values):
    place.want("1", bright=3)
    assert place.want("2", **values) == ("2", False, "not-valid")
    assert place.lamp.bright == 3
    assert place.alert == "config-refused"
    place.want("3", bright=4)
    assert place.alert is None


def test_what_the_device_refuses_changes_nothing(place):
    place.want("1", bright=3)
    assert place.want("2", bright=7) == ("2", False, "not-seven")
    assert place.lamp.bright == 3


def test_what_breaks_on_the_way_is_put_back(place):
    place.want("1", bright=3)
    assert place.want("2", bright=8) == ("2", False, "config-failed")
    assert place.lamp.bright == 3


def test_the_next_start_has_them_before_anybody_says_so_again(place):
    place.want("1", bright=3)
    place.end()
    place.hub.publish(Packet(TOPICS.of("lamp-1", "down/want/config"), b"", 1, True))
    place.time.settle()
    place.start()
    assert place.lamp.bright == 3


def test_settings_that_no_start_outlives_are_taken_back_and_refused_when_told_again(place):
    place.want("1", bright=3)
    place.time.run_for(TRIAL_S + 1)
    place.want("2", bright=9)
    for _ in range(TRIES):
        place.crash()
        place.start()
        assert place.lamp.bright == 9
    place.crash()
    place.start()
    assert place.lamp.bright == 3
    assert place.alert == "config-refused"
    assert place.want("2", bright=9) == ("2", False, "config-fatal")
    assert place.want("3", bright=4) == ("3", True, None)


def test_settings_that_were_lived_with_stay_however_often_the_power_fails(place):
    place.want("1", bright=3)
    place.time.run_for(TRIAL_S + 1)
    for _ in range(TRIES + 2):
        place.crash()
        place.start()
    assert place.lamp.bright == 3


def test_a_program_that_is_stopped_well_in_the_first_minute_has_not_failed(place):
    place.want("1", bright=3)
    for _ in range(TRIES + 2):
        place.end()
        place.start()
    assert place.lamp.bright == 3
    assert place.alert is None


@pytest.mark.parametrize("kept", [b"[1]", b'{"good":{"bright":99}}', b'{"good":{"nothing":1}}', b"{"])
def test_nonsense_on_the_card_is_as_if_nothing_was_kept(place, kept):
    place.want("1", bright=3)
    place.end()
    card = Card(place.path)
    card.write("UPDATE card SET value = ? WHERE key = 'config'", (kept,))
    card.close()
    place.hub.publish(Packet(TOPICS.of("lamp-1", "down/want/config"), b"", 1, True))
    place.time.settle()
    place.start()
    assert place.lamp.bright == 5
    assert place.want("2", bright=4) == ("2", True, None)


def test_settings_that_cannot_be_kept_are_in_force_and_are_said_not_to_last(place, monkeypatch):
    def full(*_):
        raise Fault("card-full")

    monkeypatch.setattr(place.lamp.card, "put", full)
    assert place.want("1", bright=3) == ("1", False, "card-full")
    assert place.lamp.bright == 3
    assert place.want("1", bright=3) == ("1", False, "card-full"), "told again it is no better kept"
    monkeypatch.undo()
    assert place.want("1", bright=3) == ("1", True, None)
    place.end()
    place.hub.publish(Packet(TOPICS.of("lamp-1", "down/want/config"), b"", 1, True))
    place.start()
    assert place.lamp.bright == 3


def test_the_log_level_is_a_setting_of_every_device(place):
    place.want("1", log_level="debug")
    place.want("2")
    assert place.levels[-2:] == ["debug", None]


@pytest.mark.parametrize("kind", [SignConfig, SpeakerConfig])
def test_whatever_a_device_lets_change_is_as_in_its_file_unless_it_is_said(kind):
    assert all(getattr(kind(), name) is None for name in kind.__struct_fields__)
    assert "log_level" in kind.__struct_fields__
