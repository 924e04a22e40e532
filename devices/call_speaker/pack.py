"""Whether a folder of sounds is fit to be the hall's voice: a bank that a program rendered, or a dialect that a person recorded.

Rules, each with its code:

* ``no-index``, ``bad-name``, ``said-twice``: ``index.tsv`` names each file once, in letters, figures, ``.``, ``-`` and ``_``.
* ``not-there``, ``not-listed``: every line has its file, every file its line.
* ``not-covered``: everything the hall says (:mod:`.texts`) is there. A dialect may cover less; what it lacks is said in Mandarin.
* ``not-a-sound``, ``other-rate``: mono, 16 bit, 8 to 48 kHz, all at one rate.
* ``too-quiet``, ``too-loud``: each within ±1.5 dB of −21 dBFS (root mean square between its first and last sound); down to −25 dBFS where
  its peaks leave no room for more.
* ``clipped``: nothing above −1 dBFS, and no three samples in a row at the top of the scale.
* ``silent``, ``silence``: at most 0.3 s of it at either end, at most 1 s inside.
* ``too-fast``, ``too-slow``: sentences of ten characters and more at 110 to 180 characters a minute (``slow`` packs: 60 to 150).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from devices.call_speaker.bank import INDEX, read_index
from devices.call_speaker.phrases import characters
from devices.call_speaker.sound import (
    PEAK_DB,
    SPEECH_DB,
    SPEECH_TOLERANCE_DB,
    BadClip,
    Clip,
    decibels,
    from_wav,
    peak,
    quiet_spans,
    rms,
    trimmed,
)
from hall.text import Text

#: Characters a minute that a listener follows, and how many characters make a sentence that can be measured.
PACE = (110, 180)
SLOW_PACE = (60, 150)
MEASURED = 10
PEAKY_DB = 4.0
END_SILENCE_S, INNER_SILENCE_S = 0.3, 1.0
_FEW = 5


class Finding(NamedTuple):
    """One thing that is not as it should be: the code of its rule, the file, and what it is in both languages."""

    code: str
    file: str
    text: Text


def check(folder: Path, wanted: Iterable[str], *, pace: tuple[int, int] = PACE) -> list[Finding]:
    """Everything that is not right with the folder; nothing: it is fit."""
    if not (folder / INDEX).is_file():
        text = Text(
            zh=f"缺少{INDEX}，请用hall voice texts生成", en=f"{INDEX} is missing; hall voice texts makes it"
        )
        return [Finding("no-index", INDEX, text)]
    index = read_index(folder)
    return [*_names(folder, index), *_covered(index, wanted), *_sounds(folder, index, pace)]


class Measures(NamedTuple):
    """What a folder's sounds are, least and most: characters a minute of its sentences (None without any), level and highest peak in dBFS."""

    pace: tuple[float, float] | None
    level: tuple[float, float]
    peak: float


def measured(folder: Path) -> Measures | None:
    """Over every sound that is one; None without any."""
    paces, levels, peaks = list[float](), list[float](), list[float]()
    for name, said in read_index(folder).items():
        try:
            clip = from_wav((folder / f"{name}.wav").read_bytes())
        except (OSError, BadClip):
            continue
        core = trimmed(clip)
        if core.samples:
            levels.append(decibels(rms(core.samples)))
            peaks.append(decibels(peak(core.samples)))
            if characters(said) >= MEASURED:
                paces.append(60 * characters(said) / core.seconds)
    if not levels:
        return None
    return Measures((min(paces), max(paces)) if paces else None, (min(levels), max(levels)), max(peaks))


def _names(folder: Path, index: dict[str, str]) -> Iterator[Finding]:
    for name in index:
        if not re.fullmatch(r"[A-Za-z0-9._-]+", name):
            yield _found(
                "bad-name",
                name,
                "文件名只用字母、数字、点和横线",
                "a name has letters, figures, dots and dashes",
            )
        elif not (folder / f"{name}.wav").is_file():
            yield _found("not-there", name, "清单中有，文件夹里没有", "the list has it, the folder does not")
    for said, times in Counter(index.values()).items():
        if times > 1:
            yield _found("said-twice", said, "同一句话有多个文件", "several files say the same")
    listed = {f"{name}.wav" for name in index}
    for path in sorted(folder.glob("*.wav")):
        if path.name not in listed:
            yield _found("not-listed", path.stem, "清单中没有这个文件", "the list does not have this file")


