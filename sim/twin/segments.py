"""Eight seven-segment digits behind a MAX7219: the text that stands on them, read off the segments as an eye does.

A digit is one of the chain's columns, the rightmost first; its bits are, from the highest, the dot and the segments a to g. What can be
read two ways (5 and S, 0 and O) is read as a digit where digits are, so compare with :func:`as_read`.
"""

from __future__ import annotations

from collections.abc import Sequence

#: segments a … g from the top clockwise and the middle last; where two characters look alike, the first stands for both
_SEGMENTS = {
    " ": "", "0": "abcdef", "1": "bc", "2": "abdeg", "3": "abcdg", "4": "bcfg", "5": "acdfg", "6": "acdefg", "7": "abc",
    "8": "abcdefg", "9": "abcdfg", "-": "g", "_": "d", "A": "abcefg", "b": "cdefg", "C": "adef", "d": "bcdeg", "E": "adefg",
    "F": "aefg", "G": "acdef", "H": "bcefg", "J": "bcd", "L": "def", "n": "ceg", "o": "cdeg", "P": "abefg", "r": "eg",
    "t": "defg", "U": "bcdef", "Y": "bcdfg",
}  # fmt: skip
_LOOKS = {"S": "5", "O": "0", "I": "1", "B": "b", "D": "d", "V": "U", "X": "H", "Z": "2"}
_READ = {sum(1 << (6 - "abcdefg".index(s)) for s in lit): char for char, lit in reversed(_SEGMENTS.items())}
UNREADABLE = "?"


def text(rows: Sequence[str] | Sequence[Sequence[bool]]) -> str:
    """What stands on the digits, from the left, blanks at the end left out; a dot follows its character."""
    said = ""
    for x in reversed(range(len(rows[0]))):
        byte = sum(1 << y for y in range(8) if rows[y][x] not in {False, "."})
        said += _READ.get(byte & 0x7F, UNREADABLE) + ("." if byte & 0x80 else "")
    return said.rstrip(" ")


def as_read(written: str) -> str:
    """A text as :func:`text` reads it back: S as 5, O as 0 and so on."""
    return "".join(_LOOKS.get(char, char) for char in written).rstrip(" ")
