"""How a printer says that it is: questions, and what its answers mean.

Rules:

* DLE EOT 1 to 4 are asked one by one and answered by one byte each, even by a printer that is offline. Bits 1 and 4 of an answer
  are set, bits 0 and 7 are not: anything else is no answer, whatever it may be.
* Out of paper is said before everything else: it is what people can mend. An open cover comes before the cutter, the cutter before
  other errors, because each of them brings the later ones along.
* A head that is too hot recovers by itself; an error that needs a new start does not.
"""

from __future__ import annotations

from enum import Enum

import msgspec


class Trouble(Enum):
    """Why a printer does not print; the value is the alert's code."""

    OFFLINE = "printer-offline"
    COVER_OPEN = "cover-open"
    PAPER_OUT = "paper-out"
    CUTTER = "cutter-jammed"
    HOT = "printer-hot"
    ERROR = "printer-error"


class Condition(msgspec.Struct, frozen=True, kw_only=True):
    """What a printer says of itself."""

    trouble: Trouble | None = None
    #: its sensor sees the end of the roll; many small printers have none
    paper_low: bool = False
    #: paper that the slip just printed has used, millimetres
    used_mm: float = 0.0


def query(n: int) -> bytes:
    """DLE EOT `n`: 1 printer, 2 why offline, 3 errors, 4 paper."""
    return b"\x10\x04" + bytes([n])


def is_status(byte: int) -> bool:
    """Whether a byte can be an answer to DLE EOT."""
    return byte & 0x93 == 0x12


def condition(printer: int, why: int | None, errors: int | None, paper: int) -> Condition:
    """What the four answers say together; `why` and `errors` are asked of an offline printer only."""
    low = bool(paper & 0x0C)
    if paper & 0x60 or (why or 0) & 0x20:
        return Condition(trouble=Trouble.PAPER_OUT, paper_low=True)
    if not printer & 0x08:
        return Condition(paper_low=low)
    return Condition(trouble=_reason(why or 0, errors or 0), paper_low=low)


def _reason(why: int, errors: int) -> Trouble:
    """Why it is offline: DLE EOT 2 bit 2 the cover, bit 6 an error; DLE EOT 3 bit 3 the cutter, 5 for good, 6 for a while."""
    if why & 0x04:
        return Trouble.COVER_OPEN
    if errors & 0x0C:
        return Trouble.CUTTER
    if errors & 0x20:
        return Trouble.ERROR
    if errors & 0x40:
        return Trouble.HOT
    return Trouble.ERROR if why & 0x40 else Trouble.OFFLINE
