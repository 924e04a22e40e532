"""The bank: a folder of sounds made ahead, by a better voice on a bigger machine or by a person in front of a microphone.

Rules:

* ``index.tsv`` says what each file says, one line each: the file's name without ``.wav``, a tab, the words as said. Without a line there,
  a file is known by :func:`key` of its words.
* Mono, 16 bit, any rate; only read here, and a file that is no such sound is passed over, with a line in the log.
* A changed index is seen at the next sentence; nothing has to be started anew.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Iterable, Mapping
from pathlib import Path

from devices.call_speaker.sound import BadClip, Clip, from_wav

log = logging.getLogger(__name__)

INDEX = "index.tsv"


def key(said: str, manner: str = "") -> str:
    """The name under which a sentence's sound is kept; `manner` is empty in a bank, which has one voice."""
    return hashlib.sha256(f"{manner}\n{said}".encode()).hexdigest()[:24]


class Bank:
    """A folder of sentences made ahead."""

    def __init__(self, folder: Path | None) -> None:
        """`folder` need not exist; None is a bank without a sentence."""
        self.folder = folder
        self._index: dict[str, str] = {}
        self._index_ns = 0

    def find(self, said: str) -> Clip | None:
        """The sentence's sound, or None."""
        if self.folder is None:
            return None
        self._look()
        path = self.folder / f"{self._index.get(said) or key(said)}.wav"
        try:
            return from_wav(path.read_bytes())
        except FileNotFoundError:
            return None
        except (OSError, BadClip) as error:
            log.warning("bank file passed over", extra={"path": str(path), "why": str(error)})
            return None

    def _look(self) -> None:
        """Read the index again if it is another."""
        assert self.folder is not None
        try:
            changed_ns = (self.folder / INDEX).stat().st_mtime_ns
            if changed_ns != self._index_ns:
                self._index = {said: name for name, said in read_index(self.folder).items()}
                self._index_ns = changed_ns
        except FileNotFoundError:
            self._index, self._index_ns = {}, 0
        except (OSError, UnicodeDecodeError) as error:
            log.warning("bank index not read", extra={"folder": str(self.folder), "why": str(error)})


def read_index(folder: Path) -> dict[str, str]:
    """File names (without ``.wav``) and what they say; empty without an index. A name that leads out of the folder is left out."""
    try:
        text = (folder / INDEX).read_text("utf-8-sig")
    except FileNotFoundError:
        return {}
    lines = (line.split("\t") for line in text.splitlines())
    return {name: said for name, said, *_ in (line for line in lines if len(line) >= 2) if "/" not in name}


def write_index(folder: Path, texts: Mapping[str, str]) -> None:
    """Add lines to the index; it is there whole or as it was."""
    known = {**read_index(folder), **texts}
    part = folder / f"{INDEX}.part"
    part.write_text("".join(f"{name}\t{said}\n" for name, said in sorted(known.items())), "utf-8")
    part.replace(folder / INDEX)


def missing(folder: Path, texts: Iterable[str]) -> list[str]:
    """Those that the folder has no file for."""
    names = {said: name for name, said in read_index(folder).items()}
    return [said for said in texts if not (folder / f"{names.get(said) or key(said)}.wav").exists()]
