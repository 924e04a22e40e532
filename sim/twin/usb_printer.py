"""A paper printer on USB, for programs that talk to it through pyusb: what libusb would say of it, and its two bulk pipes.

The model stands where libusb stands: descriptors, claims, transfers in packets, timeouts, and ENODEV when it is unplugged. It takes
at most `takes` bytes in one transfer, as a printer with a full buffer does.
"""

# ruff: noqa: ARG002 - the arguments are libusb's
from __future__ import annotations

import array
import errno
from types import SimpleNamespace
from typing import Any

from usb.core import USBError, USBTimeoutError

from sim.twin.paper import PaperPrinter

OUT, IN = 0x02, 0x81
"""Endpoint addresses of this make; another has others."""
PACKET = 64


class UsbPrinterBackend:
    """libusb with one printer plugged in, and a keyboard beside it."""

    def __init__(
        self,
        printer: PaperPrinter,
        *,
        vendor: int = 0x04B8,
        product: int = 0x0E15,
        printer_class: bool = True,
        takes: int = 4096,
    ) -> None:
        self._printer, self._takes = printer, takes
        self._ids = (vendor, product)
        self._class = 7 if printer_class else 0xFF
        self._answers = bytearray()
        self.usblp = True
        """The kernel's driver holds it until somebody detaches it."""
        self.claimed = False

    # -- what is there -----------------------------------------------------------------------------------------------

    def enumerate_devices(self) -> list[str]:
        """See libusb."""
        return ["keyboard"] if self._printer.gone else ["keyboard", "printer"]

    def get_parent(self, dev: str) -> None:
        """See libusb."""

    def get_device_descriptor(self, dev: str) -> Any:
        """See libusb."""
        vendor, product = self._ids if dev == "printer" else (0x046D, 0xC31C)
        return SimpleNamespace(
            bLength=18, bDescriptorType=1, bcdUSB=0x200, bDeviceClass=0, bDeviceSubClass=0, bDeviceProtocol=0,
            bMaxPacketSize0=64, idVendor=vendor, idProduct=product, bcdDevice=0x100, iManufacturer=0, iProduct=0,
            iSerialNumber=0, bNumConfigurations=1, bus=1, address=5 if dev == "printer" else 4, port_number=1,
            port_numbers=(1,), speed=3,
        )  # fmt: skip

    def get_configuration_descriptor(self, dev: str, config: int) -> Any:
        """See libusb."""
        if config:
            raise IndexError
        return SimpleNamespace(
            bLength=9, bDescriptorType=2, wTotalLength=32, bNumInterfaces=1, bConfigurationValue=1, iConfiguration=0,
            bmAttributes=0xC0, bMaxPower=1, extra_descriptors=[],
        )  # fmt: skip

    def get_interface_descriptor(self, dev: str, intf: int, alt: int, config: int) -> Any:
        """See libusb."""
        if intf or alt or config:
            raise IndexError
        kind = self._class if dev == "printer" else 3
        return SimpleNamespace(
            bLength=9, bDescriptorType=4, bInterfaceNumber=0, bAlternateSetting=0, bInterfaceClass=kind,
            bNumEndpoints=2 if dev == "printer" else 0, bInterfaceSubClass=1, bInterfaceProtocol=2, iInterface=0,
            extra_descriptors=[],
        )  # fmt: skip

    def get_endpoint_descriptor(self, dev: str, ep: int, intf: int, alt: int, config: int) -> Any:
        """See libusb."""
        return SimpleNamespace(
            bLength=7, bDescriptorType=5, bEndpointAddress=(IN, OUT)[ep], bmAttributes=2, wMaxPacketSize=PACKET,
            bInterval=0, bRefresh=0, bSynchAddress=0, extra_descriptors=[],
        )  # fmt: skip

    # -- who holds it ------------------------------------------------------------------------------------------------

    def open_device(self, dev: str) -> str:
        """See libusb."""
        self._printer.attach(self._answered)
        return dev

    def close_device(self, dev_handle: str) -> None:
        """See libusb."""
        self._printer.detach(self._answered)

    def get_configuration(self, dev_handle: str) -> int:
        """See libusb."""
        return 1

    def set_configuration(self, dev_handle: str, config_value: int) -> None:
        """See libusb."""

    def claim_interface(self, dev_handle: str, intf: int) -> None:
        """See libusb."""
        if self.usblp:
            raise USBError("Resource busy", errno=errno.EBUSY)
        self.claimed = True

    def release_interface(self, dev_handle: str, intf: int) -> None:
        """See libusb."""
        self.claimed = False

    def is_kernel_driver_active(self, dev_handle: str, intf: int) -> bool:
        """See libusb."""
        return self.usblp

    def detach_kernel_driver(self, dev_handle: str, intf: int) -> None:
        """See libusb."""
        self.usblp = False

    # -- pipes -------------------------------------------------------------------------------------------------------

    def bulk_write(self, dev_handle: str, ep: int, intf: int, data: Any, timeout: int) -> int:
        """See libusb; takes what fits."""
        self._check(ep, OUT)
        piece = bytes(data)[: min(self._takes, self._printer.space)]
        if not piece:
            raise USBTimeoutError("Operation timed out", errno=errno.ETIMEDOUT)
        self._printer.receive(piece)
        return len(piece)

    def bulk_read(self, dev_handle: str, ep: int, intf: int, buff: array.array[int], timeout: int) -> int:
        """See libusb; a packet at most."""
        self._check(ep, IN)
        if not self._answers:
            raise USBTimeoutError("Operation timed out", errno=errno.ETIMEDOUT)
        piece = self._answers[:PACKET]
        if len(piece) > len(buff):
            raise USBError("Overflow", errno=errno.EOVERFLOW)
        del self._answers[: len(piece)]
        buff[: len(piece)] = array.array("B", piece)
        return len(piece)

    # pyusb looks all kinds of pipes up before it chooses; this device has bulk ones alone
    intr_write = iso_write = bulk_write
    intr_read = iso_read = bulk_read

    def _check(self, ep: int, wanted: int) -> None:
        if self._printer.gone:
            raise USBError("No such device (it may have been disconnected)", errno=errno.ENODEV)
        if ep != wanted or not self.claimed:
            raise USBError("Entity not found", errno=errno.ENOENT)

    def _answered(self, data: bytes) -> None:
        self._answers += data
