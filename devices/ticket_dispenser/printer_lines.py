"""The lines to a printer: network, the kernel's usblp, USB itself, serial.

Rules:

* Every failure is an OSError, and none waits longer than it was told to: an explicit time for every write and read.
* A line that takes only some of the bytes gets the rest when it takes more; only one that takes nothing for so long is given up.
* A printer that comes back may have another name. One that is known by vendor and product is looked for anew each time a line
  is opened (`lp`: the device file of that printer, whatever its number; `usb`: the device itself); a serial converter has a lasting
  name under ``/dev/serial/by-id``.
"""

from __future__ import annotations

import errno
import json
import logging
import os
import select
import socket
import tempfile
import termios
import time
import tty
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any

from devices.ticket_dispenser.printer import Port
from devices.ticket_dispenser.settings import PrinterSettings
from hall.clock import Seconds

_BAUD = {
    9600: termios.B9600,
    19200: termios.B19200,
    38400: termios.B38400,
    57600: termios.B57600,
    115200: termios.B115200,
}
_PROFILE = {
    "name": "receipt printer",
    "vendor": "any",
    "notes": "",
    "features": {},
    "codePages": {"0": "CP437"},
    "colors": {"0": "black"},
    "fonts": {"0": {"name": "A", "columns": 48}},
    "media": {"width": {"mm": 80, "pixels": 576}, "dpi": 203},
}
#: where the kernel says which USB device is behind /dev/usb/lp0, lp1, …
_USBMISC = Path("/sys/class/usbmisc")
_PRINTER_CLASS = 7
#: bytes handed over in one go: small enough that a timeout is one of silence and not of a whole slip
_PIECE = 1024
#: a line that says it takes something and does not is asked again so soon
WOKEN_S: Seconds = 0.001


def printer_line(settings: PrinterSettings) -> Port:
    """A new line to the printer that `settings` name; OSError when there is none."""
    if settings.kind == "network":
        return NetworkPort(settings.host, settings.port, settings.timeout_s)
    if settings.kind == "usb":
        return UsbPort(settings.usb, settings.timeout_s)
    if settings.kind == "serial":
        return FilePort(settings.path, settings.timeout_s, settings.baud, settings.flow)
    return FilePort(device_file(settings.usb) if settings.usb else settings.path, settings.timeout_s)


def device_file(usb: str, usbmisc: Path = _USBMISC) -> str:
    """The device file of the printer that `usb` (``vendor:product``, ``:serial``) names; OSError when it is not there now."""
    vendor, product, *serial = usb.split(":", 2)
    for link in sorted(usbmisc.glob("lp*")):
        device = (link / "device").resolve().parent  # the interface's device
        found = [_said(device / name) for name in ("idVendor", "idProduct", "serial")]
        if found[:2] == [vendor, product] and (not serial or found[2] == serial[0]):
            return f"/dev/usb/{link.name}"
    raise FileNotFoundError(errno.ENODEV, f"no printer {usb} is plugged in")


def _said(file: Path) -> str:
    try:
        return file.read_text().strip()
    except OSError:
        return ""


@cache
def _escpos() -> Any:
    """python-escpos' network driver, without what its import does on the side.

    It sets up the root logger, leaves a directory in /tmp at each import and reads 96 KB of YAML about printers that this
    house does not ask for.
    """
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    kept_dir, kept = (
        tempfile.tempdir,
        {k: os.environ.get(k) for k in ("ESCPOS_CAPABILITIES_FILE", "ESCPOS_CAPABILITIES_PICKLE_DIR")},
    )
    with tempfile.TemporaryDirectory(prefix="dispenser-") as folder:
        profile = Path(folder) / "profile.json"
        encodings = {"CP437": {"name": "CP437", "python_encode": "cp437", "notes": ""}}
        profile.write_text(
            json.dumps({"profiles": {"default": _PROFILE}, "encodings": encodings}), encoding="ascii"
        )
        tempfile.tempdir = folder
        os.environ.update(ESCPOS_CAPABILITIES_FILE=str(profile), ESCPOS_CAPABILITIES_PICKLE_DIR=folder)
        try:
            from escpos.printer import Network  # noqa: PLC0415 - see above
        finally:
            tempfile.tempdir = kept_dir
            for name, value in kept.items():
                if value is None:
                    os.environ.pop(name, None)
                else:
                    os.environ[name] = value
            root.handlers[:] = handlers
            root.setLevel(level)
    return Network


