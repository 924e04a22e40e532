"""The voice: gives the sound of a sentence, from the best place that has it.

Rules:

* Asked with the sentence as said (``请诶零幺二号，到三号窗口办理。``); first the bank, then the cache, then the engine.
* The bank is a folder of WAVs made ahead (by ``hall device speaker --build-bank``, or on a bigger machine by a better voice)
  and only read; a sentence's file is named by :func:`key`. Any mono 16-bit rate will do.
* What the engine renders is trimmed, levelled and kept in the cache: a bounded folder, least recently used goes first; a file
  appears whole or not at all, an unreadable one is thrown away and rendered again. A cache that cannot be written is no reason
  to be silent.
* When none of the three can, :class:`~hall.errors.Fault` ``voice-missing`` says so, and the caller has its chime.
"""

from __future__ import annotations

import contextlib
import hashlib
import logging
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Protocol

from devices.call_speaker.sound import BadClip, Clip, from_wav, levelled, to_wav, trimmed
from hall.errors import Fault
from hall.troubles import fault

log = logging.getLogger(__name__)


class Voice(Protocol):
    """Whoever can say a sentence."""

    def say(self, said: str) -> Clip:
        """The sentence's sound; slow, so it is called in a worker. Raises Fault ``voice-missing``."""


class Engine(Protocol):
    """Makes speech from text."""

    @property
    def manner(self) -> str:
        """What its sound depends on besides the sentence (voice, pace); part of the cache's key."""

    def render(self, said: str) -> Clip:
        """The sentence's sound as it comes from the engine. Raises Fault."""


def key(said: str, manner: str = "") -> str:
    """The name under which a sentence's sound is kept; `manner` is empty in a bank, which has one voice."""
    return hashlib.sha256(f"{manner}\n{said}".encode()).hexdigest()[:24]


class Bank:
    """A folder of sentences made ahead."""

    def __init__(self, folder: Path | None) -> None:
        """`folder` need not exist; None is a bank without a sentence."""
        self.folder = folder

    def find(self, said: str) -> Clip | None:
        """The sentence's sound, or None; a file that is not a sound of ours is passed over, with a line in the log."""
        if self.folder is None:
            return None
        path = self.folder / f"{key(said)}.wav"
        try:
            return from_wav(path.read_bytes())
        except FileNotFoundError:
            return None
        except (OSError, BadClip) as error:
            log.warning("bank file passed over", extra={"path": str(path), "why": str(error)})
            return None


class Cache:
    """A bounded folder of rendered sentences."""

    def __init__(self, folder: Path | None, limit_bytes: int) -> None:
        """`folder` is made when first needed; None or a limit of 0 keeps nothing."""
        self._folder = folder if limit_bytes > 0 else None
        self._limit = limit_bytes
        self._size: int | None = None

    def find(self, name: str) -> Clip | None:
        """The clip kept under `name`, now the most recently used."""
        if self._folder is None:
            return None
        path = self._folder / f"{name}.wav"
        try:
            clip = from_wav(path.read_bytes())
            os.utime(path)
        except FileNotFoundError:
            return None
        except BadClip as error:  # a power cut while it was written
            log.warning("cached clip thrown away", extra={"path": str(path), "why": str(error)})
            with contextlib.suppress(OSError):
                path.unlink()
            self._size = None
            return None
        except OSError as error:
            log.warning("cache not read", extra={"path": str(path), "why": str(error)})
            return None
        return clip

    def keep(self, name: str, clip: Clip) -> None:
        """Keep the clip; throws the least recently used away when the folder grows over its limit."""
        if self._folder is None:
            return
        data = to_wav(clip)
        part = self._folder / f"{name}.part"
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            part.write_bytes(data)
            part.replace(self._folder / f"{name}.wav")
            self._size = None if self._size is None else self._size + len(data)
            if self._size is None or self._size > self._limit:
                self._size = self._shrink()
        except OSError as error:
            log.warning("cache not written", extra={"folder": str(self._folder), "why": str(error)})
            with contextlib.suppress(OSError):
                part.unlink(missing_ok=True)

    def _shrink(self) -> int:
        """Make room (down to nine tenths, so that this is rare); gives the size that is left."""
        assert self._folder is not None
        found = [
            (entry.stat(), Path(entry)) for entry in os.scandir(self._folder) if entry.name.endswith(".wav")
        ]
        size = sum(stat.st_size for stat, _ in found)
        if size <= self._limit:
            return size
        for stat, path in sorted(found, key=lambda entry: entry[0].st_mtime_ns):
            path.unlink(missing_ok=True)
            size -= stat.st_size
            if size <= self._limit * 0.9:
                break
        return size


class HallVoice:
    """Bank, then cache, then engine."""

    def __init__(self, bank: Bank, cache: Cache, engine: Engine | None) -> None:
        """Without an engine only the bank's and the cache's sentences can be said."""
        self._bank, self._cache, self._engine = bank, cache, engine

    def say(self, said: str) -> Clip:
        """See :class:`Voice`."""
        clip = self._bank.find(said)
        if clip is not None:
            return clip
        if self._engine is None:
            raise no_voice("no voice engine is set up and the bank does not have the sentence")
        name = key(said, self._engine.manner)
        clip = self._cache.find(name)
        if clip is None:
            clip = _rendered(self._engine, said)
            self._cache.keep(name, clip)
        return clip


def build_bank(folder: Path, sentences: Iterable[str], engine: Engine) -> int:
    """Render the sentences that the bank does not have yet; gives how many. ``index.tsv`` tells people which file is which.

    Raises Fault ``voice-missing``, or OSError when the folder cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    wanted = {key(said): said for said in sentences}
    made = 0
    for name, said in wanted.items():
        path = folder / f"{name}.wav"
        if not path.exists():
            part = path.with_suffix(".part")
            part.write_bytes(to_wav(_rendered(engine, said)))
            part.replace(path)
            made += 1
    index = folder / "index.tsv"
    known = (
        dict(line.split("\t", 1) for line in index.read_text("utf-8").splitlines()) if index.exists() else {}
    )
    part = index.with_suffix(".part")
    part.write_text(
        "".join(f"{name}\t{said}\n" for name, said in sorted({**known, **wanted}.items())), "utf-8"
    )
    part.replace(index)
    return made


def no_voice(why: str) -> Fault:
    """The fault of a hall whose voice is gone; its signs still show every call."""
    return fault("voice-missing", why)


def _rendered(engine: Engine, said: str) -> Clip:
    clip = levelled(trimmed(engine.render(said)))
    if not clip.samples:
        raise no_voice("the voice engine gave silence")
    return clip
