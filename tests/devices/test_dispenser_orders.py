"""What the hub orders of a dispenser: papers, wants and settings, and codes that it has to know."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from devices.agent.health import Vitals
from devices.agent.run import Parts
from devices.parts.bitmap_font import font
from devices.ticket_dispenser.__main__ import build
from hall.card import Card
from hall.link import Packet
from hall.messages import commands, events, wants
from hall.messages.asks import CheckIn
from hall.messages.common import Via
from hall.messages.facts import TicketIssued
from hall.words import say
from hall.worker import InlineWorker
from sim.twin.spi_bus import ChainSpi
from tests.devices.a_dispenser import (
    LAMP,
    SETTINGS,
    TODAY,
    Place,
    catalogue,
    zh_en,
)


def desk_ticket(place, **changes) -> TicketIssued:
    facts = {
        "n": 9, "at": place.scheduler.now(), "ticket": "desk-1", "number": "A044", "service": "withdrawal",
        "lane": "priority", "via": Via.DESK, "ahead": 0, "wait_min_s": None, "wait_max_s": None, "windows": (),
        "situation": "rent",
    }  # fmt: skip
    return TicketIssued(**{**facts, **changes})


class TestSettingsWhileItRuns:
    def test_tickets_are_set_otherwise_from_the_next_one_on(self, place):
        place.press("withdrawal")
        assert place.papers[-1].index("提取") < place.papers[-1].index("Withdrawal")
        place.hub.want("config", wants.Config(rev="c1", values={"paper": "english", "same_key_guard_s": 0}))
        place.wait(1)
        assert place.hub.haves["config"].ok
        place.press("withdrawal")
        assert place.papers[-1].index("Withdrawal") < place.papers[-1].index("提取")
        assert place.numbers == ["A001", "A002"], "the same key at once is another ticket now"

    def test_what_it_does_not_know_is_refused_whole(self, place):
        place.hub.want("config", wants.Config(rev="c2", values={"paper": "gold", "green_s": 5}))
        place.wait(1)
        assert not place.hub.haves["config"].ok
        assert "config-refused" in place.alerts


class TestCodes:
    """Somebody shows the code of an appointment, or of a missing-papers slip."""

    def scan(self, place, text):
        for char in text:
            place.program._codes.key(1 + (int(char) or 10), 1)
        place.program._codes.key(28, 1)
        place.wait(3)

    def test_it_becomes_a_ticket_on_paper(self, place):
        self.scan(place, "482913")
        [ask] = [ask for ask in place.hub.asks if isinstance(ask, CheckIn)]
        assert (ask.code, ask.via) == ("482913", Via.DISPENSER)
        assert place.numbers == ["A001"]
        assert [event.ticket for event in place.hub.said(events.Printed)] == [ask.id]

    def test_what_the_hub_refuses_it_says_on_paper(self, place):
        place.hub.refusing = ("unknown-code", zh_en("没有找到这个预约码", "no such code"))
        self.scan(place, "000000")
        assert "没有找到这个预约码" in place.papers[-1]
        assert place.numbers == []

    @pytest.mark.parametrize("text", ["12345", "1234567"])
    def test_what_is_no_code_is_said_on_paper_and_asks_nobody(self, place, text):
        self.scan(place, text)
        assert "没有认出您的码" in place.papers[-1].replace("\n", "")
        assert place.hub.asks == []

    def test_without_the_hub_the_desk_helps_and_no_lent_number_is_burnt(self, place):
        left = place.program.leases.left("A", TODAY)
        place.hub.silent = True
        self.scan(place, "482913")
        assert "请到引导台办理" in place.papers[-1].replace("\n", "")
        assert place.program.leases.left("A", TODAY) == left
        assert len(place.hub.said(events.AskWithdrawn)) == 1

    def test_out_of_paper_the_number_stands_on_the_display(self, place):
        place.printer.paper_left = 0
        place.wait(12)
        self.scan(place, "48291375")
        assert "#" in place.chain.text()

    def test_a_full_quota_is_said_on_paper_and_the_key_goes_on(self, place):
        place.hub.refusing = ("quota-reached", say("disp.quota"))
        place.press("withdrawal")
        assert "今天这项业务的号已领完" in place.papers[-1].replace("\n", "")
        place.hub.refusing = None
        place.press("enquiry")
        assert place.numbers == ["F001"]


class TestCommands:
    def test_a_desk_ticket_is_printed_with_its_situations_papers(self, place):
        place.hub.tell(
            "command", commands.Print(id="print-desk-1-1", expires_s=30, issued=desk_ticket(place))
        )
        place.wait(3)
        assert place.numbers == ["A044"]
        for text in ("租赁合同", "优先", "提取（租房）"):
            assert text in place.papers[0]
        assert [(r.id, r.phase) for r in place.hub.results] == [("print-desk-1-1", "done")]
        assert [(e.ticket, e.copy) for e in place.hub.said(events.Printed)] == [("desk-1", 1)]

    def test_a_repeated_command_prints_once(self, place):
        for _ in range(3):
            place.hub.tell("command", commands.Print(id="p-1", expires_s=30, issued=desk_ticket(place)))
            place.wait(0.3)
        place.wait(3)
        assert place.numbers == ["A044"]

    def test_a_reprint_is_marked(self, place):
        place.hub.tell("command", commands.Reprint(id="p-2", expires_s=30, issued=desk_ticket(place), copy=2))
        place.wait(3)
        assert "补打" in place.papers[0]

    def test_a_printer_in_trouble_fails_the_command(self, place):
        place.printer.paper_left = 0
        place.wait(12)
        place.hub.tell("command", commands.Print(id="p-3", expires_s=30, issued=desk_ticket(place)))
        place.wait(1)
        assert [(r.phase, r.code) for r in place.hub.results] == [("failed", "paper-out")]

    def test_a_command_cut_short_is_done_again_marked(self, place):
        command = commands.Print(id="p-4", expires_s=30, issued=desk_ticket(place))
        place.hub.tell("command", command)
        place.wait(0.1)
        place.restart()
        place.hub.tell("command", command)
        place.wait(3)
        assert place.numbers == ["A044", "A044"]
        assert "补打" in place.papers[1]
        assert [r.phase for r in place.hub.results] == ["done"]

    @pytest.mark.parametrize(
        "void_after", [5, 200], ids=["while it may still be repeated", "when it is void"]
    )
    def test_what_nobody_orders_after_a_restart_does_not_come_out_when_the_printer_is_well_again(
        self, place, void_after
    ):
        place.hub.tell("command", commands.Print(id="p-4", expires_s=120, issued=desk_ticket(place)))
        place.wait(0.1)
        place.restart()
        place.wait(void_after)
        place.printer.paper_left = 0
        place.wait(12)
        before = len(place.papers)
        place.printer.load_paper()
        place.wait(12)
        place.press("enquiry")
        assert place.numbers[before:] == ["F001"]

    def test_what_nobody_ordered_until_it_was_void_is_no_longer_on_the_card(self, place):
        place.hub.tell("command", commands.Print(id="p-4", expires_s=30, age_s=10, issued=desk_ticket(place)))
        place.wait(0.1)
        place.restart()
        assert [job.id for job in place.program.printing.waiting] == ["p-4"]
        place.wait(21)
        place.restart()
        assert place.program.printing.waiting == ()

    def test_a_void_command_prints_nothing(self, place):
        place.hub.tell("command", commands.Print(id="p-5", expires_s=5, age_s=6, issued=desk_ticket(place)))
        place.wait(3)
        assert place.papers == []
        assert [r.phase for r in place.hub.results] == ["expired"]

    def slip(self, place, **more) -> commands.PrintSlip:
        content = commands.MissingPapers(
            number="A012", service="withdrawal", situation="rent", code="12345678", window=3, clerk="014",
            missing=("租赁合同",), valid_until="2026-12-08",
        )  # fmt: skip
        return commands.PrintSlip(
            **{"id": "slip-7", "expires_s": 30, "at": place.scheduler.now(), "content": content} | more
        )

    def test_a_missing_papers_slip_is_printed_once_however_often_it_is_ordered(self, place):
        for _ in range(3):
            place.hub.tell("command", self.slip(place))
            place.wait(0.3)
        place.wait(3)
        [paper] = place.papers
        for text in (
            "补材料告知单",
            "提取（租房）",
            "直接回3号窗口",
            "□ 租赁合同",
            "1234 5678",
            "2026-12-08",
        ):
            assert text in paper, text
        assert {(r.id, r.phase) for r in place.hub.results} == {("slip-7", "done")}

    def test_a_slip_that_does_not_come_out_is_said_so_that_another_printer_takes_it(self, place):
        place.printer.paper_left = 0
        place.hub.tell("command", self.slip(place))
        place.wait(5)
        place.hub.tell("command", self.slip(place, id="slip-8"))
        place.wait(1)
        assert {(r.id, r.phase) for r in place.hub.results} == {("slip-7", "failed"), ("slip-8", "failed")}
        assert place.hub.results[-1].code == "paper-out"

    def test_a_slip_that_was_cut_short_is_printed_again(self, place):
        place.hub.tell("command", self.slip(place))
        place.wait(0.1)
        place.restart()
        place.hub.tell("command", self.slip(place))
        place.wait(3)
        assert "补材料告知单" in place.papers[-1]
        assert [r.phase for r in place.hub.results] == ["done"]

    def test_a_void_slip_is_not_printed(self, place):
        place.hub.tell("command", self.slip(place, expires_s=5, age_s=6))
        place.wait(3)
        assert place.papers == []

    def test_a_self_test_prints_and_reports(self, place):
        place.hub.tell("command", commands.RunSelfTest(id="p-6", expires_s=30))
        place.wait(3)
        assert "自检通过 dispenser-1" in place.papers[0]
        [event] = place.hub.said(events.SelfTest)
        assert event.results["printer"] == "ok"
        assert event.results["lent"] == {"A": 3, "F": 3}

    def test_a_self_test_lights_every_lamp_and_says_on_the_small_display_what_came_of_it(self, place):
        place.wait(1)
        place.hub.tell("command", commands.RunSelfTest(id="p-7", expires_s=30))
        place.wait(0.5)
        assert all(place.lit(name) for name in LAMP)
        shown = font().draw("自检通过")
        assert place.chain.lit() == shown.histogram()[255]
        place.wait(9)
        assert place.chain.lit() == 0
        assert not place.lit("alarm")

    def test_how_its_hands_are_costs_no_paper(self, place):
        assert place.program.hands() == {"printer": "ok", "keys": "ok"}
        place.wait(3)
        assert place.papers == []


class TestWants:
    def test_what_was_taken_in_is_said(self, place):
        assert place.hub.haves["services"].rev == "s1"
        assert place.hub.haves["numbers"].rev == "n1"

    def test_a_bad_want_leaves_the_old_state(self, place):
        topic = place.hub.topics.of("dispenser-1", "down/want/services")
        place.hub.link.publish(Packet(topic, b'{"rev":"s9","services":7}', 1, True))
        place.wait(1)
        assert not place.hub.haves["services"].ok
        place.press("withdrawal")
        assert "示例大厅" in place.papers[0]

    def test_texts_with_control_characters_cannot_command_the_printer(self, place):
        hall = catalogue(rev="s2", name=zh_en("坏\x1b@\x1dV\x00大厅\n\x10\x04\x01", "bad\x1b"))
        place.hub.want("services", hall)
        place.wait(1)
        place.press("withdrawal")
        assert place.numbers == ["A001"]
        assert len(place.papers) == 1
        assert "坏@V大厅" in place.papers[0].replace(" ", "")
        assert place.printer.unknown == []


def test_every_hand_is_let_go_at_the_end(tmp_path):
    place = Place(tmp_path)
    place.press("withdrawal")
    place.program.close()
    place.program.close()
    place.wait(60)
    assert not any(place.lit(name) for name in LAMP)
    assert place.chain.lit() == 0


def test_without_pins_the_hubs_papers_still_come_out(tmp_path):
    class Broken:
        def __getattr__(self, name):
            raise OSError("no pins here")

    place = SimpleNamespace()
    real = Place(tmp_path)
    real.program.close()
    real.board = place
    scheduler = real.scheduler
    parts = Parts(
        scheduler,
        real.broker.link("dispenser-1"),
        Card(":memory:"),
        InlineWorker(scheduler, lambda: 0.1),
        Vitals,
        lambda: None,
    )
    program = build(SETTINGS, parts, pin_factory=Broken(), line=real.printer.port, spi=ChainSpi(real.chain))
    program.open()
    scheduler.run_for(2)
    assert "keys-fault" in real.alerts or "lamps-fault" in real.alerts
    real.hub.tell("command", commands.Print(id="p-7", expires_s=30, issued=desk_ticket(real)))
    scheduler.run_for(3)
    assert real.numbers == ["A044"]
    program.close()
