"""Bring a machine to another release: everything is made and tried beside what runs, and takes its place with one rename.

Rules:

* Nothing that runs is touched before the new release is whole, tried and on the disk. A cut at any step leaves what was; the next
  attempt clears away what it left.
* There must be room for twice what will be written.
* A release that is only named is the selector's business (:mod:`devices.updates.boot_select`): it is tried at the next start, which the
  program takes when nothing is in its hands.
* Two releases stay: the last good one and the one on trial. A trial that has begun is never replaced.
* Wheels that a release here has already are not fetched again; their hashes are judged all the same.
"""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from devices.updates import boot_select, environment
from devices.updates.boot_select import Place
from devices.updates.repository import Repository
from hall.errors import Fault, Refused
from hall.files import synced, write_whole
from hall.release import FILE, REQUIREMENTS
from hall.releases import Listed, Manifest
from hall.text import Text

#: twice what is written
ROOM = 2
MANIFEST, WHEELS = "manifest.json", "wheels"
Build = Callable[..., None]


@dataclass(frozen=True)
class Installer:
    """One machine's."""

    place: Place
    #: folders that may hold wheels already: the card's
    stores: tuple[Path, ...] = ()
    #: the account that the program runs under; None: whoever we are
    account: str | None = None
    #: makes and tries an environment
    build: Build = environment.build
    try_out: Build = environment.try_out
    free: Callable[[Path], int] = field(default=lambda folder: shutil.disk_usage(folder).free)

    @property
    def staging(self) -> Path:
        """Where a release is made; on the same disk as the releases."""
        return self.place.home / "staging"

    def floor(self) -> int:
        """The serial of the release that proved itself here last; 0 for one that came with the card."""
        state = boot_select.read(self.place)
        good = state.good or boot_select.current(self.place)
        try:
            kept = (self.place.releases / (good or "-") / MANIFEST).read_bytes()
            return msgspec.json.decode(kept, type=Manifest).serial
        except (OSError, msgspec.MsgspecError):
            return 0

    def install(self, wanted: Listed, repository: Callable[[], Repository], *, held: bool = False) -> None:
        """Make this release the next one to be tried; ``Refused`` or ``Fault`` says why not, and then what runs runs on.

        `held`: not before the program that runs makes way for it.
        """
        self._check_state(wanted.version)
        try:
            self.clear()
            self.staging.mkdir(parents=True)
            source = repository()
            manifest = source.manifest(wanted, floor=self.floor(), work=self.staging)
            self._check_room(manifest)
            self._gather(manifest, source)
            made = self._make(manifest)
            final = self.place.releases / wanted.version
            boot_select.take_back(self.place)
            environment.remove(final)  # a former attempt's, or one that failed
            made.rename(final)
            synced(self.place.releases)
            self.prune(wanted.version)
            boot_select.begin_trial(self.place, wanted.version, held=held)
        except OSError as error:
            raise _disk(error) from error
        finally:
            self.clear(ignore=True)

    def clear(self, *, ignore: bool = False) -> None:
        """What a former attempt left goes."""
        if self.staging.exists():
            shutil.rmtree(self.staging, ignore_errors=ignore)
        if self.place.releases.is_dir():
            for left in self.place.releases.glob(".going-*"):
                shutil.rmtree(left, ignore_errors=True)

    def prune(self, coming: str | None = None) -> None:
        """What is neither good, nor on trial, nor running, nor `coming` goes."""
        state = boot_select.read(self.place)
        keep = {state.good, state.trial, boot_select.current(self.place), coming}
        for folder in self.place.releases.iterdir():
            if folder.name not in keep and not folder.name.startswith("."):
                environment.remove(folder)

    # ---------------------------------------------------------------- inside

    def _check_state(self, version: str) -> None:
        state = boot_select.read(self.place)
        if state.trial is not None and not state.held:
            raise Refused(
                "trial-running",
                Text(
                    zh=f"版本 {state.trial} 正在试用", en=f"{state.trial} is on trial here: wait for its end"
                ),
            )
        if version == (state.good or boot_select.current(self.place)):
            raise Refused(
                "there-already", Text(zh=f"版本 {version} 已在运行", en=f"{version} runs here already")
            )

    def _check_room(self, manifest: Manifest) -> None:
        need, free = ROOM * manifest.unpacked * 2, self.free(self.place.home)
        if free < need:
            raise Fault(
                "disk-full",
                Text(
                    zh=f"空间不足：需要 {need // 2**20} MB，现有 {free // 2**20} MB",
                    en=f"{need // 2**20} MB are needed and {free // 2**20} are free",
                ),
            )

    def _gather(self, manifest: Manifest, source: Repository) -> None:
        wheels = self.staging / WHEELS
        wheels.mkdir()
        for name in manifest.wheels:
            known = next((file for file in self._known(name) if source.is_wheel(name, file)), None)
            if known is None:
                source.wheel(name, wheels)
            else:
                shutil.copyfile(known, wheels / name)

    def _known(self, name: str) -> Sequence[Path]:
        places = [*self.stores, *(folder / WHEELS for folder in self.place.releases.glob("[0-9]*"))]
        return [place / name for place in places if (place / name).is_file()]

    def _make(self, manifest: Manifest) -> Path:
        made, version = self.staging / "made", manifest.release.version
        requirements = self.staging / REQUIREMENTS
        requirements.write_text(manifest.requirements, encoding="ascii")
        self.build(
            folder=made,
            home=self.place.releases / version,
            wheels=self.staging / WHEELS,
            requirements=requirements,
            release=manifest.release,
        )
        self.try_out(folder=made, release=manifest.release, account=self.account)
        os.replace(self.staging / WHEELS, made / WHEELS)  # noqa: PTH105 - a folder gets its place
        write_whole(made / MANIFEST, msgspec.json.encode(manifest))
        write_whole(made / FILE, msgspec.json.encode(manifest.release))
        environment.lay_down(made)
        return made


def _disk(error: OSError) -> Fault:
    if error.errno in {errno.ENOSPC, errno.EDQUOT}:
        return Fault("disk-full", Text(zh="存储空间已满", en="the disk is full"))
    return Fault(
        "disk-fault", Text(zh=f"存储出错：{error.strerror}", en=f"the disk says: {error.strerror or error}")
    )
