"""The staff's pages of a hall box: whether they answer over TLS, under the name that people use, and for how long.

Whether this machine believes the certificate is its browser's matter: the doctor looks at what is shown, and shows nothing itself.
"""

from __future__ import annotations

import socket
import ssl
from collections.abc import Callable, Iterator
from datetime import datetime

from devices.doctor.certificate import SOON, validity
from devices.doctor.finding import Finding, fault, fine, warning
from hall.clock import Seconds

CONNECT_S: Seconds = 5.0
_INSTALL = ("请在大厅主机上运行 hall hub install", "run hall hub install on the hall box")


def look(where: str, *, now: Callable[[], datetime]) -> Iterator[Finding]:
    """`where` is HOST:PORT, as people open it."""
    host, _, port = where.rpartition(":")
    looking = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    looking.check_hostname, looking.verify_mode = False, ssl.CERT_NONE
    try:
        with (
            socket.create_connection((host, int(port)), CONNECT_S) as bare,
            looking.wrap_socket(bare, server_hostname=host) as line,
        ):
            shown = line.getpeercert(binary_form=True) or b""
    except OSError as error:
        yield fault(
            "pages-away",
            (f"工作人员网页没有应答：{where}", f"the staff's pages do not answer at {where}: {error}"),
            _INSTALL,
        )
        return
    times = validity(ssl.DER_cert_to_PEM_cert(shown))
    if times is not None and now() >= times[1]:
        said = (
            f"网页证书已于{times[1]:%Y-%m-%d}到期",
            f"the pages' certificate ended on {times[1]:%Y-%m-%d}",
        )
        yield fault("pages-expired", said, _INSTALL)
    elif _named(host) not in shown:
        said = (
            f"网页证书不含 {host}，浏览器会提示不安全",
            f"the pages' certificate does not name {host}: browsers warn",
        )
        yield fault(
            "pages-misnamed",
            said,
            (
                f"请在大厅主机上运行 hall hub install --address {host}",
                f"run hall hub install --address {host} on the hall box",
            ),
        )
    elif times is not None and now() >= times[1] - SOON:
        said = (
            f"网页证书将于{times[1]:%Y-%m-%d}到期，没有自动续签",
            f"the pages' certificate ends on {times[1]:%Y-%m-%d} and was not renewed",
        )
        yield warning("pages-end", said, _INSTALL)
    else:
        yield fine("pages", "工作人员网页可用，证书有效", "the staff's pages answer, their certificate holds")


def _named(host: str) -> bytes:
    """How a certificate has this name among those it holds for: an address, or a host's name, with its length."""
    for family in (socket.AF_INET, socket.AF_INET6):
        try:
            packed = socket.inet_pton(family, host)
        except OSError:
            continue
        return bytes((0x87, len(packed))) + packed
    name = host.encode("idna")
    return bytes((0x82, len(name) % 256)) + name
