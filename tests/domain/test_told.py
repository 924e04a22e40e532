"""What the hall says aloud, on the board and to dispensers."""

import re
from pathlib import Path

import msgspec
import pytest

import hub.domain
from hall.messages import asks
from hall.messages.common import WindowState
from hall.plan import HoursPlan
from hall.policy import Policy
from hall.text import Text
from hall.words import say
from hub.domain import orders, refusals, views, voice
from tests.domain.conftest import example_plan


class TestVoice:
    def said(self, scene):
        """The last sentence in full."""
        last = scene.said[-1]
        return say(last.phrase, **last.fields).zh

    def test_calls_grow_more_urgent_by_round(self, served):
        served.take()
        served.call(1)
        assert self.said(served) == "请A001号，到1号窗口办理。"
        served.ask(asks.Recall, window=1)
        assert self.said(served) == "再次请A001号，到1号窗口办理。"
        served.ask(asks.Recall, window=1)
        assert self.said(served) == "请A001号尽快到1号窗口，过号后可找引导台续排。"
        assert served.refuses(asks.Recall, window=1) == "recall-limit"

    def test_a_call_comes_before_a_recall_and_both_before_a_notice(self, served):
        served.take()
        served.call(1)
        served.ask(asks.Recall, window=1)
        first, second = served.said[-2:]
        assert (first.rank, first.times, first.expires_s, first.number, first.window) == (
            1,
            2,
            120,
            "A001",
            1,
        )
        assert (second.rank, served.said[0].phrase, served.said[0].rank) == (2, "voice.open", 3)

    def test_a_hall_with_one_round_calls_normally(self, make_scene):
        scene = make_scene(policy=Policy(recall_limit=0)).open(1)
        scene.take()
        scene.call(1)
        assert scene.phrases()[-1] == "voice.call"

    def test_a_review_says_so(self, served):
        served.take()
        served.call(1)
        served.transfer(1, "review")
        served.call(5)
        assert self.said(served) == "请A001号，到5号窗口复核。"

    def test_an_appointment_says_so_and_priority_never_does(self, served):
        for lane, phrase in (("appointment", "voice.appointment"), ("priority", "voice.call")):
            served.take(lane=lane)
            served.call(1)
            assert served.phrases()[-1] == phrase
            served.finish(1)

    def test_coming_back_says_so(self, served):
        served.take()
        served.call(1)
        served.transfer(1, "review", back=True)
        served.serve(5)
        served.call(1)
        assert self.said(served) == "请A001号回到1号窗口。"

    def test_to_the_desk(self, served):
        served.take()
        served.call(1)
        served.transfer(1, "desk")
        assert self.said(served) == "请A001号到引导台领取材料。"

    def test_other_transfers_say_nothing_until_the_call(self, served):
        served.take()
        served.call(1)
        before = len(served.said)
        served.transfer(1, 2)
        assert len(served.said) == before

    def test_a_pause_is_said_only_where_somebody_waits(self, served):
        before = len(served.said)
        served.ask(asks.Pause, window=1, reason="生理")
        assert len(served.said) == before
        served.ask(asks.Resume, window=1)
        served.take()
        served.ask(asks.Pause, window=1, reason="生理")
        assert self.said(served) == "1号窗口暂停服务，请留意其他窗口叫号，谢谢。"
        served.ask(asks.Pause, window=2, reason="设备故障")
        assert served.phrases()[-1] == "voice.fault"

    def test_a_pause_behind_the_last_person_being_served_is_not_said(self, served):
        served.take()
        served.call(1)
        served.start(1)
        before = len(served.said)
        served.ask(asks.Pause, window=1, reason="生理")
        assert len(served.said) == before

    def test_a_pause_is_said_to_the_one_who_was_just_called(self, served):
        served.take()
        served.call(1)
        served.ask(asks.Pause, window=1, reason="生理")
        assert served.phrases()[-2:] == ["voice.pause", "voice.given_back"]
        assert self.said(served) == "对不起，请A001号稍候，留意其他窗口叫号，谢谢。"

    def test_a_window_that_closes_tells_the_one_who_was_just_called(self, served):
        served.take()
        served.call(1)
        served.ask(asks.Leave, window=1)
        assert self.said(served) == "对不起，请A001号稍候，留意其他窗口叫号，谢谢。"

    def test_nobody_hears_of_papers_that_travel(self, served):
        served.take()
        served.call(1)
        served.transfer(1, "review", carry=True)
        served.call(5)
        spoken = len(served.said)
        served.ask(asks.Leave, window=5)
        assert len(served.said) == spoken

    def test_the_day_and_its_extension(self, served):
        served.ask(asks.ExtendHours, until=served.at.replace(hour=18))
        assert self.said(served) == "您好，今天延时服务到18:00，请已取号的朋友安心等候。"
        served.ask(asks.CloseDay)
        assert served.phrases() == ["voice.open", "voice.extended", "voice.close"]

    def test_who_got_no_paper_hears_the_number(self, served):
        served.take(id_="t")
        served.give(orders.NotePrintFailed(ticket="t", code="paper-out", member="dispenser-1"))
        assert self.said(served) == "对不起，打印纸用完了，您的号是A001，请到引导台领票。"

    def test_only_empty_paper_is_called_empty_paper(self, served):
        served.take(id_="t")
        served.give(orders.NotePrintFailed(ticket="t", code="cover-open", member="dispenser-1"))
        assert self.said(served) == "对不起，现在打印不了，您的号是A001，请到引导台领票。"

    def test_a_call_of_before_the_settings_changed_is_still_said(self, make_scene):
        before = make_scene().open(5)
        before.take("review")
        before.call(5)
        services = {"withdrawal": before.hall.plan.services["withdrawal"]}
        windows = (before.hall.plan.windows[1],)
        after = make_scene(services=services, windows=windows)
        for fact in before.facts:
            after.hall.apply(fact)
        assert voice.announcements(after.hall, before.facts[-1])[0].phrase == "voice.call"
        assert voice.announcements(make_scene().hall, before.facts[-1])[0].phrase == "voice.review"


