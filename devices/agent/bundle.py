"""What a technician far away needs to see of a device, in one file without secrets.

Rules:

* A bundle is one JSON object, compressed: the program's last log lines, its settings, what is on its card by name and size (never the
  content), versions, health, open alerts and what the doctor finds.
* Whatever could be a secret or a person's is blanked, in every text of it: keys and certificates in PEM, tokens, passwords, a name and
  password in an address, long runs of hexadecimal or base64, phone and identity numbers. Rather too much than too little.
* It travels as events of the durable outbox, in pieces that fit a message; each acts once, and a broken link only makes it later.
"""

from __future__ import annotations

import base64
import gzip
import json
import platform
import re
from collections.abc import Iterator
from importlib import metadata
from typing import Any, Final

from hall.card import Card

#: Bytes of one piece before it is written as base64; a member's message has 8 KiB.
PIECE: Final = 4500
BLANKED: Final = "[blanked]"
#: packages whose version is worth knowing
_PACKAGES: Final = (
    "hallfleet", "paho-mqtt", "msgspec", "pyyaml", "gpiozero", "lgpio", "luma.led-matrix", "luma.core", "pillow", "python-escpos",
)  # fmt: skip
_SECRET_NAME = re.compile(
    r"(?i)pass(word|wd|phrase)|secret|token|credential|psk|(api|private)_?key|authorization|cookie"
)
_SECRETS: Final = (
    (re.compile(r"-----BEGIN [^-]+-----.*?(-----END [^-]+-----|$)", re.DOTALL), BLANKED),
    (re.compile(r"://[^/@\s]+@"), f"://{BLANKED}@"),
    (re.compile(r"(?i)\b(bearer|basic)\s+[^\s\"',]+"), rf"\1 {BLANKED}"),
    (
        re.compile(
            r"(?i)([\w-]*(?:pass(?:word|wd|phrase)|secret|token|credential|psk|api_?key|private_?key)[\w-]*)"
            r"(['\"]?\s*[=:]\s*)(\"[^\"]*\"|'[^']*'|[^\s,;}\]]+)"
        ),
        rf"\1\2{BLANKED}",
    ),
    (re.compile(r"(?<![0-9A-Za-z])[0-9a-fA-F]{32,}(?![0-9A-Za-z])"), BLANKED),
    (re.compile(r"(?<![/\w.+-])[A-Za-z0-9+_-][A-Za-z0-9+/_-]{39,}={0,2}"), BLANKED),
    (re.compile(r"(?<![0-9])[0-9]{17}[0-9Xx](?![0-9A-Za-z])"), BLANKED),
    (re.compile(r"(?<![0-9])1[3-9][0-9]{9}(?![0-9])"), BLANKED),
)


def blank(value: Any) -> Any:
    """The same without whatever could be a secret."""
    match value:
        case dict():
            return {
                str(key): BLANKED if _SECRET_NAME.search(str(key)) and found is not None else blank(found)
                for key, found in value.items()
            }
        case list() | tuple():
            return [blank(found) for found in value]
        case str():
            for pattern, instead in _SECRETS:
                value = pattern.sub(instead, value)
            return value
        case _:
            return value


def written(content: dict[str, Any]) -> bytes:
    """A bundle's bytes: blanked, as JSON, compressed; the same content gives the same bytes."""
    text = json.dumps(blank(content), ensure_ascii=False, indent=1, default=str)
    return gzip.compress(text.encode("utf-8", "replace"), mtime=0)


def pieces(data: bytes) -> Iterator[str]:
    """The bundle in texts that each fit one message."""
    for begin in range(0, len(data), PIECE):
        yield base64.b64encode(data[begin : begin + PIECE]).decode("ascii")


def of_device(card: Card) -> dict[str, Any]:
    """What a bundle says beside what the program knows of itself."""
    return {"card": _of_card(card), "program": _of_program()}


def _of_card(card: Card) -> dict[str, Any]:
    """What a card holds: names and sizes."""
    (events,) = card.row("SELECT count(*) FROM outbox") or (0,)
    (commands,) = card.row("SELECT count(*) FROM commands") or (0,)
    keys = dict(card.rows("SELECT key, length(value) FROM card ORDER BY key"))
    return {
        "in_memory": card.trouble is not None,
        "quarantined": str(card.quarantined) if card.quarantined else None,
        "outbox": events,
        "commands": commands,
        "bytes_by_key": keys,
    }


def _of_program() -> dict[str, Any]:
    """What runs here."""
    versions: dict[str, str | None] = {}
    for package in _PACKAGES:
        try:
            versions[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            versions[package] = None
    return {
        "python": platform.python_version(),
        "kernel": platform.release(),
        "machine": platform.machine(),
        "packages": versions,
    }
