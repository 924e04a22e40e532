"""What every page has: the door, the head, and words that several pages share."""

from __future__ import annotations

from typing import Final

from hall.text import Text
from hub.console.look.words.entry import text as _t

WORDS: Final[dict[str, Text]] = {
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
    "pages": _t("页面", "Pages"),
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
    "summons": _t("{at} 请您到窗口增援", "{at} please come to a window"),
    "summons-comes": _t("已回应：马上到", "You said that you are coming"),
    "summons-yes": _t("马上到", "I am coming"),
    "summons-no": _t("来不了", "I cannot come"),
    "page.clerk": _t("窗口", "Window"),
    "page.guide": _t("引导台", "Guide desk"),
    "page.live": _t("实时", "Live"),
    "page.cases": _t("工单", "Cases"),
    "page.reports": _t("报表", "Reports"),
    "page.admin": _t("设置", "Settings"),
    "page.fleet": _t("设备", "Devices"),
    "page.board": _t("大屏", "Hall board"),
}
