#!/usr/bin/env python3
"""The picture of the hall in README.md, from a simulated morning: ``scripts/picture.py`` writes docs/pictures/hall.png."""

from __future__ import annotations

import tempfile
from datetime import date
from pathlib import Path

from PIL import Image

from devices.window_sign.agent import Sign
from sim.day import Day

TARGET = Path(__file__).parent.parent / "docs" / "pictures" / "hall.png"
MORNING = date(2026, 3, 2)
VISITORS = 300
#: when the picture is taken, seconds after the self-tests
AT_S = 3003.0
GAP = 28
WALL = (38, 36, 34)


def main() -> None:
    """Run the morning, take the picture."""
    with tempfile.TemporaryDirectory() as folder:
        day = Day(Path(folder), seed=7, visitors=VISITORS, on=MORNING, keep=False)
        try:
            day.go_on(AT_S)
            TARGET.parent.mkdir(parents=True, exist_ok=True)
            compose(day).quantize(96).save(TARGET, optimize=True)
        finally:
            day.close()


def compose(day: Day) -> Image.Image:
    """Six signs on the wall, the last ticket beside them."""
    signs = [panel(day, window.window) for window in day.hall.plan.windows]
    width, height = signs[0].size
    slip = next(slip for slip in reversed(day.hall.slips()) if slip.length > TICKET_MM)
    ticket = slip.photo().convert("RGB")
    tall = 6 * height + 7 * GAP
    ticket = ticket.resize((ticket.width * tall // ticket.height, tall), Image.Resampling.LANCZOS)
    picture = Image.new("RGB", (width + ticket.width + 3 * GAP, tall + 2 * GAP), WALL)
    for n, sign in enumerate(signs):
        picture.paste(sign, (GAP, GAP + GAP // 2 + n * (height + GAP + GAP // 5)))
    picture.paste(ticket, (width + 2 * GAP, GAP))
    return picture


#: longer than any list or notice of that morning
TICKET_MM = 130.0


def panel(day: Day, window: int) -> Image.Image:
    """A sign as one sees it now."""
    agent, twin = day.hall.agents[f"sign-{window}"], day.hall.twin(f"sign-{window}")
    assert isinstance(agent, Sign)
    assert twin.panel is not None
    agent.look()
    return twin.panel.picture(6).convert("RGB")


if __name__ == "__main__":
    main()
