"""The invitation on a device's card: read, and rid of its token."""

from __future__ import annotations

import os
from pathlib import Path

import msgspec

from hall.errors import BadSettings, Fault
from hall.files import write_whole
from hall.invitation import Invitation
from hall.text import Text


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
