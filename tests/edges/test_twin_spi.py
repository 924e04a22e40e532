"""The twin's panels under the real luma driver."""

import importlib.util
import random
import threading
import time
from pathlib import Path

import pytest
from luma.core.interface.serial import noop, spi
from luma.core.render import canvas
from luma.led_matrix.device import max7219
from PIL import Image

from devices.parts.led_panel import LedPanel
from devices.parts.ws2812_panel import Ws2812Panel
from sim.twin.spi import Max7219Chain
from sim.twin.spi_bus import ChainSpi
from sim.twin.strip import Ws2812Strip
from sim.twin.wire import WireLoop
from sim.twin.wire_spi import ChainServer

ORIENTATION = {"generic": 0, "fc16": -90, "fc16-flipped": 90, "180": 180}
SHIM = Path(__file__).parents[2] / "sim" / "twin" / "shims" / "spidev.py"


def panel(chain, orientation, wire=None):
    """The driver as the sign uses it; its exit handler must not blank our chain."""
    serial = spi(spi=wire or ChainSpi(chain), gpio=noop(), bus_speed_hz=1_000_000)
    device = max7219(serial, width=chain.width, height=chain.height, block_orientation=orientation)
    device.persist = True
    return device


def noise(width, height, seed=3):
    """A picture no symmetry can hide behind."""
    chance = random.Random(seed)
    image = Image.new("1", (width, height))
    image.putdata([chance.choice((0, 255)) for _ in range(width * height)])
    return image


def as_rows(image):
    return [[image.getpixel((x, y)) > 0 for x in range(image.width)] for y in range(image.height)]


@pytest.mark.parametrize("wiring", ORIENTATION)
@pytest.mark.parametrize("size", [(64, 16), (128, 16), (32, 8)])
def test_the_real_driver_is_dot_exact_on_each_wiring(wiring, size):
    chain = Max7219Chain(*size, wiring)
    image = noise(*size)
    panel(chain, ORIENTATION[wiring]).display(image)
    assert chain.dots() == as_rows(image)


@pytest.mark.parametrize("wiring", ORIENTATION)
def test_a_wrong_block_orientation_looks_like_garbage(wiring):
    chain = Max7219Chain(64, 16, wiring)
    image = noise(64, 16)
    for other, orientation in ORIENTATION.items():
        panel(chain, orientation).display(image)
        wrong = sum(
            a != b
            for shown, meant in zip(chain.dots(), as_rows(image), strict=True)
            for a, b in zip(shown, meant, strict=True)
        )
        assert (wrong == 0) == (other == wiring)
        assert wrong == 0 or wrong > 300  # of 1,024


def test_a_chain_is_dark_until_a_driver_wakes_it():
    chain = Max7219Chain(64, 16)
    for digit in range(1, 9):
        chain.transfer(bytes([digit, 0xFF]) * 16)
    assert chain.lit() == 0
    chain.transfer(bytes([0x0C, 1]) * 16)
    assert chain.lit() == 128  # the scan limit is still 0: one column of each module
    chain.transfer(bytes([0x0B, 7]) * 16)
    assert chain.lit() == 1024


def test_shutdown_hides_and_display_test_lights_everything():
    chain = Max7219Chain(64, 16)
    device = panel(chain, -90)
    device.display(noise(64, 16))
    shown = chain.dots()
    device.hide()
    assert chain.lit() == 0
    device.show()
    assert chain.dots() == shown
    chain.transfer(bytes([0x0F, 1]) * 16)
    assert chain.lit() == 1024


def test_decode_mode_shows_segments_as_the_datasheet_says():
    chain = Max7219Chain(8, 8, "generic")
    for word in ((0x0C, 1), (0x0B, 7), (0x09, 0x01), (1, 0x08)):
        chain.transfer(bytes(word))
    assert [row[0] for row in chain.dots()] == [True] * 7 + [False]  # an 8: segments A … G, no decimal point


def test_a_short_transfer_reaches_only_the_modules_next_to_the_pi():
    chain = Max7219Chain(64, 8, "generic")
    panel(chain, 0)
    chain.transfer(bytes(16))  # no-ops, so that nothing old is latched again
    chain.transfer(bytes([1, 0xFF]))
    assert chain.lit() == 8
    assert all(row[0] for row in chain.dots())


def test_frames_count_whole_pictures_and_observers_hear_of_changes_only():
    chain = Max7219Chain(64, 16)
    device = panel(chain, -90)
    heard = []
    chain.on_change(lambda: heard.append(chain.lit()))
    before = chain.frames
    image = noise(64, 16)
    device.display(image)
    device.display(image)
    assert chain.frames == before + 2
    assert heard == [chain.lit()]


def test_a_dead_module_is_dark_and_the_next_ones_still_show():
    chain = Max7219Chain(64, 16)
    device = panel(chain, -90)
    chain.kill_module(3)
    device.display(Image.new("1", (64, 16), 1))
    assert chain.lit() == 1024 - 64
    assert not any(chain.dots()[0][24:32])
    assert chain.dead == [3]
    chain.heal()
    assert chain.lit() == 1024


