"""The sign's program over the real driver and a chain of modules: what hangs on the wall, whatever happens."""

from datetime import date, datetime, time
from zoneinfo import ZoneInfo

import msgspec
import pytest

from devices.agent.health import Vitals
from devices.agent.run import Parts
from devices.window_sign.__main__ import build
from devices.window_sign.frames import all_lit, centred, large
from devices.window_sign.hardware import led_panel
from devices.window_sign.settings import PanelSettings, SignSettings
from hall import wire
from hall.card import Card
from hall.clock import VirtualScheduler
from hall.link import Packet
from hall.memory import MemoryBroker
from hall.messages.commands import Identify, Result, RunSelfTest
from hall.messages.common import MemberKind, MemberState
from hall.messages.events import SelfTest
from hall.messages.presence import Alert, Description, State
from hall.messages.wants import Config, Display, Have
from hall.text import Text
from hall.topics import HUB_LIMIT, Topics
from hall.worker import InlineWorker
from sim.twin.spi import Max7219Chain
from sim.twin.spi_bus import ChainSpi
from sim.twin.strip import Ws2812Strip

TOPICS = Topics("demo")
SETTINGS = SignSettings(hall="demo", member="sign-3", state_dir="/nowhere", window=3)


class Hub:
    """Speaks as the hub does, and remembers what the sign said."""

    def __init__(self, broker):
        self.link = broker.link("hub", HUB_LIMIT)
        self.heard = []
        self.link.open(self, TOPICS.hub_filters())

    def will(self):
        return self.state(MemberState.LOST)

    def state(self, state):
        return Packet(
            TOPICS.state("hub"),
            wire.encode(State(state=state, epoch=1, boot="b", kind=MemberKind.HUB)),
            1,
            True,
        )

    def on_connected(self):
        self.link.publish(self.state(MemberState.READY))

    def on_disconnected(self):
        pass

    def on_message(self, packet):
        self.heard.append(packet)

    def want(self, part, want):
        self.link.publish(Packet(TOPICS.of("sign-3", f"down/want/{part}"), wire.encode(want), 1, True))

    def command(self, command):
        self.link.publish(Packet(TOPICS.of("sign-3", "down/command"), wire.encode(command)))

    def last(self, leaf, kind):
        found = [p for p in self.heard if p.topic == TOPICS.of("sign-3", leaf)]
        return wire.decode(kind, found[-1].payload) if found and found[-1].payload else None


class Wire(ChainSpi):
    """A bus that can be pulled out."""

    pulled = False

    def writebytes(self, values):
        if self.pulled:
            raise OSError(5, "Input/output error")
        super().writebytes(values)


class Wall:
    """A sign on a wall: its chain outlives its program."""

    def __init__(self, width=128, *, chain=None, at=time(9), **kind):
        monday = date(2026, 11, 23)
        self.time = VirtualScheduler(datetime.combine(monday, at, ZoneInfo("Asia/Shanghai")))
        self.broker = MemoryBroker(self.time)
        self.hub = Hub(self.broker)
        self.chain = chain or Max7219Chain(width, **kind)
        self.clock_ok = True
        self.wire = Wire(self.chain)
        self.card = Card(":memory:")
        self.rev = 0
        self.sign = None
        self.ended = []

    def start(self, settings=SETTINGS, **options):
        parts = Parts(
            self.time,
            self.broker.link("sign-3"),
            self.card,
            InlineWorker(self.time, lambda: 0.0),
            lambda: Vitals(clock_ok=self.clock_ok),
            lambda: self.ended.append(1),
        )
        self.sign = build(settings, parts, panel=led_panel(settings.panel, spi=self.wire), **options)
        self.sign.open()
        self.time.settle()
        return self

    def show(self, mode, **fields):
        self.rev += 1
        self.hub.want("display", Display(rev=str(self.rev), mode=mode, window=3, **fields))
        self.time.settle()

    def shows(self, text, draw=centred):
        picture = draw(text, self.chain.width)
        return self.chain.dots() == [
            [bool(picture.getpixel((x, y))) for x in range(self.chain.width)] for y in range(16)
        ]

    @property
    def dark(self):
        return self.chain.lit() == 0


