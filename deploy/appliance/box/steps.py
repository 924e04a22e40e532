"""Steps of an installation. Each sees what is different from what it wants, makes it so, and can take it back.

Rules:

* ``look`` changes nothing. ``do`` is called when it found something, may be called twice, and leaves nothing for it to find.
* ``undo`` takes away what the step brought and nobody wrote: programs, units, the files here. What people made stays.
* A file appears whole, with its mode.
"""

from __future__ import annotations

import grp
import pwd
import stat
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import msgspec

from deploy.appliance.box.layout import FOLDERS, Folder
from deploy.appliance.box.machine import Machine
from hall.errors import BadSettings
from hall.files import write_whole
from hall.settings import convert, load, parse, read
from hall.settings_write import written
from hall.text import Text


class Step(Protocol):
    """One step."""

    @property
    def name(self) -> Text:
        """What it is about."""

    def look(self) -> list[Text]:
        """What is different, in words; nothing when all is as it should be."""

    def do(self) -> None:
        """Make it so. Raises ``Fault`` with what to do next."""

    def undo(self) -> None:
        """Take back what the step brought."""


@dataclass
class Files:
    """Files that nobody else writes: path → text."""

    machine: Machine
    name: Text
    texts: Mapping[str, str]
    #: whether they stay when programs and services go
    stays: bool = False
    #: what the machine does with them once they are there, or gone
    then: Callable[[], object] = lambda: None

    def look(self) -> list[Text]:
        """See :class:`Step`."""
        return [text for path, wanted in self.texts.items() if (text := self._different(path, wanted))]

    def do(self) -> None:
        """See :class:`Step`."""
        for path, wanted in self.texts.items():
            if self._different(path, wanted):
                file = self.machine.at(path)
                file.parent.mkdir(parents=True, exist_ok=True)
                write_whole(file, wanted.encode(), mode=0o644)
        self.then()

    def undo(self) -> None:
        """See :class:`Step`."""
        if self.stays:
            return
        for path in self.texts:
            file = self.machine.at(path)
            file.unlink(missing_ok=True)
            drop_in = file.parent.parent.name == "system"  # then its folder was ours too
            if drop_in and file.parent.is_dir() and not any(file.parent.iterdir()):
                file.parent.rmdir()
        self.then()

    def _different(self, path: str, wanted: str) -> Text | None:
        file = self.machine.at(path)
        try:
            found = file.read_bytes()
        except FileNotFoundError:
            return Text(zh=f"缺少文件 {path}", en=f"{path} is missing")
        if found != wanted.encode():
            return Text(zh=f"文件 {path} 被改动过", en=f"{path} is not as it was written")
        return mode_of(file, path, 0o644)


@dataclass
class Folders:
    """The folders of :data:`deploy.appliance.box.layout.FOLDERS`; on a live machine systemd makes them, at every start too."""

    machine: Machine
    name: Text
    #: has systemd make them
    make: Callable[[], object]

    def look(self) -> list[Text]:
        """See :class:`Step`."""
        return [text for folder in FOLDERS if (text := self._different(folder))]

    def do(self) -> None:
        """See :class:`Step`."""
        if self.machine.live:
            self.make()
        else:  # the tree has no accounts yet; its owners come with its first start
            for folder in FOLDERS:
                self.machine.at(folder.path).mkdir(parents=True, exist_ok=True)
        for folder in FOLDERS:
            place = self.machine.at(folder.path)
            if stat.S_IMODE(place.stat().st_mode) != folder.mode:
                place.chmod(folder.mode)

    def undo(self) -> None:
        """The hall's data stays."""

    def _different(self, folder: Folder) -> Text | None:
        place = self.machine.at(folder.path)
        if not place.is_dir():
            return Text(zh=f"缺少目录 {folder.path}", en=f"the folder {folder.path} is missing")
        if self.machine.live and (owner := _owner(place)) != (folder.user, folder.group):
            return Text(
                zh=f"目录 {folder.path} 属于 {':'.join(owner)}，应属于 {folder.user}:{folder.group}",
                en=f"the folder {folder.path} belongs to {':'.join(owner)}, not {folder.user}:{folder.group}",
            )
        return mode_of(place, folder.path, folder.mode)


