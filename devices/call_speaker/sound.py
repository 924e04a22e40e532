"""Sound as numbers: a clip, the chime, and a whole announcement put together; pure, no driver, no library.

Figures stated here and measured by the tests: speech is levelled to −21 dBFS (root mean square over the trimmed sentence,
within ±1.5 dB), nothing peaks above −1 dBFS, the chime peaks at −7 dBFS.
"""

from __future__ import annotations

import io
import math
import struct
import sys
import wave
from array import array
from collections.abc import Iterator, Sequence
from functools import cache, lru_cache
from itertools import chain
from operator import mul
from typing import NamedTuple

from hall.clock import Seconds

RATE = 22_050
SPEECH_DB = -21.0
SPEECH_TOLERANCE_DB = 1.5
PEAK_DB = -1.0
CHIME_DB = -7.0
#: two notes, their frequencies in Hz and lengths in seconds
CHIME = ((660.0, 0.3), (523.0, 0.5))
AFTER_CHIME_S = 0.25
BETWEEN_S = 0.5
AFTER_S = 0.15
#: how much of an announcement is made ready at once
PIECE_S = 0.25
_FULL = 32_768.0
_WINDOW_S = 0.005
#: what counts as silence at a clip's ends, and how much of it stays
_SILENCE = 164
_MARGIN_S = 0.02


class Clip(NamedTuple):
    """Mono sound: signed 16-bit samples in the machine's order, at `rate` a second."""

    rate: int
    samples: array[int]

    @property
    def seconds(self) -> Seconds:
        """How long it sounds."""
        return len(self.samples) / self.rate


class BadClip(ValueError):
    """The bytes are no sound of ours: mono, 16 bit, PCM, 8,000 to 48,000 Hz, at most two minutes."""


def decibels(level: float) -> float:
    """A sample level as dB below full scale; silence is −120."""
    return 20 * math.log10(max(level / _FULL, 1e-6))


def rms(samples: array[int]) -> float:
    """Root mean square, in sample units."""
    return math.sqrt(sum(map(mul, samples, samples)) / len(samples)) if samples else 0.0


def peak(samples: array[int]) -> int:
    """The loudest sample, without its sign."""
    highest, lowest = (max(samples), min(samples)) if samples else (0, 0)
    return max(highest, -lowest)


def silence(seconds: Seconds, rate: int) -> array[int]:
    """Nothing, for a while."""
    return array("h", bytes(2 * round(seconds * rate)))


def trimmed(clip: Clip) -> Clip:
    """Without the silence at both ends, but for 20 ms."""
    samples, step = clip.samples, max(1, round(_WINDOW_S * clip.rate))
    starts = range(0, len(samples), step)
    first = next((i for i in starts if peak(samples[i : i + step]) > _SILENCE), None)
    if first is None:
        return Clip(clip.rate, array("h"))
    last = next(i for i in reversed(starts) if peak(samples[i : i + step]) > _SILENCE)
    margin = round(_MARGIN_S * clip.rate)
    return Clip(clip.rate, samples[max(0, first - margin) : last + step + margin])


def louder(clip: Clip, gain_db: float) -> Clip:
    """The clip with its level changed; what would pass full scale stays at it."""
    if not gain_db:
        return clip
    return Clip(clip.rate, array("h", map(_gained(gain_db).__getitem__, clip.samples)))


def pieces(clip: Clip, gain_db: float = 0.0) -> Iterator[Clip]:
    """The clip a quarter second at a time, its level changed, each made when it is asked for: the first sounds while the next is made."""
    step = round(PIECE_S * clip.rate)
    for start in range(0, len(clip.samples), step):
        yield louder(Clip(clip.rate, clip.samples[start : start + step]), gain_db)


def quiet_spans(clip: Clip) -> tuple[Seconds, Seconds, Seconds]:
    """How long it is quiet before the first sound, at most inside, and after the last."""
    samples, step = clip.samples, max(1, round(_WINDOW_S * clip.rate))
    loud = [peak(samples[i : i + step]) > _SILENCE for i in range(0, len(samples), step)]
    if True not in loud:
        return clip.seconds, 0.0, 0.0
    first, last = loud.index(True), len(loud) - 1 - loud[::-1].index(True)
    longest = run = 0
    for sounds in loud[first : last + 1]:
        run = 0 if sounds else run + 1
        longest = max(longest, run)
    return first * _WINDOW_S, longest * _WINDOW_S, (len(loud) - 1 - last) * _WINDOW_S


@lru_cache(maxsize=8)
def _gained(gain_db: float) -> array[int]:
    """Every sample's new value, at its own index: a look-up is all that a whole announcement costs each sample on a Pi."""
    gain = 10 ** (gain_db / 20)
    samples = chain(range(32_768), range(-32_768, 0))
    return array("h", (max(-32_767, min(32_767, int(sample * gain))) for sample in samples))


