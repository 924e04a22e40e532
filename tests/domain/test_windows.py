from datetime import timedelta

import pytest

from hall.messages import asks
from hall.plan import HoursPlan
from hall.policy import PausePolicy, Policy
from hub.domain import views, windows


def test_one_clerk_per_window_and_one_window_per_clerk(scene):
    scene.sit(1, "011")
    assert scene.no(scene.sit, 1, "011") == "already-seated"
    assert scene.no(scene.sit, 1, "018") == "window-taken"
    assert scene.no(scene.sit, 2, "011") == "clerk-elsewhere"
    assert scene.no(scene.sit, 9, "018") == "unknown-window"
    scene.ask(asks.Leave, window=1, clerk="011")
    scene.sit(2, "011")


def test_a_seat_the_settings_took_away_does_not_hold_its_clerk(make_scene):
    before = make_scene().open()
    before.sit(5, "027")
    kept = [w for w in before.hall.plan.windows if w.window != 5]
    after = make_scene(windows=tuple(kept))
    for fact in before.facts:
        after.hall.apply(fact)
    assert after.refuses(asks.Leave, window=5) == "unknown-window"
    after.sit(1, "027")
    after.ask(asks.Leave, window=1)
    assert after.hall.state.windows[5].clerk is None


class TestLeave:
    def test_only_who_sits_there_leaves(self, served):
        assert served.refuses(asks.Leave, window=1, clerk="002") == "window-taken"
        assert served.refuses(asks.Leave, window=3) == "not-seated"

    def test_nobody_is_left_in_the_middle_of_a_service(self, served):
        served.take()
        served.call(1)
        served.start(1)
        assert served.refuses(asks.Leave, window=1) == "window-busy"

    def test_who_was_only_called_goes_back_to_the_front(self, served):
        served.take()
        served.take()
        served.call(1)
        closed, back = served.ask(asks.Leave, window=1)
        assert (closed.clerk, back.number, back.position) == ("001", "A001", 1)
        assert served.order_of_service(2) == ["A001", "A002"]

    def test_leaving_ends_a_pause(self, served):
        served.ask(asks.Pause, window=1, reason="生理")
        served.ask(asks.Leave, window=1)
        served.sit(1)
        served.take()
        assert served.call(1)


class TestPause:
    def test_a_paused_window_calls_nobody_and_a_called_ticket_goes_back(self, served):
        served.take()
        served.take()
        served.call(1)
        paused, back = served.ask(asks.Pause, window=1, reason="生理")
        assert (paused.reason, back.position, back.window) == ("生理", 1, None)
        assert served.refuses(asks.CallNext, window=1) == "window-paused"
        assert served.order_of_service(2) == ["A001", "A002"]

    def test_who_was_called_from_the_own_line_goes_back_there(self, served):
        served.take()
        served.call(1)
        served.transfer(1, 2)
        served.call(2)
        assert served.ask(asks.Pause, window=2, reason="生理")[1].window == 2

    def test_who_is_being_served_stays_and_is_finished(self, served):
        served.take()
        served.call(1)
        served.start(1)
        assert len(served.ask(asks.Pause, window=1, reason="请示领导")) == 1
        assert served.finish(1)

    def test_work_without_people_waits_until_the_line_is_empty(self, served):
        assert served.ask(asks.Pause, window=2, reason="整理档案")
        served.ask(asks.Resume, window=2)
        served.take()
        assert served.refuses(asks.Pause, window=2, reason="整理档案") == "people-waiting"
        assert served.ask(asks.Pause, window=5, reason="整理档案")
        served.call(1)
        served.transfer(1, 2)
        assert served.refuses(asks.Pause, window=2, reason="整理档案") == "people-waiting"

    def test_a_pause_cannot_end_before_it_begins(self, served):
        assert served.refuses(asks.Pause, window=1, reason="生理", until=served.at) == "time-past"

    def test_paused_and_resumed_once_each(self, served):
        assert served.refuses(asks.Resume, window=1) == "not-paused"
        served.ask(asks.Pause, window=1, reason="生理")
        assert served.refuses(asks.Pause, window=1, reason="生理") == "already-paused"
        served.ask(asks.Resume, window=1)
        served.take()
        assert served.call(1)

    def test_nobody_sits_there_nobody_pauses(self, served):
        assert served.refuses(asks.Pause, window=3, reason="生理") == "not-seated"
        assert served.refuses(asks.Resume, window=3) == "not-seated"


