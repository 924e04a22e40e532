"""What a flashed card brings: who the device is to become, where the hall box is, what to believe, and a token for once."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import msgspec
from msgspec import Meta

from hall.messages.common import MemberKind, Name

#: its file, on the partition that every computer can write
FILE = "enrol.json"


class Invitation(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One file, JSON, on the card's boot partition."""

    hall: Name
    member: Name
    kind: MemberKind
    #: where the enrolment desk may be found, tried in this order: ``https://host:port``
    desks: Annotated[tuple[str, ...], Meta(min_length=1, max_length=8)]
    #: the hall's authority, PEM
    ca: Annotated[str, Meta(min_length=1, max_length=8192)]
    #: when the card was written, for whoever sets a clock that wakes up in the past
    stamp: datetime
    #: empty once it was used
    token: Annotated[str, Meta(max_length=200)] = ""
