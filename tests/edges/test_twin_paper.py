"""The twin's printer: in memory, and over TCP under python-escpos."""

import io
import random
import shutil
import socket
import subprocess
import threading
from contextlib import contextmanager
from datetime import UTC, datetime

import pytest
from escpos.printer import Network
from PIL import Image

from hall.clock import VirtualScheduler
from sim.twin.paper import PaperPrinter
from sim.twin.wire import WireLoop
from sim.twin.wire_paper import PrinterServer

STATUS = b"\x10\x04"
BARRIER = b"\x1dr\x01"
FEED_AND_CUT = b"\x1bd\x04\x1dV\x01"
GOOD = 0x12


@pytest.fixture
def printer():
    return PaperPrinter()


@pytest.fixture
def port(printer):
    return printer.port()


def status(port, n):
    port.write(STATUS + bytes([n]))
    return port.read(1, 1)[0]


def noise(width, height, seed=5):
    chance = random.Random(seed)
    image = Image.new("1", (width, height))
    image.putdata([chance.choice((0, 255)) for _ in range(width * height)])
    return image


def raster(image):
    """GS v 0 of a picture, black is ink."""
    stride, height = image.width // 8, image.height
    rows = bytes(255 - byte for byte in image.tobytes())
    return b"\x1dv0\x00" + stride.to_bytes(2, "little") + height.to_bytes(2, "little") + rows


def strip(slip):
    """The slip without the 12 mm between head and cutter and without the feed."""
    return slip.image.crop((0, 96, slip.width, slip.image.height))


def test_text_is_printed_in_chinese_and_ascii(printer, port):
    port.write(b"\x1b@\x1c&" + "您好 A012 到3号窗口\n".encode("gb18030") + FEED_AND_CUT)
    (slip,) = printer.slips
    assert slip.text == ("您好 A012 到3号窗口",)
    assert slip.cut == "partial"
    assert printer.unknown == []


def test_chinese_without_its_command_comes_out_as_garbage(printer, port):
    port.write(b"\x1b@" + "您好\n".encode("gb18030") + FEED_AND_CUT)
    assert "您" not in printer.slips[0].text[0]


def test_a_character_beyond_the_rom_is_printed_as_a_geta_and_remembered(printer, port):
    port.write(b"\x1b@\x1c&" + "𠮷a\n".encode("gb18030") + FEED_AND_CUT)
    assert printer.slips[0].text == ("〓a",)
    assert printer.unknown == ["𠮷".encode("gb18030")]


@pytest.mark.parametrize(
    ("size", "ascii_height", "hanzi_height"),
    [(b"\x1d!\x11", 48, 48), (b"\x1b!\x10", 48, 24), (b"\x1c!\x08", 24, 48), (b"\x1d!\x03", 96, 96)],
)
def test_sizes_reach_what_real_printers_say_they_reach(size, ascii_height, hanzi_height):
    for text, height in (("H", ascii_height), ("国", hanzi_height)):
        printer = PaperPrinter()
        port = printer.port()
        port.write(b"\x1b@\x1c&" + text.encode("gb18030") + b"\n" + FEED_AND_CUT)
        small = printer.slips[0].ink.height
        port.write(b"\x1b@\x1c&" + size + text.encode("gb18030") + b"\n" + FEED_AND_CUT)
        assert printer.slips[1].ink.height / small == pytest.approx(height / 24, abs=0.15)


def test_alignment_moves_the_ink(printer, port):
    for align in (0, 1, 2):
        port.write(b"\x1b@\x1ba" + bytes([align]) + b"HH\n" + FEED_AND_CUT)
    lefts = [
        slip.image.point([255 if v == 0 else 0 for v in range(256)], "1").getbbox()[0]
        for slip in printer.slips
    ]
    assert lefts[0] < 12
    assert abs(lefts[1] - 288) < 24
    assert lefts[2] > 576 - 36


