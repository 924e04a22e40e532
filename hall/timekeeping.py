"""Whether this machine's wall clock can be believed."""

from __future__ import annotations

import ctypes
import time
from pathlib import Path

_STA_UNSYNC = 0x0040
_TIMESYNCD_SAYS_SO = Path("/run/systemd/timesync/synchronized")


def clock_ok() -> bool:
    """Whether somebody keeps the wall clock right: the kernel's own opinion, or systemd-timesyncd's."""
    return _kernel_says_synchronised() or _TIMESYNCD_SAYS_SO.exists()


class _Timex(ctypes.Structure):
    """Begin of the kernel's ``struct timex``; the rest is room."""

    _fields_ = (
        ("modes", ctypes.c_uint),
        ("offset", ctypes.c_long),
        ("freq", ctypes.c_long),
        ("maxerror", ctypes.c_long),
        ("esterror", ctypes.c_long),
        ("status", ctypes.c_int),
        ("room", ctypes.c_char * 512),
    )


def _kernel_says_synchronised() -> bool:
    try:
        timex = _Timex()
        answer = ctypes.CDLL(None, use_errno=True).adjtimex(ctypes.byref(timex))
    except (OSError, AttributeError):
        return time.time() > 1_700_000_000  # no such call here: at least it is not 1970
    return answer >= 0 and not timex.status & _STA_UNSYNC
