"""A dispenser's hands: keys, lamps, display, and the lines to a printer. The only file here that imports drivers.

It translates and decides nothing. Every failure of a printer's line is an OSError, every other one a Fault.
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
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

from PIL import Image

from devices.parts import bitmap_font
from devices.parts.keys import KeyCall, Keys, Lamps
from devices.parts.led_panel import LedPanel
from devices.ticket_dispenser.printer import Port
from devices.ticket_dispenser.settings import (
    ALARM,
    GREEN,
    DispenserSettings,
    DisplaySettings,
    PrinterSettings,
)
from hall.clock import Seconds
from hall.errors import Fault

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


class Panel:
    """Keys and lamps of a dispenser's front: keys are named by their service, lamps as their key, and ``alarm``."""

    def __init__(
        self,
        settings: DispenserSettings,
        *,
        soon: Callable[[Callable[[], None]], None],
        on_down: KeyCall,
        on_up: KeyCall,
        pin_factory: Any = None,
    ) -> None:
        """Raises Fault when the pins cannot be had; nothing stays open then."""
        pins = {key.service: key.pin for key in settings.keys}
        lamps = {key.service: key.lamp for key in settings.keys if key.lamp is not None}
        if settings.green is not None:
            pins[GREEN] = settings.green.pin
            if settings.green.lamp is not None:
                lamps[GREEN] = settings.green.lamp
        if settings.alarm_lamp is not None:
            lamps[ALARM] = settings.alarm_lamp
        self._lamps = Lamps(lamps, pin_factory=pin_factory)
        try:
            self._keys = Keys(pins, soon=soon, on_press=on_down, on_release=on_up, pin_factory=pin_factory)
        except Fault:
            self._lamps.close()
            raise

    def closed(self) -> frozenset[str]:
        """Keys that are down now."""
        return self._keys.closed()

    def light(self, name: str, *, lit: bool) -> None:
        """One lamp on or off; a key without a lamp stays dark."""
        if name in self._lamps.names:
            self._lamps.set(name, lit=lit)

    def close(self) -> None:
        """Dark, and let go of the pins; may be called twice."""
        self._keys.close()
        self._lamps.close()


class NumberDisplay:
    """A small panel that shows one number, or nothing."""

    def __init__(self, settings: DisplaySettings, spi: Any = None) -> None:
        """`spi` stands in for ``spidev.SpiDev()``."""
        self._panel = LedPanel(
            width=settings.width,
            block_orientation=settings.block_orientation,
            port=settings.port,
            device=settings.device,
            brightness=settings.brightness,
            spi_driver=spi,
        )

    def show(self, number: str | None) -> None:
        """Show the number in the middle, or go dark; Fault `panel-fault`."""
        image = Image.new("1", self._panel.size)
        if number:
            text = bitmap_font.font().draw(number)
            image.paste(text, ((image.width - text.width) // 2, (image.height - text.height) // 2))
        self._panel.show(image)

    def refresh(self) -> None:
        """Write registers and picture again; Fault `panel-fault`."""
        self._panel.refresh()

    def close(self) -> None:
        """Go dark and let go; may be called twice."""
        self._panel.close()


def printer_line(settings: PrinterSettings) -> Port:
    """A new line to the printer that `settings` name; OSError when there is none."""
    if settings.kind == "network":
        return NetworkPort(settings.host, settings.port, settings.timeout_s)
    baud = settings.baud if settings.kind == "serial" else None
    return FilePort(settings.path, settings.timeout_s, baud)


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
        # in pieces, so that the timeout is one of silence and not of a whole slip on a busy printer
        for at in range(0, len(data), 4096):
            self._printer._raw(data[at : at + 4096])  # noqa: SLF001 - its name for "send these bytes"

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

    def __init__(self, path: str, timeout_s: Seconds, baud: int | None = None) -> None:
        """Opens `path`; a terminal (serial line, pty) is set to raw and to `baud`."""
        self._timeout_s = timeout_s
        self._fd: int | None = os.open(path, os.O_RDWR | os.O_NONBLOCK | os.O_NOCTTY)
        try:
            if os.isatty(self._fd):
                tty.setraw(self._fd, termios.TCSANOW)
                if baud is not None:
                    self._set_baud(self._fd, baud)
        except BaseException as error:
            self.close()
            if isinstance(error, termios.error):
                raise OSError(*error.args) from error
            raise

    def write(self, data: bytes) -> None:
        """See :class:`Port`."""
        rest = memoryview(data)
        while rest:
            fd = self._open_fd()
            _, ready, _ = select.select([], [fd], [], self._timeout_s)
            if not ready:
                raise TimeoutError(
                    errno.ETIMEDOUT, f"the printer does not accept data ({len(rest)} bytes left)"
                )
            try:
                rest = rest[os.write(fd, rest[:4096]) :]
            except BlockingIOError:  # woken for nothing; the next wait is as long again
                time.sleep(0.001)

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

    @staticmethod
    def _set_baud(fd: int, baud: int) -> None:
        found = termios.tcgetattr(fd)
        found[4] = found[5] = _BAUD[baud]
        termios.tcsetattr(fd, termios.TCSANOW, found)