def test_a_raster_comes_out_dot_for_dot(printer, port):
    image = noise(576, 723)
    port.write(b"\x1b@" + raster(image) + FEED_AND_CUT)
    assert strip(printer.slips[0]).crop((0, 0, 576, 723)).tobytes() == image.tobytes()


def test_a_narrow_raster_is_centred_and_may_come_in_any_pieces(printer, port):
    image = noise(200, 90)
    data = b"\x1b@\x1ba\x01" + raster(image) + FEED_AND_CUT
    for n in range(0, len(data), 7):
        port.write(data[n : n + 7])
    assert strip(printer.slips[0]).crop((188, 0, 388, 90)).tobytes() == image.tobytes()


def test_a_qr_code_is_read_by_an_independent_reader(printer, port, tmp_path):
    zbar = shutil.which("zbarimg")
    assert zbar, "zbar-tools is part of the test machine"
    payload = b"http://hall.example/t/0123456789abcdef"
    port.write(b"\x1b@\x1ba\x01\x1d(k\x03\x001C\x08\x1d(k\x03\x001E1")
    port.write(b"\x1d(k" + (len(payload) + 3).to_bytes(2, "little") + b"1P0" + payload + b"\x1d(k\x03\x001Q0")
    port.write(FEED_AND_CUT)
    assert printer.slips[0].codes == (payload,)
    for plain in (True, False):
        (tmp_path / "slip.png").write_bytes(printer.slips[0].png(plain=plain))
        read = subprocess.run(
            [zbar, "-q", "--raw", tmp_path / "slip.png"],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            check=True,
        )
        assert read.stdout.strip() == payload


def test_a_slip_keeps_exactly_the_bytes_that_made_it(printer, port):
    job = b"\x1b@A012\n" + FEED_AND_CUT
    port.write(STATUS + b"\x01" + job + BARRIER + job + BARRIER)
    assert [slip.raw for slip in printer.slips] == [job, job]


def test_who_cuts_without_feeding_finds_the_last_line_on_the_next_slip(printer, port):
    port.write(b"\x1b@" + raster(Image.new("1", (576, 40), 0)) + b"\x1dV\x00\x1bd\x04\x1dV\x00")
    first, second = printer.slips
    assert first.length == 5
    assert first.image.getextrema() == (255, 255)
    assert second.ink.size == (576, 40)


def test_an_unknown_command_is_remembered_and_not_swallowed(printer, port):
    port.write(b"\x1b@\x1b\x7f\x1dzA\n" + FEED_AND_CUT)
    assert printer.unknown == [b"\x1b\x7f", b"\x1dz"]
    assert printer.slips[0].text == ("A",)


# -- status and faults ------------------------------------------------------------------------------------------------


def test_a_healthy_printer_says_so(printer, port):
    assert [status(port, n) for n in (1, 2, 3, 4)] == [GOOD] * 4
    port.write(BARRIER)
    assert port.read(1, 1) == b"\x00"


@pytest.mark.parametrize(
    ("fault", "answers"),
    [
        ({"paper_left": 1500}, [GOOD, GOOD, GOOD, GOOD | 0x0C]),
        ({"paper_left": 0}, [GOOD | 0x08, GOOD | 0x20, GOOD, GOOD | 0x6C]),
        ({"cover_open": True}, [GOOD | 0x08, GOOD | 0x04, GOOD, GOOD]),
        ({"jammed": True}, [GOOD | 0x08, GOOD | 0x40, GOOD | 0x08, GOOD]),
        ({"offline": True}, [GOOD | 0x08, GOOD, GOOD, GOOD]),
    ],
)
def test_each_fault_has_its_bits_and_they_go_away_with_it(printer, port, fault, answers):
    (name, value) = next(iter(fault.items()))
    before = getattr(printer, name)
    setattr(printer, name, value)
    assert [status(port, n) for n in (1, 2, 3, 4)] == answers
    setattr(printer, name, before)
    assert [status(port, n) for n in (1, 2, 3, 4)] == [GOOD] * 4


