"""Keys of members, on the hall box and on devices alike: P-256, in a file that its owner alone can read."""

from __future__ import annotations

from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from hall.files import write_whole

Key = ec.EllipticCurvePrivateKey


def make_key(file: Path) -> Key:
    """A new key, on the disk with mode 0600 before it is used for anything."""
    key = ec.generate_private_key(ec.SECP256R1())
    plain = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    write_whole(file, plain, mode=0o600)
    return key


def load_key(file: Path) -> Key:
    """The key of a file; FileNotFoundError, or ValueError for anything that is none of ours."""
    key = serialization.load_pem_private_key(file.read_bytes(), password=None)
    if isinstance(key, ec.EllipticCurvePrivateKey):
        return key
    raise ValueError(f"{file} is not a P-256 key")


def key_of(file: Path) -> Key:
    """The key of `file`, made when there is none yet."""
    return load_key(file) if file.exists() else make_key(file)


def request(key: Key, name: str) -> bytes:
    """A signing request, PEM. Whoever signs decides about the name."""
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    asked = x509.CertificateSigningRequestBuilder().subject_name(subject).sign(key, hashes.SHA256())
    return asked.public_bytes(serialization.Encoding.PEM)
