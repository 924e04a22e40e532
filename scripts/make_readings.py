"""Write ``devices/call_speaker/readings/characters.txt``: the everyday reading of each of the 6,763 Hanzi of GB2312.

Run once, by a developer (``pip install pypinyin``, MIT; its readings come from pinyin-data, MIT, and Unihan): the table is
kept in the repository, so that neither a Pi nor a build needs pypinyin. Words whose characters are read otherwise than
alone are kept by hand in ``words.txt`` beside it.
"""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path

from pypinyin import Style, pinyin

TABLE = Path(__file__).parent.parent / "devices/call_speaker/readings/characters.txt"
HEAD = """\
# The everyday reading of each Hanzi of GB2312: a toned syllable (5: neutral), then the characters read so.
# Made by scripts/make_readings.py from pypinyin 0.55.0 (MIT licence, Copyright (c) 2016 mozillazg, 闲耘; readings from
# pinyin-data, MIT, and Unicode's Unihan). Do not edit: exceptions are kept in words.txt.
"""


def gb2312() -> list[str]:
    """Every Hanzi of the standard, in its order."""
    found = []
    for row in range(0xB0, 0xF8):
        for cell in range(0xA1, 0xFF):
            try:
                found.append(bytes([row, cell]).decode("gb2312"))
            except UnicodeDecodeError:  # the standard leaves five cells empty
                continue
    return found


def main() -> None:
    """Write the table."""
    by_reading: dict[str, list[str]] = defaultdict(list)
    for character in gb2312():
        reading = pinyin(character, style=Style.TONE3, neutral_tone_with_five=True)[0][0]
        by_reading[reading].append(character)
    lines = [f"{reading} {''.join(by_reading[reading])}\n" for reading in sorted(by_reading)]
    TABLE.write_text(HEAD + "".join(lines), encoding="utf-8")
    print(f"{TABLE}: {sum(map(len, by_reading.values()))} characters, {len(by_reading)} readings")


if __name__ == "__main__":
    main()
