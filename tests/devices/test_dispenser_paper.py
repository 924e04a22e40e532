"""A dispenser's printer in trouble: nobody's number is lost, and everybody is told."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise
from types import SimpleNamespace

import msgspec
import pytest

from devices.ticket_dispenser import slip
from devices.ticket_dispenser.settings import (
    PrinterSettings,
)
from hall.errors import Fault
from hall.messages import events
from hall.troubles import TROUBLES
from hall.words import say
from sim.twin.faults import FAULTS
from tests.devices.a_dispenser import (
    KEY,
    SETTINGS,
    Place,
)


class TestPaper:
    def test_without_paper_the_number_is_shown_and_everybody_is_told(self, place):
        place.printer.paper_left = 0
        place.press("withdrawal", then=2)
        assert place.papers == []
        assert "paper-out" in place.alerts
        assert [(e.ticket, e.code) for e in place.hub.said(events.PrintFailed)] == [
            (place.hub.asks[0].id, "paper-out")
        ]
        assert place.lit("alarm")
        assert place.chain.lit() > 0

    def test_a_lent_number_is_told_before_that_there_is_no_paper_for_it(self, place):
        place.printer.paper_left = 0
        place.press("withdrawal", then=6)
        place.broker.cut("dispenser-1")
        place.press("withdrawal", then=1)
        place.broker.mend("dispenser-1")
        place.wait(6)
        [issued] = place.hub.said(events.IssuedOffline)
        [failed] = [event for event in place.hub.said(events.PrintFailed) if event.ticket == issued.ticket]
        assert issued.seq < failed.seq

    def test_with_paper_back_the_waiting_tickets_come_marked(self, place):
        place.printer.paper_left = 0
        place.press("withdrawal", then=6)
        place.press("withdrawal", then=1)
        place.printer.load_paper()
        before = len(place.printer.slips)
        place.wait(6)
        papers = place.papers[before:]
        assert place.numbers == ["A001", "A002"]
        assert all("补打" in paper for paper in papers)
        assert "paper-out" not in place.alerts
        assert not place.lit("alarm")
        assert place.chain.lit() == 0
        assert [event.copy for event in place.hub.said(events.Printed)] == [2, 2]

    def test_tickets_older_than_half_an_hour_are_left_in_peace(self, place):
        place.printer.cover_open = True
        place.press("withdrawal", then=31 * 60)
        place.press("enquiry", then=1)
        place.printer.cover_open = False
        place.wait(5)
        assert place.numbers == ["F001"]

    def test_pending_tickets_survive_a_restart(self, place):
        place.printer.gone = True
        place.press("withdrawal", then=3)
        assert "printer-offline" in place.alerts
        place.restart()
        place.printer.gone = False
        place.wait(5)
        assert place.numbers == ["A001"]
        assert "补打" in place.papers[-1]
        assert "printer-offline" not in place.alerts

    def test_the_end_of_the_roll_is_announced(self, place):
        place.printer.paper_left = 1000
        place.wait(12)
        assert "paper-low" in place.alerts
        place.press("withdrawal")
        assert place.numbers == ["A001"]
        place.printer.load_paper()
        place.wait(12)
        assert "paper-low" not in place.alerts

    def test_paper_that_ends_inside_a_ticket_gives_that_ticket_again(self, place):
        place.printer.paper_left = 40
        place.press("withdrawal", then=2)
        assert "paper-out" in place.alerts
        place.printer.load_paper()
        place.wait(6)
        whole = place.papers[-1]
        assert "补打" in whole
        assert "A001" in whole
        assert place.printer.waiting == 0
        assert [event.copy for event in place.hub.said(events.Printed)] == [2]

    @pytest.mark.parametrize(
        ("fault", "code"),
        [
            ("paper-out", "paper-out"),
            ("cover-open", "cover-open"),
            ("printer-jam", "cutter-jammed"),
            ("printer-hot", "printer-hot"),
            ("printer-error", "printer-error"),
            ("printer-offline", "printer-offline"),
            ("printer-gone", "printer-offline"),
            ("printer-mute", "printer-offline"),
        ],
    )
    def test_each_fault_has_its_face_and_goes_away_by_itself(self, place, fault, code):
        """The technician reads a sentence and what to do, the citizen sees and hears the number, and paper comes when it can."""
        twin = SimpleNamespace(
            printer=place.printer, board=None, panel=None, speaker=None, reader=None, machine=None
        )
        FAULTS[fault].begin(twin, "")
        place.press("withdrawal", then=8)
        assert place.alerts == {code} | ({"paper-low"} & place.alerts)
        assert place.hub.alerts[code]["text"]["zh"] == TROUBLES[code].text.zh
        assert TROUBLES[code].do.zh
        assert TROUBLES[code].citizen is not None
        assert [event.code for event in place.hub.said(events.PrintFailed)] == [code]
        assert "#" in place.chain.text(), "the number stands on the display"
        assert place.lit("alarm")
        FAULTS[fault].end(twin, "")
        place.wait(6)
        assert place.alerts == set()
        assert not place.lit("alarm")
        assert "#" not in place.chain.text()
        assert "补打" in place.papers[-1]
        assert place.numbers.count("A001") == 1
        assert [event.copy for event in place.hub.said(events.Printed)] == [2]

    def test_a_line_that_takes_only_half_a_slip_is_a_fault_and_the_paper_comes_with_a_better_cable(
        self, place
    ):
        place.printer.half = True
        place.press("withdrawal", then=1)
        assert place.alerts == {"printer-offline"}
        assert "#" in place.chain.text(), "the number stands on the display"
        assert place.lit("alarm")
        place.printer.half = False
        place.wait(6)
        assert place.alerts == set()
        assert "#" not in place.chain.text()
        assert "补打" in place.papers[-1]
        assert [event.copy for event in place.hub.said(events.Printed)] == [2]

    def test_a_line_that_breaks_off_in_every_slip_costs_little_paper_and_says_each_number_once(self, place):
        """A hall would otherwise hear the same number every two seconds for half an hour, and the roll would be gone."""
        place.printer.half, used = True, place.printer.paper_left
        for key in ("withdrawal", "enquiry"):
            place.press(key, then=1)
        place.wait(20 * 60)
        failed = [event.ticket for event in place.hub.said(events.PrintFailed)]
        assert len(failed) == len(set(failed)) == 2
        assert used - place.printer.paper_left < 600, "three beginnings of each"
        assert place.program.printing.waiting == ()
        place.printer.half = False
        place.wait(70)
        assert place.alerts == set()
        place.press("withdrawal")
        assert "A002" in place.numbers

    def test_every_printer_fault_of_the_twin_is_among_those(self):
        harmless = {"paper-low", "printer-slow"}
        tried = {"paper-out", "cover-open", "printer-jam", "printer-hot", "printer-error", "printer-offline"}
        known = {name for name, fault in FAULTS.items() if fault.hand == "printer"}
        assert known == harmless | tried | {"printer-gone", "printer-mute", "printer-half"}

    def test_what_is_left_on_the_roll_is_told_and_a_new_roll_seen(self, place):
        for _ in range(4):
            place.press("withdrawal", then=6)
        ticket_m = place.printer.slips[-1].length / 1000
        told = place.hub.haves["paper"].paper
        assert told.left_m == round(80 - 4 * ticket_m)
        assert told.tickets == pytest.approx(79.7 / ticket_m, rel=0.05)
        place.printer.paper_left = 0
        place.wait(12)
        assert place.hub.haves["paper"].paper.left_m == 0
        place.printer.load_paper()
        place.wait(6)
        assert place.hub.haves["paper"].paper.left_m == 80

    def test_a_printer_without_a_near_end_sensor_is_told_low_by_counting(self, tmp_path):
        small = PrinterSettings(
            host="twin", render="text", profile="gprinter-58", width_dots=384, roll_m=5, near_end_m=4.9
        )
        place = Place(tmp_path, msgspec.structs.replace(SETTINGS, printer=small))
        place.printer.near_end_sensor = False
        place.press("withdrawal", then=12)
        assert "paper-low" in place.alerts
        place.program.close()

    @pytest.mark.parametrize("years", [10, -10])
    def test_a_wall_clock_that_is_set_meanwhile_gives_nobodys_paper_up(self, place, years):
        place.printer.paper_left = 0
        place.press("withdrawal", then=2)
        place.scheduler._start += timedelta(days=365 * years)
        place.printer.load_paper()
        place.wait(6)
        assert place.numbers == ["A001"]

    def test_who_gets_no_number_and_no_paper_sees_the_key_blink(self, place):
        place.printer.paper_left = 0
        place.wait(12)
        place.hub.refusing = ("quota-reached", say("disp.quota"))
        place.board.press(KEY["withdrawal"], 0.15)
        seen = []
        for _ in range(40):
            place.wait(0.05)
            seen.append(place.lit("withdrawal"))
        assert sum(lit and not before for before, lit in pairwise(seen)) >= 5
        assert place.lit("withdrawal"), "and goes on as before"

    def test_a_jammed_cutter_and_an_open_cover_have_names(self, place):
        place.printer.jammed = True
        place.wait(12)
        assert "cutter-jammed" in place.alerts
        place.printer.jammed = False
        place.printer.cover_open = True
        place.wait(12)
        assert "cover-open" in place.alerts
        assert "cutter-jammed" not in place.alerts

    def test_a_slip_that_cannot_be_made_does_not_stop_the_next_one(self, place, monkeypatch):
        from devices.ticket_dispenser.romtext import TextPress

        real = TextPress.slip
        monkeypatch.setattr(TextPress, "slip", lambda self, slip: 1 / 0)
        place.press("withdrawal", then=1)
        monkeypatch.setattr(TextPress, "slip", real)
        place.press("enquiry", then=2)
        assert place.numbers == ["F001"]
        assert [event.code for event in place.hub.said(events.PrintFailed)] == ["printer-error"]

    def test_a_ticket_that_cannot_be_composed_is_told_and_its_key_gives_the_next_number(
        self, place, monkeypatch
    ):
        real = slip.ticket
        monkeypatch.setattr(slip, "ticket", lambda *_, **__: 1 / 0)
        place.press("withdrawal", then=1)
        monkeypatch.setattr(slip, "ticket", real)
        place.press("enquiry", then=2)
        assert [event.code for event in place.hub.said(events.PrintFailed)] == ["printer-error"]
        place.wait(60)
        place.press("withdrawal")
        assert place.numbers == ["F001", "A002"]

    def test_a_card_that_could_not_be_read_for_a_while_leaves_the_printer_looked_at(self, place, monkeypatch):
        def spoilt(*_):
            raise Fault("card-unusable")

        monkeypatch.setattr(place.card, "row", spoilt)
        place.printer.cover_open = True
        place.wait(12)
        monkeypatch.undo()
        place.printer.cover_open = False
        place.wait(12)
        place.press("withdrawal")
        assert place.numbers == ["A001"]

    def test_without_a_display_it_works_the_same(self, tmp_path):
        place = Place(tmp_path, msgspec.structs.replace(SETTINGS, display=None))
        place.printer.paper_left = 0
        place.press("withdrawal", then=2)
        assert place.lit("alarm")
        place.program.close()
