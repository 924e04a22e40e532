"""The console's copy of the hall equals the hub's, whatever was missed."""

from __future__ import annotations

import msgspec
import pytest

from hall.card import Card
from hall.link import Packet
from hall.plan import LanePlan
from hall.policy import AppointmentPolicy, Policy
from hall.topics import HUB_LIMIT, MEMBER_LIMIT, Topics
from hub.console.mirror.past import Past
from hub.console.mirror.picture import displaced, draw, free
from hub.console.mirror.replica import Replica
from hub.domain import views

pytestmark = pytest.mark.both_stores


class Watch:
    """A replica on the rig, and how often it said that something changed."""

    def __init__(self, rig, tmp_path):
        self.changes = 0
        self.rig = rig
        self.past = Past(rig.where)
        self.replica = Replica(
            rig.plan,
            member="console-web",
            link=rig.broker.link("console-web", MEMBER_LIMIT),
            scheduler=rig.scheduler,
            card=Card(tmp_path / "console-card.db"),
            past=self.past,
            on_change=self.changed,
        )
        self.replica.open()
        rig.settle()

    def changed(self):
        self.changes += 1

    def agrees(self):
        mine, its = self.replica.hall, self.rig.hub.coordinator.hall
        at = self.rig.scheduler.now()
        return (
            mine.n,
            *map(msgspec.json.encode, (views.board(mine, at), views.display(mine, 1, at)[0])),
        ) == (
            its.n,
            *map(msgspec.json.encode, (views.board(its, at), views.display(its, 1, at)[0])),
        )


@pytest.fixture
def watch(rig, tmp_path):
    watch = Watch(rig, tmp_path)
    yield watch
    watch.past.close()


def take(dispenser):
    return dispenser.ask("take_ticket", service="withdrawal", lane="normal", via="dispenser")


def test_it_follows_every_fact(watch, rig, console, dispenser):
    console.ask("sit", window=1, clerk="011")
    take(dispenser)
    console.ask("call_next", window=1)
    rig.settle()
    assert watch.agrees()
    assert watch.replica.hall.state.windows[1].ticket.number == "A001"
    assert watch.changes > 0


def test_one_that_starts_in_the_middle_of_the_day_knows_it_from_the_journal(
    rig, console, dispenser, tmp_path
):
    console.ask("sit", window=1, clerk="011")
    take(dispenser)
    rig.settle()
    watch = Watch(rig, tmp_path)
    assert watch.agrees()
    watch.past.close()


def test_what_was_told_while_it_was_cut_off_is_read_when_it_is_back(watch, rig, console, dispenser):
    rig.broker.cut("console-web")
    rig.settle()
    console.ask("sit", window=1, clerk="011")
    for _ in range(3):
        take(dispenser)
    rig.broker.mend("console-web")
    rig.run_for(2)
    assert watch.agrees()


def test_a_killed_hub_and_its_next_life_leave_it_right(watch, rig, console, dispenser):
    console.ask("sit", window=1, clerk="011")
    take(dispenser)
    rig.kill_hub()
    rig.start_hub()
    take(dispenser)
    rig.run_for(2)
    assert watch.agrees()
    assert watch.replica.hub is True


def test_a_new_day_replaces_the_old_one(watch, rig, console, dispenser):
    console.ask("sit", window=1, clerk="011")
    take(dispenser)
    console.ask("close_day")
    rig.run_for(86_400)
    take(dispenser)
    rig.run_for(1)
    assert watch.agrees()


def test_it_knows_who_is_there_and_what_troubles_them(watch, rig, dispenser):
    dispenser.say_state("degraded")
    trouble = {
        "level": "fault",
        "code": "paper-out",
        "text": {"zh": "缺纸", "en": "no paper"},
        "since": "2026-11-23T09:00:00+08:00",
    }
    dispenser.say("$alert/paper", trouble, retain=True)
    rig.settle()
    assert watch.replica.state_of("dispenser-1").value == "degraded"
    assert watch.replica.troubles["dispenser-1"]["paper"].code == "paper-out"
    dispenser.say("$alert/paper", b"", retain=True)
    rig.settle()
    assert watch.replica.troubles["dispenser-1"] == {}
    assert watch.replica.state_of("hub").value == "ready"
    assert watch.replica.state_of("nobody") is None


def test_who_is_expected_today_is_listed_until_they_come_and_who_must_be_moved_is_found(make_rig, tmp_path):
    policy = Policy(
        weights={"priority": 1}, streak_cap=2, appointment=AppointmentPolicy(quotas={"withdrawal": 2})
    )
    lanes = {"normal": LanePlan(), "priority": LanePlan(), "appointment": LanePlan()}
    rig = make_rig(policy=policy, lanes=lanes)
    rig.start_hub()
    console, watch = rig.member("console-1"), Watch(rig, tmp_path)
    for n, clock in enumerate(("10:00", "10:00", "11:00")):
        slot = f"2026-11-23T{clock}:00+08:00"
        assert console.ask(
            "book", f"b{n}", service="withdrawal", slot=slot, code=f"00000{n}", last4=f"000{n}"
        )["ok"]
    rig.run_for(1.0)
    offered = free(watch.replica, "withdrawal")
    assert f"{offered[0].begins:%H:%M}" == "09:30"
    assert "10:00" not in [
        f"{x.begins:%H:%M}" for x in offered if x.begins.date() == rig.scheduler.now().date()
    ]
    assert [one.last4 for one in draw(watch.replica, 1).expected] == ["0000", "0001", "0002"]
    console.ask("check_in", via="desk", code="000000")
    why = {"zh": "停电", "en": "no power"}
    stop = {"begins": "2026-11-23T10:30:00+08:00", "ends": "2026-11-23T12:00:00+08:00", "reason": why}
    assert console.ask("stop_service", service="withdrawal", **stop)["ok"]
    rig.run_for(1.0)
    assert [one.id for one in draw(watch.replica, 2).expected] == ["b1", "b2"]
    assert [one.id for one in displaced(watch.replica)] == ["b2"]


def test_a_board_as_large_as_the_hub_may_send_is_read(watch, rig):
    board = views.board(watch.replica.hall, rig.scheduler.now())
    large = msgspec.json.encode(msgspec.structs.replace(board, windows=board.windows * 40))
    assert MEMBER_LIMIT < len(large) < HUB_LIMIT
    changes = watch.changes
    topics = Topics(rig.plan.id)
    watch.replica.on_told(topics.parse(topics.board), Packet(topics.board, large))
    assert watch.changes == changes + 1
