"""Facts as sentences for people, in both languages."""

from __future__ import annotations

from hall.messages import facts
from hall.messages.common import MemberState, Outcome, WindowState
from hall.plan import HallPlan
from hall.text import Text


def _t(zh: str, en: str) -> Text:
    return Text(zh=zh, en=en)


GRADES = {
    4: Text(zh="非常满意", en="Very satisfied"),
    3: Text(zh="满意", en="Satisfied"),
    2: Text(zh="一般", en="Fair"),
    1: Text(zh="不满意", en="Dissatisfied"),
}
OUTCOMES = {
    Outcome.DONE: Text(zh="办结", en="Done"),
    Outcome.ADVICE: Text(zh="咨询解答", en="Advice given"),
    Outcome.MATERIAL_MISSING: Text(zh="材料不全", en="Papers missing"),
    Outcome.NOT_ALLOWED: Text(zh="政策不符", en="Not allowed"),
    Outcome.PROXY_REFUSED: Text(zh="代办不符", en="Proxy not accepted"),
    Outcome.ONWARD: Text(zh="转其他部门", en="Goes elsewhere"),
    Outcome.WITHDRAWN: Text(zh="自愿放弃", en="Withdrawn"),
}
WINDOW_STATES = {
    WindowState.CLOSED: Text(zh="未开", en="closed"),
    WindowState.IDLE: Text(zh="空闲", en="free"),
    WindowState.CALLED: Text(zh="叫号中", en="calling"),
    WindowState.SERVING: Text(zh="办理中", en="serving"),
    WindowState.PAUSED: Text(zh="暂停", en="paused"),
}
MEMBER_STATES = {
    MemberState.READY: Text(zh="正常", en="ready"),
    MemberState.DEGRADED: Text(zh="有故障", en="degraded"),
    MemberState.UPDATING: Text(zh="更新中", en="updating"),
    MemberState.DISCONNECTED: Text(zh="已离线", en="gone"),
    MemberState.LOST: Text(zh="失联", en="lost"),
}
#: why a window stands still: what the hall's own standards name
PAUSES = (
    Text(zh="请示领导", en="asking a superior"),
    Text(zh="取件打印", en="fetching a print"),
    Text(zh="生理", en="short break"),
)


def sentence(fact: facts.AnyFact, plan: HallPlan) -> Text:
    """What happened, as one would say it in the hall."""
    match fact:
        case facts.TicketIssued():
            name = (
                plan.services[fact.service].name
                if fact.service in plan.services
                else _t(fact.service, fact.service)
            )
            away = _t("（离线号段）", " (from the lent block)") if fact.offline else _t("", "")
            return _t(
                zh=f"{fact.number} 取号，{name.zh}，前面 {fact.ahead} 人{away.zh}",
                en=f"{fact.number} issued, {name.en}, {fact.ahead} ahead{away.en}",
            )
        case facts.EnteredByHand():
            return _t(
                f"补录手工号 {fact.first} 至 {fact.last}",
                f"Numbers of the book entered: {fact.first} to {fact.last}",
            )
        case facts.ServedByHand():
            return _t(f"{fact.number} 停电时已办", f"{fact.number} was served while the power was gone")
        case facts.TicketCalled():
            again = _t(f"第 {fact.round} 次", f", round {fact.round}") if fact.round > 1 else _t("", "")
            return _t(
                f"{fact.window} 号窗口{again.zh}叫 {fact.number}",
                f"Window {fact.window} calls {fact.number}{again.en}",
            )
        case facts.TicketMissed():
            return _t(f"{fact.number} 过号", f"{fact.number} did not come")
        case facts.TicketReturned():
            return _t(
                f"{fact.number} 重新排队，第 {fact.position} 位",
                f"{fact.number} back in line, position {fact.position}",
            )
        case facts.ServiceStarted():
            return _t(
                f"{fact.number} 在 {fact.window} 号窗口开始办理",
                f"{fact.number} sits down at window {fact.window}",
            )
        case facts.ServiceAccepted():
            return _t(f"{fact.number} 材料齐全，已受理", f"{fact.number}: papers accepted")
        case facts.ServiceFinished():
            ended = OUTCOMES[fact.outcome]
            return _t(
                f"{fact.number} 在 {fact.window} 号窗口{ended.zh}，用时 {fact.seconds} 秒",
                f"{fact.number} over at window {fact.window}: {ended.en}, {fact.seconds} s",
            )
        case facts.TicketTransferred():
            return _transferred(fact, plan)
        case facts.TicketParked():
            return _t(f"{fact.number} 挂起", f"{fact.number} laid aside")
        case facts.TicketResumed():
            return _t(f"{fact.number} 继续办理", f"{fact.number} taken up again")
        case facts.WindowPaused():
            return _t(
                f"{fact.window} 号窗口暂停：{fact.reason}", f"Window {fact.window} pauses ({fact.reason})"
            )
        case facts.WindowResumed():
            return _t(f"{fact.window} 号窗口恢复", f"Window {fact.window} resumes")
        case facts.WindowOpened():
            return _t(
                f"{fact.window} 号窗口开放，工号 {fact.clerk}",
                f"Window {fact.window} opens, clerk {fact.clerk}",
            )
        case facts.WindowClosed():
            return _t(f"{fact.window} 号窗口关闭", f"Window {fact.window} closes")
        case facts.TicketCancelled():
            return _t(f"{fact.number} 作废", f"{fact.number} is void")
        case facts.TicketPrinted():
            extra = _t("（补打）", " (reprint)") if fact.copy > 1 else _t("", "")
            return _t(f"{fact.number} 号票已打印{extra.zh}", f"{fact.number} printed{extra.en}")
        case facts.PrintFailed():
            return _t(
                f"{fact.number} 没有打印出来：{fact.code}", f"{fact.number} was not printed: {fact.code}"
            )
        case facts.TicketRated():
            grade = GRADES[fact.grade]
            return _t(f"{fact.number} 评价：{grade.zh}", f"{fact.number} rated: {grade.en}")
        case facts.ApologyNoted():
            met = (
                _t("离开前已当面沟通", "spoken to before leaving")
                if fact.spoken
                else _t("已离开", "had left")
            )
            return _t(f"{fact.number} {met.zh}", f"{fact.number}: {met.en}")
        case facts.DeviceStateChanged():
            state = MEMBER_STATES[fact.state]
            return _t(f"{fact.member} {state.zh}", f"{fact.member} is {state.en}")
        case facts.AlertRaised():
            return _t(f"{fact.member}：{fact.text.zh}", f"{fact.member}: {fact.text.en}")
        case facts.AlertCleared():
            return _t(f"{fact.member} 已恢复（{fact.code}）", f"{fact.member}: {fact.code} is over")
        case facts.EventRejected():
            return _t(
                f"{fact.member} 的报告未采用：{fact.text.zh}",
                f"{fact.member}'s report not used: {fact.text.en}",
            )
        case facts.NumbersLent():
            return _t(
                f"{fact.member} 借到 {fact.day} 的备用号段",
                f"{fact.member} holds reserve numbers for {fact.day}",
            )
        case _:
            return _of_the_day(fact)


