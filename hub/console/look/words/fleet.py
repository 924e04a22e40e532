"""The technician's page: every device of the hall."""

from __future__ import annotations

from typing import Final

from hall.text import Text
from hub.console.look.words.entry import text as _t

WORDS: Final[dict[str, Text]] = {
    "fleet.ready": _t("{n}台设备，{ready}台正常", "{n} {n:device|devices}, {ready} ready"),
    "fleet.releases": _t("程序更新", "Releases"),
    "fleet.releases.going": _t(
        "{version} 正在分批更新：{good}台完成，{working}台进行中，{waiting}台等待",
        "{version} is on its way: {good} done, {working} at it, {waiting} waiting",
    ),
    "fleet.releases.canaries": _t("先更新：{names}", "first: {names}"),
    "fleet.releases.done": _t("{version} 已在全部{good}台设备上运行", "{version} runs on all {good} devices"),
    "fleet.releases.halted": _t(
        "{version} 已停止：{good}台完成，{bad}台失败", "{version} is halted: {good} done, {bad} failed"
    ),
    "fleet.device": _t("设备", "Device"),
    "fleet.kind": _t("种类", "Kind"),
    "fleet.state": _t("状态", "State"),
    "fleet.program": _t("型号与程序", "Model and program"),
    "fleet.trouble": _t("情况", "What is the matter"),
    "fleet.paper": _t(
        "余纸{metres}米，约{tickets}张票",
        "{metres} m of paper left, about {tickets} {tickets:ticket|tickets}",
    ),
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
    "fleet.outbox": _t("{n}条待报", "{n} {n:report|reports} waiting"),
    "fleet.tested": _t("自检（{at}）", "Self-test ({at})"),
    "fleet.bundle": _t("诊断包{file}已到主机", "bundle {file} is on the hub"),
    "fleet.care": _t("维护", "Care"),
    "fleet.care-of": _t("维护{device}", "Care for {device}"),
    "fleet.order.identify": _t("找到它", "Identify"),
    "fleet.order.self-test": _t("自检", "Self-test"),
    "fleet.order.restart": _t("重启", "Restart"),
    "fleet.order.log-level": _t("详细日志1小时", "Debug log for 1 h"),
    "fleet.order.bundle": _t("诊断包送主机", "Bundle to the hub"),
    "fleet.last-seen": _t("最后在线{at}", "last seen {at}"),
    "fleet.certificate": _t("证书还剩{n}天", "certificate good for {n} {n:day|days}"),
    "fleet.map": _t("大厅分布", "The hall"),
    "fleet.map-legend": _t(
        "●正常，▲带故障，×没有应答，○已关机，! 有情况；点设备可维护",
        "● ready, ▲ works with a fault, × does not answer, ○ off, ! something is the matter; press one to care for it",
    ),
    "fleet.at.entrance": _t("入口", "Entrance"),
    "fleet.at.hall": _t("厅内", "Hall"),
    "fleet.morning": _t("开门检查", "Ready to open"),
    "fleet.morning.opens": _t("下次开门{at}", "opens {at}"),
    "fleet.morning.ready": _t("{total}台设备，{ready}台已就绪", "{ready} of {total} devices are ready"),
    "fleet.morning.due": _t(
        "即将开门，还有{n}项要处理，请看设备页",
        "the hall opens soon and {n} {n:thing is|things are} missing; see the devices page",
    ),
    "fleet.morning.missed": _t(
        "开门检查有{n}项还没有处理，请看设备页",
        "{n} {n:thing that was missing before the opening still is|things that were missing before the opening still are}; see the devices page",
    ),
    "fleet.morning.badge": _t("{n}项待处理", "{n} to be seen to"),
    "fleet.morning.several": _t("{n}台", "{n} devices"),
    "fleet.scan": _t("扫描标签", "Scan a label"),
    "fleet.scan-how": _t(
        "请扫描设备标签，或输入设备名称，核对后确认投入使用",
        "Scan the device's label or type its name, look whether it is the right one, and confirm it",
    ),
    "fleet.scan-field": _t("标签或名称", "Label or name"),
    "fleet.scan-owed": _t("请先扫描标签，或输入名称", "Please scan a label or type a name"),
    "fleet.scan-right": _t(
        "标签属于本厅，证书机构一致，请确认投入使用",
        "The label is this hall's; confirm that it is in service",
    ),
    "fleet.scan-by-hand": _t(
        "名称为手工输入，没有核对证书机构；请看设备自己报的名称再确认",
        "The name was typed, no authority was compared; look what the device calls itself, then confirm",
    ),
    "fleet.scan-not.expected": _t(
        "尚未登记，请插入存储卡并开机", "It has not enrolled yet; put its card in and switch it on"
    ),
    "fleet.scan-not.in-service": _t(
        "已投入使用，不用再确认", "It is in service already; nothing is left to do"
    ),
    "fleet.scan-not.quarantined": _t(
        "已隔离，请先找出多余的那台", "It is in quarantine; find the box that should not be there first"
    ),
    "fleet.scan-not.retired": _t("已停用，请重新登记", "It is decommissioned; have it expected again"),
    "fleet.camera-away": _t(
        "相机不能使用，请允许使用相机，或输入设备名称",
        "The camera cannot be used; allow it, or type the device's name",
    ),
    "fleet.camera": _t("用相机扫描", "Scan with the camera"),
    "fleet.look": _t("核对", "Look"),
    "fleet.confirm": _t("确认使用", "Confirm"),
    "fleet.confirm-of": _t("确认{device}投入使用", "Confirm that {device} is in service"),
    "fleet.confirmed": _t("{device}已投入使用", "{device} is in service"),
    "fleet.standing": _t("登记册", "Register"),
    "fleet.why": _t("原因", "Why"),
    "fleet.why-owed": _t("请写明原因", "Please say why"),
    "fleet.act.expect": _t("登记新设备", "Expect a new box"),
    "fleet.act.replace": _t("更换", "Replace"),
    "fleet.act.quarantine": _t("隔离", "Quarantine"),
    "fleet.act.release": _t("解除隔离", "Release"),
    "fleet.act.retire": _t("停用", "Decommission"),
    "fleet.act.expect-of": _t("登记{device}", "Expect {device}"),
    "fleet.act.replace-of": _t("更换{device}", "Replace {device}"),
    "fleet.act.quarantine-of": _t("隔离{device}", "Quarantine {device}"),
    "fleet.act.release-of": _t("解除隔离{device}", "Release {device}"),
    "fleet.act.retire-of": _t("停用{device}", "Decommission {device}"),
    "fleet.act-does.expect": _t(
        "生成新卡的登记文件，三天内有效，只能用一次",
        "Makes the file for a new card: good for three days, and once",
    ),
    "fleet.act-does.replace": _t(
        "旧设备五秒内断开，证书作废；生成新卡的登记文件，设置自动跟随",
        "The old box is out within five seconds and its certificate counts no more; makes the file for the new card, and its settings follow",
    ),
    "fleet.act-does.quarantine": _t(
        "此名称五秒内断开，解除前不再接纳",
        "Nothing of this name counts, from five seconds on, until it is released or replaced",
    ),
    "fleet.act-does.release": _t(
        "多余的那台已断电时，才可解除；此后同一证书可再用，并须重新确认",
        "Only once the other box is gone: the same certificate counts again, and the device has to be confirmed anew",
    ),
    "fleet.act-does.retire": _t(
        "设备在线时会清除身份和记录；不在线也会断开，证书作废",
        "A device that is there forgets who it is and what it knew; in any case it is out, and its certificate counts no more",
    ),
    "fleet.card-made": _t(
        "登记文件enrol.json已下载：放进新卡的hall文件夹；口令只在这个文件里",
        "enrol.json was downloaded: put it into the folder hall on the new card; the token is in that file alone",
    ),
    "fleet.told": _t(
        "{what}：已下达，结果会写在设备的“情况”中",
        "{what}: ordered; how it ends will stand beside the device",
    ),
    "fleet.log": _t("日志", "Log"),
    "fleet.bundle-take": _t("下载诊断包", "Download bundle"),
    "fleet.silent": _t(
        "设备没有应答，请检查它是否在线", "the device did not answer; look whether it is there"
    ),
    "fleet.config.compare": _t("看差别", "Compare"),
    "fleet.roll-out": _t("分批下发", "Roll out settings"),
    "fleet.roll-out.how": _t(
        "一台先试；它生效并稳定后，其余同类设备才更改；有问题自动停止并恢复原设置",
        "One device goes first; the others of its kind follow once it has stood it; it halts by itself, and then everybody has what was",
    ),
    "fleet.roll-out.goes-first": _t("先试的设备", "Goes first"),
    "fleet.roll-out.prove": _t("先试多少秒", "Seconds to prove itself"),
    "fleet.roll-out.owed": _t("请选种类，并填设置的名称", "Please choose a kind and name a setting"),
    "fleet.roll-out.begin": _t("开始下发", "Begin"),
    "fleet.roll-out.first": _t(
        "{device}先试，稳定{seconds}秒后下发其余", "{device} goes first; the others follow after {seconds} s"
    ),
    "fleet.roll-out.all": _t(
        "{device}已通过，正在下发其余设备", "{device} has proved itself; the others are getting it"
    ),
    "fleet.roll-out.missing": _t(
        "不在线，回来后生效：{devices}", "away, and will get it when they are back: {devices}"
    ),
    "fleet.roll-out.stop": _t("停止并恢复", "Stop and take back"),
    "fleet.rolled-out.done": _t("已全部下发", "Everybody has it"),
    "fleet.rolled-out.halted": _t(
        "已自动停止并恢复原设置：{device}（{code}）", "Halted by itself and taken back: {device} ({code})"
    ),
    "fleet.rolled-out.stopped": _t("已停止并恢复原设置", "Stopped and taken back"),
    "fleet.step.waits": _t("等待", "waits"),
    "fleet.step.told": _t("已下发，等回应", "told, has not answered"),
    "fleet.step.ok": _t("已生效", "has it"),
    "fleet.step.refused": _t("未生效：{code}", "does not have it: {code}"),
    "standing.expected": _t("等待登记", "Expected"),
    "standing.enrolled": _t("待确认", "To be confirmed"),
    "standing.in-service": _t("已投入使用", "In service"),
    "standing.quarantined": _t("已隔离", "Quarantined"),
    "standing.retired": _t("已停用", "Decommissioned"),
    "fleet.order.wipe": _t("清除", "Wipe"),
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
    "kind.hub": _t("厅内主机", "Hall box"),
    "kind.call-key": _t("叫号键", "Call key"),
    "member.ready": _t("正常", "Ready"),
    "member.degraded": _t("带故障运行", "Works with a fault"),
    "member.updating": _t("更新中", "Updating"),
    "member.disconnected": _t("已关机", "Switched off"),
    "member.lost": _t("没有应答", "Does not answer"),
    "member.unknown": _t("尚未上线", "Never seen"),
}
