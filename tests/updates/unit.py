"""The units of one device, played without systemd: hall-device, hall-trial and hall-update, as deploy/appliance writes them.

``python -m tests.updates.unit FOLDER KIND SETTINGS``. FOLDER is the machine's disk: ``opt``, ``boot``, ``state``, ``root.json``.
"""

import ctypes
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import yaml

from devices.updates import boot_select

SELECT = boot_select.__file__
#: between two looks at what `systemctl` was told, and at whether an order came
LOOK_S = 0.1
#: the unit's RestartSec, seconds
RESTART_S = 1.0


def owned():
    """A child ends with whoever started it."""
    ctypes.CDLL(None).prctl(1, signal.SIGTERM)


class Machine:
    def __init__(self, folder: Path, kind: str, settings: Path) -> None:
        self.folder, self.kind = folder, kind
        self.place = boot_select.Place(folder / "opt", folder / "boot", folder / "state" / "proof.json")
        self.settings = folder / "device.yaml"
        own = yaml.safe_load(settings.read_text())
        own |= {
            "state_dir": str(folder / "state"),
            "releases": str(folder / "opt"),
            "boot": str(folder / "boot"),
        }
        self.settings.write_text(yaml.safe_dump(own))
        self.told = folder / "systemctl.told"
        self.told.touch()
        systemctl = folder / "bin" / "systemctl"
        systemctl.parent.mkdir(exist_ok=True)
        systemctl.write_text(f'#!/bin/sh\necho "$@" >> {self.told}\n')
        systemctl.chmod(0o755)
        self.environment = os.environ | {"PATH": f"{systemctl.parent}:{os.environ['PATH']}"}
        self.program = None
        self.leaving = False

    @staticmethod
    def started(command, **how):
        return subprocess.Popen(command, preexec_fn=owned, **how)  # noqa: PLW1509 - it asks one thing of the kernel

    def select(self, what, *more, **environment):
        where = ["--home", self.place.home, "--boot", self.place.boot, "--proof", self.place.proof]
        command = [sys.executable, "-I", SELECT, what, *where, *more]
        return self.started(command, env=self.environment | environment)

    def run(self):
        """hall-device.service: ExecStartPre, ExecStart, ExecStopPost, Restart=always, RestartSec=1."""
        while not self.leaving:
            assert self.select("choose", "--watcher", "hall-trial.service").wait() == 0
            python = self.place.link / "bin" / "python"
            self.program = self.started(
                [python, "-m", "devices", self.kind, self.settings], cwd=self.folder, env=self.environment
            )
            code = self.program.wait()
            result = "success" if code in {0, -signal.SIGTERM} else "signal" if code < 0 else "exit-code"
            self.select("ended", SERVICE_RESULT=result).wait()
            time.sleep(RESTART_S)

    def attend(self):
        """What `systemctl` is told, and hall-update.path."""
        done, seen = 0, None
        order = self.folder / "state" / "update.json"
        while True:
            time.sleep(LOOK_S)
            lines = self.told.read_text().splitlines()
            for line in lines[done:]:
                if "start hall-trial.service" in line and "restart" not in line:
                    self.select("watch")
                elif "restart hall-device.service" in line and self.program is not None:
                    self.program.terminate()
            done = len(lines)
            found = order.stat().st_mtime_ns if order.exists() else None
            if found != seen:
                seen = found
                self.install(order)

    def install(self, order):
        """hall-update.service."""
        # fmt: off
        self.started(
            [self.place.link / "bin" / "hall", "update", "follow", "--kind", self.kind, "--settings", self.settings,
             "--order", order, "--boot", self.place.boot, "--home", self.place.home, "--root", self.folder / "root.json"],
            cwd=self.folder, env=self.environment,
        ).wait()
        # fmt: on


def main():
    machine = Machine(Path(sys.argv[1]), sys.argv[2], Path(sys.argv[3]))

    def leave(*_):
        machine.leaving = True
        if machine.program is not None:
            machine.program.terminate()

    signal.signal(signal.SIGTERM, leave)
    threading.Thread(target=machine.attend, daemon=True).start()
    machine.run()


if __name__ == "__main__":
    main()