def _covered(index: dict[str, str], wanted: Iterable[str]) -> Iterator[Finding]:
    said = set(index.values())
    lacking = [text for text in wanted if text not in said]
    if lacking:
        some = "、".join(text.rstrip("。，") for text in lacking[:_FEW])
        zh, en = f"还缺{len(lacking)}句：{some}", f"{len(lacking)} are missing: {some}"
        yield _found("not-covered", INDEX, zh, en)


def _sounds(folder: Path, index: dict[str, str], pace: tuple[int, int]) -> Iterator[Finding]:
    rates: Counter[int] = Counter()
    found: dict[str, int] = {}
    for name, said in index.items():
        try:
            clip = from_wav((folder / f"{name}.wav").read_bytes())
        except FileNotFoundError:
            continue
        except (OSError, BadClip) as error:
            yield _found("not-a-sound", name, f"不是单声道16位WAV：{error}", f"no mono 16 bit WAV: {error}")
            continue
        rates[clip.rate] += 1
        found[name] = clip.rate
        yield from _sound(name, said, clip, pace)
    usual = rates.most_common(1)[0][0] if rates else 0
    for name, rate in found.items():
        if rate != usual:
            yield _found(
                "other-rate", name, f"采样率{rate}，其余{usual}", f"{rate} Hz, the others {usual} Hz"
            )


def _sound(name: str, said: str, clip: Clip, pace: tuple[int, int]) -> Iterator[Finding]:
    core = trimmed(clip)
    if not core.samples:
        yield _found("silent", name, "没有声音", "no sound in it")
        return
    level = decibels(rms(core.samples))
    at_limit = decibels(peak(core.samples)) > PEAK_DB - 0.3 and level > SPEECH_DB - PEAKY_DB
    if abs(level - SPEECH_DB) > SPEECH_TOLERANCE_DB and not (at_limit and level < SPEECH_DB):
        code = "too-loud" if level > SPEECH_DB else "too-quiet"
        want = f"{SPEECH_DB:.0f}±{SPEECH_TOLERANCE_DB} dBFS"
        yield _found(code, name, f"音量{level:.1f}，应为{want}", f"level {level:.1f}, wanted {want}")
    if decibels(peak(clip.samples)) > PEAK_DB + 0.05 or _flat_top(clip):
        yield _found(
            "clipped", name, f"有削波或高于{PEAK_DB:.0f} dBFS", f"clipped, or above {PEAK_DB:.0f} dBFS"
        )
    first, inner, last = quiet_spans(clip)
    if max(first, last) > END_SILENCE_S or inner > INNER_SILENCE_S:
        spans = f"{first:.2f}/{inner:.2f}/{last:.2f} s"
        yield _found(
            "silence", name, f"静音太长（前/中/后{spans}）", f"too much silence (before/inside/after {spans})"
        )
    many = characters(said)
    if many >= MEASURED:
        speed = 60 * many / core.seconds
        if not pace[0] <= speed <= pace[1]:
            code = "too-fast" if speed > pace[1] else "too-slow"
            limits = f"{pace[0]}-{pace[1]}"
            yield _found(
                code,
                name,
                f"每分钟{speed:.0f}字，应为{limits}",
                f"{speed:.0f} characters a minute, wanted {limits}",
            )


def _flat_top(clip: Clip) -> bool:
    top = peak(clip.samples)
    if top < 16_000:
        return False
    run = 0
    for sample in clip.samples:
        run = run + 1 if abs(sample) == top else 0
        if run >= 3:
            return True
    return False


def _found(code: str, file: str, zh: str, en: str) -> Finding:
    return Finding(code, file, Text(zh=zh, en=en))
