"""``python -m deploy.technician [--check] FOLDER``: write the technician's papers, or say whether they are up to date."""

from __future__ import annotations

import sys
from pathlib import Path

from deploy.technician.papers import pages


def main(argv: list[str]) -> int:
    """The exit code; with ``--check`` 1 when a page is not what it would be."""
    check = "--check" in argv
    (folder,) = [Path(argument) for argument in argv if argument != "--check"]
    made = dict(pages())
    if check:
        there = {
            str(file.relative_to(folder)): file.read_text(encoding="utf-8")
            for file in folder.rglob("*")
            if file.is_file()
        }
        return 0 if there == made else 1
    for name, content in made.items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(content, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