def levelled(clip: Clip) -> Clip:
    """The clip at the stated level of speech; a clip that already is within the tolerance is left alone.

    The peak limit wins: a very peaky clip stays quieter rather than being clipped.
    """
    loudest = peak(clip.samples)
    if not loudest:
        return clip
    # every third sample tells the level within 0.1 dB and saves a Pi most of the work
    off = SPEECH_DB - decibels(rms(clip.samples[::3]))
    wanted = off if abs(off) > SPEECH_TOLERANCE_DB - 0.2 else 0.0
    headroom = PEAK_DB - decibels(loudest)
    gain = 10 ** (min(wanted, headroom) / 20)
    return clip if gain == 1.0 else Clip(clip.rate, array("h", (int(s * gain) for s in clip.samples)))


@cache
def chime(rate: int = RATE) -> Clip:
    """Two decaying notes, made once for each rate."""
    samples = array("h")
    top = _FULL * 10 ** (CHIME_DB / 20)
    for frequency, length in CHIME:
        turn, count = 2 * math.pi * frequency / rate, round(length * rate)
        attack = round(0.004 * rate)
        samples.extend(
            int(top * min(1.0, i / attack) * math.exp(-5.0 * i / count) * math.sin(turn * i))
            for i in range(count)
        )
    return Clip(rate, samples)


def resampled(clip: Clip, rate: int) -> Clip:
    """The clip at another rate, by straight lines between its samples: good enough for speech, and rare."""
    if rate == clip.rate or not clip.samples:
        return Clip(rate, clip.samples)
    samples, step = clip.samples, clip.rate / rate
    last = len(samples) - 1
    out = array("h")
    for i in range(int(last / step) + 1):
        at = i * step
        left = int(at)
        out.append(round(samples[left] + (samples[min(left + 1, last)] - samples[left]) * (at - left)))
    return Clip(rate, out)


def joined(clips: Sequence[Clip], pauses: Sequence[Seconds]) -> Clip:
    """Clips of one rate one after the other, with a pause after each but the last."""
    rate = clips[0].rate
    samples = array("h")
    for i, clip in enumerate(clips):
        samples.extend(clip.samples)
        if i < len(clips) - 1:
            samples.extend(silence(pauses[i], rate))
    return Clip(rate, samples)


def announcement(sentences: Sequence[Clip], *, chimed: bool = True, between_s: Seconds = BETWEEN_S) -> Clip:
    """Chime, sentence, pause, sentence … as one clip that never has to be put together while it plays.

    Without a sentence (no voice at all) the chime alone says that somebody is called; look at the signs. All have the first one's rate.
    """
    rate = sentences[0].rate if sentences else RATE
    samples = array("h")
    if chimed or not sentences:
        samples.extend(chime(rate).samples)
    if sentences:
        if chimed:
            samples.extend(silence(AFTER_CHIME_S, rate))
        for place, sentence in enumerate(sentences):
            if place:
                samples.extend(silence(between_s, rate))
            samples.extend(sentence.samples)
    samples.extend(silence(AFTER_S, rate))
    return Clip(rate, samples)


def to_wav(clip: Clip) -> bytes:
    """The clip as a WAV file."""
    return wav_header(clip) + pcm(clip)


def wav_header(clip: Clip) -> bytes:
    """What stands before the clip's samples in a WAV file."""
    length = 2 * len(clip.samples)
    form = struct.pack("<4sIHHIIHH", b"fmt ", 16, 1, 1, clip.rate, 2 * clip.rate, 2, 16)
    return struct.pack("<4sI4s", b"RIFF", 36 + length, b"WAVE") + form + struct.pack("<4sI", b"data", length)


def from_wav(data: bytes) -> Clip:
    """A WAV file as a clip; raises :class:`BadClip` for anything that is not of our kind."""
    try:
        with wave.open(io.BytesIO(data)) as file:
            form = file.getnchannels(), file.getsampwidth(), file.getframerate()
            frames = file.readframes(120 * form[2])
    except (wave.Error, EOFError, ValueError, OverflowError) as error:
        raise BadClip(str(error) or "not a WAV file") from error
    if form[:2] != (1, 2) or not 8_000 <= form[2] <= 48_000 or not frames:
        raise BadClip(f"{form[0]} channels, {8 * form[1]} bit, {form[2]} Hz, {len(frames)} bytes of sound")
    samples = array("h")
    samples.frombytes(frames[: len(frames) // 2 * 2])
    return Clip(form[2], _little(samples))


def pcm(clip: Clip) -> memoryview:
    """The clip's samples as they stand in a WAV file: 16 bit, little-endian."""
    return memoryview(_little(clip.samples)).cast("B")


def _little(samples: array[int]) -> array[int]:
    """WAV is little-endian, whatever the machine is."""
    if sys.byteorder == "big":
        samples = samples[:]
        samples.byteswap()
    return samples
