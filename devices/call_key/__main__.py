"""A call key: ``hall device call-key --settings FILE``, or ``python -m devices.call_key FILE``."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from devices.agent.run import Parts
from devices.agent.run import run as run_agent
from devices.call_key.agent import CallKey, Hands
from devices.call_key.hardware import CallKeyHands
from devices.call_key.settings import CallKeySettings
from hall.messages.common import MemberKind


def build(
    settings: CallKeySettings,
    parts: Parts,
    *,
    hands: Hands | None = None,
    pin_factory: Any = None,
    spi: Any = None,
) -> CallKey:
    """The program, on real pins and bus unless a `pin_factory` and `spi` (or whole `hands`) are given."""
    soon = parts.scheduler.call_soon
    return CallKey(
        hands=hands or CallKeyHands(settings, soon=soon, pin_factory=pin_factory, spi=spi),
        window=settings.window,
        brightness=settings.digits.brightness,
        pause_reason=settings.pause_reason,
        hall=settings.hall,
        member=settings.member,
        **parts.for_agent(),
    )


def run(settings: Path) -> int:
    """Run until a signal ends it; the exit code."""
    return run_agent(settings, CallKeySettings, MemberKind.CALL_KEY, build)


def main(argv: list[str]) -> int:
    """``python -m devices.call_key FILE``."""
    if len(argv) != 1:
        print("usage: python -m devices.call_key SETTINGS.yaml", file=sys.stderr)
        return 2
    return run(Path(argv[0]))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
