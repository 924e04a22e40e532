"""Kokoro as the speaker's engine: asks the worker in the voice folder's environment, and keeps to the pace of calm talk."""

from __future__ import annotations

import json
import subprocess
import sys
from array import array
from pathlib import Path
from typing import Final, Self

from devices.call_speaker.pack import MEASURED, PACE
from devices.call_speaker.phrases import characters
from devices.call_speaker.readings import pinyin
from devices.call_speaker.sound import Clip, trimmed
from devices.call_speaker.voice import no_voice

#: clear, and the recogniser understands her best (docs/voice.md)
VOICE: Final = "zf_xiaoxiao"
#: characters a minute as the model speaks by itself, measured over the hall's sentences
_NATURAL: Final = 280.0
_WORKER: Final = Path(__file__).with_name("worker.py")


class Kokoro:
    """A context: the worker runs inside it."""

    def __init__(self, home: Path, *, voice: str = VOICE, chars_per_min: int = 165) -> None:
        """`home` is the folder that ``hall voice setup`` made."""
        self._home, self._voice, self._pace = home, voice, chars_per_min
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        """The worker starts with the first sentence."""
        return self

    def __exit__(self, *_: object) -> None:
        """The worker ends."""
        process, self._process = self._process, None
        if process is not None:
            assert process.stdin is not None
            process.stdin.close()
            process.wait(10.0)
            if process.stdout is not None:
                process.stdout.close()

    @property
    def manner(self) -> str:
        """See :class:`devices.call_speaker.voice.Engine`."""
        return f"kokoro {self._voice} {self._pace}"

    def render(self, said: str) -> Clip:
        """See :class:`devices.call_speaker.voice.Engine`; a sentence that came out of its pace is rendered once more."""
        stretch = _NATURAL / self._pace
        clip = self._ask(said, stretch)
        many = characters(said)
        if many >= MEASURED:
            found = 60 * many / max(trimmed(clip).seconds, 0.1)
            if not PACE[0] + 5 <= found <= PACE[1] - 5:
                clip = self._ask(said, stretch * found / self._pace)
        return clip

    def _ask(self, said: str, stretch: float) -> Clip:
        process = self._process or self._start()
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            process.stdin.write(
                json.dumps({"pinyin": pinyin(said), "stretch": round(stretch, 3)}).encode() + b"\n"
            )
            process.stdin.flush()
            answer = json.loads(process.stdout.readline() or b'{"error": "the voice program ended"}')
        except (OSError, ValueError) as error:
            raise no_voice(str(error)) from error
        if "error" in answer:
            raise no_voice(answer["error"])
        samples = array("h")
        samples.frombytes(process.stdout.read(answer["bytes"]))
        if sys.byteorder == "big":
            samples.byteswap()
        return Clip(answer["rate"], samples)

    def _start(self) -> subprocess.Popen[bytes]:
        python = self._home / "venv" / "bin" / "python"
        try:
            self._process = subprocess.Popen(
                [str(python), str(_WORKER), str(self._home), self._voice],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
            )
        except OSError as error:
            raise no_voice(f"{python}: {error.strerror}; hall voice setup {self._home}") from error
        return self._process
