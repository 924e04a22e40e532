"""The keys of a ceremony: ed25519, one file per person, readable by its owner alone, encrypted when a passphrase is given."""

from __future__ import annotations

from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from securesystemslib.signer import CryptoSigner, SSlibKey

from hall.errors import Refused
from hall.files import write_whole
from hall.text import Text

PUBLIC = ".pub"


def make(file: Path, passphrase: bytes | None) -> None:
    """A new key: its secret in `file`, its public half beside it. Nothing is replaced."""
    if file.exists():
        raise Refused("there-already", Text(zh=f"{file} 已存在", en=f"{file} is there already"))
    key = Ed25519PrivateKey.generate()
    closed: serialization.KeySerializationEncryption = serialization.NoEncryption()
    if passphrase:
        closed = serialization.BestAvailableEncryption(passphrase)
    secret = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, closed)
    open_ = key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    write_whole(file, secret, mode=0o600)
    write_whole(file.with_name(file.name + PUBLIC), open_, mode=0o644)


def encrypted(file: Path) -> bool:
    """Whether a passphrase is needed."""
    return b"ENCRYPTED" in file.read_bytes()


def signer(file: Path, passphrase: bytes | None = None) -> CryptoSigner:
    """Signs with this key; ``Refused`` for a file that is none, that others may read, or a wrong passphrase."""
    if file.stat().st_mode & 0o077:
        raise Refused(
            "key-open",
            Text(zh=f"{file} 他人可读，请先 chmod 600", en=f"others may read {file}: chmod 600 it first"),
        )
    try:
        key = serialization.load_pem_private_key(file.read_bytes(), password=passphrase or None)
    except (ValueError, TypeError) as error:
        raise Refused("bad-key", Text(zh=f"{file} 无法打开：{error}", en=f"{file}: {error}")) from error
    if not isinstance(key, Ed25519PrivateKey):
        raise Refused("bad-key", Text(zh=f"{file} 不是 ed25519 密钥", en=f"{file} is no ed25519 key"))
    return CryptoSigner(key)


def public(file: Path) -> SSlibKey:
    """The public half, of a ``.pub`` file."""
    try:
        return SSlibKey.from_crypto(serialization.load_pem_public_key(file.read_bytes()))
    except (ValueError, TypeError) as error:
        raise Refused(
            "bad-key", Text(zh=f"{file} 不是公钥文件", en=f"{file} is no public key: {error}")
        ) from error
