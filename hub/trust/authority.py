"""The hall's own certificate authority: a folder of keys, and what they sign.

Rules:

* Two levels. The root signs once, for the issuing key, and may then leave the machine (:meth:`Authority.take_away_root`). The issuing
  key signs members and the hall box from day to day.
* A member's certificate carries the name that the hall gave it, whatever its request says: a name with ``/`` would open other members'
  topics. Of a request only the public key counts, and only when it is P-256 and the request is signed with its private half.
* A member's certificate is short-lived, good for a client only, and back-dated by a day: a Pi's clock may be behind.
* Who was revoked is the register's to remember; :meth:`Authority.revocations` writes the list it is given.
* Keys are made with mode 0600 in a folder of mode 0700, and are on the disk before anything that they sign.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from hall.errors import Fault, Malformed
from hall.files import write_whole
from hall.keys import Key, load_key, make_key
from hall.text import Text
from hall.tls import server_name
from hall.topics import is_name

BACKDATED = timedelta(days=1)
ROOT_LIVES = timedelta(days=20 * 365)
ISSUER_LIVES = timedelta(days=10 * 365)
#: The hall box renews its own long before.
SERVER_LIVES = timedelta(days=2 * 365)
MEMBER_LIVES = timedelta(days=90)
#: A list that has run out would close the broker to everybody; it is written anew whenever something changes, and at each start.
LIST_LIVES = timedelta(days=10 * 365)
#: A request for a P-256 key is about 500 bytes.
LONGEST_REQUEST = 4096


@dataclass(frozen=True)
class Certificate:
    """A certificate as it is handed over."""

    #: with what stands between it and the root, PEM
    chain: bytes
    serial: int
    until: datetime


@dataclass(frozen=True)
class Revoked:
    """A certificate that counts no more."""

    serial: int
    at: datetime


class Authority:
    """One hall's authority in `folder`."""

    def __init__(self, folder: Path, hall: str) -> None:
        """Opens what :meth:`found` made; Fault ``no-authority`` when there is none, ``bad-authority`` when it cannot be used."""
        self.folder, self.hall = folder, hall
        try:
            self.root = x509.load_pem_x509_certificate((folder / "root.pem").read_bytes())
            self.issuer = x509.load_pem_x509_certificate((folder / "issuing.pem").read_bytes())
            self._key = load_key(folder / "issuing.key")
        except FileNotFoundError as error:
            raise Fault(
                "no-authority",
                Text(
                    zh=f"缺少证书机构文件 {error.filename}，请先安装厅内主机",
                    en=f"the hall's authority lacks {error.filename}: install the hall box first, or restore its backup",
                ),
            ) from error
        except (ValueError, OSError) as error:
            raise Fault(
                "bad-authority",
                Text(
                    zh=f"证书机构文件无法使用：{folder}，请从备份恢复",
                    en=f"the hall's authority in {folder} cannot be used ({error}): restore it from a backup",
                ),
            ) from error

    @classmethod
    def found(cls, folder: Path, hall: str, now: datetime) -> Authority:
        """The authority of `folder`, made when there is none; a making that was cut off begins anew."""
        if not is_name(hall):
            raise ValueError(f"not a hall id: {hall!r}")
        if not (folder / "issuing.pem").exists():
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            folder.chmod(0o700)
            root_key, issuing_key = make_key(folder / "root.key"), make_key(folder / "issuing.key")
            root = _authority_certificate(f"{hall} hall root", root_key, None, root_key, now, ROOT_LIVES)
            issuer = _authority_certificate(
                f"{hall} hall issuing", issuing_key, root, root_key, now, ISSUER_LIVES
            )
            write_whole(folder / "root.pem", _pem(root), mode=0o644)
            write_whole(folder / "chain.pem", _pem(issuer) + _pem(root), mode=0o644)
            write_whole(folder / "issuing.pem", _pem(issuer), mode=0o644)
        return cls(folder, hall)

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the root in hex: what a label shows of it."""
        return self.root.fingerprint(hashes.SHA256()).hex()

    def take_away_root(self, to: Path) -> Path:
        """Copy root key and certificate into the folder `to` (a stick), read them back, and only then delete the key here; its new place."""
        here = self.folder / "root.key"
        if not here.exists():
            raise Fault(
                "root-away",
                Text(zh="根密钥已不在本机", en="the root's key is not on this machine any more"),
            )
        key = here.read_bytes()
        to.mkdir(parents=True, exist_ok=True)
        write_whole(to / "root.pem", _pem(self.root), mode=0o644)
        write_whole(to / "root.key", key, mode=0o600)
        if (to / "root.key").read_bytes() != key:
            raise Fault(
                "bad-stick",
                Text(
                    zh="写入的根密钥读不回来，请换一个存储盘；本机的没有删除",
                    en="the key that was written reads back differently: take another stick; the one here is still there",
                ),
            )
        here.unlink()
        return to / "root.key"

    def issue_member(
        self, request: bytes, member: str, now: datetime, lives: timedelta = MEMBER_LIVES
    ) -> Certificate:
        """A client's certificate for `member`. Raises ``Malformed`` (``bad-request``); ValueError when `member` is no name."""
        if not is_name(member):
            raise ValueError(f"not a member's name: {member!r}")
        return self._sign(member, public_key(request), None, ExtendedKeyUsageOID.CLIENT_AUTH, now, lives)

    def issue_server(self, key: Key, now: datetime, lives: timedelta = SERVER_LIVES) -> Certificate:
        """The hall box's certificate, for broker and enrolment."""
        name = server_name(self.hall)
        return self._sign("hub", key.public_key(), name, ExtendedKeyUsageOID.SERVER_AUTH, now, lives)

    def revocations(self, revoked: Iterable[Revoked], now: datetime) -> bytes:
        """The signed list of who counts no more, PEM."""
        listed = (
            x509.CertificateRevocationListBuilder()
            .issuer_name(self.issuer.subject)
            .last_update(now - BACKDATED)
            .next_update(now + LIST_LIVES)
        )
        for one in revoked:
            listed = listed.add_revoked_certificate(
                x509.RevokedCertificateBuilder().serial_number(one.serial).revocation_date(one.at).build()
            )
        return listed.sign(self._key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)

    def _sign(
        self,
        member: str,
        key: ec.EllipticCurvePublicKey,
        dns: str | None,
        usage: x509.ObjectIdentifier,
        now: datetime,
        lives: timedelta,
    ) -> Certificate:
        until = now + lives
        built = (
            _builder(member, self.issuer.subject, now, until)
            .public_key(key)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(x509.ExtendedKeyUsage([usage]), critical=True)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key()), critical=False
            )
        )
        if dns is not None:
            built = built.add_extension(x509.SubjectAlternativeName([x509.DNSName(dns)]), critical=False)
        signed = built.sign(self._key, hashes.SHA256())
        return Certificate(_pem(signed) + _pem(self.issuer), signed.serial_number, until)


