"""A release desk with its people: real keys, real signatures, tiny wheels."""

import base64
import copy
import hashlib
import shutil
import zipfile
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
from securesystemslib.signer import CryptoSigner

from deploy.release.ledger import Ledger
from devices.updates.repository import Repository
from devices.updates.source import Source
from hall.messages.common import MemberKind
from hall.release import FILE, REQUIREMENTS, Release
from hall.releases import Listed

PAD = {"kind": "pad", "python": "3.11", "platform": "x86_64"}


def wheel(folder: Path, name: str, version: str, files: dict[str, str], scripts: str = "") -> Path:
    """A wheel that pip takes."""
    file = folder / f"{name}-{version}-py3-none-any.whl"
    info = f"{name}-{version}.dist-info"
    content = {
        **files,
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: a test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    if scripts:
        content[f"{info}/entry_points.txt"] = scripts
    record = "".join(f"{path},{_record(text)}\n" for path, text in content.items())
    content[f"{info}/RECORD"] = record + f"{info}/RECORD,,\n"
    with zipfile.ZipFile(file, "w") as opened:
        for path, text in content.items():
            opened.writestr(zipfile.ZipInfo(path), text)
    return file


def _record(text: str) -> str:
    digest = base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=").decode()
    return f"sha256={digest},{len(text.encode())}"


def release(folder: Path, version: str, kind: MemberKind | None = MemberKind.PAD, **files: str) -> Path:
    """A folder of wheels: the program and one thing that it needs and that never changes."""
    folder.mkdir(parents=True)
    program = files or {"hallpad.py": f"VERSION = {version!r}\n"}
    made = [wheel(folder, "hallfleet", version, program), wheel(folder, "needed", "1.0", {"needed.py": ""})]
    lines = [
        f"{each.name.split('-')[0]}=={each.name.split('-')[1]} --hash=sha256:{hashlib.sha256(each.read_bytes()).hexdigest()}"
        for each in made
    ]
    (folder / REQUIREMENTS).write_text("\n".join(lines) + "\n")
    said = Release(version=version, kind=kind, python="3.11", platform="x86_64")
    (folder / FILE).write_bytes(msgspec.json.encode(said))
    return folder


@dataclass
class Desk:
    """Three people with root keys, three with targets keys, and the desk's own."""

    folder: Path
    now: datetime = field(default_factory=lambda: datetime.now(UTC))

    def __post_init__(self):
        self.root = [CryptoSigner.generate_ed25519() for _ in range(3)]
        self.targets = [CryptoSigner.generate_ed25519() for _ in range(3)]
        self.desk = CryptoSigner.generate_ed25519()
        self.ledger = Ledger(self.folder / "repository")
        self.rotate()

    def copied(self, folder):
        """The same people with a repository of their own."""
        shutil.copytree(self.folder, folder)
        other = copy.copy(self)
        other.folder, other.ledger = folder, Ledger(folder / "repository")
        other.root, other.targets = [*self.root], [*self.targets]
        return other

    def rotate(self, *signers):
        self.ledger.found(
            [each.public_key for each in self.root],
            [each.public_key for each in self.targets],
            self.desk.public_key,
            self.now,
        )
        for each in signers or self.root[:2]:
            self.ledger.sign(each)

    def release(self, version, kind=MemberKind.PAD, signers=None, **files):
        made = release(
            self.folder / f"made-{version}-{kind}-{len(list(self.folder.iterdir()))}", version, kind, **files
        )
        self.add(made, signers)
        return made

    def add(self, made, signers=None):
        self.ledger.add(made, self.now)
        for each in self.targets[:2] if signers is None else signers:
            self.ledger.sign(each)
        self.publish()

    def publish(self):
        self.ledger.publish(self.desk, self.now)

    @property
    def metadata(self):
        return self.ledger.metadata


@dataclass
class Machine:
    """What a machine does with it: its own store of what it has seen, and the first root."""

    folder: Path
    mirror: str
    first_root: bytes
    clock: bool = True

    @classmethod
    def of(cls, desk, folder):
        return cls(folder, f"file://{desk.ledger.folder}", desk.ledger.first_root())

    def look(self):
        return Repository(
            base=self.mirror,
            trusted=self.folder / "trusted",
            first_root=self.first_root,
            source=Source(),
            clock_ok=lambda: self.clock,
        )

    def fetch(self, version="1.0", floor=0, **other):
        work = self.folder / "work"
        work.mkdir(parents=True, exist_ok=True)
        source = self.look()
        manifest = source.manifest(Listed(version=version, **(PAD | other)), floor=floor, work=work)
        for name in manifest.wheels:
            source.wheel(name, work)
        return manifest


DAY = timedelta(days=1)
