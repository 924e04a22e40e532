"""How Hanzi are read: ``readings/characters.txt`` (each Hanzi of GB2312, made once by a script) and ``words.txt`` (by hand).

Both are plain text so that a wrong reading is corrected with an editor and seen in a diff. They load in a few milliseconds.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from importlib.resources import files
from typing import NamedTuple

_COUNTED = frozenset("零一二三四五六七八九十百千幺第")
_PAUSES = {"，": ",", "。": "."}
_LONGEST = 6


class Characters(Mapping[str, str]):
    """Syllables by Hanzi, kept as the lines they stand in: 6,763 strings of one Hanzi would take thirty times as much memory."""

    def __init__(self, lines: Iterable[str]) -> None:
        """Each line is a syllable and the Hanzi read so; of two lines the later one counts."""
        self._lines = "\n" + "\n".join(lines)

    def __getitem__(self, char: str) -> str:
        at = -1 if char.isascii() else self._lines.rfind(char)
        if at < 0:
            raise KeyError(char)
        line = self._lines.rfind("\n", 0, at) + 1
        return self._lines[line : self._lines.index(" ", line)]

    def __iter__(self) -> Iterator[str]:
        return iter(dict.fromkeys(char for char in self._lines if not char.isascii()))

    def __len__(self) -> int:
        return len(list(iter(self)))


class Readings(NamedTuple):
    """The two tables; a word's syllables stand in order."""

    characters: Characters
    words: dict[str, tuple[str, ...]]


@cache
def readings() -> Readings:
    """Both tables, read once. A malformed line is a mistake in the package and raises ``ValueError``."""
    characters = _lines("characters.txt")
    words: dict[str, tuple[str, ...]] = {"不": ("bu4",)}
    for line in _lines("words.txt"):
        word, *syllables = line.split()
        if len(word) != len(syllables) or len(word) > _LONGEST:
            raise ValueError(
                f"words.txt: {line!r}: one toned syllable for each of at most {_LONGEST} characters"
            )
        if len(word) == 1:
            characters.append(f"{syllables[0]} {word}")
        else:
            words[word] = tuple(syllables)
    return Readings(Characters(characters), words)


def pinyin(said: str) -> str:
    """The sentence for ``espeak-ng -v cmn-latn-pinyin``: toned syllables, each word written together, pauses as , and .

    `said` comes from :func:`devices.call_speaker.phrases.spoken`. A Hanzi outside GB2312 is left out
    (:func:`unread`); empty when nothing is left.
    """
    characters, words = readings()
    spelled: list[list[str]] = []
    marks: dict[int, str] = {}
    at = 0
    while at < len(said):
        if said[at] in _PAUSES:
            marks[len(spelled)] = _PAUSES[said[at]]
            at += 1
            continue
        word = _word_at(said, at, words)
        syllables = words.get(word) or (characters.get(word, ""),)
        if syllables[0]:
            spelled.append(list(syllables))
        at += len(word)
    if not spelled:
        return ""
    _soften_bu(spelled, marks)
    written = (marks.get(i, "") + (" " if i else "") + "".join(word) for i, word in enumerate(spelled))
    return "".join(written) + marks.get(len(spelled), "")


def unread(said: str) -> str:
    """The characters of `said` that the tables do not know, in order."""
    characters = readings().characters
    return "".join(c for c in said if c not in characters and c not in _PAUSES)


def _word_at(said: str, at: int, words: dict[str, tuple[str, ...]]) -> str:
    if said[at] == "一" and at and said[at - 1] in _COUNTED:
        return "一"  # 二十一个: the end of a number keeps its tone
    for length in range(min(_LONGEST, len(said) - at), 1, -1):
        if said[at : at + length] in words:
            return said[at : at + length]
    return said[at]


def _soften_bu(spelled: list[list[str]], marks: dict[int, str]) -> None:
    """不 is said bú before a fourth tone, unless a pause stands between."""
    for i in range(len(spelled) - 1):
        if spelled[i][-1] == "bu4" and spelled[i + 1][0].endswith("4") and i + 1 not in marks:
            spelled[i][-1] = "bu2"


def _lines(name: str) -> list[str]:
    text = files(__package__).joinpath(name).read_text(encoding="utf-8")
    return [line for line in text.splitlines() if line and not line.startswith("#")]
