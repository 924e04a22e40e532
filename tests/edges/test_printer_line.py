"""The printer's conversation over real lines: TCP port 9100 through python-escpos, and a terminal in place of /dev/usb/lp0."""

import os
import pty
import select
import subprocess
import sys
import threading
import time
from contextlib import contextmanager

import msgspec
import pytest
from PIL import Image

from devices.ticket_dispenser.blocks import Code, Line, Number, Size, Slip
from devices.ticket_dispenser.printer import Printer
from devices.ticket_dispenser.printer_lines import FilePort, printer_line
from devices.ticket_dispenser.raster import Press
from devices.ticket_dispenser.settings import PrinterSettings
from hall.errors import Fault
from sim.twin.paper import PaperPrinter
from sim.twin.wire import WireLoop
from sim.twin.wire_paper import PrinterServer
from tests.patience import in_time

SLIP = Slip(
    (Line("示例大厅", "Example", Size.HEAD, centred=True), Number("A012"), Code("http://hall.example/t/0123"))
)
FAST = PrinterSettings(host="127.0.0.1", timeout_s=1.0, slip_s=5.0)


@contextmanager
def on_the_network(printer=None, *, slow=None, real_time=False):
    """A printer with an address; yields (our printer, the twin, call(fn): do something at the twin's side)."""
    loop = WireLoop()
    twin = printer or PaperPrinter(576, scheduler=loop if real_time else None)
    twin.slow(slow)
    server = PrinterServer(loop, twin)
    thread = threading.Thread(target=loop.run)
    thread.start()

    def do(act):
        done = threading.Event()
        loop.call_soon(lambda: (act(), done.set()))
        assert done.wait(5)

    settings = msgspec.structs.replace(FAST, port=server.port)
    ours = Printer(settings, lambda: printer_line(settings))
    try:
        yield ours, twin, do, server
    finally:
        ours.close()
        do(server.close)
        loop.call_soon(loop.stop)
        thread.join(5)
        loop.close()


def settles(question, within_s=5.0):
    """Whether the answer becomes yes: the twin works in a thread of its own."""
    end = time.monotonic() + within_s
    while not question() and time.monotonic() < end:
        time.sleep(0.005)
    return question()


def drawn(slip, width=576):
    return Press(width).draw(slip)


def same_dots(paper, picture):
    """Whether the paper carries exactly this picture, below the white between head and blade."""
    box = picture.convert("L").point([255 - value for value in range(256)]).getbbox()
    return (paper.ink.size, paper.ink.tobytes()) == (picture.crop(box).size, picture.crop(box).tobytes())


class TestOnTheNetwork:
    def test_every_dot_of_the_picture_arrives(self):
        with on_the_network() as (ours, twin, _, _server):
            assert ours.print(SLIP).trouble is None
            [paper] = twin.slips
            assert same_dots(paper, drawn(SLIP))
            assert twin.unknown == []

    def test_printed_means_that_the_paper_is_out(self):
        with on_the_network(real_time=True) as (ours, twin, _, _server):
            begun = time.monotonic()
            ours.print(SLIP)
            assert len(twin.slips) == 1
            assert time.monotonic() - begun >= 0.3, "a blade takes its time"

    def test_asked_ahead_it_prints_without_a_question_first(self):
        with on_the_network() as (ours, twin, do, _server):
            heard = []
            receive = twin.receive
            do(lambda: setattr(twin, "receive", lambda data: (heard.append(data), receive(data))))
            ours.ahead()
            heard.clear()
            ours.print(SLIP)
            assert b"".join(heard).startswith(b"\x1b@"), "the slip's own first bytes"
            heard.clear()
            ours.print(SLIP)
            assert heard[0].startswith(b"\x10\x04"), "asked ahead once, believed once"

    def test_asked_ahead_a_printer_in_trouble_is_asked_again_and_sent_nothing(self):
        with on_the_network() as (ours, twin, do, _server):
            do(lambda: setattr(twin, "cover_open", True))
            ours.ahead()
            with pytest.raises(Fault) as caught:
                ours.print(SLIP)
            assert caught.value.code == "cover-open"

    def test_a_slow_line_is_waited_for(self):
        with on_the_network(slow=60_000) as (ours, twin, _, _server):
            ours.print(SLIP)
            assert len(twin.slips) == 1

    @pytest.mark.parametrize(
        ("trouble", "code"),
        [
            (lambda twin: setattr(twin, "paper_left", 0), "paper-out"),
            (lambda twin: setattr(twin, "cover_open", True), "cover-open"),
            (lambda twin: setattr(twin, "jammed", True), "cutter-jammed"),
            (lambda twin: setattr(twin, "offline", True), "printer-offline"),
        ],
    )
    def test_a_printer_in_trouble_is_sent_nothing(self, trouble, code):
        with on_the_network() as (ours, twin, do, _server):
            do(lambda: trouble(twin))
            with pytest.raises(Fault) as caught:
                ours.print(SLIP)
            assert caught.value.code == code
            assert settles(lambda: twin.waiting == 0), "nothing lies in wait for the repair"
            assert twin.slips == []

    def test_half_a_slip_is_forgotten_and_comes_whole_later(self):
        with on_the_network() as (ours, twin, do, _server):
            do(lambda: setattr(twin, "paper_left", 10))
            with pytest.raises(Fault) as caught:
                ours.print(SLIP)
            assert caught.value.code == "paper-out"
            do(twin.load_paper)
            before = len(twin.slips)
            ours.print(SLIP)
            [paper] = twin.slips[before:]
            assert same_dots(paper, drawn(SLIP))

    def test_a_printer_that_is_gone_is_a_fault_soon_and_none_when_it_is_back(self):
        with on_the_network() as (ours, twin, do, _server):
            ours.print(SLIP)
            do(lambda: setattr(twin, "gone", True))
            with pytest.raises(Fault) as caught:
                ours.condition()
            assert caught.value.code == "printer-offline"
            do(lambda: setattr(twin, "gone", False))
            assert ours.print(SLIP).trouble is None
            assert len(twin.slips) == 2

    def test_silence_is_not_paper(self):
        with on_the_network() as (ours, twin, do, _server):
            do(lambda: setattr(twin, "mute", True))
            with pytest.raises(Fault) as caught:
                ours.condition()
            assert caught.value.code == "printer-offline"
            assert twin.slips == []

    def test_an_idle_line_that_the_printer_dropped_is_opened_again(self):
        with on_the_network() as (ours, twin, do, server):
            ours.print(SLIP)
            do(server._hang_up)
            assert ours.print(SLIP).trouble is None
            assert len(twin.slips) == 2

    def test_the_end_of_the_roll_is_seen(self):
        with on_the_network() as (ours, twin, do, _server):
            do(lambda: setattr(twin, "paper_left", 500))
            assert ours.print(SLIP).paper_low

    def test_a_picture_that_holds_status_questions_confuses_nobody(self):
        trap = bytes([0x10, 0x04, 0x01, 0x10, 0x04, 0x04]) * 12
        noisy = Image.frombytes("1", (576, 64), bytes(255 - b for b in trap * 64))
        with on_the_network() as (ours, twin, _, _server):
            ours._press._kept[SLIP.blocks[0]] = noisy
            assert ours.print(SLIP).trouble is None
            assert ours.print(SLIP).trouble is None
            assert len(twin.slips) == 2