def test_the_barrier_is_answered_only_after_everything_before_it(printer, port):
    printer.cover_open = True
    port.write(b"\x1b@A012\n" + FEED_AND_CUT + BARRIER)
    assert port.read(10, 0) == b""
    assert printer.slips == []
    assert printer.waiting > 0
    printer.cover_open = False
    assert port.read(10, 0) == b"\x00"
    assert len(printer.slips) == 1


def test_paper_that_runs_out_stops_the_print_at_that_millimetre_and_the_rest_goes_on_the_new_roll(
    printer, port
):
    image = noise(576, 400)
    printer.paper_left = 20
    port.write(b"\x1b@" + raster(image) + FEED_AND_CUT + BARRIER)
    assert printer.paper_out
    assert printer.hanging.length == 12 + 20
    assert port.read(1, 0) == b""
    printer.load_paper()
    torn, rest = printer.slips
    assert torn.cut == "torn"
    assert strip(torn).tobytes() == image.crop((0, 0, 576, 160)).tobytes()
    assert strip(rest).crop((0, 0, 576, 240)).tobytes() == image.crop((0, 160, 576, 400)).tobytes()
    assert port.read(1, 0) == b"\x00"


def test_low_paper_is_told_by_the_barrier_too_and_printing_goes_on(printer, port):
    printer.paper_left = 1500
    port.write(b"\x1b@A\n" + FEED_AND_CUT + BARRIER)
    assert port.read(1, 0) == b"\x03"
    assert len(printer.slips) == 1


def test_real_time_commands_inside_a_raster_are_obeyed_and_still_printed(printer, port):
    rows = bytearray(72 * 10)
    rows[100:103] = STATUS + b"\x01"
    port.write(b"\x1b@\x1dv0\x00\x48\x00\x0a\x00" + rows + FEED_AND_CUT)
    assert port.read(10, 0) == bytes([GOOD])  # nobody asked: flush before you ask
    assert printer.slips[0].rows[72 * 96 + 100 : 72 * 96 + 103] == STATUS + b"\x01"


def test_a_printer_that_is_gone_raises_and_comes_back_empty(printer, port):
    port.write(b"\x1b@half a line")
    printer.gone = True
    with pytest.raises(OSError, match="gone"):
        port.write(b"x")
    with pytest.raises(OSError, match="gone"):
        port.read(1, 0)
    printer.gone = False
    port.write(b"\x1b@A\n" + FEED_AND_CUT)
    assert printer.slips[-1].text == ("A",)


def test_a_busy_printer_takes_what_fits_and_then_nothing(printer, port):
    printer.cover_open = True
    with pytest.raises(TimeoutError, match="bytes left"):
        port.write(bytes(100_000))
    assert printer.waiting == 65_536
    assert printer.space == 0


@pytest.mark.parametrize("clear", [b"\x10\x05\x02", b"\x10\x14\x08\x01\x03\x14\x01\x06\x02\x08"])
def test_clearing_the_buffer_forgets_what_was_not_printed(printer, port, clear):
    port.write(b"\x1b@half a ")
    printer.jammed = True
    port.write(b"line\n" + FEED_AND_CUT)
    port.write(clear)
    printer.jammed = False
    port.write(b"new\n" + FEED_AND_CUT)
    assert [slip.text for slip in printer.slips] == [("new",)]


def test_a_mute_printer_prints_and_says_nothing(printer, port):
    printer.mute = True
    port.write(b"\x1b@A\n" + FEED_AND_CUT + BARRIER + STATUS + b"\x01")
    assert port.read(10, 0) == b""
    assert len(printer.slips) == 1


