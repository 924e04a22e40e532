"""Unique ids: UUIDv7 (RFC 9562), so that they sort by the time they were made.

An id-maker is any ``Callable[[], str]``; programs get one as an argument, so that a simulated day can be repeated
exactly with :func:`seeded_ids`.
"""

from __future__ import annotations

import os
import random
import time
import uuid
from collections.abc import Callable
from datetime import datetime

IdMaker = Callable[[], str]


def _uuid7(unix_ms: int, noise: int) -> str:
    value = (unix_ms & ((1 << 48) - 1)) << 80
    value |= 0x7 << 76
    value |= ((noise >> 62) & 0xFFF) << 64
    value |= 0b10 << 62
    value |= noise & ((1 << 62) - 1)
    return str(uuid.UUID(int=value))


def new_id() -> str:
    """A fresh UUIDv7 from the machine's clock and random source."""
    return _uuid7(time.time_ns() // 1_000_000, int.from_bytes(os.urandom(10), "big"))


def seeded_ids(seed: str, now: Callable[[], datetime]) -> IdMaker:
    """An id-maker whose ids depend only on `seed` and on the times `now` gives: the same day twice gets the same ids."""
    source = random.Random(seed)
    return lambda: _uuid7(int(now().timestamp() * 1000), source.getrandbits(80))
