"""What somebody has the hall told: true sentences only, each for as long as it holds, an order to leave before everything."""

from datetime import timedelta

import msgspec
import pytest

from hall.errors import Refused
from hall.messages import asks, facts
from hall.messages.common import AlarmCode, NoticeKind, WindowNumber
from hall.policy import USUAL, AlarmPolicy
from hall.text import Text
from hall.words import phrases
from hub.domain import notice_words, notices, orders, views, voice


def tell(scene, kind, **more):
    return scene.give(asks.Broadcast(id=scene.new_id(), kind=kind, **more))


def no(scene, kind, **more):
    return scene.no(tell, scene, kind, **more)


def sign(scene, window: WindowNumber = 1):
    return views.display(scene.hall, window, scene.at)[0]


def board(scene):
    return [text.zh for text in views.board(scene.hall, scene.at).notices]


def look(scene):
    return scene.give(orders.LookAround(), "hub")


@pytest.fixture
def crowd(make_scene):
    """Window 2 works, more people wait than one window may have, and the hall has said so."""
    alarms = AlarmPolicy(waiting_per_window=3, waiting_in_hall=None, unstaffed_min=None)
    scene = make_scene(policy=msgspec.structs.replace(USUAL, alarms=alarms)).open(2)
    for _ in range(3):
        scene.take()
    look(scene)
    assert [fact.code for fact in scene.of(facts.AlarmRung)] == [AlarmCode.LINE_LONG]
    return scene


@pytest.mark.parametrize("phrase", notice_words.SENTENCES)
def test_the_sentences_are_those_of_the_halls_words_letter_by_letter(phrase):
    words = phrases()[phrase]
    assert notice_words.SENTENCES[phrase] == Text(zh=words.zh, en=words.en)


class TestTruth:
    def test_that_windows_are_being_opened_is_not_said_before_one_is(self, crowd):
        assert no(crowd, NoticeKind.CROWD) == "notice-untrue"

    def test_it_is_said_by_itself_when_one_opens_and_then_not_again_for_ten_minutes(self, crowd):
        crowd.later(minutes=1).sit(3)
        assert crowd.phrases().count("voice.crowd") == 1
        assert no(crowd, NoticeKind.CROWD) == "notice-too-soon"
        crowd.later(minutes=10)
        tell(crowd, NoticeKind.CROWD)
        assert crowd.phrases().count("voice.crowd") == 2
        crowd.later(minutes=1).sit(1)
        assert crowd.phrases().count("voice.crowd") == 2, "neither does the hall repeat a person"

    def test_a_window_that_is_given_the_service_is_a_window_more(self, crowd):
        crowd.sit(5)
        assert no(crowd, NoticeKind.CROWD) == "notice-untrue", "it does not serve them"
        crowd.ask(asks.SetProfile, window=5, serves=("review", "loan"), helps=("withdrawal",))
        tell(crowd, NoticeKind.CROWD)

    def test_a_seat_that_was_taken_over_is_no_window_more(self, crowd):
        crowd.later(minutes=1).ask(asks.TakeOver, window=2, clerk="018")
        assert no(crowd, NoticeKind.CROWD) == "notice-untrue"

    def test_closing_is_soon_within_its_last_hour_and_the_minutes_are_the_real_ones(self, served):
        assert no(served, NoticeKind.CLOSING_SOON) == "notice-untrue"
        served.at = served.at.replace(hour=16, minute=40, second=20)
        (told,) = tell(served, NoticeKind.CLOSING_SOON)
        assert told.text.zh == "您好，离下班还有20分钟，已取号的都会办完。"
        assert told.until == served.at.replace(hour=17, minute=0, second=0)

    def test_an_extended_hall_does_not_close_soon_but_tells_until_when(self, served):
        assert no(served, NoticeKind.EXTENDED) == "notice-untrue"
        served.at = served.at.replace(hour=16, minute=40)
        served.ask(asks.ExtendHours, until=served.at.replace(hour=18))
        assert no(served, NoticeKind.CLOSING_SOON) == "notice-untrue"
        (told,) = tell(served, NoticeKind.EXTENDED)
        assert "18:40" in told.text.zh

    def test_another_window_is_named_only_if_it_works_and_serves_it(self, served):
        assert no(served, NoticeKind.DIVERT) == "notice-incomplete"
        assert no(served, NoticeKind.DIVERT, service="withdrawal", window=3) == "notice-untrue"
        assert no(served, NoticeKind.DIVERT, service="review", window=2) == "notice-untrue"
        assert no(served, NoticeKind.DIVERT, service="nothing", window=2) == "unknown-service"
        (told,) = tell(served, NoticeKind.DIVERT, service="withdrawal", window=2)
        assert told.text.zh == "您好，提取业务现在也可到2号窗口办理，请留意叫号。"

    def test_a_long_fault_is_told_when_a_service_has_no_window_left_or_is_stopped(self, served):
        assert no(served, NoticeKind.FAULT_LONG) == "notice-untrue"
        served.ask(asks.Pause, window=5, reason="设备故障")
        (told,) = tell(served, NoticeKind.FAULT_LONG)
        assert told.until is None
        served.ask(asks.WithdrawNotice, notice=told.notice)
        served.ask(asks.Resume, window=5)
        served.later(minutes=11)
        assert no(served, NoticeKind.FAULT_LONG) == "notice-untrue"
        served.ask(asks.StopService, service="loan", reason=Text(zh="系统结算", en="settlement"))
        tell(served, NoticeKind.FAULT_LONG)

    def test_in_a_closed_hall_nothing_is_said_but_to_leave(self, scene):
        assert no(scene, NoticeKind.FOUND) == "closed"
        tell(scene, NoticeKind.EVACUATE, confirmed=True)

    def test_a_clock_that_was_set_back_forbids_no_sentence(self, served):
        tell(served, NoticeKind.FOUND)
        served.later(minutes=-60)
        tell(served, NoticeKind.FOUND)

    def test_the_same_sentence_is_said_once_in_ten_minutes(self, served):
        tell(served, NoticeKind.FOUND)
        tell(served, NoticeKind.CHILD)
        served.later(minutes=9)
        assert no(served, NoticeKind.FOUND) == "notice-too-soon"
        served.later(minutes=1)
        tell(served, NoticeKind.FOUND)


