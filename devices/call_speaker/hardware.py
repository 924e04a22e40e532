"""The speaker's hands: ALSA through ``aplay`` and the voice through ``espeak-ng``; both translate and do nothing else.

Both are programs of the machine (apt: alsa-utils, espeak-ng), started for each sound: a sound server or driver that hangs is
then a process that can be ended, never a hung agent.
"""

from __future__ import annotations

import contextlib
import logging
import os
import select
import subprocess
import time
from array import array
from collections.abc import Callable, Mapping
from itertools import chain

from devices.call_speaker.readings import pinyin
from devices.call_speaker.sound import RATE, BadClip, Clip, from_wav, pcm, pieces, wav_header
from devices.call_speaker.voice import no_voice
from hall.clock import Seconds
from hall.errors import Fault
from hall.text import Text
from hall.troubles import fault

log = logging.getLogger(__name__)

#: How long a sound may take beyond its own length before the device counts as hung.
MARGIN_S = 5.0
#: what aplay says, and what that means
_SAYS = (
    ("resource busy", "sound-busy"),
    ("no such file", "sound-missing"),
    ("no such device", "sound-missing"),
    ("unknown pcm", "sound-missing"),
    ("cannot find card", "sound-missing"),
    ("invalid card", "sound-missing"),
)
#: no trouble: somebody wanted it to end
_STOPPED = Text(zh="播放已停止", en="the sound was stopped")


def sound_fault(code: str, why: str = "") -> Fault:
    """A fault of the sound device; `why` is one line from whoever noticed."""
    return Fault(code, _STOPPED) if code == "sound-stopped" else fault(code, why)


class AlsaSound:
    """Plays clips on an ALSA device, one at a time; `play` returns when the last sample has sounded."""

    def __init__(
        self,
        device: str = "default",
        *,
        environment: Mapping[str, str] | None = None,
        program: str = "aplay",
        margin_s: Seconds = MARGIN_S,
    ) -> None:
        """`device` as in ``aplay -L``; `environment` is added to the process's own (``ALSA_CONFIG_PATH`` selects another bottom)."""
        self._command = [program, "-q", "-D", device, "-t", "wav", "-"]
        self._environment = {**os.environ, **(environment or {}), "LC_ALL": "C"}
        self._margin_s = margin_s
        self._playing: subprocess.Popen[bytes] | None = None
        self._closed = False

    def play(self, clip: Clip, cut: Callable[[], bool] = lambda: False, volume_db: float = 0.0) -> None:
        """Play to the end. The player has the beginning before the rest is brought to its volume.

        Raises Fault ``sound-missing``, ``sound-busy``, ``sound-stuck`` or ``sound-failed``, and ``sound-stopped`` when it was
        ended by :meth:`stop`. `cut` tells whether this clip is still wanted, so that a stop that comes early is not lost.
        """
        try:
            process = self._playing = subprocess.Popen(
                self._command,
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                env=self._environment,
                start_new_session=True,  # Ctrl-C at the terminal is the agent's business
            )
        except OSError as error:
            raise sound_fault("sound-missing", f"{self._command[0]}: {error.strerror}") from error
        try:
            if cut() or self._closed:
                process.kill()
            until = time.monotonic() + clip.seconds + self._margin_s
            self._feed(process, clip, volume_db, until)
            _, said = process.communicate(timeout=max(0.0, until - time.monotonic()))
        except subprocess.TimeoutExpired as error:
            raise sound_fault("sound-stuck") from error
        finally:
            self._playing = None
            _end(process)
        if cut() or self._closed:
            raise sound_fault("sound-stopped")
        text = said.decode("utf-8", "replace")
        if process.returncode != 0:
            raise _understood(text, process.returncode)
        if text.strip():  # an underrun crackles, and the sound went on
            log.warning("the player complains", extra={"why": _line(text)})

    def _feed(self, process: subprocess.Popen[bytes], clip: Clip, volume_db: float, until: Seconds) -> None:
        """Hand the clip over, as fast as the player takes it. Why a player that has ended took no more is told by its exit."""
        assert process.stdin is not None
        pipe = process.stdin.fileno()
        os.set_blocking(pipe, False)
        for data in chain([memoryview(wav_header(clip))], map(pcm, pieces(clip, volume_db))):
            left = data
            while left:
                if not select.select([], [pipe], [], max(0.0, until - time.monotonic()))[1]:
                    raise subprocess.TimeoutExpired(self._command, clip.seconds + self._margin_s)
                try:
                    left = left[os.write(pipe, left) :]
                except BrokenPipeError:
                    return

    def probe(self) -> None:
        """Open the device, set it up and play nothing; raises as :meth:`play` does."""
        self.play(Clip(RATE, array("h")))

    def stop(self) -> None:
        """End the sound being played at once; may be called from another thread."""
        process = self._playing
        if process is not None:
            with contextlib.suppress(ProcessLookupError):
                process.kill()

    def close(self) -> None:
        """Stop, and play no more; may be called twice."""
        self._closed = True
        self.stop()


