"""A code reader that types: a pipe where ``/dev/input/event…`` would be, and the keys that a reader presses."""

from __future__ import annotations

import os
import struct
from contextlib import suppress
from pathlib import Path

_EVENT = struct.Struct("llHHi")
_SHIFT, _ALT, _ENTER = 42, 56, 28
_KEYS = {char: 2 + n for n, char in enumerate("1234567890")} | {
    char: code
    for row, first in (("qwertyuiop", 16), ("asdfghjkl", 30), ("zxcvbnm", 44))
    for code, char in enumerate(row, first)
}
_KEYS |= {"-": 12, "=": 13, "/": 53, ".": 52, ":": 39}
_PAD = dict(zip("7894561230", (71, 72, 73, 75, 76, 77, 79, 80, 81, 82), strict=True))


#: what a reader can type here
TYPES = frozenset(_KEYS) | {char.upper() for char in _KEYS}


class TypingReader:
    """A reader at `path`; plugged in until `unplug`."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._fd: int | None = None
        self.plug()

    def plug(self) -> None:
        """Plug it in (again)."""
        if not self.path.exists():
            os.mkfifo(self.path, 0o600)
        if self._fd is None:
            self._fd = os.open(self.path, os.O_RDWR | os.O_NONBLOCK)

    def unplug(self) -> None:
        """Pull the cable; may be done twice."""
        if self._fd is not None:
            os.close(self._fd)
            self._fd = None
        self.path.unlink(missing_ok=True)

    @property
    def unplugged(self) -> bool:
        """Whether its cable is out; settable."""
        return self._fd is None

    @unplugged.setter
    def unplugged(self, value: bool) -> None:
        if value:
            self.unplug()
        else:
            self.plug()

    def forget(self) -> None:
        """What nobody has read: a keyboard keeps nothing for a program that starts later."""
        if self._fd is not None:
            with suppress(BlockingIOError):
                while os.read(self._fd, 65536):
                    pass

    def scan(self, text: str, *, enter: bool = True, layout: str = "us") -> None:
        """Show it a code. `layout`: ``us``, ``fr`` (digits with shift), ``pad`` or ``alt`` (Alt and the character's number)."""
        for char in text:
            if layout == "alt":
                self._press(*(_PAD[digit] for digit in f"{ord(char):03d}"), held=_ALT)
            elif layout == "pad":
                self._press(_PAD[char])
            elif layout == "fr" and char.isdigit():
                self._press(_KEYS[char], held=_SHIFT)
            else:
                self._press(_KEYS[char.lower()], held=_SHIFT if char.isupper() or char == ":" else None)
        if enter:
            self._press(_ENTER)

    def _press(self, *codes: int, held: int | None = None) -> None:
        keys = [(code, value) for code in codes for value in (1, 0)]
        if held is not None:
            keys = [(held, 1), *keys, (held, 0)]
        for code, value in keys:
            self.write(code, value)

    def write(self, code: int, value: int) -> None:
        """One key's change, and the report behind it."""
        assert self._fd is not None, "it is not plugged in"
        os.write(self._fd, _EVENT.pack(0, 0, 1, code, value) + _EVENT.pack(0, 0, 0, 0, 0))
