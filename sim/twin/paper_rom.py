"""What a printer draws by itself: the characters of its ROM and QR codes. Ink is 1."""

from __future__ import annotations

from functools import lru_cache

import qrcode
from PIL import Image
from qrcode import constants

from devices.parts.bitmap_font import font

CORRECTIONS = {
    48: constants.ERROR_CORRECT_L,
    49: constants.ERROR_CORRECT_M,
    50: constants.ERROR_CORRECT_Q,
    51: constants.ERROR_CORRECT_H,
}
"""ESC/POS numbers of the QR error correction levels."""


@lru_cache(maxsize=2048)
def glyph(char: str, across: int, down: int) -> Image.Image:
    """One character at 24 dots (ASCII 12 wide), `across` × `down` times as large: our 16-dot font, made to fit."""
    small = font().draw(char)
    smooth = small.resize((small.width * 3, small.height * 3), Image.Resampling.NEAREST).convert("L")
    cell = smooth.reduce(2).point([255 if value >= 127 else 0 for value in range(256)]).convert("1")
    return cell.resize((cell.width * across, cell.height * down), Image.Resampling.NEAREST)


def qr_code(data: bytes, size: int, correction: int) -> Image.Image:
    """A QR code without a margin, `size` dots per module, of an error correction level of `CORRECTIONS`."""
    code = qrcode.QRCode(error_correction=CORRECTIONS[correction], border=0)
    code.add_data(data)
    code.make(fit=True)
    matrix = code.get_matrix()
    picture = Image.new("1", (len(matrix), len(matrix)))
    picture.putdata([255 * dot for row in matrix for dot in row])
    return picture.resize((len(matrix) * size, len(matrix) * size), Image.Resampling.NEAREST)