@contextmanager
def on_a_terminal(twin, *, reads=True):
    """The printer at the far end of a pty; yields the path of our end."""
    far, near = pty.openpty()
    os.set_blocking(far, False)
    stop = threading.Event()
    port = twin.port()

    def carry():
        while not stop.is_set():
            if reads and select.select([far], [], [], 0.01)[0]:
                try:
                    port.write(os.read(far, 4096))
                except OSError:
                    return
            answer = port.read(64, 0)
            if answer:
                os.write(far, answer)

    thread = threading.Thread(target=carry)
    thread.start()
    try:
        yield os.ttyname(near)
    finally:
        stop.set()
        thread.join(5)
        os.close(far)
        os.close(near)


class TestADeviceFile:
    @pytest.mark.parametrize("render", ["raster", "text"])
    @pytest.mark.parametrize("kind", ["lp", "serial"])
    def test_it_prints_and_answers(self, kind, render):
        twin = PaperPrinter(384)
        with on_a_terminal(twin) as path:
            settings = PrinterSettings(
                kind=kind, path=path, width_dots=384, render=render, timeout_s=1.0, slip_s=5.0, baud=115200
            )
            ours = Printer(settings, lambda: printer_line(settings))
            assert ours.print(SLIP).trouble is None
            ours.close()
        [paper] = twin.slips
        assert twin.unknown == []
        if render == "raster":
            assert same_dots(paper, drawn(SLIP, 384))
        else:
            assert "A012" in paper.text
            assert paper.codes == (b"http://hall.example/t/0123",)

    def test_a_device_that_takes_no_bytes_is_given_up_in_time(self):
        with on_a_terminal(PaperPrinter(576), reads=False) as path:
            port = FilePort(path, timeout_s=0.3)
            begun = time.monotonic()
            with pytest.raises(TimeoutError, match="does not accept data"):
                port.write(bytes(1_000_000))
            assert in_time(begun, 5)
            port.close()
            port.close()

    def test_a_device_that_says_it_takes_bytes_and_does_not_is_given_up_in_time_too(self, monkeypatch):
        def takes_nothing(_fd, _data):
            raise BlockingIOError

        with on_a_terminal(PaperPrinter(576)) as path:
            port = FilePort(path, timeout_s=0.3)
            with monkeypatch.context() as kernel:
                kernel.setattr(os, "write", takes_nothing)
                begun = time.monotonic()
                with pytest.raises(TimeoutError, match="does not accept data"):
                    port.write(b"ticket")
                assert in_time(begun, 5)
            port.close()

    def test_a_missing_device_is_a_fault(self, tmp_path):
        settings = PrinterSettings(kind="lp", path=str(tmp_path / "lp0"))
        with pytest.raises(Fault) as caught:
            Printer(settings, lambda: printer_line(settings)).condition()
        assert caught.value.code == "printer-offline"

    def test_a_printer_without_answers_prints_on_trust(self):
        twin = PaperPrinter(576)
        twin.mute = True
        settings = PrinterSettings(host="twin", answers=False)
        assert Printer(settings, twin.port).print(SLIP).trouble is None
        assert len(twin.slips) == 1


def test_the_drivers_import_leaves_no_trace(tmp_path):
    """python-escpos leaves a directory in /tmp and a handler at the root logger; through us it does not."""
    program = (
        "import logging, os\n"
        "from devices.ticket_dispenser.printer_lines import _escpos\n"
        "network = _escpos()\n"
        "assert network.__module__ == 'escpos.printer.network', network\n"
        "assert logging.getLogger().handlers == []\n"
        "assert not [name for name in os.environ if name.startswith('ESCPOS')]\n"
    )
    environment = {**os.environ, "TMPDIR": str(tmp_path)}
    subprocess.run([sys.executable, "-c", program], check=True, env=environment, timeout=60)
    assert list(tmp_path.iterdir()) == []
