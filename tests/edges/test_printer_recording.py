"""What a real printer said, written down and played again: the same conversation without that printer."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from devices.ticket_dispenser.blocks import Line, Number, Slip
from devices.ticket_dispenser.printer import Printer
from devices.ticket_dispenser.recording import MOST_BYTES, Recorder
from devices.ticket_dispenser.settings import PrinterSettings
from hall.clock import VirtualScheduler
from hall.errors import Fault
from sim.twin.paper import PaperPrinter
from sim.twin.recorded import Recording

SETTINGS = PrinterSettings(host="twin", timeout_s=0.2, slip_s=1)
SLIP = Slip((Line("示例大厅", "Example"), Number("A012"), Line("王小明的秘密", "secret-token-0123")))


def talk(line, moments=(lambda: None,) * 4):
    """A slip, a trouble, its end, another slip; what became of each."""
    ours, became = Printer(SETTINGS, line), []
    for step, happens in zip(("print", "print", "condition", "print"), moments, strict=True):
        happens()
        try:
            found = getattr(ours, step)(*((SLIP,) if step == "print" else ()))
            became.append((found.trouble, found.paper_low))
        except Fault as error:
            became.append(error.code)
    ours.close()
    return became


@pytest.fixture
def recorded(tmp_path):
    """A printer whose cover opens and whose roll ends, and the file of what it said."""
    real, path = PaperPrinter(576), tmp_path / "printer.jsonl"
    moments = (
        lambda: None,
        lambda: setattr(real, "cover_open", True),
        lambda: setattr(real, "cover_open", False),
        lambda: setattr(real, "paper_left", 500),
    )
    became = talk(Recorder(path).line(real.port), moments)
    return path, became


def test_the_same_answers_make_the_same_conversation(recorded):
    path, became = recorded
    assert became == [(None, False), "cover-open", (None, False), (None, True)]
    stand_in = PaperPrinter(576)
    stand_in.recording = Recording.read(path)
    assert talk(stand_in.port) == became
    assert stand_in.recording.left == 0
    assert len(stand_in.slips) == 2, "what it prints is its own"


def test_nothing_of_what_was_printed_is_in_it(recorded):
    path, _ = recorded
    text = path.read_text()
    assert '"sent":' in text
    for secret in ("A012", "秘密", "secret", SLIP.blocks[2].zh.encode("gb18030").hex(), b"A012".hex()):
        assert secret not in text


def test_an_answer_comes_as_late_as_it_came_then():
    scheduler = VirtualScheduler(datetime(2026, 11, 23, 9, 0, tzinfo=ZoneInfo("Asia/Shanghai")))
    printer = PaperPrinter(576, scheduler=scheduler)
    printer.recording = Recording([{"s": 1.0, "asked": "100401"}, {"s": 1.7, "said": "1a"}])
    port = printer.port()
    port.write(b"\x10\x04\x01")
    scheduler.run_for(0.6)
    assert port.read(1, 0) == b""
    scheduler.run_for(0.2)
    assert port.read(1, 0) == b"\x1a"


def test_beyond_its_end_it_says_nothing():
    printer = PaperPrinter(576)
    printer.recording = Recording([])
    with pytest.raises(Fault) as caught:
        Printer(SETTINGS, printer.port).condition()
    assert caught.value.code == "printer-offline"


def test_it_ends_before_it_fills_the_card(tmp_path):
    path = tmp_path / "printer.jsonl"
    path.write_bytes(b"x" * MOST_BYTES)
    Printer(SETTINGS, Recorder(path).line(PaperPrinter(576).port)).print(SLIP)
    assert path.stat().st_size == MOST_BYTES


def test_a_file_that_cannot_be_written_costs_no_ticket(tmp_path):
    real = PaperPrinter(576)
    Printer(SETTINGS, Recorder(tmp_path / "no" / "folder").line(real.port)).print(SLIP)
    assert len(real.slips) == 1


def test_a_line_that_is_none_of_a_recording_is_named(tmp_path):
    path = tmp_path / "printer.jsonl"
    path.write_text('{"s": 1, "said": "12"}\nnonsense\n')
    with pytest.raises(ValueError, match="line 2 is not of a recording"):
        Recording.read(path)