class TestBoard:
    def test_it_draws_the_hall(self, served):
        for _ in range(3):
            served.take()
        served.take("loan")
        served.call(1)
        served.call(2)
        served.start(2)
        served.ask(asks.Pause, window=5, reason="生理")
        board = views.board(served.hall, served.at)
        assert (board.n, board.hall, board.day, board.open) == (served.hall.n, "demo", "2026-11-23", True)
        assert [(s.id, s.letter, s.waiting) for s in board.services] == [
            ("withdrawal", "A", 1),
            ("loan", "B", 1),
            ("review", "G", 0),
        ]
        assert [(w.window, w.state, w.number) for w in board.windows] == [
            (1, WindowState.CALLED, "A001"),
            (2, WindowState.SERVING, "A002"),
            (3, WindowState.CLOSED, None),
            (5, WindowState.PAUSED, None),
        ]
        assert [(c.number, c.window) for c in board.calls] == [("A002", 2), ("A001", 1)]

    def test_it_shows_the_last_eight_calls(self, served):
        for _ in range(10):
            served.take()
            served.call(1)
            served.finish(1)
        calls = views.board(served.hall, served.at).calls
        assert [c.number for c in calls] == [f"A{n:03d}" for n in range(10, 2, -1)]

    def test_a_closed_hall_has_closed_windows(self, served):
        served.ask(asks.CloseDay)
        board = views.board(served.hall, served.at)
        assert not board.open
        assert {w.state for w in board.windows} == {WindowState.CLOSED}

    def test_waits_are_those_of_somebody_who_would_come_now(self, served):
        for _ in range(5):
            served.take()
            served.serve(2)
        for window in (1, 2):
            served.take()
            served.call(window)
        promised = served.take()
        served.ask(asks.Cancel, ticket=promised.ticket)
        service = views.board(served.hall, served.at).services[0]
        assert (service.wait_min_s, service.wait_max_s) == (promised.wait_min_s, promised.wait_max_s)


