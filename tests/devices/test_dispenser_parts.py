"""The dispenser's small rules: lent numbers, fingers, its settings file."""

from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices.ticket_dispenser.catalogue import Catalogue
from devices.ticket_dispenser.leases import Leases
from devices.ticket_dispenser.presses import Presses
from devices.ticket_dispenser.settings import DispenserSettings
from hall.card import Card
from hall.clock import VirtualScheduler
from hall.errors import BadSettings
from hall.messages.facts import Block
from hall.messages.wants import NextNumbers, Numbers, Service, Services
from hall.settings import load
from hall.text import Text

MORNING = datetime(2026, 11, 23, 9, 30, tzinfo=ZoneInfo("Asia/Shanghai"))
TODAY, TOMORROW = "2026-11-23", "2026-11-24"


def lent(*blocks, day=TODAY, follow=None, rev="1"):
    return Numbers(
        rev=rev,
        day=day,
        blocks=tuple(Block(letter=letter, first=a, last=b) for letter, a, b in blocks),
        next=follow,
    )


class TestLentNumbers:
    def test_they_are_given_in_order_and_end(self):
        leases = Leases(Card(":memory:"))
        leases.take_in(lent(("A", 9001, 9002), ("B", 9001, 9001)))
        assert [leases.burn("A", TODAY) for _ in range(3)] == ["A9001", "A9002", None]
        assert leases.left("A", TODAY) == 0
        assert leases.left("B", TODAY) == 1

    def test_several_blocks_are_one_supply(self):
        leases = Leases(Card(":memory:"))
        leases.take_in(lent(("A", 9101, 9101), ("A", 9001, 9002)))
        assert leases.left("A", TODAY) == 3
        assert [leases.burn("A", TODAY) for _ in range(4)] == ["A9001", "A9002", "A9101", None]

    def test_a_day_has_its_own(self):
        leases = Leases(Card(":memory:"))
        follow = NextNumbers(day=TOMORROW, blocks=(Block(letter="A", first=9001, last=9003),))
        leases.take_in(lent(("A", 9001, 9001), follow=follow))
        assert leases.burn("A", TODAY) == "A9001"
        assert leases.burn("A", TOMORROW) == "A9001"
        assert leases.burn("A", "2026-11-25") is None

    @given(
        st.lists(
            st.one_of(
                st.just("burn"),
                st.just("restart"),
                st.tuples(st.integers(9001, 9012), st.integers(0, 6)),
            ),
            max_size=40,
        )
    )
    def test_none_is_given_twice_whatever_is_lent_and_whatever_restarts(self, story):
        card = Card(":memory:")
        leases, given_out = Leases(card), []
        for n, step in enumerate(story):
            if step == "burn":
                given_out.append(leases.burn("A", TODAY))
            elif step == "restart":
                leases = Leases(card)
            else:
                leases.take_in(lent(("A", step[0], step[0] + step[1]), rev=str(n)))
        numbers = [number for number in given_out if number is not None]
        assert len(set(numbers)) == len(numbers)


class Heard:
    def __init__(self):
        self.said = []

    def __getattr__(self, name):
        return lambda key: self.said.append((name, key))


class TestFingers:
    def setup_method(self):
        self.scheduler, self.heard = VirtualScheduler(MORNING), Heard()
        self.presses = Presses(self.scheduler, self.heard, hold_s=1.5)

    def play(self, *steps):
        for act, key, then in steps:
            getattr(self.presses, act)(key)
            self.scheduler.run_for(then)
        return self.heard.said

    def test_a_tap_counts_when_the_finger_leaves(self):
        assert self.play(("down", "a", 0.2)) == []
        assert self.play(("up", "a", 0)) == [("on_tap", "a")]

    def test_a_long_press_counts_while_it_is_held(self):
        assert self.play(("down", "a", 1.5), ("up", "a", 0)) == [("on_hold", "a")]

    def test_one_hand_on_two_keys_presses_the_first(self):
        said = self.play(("down", "a", 0.03), ("down", "b", 0.2), ("up", "b", 0), ("up", "a", 0))
        assert said == [("on_tap", "a")]

    def test_two_people_press_two_keys(self):
        said = self.play(("down", "a", 0.2), ("down", "b", 0.2), ("up", "a", 0), ("up", "b", 0))
        assert said == [("on_tap", "a"), ("on_tap", "b")]

    def test_a_stuck_key_is_told_once_and_frees_itself(self):
        said = self.play(("down", "a", 100), ("up", "a", 0), ("down", "a", 0.1), ("up", "a", 0))
        assert said == [("on_hold", "a"), ("on_stuck", "a"), ("on_free", "a"), ("on_tap", "a")]

    def test_a_stuck_key_is_no_hand(self):
        self.presses.closed_at_start("a")
        assert self.play(("down", "b", 0.1), ("up", "b", 0))[-1] == ("on_tap", "b")

    def test_an_edge_that_was_missed_breaks_nothing(self):
        assert self.play(("up", "a", 0), ("down", "a", 0.1), ("down", "a", 0.1), ("up", "a", 0)) == [
            ("on_tap", "a")
        ]


