"""The sign's panel through the real luma driver onto a MAX7219 chain: what is lit, and what heals."""

import importlib.util
import itertools
from pathlib import Path

import pytest
from PIL import Image

from devices.parts.bitmap_font import font
from devices.parts.led_panel import LedPanel
from devices.window_sign.frames import centred
from hall.errors import Fault
from sim.twin.spi import Max7219Chain
from sim.twin.spi_bus import ChainSpi
from tests.edges.pulled import Wire

ORIENTATION = {"generic": 0, "fc16": -90, "fc16-flipped": 90, "180": 180}


def panel_on(chain, **settings):
    return LedPanel(width=chain.width, height=chain.height, spi_driver=ChainSpi(chain), **settings)


def rows(image):
    return [[bool(image.getpixel((x, y))) for x in range(image.width)] for y in range(image.height)]


@pytest.mark.parametrize("wiring", ORIENTATION)
@pytest.mark.parametrize("width", [64, 128, 192])
def test_a_text_lights_exactly_its_dots(wiring, width):
    chain = Max7219Chain(width, 16, wiring)
    picture = centred("A012", width)
    panel_on(chain, block_orientation=ORIENTATION[wiring]).show(picture)
    assert chain.dots() == rows(picture)


def test_a_wrong_orientation_is_garbage_as_on_the_wall():
    chain = Max7219Chain(128, 16, "fc16")
    picture = centred("A012 请到3号窗口", 128)
    panel_on(chain, block_orientation=90).show(picture)
    wrong = sum(
        a != b
        for shown, meant in zip(chain.dots(), rows(picture), strict=True)
        for a, b in zip(shown, meant, strict=True)
    )
    assert wrong > 200


def test_a_panel_that_still_shows_the_old_number_is_dark_before_anything_new_is_drawn():
    chain = Max7219Chain(64)
    panel_on(chain).show(centred("A012", 64))
    seen = []
    chain.on_change(lambda: seen.append(chain.lit()))
    panel_on(chain).show(centred("B7", 64))
    assert 0 in seen
    assert chain.dots() == rows(centred("B7", 64))


def test_the_same_picture_again_sends_nothing():
    chain = Max7219Chain(64)
    panel = panel_on(chain)
    panel.show(centred("A012", 64))
    transfers = chain.transfers
    panel.show(centred("A012", 64))
    assert (chain.transfers, panel.frames) == (transfers, 1)


def test_a_refresh_heals_a_module_that_lost_its_registers():
    chain = Max7219Chain(128)
    panel = panel_on(chain)
    picture = centred("正在办理 A012", 128)
    panel.show(picture)
    for module in (0, 5, 31):
        chain.corrupt(module)
    assert chain.dots() != rows(picture)
    panel.show(picture)  # nothing new to show, nothing sent: only the refresh heals
    assert chain.corrupted
    panel.refresh()
    assert chain.corrupted == []
    assert chain.dots() == rows(picture)


def test_a_panel_whose_power_was_cut_shows_its_picture_again_after_a_refresh():
    chain = Max7219Chain(64)
    panel = panel_on(chain)
    panel.show(centred("A012", 64))
    chain.power_cycle()
    assert chain.lit() == 0
    panel.refresh()
    assert chain.dots() == rows(centred("A012", 64))