def test_print_seconds_follow_paper_and_line(printer, port):
    port.write(b"\x1b@" + b"\x1bJ\xf0" * 10 + b"\x1dV\x00")
    slip = printer.slips[0]
    assert slip.length == 300
    assert printer.print_seconds(slip) == pytest.approx(2.3)
    printer.slow(5)
    assert printer.print_seconds(slip) == pytest.approx(len(slip.raw) / 5 + 0.3)


def test_with_a_scheduler_the_printer_takes_its_time():
    clock = VirtualScheduler(datetime(2026, 11, 20, 9, 0, tzinfo=UTC))
    printer = PaperPrinter(scheduler=clock)
    port = printer.port()
    port.write(b"\x1b@" + raster(noise(576, 600)) + FEED_AND_CUT + BARRIER)
    clock.run_for(0.55)  # (600 + 120) rows are 90 mm: 0.6 s, and 0.3 s for the blade
    assert printer.slips == []
    assert port.read(1, 0) == b""
    clock.run_for(0.4)
    assert len(printer.slips) == 1
    assert port.read(1, 0) == b"\x00"


def test_a_photo_shows_white_paper_with_every_dot(printer, port):
    image = noise(576, 100)
    port.write(b"\x1b@" + raster(image) + FEED_AND_CUT)
    photo = printer.slips[0].photo().convert("L")
    assert photo.width == 576 + 64 + 32
    shown = photo.crop((16 + 32, 16 + 96, 16 + 32 + 576, 16 + 96 + 100))
    assert shown.point([255 if v > 128 else 0 for v in range(256)], "1").tobytes() == image.tobytes()
    assert Image.open(io.BytesIO(printer.slips[0].png())).size == photo.size


# -- over TCP ---------------------------------------------------------------------------------------------------------


class OnTheWall:
    """A printer served over TCP in a loop of its own thread."""

    def __init__(self, *, paced=False):
        self.loop = WireLoop()
        self.printer = PaperPrinter(scheduler=self.loop if paced else None)
        self.server = PrinterServer(self.loop, self.printer)
        self.came = threading.Condition()
        self.printer.on_slip(self._slip)
        self.thread = threading.Thread(target=self.loop.run)

    def _slip(self, _):
        with self.came:
            self.came.notify_all()

    def slips(self, count):
        with self.came:
            assert self.came.wait_for(lambda: len(self.printer.slips) >= count, 20)
            return list(self.printer.slips)

    def do(self, call):
        done, result = threading.Event(), []
        self.loop.call_soon(lambda: (result.append(call()), done.set()))
        assert done.wait(10)
        return result[0]

    def set(self, name, value):
        self.do(lambda: setattr(self.printer, name, value))

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.loop.call_soon(self.server.close)
        self.loop.call_soon(self.loop.stop)
        self.thread.join(10)
        self.loop.close()


@pytest.fixture
def wall():
    with OnTheWall() as wall:
        yield wall


@contextmanager
def escpos(wall):
    printer = Network("127.0.0.1", port=wall.server.port, timeout=5)
    try:
        printer.open()
        yield printer
    finally:
        printer.close()


def test_python_escpos_prints_text_raster_qr_and_cut(wall):
    image = noise(384, 200)
    with escpos(wall) as driver:
        driver.text("Hello\n")
        driver.image(image)
        driver.qr("https://hall.example/t/1", native=True, size=6)
        driver.cut()
    (slip,) = wall.slips(1)
    assert slip.text == ("Hello",)
    assert slip.codes == (b"https://hall.example/t/1",)
    assert strip(slip).crop((0, 30, 384, 230)).tobytes() == image.tobytes()
    assert wall.printer.unknown == []


def test_python_escpos_prints_graphics_too(wall):
    image = noise(384, 64)
    with escpos(wall) as driver:
        driver.image(image, impl="graphics")
        driver.cut()
    (slip,) = wall.slips(1)
    assert strip(slip).crop((0, 0, 384, 64)).tobytes() == image.tobytes()


