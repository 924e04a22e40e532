"""Steps that bring programs: Debian's packages, and the hall's own release.

Rules:

* Nothing is fetched that was not asked for: packages come from a folder where one is given, else from where this machine gets its packages.
* A release is an environment in a folder of its own and counts when it is whole; ``current`` points to one of them and changes in one step.
"""

from __future__ import annotations

import os
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

from deploy.appliance.box.layout import OPT
from deploy.appliance.box.machine import Machine
from hall.errors import Fault
from hall.files import synced
from hall.release import REQUIREMENTS
from hall.text import Text

#: package → the program by which one sees that it is there
PACKAGES = {"mosquitto": "/usr/sbin/mosquitto", "chrony": "/usr/sbin/chronyd", "nftables": "/usr/sbin/nft"}


#: nobody is there to be asked about a file that somebody changed
_KEEP = ("-o", "Dpkg::Options::=--force-confold")


@dataclass
class Packages:
    """Broker, clock and firewall from Debian."""

    machine: Machine
    #: a folder of ``.deb`` files; None: Debian's servers
    debs: Path | None

    name = Text(zh="系统软件包", en="Debian's packages")

    def look(self) -> list[Text]:
        """See :class:`deploy.appliance.box.steps.Step`."""
        if not self.machine.live:
            return []
        return [
            Text(zh=f"没有安装软件包 {package}", en=f"the package {package} is not installed")
            for package in self._missing()
        ]

    def do(self) -> None:
        """See :class:`deploy.appliance.box.steps.Step`."""
        if not self._missing():
            return
        brought = sorted(str(deb.absolute()) for deb in self.debs.glob("*.deb")) if self.debs else []
        wanted = brought or self._missing()
        try:
            self.machine.run("apt-get", "install", "-y", "-q", "--no-install-recommends", *_KEEP, *wanted)
        except Fault as error:
            missing = " ".join(self._missing())
            raise Fault(
                "packages-missing",
                Text(
                    zh=f"软件包 {missing} 未能安装，请先联网运行 apt-get update，或用 --debs 指定存放软件包的目录（{error.text.zh}）",
                    en=f"{missing} could not be installed: run apt-get update with a network, or bring the packages and name their "
                    f"folder with --debs ({error.text.en})",
                ),
            ) from error

    def undo(self) -> None:
        """Others may use them."""

    def _missing(self) -> list[str]:
        return [name for name, program in PACKAGES.items() if not self.machine.at(program).exists()]


@dataclass
class Programs:
    """The hall's own programs, and which release of them counts."""

    machine: Machine
    #: a folder of wheels to install; None: what is there, or what this program runs from
    wheels: Path | None

    name = Text(zh="大厅程序", en="the hall's programs")

    def look(self) -> list[Text]:
        """See :class:`deploy.appliance.box.steps.Step`."""
        if not self.machine.live:
            return []
        current = self.machine.at(f"{OPT}/current")
        if not (current / "bin" / "hall").exists():
            return [Text(zh=f"{OPT}/current 没有程序", en=f"there is no program in {OPT}/current")]
        wanted = self._wanted()
        if wanted is not None and current.resolve() != wanted.resolve():
            return [
                Text(
                    zh=f"在用版本是 {current.resolve().name}，应为 {wanted.name}",
                    en=f"release {current.resolve().name} is in use, not {wanted.name}",
                )
            ]
        return []

    def do(self) -> None:
        """See :class:`deploy.appliance.box.steps.Step`."""
        wanted = self._wanted()
        if wanted is None:
            raise Fault(
                "no-programs",
                Text(
                    zh="没有可安装的程序，请用 --wheels 指定发布目录",
                    en="there is no release to install: name its folder of wheels with --wheels",
                ),
            )
        if self.wheels is not None:
            install(self.machine, self.wheels, wanted)
        point(self.machine.at(f"{OPT}/current"), wanted)

    def undo(self) -> None:
        """See :class:`deploy.appliance.box.steps.Step`."""
        shutil.rmtree(self.machine.at(OPT), ignore_errors=True)

    def _wanted(self) -> Path | None:
        releases = self.machine.at(f"{OPT}/releases")
        if self.wheels is not None:
            return releases / _verified(self.wheels)
        here = Path(sys.prefix)
        return here if here.parent == releases else None


def install(machine: Machine, wheels: Path, place: Path) -> None:
    """The release of a folder of wheels as an environment of its own; one that was cut off is made anew."""
    whole = place / ".whole"
    if whole.exists():
        return
    shutil.rmtree(place, ignore_errors=True)
    machine.run("/usr/bin/python3", "-m", "venv", str(place))
    machine.run(
        str(place / "bin" / "pip"),
        "install",
        "--quiet",
        "--no-index",
        f"--find-links={wheels}",
        "--require-hashes",
        "--only-binary=:all:",
        f"--requirement={wheels / REQUIREMENTS}",
    )
    machine.run(str(place / "bin" / "hall"), "--version")
    whole.touch()
    synced(place)


def point(link: Path, place: Path) -> None:
    """`link` leads to `place` beside it, from one moment to the next."""
    fresh = link.with_name(f"{link.name}.new")
    fresh.unlink(missing_ok=True)
    fresh.symlink_to(os.path.relpath(place, link.parent))
    fresh.replace(link)
    synced(link.parent)


def _verified(wheels: Path) -> str:
    """The version of a release that is what was built."""
    from deploy.wheelhouse import verify  # noqa: PLC0415 - only where wheels are installed

    return verify(wheels).version
