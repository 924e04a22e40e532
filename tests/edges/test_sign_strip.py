"""A panel of WS2812 lights through luma's driver and our SPI pulses onto the strip's own wire bits."""

import pytest
from PIL import Image

import devices.parts.ws2812_panel as driver
from devices.parts.ws2812_panel import Ws2812Panel
from devices.window_sign.frames import centred
from hall.errors import Fault
from sim.twin.spi_bus import ChainSpi
from sim.twin.strip import Ws2812Strip
from tests.edges.pulled import Wire

FOLDS = ("rows", "rows-serpentine", "columns", "columns-serpentine")


def panel_on(strip, **settings):
    return Ws2812Panel(width=strip.width, height=strip.height, spi_driver=ChainSpi(strip), **settings)


def rows(image):
    return [[bool(image.getpixel((x, y))) for x in range(image.width)] for y in range(image.height)]


@pytest.mark.parametrize("fold", FOLDS)
@pytest.mark.parametrize(("width", "band"), [(64, 16), (64, 8), (128, 16)])
def test_a_text_lights_exactly_its_dots_however_the_strip_is_folded(fold, width, band):
    strip = Ws2812Strip(width, 16, fold, band)
    picture = centred("A012", width)
    panel_on(strip, layout=fold, strip_height=band).show(picture)
    assert strip.dots() == rows(picture)
    assert strip.bad_pulses == 0


def test_a_wrong_fold_is_garbage_as_on_the_wall():
    strip = Ws2812Strip(64, 16, "columns-serpentine")
    panel_on(strip, layout="columns").show(centred("A012", 64))
    assert strip.dots() != rows(centred("A012", 64))


def test_the_lights_have_the_halls_colour_at_the_wished_brightness():
    strip = Ws2812Strip(64)
    panel = panel_on(strip, colour=(255, 64, 0), brightness=15)
    panel.show(centred("A012", 64))
    assert strip.colours() == {(247, 62, 0)}
    panel.brightness = 0
    assert strip.colours() == {(7, 2, 0)}
    assert strip.dots() == rows(centred("A012", 64))


def test_the_same_picture_again_sends_nothing_and_a_clean_end_is_dark():
    strip = Ws2812Strip(64)
    panel = panel_on(strip)
    panel.show(centred("A012", 64))
    sent = strip.transfers
    panel.show(centred("A012", 64))
    assert strip.transfers == sent
    panel.close()
    panel.close()
    assert strip.lit() == 0


def test_a_strip_whose_power_was_cut_shows_its_picture_again_after_a_refresh():
    strip = Ws2812Strip(64)
    panel = panel_on(strip)
    panel.show(centred("A012", 64))
    strip.power_cycle()
    assert strip.lit() == 0
    panel.refresh()
    assert strip.dots() == rows(centred("A012", 64))


def test_behind_a_dead_light_nothing_changes_any_more():
    strip = Ws2812Strip(64, 16, "rows")
    panel = panel_on(strip, layout="rows")
    strip.kill_module(64 * 8)
    panel.show(Image.new("1", (64, 16), 255))
    assert [any(row) for row in strip.dots()] == [True] * 8 + [False] * 8
    strip.heal()
    panel.refresh()
    assert strip.lit() == 64 * 16


def test_a_picture_takes_the_time_that_its_bits_take():
    strip = Ws2812Strip(64)
    panel = panel_on(strip)
    panel.show(centred("A012", 64))
    before = strip.wire_s
    panel.show(centred("B7", 64))
    assert strip.wire_s - before == pytest.approx(panel.frame_s, rel=0.01)
    assert 1 / panel.frame_s > 30
    assert 14 < 1 / Ws2812Panel(width=128).frame_s < 16.5


def test_a_bus_at_another_speed_is_not_understood():
    """The twin reads pulses by their length, as the lights do."""
    strip = Ws2812Strip(8, 8)
    strip.transfer(b"\xdb\x6d\xb6" * 30, 2_400_000)
    assert strip.bad_pulses == 0
    strip.transfer(b"\xdb\x6d\xb6" * 30, 1_000_000)
    assert strip.bad_pulses > 0


def test_a_wire_that_breaks_is_a_fault_of_ours_and_the_picture_returns_with_it():
    strip = Ws2812Strip(64)
    wire = Wire(strip)
    panel = Ws2812Panel(width=64, spi_driver=wire)
    panel.show(centred("A011", 64))
    wire.pulled = True
    for attempt in (lambda: panel.show(centred("A012", 64)), panel.refresh, panel.refresh):
        with pytest.raises(Fault, match="panel-fault"):
            attempt()
    wire.pulled = False
    panel.refresh()
    assert strip.dots() == rows(centred("A012", 64))


def test_a_kernel_that_would_cut_a_picture_into_parts_is_a_fault_that_says_where_to_change_it(
    tmp_path, monkeypatch
):
    (tmp_path / "bufsiz").write_text("4096\n")
    monkeypatch.setattr(driver, "_BUFFER", tmp_path / "bufsiz")
    strip = Ws2812Strip(64)
    with pytest.raises(Fault) as refused:
        panel_on(strip).show(centred("A012", 64))
    assert "spidev.bufsiz is 4096 bytes" in refused.value.text.en
    (tmp_path / "bufsiz").write_text("65536\n")
    panel_on(strip).show(centred("A012", 64))
    assert strip.dots() == rows(centred("A012", 64))


def test_a_machine_without_spi_is_a_fault_and_not_a_crash(monkeypatch):
    monkeypatch.delenv("HALL_TWIN_SPI", raising=False)
    with pytest.raises(Fault, match="panel-fault"):
        Ws2812Panel(width=64).show(centred("A012", 64))
