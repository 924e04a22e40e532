"""What the doctor finds: one sentence, how bad it is, and what to do about it."""

from __future__ import annotations

from enum import Enum

import msgspec

from hall.text import Text


class Level(Enum):
    """How bad it is."""

    OK = "ok"
    WARNING = "warning"
    FAULT = "fault"


#: what to do where nothing is wrong
NOTHING = Text(zh="不用处理", en="nothing to do")


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that was looked at."""

    code: str
    level: Level
    text: Text
    do: Text = NOTHING


def fine(code: str, zh: str, en: str) -> Finding:
    """It is as it should be."""
    return Finding(code=code, level=Level.OK, text=Text(zh=zh, en=en))


def warning(code: str, text: tuple[str, str], do: tuple[str, str]) -> Finding:
    """It works, and will not for long, or not well; `text` and `do` in Chinese and English."""
    return Finding(
        code=code, level=Level.WARNING, text=Text(zh=text[0], en=text[1]), do=Text(zh=do[0], en=do[1])
    )


def fault(code: str, text: tuple[str, str], do: tuple[str, str]) -> Finding:
    """It does not work."""
    return Finding(
        code=code, level=Level.FAULT, text=Text(zh=text[0], en=text[1]), do=Text(zh=do[0], en=do[1])
    )
