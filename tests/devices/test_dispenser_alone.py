"""A dispenser whose hub is silent or gone, or whose own program was cut short."""

from __future__ import annotations

from datetime import timedelta

import msgspec

from hall.errors import Fault
from hall.messages import events, wants
from hall.text import Text
from hall.topics import HUB_LIMIT
from tests.devices.a_dispenser import (
    TODAY,
    TOMORROW,
    catalogue,
    lease,
    zh_en,
)


class TestWithoutTheHub:
    def test_no_answer_in_two_seconds_gives_a_lent_number(self, place):
        place.hub.silent = True
        place.press("withdrawal", then=1.5)
        assert place.numbers == []
        place.wait(2)
        assert place.numbers == ["A9001"]
        assert "网络中断，本号照常有效" in place.papers[0]
        [event] = place.hub.said(events.IssuedOffline)
        [ask] = {ask.id: ask for ask in place.hub.asks}.values()
        assert (event.ticket, event.number, event.day, event.token) == (ask.id, "A9001", TODAY, ask.token)

    def test_a_late_answer_is_ignored(self, place):
        place.hub.silent = True
        place.press("withdrawal", then=3)
        place.hub.answer(place.hub.asks[0])
        place.wait(3)
        assert place.numbers == ["A9001"]

    def test_with_the_cable_out_nobody_waits_and_everything_is_told_later(self, place):
        place.broker.cut("dispenser-1")
        place.wait(1)
        place.press("withdrawal", then=1)
        place.press("enquiry", then=6)
        place.press("withdrawal", then=1)
        assert place.numbers == ["A9001", "F9001", "A9002"]
        assert place.hub.events == []
        place.broker.mend("dispenser-1")
        place.wait(6)
        assert [event.number for event in place.hub.said(events.IssuedOffline)] == ["A9001", "F9001", "A9002"]
        assert len(place.hub.said(events.Printed)) == 3
        place.press("withdrawal")
        assert place.numbers[-1] == "A001"

    def test_a_dead_hub_is_known_after_its_grace(self, place):
        place.broker.kill("hub")
        place.wait(4)
        place.press("withdrawal", then=1)
        assert place.numbers == ["A9001"]

    def test_a_number_is_never_given_twice_whatever_restarts(self, place):
        place.broker.cut("dispenser-1")
        for _ in range(2):
            place.press("withdrawal")
            place.kill()
            place.begin()
        place.press("withdrawal")
        assert place.numbers == ["A9001", "A9002", "A9003"]

    def test_no_lease_left_sends_people_to_the_guide_desk(self, place):
        place.broker.cut("dispenser-1")
        place.wait(1)
        for _ in range(3):
            place.press("withdrawal", then=6)
        assert not place.lit("withdrawal")
        assert place.lit("enquiry")
        place.press("withdrawal")
        assert place.numbers == ["A9001", "A9002", "A9003"]
        assert "请到引导台取号" in place.papers[3].replace("\n", "")

    def test_a_stopped_service_gives_no_lent_number_until_its_stop_is_over(self, place):
        off = Text(zh="对不起，这项业务暂停：年度结息", en="Sorry, not available now: yearly settlement")
        until = place.scheduler.now() + timedelta(seconds=60)
        services = tuple(
            msgspec.structs.replace(service, off=off, off_until=until)
            if service.id == "withdrawal"
            else service
            for service in catalogue().services
        )
        place.hub.want("services", catalogue(services=services, rev="s2"))
        place.wait(1)
        assert not place.lit("withdrawal")
        assert place.lit("enquiry")
        place.broker.cut("dispenser-1")
        place.wait(1)
        place.press("withdrawal", then=6)
        assert place.numbers == []
        assert "年度结息" in place.papers[0].replace("\n", "")
        place.wait(60)
        place.press("withdrawal", then=6)
        assert place.numbers == ["A9001"]

    def test_an_ask_that_got_nothing_is_withdrawn(self, place):
        place.hub.want("numbers", wants.Numbers(rev="n2", day=TODAY, blocks=()))
        place.hub.silent = True
        place.press("withdrawal", then=4)
        [withdrawn] = place.hub.said(events.AskWithdrawn)
        assert withdrawn.ask == place.hub.asks[0].id

    def test_it_works_from_power_on_without_the_hub(self, place):
        place.kill()
        place.broker.kill("hub")
        place.begin()
        assert place.lit("withdrawal")
        place.press("withdrawal", then=3)
        assert place.numbers == ["A9001"]
        assert "示例大厅" in place.papers[0]

    def test_the_next_days_numbers_are_used_on_the_next_day(self, place):
        place.hub.want("numbers", lease("n2", after=TOMORROW, last=9002))
        place.wait(1)
        place.broker.cut("dispenser-1")
        place.press("withdrawal")
        place.wait(24 * 3600)
        place.press("withdrawal")
        place.wait(24 * 3600)
        place.press("withdrawal")
        assert place.numbers == ["A9001", "A9001"]
        assert "请到引导台取号" in place.papers[-1].replace("\n", "")

    def test_outside_the_posted_hours_no_lent_number_is_given(self, place):
        place.hub.want("numbers", lease("n2", after=TOMORROW))
        place.wait(1)
        place.broker.cut("dispenser-1")
        place.wait(22 * 3600)
        place.press("withdrawal")
        assert place.numbers == []
        assert "不在服务时间" in place.papers[0]

    def test_blocks_that_come_again_are_not_used_again(self, place):
        place.hub.silent = True
        place.press("withdrawal", then=9)
        place.hub.want("numbers", lease("n2", first=9001, last=9005))
        place.press("withdrawal", then=9)
        assert place.numbers == ["A9001", "A9002"]

    def test_a_wiped_card_begins_a_new_outbox_and_waits_for_a_hub_that_knows(self, place):
        place.hub.silent = True
        place.press("withdrawal", then=6)
        [first] = place.hub.said(events.IssuedOffline)
        place.kill()
        place.broker.kill("hub")
        place.path.unlink()
        for tail in ("-wal", "-shm"):
            place.path.with_name(place.path.name + tail).unlink(missing_ok=True)
        place.begin()
        place.press("withdrawal", then=6)
        assert place.numbers == ["A9001"], "what the broker kept may be older than what was used"
        place.hub.link = place.broker.link("hub", HUB_LIMIT)
        place.hub.open()
        place.wait(1)
        place.hub.want("numbers", lease("n2", first=9002))
        place.wait(5)
        place.press("withdrawal", then=6)
        assert place.numbers == ["A9001", "A9002"]
        second = place.hub.said(events.IssuedOffline)[-1]
        assert second.outbox != first.outbox

    def test_lent_numbers_that_the_card_has_spoilt_are_lent_anew_by_the_hub(self, place):
        place.card.put("numbers", {"rev": 7})
        place.restart()
        place.hub.want("numbers", lease(rev="n2"))
        place.wait(5)
        place.broker.cut("dispenser-1")
        place.press("withdrawal")
        assert place.numbers == ["A9001"]

    def test_a_catalogue_that_the_card_could_not_keep_is_kept_when_it_is_told_again(self, place, monkeypatch):
        def full(*_):
            raise Fault("card-full")

        monkeypatch.setattr(place.card, "put", full)
        place.hub.want("services", catalogue(rev="s2", name=zh_en("新大厅", "New Hall")))
        place.wait(1)
        assert not place.hub.haves["services"].ok
        monkeypatch.undo()
        place.broker.cut("dispenser-1")
        place.wait(1)
        place.broker.mend("dispenser-1")
        place.wait(5)
        assert place.hub.haves["services"].ok
        place.broker.cut("dispenser-1")
        place.restart()
        place.press("withdrawal")
        assert "新大厅" in place.papers[-1]

    def test_the_log_of_what_the_card_could_not_keep_has_no_token(self, place, monkeypatch, caplog):
        real = place.card.write

        def full(sql, values=()):
            if "outbox" in sql:
                raise Fault("card-full")
            return real(sql, values)

        monkeypatch.setattr(place.card, "write", full)
        place.broker.cut("dispenser-1")
        place.press("withdrawal")
        [lost] = [r for r in caplog.records if getattr(r, "kind", "") == "IssuedOffline"]
        assert "A9001" in lost.what
        assert "token" not in lost.what


