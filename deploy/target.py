"""The machines that a release is made for, which are seldom the one that makes it."""

from __future__ import annotations

import msgspec

from hall.errors import Refused
from hall.text import Text

#: Python → the C library of the Debian that carries it: 12 (Raspberry Pi OS bookworm) and 13 (trixie)
GLIBC = {"3.11": 36, "3.13": 41}
#: What a wheel's tag calls the machine → the oldest C library its wheels are ever built for.
MACHINES = {"aarch64": 17, "x86_64": 5}
#: The machines that have a Pi's pins and buses.
PI = frozenset({"aarch64"})
_OLD_NAMES = {17: "manylinux2014", 12: "manylinux2010", 5: "manylinux1"}


class Target(msgspec.Struct, frozen=True, kw_only=True):
    """A Python on a kind of machine; raises ``Refused`` for one that no release is made for."""

    python: str
    platform: str

    def __post_init__(self) -> None:
        """Only what the hall's systems have."""
        if self.python not in GLIBC or self.platform not in MACHINES:
            raise Refused(
                "unknown-target",
                Text(
                    zh=f"不支持 Python {self.python}、{self.platform}；可选 Python {'、'.join(GLIBC)}，{'、'.join(MACHINES)}",
                    en=f"no release is made for Python {self.python} on {self.platform}; "
                    f"there is Python {' or '.join(GLIBC)}, on {' or '.join(MACHINES)} (64 bits)",
                ),
            )

    @property
    def platforms(self) -> tuple[str, ...]:
        """The platform tags of wheels that run there, the best first."""
        found = []
        for glibc in range(GLIBC[self.python], MACHINES[self.platform] - 1, -1):
            found.append(f"manylinux_2_{glibc}_{self.platform}")
            if glibc in _OLD_NAMES:
                found.append(f"{_OLD_NAMES[glibc]}_{self.platform}")
        return (*found, f"linux_{self.platform}")

    @property
    def markers(self) -> dict[str, str]:
        """What a requirement's condition is judged by, there."""
        return {
            "implementation_name": "cpython",
            "implementation_version": f"{self.python}.0",
            "os_name": "posix",
            "platform_machine": self.platform,
            "platform_python_implementation": "CPython",
            "platform_release": "",
            "platform_system": "Linux",
            "platform_version": "",
            "python_full_version": f"{self.python}.0",
            "python_version": self.python,
            "sys_platform": "linux",
        }
