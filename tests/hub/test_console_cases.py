"""Cases hear the hall through the console's copy of it; what was told while the console was down opens its case from the journal."""

from __future__ import annotations

import pytest

from hall.card import Card
from hall.topics import MEMBER_LIMIT
from hub.console.cases.room import Cases
from hub.console.door.office import Office
from hub.console.mirror.past import Past
from hub.console.mirror.replica import Replica

pytestmark = pytest.mark.both_stores


class Console:
    """A console's copy of the hall and its cases, which can be stopped and started again."""

    def __init__(self, rig, folder):
        self.rig, self.folder = rig, folder
        self.start()

    def start(self):
        rig = self.rig
        self.office, self.past = Office(self.folder / "console.db"), Past(rig.where)
        self.cases = Cases(lambda: rig.plan, self.office, lambda: Past(rig.where), now=rig.scheduler.now)
        self.replica = Replica(
            rig.plan,
            member="console-web",
            link=rig.broker.link("console-web", MEMBER_LIMIT),
            scheduler=rig.scheduler,
            card=Card(self.folder / "console-card.db"),
            past=self.past,
            on_change=lambda: None,
        )
        self.replica.on_fact.append(self.cases.hear)
        self.replica.open()
        rig.run_for(1)

    def stop(self):
        self.replica.on_fact.clear()  # a process that has ended hears nothing
        self.replica.close()
        self.rig.settle()
        self.office.close()
        self.past.close()

    def steps(self):
        self.office.submit(lambda _: None).result()
        return [(case.opened.ticket, case.opened.window) for case in self.cases.seen.cases.values()]


@pytest.fixture
def staff(rig, tmp_path):
    staff = Console(rig, tmp_path)
    yield staff
    staff.stop()


@pytest.fixture
def pad(rig):
    return rig.member("pad-1")


def serve(console, dispenser, pad, ticket, seq, grade):
    console.ask("sit", window=1, clerk="011")
    dispenser.take(id_=ticket)
    console.ask("call_next", window=1)
    console.ask("finish", window=1, outcome="done")
    pad.event("rated", seq, grade=grade, ticket=ticket, window=1, step=1)


def test_a_face_pressed_at_the_pad_opens_a_case_at_once(staff, rig, console, dispenser, pad):
    serve(console, dispenser, pad, "t1", 1, 1)
    rig.settle()
    assert staff.steps() == [("t1", 1)]


def test_a_restarted_console_opens_no_second_case(staff, rig, console, dispenser, pad):
    serve(console, dispenser, pad, "t1", 1, 1)
    rig.settle()
    staff.stop()
    staff.start()
    assert staff.steps() == [("t1", 1)]


def test_ratings_of_a_day_that_the_console_missed_open_theirs(staff, rig, console, dispenser, pad):
    serve(console, dispenser, pad, "t1", 1, 1)
    rig.settle()
    assert staff.steps() == [("t1", 1)]
    staff.stop()
    serve(console, dispenser, pad, "t2", 2, 1)
    serve(console, dispenser, pad, "t3", 3, 4)
    console.ask("close_day")
    rig.run_for(86_400)
    dispenser.take(id_="t4")
    staff.start()
    assert staff.steps() == [("t1", 1), ("t2", 1)]


def test_a_console_that_is_new_to_an_old_hall_opens_none_of_its_past(rig, console, dispenser, pad, tmp_path):
    serve(console, dispenser, pad, "t1", 1, 1)
    console.ask("close_day")
    rig.run_for(86_400)
    dispenser.take(id_="t2")
    staff = Console(rig, tmp_path)
    assert staff.steps() == []
    staff.stop()