class TestOwnText:
    GOOD = Text(zh="今天下午三点停电检修，请提前办理", en="Power maintenance at three; please come earlier")

    def test_it_stands_on_board_and_free_signs_and_is_not_spoken(self, served):
        before = served.phrases()
        tell(served, NoticeKind.TEXT, text=self.GOOD)
        assert board(served) == [self.GOOD.zh]
        assert (sign(served).mode, sign(served).notice) == ("notice", self.GOOD)
        assert served.phrases() == before

    def test_a_call_comes_before_it_on_the_sign(self, served):
        tell(served, NoticeKind.TEXT, text=self.GOOD)
        number = served.take().number
        served.call(2)
        assert (sign(served, 2).mode, sign(served, 2).number) == ("called", number)

    @pytest.mark.parametrize(
        "zh", ["材料可能不够", "你好", "不知道", "𠮷祥物发放", "一" * 61, "今天\u202e停办"]
    )
    def test_a_text_that_is_vague_rude_too_long_or_cannot_be_shown_is_refused_and_says_why(self, served, zh):
        with pytest.raises(Refused) as refusal:
            tell(served, NoticeKind.TEXT, text=Text(zh=zh, en="x"))
        assert refusal.value.code == "notice-words"
        assert len(refusal.value.text.zh) > len("对不起，这段文字不能公布，请修改：")

    def test_it_needs_both_languages_and_a_time_to_come(self, served):
        assert no(served, NoticeKind.TEXT) == "notice-incomplete"
        assert no(served, NoticeKind.TEXT, text=Text(zh="今天停电", en=" ")) == "notice-incomplete"
        assert no(served, NoticeKind.TEXT, text=self.GOOD, until=served.at) == "time-past"

    def test_it_goes_when_its_time_is_over_by_the_clock_alone(self, served):
        until = served.at + timedelta(hours=1)
        tell(served, NoticeKind.TEXT, text=self.GOOD, until=until)
        assert notices.due(served.hall.state, served.at) == until
        served.at = until
        assert [type(fact) for fact in look(served)] == [facts.NoticeEnded]
        assert board(served) == []
        assert sign(served).mode == "idle"

    def test_it_is_withdrawn_once(self, served):
        (told,) = tell(served, NoticeKind.TEXT, text=self.GOOD)
        (ended,) = served.ask(asks.WithdrawNotice, notice=told.notice, actor="manager")
        assert (ended.withdrawn, ended.actor) == (True, "manager")
        assert served.refuses(asks.WithdrawNotice, notice=told.notice) == "unknown-notice"

    def test_six_stand_at_once_and_an_order_to_leave_always_finds_room(self, served):
        for _ in range(6):
            tell(served, NoticeKind.TEXT, text=self.GOOD)
        assert no(served, NoticeKind.TEXT, text=self.GOOD) == "notices-full"
        tell(served, NoticeKind.EVACUATE, confirmed=True)

    def test_it_ends_with_the_day_unless_its_time_is_later(self, served):
        tell(served, NoticeKind.TEXT, text=self.GOOD)
        stays = Text(zh="年度结息六月三十日停办", en="Yearly settlement on 30 June")
        tell(served, NoticeKind.TEXT, text=stays, until=served.at + timedelta(days=3))
        served.ask(asks.CloseDay)
        assert board(served) == [stays.zh]
        served.later(days=1)
        served.ask(asks.OpenDay)
        assert board(served) == [stays.zh]


