"""The technician's page: every device of the hall."""

from __future__ import annotations

from typing import Final

from hall.text import Text
from hub.console.look.words.entry import text as _t

WORDS: Final[dict[str, Text]] = {
    "fleet.ready": _t("{n}台设备，{ready}台正常", "{n} devices, {ready} ready"),
    "fleet.device": _t("设备", "Device"),
    "fleet.kind": _t("种类", "Kind"),
    "fleet.state": _t("状态", "State"),
    "fleet.program": _t("型号与程序", "Model and program"),
    "fleet.trouble": _t("情况", "What is the matter"),
    "fleet.paper": _t("余纸{metres}米，约{tickets}张票", "{metres} m of paper left, about {tickets} tickets"),
    "fleet.paper.metres": _t("余纸{metres}米", "{metres} m of paper left"),
    "fleet.since": _t("{at}起", "since {at}"),
    "kind.dispenser": _t("取号机", "Ticket dispenser"),
    "kind.sign": _t("窗口屏", "Window sign"),
    "kind.pad": _t("评价器", "Rating pad"),
    "kind.speaker": _t("语音", "Call speaker"),
    "kind.console": _t("控制台", "Console"),
    "kind.call-key": _t("叫号键", "Call key"),
    "member.ready": _t("正常", "Ready"),
    "member.degraded": _t("带故障运行", "Works with a fault"),
    "member.updating": _t("更新中", "Updating"),
    "member.disconnected": _t("已关机", "Switched off"),
    "member.lost": _t("没有应答", "Does not answer"),
    "member.unknown": _t("尚未上线", "Never seen"),
}