def test_a_dead_module_darkens_its_own_dots_only():
    chain = Max7219Chain(64)
    picture = Image.new("1", (64, 16), 255)
    chain.kill_module(3)
    panel_on(chain).show(picture)
    dark = {(x // 8, y // 8) for y, row in enumerate(chain.dots()) for x, lit in enumerate(row) if not lit}
    assert dark == {(3, 0)}


def test_brightness_reaches_every_module_and_is_kept_by_a_refresh():
    chain = Max7219Chain(64)
    panel = panel_on(chain, brightness=2)
    panel.show(centred("A012", 64))
    panel.brightness = 11
    panel.refresh()
    assert {module.brightness() for module in chain._modules} == {11}
    with pytest.raises(ValueError, match="0 … 15"):
        panel.brightness = 16


def test_a_clean_end_leaves_the_panel_dark_and_may_come_twice():
    chain = Max7219Chain(64)
    panel = panel_on(chain)
    panel.show(centred("A012", 64))
    panel.close()
    panel.close()
    assert chain.lit() == 0


def test_a_wire_that_breaks_is_a_fault_of_ours_and_the_picture_returns_with_it():
    chain = Max7219Chain(64)
    wire = Wire(chain)
    panel = LedPanel(width=64, spi_driver=wire)
    panel.show(centred("A011", 64))
    wire.pulled = True
    for attempt in (lambda: panel.show(centred("A012", 64)), panel.refresh, panel.refresh):
        with pytest.raises(Fault, match="panel-fault"):
            attempt()
    wire.pulled = False
    panel.refresh()
    assert chain.dots() == rows(centred("A012", 64))


def test_a_machine_without_spi_is_a_fault_and_not_a_crash(monkeypatch):
    monkeypatch.delenv("HALL_TWIN_SPI", raising=False)
    panel = LedPanel(width=64)
    with pytest.raises(Fault, match="panel-fault"):
        panel.show(centred("A012", 64))
    panel.close()


def test_a_picture_of_the_wrong_size_is_refused():
    with pytest.raises(ValueError, match="does not fit"):
        panel_on(Max7219Chain(64)).show(Image.new("1", (128, 16)))


def test_the_font_is_drawn_dot_for_dot_with_the_widths_it_promises():
    text = "A012 请到3号窗口"
    assert font().width(text) == font().draw(text).width == 128
    assert font().draw(text, scale=3).size == (384, 48)
    assert font().draw("").size == (0, 16)


def test_a_character_the_font_lacks_shows_as_a_mark_and_is_told():
    assert font().missing("龘A龘😀") == "龘😀"
    assert not font().covers("龘")
    assert rows(font().draw("龘")) == rows(font().draw("〓"))


def test_no_two_digits_or_capitals_look_alike():
    """At least four dots differ between any two, so that one dead LED never turns a number into another."""
    signs = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    for one, other in itertools.combinations(signs, 2):
        differ = sum(
            a != b
            for x, y in zip(rows(font().draw(one)), rows(font().draw(other)), strict=True)
            for a, b in zip(x, y, strict=True)
        )
        assert differ >= 4, (one, other)


def test_the_shipped_font_holds_our_own_drawings_as_they_stand():
    """Whoever changes a drawing builds the font again."""
    scripts = Path(__file__).parents[2] / "scripts"
    spec = importlib.util.spec_from_file_location("build_font", scripts / "build_font.py")
    build_font = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(build_font)
    drawn = build_font.own(scripts / "own_glyphs.txt")
    assert len(drawn) == 42
    shipped = {point: b"".join(font().rows(chr(point)) or ()).hex().upper() for point in drawn}
    assert shipped == drawn
    assert font().missing("".join(map(chr, build_font.wanted() & set(range(0x4E00, 0xA000))))) == ""


# -- the wire back ----------------------------------------------------------------------------------------------------


def back_on(chain, **settings):
    return panel_on(chain, wired_back=True, **settings)


def test_without_a_wire_back_nothing_is_claimed_about_the_chain():
    panel = panel_on(Max7219Chain(64, wired_back=True))
    panel.refresh()
    panel.refresh()
    assert panel.echo == "unknown"


@pytest.mark.parametrize("width", [64, 128, 192])
def test_with_a_wire_back_a_whole_chain_is_known_to_be_whole_and_its_picture_stays(width):
    chain = Max7219Chain(width, wired_back=True)
    panel = back_on(chain)
    panel.show(centred("A012", width))
    panel.refresh()
    assert panel.echo == "ok"
    assert chain.dots() == rows(centred("A012", width))


def test_a_pulled_cable_is_noticed_and_behind_it_the_picture_returns_with_the_cable():
    chain = Max7219Chain(128, wired_back=True)
    panel = back_on(chain)
    panel.show(centred("A012 请到3号窗口", 128))
    chain.cut_before(20)
    panel.refresh()
    assert panel.echo == "broken"
    assert chain.dots() != rows(centred("A012 请到3号窗口", 128))
    chain.mend()
    panel.refresh()
    assert panel.echo == "ok"
    assert chain.dots() == rows(centred("A012 请到3号窗口", 128))


def test_settings_that_name_another_number_of_modules_are_noticed():
    panel = LedPanel(width=64, wired_back=True, spi_driver=ChainSpi(Max7219Chain(128, wired_back=True)))
    panel.refresh()
    panel.refresh()
    assert panel.echo == "broken"


def test_bits_that_flip_on_the_way_are_noticed():
    chain = Max7219Chain(64, wired_back=True)
    panel = back_on(chain)
    panel.refresh()
    chain.noise = 1
    panel.refresh()
    assert panel.echo == "broken"
    chain.noise = 0
    panel.refresh()
    panel.refresh()
    assert panel.echo == "ok"
    assert chain.lit() == 0


@pytest.mark.parametrize("width", [64, 128, 192])
def test_modules_are_counted_whatever_the_settings_say(width):
    chain = Max7219Chain(width, wired_back=True)
    assert LedPanel(width=64, spi_driver=ChainSpi(chain)).count_modules() == width // 4
    assert panel_on(Max7219Chain(width)).count_modules() is None


def test_dead_dots_and_lost_registers_cannot_be_seen_on_the_wire():
    """What the sign must not claim: the chain is whole, and a module dark or garbled all the same."""
    chain = Max7219Chain(64, wired_back=True)
    panel = back_on(chain)
    panel.refresh()
    chain.kill_module(3)
    chain.corrupt(5)
    panel.refresh()
    assert panel.echo == "ok"


def test_a_bus_faster_than_the_modules_flips_bits():
    chain = Max7219Chain(64)
    panel_on(chain).show(centred("A012", 64))
    chain.transfer(bytes([1, 255] * 16), 12_000_000)
    assert chain.dots() != rows(centred("A012", 64))
