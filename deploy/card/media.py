"""What may be written over: a memory card in a reader, and nothing that anybody would miss.

Rules:

* A whole device, never a partition of one; nothing of it mounted, swapped on or part of something else.
* A card or stick: something that can be taken out, is writable, and is no larger than cards are.
* A plain file, or a loop device over one, counts as a card: that is how images are tried.
* What cannot be found out about a device speaks against it.
"""

from __future__ import annotations

import os
import stat
from pathlib import Path

import msgspec

from hall.errors import Refused
from hall.text import Text

SECTOR = 512
#: larger than any card of a hall, smaller than most disks
LARGEST = 256 * 10**9
SYSTEM = frozenset({"/", "/boot", "/boot/efi", "/boot/firmware", "/home", "/usr", "/var", "[SWAP]"})


class Medium(msgspec.Struct, frozen=True, kw_only=True):
    """A device as the kernel describes it, or a file."""

    path: str
    size: int
    #: what it calls itself, for the person who is asked
    model: str = ""
    block: bool = True
    partition: bool = False
    read_only: bool = False
    removable: bool = False
    #: where it or a part of it is mounted, and ``[SWAP]``
    used_at: tuple[str, ...] = ()
    #: other devices that are made of it
    holders: tuple[str, ...] = ()


def look(path: Path, *, root: Path = Path("/")) -> Medium:
    """What the kernel says of `path`; ``Refused`` when it is nothing that holds data. `root` is where ``sys`` and ``proc`` are."""
    try:
        found = path.stat()
    except OSError as error:
        raise _no(
            "no-medium",
            f"找不到 {path}",
            f"there is no {path}: {error.strerror}. Is the card in the reader?",
        ) from error
    if stat.S_ISREG(found.st_mode):
        return Medium(path=str(path), size=found.st_size, block=False, removable=True, model="file")
    if not stat.S_ISBLK(found.st_mode):
        raise _no(
            "no-medium", f"{path} 不是存储设备", f"{path} is neither a device that holds data nor a file"
        )
    number = f"{os.major(found.st_rdev)}:{os.minor(found.st_rdev)}"
    return describe(path, number, root)


def describe(path: Path, number: str, root: Path) -> Medium:
    """The block device with this number (``8:16``), as ``/sys`` and ``/proc`` have it."""
    own = (root / "sys/dev/block" / number).resolve()
    parts = (
        {part.name: _said(part / "dev") for part in own.iterdir() if (part / "partition").is_file()}
        if own.is_dir()
        else {}
    )
    numbers = {number, *parts.values()}
    holders = [
        holder.name
        for folder in (own, *(own / name for name in parts))
        for holder in _inside(folder / "holders")
    ]
    return Medium(
        path=str(path),
        size=int(_said(own / "size") or 0) * SECTOR,
        model=" ".join(
            filter(
                None,
                (_said(own / "device/vendor"), _said(own / "device/model") or _said(own / "device/name")),
            )
        ),
        partition=(own / "partition").is_file(),
        read_only=_said(own / "ro") != "0",
        removable=_comes_out(own),
        used_at=(*_mounted(numbers, root), *_swapped({own.name, *parts}, root)),
        holders=tuple(holders),
    )


def judge(medium: Medium, needed: int) -> None:
    """``Refused`` with the reason why this must not be written over, or is too small for `needed` bytes."""
    path = medium.path
    if medium.partition:
        raise _no(
            "partition",
            f"{path} 只是一个分区，请给出整个设备",
            f"{path} is a part of a device: name the whole device",
        )
    if set(medium.used_at) & SYSTEM:
        raise _no(
            "system-disk",
            f"{path} 是本机的系统盘，不能写入",
            f"{path} is this machine's own disk ({', '.join(medium.used_at)}): never",
        )
    if medium.used_at:
        raise _no(
            "mounted",
            f"{path} 正在使用（{'、'.join(medium.used_at)}），请先弹出",
            f"{path} is in use at {', '.join(medium.used_at)}: unmount it first",
        )
    if medium.holders:
        raise _no(
            "held",
            f"{path} 正被 {'、'.join(medium.holders)} 使用",
            f"{path} is part of {', '.join(medium.holders)}",
        )
    if medium.block and not medium.removable:
        raise _no(
            "not-removable",
            f"{path} 不是可取出的存储卡",
            f"{path} ({medium.model or 'unknown'}) cannot be taken out, so it is hardly a card",
        )
    if medium.read_only:
        raise _no(
            "read-only",
            f"{path} 写保护，请拨开存储卡侧面的开关",
            f"{path} is write-protected: move the card's little switch",
        )
    if medium.size > LARGEST:
        raise _no(
            "too-large",
            f"{path} 有 {_gb(medium.size)}，比存储卡大",
            f"{path} has {_gb(medium.size)}, more than cards have",
        )
    if medium.size < needed:
        raise _no(
            "too-small",
            f"{path} 只有 {_gb(medium.size)}，镜像需要 {_gb(needed)}",
            f"{path} has {_gb(medium.size)} and the image needs {_gb(needed)}",
        )


def _comes_out(own: Path) -> bool:
    """Says so itself, hangs on USB, is an SD card in a built-in reader (which says it is fixed), or is a loop over a file."""
    if _said(own / "removable") == "1" or "/usb" in str(own):
        return True
    return _said(own / "device/type") == "SD" or own.name.startswith("loop")


def _mounted(numbers: set[str], root: Path) -> tuple[str, ...]:
    lines = (root / "proc/self/mountinfo").read_text(encoding="utf-8", errors="replace").splitlines()
    fields = [line.split(" ") for line in lines]
    return tuple(
        dict.fromkeys(
            each[4].replace("\\040", " ") for each in fields if len(each) > 4 and each[2] in numbers
        )
    )


def _swapped(names: set[str], root: Path) -> tuple[str, ...]:
    try:
        lines = (root / "proc/swaps").read_text(encoding="utf-8").splitlines()[1:]
    except OSError:
        return ()
    return ("[SWAP]",) if any(Path(line.split()[0]).name in names for line in lines if line) else ()


def _inside(folder: Path) -> list[Path]:
    return sorted(folder.iterdir()) if folder.is_dir() else []


def _said(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        return ""


def _gb(size: int) -> str:
    return f"{size / 10**9:.2f} GB"


def _no(code: str, zh: str, en: str) -> Refused:
    return Refused(code, Text(zh=zh, en=en))
