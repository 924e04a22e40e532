"""A rating pad: ``hall device pad --settings FILE``, or ``python -m devices.rating_pad FILE``."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from devices.agent.run import Parts
from devices.agent.run import run as run_agent
from devices.rating_pad.agent import Hands, Pad
from devices.rating_pad.hardware import PadHands, small_display
from devices.rating_pad.settings import PadSettings
from hall.messages.common import MemberKind


def build(
    settings: PadSettings,
    parts: Parts,
    *,
    hands: Hands | None = None,
    pin_factory: Any = None,
    spi: Any = None,
) -> Pad:
    """The program, on real pins and bus unless a `pin_factory`, an `spi` or whole `hands` are given."""
    return Pad(
        hands=hands
        or PadHands(
            settings.pins,
            soon=parts.scheduler.call_soon,
            digits=small_display(settings.display, spi=spi),
            pin_factory=pin_factory,
        ),
        window=settings.window,
        hall=settings.hall,
        member=settings.member,
        **parts.for_agent(),
    )


def run(settings: Path) -> int:
    """Run until a signal ends it; the exit code."""
    return run_agent(settings, PadSettings, MemberKind.PAD, build)


def main(argv: list[str]) -> int:
    """``python -m devices.rating_pad FILE``."""
    if len(argv) != 1:
        print("usage: python -m devices.rating_pad SETTINGS.yaml", file=sys.stderr)
        return 2
    return run(Path(argv[0]))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
