"""How a display sentence is said.

``请A012号，到3号窗口办理。`` becomes ``请诶零幺二号，到三号窗口办理。``

Rules, pure and in one table (:data:`_RULES`), tried in its order at each place of the sentence:

* a ticket number, a phone number, a room, a work number and anything that begins with 0 are read digit by digit, 1 as 幺;
* windows, minutes, days, times and dates are cardinals; 2 is always 二, never 两;
* a letter has its Chinese name; a dash between figures is 至;
* what cannot be read (pictures, control characters) is left out, never guessed.

The result holds only Hanzi and the marks ``，`` and ``。``; it is what a recorded or neural voice is asked for, and the key
under which its sound is kept. :mod:`devices.call_speaker.readings` turns it into pinyin.
"""

from __future__ import annotations

import re
from collections.abc import Callable

#: How people in a hall say the letters, each written with Hanzi of the same sound.
LETTERS = {
    "A": "诶", "B": "必", "C": "西", "D": "弟", "E": "衣", "F": "艾弗", "G": "计", "H": "诶吃", "I": "爱", "J": "杰", "K": "开",
    "L": "艾勒", "M": "艾姆", "N": "恩", "O": "欧", "P": "批", "Q": "丘", "R": "阿尔", "S": "艾斯", "T": "提", "U": "优", "V": "维",
    "W": "达不溜", "X": "艾克斯", "Y": "歪", "Z": "贼",
}  # fmt: skip
DIGITS = "零一二三四五六七八九"
_UNITS = ("", "十", "百", "千")
_FULL_WIDTH = {
    0xFF01 + i: 0x21 + i for i in range(94) if chr(0x21 + i).isalnum() or chr(0x21 + i) in ":%./-~"
}
_WEAK, _STRONG = "，", "。"


def digits(figures: str, *, one: str = "一") -> str:
    """Figures one by one; `one` is how 1 is said (幺 in numbers that are called or dialled)."""
    return "".join(one if figure == "1" else DIGITS[int(figure)] for figure in figures if figure.isdecimal())


def cardinal(number: int) -> str:
    """A number from 0 to 9999 as it is counted: 12 十二, 25 二十五, 105 一百零五, 2 二."""
    if not 0 <= number <= 9999:
        raise ValueError("cardinals are read from 0 to 9999")
    if number == 0:
        return DIGITS[0]
    said, gap = "", False
    figures = str(number)
    for place, figure in zip(range(len(figures) - 1, -1, -1), figures, strict=True):
        if figure == "0":
            gap = True
            continue
        said += (DIGITS[0] if gap else "") + DIGITS[int(figure)] + _UNITS[place]
        gap = False
    return said.removeprefix("一") if 10 <= number <= 19 else said


def _time(found: re.Match[str], _one: str) -> str:
    hour, minute = int(found["hour"]), int(found["minute"])
    if minute == 0:
        return f"{cardinal(hour)}点"
    return f"{cardinal(hour)}点{DIGITS[0] if minute < 10 else ''}{cardinal(minute)}分"


def _date(found: re.Match[str], _one: str) -> str:
    return f"{digits(found['year'])}年{cardinal(int(found['month']))}月{cardinal(int(found['day']))}日"


def _dialled(found: re.Match[str], one: str) -> str:
    return _WEAK.join(digits(part, one=one) for part in found[0].split("-"))


def _spelled(found: re.Match[str], one: str) -> str:
    return "".join(LETTERS.get(c.upper(), "") or digits(c, one=one) for c in found[0])


def _decimal(figures: str) -> str:
    whole, _, part = figures.partition(".")
    return (cardinal(int(whole)) if len(whole) <= 4 else digits(whole)) + (
        f"点{digits(part)}" if part else ""
    )


Say = Callable[[re.Match[str], str], str]
#: What it looks like, and how it is said (the match, how 1 is said in called numbers).
_RULES: tuple[tuple[str, Say], ...] = (
    (r"(?P<year>\d{4})-(?P<month>0?[1-9]|1[0-2])-(?P<day>0?[1-9]|[12]\d|3[01])(?!\d)", _date),
    (r"(?<!\d)\d{4}(?=年)", lambda found, _one: digits(found[0])),
    (r"(?<!\d)(?P<hour>[01]?\d|2[0-3]):(?P<minute>[0-5]\d)(?!\d)", _time),
    (r"\d{3,4}-\d{7,8}|\d{3}-\d{4}-\d{4}|(?<!\d)\d{5,}(?![.\d%])", _dialled),
    (r"[A-Za-z][A-Za-z0-9]*", _spelled),
    (r"(?<=工号)\d+|(?<![\d.])0\d+|\d+(?=室)", _spelled),
    (r"(?P<share>\d+(?:\.\d+)?)%", lambda found, _one: f"百分之{_decimal(found['share'])}"),
    (r"\d+\.\d+", lambda found, _one: _decimal(found[0])),
    (r"(?<=\d)[-–—~～](?=\d)", lambda _found, _one: "至"),
    (r"\d+", lambda found, _one: _decimal(found[0])),
    (r"[，、：；,:;（）()《》“”\"\s\u3000/·—–-]+", lambda _found, _one: _WEAK),
    (r"[。！？…!?.]+", lambda _found, _one: _STRONG),
    (r"[\u4e00-\u9fff]+", lambda found, _one: found[0]),
    (r".", lambda _found, _one: ""),
)
_ANY = re.compile(
    "|".join(f"(?P<r{i}>{pattern})" for i, (pattern, _) in enumerate(_RULES)), re.DOTALL | re.ASCII
)


def spoken(display: str, *, one: str = "幺") -> str:
    """The sentence as it is said. `one` is how 1 is said in numbers read digit by digit: 幺, or 一 where people prefer it."""

    def say(found: re.Match[str]) -> str:
        rule = next(i for i in range(len(_RULES)) if found[f"r{i}"] is not None)
        return _RULES[rule][1](found, one)

    said = _ANY.sub(say, display.translate(_FULL_WIDTH))
    said = re.sub(r"，*。[，。]*", _STRONG, said)  # a pause is one pause
    return re.sub(r"，+", _WEAK, said).strip(_WEAK).removeprefix(_STRONG)


def characters(said: str) -> int:
    """How many characters a listener hears: what the pace (characters a minute) counts."""
    return sum(1 for character in said if character not in "，。")
