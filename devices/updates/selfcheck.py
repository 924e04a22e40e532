"""``python -m devices.updates.selfcheck KIND``: does the program of this release load at all? Its version, on stdout.

It imports what the program of this kind of machine imports, and touches no hardware.
"""

from __future__ import annotations

import importlib
import sys

from hall.member import program_version

#: kind of machine → what its program is made of
PROGRAMS = {
    "dispenser": ("devices.ticket_dispenser.__main__", "devices.ticket_dispenser.agent"),
    "sign": ("devices.window_sign.__main__", "devices.window_sign.agent"),
    "pad": ("devices.rating_pad.__main__", "devices.rating_pad.agent"),
    "speaker": ("devices.call_speaker.__main__", "devices.call_speaker.agent"),
    "call-key": ("devices.call_key.__main__", "devices.call_key.agent"),
    "box": ("hub.__main__", "hub.trust.service", "hub.store.migrate", "hub.console.app"),
}


def main() -> int:
    """Load it and say which version it is."""
    for name in (*PROGRAMS[sys.argv[1]], "hall.cli"):
        importlib.import_module(name)
    sys.stdout.write(program_version() + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
