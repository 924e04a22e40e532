"""The voice: gives the sound of a sentence, from the best place that has it.

Rules:

* Asked with the sentence as said (``请诶零幺二号，到三号窗口办理。``), its tongue, and whether slowly; first the bank, whole or put together
  from its segments, then the cache, then the engine.
* Slowly: the bank's own slow sounds, else its segments with wide pauses, else the slow engine.
* In the dialect: its pack, whole or by segments. What the pack does not have is said in Mandarin.
* What the engine renders is trimmed, levelled and kept in the cache. A sentence's first sound stays in memory; it goes onto the card when
  it is asked for again, for nearly every call of a day is a sentence that nobody ever says again, and a card does not take 100 MB a day for years.
  Nobody waits for the card: it is written after the sound.
* On the card the cache is a bounded folder, least recently used goes first; a file appears whole or not at all, an unreadable one is
  thrown away and rendered again. A cache that cannot be written is no reason to be silent.
* When none of them can, :class:`~hall.errors.Fault` ``voice-missing`` says so, and the caller has its chime.
"""

from __future__ import annotations

import contextlib
import logging
import os
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import NamedTuple, Protocol

from devices.call_speaker.bank import Bank, key
from devices.call_speaker.segments import paired, pause_s, split
from devices.call_speaker.sound import BadClip, Clip, from_wav, joined, levelled, to_wav, trimmed
from hall.errors import Fault
from hall.troubles import fault

log = logging.getLogger(__name__)


class Tongue(StrEnum):
    """In which language a sentence is said."""

    MANDARIN = "zh"
    ENGLISH = "en"
    #: of the place, from a pack of recordings
    DIALECT = "dialect"


class Saying(NamedTuple):
    """A sentence as said, and how."""

    said: str
    tongue: Tongue = Tongue.MANDARIN
    slow: bool = False


class Voice(Protocol):
    """Whoever can say a sentence."""

    def say(self, saying: Saying) -> Clip:
        """The sentence's sound; slow, so it is called in a worker. Raises Fault ``voice-missing``."""

    def settle(self) -> None:
        """Do what could wait until the sound was over; slow, in the same worker."""


class Engine(Protocol):
    """Makes speech from text."""

    @property
    def manner(self) -> str:
        """What its sound depends on besides the sentence (voice, pace); part of the cache's key."""

    def render(self, said: str) -> Clip:
        """The sentence's sound as it comes from the engine. Raises Fault."""


#: sentences said once that are kept in memory: a call is repeated within the next few, or not at all
RECENT = 8


class Cache:
    """The last rendered sentences, and a bounded folder of those that were asked for again."""

    def __init__(self, folder: Path | None, limit_bytes: int) -> None:
        """`folder` is made when first needed; None or a limit of 0 keeps nothing."""
        self._folder = folder if limit_bytes > 0 else None
        self._limit = limit_bytes
        self._size: int | None = None
        self._recent: dict[str, Clip] = {}
        #: asked for again, and not on the card yet
        self._due: dict[str, Clip] = {}

    def find(self, name: str) -> Clip | None:
        """The clip kept under `name`, now the most recently used."""
        if self._folder is None:
            return None
        if name in self._recent:
            self._due[name] = self._recent.pop(name)
        if name in self._due:
            return self._due[name]
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
        """Keep a clip that was rendered just now; it is due on the card when it is found again."""
        if self._folder is None:
            return
        self._recent[name] = clip
        if len(self._recent) > RECENT:
            del self._recent[next(iter(self._recent))]

    def settle(self) -> None:
        """Put onto the card what is due there."""
        while self._folder is not None and self._due:
            self._write(self._folder, *self._due.popitem())

    def _write(self, folder: Path, name: str, clip: Clip) -> None:
        """Onto the card; throws the least recently used away when the folder grows over its limit."""
        data = to_wav(clip)
        part = folder / f"{name}.part"
        try:
            folder.mkdir(parents=True, exist_ok=True)
            part.write_bytes(data)
            part.replace(folder / f"{name}.wav")
            self._size = None if self._size is None else self._size + len(data)
            if self._size is None or self._size > self._limit:
                self._size = self._shrink(folder)
        except OSError as error:
            log.warning("cache not written", extra={"folder": str(folder), "why": str(error)})
            with contextlib.suppress(OSError):
                part.unlink(missing_ok=True)

    def _shrink(self, folder: Path) -> int:
        """Make room (down to nine tenths, so that this is rare); gives the size that is left."""
        found = [(entry.stat(), Path(entry)) for entry in os.scandir(folder) if entry.name.endswith(".wav")]
        size = sum(stat.st_size for stat, _ in found)
        if size <= self._limit:
            return size
        for stat, path in sorted(found, key=lambda entry: entry[0].st_mtime_ns):
            path.unlink(missing_ok=True)
            size -= stat.st_size
            if size <= self._limit * 0.9:
                break
        return size


