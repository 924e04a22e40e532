"""What a loudspeaker plays: ALSA configurations that end in files, and those who listen to them.

The program under test plays through real ALSA (``aplay`` with ``ALSA_CONFIG_PATH`` set to a file made here); the default
PCM is a plug that converts anything to 22,050 Hz mono 16 bit and a file plug-in behind it.

* `SoundFile` (simulated day): each sound becomes a WAV file at once; `took()` says how long the last job would have lasted.
* `SpeakerFifo` (world): a FIFO read at the speed of sound, its pipe made one page (93 ms) long, so that the player is
  paced as by a sound card.

A `stuck` loudspeaker takes no sound: its player waits until somebody ends it, as behind a sound server that hangs.

Not modelled: mixing (two players at once interleave in one pipe, one within 93 ms after another is heard as one sound),
volume, a card's own clock drift, underruns, and the last 93 ms, which a player hands over before they have sounded. ALSA fills the last period with silence, so a sound is up
to 140 ms longer than its file.
"""

from __future__ import annotations

import fcntl
import os
import wave
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from hall.clock import Seconds, Timer
from sim.twin.wire import WireLoop

RATE = 22_050
BYTES_PER_FRAME = 2
PAGE = 4096
"""The smallest pipe Linux makes."""
TICK: Seconds = 0.01

_CONVERT = 'pcm.!default {{ type plug slave {{ pcm "twin" rate {rate} channels 1 format S16_LE }} }}\n'
_WAV = 'pcm.twin {{ type file slave.pcm {{ type null }} file "{path}" format "wav" truncate no perm 0644 }}\n'
_RAW = 'pcm.twin {{ type file slave.pcm {{ type null }} file "{path}" format "raw" perm 0600 }}\n'
_UNPLUGGED = "pcm.!default { type hw card 31 }  # no such card: what ALSA says when the plug is out\n"


def _replace(path: Path, text: str) -> None:
    new = path.with_suffix(".new")
    new.write_text(text, encoding="utf-8")
    new.replace(path)


def _quotable(path: Path) -> Path:
    if '"' in str(path) or "%" in str(path):
        raise ValueError(f"ALSA takes no quote or percent sign in a path: {path}")
    return path


def environment(conf: Path) -> dict[str, str]:
    """What a player's environment needs to play into the twin."""
    return {"ALSA_CONFIG_PATH": str(conf)}


class SoundFile:
    """A loudspeaker of the simulated day: every sound becomes `<folder>/0001.wav` and so on, at once."""

    def __init__(self, folder: Path) -> None:
        """`folder` is made if need be; numbers go on after what is in it.

        :raises ValueError: when the path holds a quote or percent sign.
        """
        self.folder = _quotable(folder.resolve())
        self.folder.mkdir(parents=True, exist_ok=True)
        self.conf = self.folder / "asound.conf"
        self._incoming = self.folder / "incoming"
        self._incoming.mkdir(exist_ok=True)
        for stale in self._incoming.iterdir():
            stale.unlink()
        self._on_sound: list[Callable[[Path, Seconds], None]] = []
        self._count = max(
            (int(p.stem) for p in self.folder.glob("[0-9]*.wav") if p.stem.isdigit()), default=0
        )
        self._sounds: list[Path] = []
        self._unplugged = self._stuck = False
        self._nobody = self.folder / "nobody"
        self.unplugged = False

    @property
    def environment(self) -> dict[str, str]:
        """What a player's environment needs."""
        return environment(self.conf)

    @property
    def unplugged(self) -> bool:
        """Nothing is plugged in: a player fails at once, as without a sound card."""
        return self._unplugged

    @unplugged.setter
    def unplugged(self, value: bool) -> None:
        self._unplugged = value
        self._configure()

    @property
    def stuck(self) -> bool:
        """The device takes no sound: a player waits, in real time, until it is ended."""
        return self._stuck

    @stuck.setter
    def stuck(self, value: bool) -> None:
        self._stuck = value
        self._configure()

    def _configure(self) -> None:
        """Write ALSA's configuration for how the device is now."""
        sink = _WAV.format(path=self._incoming / "sound")
        if self._stuck:  # a FIFO that nobody reads
            if not self._nobody.exists():
                os.mkfifo(self._nobody, 0o600)
            sink = _RAW.format(path=self._nobody)
        _replace(self.conf, _UNPLUGGED if self._unplugged else _CONVERT.format(rate=RATE) + sink)

    @property
    def sounds(self) -> list[Path]:
        """Every WAV file played so far, oldest first."""
        self._collect()
        return list(self._sounds)

    def took(self) -> Seconds:
        """Seconds of everything played since the last call; for `InlineWorker`."""
        return self._collect()

    def on_sound(self, observer: Callable[[Path, Seconds], None]) -> None:
        """Call `observer(wav, seconds)` for each sound, when it is collected by `took` or `sounds`."""
        self._on_sound.append(observer)

    def _collect(self) -> Seconds:
        """Take what was played: ALSA numbers what it may not overwrite, as sound, sound.0001 and so on."""
        total = 0.0
        for file in sorted(self._incoming.iterdir()):
            with wave.open(str(file)) as sound:
                seconds = sound.getnframes() / sound.getframerate()
            if not seconds:  # a player that only tried the device
                file.unlink()
                continue
            self._count += 1
            target = self.folder / f"{self._count:04d}.wav"
            file.replace(target)
            self._sounds.append(target)
            total += seconds
            for observer in self._on_sound:
                observer(target, seconds)
        return total


