"""Draw what a sign shows in every state at every width, from the dots of the twin's modules: ``python scripts/sign_pictures.py``.

One picture per state and width under ``tests/devices/golden/sign``, its pages below each other in the order they come. A test holds them
to what signs show; after a change to words, font or layout draw them anew, look at each, and commit them with the change.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

from PIL import Image

from devices.parts.led_panel import LedPanel
from devices.window_sign.frames import Show
from devices.window_sign.wording import Script, offline, recovering, who_am_i, wording
from hall.messages.wants import Display
from hall.text import Text
from sim.twin.spi import Max7219Chain
from sim.twin.spi_bus import ChainSpi

HOME = Path(__file__).parents[1] / "tests" / "devices" / "golden" / "sign"
WIDTHS = (64, 128, 192)
DOT, GAP = 3, 1
LIT, UNLIT, WALL = (255, 160, 32), (38, 29, 24), (13, 12, 11)


def want(mode: str, **fields: object) -> Script:
    """The script of a state at window 3."""
    services = tuple(Text(zh=name, en=name) for name in ("提取", "咨询"))
    known = {"rev": "1", "mode": mode, "window": 3, "services": services, **fields}
    return wording(Display(**known), "left")  # type: ignore[arg-type]


STATES: dict[str, Script] = {
    "idle": want("idle", clerk="018"),
    "idle-heart-review": want("idle", clerk="018", heart=True, review=True),
    "idle-greeting": want("idle", clerk="018", greeting=Text(zh="祝您节日快乐", en="Season's greetings")),
    "called": want("called", number="A012", round=1),
    "called-again": want("called", number="A012", round=2),
    "serving": want("serving", number="A012"),
    "rate": want("rate"),
    "thanks": want("thanks"),
    "carry": want("carry", number="A012"),
    "paused": want("paused", others=(2, 4), until="10:30"),
    "paused-alone": want("paused"),
    "lunch": want("lunch", until="13:00", others=(2,)),
    "closed": want("closed", opens="9:00"),
    "closed-window": want("closed-window", others=(2,)),
    "fault": want("fault", others=(4,)),
    "fault-long": want("fault-long"),
    "extended": want("serving", number="A012", extended=True),
    "notice": want("notice", clerk="018", notice=Text(zh="17:00后停办贷款，明日恢复", en="n")),
    "evacuate": want("evacuate"),
    "offline": offline("A012"),
    "recovering": recovering(),
    "identify": who_am_i("sign-3", 3),
}


def pages(script: Script, width: int) -> Iterator[list[list[bool]]]:
    """What hangs on the wall at the beginning and, where it moves, in the middle and at the end of each page that differs."""
    chain = Max7219Chain(width)
    panel = LedPanel(width=width, spi_driver=ChainSpi(chain))
    show, begins, seen = Show(script, width), 0.0, []
    for page in (*show.intro, *show.loop):
        moves = page.picture.width > width
        for share in (0.2, 0.5, 0.8) if moves else (0.0,):
            panel.show(show.frame_at(begins + share * page.seconds + 1e-3))
            dots = chain.dots()
            if dots not in seen and any(any(row) for row in dots):
                seen.append(dots)
                yield dots
        begins += page.seconds


def picture(script: Script, width: int) -> Image.Image:
    """The pages below each other, dot by dot."""
    step, found = DOT + GAP, list(pages(script, width))
    drawn = Image.new("RGB", (width * step + GAP, len(found) * (16 * step + 2 * step) - 2 * step + GAP), WALL)
    for n, dots in enumerate(found):
        top = n * 18 * step
        for y, row in enumerate(dots):
            for x, lit in enumerate(row):
                place = (x * step + GAP, top + y * step + GAP)
                drawn.paste(LIT if lit else UNLIT, (*place, place[0] + DOT, place[1] + DOT))
    return drawn


def main() -> int:
    """Draw all of them; the exit code."""
    HOME.mkdir(parents=True, exist_ok=True)
    for old in HOME.glob("*.png"):
        old.unlink()
    for name, script in STATES.items():
        for width in WIDTHS:
            picture(script, width).quantize(4).save(HOME / f"{name}-{width}.png", optimize=True)
    print(f"{len(STATES) * len(WIDTHS)} pictures in {HOME}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
