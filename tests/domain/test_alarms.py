"""The hall speaks up: each alarm rings once, says what would help, and stops when it is over."""

from datetime import timedelta

import msgspec
import pytest

from hall.messages import asks, facts
from hall.messages.common import AlarmCode, AlarmLevel, Remedy
from hall.plan import DayHours, HoursPlan, Lunch, StaffPlan, WindowPlan
from hall.policy import USUAL, AlarmPolicy, PausePolicy, WaitLimit
from hall.settings_plan import problems
from hub.domain import alarm_words, orders, views

#: Everything off that a test does not ask for.
SILENT = AlarmPolicy(
    wait=WaitLimit(warn_min=1440, breach_min=1440),
    waiting_per_window=None,
    waiting_in_hall=None,
    unstaffed_min=None,
    transfers=None,
    forgotten_factor=None,
)


@pytest.fixture
def hall_with(make_scene):
    """A scene whose policy has only these alarms."""

    def make(at=None, pause=None, **alarms):
        more = alarms.pop("plan", {})
        policy = msgspec.structs.replace(
            USUAL, alarms=msgspec.structs.replace(SILENT, **alarms), pause=pause or PausePolicy()
        )
        fields = {"policy": policy} | more
        return make_scene(**fields) if at is None else make_scene(at, **fields)

    return make


def look(scene):
    """Look around; what is due is told, and then nothing more is due now."""
    due = scene.hall.next_look(scene.at)
    told = scene.give(orders.LookAround(), "hub")
    assert bool(told) == (due is not None and due <= scene.at)
    assert scene.give(orders.LookAround(), "hub") == []
    after = scene.hall.next_look(scene.at)
    assert after is None or after > scene.at
    return told


def at_next_look(scene):
    """Let time pass up to the moment the hall names; nothing is told before it."""
    due = scene.hall.next_look(scene.at)
    if due > scene.at + timedelta(seconds=1):
        before, scene.at = scene.at, due - timedelta(seconds=1)
        assert scene.give(orders.LookAround(), "hub") == [], f"told before {due}, since {before}"
    scene.at = due
    return look(scene)


def codes(told):
    return [(type(fact).__name__, fact.code.value) for fact in told]


class TestWaits:
    def test_a_warning_then_the_breach_of_the_promise_each_once(self, hall_with):
        hall = hall_with(wait=WaitLimit(warn_min=20, breach_min=30)).open(2)
        hall.take()
        arrived = hall.at
        assert codes(at_next_look(hall)) == [("AlarmRung", "wait-warn")]
        assert hall.at - arrived == timedelta(minutes=20)
        assert codes(at_next_look(hall)) == [("AlarmRung", "wait-breach")]
        assert hall.at - arrived == timedelta(minutes=30)
        levels = [fact.level for fact in hall.of(facts.AlarmRung)]
        assert levels == [AlarmLevel.WARNING, AlarmLevel.URGENT]

    def test_it_stops_when_the_line_is_served_and_says_how_long_it_stood(self, hall_with):
        hall = hall_with(wait=WaitLimit(warn_min=20, breach_min=30)).open(2)
        hall.take()
        at_next_look(hall)
        hall.later(minutes=5)
        hall.call(2)
        (stopped,) = look(hall)
        assert (stopped.code, stopped.seconds) == (AlarmCode.WAIT_WARN, 300)
        assert views.board(hall.hall, hall.at).alarms == ()

    def test_a_wait_that_stays_about_the_limit_does_not_ring_again(self, hall_with):
        hall = hall_with(wait=WaitLimit(warn_min=20, breach_min=1440)).open(2)
        for _ in range(5):
            hall.take()
            hall.later(minutes=2)
        rung = stopped = 0
        for _ in range(5):
            for fact in at_next_look(hall) if rung == 0 else look(hall):
                rung += isinstance(fact, facts.AlarmRung)
                stopped += isinstance(fact, facts.AlarmStopped)
            hall.call(2)
            hall.finish(2)
            hall.take()
        assert (rung, stopped) == (1, 1), "one after the other had waited 18 minutes, which is about 20"

    def test_a_service_may_have_limits_of_its_own(self, hall_with):
        own = {"loan": WaitLimit(warn_min=5, breach_min=1440)}
        hall = hall_with(waits=own).open(1)
        hall.take("withdrawal")
        hall.take("loan")
        at_next_look(hall)
        assert [(fact.code, fact.service) for fact in hall.of(facts.AlarmRung)] == [
            (AlarmCode.WAIT_WARN, "loan")
        ]
        assert hall.of(facts.AlarmRung)[0].text.zh.startswith("贷款的等候时间达到5分钟")

    def test_the_papers_of_a_service_know_its_own_limit(self, hall_with):
        hall = hall_with(waits={"loan": WaitLimit(warn_min=5, breach_min=10)}).open(1)
        limits = {x.id: x.wait_limit_s for x in views.services(hall.hall, hall.at).services}
        assert limits == {"withdrawal": None, "loan": 300, "review": None}


