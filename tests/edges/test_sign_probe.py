"""A technician who does not know how a panel is wired finds it out by looking, on every wiring there is."""

import os
import subprocess
import sys
import threading
from pathlib import Path

import msgspec
import pytest
import yaml

import sim.twin.shims
from devices.window_sign.hardware import led_panel
from devices.window_sign.probe import candidates, frame, letters, lines, probe, word
from devices.window_sign.settings import PanelSettings
from sim.twin.spi import WIRINGS, Max7219Chain
from sim.twin.spi_bus import ChainSpi
from sim.twin.strip import Ws2812Strip
from sim.twin.wire import WireLoop
from sim.twin.wire_spi import ChainServer

ORIENTATION = {"generic": 0, "fc16": -90, "fc16-flipped": 90, "180": 180}


class Looking:
    """A technician who answers what the wall shows, and knows nothing else."""

    def __init__(self, chain):
        self.chain, self.told, self.asked, self.waited = chain, [], [], 0.0

    def wall(self, image):
        return self.chain.dots() == [
            [bool(image.getpixel((x, y))) for x in range(image.width)] for y in range(16)
        ]

    def tell(self, text):
        self.told.append(text.zh)

    def sees(self, question):
        self.asked.append(question.zh)
        width = self.chain.width
        if "字母F" in question.zh:
            return self.wall(letters(width))
        if "左边能看清" in question.zh:
            left = self.chain.dots()
            return [row[:48] for row in left] == [
                [bool(word(width).getpixel((x, y))) for x in range(48)] for y in range(16)
            ]
        return self.wall(frame(width))

    def count(self, question):
        self.asked.append(question.zh)
        return self.chain.width // 8

    def wait(self, seconds):
        self.waited += seconds


def probed(chain, known=PanelSettings()):  # noqa: B008 - frozen
    looking = Looking(chain)
    found = probe(known, lambda settings: led_panel(settings, spi=ChainSpi(chain)), looking)
    assert chain.lit() == 0
    return found, looking


@pytest.mark.parametrize("wiring", WIRINGS)
@pytest.mark.parametrize("width", [64, 128, 192])
def test_each_wiring_at_each_width_is_found_by_looking(wiring, width):
    found, looking = probed(Max7219Chain(width, 16, wiring), PanelSettings(width=width))
    assert (found.width, found.block_orientation) == (width, ORIENTATION[wiring])
    assert looking.told == []


@pytest.mark.parametrize("fold", ["rows", "rows-serpentine", "columns", "columns-serpentine"])
@pytest.mark.parametrize("band", [8, 16])
def test_each_fold_of_a_strip_is_found_by_looking(fold, band):
    found, _ = probed(Ws2812Strip(64, 16, fold, band), PanelSettings(kind="ws2812", width=64))
    settings = PanelSettings(kind="ws2812", width=64, layout=found.layout, strip_height=found.strip_height)
    strip = Ws2812Strip(64, 16, fold, band)
    led_panel(settings, spi=ChainSpi(strip)).show(frame(64))
    assert strip.text() == "\n".join(
        "".join(".#"[bool(frame(64).getpixel((x, y)))] for x in range(64)) for y in range(16)
    )


def test_modules_are_counted_where_the_chain_is_wired_back():
    found, looking = probed(Max7219Chain(192, 16, "generic", wired_back=True))
    assert (found.width, found.block_orientation, found.wired_back) == (192, 0, True)
    assert "48个模块" in looking.told[0]


def test_another_width_is_asked_for_and_taken():
    # modules in a row wider than the settings say: every module has its F, the frame is not closed
    chain = Max7219Chain(64, 16, "180")
    looking = Looking(chain)
    looking.sees = lambda question: (
        looking.asked.append(question.zh)
        or ("字母F" in question.zh and chain.lit() == letters(64).histogram()[255])
        or ("框是完整" in question.zh and looking.wall(frame(64)))
    )
    known = PanelSettings(width=64, block_orientation=180)
    wider = msgspec.structs.replace(known, width=128)
    assert probe(wider, lambda s: led_panel(s, spi=ChainSpi(chain)), looking).width == 64
    assert "一排有几个" in "".join(looking.asked)


def test_a_panel_with_its_modules_in_another_order_is_explained_and_not_guessed():
    chain = Max7219Chain(64)
    placed = list(chain._placed())
    chain._placed = lambda: [
        *placed[:8],
        *((x, y, m) for (x, y, _), (_, _, m) in zip(placed[8:], placed[:7:-1], strict=True)),
    ]
    found, looking = probed(chain, PanelSettings(width=64))
    assert found is None
    assert looking.waited > 3
    assert any("顺序不对" in said for said in looking.told)


def test_when_nothing_fits_the_technician_is_told_where_to_look():
    chain = Max7219Chain(128)
    chain.powered = False
    found, looking = probed(chain)
    assert found is None
    assert any("供电5伏" in said for said in looking.told)


def test_every_wiring_is_tried_once_the_settings_own_first():
    for known in (
        PanelSettings(block_orientation=180),
        PanelSettings(kind="ws2812", width=64, layout="rows"),
    ):
        tried = list(candidates(known))
        assert tried[0] == known
        assert len(tried) == len(set(map(repr, tried))) == (4 if known.kind == "max7219" else 8)


def test_the_lines_are_what_the_settings_file_takes():
    for found in (
        PanelSettings(width=192, block_orientation=90, wired_back=True),
        PanelSettings(kind="ws2812", width=64, layout="rows", strip_height=8),
    ):
        assert msgspec.convert(yaml.safe_load(lines(found))["panel"], PanelSettings) == found


def settled(loop, rounds=5):
    """Whatever the program has sent is on the panel: in each round the loop takes all that waits on its wires before it answers us."""
    for _ in range(rounds):
        answered = threading.Event()
        loop.call_soon(answered.set)
        assert answered.wait(10)


@pytest.mark.parametrize("wiring", ["fc16-flipped"])
def test_at_the_terminal_over_the_wire_the_right_lines_come_out(tmp_path, wiring):
    chain, loop = Max7219Chain(128, 16, wiring), WireLoop()
    server = ChainServer(loop, chain, tmp_path / "spi")
    thread = threading.Thread(target=loop.run)
    thread.start()
    looking = Looking(chain)
    environment = os.environ | {
        "HALL_TWIN_SPI": str(tmp_path / "spi"),
        "PYTHONPATH": str(Path(sim.twin.shims.__path__[0])),
    }
    command = [sys.executable, "-m", "hall.cli", "device", "sign", "--probe"]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    try:
        with subprocess.Popen(command, env=environment, **pipes) as program:
            said, since = "", 0
            while char := program.stdout.read(1):
                said += char
                if said[since:].endswith("[y/n] "):
                    settled(loop)
                    answer = looking.sees(type("Question", (), {"zh": said[since:]}))
                    since = len(said)
                    program.stdin.write("y\n" if answer else "n\n")
                    program.stdin.flush()
            assert program.wait(30) == 0
            settled(loop)
    finally:
        loop.call_soon(server.close)
        loop.call_soon(loop.stop)
        thread.join(10)
        loop.close()
    assert said.endswith("panel:\n  kind: max7219\n  width: 128\n  block_orientation: 90\n\n")
    assert chain.lit() == 0
