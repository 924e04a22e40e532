"""No picture asks more of a panel's supply than it bears, at no moment on the wire: the panel dims instead."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from devices.parts import power
from devices.parts.led_panel import LedPanel
from devices.parts.ws2812_panel import Ws2812Panel
from sim.twin.spi import Max7219Chain
from sim.twin.spi_bus import ChainSpi
from sim.twin.strip import Ws2812Strip

LIT = {name: Image.frombytes("1", (64, 16), data) for name, data in {
    "none": bytes(128),
    "all": b"\xff" * 128,
    "half": b"\xaa\x55" * 64,
    "top": b"\xff" * 64 + bytes(64),
    "bottom": bytes(64) + b"\xff" * 64,
    "few": b"\x01" + bytes(127),
}.items()}  # fmt: skip
ACTS = st.lists(
    st.one_of(
        st.sampled_from(sorted(LIT)).map(LIT.__getitem__),
        st.binary(min_size=128, max_size=128).map(lambda data: Image.frombytes("1", (64, 16), data)),
        st.integers(0, 15),
        st.just("refresh"),
    ),
    max_size=12,
)


class Metered(ChainSpi):
    """A bus with an ammeter in the panel's supply."""

    most = 0.0

    def writebytes(self, values):
        super().writebytes(values)
        self.most = max(self.most, self.chain.amperes())


def play(panel, acts):
    for act in acts:
        if isinstance(act, int):
            panel.brightness = act
        elif act == "refresh":
            panel.refresh()
        else:
            panel.show(act)


@settings(max_examples=60, deadline=None)
@given(acts=ACTS, limit=st.floats(0.6, 6), orientation=st.sampled_from([0, 90, -90, 180]))
def test_whatever_is_shown_the_modules_never_draw_more_than_the_limit_not_even_between_two_pictures(
    acts, limit, orientation
):
    wiring = {0: "generic", -90: "fc16", 90: "fc16-flipped", 180: "180"}[orientation]
    wire = Metered(Max7219Chain(64, 16, wiring))
    panel = LedPanel(width=64, block_orientation=orientation, brightness=15, limit_a=limit, spi_driver=wire)
    play(panel, acts)
    assert wire.most <= limit + 1e-9
    assert panel.amperes == pytest.approx(wire.chain.amperes(), abs=0.15)


@settings(max_examples=25, deadline=None)
@given(acts=ACTS, limit=st.floats(3.3, 40))
def test_nor_do_the_lights_of_a_strip(acts, limit):
    wire = Metered(Ws2812Strip(64, 16))
    play(Ws2812Panel(width=64, brightness=15, limit_a=limit, spi_driver=wire), acts)
    assert wire.most <= limit + 1e-9


@given(lit=st.integers(0, 2048), wanted=st.integers(0, 15), limit=st.floats(0, 20))
def test_the_brightness_is_the_wished_one_or_the_next_that_fits(lit, wanted, limit):
    draw = power.max7219(32)
    level = draw.brightness(lit, wanted, limit)
    assert 0 <= level <= wanted
    assert level == 0 or draw.amperes(lit, level) <= limit
    assert level == wanted or draw.amperes(lit, level + 1) > limit
    assert draw.brightness(lit, wanted, None) == wanted


def test_a_full_panel_is_dimmed_and_a_few_dots_are_as_bright_as_wished():
    wire = Metered(Max7219Chain(64))
    panel = LedPanel(width=64, brightness=15, limit_a=2.0, spi_driver=wire)
    panel.show(LIT["all"])
    assert {module.brightness() for module in wire.chain._modules} == {5}
    panel.show(LIT["few"])
    assert {module.brightness() for module in wire.chain._modules} == {15}


def test_without_a_limit_a_weak_supply_breaks_down_and_with_one_it_never_does():
    for limit, breakdowns in ((None, True), (2.0, False)):
        chain = Max7219Chain(64, supply_a=2.0)
        panel = LedPanel(width=64, brightness=15, limit_a=limit, spi_driver=ChainSpi(chain))
        for name in ("few", "all", "top", "bottom", "all"):
            panel.show(LIT[name])
        assert (chain.brown_outs > 0) is breakdowns, limit
        assert (chain.lit() == 0) is breakdowns


def test_a_panel_that_still_glows_from_before_is_dimmed_before_anything_else():
    chain = Max7219Chain(64, supply_a=1.0)
    chain.supply_a = None
    LedPanel(width=64, brightness=6, spi_driver=ChainSpi(chain)).show(LIT["all"])
    wire = Metered(chain)
    wire.writebytes([15, 0] * 16)
    before, wire.most = wire.most, 0.0
    LedPanel(width=64, brightness=15, limit_a=before, spi_driver=wire).show(LIT["few"])
    assert wire.most <= before


def test_a_limit_that_not_even_the_dimmest_panel_keeps_is_refused():
    with pytest.raises(ValueError, match=r"at least 0\.3 A"):
        LedPanel(width=64, limit_a=0.2)
    with pytest.raises(ValueError, match=r"at least 11\.8 A"):
        Ws2812Panel(width=256, height=16, colour=(255, 255, 255), limit_a=5)