class TestLengths:
    def test_too_many_per_open_window(self, hall_with):
        hall = hall_with(waiting_per_window=3).open(2, 3)
        for _ in range(5):
            hall.take()
        assert look(hall) == []
        hall.take()
        (rung,) = look(hall)
        assert (rung.code, rung.service) == (AlarmCode.LINE_LONG, "withdrawal")
        assert rung.text.en == "6 wait for x, windows open: 2; open window 1"

    def test_a_crowd_in_the_hall_and_what_was_done_about_it(self, hall_with):
        hall = hall_with(waiting_in_hall=4).open(2)
        for service in ("withdrawal", "withdrawal", "loan", "withdrawal"):
            hall.take(service)
        (rung,) = look(hall)
        assert (rung.code, rung.level) == (AlarmCode.CROWD, AlarmLevel.URGENT)
        answered = hall.ask(asks.AnswerAlarm, alarm=rung.alarm, did="已叫012号到3号窗口", actor="值班 031")[0]
        assert (answered.code, answered.by, answered.actor) == (rung.code, "console-1", "值班 031")
        shown = views.board(hall.hall, hall.at).alarms[0]
        assert (shown.alarm, shown.text, shown.did) == (rung.alarm, rung.text, "已叫012号到3号窗口")
        hall.call(2)
        assert look(hall) == [], "three of four is no reason to say it is over"
        hall.finish(2)
        hall.call(2)
        assert codes(look(hall)) == [("AlarmStopped", "crowd")]
        assert hall.refuses(asks.AnswerAlarm, alarm=rung.alarm, did="x") == "unknown-alarm"

    def test_nobody_is_told_of_windows_being_opened_unless_one_was(self, hall_with):
        hall = hall_with(waiting_in_hall=3, crowd_sentence_min=10).open(2)
        for _ in range(9):
            hall.take()
        look(hall)
        assert "voice.crowd" not in hall.phrases()
        hall.sit(3)
        assert hall.phrases().count("voice.crowd") == 1
        hall.sit(1)
        assert hall.phrases().count("voice.crowd") == 1, "said a moment ago"
        hall.later(minutes=10)
        hall.sit(5)
        assert hall.phrases().count("voice.crowd") == 2

    def test_a_window_that_opens_in_a_quiet_hall_is_opened_in_silence(self, hall_with):
        hall = hall_with(waiting_in_hall=3).open(2)
        hall.take()
        look(hall)
        hall.sit(3)
        assert "voice.crowd" not in hall.phrases()


class TestWhatWouldHelp:
    def suggestion(self, hall):
        return next(fact for fact in look(hall) if isinstance(fact, facts.AlarmRung)).suggest

    def test_an_empty_window_of_the_service_is_opened(self, hall_with):
        hall = hall_with(waiting_per_window=2).open(2)
        for _ in range(3):
            hall.take()
        found = self.suggestion(hall)
        assert (found.what, found.window, found.service) == (Remedy.OPEN_WINDOW, 1, "withdrawal")
        hall.sit(found.window)
        assert hall.call(found.window).number == "A001"

    def test_with_every_window_of_it_open_an_idle_one_helps(self, hall_with):
        hall = hall_with(waiting_per_window=2).open(1, 2, 3, 5)
        for _ in range(6):
            hall.take()
        found = self.suggestion(hall)
        assert (found.what, found.window) == (Remedy.HELPER, 5)
        serves = hall.hall.state.pool(5)
        hall.ask(asks.SetProfile, window=5, serves=serves, helps=("withdrawal",))
        assert hall.call(5).number == "A001"

    def test_with_nobody_idle_people_are_sent_where_fewer_wait(self, hall_with):
        hall = hall_with(waiting_per_window=3).open(1, 2, 3, 5)
        hall.take("review")
        for _ in range(9):
            hall.take()
        found = self.suggestion(hall)
        assert (found.what, found.window) == (Remedy.REROUTE, 5)

    def test_nothing_is_suggested_that_would_not_help(self, hall_with):
        hall = hall_with(waiting_per_window=3).open(1, 2, 3, 5)
        for _ in range(5):
            hall.take("review")
        for _ in range(9):
            hall.take()
        rung = [fact for fact in look(hall) if fact.service == "withdrawal"]
        assert [fact.suggest for fact in rung] == [None]


