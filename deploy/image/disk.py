"""A card's layout: a classic partition table, a FAT32 boot partition, an ext4 root. The same content gives the same bytes.

What makes two makings differ is fixed: the disk's and the file systems' ids come from the recipe, their times are the epoch's, files
are put in by name, and access times are set before ext4 copies them along.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import time
import uuid
from collections.abc import Callable, Mapping
from pathlib import Path

from deploy.card.media import SECTOR
from hall.errors import Fault
from hall.text import Text

MB = 1024 * 1024
FAT_MB = 512
#: where the first partition begins, as on every Raspberry Pi image
_FIRST = 4 * MB
_SPACE = uuid.UUID("5f0a2c1e-6f0e-5b59-8a53-3a9d5b2f4c10")


def partition_table(disk: int, fat: tuple[int, int], root: tuple[int, int]) -> bytes:
    """The first sector; each partition as (first byte, bytes)."""
    entries = b"".join(
        bytes(4)
        + bytes([kind])
        + bytes(3)
        + (at // SECTOR).to_bytes(4, "little")
        + (size // SECTOR).to_bytes(4, "little")
        for kind, (at, size) in ((0x0C, fat), (0x83, root))
    )
    return bytes(440) + disk.to_bytes(4, "little") + bytes(2) + entries + bytes(32) + b"\x55\xaa"


def fat(image: Path, boot: Path, *, epoch: int, number: int, megabytes: int = FAT_MB) -> None:
    """The boot partition in a file of its own, from the folder `boot`."""
    with image.open("wb") as stream:
        stream.truncate(megabytes * MB)
    own = environment(epoch)
    run(["mformat", "-i", str(image), "-F", "-N", f"{number:08x}", "-v", "HALLBOOT", "::"], own)
    settle_times(boot, epoch)
    for file in sorted(boot.rglob("*")):
        place = f"::/{file.relative_to(boot)}"
        if file.is_dir():
            run(["mmd", "-i", str(image), place], own)
        else:
            run(["mcopy", "-m", "-i", str(image), str(file), place], own)


def ext4(image: Path, tree: Path, *, epoch: int, seed: str, free_mb: int) -> None:
    """The root in a file of its own, from the folder `tree`, with so much room left."""
    own = environment(epoch) | {"E2FSPROGS_FAKE_TIME": str(epoch)}
    ident = str(uuid.uuid5(_SPACE, seed))
    used = sum(file.lstat().st_blocks * 512 for file in tree.rglob("*") if not file.is_symlink())
    size = (used * 115 // 100 // MB + free_mb + 64) * MB
    settle_times(tree, epoch)
    image.unlink(missing_ok=True)
    command = [
        "mke2fs",
        "-q",
        "-t",
        "ext4",
        "-L",
        "hallroot",
        "-U",
        ident,
        "-E",
        f"hash_seed={ident},root_owner=0:0",
    ]
    run([*command, "-d", str(tree), str(image), f"{size // 1024}k"], own)
    # mke2fs copies when each file was last touched here, which no tool can set in a folder
    script = image.with_suffix(".touch")
    lines = (
        f"set_inode_field <{number}> ctime @{epoch}\n" for number in (2, *range(11, _inodes(image, own) + 1))
    )
    script.write_text("".join(lines), encoding="ascii")
    run(["debugfs", "-w", "-f", str(script), str(image)], own)
    script.unlink()


def _inodes(image: Path, environment: Mapping[str, str]) -> int:
    """How many are in use; they are given out in order."""
    said = run(["dumpe2fs", "-h", str(image)], environment)
    count = {
        what: int(n) for what, n in re.findall(r"^(Inode count|Free inodes):\s+(\d+)$", said, re.MULTILINE)
    }
    return count["Inode count"] - count["Free inodes"]


def put_together(out: Path, boot: Path, root: Path, *, disk: int) -> None:
    """Table and partitions into one image; holes stay holes."""
    first, second = (_FIRST, boot.stat().st_size), (_FIRST + boot.stat().st_size, root.stat().st_size)
    with out.open("wb") as stream:
        stream.write(partition_table(disk, first, second))
        stream.truncate(sum(second))
    own = environment(0)
    for part, (at, _) in ((boot, first), (root, second)):
        seek = [f"seek={at // MB}", "bs=1M", "conv=notrunc,sparse", "status=none"]
        run(["dd", f"if={part}", f"of={out}", *seek], own)


def settle_times(folder: Path, epoch: int) -> None:
    """No file is younger than the epoch, and none was ever read since."""
    # listed before: listing a folder is reading it
    for place in [folder, *folder.rglob("*")]:
        changed = min(int(place.lstat().st_mtime), epoch)
        os.utime(place, (epoch, changed), follow_symlinks=False)


def run(
    command: list[str], environment: Mapping[str, str], *, tell: Callable[[str], None] | None = None
) -> str:
    """Run a tool, and what it said; ``Fault`` with its last words. `tell` hears what it complains or tells of meanwhile, line by line."""
    if shutil.which(command[0], path=environment["PATH"]) is None:
        raise Fault(
            "no-tool",
            Text(
                zh=f"本机缺少 {command[0]}，请运行 scripts/image-setup",
                en=f"{command[0]} is not here: run scripts/image-setup",
            ),
        )
    process = subprocess.Popen(
        command,
        env=dict(environment),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL if tell else subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    with process:
        output, complaints = _followed(process, tell) if tell else process.communicate()
    if process.returncode != 0:
        said = complaints.decode(errors="replace").strip().splitlines() or ["it said nothing"]
        raise Fault(
            "image-not-made",
            Text(zh=f"镜像制作失败：{said[-1]}", en=f"{command[0]} failed: {' / '.join(said[-3:])}"),
        )
    return output.decode(errors="replace")


def _followed(process: subprocess.Popen[bytes], tell: Callable[[str], None]) -> tuple[bytes, bytes]:
    """Its lines as they come, each with the minutes so far; nothing and all of them."""
    begun, lines = time.monotonic(), []
    assert process.stderr is not None
    for line in process.stderr:
        lines.append(line)
        words = line.decode(errors="replace").strip().removeprefix("I: ")
        minutes, seconds = divmod(int(time.monotonic() - begun), 60)
        tell(f"{minutes:3d}:{seconds:02d}  {words}")
    return b"", b"".join(lines)


def environment(epoch: int) -> dict[str, str]:
    """What every tool is started with: one time, one language, one zone."""
    # Debian keeps the tools for file systems where only root looks
    path = f"{os.environ.get('PATH', os.defpath)}:/usr/sbin:/sbin"
    said = {"SOURCE_DATE_EPOCH": str(epoch), "LC_ALL": "C.UTF-8", "TZ": "UTC", "MTOOLS_SKIP_CHECK": "1"}
    return dict(os.environ) | said | {"PATH": path}
