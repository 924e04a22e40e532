"""As whom the doctor listens in a hall with certificates: an identity of its own, in a folder as ``hall identity enrol`` makes it.

Rules:

* Only a console may hear the whole hall, and only a name of its own takes nobody's place: who connects under a device's name ends the
  connection of its program. A device's identity is therefore refused before anybody connects.
* A console's identity that a program is using is told: that program was cut off while the doctor listened.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import msgspec

from devices.doctor.bus import Heard
from devices.doctor.finding import Finding, fault, warning
from hall.presence import WORKING
from hall.tls import BrokerSettings, TlsSettings
from hall.topics import HUB

CONSOLE = "console-"
_OWN = (
    "请给它单独的身份：hall member expect console-doctor --card 目录，再 hall identity enrol",
    "give it one of its own: hall member expect console-doctor --card FOLDER, then hall identity enrol",
)


def shown(broker: BrokerSettings, folder: Path) -> BrokerSettings:
    """The broker, and the files of this folder to show it."""
    here = folder / "current" if (folder / "current").exists() else folder
    files = TlsSettings(ca=str(folder / "ca.pem"), cert=str(here / "cert.pem"), key=str(here / "key.pem"))
    return msgspec.structs.replace(broker, tls=files)


def name(tls: TlsSettings) -> str:
    """Whose certificate it is; empty when that cannot be read."""
    from cryptography import x509  # noqa: PLC0415 - only where there are certificates
    from cryptography.x509.oid import NameOID  # noqa: PLC0415

    try:
        certificate = x509.load_pem_x509_certificates(Path(tls.cert).read_bytes())[0]
    except (OSError, ValueError):
        return ""
    return "".join(
        str(part.value) for part in certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    )


def not_to_be_used(whose: str) -> Iterator[Finding]:
    """It is a device's, or nobody's."""
    yield fault(
        "identity-not-a-console",
        (
            f"这个身份是 {whose or '无名'} 的，不能用来看整个大厅",
            f"this identity is {whose or 'nobody'}'s and cannot look at a hall",
        ),
        _OWN,
    )


def look(whose: str, heard: Heard) -> Iterator[Finding]:
    """What the hall thinks of this identity."""
    if heard.states.get(whose) in WORKING:
        yield warning(
            "identity-in-use",
            (f"{whose} 正有程序在用，刚才被断开过", f"a program uses {whose} and was cut off for a moment"),
            _OWN,
        )
    elif HUB in heard.states and not heard.board and len(heard.states) == 1:
        yield fault(
            "identity-unknown",
            (f"本厅没有登记 {whose}，它什么也看不到", f"the hall does not know {whose}: it may hear nothing"),
            (
                f"请在主机上：hall member confirm {whose}",
                f"on the hub's machine: hall member confirm {whose}",
            ),
        )