ROSTER = {1: "001", 2: "002"}
STAFF = (StaffPlan(work_no="001", b="009"), "002", "009")
LUNCH = Lunch(begins="12:00", ends="13:00", windows=(2,))
WEEK = HoursPlan(week={"mon": DayHours(open="09:00", close="17:00", lunch=LUNCH)})


class TestSeats:
    def test_a_rostered_window_that_is_empty_some_minutes_after_opening(self, hall_with):
        hall = hall_with(unstaffed_min=5, plan={"roster": ROSTER, "staff": STAFF, "hours": WEEK}).open(2)
        (rung,) = at_next_look(hall)
        assert (hall.at.hour, hall.at.minute) == (9, 5)
        assert (rung.code, rung.window, rung.clerk) == (AlarmCode.WINDOW_UNSTAFFED, 1, "001")
        assert rung.text.zh == "1号窗口应有人在岗，已空5分钟，当班工号001，替班工号009"
        assert (rung.suggest.what, rung.suggest.window) == (Remedy.OPEN_WINDOW, 1)
        hall.sit(1, clerk="009")
        assert codes(look(hall)) == [("AlarmStopped", "window-unstaffed")]

    def test_without_a_roster_no_window_is_missed(self, hall_with):
        hall = hall_with(unstaffed_min=5).open()
        hall.later(hours=2)
        assert look(hall) == []

    def test_who_eats_is_not_missed_but_the_cover_is(self, hall_with):
        hall = hall_with(unstaffed_min=5, plan={"roster": ROSTER, "staff": STAFF, "hours": WEEK}).open(1, 2)
        hall.later(hours=2, minutes=58)
        hall.ask(asks.Leave, window=1)
        hall.ask(asks.Leave, window=2)
        told = [at_next_look(hall) for _ in range(2)]
        assert [(fact.code, fact.window) for batch in told for fact in batch] == [
            (AlarmCode.WINDOW_UNSTAFFED, 2),
            (AlarmCode.LUNCH_UNCOVERED, 2),
        ]
        hall.sit(2)
        assert {fact.code for fact in look(hall)} == {AlarmCode.WINDOW_UNSTAFFED, AlarmCode.LUNCH_UNCOVERED}
        (rung,) = at_next_look(hall)
        assert (rung.window, hall.at.hour, hall.at.minute) == (1, 13, 5), "lunch is over"

    def test_a_pause_beyond_what_was_said(self, hall_with):
        hall = hall_with(pause=PausePolicy(max_min=15)).open(1, 2)
        hall.ask(asks.Pause, window=1, reason="生理", until=hall.at + timedelta(minutes=5))
        hall.ask(asks.Pause, window=2, reason="生理")
        rung = [at_next_look(hall)[0] for _ in range(2)]
        assert [(fact.code, fact.window, fact.clerk) for fact in rung] == [
            (AlarmCode.PAUSE_OVERRUN, 1, "001"),
            (AlarmCode.PAUSE_OVERRUN, 2, "002"),
        ]
        hall.ask(asks.Resume, window=1)
        assert codes(look(hall)) == [("AlarmStopped", "pause-overrun")]