def test_python_escpos_hears_paper_and_cover(wall):
    with escpos(wall) as driver:
        assert driver.is_online()
        assert driver.paper_status() == 2
        wall.set("paper_left", 1000)
        assert driver.paper_status() == 1
        wall.set("paper_left", 0)
        assert driver.paper_status() == 0
        assert not driver.is_online()
        wall.set("paper_left", 50_000)
        wall.set("cover_open", True)
        assert not driver.is_online()


def test_over_tcp_the_barrier_comes_after_the_paper(wall):
    with socket.create_connection(("127.0.0.1", wall.server.port), timeout=10) as host:
        wall.set("cover_open", True)
        host.sendall(b"\x1b@A\n" + FEED_AND_CUT + BARRIER + STATUS + b"\x01")
        assert host.recv(1) == bytes([GOOD | 8])  # real time overtakes
        wall.set("cover_open", False)
        assert host.recv(1) == b"\x00"
        assert len(wall.printer.slips) == 1


def test_a_busy_printer_makes_the_sender_wait_and_loses_nothing(wall):
    image = noise(576, 4000)
    job = b"\x1b@" + raster(image) + FEED_AND_CUT
    wall.set("cover_open", True)
    with socket.create_connection(("127.0.0.1", wall.server.port), timeout=20) as host:
        sender = threading.Thread(target=host.sendall, args=(job,))
        sender.start()
        while wall.do(lambda: wall.printer.space):
            pass
        wall.set("cover_open", False)
        sender.join(20)
        (slip,) = wall.slips(1)
    assert strip(slip).crop((0, 0, 576, 4000)).tobytes() == image.tobytes()


def test_a_printer_that_is_gone_closes_the_line_and_takes_it_again_when_it_is_back(wall):
    address = ("127.0.0.1", wall.server.port)
    with socket.create_connection(address, timeout=10) as host:
        host.sendall(STATUS + b"\x01")
        assert host.recv(1) == bytes([GOOD])
        wall.set("gone", True)
        assert host.recv(1) == b""
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(address, timeout=10)
    wall.set("gone", False)
    with socket.create_connection(address, timeout=10) as host:
        host.sendall(b"\x1b@A\n" + FEED_AND_CUT + BARRIER)
        assert host.recv(1) == b"\x00"


def test_one_host_at_a_time_the_next_one_waits_its_turn(wall):
    address = ("127.0.0.1", wall.server.port)
    with (
        socket.create_connection(address, timeout=10) as first,
        socket.create_connection(address, timeout=10) as second,
    ):
        second.sendall(STATUS + b"\x01")
        first.sendall(STATUS + b"\x01")
        assert first.recv(1) == bytes([GOOD])
        second.settimeout(0.05)
        with pytest.raises(TimeoutError):
            second.recv(1)
        first.close()
        second.settimeout(10)
        assert second.recv(1) == bytes([GOOD])


def test_a_slow_line_is_slow():
    with OnTheWall() as wall, socket.create_connection(("127.0.0.1", wall.server.port), timeout=20) as host:
        wall.do(lambda: wall.printer.slow(10_000))
        host.sendall(b"\x1b@" + raster(noise(576, 14)) + BARRIER)  # 1,019 bytes: at least a tenth of a second
        before = wall.loop.mono()
        assert host.recv(1) == b"\x00"
        assert wall.loop.mono() - before > 0.05


def test_a_slower_printer_takes_longer_for_the_same_paper():
    def seconds(speed):
        clock = VirtualScheduler(datetime(2026, 3, 2, 9, 0, tzinfo=UTC))
        printer = PaperPrinter(384, scheduler=clock)
        printer.speed = speed
        printer.port().write(b"\x1bJ\xff" * 30 + b"\x1dV\x01")
        while not printer.slips:
            clock.run_for(0.1)
        return clock.mono()

    assert seconds(60) > 2 * seconds(150)
