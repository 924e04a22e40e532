"""Every refusal of the hall: a stable code, and a sentence that is sorry, gives the reason and says what instead."""

from __future__ import annotations

from typing import Final

from hall.errors import Refused
from hall.text import Text


def _t(zh: str, en: str) -> Text:
    return Text(zh=f"对不起，{zh}", en=f"Sorry, {en}")


TEXTS: Final[dict[str, Text]] = {
    # what was named does not exist
    "unknown-service": _t("没有这项业务，请另选业务", "there is no such service; please choose another"),
    "unknown-situation": _t(
        "这项业务没有这种情形，请另选情形", "the service has no such situation; please choose another"
    ),
    "unknown-lane": _t("没有这个通道，请走普通通道", "there is no such lane; please use the normal one"),
    "unknown-window": _t("没有这个窗口，请核对窗口号", "there is no such window; please check its number"),
    "unknown-ticket": _t(
        "今天没有这张号票，请重新取号", "there is no such ticket today; please take a new one"
    ),
    "unknown-step": _t(
        "没有找到这次服务，评价未记录，请找引导台",
        "this service step was not found; please tell the guide desk",
    ),
    "nothing-to-apologise": _t(
        "这次服务没有需要回应的评价，请核对号码",
        "nobody was left unsatisfied with this service step; please check the number",
    ),
    "apology-noted": _t("这件事已经记过，无需再记", "this is noted already; nothing more is needed"),
    # numbers from the pre-printed book
    "not-by-hand": _t(
        "手工号是本业务字母加8001至8999，先小后大，请核对",
        "numbers of the book are the service's letter and 8001 to 8999, the smaller first; please check them",
    ),
    "too-many-by-hand": _t(
        "一次最多录入50个号，请分次录入", "at most 50 numbers at once; please enter the rest after them"
    ),
    "entered-by-hand": _t(
        "其中有已经录入的号，请核对起止号",
        "some of these numbers are entered already; please check first and last",
    ),
    "times-by-hand": _t(
        "请填当天的起止时间，不晚于现在",
        "please give the times from and to, of that day and not later than now",
    ),
    # the day
    "closed": _t(
        "现在不在服务时间，请在服务时间来", "the hall is closed now; please come during opening hours"
    ),
    "not-today": _t(
        "今天不办这项业务，请改日来或网上办理",
        "this service is not given today; please come another day or use the online route",
    ),
    "not-stopped": _t("这项业务没有暂停，可以正常取号", "this service is not stopped; numbers are given"),
    "already-open": _t("今天已经开始办理，无需再次开始", "the day is open already; nothing more is needed"),
    "time-past": _t("这个时间已过，请改为以后的时间", "that time is past; please give a later one"),
    "numbers-used-up": _t(
        "这项业务今天的号已用完，请找引导台",
        "today's numbers of this service are used up; please ask the guide desk",
    ),
    # the window and its clerk
    "nobody-waiting": _t("现在没有人等候，请稍候再叫", "nobody is waiting; please call again later"),
    "window-busy": _t(
        "窗口还有未办完的号，请先办结或转移",
        "a ticket is open at this window; please finish or transfer it first",
    ),
    "window-paused": _t("窗口已暂停，请先恢复服务", "the window is paused; please resume first"),
    "not-seated": _t("窗口没有工作人员，请先登录", "no clerk sits at this window; please sit down first"),
    "already-seated": _t(
        "您已在本窗口，无需再次登录", "you sit at this window already; nothing more is needed"
    ),
    "window-taken": _t(
        "窗口已有其他工作人员，请换窗口", "another clerk sits at this window; please take another window"
    ),
    "clerk-elsewhere": _t(
        "您已在其他窗口，请先离开那里", "you sit at another window; please leave that one first"
    ),
    "pause-reason": _t(
        "大厅没有这种暂停理由，请选列出的理由",
        "the hall has no such reason for a pause; please choose one of those listed",
    ),
    "already-paused": _t("窗口已暂停，无需再次暂停", "the window is paused already; nothing more is needed"),
    "not-paused": _t("窗口没有暂停，可以直接叫号", "the window is not paused; you can call at once"),
    "people-waiting": _t(
        "还有人等候，请办完再处理内部事务", "people are waiting; please do this when the line is empty"
    ),
    "bad-profile": _t(
        "窗口至少要办一项业务，每项只写一次，请修改",
        "a window serves at least one service, each named once; please change it",
    ),
    "bad-policy": _t("这套规则不能用，请修改后再试", "this policy cannot be used; please change it"),
    "bad-plan": _t("这份设置不能用，请修改后再试", "these settings cannot be used; please change them"),
    "plan-in-use": _t("现在还不能这样改", "the settings cannot be changed like this yet"),
    "plan-moved": _t(
        "设置已被别人改过，请看过新的设置再改",
        "somebody else has changed the settings; please look at them and try again",
    ),
    "unknown-draft": _t(
        "没有收到完整的设置，请重新提交", "the settings did not come whole; please hand them in again"
    ),
    "too-many-drafts": _t(
        "还有几份设置没有提交完，请稍后再试",
        "several drafts of settings are under way; please try again later",
    ),
    "not-heart-window": _t(
        "这不是爱心窗口，请选爱心窗口", "this is no heart window; please choose a heart window"
    ),
    # the call
    "recall-limit": _t(
        "重呼次数已满，请按过号，来后可以续排",
        "it was called as often as it may be; please mark it missed, it can come back",
    ),
    "recall-too-soon": _t(
        "刚刚叫过，请稍候再重呼", "it was called just now; please wait before calling again"
    ),
    "no-show-too-soon": _t(
        "刚刚叫过，请多等一会儿再过号", "it was called just now; please give the person time to come"
    ),
    # taking back
    "nothing-to-undo": _t(
        "本窗口没有您可以撤销的操作，请直接继续",
        "there is nothing of yours to take back at this window; please go on",
    ),
    "undo-too-late": _t(
        "撤销时间已过，请用续排或叫号改正", "it is too late to take this back; please put it right by a call"
    ),
    "undo-built-on": _t(
        "这张号后来又有变动，不能撤销，请用续排或叫号改正",
        "the ticket has gone on since; please put it right by a call or with the guide desk",
    ),
    # the ticket
    "not-called": _t("窗口现在没有号，请先叫号", "no ticket is open at this window; please call one first"),
    "already-started": _t("已经开始办理，请用办结", "the service has started; please finish it instead"),
    "already-accepted": _t("材料已经受理，请继续办理", "the papers are accepted already; please go on"),
    "not-waiting": _t("这张号不在等候，请核对号码", "this ticket is not waiting; please check the number"),
    "not-missed": _t(
        "这张号没有过号，请留意叫号", "this ticket was not missed; please listen for its number"
    ),
    "not-parked": _t("这张号没有挂起，请核对号码", "this ticket is not parked; please check the number"),
    "ticket-closed": _t("这张号已办结，请重新取号", "this ticket is closed; please take a new one"),
    "ticket-known": _t(
        "这张号已经发出，请留意叫号", "this ticket is issued already; please listen for its number"
    ),
    "same-window": _t("这就是本窗口，请选其他窗口", "this is the same window; please choose another"),
    "not-at-desk": _t(
        "这张号不在引导台，请核对号码", "this ticket does not wait at the guide desk; please check the number"
    ),
    "desk-only": _t(
        "这些内容由引导台填写，请找引导台", "only the guide desk notes this; please ask the guide desk"
    ),
    "reason-required": _t("请写明原因，再办延时", "please give the reason, then extend"),
    "already-extended": _t(
        "这张号已办延时，无需再办", "this ticket is extended already; nothing more is needed"
    ),
    "extension-stands": _t(
        "还有延时服务的号，请办完再结束今天",
        "a ticket with extended service is still open; please serve it before the day ends",
    ),
    "detail-required": _t(
        "请写明所缺材料或去处，再办结", "please write what is missing or where to go, then finish"
    ),
    "alternative-required": _t(
        "请写明可行的办法，再办结", "please write what can be done instead, then finish"
    ),
    # numbers and papers of dispensers
    "not-a-dispenser": _t(
        "只有取号机可以借号，请核对设备", "only dispensers are lent numbers; please check the device"
    ),
    "not-lent": _t(
        "这个号不在借出的号段，请找引导台",
        "this number is in no block lent to the dispenser; please ask the guide desk",
    ),
    "number-taken": _t(
        "这个号已被使用，请找引导台换号", "this number is taken; please ask the guide desk for another"
    ),
    "wrong-day": _t(
        "这不是今天的，请核对日期或找引导台",
        "this is not for today; please check the date or ask the guide desk",
    ),
    # appointments and slips
    "not-bookable": _t(
        "这项业务不用预约，请直接取号", "this service takes no bookings; please take a ticket"
    ),
    "no-such-slot": _t("这个时间不办理，请另选时间", "nobody is served at that time; please choose another"),
    "slot-past": _t("这个时间已过，请另选时间", "that time is past; please choose another"),
    "slot-full": _t("这个时间已约满，请另选时间", "that time is fully booked; please choose another"),
    "too-far-ahead": _t(
        "这个日期还不能约，请选近些的日期", "that day cannot be booked yet; please choose an earlier one"
    ),
    "code-taken": _t("这个预约码已被使用，请再试一次", "this code is in use; please try once more"),
    "appointment-known": _t("这个预约已登记，无需再约", "this is booked already; nothing more is needed"),
    "unknown-appointment": _t(
        "没有找到这个预约，请核对或重新预约",
        "there is no such appointment; please check, or book again",
    ),
    "unknown-code": _t(
        "没有找到这个号码，请核对或找引导台", "this code is not known; please check it or ask the guide desk"
    ),
    "ambiguous-code": _t(
        "有几个预约相同，请说业务或出示预约码",
        "several appointments fit; please name the service or show the code",
    ),
    "code-required": _t(
        "请出示预约码，或说手机号后四位",
        "please show one code, or say the last four digits of the phone number",
    ),
    "already-checked-in": _t(
        "已经报到，请留意叫号", "this is checked in already; please listen for the number"
    ),
    "appointment-cancelled": _t(
        "这个预约已取消，请取号或重新预约",
        "this appointment was cancelled; please take a ticket or book again",
    ),
    "slip-used": _t("这张告知单已用过，请重新取号", "this slip was used; please take a new ticket"),
    "slip-expired": _t("这张告知单已过期，请重新取号", "this slip has expired; please take a new ticket"),
    "not-confirmed": _t("请先与对方联系好，再办结", "please confirm it with that office first, then finish"),
    "no-slip": _t(
        "这张号没有可补打的单子，请核对号码", "this visit gave nothing on paper; please check the number"
    ),
    # re-routing
    "nothing-changes": _t(
        "这张号已在那里排队，请另选去处", "the ticket stands there already; please choose another place"
    ),
    "not-served-there": _t(
        "那个窗口现在不办这项业务，请另选窗口",
        "that window does not serve this now; please choose another window",
    ),
    "transfer-only": _t(
        "复核由窗口转移，请到原窗口办理", "a review is entered from a window; please ask at the first window"
    ),
    "appointment-only": _t(
        "预约通道只给有预约的人，请走普通通道",
        "the lane of appointments is for those who booked; please use the normal one",
    ),
    # help
    "help-called": _t("已经请值班长过来，请稍候", "the duty officer is called already; please wait a moment"),
    "no-help-called": _t(
        "这个窗口没有求助，请核对窗口号", "nobody asked for help there; please check the window"
    ),
    # alarms
    "unknown-alarm": _t("这条提醒已经结束，请核对", "this alarm stands no more; please check"),
    # pages
    "not-paged": _t("这次增援已经结束，无需回应", "this page is over; nothing more to do"),
    "already-paged": _t("已经请这位同事，请稍候", "this colleague was paged already; please wait a moment"),
    "not-staff": _t("没有这个工号，请核对", "nobody here has this work number; please check"),
    # notices
    "notice-untrue": _t(
        "这句话现在不属实，请等情况属实再播", "this is not true now; please say it when it is"
    ),
    "notice-too-soon": _t(
        "同一句话十分钟内只播一次，请稍候再播", "the same sentence is told once in ten minutes; please wait"
    ),
    "notice-words": _t("这段文字不能公布，请修改", "this text cannot be shown; please change it"),
    "notice-incomplete": _t(
        "请写明通知的内容，或业务和窗口", "please say what is to be told, or which service and window"
    ),
    "notices-full": _t("通知已满六条，请先撤下一条", "six notices stand already; please withdraw one first"),
    "not-confirmed-twice": _t(
        "疏散请再确认一次，然后播报", "please confirm a second time that people are to leave"
    ),
    "unknown-device": _t(
        "本厅没有登记这台设备，请检查名称", "this hall has no such device; please check its name"
    ),
    "roll-out-stands": _t(
        "有一次分批下发正在进行，请等它结束或先停止",
        "another roll-out is under way; please wait for it or stop it first",
    ),
    "no-roll-out": _t(
        "这次分批下发已经结束，无需停止", "this roll-out is over already; nothing is left to stop"
    ),
    "other-kinds": _t(
        "一次只能下发同一种设备，请分开选",
        "one roll-out is for devices of one kind; please choose them apart",
    ),
    "first-away": _t(
        "先试的那台不在线，请换一台先试", "the device that goes first is not there; please choose another one"
    ),
    "same-settings": _t("这些设备已经是这个设置，不用下发", "these devices have these settings already"),
    "no-printer": _t(
        "本厅没有登记打印机，请登记取号机后再打印",
        "no printer is registered in this hall; please register a dispenser first",
    ),
    "unknown-notice": _t("这条通知已经撤下，请核对", "this notice stands no more; please check"),
    # ratings
    "rating-closed": _t(
        "评价时间已过，请找引导台留言", "the time for rating is over; please tell the guide desk"
    ),
    "already-rated": _t("这次服务已经评价，谢谢您", "this service is rated already; thank you"),
}


def refused(code: str) -> Refused:
    """The refusal `code`, to be raised; an unknown code is a programming error."""
    return Refused(code, TEXTS[code])