class TestRestarts:
    def test_an_unanswered_ask_is_withdrawn(self, place):
        place.hub.silent = True
        place.press("withdrawal", then=0.5)
        place.restart()
        assert place.hub.asks[0].id in [event.ask for event in place.hub.said(events.AskWithdrawn)]
        place.hub.silent = False
        place.wait(3)
        assert place.numbers == []

    def test_an_offline_number_is_not_withdrawn(self, place):
        place.printer.paper_left = 0
        place.broker.cut("dispenser-1")
        place.press("withdrawal", then=0.2)
        place.kill()
        place.broker.mend("dispenser-1")
        place.begin()
        [event] = place.hub.said(events.IssuedOffline)
        assert event.ticket not in [event.ask for event in place.hub.said(events.AskWithdrawn)]

    def test_a_print_cut_short_by_the_power_comes_again_marked(self, place):
        place.press("withdrawal", 0.15, then=0.1)
        assert place.hub.said(events.Printed) == [], "the paper is on its way, the barrier is not through"
        place.restart()
        place.wait(2)
        assert place.numbers == ["A001", "A001"]
        assert "补打" not in place.papers[0]
        assert "补打" in place.papers[1]
        assert [event.copy for event in place.hub.said(events.Printed)] == [2]

    def test_a_clean_goodbye_withdraws_nothing(self, place):
        place.press("withdrawal")
        place.program.close()
        place.begin()
        place.wait(2)
        assert place.hub.said(events.AskWithdrawn) == []
        assert place.numbers == ["A001"]