class TestSign:
    def show(self, scene, window=1):
        return views.display(scene.hall, window, scene.at)

    def mode(self, scene, window=1):
        return self.show(scene, window)[0].mode

    def test_a_closed_hall_says_when_it_opens(self, scene):
        want, changes = self.show(scene)
        assert (want.mode, want.opens) == ("closed", "9:00")
        assert changes.isoformat() == "2026-11-24T09:00:00+08:00"

    def test_a_hall_that_never_posts_hours_says_only_closed(self, make_scene):
        scene = make_scene(hours=HoursPlan(always=True))
        want, changes = self.show(scene)
        assert (want.mode, want.opens, changes) == ("closed", None, None)

    def test_without_clerk_the_window_is_closed(self, served):
        assert self.mode(served, 3) == "closed-window"

    def test_idle_says_what_who_and_that_it_is_a_heart_window(self, served):
        want, changes = self.show(served)
        assert (want.mode, want.clerk, want.heart, want.review) == ("idle", "001", True, False)
        assert [t.zh for t in want.services] == ["提取", "贷款"]
        assert changes is None
        assert self.show(served, 5)[0].review

    def test_called_serving_rate_thanks_idle(self, served):
        served.take()
        served.call(1)
        served.ask(asks.Recall, window=1)
        want, _ = self.show(served)
        assert (want.mode, want.number, want.round) == ("called", "A001", 2)
        served.start(1)
        want, _ = self.show(served)
        assert (want.mode, want.number, want.round) == ("serving", "A001", 0)
        served.finish(1)
        want, changes = self.show(served)
        assert (want.mode, want.number) == ("rate", None)
        assert (changes - served.at).total_seconds() == 60
        served.later(seconds=60)
        assert self.mode(served) == "thanks"
        assert (self.show(served)[1] - served.at).total_seconds() == 5
        served.later(seconds=5)
        assert self.show(served)[0].mode == "idle"

    def test_thanks_follow_a_rating_for_five_seconds(self, served):
        served.take()
        served.call(1)
        (done,) = served.finish(1)
        served.later(seconds=7)
        served.rate(done, cast_at=served.at)
        assert self.mode(served) == "thanks"
        assert self.mode(served.later(seconds=4)) == "thanks"
        assert self.mode(served.later(seconds=1)) == "idle"

    def test_a_vote_that_comes_late_brings_no_thanks_back(self, served):
        served.take()
        served.call(1)
        (done,) = served.finish(1)
        cast = served.at
        served.later(minutes=10)
        served.rate(done, cast_at=cast)
        assert self.mode(served) == "idle"

    def test_who_still_rates_sees_it_though_the_clerk_has_left(self, served):
        served.take()
        served.serve(1)
        served.ask(asks.Leave, window=1)
        assert self.mode(served) == "rate"

    def test_paused_leads_people_on(self, served):
        served.sit(3)
        served.ask(asks.Pause, window=1, reason="生理", until=served.at.replace(hour=10, minute=30))
        want, changes = self.show(served)
        assert (want.mode, want.others, want.until, changes) == ("paused", (2, 3), "10:30", None)
        served.ask(asks.Pause, window=3, reason="生理")
        assert self.show(served)[0].others == (2, 5)
        for window in (2, 5):
            served.ask(asks.Leave, window=window)
        assert self.show(served)[0].others == ()

    def test_a_window_that_shares_nothing_is_no_help(self, served):
        served.ask(asks.Pause, window=5, reason="生理")
        assert self.show(served, 5)[0].others == (1,)

    @pytest.mark.parametrize(
        ("reason", "mode"),
        [
            ("设备故障", "fault"),
            ("打印机故障", "fault"),
            ("printer fault", "fault"),
            ("午休", "lunch"),
            ("去吃午饭", "lunch"),
            ("午餐时设备故障", "fault"),
            ("生理", "paused"),
            ("以默认方式 by default", "paused"),
        ],
    )
    def test_the_sign_says_a_fault_a_meal_or_a_pause_whatever_the_reason_is_called(
        self, served, reason, mode
    ):
        served.ask(asks.Pause, window=1, reason=reason)
        assert self.show(served)[0].mode == mode
        assert self.show(served)[0].others == (2, 5)

    def test_extended_hours_show_after_closing_time_until_they_end(self, served):
        served.ask(asks.ExtendHours, until=served.at.replace(hour=18))
        want, changes = self.show(served)
        assert (want.extended, changes.hour) == (False, 17)
        served.at = served.at.replace(hour=17)
        want, changes = self.show(served)
        assert (want.extended, changes.hour) == (True, 18)
        served.at = served.at.replace(hour=18)
        want, changes = self.show(served)
        assert (want.extended, changes) == (False, None)

    def test_a_fault_is_a_moment_for_a_quarter_of_an_hour_and_an_apology_from_then_on(self, served):
        served.ask(asks.Pause, window=2, reason="设备故障")
        begun = served.at
        want, changes = views.display(served.hall, 2, begun)
        assert (want.mode, changes) == ("fault", begun + timedelta(minutes=15))
        want, changes = views.display(served.hall, 2, begun + timedelta(minutes=15))
        assert (want.mode, changes) == ("fault-long", None)

    def test_a_fault_that_the_clerk_says_will_last_is_an_apology_at_once(self, served):
        served.ask(asks.Pause, window=2, reason="设备故障", until=served.at + timedelta(minutes=40))
        assert views.display(served.hall, 2, served.at)[0].mode == "fault-long"

    def test_an_unknown_window_has_no_sign_and_no_pad(self, served):
        assert served.no(self.show, served, 9) == "unknown-window"
        assert served.no(views.rating, served.hall, 9, served.at) == "unknown-window"


