"""One release of the hall's programs, as a folder of wheels: what it is, and what the machine must have beside it."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta

from hall.messages.common import MemberKind

#: its file, beside the wheels
FILE = "release.json"
#: every wheel with its hash, as pip reads them
REQUIREMENTS = "requirements.txt"

Version = Annotated[str, Meta(pattern=r"^[0-9][0-9a-z.+-]{0,63}$(?!\n)")]
#: A package of Debian's.
DebName = Annotated[str, Meta(pattern=r"^[a-z0-9][a-z0-9.+-]{1,63}$(?!\n)")]


class Release(msgspec.Struct, frozen=True, kw_only=True):
    """What ``release.json`` says; fields may be added."""

    version: Version
    #: what kind of device it is for; null: the hall box
    kind: MemberKind | None
    #: the Python it is made for, "3.11"
    python: Annotated[str, Meta(pattern=r"^3\.[0-9]{1,2}$(?!\n)")]
    #: the machine it is made for, "aarch64"
    platform: Annotated[str, Meta(pattern=r"^[a-z0-9_]{1,32}$(?!\n)")]
    #: Debian packages that have to be there beside Python's own; a golden image says which it has, Raspberry Pi OS does not
    needs_debs: tuple[DebName, ...] = ()
