"""Who this device is: keys that never leave it, and what the hall has signed for them.

Rules:

* One folder per key and certificate that belong together, and a link ``current`` to the one that counts. The link is changed in one step,
  so key and certificate never mix, whenever the power fails.
* Keys are made here with mode 0600, and are on the card before anybody is asked to sign for them.
* A certificate is kept only when it is for our key, under our name, and from the hall's authority.
"""

from __future__ import annotations

import base64
import os
import shutil
from datetime import datetime
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from hall.errors import Fault
from hall.text import Text
from hall.tls import TlsSettings

CURRENT = "current"
#: under way: its key waits to be signed
NEXT = "next"


class Identity:
    """The keys and certificates of `member` in `folder`."""

    def __init__(self, folder: Path, member: str, ca: bytes) -> None:
        """`ca` is the hall's authority, PEM."""
        self.folder, self.member = folder, member
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.ca = folder / "ca.pem"
        if not self.ca.exists() or self.ca.read_bytes() != ca:
            _write(self.ca, ca, 0o644)

    @property
    def files(self) -> TlsSettings:
        """For the settings of whoever goes on the bus."""
        here = self.folder / CURRENT
        return TlsSettings(ca=str(self.ca), cert=str(here / "cert.pem"), key=str(here / "key.pem"))

    @property
    def certificate(self) -> x509.Certificate | None:
        """What the hall has signed; None before that."""
        try:
            return x509.load_pem_x509_certificates((self.folder / CURRENT / "cert.pem").read_bytes())[0]
        except (FileNotFoundError, ValueError):
            return None

    def due(self, now: datetime) -> bool:
        """Whether it is time for a new one: two thirds of the present one's life are over."""
        present = self.certificate
        if present is None:
            return True
        begun, over = present.not_valid_before_utc, present.not_valid_after_utc
        return now >= begun + (over - begun) * 2 / 3

    def request(self) -> bytes:
        """A request for the next key, which is made when there is none yet; PEM. The same key until it was signed."""
        key = self._next_key()
        named = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, self.member)])
        asked = x509.CertificateSigningRequestBuilder().subject_name(named).sign(key, hashes.SHA256())
        return asked.public_bytes(serialization.Encoding.PEM)

    def signature(self, data: bytes) -> str:
        """`data` signed with the present key, base64."""
        key = _load(self.folder / CURRENT / "key.pem")
        return base64.b64encode(key.sign(data, ec.ECDSA(hashes.SHA256()))).decode()

    def take(self, chain: bytes) -> None:
        """Keep what was signed for the next key, from now on. Fault ``wrong-certificate`` when it is not ours: nothing changes then."""
        self._check(chain)
        fresh = self.folder / NEXT
        _write(fresh / "cert.pem", chain, 0o644)
        serial = x509.load_pem_x509_certificates(chain)[0].serial_number
        place = self.folder / f"{serial:x}"
        shutil.rmtree(place, ignore_errors=True)
        fresh.rename(place)
        link = self.folder / f"{CURRENT}.new"
        link.unlink(missing_ok=True)
        link.symlink_to(place.name)
        link.replace(self.folder / CURRENT)
        _settle(self.folder)
        for old in self.folder.iterdir():
            if old.is_dir() and not old.is_symlink() and old.name != place.name:
                shutil.rmtree(old)

    def forget(self) -> None:
        """Everything of it is gone from the card."""
        for file in self.folder.rglob("*.pem"):
            if file.is_file() and not file.is_symlink():
                file.write_bytes(b"\0" * file.stat().st_size)
        shutil.rmtree(self.folder)

    def _next_key(self) -> ec.EllipticCurvePrivateKey:
        file = self.folder / NEXT / "key.pem"
        try:
            return _load(file)
        except (FileNotFoundError, ValueError):
            key = ec.generate_private_key(ec.SECP256R1())
            plain = key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
            file.parent.mkdir(mode=0o700, exist_ok=True)
            _write(file, plain, 0o600)
            return key

    def _check(self, chain: bytes) -> None:
        try:
            leaf, *above = x509.load_pem_x509_certificates(chain)
            root = x509.load_pem_x509_certificates(self.ca.read_bytes())[0]
            for lower, upper in zip([leaf, *above], [*above, root], strict=True):
                lower.verify_directly_issued_by(upper)
            names = [each.value for each in leaf.subject.get_attributes_for_oid(x509.NameOID.COMMON_NAME)]
            right = names == [self.member] and leaf.public_key() == self._next_key().public_key()
        except (ValueError, TypeError, InvalidSignature):
            right = False
        if not right:
            raise Fault(
                "wrong-certificate",
                Text(
                    zh="厅内主机发来的证书不属于本设备，请联系管理人员",
                    en="the hall box sent a certificate that is not this device's: tell whoever runs the hall",
                ),
            )


def _load(file: Path) -> ec.EllipticCurvePrivateKey:
    key = serialization.load_pem_private_key(file.read_bytes(), password=None)
    if isinstance(key, ec.EllipticCurvePrivateKey):
        return key
    raise ValueError(f"{file} is not a P-256 key")


def _write(file: Path, data: bytes, mode: int) -> None:
    """Into place whole or not at all, with that mode from its first byte."""
    draft = file.with_name(file.name + ".new")
    draft.unlink(missing_ok=True)
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    with os.fdopen(descriptor, "wb") as stream:
        stream.write(data)
        stream.flush()
        os.fsync(descriptor)
    draft.replace(file)
    _settle(file.parent)


def _settle(folder: Path) -> None:
    """What was renamed in a folder is on the disk."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