class EspeakNg:
    """The machine's own voice: robotic, clear, 10 ms a sentence, no network, no model."""

    #: characters a minute, as measured over the hall's sentences, and the words a minute that espeak-ng must be asked for
    _PACE = ((101.6, 80.0), (108.7, 90.0), (121.4, 100.0), (134.3, 110.0), (147.2, 120.0), (161.3, 130.0))

    def __init__(
        self,
        chars_per_min: int = 155,
        *,
        pitch: int = 45,
        program: str = "espeak-ng",
        timeout_s: Seconds = 20.0,
    ) -> None:
        """`chars_per_min` is how many characters a listener hears in a minute, 100 to 160; `pitch` 0 to 99."""
        # `-v cmn` reads its own pinyin as English in 1.51, the version of Debian 12 and Raspberry Pi OS
        speed = _between(self._PACE, chars_per_min)
        self._program = _Espeak(program, "cmn-latn-pinyin", speed, pitch, timeout_s)

    @property
    def manner(self) -> str:
        """See :class:`devices.call_speaker.voice.Engine`."""
        return self._program.manner

    def render(self, said: str) -> Clip:
        """See :class:`devices.call_speaker.voice.Engine`."""
        return self._program.render(pinyin(said))


class EspeakNgEnglish:
    """The same voice for the English sentence after the Chinese one: 130 words a minute, as to guests."""

    def __init__(self, *, pitch: int = 45, program: str = "espeak-ng", timeout_s: Seconds = 20.0) -> None:
        """`pitch` as the Chinese voice's."""
        self._program = _Espeak(program, "en-gb", 130, pitch, timeout_s)

    @property
    def manner(self) -> str:
        """See :class:`devices.call_speaker.voice.Engine`."""
        return self._program.manner

    def render(self, said: str) -> Clip:
        """See :class:`devices.call_speaker.voice.Engine`."""
        return self._program.render(said)


class _Espeak:
    """The program, started for each sentence."""

    #: its own scale, 0 to 200
    _LOUDNESS = 69

    def __init__(self, program: str, voice: str, speed: int, pitch: int, timeout_s: Seconds) -> None:
        self._command = [program, "-v", voice, "-s", str(speed), "-p", str(pitch)]
        self._command += ["-a", str(self._LOUDNESS), "--stdout"]
        self._timeout_s = timeout_s

    @property
    def manner(self) -> str:
        """What its sound depends on."""
        return " ".join(self._command)

    def render(self, text: str) -> Clip:
        """The text's sound; Fault ``voice-missing``."""
        if not text:
            raise no_voice("nothing in the sentence can be read")
        try:
            done = subprocess.run(
                [*self._command, text],
                capture_output=True,
                timeout=self._timeout_s,
                check=True,
                stdin=subprocess.DEVNULL,
            )
            return from_wav(_closed_header(done.stdout))
        except subprocess.CalledProcessError as error:
            raise no_voice(_line(error.stderr.decode("utf-8", "replace")) or str(error.returncode)) from error
        except (OSError, subprocess.TimeoutExpired, BadClip) as error:
            raise no_voice(_line(str(error))) from error


def _understood(said: str, code: int) -> Fault:
    """What aplay said on stderr, as a fault."""
    lower = said.lower()
    found = next((meaning for words, meaning in _SAYS if words in lower), "sound-failed")
    return sound_fault(found, _line(said) or f"aplay ended with {code}")


def _line(text: str) -> str:
    """The last line of what a program said, short and printable."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return "".join(c if c.isprintable() else "?" for c in lines[-1])[:160] if lines else ""


def _closed_header(data: bytes) -> bytes:
    """A WAV written to a pipe carries no lengths (its writer could not go back): fill them in."""
    at = data.find(b"data", 12)
    if not data.startswith(b"RIFF") or at < 0:
        return data
    riff, body = (len(data) - 8).to_bytes(4, "little"), (len(data) - at - 8).to_bytes(4, "little")
    return b"RIFF" + riff + data[8 : at + 4] + body + data[at + 8 :]


def _between(table: tuple[tuple[float, float], ...], x: float) -> int:
    """`x` looked up in a rising table, straight lines between its points and beyond its ends."""
    i = next((i for i in range(1, len(table)) if x <= table[i][0]), len(table) - 1)
    (x0, y0), (x1, y1) = table[i - 1], table[i]
    return round(y0 + (x - x0) * (y1 - y0) / (x1 - x0))


def _end(process: subprocess.Popen[bytes]) -> None:
    """Leave nothing of the process behind."""
    if process.poll() is None:
        process.kill()
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(1.0)
    for pipe in (process.stdin, process.stderr):
        if pipe is not None:
            with contextlib.suppress(OSError):
                pipe.close()