def test_a_corrupted_module_shows_garbage_until_every_register_is_written_again():
    chain = Max7219Chain(64, 16)
    device = panel(chain, -90)
    image = noise(64, 16)
    device.display(image)
    chain.corrupt(5)
    assert chain.dots() != as_rows(image)
    device.display(image)
    assert chain.dots() != as_rows(image)  # its scan limit and decode mode are still garbage
    assert chain.corrupted == [5]
    panel(chain, -90).display(image)
    assert chain.dots() == as_rows(image)
    assert chain.corrupted == []


def test_a_picture_of_the_panel_is_bright_where_dots_are_lit():
    chain = Max7219Chain(64, 16)
    device = panel(chain, -90)
    with canvas(device) as draw:
        draw.point((10, 5), fill="white")
    photo = chain.picture(scale=8).convert("L")
    lit = photo.getpixel((8 + 10 * 8 + 4, 8 + 5 * 8 + 4))
    assert lit > 120
    assert all(
        photo.getpixel((8 + x * 8 + 4, 8 + y * 8 + 4)) < 60
        for x in range(64)
        for y in range(16)
        if abs(x - 10) + abs(y - 5) > 3
    )


def test_a_size_that_is_no_multiple_of_eight_is_refused():
    with pytest.raises(ValueError, match="100×16"):
        Max7219Chain(100, 16)


# -- through the wire -------------------------------------------------------------------------------------------------


@pytest.fixture
def shim(monkeypatch, tmp_path):
    """Our stand-in spidev, loaded from its file as PYTHONPATH would."""
    monkeypatch.setenv("HALL_TWIN_SPI", str(tmp_path / "spi"))
    spec = importlib.util.spec_from_file_location("twin_spidev", SHIM)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def wait_for(loop_done, condition):
    deadline = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < deadline
        loop_done.wait(0.005)


class Serving:
    """A chain in a loop of its own thread."""

    def __init__(self, path, chain):
        self.loop = WireLoop()
        self.server = ChainServer(self.loop, chain, path)
        self.thread = threading.Thread(target=self.loop.run)

    def __enter__(self):
        self.thread.start()

    def __exit__(self, *_):
        self.loop.call_soon(self.server.close)
        self.loop.call_soon(self.loop.stop)
        self.thread.join(10)
        self.loop.close()


def test_through_the_wire_the_driver_is_dot_exact_and_the_panel_outlives_it(tmp_path, shim):
    chain, idle = Max7219Chain(128, 16), threading.Event()
    image = noise(128, 16)
    with Serving(tmp_path / "spi", chain):
        wire = shim.SpiDev()
        panel(chain, -90, wire).display(image)
        wait_for(idle, lambda: chain.frames == 2)
        wire.close()
    assert chain.dots() == as_rows(image)


def test_through_the_wire_a_chain_that_is_wired_back_is_read_and_counted(tmp_path, shim):
    chain, idle = Max7219Chain(128, 16, wired_back=True), threading.Event()
    with Serving(tmp_path / "spi", chain):
        wire = shim.SpiDev()
        led = LedPanel(width=128, wired_back=True, spi_driver=wire)
        assert led.count_modules() == 32
        led.refresh()
        assert led.echo == "ok"
        chain.cut_before(9)
        led.refresh()
        assert led.echo == "broken"
        wait_for(idle, lambda: chain.wire_s > 0)
    led.refresh()  # the world is gone: what is read are zeros, as from a pulled plug
    assert led.echo == "broken"
    led.close()


def test_through_the_wire_a_strip_shows_its_picture(tmp_path, shim):
    strip, idle = Ws2812Strip(64), threading.Event()
    image = noise(64, 16)
    with Serving(tmp_path / "spi", strip):
        Ws2812Panel(width=64, spi_driver=shim.SpiDev()).show(image)
        wait_for(idle, lambda: strip.dots() == as_rows(image))
    with pytest.raises(OverflowError, match="4096"):
        shim.SpiDev(0, 0).xfer2([0] * 4097)


def test_without_power_a_panel_is_dark_and_hears_nothing_until_it_is_written_again():
    chain = Max7219Chain(64, 16)
    device = panel(chain, -90)
    image = noise(64, 16)
    device.display(image)
    chain.powered = False
    device.display(image)
    assert chain.lit() == 0
    chain.powered = True
    assert chain.lit() == 0
    panel(chain, -90).display(image)
    assert chain.dots() == as_rows(image)


def test_without_a_world_bytes_vanish_and_come_again_when_it_is_back(tmp_path, shim, monkeypatch):
    monkeypatch.setattr(shim, "_RETRY_S", 0)
    chain, idle = Max7219Chain(64, 16), threading.Event()
    image = noise(64, 16)
    wire = shim.SpiDev()
    device = panel(chain, -90, wire)  # nobody there: no error
    device.display(image)
    for _ in range(2):  # the second time the world has been restarted while the driver held the old wire
        frames = chain.frames
        with Serving(tmp_path / "spi", chain):
            chain.power_cycle()
            device.contrast(0x70)
            panel(chain, -90, wire).display(image)
            wait_for(idle, lambda frames=frames: chain.frames == frames + 2)
            assert chain.dots() == as_rows(image)
    wire.close()


def test_spidev_without_a_bus_says_so_as_the_real_one_does(shim, monkeypatch):
    monkeypatch.delenv("HALL_TWIN_SPI")
    with pytest.raises(FileNotFoundError, match="HALL_TWIN_SPI"):
        shim.SpiDev().open(0, 0)
