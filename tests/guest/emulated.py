"""A whole 64-bit ARM machine in QEMU, without KVM: our own image's kernel and root, a disk in place of the card, a clock that forgot, sound by USB.

What is not a Pi: its firmware and device tree (the kernel is handed over as its firmware would), its pins, its radio.
"""

from __future__ import annotations

import shutil
import struct
import subprocess
import time
from pathlib import Path

from deploy.card.boot import first_fat

from .machine import BRIDGE, Card, sh

CABLE = "arm0"
#: what a clock without a battery says after it was switched on
LONG_AGO = "2020-01-01T00:00:00"


class Emulated:
    """One machine with the card `medium`, off."""

    def __init__(self, folder: Path, medium: Path) -> None:
        """`folder` gets what it says and what is heard of it."""
        self.medium, self.folder = medium, folder
        self.console, self.sound = folder / "console.log", folder / "sound.wav"
        self._machine: subprocess.Popen[bytes] | None = None
        self.switched_on = 0.0

    def boot(self) -> None:
        """Switch on."""
        card = self.boot_partition()
        names = sh("mdir", "-b", "-i", card.image, "::").split()
        kernel, first = (
            self._taken(card, max(name for name in names if name.startswith(f"::/{word}")))
            for word in ("vmlinuz", "initrd")
        )
        arguments = f"{card.read('cmdline.txt').strip()} console=ttyAMA0"
        sh("ip", "tuntap", "add", "dev", CABLE, "mode", "tap")
        sh("ip", "link", "set", CABLE, "master", BRIDGE, "up")
        # fmt: off
        machine = [
            "qemu-system-aarch64", "-machine", "virt", "-accel", "tcg,thread=multi", "-cpu", "cortex-a53", "-smp", "2", "-m", "1024",
            "-nodefaults", "-display", "none", "-no-reboot", "-rtc", f"base={LONG_AGO}",
            "-kernel", kernel, "-initrd", first, "-append", arguments,
            "-drive", f"file={self.medium},format=raw,if=none,id=card,cache=writethrough", "-device", "virtio-blk-pci,drive=card",
            "-netdev", f"tap,id=cable,ifname={CABLE},script=no,downscript=no", "-device", "virtio-net-pci,netdev=cable",
            "-audiodev", f"wav,id=sound,path={self.sound}", "-device", "qemu-xhci", "-device", "usb-audio,audiodev=sound",
            "-serial", f"file:{self.console}", "-monitor", "none",
        ]
        # fmt: on
        self.switched_on = time.monotonic()
        self._machine = subprocess.Popen(machine, stdin=subprocess.DEVNULL)

    def story(self) -> str:
        """What a person would look at when it does not come up."""
        return self.console.read_text(errors="replace")[-4000:] if self.console.exists() else "silent"

    def off(self) -> None:
        """Pull the plug; may be called twice."""
        if self._machine is not None:
            self._machine.terminate()
            self._machine.wait(60)
            self._machine = None
            sh("ip", "link", "del", CABLE, check=False)

    def boot_partition(self) -> Card:
        """A copy of the card's boot partition as it is now."""
        folder = self.folder / "boot"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        card = Card(folder)
        with self.medium.open("rb") as stream:
            begins = first_fat(self.medium)
            stream.seek(446 + 12)
            length = struct.unpack("<I", stream.read(4))[0] * 512
            stream.seek(begins)
            card.image.write_bytes(stream.read(length))
        return card

    def _taken(self, card: Card, name: str) -> Path:
        place = self.folder / name.removeprefix("::/")
        sh("mcopy", "-o", "-i", card.image, name, place)
        return place
