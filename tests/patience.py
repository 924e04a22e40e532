"""Limits of time that mean the program and not the machine: seconds of a machine with nothing else to do.

When a limit has passed, and only then, a small program is run to see how much longer than alone everything takes just now, and
the machine is asked how many wanted each processor in the last minute; the limit is that much longer. On a quiet machine
nothing is added.
"""

import os
import subprocess
import sys
import time

#: some work of the kind a hall's programs do while they start
_WORK = "import asyncio, email.message, http.server, json, sqlite3, unittest.mock"


def crowding():
    """How much longer than alone a program takes here and now: 1.0 on a quiet machine."""
    began, before = time.monotonic(), os.times()
    subprocess.run([sys.executable, "-I", "-c", _WORK], check=True)
    after = os.times()
    worked = after.children_user + after.children_system - before.children_user - before.children_system
    wanted = os.getloadavg()[0] / (os.cpu_count() or 1)
    return max(1.0, wanted, (time.monotonic() - began) / max(worked, 0.01))


class Patience:
    """Ends `within` undisturbed seconds after it was made."""

    def __init__(self, within, *, began=None):
        self._within = within
        self._began = time.monotonic() if began is None else began
        self._crowding = 1.0

    def ended(self):
        if self._took() <= self._within * self._crowding:
            return False
        took = self._took()
        self._crowding = max(self._crowding, crowding())
        return took > self._within * self._crowding

    def _took(self):
        return time.monotonic() - self._began


def in_time(began, within, *, ended=None):
    """Whether no more than `within` undisturbed seconds have passed since `began`, or had when it `ended`."""
    took = (time.monotonic() if ended is None else ended) - began
    return took <= within or took <= within * crowding()
