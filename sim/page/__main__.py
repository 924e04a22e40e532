"""``python -m sim.page --folder DIR --mqtt-port P --port W [--host H]``: the page of a running hall."""

from __future__ import annotations

import argparse
import os
from pathlib import Path

from hall import logs
from sim.page.app import LOOPBACK, run


def main() -> None:
    """Serve until a signal comes."""
    parser = argparse.ArgumentParser(prog="sim.page", description=__doc__)
    parser.add_argument("--folder", type=Path, required=True, help="the running hall's files")
    parser.add_argument("--mqtt-port", type=int, required=True)
    parser.add_argument("--port", type=int, required=True, help="where the page is served")
    parser.add_argument("--host", default=LOOPBACK, help="0.0.0.0 opens it to the network")
    options = parser.parse_args()
    logs.setup("page", "info")
    os.environ.pop("PYTEST_CURRENT_TEST", None)  # a test that starts us is no reason for NiceGUI to be in one
    run(options.folder.resolve(), mqtt_port=options.mqtt_port, port=options.port, host=options.host)


if __name__ == "__main__":
    main()
