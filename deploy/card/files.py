"""What a card gets, whichever system is on it: the boot files of its format, and the ``hall`` folder.

Everything here is made of values; who reads and writes cards is :mod:`deploy.card.boot`.
"""

from __future__ import annotations

from importlib import resources

import msgspec

from deploy.card import bookworm, cloud_init, preseed, settle
from deploy.card.formats import Format, Found
from deploy.card.lines import CMDLINE, CONFIG, config, kept, one_line
from deploy.card.plan import CardPlan
from hall.errors import Refused
from hall.invitation import FILE as ENROL
from hall.invitation import Invitation
from hall.messages.common import MemberKind
from hall.release import Release
from hall.releases import FIRST_ROOT, kind_name
from hall.text import Text

FOLDER = "hall"
FIRST_BOOT = f"{FOLDER}/first-boot"
WHEELS = f"{FOLDER}/wheels"


class Options(msgspec.Struct, frozen=True, kw_only=True):
    """``hall/options.json``: what ``first-boot`` is to do beyond the usual."""

    ssh: bool = False
    read_only: bool = True


def boot_files(plan: CardPlan, found: Found) -> dict[str, bytes]:
    """The files by which this card's system learns what it is."""
    match found.format:
        case Format.TRIXIE:
            return cloud_init.files(plan, found)
        case Format.BOOKWORM:
            return bookworm.files(plan, found)
        case Format.PRESEED:
            return preseed.files(plan, found)
        case Format.GOLDEN:
            return {
                settle.NAME: settle.everything(plan),
                CMDLINE: one_line(kept(found.cmdline, plan)),
                CONFIG: config(found.config, plan.hardware),
            }


def hall_files(
    invitation: Invitation,
    device: bytes,
    options: Options,
    script: bytes | None = None,
    releases_root: bytes | None = None,
) -> dict[str, bytes]:
    """The ``hall`` folder without its wheels; `script` stands in for the ``first-boot`` that comes with this program.

    By `releases_root` the device knows whose releases it may install; None: it installs none but the card's.
    """
    made = {
        f"{FOLDER}/{ENROL}": msgspec.json.format(msgspec.json.encode(invitation)),
        f"{FOLDER}/device.yaml": device,
        f"{FOLDER}/options.json": msgspec.json.encode(options),
        FIRST_BOOT: first_boot() if script is None else script,
    }
    return made if releases_root is None else made | {f"{FOLDER}/{FIRST_ROOT}": releases_root}


def first_boot() -> bytes:
    """The script that a card runs."""
    file = resources.files("deploy.appliance") / "first_boot" / "first-boot"
    if not file.is_file():
        raise Refused(
            "no-first-boot",
            Text(
                zh="本版本缺少 first-boot 程序，不能制卡",
                en="this version has no first-boot program: no card can be made",
            ),
        )
    return file.read_bytes()


def of_its_kind(release: Release, kind: MemberKind) -> None:
    """``Refused`` when these wheels are for another kind of device."""
    if release.kind is not kind:
        theirs = kind_name(release.kind)
        raise Refused(
            "wrong-wheels",
            Text(
                zh=f"安装包是 {theirs} 的，不是 {kind.value} 的",
                en=f"these wheels are for {theirs}, not for a {kind.value}",
            ),
        )


def fits(release: Release, found: Found, kind: MemberKind) -> None:
    """``Refused`` when these wheels are for another system than the card's."""
    if found.python is not None and found.python != release.python:
        raise Refused(
            "wrong-wheels",
            Text(
                zh=f"卡上的系统使用 Python {found.python}，安装包是 Python {release.python} 的",
                en=f"the system on this card has Python {found.python}, and these wheels are for Python {release.python}",
            ),
        )
    lacking = [] if found.debs is None else [deb for deb in release.needs_debs if deb not in found.debs]
    if lacking:
        raise Refused(
            "image-lacks",
            Text(
                zh=f"卡上的镜像缺少 {'、'.join(lacking)}，{kind.value} 需要它们；请用 bookworm 镜像或 Raspberry Pi OS",
                en=f"the image on this card lacks {', '.join(lacking)}, which a {kind.value} needs: use a bookworm image, or Raspberry Pi OS",
            ),
        )
