"""Keeps the demo's processes alive: starts them in order, starts again whoever dies, stops them in reverse order.

Rules:

* A member that ends, for whatever reason, is started again within a second; one that keeps dying waits half a second between
  its lives and is never given up.
* Children die with their parent, however it ends: the kernel kills them when the parent's main thread is gone. So everything
  here runs on that thread; the scheduler's timer is its pulse.
* ``processes.json`` maps names to the pids alive now and is replaced by rename, so a reader never sees half of it. It names broker, hub,
  world and members only; whoever merely serves the people who watch stands in ``aides.json``.
"""

from __future__ import annotations

import json
import logging
import os
import shutil
import signal
import subprocess
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from hall.clock import Scheduler, Seconds, Timer

log = logging.getLogger(__name__)

HALL_FILE, AIDES_FILE = "processes.json", "aides.json"
PULSE_S: Seconds = 0.05
QUICK_DEATH_S: Seconds = 2.0
REST_S: Seconds = 0.5
LOG_LIMIT = 4 * 1024 * 1024


class Child:
    """One process of the hall: how it is started, and its present life."""

    def __init__(
        self, name: str, command: Sequence[str], environment: Mapping[str, str], log_file: Path
    ) -> None:
        """Nothing is started yet."""
        self.name = name
        self.command = list(command)
        self.environment = dict(environment)
        self.log_file = log_file
        self.born: Seconds = 0.0
        self.lives = 0
        self.process: subprocess.Popen[bytes] | None = None
        self.rests_until: Seconds = 0.0

    @property
    def pid(self) -> int | None:
        """Its process id while it lives."""
        return self.process.pid if self.process is not None else None

    def start(self, mono: Seconds) -> None:
        """Give it a (new) life."""
        if self.log_file.exists() and self.log_file.stat().st_size > LOG_LIMIT:
            self.log_file.replace(self.log_file.with_suffix(".log.1"))
        with self.log_file.open("ab") as output:
            self.process = subprocess.Popen(
                dies_with_us(self.command),
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,  # Ctrl-C in the terminal is for us alone: we stop them in order
            )
        self.born = mono
        self.lives += 1

    def ended(self) -> int | None:
        """Its exit status if it has just died, else None."""
        if self.process is None:
            return None
        status = self.process.poll()
        if status is not None:
            self.process = None
        return status


class Supervisor:
    """The parent of the demo's processes."""

    def __init__(
        self, folder: Path, scheduler: Scheduler, on_restart: Callable[[str], None] = lambda _name: None
    ) -> None:
        """`folder` gets ``processes.json`` and ``logs/``; `on_restart` hears the name of whoever was started again."""
        self.folder = folder
        self._scheduler = scheduler
        self._on_restart = on_restart
        self._children: dict[str, Child] = {}
        self._pulse: Timer | None = None
        self._aides: set[str] = set()
        self._stopping = False
        (folder / "logs").mkdir(parents=True, exist_ok=True)

    def add(
        self,
        name: str,
        command: Sequence[str],
        environment: Mapping[str, str] | None = None,
        *,
        aide: bool = False,
    ) -> None:
        """Start a member now and keep it alive from here on; an `aide` is no part of the hall itself."""
        if aide:
            self._aides.add(name)
        child = Child(name, command, environment or os.environ, self.folder / "logs" / f"{name}.log")
        self._children[name] = child
        child.start(self._scheduler.mono())
        self._write()
        if self._pulse is None:
            self._beat()

    def pids(self) -> dict[str, int]:
        """Who lives, by name."""
        return {name: child.pid for name, child in self._children.items() if child.pid is not None}

    def kill(self, name: str, how: signal.Signals = signal.SIGKILL) -> None:
        """Send a signal to a member; the fault switch of the demo."""
        pid = self._children[name].pid
        if pid is not None:
            os.kill(pid, how)

    def stop(self, patience_s: float = 3.0) -> None:
        """End everybody in reverse order of starting; whoever does not end within the patience is killed."""
        if self._stopping:
            return
        self._stopping = True
        if self._pulse is not None:
            self._pulse.cancel()
        living = [child for child in reversed(self._children.values()) if child.process is not None]
        devices = [child for child in living if child.name not in {"broker", "hub", "world", "links"}]
        rest = [child for child in living if child not in devices]
        for group in (devices, *([child] for child in rest)):
            _end(group, patience_s)
        self._write()

    def _beat(self) -> None:
        if self._stopping:
            return
        changed = False
        mono = self._scheduler.mono()
        for child in self._children.values():
            status = child.ended()
            if status is not None:
                log.info("ended", extra={"who": child.name, "status": status})
                child.rests_until = mono + (REST_S if mono - child.born < QUICK_DEATH_S else 0.0)
            if child.process is None and mono >= child.rests_until:
                child.start(mono)
                self._on_restart(child.name)
                changed = True
        if changed:
            self._write()
        self._pulse = self._scheduler.call_later(PULSE_S, self._beat)

    def _write(self) -> None:
        living = self.pids()
        self._replace(HALL_FILE, {name: pid for name, pid in living.items() if name not in self._aides})
        if self._aides:
            self._replace(AIDES_FILE, {name: pid for name, pid in living.items() if name in self._aides})

    def _replace(self, file: str, pids: Mapping[str, int]) -> None:
        target = self.folder / file
        fresh = target.with_suffix(".json.new")
        fresh.write_text(json.dumps(pids, indent=1) + "\n", encoding="utf-8")
        fresh.replace(target)


def dies_with_us(command: Sequence[str]) -> list[str]:
    """The command, run so that the kernel ends it when this process is gone."""
    setpriv = shutil.which("setpriv")
    if setpriv is None or command[0] == setpriv:
        return list(command)
    return [setpriv, "--pdeathsig", "KILL", "--", *command]


def _end(group: Sequence[Child], patience_s: float) -> None:
    for child in group:
        if child.process is not None:
            child.process.send_signal(signal.SIGTERM)
            child.process.send_signal(signal.SIGCONT)  # a frozen one must be able to hear it
    for child in group:
        if child.process is None:
            continue
        try:
            child.process.wait(patience_s)
        except subprocess.TimeoutExpired:
            child.process.kill()
            child.process.wait()
        child.process = None
