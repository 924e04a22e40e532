"""A finger on a key: one press is one number on paper, and what the other ways to press a key mean."""

from __future__ import annotations

import msgspec

from devices.parts.keys import Lamps
from hall.errors import Fault
from hall.messages import answers, events
from hall.messages.common import Via
from tests.devices.a_dispenser import (
    KEY,
    LAMP,
    catalogue,
    lease,
    zh_en,
)


class TestOnePressOneTicket:
    def test_a_press_becomes_a_number_on_paper_and_is_reported(self, place):
        place.press("withdrawal")
        assert place.numbers == ["A001"]
        assert "您前面还有3人" in place.papers[0]
        assert "提取" in place.papers[0]
        [ask] = place.hub.asks
        assert (ask.service, ask.lane, ask.via) == ("withdrawal", "normal", Via.DISPENSER)
        [printed] = place.hub.said(events.Printed)
        assert (printed.ticket, printed.copy) == (ask.id, 1)

    def test_tickets_and_tokens_are_never_the_same(self, place):
        for _ in range(3):
            place.press("withdrawal", then=6)
        assert place.numbers == ["A001", "A002", "A003"]
        assert len({ask.id for ask in place.hub.asks}) == 3
        assert len({ask.token for ask in place.hub.asks}) == 3

    def test_a_lost_answer_is_asked_for_again_with_the_same_id(self, place):
        place.broker.lose_next("+/+/+/dispenser-1/down/answer")
        place.press("withdrawal")
        assert place.numbers == ["A001"]
        assert len(place.hub.asks) == 2
        assert len({ask.id for ask in place.hub.asks}) == 1

    def test_an_answer_heard_twice_prints_once(self, place):
        place.broker.duplicate_next("+/+/+/dispenser-1/down/answer")
        place.press("withdrawal")
        assert place.numbers == ["A001"]

    def test_impatient_fingers_get_one_ticket(self, place):
        place.hub.silent = True
        for _ in range(4):
            place.press("withdrawal", 0.05, then=0.1)
        place.hub.silent = False
        place.wait(3)
        assert place.numbers == ["A001"]

    def test_two_keys_under_one_hand_are_one_press(self, place):
        place.board.press(KEY["withdrawal"], 0.3)
        place.wait(0.01)
        place.board.press(KEY["enquiry"], 0.3)
        place.wait(3)
        assert place.numbers == ["A001"]

    def test_two_people_at_two_keys_get_two_tickets(self, place):
        place.board.press(KEY["withdrawal"], 0.4)
        place.wait(0.2)
        place.board.press(KEY["enquiry"], 0.4)
        place.wait(4)
        assert sorted(place.numbers) == ["A001", "F001"]

    def test_a_refusal_is_a_slip_with_its_sentence(self, place):
        place.hub.refusing = ("numbers-used-up", zh_en("对不起，号已用完，请找引导台", "Sorry, used up"))
        place.press("withdrawal")
        assert place.numbers == []
        assert "对不起，号已用完，请找引导台" in place.papers[0]

    def test_a_closed_hall_says_when_it_is_open(self, place):
        place.hub.refusing = ("closed", zh_en("关", "closed"))
        place.press("withdrawal")
        assert "请在9:00至17:00来" in place.papers[0].replace("\n", "")

    def test_nonsense_for_an_answer_prints_no_nonsense(self, place):
        place.hub.silent = True
        place.press("withdrawal", then=0.5)
        place.hub.tell(
            "answer", answers.Done(id=place.hub.asks[0].id, ok=True, facts=(msgspec.Raw(b'{"type":"?"}'),))
        )
        place.wait(3)
        assert place.numbers == ["A9001"]


class TestTheSameKeyAgain:
    def test_it_takes_no_second_ticket_but_prints_the_situations_papers(self, place):
        place.press("withdrawal", then=2)
        place.press("withdrawal", then=3)
        assert len(place.hub.asks) == 1
        assert "租赁合同" in place.papers[1]
        assert "您已取号" in place.papers[1]
        assert "A001" in place.papers[1]

    def test_quick_taps_step_on_and_only_the_chosen_list_is_printed(self, place):
        place.press("withdrawal", then=2)
        place.press("withdrawal", then=0.3)
        place.press("withdrawal", then=4)
        assert len(place.papers) == 2
        assert "购房合同" in place.papers[1]
        assert "租赁合同" not in place.papers[1]

    def test_the_lamp_counts_the_situation(self, place):
        place.press("withdrawal", then=2)
        seen = []
        place.board.on_output(lambda pin, value: seen.append(value) if pin == LAMP["withdrawal"] else None)
        place.press("withdrawal", 0.05, then=0.2)
        place.press("withdrawal", 0.05, then=2)
        assert place.lit("withdrawal")
        assert seen.count(0) >= 3

    def test_a_service_without_situations_prints_nothing_more(self, place):
        place.press("enquiry", then=2)
        place.press("enquiry", then=3)
        assert len(place.papers) == 1

    def test_after_the_guard_it_is_the_next_person(self, place):
        place.press("withdrawal", then=7)
        place.press("withdrawal")
        assert place.numbers == ["A001", "A002"]


class TestLongPress:
    def test_it_prints_every_list_and_takes_no_number(self, place):
        place.press("withdrawal", 2.0)
        assert place.hub.asks == []
        assert place.numbers == []
        for text in ("材料清单（不排队）", "本人身份证", "租赁合同", "购房合同"):
            assert text in place.papers[0]

    def test_letting_go_after_it_is_no_press(self, place):
        place.press("withdrawal", 4.0)
        assert len(place.papers) == 1


