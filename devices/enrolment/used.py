"""``python -m devices.enrolment.used CARD FOLDER``: take the token off the card once it was used. Run by root: on FAT all files are root's."""

from __future__ import annotations

import sys
from hashlib import sha256
from pathlib import Path

from devices.enrolment.identity import CURRENT, MARK
from devices.enrolment.invitation import read, without_token
from hall.errors import HallError


def take_off(card: Path, folder: Path) -> bool:
    """Whether no used token is on the card any more; one that made nobody a member yet stays."""
    try:
        invitation = read(card)
        used = (folder / CURRENT / MARK).read_text(encoding="ascii")
    except (HallError, OSError):
        return False
    if not invitation.token:
        return True
    return used == sha256(invitation.token.encode()).hexdigest() and without_token(card, invitation)


if __name__ == "__main__":
    sys.exit(0 if take_off(Path(sys.argv[1]), Path(sys.argv[2])) else 1)
