"""The hall board: public, always in both languages."""

from __future__ import annotations

from typing import Final

from hall.text import Text
from hub.console.look.words.entry import text as _t

WORDS: Final[dict[str, Text]] = {
    "board.calls": _t("请以下号码到窗口", "Now calling"),
    "board.lines": _t("等候情况", "Waiting"),
    "board.people": _t("{n}人", "{n}"),
    "board.wait": _t("约{a}至{b}分钟", "{a}–{b} min"),
    "board.no-window": _t("暂无窗口", "no window open"),
    "board.unknown": _t("请留意叫号", "listen for your number"),
    "board.closed": _t("现在不在服务时间", "The hall is closed now"),
    "board.stale": _t("信息更新中，请留意叫号", "Updating; please listen for your number"),
}
