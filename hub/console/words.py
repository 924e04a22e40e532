"""Words of the consoles, in both languages, in one place: a test finds what is missing and what is not used."""

from __future__ import annotations

from typing import Final

from hall.text import Text


def _t(zh: str, en: str) -> Text:
    return Text(zh=zh, en=en)


WORDS: Final[dict[str, Text]] = {
    # the frame
    "log-in": _t("登录", "Log in"),
    "log-out": _t("退出", "Log out"),
    "login": _t("登录名", "Login"),
    "password": _t("密码", "Password"),
    "new-password": _t("新密码", "New password"),
    "old-password": _t("原密码", "Old password"),
    "name": _t("姓名", "Name"),
    "change-password": _t("修改密码", "Change password"),
    "change-first": _t("首次登录请先修改密码", "Please change your password first"),
    "first-run": _t("首次使用：请设置系统管理员", "First run: please make the administrator"),
    "setup-code": _t("设置码", "Setup code"),
    "setup-code-help": _t(
        "在主机上运行 hall console code 可看设置码", "run `hall console code` on the hall box to see it"
    ),
    "wrong-code": _t("设置码不对，请再看一次", "the setup code is wrong; please look again"),
    "create": _t("创建", "Create"),
    "start-page": _t("首页", "Start"),
    "no-page": _t("对不起，您的岗位没有这个页面", "Sorry, your role has no such page"),
    "hub-away": _t(
        "叫号主机暂时没有应答，正在重新连接", "The hub does not answer for the moment; reconnecting"
    ),
    "not-answered": _t(
        "主机没有应答，请看结果后再试", "The hub did not answer; please look before you try again"
    ),
    "demo-people": _t("演示账号，每个岗位一个", "Accounts of this demo, one per role"),
    "role": _t("岗位", "Role"),
    # pages
    "page.clerk": _t("窗口", "Window"),
    "page.guide": _t("引导台", "Guide desk"),
    "page.live": _t("实时", "Live"),
    "page.cases": _t("工单", "Cases"),
    "page.reports": _t("报表", "Reports"),
    "page.admin": _t("设置", "Settings"),
    "page.fleet": _t("设备", "Devices"),
    "page.board": _t("大屏", "Hall board"),
    # the clerk
    "choose-window": _t("请选择窗口上岗", "Choose your window"),
    "window-n": _t("{n}号窗口", "Window {n}"),
    "sit": _t("上岗", "Sit down"),
    "leave": _t("离岗", "Leave"),
    "next": _t("下一位", "Next"),
    "finish": _t("办结", "Finish"),
    "recall": _t("重呼", "Recall"),
    "no-show": _t("过号", "No-show"),
    "start": _t("开始", "Start"),
    "accept": _t("受理", "Accept"),
    "park": _t("挂起", "Park"),
    "resume-ticket": _t("继续", "Take up"),
    "return-ticket": _t("重新排队", "Back in line"),
    "transfer": _t("转移", "Transfer"),
    "pause": _t("暂停", "Pause"),
    "resume": _t("恢复", "Resume"),
    "nobody-called": _t("没有正在办理的号", "No ticket is open here"),
    "waiting-n": _t("等候 {n} 人", "{n} waiting"),
    "aside": _t("挂起与过号", "Parked and missed"),
    "served-n": _t("今日已办 {n} 件", "{n} served today"),
    "target": _t("目标 {n} 分钟", "target {n} min"),
    "outcome": _t("办理结果", "Outcome"),
    "detail": _t("说明", "Detail"),
    "to": _t("去向", "To"),
    "note": _t("备注", "Note"),
    "reason": _t("原因", "Reason"),
    "cancel": _t("返回", "Back"),
    "confirm": _t("确定", "Confirm"),
    "carry": _t("材料代送，客户留座", "Only the papers go"),
    "back-to-me": _t("办完回到本窗口", "Then back to me"),
    "guide-desk": _t("引导台", "Guide desk"),
    "keys": _t(
        "N 下一位 | R 重呼 | X 过号 | S 开始 | F 办结 | P 挂起 | T 转移 | B 暂停 | U 撤销",
        "N next | R recall | X no-show | S start | F finish | P park | T transfer | B pause | U undo",
    ),
    "done": _t("完成", "Done"),
    "outcome.done": _t("办结", "Done"),
    "outcome.advice": _t("咨询", "Advice given"),
    "outcome.material-missing": _t("缺材料", "Papers missing"),
    "outcome.not-allowed": _t("不符合规定", "Not allowed"),
    "outcome.proxy-refused": _t("需本人办理", "Must come in person"),
    "outcome.onward": _t("转其他部门", "Onward to another office"),
    "outcome.withdrawn": _t("本人放弃", "Withdrawn"),
    "state.closed": _t("未上岗", "closed"),
    "state.idle": _t("空闲", "free"),
    "state.called": _t("已叫号", "called"),
    "state.serving": _t("办理中", "serving"),
    "state.paused": _t("暂停", "paused"),
    "undo": _t("撤销上一步", "Undo"),
    # the guide desk
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
    # live
    "troubles": _t("设备情况", "Devices that need help"),
    "lost": _t("没有应答", "does not answer"),
    "work-number": _t("工号", "Work number"),
    # the board
    "board.calls": _t("请以下号码到窗口", "Now calling"),
    "board.lines": _t("等候情况", "Waiting"),
    "board.people": _t("{n}人", "{n}"),
    "board.wait": _t("约{a}至{b}分钟", "{a}–{b} min"),
    "board.no-window": _t("暂无窗口", "no window open"),
    "board.unknown": _t("请留意叫号", "listen for your number"),
    "board.closed": _t("现在不在服务时间", "The hall is closed now"),
    "board.stale": _t("信息更新中，请留意叫号", "Updating; please listen for your number"),
}


def label(key: str, **fields: object) -> str:
    """A word in both languages, on two lines."""
    text = WORDS[key]
    return f"{text.zh.format(**fields)}\n{text.en.format(**fields)}"
