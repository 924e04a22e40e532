"""Releases that differ from this tree in a few words: made as people make them, from sources, for the guest's Python."""

import os
import shutil
from pathlib import Path

from .wheels import PLATFORM, PYTHON

PROJECT = Path(__file__).parents[2]
#: what a wheel of the project is built from
SOURCES = ("pyproject.toml", "README.md", "LICENSE", "hall", "hub", "devices", "sim", "deploy")
#: the version of this tree
WAS = "0.1.0"


def source(folder, version, *changes):
    """This tree as it would be under another version; `changes` are (file, what stands in it once, what shall stand there)."""
    folder.mkdir(parents=True)
    for name in SOURCES:
        if (PROJECT / name).is_dir():
            shutil.copytree(PROJECT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy2(PROJECT / name, folder)
    for file, old, new in (("pyproject.toml", f'version = "{WAS}"', f'version = "{version}"'), *changes):
        text = (folder / file).read_text()
        assert text.count(old) == 1, old
        (folder / file).write_text(text.replace(old, new))
    return folder


def built(desk, kind, made, tree):
    """The release of this kind that comes of this tree, or of a wheel of it, as the desk builds it."""
    # fmt: off
    desk.hall(
        "build", kind, "--into", made, "--python", PYTHON, "--platform", PLATFORM,
        "--source", tree, "--wheels", os.environ["HALL_GUEST_WHEELS"],
    )
    # fmt: on
    return made
