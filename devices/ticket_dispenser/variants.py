"""The same ticket for other eyes: in large type, or English first. Pure; blocks in, blocks out.

Rules:

* Large: no type below 5 mm, and Chinese alone, so that the paper stays short enough to hold; what is only a footnote is left out,
  the number, the line, the papers to bring and where to ask are not.
* English first: the English sentence is set as large as the Chinese one usually is, the Chinese beneath it for whoever helps. Papers
  without an English name stay as they are written on the papers.
* What the hall says of a lane counts before what a dispenser usually prints; the number and its marks are the same on all of them.
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import Enum

import msgspec

from devices.ticket_dispenser.blocks import Banner, Block, Code, Line, Mark, Number, Size, Slip, Ticks
from hall.messages.facts import TicketIssued
from hall.messages.wants import Services


class Variant(Enum):
    """How a ticket is set."""

    USUAL = "usual"
    LARGE = "large"
    ENGLISH = "english"


def variant_of(hall: Services, issued: TicketIssued, usual: Variant) -> Variant:
    """How this ticket is set, on a dispenser that prints `usual` ones."""
    if hall.design.large or issued.lane in hall.design.large_lanes:
        return Variant.LARGE
    return usual


def varied(slip: Slip, variant: Variant) -> Slip:
    """The slip as it is set in this variant."""
    match variant:
        case Variant.USUAL:
            return slip
        case Variant.LARGE:
            return Slip(tuple(large for block in slip.blocks for large in _large(block)))
        case Variant.ENGLISH:
            return Slip(tuple(_english(block) for block in slip.blocks))


def _large(block: Block) -> Iterator[Block]:
    match block:
        case Line(size=Size.SMALL):
            pass
        case Line():
            size = Size.HUGE if block.bold and not block.centred else Size.LARGE
            yield msgspec.structs.replace(block, en="", size=size)
        case Ticks():
            yield Ticks(block.items, Size.LARGE)
        case Banner():
            yield Banner(block.zh, "", size=Size.LARGE)
        case Code():
            yield from (large for line in block.beside for large in _large(line))
            yield Code(block.data)
        case _:
            yield block


def _english(block: Block) -> Block:
    match block:
        case Line() if block.en:
            return msgspec.structs.replace(block, zh=block.en, en=block.zh)
        case Banner() if block.en:
            return msgspec.structs.replace(block, zh=block.en, en=block.zh)
        case Ticks():
            pairs = [(en or zh, zh if en else "") for zh, en in zip(block.items, block.en, strict=True)]
            return Ticks(tuple(first for first, _ in pairs), block.size, tuple(second for _, second in pairs))
        case Number():
            return Number(block.number, tuple(Mark(mark.en, mark.zh, mark.loud) for mark in block.marks))
        case Code():
            beside = tuple(
                msgspec.structs.replace(line, zh=line.en or line.zh, en=line.zh if line.en else "")
                for line in block.beside
            )
            return Code(block.data, beside)
        case _:
            return block
