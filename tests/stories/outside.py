"""``hall demo --headless`` as somebody from outside starts, watches and kills it: command line, pids, files, logs."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import contextmanager, suppress
from pathlib import Path

from sim.ports import Ports
from tests.patience import Patience

from .bare import ROOT, Bare, Silence

HALL = Path(sys.prefix) / "bin" / "hall"
#: What a hall has beside its members; the last two only where somebody asks for them.
PARTS = {"broker", "hub", "world"}
#: However a test ends, its hall is gone then.
LONGEST_S = 170


#: tests run side by side: a port that was only looked at could be another one's a moment later
free_port = Ports().take


def port_is_free(port):
    with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
        return False
    return True


def wait_until(true, within, what="it"):
    """Look each 10 ms until `true()` gives something, and give that."""
    patience = Patience(within)
    while not (found := true()):
        if patience.ended():
            raise Silence(f"{what} did not happen within {within:g} s")
        time.sleep(0.01)
    return found


def alive(pid):
    """Whether a process runs; one that nobody has buried yet does not."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8")
    except OSError:
        return False
    return stat.rpartition(")")[2].split()[0] not in {"Z", "X"}


def processes_of(folder):
    """Everything on this machine that was started for the hall in `folder`, by command line or environment."""
    marks = [os.fsencode(folder)]
    with suppress(OSError, ValueError, KeyError):  # its sockets have short names elsewhere
        marks.append(os.fsencode(json.loads((Path(folder) / "world.json").read_bytes())["sockets"]))
    found = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and int(entry.name) != os.getpid() and alive(entry.name):
            with suppress(OSError):
                said = (entry / "cmdline").read_bytes() + (entry / "environ").read_bytes()
                if any(mark in said for mark in marks):
                    found[int(entry.name)] = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode()
    return found


class Demo:
    """One ``hall demo --headless``."""

    def __init__(self, state, *, port=None, seconds=LONGEST_S, options=(), environment=None):
        self.state, self.port = Path(state), port or free_port()
        self.began = time.monotonic()
        command = [HALL, "demo", "--headless", "--mqtt-port", self.port]
        command += ["--state", self.state, "--seconds", seconds, *options]
        self.process = subprocess.Popen(
            [str(part) for part in command],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
            env={**os.environ, "LC_ALL": "C.UTF-8", **(environment or {})},
        )
        #: filled when it has ended
        self.out = self.err = ""

    # --- its files

    @property
    def pids(self):
        """DIR/processes.json."""
        return json.loads((self.state / "processes.json").read_text(encoding="utf-8"))

    @property
    def members(self):
        return sorted(set(self.pids) - PARTS)

    def log(self, name):
        return (self.state / "logs" / f"{name}.log").read_text(encoding="utf-8", errors="replace")

    def tracebacks(self, *, errors=True):
        """Lines of any log that show a program's own mistake, or any error."""
        marks = ("Traceback (most", "traceback=", " CRITICAL ", *((" ERROR ",) if errors else ()))
        return [
            f"{file.name}: {line[:300]}"
            for file in sorted((self.state / "logs").iterdir())
            for line in file.read_text(encoding="utf-8", errors="replace").splitlines()
            if any(mark in line for mark in marks)
        ]

    # --- its life

    def ready(self, within=30.0):
        """Wait until board and hub are there and every member is ready; seconds since the start."""
        wait_until(lambda: self.ended() or not port_is_free(self.port), within, "a broker")
        with Bare(self.port, "console-onlooker", f"{ROOT}/+/$state", f"{ROOT}/hub/board") as onlooker:
            self.all_ready(onlooker, within)
            onlooker.until(lambda: onlooker.on("hub/board"), within, "a board")
        return time.monotonic() - self.began

    def all_ready(self, onlooker, within, *, since=0.0):
        """Wait until hub and every member say they are ready (on `onlooker`, who hears every ``$state``)."""

        def missing():
            last = {one.topic.split("/")[3]: one for one in onlooker.on("/$state") if one.payload}
            wanted = {*self.members, "hub"}
            return {
                m for m in wanted if m not in last or last[m].said["state"] != "ready" or last[m].at < since
            }

        try:
            onlooker.until(lambda: not missing() or self.ended(), within)
        except Silence:
            raise Silence(f"not ready within {within:g} s: {sorted(missing())}") from None
        if missing():
            raise Silence(f"it ended before these were ready: {sorted(missing())}")

    def kill(self, name, how=signal.SIGKILL):
        """Send a signal to one of its processes; the pid."""
        pid = self.pids[name]
        os.kill(pid, how)
        return pid

    def reborn(self, name, old, within=5.0):
        """Wait until `name` has another, living pid; seconds that took."""
        began = time.monotonic()

        def new():
            pid = self.pids.get(name)
            return pid is not None and pid != old and alive(pid)

        wait_until(new, within, f"another life of {name}")
        return time.monotonic() - began

    def ended(self):
        return self.process.poll() is not None

    def end(self, how=None, within=20.0):
        """Wait for its end, after a signal; the exit code."""
        if how is not None:
            self.process.send_signal(how)
        out, err = self.process.communicate(timeout=within)
        self.out, self.err = out.decode(), err.decode()
        return self.process.returncode

    def close(self):
        """Leave nothing behind, however the test went."""
        if not self.ended():
            self.process.terminate()
            with suppress(subprocess.TimeoutExpired):
                self.end(within=15)
        if not self.ended():
            self.process.kill()
            self.end()


@contextmanager
def demo(state, **options):
    hall = Demo(state, **options)
    try:
        yield hall
    finally:
        hall.close()
