"""Steps that bring programs: Debian's packages, and the hall's own release.

Rules:

* Nothing is fetched that was not asked for: packages come from a folder where one is given, else from where this machine gets its packages.
* A release is an environment in a folder of its own and counts when it is whole; ``current`` points to one of them and changes in one step.
* Whoever reads "run hall hub install" can type it: the command leads to the release in use.
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
from hall.files import link, synced
from hall.release import REQUIREMENTS
from hall.text import Text

#: what a person types
COMMAND = "/usr/local/bin/hall"
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
        if self._command().resolve() != (current / "bin" / "hall").resolve():
            return [Text(zh=f"命令 {COMMAND} 不是在用版本", en=f"{COMMAND} is not the release in use")]
        return []

    def do(self) -> None:
        """See :class:`deploy.appliance.box.steps.Step`."""
        wanted = self._wanted() or self._there()
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
        point(self._command(), self.machine.at(f"{OPT}/current/bin/hall"))

    def undo(self) -> None:
        """See :class:`deploy.appliance.box.steps.Step`."""
        place, command = self.machine.at(OPT), self._command()
        if command.is_symlink() and command.resolve().is_relative_to(place.resolve()):
            command.unlink()
        if place.exists():
            shutil.rmtree(place)

    def _command(self) -> Path:
        return self.machine.at(COMMAND)

    def _there(self) -> Path | None:
        """The release in use."""
        current = self.machine.at(f"{OPT}/current")
        return current.resolve() if (current / "bin" / "hall").exists() else None

    def _wanted(self) -> Path | None:
        releases = self.machine.at(f"{OPT}/releases")
        if self.wheels is not None:
            return releases / _verified(self.wheels)
        here = Path(sys.prefix)
        return here if here.parent == releases else None


def install(machine: Machine, wheels: Path, place: Path) -> None:
    """The release of a folder of wheels as an environment of its own; one that was cut off is made anew."""
    whole = place / ".whole"
    if whole.exists() or place == Path(sys.prefix):  # whoever runs this is not taken away under itself
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
    os.sync()  # what pip wrote is on the disk before it counts
    whole.touch()
    synced(place)


def point(name: Path, place: Path) -> None:
    """`name` leads to `place` on the same disk, wherever that disk is seen."""
    link(name, os.path.relpath(place, name.parent))


def _verified(wheels: Path) -> str:
    """The version of a release that is what was built."""
    from deploy.wheelhouse import verify  # noqa: PLC0415 - only where wheels are installed

    return verify(wheels).version
