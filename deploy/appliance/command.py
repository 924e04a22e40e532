"""``hall units``: write a machine's unit files."""

from __future__ import annotations

from pathlib import Path

from deploy.appliance.box.units import box_files
from deploy.appliance.units import files
from hall.messages.common import MemberKind

BOX = "box"


def write(*, kind: str, out: Path) -> int:
    """The unit files of a device of this kind, or of the hall box (``box``), below `out`; what is there is replaced."""
    for name, text in (box_files() if kind == BOX else files(MemberKind(kind))).items():
        file = out / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
        print(file)
    return 0
