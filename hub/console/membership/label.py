"""What is written on a device's label, and whether it belongs to this hall. Pure.

Rules:

* A label says ``HF1:<hall>:<member>:<first 16 hex of the SHA-256 of the hall's authority>``. It holds no secret: it is no proof of who holds
  it, but a device whose label names another hall, or another authority of the same name, is not this hall's.
* Scanners type as a keyboard does: with the keyboard's language and its Shift key. Wide characters and capitals are read as what they mean.
* A name alone, typed by hand, is taken as it is; then nothing says which authority the device believes but that it came in.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final

import msgspec

from hall.errors import Refused
from hall.text import Text
from hall.topics import is_name

PREFIX: Final = "HF1"
#: Hexadecimal digits of the fingerprint on a label.
DIGITS: Final = 16
_LABEL = re.compile(rf"{PREFIX.lower()}:([a-z0-9-]+):([a-z0-9-]+):([0-9a-f]{{{DIGITS}}})\Z")

NO_LABEL = Refused(
    "no-label",
    Text(
        zh="对不起，这不是设备标签，请扫描标签上的二维码，或输入设备名称",
        en="Sorry, this is no device's label; please scan the code on the label, or type the device's name",
    ),
)
OTHER_HALL = Refused(
    "other-hall",
    Text(
        zh="对不起，这台设备属于另一个大厅，请为本厅重新制卡",
        en="Sorry, this device belongs to another hall; please write its card anew for this one",
    ),
)
OTHER_AUTHORITY = Refused(
    "other-authority",
    Text(
        zh="对不起，标签上的证书机构不是本厅的，请不要投入使用，重新制卡",
        en="Sorry, the label names another authority than this hall's; do not put it into service, write its card anew",
    ),
)


class Label(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody scanned or typed."""

    member: str
    #: None: only the name was typed
    hall: str | None = None
    fingerprint: str | None = None

    @property
    def scanned(self) -> bool:
        """Whether it was a label, not a name typed by hand."""
        return self.fingerprint is not None


def written(hall: str, member: str, fingerprint: str) -> str:
    """What a label says; `fingerprint` is the authority's whole one."""
    return f"{PREFIX}:{hall}:{member}:{fingerprint[:DIGITS]}"


def read(scanned: str) -> Label:
    """What it says; ``Refused`` with ``no-label``."""
    plain = unicodedata.normalize("NFKC", scanned).strip().lower()
    found = _LABEL.match(plain)
    if found is not None and is_name(found[1]) and is_name(found[2]):
        return Label(member=found[2], hall=found[1], fingerprint=found[3])
    if is_name(plain):
        return Label(member=plain)
    raise NO_LABEL


def check(label: Label, *, hall: str, fingerprint: str) -> None:
    """Whether a label is of this hall; ``Refused`` with ``other-hall`` or ``other-authority``."""
    if not label.scanned:
        return
    if label.hall != hall:
        raise OTHER_HALL
    if label.fingerprint != fingerprint[:DIGITS]:
        raise OTHER_AUTHORITY