class TestGreenChannel:
    def test_the_next_key_is_a_priority_ticket_and_the_guide_is_called(self, place):
        place.press("green", then=1)
        assert "escort-wanted" in place.alerts
        place.press("withdrawal")
        assert place.hub.asks[0].lane == "priority"
        assert "优先" in place.papers[0]
        place.wait(60)
        assert "escort-wanted" not in place.alerts

    def test_it_waits_only_for_a_while(self, place):
        place.press("green", then=11)
        place.press("withdrawal")
        assert place.hub.asks[0].lane == "normal"

    def test_pressed_again_it_takes_it_back(self, place):
        place.press("green", then=1)
        place.press("green", then=1)
        place.press("withdrawal")
        assert place.hub.asks[0].lane == "normal"

    def test_a_hall_without_such_a_lane_gives_normal_tickets_and_still_calls_the_guide(self, place):
        place.hub.want("services", catalogue(rev="s2", lanes=("normal", "appointment")))
        place.wait(1)
        place.press("green", then=1)
        place.press("withdrawal")
        assert place.hub.asks[0].lane == "normal"
        assert "escort-wanted" in place.alerts


class TestLargePrint:
    def test_the_green_key_held_asks_for_it_and_calls_the_guide(self, place):
        place.press("green", 2.0, then=1)
        assert "escort-wanted" in place.alerts
        place.press("withdrawal")
        assert (place.hub.asks[0].lane, place.hub.asks[0].large_print) == ("priority", True)
        place.press("enquiry")
        assert not place.hub.asks[1].large_print

    def test_a_tap_of_the_green_key_does_not(self, place):
        place.press("green", then=1)
        place.press("withdrawal")
        assert (place.hub.asks[0].lane, place.hub.asks[0].large_print) == ("priority", False)

    def test_held_after_a_tap_it_is_asked_for_and_held_again_taken_back(self, place):
        place.press("green", then=1)
        place.press("green", 2.0, then=1)
        place.press("withdrawal")
        place.press("green", 2.0, then=1)
        place.press("green", 2.0, then=1)
        place.press("enquiry")
        asks = [(ask.service, ask.lane, ask.large_print) for ask in place.hub.asks]
        assert asks == [("withdrawal", "priority", True), ("enquiry", "normal", False)]

    def test_it_waits_only_for_a_while(self, place):
        place.press("green", 2.0, then=11)
        place.press("withdrawal")
        assert not place.hub.asks[0].large_print

    def test_a_hall_without_a_priority_lane_has_it_too(self, place):
        place.hub.want("services", catalogue(rev="s2", lanes=("normal",)))
        place.wait(1)
        place.press("green", 2.0, then=1)
        place.press("withdrawal")
        assert (place.hub.asks[0].lane, place.hub.asks[0].large_print) == ("normal", True)

    def test_a_number_that_the_dispenser_gives_itself_has_it_too(self, place):
        place.hub.want("numbers", lease())
        place.wait(1)
        place.hub.silent = True
        place.press("green", 2.0, then=1)
        place.press("withdrawal", then=4)
        [said] = place.hub.said(events.IssuedOffline)
        assert said.large_print


class TestKeysAndLamps:
    def test_keys_are_lit_while_they_give_numbers_and_dark_when_closed(self, place):
        assert place.lit("withdrawal")
        assert place.lit("enquiry")
        place.hub.want("services", catalogue(rev="s2", open=False))
        place.wait(1)
        assert not place.lit("withdrawal")
        assert not place.lit("green")

    def test_a_service_without_a_key_in_the_catalogue_stays_dark(self, place):
        hall = catalogue(rev="s2")
        place.hub.want("services", msgspec.structs.replace(hall, services=hall.services[:1]))
        place.wait(1)
        assert place.lit("withdrawal")
        assert not place.lit("enquiry")

    def test_a_lamp_that_broke_is_an_alert_and_keeps_nobody_from_a_number(self, place, monkeypatch):
        def broken(*_, **__):
            raise Fault("lamps-fault")

        monkeypatch.setattr(Lamps, "set", broken)
        place.press("withdrawal")
        assert place.numbers == ["A001"]
        assert "lamps-fault" in place.alerts
        monkeypatch.undo()
        place.wait(60)
        place.press("withdrawal")
        assert place.numbers == ["A001", "A002"]
        assert "lamps-fault" not in place.alerts

    def test_a_stuck_key_is_reported_and_the_others_go_on(self, place):
        place.board.stick(KEY["enquiry"])
        place.wait(31)
        assert [event.button for event in place.hub.said(events.ButtonStuck)] == ["enquiry"]
        assert "key-stuck" in place.alerts
        place.press("withdrawal")
        assert place.numbers == ["A001"]
        place.board.free(KEY["enquiry"])
        place.wait(1)
        assert "key-stuck" not in place.alerts
        place.press("enquiry")
        assert place.numbers == ["A001", "F001"]

    def test_a_key_closed_at_the_start_presses_nothing(self, place):
        place.board.stick(KEY["enquiry"])
        place.restart()
        assert "key-stuck" in place.alerts
        place.board.free(KEY["enquiry"])
        place.wait(3)
        assert place.papers == []