def _transferred(fact: facts.TicketTransferred, plan: HallPlan) -> Text:
    to = _t(f"{fact.to} 号窗口", f"window {fact.to}")
    if isinstance(fact.to, str):
        to = plan.services[fact.to].name if fact.to in plan.services else _t("引导台", "the desk")
    return _t(
        f"{fact.number} 由 {fact.window} 号窗口转到{to.zh}",
        f"{fact.number} sent on from window {fact.window} to {to.en}",
    )


def _of_the_day(fact: facts.AnyFact) -> Text:
    match fact:
        case facts.DayOpened():
            return _t(f"{fact.day} 开始营业", f"The day {fact.day} is open")
        case facts.DayClosed():
            return _t(
                f"{fact.day} 结束：取号 {fact.issued}，办结 {fact.served}",
                f"The day {fact.day} is over: {fact.issued} issued, {fact.served} served",
            )
        case facts.TicketRerouted():
            return _t(f"{fact.number} 由引导台改排", f"{fact.number} sent to another line by the desk")
        case facts.SlipReprinted():
            return _t(f"{fact.number} 的单子补打", f"{fact.number}: slip printed again")
        case facts.HelpCalled():
            return _t(f"{fact.window} 号窗口请值班长到场", f"Window {fact.window} calls the duty officer")
        case facts.HelpEnded():
            return _t(f"{fact.window} 号窗口的求助结束", f"Window {fact.window}: help is over")
        case facts.ClerkPaged():
            return _t(f"请工号 {fact.clerk} 增援", f"{fact.clerk} is paged to a window")
        case facts.PageAnswered():
            comes = _t("马上到", "is coming") if fact.coming else _t("来不了", "cannot come")
            return _t(f"工号 {fact.clerk} {comes.zh}", f"{fact.clerk} {comes.en}")
        case facts.EscortAnswered():
            return _t(f"有人去{fact.member}引导", f"Somebody of the desk goes to {fact.member}")
        case facts.GuideCalled():
            return _t(f"广播请引导员到{fact.member}旁", f"A guide is called aloud to {fact.member}")
        case facts.TicketLeft():
            return _t(f"{fact.number} 当日未办", f"{fact.number} was not served today")
        case facts.HoursExtended():
            return _t(f"延时服务到 {fact.until:%H:%M}", f"Open for ticket holders until {fact.until:%H:%M}")
        case _:
            return _t(type(fact).__name__, type(fact).__name__)
