"""A Pi without a Pi: a whole Debian that boots with its own systemd from a card, on a cable of its own, and whose plug can be pulled.

What is real: systemd as process 1, udev, cloud-init, the root as an ext4 file system, the boot partition as FAT32, the network. What is not:
the kernel is this machine's, and so is its clock.

Rules:

* Pulling the plug loses what was not yet on the disk: the ext4 file system is shut down without writing its log (as file system testers do),
  then every process is killed. The next boot replays the journal as a card would.
* Nothing outlives the test: `scripts/guest` gives mounts, network, processes and control groups of their own to all of it.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import signal
import struct
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

#: <linux/ext4.h>: EXT4_IOC_SHUTDOWN, and its "stop now, do not even write the log"
EXT4_IOC_SHUTDOWN, NO_LOG_FLUSH = 0x8004587D, 2
#: the hall's cable
HOST, NETWORK = "10.77.0.1", "10.77.0"
BRIDGE = "hall0"
PATIENCE_S = 40.0
#: of every container, whoever's it is
_number = count(1)


def sh(*words: str | Path, check: bool = True, timeout: float = 60.0) -> str:
    """A command on the host side; what it printed."""
    done = subprocess.run(
        [str(word) for word in words], capture_output=True, text=True, check=False, timeout=timeout
    )
    if check and done.returncode:
        raise AssertionError(f"{' '.join(map(str, words))}: {done.returncode}\n{done.stdout}{done.stderr}")
    return done.stdout


def until(what, *, within_s: float = PATIENCE_S, every_s: float = 0.1):
    """The first true value of `what`, asked again and again; fails by name when there is none in time."""
    end = time.monotonic() + within_s
    while True:
        if found := what():
            return found
        assert time.monotonic() < end, f"not within {within_s:g} s: {what}"
        time.sleep(every_s)


class Network:
    """The hall's cable: a bridge that hands out addresses, with this side at `HOST`."""

    def __init__(self, folder: Path) -> None:
        """Up at once."""
        sh("ip", "link", "add", BRIDGE, "type", "bridge")
        sh("ip", "address", "add", f"{HOST}/24", "dev", BRIDGE)
        sh("ip", "link", "set", BRIDGE, "up")
        # fmt: off
        self._giver = subprocess.Popen([
            "dnsmasq", "--keep-in-foreground", "--conf-file=/dev/null", "--port=0", f"--interface={BRIDGE}", "--bind-dynamic",
            f"--dhcp-range={NETWORK}.100,{NETWORK}.200,1h", f"--dhcp-leasefile={folder}/leases", "--user=root", "--log-facility=-",
        ], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        # fmt: on

    def close(self) -> None:
        """Down."""
        self._giver.terminate()
        self._giver.wait(10)
        sh("ip", "link", "del", BRIDGE)


class Card:
    """The boot partition: FAT32, written as a technician's computer writes it."""

    def __init__(self, folder: Path, *, megabytes: int = 256) -> None:
        """Empty."""
        self.image = folder / "boot.img"
        self.read_only = False
        sh("truncate", "-s", f"{megabytes}M", self.image)
        sh("mkfs.vfat", "-F", "32", "-s", "1", "-n", "BOOTFS", self.image)

    def write(self, name: str, content: bytes | str) -> None:
        """A file, and the folders it is in."""
        *above, _ = name.split("/")
        for depth in range(len(above)):
            sh("mmd", "-i", self.image, "-D", "s", f"::{'/'.join(above[: depth + 1])}", check=False)
        source = self.image.with_suffix(".file")
        source.write_bytes(content if isinstance(content, bytes) else content.encode())
        sh("mcopy", "-o", "-i", self.image, source, f"::{name}")
        source.unlink()

    def copy(self, folder: Path) -> None:
        """Everything in `folder`, into the card's root."""
        for each in sorted(folder.iterdir()):
            sh("mcopy", "-s", "-o", "-Q", "-i", self.image, each, "::", timeout=120)

    def read(self, name: str) -> str:
        """A file's text; empty when there is none."""
        return sh("mtype", "-i", self.image, f"::{name}", check=False)

    def fill(self) -> None:
        """No byte is free any more."""
        filler = self.image.with_suffix(".full")
        for size in ("8M", "1M", "64k", "4k", "512"):
            number = 0
            sh("truncate", "-s", size, filler)
            while True:
                number += 1
                name = f"::FULL{size}.{number}"
                if "full" in _complaint("mcopy", "-o", "-i", self.image, filler, name):
                    sh("mdel", "-i", self.image, name, check=False)
                    break
        filler.unlink()


def _complaint(*words: str | Path) -> str:
    done = subprocess.run([str(word) for word in words], capture_output=True, text=True, check=False)
    return (done.stderr.lower() or "failed") if done.returncode else ""


class Guest:
    """One device, or one hall box: a root of its own, a card or none."""

    def __init__(self, folder: Path, base: Path, name: str = "guest") -> None:
        """A fresh root, switched off. `base` is the image that scripts/guest-setup made."""
        self.folder, self.name = folder, name
        folder.mkdir(parents=True, exist_ok=True)
        self.image = folder / "root.ext4"
        sh("cp", "--sparse=always", base, self.image)
        self.root = folder / "root"
        self.root.mkdir()
        self.firmware = folder / "firmware"
        self.firmware.mkdir()
        self.console = folder / "console.log"
        self.card: Card | None = None
        self._nspawn: subprocess.Popen[bytes] | None = None
        self._fat: subprocess.Popen[bytes] | None = None
        self._leader = 0
        #: nspawn's ``--bind=`` values: what of this machine it sees
        self.binds: tuple[str, ...] = ()
        #: the label by which its fstab calls the root, if it does: a Pi's udev gives the disk that name, a container's nobody
        self.root_label = ""
        self.switched_on = 0.0

    # ------------------------------------------------------------------------------------------------- the switch
    def boot(
        self,
        card: Card | None = None,
        *,
        plugged: bool = True,
        wait: bool = True,
    ) -> None:
        """Switch on; with `wait` until systemd has started everything (or given something up).

        `card` is at /boot/firmware; `plugged` says whether its network cable is.
        """
        assert self._nspawn is None, "it is on already"
        sh("mount", "-o", "loop,commit=5", self.image, self.root)
        options: list[str] = []
        self.card = card
        if card is not None:
            self._insert(card)
            options.append(f"--bind={self.firmware}:/boot/firmware")
        if self.root_label:
            options.append(f"--bind={self._disk_device()}:/dev/disk/by-label/{self.root_label}")
        number = next(_number)
        cable = f"ve{number}{self.name}"[:15]
        sh("ip", "link", "add", cable, "type", "veth", "peer", "name", "eth0")
        sh("ip", "link", "set", cable, "master", BRIDGE)
        if plugged:
            sh("ip", "link", "set", cable, "up")
        self.cable = cable
        # fmt: off
        words = [
            "systemd-nspawn", "--quiet", "--boot", "--register=no", "--keep-unit", "--link-journal=no", "--resolv-conf=off", "--timezone=off",
            "--console=pipe", "--kill-signal=SIGRTMIN+3", f"--directory={self.root}", f"--machine={self.name}",
            "--network-interface=eth0", *options, *(f"--bind={each}" for each in self.binds),
        ]
        # fmt: on
        self.switched_on = time.monotonic()
        # every container gets a control group of its own below ours, so that it can be ended as one
        group = Path(os.environ["HALL_GUEST_GROUP"]) / f"{number}"
        group.mkdir()
        enter = f'echo 0 >"{group}/cgroup.procs"; exec "$@"'
        with self.console.open("ab") as log:
            self._nspawn = subprocess.Popen(
                ["sh", "-c", enter, "sh", *words],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        self._leader = until(self._find_leader, within_s=30)
        if wait:
            self.wait_for_systemd()

    def wait_for_systemd(self, within_s: float = PATIENCE_S) -> str:
        """How it stands once everything was started: ``running``, ``degraded``, …"""
        end = time.monotonic() + within_s
        while (state := self.state()) not in {"running", "degraded", "maintenance"}:
            assert time.monotonic() < end, f"{state or 'silent'} after {within_s:g} s\n{self.story()}"
            time.sleep(0.2)
        return state

    def story(self) -> str:
        """What a person would look at when it does not come up."""
        told = self.run(
            "systemctl list-jobs --no-pager; systemctl --failed --no-pager; journalctl -b --no-pager | tail -n 60",
            check=False,
        )
        return f"{told}\n{self.console.read_text(errors='replace')[-2000:]}"

    def state(self) -> str:
        """systemd's own word for the whole machine; empty before it answers."""
        return self.run("systemctl is-system-running", check=False).strip()

    def run(self, command: str, *, check: bool = True, timeout: float = 60.0) -> str:
        """A command in the guest, as root, by its shell; what it printed."""
        assert self._leader, "it is off"
        path = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
        enter = ["nsenter", "--target", str(self._leader), "--mount", "--uts", "--ipc", "--net", "--pid"]
        words = [*enter, "env", "-i", path, "LC_ALL=C.UTF-8", "sh", "-c", command]
        done = subprocess.run(words, capture_output=True, text=True, check=False, timeout=timeout)
        if check and done.returncode:
            raise AssertionError(f"in the guest: {command}: {done.returncode}\n{done.stdout}{done.stderr}")
        return done.stdout

    @property
    def on(self) -> bool:
        """Whether it runs."""
        return self._nspawn is not None and self._nspawn.poll() is None

    @property
    def address(self) -> str:
        """Its address on the hall's cable; empty as long as it has none."""
        words = self.run("ip -4 -o address show dev eth0 scope global", check=False).split()
        return words[3].partition("/")[0] if len(words) > 3 else ""

    def written(self) -> int:
        """Bytes that went to its card since it was switched on."""
        return int(Path(f"/sys/block/{self._disk_device().name}/stat").read_text().split()[6]) * 512

    def plug(self, *, into_network: bool) -> None:
        """Its network cable goes in, or comes out."""
        sh("ip", "link", "set", self.cable, "up" if into_network else "down")

    def poweroff(self) -> None:
        """Ask it to stop, and wait."""
        assert self._nspawn is not None
        self.run("systemctl poweroff --no-block", check=False)
        self._nspawn.wait(60)
        self._off()

    def power_cut(self) -> None:
        """Pull the plug: from this moment nothing reaches the disk any more."""
        assert self._nspawn is not None
        descriptor = os.open(self.root, os.O_RDONLY)
        try:
            fcntl.ioctl(descriptor, EXT4_IOC_SHUTDOWN, struct.pack("I", NO_LOG_FLUSH))
        finally:
            os.close(descriptor)
        if self._fat is not None:
            self._fat.kill()
        if self._leader:
            os.kill(self._leader, signal.SIGKILL)  # never nspawn itself: what is inside would stay
        else:
            self._nspawn.terminate()
        self._nspawn.wait(30)
        self._off()

    def close(self) -> None:
        """Off, however it stands."""
        if self._nspawn is not None:
            self.power_cut()
        self.image.unlink(missing_ok=True)

    @contextmanager
    def disk(self) -> Iterator[Path]:
        """Its root while it is off, to look at or to change."""
        assert self._nspawn is None, "only while it is off"
        sh("mount", "-o", "loop", self.image, self.root)
        try:
            yield self.root
        finally:
            sh("umount", self.root)

    # --------------------------------------------------------------------------------------------------- inside
    def _disk_device(self) -> Path:
        """The device that its root is on."""
        return Path(sh("findmnt", "-n", "-o", "SOURCE", self.root).strip())

    def _find_leader(self) -> int:
        """The process that the guest sees as its first."""
        assert self._nspawn is not None
        assert self._nspawn.poll() is None, self.console.read_text(errors="replace")[-2000:]
        children = Path(f"/proc/{self._nspawn.pid}/task/{self._nspawn.pid}/children").read_text().split()
        for child in children:
            status = Path(f"/proc/{child}/status").read_text()
            numbers = next(line for line in status.splitlines() if line.startswith("NSpid:")).split()[1:]
            if numbers[-1] == "1" and Path(f"/proc/{child}/comm").read_text().strip() == "systemd":
                return int(child)
        return 0

    def _insert(self, card: Card) -> None:
        access = "ro" if card.read_only else "rw+"
        options = f"{access},allow_other,default_permissions,umask=0022"
        words = ["fusefat", "-f", "-o", options, str(card.image), str(self.firmware)]
        self._fat = subprocess.Popen(
            words, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        until(lambda: os.path.ismount(self.firmware), within_s=10, every_s=0.02)

    def _off(self) -> None:
        self._nspawn, self._leader = None, 0
        if self._fat is not None:
            sh("umount", "-l", self.firmware, check=False)
            if self._fat.poll() is None:
                self._fat.wait(30)
            self._fat = None
        until(lambda: not _complaint("umount", self.root), within_s=20)
        sh("ip", "link", "del", self.cable, check=False)


def copy_of(folder: Path, into: Path) -> Path:
    """A folder's copy, for a test that changes it."""
    return Path(shutil.copytree(folder, into))