class NetworkPort:
    """A printer on the network, raw port 9100, through python-escpos' ``Network``."""

    def __init__(self, host: str, port: int, timeout_s: Seconds) -> None:
        """Connects; OSError when nobody answers within `timeout_s`."""
        self._timeout_s = timeout_s
        self._printer = _escpos()(host, port, timeout_s)
        # connected here and not by its open(), which forgets to close a socket that nobody answered
        self._socket = self._printer.device = socket.create_connection((host, port), timeout_s)
        # a status question is three bytes and must not wait for more
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)

    def write(self, data: bytes) -> None:
        """See :class:`Port`."""
        self._socket.settimeout(self._timeout_s)
        for at in range(0, len(data), _PIECE):
            # only what fits at once: sendall() counts its time over all it was given, and a busy printer takes a little at a time
            if not select.select([], [self._socket], [], self._timeout_s)[1]:
                raise TimeoutError(
                    errno.ETIMEDOUT, f"the printer does not accept data ({len(data) - at} bytes left)"
                )
            self._printer._raw(data[at : at + _PIECE])  # noqa: SLF001 - its name for "send these bytes"

    def read(self, n: int, timeout_s: Seconds) -> bytes:
        """See :class:`Port`."""
        self._socket.settimeout(timeout_s)
        try:
            data = self._socket.recv(n)
        except (BlockingIOError, TimeoutError):
            return b""
        if not data:
            raise ConnectionResetError(errno.ECONNRESET, "the printer hung up")
        return data

    def close(self) -> None:
        """See :class:`Port`."""
        self._printer.close()


class FilePort:
    """A printer behind a device file, read and written without ever blocking for longer than asked."""

    def __init__(self, path: str, timeout_s: Seconds, baud: int | None = None, flow: str = "none") -> None:
        """Opens `path`; a terminal (serial line, pty) is set to raw, to `baud`, and to how the printer says that it is busy."""
        self._timeout_s = timeout_s
        self._fd: int | None = os.open(path, os.O_RDWR | os.O_NONBLOCK | os.O_NOCTTY)
        try:
            if os.isatty(self._fd):
                tty.setraw(self._fd, termios.TCSANOW)
                if baud is not None:
                    _set_line(self._fd, baud, flow)
        except BaseException as error:
            self.close()
            if isinstance(error, termios.error):
                raise OSError(*error.args) from error
            raise

    def write(self, data: bytes) -> None:
        """See :class:`Port`."""
        rest = memoryview(data)
        until = time.monotonic() + self._timeout_s
        while rest:
            fd = self._open_fd()
            left = until - time.monotonic()
            _, ready, _ = select.select([], [fd], [], max(0.0, left))
            if not ready or left <= 0:
                raise TimeoutError(
                    errno.ETIMEDOUT, f"the printer does not accept data ({len(rest)} bytes left)"
                )
            try:
                rest = rest[os.write(fd, rest[:4096]) :]
            except BlockingIOError:
                time.sleep(WOKEN_S)
            else:
                until = time.monotonic() + self._timeout_s

    def read(self, n: int, timeout_s: Seconds) -> bytes:
        """See :class:`Port`."""
        fd = self._open_fd()
        ready, _, _ = select.select([fd], [], [], timeout_s)
        if not ready:
            return b""
        try:
            # usblp says end of file when it has nothing to say
            return os.read(fd, n)
        except BlockingIOError:
            return b""

    def close(self) -> None:
        """See :class:`Port`."""
        fd, self._fd = self._fd, None
        if fd is not None:
            os.close(fd)

    def _open_fd(self) -> int:
        if self._fd is None:
            raise OSError(errno.EBADF, "the line is closed")
        return self._fd


def _set_line(fd: int, baud: int, flow: str) -> None:
    found = termios.tcgetattr(fd)
    found[4] = found[5] = _BAUD[baud]
    if flow == "rts-cts":
        found[2] |= termios.CRTSCTS
    elif flow == "xon-xoff":  # 0x11 and 0x13 from the printer, neither of them an answer to a question
        found[0] |= termios.IXON
    termios.tcsetattr(fd, termios.TCSANOW, found)


