"""The machine that is installed: this one, or a tree of files in which nothing runs."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from hall.errors import Fault
from hall.text import Text

#: Installing packages on a slow card takes minutes; anything longer hangs.
PATIENCE_S = 1800


class Machine:
    """Files below `root`; commands only where that is ``/``."""

    def __init__(self, root: Path = Path("/")) -> None:
        """`root` is ``/``, or the top of a tree that shall become a machine's disk."""
        self.root = root
        #: whether programs can be run here, and accounts asked for
        self.live = root == Path("/")

    def at(self, path: str) -> Path:
        """Where a path of the machine lies."""
        return self.root / path.lstrip("/")

    def run(self, *command: str) -> str:
        """What the command says; Fault ``command-failed`` with its last words."""
        done = self._done(*command)
        if done.returncode:
            words = (done.stderr or done.stdout).strip().splitlines()
            why = words[-1] if words else f"exit code {done.returncode}"
            raise Fault(
                "command-failed",
                Text(zh=f"命令 {' '.join(command)} 失败：{why}", en=f"{' '.join(command)} failed: {why}"),
            )
        return done.stdout

    def says(self, *command: str) -> str:
        """The same of a command that may fail; without the line's end."""
        return self._done(*command).stdout.strip()

    @staticmethod
    def _done(*command: str) -> subprocess.CompletedProcess[str]:
        environment = os.environ | {"LC_ALL": "C.UTF-8", "DEBIAN_FRONTEND": "noninteractive"}
        try:
            return subprocess.run(
                command,
                check=False,
                capture_output=True,
                text=True,
                errors="replace",
                timeout=PATIENCE_S,
                env=environment,
                stdin=subprocess.DEVNULL,
                # where every account may be
                cwd="/",
            )
        except (FileNotFoundError, subprocess.TimeoutExpired) as error:
            return subprocess.CompletedProcess(command, 127, "", str(error))
