"""The guide desk's page."""

from __future__ import annotations

from typing import Final

from hall.text import Text
from hub.console.look.words.entry import text as _t

WORDS: Final[dict[str, Text]] = {
    "issue": _t("取号", "Issue a number"),
    "situation": _t("办理情形", "Situation"),
    "entitled": _t("可走此通道", "Entitled to it"),
    "lane-normal": _t("普通", "Normal"),
    "seat-directly": _t("直接引导到爱心窗口", "Straight to a heart window"),
    "arrivals": _t("预约和告知单报到", "Appointments and slips"),
    "book": _t("预约", "Book a time"),
    "service": _t("业务", "Service"),
    "free-times": _t("可约时间", "Free times"),
    "last-four": _t("手机号后四位", "Phone, last four"),
    "places-left": _t("余{n}", "{n} left"),
    "nothing-free": _t("这项业务没有可约时间", "no free time for this service"),
    "appointment-code": _t("预约码", "Code"),
    "check-in": _t("报到", "Check in"),
    "cancel-appointment": _t("取消预约", "Cancel the appointment"),
    "code-or-phone": _t(
        "请输入六位预约码、八位告知单码或手机号后四位",
        "a code of six or eight digits, or the phone's last four",
    ),
    "displaced": _t("需改时间的预约", "Appointments to be moved"),
    "nobody-displaced": _t("没有需改时间的预约", "nobody has to be moved"),
    "missed": _t("过号", "Missed"),
    "at-desk": _t("请到引导台", "Sent to the guide desk"),
    "find": _t("查号", "Find a number"),
    "not-found": _t("今天没有这个号", "no such number today"),
    "reprint": _t("补打", "Reprint"),
    "extension": _t("延时办理", "Serve after closing"),
    "extension-reason": _t("引导台同意延时", "granted at the guide desk"),
    "cancel-ticket": _t("取消号票", "Cancel the ticket"),
    "life.waiting": _t("等候中", "waiting"),
    "life.called": _t("已叫号", "called"),
    "life.serving": _t("办理中", "being served"),
    "life.parked": _t("挂起", "parked"),
    "life.missed": _t("过号", "missed"),
    "life.done": _t("已办结", "done"),
    "life.cancelled": _t("已取消", "cancelled"),
    "life.left": _t("未办理", "not served"),
}
