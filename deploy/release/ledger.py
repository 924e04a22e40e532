"""A repository of releases on the release desk's disk: what is signed, what waits for signatures, and what may go out.

Rules:

* ``staged/`` is what waits: a new ``root.json``, a new ``targets.json``. It travels to each signer on a stick and comes back with one
  more signature; what is signed is what was staged, byte for byte.
* Nothing becomes valid without its threshold: a root by the old root's keys and its own, targets by the root's. :meth:`Ledger.publish`
  checks it as a machine would, and only then writes ``metadata/``, the timestamp last.
* A wheel keeps its name for ever: another content under the same name is refused.
* Snapshot and timestamp are the release desk's word that this is all there is, for :data:`FRESH`; whoever hears nothing new for so
  long installs nothing.
"""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import TypeVar

import msgspec
from securesystemslib.signer import CryptoSigner, SSlibKey
from tuf.api.exceptions import RepositoryError, UnsignedMetadataError
from tuf.api.metadata import Metadata, MetaFile, Root, Snapshot, TargetFile, Targets, Timestamp

from hall.errors import Refused
from hall.files import write_whole
from hall.release import FILE, REQUIREMENTS, Release
from hall.releases import METADATA, TARGETS, Manifest, listed, read_name, wheel_target
from hall.text import Text

#: how long each role's word counts
ROOT_LIVES, TARGETS_LIVE, FRESH = timedelta(days=730), timedelta(days=365), timedelta(days=90)
THRESHOLD = 2
S = TypeVar("S", Root, Snapshot, Targets, Timestamp)
_ROLES = ("root", "targets", "snapshot", "timestamp")


