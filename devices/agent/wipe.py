"""What a device forgets when it leaves the hall: who it is, and all it remembered.

Rules:

* Keys go first, are overwritten before they are unlinked, and are gone from the disk before anything else is touched: a box whose plug is
  pulled meanwhile is nobody already.
* On flash an overwritten block may live on in a spare one; what makes the old key worthless is that the hall has revoked it.
* What belongs to the machine and not to the member (settings, programs, the card's boot partition, whose token is used) stays. A folder
  of keys as enrolment makes it goes whole; where somebody put key and certificate elsewhere by hand, these two files go and no others.
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


def wipe(settings: AgentSettings) -> None:
    """Forget; what cannot be deleted is said in the log, and the rest goes all the same."""
    tls = settings.broker.tls
    if tls is not None:
        _forget_identity(Path(tls.key), Path(tls.cert))
    memory = Path(settings.state_dir)
    _forget(memory.glob(f"{settings.member}.*"))
    _settle(memory)


def _forget_identity(key: Path, cert: Path) -> None:
    if key.parent.name == _CURRENT:
        folder = key.parent.parent
        files = [file for file in folder.rglob("*.pem") if file.is_file() and not file.is_symlink()]
        for file in files:
            _overwrite(file)
        if folder.is_dir():
            shutil.rmtree(folder, onerror=_left)
        _settle(folder.parent)
        return
    found = [file for file in (key, cert) if file.is_file()]
    for file in found:
        _overwrite(file)
    _forget(found)
    _settle(key.parent)


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
        if file.is_dir():
            shutil.rmtree(file, onerror=_left)
            continue
        try:
            file.unlink()
        except OSError as error:
            log.error("not deleted", extra={"file": str(file), "why": error.strerror})


def _left(_: object, path: str, why: object) -> None:
    log.error("not deleted", extra={"file": path, "why": str(why)})


def _settle(folder: Path) -> None:
    if folder.is_dir():
        synced(folder)