def public_key(request: bytes) -> ec.EllipticCurvePublicKey:
    """The key that a signing request asks for; whom it says to be does not matter. Raises ``Malformed`` with ``bad-request``."""
    try:
        if len(request) > LONGEST_REQUEST:
            raise ValueError("too long")
        asked = x509.load_pem_x509_csr(request)
        if not asked.is_signature_valid:
            raise InvalidSignature("not signed by its own key")
        key = asked.public_key()
        if not (isinstance(key, ec.EllipticCurvePublicKey) and isinstance(key.curve, ec.SECP256R1)):
            raise InvalidSignature("not a P-256 key")
    except (ValueError, TypeError, InvalidSignature) as error:
        raise Malformed(
            "bad-request",
            Text(zh="证书申请无效", en=f"this is not a request for a certificate: {error}"),
        ) from error
    return key


def _authority_certificate(
    name: str, key: Key, issuer: x509.Certificate | None, signer: Key, now: datetime, lives: timedelta
) -> x509.Certificate:
    subject = _subject(name)
    return (
        _builder(name, subject if issuer is None else issuer.subject, now, now + lives)
        .public_key(key.public_key())
        .add_extension(x509.BasicConstraints(ca=True, path_length=1 if issuer is None else 0), critical=True)
        .add_extension(
            x509.KeyUsage(
                digital_signature=False,
                content_commitment=False,
                key_encipherment=False,
                data_encipherment=False,
                key_agreement=False,
                key_cert_sign=True,
                crl_sign=True,
                encipher_only=False,
                decipher_only=False,
            ),
            critical=True,
        )
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(signer, hashes.SHA256())
    )


def _builder(name: str, issuer: x509.Name, now: datetime, until: datetime) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(_subject(name))
        .issuer_name(issuer)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - BACKDATED)
        .not_valid_after(until)
    )


def _subject(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def _pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)