class TestOneTicket:
    def test_sent_on_too_often_until_the_person_is_done(self, hall_with):
        hall = hall_with(transfers=2).open(1, 2, 3, 5)
        ticket = hall.take().ticket
        hall.call(1)
        hall.transfer(1, 2)
        assert look(hall) == []
        hall.call(2)
        hall.transfer(2, 3)
        (rung,) = look(hall)
        assert (rung.code, rung.ticket, rung.number) == (AlarmCode.PING_PONG, ticket, "A001")
        hall.call(3)
        hall.finish(3)
        assert codes(look(hall)) == [("AlarmStopped", "ping-pong")]

    def test_a_review_and_the_agreed_way_back_are_no_ping_pong(self, hall_with):
        hall = hall_with(transfers=1).open(1, 2, 5)
        hall.take()
        hall.call(1)
        hall.transfer(1, "review", back=True)
        hall.call(5)
        hall.transfer(5, 1)
        assert look(hall) == []

    def test_a_transfer_that_was_taken_back_does_not_count(self, hall_with):
        hall = hall_with(transfers=1).open(1, 2)
        hall.take()
        hall.call(1)
        hall.transfer(1, 2)
        hall.ask(asks.Undo, window=1)
        assert look(hall) == []

    def test_the_target_passed_and_the_finish_forgotten(self, hall_with):
        hall = hall_with(forgotten_factor=3).open(2)
        hall.take()
        hall.call(2)
        hall.start(2)
        began = hall.at
        (passed,) = at_next_look(hall)
        assert (passed.code, passed.level, passed.window) == (AlarmCode.TARGET_PASSED, AlarmLevel.NOTICE, 2)
        assert hall.at - began == timedelta(minutes=12)
        (forgotten,) = at_next_look(hall)
        assert (forgotten.code, forgotten.number) == (AlarmCode.FINISH_FORGOTTEN, "A001")
        assert hall.at - began == timedelta(minutes=36)
        hall.finish(2)
        assert codes(look(hall)) == [("AlarmStopped", "target-passed"), ("AlarmStopped", "finish-forgotten")]

    def test_time_on_the_shelf_is_not_time_at_the_window(self, hall_with):
        hall = hall_with().open(2)
        ticket = hall.take().ticket
        hall.call(2)
        hall.start(2)
        hall.later(minutes=10)
        hall.ask(asks.Park, window=2)
        hall.later(minutes=30)
        hall.ask(asks.ResumeTicket, ticket=ticket, window=2)
        assert look(hall) == []
        resumed = hall.at
        assert codes(at_next_look(hall)) == [("AlarmRung", "target-passed")]
        assert hall.at - resumed == timedelta(minutes=2)


class TestTheDay:
    def test_the_close_stops_every_alarm(self, hall_with):
        hall = hall_with(waiting_in_hall=1, waiting_per_window=1).open(2)
        hall.take()
        assert len(look(hall)) == 2
        told = hall.ask(asks.CloseDay)
        assert [type(fact).__name__ for fact in told] == [
            "AlarmStopped",
            "AlarmStopped",
            "TicketLeft",
            "DayClosed",
        ]
        assert hall.hall.state.alarms == {}
        assert look(hall) == []

    def test_switched_off_while_they_ring_they_stop(self, hall_with):
        hall = hall_with(waiting_in_hall=1).open(2)
        hall.take()
        look(hall)
        hall.ask(asks.SetPolicy, policy=msgspec.structs.replace(hall.hall.state.policy, alarms=None))
        assert codes(look(hall)) == [("AlarmStopped", "crowd")]

    def test_a_new_window_for_a_service_is_told_to_those_who_wait_for_it(self, hall_with):
        hall = hall_with().open(2, 5)
        hall.ask(asks.SetProfile, window=5, serves=("review", "withdrawal"))
        assert "voice.divert" not in hall.phrases(), "nobody waits"
        hall.ask(asks.SetProfile, window=5, serves=("review",))
        hall.take()
        hall.ask(asks.SetProfile, window=5, serves=("review", "withdrawal"))
        (said,) = [said for said in hall.said if said.phrase == "voice.divert"]
        assert said.fields == {"service": "提取", "service_en": "x", "window": 5}
        assert said.rank > 1, "calls first"


def test_every_alarm_has_its_words_in_the_characters_of_signs_and_printers():
    fields = {
        "service": "提取",
        "service_en": "Withdrawal",
        "window": 1,
        "number": "A001",
        "minutes": 5,
        "waiting": 3,
        "windows": 2,
        "clerk": "001",
        "cover": "002",
        "times": 2,
    }
    for code in AlarmCode:
        for what in Remedy:
            text = alarm_words.helped(alarm_words.said(code, fields), what, fields)
            assert text.zh.encode("gb2312")
            assert "你" not in text.zh
            assert text.en.isascii()


def test_a_roster_names_windows_and_clerks_of_the_hall(make_plan):
    plan = make_plan(
        staff=("001", "002"),
        windows=(WindowPlan(window=1, serves=("loan",)), WindowPlan(window=2, serves=("loan",))),
        roster={1: "001", 2: "001", 9: "077"},
        members={},
    )
    assert [key for key, _ in problems(plan) if key.startswith("roster")] == [
        "roster.2",
        "roster.9",
        "roster.9",
    ]
