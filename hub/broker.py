"""The message broker as a child process, for demo and tests; in a hall mosquitto is a service of its own.

The bus is a cache, so this broker keeps nothing: killed and started again, every member tells it anew.
"""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from hall.errors import Fault
from hall.text import Text

LOOPBACK = "127.0.0.1"

OPEN = """\
# Whoever reaches the loopback of this machine is let in: a demo. A hall's broker asks for certificates.
allow_anonymous true
"""

CLOSED = """\
# Nobody without a certificate of the hall's own authority; who one is stands in it, and nowhere else.
allow_anonymous false
cafile {ca}
certfile {cert}
keyfile {key}
crlfile {revoked}
require_certificate true
use_identity_as_username true
use_username_as_clientid true
tls_version tlsv1.2
acl_file {access}
# who shows no certificate in time is hung up on; so many may be connected at once
max_connections 2000
"""

CONFIG = """\
# Written by hub/broker.py; changes here are lost.
listener {listener}
{door}\
user {user}
{pid_file}\
# Acknowledged messages are lost on a crash whatever the settings: what must last is in the hub's store and the outboxes.
persistence false
# Without it a question and its answer take 44 ms instead of 0.4.
set_tcp_nodelay true
# Far above what any member may say: a limit near it cuts the client off, and the message is resent for ever.
max_packet_size 262144
# A hub that pauses for a second is not overrun: room for a burst of everybody, and an end to it.
max_inflight_messages 1000
max_queued_messages 100000
max_queued_bytes 67108864
max_keepalive 60
log_dest stderr
log_type error
log_type warning
connection_messages false
"""


@dataclass(frozen=True)
class Door:
    """The files of a broker that asks for certificates, PEM, and the access list."""

    ca: Path
    cert: Path
    key: Path
    revoked: Path
    access: Path


def config(port: int, host: str, user: str, door: Door | None, pid_file: Path | None = None) -> str:
    """Mosquitto's configuration; without a `door` it lets everybody in, and `host` must be the loopback. Without a `host`: every address."""
    if door is None:
        if host != LOOPBACK:
            raise ValueError("a broker that other machines reach asks for certificates")
        how = OPEN
    else:
        how = CLOSED.format(**{name: str(file) for name, file in vars(door).items()})
    return CONFIG.format(
        listener=f"{port} {host}".rstrip(),
        user=user,
        door=how,
        pid_file="" if pid_file is None else f"pid_file {pid_file}\n",
    )


def find_mosquitto() -> Path:
    """Where the broker is: on PATH, where Debian puts it, or unpacked by `make setup`; Fault `broker-missing` if nowhere."""
    unpacked = Path(sys.prefix) / "bin" / "mosquitto"
    on_path = shutil.which("mosquitto")
    for place in (on_path, "/usr/sbin/mosquitto", "/usr/local/sbin/mosquitto", unpacked):
        if place is not None and os.access(place, os.X_OK):
            return Path(place)
    raise Fault(
        "broker-missing",
        Text(
            zh="找不到消息服务 mosquitto，请先运行 make setup",
            en="mosquitto, the message broker, is not on this machine: run `make setup`, or apt-get install mosquitto",
        ),
    )


def free_port(host: str = LOOPBACK) -> int:
    """A TCP port nobody listens on right now."""
    with socket.create_server((host, 0)) as probe:
        port: int = probe.getsockname()[1]
        return port


def accepts(host: str, port: int) -> bool:
    """Whether somebody takes connections there."""
    try:
        socket.create_connection((host, port), timeout=1.0).close()
    except OSError:
        return False
    return True


def wait_until(true: Callable[[], bool], within_s: float) -> bool:
    """Ask every few milliseconds until it is `true` or the seconds are over; the last answer."""
    end = time.monotonic() + within_s
    while not true():
        if time.monotonic() >= end:
            return False
        time.sleep(0.005)
    return True


class Broker:
    """One mosquitto, its configuration and log in `folder`; port 0 takes a free one, kept over restarts."""

    def __init__(
        self, folder: Path, *, port: int = 0, host: str = LOOPBACK, door: Door | None = None
    ) -> None:
        """Without a `door` it lets everybody in, and listens to the loopback only."""
        self.host = host
        self._door = door
        self.port = port or free_port(host)
        self.log = folder / "broker.log"
        self._config = folder / "mosquitto.conf"
        self._process: subprocess.Popen[bytes] | None = None

    def prepare(self) -> list[str]:
        """Write the configuration; the command that runs this broker, for whoever keeps processes itself."""
        program = find_mosquitto()
        # As root mosquitto would change to another user, and with that forget to die with its parent.
        user = "root" if os.geteuid() == 0 else "mosquitto"
        self._config.parent.mkdir(parents=True, exist_ok=True)
        self._config.write_text(config(self.port, self.host, user, self._door), encoding="utf-8")
        run = [str(program), "-c", str(self._config)]
        # The kernel ends the broker when the thread that started it is gone, however that came about.
        setpriv = shutil.which("setpriv")
        return [setpriv, "--pdeathsig", "KILL", "--", *run] if setpriv else run

    def start(self, within_s: float = 10.0) -> None:
        """Start it and return once it takes connections; Fault `broker-port-taken` or `broker-failed`. Running: nothing."""
        if self.alive:
            return
        command = self.prepare()
        if accepts(self.host, self.port):
            raise Fault(
                "broker-port-taken",
                Text(
                    zh=f"端口 {self.port} 已被其他程序占用，请另选一个",
                    en=f"port {self.port} on {self.host} is taken by another program: choose another one",
                ),
            )
        with self.log.open("wb") as log:
            self._process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        up = wait_until(lambda: self.pid is None or accepts(self.host, self.port), within_s)
        if self.pid is None or not up:
            self.stop()
            said = self.log.read_text(encoding="utf-8", errors="replace").splitlines()
            why = "; ".join(line.lstrip("0123456789: ") for line in said[-3:]) or f"silent for {within_s:g} s"
            raise Fault(
                "broker-failed",
                Text(
                    zh=f"消息服务未能启动：{why}",
                    en=f"the message broker did not start: {why} (see {self.log})",
                ),
            )

    def reload(self) -> None:
        """Have it read access list and revocations again, at once, with everybody connected. Not running: nothing."""
        if self._process is not None and self.alive:
            self._process.send_signal(signal.SIGHUP)

    def stop(self, patience_s: float = 2.0) -> None:
        """Ask it to end, end it after the patience; returns when it is gone. Not running: nothing."""
        process, self._process = self._process, None
        if process is None:
            return
        process.terminate()
        try:
            process.wait(patience_s)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    @property
    def alive(self) -> bool:
        """Whether the process runs."""
        return self._process is not None and self._process.poll() is None

    @property
    def pid(self) -> int | None:
        """The broker's process id, or None while it does not run."""
        return self._process.pid if self._process is not None and self.alive else None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
