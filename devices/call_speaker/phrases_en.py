"""How an English sentence is said: ``A012 to window 3`` becomes ``A, zero, one, two to window three``.

Rules, pure: a ticket number is its letter and its figures one by one (0 is *zero*, never *oh*); windows, minutes and other whole numbers
are words; a time of day is read as hour and minutes. What is no letter, figure or mark of English is left out.
"""

from __future__ import annotations

import re

_ONES = [
    "zero",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen",
]
_TENS = ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]


def number(value: int) -> str:
    """A whole number from 0 to 9999 in words."""
    if not 0 <= value <= 9999:
        raise ValueError("numbers are read from 0 to 9999")
    if value < 20:
        return _ONES[value]
    if value < 100:
        tens, ones = divmod(value, 10)
        return _TENS[tens - 2] + (f"-{_ONES[ones]}" if ones else "")
    size, name = (100, "hundred") if value < 1000 else (1000, "thousand")
    many, rest = divmod(value, size)
    return f"{_ONES[many]} {name}" + ((" " if size == 1000 else " and ") + number(rest) if rest else "")


def digits(figures: str) -> str:
    """Figures one by one."""
    return ", ".join(_ONES[int(figure)] for figure in figures)


def _ticket(found: re.Match[str]) -> str:
    return f"{found['letter']}, {digits(found['figures'])}"


def _time(found: re.Match[str]) -> str:
    hour, minute = int(found["hour"]), int(found["minute"])
    if not minute:
        return f"{number(hour)} o'clock"
    return f"{number(hour)} {'oh ' if minute < 10 else ''}{number(minute)}"


def _plain(found: re.Match[str]) -> str:
    return number(int(found[0])) if len(found[0]) <= 4 and found[0][0] != "0" else digits(found[0])


_RULES = (
    (r"\b(?P<letter>[A-Z])(?P<figures>\d{3,4})\b", _ticket),
    (r"\b(?P<hour>[01]?\d|2[0-3]):(?P<minute>[0-5]\d)\b", _time),
    (r"\d+", _plain),
)


def spoken(display: str) -> str:
    """The sentence as it is said, in letters and marks that any English voice reads alike."""
    said = display
    for pattern, say in _RULES:
        said = re.sub(pattern, say, said, flags=re.ASCII)
    said = re.sub(r"[^A-Za-z',.;:!?\- ]+", " ", said)
    return re.sub(r"\s+", " ", said).strip()
