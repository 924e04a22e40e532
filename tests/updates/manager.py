"""What systemd does around a program, as far as an update leans on it: ready in time, restarted, its memory bounded, its end told."""

import contextlib
import os
import signal
import socket
import subprocess
import threading
import time
from pathlib import Path

from devices.updates import boot_select as boot


class Manager:
    """Type=notify, TimeoutStartSec, MemoryMax, Restart=always, ExecStartPre, ExecStopPost, and the watcher's unit."""

    def __init__(self, place, *, start_s=60.0, deadline_s=90.0, counts_from=lambda: True, memory_mb=300):
        """`start_s` and `deadline_s` are as long as a crowded machine takes; the deadline counts from when `counts_from()` is so."""
        self.place, self.start_s, self.deadline_s, self.memory_mb = place, start_s, deadline_s, memory_mb
        self.counts_from = counts_from
        self.ran, self.results = [], []
        self._over = threading.Event()

    def run_until(self, settled, within_s=100.0):
        """Keep the program running until `settled()`, or give up."""
        until = time.monotonic() + within_s
        watcher = threading.Thread(target=self._watch)
        watcher.start()
        while not settled() and time.monotonic() < until:
            self._once(settled)
        watcher.join()
        return settled()

    def _once(self, settled):
        chosen = boot.choose(self.place)
        self.ran.append(chosen)
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as ear:
            ear.bind(str(self.place.home / "notify"))
            program = subprocess.Popen(
                [self.place.link / "bin" / "hall"],
                env={**os.environ, "NOTIFY_SOCKET": str(self.place.home / "notify")},
                stderr=subprocess.DEVNULL,
            )
            result = self._attend(program, ear, settled)
        (self.place.home / "notify").unlink()
        self.results.append(result)
        boot.ended(self.place, result)

    def _watch(self):
        while not self.counts_from() and boot.read(self.place).trial is not None:
            time.sleep(0.05)
        state = boot.watch(self.place, [], deadline_s=self.deadline_s, look_s=0.05)
        if state != "good":
            self._over.set()  # what `systemctl restart` does

    def _attend(self, program, ear, settled):
        begun, ready = time.monotonic(), False
        ear.settimeout(0.02)
        while program.poll() is None:
            with contextlib.suppress(TimeoutError):
                ready = ready or b"READY=1" in ear.recv(4096)
            late = not ready and time.monotonic() - begun > self.start_s
            if late or self._over.is_set() or settled():
                program.send_signal(signal.SIGKILL if late else signal.SIGTERM)
                program.wait()
                return "timeout" if late else "success"
            if _rss_mb(program.pid) > self.memory_mb:
                program.kill()
                program.wait()
                return "oom-kill"
        return "success" if program.returncode == 0 else "signal" if program.returncode < 0 else "exit-code"


def _rss_mb(pid):
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * 4096 / 1e6
    except (OSError, IndexError):
        return 0.0