class TestEvacuation:
    def test_it_needs_a_second_confirmation(self, served):
        assert no(served, NoticeKind.EVACUATE) == "not-confirmed-twice"

    def test_every_sign_shows_it_over_whatever_it_showed_until_it_is_withdrawn(self, served):
        served.take()
        served.call(2)
        served.ask(asks.Pause, window=1, reason="生理")
        (order,) = tell(served, NoticeKind.EVACUATE, confirmed=True)
        assert [sign(served, window).mode for window in (1, 2, 3, 5)] == ["evacuate"] * 4
        served.ask(asks.WithdrawNotice, notice=order.notice)
        assert [sign(served, window).mode for window in (1, 2)] == ["paused", "called"]

    def test_it_is_spoken_before_every_call_and_a_second_one_changes_nothing(self, served):
        tell(served, NoticeKind.EVACUATE, confirmed=True)
        assert (served.said[-1].rank, served.said[-1].phrase) == (voice.EVACUATION, "voice.evacuate")
        assert tell(served, NoticeKind.EVACUATE, confirmed=True) == []

    def test_it_stands_through_the_night(self, served):
        tell(served, NoticeKind.EVACUATE, confirmed=True)
        served.ask(asks.CloseDay)
        assert sign(served).mode == "evacuate"
        served.later(days=1)
        served.ask(asks.OpenDay)
        assert sign(served).mode == "evacuate"


class TestClosingSoonByItself:
    @pytest.fixture
    def late(self, make_scene):
        """An open hall that says it 30 and 10 minutes before five o'clock; it is a quarter past four."""
        policy = msgspec.structs.replace(USUAL, closing_soon_min=(30, 10), alarms=None)
        scene = make_scene(policy=policy).open(1)
        scene.at = scene.at.replace(hour=16, minute=15)
        return scene

    @staticmethod
    def look(scene):
        told = scene.give(orders.LookAround(), "hub")
        assert scene.give(orders.LookAround(), "hub") == [], "told twice"
        return told

    def test_it_is_told_once_at_each_of_its_moments_and_spoken(self, late):
        assert self.look(late) == []
        for minute, left in ((30, 30), (50, 10)):
            due = late.hall.next_look(late.at)
            assert (due.hour, due.minute) == (16, minute)
            late.at = due
            (told,) = self.look(late)
            assert told.text.zh == f"您好，离下班还有{left}分钟，已取号的都会办完。"
            assert (told.by, told.actor) == ("hub", None)
        assert late.phrases().count("voice.closing_soon") == 2
        late.at = late.hall.next_look(late.at)
        assert all(isinstance(fact, facts.NoticeEnded) for fact in self.look(late))

    def test_one_that_was_missed_is_told_with_the_minutes_that_are_left(self, late):
        late.at = late.at.replace(minute=43)
        (told,) = self.look(late)
        assert "17分钟" in told.text.zh

    def test_what_somebody_said_just_before_is_not_said_again_and_the_button_stays(self, late):
        late.at = late.at.replace(minute=25)
        tell(late, NoticeKind.CLOSING_SOON)
        late.at = late.at.replace(minute=31)
        assert self.look(late) == []
        late.at = late.at.replace(minute=50)
        assert [fact for fact in self.look(late) if isinstance(fact, facts.NoticeGiven)]

    def test_it_is_not_told_while_it_is_not_true(self, late):
        late.ask(asks.ExtendHours, until=late.at.replace(hour=18))
        late.at = late.at.replace(minute=35)
        assert self.look(late) == []

    def test_a_hall_that_opened_late_says_only_what_comes_after(self, make_scene):
        policy = msgspec.structs.replace(USUAL, closing_soon_min=(30, 10), alarms=None)
        scene = make_scene(policy=policy)
        scene.at = scene.at.replace(hour=16, minute=40)
        scene.open(1)
        assert self.look(scene) == []
        scene.at = scene.at.replace(minute=50)
        assert len(self.look(scene)) == 1
