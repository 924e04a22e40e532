"""The manager's live page."""

from __future__ import annotations

from typing import Final

from hall.text import Text
from hub.console.look.words.entry import text as _t

WORDS: Final[dict[str, Text]] = {
    "troubles": _t("设备情况", "Devices that need help"),
    "lost": _t("没有应答", "does not answer"),
    "work-number": _t("工号", "Work number"),
}