@dataclass(frozen=True)
class Sound:
    """One playback the world heard: 16-bit mono frames at 22,050 Hz, and when it began."""

    frames: bytes
    at: datetime

    @property
    def seconds(self) -> Seconds:
        """How long it was."""
        return len(self.frames) / BYTES_PER_FRAME / RATE

    def save(self, path: Path) -> None:
        """Write it as a WAV file."""
        with wave.open(str(path), "wb") as file:
            file.setnchannels(1)
            file.setsampwidth(BYTES_PER_FRAME)
            file.setframerate(RATE)
            file.writeframes(self.frames)


class SpeakerFifo:
    """A loudspeaker in the world: listens to a FIFO at the speed of sound and remembers each playback."""

    def __init__(self, loop: WireLoop, fifo: Path, conf: Path) -> None:
        """Makes the FIFO at `fifo` and the ALSA configuration at `conf`, taking over what an earlier world left.

        :raises ValueError: when the path holds a quote or percent sign.
        """
        self._loop, self._fifo, self.conf = loop, _quotable(fifo), conf
        self.last: Sound | None = None
        self.playing = False
        #: the device takes no sound; a player waits until it is ended
        self.stuck = False
        self._on_start: list[Callable[[datetime], None]] = []
        self._on_sound: list[Callable[[Sound], None]] = []
        self._timer: Timer | None = None
        self._heard = bytearray()
        self._began: datetime | None = None
        self._started: Seconds = 0.0
        if not self._fifo.is_fifo():
            self._fifo.unlink(missing_ok=True)
            os.mkfifo(self._fifo, 0o600)
        self._pipe: int | None = None
        self._unplugged = False
        self.unplugged = False

    @property
    def environment(self) -> dict[str, str]:
        """What a player's environment needs."""
        return environment(self.conf)

    @property
    def unplugged(self) -> bool:
        """Nothing is plugged in: the next player fails at once; one that is playing is cut off."""
        return self._unplugged

    @unplugged.setter
    def unplugged(self, value: bool) -> None:
        self._unplugged = value
        text = _UNPLUGGED if value else _CONVERT.format(rate=RATE) + _RAW.format(path=self._fifo)
        _replace(self.conf, text)
        if value:
            self.close()  # without a reader the player's next write fails
        elif self._pipe is None:
            self._pipe = self._open()

    def on_start(self, observer: Callable[[datetime], None]) -> None:
        """Call `observer(at)` when the first sample of a sound arrives."""
        self._on_start.append(observer)

    def on_sound(self, observer: Callable[[Sound], None]) -> None:
        """Call `observer(sound)` when a sound has ended."""
        self._on_sound.append(observer)

    def close(self) -> None:
        """Stop listening; the FIFO stays for the next world. May be called twice."""
        if self._pipe is not None:
            pipe, self._pipe = self._pipe, None
            self._finish(pipe)

    def _open(self) -> int:
        pipe = os.open(self._fifo, os.O_RDONLY | os.O_NONBLOCK)
        with suppress(OSError):  # bytes of a player that is writing already do not fit into less
            fcntl.fcntl(pipe, fcntl.F_SETPIPE_SZ, PAGE)
        self._loop.watch(pipe, self._first)
        return pipe

    def _first(self) -> None:
        """Somebody began to play: from now on we read by the clock."""
        assert self._pipe is not None
        self._loop.unwatch(self._pipe)
        self.playing, self._started, self._began = True, self._loop.mono(), None
        self._read()

    def _read(self) -> None:
        self._timer = None
        if self._pipe is None:
            return
        if self.stuck:
            self._silence()
            self._timer = self._loop.call_later(TICK, self._read)
            return
        due = int((self._loop.mono() - self._started) * RATE + RATE * TICK) * BYTES_PER_FRAME - len(
            self._heard
        )
        while due > 0:
            try:
                data = os.read(self._pipe, min(due, PAGE))
            except BlockingIOError:  # the player is late
                self._silence()
                break
            if not data:
                self._over()
                return
            if self._began is None:
                self._began = self._loop.now()
                for observer in self._on_start:
                    observer(self._began)
            self._heard += data
            due -= len(data)
        self._timer = self._loop.call_later(TICK, self._read)

    def _silence(self) -> None:
        """No sample comes now, and silence is no part of a sound: what comes next is later by it. Never earlier, though we read a tick ahead."""
        self._started = max(self._started, self._loop.mono() - len(self._heard) / BYTES_PER_FRAME / RATE)

    def _over(self) -> None:
        """The player closed its end. The new reader opens before the old one closes: no player ever finds nobody."""
        assert self._pipe is not None
        old, self._pipe = self._pipe, self._open()
        self._finish(old)

    def _finish(self, pipe: int) -> None:
        self._loop.unwatch(pipe)
        os.close(pipe)
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self.playing = False
        if self._began is None:
            return
        self.last, self._began = Sound(bytes(self._heard), self._began), None
        self._heard.clear()
        for observer in self._on_sound:
            observer(self.last)
