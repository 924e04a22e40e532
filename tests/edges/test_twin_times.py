"""How long a picture takes on the wire, by the bits and the clock."""

import pytest
from PIL import Image

from devices.parts.led_panel import BUS_HZ, LedPanel
from sim.twin.spi import Max7219Chain
from sim.twin.spi_bus import ChainSpi


@pytest.mark.parametrize(("width", "milliseconds"), [(64, 2.05), (128, 4.10), (192, 6.14)])
def test_a_picture_takes_the_time_of_its_bits_on_the_wire(width, milliseconds):
    chain = Max7219Chain(width, 16)
    panel = LedPanel(width=width, spi_driver=ChainSpi(chain))
    panel.show(Image.new("1", (width, 16), 0))
    before = chain.wire_s
    panel.show(Image.new("1", (width, 16), 255))
    assert BUS_HZ == 1_000_000
    assert (chain.wire_s - before) * 1000 == pytest.approx(milliseconds, rel=0.01)
    assert chain.wire_s - before == pytest.approx(panel.frame_s, rel=0.01)
