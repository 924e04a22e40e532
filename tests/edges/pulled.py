"""What a panel hangs on, when it comes loose."""

from sim.twin.spi_bus import ChainSpi


class Wire(ChainSpi):
    """A bus that can be pulled out, as the kernel reports it."""

    def __init__(self, chain):
        super().__init__(chain)
        self.pulled = False

    def open(self, bus, device):
        if self.pulled:
            raise FileNotFoundError(2, "No such file or directory: /dev/spidev0.0")

    def writebytes(self, values):
        if self.pulled:
            raise OSError(5, "Input/output error")
        super().writebytes(values)