@pytest.fixture
def wall():
    return Wall().start()


def test_a_call_is_on_the_panel_before_any_time_has_passed(wall):
    wall.show("called", number="A012", round=1)
    assert wall.shows("A012", large)
    have = wall.hub.last("up/have/display", Have)
    assert (have.rev, have.ok) == ("1", True)


def test_a_call_flashes_then_its_sentence_passes_once_and_then_its_pages_stand(wall):
    wall.show("called", number="A012", round=1)
    seen = []
    wall.chain.on_change(lambda: seen.append(wall.dark))
    wall.time.run_for(4.3)
    assert seen.count(True) == 3
    wall.time.run_for(2.7)
    assert wall.shows("请A012到3号窗口")
    wall.time.run_for(3)
    assert wall.shows("A012 请到本窗口")
    wall.time.run_for(3)
    assert wall.shows("A012 请到3号窗口")


def test_the_old_number_of_a_killed_program_is_cleared_before_the_bus_is_there():
    wall = Wall().start()
    wall.show("called", number="A012", round=1)
    wall.broker.kill("sign-3")
    assert not wall.dark  # a killed program leaves its panel lit, as on the wall
    wall.broker.stop()
    wall.start()
    assert wall.dark


def test_a_restarted_sign_shows_the_truth_from_the_retained_want():
    wall = Wall().start()
    wall.show("serving", number="A012")
    wall.broker.kill("sign-3")
    wall.start()
    assert wall.shows("正在办理 A012")


def test_a_want_that_changed_while_the_sign_was_cut_off_is_shown_when_it_is_back(wall):
    wall.show("called", number="A012", round=1)
    wall.broker.cut("sign-3")
    wall.time.run_for(10)
    wall.show("paused")
    wall.broker.mend("sign-3")
    wall.time.settle()
    assert wall.shows("暂停服务 请稍候")


def test_without_hub_a_call_is_marked_for_a_minute_and_then_gives_way_to_recovering(wall):
    wall.show("called", number="A012", round=1)
    wall.broker.kill("hub")
    wall.time.run_for(2.5)
    assert not wall.shows("A012 离线叫号")  # a restarted hub is back before anybody notices
    wall.time.run_for(1.0)
    assert wall.shows("A012 离线叫号")
    wall.time.run_for(55)
    assert wall.shows("A012 离线叫号")
    wall.time.run_for(10)
    assert wall.shows("恢复中 请稍候")


def test_without_broker_an_idle_sign_says_that_it_is_recovering(wall):
    wall.show("idle", services=(Text(zh="提取", en="w"),))
    wall.broker.stop()
    wall.time.run_for(4)
    assert wall.shows("恢复中 请稍候")


def test_what_stays_true_without_the_hub_stays_but_names_no_other_window(wall):
    wall.show("paused", others=(2, 4))
    wall.broker.stop()
    wall.time.run_for(200)
    pages = set()
    for _ in range(8):
        pages.update(t for t in ("暂停服务 请稍候", "请到引导台问询", "请到2号4号窗口") if wall.shows(t))
        wall.time.run_for(1.5)
    assert pages == {"暂停服务 请稍候", "请到引导台问询"}


def test_the_call_returns_with_the_hub_without_flashing_again(wall):
    wall.show("called", number="A012", round=1)
    wall.broker.kill("hub")
    wall.time.run_for(20)
    assert wall.shows("A012 离线叫号")
    wall.hub = Hub(wall.broker)
    seen = []
    wall.chain.on_change(lambda: seen.append(wall.dark))
    wall.time.settle()
    assert wall.shows("A012 请到本窗口")
    wall.time.run_for(6)
    assert True not in seen


def test_a_sign_that_never_heard_of_the_hub_says_so_and_not_nothing():
    wall = Wall()
    wall.broker.stop()
    wall.start()
    assert wall.dark
    wall.time.run_for(4)
    assert wall.shows("恢复中 请稍候")


