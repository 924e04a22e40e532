"""``hall identity enrol`` and ``hall identity renew``: what a device's units run before and beside its program."""

from __future__ import annotations

import os
import random
import time
from datetime import UTC, datetime
from pathlib import Path

from devices.enrolment.joining import https, join, machine
from devices.enrolment.joining import renew as renew_certificate
from hall import logs
from hall.errors import HallError
from hall.files import write_whole
from hall.text import Text

#: what is said last: Chinese, English and a code on a line each, for `first-boot told` to write onto the card and for `devices.waiting` to show
STATUS = "status"
MEMBER = "member"


def enrol(*, card: Path, folder: Path) -> int:
    """Become a member, or see that one is; returns when there is a certificate."""
    logs.setup("enrolment", "info")
    try:
        join(
            card,
            folder,
            desk=https,
            machine=machine(),
            wait=time.sleep,
            chance=random.Random(),
            tell=_trouble,
        )
    except HallError as error:
        _trouble(error)
        raise
    tell(Text(zh="已登记为本厅设备", en="a member of the hall"), MEMBER)
    return 0


def _trouble(error: HallError) -> None:
    tell(error.text, error.code)


def tell(text: Text, code: str) -> None:
    """Where systemd gives this program a folder while it runs, say it there."""
    folder = os.environ.get("RUNTIME_DIRECTORY", "")
    if folder:
        write_whole(Path(folder) / STATUS, f"{text.zh}\n{text.en}\n{code}\n".encode(), mode=0o644)


def renew(*, card: Path, folder: Path) -> int:
    """A new certificate when it is time for one."""
    logs.setup("enrolment", "info")
    done = renew_certificate(card, folder, datetime.now(UTC), desk=https)
    print("renewed" if done else "not yet due")
    return 0
