"""Who a member is on the bus and whom it believes: certificates of the hall's own authority.

Rules:

* Both ends show a certificate, over TLS 1.2 or newer.
* A member's name is its certificate's common name; its kind comes from the hall's registration, never from a certificate.
* The hall box is known by a name that stands in no name service and changes with no address: :func:`server_name`. The same
  certificate holds under any address, and nobody else's certificate does, also when the same authority has signed it.
* Only the hall's own authority is believed, never what the machine's operating system trusts.
"""

from __future__ import annotations

import ssl
from pathlib import Path
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from hall.errors import Fault
from hall.text import Text


class TlsSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The files that make a member known, PEM."""

    #: the hall's authority
    ca: Annotated[str, Meta(min_length=1)]
    #: the member's certificate, with the certificates between it and the authority
    cert: Annotated[str, Meta(min_length=1)]
    #: its private key
    key: Annotated[str, Meta(min_length=1)]


class BrokerSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where the message broker is, and how to show who one is; without `tls` it must be one on the loopback."""

    host: Annotated[str, Meta(min_length=1, max_length=253)] = "127.0.0.1"
    port: Annotated[int, Meta(ge=1, le=65535)] = 1883
    tls: TlsSettings | None = None


def server_name(hall: str) -> str:
    """What the hall box calls itself in its certificate; ``.internal`` is given to nobody."""
    return f"hub.{hall}.hall.internal"


class HallContext(ssl.SSLContext):
    """Believes the hall box of one hall, whatever address it has."""

    #: who has to be at the other end
    name: str

    def wrap_socket(self, *args: Any, **named: Any) -> ssl.SSLSocket:
        """As the base's, the handshake included; the name that was dialled does not matter. What fails is closed: paho would leave it."""
        wrapped = super().wrap_socket(
            *args, **(named | {"server_hostname": self.name, "do_handshake_on_connect": False})
        )
        try:
            wrapped.do_handshake()
        except BaseException:
            wrapped.close()
            raise
        return wrapped


def context(tls: TlsSettings | None, hall: str) -> HallContext | None:
    """For :class:`hall.mqtt.MqttLink`; None without certificates. Raises Fault ``no-certificate`` or ``bad-certificate``."""
    if tls is None:
        return None
    made = trusting(Path(tls.ca), hall)
    try:
        made.load_cert_chain(tls.cert, tls.key)
    except FileNotFoundError:
        raise _missing(tls.cert) from None
    except (ssl.SSLError, OSError) as error:
        raise _unusable(tls.cert, error) from error
    return made


def trusting(ca: Path, hall: str) -> HallContext:
    """Believes the hall box and shows nothing of oneself: for a device that has no certificate yet. Raises as :func:`context`."""
    made = HallContext(ssl.PROTOCOL_TLS_CLIENT)
    made.name = server_name(hall)
    made.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        made.load_verify_locations(ca)
    except FileNotFoundError:
        raise _missing(str(ca)) from None
    except (ssl.SSLError, OSError) as error:
        raise _unusable(str(ca), error) from error
    return made


def _missing(file: str) -> Fault:
    return Fault(
        "no-certificate",
        Text(
            zh=f"缺少证书文件 {file}，请先登记本设备",
            en=f"there is no certificate {file}: enrol this member first",
        ),
    )


def _unusable(file: str, error: Exception) -> Fault:
    return Fault(
        "bad-certificate",
        Text(
            zh=f"证书文件 {file} 无法使用，请重新登记本设备",
            en=f"the certificate {file} cannot be used ({error}): enrol this member again",
        ),
    )