@dataclass
class SettingsFile:
    """A settings file that people change: written when it is missing, afterwards only what an installation needs in it."""

    machine: Machine
    path: str
    kind: type[msgspec.Struct]
    wanted: Mapping[str, Any]

    @property
    def name(self) -> Text:
        """See :class:`Step`."""
        return Text(zh=f"设置 {self.path}", en=f"settings {self.path}")

    def look(self) -> list[Text]:
        """See :class:`Step`."""
        file = self.machine.at(self.path)
        if not file.exists():
            return [Text(zh=f"缺少设置文件 {self.path}", en=f"the settings {self.path} are missing")]
        try:
            found = self._read(file)
        except BadSettings as error:
            return [error.text]
        different = [
            Text(
                zh=f"{self.path} 中 {key} 是 {_short(is_)}，应为 {_short(wanted)}",
                en=f"{self.path}: {key} is {_short(is_)}, not {_short(wanted)}",
            )
            for key, is_, wanted in _differences(found, self.wanted)
        ]
        mode = mode_of(file, self.path, 0o644)
        return different if mode is None else [*different, mode]

    def do(self) -> None:
        """What cannot be read is kept beside it."""
        file = self.machine.at(self.path)
        try:
            found = self._read(file) if file.exists() else {}
        except BadSettings:
            file.replace(file.with_name(f"{file.name}.before"))
            found = {}
        merged = _merged(found, self.wanted)
        if merged != found:
            write_whole(file, written(merged).encode(), mode=0o644)
        file.chmod(0o644)

    def undo(self) -> None:
        """People's words stay."""

    def _read(self, file: Path) -> dict[str, Any]:
        raw = parse(read(str(file)), self.path)
        convert(raw, self.kind, self.path)
        return dict(raw)


@dataclass
class HallFile:
    """``hall.yaml``: the hall itself. An example to begin with, or the file that was given."""

    machine: Machine
    path: str
    kind: type[msgspec.Struct]
    source: Path
    #: whether `source` was asked for; else it is only there where nothing is
    given: bool

    name = Text(zh="大厅设置", en="the hall's settings")

    def look(self) -> list[Text]:
        """See :class:`Step`."""
        file = self.machine.at(self.path)
        if not file.exists():
            return [Text(zh=f"缺少大厅设置 {self.path}", en=f"the hall's settings {self.path} are missing")]
        if self.given and file.read_bytes() != self.source.read_bytes():
            return [
                Text(zh=f"{self.path} 与 {self.source} 不同", en=f"{self.path} is another than {self.source}")
            ]
        try:
            load(file, self.kind)
        except BadSettings as error:
            return [error.text]
        mode = mode_of(file, self.path, 0o644)
        return [] if mode is None else [mode]

    def do(self) -> None:
        """A hall that was there is kept beside; a file that is no hall changes nothing."""
        file = self.machine.at(self.path)
        if not file.exists() or self.given:
            load(self.source, self.kind)
            text = self.source.read_bytes()
            if file.exists() and file.read_bytes() != text:
                write_whole(file.with_name(f"{file.name}.before"), file.read_bytes(), mode=0o644)
            write_whole(file, text, mode=0o644)
        else:
            load(file, self.kind)  # says what is wrong in it: that is for people to mend
        file.chmod(0o644)

    def undo(self) -> None:
        """People's words stay."""


def mode_of(file: Path, path: str, wanted: int) -> Text | None:
    """What to say of a file whose mode is another."""
    found = stat.S_IMODE(file.stat().st_mode)
    if found == wanted:
        return None
    return Text(
        zh=f"{path} 的权限是 {found:04o}，应为 {wanted:04o}",
        en=f"{path} has mode {found:04o}, not {wanted:04o}",
    )


def _owner(place: Path) -> tuple[str, str]:
    found = place.stat()
    try:
        user = pwd.getpwuid(found.st_uid).pw_name
    except KeyError:
        user = str(found.st_uid)
    try:
        group = grp.getgrgid(found.st_gid).gr_name
    except KeyError:
        group = str(found.st_gid)
    return user, group


def _differences(
    found: Mapping[str, Any], wanted: Mapping[str, Any], at: str = ""
) -> Iterator[tuple[str, Any, Any]]:
    for key, value in wanted.items():
        is_ = found.get(key)
        if isinstance(value, Mapping):
            yield from _differences(is_ if isinstance(is_, Mapping) else {}, value, f"{at}{key}.")
        elif is_ != value:
            yield f"{at}{key}", is_, value


def _merged(found: Mapping[str, Any], wanted: Mapping[str, Any]) -> dict[str, Any]:
    merged = dict(found)
    for key, value in wanted.items():
        is_ = found.get(key)
        merged[key] = (
            _merged(is_ if isinstance(is_, Mapping) else {}, value) if isinstance(value, Mapping) else value
        )
    return merged


def _short(value: Any) -> str:
    return "-" if value is None else msgspec.json.encode(value).decode()
