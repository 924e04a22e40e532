r"""What a card is to bring its device: who it becomes, how it reaches the hall, and nothing a person would have to type there.

Rules:

* Every text that lands in a boot file is one line without control characters: a ``\r`` pasted along with a password is refused here,
  not met at the device.
* A Wi-Fi password never leaves this file: what is written is the key made from it, and a plan shown in a log shows neither.
* An address is either given by the network, or whole: address with its prefix, and a gateway inside it or none.
"""

from __future__ import annotations

import hashlib
import ipaddress
import re
from datetime import datetime
from typing import Annotated

import msgspec
from msgspec import Meta

from hall.errors import Refused
from hall.messages.common import Name
from hall.settings_plan import zone_exists
from hall.text import Text

#: ``userconf`` accepts no others.
AccountName = Annotated[str, Meta(pattern=r"^[a-z][a-z0-9-]{0,31}$(?!\n)")]
Country = Annotated[str, Meta(pattern=r"^[A-Z]{2}$(?!\n)")]
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
_SSH_KEY = re.compile(r"(ssh-[a-z0-9-]+|ecdsa-[a-z0-9-]+|sk-[a-z0-9@.-]+) [A-Za-z0-9+/]+=*( \S.*)?")
TECHNICIAN = "hall-tech"


class _Card(msgspec.Struct, frozen=True, kw_only=True):
    """Base: read once, never changed."""


class Wifi(_Card, frozen=True, kw_only=True):
    """A wireless network; make one with :meth:`of`."""

    ssid: str
    #: the pre-shared key, 64 hex digits; none: an open network
    key: str | None
    country: Country = "CN"
    hidden: bool = False

    @classmethod
    def of(cls, ssid: str, password: str | None, *, country: str = "CN", hidden: bool = False) -> Wifi:
        """The network with this name and password; ``Refused`` when no network can have them."""
        if not 1 <= len(_octets(ssid, "ssid")) <= 32:
            raise _no("bad-wifi", "无线网络名称应为 1 至 32 字节", "a network's name has 1 to 32 bytes")
        if re.fullmatch("[A-Z]{2}", country) is None:
            raise _no(
                "bad-wifi", "国家代码应为两个大写字母，如 CN", "a country is two capital letters, as CN"
            )
        if password is None:
            return cls(ssid=ssid, key=None, country=country, hidden=hidden)
        octets = _octets(password, "password")
        if re.fullmatch("[0-9a-fA-F]{64}", password):
            return cls(ssid=ssid, key=password.lower(), country=country, hidden=hidden)
        if not 8 <= len(octets) <= 63:
            raise _no(
                "bad-wifi",
                "无线网络密码应为 8 至 63 字节",
                "a network's password has 8 to 63 bytes, or 64 hex digits",
            )
        made = hashlib.pbkdf2_hmac("sha1", octets, ssid.encode(), 4096, 32).hex()
        return cls(ssid=ssid, key=made, country=country, hidden=hidden)

    def __repr__(self) -> str:
        """Without the key."""
        return f"Wifi(ssid={self.ssid!r}, key={'…' if self.key else None})"


class Address(_Card, frozen=True, kw_only=True):
    """An address that the device has by itself."""

    #: with its prefix, "192.168.8.21/24"
    address: str
    gateway: str | None = None
    dns: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Only what a network card can be given."""
        try:
            own = ipaddress.IPv4Interface(self.address)
            gateway = None if self.gateway is None else ipaddress.IPv4Address(self.gateway)
            for each in self.dns:
                ipaddress.IPv4Address(each)
        except ValueError as error:
            raise _no("bad-address", f"地址有误：{error}", f"not an address: {error}") from error
        if "/" not in self.address or own.network.prefixlen > 30:
            raise _no(
                "bad-address",
                f"地址 {self.address} 缺少网络前缀，如 192.168.8.21/24",
                f"{self.address} lacks its network's prefix, as in 192.168.8.21/24",
            )
        if own.ip in {own.network.network_address, own.network.broadcast_address}:
            raise _no(
                "bad-address", f"{self.address} 不是主机地址", f"{self.address} is nobody's own address"
            )
        if gateway is not None and (gateway not in own.network or gateway == own.ip):
            raise _no(
                "bad-address",
                f"网关 {gateway} 不在 {own.network} 内",
                f"the gateway {gateway} is not another one in {own.network}",
            )


class CardPlan(_Card, frozen=True, kw_only=True):
    """Everything that is written into boot files beside the ``hall`` folder."""

    hall: Name
    member: Name
    timezone: str
    #: when the card is written
    stamp: datetime
    #: what makes this writing another than the last one, hex
    once: Annotated[str, Meta(pattern=r"^[0-9a-f]{4,16}$(?!\n)")]
    #: lines for ``config.txt``, as the role's buses need them
    hardware: tuple[str, ...] = ()
    #: arguments for the kernel
    arguments: tuple[str, ...] = ()
    #: whether the role needs the serial port for itself
    serial: bool = False
    wifi: Wifi | None = None
    address: Address | None = None
    technician: AccountName = TECHNICIAN
    #: public keys that may log in; none: nobody may
    ssh_keys: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Refuse what no boot file can hold."""
        if not zone_exists(self.timezone):
            raise _no("bad-zone", f"没有时区 {self.timezone}", f"there is no time zone {self.timezone}")
        for key in self.ssh_keys:
            _octets(key, "ssh key")
            if _SSH_KEY.fullmatch(key) is None:
                raise _no("bad-ssh-key", "这不是 SSH 公钥", "this is no public key of SSH, on one line")

    @property
    def instance(self) -> str:
        """What cloud-init knows this writing by: with the last one's name it would do nothing."""
        return f"{self.hall}-{self.member}-{self.stamp:%Y%m%dT%H%M%SZ}-{self.once}"


def _octets(text: str, what: str) -> bytes:
    if _CONTROL.search(text):
        raise _no(
            "control-character",
            f"{what} 中有换行或控制字符，请重新输入，不要带行尾",
            f"there is a line end or control character in the {what}: enter it again without",
        )
    return text.encode()


def _no(code: str, zh: str, en: str) -> Refused:
    return Refused(code, Text(zh=zh, en=en))
