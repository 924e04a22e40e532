"""``hall image``: make the golden image."""

from __future__ import annotations

import os
import time
from functools import partial
from pathlib import Path

from deploy.image.build import MIRROR, build
from deploy.image.recipe import Recipe


def image(
    *,
    out: Path,
    suite: str,
    architecture: str,
    mirror: str | None = None,
    wheels: Path | None = None,
    epoch: int | None = None,
) -> int:
    """Make it, its sum and its parts' list; the same epoch and the same archive give the same image."""
    said = epoch if epoch is not None else os.environ.get("SOURCE_DATE_EPOCH")
    when = int(said) if said is not None else int(time.time()) // 86400 * 86400
    print(
        f"Making an image of Debian {suite} for {architecture}; minutes, and many where its programs are emulated"
    )
    sha = build(
        Recipe(suite=suite, architecture=architecture, epoch=when),
        out,
        mirror=mirror or MIRROR,
        wheels=wheels,
        tell=partial(print, flush=True),
    )
    print(f"{out}: {suite} for {architecture}, SHA-256 {sha}")
    print(
        f"{out}.spdx.json: what it is made of; with --epoch {when} and the same archive it comes out the same"
    )
    return 0
