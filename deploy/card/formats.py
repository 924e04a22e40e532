"""Which system a card carries, by what stands on its boot partition. Whoever is not sure writes nothing.

| what is seen | system | what is written |
|---|---|---|
| ``hall/image.json`` | the golden image (``hall image``) | the ``hall`` folder alone |
| ``user-data`` and ``meta-data`` | Raspberry Pi OS trixie | cloud-init's three files |
| ``rpi-preseed.toml``, or ``rpi_preseed.config=`` among the kernel's arguments | a system with rpi-preseed | that file |
| ``init=/usr/lib/raspberrypi-sys-mods/firstboot`` | Raspberry Pi OS bookworm, not started yet | ``custom.toml``, ``firstrun.sh`` |
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import Enum

import msgspec

from deploy.card.lines import CMDLINE, words
from hall.errors import Refused
from hall.text import Text

IMAGE = "hall/image.json"
FIRSTBOOT = "init=/usr/lib/raspberrypi-sys-mods/firstboot"
#: What has to be read of a boot partition to know it.
LOOKED_AT = (IMAGE, "user-data", "meta-data", "rpi-preseed.toml", CMDLINE, "config.txt", "issue.txt")
_DATE = re.compile(r"(20\d\d)-(\d\d)-\d\d")
#: Raspberry Pi OS of this month and later is trixie, whatever its first boot reads.
_TRIXIE = ("2025", "10")


class Format(Enum):
    """How a system is told at its first start what it is to be."""

    GOLDEN = "golden image"
    TRIXIE = "cloud-init"
    PRESEED = "rpi-preseed"
    BOOKWORM = "custom.toml and firstrun.sh"


class GoldenImage(msgspec.Struct, frozen=True, kw_only=True):
    """What ``hall image`` says of itself on the boot partition; fields may be added."""

    python: str
    platform: str
    suite: str
    #: the packages it was asked to have
    debs: tuple[str, ...] = ()


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """A boot partition, known."""

    format: Format
    cmdline: bytes
    config: bytes
    #: the Python of the system on it; None: it does not say
    python: str | None
    #: Debian packages that are on it; None: it does not say, as Raspberry Pi OS does not
    debs: tuple[str, ...] | None = None


def detect(boot: Mapping[str, bytes]) -> Found:
    """Know a card by these files of it (:data:`LOOKED_AT`); ``Refused`` says what was seen instead."""
    cmdline = boot.get(CMDLINE)
    if cmdline is None or "config.txt" not in boot:
        raise _unsure(boot, "no cmdline.txt and config.txt")
    arguments = words(cmdline)
    seen = {
        Format.GOLDEN: IMAGE in boot,
        Format.TRIXIE: "user-data" in boot and "meta-data" in boot,
        Format.PRESEED: "rpi-preseed.toml" in boot
        or any(each.startswith("rpi_preseed.config=") for each in arguments),
    }
    sure = [each for each, there in seen.items() if there]
    # a trixie image resizes itself by the same program, so this argument says something only where nothing else does
    if not sure and FIRSTBOOT in arguments:
        sure = [Format.BOOKWORM]
    if len(sure) != 1 or (("user-data" in boot) != ("meta-data" in boot)):
        raise _unsure(boot, f"init={'firstboot' if FIRSTBOOT in arguments else 'the usual'}")
    try:
        golden = msgspec.json.decode(boot[IMAGE], type=GoldenImage) if sure[0] is Format.GOLDEN else None
    except msgspec.MsgspecError as error:
        raise _unsure(boot, f"{IMAGE} cannot be read") from error
    return Found(
        format=sure[0],
        cmdline=cmdline,
        config=boot["config.txt"],
        python=_python(sure[0], boot) if golden is None else golden.python,
        debs=None if golden is None else golden.debs,
    )


def _python(which: Format, boot: Mapping[str, bytes]) -> str | None:
    dated = _DATE.search(boot.get("issue.txt", b"").decode("utf-8", errors="replace"))
    if dated is None:
        return "3.13" if which is Format.TRIXIE else None
    return "3.13" if dated.groups() >= _TRIXIE else "3.11"


def _unsure(boot: Mapping[str, bytes], also: str) -> Refused:
    there = (
        ", ".join(name for name in LOOKED_AT if name in boot)
        or "none of the files of a Raspberry Pi's boot partition"
    )
    return Refused(
        "unknown-card",
        Text(
            zh=f"无法确定这张卡是什么系统（看到：{there}；{also}），没有写入任何内容。"
            "请用 Raspberry Pi Imager 或 hall image 重新写入，写完不要先开机",
            en=f"this card's system is not sure (seen: {there}; {also}), so nothing was written. "
            "Write it anew with Raspberry Pi Imager or from hall image, and do not start it before this",
        ),
    )