class TestHours:
    def catalogue(self, **changes):
        facts = {
            "rev": "1", "hall": "demo", "name": Text(zh="大厅", en="Hall"), "services": (), "day": TODAY, "open": True,
            "opens": "9:00", "closes": "17:00",
        }  # fmt: skip
        catalogue = Catalogue(Card(":memory:"))
        catalogue.take_in(Services(**{**facts, **changes}))
        return catalogue

    def test_today_is_as_the_hub_said(self):
        assert self.catalogue().is_open(MORNING.replace(hour=20))
        assert not self.catalogue(open=False).is_open(MORNING)

    def test_a_day_of_which_the_hub_said_nothing_is_as_posted(self):
        tomorrow = MORNING + timedelta(days=1)
        closed_last_night = self.catalogue(open=False)
        assert closed_last_night.is_open(tomorrow)
        assert not closed_last_night.is_open(tomorrow.replace(hour=8, minute=59))
        assert not closed_last_night.is_open(tomorrow.replace(hour=17, minute=0))

    def test_a_hall_without_posted_hours_stays_as_it_was(self):
        assert self.catalogue(opens="", closes="").is_open(MORNING + timedelta(days=3))

    def test_it_survives_a_restart_and_a_damaged_card(self):
        card = Card(":memory:")
        service = Service(id="x", letter="X", name=Text(zh="某", en="x"), button=False)
        Catalogue(card).take_in(
            Services(rev="1", hall="demo", name=Text(zh="大厅", en="Hall"), services=(service,))
        )
        assert Catalogue(card).hall.services == (service,)
        assert Catalogue(card).service("x") is None, "no key gives numbers of a service without a button"
        card.put("services", {"rev": 7})
        assert Catalogue(card).hall is None


SETTINGS = """
hall: demo
member: dispenser-1
state_dir: state
keys:
  - {pin: 5, service: withdrawal, lamp: 17}
  - {pin: 6, service: enquiry, lamp: 27}
green: {pin: 13, lamp: 22}
alarm_lamp: 23
printer: {kind: network, host: 192.0.2.7, width_dots: 576}
display: {width: 64}
"""


class TestSettings:
    def written(self, tmp_path: Path, text: str) -> Path:
        file = tmp_path / "dispenser.yaml"
        file.write_text(text, encoding="utf-8")
        return file

    def test_a_whole_file_is_read(self, tmp_path):
        settings = load(self.written(tmp_path, SETTINGS), DispenserSettings)
        assert [key.service for key in settings.keys] == ["withdrawal", "enquiry"]
        assert (settings.hold_s, settings.same_key_guard_s, settings.answer_wait_s) == (1.5, 5.0, 2.0)

    @pytest.mark.parametrize(
        ("old", "new", "named"),
        [
            ("pin: 6", "pin: 5", "pin"),
            ("service: enquiry", "service: withdrawal", "keys"),
            ("service: enquiry", "service: green-channel", "keys"),
            ("host: 192.0.2.7, ", "", "printer"),
            ("width_dots: 576", "width_dots: 600", "printer.width_dots"),
            ("pin: 13", "pin: 99", "green.pin"),
            ("alarm_lamp: 23", "alarm: 23", "alarm"),
            ("kind: network", "kind: parallel", "printer.kind"),
        ],
    )
    def test_a_mistake_names_its_key(self, tmp_path, old, new, named):
        with pytest.raises(BadSettings) as caught:
            load(self.written(tmp_path, SETTINGS.replace(old, new)), DispenserSettings)
        assert named in str(caught.value)
