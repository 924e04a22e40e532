"""How often a program has failed to start, so that one that fails again and again comes up in safe mode.

Rules:

* A start is good after :data:`ON_BUS_S` on the bus, or after :data:`GOOD_S` where there is none.
* One that ends before that by an error of its own has failed; after :data:`FAILS` of them in a row the next start is safe: network and
  update only, no driver is touched.
* One that ends without a word may be a driver that takes the program with it, and may be somebody at the plug: it takes :data:`KILLS` of
  those in a row. An end that was asked for counts for nothing.
* A safe start tries again by itself after :data:`TRY_AGAIN_S`: a hall where nobody comes to look is not left without its device for a
  bad minute.
* Another program version or another settings file is another try: the count begins anew. So it does at an operator's word.
* The count is one small file beside the card, replaced as a whole: it works where the card does not. Where it cannot be written nothing
  is counted, and the program starts as usual.
"""

from __future__ import annotations

import contextlib
import logging
from hashlib import blake2b
from pathlib import Path
from typing import Final

import msgspec

from hall.clock import Seconds
from hall.files import write_whole

log = logging.getLogger(__name__)

GOOD_S: Final[Seconds] = 60.0
ON_BUS_S: Final[Seconds] = 5.0
TRY_AGAIN_S: Final[Seconds] = 300.0
FAILS: Final = 5
KILLS: Final = 12


class _Count(msgspec.Struct, kw_only=True):
    """What stands in the file."""

    #: program version and settings file that these starts were of
    of: str = ""
    failed: int = 0
    #: begun, and not heard of since
    silent: int = 0


class Starts:
    """The starts of one device."""

    def __init__(self, file: Path, of: str) -> None:
        """`of` names the program and settings that are started; see :func:`made_of`."""
        self._file, self._of = file, of
        self._count = self._read()

    @property
    def safe(self) -> bool:
        """Whether this start is to be a safe one."""
        return self._count.failed >= FAILS or self._count.silent >= KILLS

    def begin(self) -> None:
        """A start as usual: nothing is known of it until it is good or ends."""
        self._count.silent += 1
        self._write()

    def failed(self) -> None:
        """It ends by an error of its own."""
        if self._count.silent:  # not good yet
            self._count.silent -= 1
            self._count.failed += 1
            self._write()

    def good(self) -> None:
        """It runs; or somebody wants another try."""
        if self._count.failed or self._count.silent:
            self._count.failed = self._count.silent = 0
            self._write()

    def ended_well(self) -> None:
        """It was asked to end: that start counts for nothing."""
        if self._count.silent:
            self._count.silent -= 1
            self._write()

    def _read(self) -> _Count:
        with contextlib.suppress(OSError, msgspec.MsgspecError):
            found = msgspec.json.decode(self._file.read_bytes(), type=_Count)
            if found.of == self._of and 0 <= found.failed <= FAILS and 0 <= found.silent <= KILLS:
                return found
        return _Count(of=self._of)

    def _write(self) -> None:
        try:
            self._file.parent.mkdir(parents=True, exist_ok=True)
            write_whole(self._file, msgspec.json.encode(self._count))
        except OSError as error:
            log.warning("starts are not counted", extra={"why": error.strerror})


def made_of(version: str, settings: Path) -> str:
    """A name for a program version with one content of its settings file."""
    try:
        content = settings.read_bytes()
    except OSError:
        content = b""
    return f"{version} {blake2b(content, digest_size=8).hexdigest()}"
