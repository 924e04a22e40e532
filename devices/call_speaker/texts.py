"""What a bank or a pack has to say, and what each file is called: the fixed sentences, those of each window, and the parts of calls.

Pure; one table for whoever renders (:mod:`.rendering`), records (``hall voice texts``) and checks (:mod:`.pack`). Names are made for
people: ``number-012`` says 零幺二号, ``voice.call-A`` 请诶, ``voice.call-to-3`` 到三号窗口办理。
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, NamedTuple

from devices.call_speaker import phrases_en
from devices.call_speaker.phrases import LETTERS, digits, spoken
from devices.call_speaker.segments import split
from hall.words import Phrase, phrases, say

#: Closing is told so many minutes before; hours are extended to halves of these hours.
MINUTES: Final = (60, 45, 30, 20, 15, 10, 5)
EXTENDED: Final = tuple(f"{hour}:{half}" for hour in range(16, 21) for half in ("00", "30"))
#: What the voice is judged by: every letter, figures of all kinds, windows 1 to 12.
FORTY_CALLS: Final = tuple(
    ("ABCDEFGHIJKLMNOPQRSTUVWXYZ"[n % 26] + f"{(137 * n + 12) % 1000:03}", (7 * n) % 12 + 1)
    for n in range(40)
)
#: The pads say these, not the hall's speaker.
_NOT_OURS: Final = frozenset({"voice.rate", "voice.rated", "disp.again"})


class Extent(NamedTuple):
    """How far a bank goes."""

    letters: str = "ABCD"
    #: 0 to this
    numbers: int = 999
    windows: int = 12
    one: str = "幺"


def said_call(number: str, window: int) -> str:
    """A call as said."""
    return spoken(say("voice.call", number=number, window=window).zh)


def texts(extent: Extent) -> dict[str, str]:
    """File names and what they say in Mandarin, each sentence and part once."""
    named: dict[str, str] = {}
    for name, said in _all(extent):
        if said not in named:
            named[said] = name
    return {name: said for said, name in named.items()}


def paired_texts(extent: Extent) -> dict[str, str]:
    """Each letter with each number as one part, as a call says them first."""
    lead = spoken("请", one=extent.one)
    return {
        f"call-{letter}-{number:03}": f"{lead}{LETTERS[letter]}{digits(f'{number:03}', one=extent.one)}号"
        for number in range(extent.numbers + 1)
        for letter in extent.letters
    }


def english_texts(extent: Extent) -> dict[str, str]:
    """The sentences without a number in English; called numbers are left to the engine."""
    found: dict[str, str] = {}
    for key, phrase in _ours():
        if not _fields(phrase):
            found[key] = phrases_en.spoken(phrase.en)
        elif _fields(phrase) == {"window"}:
            for window in range(1, extent.windows + 1):
                found[f"{key}-{window}"] = phrases_en.spoken(say(key, window=window).en)
    return found


def _all(extent: Extent) -> Iterator[tuple[str, str]]:
    for key, phrase in _ours():
        match sorted(_fields(phrase)):
            case []:
                yield key, spoken(phrase.zh, one=extent.one)
            case ["window"]:
                for window in range(1, extent.windows + 1):
                    yield f"{key}-{window}", spoken(say(key, window=window).zh, one=extent.one)
            case ["minutes"]:
                for minutes in MINUTES:
                    yield f"{key}-{minutes}", spoken(say(key, minutes=minutes).zh, one=extent.one)
            case ["time"]:
                for time in EXTENDED:
                    name = time.replace(":", "")
                    yield f"{key}-{name}", spoken(say(key, time=time).zh, one=extent.one)
            case ["number"] | ["number", "window"]:
                yield from _call(key, phrase, extent)
            case _:
                pass  # names of services and pairs of numbers: too many to make ahead
    for number in range(extent.numbers + 1):
        yield f"number-{number:03}", f"{digits(f'{number:03}', one=extent.one)}号"


def _call(key: str, phrase: Phrase, extent: Extent) -> Iterator[tuple[str, str]]:
    """What leads up to each letter, and what follows the number for each window."""
    for letter in extent.letters:
        parts = split(spoken(phrase.zh.format(number=f"{letter}000", window=1), one=extent.one))
        if parts:
            yield f"{key}-{letter}", parts[0].said
    windows = range(1, extent.windows + 1) if "{window}" in phrase.zh else (0,)
    for window in windows:
        parts = split(spoken(phrase.zh.format(number="A000", window=window), one=extent.one))
        if parts:
            yield f"{key}-to-{window}" if window else f"{key}-rest", parts[-1].said


def _ours() -> Iterator[tuple[str, Phrase]]:
    return (
        (key, phrase)
        for key, phrase in phrases().items()
        if phrase.surface == "voice" and key not in _NOT_OURS
    )


def _fields(phrase: Phrase) -> set[str]:
    return {part.partition("}")[0] for part in phrase.zh.split("{")[1:]}
