"""Support bundles of devices, put together again beside the hub's store.

Rules:

* A bundle's pieces are events, so each comes at least once and in order; a bundle that is there does not come again. They are kept in memory until the last one is there; a hub that
  is started anew meanwhile has lost the first ones, and the bundle is asked for again.
* A bundle is written as a whole or not at all, and is readable by the hub's own user alone. The last :data:`KEPT` are kept.
* What is no base64, says another number of pieces or is more than :data:`MOST` bytes makes no file.
"""

from __future__ import annotations

import base64
import binascii
import logging
from collections import OrderedDict, deque
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Final

from hall.messages.events import BundlePart
from hub.domain.orders import AnyOrder, NoteBundle

log = logging.getLogger(__name__)

KEPT: Final = 20
#: Bytes of the largest bundle, and how many may be on their way at a time.
MOST: Final = 512 * 1024
OPEN: Final = 32


class Bundles:
    """What has come of them, and where they go."""

    def __init__(self, folder: Path | None, *, order: Callable[[AnyOrder], None]) -> None:
        """`folder` is made when it is needed; None: nothing is kept. `order` hands in that one is there."""
        self._folder, self._order = folder, order
        self._parts: OrderedDict[tuple[str, str], dict[int, bytes]] = OrderedDict()
        #: the last that came whole: their pieces may come once more
        self._whole: deque[tuple[str, str]] = deque(maxlen=OPEN)

    def on_part(self, member: str, part: BundlePart, at: datetime) -> None:
        """A piece has come, maybe not for the first time."""
        key = member, part.bundle
        if key in self._whole:
            return
        parts = self._parts.setdefault(key, {})
        try:
            parts[part.part] = base64.b64decode(part.data, validate=True)
        except (binascii.Error, ValueError):
            parts.clear()
        if part.part == part.parts and sorted(parts) == list(range(1, part.parts + 1)):
            del self._parts[key]
            if self._keep(member, b"".join(parts[n] for n in sorted(parts)), at):
                self._whole.append(key)
        while len(self._parts) > OPEN:
            self._parts.popitem(last=False)

    def _keep(self, member: str, data: bytes, at: datetime) -> bool:
        """Whether it is kept."""
        if self._folder is None or len(data) > MOST:
            return False
        name = f"{member}-{at:%Y%m%d-%H%M%S}.json.gz"
        try:
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            part = self._folder / f"{name}.part"
            part.touch(mode=0o600)
            part.write_bytes(data)
            part.replace(self._folder / name)
            for old in sorted(self._folder.glob("*.json.gz"), key=lambda file: file.stat().st_mtime)[:-KEPT]:
                old.unlink()
        except OSError as error:
            log.error("a bundle is not kept", extra={"of": member, "why": error.strerror})
            return False
        self._order(NoteBundle(member=member, file=name, size=len(data)))
        return True
