"""Who this device is: keys that never leave it, and what the hall has signed for them.

Rules:

* One folder per key and certificate that belong together, and a link ``current`` to the one that counts. The link is changed in one step,
  so key and certificate never mix, whenever the power fails.
* Keys are made here with mode 0600, and are on the card before anybody is asked to sign for them.
* A certificate is kept only when it is for our key, under our name, and from the hall's authority.
"""

from __future__ import annotations

import base64
import shutil
from datetime import datetime
from hashlib import sha256
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

from hall.errors import Fault
from hall.files import link, write_whole
from hall.keys import Key, load_key, make_key, request
from hall.text import Text
from hall.tls import TlsSettings

CURRENT = "current"
#: under way: its key waits to be signed
NEXT = "next"
#: beside a certificate: which token it was got with, as a digest
MARK = "token.sha256"


class Identity:
    """The keys and certificates of `member` in `folder`."""

    def __init__(self, folder: Path, member: str, ca: bytes) -> None:
        """`ca` is the hall's authority, PEM."""
        self.folder, self.member = folder, member
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.ca = folder / "ca.pem"
        if not self.ca.exists() or self.ca.read_bytes() != ca:
            write_whole(self.ca, ca, mode=0o644)
        self._finish()

    @property
    def files(self) -> TlsSettings:
        """For the settings of whoever goes on the bus."""
        here = self.folder / CURRENT
        return TlsSettings(ca=str(self.ca), cert=str(here / "cert.pem"), key=str(here / "key.pem"))

    @property
    def certificate(self) -> x509.Certificate | None:
        """What the hall has signed; None before that."""
        return _certificate(self.folder / CURRENT)

    def due(self, now: datetime) -> bool:
        """Whether it is time for a new one: two thirds of the present one's life are over."""
        present = self.certificate
        if present is None:
            return True
        begun, over = present.not_valid_before_utc, present.not_valid_after_utc
        return now >= begun + (over - begun) * 2 / 3

    def request(self, token: str | None = None) -> bytes:
        """A request for the next key, which is made when there is none yet; PEM. The same key until it was signed.

        With a `token` what is signed was got with it; without one (a renewal) with the same as before.
        """
        key = self._next_key()
        mark = _mark(token) if token is not None else self._mark
        write_whole(self.folder / NEXT / MARK, mark.encode(), mode=0o600)
        return request(key, self.member)

    def came_by(self, token: str) -> bool:
        """Whether what is here was got with this token, now or before its renewals."""
        return self.certificate is not None and self._mark == _mark(token)

    def signature(self, data: bytes) -> str:
        """`data` signed with the present key, base64."""
        key = load_key(self.folder / CURRENT / "key.pem")
        return base64.b64encode(key.sign(data, ec.ECDSA(hashes.SHA256()))).decode()

    def take(self, chain: bytes) -> None:
        """Keep what was signed for the next key, from now on. Fault ``wrong-certificate`` when it is not ours: nothing changes then."""
        self._check(chain)
        fresh = self.folder / NEXT
        write_whole(fresh / "cert.pem", chain, mode=0o644)
        serial = x509.load_pem_x509_certificates(chain)[0].serial_number
        place = self.folder / f"{serial:x}"
        shutil.rmtree(place, ignore_errors=True)
        fresh.rename(place)
        self._point_to(place)
        for old in self._places():
            if old != place:
                shutil.rmtree(old)

    def _finish(self) -> None:
        """The power failed after something was taken and before it counted: now it does."""
        present = self.certificate
        for place in self._places():
            found = _certificate(place)
            if found is None or not (place / "key.pem").exists() or place.name == NEXT:
                continue
            if present is None or found.not_valid_before_utc > present.not_valid_before_utc:
                self._point_to(place)
                present = found

    def _point_to(self, place: Path) -> None:
        link(self.folder / CURRENT, place.name)

    def _places(self) -> list[Path]:
        """The folders of keys, whether they count or not."""
        return [each for each in self.folder.iterdir() if each.is_dir() and not each.is_symlink()]

    @property
    def _mark(self) -> str:
        try:
            return (self.folder / CURRENT / MARK).read_text(encoding="ascii")
        except FileNotFoundError:
            return ""

    def _next_key(self) -> Key:
        file = self.folder / NEXT / "key.pem"
        try:
            return load_key(file)
        except (FileNotFoundError, ValueError):
            file.parent.mkdir(mode=0o700, exist_ok=True)
            return make_key(file)

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


def _mark(token: str) -> str:
    return sha256(token.encode()).hexdigest()


def _certificate(place: Path) -> x509.Certificate | None:
    try:
        return x509.load_pem_x509_certificates((place / "cert.pem").read_bytes())[0]
    except (FileNotFoundError, ValueError):
        return None
