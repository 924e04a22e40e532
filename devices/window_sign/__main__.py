"""A window sign: ``hall device sign --settings FILE``, or ``python -m devices.window_sign FILE``."""

from __future__ import annotations

import sys
from pathlib import Path

from devices.agent.run import Parts
from devices.agent.run import run as run_agent
from devices.window_sign.agent import Sign
from devices.window_sign.hardware import led_panel
from devices.window_sign.screen import Panel
from devices.window_sign.settings import SignSettings
from hall.messages.common import MemberKind


def build(settings: SignSettings, parts: Parts, *, panel: Panel | None = None, animate: bool = True) -> Sign:
    """The program, on the real panel unless another is given; `animate` as in :class:`Sign`."""
    return Sign(
        panel=panel or led_panel(settings.panel),
        window=settings.window,
        exit_to=settings.exit_to,
        schedule=settings.panel.schedule,
        animate=animate,
        hall=settings.hall,
        member=settings.member,
        **parts.for_agent(),
    )


def run(settings: Path) -> int:
    """Run until a signal ends it; the exit code."""
    return run_agent(settings, SignSettings, MemberKind.SIGN, build)


def main(argv: list[str]) -> int:
    """``python -m devices.window_sign FILE``."""
    if len(argv) != 1:
        print("usage: python -m devices.window_sign SETTINGS.yaml", file=sys.stderr)
        return 2
    return run(Path(argv[0]))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
