"""The hall box comes to another release with its data, or is what it was; whatever is pulled or breaks, and wherever."""

import tempfile
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from deploy.appliance.box.machine import Machine
from deploy.appliance.box_update.fit import SLACK, check_clock, check_store
from deploy.appliance.box_update.hours import BEFORE, check_closed
from deploy.appliance.box_update.proof import Proof
from deploy.appliance.box_update.selector import SETTLE, Selector
from devices.updates import boot_select as boot
from hall.clock import VirtualScheduler
from hall.errors import Fault, Refused
from hall.messages.asks import CloseDay, OpenDay
from hall.settings_form import form_of
from hall.settings_write import written
from hub.coordinator import Coordinator
from hub.domain import calendar
from hub.releases import turn as turns
from hub.releases.turn import OVER, Stage, Turn
from hub.store.journal import Journal
from sim.layout import demo_plan
from tests.updates import faults, machine
from tests.updates.box import AT, FACTS, Box, stored


@pytest.fixture
def box(tmp_path):
    return Box(tmp_path)


class TestForward:
    def test_the_new_release_runs_with_all_there_was_and_its_own_broker_and_schema(self, box):
        turn = box.errand.run("2.0")
        assert (turn.stage, turn.was, turn.reason) == (Stage.DONE, "1.0", None)
        assert box.wrong() is None
        assert boot.current(box.place) == boot.target(box.place.good) == "2.0"
        assert stored(box.root / "state/hub/hub.db") == ("0002", [*range(1, FACTS + 2)], True)
        assert (box.root / "etc/mosquitto.conf").read_text() == "broker of 2.0"

    def test_an_older_release_gets_the_store_as_it_knows_it_and_no_fact_is_lost(self, box):
        box.errand.run("2.0")
        turn = box.errand.run("0.9")
        assert turn.stage is Stage.DONE
        assert stored(box.root / "state/hub/hub.db") == ("0001", [*range(1, FACTS + 3)], False)

    def test_the_same_and_half_a_release_are_refused_before_anything_stops(self, box):
        (box.place.releases / "2.0/bin/hall").unlink()
        for version, code in (("1.0", "there-already"), ("2.0", "not-complete"), ("3.0", "not-complete")):
            with pytest.raises(Refused) as refused:
                box.errand.run(version)
            assert refused.value.code == code
        assert box.wrong() is None
        assert box.turn is None

    def test_the_door_is_shut_before_anything_stops(self, box):
        seen = []
        stop = box.hands.stop
        box.hands.stop = lambda: (seen.append(box.hands.door.exists()), stop())
        box.errand.run("2.0")
        assert seen == [True]


BAD = {
    "start": "not-started",
    "migration": "not-started",
    "proof": "no-answer",
    "disk": "disk-fault",
    "import": "command-failed",
}


class TestBack:
    @pytest.mark.parametrize("fault", BAD)
    def test_a_bad_release_leaves_everything_as_it_was_and_says_why(self, tmp_path, fault):
        box = Box(tmp_path, **{"2.0": fault})
        turn = box.errand.run("2.0")
        assert turn.stage is Stage.FAILED
        assert turn.reason.startswith(BAD[fault])
        assert box.wrong() is None
        assert boot.current(box.place) == boot.target(box.place.good) == "1.0"

    def test_what_the_trial_wrote_is_counted_said_and_kept(self, tmp_path):
        box = Box(tmp_path, **{"2.0": "proof"})
        turn = box.errand.run("2.0")
        assert (turn.tried_facts, turn.kept) == (1, str(tmp_path / "state/update/tried/hub/hub.db"))
        assert stored(turn.kept) == ("0002", [*range(1, FACTS + 2)], True)
        assert (tmp_path / "state/update/tried/console/new-file").read_text() == "2.0"

    def test_without_room_for_a_copy_nothing_is_changed(self, tmp_path):
        box = Box(tmp_path, free=lambda _: 10)
        turn = box.errand.run("2.0")
        assert (turn.stage, turn.reason.split(":")[0]) == (Stage.FAILED, "disk-full")
        assert box.wrong() is None

    def test_a_release_that_failed_may_be_tried_again_when_it_is_mended(self, tmp_path):
        box = Box(tmp_path, **{"2.0": "proof"})
        box.errand.run("2.0")
        box.hands.faults.clear()
        assert box.errand.run("2.0").stage is Stage.DONE
        assert box.wrong() is None

    def test_a_door_that_cannot_be_shut_ends_it_at_once(self, box):
        def shut():
            raise Fault("door-open")

        box.hands.shut = shut
        turn = box.errand.run("2.0")
        assert (turn.stage, turn.reason.split(":")[0]) == (Stage.FAILED, "door-open")
        assert box.wrong() is None