def test_the_same_state_told_again_does_not_flash_again(wall):
    wall.show("called", number="A012", round=1)
    wall.time.run_for(12)
    seen = []
    wall.chain.on_change(lambda: seen.append(wall.dark))
    wall.show("called", number="A012", round=1)
    wall.time.run_for(6)
    assert True not in seen
    assert wall.hub.last("up/have/display", Have).rev == "2"


def test_a_recall_flashes_again(wall):
    wall.show("called", number="A012", round=1)
    wall.time.run_for(20)
    wall.show("called", number="A012", round=2)
    assert wall.shows("A012", large)
    wall.time.run_for(10)
    assert wall.shows("A012 再次请您")


def test_a_text_that_moves_sends_thirty_frames_a_second_and_one_that_stands_sends_none(wall):
    wall.show("notice", notice=Text(zh="6月30日年度结息，17:00后停办，7月1日恢复", en="n"))
    wall.time.run_for(2.0)
    frames = wall.chain.frames
    wall.time.run_for(1.0)
    assert 29 <= wall.chain.frames - frames <= 31
    wall.show("rate")
    frames = wall.chain.frames
    wall.time.run_for(4.0)
    assert wall.chain.frames - frames <= 1  # the refresh


def test_in_a_simulated_day_only_a_change_or_a_look_draws():
    wall = Wall().start(animate=False)
    wall.show("called", number="A012", round=1)
    assert wall.shows("A012", large)
    transfers = wall.chain.transfers
    wall.time.run_for(3600)
    assert wall.chain.transfers == transfers
    wall.sign.look()
    assert wall.shows("A012 请到本窗口") or wall.shows("A012 请到3号窗口")


def test_modules_that_lost_their_registers_are_right_again_within_seconds(wall):
    wall.show("rate")
    for module in (0, 7, 30):
        wall.chain.corrupt(module)
    assert not wall.shows("请您评价 谢谢")
    wall.time.run_for(5.1)
    assert wall.shows("请您评价 谢谢")
    assert wall.chain.corrupted == []


def test_a_panel_that_breaks_raises_an_alert_and_shows_the_newest_state_when_it_is_back(wall):
    wall.show("called", number="A011", round=1)
    wall.wire.pulled = True
    wall.time.run_for(6)
    alert = wall.hub.last("$alert/panel", Alert)
    assert alert.code == "panel-fault"
    assert wall.hub.last("$state", State).state is MemberState.DEGRADED
    wall.show("serving", number="A012")
    have = wall.hub.last("up/have/display", Have)
    assert (have.rev, have.ok, have.code) == ("2", False, "panel-fault")
    wall.wire.pulled = False
    wall.time.run_for(6)
    assert wall.shows("正在办理 A012")
    assert wall.hub.last("$alert/panel", Alert) is None
    assert wall.hub.last("up/have/display", Have).ok


def test_a_sign_without_its_panel_starts_all_the_same():
    wall = Wall()
    wall.wire.pulled = True
    wall.start()
    wall.show("rate")
    assert wall.hub.last("$alert/panel", Alert).code == "panel-fault"
    wall.wire.pulled = False
    wall.time.run_for(6)
    assert wall.shows("请您评价 谢谢")


def test_identify_shows_who_this_is_for_eight_seconds_and_then_the_state_without_a_new_flash(wall):
    wall.show("called", number="A012", round=1)
    wall.time.run_for(5)
    wall.hub.command(Identify(id="c1", expires_s=5))
    wall.time.settle()
    assert wall.shows("sign-3 3号窗口")
    assert wall.hub.last("up/result", Result).phase == "done"
    wall.time.run_for(8.1)
    assert wall.shows("A012 请到本窗口")


def test_a_call_wins_over_the_technicians_page(wall):
    wall.hub.command(Identify(id="c1", expires_s=5))
    wall.time.settle()
    wall.show("called", number="A012", round=1)
    assert wall.shows("A012", large)
    wall.time.run_for(9)
    assert not wall.shows("sign-3 3号窗口")