class TestMove:
    def test_a_clerk_moves_with_one_ask(self, served):
        closed, opened = served.ask(asks.Sit, window=3, clerk="001", move=True)
        assert (closed.window, opened.window, opened.clerk) == (1, 3, "001")
        assert served.refuses(asks.CallNext, window=1) == "not-seated"
        served.take()
        assert served.call(3).clerk == "001"

    def test_who_was_called_there_goes_back_to_the_front_and_hears_it(self, served):
        served.take()
        served.call(1)
        _, back, _ = served.ask(asks.Sit, window=3, clerk="001", move=True)
        assert (back.position, back.given_back) == (1, True)
        assert served.phrases()[-1] == "voice.given_back"
        assert served.call(3).number == "A001"

    def test_whoever_is_served_is_not_left_and_no_seat_is_taken_from_anybody(self, served):
        served.take()
        served.call(1)
        served.start(1)
        assert served.refuses(asks.Sit, window=3, clerk="001", move=True) == "window-busy"
        assert served.refuses(asks.Sit, window=2, clerk="001", move=True) == "window-taken"
        assert served.ask(asks.Sit, window=3, clerk="018", move=True)


class TestChangeOfShift:
    def test_the_open_ticket_stays_as_a_new_step_of_the_new_clerk(self, served):
        ticket = served.take().ticket
        served.call(1)
        served.start(1)
        served.later(minutes=4).ask(asks.Accept, window=1)
        closed, opened = served.ask(asks.TakeOver, window=1, clerk="018")
        assert (closed.clerk, opened.clerk, opened.number, opened.step) == ("001", "018", "A001", 2)
        assert opened.ticket == ticket
        assert served.refuses(asks.Accept, window=1) == "already-accepted"
        (done,) = served.later(minutes=2).finish(1)
        assert (done.clerk, done.step, done.seconds) == ("018", 2, 120)
        assert served.rate(done)[0].clerk == "018"

    def test_who_was_only_called_stays_called(self, served):
        served.take()
        served.call(1)
        served.ask(asks.TakeOver, window=1, clerk="018")
        assert views.display(served.hall, 1, served.at)[0].mode == "called"
        assert served.ask(asks.Recall, window=1)[0].clerk == "018"

    def test_the_asking_about_the_person_before_goes_on_for_the_clerk_who_served_them(self, served):
        served.take()
        served.call(1)
        (done,) = served.finish(1)
        _, opened = served.ask(asks.TakeOver, window=1, clerk="018")
        assert (opened.ticket, opened.step) == (None, None)
        assert served.rate(done)[0].clerk == "001"

    def test_a_pause_ends_with_the_clerk_who_made_it(self, served):
        served.ask(asks.Pause, window=1, reason="生理")
        served.ask(asks.TakeOver, window=1, clerk="018")
        served.take()
        assert served.call(1)

    def test_only_a_seat_that_is_taken_is_taken_over_and_only_by_who_has_none(self, served):
        assert served.refuses(asks.TakeOver, window=3, clerk="018") == "not-seated"
        assert served.refuses(asks.TakeOver, window=1, clerk="001") == "already-seated"
        assert served.refuses(asks.TakeOver, window=1, clerk="002") == "clerk-elsewhere"

    def test_what_the_clerk_before_did_is_not_the_new_ones_to_take_back(self, served):
        served.take()
        served.call(1)
        served.ask(asks.NoShow, window=1)
        served.ask(asks.TakeOver, window=1, clerk="018")
        assert served.refuses(asks.Undo, window=1) == "nothing-to-undo"


class TestPauseOfAHallWithRules:
    @pytest.fixture
    def strict(self, make_scene):
        pause = PausePolicy(reasons=("午休", "生理"), max_min=10)
        return make_scene(policy=Policy(pause=pause)).open(1)

    def test_only_the_named_reasons_and_a_fault(self, strict):
        assert strict.refuses(asks.Pause, window=1, reason="抽烟") == "pause-reason"
        assert strict.ask(asks.Pause, window=1, reason="设备故障")

    def test_a_pause_has_an_end_from_the_clerk_or_the_hall_whichever_comes_first(self, strict):
        state = strict.hall.state
        assert windows.pause_ends(state, state.windows[1]) is None
        strict.ask(asks.Pause, window=1, reason="生理")
        assert windows.pause_ends(state, state.windows[1]) == strict.at + timedelta(minutes=10)
        strict.ask(asks.Resume, window=1)
        until = strict.at + timedelta(minutes=5)
        strict.ask(asks.Pause, window=1, reason="生理", until=until)
        assert windows.pause_ends(state, state.windows[1]) == until

    def test_without_a_limit_it_has_none(self, served):
        served.ask(asks.Pause, window=1, reason="生理")
        state = served.hall.state
        assert windows.pause_ends(state, state.windows[1]) is None
