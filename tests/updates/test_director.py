"""The hub tells devices what to run only when it may, writes down what they say, and stops what does harm."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from hall import wire
from hall.clock import VirtualScheduler
from hall.messages.events import UpdateReport
from hall.messages.wants import AgentWant
from hub.releases import rollout
from hub.releases.book import Book, Pages
from hub.releases.director import BEFORE_S, LOOK_S, Director
from hub.releases.rollout import Rollout

NIGHT = datetime(2026, 11, 22, 20, 0, tzinfo=ZoneInfo("Asia/Shanghai"))
OPENS = NIGHT.replace(day=23, hour=9)
KINDS = {"pad-1": "pad", "pad-2": "pad", "sign-1": "sign"}
FROM = ("https://box:8443/releases",)


class Hall:
    """A hub's director with a book, and everything that was told."""

    def __init__(self, folder):
        self.time = VirtualScheduler(NIGHT)
        self.book = Book(folder / "rollouts.json")
        self.open, self.full, self.wants, self.sent = False, False, {}, 0
        self.there, self.kinds = {*KINDS}, dict(KINDS)
        self.director = Director(
            self.book,
            devices=lambda: self.kinds,
            there=lambda: self.there,
            is_open=lambda: self.open,
            opens=lambda: OPENS,
            scheduler=self.time,
            publish=self._publish,
        )
        self.director.on_connected()

    def _publish(self, member, leaf, payload):
        assert leaf == "down/want/agent"
        if self.full:
            return False
        if payload:
            self.wants[member] = wire.decode(AgentWant, payload)
        else:
            del self.wants[member]
        self.sent += 1
        return True

    def begin(self, *, now=False):
        made = Rollout(version="1.1", begun=NIGHT, actor="li", now=now)
        self.book.change(lambda pages: Pages(rollouts=[*pages.rollouts, made], sources=FROM))
        self.time.run_for(LOOK_S * 1.5)

    def says(self, member, phase, code=None):
        said = UpdateReport(
            outbox="o",
            seq=1,
            boot="b",
            mono_ms=1,
            at=NIGHT,
            clock_ok=True,
            version="1.1",
            phase=phase,
            code=code,
        )
        self.director.on_report(member, said)

    def asked(self):
        return {member for member, want in self.wants.items() if want.version == "1.1"}


@pytest.fixture
def hall(tmp_path):
    made = Hall(tmp_path)
    yield made
    made.director.stop()


def test_without_a_rollout_nobody_hears_anything(hall):
    hall.time.run_for(60)
    assert hall.wants == {}


def test_canaries_hear_it_first_with_the_window_and_the_mirror(hall):
    hall.begin()
    assert hall.asked() == {"pad-1", "sign-1"}
    want = hall.wants["pad-1"]
    assert want.sources == FROM
    assert want.until == OPENS - timedelta(seconds=BEFORE_S)
    assert not want.now


def test_who_is_away_when_devices_may_be_asked_is_no_canary_where_another_is_there(hall):
    hall.open = True
    hall.begin()
    assert hall.book.current.canaries == ()
    hall.there -= {"pad-1", "sign-1"}
    hall.open = False
    hall.time.run_for(LOOK_S * 1.5)
    assert hall.book.current.canaries == ("pad-2", "sign-1")
    assert hall.asked() == {"pad-2", "sign-1"}
    hall.says("pad-2", "good")
    assert hall.asked() == {"pad-2", "sign-1"}  # the only sign is away, and away is no success
    hall.says("sign-1", "good")
    assert hall.asked() == {*KINDS}


def test_one_that_is_halted_before_anybody_is_asked_asks_nobody(hall):
    hall.open = True
    hall.begin()
    hall.book.revise(lambda of: rollout.halted(of, "li: another one"))
    hall.open = False
    hall.time.run_for(LOOK_S * 1.5)
    assert hall.asked() == set()


def test_the_same_is_told_once(hall):
    hall.begin()
    sent = hall.sent
    hall.time.run_for(600)
    assert hall.sent == sent


def test_who_is_registered_no_more_has_nothing_left_on_the_bus(hall):
    hall.begin()
    assert "sign-1" in hall.wants
    del hall.kinds["sign-1"]
    hall.time.run_for(LOOK_S)
    assert hall.wants.keys() == {"pad-1", "pad-2"}
    hall.director.on_disconnected()
    del hall.kinds["pad-2"]
    hall.director.on_connected()
    assert hall.wants.keys() == {"pad-1"}


def test_nor_has_who_goes_while_the_link_is_full_once_there_is_room(hall):
    hall.begin()
    del hall.kinds["sign-1"]
    hall.full = True
    hall.time.run_for(LOOK_S)
    hall.full = False
    hall.time.run_for(LOOK_S)
    assert hall.wants.keys() == {"pad-1", "pad-2"}


def test_then_all(hall):
    hall.begin()
    for canary in ("pad-1", "sign-1"):
        hall.says(canary, "good")
    assert hall.asked() == {*KINDS}


def test_while_the_hall_is_open_only_when_an_operator_insists(hall):
    hall.open = True
    hall.begin()
    assert hall.asked() == set()
    hall.begin(now=True)
    assert hall.asked() == {"pad-1", "sign-1"}
    assert hall.wants["pad-1"].now


def test_at_opening_what_has_not_begun_is_taken_back(hall):
    hall.begin()
    hall.open = True
    hall.time.run_for(LOOK_S * 1.5)
    assert hall.asked() == set()


def test_a_canary_that_came_back_halts_it_for_all_and_the_book_says_why(hall):
    hall.begin()
    hall.says("sign-1", "rolled-back", "no-broker")
    assert hall.asked() == set()
    assert hall.book.current.halted == "canary sign-1 rolled-back: no-broker"


def test_a_halt_by_hand_is_heard_within_its_look(hall):
    hall.begin()
    hall.book.revise(lambda of: rollout.halted(of, "li: dark"))
    hall.time.run_for(LOOK_S * 1.5)
    assert hall.asked() == set()


def test_a_report_about_another_release_changes_nothing(hall):
    hall.begin()
    before = hall.book.current
    said = UpdateReport(
        outbox="o",
        seq=1,
        boot="b",
        mono_ms=1,
        at=NIGHT,
        clock_ok=True,
        version="0.9",
        phase="failed",
        code="x",
    )
    hall.director.on_report("pad-1", said)
    assert hall.book.current == before


def test_a_hub_that_starts_anew_tells_the_same_rev(hall, tmp_path):
    hall.begin()
    again = Hall(tmp_path)
    assert again.wants["pad-1"].rev == hall.wants["pad-1"].rev
    again.director.stop()


def test_a_canary_that_goes_away_before_it_has_begun_is_replaced_and_the_other_is_asked(hall):
    hall.begin()
    assert {member for member, want in hall.wants.items() if want.version} == {"pad-1", "sign-1"}
    hall.there.discard("pad-1")
    hall.time.run_for(LOOK_S * 1.5)
    assert hall.book.current.canaries == ("pad-2", "sign-1")
    assert hall.wants["pad-2"].version == "1.1"
    assert hall.wants["pad-1"].version is None


def test_a_canary_that_is_silent_halts_the_rollout_by_itself(hall):
    hall.begin()
    hall.says("pad-1", "installing")
    hall.time.run_for(rollout.SILENT.total_seconds() + 2 * LOOK_S)
    assert hall.book.current.halted == "canary pad-1 has said nothing for 2 h since: installing"
    assert all(want.version is None for want in hall.wants.values())
