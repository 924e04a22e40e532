"""The errand of making an image: mmdebstrap makes the tree, the rest lays it out. Needs root, and Debian's archive or a mirror of it."""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
import uuid
from collections.abc import Callable
from pathlib import Path

from deploy.image import disk
from deploy.image.recipe import Recipe
from deploy.image.sbom import sbom
from deploy.wheelhouse import verify
from hall.errors import Fault, Refused
from hall.files import write_whole
from hall.text import Text

MIRROR = "http://deb.debian.org/debian"


def build(
    recipe: Recipe,
    out: Path,
    *,
    mirror: str = MIRROR,
    wheels: Path | None = None,
    free_mb: int = 1024,
    tell: Callable[[str], None] | None = None,
) -> str:
    """Make `out` with its ``.sha256`` and ``.spdx.json`` beside it; the SHA-256. `wheels` go onto the boot partition, verified.

    `tell` hears how far it is.
    """
    if os.geteuid() != 0:
        raise Refused(
            "not-root", Text(zh="制作镜像需要 root 权限", en="an image holds root's files: make it as root")
        )
    if wheels is not None:
        verify(wheels)
    with tempfile.TemporaryDirectory(prefix=".image-", dir=out.parent) as name:
        work = Path(name)
        tree = _tree(recipe, work, mirror, tell)
        # the boot partition's files leave the root, where only the place to mount it stays
        boot = work / "boot"
        shutil.move(tree / "boot/firmware", boot)
        (tree / "boot/firmware").mkdir()
        must_start(recipe, boot)
        for file, content in recipe.boot_files().items():
            place = boot / file
            place.parent.mkdir(parents=True, exist_ok=True)
            if not (recipe.architecture == "arm64" and place.exists()):
                place.write_bytes(content)
        if wheels is not None:
            shutil.copytree(wheels, boot / "hall/wheels")
        seed = f"{recipe.suite} {recipe.architecture} {recipe.epoch}"
        number = uuid.uuid5(uuid.NAMESPACE_OID, seed).int & 0xFFFFFFFF
        disk.fat(work / "fat", boot, epoch=recipe.epoch, number=number)
        listed = sbom(recipe, (tree / "var/lib/dpkg/status").read_text(encoding="utf-8"), wheels)
        disk.ext4(work / "ext4", tree, epoch=recipe.epoch, seed=seed, free_mb=free_mb)
        disk.put_together(work / "image", work / "fat", work / "ext4", disk=number)
        sha = _sha256(work / "image")
        write_whole(out.with_name(out.name + ".spdx.json"), listed)
        (work / "image").rename(out)
        write_whole(out.with_name(out.name + ".sha256"), f"{sha}  {out.name}\n".encode())
    return sha


def must_start(recipe: Recipe, boot: Path) -> None:
    """What the Pi's firmware starts is there: a card without it would be found out in the field."""
    lacking = [name for name in recipe.starts_by if not any(boot.glob(f"{name}*"))]
    if lacking:
        names = ", ".join(lacking)
        raise Fault(
            "image-does-not-boot",
            Text(
                zh=f"启动分区缺少 {names}，镜像未生成",
                en=f"the boot partition lacks {names}: no image was made",
            ),
        )


def _tree(recipe: Recipe, work: Path, mirror: str, tell: Callable[[str], None] | None) -> Path:
    """The root as a folder."""
    overlay, tree = work / "overlay", work / "tree"
    for file, content in recipe.files().items():
        place = overlay / file
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(content, encoding="utf-8")
    (overlay / "boot/firmware").mkdir(parents=True)
    tree.mkdir()
    # not quiet: some minutes, ten and more where another machine's programs are emulated, and somebody waits
    command = ["mmdebstrap", "--mode=root", "--variant=minbase", "--format=tar"]
    command += [f"--architectures={recipe.architecture}", f"--components={recipe.components}"]
    command += [f"--include={','.join(recipe.packages)}", "--aptopt=Apt::Install-Recommends false"]
    # before the packages are set up: the firmware's own script reads one of these files; dpkg keeps ours, or would ask and fail
    command += ["--dpkgopt=force-confold", f'--essential-hook=cp -R {overlay}/. "$1/"']
    command += [
        f'--customize-hook=cp -R {overlay}/. "$1/"',
        *(f"--customize-hook={hook}" for hook in recipe.hooks()),
    ]
    own = disk.environment(recipe.epoch) | {"TMPDIR": str(work)}
    disk.run([*command, recipe.suite, str(work / "tree.tar"), mirror], own, tell=tell)
    disk.run(["tar", "-C", str(tree), "--numeric-owner", "--xattrs", "-xpf", str(work / "tree.tar")], own)
    return tree


def _sha256(file: Path) -> str:
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
