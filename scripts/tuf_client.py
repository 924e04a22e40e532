#!/usr/bin/env python3
"""A device's judgement of a signed repository behind the command line that the TUF project's tuf-conformance asks of a client.

``tuf_client.py --metadata-dir DIR init TRUSTED_ROOT``, and with ``--metadata-url URL`` ``refresh``, and with ``--target-name``,
``--target-base-url`` and ``--target-dir`` also ``download``; exit code 0 or 1. With a copy of that suite at hand::

    pytest tuf_conformance --entrypoint "PROJECT/.venv/bin/python PROJECT/scripts/tuf_client.py"

What judges is :class:`devices.updates.signed.Signed`, as on a device. Different are only the road, which is plain HTTP to this machine,
and how many roles are asked for one file: a hall's repository delegates nothing, the suite's trees have several levels.
"""

from __future__ import annotations

import argparse
import http.client
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from urllib.parse import quote, urlsplit

from devices.updates.signed import Signed
from devices.updates.source import SILENT_S, Source
from hall.errors import HallError
from hall.releases import WHEEL_LIMIT

FIRST_ROOT = "first-root"
"""Beside the metadata, and no metadata itself: what ``init`` was given. A device has it from its card."""

DELEGATIONS = 32


class PlainSource(Source):
    """Fetches ``http:`` addresses too."""

    def _fetch(self, url: str) -> Iterator[bytes]:
        parts = urlsplit(url)
        if parts.scheme == "http" and parts.hostname:
            return self._of_desk(
                http.client.HTTPConnection(parts.hostname, parts.port, timeout=SILENT_S), parts.path
            )
        return super()._fetch(url)


def main(arguments: Sequence[str] | None = None) -> int:
    """The client: what its exit code is."""
    asked = _asked(arguments)
    try:
        if asked.act == "init":
            (asked.metadata_dir / FIRST_ROOT).write_bytes(asked.trusted_root.read_bytes())
            return 0
        signed = Signed(
            metadata=asked.metadata_url,
            targets=asked.target_base_url or asked.metadata_url,
            trusted=asked.metadata_dir,
            first_root=(asked.metadata_dir / FIRST_ROOT).read_bytes(),
            source=PlainSource(),
            delegations=DELEGATIONS,
        )
        if asked.act == "download":
            file = asked.target_dir / quote(asked.target_name, safe="")
            if not signed.is_here(asked.target_name, file):
                signed.fetch(asked.target_name, file, WHEEL_LIMIT)
    except (HallError, OSError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def _asked(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--metadata-dir", type=Path, required=True)
    parser.add_argument("--metadata-url")
    parser.add_argument("--target-name")
    parser.add_argument("--target-base-url")
    parser.add_argument("--target-dir", type=Path)
    acts = parser.add_subparsers(dest="act", required=True)
    acts.add_parser("init").add_argument("trusted_root", type=Path)
    acts.add_parser("refresh")
    acts.add_parser("download")
    asked = parser.parse_args(arguments)
    needed = {"init": (), "refresh": ("metadata_url",)}.get(
        asked.act, ("metadata_url", "target_name", "target_base_url", "target_dir")
    )
    if lacking := [name for name in needed if getattr(asked, name) is None]:
        parser.error(f"{asked.act} needs --{lacking[0].replace('_', '-')}")
    return asked


if __name__ == "__main__":
    sys.exit(main())
