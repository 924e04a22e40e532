"""A PostgreSQL server of one's own for tests and trials: a cluster in a temporary folder, a socket in it, no port, nobody else.

The binaries are Debian's (15 or newer); the machine's own clusters and services are not touched.
"""

from __future__ import annotations

import os
import pwd
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Self
from urllib.parse import quote

from hall.errors import Fault
from hall.text import Text

#: The oldest version the store is tried with.
OLDEST = 15
#: What a cluster that is thrown away can do without, and a few connections are enough.
_SPARTAN = (
    "fsync=off",
    "shared_buffers=16MB",
    "max_connections=40",
    "listen_addresses=",
    "log_min_messages=fatal",
)


def find_binaries() -> Path:
    """The folder of ``postgres`` and ``initdb``, the newest first; Fault ``postgres-missing`` if nowhere."""
    places = [
        place
        for root in (Path("/usr/lib/postgresql"), Path(sys.prefix) / "postgresql/usr/lib/postgresql")
        for place in root.glob("*/bin")
        if re.fullmatch(r"\d+", place.parent.name) and int(place.parent.name) >= OLDEST
    ]
    places.sort(key=lambda place: int(place.parent.name), reverse=True)
    for place in places:
        if all(os.access(place / name, os.X_OK) for name in ("postgres", "initdb")):
            return place
    raise Fault(
        "postgres-missing",
        Text(
            zh=f"找不到 PostgreSQL {OLDEST} 或更新的版本，请先运行 make setup",
            en=f"PostgreSQL {OLDEST} or newer is not on this machine: run `make setup`",
        ),
    )


def _user() -> str:
    """Whoever may run a server: it refuses to be root."""
    if os.geteuid() != 0:
        return pwd.getpwuid(os.geteuid()).pw_name
    known = {entry.pw_name for entry in pwd.getpwall()}
    return "postgres" if "postgres" in known else "nobody"


class PostgresServer:
    """One cluster; may be killed and started again with everything in it."""

    def __init__(self, *, fsync: bool = False) -> None:
        """A new, empty cluster that does not run yet."""
        self.bin = find_binaries()
        self.user = _user()
        # A socket's path has at most 107 characters, so not in a test's own folder.
        self.folder = Path(tempfile.mkdtemp(prefix="hallpg-", dir="/tmp"))
        self._settings = [*_SPARTAN[1:], "fsync=on"] if fsync else list(_SPARTAN)
        self._process: subprocess.Popen[bytes] | None = None
        if os.geteuid() == 0:
            shutil.chown(self.folder, self.user)
        data = str(self.folder / "data")
        initdb = [
            "initdb",
            "-D",
            data,
            "-U",
            "postgres",
            "-A",
            "trust",
            "-E",
            "UTF8",
            "--locale=C",
            "--no-sync",
        ]
        made = subprocess.run(
            self._command(initdb), capture_output=True, check=False, env=self._environment()
        )
        if made.returncode != 0:
            self.remove()
            raise _fault(made.stderr.decode(errors="replace"))

    def url(self, database: str) -> str:
        """The SQLAlchemy URL of one of its databases."""
        return f"postgresql+psycopg://postgres@/{database}?host={quote(str(self.folder), safe='')}"

    def _command(self, run: list[str]) -> list[str]:
        run = [str(self.bin / run[0]), *run[1:]]
        # The kernel ends the server when whoever started it is gone, however that came about.
        whose = ["--reuid", self.user, "--regid", str(pwd.getpwnam(self.user).pw_gid), "--clear-groups"]
        return ["setpriv", *(whose if os.geteuid() == 0 else ()), "--pdeathsig", "KILL", "--", *run]

    def _environment(self) -> dict[str, str]:
        """Debian's unpacked server finds its libraries beside it; initdb finds its own programs by itself."""
        unpacked = self.bin.parents[3]
        folders = [*unpacked.glob("lib/*-linux-gnu*"), *unpacked.parent.glob("lib/*-linux-gnu*")]
        found = os.pathsep.join(map(str, folders)) if unpacked.parent != Path("/") else ""
        return {
            "PATH": os.environ.get("PATH", ""),
            "LC_ALL": "C",
            **({"LD_LIBRARY_PATH": found} if found else {}),
        }

    # ----------------------------------------------------------------

    def start(self, within_s: float = 30.0) -> None:
        """Start it and return once it answers. After a kill the old helpers must be gone first: it is tried until then."""
        settings = [part for setting in self._settings for part in ("-c", setting)]
        run = ["postgres", "-D", str(self.folder / "data"), "-k", str(self.folder), *settings]
        end = time.monotonic() + within_s
        said = ""
        while time.monotonic() < end:
            with (self.folder / "log").open("wb") as log:
                self._process = subprocess.Popen(
                    self._command(run),
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    env=self._environment(),
                )
            while self.alive and time.monotonic() < end:
                if self._answers():
                    return
                time.sleep(0.01)
            said = (self.folder / "log").read_text(encoding="utf-8", errors="replace")
            self.kill()
            time.sleep(0.05)
        raise _fault(said or f"silent for {within_s:g} s")

    def _answers(self) -> bool:
        """Its status file says ``ready`` once it takes connections."""
        try:
            lines = (self.folder / "data/postmaster.pid").read_text(encoding="utf-8").splitlines()
        except OSError:
            return False
        return len(lines) > 7 and lines[0] == str(self.pid) and lines[7].strip() == "ready"

    @property
    def alive(self) -> bool:
        """Whether the process runs."""
        return self._process is not None and self._process.poll() is None

    @property
    def pid(self) -> int | None:
        """Its process id, None while it does not run."""
        return self._process.pid if self._process is not None and self.alive else None

    def kill(self) -> None:
        """SIGKILL, as by the power plug of a virtual machine; its helpers notice and end."""
        process, self._process = self._process, None
        if process is not None and process.poll() is None:
            process.kill()
        if process is not None:
            process.wait()

    def stop(self) -> None:
        """End it at once, whoever is connected; not running: nothing."""
        process, self._process = self._process, None
        if process is not None and process.poll() is None:
            process.send_signal(signal.SIGQUIT)
            process.wait()

    def remove(self) -> None:
        """Stop it and take its folder away."""
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.remove()


def _fault(said: str) -> Fault:
    why = " ".join(said.splitlines()[-3:])[:300]
    return Fault(
        "postgres-failed",
        Text(zh=f"PostgreSQL 未能启动：{why}", en=f"PostgreSQL did not start: {why}"),
    )
