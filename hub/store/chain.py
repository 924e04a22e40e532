"""A chain of hashes through the journal: whoever changes, removes, adds or moves a fact breaks it from there on.

Each fact keeps ``SHA-256(before ‖ columns ‖ 0x0A ‖ body)``: `before` is the hash of the fact before it (32 zero bytes before the first),
`columns` the JSON array ``[n, at, day, type, cause, ask, member, actor]`` as compact UTF-8, `body` the bytes that were told. What is
hashed, and how, never changes: old stores, exported days and noted heads rest on it.
"""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256
from typing import Any, NamedTuple

import msgspec

from hub.memory import FactRow

_encode = msgspec.json.Encoder().encode

#: What comes before the first fact.
GENESIS = bytes(32)


class Head(NamedTuple):
    """The last fact so far, and the hash that stands for everything up to it."""

    n: int
    hash: bytes

    def __str__(self) -> str:
        """As people note it down."""
        return f"{self.n}:{self.hash.hex()}"


START = Head(0, GENESIS)


class Link(NamedTuple):
    """What of a fact is hashed."""

    n: int
    at: str
    day: str | None
    type: str
    cause: str
    ask: str | None
    member: str
    actor: str | None
    body: bytes

    def after(self, before: bytes) -> bytes:
        """The fact's hash behind the one `before` it."""
        return sha256(before + _encode(self[:-1]) + b"\n" + self.body).digest()


def chained(head: Head, facts: Sequence[FactRow]) -> tuple[list[dict[str, Any]], Head]:
    """The journal's rows for these facts behind `head`, each with its hash; and the new head."""
    rows: list[dict[str, Any]] = []
    n, before = head
    for fact in facts:
        n = fact.n
        link = Link(
            n=n,
            at=fact.at.isoformat(),
            day=fact.day,
            type=fact.type,
            cause=fact.cause,
            ask=fact.ask,
            member=fact.member,
            actor=fact.actor,
            body=fact.body,
        )
        before = link.after(before)
        rows.append({**link._asdict(), "hash": before})
    return rows, Head(n, before)
