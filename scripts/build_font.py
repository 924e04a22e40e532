"""Build the house's bitmap font: GNU Unifont's glyphs for GB2312, ASCII and the symbols we use, with our own digits and capitals.

    apt-get install -y unifont
    python scripts/build_font.py            # writes devices/parts/hall16.hex.gz

The result is in Unifont's own ``.hex`` form (code point, colon, rows as hex; 8 or 16 dots wide, 16 high), sorted and packed
without a time stamp, so that the same inputs always give the same file. Thin ASCII is thickened by one dot, because a sign is
read from ten metres; digits, capitals, arrows and the tick box are ours (``own_glyphs.txt``).
"""

from __future__ import annotations

import gzip
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
UNIFONT = Path("/usr/share/unifont/unifont.hex")
TARGET = HERE.parent / "devices" / "parts" / "hall16.hex.gz"
#: beyond GB2312: Latin-1, dashes and quotes, currency, arrows, circled digits, blocks and shapes, ticks, full-width forms
BLOCKS = (
    (0x00A0, 0x00FF),
    (0x2010, 0x2027),
    (0x2030, 0x203B),
    (0x20AC, 0x20AC),
    (0x2190, 0x2199),
    (0x2460, 0x2473),
    (0x2500, 0x257F),
    (0x2588, 0x2588),
    (0x25A0, 0x25CF),
    (0x2605, 0x2606),
    (0x2610, 0x2612),
    (0x2665, 0x2665),
    (0x2713, 0x2717),
    (0x3000, 0x3017),
    (0xFF01, 0xFF5E),
    (0xFFE5, 0xFFE5),
    (0xFFFD, 0xFFFD),
)


def wanted() -> set[int]:
    """Code points of the font."""
    points = {*range(0x20, 0x7F)}
    for row in range(0xA1, 0xF8):
        for cell in range(0xA1, 0xFF):
            try:
                points.add(ord(bytes((row, cell)).decode("gb2312")))
            except UnicodeDecodeError:
                continue
    for first, last in BLOCKS:
        points.update(range(first, last + 1))
    return points


def own(path: Path) -> dict[int, str]:
    """Our glyphs, from their drawings."""
    glyphs: dict[int, str] = {}
    for drawing in path.read_text(encoding="utf-8").split("\n= ")[1:]:
        char, *rows = drawing.splitlines()
        width = len(rows[0])
        if len(rows) not in {12, 16} or width not in {8, 16} or any(len(row) != width for row in rows):
            raise SystemExit(f"{path}: the drawing of {char} is not 12 or 16 rows of 8 or 16 dots")
        rows = ["." * width] * ((16 - len(rows)) // 2) + rows + ["." * width] * ((16 - len(rows)) // 2)
        bits = [int(row.replace("#", "1").replace(".", "0"), 2) for row in rows]
        glyphs[ord(char)] = "".join(f"{row:0{width // 4}X}" for row in bits)
    return glyphs


def thick(glyph: str) -> str:
    """A half-width glyph with every stroke one dot wider to the right."""
    return "".join(f"{row | row >> 1:02X}" for row in bytes.fromhex(glyph))


def main() -> None:
    """Write the font, and say what is in it."""
    source = dict(line.split(":") for line in UNIFONT.read_text(encoding="ascii").split())
    points = wanted()
    glyphs = {point: source[key] for key in source if (point := int(key, 16)) in points}
    glyphs |= {point: thick(glyphs[point]) for point in range(0x21, 0x7F)}
    glyphs |= own(HERE / "own_glyphs.txt")
    text = "".join(f"{point:04X}:{glyphs[point]}\n" for point in sorted(glyphs))
    TARGET.write_bytes(gzip.compress(text.encode("ascii"), compresslevel=9, mtime=0))
    missing = sorted(points - set(glyphs))
    print(f"{TARGET}: {len(glyphs)} glyphs, {TARGET.stat().st_size} bytes")
    if missing:
        sys.exit("no glyph for " + " ".join(f"U+{point:04X}" for point in missing))


if __name__ == "__main__":
    main()