def test_the_self_test_lights_every_dot_names_the_sign_reports_and_returns(wall):
    wall.show("rate")
    wall.hub.command(RunSelfTest(id="c2", expires_s=5))
    wall.time.settle()
    assert wall.chain.lit() == all_lit(128).width * 16
    report = wall.hub.last("up/event", SelfTest)
    assert report.results["panel"] == "ok"
    wall.time.run_for(1.6)
    assert wall.shows("sign-3 3号窗口")
    wall.time.run_for(3.0)
    assert wall.shows("自检通过")
    wall.time.run_for(5.1)
    assert wall.shows("请您评价 谢谢")


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"mode": "dance"}, "mode-unknown"),
        ({"mode": "called"}, "number-missing"),
        ({"mode": "idle", "services": (Text(zh="龘", en="x"),)}, "character-missing"),
    ],
)
def test_a_want_that_cannot_be_shown_as_it_stands_is_told(wall, fields, code):
    wall.show(**fields)
    have = wall.hub.last("up/have/display", Have)
    assert (have.ok, have.code) == (False, code)
    assert not wall.dark


def test_nonsense_as_a_want_changes_nothing(wall):
    wall.show("rate")
    for payload in (b"{", b"[]", b'{"rev":"9","mode":7,"window":3}', b"[" * 5000):
        wall.hub.link.publish(Packet(TOPICS.of("sign-3", "down/want/display"), payload, 1, True))
    wall.time.settle()
    assert wall.shows("请您评价 谢谢")


def test_brightness_is_a_setting_that_may_change_while_it_runs(wall):
    wall.show("rate")
    wall.hub.want("config", Config(rev="7", values={"brightness": 12}))
    wall.time.settle()
    assert {module.brightness() for module in wall.chain._modules} == {12}
    assert wall.shows("请您评价 谢谢")
    wall.hub.want("config", Config(rev="8", values={"brightness": "loud"}))
    wall.time.settle()
    assert wall.hub.last("up/have/config", Have).code == "not-valid"


def brightness(wall):
    return {module.brightness() for module in wall.chain._modules}


DAY = ({"at": "07:00", "brightness": 8}, {"at": "18:30", "brightness": 3}, {"at": "22:00", "brightness": 0})


@pytest.mark.parametrize(
    ("at", "before", "after"), [(time(6, 55), 0, 8), (time(18, 25), 8, 3), (time(21, 55), 3, 0)]
)
def test_brightness_follows_the_halls_clock_through_day_and_night(at, before, after):
    wall = Wall(at=at)
    wall.start()
    wall.show("rate")
    wall.hub.want("config", Config(rev="7", values={"schedule": DAY}))
    wall.time.settle()
    assert brightness(wall) == {before}
    wall.time.run_for(10 * 60)
    assert brightness(wall) == {after}
    assert wall.shows("请您评价 谢谢")


def test_a_change_of_brightness_by_the_clock_comes_on_the_minute(wall):
    wall.show("rate")
    wall.hub.want("config", Config(rev="7", values={"schedule": [{"at": "09:30", "brightness": 1}]}))
    wall.time.settle()
    assert brightness(wall) == {1}  # since yesterday
    wall.hub.want("config", Config(rev="8", values={"schedule": [*DAY, {"at": "09:30", "brightness": 1}]}))
    wall.time.settle()
    wall.time.run_for(30 * 60 - 1)
    assert brightness(wall) == {8}
    wall.time.run_for(1)
    assert brightness(wall) == {1}


def test_while_the_clock_is_wrong_the_settings_brightness_holds():
    wall = Wall()
    wall.clock_ok = False
    wall.start()
    wall.show("rate")
    wall.hub.want("config", Config(rev="7", values={"schedule": DAY, "brightness": 11}))
    wall.time.settle()
    assert brightness(wall) == {11}
    wall.clock_ok = True
    wall.time.run_for(70)
    assert brightness(wall) == {8}


@pytest.mark.parametrize(
    "bad", [{"at": "24:00", "brightness": 3}, {"at": "7:00", "brightness": 3}, {"at": "07:00"}]
)
def test_a_schedule_that_is_none_is_refused_and_changes_nothing(wall, bad):
    wall.show("rate")
    wall.hub.want("config", Config(rev="7", values={"schedule": [bad]}))
    wall.time.settle()
    assert (wall.hub.last("up/have/config", Have).ok, brightness(wall)) == (False, {4})