class Banks(NamedTuple):
    """What was made ahead: the voice's own sentences, slow ones, English ones, and the pack of a dialect."""

    usual: Bank = Bank(None)
    slow: Bank = Bank(None)
    english: Bank = Bank(None)
    dialect: Bank = Bank(None)
    dialect_slow: Bank = Bank(None)

    @classmethod
    def at(cls, folder: Path | None, dialect: Path | None = None) -> Banks:
        """A bank's folder has ``slow`` and ``en`` inside; a dialect's pack is a folder of its own, with ``slow`` inside."""

        def inside(outer: Path | None, name: str) -> Bank:
            return Bank(None if outer is None else outer / name)

        return cls(
            Bank(folder), inside(folder, "slow"), inside(folder, "en"), Bank(dialect), inside(dialect, "slow")
        )


class HallVoice:
    """Bank, then cache, then engine."""

    def __init__(
        self,
        banks: Banks,
        cache: Cache,
        engine: Engine | None,
        *,
        slow: Engine | None = None,
        english: Engine | None = None,
    ) -> None:
        """Without an engine only the banks' and the cache's sentences can be said; `slow` and `english` are engines for those."""
        self._banks, self._cache = banks, cache
        self._engines: Mapping[tuple[Tongue, bool], Engine | None] = {
            (Tongue.MANDARIN, False): engine,
            (Tongue.MANDARIN, True): slow or engine,
            (Tongue.ENGLISH, False): english,
            (Tongue.ENGLISH, True): english,
        }

    def say(self, saying: Saying) -> Clip:
        """See :class:`Voice`."""
        clip = self._made_ahead(saying)
        if clip is not None:
            return clip
        if saying.tongue is Tongue.DIALECT:
            return self.say(saying._replace(tongue=Tongue.MANDARIN))
        engine = self._engines[saying.tongue, saying.slow]
        if engine is None:
            raise no_voice("no voice engine is set up and the bank does not have the sentence")
        name = key(saying.said, engine.manner)
        clip = self._cache.find(name)
        if clip is None:
            clip = rendered(engine, saying.said)
            self._cache.keep(name, clip)
        return clip

    def settle(self) -> None:
        """See :class:`Voice`."""
        self._cache.settle()

    def _made_ahead(self, saying: Saying) -> Clip | None:
        said, slow, banks = saying.said, saying.slow, self._banks
        match saying.tongue, slow:
            case Tongue.ENGLISH, _:
                return banks.english.find(said)
            case Tongue.MANDARIN, False:
                return banks.usual.find(said) or _from_segments(banks.usual, said, slow=False)
            case Tongue.DIALECT, False:
                return banks.dialect.find(said) or _from_segments(banks.dialect, said, slow=False)
            case Tongue.MANDARIN, True:
                return banks.slow.find(said) or _from_segments(banks.usual, said, slow=True)
            case _:
                return banks.dialect_slow.find(said) or _from_segments(banks.dialect, said, slow=True)


def _from_segments(bank: Bank, said: str, *, slow: bool) -> Clip | None:
    """The sentence put together from the bank's parts; None unless it has them all, at one rate."""
    parts = split(said)
    for cut in (paired(parts), parts) if parts else ():
        clips = [clip for clip in map(bank.find, (part.said for part in cut)) if clip is not None]
        if len(clips) == len(cut) and len({clip.rate for clip in clips}) == 1:
            return joined(clips, [pause_s(part, slow=slow) for part in cut[:-1]])
    return None


def no_voice(why: str) -> Fault:
    """The fault of a hall whose voice is gone; its signs still show every call."""
    return fault("voice-missing", why)


def rendered(engine: Engine, said: str) -> Clip:
    """What the engine makes of it, trimmed and at the stated level."""
    clip = levelled(trimmed(engine.render(said)))
    if not clip.samples:
        raise no_voice("the voice engine gave silence")
    return clip
