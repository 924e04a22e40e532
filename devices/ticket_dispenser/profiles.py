"""What the printer at hand can do: ``profiles.yaml``, one entry per class of printers."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from hall.shipped import shipped
from hall.text import Text

Cut = Literal["partial", "full", "feed-partial", "feed-full", "none"]
Barrier = Literal["gs-r", "process-id", "none"]
Characters = Literal["gb2312", "gbk", "gb18030"]
#: rows of paper to a millimetre, 203 dots per inch
ROWS_PER_MM = 8


class Profile(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One class of printers; the file says what each field means."""

    name: Text
    cannot: Text
    widths: tuple[Literal[576, 384], ...]
    cut: Cut
    blade_mm: Annotated[int, Meta(ge=0, le=30)]
    near_end: bool
    barrier: Barrier
    band_rows: Annotated[int, Meta(ge=8, le=1024)]
    characters: Characters
    qr: bool
    clears: bool
    speed_mm_s: Annotated[int, Meta(ge=20, le=500)]


@cache
def profiles() -> dict[str, Profile]:
    """Every class by its name."""
    raw = files("devices.ticket_dispenser").joinpath("profiles.yaml").read_text(encoding="utf-8")
    return msgspec.convert(shipped(raw), dict[str, Profile])


def profile(name: str) -> Profile:
    """The class of that name; KeyError when there is none."""
    return profiles()[name]
