"""The machine that is looked at: its files, who may use them, its programs. A folder may stand in for `/`."""

from __future__ import annotations

import grp
import os
import shutil
import stat
from collections.abc import Iterable
from pathlib import Path


class Machine:
    """Files and programs, as somebody with this user and these groups has them."""

    def __init__(
        self, root: Path = Path("/"), *, uid: int | None = None, gids: Iterable[int] | None = None
    ) -> None:
        """`root` stands in for `/`; without `uid` and `gids` whoever runs this program."""
        self.root = root
        self._uid = os.geteuid() if uid is None else uid
        self._gids = frozenset([os.getegid(), *os.getgroups()] if gids is None else gids)

    def path(self, name: str) -> Path:
        """A file of this machine; `name` begins with a slash."""
        return self.root / name.lstrip("/")

    def there(self, name: str) -> bool:
        """Whether there is such a file, device or folder."""
        return self.path(name).exists()

    def read(self, name: str) -> str:
        """What stands in a small file, without spaces at its ends; empty when there is none or it cannot be read."""
        try:
            return self.path(name).read_text(encoding="utf-8", errors="replace").strip(" \n\t\0")
        except OSError:
            return ""

    def matching(self, folder: str, pattern: str) -> list[str]:
        """Names in a folder, in order."""
        return sorted(found.name for found in self.path(folder).glob(pattern))

    def may_use(self, name: str) -> bool:
        """Whether this user may read and write it, by owner, group and mode."""
        about = self.path(name).stat()
        if self._uid == 0:
            return True
        shift = 6 if about.st_uid == self._uid else 3 if about.st_gid in self._gids else 0
        return (about.st_mode >> shift) & (stat.S_IROTH | stat.S_IWOTH) == stat.S_IROTH | stat.S_IWOTH

    def group_of(self, name: str) -> str:
        """The group that a device belongs to."""
        gid = self.path(name).stat().st_gid
        try:
            return grp.getgrgid(gid).gr_name
        except KeyError:
            return str(gid)

    def program(self, name: str) -> bool:
        """Whether a program can be started by this name."""
        if self.root == Path("/"):
            return shutil.which(name) is not None
        return any((self.path(folder) / name).exists() for folder in ("/usr/bin", "/bin", "/usr/sbin"))
