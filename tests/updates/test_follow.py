"""A device makes way for a release when it may, proves it when it runs, and tells the hub once what became of it."""

import json
from datetime import datetime, timedelta
from types import SimpleNamespace
from zoneinfo import ZoneInfo

import pytest

from devices.updates import boot_select as boot
from devices.updates import orders
from devices.updates.follow import READY_S, TAKEN_LOOK_S, Follow, Office
from devices.updates.orders import Order, Report
from devices.updates.proof import UPTIME_S, worse_hands
from hall.card import Card
from hall.clock import VirtualScheduler
from hall.messages.wants import AgentWant
from tests.updates import machine

OPENS = datetime(2026, 11, 23, 8, 45, tzinfo=ZoneInfo("Asia/Shanghai"))
FROM = ("https://box:8443/releases",)
GOOD = ("1.1", "good", None)


class Device:
    """One program after the other on one card, in one place."""

    def __init__(self, folder):
        self.folder = folder
        self.place = machine.made(folder, "1.0", "1.1", current="1.0")
        self.place.boot.mkdir(exist_ok=True)
        self.office = Office(self.place, folder)
        self.time = VirtualScheduler(datetime(2026, 11, 22, 20, 0, tzinfo=OPENS.tzinfo))
        self.card = Card(folder / "card")
        self.told, self.ended, self.self_tests = [], 0, 0
        self.now = SimpleNamespace(
            busy=False, clock=True, connected=True, receipts=True, hands={"printer": "ok"}
        )
        self.program = None

    def start(self):
        """A start under the selector: whichever release it chooses."""
        if self.program is not None:
            self.program.close()
        version = boot.choose(self.place)
        self.program = Follow(
            office=self.office,
            version=version,
            card=self.card,
            scheduler=self.time,
            busy=lambda: self.now.busy,
            end=self._end,
            tell=self._tell,
            receipted=lambda seq: self.now.receipts and seq < len(self.told) + 1,
            connected=lambda: self.now.connected,
            hands=lambda: self.now.hands,
            self_test=self._self_test,
            clock_ok=lambda: self.now.clock,
        )
        self.program.open()
        return version

    def _end(self):
        self.ended += 1

    def _self_test(self):
        self.self_tests += 1

    def _tell(self, version, phase, code, detail):
        self.told.append((version, phase, code))
        return len(self.told) - 1

    def want(self, **said):
        return self.program.on_want(
            AgentWant(**({"rev": "r1", "version": "1.1", "sources": FROM, "until": OPENS} | said))
        )

    def ordered(self):
        return orders.read(self.office.order, Order)

    def installed(self, phase="trial", code=None):
        """Root's installer did its part."""
        if phase == "trial":
            boot.begin_trial(self.place, "1.1", held=True)
        orders.write(self.office.report, Report(rev="r1", version="1.1", phase=phase, code=code))

    def proof(self):
        return json.loads(self.place.proof.read_text())

    def wait(self, seconds):
        self.time.run_until(self.time.now() + timedelta(seconds=seconds))


@pytest.fixture
def device(tmp_path):
    made = Device(tmp_path)
    made.start()
    yield made
    made.program.close()
    made.card.close()