class TestCatalogue:
    def test_it_holds_what_a_paper_needs(self, served):
        want = views.services(served.hall, served.at)
        assert (want.hall, want.day, want.open, want.opens, want.closes) == (
            "demo",
            "2026-11-23",
            True,
            "9:00",
            "17:00",
        )
        assert (want.hotline, want.lanes, want.wait_limit_s, want.next_day) == (
            "12329",
            ("normal", "appointment", "priority"),
            1200,
            None,
        )
        first = want.services[0]
        assert (first.id, first.common, first.zone) == ("withdrawal", ("本人身份证",), "一楼东区、一楼西区")
        assert first.zone_en == "east, west"
        assert (first.situations[0].id, first.situations[0].need) == ("rent", ("租赁合同",))
        assert [s.button for s in want.services] == [True, True, False]

    def test_it_holds_what_the_hall_posts(self, make_scene):
        free, steps = Text(zh="均不收费", en="free"), Text(zh="取号、办结", en="number, done")
        services = {
            key: msgspec.structs.replace(service, process=steps)
            for key, service in example_plan().services.items()
        }
        scene = make_scene(complaints="12345", fees=free, services=services).open(1)
        want = views.services(scene.hall, scene.at)
        assert (want.complaints, want.fees, want.services[0].process) == ("12345", free, steps)

    def test_papers_have_their_english_names_and_no_others(self, make_scene):
        scene = make_scene(papers_en={"本人身份证": "identity card", "租赁合同": "lease", "护照": "passport"})
        want = views.services(scene.hall, scene.at)
        assert want.papers_en == {"本人身份证": "identity card", "租赁合同": "lease"}

    def test_handling_minutes_are_measured_never_a_constant(self, served):
        def minutes():
            return views.services(served.hall, served.at).services[0].handling_min

        for _ in range(4):
            served.take()
            served.serve(2, minutes=7)
        assert minutes() is None
        served.take()
        served.serve(2, minutes=7)
        assert minutes() == 7

    def test_a_handling_time_under_a_minute_is_told_as_one(self, served):
        for _ in range(5):
            served.take()
            served.serve(2, minutes=0.1)
        assert views.services(served.hall, served.at).services[0].handling_min == 1

    @pytest.mark.parametrize(
        ("day", "hour", "next_day", "change"),
        [
            (23, 8, None, "2026-11-23T09:00:00+08:00"),
            (23, 12, None, "2026-11-23T17:00:00+08:00"),
            (23, 18, "2026-11-24", "2026-11-24T09:00:00+08:00"),
            (25, 12, "2026-11-27", "2026-11-27T09:00:00+08:00"),
        ],
    )
    def test_hours_are_todays_until_closing_then_the_next_open_days(self, scene, day, hour, next_day, change):
        scene.at = scene.at.replace(day=day, hour=hour)
        want = views.services(scene.hall, scene.at)
        assert (want.opens, want.closes, want.next_day) == ("9:00", "17:00", next_day)
        assert views.services_change(scene.hall, scene.at).isoformat() == change

    def test_a_hall_that_is_always_open_posts_no_hours(self, make_scene):
        scene = make_scene(hours=HoursPlan(always=True)).open()
        want = views.services(scene.hall, scene.at)
        assert (want.open, want.opens, want.closes, want.next_day) == (True, "", "", None)
        assert views.services_change(scene.hall, scene.at) is None


class TestRefusals:
    @pytest.mark.parametrize("code", sorted(refusals.TEXTS))
    def test_each_is_sorry_polite_clear_and_printable(self, code):
        text = refusals.TEXTS[code]
        assert re.fullmatch(r"[a-z]+(-[a-z]+)*", code)
        assert text.zh.startswith("对不起，")
        assert text.en.startswith("Sorry, ")
        assert text.zh.encode("gb2312")
        assert "你" not in text.zh
        for word in ("不知道", "可能", "也许", "不管", "你错了", "明白吗", "大概"):
            assert word not in text.zh

    def test_every_code_is_used_and_every_used_code_has_its_sentence(self):
        source = "".join(
            p.read_text(encoding="utf-8")
            for p in Path(hub.domain.__file__).parent.rglob("*.py")
            if p.name != "refusals.py"
        )
        used = {code for code in refusals.TEXTS if f'"{code}"' in source}
        assert used == set(refusals.TEXTS)
