"""What is said on the world's control socket, JSON lines both ways; written down once for both ends.

A request is ``{"id": 7, "verb": "press", "member": "dispenser-1", "key": "A"}``, its reply ``{"id": 7, "ok": true,
"result": …}`` or ``{"id": 7, "ok": false, "error": "…"}``. After ``{"verb": "events"}`` the world also sends events:
``{"event": "slip", "member": …, …}``.
"""

from __future__ import annotations

from typing import Literal

import msgspec


class _Request(msgspec.Struct, frozen=True, kw_only=True, tag_field="verb", forbid_unknown_fields=True):
    id: int | None = None


class Press(_Request, tag="press", kw_only=True, frozen=True):
    """Press a key for so many seconds."""

    member: str
    key: str
    seconds: float = 0.15


class Hold(_Request, tag="hold", kw_only=True, frozen=True):
    """Put a finger on a key and leave it there."""

    member: str
    key: str


class Release(_Request, tag="release", kw_only=True, frozen=True):
    """Take the finger off a key."""

    member: str
    key: str


class Stick(_Request, tag="stick", kw_only=True, frozen=True):
    """Jam a key."""

    member: str
    key: str


class Free(_Request, tag="free", kw_only=True, frozen=True):
    """Make a key sound again."""

    member: str
    key: str


class SwitchFault(_Request, tag="fault", kw_only=True, frozen=True):
    """Switch a fault on, for keys and modules at a place."""

    member: str
    fault: str
    where: str | None = None


class Heal(_Request, tag="heal", kw_only=True, frozen=True):
    """Repair one fault, or everything."""

    member: str
    fault: str | None = None


class Replay(_Request, tag="replay", kw_only=True, frozen=True):
    """Play a recording of real keys, a file that the world can read; the answer is how many seconds it takes."""

    member: str
    file: str


class Scan(_Request, tag="scan", kw_only=True, frozen=True):
    """Show a member's code reader a code."""

    member: str
    code: str


class LookAt(_Request, tag="look", kw_only=True, frozen=True):
    """Look at a member; with `png` its panel is drawn into a file too."""

    member: str
    png: bool = False


class ListMembers(_Request, tag="members", kw_only=True, frozen=True):
    """Who is there, with what hands."""


class ListFaults(_Request, tag="faults", kw_only=True, frozen=True):
    """Which faults a member can have, and has."""

    member: str


class Events(_Request, tag="events", kw_only=True, frozen=True):
    """Tell me what happens from now on."""


Request = (
    Press
    | Hold
    | Release
    | Stick
    | Free
    | SwitchFault
    | Heal
    | Replay
    | Scan
    | LookAt
    | ListMembers
    | ListFaults
    | Events
)


class PanelSeen(msgspec.Struct, frozen=True, kw_only=True):
    """A panel: its dots as rows of # and ., whole pictures so far, and the file it was drawn into."""

    rows: tuple[str, ...]
    frames: int
    png: str | None = None


class SlipSeen(msgspec.Struct, frozen=True, kw_only=True):
    """A slip that came out: number over all printers, files, and the text lines and QR payloads as the printer got them."""

    number: int
    png: str
    escpos: str
    at: str
    cut: str
    length_mm: float
    text: tuple[str, ...] = ()
    codes: tuple[str, ...] = ()


class PrinterSeen(msgspec.Struct, frozen=True, kw_only=True):
    """A printer: where it is, its paper, what it is doing."""

    port: int
    paper_left_mm: float
    offline: bool
    waiting_bytes: int
    unknown_commands: int
    last: SlipSeen | None = None


class SoundSeen(msgspec.Struct, frozen=True, kw_only=True):
    """A sound that was played."""

    number: int
    wav: str
    seconds: float
    at: str


class SpeakerSeen(msgspec.Struct, frozen=True, kw_only=True):
    """A loudspeaker."""

    playing: bool
    last: SoundSeen | None = None


class Look(msgspec.Struct, frozen=True, kw_only=True):
    """Everything one sees of a member."""

    member: str
    kind: str
    lamps: dict[str, float] = {}
    pressed: dict[str, bool] = {}
    panel: PanelSeen | None = None
    printer: PrinterSeen | None = None
    speaker: SpeakerSeen | None = None


class _Event(msgspec.Struct, frozen=True, kw_only=True, tag_field="event"):
    member: str


class SlipEvent(_Event, tag="slip", kw_only=True, frozen=True):
    """A slip came out."""

    slip: SlipSeen


class PanelEvent(_Event, tag="panel", kw_only=True, frozen=True):
    """A panel shows something else; look at it if you want to know what."""

    frames: int


class LampEvent(_Event, tag="lamp", kw_only=True, frozen=True):
    """A lamp changed."""

    lamp: str
    value: float


class SoundEvent(_Event, tag="sound", kw_only=True, frozen=True):
    """A sound began, or ended and is in its file."""

    phase: Literal["start", "end"]
    at: str
    sound: SoundSeen | None = None


class FaultEvent(_Event, tag="fault", kw_only=True, frozen=True):
    """Somebody switched a fault on, or repaired it."""

    fault: str
    active: bool


Event = SlipEvent | PanelEvent | LampEvent | SoundEvent | FaultEvent
