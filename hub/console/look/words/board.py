"""The hall board: public, always in both languages."""

from __future__ import annotations

from typing import Final

from hall.text import Text
from hub.console.look.words.entry import text as _t

WORDS: Final[dict[str, Text]] = {
    "board.calls": _t("请以下号码到窗口", "Now calling"),
    "board.window": _t("{n}号窗口", "Window {n}"),
    "board.lines": _t("等候情况", "Waiting"),
    "board.people": _t("{n}人", "{n}"),
    "board.wait": _t("约{a}至{b}分钟", "{a}–{b} min"),
    "board.no-window": _t("暂无窗口", "no window open"),
    "board.unknown": _t("请留意叫号", "listen for your number"),
    "board.closed": _t("现在不在服务时间", "The hall is closed now"),
    "board.opens": _t("{day}{clock}开始办理", "We open on {day_en}, {clock}"),
    "board.stale": _t("信息更新中，请留意叫号", "Updating; please listen for your number"),
    "board.promise": _t(
        "我们承诺：等候不超过{n}分钟，一次告知，差评必回访",
        "Our promise: wait under {n} minutes, told once, every bad rating called back",
    ),
    "board.measured": _t(
        "今日实际：{all}人中{kept}人等候不超过{n}分钟（{percent}%）",
        "Today: {kept} of {all} waited under {n} minutes ({percent}%)",
    ),
    "board.not-yet": _t("今日实际：还没有叫号", "Today: nobody was called yet"),
    "board.stopped": _t("{service}停办：{why}", "{service_en} is stopped: {why_en}"),
    "board.stop-ahead": _t(
        "{service}{begins}起停办：{why}，{ends}恢复",
        "{service_en} stops {begins_en}: {why_en}; back {ends_en}",
    ),
    "board.every-service": _t("全部业务", "Every service"),
    "board.closed-on": _t("{day}休息：{why}", "Closed on {day_en}: {why_en}"),
    "board.enquiries": _t("咨询{phone}", "Enquiries {phone}"),
    "board.complaints": _t("投诉电话{phone}", "Complaints {phone}"),
    "board.supervision": _t("监督电话{phone}", "Supervision {phone}"),
}