class TestWhen:
    def test_in_the_window_it_asks_once_and_makes_way_when_all_is_ready(self, device):
        assert device.want() is None
        device.wait(10)
        assert device.ordered() == Order(rev="r1", version="1.1", sources=FROM)
        device.wait(60)
        assert device.ended == 0
        device.installed()
        device.wait(10)
        assert device.ended == 1
        assert [phase for _, phase, _ in device.told] == ["installing"]

    @pytest.mark.parametrize("when", [{"until": OPENS - timedelta(days=1)}, {"until": None}])
    def test_outside_of_it_it_waits_and_says_so(self, device, when):
        device.want(**when)
        device.wait(60)
        assert device.ordered() is None
        assert device.told == [("1.1", "waiting", None)]

    def test_ready_when_the_window_has_closed_it_waits_for_the_next_and_says_so(self, device):
        device.want()
        device.wait(10)
        device.time.run_until(OPENS)
        device.installed()
        device.wait(60)
        assert device.ended == 0
        assert device.told[-1] == ("1.1", "waiting", "window-closed")
        device.want(until=OPENS + timedelta(days=1))
        device.wait(10)
        assert device.ended == 1

    def test_ready_for_a_week_without_a_window_it_is_given_up_and_said(self, device):
        device.want()
        device.wait(10)
        device.time.run_until(OPENS)
        device.installed()
        device.wait(READY_S - 60)
        assert device.told[-1] == ("1.1", "waiting", "window-closed")
        device.wait(120)
        assert device.told[-1] == ("1.1", "failed", "window-missed")
        device.want(until=OPENS + timedelta(days=30))
        device.wait(60)
        assert device.ended == 0
        assert device.start() == "1.0"

    def test_with_a_clock_that_nobody_keeps_no_window_is_known(self, device):
        device.now.clock = False
        device.want()
        device.wait(60)
        assert device.ordered() is None

    def test_an_operator_may_insist(self, device):
        device.want(until=None, now=True)
        device.wait(10)
        assert device.ordered() is not None

    def test_never_with_something_in_its_hands(self, device):
        device.now.busy = True
        device.want(now=True)
        device.wait(60)
        assert device.ordered() is None
        device.now.busy = False
        device.wait(10)
        device.installed()
        device.now.busy = True
        device.wait(60)
        assert device.ended == 0
        device.now.busy = False
        device.wait(10)
        assert device.ended == 1

    def test_a_crash_in_opening_hours_begins_no_trial_and_the_next_night_does(self, device):
        device.want()
        device.wait(10)
        device.now.busy = True  # until the window has closed
        device.installed()
        device.wait(10)
        device.now.busy = False
        device.want(version=None, sources=())
        device.wait(60)
        assert device.start() == "1.0"
        device.want()
        device.wait(10)
        assert device.ended == 1
        assert device.start() == "1.1"

    def test_a_word_that_cannot_be_written_ends_nothing(self, device):
        device.want()
        device.wait(10)
        device.place.proof.mkdir()
        device.installed()
        device.wait(60)
        assert device.ended == 0

    def test_a_plug_pulled_while_it_asked_has_it_asked_again(self, device):
        device.office.order.mkdir()  # nothing can be written there
        device.want()
        device.wait(10)
        device.office.order.rmdir()
        device.start()
        device.want()
        device.wait(10)
        assert device.ordered() == Order(rev="r1", version="1.1", sources=FROM)

    def test_what_it_runs_already_needs_nothing(self, device):
        assert device.want(version="1.0") is None
        assert device.want(version=None) is None
        device.wait(60)
        assert (device.ordered(), device.told) == (None, [])

    @pytest.mark.parametrize("phase", ["refused", "failed"])
    def test_a_refusal_is_told_with_its_reason_and_nothing_ends(self, device, phase):
        device.want()
        device.wait(10)
        device.installed(phase, "expired")
        device.wait(60)
        assert device.ended == 0
        assert device.told[-1] == ("1.1", phase, "expired")

    def test_the_same_want_again_is_not_carried_out_again(self, device):
        device.want()
        device.wait(10)
        device.installed("failed", "disk-full")
        device.wait(10)
        device.office.order.unlink()
        device.start()
        device.want()
        device.wait(60)
        assert device.ordered() is None
        assert device.told.count(("1.1", "failed", "disk-full")) == 1


