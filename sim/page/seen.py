"""What the page knows of the hall at one moment: frozen, so that any thread may read it while the next one is made.

Parts that did not change are the same objects in the next snapshot: who draws compares with ``is``.
"""

from __future__ import annotations

from datetime import datetime

import msgspec

from hall.messages.answers import Board
from hall.messages.common import MemberState, WindowNumber
from hall.messages.presence import Alert, Beat
from hall.text import Text
from sim.twin.faults import FaultSeen
from sim.twin.world_talk import Look, SlipSeen


class FactLine(msgspec.Struct, frozen=True, kw_only=True):
    """One fact, as a sentence."""

    n: int
    at: datetime
    kind: str
    text: Text


class MessageLine(msgspec.Struct, frozen=True, kw_only=True):
    """One message as it was on the bus; `kind` is the type a payload names, else its leaf."""

    serial: int
    at: datetime
    topic: str
    member: str
    kind: str
    payload: str
    size: int
    retained: bool = False


class Paper(msgspec.Struct, frozen=True, kw_only=True):
    """A slip that came out of a member's printer."""

    member: str
    slip: SlipSeen


class Call(msgspec.Struct, frozen=True, kw_only=True):
    """An announcement: what was to be said, and the sounds that were heard for it. `serial` names it on the page."""

    serial: int
    at: datetime
    member: str
    text: Text
    playing: bool = False
    #: file names of the recordings, oldest first
    sounds: tuple[str, ...] = ()
    #: how it ended, as the speaker said
    ended: str | None = None


class ProcessSeen(msgspec.Struct, frozen=True, kw_only=True):
    """A process of the hall; `lives` counts how often we saw it begin."""

    name: str
    pid: int
    frozen: bool
    rss_mb: float | None
    lives: int


class Parked(msgspec.Struct, frozen=True, kw_only=True):
    """A ticket laid aside at a window."""

    ticket: str
    number: str
    window: WindowNumber


class VisitorsSeen(msgspec.Struct, frozen=True, kw_only=True):
    """The crowd that comes by itself; `played` is the window left to the person at the page."""

    per_hour: int
    speed: int
    played: int | None


class Seen(msgspec.Struct, frozen=True, kw_only=True):
    """Everything, now."""

    #: the broker is reached
    bus: bool = False
    #: the hub is there, and its board can be believed
    fresh: bool = False
    #: the world answers
    world: bool = False
    board: Board | None = None
    counts: dict[str, int] = {}
    states: dict[str, MemberState] = {}
    alerts: dict[tuple[str, str], Alert] = {}
    beats: dict[str, Beat] = {}
    facts: tuple[FactLine, ...] = ()
    messages: tuple[MessageLine, ...] = ()
    looks: dict[str, Look] = {}
    faults: dict[str, tuple[FaultSeen, ...]] = {}
    papers: tuple[Paper, ...] = ()
    calls: tuple[Call, ...] = ()
    processes: dict[str, ProcessSeen] = {}
    parked: tuple[Parked, ...] = ()
    visitors: VisitorsSeen | None = None
    #: bytes of messages heard from and for each member
    traffic: dict[str, int] = {}
    #: what is wrong with each member's cable, as :data:`sim.twin.links.SWITCHES` names it; empty: nothing
    cables: dict[str, str] = {}