def steps(folder, fault):
    folder.mkdir()
    box = Box(folder, **({"2.0": fault} if fault else {}))
    code, seen, result = faults.run(lambda: box.errand.run("2.0"), folder)
    assert code == 0, result
    return seen


@pytest.fixture
def scratch():
    """In memory where there is one: nobody pulls this machine's plug."""
    memory = Path("/dev/shm")
    with tempfile.TemporaryDirectory(dir=memory if memory.is_dir() else None) as folder:
        yield Path(folder)


@pytest.mark.parametrize("how", ["kill", "error"])
@pytest.mark.parametrize("fault", [None, "proof"], ids=["good", "bad"])
@pytest.mark.parametrize(
    "every", [9, pytest.param(1, marks=pytest.mark.long)]
)  # odd: both ways back by turns
def test_cut_or_failing_at_any_step_it_is_whole_after_the_next_start(scratch, fault, how, every):
    """The whole way, forward or forward and back; and the next update still succeeds."""
    count = steps(scratch / "whole", fault)
    assert count > 60
    new, wrong = 0, []
    for stop in range(1, count + 1, every):
        folder = scratch / f"cut-{stop}"
        folder.mkdir()
        box = Box(folder, **({"2.0": fault} if fault else {}))
        code, _, result = faults.run(lambda box=box: box.errand.run("2.0"), folder, stop=stop, how=how)
        if how == "kill" and stop % 2:  # the machine stays up: what its unit calls when it ends
            box.errand.settle(start=True)
        else:
            box.boot()
        found = box.wrong()
        if found or code == 1:
            wrong.append(f"{stop} of {count}: {found} {result}")
        if fault and boot.current(box.place) != "1.0":
            wrong.append(f"{stop} of {count}: a bad release runs")
        new += boot.current(box.place) == "2.0"
        if boot.current(box.place) == "1.0":
            box.hands.faults.clear()
            if box.errand.run("2.0").stage is not Stage.DONE or box.wrong():
                wrong.append(f"{stop} of {count}: the next update: {box.turn} {box.wrong()}")
    assert wrong == []
    assert bool(new) == (fault is None)


@pytest.mark.parametrize("stage", [each for each in Stage if each not in OVER])
def test_settled_at_the_machines_start_no_service_is_told_to_stop_or_start(tmp_path, stage):
    """A service that waits for its start and is told to stop is not started at all."""
    box = Box(tmp_path)
    turns.write(box.errand.file, Turn(version="2.0", was="1.0", stage=stage, begun=AT))
    told = []
    box.hands.stop = lambda: told.append("stop")
    box.hands.start = lambda release: told.append("start")
    box.errand.settle(start=False)
    assert told == []
    assert box.turn.stage in OVER


