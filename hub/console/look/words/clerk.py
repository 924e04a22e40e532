"""The clerk's page."""

from __future__ import annotations

from typing import Final

from hall.text import Text
from hub.console.look.words.entry import text as _t

WORDS: Final[dict[str, Text]] = {
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
}
