"""Who is there, and how they are."""

from __future__ import annotations

from hall.messages.common import (
    Count,
    Id,
    Key,
    Level,
    MemberKind,
    MemberState,
    Message,
    Moment,
    WindowNumber,
)
from hall.text import Text


class State(Message, frozen=True, kw_only=True):
    """``$state``, retained, and the last will: `epoch` grows at each connect, `boot` names this run of the program."""

    state: MemberState
    epoch: Count
    boot: Id
    kind: MemberKind


class Description(Message, frozen=True, kw_only=True):
    """``$desc``, retained: what the member is."""

    kind: MemberKind
    model: str
    serial: str
    version: str
    protocol: Count = 1
    digest: str = ""
    capabilities: tuple[str, ...] = ()
    window: WindowNumber | None = None


class Alert(Message, frozen=True, kw_only=True):
    """``$alert/<id>``, retained, emptied when solved."""

    level: Level
    code: Key
    text: Text
    since: Moment


class Beat(Message, frozen=True, kw_only=True):
    """``up/beat`` every five seconds."""

    epoch: Count
    outbox: Count
    uptime_s: Count
    temperature_c: float | None
    rss_mb: float | None
    disk_free_mb: float | None
    clock_ok: bool
    #: what programs of this machine could still have
    memory_free_mb: float | None = None
    #: a Raspberry Pi's ``get_throttled``: bit 0 too little power, 1 capped, 2 slowed down, 3 warm; 16 higher: since the start
    throttled: Count | None = None
