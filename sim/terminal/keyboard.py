"""Single keys from the terminal, as they are pressed."""

from __future__ import annotations

import os
import select
import sys
import termios
import threading
import tty
from collections.abc import Callable
from types import TracebackType
from typing import Self


class Keyboard:
    """Hands each character typed to `on_key` (from a thread of its own) until closed; the terminal is then as before."""

    def __init__(self, on_key: Callable[[str], None]) -> None:
        """`on_key` must only enqueue."""
        self._on_key = on_key
        self._fd = sys.stdin.fileno()
        self._before = termios.tcgetattr(self._fd)
        self._wake_read, self._wake_write = os.pipe()
        self._thread = threading.Thread(target=self._read, name="keyboard", daemon=True)

    def __enter__(self) -> Self:
        tty.setcbreak(self._fd, termios.TCSANOW)  # keys at once; Ctrl-C stays a signal
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        os.write(self._wake_write, b"x")
        self._thread.join(1.0)
        termios.tcsetattr(self._fd, termios.TCSADRAIN, self._before)
        os.close(self._wake_read)
        os.close(self._wake_write)

    def _read(self) -> None:
        while True:
            ready, _, _ = select.select([self._fd, self._wake_read], [], [])
            if self._wake_read in ready:
                return
            typed = os.read(self._fd, 64)
            if not typed:  # the terminal is gone
                return
            for key in typed.decode("utf-8", "replace"):
                self._on_key(key)
