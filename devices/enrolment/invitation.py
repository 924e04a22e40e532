"""What a flashed card brings: who the device is to become, where the hall box is, what to believe, and a token for once."""

from __future__ import annotations

import os
from datetime import datetime
from pathlib import Path
from typing import Annotated

import msgspec
from msgspec import Meta

from hall.errors import BadSettings, Fault
from hall.files import write_whole
from hall.messages.common import MemberKind, Name
from hall.text import Text


class Invitation(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One file, ``enrol.json``, on the partition that every computer can write."""

    hall: Name
    member: Name
    kind: MemberKind
    #: where the enrolment desk may be found, tried in this order: ``https://host:port``
    desks: Annotated[tuple[str, ...], Meta(min_length=1, max_length=8)]
    #: the hall's authority, PEM
    ca: Annotated[str, Meta(min_length=1, max_length=8192)]
    #: when the card was written: no clock is earlier
    stamp: datetime
    #: empty once it was used
    token: Annotated[str, Meta(max_length=200)] = ""


def read(file: Path) -> Invitation:
    """Fault ``no-invitation`` when there is none, ``BadSettings`` when it cannot be read."""
    try:
        return msgspec.json.decode(file.read_bytes(), type=Invitation)
    except FileNotFoundError:
        raise Fault(
            "no-invitation",
            Text(
                zh=f"存储卡上没有登记文件 {file}，请重新制卡",
                en=f"there is no {file} on this card: write the card anew with `hall flash`",
            ),
        ) from None
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise BadSettings(str(file), "enrol.json", f"what `hall flash` wrote there ({error})") from error


def without_token(file: Path, invitation: Invitation) -> bool:
    """Take the token off the card; False when the card cannot be written: it is burned at the hall box all the same.

    The rest of the card is gone for a moment: whoever calls has kept it elsewhere.
    """
    emptied = msgspec.json.encode(msgspec.structs.replace(invitation, token=""))
    try:
        # over the old bytes first: the token shall not stay in a block that nobody owns
        with file.open("r+b") as old:
            old.write(b" " * file.stat().st_size)
            old.flush()
            os.fsync(old.fileno())
        write_whole(file, emptied)
    except OSError:
        return False
    return True
