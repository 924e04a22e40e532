"""Debian's own kernel for one program: a machine in QEMU that sees this one's files read-only, loads a few modules, runs it, and stops.

For what this machine's kernel does not have. No KVM is asked for; one processor, because two are not dependable when they are emulated.
"""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]
_INIT = """\
#!/bin/busybox sh
b=/bin/busybox
$b mount -t proc proc /proc
$b mount -t sysfs sysfs /sys
$b mount -t devtmpfs dev /dev
for module in /modules/*.ko; do $b insmod "$module" || echo "not loaded: $module"; done
$b mount -t configfs config /sys/kernel/config
$b mount -t 9p -o ro,trans=virtio,version=9p2000.L,msize=524288,cache=loose host /host
for each in proc sys dev; do $b mount -o bind /$each /host/$each; done
$b mount -t configfs config /host/sys/kernel/config
$b mount -o bind /host{project} /project
for each in tmp run; do $b mount -t tmpfs tmpfs /host/$each; done
# a project that lies below /tmp is there all the same
[ -e /host{project} ] || {{ $b mkdir -p /host{project} && $b mount -o bind /project /host{project}; }}
$b chroot /host /bin/sh -c '{command}' >/dev/ttyS1 2>&1
$b poweroff -f
"""


def newc(entries: list[tuple[str, int, bytes]]) -> bytes:
    """An initramfs in cpio's "newc" format of (path, mode, content): ``Documentation/driver-api/early-userspace/buffer-format.rst``."""
    made = bytearray()
    for number, (name, mode, content) in enumerate([*entries, ("TRAILER!!!", 0, b"")], 1):
        path = name.encode() + b"\0"
        fields = (number, mode, 0, 0, 1, 0, len(content), 0, 0, 0, 0, len(path), 0)
        made += b"070701" + b"".join(b"%08X" % field for field in fields) + path
        made += bytes(-len(made) % 4)
        made += content
        made += bytes(-len(made) % 4)
    return bytes(made)


def initramfs(kernel: Path, command: list[str]) -> bytes:
    """What the kernel starts with: busybox, its modules, and the one command; `kernel` is the folder of ``scripts/guest-kernel``."""
    quoted = shlex.join(command).replace("'", "'\\''")
    folders = ("bin", "proc", "sys", "dev", "host", "modules", "project")
    return newc(
        [
            *((name, 0o040755, b"") for name in folders),
            ("bin/busybox", 0o100755, (kernel / "busybox").read_bytes()),
            ("init", 0o100755, _INIT.format(command=quoted, project=shlex.quote(str(PROJECT))).encode()),
            *(
                (f"modules/{file.name}", 0o100644, file.read_bytes())
                for file in sorted((kernel / "modules").iterdir())
            ),
        ]
    )


def run(module: str, folder: Path, *, timeout_s: float = 240.0) -> str:
    """What ``python -m module`` of this project printed on such a machine; its own words are in `folder`, for a person."""
    kernel = Path(os.environ["HALL_GUEST_KERNEL"])
    said, console, start = folder / "said", folder / "console", folder / "initramfs"
    command = [
        "env",
        "-i",
        f"PYTHONPATH={PROJECT}",
        "LC_ALL=C.UTF-8",
        "PATH=/usr/bin:/bin",
        "PYTHONDONTWRITEBYTECODE=1",
    ]
    start.write_bytes(initramfs(kernel, [*command, sys.executable, "-m", module]))
    # fmt: off
    machine = [
        "qemu-system-x86_64", "-accel", "tcg", "-m", "768", "-smp", "1", "-nographic", "-no-reboot", "-nodefaults", "-monitor", "none",
        "-kernel", kernel / "vmlinuz", "-initrd", start, "-append", "console=ttyS0 panic=-1 loglevel=6",
        "-virtfs", "local,path=/,mount_tag=host,security_model=none,readonly=on,multidevs=remap",
        "-serial", f"file:{console}", "-serial", f"file:{said}",
    ]
    # fmt: on
    try:
        subprocess.run(machine, stdin=subprocess.DEVNULL, timeout=timeout_s, check=True)
    except subprocess.TimeoutExpired as error:
        raise AssertionError(
            f"not done after {timeout_s:g} s\n{said.read_text(errors='replace')}\n{console.read_text(errors='replace')[-2000:]}"
        ) from error
    return said.read_text(errors="replace").replace("\r\n", "\n")
