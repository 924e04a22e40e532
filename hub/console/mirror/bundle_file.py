"""A device's support bundle as the hub has kept it: the file for who takes it along, and the end of its log for who reads it here."""

from __future__ import annotations

import zlib
from pathlib import Path
from typing import Any

import msgspec

from hall.errors import Fault
from hall.text import Text
from hub.settings import BUNDLES
from hub.store.engine import store_file

#: A bundle unpacked is no larger; more is no bundle of ours.
MOST = 8 * 1024 * 1024


class _Bundle(msgspec.Struct, frozen=True, kw_only=True):
    """What is read of it here."""

    log: tuple[Any, ...] = ()


def beside(store: str) -> Path | None:
    """The hub's folder of bundles for who knows its store alone; None where that is no file and so names no folder."""
    file = store_file(store)
    return None if file is None else file.parent / BUNDLES


def read(folder: Path | None, file: str) -> bytes:
    """The bundle's bytes; Fault ``no-bundle`` when this program cannot read where the hub keeps it."""
    try:
        if folder is None:
            raise FileNotFoundError(file)
        return (folder / Path(file).name).read_bytes()
    except OSError as error:
        raise Fault(
            "no-bundle",
            Text(
                zh=f"诊断包在主机上：{file}，请在主机上用hall fleet logs查看",
                en=f"the bundle {file} is on the hub and cannot be read from here: use hall fleet logs there",
            ),
        ) from error


def log_of(bundle: bytes, lines: int) -> list[str]:
    """The last lines of the device's log, oldest first; Fault ``bad-bundle`` when it is none or not whole."""
    try:
        plain = zlib.decompressobj(zlib.MAX_WBITS | 16).decompress(bundle, MOST)
        log = msgspec.json.decode(plain, type=_Bundle).log
    except (zlib.error, msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise Fault(
            "bad-bundle",
            Text(zh="诊断包无法读取，请再取一次", en="the bundle cannot be read; fetch it again"),
        ) from error
    return [str(line) for line in log][-lines:]
