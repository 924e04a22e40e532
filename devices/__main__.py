"""A device's program as a service manager starts it: ``python -m devices KIND FILE``.

The same as ``hall device KIND --settings FILE`` without the four megabytes of what reads a person's command line.
"""

from __future__ import annotations

import sys
from pathlib import Path

from hall.cli_call import DEVICES, call


def main(argv: list[str]) -> int:
    """Run it until a signal ends it; the exit code."""
    match argv:
        case [kind, file] if kind in DEVICES:
            return call(DEVICES[kind], settings=Path(file))
        case _:
            print(f"usage: python -m devices {'|'.join(DEVICES)} SETTINGS.yaml", file=sys.stderr)
            return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
