"""Wheels as small as they come, and a whole release made of one."""

import json
import re
import zipfile

from deploy.wheel import sha256


def wheel(folder, name, version="1.0", tag="py3-none-any", needs=()):
    """A wheel as small as they come."""
    file = folder / f"{name}-{version}-{tag}.whl"
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr(f"{name}.py", f"NAME = {name!r}\n" * 50)
        lines = ["Metadata-Version: 2.1", f"Name: {name}", f"Version: {version}"]
        extras = sorted({extra for each in needs for extra in re.findall(r"extra == '([a-z-]+)'", each)})
        lines += [f"Provides-Extra: {extra}" for extra in extras] + [
            f"Requires-Dist: {each}" for each in needs
        ]
        archive.writestr(f"{name}-{version}.dist-info/METADATA", "\n".join(lines) + "\n\n")
        archive.writestr(f"{name}-{version}.dist-info/WHEEL", f"Wheel-Version: 1.0\nTag: {tag}\n")
        archive.writestr(f"{name}-{version}.dist-info/RECORD", "")
    return file


def release(folder, kind, python="3.13", platform="aarch64"):
    """A release that is whole although nothing of it does anything: made without pip, which takes its time."""
    folder.mkdir()
    file = wheel(folder, "hallfleet", "0.1.0")
    (folder / "requirements.txt").write_text(f"hallfleet==0.1.0 --hash=sha256:{sha256(file)}\n")
    said = {"version": "0.1.0", "kind": kind, "python": python, "platform": platform, "needs_debs": []}
    (folder / "release.json").write_text(json.dumps(said))
    return folder
