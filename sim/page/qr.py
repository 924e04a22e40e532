"""Where a QR code stands on a picture: its three corner marks are dark, light, dark, light, dark as 1:1:3:1:1, across and down.

What the code says is read by zbar (:func:`sim.people.eyes.codes`); this only finds the place, to show it large.
"""

from __future__ import annotations

from itertools import accumulate, groupby

from PIL import Image

Box = tuple[int, int, int, int]
_DARK = 128
#: rows looked at; a mark of the smallest module is hit by three of them
_STEP = 3
#: a corner mark is seven modules wide, its centre three and a half from the edge
_MARK, _CENTRE = 7, 3.5


def find(paper: Image.Image) -> Box | None:
    """Left, top, right, bottom of the code without its white margin; None when there are no three corner marks."""
    grey = paper.convert("L")
    across = [
        (x, y, width)
        for y in range(0, grey.height, _STEP)
        for x, width in _marks(grey.crop((0, y, grey.width, y + 1)).tobytes())
    ]
    found = [(x, y, width) for x, y, width in across if _is_mark_down(grey, round(x), y, width)]
    if not found:
        return None
    module = sorted(width for _, _, width in found)[len(found) // 2] / _MARK
    xs, ys = [x for x, _, _ in found], [y for _, y, _ in found]
    edge = _CENTRE * module
    box = (round(min(xs) - edge), round(min(ys) - edge), round(max(xs) + edge), round(max(ys) + edge))
    wide, high = box[2] - box[0], box[3] - box[1]
    return box if wide > 2 * _MARK * module and abs(wide - high) < 2 * _MARK * module else None


def _marks(line: bytes) -> list[tuple[float, int]]:
    """Centre and width of everything on a line of pixels that could be a corner mark."""
    runs = [(dark, len(list(run))) for dark, run in groupby(pixel < _DARK for pixel in line)]
    starts = [0, *accumulate(length for _, length in runs)]
    found = []
    for n in range(len(runs) - 4):
        lengths = [length for _, length in runs[n : n + 5]]
        if runs[n][0] and _one_one_three_one_one(lengths):
            width = sum(lengths)
            found.append((starts[n] + width / 2, width))
    return found


def _one_one_three_one_one(lengths: list[int]) -> bool:
    module = sum(lengths) / _MARK
    wanted = (1, 1, 3, 1, 1)
    return module >= 2 and all(
        abs(length - w * module) <= module * 0.5 * max(1, w / 2)
        for length, w in zip(lengths, wanted, strict=True)
    )


def _is_mark_down(grey: Image.Image, x: int, y: int, width: int) -> bool:
    column = grey.crop((x, max(0, y - width), x + 1, min(grey.height, y + width))).tobytes()
    middle = min(y, width)
    return any(
        abs(size - width) <= width * 0.2 and abs(centre - middle) <= width / 2
        for centre, size in _marks(column)
    )