class Ledger:
    """One repository."""

    def __init__(self, folder: Path) -> None:
        """`folder` is where it is, or will be."""
        self.folder = folder
        self.metadata, self.targets, self.staged = folder / METADATA, folder / TARGETS, folder / "staged"

    # ---------------------------------------------------------------- what is staged

    def found(
        self, root: Sequence[SSlibKey], targets: Sequence[SSlibKey], desk: SSlibKey, now: datetime
    ) -> None:
        """Stage the first root, or the next one with these keys: a rotation."""
        if min(len({*(key.keyid for key in keys)}) for keys in (root, targets)) < THRESHOLD:
            raise Refused(
                "too-few-keys",
                Text(
                    zh=f"至少需要 {THRESHOLD} 把根密钥和 {THRESHOLD} 把发布密钥",
                    en=f"root and targets take at least {THRESHOLD} different keys each",
                ),
            )
        known = self._load("root", Root)
        made = Root(
            version=1 if known is None else known.signed.version + 1,
            expires=_until(now, ROOT_LIVES),
            consistent_snapshot=True,
        )
        for role, keys in (("root", root), ("targets", targets), ("snapshot", [desk]), ("timestamp", [desk])):
            for key in keys:
                made.add_key(key, role)
            made.roles[role].threshold = THRESHOLD if role in {"root", "targets"} else 1
        self._stage("root", Metadata(made).to_bytes())

    def add(self, release: Path, now: datetime) -> Manifest:
        """Stage a release: a folder of wheels as ``hall release build`` makes it."""
        said = msgspec.json.decode((release / FILE).read_bytes(), type=Release)
        waiting = self._targets(now)
        wheels = sorted(release.glob("*.whl"))
        manifest = Manifest(
            release=said,
            serial=waiting.signed.version,
            requirements=(release / REQUIREMENTS).read_text(encoding="ascii"),
            wheels=tuple(wheel.name for wheel in wheels),
            unpacked=sum(_unpacked(wheel) for wheel in wheels),
        )
        for wheel in wheels:
            self._target(waiting.signed, wheel_target(wheel.name), wheel.read_bytes(), fixed=True)
        content = msgspec.json.format(msgspec.json.encode(manifest))
        self._target(waiting.signed, listed(said).name, content)
        self._stage("targets", waiting.to_bytes())
        return manifest

    def withdraw(self, version: str, now: datetime) -> list[str]:
        """Stage that this version is signed no more; the names that go."""
        waiting = self._targets(now)
        gone = [name for name in waiting.signed.targets if (of := read_name(name)) and of.version == version]
        for name in gone:
            del waiting.signed.targets[name]
        if gone:
            self._stage("targets", waiting.to_bytes())
        return gone

    def sign(self, signer: CryptoSigner) -> list[str]:
        """Put this key's signature under whatever is staged and belongs to it; the names of those."""
        keyid, signed = signer.public_key.keyid, []
        for role in ("root", "targets"):
            waiting = self._waiting(role)
            if waiting is not None and keyid in self._signers(role):
                waiting.sign(signer, append=True)
                self._stage(role, waiting.to_bytes())
                signed.append(role)
        if not signed:
            raise Refused(
                "nothing-to-sign", Text(zh="没有需要这把密钥签名的内容", en="nothing here waits for this key")
            )
        return signed

    def lacking(self) -> dict[str, int]:
        """What is staged → how many signatures it still lacks."""
        found = {}
        for role in ("root", "targets"):
            waiting = self._waiting(role)
            if waiting is not None:
                good = self._signers(role) & {*waiting.signatures}
                found[role] = max(0, THRESHOLD - len(good))
        return found

    # ---------------------------------------------------------------- what goes out

    def publish(self, desk: CryptoSigner, now: datetime) -> None:
        """Make valid what has its signatures, and say anew that this is all there is."""
        root = self._next_root()
        waiting = self._load("targets", Targets, self.staged)
        targets = waiting or self._load("targets", Targets)
        if targets is None:
            raise Refused("nothing-signed", Text(zh="尚无已签发的版本", en="no release was added yet"))
        _checked(partial(root.signed.verify_delegate, "targets", targets.signed_bytes, targets.signatures))
        self.metadata.mkdir(parents=True, exist_ok=True)
        snapshot = self._following("snapshot", Snapshot)
        snapshot.signed.meta = {"targets.json": MetaFile(version=targets.signed.version)}
        timestamp = self._following("timestamp", Timestamp)
        for each in (snapshot.signed, timestamp.signed):
            each.expires = _until(now, FRESH)
        timestamp.signed.snapshot_meta = MetaFile(version=snapshot.signed.version)
        snapshot.sign(desk)
        timestamp.sign(desk)
        _checked(partial(root.signed.verify_delegate, "snapshot", snapshot.signed_bytes, snapshot.signatures))
        for version, role, content in (
            (root.signed.version, "root", root.to_bytes()),
            (targets.signed.version, "targets", targets.to_bytes()),
            (snapshot.signed.version, "snapshot", snapshot.to_bytes()),
        ):
            self._write(self.metadata / f"{version}.{role}.json", content)
            self._write(self.metadata / f"{role}.json", content)
        self._write(self.metadata / "timestamp.json", timestamp.to_bytes())
        for role in ("root", "targets"):
            (self.staged / f"{role}.json").unlink(missing_ok=True)

    def copy_to(self, mirror: Path) -> int:
        """Bring a mirror (the hall box's, a stick) to what is published; how many files went. The timestamp goes last."""
        names = [*(f"{TARGETS}/{_hashed(name, of)}" for name, of in self._published().items())]
        files = [name for name in names if not _same(self.folder / name, mirror / name)]
        versions = sorted(file.name for file in self.metadata.glob("[0-9]*.json"))
        plain = [f"{role}.json" for role in _ROLES]
        files += [
            f"{METADATA}/{name}"
            for name in (*versions, *plain)
            if not _same(self.metadata / name, mirror / METADATA / name)
        ]
        for name in files:
            (mirror / name).parent.mkdir(parents=True, exist_ok=True)
            write_whole(mirror / name, (self.folder / name).read_bytes(), mode=0o644)
        return len(files)

    def first_root(self) -> bytes:
        """What a machine has to be given once, with its card."""
        return (self.metadata / "1.root.json").read_bytes()

    # ---------------------------------------------------------------- inside

    def _published(self) -> dict[str, TargetFile]:
        targets = self._load("targets", Targets)
        return {} if targets is None else dict(targets.signed.targets)

    def _next_root(self) -> Metadata[Root]:
        known, waiting = self._load("root", Root), self._load("root", Root, self.staged)
        if waiting is None:
            if known is None:
                raise Refused(
                    "no-root", Text(zh="尚未建立根密钥", en="there is no root yet: hall release root")
                )
            return known
        for judge in (waiting, known):
            if judge is not None:
                _checked(
                    partial(judge.signed.verify_delegate, "root", waiting.signed_bytes, waiting.signatures)
                )
        return waiting

    def _targets(self, now: datetime) -> Metadata[Targets]:
        """What waits for signatures, or the next version of what is signed; signatures of former content go."""
        waiting = self._load("targets", Targets, self.staged)
        if waiting is None:
            waiting = self._following("targets", Targets)
        waiting.signatures.clear()
        waiting.signed.expires = _until(now, TARGETS_LIVE)
        return waiting

    def _target(self, targets: Targets, name: str, content: bytes, *, fixed: bool = False) -> None:
        made = TargetFile.from_data(name, content, ["sha256"])
        known = targets.targets.get(name)
        if fixed and known is not None and known.hashes != made.hashes:
            raise Refused(
                "name-taken",
                Text(
                    zh=f"{name} 已有不同内容，请提高版本号",
                    en=f"{name} is signed with another content already: raise the version",
                ),
            )
        targets.targets[name] = made
        file = self.targets / _hashed(name, made)
        if not file.exists():
            file.parent.mkdir(parents=True, exist_ok=True)
            write_whole(file, content, mode=0o644)

    def _signers(self, role: str) -> set[str]:
        """Whose signature counts: under a root that of the old root's keys too."""
        new, old = self._load("root", Root, self.staged), self._load("root", Root)
        judges = (new, old) if role == "root" else (new or old,)
        return {key for judge in judges if judge for key in judge.signed.roles[role].keyids}

    def _waiting(self, role: str) -> Metadata[Root] | Metadata[Targets] | None:
        return (
            self._load("root", Root, self.staged)
            if role == "root"
            else self._load(role, Targets, self.staged)
        )

    def _following(self, role: str, kind: type[S]) -> Metadata[S]:
        """The next version of what is published, or the first."""
        known = self._load(role, kind)
        if known is None:
            return Metadata(kind())
        known.signed.version += 1
        return known

    def _load(self, role: str, kind: type[S], folder: Path | None = None) -> Metadata[S] | None:
        file = (folder or self.metadata) / f"{role}.json"
        if not file.exists():
            return None
        try:
            found: Metadata[S] = Metadata.from_bytes(file.read_bytes())
        except RepositoryError as error:
            raise Refused(
                "bad-ledger", Text(zh=f"{file} 损坏", en=f"{file} cannot be read: {error}")
            ) from error
        assert isinstance(found.signed, kind)
        return found

    def _stage(self, role: str, content: bytes) -> None:
        self.staged.mkdir(parents=True, exist_ok=True)
        self._write(self.staged / f"{role}.json", content)

    def _write(self, file: Path, content: bytes) -> None:
        write_whole(file, content, mode=0o644)


def _checked(verify: Callable[[], None]) -> None:
    try:
        verify()
    except (UnsignedMetadataError, ValueError) as error:
        raise Refused(
            "signatures-missing", Text(zh=f"签名不足：{error}", en=f"not enough signatures: {error}")
        ) from error


def _until(now: datetime, lives: timedelta) -> datetime:
    return (now.astimezone(UTC) + lives).replace(microsecond=0)


def _hashed(name: str, of: TargetFile) -> str:
    folder, _, last = name.rpartition("/")
    return f"{folder}/{next(iter(of.hashes.values()))}.{last}"


def _unpacked(wheel: Path) -> int:
    with zipfile.ZipFile(wheel) as opened:
        return sum(entry.file_size for entry in opened.infolist())


def _same(one: Path, other: Path) -> bool:
    return (
        other.exists()
        and other.stat().st_size == one.stat().st_size
        and other.read_bytes() == one.read_bytes()
    )
