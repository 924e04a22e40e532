"""``hall device sign --probe``: finds out with a technician how a panel is wired, and says what to write into the settings.

Rules:

* It shows a picture, says what should be seen, and asks; it never believes the settings, only tries them first.
* The wiring of the modules (or the fold of the strip) first, then their order, then the width; a wrong order is explained, not guessed.
* Where the chain is wired back, the modules are counted instead of asked for.
* At the end the panel is dark, and the lines for the settings file are on the screen. Exit code 1 when none fits.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Protocol

import msgspec
from PIL import Image, ImageDraw

from devices.parts.bitmap_font import font
from devices.window_sign.settings import HEIGHT, PanelSettings
from hall.clock import Seconds
from hall.text import Text

#: an F for each module: no turn and no mirror leaves it an F
LETTER = ("11111110", "11111110", "11000000", "11111000", "11111000", "11000000", "11000000", "00000000")
WORD = "A012"
STEP_S: Seconds = 0.25
ORIENTATIONS = (-90, 90, 0, 180)
LAYOUTS = ("columns-serpentine", "rows-serpentine", "columns", "rows")


class Panel(Protocol):
    """What is probed. Every method but `close` may raise Fault."""

    def show(self, image: Image.Image) -> None:
        """Light these dots."""

    def count_modules(self) -> int | None:
        """How many modules answer; None where nothing can come back."""

    def close(self) -> None:
        """Go dark."""


Open = Callable[[PanelSettings], Panel]


class Technician(Protocol):
    """Whoever stands before the panel."""

    def tell(self, text: Text) -> None:
        """Say something."""

    def sees(self, question: Text) -> bool:
        """Ask whether something is to be seen."""

    def count(self, question: Text) -> int:
        """Ask for a number."""

    def wait(self, seconds: Seconds) -> None:
        """Leave time to look."""


def probe(settings: PanelSettings, open_panel: Open, technician: Technician) -> PanelSettings | None:
    """The settings that fit the panel; None when none does. Raises Fault when nothing can be sent at all."""
    counted = _counted(settings, open_panel)
    if counted is not None:
        technician.tell(
            Text(zh=f"链上有{counted}个模块应答。", en=f"{counted} modules answer: {counted * 4} dots wide.")
        )
        settings = msgspec.structs.replace(settings, width=counted * 4, wired_back=True)
    wired = _find(settings, open_panel, technician)
    if wired is None:
        technician.tell(NOTHING_FITS)
        return None
    found = wired if counted is not None else _width(wired, open_panel, technician)
    if found is not None and _in_order(found, open_panel, technician):
        return found
    return None


def lines(found: PanelSettings) -> str:
    """What to write into the settings file."""
    fields: dict[str, object] = {"kind": found.kind, "width": found.width}
    if found.kind == "max7219":
        fields["block_orientation"] = found.block_orientation
        if found.wired_back:
            fields["wired_back"] = "true"
    else:
        fields["layout"], fields["strip_height"] = found.layout, found.strip_height
    return "panel:\n" + "".join(f"  {key}: {value}\n" for key, value in fields.items())


def candidates(settings: PanelSettings) -> Iterator[PanelSettings]:
    """What a panel of this kind may be wired like, the settings' own first."""
    yield settings
    if settings.kind == "max7219":
        for orientation in ORIENTATIONS:
            if orientation != settings.block_orientation:
                yield msgspec.structs.replace(settings, block_orientation=orientation)
        return
    for height in (16, 8):
        for layout in LAYOUTS:
            other = msgspec.structs.replace(settings, layout=layout, strip_height=height)
            if other != settings:
                yield other


# --- pictures


def letters(width: int) -> Image.Image:
    """An F on every module."""
    image = Image.new("1", (width, HEIGHT))
    for y in range(HEIGHT):
        for x in range(width):
            if LETTER[y % 8][x % 8] == "1":
                image.putpixel((x, y), 255)
    return image


def frame(width: int) -> Image.Image:
    """A line along all four edges, and a word at the left."""
    image = word(width)
    ImageDraw.Draw(image).rectangle((0, 0, width - 1, HEIGHT - 1), outline=255)
    return image


