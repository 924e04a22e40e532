"""``hall identity enrol`` and ``hall identity renew``: what a device's units run before and beside its program."""

from __future__ import annotations

import random
import time
from datetime import UTC, datetime
from pathlib import Path

from devices.enrolment.joining import https, join, machine
from devices.enrolment.joining import renew as renew_certificate
from hall import logs


def enrol(*, card: Path, folder: Path) -> int:
    """Become a member, or see that one is; returns when there is a certificate."""
    logs.setup("enrolment", "info")
    join(card, folder, desk=https, machine=machine(), wait=time.sleep, chance=random.Random())
    return 0


def renew(*, card: Path, folder: Path) -> int:
    """A new certificate when it is time for one."""
    logs.setup("enrolment", "info")
    done = renew_certificate(card, folder, datetime.now(UTC), desk=https)
    print("renewed" if done else "not yet due")
    return 0
