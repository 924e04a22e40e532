"""The authority that browsers are asked to believe: it vouches for the staff's pages, and can vouch for nothing else.

Rules:

* It is another one than the devices': whoever installs it in a browser gives nobody who holds its key a say over other sites. Its own
  certificate permits only addresses of private networks, the hall box's names, and names that no public site has.
* A name that it does not permit makes a new one, and browsers have to be told anew: names of private kinds are all permitted already.
* What it signs is good for a little less than browsers accept (398 days); half of that is left when the next is made.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from datetime import datetime, timedelta
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from hall.files import write_whole
from hall.keys import Key, load_key, make_key
from hub.trust.authority import BACKDATED, Certificate

LIVES = timedelta(days=20 * 365)
#: Browsers refuse what is good for longer.
PAGES_LIVE = timedelta(days=396)
#: Where the box may be found, whatever address it gets: private networks, and this machine.
NETWORKS = (
    "10.0.0.0/8",
    "172.16.0.0/12",
    "192.168.0.0/16",
    "127.0.0.0/8",
    "fe80::/10",
    "fc00::/7",
    "::1/128",
)
#: Ends of names that are given to no public site.
ENDS = ("local", "internal", "localhost", "lan", "home.arpa")

CERTIFICATE, KEY = "pages.pem", "pages.key"


class PagesAuthority:
    """One hall's, in the authority's folder."""

    def __init__(self, folder: Path) -> None:
        """Opens what :meth:`found` made; FileNotFoundError, or ValueError when the two do not belong together."""
        self.certificate = x509.load_pem_x509_certificate((folder / CERTIFICATE).read_bytes())
        self._key = load_key(folder / KEY)
        if self.certificate.public_key() != self._key.public_key():  # its making was cut off
            raise ValueError(f"{CERTIFICATE} is not of {KEY}")

    @classmethod
    def found(cls, folder: Path, hall: str, names: Iterable[str], now: datetime) -> PagesAuthority:
        """The one of `folder`; made when there is none, or when it may not vouch for all of `names`."""
        wanted = list(names)
        try:
            kept = cls(folder)
        except (FileNotFoundError, ValueError):
            kept = None
        if kept is not None and kept.permits(wanted):
            return kept
        (folder / KEY).unlink(missing_ok=True)
        key = make_key(folder / KEY)
        write_whole(folder / CERTIFICATE, _pem(_self_signed(hall, key, wanted, now)), mode=0o644)
        return cls(folder)

    @property
    def pem(self) -> bytes:
        """What browsers are given."""
        return _pem(self.certificate)

    def permits(self, names: Iterable[str]) -> bool:
        """Whether it may vouch for all of them."""
        allowed = self.certificate.extensions.get_extension_for_class(x509.NameConstraints).value
        return all(
            any(_within(_general(name), each) for each in allowed.permitted_subtrees or ()) for name in names
        )

    def issue(self, key: ec.EllipticCurvePublicKey, names: Iterable[str], now: datetime) -> Certificate:
        """The pages' certificate; the first name is the one that people read."""
        wanted = list(names)
        built = (
            _builder(wanted[0], self.certificate.subject, now, now + PAGES_LIVE)
            .public_key(key)
            .add_extension(x509.SubjectAlternativeName([_general(name) for name in wanted]), critical=False)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(_usage(signs_certificates=False), critical=True)
            .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key()), critical=False
            )
            .sign(self._key, hashes.SHA256())
        )
        return Certificate(_pem(built), built.serial_number, now + PAGES_LIVE)


def signed_by(certificate: x509.Certificate, authority: x509.Certificate) -> bool:
    """Whether that authority made this one."""
    try:
        certificate.verify_directly_issued_by(authority)
    except (ValueError, TypeError, InvalidSignature):
        return False
    return True


def fingerprint(certificate: x509.Certificate) -> str:
    """SHA-256 as browsers show it, for people to compare."""
    return certificate.fingerprint(hashes.SHA256()).hex(":").upper()


def plain_names(names: Iterable[str]) -> frozenset[str]:
    """The same names as :func:`names_in` has them."""
    return frozenset(str(_general(name).value) for name in names)


def names_in(certificate: x509.Certificate) -> frozenset[str]:
    """Whom a certificate of :meth:`PagesAuthority.issue` vouches for."""
    try:
        found = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return frozenset()
    return frozenset(str(each.value) for each in found)


def _self_signed(hall: str, key: Key, names: list[str], now: datetime) -> x509.Certificate:
    permitted: list[x509.GeneralName] = [x509.IPAddress(ipaddress.ip_network(each)) for each in NETWORKS]
    permitted += [x509.DNSName(each) for each in ENDS]
    permitted += [
        _subtree(name) for name in names if not any(_within(_general(name), each) for each in permitted)
    ]
    name = f"{hall} hall pages"
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    return (
        _builder(name, subject, now, now + LIVES)
        .public_key(key.public_key())
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(signs_certificates=True), critical=True)
        .add_extension(x509.NameConstraints(permitted, None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )


def _builder(name: str, issuer: x509.Name, now: datetime, until: datetime) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]))
        .issuer_name(issuer)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - BACKDATED)
        .not_valid_after(until)
    )


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        encipher_only=False,
        decipher_only=False,
    )


def _general(name: str) -> x509.DNSName | x509.IPAddress:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _subtree(name: str) -> x509.GeneralName:
    """What permits exactly this name (and, of a host, what is below it)."""
    general = _general(name)
    return general if isinstance(general, x509.DNSName) else x509.IPAddress(ipaddress.ip_network(name))


def _within(name: x509.DNSName | x509.IPAddress, permitted: x509.GeneralName) -> bool:
    if isinstance(name, x509.DNSName):
        if not isinstance(permitted, x509.DNSName):
            return False
        return name.value == permitted.value or name.value.endswith(f".{permitted.value}")
    if not isinstance(permitted, x509.IPAddress):
        return False
    network = ipaddress.ip_network(permitted.value)  # also of a single address
    return not isinstance(name.value, IPv4Network | IPv6Network) and name.value in network


def _pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)
