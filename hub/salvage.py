"""What can still be read of a message that does not decode, so that it can be refused by its id or receipted by its place."""

from __future__ import annotations

import re
from typing import Any

import msgspec

from hall.messages.common import Count, Id

_PAIR = re.compile(
    rb'"(id|type|outbox)"\s*:\s*"([A-Za-z0-9_-]{1,64})"|"(seq)"\s*:\s*([0-9]{1,16})(?=\s*[,}\]])'
)


class Remains(msgspec.Struct, frozen=True, kw_only=True):
    """The readable parts; None where there is nothing to be had."""

    id: Id | None = None
    type: str | None = None
    outbox: Id | None = None
    seq: Count | None = None


def salvage(payload: bytes) -> Remains:
    """Read `payload` as far as possible; never raises."""
    try:
        whole: dict[str, Any] = msgspec.json.decode(payload, type=dict[str, Any])
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError, ValueError, OverflowError):
        # Only what stands before the first nested value is surely at the top level.
        start = payload.find(b"{")
        nested = [at for at in (payload.find(b"[", start + 1), payload.find(b"{", start + 1)) if at > 0]
        head = payload[: min(nested, default=len(payload))] if start >= 0 else b""
        whole = {}
        for name, text, seq, number in _PAIR.findall(head):
            whole.setdefault((name or seq).decode(), int(number) if number else text.decode())
    return Remains(
        **{name: kept for name in Remains.__struct_fields__ if (kept := _kept(name, whole.get(name)))}
    )


def _kept(name: str, found: object) -> Any:
    kind = {"seq": Count, "type": str}.get(name, Id)
    try:
        return msgspec.convert(found, kind)
    except (msgspec.ValidationError, OverflowError):
        return None
