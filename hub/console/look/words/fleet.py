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
    "fleet.health": _t("机器", "Machine"),
    "fleet.heat": _t("温度{n}℃", "{n} °C"),
    "fleet.disk": _t("磁盘余{n}MB", "disk {n} MB free"),
    "fleet.memory": _t("内存余{n}MB", "memory {n} MB free"),
    "fleet.clock-wrong": _t("时钟未同步", "clock not kept"),
    "fleet.weak": _t("供电不足", "too little power"),
    "fleet.was-weak": _t("有过供电不足", "had too little power"),
    "fleet.slow": _t("过热降速", "slowed down by heat"),
    "fleet.outbox": _t("{n}条待报", "{n} reports waiting"),
    "fleet.tested": _t("自检（{at}）", "Self-test ({at})"),
    "fleet.bundle": _t("诊断包{file}已到主机", "bundle {file} is on the hub"),
    "fleet.care": _t("维护", "Care"),
    "fleet.care-of": _t("维护{device}", "Care for {device}"),
    "fleet.order.identify": _t("找到它", "Identify"),
    "fleet.order.self-test": _t("自检", "Self-test"),
    "fleet.order.restart": _t("重启", "Restart"),
    "fleet.order.log-level": _t("详细日志1小时", "Debug log for 1 h"),
    "fleet.order.bundle": _t("取诊断包", "Fetch bundle"),
    "fleet.asked": _t("{what}：已下达（{at}）", "{what}: ordered ({at})"),
    "fleet.phase.done": _t("{what}：完成（{at}）", "{what}: done ({at})"),
    "fleet.phase.not": _t("{what}：未完成，{code}（{at}）", "{what}: not done, {code} ({at})"),
    "fleet.config": _t("运行中可改的设置", "Settings that change while it runs"),
    "fleet.config.none": _t("按设备自己的文件", "as in the device's own file"),
    "fleet.config.name": _t("名称，如brightness", "Name, such as brightness"),
    "fleet.config.value": _t("值；留空恢复设备文件的值", "Value; empty: as in the device's own file"),
    "fleet.config.set": _t("下发", "Send"),
    "fleet.config.name-owed": _t("请填设置的名称", "Please say which setting"),
    "fleet.config.value-odd": _t(
        "请填一个数、一个词，或true、false", "Please give one number, one word, true or false"
    ),
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