class TestProof:
    @pytest.fixture
    def trial(self, device):
        device.want()
        device.wait(10)
        device.installed()
        device.wait(10)
        device.told.clear()
        assert device.start() == "1.1"
        return device

    def test_on_the_bus_heard_and_with_its_hands_for_a_minute(self, trial):
        trial.wait(UPTIME_S - 5)
        assert trial.proof() == {"version": "1.1", "good": False, "missing": "uptime"}
        trial.wait(10)
        assert trial.proof() == {"version": "1.1", "good": True}
        assert boot.make_good(trial.place, "1.1")
        trial.wait(TAKEN_LOOK_S)
        assert trial.told == [("1.1", "trial", None), GOOD]
        assert trial.self_tests == 1  # a dispenser prints one slip, and not one before and one after
        # and once: not with the next looks, and not with the next starts
        trial.wait(60)
        trial.start()
        trial.wait(60)
        assert trial.told.count(GOOD) == 1

    def test_it_is_not_told_as_good_before_the_selector_has_it_so(self, trial):
        trial.place.proof.mkdir()
        trial.wait(UPTIME_S * 2)
        trial.place.proof.rmdir()
        trial.wait(30)
        assert trial.proof()["good"] is True
        assert GOOD not in trial.told
        boot.make_good(trial.place, "1.1")
        trial.wait(TAKEN_LOOK_S)
        assert trial.told[-1] == GOOD

    def test_a_plug_pulled_before_the_selector_has_it_so_costs_a_start_and_tells_nothing_untrue(self, trial):
        trial.wait(UPTIME_S + 5)
        assert trial.start() == "1.1"
        trial.wait(UPTIME_S - 5)
        assert GOOD not in trial.told
        # nobody beside it: its starts are over, and what ran runs again
        assert [trial.start(), trial.start()] == ["1.1", "1.0"]
        assert [told for told in trial.told if told[1] != "trial"] == [
            ("1.1", "rolled-back", "no-starts-left")
        ]

    def test_a_plug_pulled_before_it_is_told_has_it_told_after_the_next_start(self, trial):
        trial.wait(UPTIME_S + 5)
        trial.program.close()
        boot.make_good(trial.place, "1.1")
        assert GOOD not in trial.told
        assert [trial.start(), trial.start()] == ["1.1", "1.1"]
        assert trial.told.count(GOOD) == 1

    def test_the_next_release_that_waits_here_is_no_end_of_a_trial(self, trial):
        trial.wait(UPTIME_S + 5)
        boot.make_good(trial.place, "1.1")
        trial.wait(10)
        trial.told.clear()
        machine.made(trial.folder, "1.2", current="1.1")
        boot.begin_trial(trial.place, "1.2", held=True)
        assert trial.start() == "1.1"
        boot.take_back(trial.place)
        assert trial.start() == "1.1"
        trial.wait(10)
        assert trial.told == []

    @pytest.mark.parametrize(("what", "missing"), [("connected", "broker"), ("receipts", "receipt")])
    def test_what_is_missing_is_named(self, trial, what, missing):
        setattr(trial.now, what, False)
        trial.wait(UPTIME_S * 3)
        assert trial.proof()["missing"] == missing

    def test_a_hand_that_worked_before_ends_it(self, trial):
        trial.now.hands = {"printer": "printer-offline"}
        trial.wait(UPTIME_S)
        assert trial.proof()["failed"] == "self-test-printer"

    def test_the_release_that_comes_back_says_why_once(self, trial):
        boot.give_up(trial.place, "no-broker")
        trial.told.clear()
        assert trial.start() == "1.0"
        assert trial.start() == "1.0"
        assert trial.told == [("1.1", "rolled-back", "no-broker")]
        assert trial.want() == "rolled-back"

    def test_a_trial_that_failed_is_not_told_again_because_something_else_is_wanted_since(self, trial):
        boot.give_up(trial.place, "no-broker")
        trial.start()
        trial.told.clear()
        trial.want(rev="r2", until=None)
        trial.wait(10)
        trial.start()
        assert trial.told == [("1.1", "waiting", None)]


@pytest.mark.parametrize(
    ("before", "now", "worse"),
    [
        ({"printer": "ok"}, {"printer": "paper-out"}, "self-test-printer"),
        ({"printer": "paper-out"}, {"printer": "paper-out"}, None),
        ({"printer": "paper-out"}, {"printer": "printer-offline"}, None),
        ({}, {"panel": "panel-fault"}, "self-test-panel"),
        ({"chain": "ok"}, {"chain": "not-wired-back"}, None),
    ],
)
def test_only_what_was_well_before_proves_something_against_a_release(before, now, worse):
    assert worse_hands(before, now) == worse


@pytest.mark.parametrize(
    "what",
    [
        b"",
        b"{",
        b"[" * 9000,
        b'{"rev": "r", "version": "../../etc", "sources": ["https://x"]}',
        b'{"rev":"r","version":"1.0","sources":["file:///etc"]}',
    ],
)
def test_root_reads_no_order_that_is_none(tmp_path, what):
    (tmp_path / "update.json").write_bytes(what)
    assert orders.read(tmp_path / "update.json", Order) is None