class UsbPort:
    """A printer on USB without the kernel's usblp, through pyusb and libusb: its endpoints are looked for, not assumed."""

    def __init__(self, usb: str, timeout_s: Seconds, backend: Any = None) -> None:
        """Opens the printer that `usb` names, or the only one there is; `backend` stands in for libusb. OSError."""
        core, util = _usb()
        self._timeout_s, self._util = timeout_s, util
        self._device = _find(core, usb, backend)
        self._closed = False
        try:
            self._interface, self._out, self._in = _endpoints(self._device, util)
            number = self._interface.bInterfaceNumber
            with suppress(NotImplementedError):  # a system whose libusb knows of no kernel drivers
                if self._device.is_kernel_driver_active(number):
                    # usblp holds it: two programs must not talk to one printer
                    self._device.detach_kernel_driver(number)
            util.claim_interface(self._device, number)
        except BaseException:
            self.close()
            raise

    def write(self, data: bytes) -> None:
        """See :class:`Port`."""
        at = 0
        while at < len(data):
            try:
                sent = self._out.write(data[at : at + _PIECE], round(self._timeout_s * 1000))
            except OSError as error:
                raise _timeout(
                    error, f"the printer does not accept data ({len(data) - at} bytes left)"
                ) from error
            at += sent

    def read(self, n: int, timeout_s: Seconds) -> bytes:
        """See :class:`Port`."""
        if not self._kept:
            try:
                # a whole packet: a smaller question overflows when the printer says more
                wait_ms = max(1, round(timeout_s * 1000))
                self._kept += bytes(self._in.read(self._in.wMaxPacketSize, wait_ms))
            except OSError as error:
                if error.errno not in {errno.ETIMEDOUT, errno.EAGAIN}:
                    raise
        found, self._kept = self._kept[:n], self._kept[n:]
        return found

    _kept = b""

    def close(self) -> None:
        """See :class:`Port`."""
        if not self._closed:
            self._closed = True
            self._util.dispose_resources(self._device)


@cache
def _usb() -> tuple[Any, Any]:
    """pyusb, loaded for those printers alone that need it."""
    import usb.core  # noqa: PLC0415 - see above
    import usb.util  # noqa: PLC0415

    return usb.core, usb.util


def _find(core: Any, usb: str, backend: Any) -> Any:
    vendor, product, *serial = usb.split(":", 2) if usb else ("", "")
    try:
        for device in core.find(find_all=True, backend=backend):
            if usb and (device.idVendor, device.idProduct) != (int(vendor, 16), int(product, 16)):
                continue
            if serial and device.serial_number != serial[0]:
                continue
            if usb or _printing(device):
                return device
    except core.NoBackendError as error:
        raise OSError(errno.ENOSYS, "libusb is not installed (apt: libusb-1.0-0)") from error
    raise OSError(errno.ENODEV, f"no printer {usb} on USB".replace("  ", " "))


def _printing(device: Any) -> list[Any]:
    """Interfaces of the printer class, of every configuration."""
    return [face for setting in device for face in setting if face.bInterfaceClass == _PRINTER_CLASS]


def _endpoints(device: Any, util: Any) -> tuple[Any, Any, Any]:
    """The interface that prints, its endpoint out and its endpoint in; one without the class counts if it has both."""
    faces = _printing(device) or [face for setting in device for face in setting]
    for face in faces:
        ends = {
            util.endpoint_direction(end.bEndpointAddress): end
            for end in face
            if util.endpoint_type(end.bmAttributes) == util.ENDPOINT_TYPE_BULK
        }
        if util.ENDPOINT_OUT in ends and util.ENDPOINT_IN in ends:
            return face, ends[util.ENDPOINT_OUT], ends[util.ENDPOINT_IN]
    raise OSError(errno.ENXIO, "this USB device has no lines to and from a printer")


def _timeout(error: OSError, said: str) -> OSError:
    return TimeoutError(errno.ETIMEDOUT, said) if error.errno == errno.ETIMEDOUT else error
