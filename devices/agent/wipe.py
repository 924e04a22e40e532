"""What a device forgets when it leaves the hall: who it is, and all it remembered.

Rules:

* Keys go first, are overwritten before they are unlinked, and are gone from the disk before anything else is touched: a box whose plug is
  pulled meanwhile is nobody already.
* On flash an overwritten block may live on in a spare one; what makes the old key worthless is that the hall has revoked it.
* What belongs to the machine and not to the member (settings, programs, the card's boot partition, whose token is used) stays.
"""

from __future__ import annotations

import logging
import os
import shutil
from collections.abc import Iterable
from pathlib import Path

from devices.agent.settings import AgentSettings
from hall.files import synced

log = logging.getLogger(__name__)

#: the link beside the folders of an identity; see :mod:`devices.enrolment.identity`
_CURRENT = "current"


def identity_of(settings: AgentSettings) -> Path | None:
    """The folder of its keys; None for a device without."""
    tls = settings.broker.tls
    if tls is None:
        return None
    place = Path(tls.key).parent
    return place.parent if place.name == _CURRENT else place


def wipe(settings: AgentSettings) -> None:
    """Forget; what cannot be deleted is said in the log, and the rest goes all the same."""
    identity = identity_of(settings)
    if identity is not None and identity.is_dir():
        for key in identity.rglob("*.pem"):
            if key.is_file() and not key.is_symlink():
                _overwrite(key)
        shutil.rmtree(identity, onerror=_left)
        _settle(identity.parent)
    memory = Path(settings.state_dir)
    _forget(memory.glob(f"{settings.member}.*"))
    _settle(memory)


def _overwrite(file: Path) -> None:
    try:
        with file.open("r+b") as old:
            old.write(b"\0" * file.stat().st_size)
            old.flush()
            os.fsync(old.fileno())
    except OSError as error:
        log.error("not overwritten", extra={"file": str(file), "why": error.strerror})


def _forget(files: Iterable[Path]) -> None:
    for file in list(files):
        try:
            file.unlink()
        except OSError as error:
            log.error("not deleted", extra={"file": str(file), "why": error.strerror})


def _left(_: object, path: str, why: object) -> None:
    log.error("not deleted", extra={"file": path, "why": str(why)})


def _settle(folder: Path) -> None:
    if folder.is_dir():
        synced(folder)
