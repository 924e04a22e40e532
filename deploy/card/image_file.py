"""A system's image as a file, plain or packed with xz: how large it is unpacked, whether it is the published one, and its bytes."""

from __future__ import annotations

import hashlib
import lzma
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO

from hall.errors import Refused
from hall.text import Text

CHUNK = 4 * 1024 * 1024
#: what was done so far, of how much
Progress = Callable[[int, int], None]
_MAGIC = b"\xfd7zXZ\0"
_HEX = re.compile(r"\b[0-9a-fA-F]{64}\b")


def packed(image: Path) -> bool:
    """Whether it is an xz file, by its first bytes."""
    with image.open("rb") as stream:
        return stream.read(len(_MAGIC)) == _MAGIC


def size(image: Path) -> int:
    """Bytes of the unpacked image, without unpacking it; ``Refused`` for a file that is cut short."""
    return _xz_size(image) if packed(image) else image.stat().st_size


def check_sum(image: Path, expected: str | None, progress: Progress) -> str:
    """The file's SHA-256, if it is the `expected` one or that in ``IMAGE.sha256`` beside it; else ``Refused``, also where nobody says it."""
    wanted = expected or _beside(image)
    if wanted is None:
        raise Refused(
            "no-sum",
            Text(
                zh=f"没有 {image.name} 的 SHA-256 校验值：请把 {image.name}.sha256 放在旁边，或用 --sha256 给出",
                en=f"nobody says which SHA-256 {image.name} has: put {image.name}.sha256 beside it, or give --sha256",
            ),
        )
    total, done, sha = image.stat().st_size, 0, hashlib.sha256()
    with image.open("rb") as stream:
        while data := stream.read(CHUNK):
            sha.update(data)
            done += len(data)
            progress(done, total)
    if sha.hexdigest() != wanted.lower():
        raise Refused(
            "wrong-sum",
            Text(
                zh=f"{image.name} 与公布的校验值不符，请重新下载",
                en=f"{image.name} is not the image that was published (SHA-256 {sha.hexdigest()[:16]}…): fetch it again",
            ),
        )
    return sha.hexdigest()


def chunks(image: Path) -> Iterator[bytes]:
    """The unpacked image, piece by piece; ``Refused`` where the packing is broken or the file cannot be read."""
    try:
        left = size(image)
        with lzma.open(image) if packed(image) else image.open("rb") as stream:
            while data := stream.read(CHUNK):
                left -= len(data)
                yield data
    except (lzma.LZMAError, EOFError, OSError) as error:
        raise _broken(image, str(error)) from error
    if left:  # Python's reader stops without a word where it does not know how to go on
        raise _broken(image, f"{left} bytes of it could not be unpacked")


def _beside(image: Path) -> str | None:
    try:
        found = _HEX.search(image.with_name(image.name + ".sha256").read_text(encoding="ascii"))
    except (OSError, UnicodeDecodeError):
        return None
    return None if found is None else found[0]


def _xz_size(image: Path) -> int:
    """The sum of what the indexes of its streams say, from the last one back."""
    total, end = 0, image.stat().st_size
    with image.open("rb") as stream:
        while end > 0:
            end, unpacked = _stream(image, stream, end)
            total += unpacked
    return total


def _stream(image: Path, stream: BinaryIO, end: int) -> tuple[int, int]:
    """Where the stream that ends at `end` begins, and its unpacked size."""
    while end >= 4 and _at(stream, end - 4, 4) == b"\0\0\0\0":
        end -= 4
    footer = _at(stream, end - 12, 12)
    if end < 24 or footer[10:] != b"YZ":
        raise _broken(image, "it is cut short")
    length = (int.from_bytes(footer[4:8], "little") + 1) * 4
    index = _at(stream, end - 12 - length, length)
    if length > end or not index or index[0] != 0:
        raise _broken(image, "its index is broken")
    place, (records, unpacked, blocks) = 1, (0, 0, 0)
    records, place = _number(index, place)
    for _ in range(records):
        unpadded, place = _number(index, place)
        plain, place = _number(index, place)
        unpacked += plain
        blocks += (unpadded + 3) // 4 * 4
    return end - 12 - length - blocks - 12, unpacked


def _number(data: bytes, place: int) -> tuple[int, int]:
    value = shift = 0
    for byte in data[place : place + 9]:
        value |= (byte & 0x7F) << shift
        place, shift = place + 1, shift + 7
        if not byte & 0x80:
            break
    return value, place


def _at(stream: BinaryIO, place: int, n: int) -> bytes:
    stream.seek(max(0, place))
    return stream.read(n)


def _broken(image: Path, why: str) -> Refused:
    return Refused(
        "broken-image",
        Text(
            zh=f"镜像 {image.name} 已损坏，请重新下载",
            en=f"the image {image.name} is broken ({why}): fetch it again",
        ),
    )