def word(width: int) -> Image.Image:
    """A number at the left edge, the right end of it in sight on the narrowest panel."""
    image = Image.new("1", (width, HEIGHT))
    image.paste(font().draw(WORD), (8, 0))
    return image


def module(width: int, n: int) -> Image.Image:
    """Module `n` alone."""
    image = Image.new("1", (width, HEIGHT))
    left, top = n % (width // 8) * 8, n // (width // 8) * 8
    image.paste(255, (left, top, left + 8, top + 8))
    return image


# --- steps


NOTHING_FITS = Text(
    zh="没有一种接法显示正确。请检查：供电5伏、第一个模块的DIN接主机MOSI、CS和CLK没有接反、模块之间的排线，再试一次。",
    en="No wiring shows it right. Check: 5 V, DIN of the first module on the Pi's MOSI, CS and CLK not swapped, the cables "
    "between the modules; then try again.",
)
WRONG_ORDER = Text(
    zh="模块顺序不对：第一个模块在左上，上排从左到右，下排也从左到右（不是来回走）。请按刚才亮的顺序改接线。",
    en="The modules' order is wrong: the first one is top left, the upper row runs left to right, and so does the lower row (not back and "
    "forth). Change the cables by the order in which they lit up.",
)


def _find(settings: PanelSettings, open_panel: Open, technician: Technician) -> PanelSettings | None:
    letter = settings.kind == "max7219"
    question = (
        Text(zh="每个模块上都是一个正立的字母F吗？", en="Does every module show an upright letter F?")
        if letter
        else Text(zh=f"屏的左边能看清“{WORD}”吗？", en=f"Can you read “{WORD}” at the left?")
    )
    for candidate in candidates(settings):
        with _shown(candidate, open_panel) as panel:
            panel.show(letters(candidate.width) if letter else word(candidate.width))
            if technician.sees(question):
                return candidate
    return None


def _width(found: PanelSettings, open_panel: Open, technician: Technician) -> PanelSettings | None:
    """Ask how many modules (or lights) there are in a row, unless the frame is closed."""
    with _shown(found, open_panel) as panel:
        panel.show(frame(found.width))
        if technician.sees(
            Text(
                zh="屏的四边有一圈完整的框，没有缺边也没有断开吗？",
                en="Is there one closed frame along all four edges of the panel?",
            )
        ):
            return found
    dots = 8 * technician.count(Text(zh="一排有几个8×8模块？", en="How many 8×8 modules are in one row?"))
    try:
        return msgspec.convert(msgspec.to_builtins(msgspec.structs.replace(found, width=dots)), PanelSettings)
    except msgspec.ValidationError:
        technician.tell(Text(zh="屏宽须为64到256点。", en="A panel is 64 to 256 dots wide."))
        return None


def _in_order(found: PanelSettings, open_panel: Open, technician: Technician) -> bool:
    with _shown(found, open_panel) as panel:
        panel.show(frame(found.width))
        if technician.sees(
            Text(
                zh=f"框是完整的，里面能看清“{WORD}”吗？",
                en=f"Is the frame closed, and can you read “{WORD}” in it?",
            )
        ):
            return True
        technician.tell(
            Text(
                zh="现在模块按接线顺序逐个点亮。",
                en="Now the modules light up one after another, as they are wired.",
            )
        )
        for n in range(found.width * HEIGHT // 64):
            panel.show(module(found.width, n))
            technician.wait(STEP_S)
    technician.tell(WRONG_ORDER)
    return False


def _counted(settings: PanelSettings, open_panel: Open) -> int | None:
    """How many modules a chain that is wired back has, where that makes a panel two rows high."""
    with _shown(settings, open_panel) as panel:
        count = panel.count_modules()
    return count if count is not None and 16 <= count <= 64 and count % 2 == 0 else None


class _shown:  # noqa: N801 - reads as a verb
    """A panel for one step, dark again afterwards."""

    def __init__(self, settings: PanelSettings, open_panel: Open) -> None:
        self._panel = open_panel(settings)

    def __enter__(self) -> Panel:
        return self._panel

    def __exit__(self, *_: object) -> None:
        self._panel.close()