def test_a_brightness_that_is_asked_for_holds_all_day_and_no_want_gives_the_settings_back(wall):
    wall.hub.want("config", Config(rev="7", values={"schedule": DAY, "brightness": 11}))
    wall.time.settle()
    assert brightness(wall) == {8}
    wall.hub.want("config", Config(rev="8", values={"brightness": 11}))
    wall.time.settle()
    assert brightness(wall) == {11}
    wall.hub.want("config", Config(rev="9", values={}))
    wall.time.settle()
    assert brightness(wall) == {4}


BACK = msgspec.structs.replace(SETTINGS, panel=PanelSettings(wired_back=True))


def test_a_cable_between_modules_that_slips_off_is_an_alert_that_ends_with_the_repair():
    wall = Wall(wired_back=True).start(settings=BACK)
    wall.show("rate")
    wall.time.run_for(12)
    assert wall.hub.last("$alert/panel-chain", Alert) is None
    wall.chain.cut_before(20)
    wall.time.run_for(12)
    assert wall.hub.last("$alert/panel-chain", Alert).code == "panel-chain"
    assert wall.hub.last("up/have/display", Have).ok  # the window is served: what is in reach is shown
    wall.chain.mend()
    wall.time.run_for(12)
    assert wall.hub.last("$alert/panel-chain", Alert) is None
    assert wall.shows("请您评价 谢谢")


def test_a_self_test_over_a_broken_chain_says_that_it_did_not_pass():
    wall = Wall(wired_back=True).start(settings=BACK)
    wall.show("rate")
    wall.chain.cut_before(31)
    wall.time.run_for(12)
    wall.hub.command(RunSelfTest(id="c2", expires_s=5))
    wall.time.run_for(1.6 + 3.0)
    assert wall.sign.passes is False
    wall.chain.mend()
    wall.time.run_for(1.5)
    assert wall.shows("自检未通过")


def test_a_disturbed_wire_is_an_alert_and_the_picture_is_right_again_within_a_second():
    wall = Wall(wired_back=True).start(settings=BACK)
    wall.show("rate")
    wall.chain.noisy = True
    wall.time.run_for(20)
    assert wall.hub.last("$alert/panel-chain", Alert).code == "panel-chain"
    wall.chain.noisy = False
    wall.time.run_for(1.1)
    assert wall.shows("请您评价 谢谢")


def test_a_full_lamp_test_on_a_weak_supply_dims_instead_of_failing():
    wall = Wall(supply_a=3.0).start(
        settings=msgspec.structs.replace(SETTINGS, panel=PanelSettings(limit_a=3.0, brightness=15))
    )
    wall.hub.command(RunSelfTest(id="t1", expires_s=5))
    wall.time.run_for(1.0)
    assert (wall.chain.lit(), wall.chain.brown_outs) == (128 * 16, 0)
    wall.time.run_for(30)
    assert wall.chain.brown_outs == 0


def test_a_sign_of_coloured_lights_shows_the_same():
    panel = PanelSettings(kind="ws2812", width=64, layout="rows-serpentine")
    wall = Wall(64, chain=Ws2812Strip(64, 16, "rows-serpentine")).start(
        settings=msgspec.structs.replace(SETTINGS, panel=panel)
    )
    wall.show("called", number="A012", round=1)
    assert wall.shows("A012", large)
    wall.sign.close()
    assert wall.dark


def test_a_clean_end_leaves_the_panel_dark(wall):
    wall.show("called", number="A012", round=1)
    wall.sign.close()
    wall.sign.close()
    wall.time.run_for(60)
    assert wall.dark
    assert wall.hub.last("$state", State).state is MemberState.DISCONNECTED


def test_the_sign_describes_itself(wall):
    found = wall.hub.last("$desc", Description)
    assert (found.window, found.capabilities) == (3, ("display", "128x16"))
