"""What members and programs are called on the page: 3 号窗口屏, sign of window 3."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from devices.ticket_dispenser.settings import ALARM, DESK, GREEN
from hall.plan import HallPlan
from hall.text import Text
from sim.page.sentences import GRADES
from sim.twin.world_plan import MemberPlan

PROGRAMS = {
    "broker": Text(zh="消息总线", en="message broker"),
    "hub": Text(zh="大厅主机", en="hub"),
    "world": Text(zh="设备世界", en="simulated hardware"),
    "links": Text(zh="网线", en="network cables"),
}
KINDS = {
    "dispenser": Text(zh="取号机", en="ticket dispenser"),
    "sign": Text(zh="窗口屏", en="window sign"),
    "pad": Text(zh="评价器", en="rating pad"),
    "speaker": Text(zh="广播", en="loudspeaker"),
    "call-key": Text(zh="叫号键", en="call key"),
}
_HANDS = {
    GREEN: Text(zh="绿色通道", en="green channel"),
    ALARM: Text(zh="需要协助", en="needs help"),
    DESK: Text(zh="引导台灯", en="guide desk lamp"),
    "next": Text(zh="叫下一位", en="next"),
    "recall": Text(zh="重呼", en="recall"),
    "pause": Text(zh="暂停", en="pause"),
    "beeper": Text(zh="蜂鸣器", en="beeper"),
}


def title(member: str, plan: MemberPlan | None) -> Text:
    """What a member or program is called."""
    if plan is None:
        return PROGRAMS.get(member, Text(zh=member, en=member))
    kind = KINDS[plan.kind]
    number = member.rpartition("-")[2]
    if plan.kind in {"sign", "pad", "call-key"}:
        return Text(zh=f"{number} 号{kind.zh}", en=f"{kind.en} {number}")
    return kind


def hand(name: str, plan: HallPlan) -> Text:
    """What a key or lamp of a device is called: its service, its grade, or what it is there for."""
    if name in plan.services:
        return plan.services[name].name
    if name.isdecimal() and int(name) in GRADES:
        return GRADES[int(name)]
    return _HANDS.get(name, Text(zh=name, en=""))


def titles(members: Iterable[str], plans: Mapping[str, MemberPlan]) -> Text:
    """Several of them in one breath."""
    named = [title(member, plans.get(member)) for member in members]
    return Text(zh="、".join(name.zh for name in named), en=", ".join(name.en for name in named))
