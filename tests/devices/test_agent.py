"""What every device does by itself: reports, commands, wants, beats."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from devices.agent.agent import Agent
from devices.agent.health import Vitals, clock_ok, machine
from devices.agent.settings import AgentSettings
from hall import settings, wire
from hall.card import Card
from hall.clock import VirtualScheduler
from hall.errors import BadSettings, Fault
from hall.link import Packet
from hall.memory import MemoryBroker
from hall.messages import events
from hall.messages.commands import Announce, Identify, Print, Restart, Result, RunSelfTest, Wipe
from hall.messages.common import MemberKind, MemberState, Via
from hall.messages.facts import TicketIssued
from hall.messages.presence import Alert, Beat
from hall.messages.wants import Display, Have
from hall.text import Text
from hall.topics import HUB_LIMIT, Topics

TOPICS = Topics("demo")
RATED = {"ticket": "t", "window": 3, "step": 1, "grade": 4}


class Hub:
    """Hears everything of sign-3, receipts when asked to."""

    def __init__(self, bus):
        self.heard = []
        self.receipts = True
        self.link = bus.link("hub", HUB_LIMIT)
        self.link.open(self, TOPICS.hub_filters())

    def will(self):
        return Packet(TOPICS.state("hub"), b"", 1, True)

    def on_connected(self):
        pass

    def on_disconnected(self):
        pass

    def on_message(self, packet):
        self.heard.append(packet)
        if packet.topic.endswith("up/event") and self.receipts:
            event = wire.decode_event(packet.payload)
            self.say("down/receipt", f'{{"outbox":"{event.outbox}","upto":{event.seq}}}'.encode())

    def say(self, leaf, message, retain=False):
        payload = message if isinstance(message, bytes) else wire.encode(message)
        self.link.publish(Packet(TOPICS.of("sign-3", leaf), payload, 1, retain))

    def got(self, leaf, kind):
        topic = TOPICS.of("sign-3", leaf)
        return [wire.decode(kind, p.payload) for p in self.heard if p.topic == topic]


class Sign(Agent):
    """Shows what it is told."""

    def __init__(self, **more):
        super().__init__(kind=MemberKind.SIGN, **more)
        self.shown, self.announced, self.identified, self.hubs = [], [], 0, []

    def on_want(self, part, want):
        match want:
            case Display(mode="broken"):
                raise Fault("panel-fault")
            case Display(mode="bug"):
                raise ZeroDivisionError
            case Display():
                self.shown.append(want)
                self.have(part, want.rev)
            case _:
                super().on_want(part, want)

    def on_command(self, command):
        match command:
            case Announce(phrase="broken"):
                raise Fault("sound-missing")
            case Announce(phrase="bug"):
                raise ZeroDivisionError
            case Announce():
                self.announced.append(command.id)
            case _:
                super().on_command(command)

    def identify(self):
        self.identified += 1

    def on_hub(self, ready):
        self.hubs.append(ready)


@pytest.fixture
def clock():
    return VirtualScheduler(datetime(2026, 11, 23, 9, 0, tzinfo=ZoneInfo("Asia/Shanghai")))


@pytest.fixture
def bus(clock):
    return MemoryBroker(clock)


@pytest.fixture
def hub(bus, clock):
    hub = Hub(bus)
    clock.settle()
    return hub


@pytest.fixture
def card():
    return Card(":memory:")


@pytest.fixture
def sign(bus, clock, card, hub):
    def make(**more):
        sign = Sign(hall="demo", member="sign-3", link=bus.link("sign-3"), scheduler=clock, card=card, **more)
        sign.open()
        clock.settle()
        return sign

    return make


def announce(command_id="c-1", phrase="voice.call"):
    return Announce(id=command_id, expires_s=30, phrase=phrase, text=Text(zh="请", en="please"))


def test_an_event_arrives_and_is_forgotten_after_its_receipt(sign, hub, clock):
    agent = sign()
    assert agent.say(events.Rated, **RATED) == 1
    clock.settle()
    (event,) = hub.got("up/event", events.AnyEvent)
    assert (event.ticket, event.boot) == ("t", agent.boot)
    assert agent.outbox.depth == 0


def test_events_of_an_evening_without_hub_arrive_after_a_restart(sign, bus, hub, clock):
    hub.receipts = False
    first = sign()
    bus.cut("sign-3")
    clock.settle()
    first.say(events.Rated, **RATED)
    first.say(events.Rated, **{**RATED, "grade": 1})
    bus.kill("sign-3")
    bus.mend("sign-3")
    hub.receipts = True
    second = sign()
    assert [e.grade for e in hub.got("up/event", events.AnyEvent)] == [4, 1]
    assert {e.boot for e in hub.got("up/event", events.AnyEvent)} == {first.boot}
    assert second.outbox.depth == 0


def test_beats_come_every_five_seconds_and_tell_how_the_machine_is(sign, hub, bus, clock):
    vitals = Vitals(temperature_c=51.5, rss_mb=30.0, disk_free_mb=900.0, clock_ok=False)
    hub.receipts = False
    agent = sign(health=lambda: vitals)
    agent.say(events.Rated, **RATED)
    clock.run_for(15)
    beats = hub.got("up/beat", Beat)
    assert [b.uptime_s for b in beats] == [0, 5, 10, 15]
    assert beats[-1] == Beat(
        epoch=1, outbox=1, uptime_s=15, temperature_c=51.5, rss_mb=30.0, disk_free_mb=900.0, clock_ok=False
    )
    assert {p.qos for p in hub.heard if p.topic.endswith("up/beat")} == {0}
    assert hub.got("up/event", events.AnyEvent)[0].clock_ok is False
    bus.cut("sign-3")
    clock.run_for(10)
    assert len(hub.got("up/beat", Beat)) == 4
    agent.close()
    bus.mend("sign-3")
    clock.run_for(60)
    assert len(hub.got("up/beat", Beat)) == 4


def test_a_want_is_applied_and_said(sign, hub, clock):
    agent = sign()
    hub.say("down/want/display", Display(rev="r-1", mode="idle", window=3), retain=True)
    clock.settle()
    assert [w.mode for w in agent.shown] == ["idle"]
    assert hub.got("up/have/display", Have) == [Have(rev="r-1")]


@pytest.mark.parametrize(
    ("part", "payload", "rev", "code"),
    [
        ("display", b'{"rev":"r-2","mode":"idle","window":"three"}', "r-2", "not-valid"),
        ("display", b'{"rev":7,"mode":"idle","window":3}', "", "not-valid"),
        ("display", b"rubbish", "", "not-json"),
        ("display", b'{"rev":"r-2","x":' + b"[" * 9000, "", "too-deep"),
        ("display", b'{"rev":"r-2","mode":"broken","window":3}', "r-2", "panel-fault"),
        ("tomorrow", b'{"rev":"r-2"}', "r-2", "unsupported"),
        ("config", b'{"rev":"r-2","values":{"volume":3}}', "r-2", "not-valid"),
    ],
)
def test_a_want_that_cannot_be_used_is_said_and_the_state_before_it_stays(
    sign, hub, clock, part, payload, rev, code
):
    agent = sign()
    hub.say("down/want/display", Display(rev="r-1", mode="idle", window=3), retain=True)
    hub.say(f"down/want/{part}", payload, retain=True)
    clock.settle()
    assert [w.rev for w in agent.shown] == ["r-1"]
    assert hub.got(f"up/have/{part}", Have)[-1] == Have(rev=rev, ok=False, code=code)


def test_a_mistake_in_applying_a_want_is_said_too_and_not_hidden(sign, hub, clock):
    sign()
    hub.say("down/want/display", Display(rev="r-1", mode="bug", window=3))
    with pytest.raises(ZeroDivisionError):  # in a process the inbox logs it and goes on
        clock.settle()
    clock.settle()
    assert hub.got("up/have/display", Have) == [Have(rev="r-1", ok=False, code="error")]


def test_an_emptied_want_is_no_want(sign, hub, clock):
    agent = sign()
    hub.say("down/want/display", b"", retain=True)
    clock.settle()
    assert agent.shown == []
    assert hub.got("up/have/display", Have) == []


def test_a_command_is_done_once_and_its_result_told(sign, hub, clock):
    agent = sign()
    hub.say("down/command", announce())
    hub.say("down/command", announce())
    clock.settle()
    assert agent.announced == ["c-1"]
    assert hub.got("up/result", Result) == []
    agent.finish("c-1", "done")
    hub.say("down/command", announce())
    clock.settle()
    assert hub.got("up/result", Result) == [Result(id="c-1", phase="done")] * 2


def test_a_retained_command_is_dropped(sign, hub, clock):
    hub.say("down/command", announce(), retain=True)
    agent = sign()
    assert agent.announced == []


def test_a_command_that_fails_says_why(sign, hub, clock):
    sign()
    hub.say("down/command", announce(phrase="broken"))
    clock.settle()
    assert hub.got("up/result", Result) == [Result(id="c-1", phase="failed", code="sound-missing")]
    hub.say("down/command", announce("c-2", phrase="bug"))
    with pytest.raises(ZeroDivisionError):
        clock.settle()
    clock.settle()
    assert hub.got("up/result", Result)[-1] == Result(id="c-2", phase="failed", code="error")


def test_what_a_device_cannot_do_is_refused(sign, hub, clock):
    sign()
    issued = TicketIssued(
        n=1, at=clock.now(), ticket="t", number="A012", service="A", lane="normal", via=Via.DESK, ahead=0,
        wait_min_s=None, wait_max_s=None, windows=(),
    )  # fmt: skip
    hub.say("down/command", Print(id="c-1", expires_s=30, issued=issued))
    hub.say("down/command", b'{"id":"c-2","type":"dance","expires_s":30}')
    clock.settle()
    assert hub.got("up/result", Result) == [
        Result(id="c-1", phase="rejected", code="unsupported"),
        Result(id="c-2", phase="rejected", code="unsupported"),
    ]


def test_identify_self_test_and_restart_work_on_every_device(sign, hub, clock):
    ended = []
    agent = sign(end=lambda: ended.append(clock.mono()))
    hub.say("down/command", Identify(id="c-1", expires_s=30))
    hub.say("down/command", RunSelfTest(id="c-2", expires_s=30))
    hub.say("down/command", Restart(id="c-3", expires_s=30))
    clock.settle()
    assert agent.identified == 1
    assert [r.phase for r in hub.got("up/result", Result)] == ["done"] * 3
    (found,) = hub.got("up/event", events.AnyEvent)
    assert isinstance(found, events.SelfTest)
    assert ended == []  # the result leaves first
    clock.run_for(1)
    assert len(ended) == 1


def test_a_restarted_device_does_not_restart_for_the_same_command_again(sign, bus, hub, clock):
    ended = []
    sign(end=lambda: ended.append("first"))
    hub.say("down/command", Restart(id="c-3", expires_s=30))
    clock.run_for(1)
    bus.kill("sign-3")
    sign(end=lambda: ended.append("second"))
    hub.say("down/command", Restart(id="c-3", expires_s=30))
    clock.run_for(1)
    assert ended == ["first"]
    assert hub.got("up/result", Result) == [Result(id="c-3", phase="done")] * 2


def test_a_device_that_leaves_the_hall_says_that_it_heard_before_it_forgets(sign, hub, clock):
    left = []
    sign(wipe=lambda: left.append(hub.got("up/result", Result)))
    hub.say("down/command", Wipe(id="c-9", expires_s=30))
    clock.run_for(1)
    assert left == [[Result(id="c-9", phase="done")]]


def test_who_cannot_forget_says_so(sign, hub, clock):
    sign()
    hub.say("down/command", Wipe(id="c-9", expires_s=30))
    clock.run_for(1)
    assert hub.got("up/result", Result) == [Result(id="c-9", phase="rejected", code="unsupported")]


def test_an_event_that_cannot_be_kept_is_an_alert_until_one_can(sign, hub, card, clock, monkeypatch):
    agent = sign()
    real = card.write

    def full(sql, values=()):
        if "outbox" in sql:
            raise Fault("card-full", Text(zh="存储空间已满", en="the disk is full"))
        return real(sql, values)

    monkeypatch.setattr(card, "write", full)
    assert agent.say(events.Rated, **RATED) is None
    assert agent.state is MemberState.DEGRADED
    clock.settle()
    assert hub.got("$alert/card", Alert)[0].code == "card-full"
    monkeypatch.setattr(card, "write", real)
    assert agent.say(events.Rated, **RATED) == 1
    assert agent.state is MemberState.READY


def test_a_card_that_cannot_be_read_keeps_nobody_off_the_bus_nor_silent(
    sign, hub, card, clock, bus, monkeypatch
):
    def spoilt(*_):
        raise Fault("card-unusable")

    agent = sign()
    bus.cut("sign-3")
    clock.settle()
    monkeypatch.setattr(card, "row", spoilt)
    bus.mend("sign-3")
    clock.run_for(5)
    agent.trouble("panel-chain")
    clock.settle()
    assert [alert.code for alert in hub.got("$alert/panel-chain", Alert)] == ["panel-chain"]
    assert agent.say(events.Rated, **RATED) == 1
    clock.settle()
    assert hub.got("up/event", events.Rated)


def test_a_replaced_card_is_a_warning_and_an_unusable_one_a_fault(tmp_path, bus, hub, clock):
    (tmp_path / "card").write_bytes(b"no database" * 100)
    (tmp_path / "file").write_text("")
    for path, level, state in (("card", "warning", "ready"), ("file/card", "fault", "degraded")):
        card = Card.best(tmp_path / path)
        sign = Sign(hall="demo", member="sign-3", link=bus.link("sign-3"), scheduler=clock, card=card)
        sign.open()
        clock.settle()
        assert hub.got("$alert/card-file", Alert)[-1].level.value == level
        assert sign.state.value == state
        bus.kill("sign-3")
        card.close()


def test_other_members_messages_are_not_a_devices_business(sign, hub, clock):
    agent = sign()
    agent.on_message(Packet(TOPICS.of("sign-4", "down/command"), wire.encode(announce())))
    agent.on_message(
        Packet(TOPICS.of("sign-4", "down/want/display"), wire.encode(Display(rev="r", mode="idle", window=4)))
    )
    agent.on_message(Packet("somebody/else", b"x"))
    assert (agent.announced, agent.shown) == ([], [])


def test_this_machine_can_be_looked_at(tmp_path):
    vitals = machine(tmp_path)()
    assert vitals.rss_mb > 5
    assert vitals.disk_free_mb > 0
    assert vitals.temperature_c is None or -40 < vitals.temperature_c < 150
    assert vitals.clock_ok is clock_ok()
    assert machine(tmp_path / "not" / "there")().disk_free_mb is None


def settings_file(tmp_path, text):
    path = tmp_path / "sign.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def test_settings_of_a_device_have_honest_defaults(tmp_path):
    found = settings.load(
        settings_file(tmp_path, "hall: demo\nmember: sign-3\nstate_dir: /var/lib/hall\n"), AgentSettings
    )
    assert (found.broker.host, found.broker.port) == ("127.0.0.1", 1883)
    assert str(found.card) == "/var/lib/hall/sign-3.card"


@pytest.mark.parametrize(
    ("line", "key"),
    [
        ("member: Sign 3", "member"),
        ("broker: {port: 0}", "broker.port"),
        ("broker: {port: '1883'}", "broker.port"),
        ("log_level: loud", "log_level"),
        ("kind: toaster", "kind"),
        ("fleet: 0", "fleet"),
    ],
)
def test_a_wrong_setting_of_a_device_is_named(tmp_path, line, key):
    lines = {
        "hall": "hall: demo",
        "member": "member: sign-3",
        "state_dir": "state_dir: x",
        line.split(":")[0]: line,
    }
    with pytest.raises(BadSettings) as caught:
        settings.load(settings_file(tmp_path, "\n".join(lines.values())), AgentSettings)
    assert caught.value.key == key


def test_an_unknown_time_zone_is_named(tmp_path):
    path = settings_file(tmp_path, "hall: demo\nmember: sign-3\nstate_dir: x\ntimezone: Mars/Base\n")
    with pytest.raises(BadSettings, match="Mars/Base"):
        settings.load(path, AgentSettings)