def test_cut_again_while_what_was_cut_is_settled_it_is_still_whole_in_the_end(scratch):
    first = scratch / "count"
    first.mkdir()
    box = Box(first, **{"2.0": "proof"})
    faults.run(lambda: box.errand.run("2.0"), first, stop=steps(scratch / "whole", "proof") // 2, how="kill")
    assert box.turn.stage not in {Stage.DONE, Stage.FAILED}
    code, count, _ = faults.run(lambda: box.errand.settle(start=False), first)
    assert code == 0
    middle = steps(scratch / "whole-2", "proof") // 2
    for stop in range(1, count + 1, 7):
        folder = scratch / f"cut-{stop}"
        folder.mkdir()
        each = Box(folder, **{"2.0": "proof"})
        faults.run(lambda each=each: each.errand.run("2.0"), folder, stop=middle, how="kill")
        faults.run(lambda each=each: each.errand.settle(start=False), folder, stop=stop, how="kill")
        each.boot()
        assert each.wrong() is None, stop
        assert boot.current(each.place) == "1.0"


class Watched:
    """A box's services, as a proof sees them, on a clock of its own."""

    def __init__(self, **said):
        self.time, self.runs = 0.0, {"hub": "1", "console": "2"}
        self.said = {"journal": None, "ask": None, "pages": None} | said
        self.at = {}

    def sleep(self, seconds):
        self.time += seconds
        for moment, change in [*self.at.items()]:
            if self.time >= moment:
                change()
                del self.at[moment]

    def look(self, name):
        def check():
            if self.said[name] is not None:
                raise Fault(self.said[name])

        return check

    def prove(self):
        Proof(
            services=lambda: dict(self.runs),
            journal=self.look("journal"),
            ask=self.look("ask"),
            pages=self.look("pages"),
            mono=lambda: self.time,
            sleep=self.sleep,
        ).prove()


class TestProof:
    def test_all_well_for_a_minute_is_good(self):
        box = Watched()
        box.prove()
        assert 60 <= box.time < 65

    @pytest.mark.parametrize(
        ("name", "code"), [("journal", "no-journal"), ("ask", "no-answer"), ("pages", "no-pages")]
    )
    def test_what_is_missing_when_the_time_is_over_is_the_reason(self, name, code):
        with pytest.raises(Fault) as fault:
            Watched(**{name: "gone"}).prove()
        assert fault.value.code == code

    def test_a_service_that_does_not_run_is_the_reason(self):
        box = Watched()
        box.runs["hub"] = None
        with pytest.raises(Fault) as fault:
            box.prove()
        assert fault.value.code == "no-services"

    def test_what_comes_late_is_waited_for(self):
        box = Watched(pages="starting")
        box.at[90.0] = lambda: box.said.update(pages=None)
        box.prove()
        assert box.time >= 150

    def test_a_service_that_was_started_anew_in_the_minute_is_no_proof(self):
        box = Watched()
        box.at[30.0] = lambda: box.runs.update(hub="3")
        with pytest.raises(Fault) as fault:
            box.prove()
        assert fault.value.code == "no-uptime"

    def test_a_hub_that_falls_silent_in_the_minute_is_no_proof(self):
        box = Watched()
        box.at[30.0] = lambda: box.said.update(ask="silent")
        with pytest.raises(Fault) as fault:
            box.prove()
        assert fault.value.code == "no-answer"


class TestSelector:
    """What no release replaces."""

    @pytest.fixture
    def step(self, tmp_path):
        place = machine.made(tmp_path / "opt", "1.0", "2.0").releases.parent
        place.rename(tmp_path / "hallfleet")
        (tmp_path / "opt").rmdir()
        (tmp_path / "opt").mkdir()
        (tmp_path / "hallfleet").rename(tmp_path / "opt/hallfleet")
        boot.point(tmp_path / "opt/hallfleet/current", "1.0")
        return Selector(Machine(tmp_path))

    def good(self, step):
        return boot.target(step.machine.at("/opt/hallfleet/good"))

    def test_it_is_there_and_good_is_what_runs(self, step):
        assert step.look()
        step.do()
        assert step.look() == []
        assert self.good(step) == "1.0"

    def test_a_release_does_not_replace_the_units_that_take_it_back(self, step):
        step.do()
        unit = step.machine.at(f"/etc/systemd/system/{SETTLE}")
        unit.write_text("an older one")
        step.do()
        assert step.look() == []
        assert unit.read_text() == "an older one"

    @pytest.mark.parametrize("stage", Stage)
    def test_a_release_on_trial_is_not_good_because_it_installs_itself(self, step, stage):
        step.do()
        turns.write(
            step.machine.at("/var/lib/hallfleet/boot/box.json"),
            Turn(version="2.0", was="1.0", stage=stage, begun=AT),
        )
        boot.point(step.machine.at("/opt/hallfleet/current"), "2.0")
        step.do()
        assert self.good(step) == ("2.0" if stage in OVER else "1.0")

    def test_undone_nothing_of_it_is_left(self, step):
        step.do()
        step.undo()
        assert [*step.machine.at("/etc").rglob("hall-*")] == []


class Quiet:
    """Nobody listens."""

    def hear(self, *_):
        pass

    answer = receipt = sick = facts = hear


class TestHours:
    """2026-11-23 is a Monday: the hall is posted open from nine to five, but for its pause."""

    ZONE = ZoneInfo("Asia/Shanghai")

    @pytest.fixture
    def settings(self, tmp_path):
        (tmp_path / "hall.yaml").write_text(written(form_of(demo_plan(always_open=False), policy=True)))
        (tmp_path / "hub.yaml").write_text("plan: hall.yaml\n")
        return tmp_path / "hub.yaml"

    def at(self, hour, minute=0, day=23):
        return datetime(2026, 11, day, hour, minute, tzinfo=self.ZONE)

    def asked(self, settings, *kinds):
        """A hub's journal in which somebody asked for this."""
        journal, time = Journal(str(settings.with_name("hub.db"))), VirtualScheduler(self.at(10))
        head = Coordinator(demo_plan(always_open=False), memory=journal, scheduler=time, tell=Quiet())
        head.start()
        for kind in kinds:
            head.ask("console-1", kind(id=kind.__name__))
            time.settle()
        journal.close()

    def test_a_hall_in_which_nobody_was_ever_served_may_be_updated(self, settings):
        check_closed(settings, self.at(10))

    def test_an_open_hall_may_not(self, settings):
        self.asked(settings, OpenDay)
        with pytest.raises(Refused) as refused:
            check_closed(settings, self.at(11))
        assert refused.value.code == "hall-open"

    def test_closed_it_may_until_a_quarter_of_an_hour_before_it_opens(self, settings):
        self.asked(settings, OpenDay, CloseDay)
        check_closed(settings, self.at(20))
        opens = calendar.next_hours(demo_plan(always_open=False), self.ZONE, self.at(20)).opens
        check_closed(settings, opens - BEFORE - timedelta(seconds=1))
        with pytest.raises(Refused) as refused:
            check_closed(settings, opens - BEFORE)
        assert refused.value.code == "opens-soon"

    def test_a_clock_behind_the_halls_own_records_cannot_tell_what_has_expired(self, settings):
        self.asked(settings, OpenDay)
        check_clock(settings, self.at(10) - SLACK)
        check_clock(settings, self.at(10, day=30))
        for late in (self.at(10) - SLACK - timedelta(minutes=1), datetime(2020, 1, 1, tzinfo=self.ZONE)):
            with pytest.raises(Refused, match="set the clock first") as refused:
                check_clock(settings, late)
            assert refused.value.code == "clock-not-ok"

    def test_where_the_records_clock_was_ahead_whoever_updates_says_which_day_it_is(self, settings):
        self.asked(settings, OpenDay)
        now = self.at(10, day=20)
        with pytest.raises(
            Refused, match="the clock is right now and was ahead then, say so: --today 2026-11-20"
        ):
            check_clock(settings, now)
        check_clock(settings, now, now.date())
        # a day that is not this machine's is a clock to be set, whichever of the two is wrong
        for said in (self.at(10, day=23), self.at(10, day=19)):
            with pytest.raises(
                Refused, match=f"and you say that it is {said:%Y-%m-%d}: set the clock first"
            ) as refused:
                check_clock(settings, now, said.date())
            assert refused.value.code == "clock-not-ok"
            refused.value.text.zh.encode("gb2312")

    def test_a_box_that_has_recorded_nothing_has_nothing_to_go_by(self, settings):
        check_clock(settings, datetime(2020, 1, 1, tzinfo=self.ZONE))

    def test_a_store_on_a_server_is_no_copy_of_this_machines(self, settings):
        check_store(settings)
        settings.write_text("plan: hall.yaml\nstore: postgresql://hall@db.example/hall\n")
        with pytest.raises(Refused, match="hall backup") as refused:
            check_store(settings)
        assert refused.value.code == "store-elsewhere"
