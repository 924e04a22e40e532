"""The certificates of a device: whether they are there, for how long they hold, and whether the hall box accepts them.

The broker is shown the certificate and no more: who connects under a device's own name would end the connection its program has.
"""

from __future__ import annotations

import contextlib
import re
import socket
import ssl
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from devices.doctor.finding import Finding, fault, fine, warning
from hall.clock import Seconds
from hall.errors import Fault
from hall.tls import BrokerSettings, context

#: a certificate that ends sooner is said
SOON = timedelta(days=30)
CONNECT_S: Seconds = 5.0
#: a broker that does not like a certificate says so within this
REFUSED_S: Seconds = 1.0
#: two DER times after each other, in their sequence: a certificate's validity
_TIMES = re.compile(
    rb"\x30.(?:\x17\x0d(\d{12}Z)|\x18\x0f(\d{14}Z))(?:\x17\x0d(\d{12}Z)|\x18\x0f(\d{14}Z))", re.DOTALL
)


def look(broker: BrokerSettings, hall: str, *, now: Callable[[], datetime]) -> Iterator[Finding]:
    """Files first, then the hall box, if the files are such that it can be asked."""
    if broker.tls is None:
        yield fine("certificate-unset", "总线没有设置证书", "no certificates are set up on this bus")
        return
    enrol = ("请重新登记这台设备", "enrol this device again")
    try:
        tls = context(broker.tls, hall)
    except Fault as error:
        yield fault("certificate-wrong", (error.text.zh, error.text.en), enrol)
        return
    for name, file in (("设备证书", broker.tls.cert), ("大厅证书", broker.tls.ca)):
        yield from _holds(name, file, now())
    assert tls is not None
    try:
        with (
            socket.create_connection((broker.host, broker.port), CONNECT_S) as line,
            tls.wrap_socket(line) as door,
        ):
            _refused(door)
    except ssl.SSLError as error:
        yield fault(
            "certificate-refused",
            (
                f"主机与本设备互不认证书：{error.reason}",
                f"hub and device do not accept each other: {error.reason}",
            ),
            enrol,
        )
    except OSError:
        return  # that it cannot be reached is the broker's finding
    else:
        yield fine(
            "certificate", "证书可用，主机可信", "the certificates hold, the hall box is the right one"
        )


def _refused(door: ssl.SSLSocket) -> None:
    """SSLError when the broker turns our certificate down, which it says only after its own was accepted."""
    door.settimeout(REFUSED_S)
    with contextlib.suppress(TimeoutError):
        door.recv(1)


def validity(pem: str) -> tuple[datetime, datetime] | None:
    """From when to when the first certificate of a PEM file holds; None when that cannot be read."""
    begin, end = pem.find(ssl.PEM_HEADER), pem.find(ssl.PEM_FOOTER)
    if begin < 0 or end < begin:
        return None
    try:
        der = ssl.PEM_cert_to_DER_cert(pem[begin : end + len(ssl.PEM_FOOTER)])
    except ValueError:
        return None
    found = _TIMES.search(der)
    if found is None:
        return None
    first, second = (group.decode() for group in found.groups() if group is not None)
    return _moment(first), _moment(second)


def _moment(said: str) -> datetime:
    """ASN.1's time; with two digits a year from 1950 to 2049."""
    if len(said) == 13:
        said = ("19" if said[:2] >= "50" else "20") + said
    return datetime.strptime(said, "%Y%m%d%H%M%SZ").replace(tzinfo=UTC)


def _holds(name: str, file: str, now: datetime) -> Iterator[Finding]:
    try:
        times = validity(Path(file).read_text(encoding="ascii", errors="replace"))
    except OSError:
        times = None
    if times is None:
        return
    begins, ends = times
    if now < begins:
        yield fault(
            "certificate-early",
            (
                f"{name}从{begins:%Y-%m-%d}起有效，本机时钟更早",
                f"{file} holds from {begins:%Y-%m-%d}, the clock is before",
            ),
            ("请先校准时钟：timedatectl", "put the clock right first: timedatectl"),
        )
    elif now >= ends:
        yield fault(
            "certificate-expired",
            (f"{name}已于{ends:%Y-%m-%d}到期", f"{file} ended on {ends:%Y-%m-%d}"),
            ("请重新登记这台设备", "enrol this device again"),
        )
    elif now >= ends - SOON:
        yield warning(
            "certificate-ends",
            (f"{name}将于{ends:%Y-%m-%d}到期", f"{file} ends on {ends:%Y-%m-%d}"),
            ("请在到期前续期", "renew it before then"),
        )
