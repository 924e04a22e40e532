"""ESC/POS as bytes: pictures, cuts, and the question behind a slip that is answered when it is out.

Own bytes, because of measured traps:

* A picture (``GS v 0``) is the only thing that looks the same on every printer. Text in the printer's own characters
  (:mod:`devices.ticket_dispenser.romtext`) is for slow serial lines.
* A picture's bytes may hold ``DLE EOT n``, which printers answer at once: whoever asks must first drop what was received.
* Delivery is not printing: the barrier after the cut is answered only when everything before it is on paper.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from PIL import Image

from devices.ticket_dispenser.profiles import ROWS_PER_MM, Profile

RESET = b"\x1b@"
#: DLE DC4 8: forget everything in the buffer, at once; what a fault held back must not come out beside its reprint
CLEAR = b"\x10\x14\x08\x01\x03\x14\x01\x06\x02\x08"
GS_R = b"\x1dr\x01"
#: GS ( H: answer this process id, "HALL", when you have come so far
PROCESS_ID = b"\x1d(H\x06\x0000HALL"
_HEARD = b"\x37\x22HALL\x00"
_INVERTED = bytes(255 - value for value in range(256))


def picture(image: Image.Image, band_rows: int) -> bytes:
    """A one-bit picture (0 is ink) in bands of at most `band_rows` rows."""
    stride = (image.width + 7) // 8
    out = bytearray()
    for top in range(0, image.height, band_rows):
        rows = min(band_rows, image.height - top)
        ink = image.crop((0, top, stride * 8, top + rows)).tobytes().translate(_INVERTED)
        out += b"\x1dv0\x00" + stride.to_bytes(2, "little") + rows.to_bytes(2, "little") + ink
    return bytes(out)


def raster_slip(pictures: Iterable[Image.Image], profile: Profile) -> Iterator[bytes]:
    """A piece of paper from the pictures of its blocks, cut off; in chunks, the first as soon as the first picture is there."""
    chunk = RESET
    for image in pictures:
        chunk += picture(image, profile.band_rows)
        yield chunk
        chunk = b""
    yield chunk + cut(profile)


def cut(profile: Profile) -> bytes:
    """Past the blade, then cut so that the paper does not fall; without a blade far enough to be torn off."""
    feed = profile.blade_mm * ROWS_PER_MM
    match profile.cut:
        case "partial":
            return _feed(feed) + b"\x1dV\x01"
        case "full":
            return _feed(feed) + b"\x1dV\x00"
        case "feed-partial":  # it knows where its own blade is; a little more than that
            return b"\x1dVB" + bytes([3 * ROWS_PER_MM])
        case "feed-full":
            return b"\x1dVA" + bytes([3 * ROWS_PER_MM])
        case "none":
            return _feed(feed)


def _feed(rows: int) -> bytes:
    return b"\x1bJ" + bytes([min(255, rows)])


class Barrier:
    """The question behind a slip, and whether what came is its answer."""

    def __init__(self, profile: Profile) -> None:
        self.question = {"gs-r": GS_R, "process-id": PROCESS_ID, "none": b""}[profile.barrier]
        self._by_id = profile.barrier == "process-id"
        self._heard = b""

    def answered(self, byte: int) -> bool:
        """Take one byte in; whether it completes the answer."""
        if not self._by_id:  # GS r answers one byte whose bits 4 and 7 are not set
            return byte & 0x90 == 0
        self._heard = (self._heard + bytes([byte]))[-len(_HEARD) :]
        return self._heard == _HEARD
