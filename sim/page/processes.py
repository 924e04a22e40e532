"""Kills, freezes and thaws the hall's processes: only those that the supervisor wrote down and that have the same parent as we.

A pid that was given away in the meantime is nobody of ours: the signal goes through a handle of the very process whose parent was
looked at.
"""

from __future__ import annotations

import os
import signal
from pathlib import Path
from typing import Annotated

import msgspec

from sim.page.seen import ProcessSeen
from sim.supervisor import AIDES_FILE, HALL_FILE

Pid = Annotated[int, msgspec.Meta(gt=1, lt=2**31)]
#: our own process: nobody could thaw it
OURSELVES = "page"
_ACTIONS = {"kill": signal.SIGKILL, "freeze": signal.SIGSTOP, "thaw": signal.SIGCONT}
ACTIONS = tuple(_ACTIONS)


class Processes:
    """The hall's processes, as the supervisor writes them down in `folder`."""

    def __init__(self, folder: Path) -> None:
        """Nothing is read yet."""
        self._folder = folder
        self._seen: dict[str, ProcessSeen] = {}

    def look(self) -> dict[str, ProcessSeen]:
        """Who lives, with what memory, frozen or not; the last known when the file cannot be read."""
        try:
            pids = self._read(HALL_FILE)
            if (self._folder / AIDES_FILE).exists():
                pids |= self._read(AIDES_FILE)
        except (OSError, msgspec.MsgspecError):
            return self._seen
        found = {}
        for name, pid in pids.items():
            before = self._seen.get(name)
            state, rss = _state(pid)
            lives = 1 if before is None else before.lives + (before.pid != pid)
            found[name] = ProcessSeen(name=name, pid=pid, frozen=state == "T", rss_mb=rss, lives=lives)
        self._seen = found
        return found

    def _read(self, file: str) -> dict[str, int]:
        return msgspec.json.decode((self._folder / file).read_bytes(), type=dict[str, Pid])

    def signal(self, name: str, action: str) -> None:
        """Kill, freeze or thaw.

        :raises LookupError: when there is no such process or action now.
        """
        process = self.look().get(name)
        if process is None or name == OURSELVES or action not in _ACTIONS:
            raise LookupError(f"no process {name!r} to {action}")
        try:
            handle = os.pidfd_open(process.pid)
            try:
                if _parent(process.pid) != os.getppid():
                    raise LookupError(f"{name} is not ours any more")
                signal.pidfd_send_signal(handle, _ACTIONS[action])
            finally:
                os.close(handle)
        except OSError as error:
            raise LookupError(f"{name} has just ended") from error


def _fields(pid: int) -> list[str]:
    """The fields of ``/proc/<pid>/stat`` after the name; empty when it is gone."""
    try:
        return (
            Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
        )
    except OSError:
        return []


def _state(pid: int) -> tuple[str, float | None]:
    fields = _fields(pid)
    if len(fields) < 22:
        return "", None
    return fields[0], round(int(fields[21]) * os.sysconf("SC_PAGE_SIZE") / 2**20, 1)


def _parent(pid: int) -> int | None:
    fields = _fields(pid)
    return int(fields[1]) if len(fields) > 1 else None
