"""A release's own Python environment: made beside everything that runs, looked at, and laid onto the disk before it has its name.

Rules:

* Only wheels that are here, every one with its hash; nothing is built and nothing is asked outside.
* It is made in one folder and used in another: what names the first is rewritten to name the second.
* The program is started once from there, as whoever will run it, and must say the version it was made as.
* Every byte and every name is on the disk before the folder gets its place.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from hall.errors import Fault, Refused
from hall.files import synced
from hall.release import Release
from hall.text import Text

#: longest that making and trying may take, on the slowest Pi with the slowest card
PATIENCE_S = 1200.0
#: Debian's own drivers are reached through the machine's packages
_OF_THE_SYSTEM = "python3-"
_VENV = "python3-venv"


def build(*, folder: Path, home: Path, wheels: Path, requirements: Path, release: Release) -> None:
    """Make the environment in `folder`, to be used at `home`; ``Fault`` or ``Refused`` when that does not work."""
    shared = any(deb.startswith(_OF_THE_SYSTEM) and deb != _VENV for deb in release.needs_debs)
    _run(
        [sys.executable, "-m", "venv", *(["--system-site-packages"] if shared else []), str(folder)],
        "venv-failed",
    )
    python = str(folder / "bin" / "python")
    pip = [python, "-m", "pip", "--disable-pip-version-check", "install", "--quiet", "--no-cache-dir"]
    _run(
        [
            *pip,
            "--no-index",
            "--no-deps",
            "--require-hashes",
            "--only-binary=:all:",
            "--no-compile",
            f"--find-links={wheels}",
            f"--requirement={requirements}",
        ],
        "wheels-refused",
    )
    for script in (folder / "bin").iterdir():
        _rehome(script, str(folder), str(home))
    library = next((folder / "lib").glob("python3*")) / "site-packages"
    _run(
        [python, "-m", "compileall", "-q", "-s", str(folder), "-p", str(home), str(library)], "compile-failed"
    )


def try_out(*, folder: Path, release: Release, account: str | None) -> None:
    """Start the new program once; ``Refused`` when it does not come up as what it is said to be."""
    kind = "box" if release.kind is None else release.kind.value
    said = _run(
        [str(folder / "bin" / "python"), "-I", "-m", "devices.updates.selfcheck", kind],
        "selfcheck-failed",
        account,
    )
    if said.strip() != release.version:
        raise Refused(
            "wrong-version",
            Text(
                zh=f"新程序自称 {said.strip()[:40]}，应为 {release.version}",
                en=f"the program calls itself {said.strip()[:40]!r} and not {release.version}",
            ),
        )


def lay_down(folder: Path) -> None:
    """Every file and every name in it is on the disk."""
    for where, _, files in os.walk(folder, topdown=False):
        for name in files:
            path = Path(where, name)
            if not path.is_symlink():
                synced(path)
        synced(Path(where))


def remove(folder: Path) -> None:
    """A folder goes, first its name: nobody ever sees half of it."""
    if folder.exists():
        going = folder.with_name(f".going-{folder.name}")
        if going.exists():
            shutil.rmtree(going)
        folder.rename(going)
        shutil.rmtree(going)


def _run(command: Sequence[str], code: str, account: str | None = None) -> str:
    """What it says; ``Fault`` with its last line when it fails."""
    other = account if account and os.geteuid() == 0 else None
    try:
        done = subprocess.run(
            command,
            capture_output=True,
            text=True,
            check=False,
            timeout=PATIENCE_S,
            env={"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8", "PIP_CONFIG_FILE": os.devnull},
            cwd="/",
            user=other,
            group=other,
            extra_groups=None if other is None else (),
        )
    except subprocess.TimeoutExpired as error:
        raise Fault(code, Text(zh="准备新版本超时", en=f"it takes too long: {command[0]}")) from error
    if done.returncode == 0:
        return str(done.stdout)
    last = (done.stderr.strip().splitlines() or [f"exit code {done.returncode}"])[-1][:300]
    raise Fault(code, Text(zh=f"准备新版本失败：{last}", en=f"the new release cannot be made ready: {last}"))


def _rehome(script: Path, folder: str, home: str) -> None:
    """A script's first line names the Python of its place."""
    if script.is_symlink() or not script.is_file():
        return
    content = script.read_bytes()
    if folder.encode() in content:
        script.write_bytes(content.replace(folder.encode(), home.encode()))
