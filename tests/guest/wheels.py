"""``python tests/guest/wheels.py FOLDER``: other people's wheels for the guest's Python, fetched once, before the room without a network."""

import hashlib
import os
import shutil
import sys
import tempfile
import time
from pathlib import Path

from deploy.wheelhouse import build
from hall.errors import Fault
from hall.messages.common import MemberKind

PROJECT = Path(__file__).resolve().parents[2]
#: the Python of each Debian, and the machine the guest runs on
PYTHONS, PLATFORM = {"trixie": "3.13", "bookworm": "3.11"}, "x86_64"
PYTHON = PYTHONS[os.environ.get("HALL_GUEST_SUITE") or "trixie"]
#: a device, and the hall box
KINDS = (MemberKind.PAD, None)
#: another worktree's guest may be using a folder that this one does not: only what is older goes, seconds
OLD_S = 2 * 86400.0


def gather(cache: Path) -> Path:
    """The folder, made anew when the project asks for other packages."""
    asks = (PROJECT / "pyproject.toml", PROJECT / "deploy" / "wheelhouse.py", Path(__file__))
    asked = b"".join(file.read_bytes() for file in asks)
    folder = cache / f"wheels-{PYTHON}-{hashlib.sha256(asked).hexdigest()[:12]}"
    if not folder.exists():
        for old in cache.glob("wheels-*"):
            if time.time() - old.stat().st_mtime > OLD_S:
                shutil.rmtree(old, ignore_errors=True)
        with tempfile.TemporaryDirectory(dir=cache) as made:
            mirror = Path(made) / "mirror"
            mirror.mkdir()
            for kind in KINDS:
                wheels = Path(made) / (kind.value if kind else "box")
                build(kind, wheels, python=PYTHON, platform=PLATFORM)
                for wheel in wheels.glob("*.whl"):
                    if not wheel.name.startswith("hallfleet-"):
                        shutil.copy2(wheel, mirror)
            try:
                mirror.rename(folder)
            except OSError:
                if not folder.exists():  # else somebody else was quicker, with the same
                    raise
    return folder


if __name__ == "__main__":
    try:
        print(gather(Path(sys.argv[1])))
    except Fault as fault:
        print(fault, file=sys.stderr)
        sys.exit(3)
