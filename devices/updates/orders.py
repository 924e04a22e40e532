"""What the program and root's installer write for each other: two small files, each with one writer.

The program (account ``hall``) asks in ``update.json``; the installer (root) answers in ``report.json`` beside the selector's state. Root
believes nothing of an order but that somebody wants this version from there: what may be installed is the signers' business.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated, Literal, TypeVar

import msgspec
from msgspec import Meta

from hall.files import write_whole
from hall.messages.common import Key
from hall.messages.wants import Address, Rev
from hall.release import Version

#: largest file that is read
LIMIT = 8192
ORDER, REPORT, PROOF = "update.json", "report.json", "proof.json"


#: how far the installer is, or how it ended
Phase = Literal["installing", "trial", "refused", "failed"]


class Order(msgspec.Struct, frozen=True, kw_only=True):
    """Install this."""

    rev: Rev
    version: Version
    sources: Annotated[tuple[Address, ...], Meta(min_length=1, max_length=8)]


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """What became of the order with this rev."""

    rev: Rev
    version: Version
    phase: Phase
    code: Key | None = None
    detail: Annotated[str, Meta(max_length=400)] | None = None


T = TypeVar("T", Order, Report)


def write(file: Path, what: Order | Report, mode: int = 0o644) -> None:
    """As a whole; OSError."""
    file.parent.mkdir(parents=True, exist_ok=True)
    write_whole(file, msgspec.json.encode(what), mode=mode)


def read(file: Path, kind: type[T]) -> T | None:
    """What stands there; None for nothing, and for anything that cannot be what it should be."""
    try:
        descriptor = os.open(file, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        with os.fdopen(descriptor, "rb") as stream:
            return msgspec.json.decode(stream.read(LIMIT), type=kind)
    except (OSError, msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None
